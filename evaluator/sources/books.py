"""Workbooks of which more than the first sheet counts: their names, and each sheet as rows of text."""

from __future__ import annotations

import zipfile

from python_calamine import CalamineError, CalamineWorkbook

from evaluator.model import EvaluatorError
from evaluator.sources.files import Sample, header_name
from evaluator.sources.sheets import cell_text

BROKEN = "{file}：工作簿打不开（可能没有下载完整、加了密码或已损坏）；请重新导出后再放进来"


def names(sample: Sample) -> list[str]:
    """Sheet names; none for a file that is no readable workbook."""
    if sample.kind not in ("xlsx", "xls"):
        return []
    try:
        return list(CalamineWorkbook.from_path(str(sample.path)).sheet_names)
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile):
        return []


def sheets(sample: Sample) -> list[tuple[str, list[list[str]]]]:
    """(name, rows of cells as text) of every sheet, in the book's order. Error: the book cannot be opened."""
    try:
        book = CalamineWorkbook.from_path(str(sample.path))
        return [
            (name, [[cell_text(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()])
            for name in book.sheet_names
        ]
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise EvaluatorError(BROKEN.format(file=sample.rel)) from error


def places(row: list[str]) -> dict[str, int]:
    """header -> index of a header row; of a repeated header the first."""
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        found.setdefault(header_name(cell), at)
    return found
