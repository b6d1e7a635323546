"""Where everything stands in a workbook before it is written: formulas name cells that come later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xlsxwriter.utility import xl_rowcol_to_cell

from evaluator.render.sheet import Block, Cell, Column, Row, Sheet

CHART_ROWS = 24  # that charts take above the tables

Spans = list[tuple[int, int]]  # first and last sheet column of each column of a table

_REFERENCE = re.compile(r"\{(?P<fixed>\$?)(?P<first>[^{}:$]+)(?::(?P<last>[^{}:]+))?\}")


@dataclass(frozen=True)
class Place:
    """A block's rows on its sheet, 0-based: ``title``, ``head``, ``body``, the row after its last. ``spans``: the sheet
    columns of a further table, whose cells are merged over those of the first; None: one each."""

    block: Block
    title: int
    head: int
    body: int
    end: int
    spans: Spans | None

    def column(self, place: int) -> int:
        return self.spans[place][0] if self.spans else place


@dataclass(frozen=True)
class Layout:
    """A sheet's blocks in their places and the widths of its columns."""

    sheet: Sheet
    places: tuple[Place, ...]
    grid: tuple[float, ...]


def lay_out(sheet: Sheet) -> Layout:
    """Title, warnings, a blank row; then block after block: title, notes, heads, rows, a blank row."""
    grid = [c.width for c in sheet.blocks[0].columns] if sheet.blocks else []
    row, places = 2 + len(sheet.warnings) + (CHART_ROWS if sheet.charts else 0), []
    for number, block in enumerate(sheet.blocks):
        spans = _spans(block.columns, grid) if number else None
        head = row + 1 + len(block.notes)
        end = head + 1 + max(_height(block), 1)
        places.append(Place(block, row, head, head + 1, end, spans))
        row = end + 1
    return Layout(sheet, tuple(places), tuple(grid))


def _height(block: Block) -> int:
    rows = block.rows
    assert isinstance(rows, Sequence)
    return (0 if block.frame is None else block.frame.height) + len(rows) + (block.total is not None)


def _spans(columns: Sequence[Column], grid: list[float]) -> Spans:
    """First and last grid column of each column: enough of them to be about as wide as asked. What the grid
    lacks is added to it."""
    spans, place = [], 0
    for column in columns:
        first, width = place, 0.0
        while width < column.width * 0.8:
            if place == len(grid):
                grid.append(column.width - width)
            width += grid[place]
            place += 1
        spans.append((first, place - 1))
    return spans


class Addresses:
    """Sheet, row and column of every cell that formulas name, by anchor."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self._found: dict[str, tuple[str, int, int]] = {}
        for layout in layouts:
            for anchor, row, column in _anchors(layout):
                if anchor in self._found:
                    raise ValueError(f"two cells are called {anchor}")
                self._found[anchor] = (layout.sheet.name, row, column)

    def resolve(self, formula: str, sheet: str | None) -> str:
        """``formula`` with addresses, as a cell of ``sheet`` writes them; None: as a defined name does."""
        return _REFERENCE.sub(lambda m: self._address(m.groupdict(), sheet), formula)

    def _address(self, reference: Mapping[str, str | None], sheet: str | None) -> str:
        where, row, column = self._found[reference["first"] or ""]
        fixed = bool(reference["fixed"]) or sheet is None
        cells = xl_rowcol_to_cell(row, column, fixed, fixed)
        if reference["last"]:
            _, row, column = self._found[reference["last"]]
            cells += ":" + xl_rowcol_to_cell(row, column, fixed, fixed)
        return cells if where == sheet else f"{quoted(where)}!{cells}"


def quoted(sheet: str) -> str:
    """A sheet's name as formulas write it."""
    return "'" + sheet.replace("'", "''") + "'"


def _anchors(layout: Layout) -> Iterator[tuple[str, int, int]]:
    for place in layout.places:
        start = place.body + (0 if place.block.frame is None else place.block.frame.height)
        for row, items in enumerate(_rows(place.block), start):
            for at, item in enumerate(items):
                if isinstance(item, Cell) and item.anchor:
                    yield item.anchor, row, place.column(at)


def _rows(block: Block) -> Iterator[Row]:
    yield from block.rows
    if block.total is not None:
        yield block.total
