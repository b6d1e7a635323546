"""Canonical files (SPEC §2.1): CSV, Parquet and workbooks named after their table, columns by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.model import EvaluatorError
from evaluator.sources import sheets
from evaluator.sources.ahead import ahead
from evaluator.sources.base import CANONICAL, CANONICAL_SHEET, RawTable
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample, header_name
from evaluator.tables import TABLES, Table

ID = "canonical"
TEXT_ROWS = 1 << 18  # at a time of a table whose texts are no codes
CODED = ("name", "place")  # kinds of columns that repeat their texts
_UNREADABLE = "{file}：Parquet 文件读不出（可能没有写完或已损坏：{error}）；请重新导出"

_FAILURES = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)
_NAMES = sorted(TABLES, key=len, reverse=True)


def table_of(stem: str) -> str | None:
    """The table that a file of this stem is named after: the longest name that it equals or begins with,
    followed by ``_``."""
    low = stem.lower()
    return next((name for name in _NAMES if low == name or low.startswith(name + "_")), None)


def must_have(table: Table) -> list[str]:
    return [c.name for c in table.columns if not c.optional]


def header(sample: Sample) -> list[str]:
    return list(_schema(sample)) if sample.kind == "parquet" else sample.header


def sniff(sample: Sample) -> bool:
    """Named after a table, and with at least one of its columns (a platform's export that somebody called
    orders.csv has none); a further sheet of a workbook with all that it must have (one of notes has not)."""
    name = table_of(sample.stem)
    if name is None or sample.kind not in ("text", "parquet", "xlsx", "xls", "empty"):
        return False
    if sample.sheet:
        return set(header(sample)).issuperset(must_have(TABLES[name]))
    return sample.kind == "empty" or any(h in TABLES[name].by_name for h in header(sample))


def read(sample: Sample) -> list[RawTable]:
    """One canonical table. Errors: no header, or a column that must exist is missing."""
    name = table_of(sample.stem)
    assert name is not None
    table = TABLES[name]
    if sample.kind == "empty":
        raise EvaluatorError(f"{sample.rel}：文件是空的，连表头也没有；应有列：{'、'.join(must_have(table))}")
    found = header(sample)
    missing = [c for c in must_have(table) if c not in found]
    if missing:
        raise EvaluatorError(
            f"{sample.rel}：缺少必需的列 {'、'.join(missing)}；文件里有：{'、'.join(filter(None, found))}；"
            f"表 {name} 应有：{'、'.join(must_have(table))}"
        )
    names = {c.name: c.name for c in table.columns}
    if sample.kind == "parquet":
        return [RawTable(name, ahead(_parquet(sample, table)), CANONICAL)]
    if sample.kind in ("xlsx", "xls"):
        return [RawTable(name, [sheets.frame(sample, names)], CANONICAL_SHEET)]
    csv = CsvFile(sample)
    return [RawTable(name, csv.chunks(names), CANONICAL, csv.rejects)]


# ------------------------------------------------------------------------------------------------ parquet
def _schema(sample: Sample) -> dict[str, pl.DataType]:
    try:
        return {header_name(n): t for n, t in pl.read_parquet_schema(sample.path).items()}
    except _FAILURES as error:
        raise EvaluatorError(_UNREADABLE.format(file=sample.rel, error=_short(error))) from error


def _parquet(sample: Sample, table: Table) -> Iterator[pl.DataFrame]:
    """Slices of the columns that the table knows, as typed in the file."""
    schema = _schema(sample)
    nested = [n for n, t in schema.items() if n in table.by_name and t.is_nested()]
    if nested:
        raise EvaluatorError(f"{sample.rel}：列 {'、'.join(nested)} 是列表或结构，应是一格一个值")
    try:
        lazy = pl.scan_parquet(sample.path)
        actual = {header_name(n): n for n in reversed(lazy.collect_schema().names())}
        known = [c.name for c in table.columns if c.name in actual]
        coded = {actual[n]: n for n in known if table.by_name[n].kind in CODED and schema[n] == pl.String}
        lazy = lazy.select(pl.col(actual[n]).alias(n) for n in known)
        height, start = lazy.select(pl.len()).collect().item(), 0
        most = sample.read_rows
        for names in _as_codes(sample.path, coded, most) if coded and height else _slices(height, most):
            part = lazy.drop(coded.values()).slice(start, names.height).collect()
            rows = pl.int_range(start + 1, start + names.height + 1, dtype=pl.UInt32, eager=True)
            yield pl.concat([names, part], how="horizontal").select(*known, rows.alias("_row"))
            start += names.height
    except _FAILURES as error:
        raise EvaluatorError(_UNREADABLE.format(file=sample.rel, error=_short(error))) from error


def _slices(height: int, most: int) -> Iterator[pl.DataFrame]:
    """Frames without columns, of so many rows in all."""
    step = min(most, TEXT_ROWS)
    for start in range(0, max(height, 1), step):
        yield pl.DataFrame(height=min(step, height - start))


def _as_codes(path: Path, columns: dict[str, str], most: int) -> Iterator[pl.DataFrame]:
    """Slices of columns (name in the file → name in the frame) of texts as Enum: as a Parquet file mostly has them,
    each text once and numbers of texts."""
    file = pq.ParquetFile(path, read_dictionary=list(columns))
    for group in range(file.num_row_groups):  # each has texts of its own
        for batch in file.iter_batches(most, [group], list(columns)):
            yield pl.DataFrame([_enum(batch.column(n)).alias(columns[n]) for n in columns])


def _enum(column: pa.DictionaryArray) -> pl.Series:
    column.dictionary.validate(full=True)  # bytes that are no text
    texts = pl.Series(column.dictionary, dtype=pl.String)
    return pl.Series(column.indices).cast(pl.UInt32).cat.to(pl.Enum(texts))


def _short(error: BaseException) -> str:
    return re.sub(r"\s+", " ", str(error))[:120]
