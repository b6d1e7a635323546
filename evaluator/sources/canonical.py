"""Canonical files (SPEC §2.1): CSV, Parquet and workbooks named after their table, columns by name."""

from __future__ import annotations

from evaluator.model import EvaluatorError
from evaluator.sources import parquetfile, sheets
from evaluator.sources.ahead import ahead
from evaluator.sources.base import CANONICAL, CANONICAL_SHEET, RawTable
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample
from evaluator.tables import TABLES, Table

ID = "canonical"
_NAMES = sorted(TABLES, key=len, reverse=True)


def table_of(stem: str) -> str | None:
    """The table that a file of this stem is named after: the longest name that it equals or begins with,
    followed by ``_``."""
    low = stem.lower()
    return next((name for name in _NAMES if low == name or low.startswith(name + "_")), None)


def must_have(table: Table) -> list[str]:
    return [c.name for c in table.columns if not c.optional]


def header(sample: Sample) -> list[str]:
    return list(parquetfile.schema(sample)) if sample.kind == "parquet" else sample.header


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
        return [RawTable(name, ahead(parquetfile.frames(sample, table)), CANONICAL)]
    if sample.kind in ("xlsx", "xls"):
        return [RawTable(name, [sheets.frame(sample, names)], CANONICAL_SHEET)]
    csv = CsvFile(sample)
    return [RawTable(name, csv.chunks(names), CANONICAL, csv.rejects)]
