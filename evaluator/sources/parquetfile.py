"""Parquet files → frames, some rows at a time, however large their row groups are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from evaluator.model import EvaluatorError
from evaluator.shelf import slices
from evaluator.sources.files import Sample, header_name
from evaluator.tables import Table

TEXT_ROWS = 1 << 18  # at a time of a table whose texts are no codes
LEAST_ROWS = 1 << 12  # at a time, however long texts are
PAGES = 1 << 18  # bytes of a column of a row group that Arrow fetches at once
CODED = ("name", "place")  # kinds of columns that repeat their texts
_UNREADABLE = "{file}：Parquet 文件读不出（可能没有写完或已损坏：{error}）；请重新导出"

_FAILURES = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    pa.ArrowException,
    OSError,
    ValueError,
)


def schema(sample: Sample) -> dict[str, pl.DataType]:
    """Columns by their names as headers are matched, as Polars types them. Errors: EvaluatorError."""
    try:
        return {header_name(n): t for n, t in pl.read_parquet_schema(sample.path).items()}
    except _FAILURES as error:
        raise EvaluatorError(_UNREADABLE.format(file=sample.rel, error=_short(error))) from error


def frames(sample: Sample, table: Table) -> Iterator[pl.DataFrame]:
    """Slices of the columns that the table knows, as typed in the file, with ``_row``. Errors: EvaluatorError."""
    types = schema(sample)
    nested = [n for n, t in types.items() if n in table.by_name and t.is_nested()]
    if nested:
        raise EvaluatorError(f"{sample.rel}：列 {'、'.join(nested)} 是列表或结构，应是一格一个值")
    try:
        start = 0
        for frame in _Reading(sample, table, types).frames():
            rows = pl.int_range(start + 1, start + frame.height + 1, dtype=pl.UInt32, eager=True)
            yield frame.with_columns(rows.alias("_row"))
            start += frame.height
    except _FAILURES as error:
        raise EvaluatorError(_UNREADABLE.format(file=sample.rel, error=_short(error))) from error


class _Reading:
    """One file of a table. ``known``: the table's columns that it has, by their names in the file; ``coded``: those of
    them whose texts come as codes."""

    def __init__(self, sample: Sample, table: Table, types: dict[str, pl.DataType]) -> None:
        self._sample, self._types = sample, types
        self._lazy = pl.scan_parquet(sample.path)
        actual = {header_name(n): n for n in reversed(self._lazy.collect_schema().names())}
        self._known = {actual[c.name]: c.name for c in table.columns if c.name in actual}
        kinds = {c.name: c.kind for c in table.columns}
        self._coded = [n for n, c in self._known.items() if kinds[c] in CODED and types[c] == pl.String]

    def frames(self) -> Iterator[pl.DataFrame]:
        lazy, start = self._lazy.select(pl.col(n).alias(c) for n, c in self._known.items()), 0
        height, step = lazy.select(pl.len()).collect().item(), self._step()
        for names in self._codes(step) if self._coded and height else self._slices(height, step):
            part = lazy.drop(names.columns).slice(start, names.height).collect()
            yield pl.concat([names, part], how="horizontal").select(self._known.values())
            start += names.height

    def _step(self) -> int:
        """How many rows are read at a time: all that ever are, or a half, a quarter … of them, so that what they take
        unpacked is little. Polars unpacks the pages that hold them, not their whole row group."""
        told = pq.read_metadata(self._sample.path)
        groups = (told.row_group(n) for n in range(told.num_row_groups))
        columns = (group.column(n) for group in groups for n in range(group.num_columns))
        size = sum(c.total_uncompressed_size for c in columns if c.path_in_schema in self._known)
        step = self._sample.read_rows
        while step > LEAST_ROWS and step * size > self._sample.read_bytes * told.num_rows:
            step //= 2
        return step

    def _slices(self, height: int, step: int) -> Iterator[pl.DataFrame]:
        """Frames without columns, of so many rows in all."""
        step = min(step, TEXT_ROWS)
        for start in range(0, max(height, 1), step):
            yield pl.DataFrame(height=min(step, height - start))

    def _codes(self, step: int) -> Iterator[pl.DataFrame]:
        """Slices of the columns of texts as Enum: as a Parquet file mostly has them, each text once and numbers of
        texts. As many rows at a time as can be, for all texts of a row group come with each."""
        file = pq.ParquetFile(self._sample.path, read_dictionary=self._coded, buffer_size=PAGES)
        for group in range(file.num_row_groups):  # each has texts of its own
            for batch in file.iter_batches(self._sample.read_rows, [group], self._coded):
                names = [_enum(batch.column(n)).alias(self._known[n]) for n in self._coded]
                yield from (part for _, part in slices(pl.DataFrame(names), step))


def _enum(column: pa.DictionaryArray) -> pl.Series:
    column.dictionary.validate(full=True)
    texts = pl.Series(column.dictionary, dtype=pl.String)
    return pl.Series(column.indices).cast(pl.UInt32).cat.to(pl.Enum(texts))


def _short(error: BaseException) -> str:
    return re.sub(r"\s+", " ", str(error))[:120]
