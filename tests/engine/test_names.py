"""Names of a month in runs: codes of buyers as one sort of all of them would give, whatever the limits."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import COUNTED, measured

from evaluator.buyers import with_codes
from evaluator.names import Names, distinct, merged
from evaluator.prepare import Bucket, prepare
from evaluator.roster import Roster
from evaluator.settings import load_month
from evaluator.shelf import Limits, Shelf
from evaluator.sources import read_month

PERIOD = "period: {start: 2026-10-01, end: 2026-11-01}\nplatform: tmall\n"
ROSTER = "account,employee_id,name,group,role\n甲店:小一,E1,张一,一组,售前\n"
TINY = Limits(worthwhile=64, slice_rows=4, mapped=1 << 12)

PREFIX = "同样长的开头加上很多字" * 3
LETTERS = "ab*é猫𠮷\x00 \U0010ffff"
names = st.one_of(
    st.text(LETTERS, min_size=1, max_size=3),
    st.builds(PREFIX.__add__, st.text(LETTERS, max_size=2)),
    st.just("大"),
)
rows = st.lists(st.tuples(st.sampled_from(["甲店", "乙店", "b", "b2"]), st.none() | names), max_size=40)


def series(block: Sequence[tuple[str, str | None]]) -> tuple[pl.Series, pl.Series]:
    shop, name = ([row[n] for row in block] for n in (0, 1))
    return pl.Series("shop", shop, dtype=pl.String), pl.Series("name", name, dtype=pl.String)


@settings(deadline=None, max_examples=50)
@given(
    blocks=st.lists(rows, max_size=6),
    limits=st.sampled_from([Limits(), TINY]),
    most=st.sampled_from([1, 2, 5, 99]),
)
def test_texts_come_back_and_codes_are_those_of_one_sort(
    blocks: list[list[tuple[str, str | None]]], limits: Limits, most: int
) -> None:
    kept = Names(Shelf(limits=limits))
    places = [kept.add(*series(block)) for block in blocks]
    for block, place in zip(blocks, places, strict=True):
        assert kept.texts(place).to_list() == [name for _, name in block]
    every = sorted({row for block in blocks for row in block if row[1] is not None})
    found, code = [], np.full(kept.places, -1)
    for part in merged(kept.runs, np.ones(kept.places, dtype=bool), most):
        code[part.places] = len(found) + part.which
        found += [(part.shop, name) for name in part.texts]
    assert found == every
    got = [None if p is None else every[code[p]] for place in places for p in place]
    assert got == [row if row[1] is not None else None for block in blocks for row in block]


def test_only_wanted_places_count() -> None:
    kept = Names(Shelf())
    kept.add(*series([("甲店", "a"), ("甲店", "b")]))
    kept.add(*series([("甲店", "a"), ("乙店", "c")]))
    wanted = np.array([False, True, True, False])  # the second run is sorted: 乙店 c, 甲店 a
    found = [
        (part.shop, part.texts.to_list(), part.places.tolist()) for part in merged(kept.runs, wanted, 10)
    ]
    assert found == [("乙店", ["c"], [2]), ("甲店", ["b"], [1])]


def test_ranges_are_no_larger_than_said() -> None:
    """However the names lie: many runs, one shared beginning."""
    kept, random = Names(Shelf()), np.random.default_rng(3)
    for n in range(20):
        own = [f"{PREFIX}{k:06d}" for k in random.integers(0, 3000 if n % 2 else 50, 500)]
        kept.add(*series([("甲店", name) for name in own]))
    parts = list(merged(kept.runs, np.ones(kept.places, dtype=bool), 400))
    assert len(parts) > 5 and max(len(part.places) for part in parts) <= 400 + len(kept.runs)


@pytest.mark.parametrize("parts", [[], [[]], [["a"]], [["a", "x" * 13], [], ["猫" * 5, "", "y" * 40]]])
def test_texts_in_one_piece(parts: list[list[str]], tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    on = shelf.lay(pl.DataFrame({"a": [1]}))  # it is in use from here on
    column = shelf.texts("name", (pl.Series(part, dtype=pl.String) for part in parts))
    assert column.to_list() == [text for part in parts for text in part]
    assert column.n_chunks() == 1 and column.dtype == pl.String and on.height == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_added_to_a_copy_is_not_in_the_first() -> None:
    kept = Names(Shelf(limits=TINY))
    kept.add(*series([("甲店", "a" * 30)]))
    more = kept.more()
    assert more.texts(more.add(*series([("甲店", "b" * 90)]))).to_list() == ["b" * 90]
    assert (kept.places, len(kept.runs), more.places) == (1, 1, 2)


def test_a_text_among_sorted_ones() -> None:
    column = pl.Series(["a", None, "猫", "a", "𠮷"])
    for limits in (Limits(), TINY):
        found = distinct([column, pl.Series([], dtype=pl.String)], Shelf(limits=limits))
        assert [text in found for text in ("a", "猫", "𠮷", "b", "", "\U0010ffff")] == [True] * 3 + [
            False
        ] * 3


NICKS = ("大买家", "a**1", "a221", "猫**", "猫1猫", f"{PREFIX}1", f"{PREFIX}2", f"{PREFIX}*", "é", "*", "b1")
SHOPS = ("甲店", "乙店")
talk = st.tuples(
    st.sampled_from(SHOPS),
    st.sampled_from(NICKS),
    st.integers(1, 3),
    st.none() | st.sampled_from(["n1", "n2", "n3"]),
)
sold = st.tuples(st.sampled_from(SHOPS), st.none() | st.sampled_from(NICKS))


def write(folder: Path, messages: list[Any], orders: list[Any], group: int) -> Path:
    """A month whose messages are Parquet in row groups of ``group`` rows."""
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (folder / "period.yaml").write_text(PERIOD, encoding="utf-8")
    rows = [
        (s, b, "甲店:小一", "buyer", f"2026-10-0{d} 09:00:00", f"{n}", o)
        for n, (s, b, d, o) in enumerate(messages)
    ]
    schema = ("shop", "buyer", "account", "sender", "ts", "text", "order_id")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(schema, pl.String), orient="row")
    frame.write_parquet(folder / "messages.parquet", row_group_size=group)
    lines = [
        f"{s},n{n},{b or ''},2026-10-01 09:01:00,2026-10-02 09:02:00,1" for n, (s, b) in enumerate(orders)
    ]
    text = "\n".join(["shop,order_id,buyer,created,paid,amount", *lines]) + "\n"
    (folder / "orders.csv").write_text(text, encoding="utf-8")
    return folder


def coded(folder: Path, limits: Limits) -> Bucket:
    month = read_month(load_month(folder), limits=limits)
    assert not month.rejects
    return prepare(month, Roster.of(month.tables["roster"]))


@settings(deadline=None, max_examples=10)
@given(
    st.lists(talk, min_size=1, max_size=25), st.lists(sold, max_size=12), st.integers(1, 6), st.integers(1, 9)
)
def test_a_month_is_coded_alike_in_runs_of_any_size(
    messages: list[Any], orders: list[Any], group: int, slice_rows: int
) -> None:
    """Masked nicks, names of several shops, orders without a buyer: with everything on the shelf as in memory."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = write(Path(name), messages, orders, 1000)
        want = coded(folder, Limits())
        write(folder, messages, orders, group)
        patch.setattr("evaluator.sources.month.SMALL", 0)  # each row group is a run
        got = coded(folder, Limits(loose=1, worthwhile=0, slice_rows=slice_rows))
    for part in ("rows", "transfers", "orders"):
        assert getattr(got, part).rows() == getattr(want, part).rows(), part
        assert getattr(got, part).schema == getattr(want, part).schema, part
    assert got.codes.buyers.rows() == want.codes.buyers.rows()
    assert got.codes.buyers["who"].n_chunks() == 1
    names = [(shop, who) for shop, who in want.codes.buyers.select("shop", "who").iter_rows()]
    assert names == sorted(set(names))
    asked = pl.DataFrame([*names, ("甲店", None), ("无", "a")], schema=["shop", "who"], orient="row")
    assert with_codes(asked, got.codes.buyers)["b"].to_list() == [*range(len(names)), None, None]


MEASURED = """
import sys
from pathlib import Path
from evaluator.engine.memory import give_back_soon
give_back_soon()
from evaluator.prepare import prepare
from evaluator.roster import Roster
from evaluator.settings import load_month
from evaluator.shelf import Limits
from evaluator.sources import read_month
month = read_month(load_month(Path(sys.argv[1])), limits=Limits.within(512 << 20))
found = prepare(month, Roster.of(month.tables["roster"]))
print(found.codes.buyers.height)
"""


@pytest.mark.heavy
@COUNTED
def test_memory_does_not_grow_with_names(tmp_path: Path) -> None:
    """Months in which nobody writes twice: eight times the buyers, and no more than the bound."""
    peaks = []
    for millions in (1, 8):
        folder = tmp_path / str(millions)
        folder.mkdir()
        write(folder, [("甲店", "a", 1, None)], [("甲店", "a")], 1)
        _write_strangers(folder / "messages.parquet", millions)
        [buyers], peak = measured(MEASURED, folder)
        assert int(buyers) == millions * 1_000_000 + 1  # and who bought
        peaks.append(peak)
    assert peaks[1] <= (512 << 20) + (300 << 20), peaks


def _write_strangers(path: Path, millions: int) -> None:
    with ExitStack() as files:
        writer = None
        for part in range(millions):
            n = pl.int_range(part * 1_000_000, (part + 1) * 1_000_000, eager=True)
            scattered = (n * 7_919_001_247 % 99_999_999_977).cast(pl.String)
            rows = pl.select(
                pl.lit("甲店").alias("shop"),
                ("某地的一位买家" + scattered).alias("buyer"),
                pl.lit("甲店:小一").alias("account"),
                pl.lit("buyer").alias("sender"),
                pl.datetime(2026, 10, 1, time_unit="ms") + pl.duration(milliseconds=n),
                pl.lit("在吗").alias("text"),
            ).rename({"datetime": "ts"})
            table = rows.to_arrow()
            writer = writer or files.enter_context(pq.ParquetWriter(path, table.schema))
            writer.write_table(table, row_group_size=1 << 17)  # one is read whole, whatever the bound
