"""Workbooks (.xlsx, .xls) -> frames of text, with python-calamine, which does not trust the ``dimension``
that Taobao's workbooks declare (FORMATS §1)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from evaluator.model import EvaluatorError
from evaluator.sources.cells import BLANKS, SURE_DIGITS
from evaluator.sources.files import Sample, header_name
from evaluator.sources.workbook_guard import BROKEN

SHOWN = (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)


@contextmanager
def workbook(sample: Sample) -> Iterator[CalamineWorkbook]:
    """The workbook, open. Errors: EvaluatorError where it, or what is asked of it, cannot be read."""
    try:
        with sample.path.open("rb") as handle:  # a path would be judged by its ending
            yield CalamineWorkbook.from_filelike(handle)
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise EvaluatorError(BROKEN.format(file=sample.rel)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the library's Rust throws is no Exception
            raise
        raise EvaluatorError(BROKEN.format(file=sample.rel)) from error


def names(sample: Sample) -> list[str]:
    """The sheets' names."""
    if sample.sheet:
        return [sample.sheet]
    with workbook(sample) as book:
        return list(book.sheet_names)


def _cells(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    """The cells of a sheet, without its wholly empty rows."""
    return [row for row in book.get_sheet_by_name(name).iter_rows() if row.count("") != len(row)]


def _open(sample: Sample) -> Iterator[tuple[str, list[list[Any]]]]:
    """(name, cells) of one sheet after another; of a single sheet its own."""
    if sample.sheet:
        yield sample.sheet, _rows(sample)
        return
    with workbook(sample) as book:
        for name in book.sheet_names:
            yield name, _cells(book, name)


def all_sheets(sample: Sample) -> Iterator[tuple[str, list[list[str]]]]:
    """(name, rows of cells as text) of every sheet, in the book's order."""
    for name, rows in _open(sample):
        yield name, [[cell_text(cell) for cell in row] for row in rows]


def parts(sample: Sample) -> Iterator[Sample]:
    """The file itself, which of a workbook stands for the first sheet that has cells; then every further sheet that
    has any and is not hidden, as a sample of its own."""
    yield sample
    if sample.kind not in ("xlsx", "xls"):
        return
    _rows(sample)
    if not sample.later_sheets:
        return
    with workbook(sample) as book:
        for name in sample.later_sheets:
            if rows := _cells(book, name):
                yield sample.of_sheet(name, rows)


def _rows(sample: Sample) -> list[list[Any]]:
    """The cells of the first sheet that has any."""
    if sample.sheet_rows is None:
        sample.sheet_rows = []
        with workbook(sample) as book:
            names = iter(book.sheet_names)
            for name in names:
                if rows := _cells(book, name):
                    sample.sheet_rows, sample.first_sheet = rows, name
                    break
            shown = {s.name for s in book.sheets_metadata if (s.typ, s.visible) == SHOWN}
            sample.later_sheets = [name for name in names if name in shown]
    return sample.sheet_rows


def header(sample: Sample, at: int = 0) -> list[str]:
    """Header cells of the first sheet, in its row ``at`` (0: the first)."""
    rows = _rows(sample)
    return [header_name(cell_text(cell)) for cell in rows[at]] if len(rows) > at else []


def places(row: list[str]) -> dict[str, int]:
    """header -> index of a header row; of a repeated header the first."""
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        found.setdefault(header_name(cell), at)
    return found


def cell_text(cell: Any) -> str:
    """A cell as text: whole numbers without ``.0``, dates as ISO."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        return format(Decimal(repr(cell)), "f") if abs(cell) < 2**53 else f"{cell:.15e}"  # digits are lost
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _texts(column: list[Any]) -> list[str]:
    """The cells of a column as text. Excel keeps 15 digits of a number and fills up with zeros: where all longer ones
    end so, they are written in powers of ten, for their last digits are lost."""
    long = [c for c in column if isinstance(c, int | float) and abs(c) >= 10**SURE_DIGITS]
    if not long or any(c % 10 for c in long):
        return [cell_text(cell) for cell in column]
    lost = {c: f"{c:.{SURE_DIGITS - 1}e}" for c in long}
    return [lost[c] if c in lost else cell_text(c) for c in column]


def frame(sample: Sample, names: dict[str, str], header_at: int = 0) -> pl.DataFrame:
    """The columns in ``names`` (header -> name), as text, plus ``_row``; wholly empty rows are left out and
    not counted. Of a repeated header the first counts."""
    rows = _rows(sample)
    wanted: dict[str, int] = {}
    for at, head in enumerate(header(sample, header_at)):
        if head in names and names[head] not in wanted:
            wanted[names[head]] = at
    body = [row for row in rows[header_at + 1 :] if any(cell_text(cell).strip(BLANKS) for cell in row)]
    columns = {n: _texts([row[at] if at < len(row) else "" for row in body]) for n, at in wanted.items()}
    made = pl.DataFrame(columns, schema=dict.fromkeys(wanted, pl.String))
    numbers = pl.int_range(1, len(body) + 1, dtype=pl.UInt32, eager=True).alias("_row")
    return made.with_columns(numbers) if wanted else pl.DataFrame({"_row": numbers})
