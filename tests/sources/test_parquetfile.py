"""A Parquet file of any row groups is read in slices: as pandas, DuckDB and Polars users write them, a month may be one
row group, which would be unpacked whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from measured import COUNTED, measured
from polars.testing import assert_frame_equal

from evaluator.model import EvaluatorError
from evaluator.shelf import Limits, Shelf
from evaluator.sources import parquetfile
from evaluator.sources.files import Sample
from evaluator.tables import TABLES

MB = 1 << 20
READ = """
import sys
from pathlib import Path
from evaluator.engine.memory import give_back_soon
give_back_soon()
from evaluator.shelf import Limits, Shelf
from evaluator.sources import parquetfile
from evaluator.sources.files import Sample
from evaluator.tables import TABLES
path = Path(sys.argv[1])
sample = Sample(path.name, path, Shelf(limits=Limits.within(512 << 20)))
letters = rows = 0
for frame in parquetfile.frames(sample, TABLES["messages"]):
    rows += frame.height
    letters += int(frame["text"].str.len_bytes().sum())
print(rows, letters)
"""


def one_group(path: Path, rows: int, length: int, buyers: int = 100_000) -> None:
    """Messages of so many buyers in one row group, each with a text of its own, so many bytes long."""
    n, text = pl.int_range(rows).alias("n"), "啊" * ((length - 8) // 3)
    frame = pl.select(n).select(
        pl.lit("甲店").alias("shop"),
        pl.format("b{}", n // 10 % buyers).alias("buyer"),
        pl.lit("甲店:小一").alias("account"),
        pl.lit("buyer").alias("sender"),
        pl.format("{}" + text, n).alias("text"),
        pl.lit(datetime(2026, 10, 1)).alias("ts"),
    )
    frame.write_parquet(path, row_group_size=rows)


def odd_messages() -> pl.DataFrame:
    rows = 5_000
    texts = [None if n % 7 == 0 else f"第{n}件" * (n % 50) for n in range(rows)]
    return pl.DataFrame(
        {
            " text ": texts,
            "shop": pl.Series([f"店{n % 3}" for n in range(rows)], dtype=pl.Categorical),
            "buyer": [None if n % 11 == 0 else f"b{n % 800}" for n in range(rows)],
            "account": [f"甲店:{n % 5}" for n in range(rows)],
            "sender": pl.Series(["buyer"] * rows, dtype=pl.Enum(["buyer", "agent"])),
            "ts": [datetime(2026, 10, 1) + timedelta(milliseconds=1001 * n) for n in range(rows)],
            "auto": [n % 2 == 0 for n in range(rows)],
            "order_id": pl.Series(range(rows), dtype=pl.Int64),
            "other": [[n] for n in range(rows)],
        }
    )


@pytest.mark.parametrize("group", [100, 1_700, 5_000])
@pytest.mark.parametrize("read_rows", [64, 2_000])
def test_the_same_rows_however_few_at_a_time(group, read_rows, tmp_path, monkeypatch):
    monkeypatch.setattr(parquetfile, "LEAST_ROWS", 16)
    path = tmp_path / "messages.parquet"
    odd_messages().write_parquet(path, row_group_size=group)
    read = {
        loose: list(
            parquetfile.frames(
                Sample(path.name, path, Shelf(limits=Limits(slice_rows=read_rows, loose=loose))),
                TABLES["messages"],
            )
        )
        for loose in (1, 1 << 30)
    }
    pages, groups = (
        pl.concat(f.with_columns(pl.col("buyer", "account").cast(pl.String)) for f in read[n]) for n in read
    )
    assert_frame_equal(pages, groups)
    assert groups["_row"].to_list() == list(range(1, 5_001))


@pytest.mark.parametrize("loose", [1, 1 << 30])
def test_bytes_that_are_no_text(loose, tmp_path):
    path = tmp_path / "messages.parquet"
    letters = pa.array([b"ok", b"\xff\xfe"], pa.binary())
    text = pa.StringArray.from_buffers(2, *letters.buffers()[1:])
    told = pa.array(["x", "y"])
    pq.write_table(pa.table({"text": text, "buyer": told}), path)
    with pytest.raises(EvaluatorError, match=r"messages\.parquet：Parquet 文件读不出"):
        list(
            parquetfile.frames(Sample(path.name, path, Shelf(limits=Limits(loose=loose))), TABLES["messages"])
        )


@COUNTED
def test_a_row_group_larger_than_memory_should_hold(tmp_path):
    path = tmp_path / "messages.parquet"
    one_group(path, 300_000, 1_500)
    told, peak = measured(READ, path)
    assert told == ["300000", str(sum(len(str(n)) + 1_491 for n in range(300_000)))]
    assert peak < 400 * MB


@pytest.mark.heavy
@COUNTED
def test_memory_does_not_grow_with_the_texts_of_a_row_group(tmp_path):
    """Different nicks of a row group are held together, its texts are not."""
    path, peaks = tmp_path / "messages.parquet", []
    for rows in (1_000_000, 3_000_000):
        one_group(path, rows, 400)
        peaks.append(measured(READ, path)[1])
    assert peaks[1] - peaks[0] < 80 * MB, peaks
