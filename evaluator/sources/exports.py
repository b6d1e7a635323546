"""Tabular exports of platforms (csv or workbook), read by header name (FORMATS §1–§4).

``HEADERS`` of a format maps a canonical column to the headers that may carry it, best first; of several that
stand, the first with something in the cell counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import cells, sheets
from evaluator.sources.base import EXPORT, EXPORT_SHEET, Dialect, RawTable, RowReject
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample

Headers = Mapping[str, tuple[str, ...]]
Shape = Callable[[pl.DataFrame, list[RowReject]], pl.DataFrame]


def tabular(sample: Sample) -> bool:
    return sample.kind in ("text", "xlsx", "xls") and len(sample.header) > 1


def has(sample: Sample, headers: Headers, *columns: str) -> bool:
    """Whether the file has a header for each of these canonical columns."""
    found = set(sample.header)
    return all(not found.isdisjoint(headers[column]) for column in columns)


def dialect(sample: Sample) -> Dialect:
    return EXPORT if sample.kind == "text" else EXPORT_SHEET


def read(sample: Sample, table: str, headers: Headers, shape: Shape | None = None) -> RawTable:
    """The export as one raw table. ``shape`` turns cleaned source columns into canonical ones and may refuse
    rows."""
    rejects: list[RowReject] = []
    names = {h: h for options in headers.values() for h in options}
    if sample.kind == "text":
        csv = CsvFile(sample)
        rejects, source = csv.rejects, csv.chunks(names)
    else:
        source = iter([sheets.frame(sample, names)])
    how = dialect(sample)

    def chunks() -> Iterator[pl.DataFrame]:
        for frame in source:
            named = _pick(frame, headers, how)
            yield shape(named, rejects) if shape else named

    return RawTable(table, chunks(), how, rejects)


def _pick(frame: pl.DataFrame, headers: Headers, how: Dialect) -> pl.DataFrame:
    picked = {"_row": frame["_row"]}
    for column, options in headers.items():
        given = [cells.clean(frame[h], how) for h in options if h in frame.columns]
        if given:
            picked[column] = pl.select(pl.coalesce(given)).to_series() if len(given) > 1 else given[0]
    return pl.DataFrame(picked)


def refuse(
    frame: pl.DataFrame, mask: pl.Series, column: str, why: str, rejects: list[RowReject]
) -> pl.DataFrame:
    """The frame without the rows of ``mask``; ``{value}`` in ``why`` is what stood in the column."""
    for row, value in frame.filter(mask).select("_row", column).iter_rows():
        rejects.append(RowReject(row, column, value or "", why.format(value=value)))
    return frame.filter(~mask)


def borrowed_time(sample: Sample, headers: Headers, lacking: str, lender: str, told: str) -> list[ReviewItem]:
    """The note that a file without the column ``lacking`` takes ``lender`` in its place (SPEC §2.1)."""
    if has(sample, headers, lacking) or not has(sample, headers, lender):
        return []
    return [ReviewItem("source_note", sample.rel, told)]


def yuan_text(fen: pl.Series) -> pl.Series:
    """Fen as yuan text with two decimals."""
    whole, part = fen // 100, fen % 100
    return whole.cast(pl.String) + "." + part.cast(pl.String).str.zfill(2)
