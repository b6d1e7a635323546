"""Workbooks of which more than the first sheet counts: their names, and each sheet as rows of text."""

from __future__ import annotations

from evaluator.model import EvaluatorError
from evaluator.sources.files import Sample, header_name
from evaluator.sources.sheets import cell_text, workbook


def names(sample: Sample) -> list[str]:
    """Sheet names; none for a file that is no readable workbook."""
    if sample.kind not in ("xlsx", "xls"):
        return []
    try:
        with workbook(sample) as book:
            return list(book.sheet_names)
    except EvaluatorError:
        return []


def sheets(sample: Sample) -> list[tuple[str, list[list[str]]]]:
    """(name, rows of cells as text) of every sheet, in the book's order. Error: the book cannot be opened."""
    with workbook(sample) as book:
        return [
            (name, [[cell_text(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()])
            for name in book.sheet_names
        ]


def places(row: list[str]) -> dict[str, int]:
    """header -> index of a header row; of a repeated header the first."""
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        found.setdefault(header_name(cell), at)
    return found
