"""Repeats a band of rows of a sheet and moves all that stands below: cells, heights, merged cells, conditional formats,
validations, tables, names, print area, pictures, charts, formulas of every sheet."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from evaluator.render.forms.references import Insertion


def repeat(book: Workbook, sheet: Worksheet, first: int, last: int, times: int) -> None:
    """The rows ``first`` … ``last`` stand ``times`` under one another afterwards."""
    height = last - first + 1
    insertion = Insertion(sheet.title, first, last, height * (times - 1))
    _formulas(book, insertion)
    _names(book, insertion)
    if times > 1:
        _move_cells(sheet, insertion)
        _move_heights(sheet, insertion)
        merged = _move_merged(sheet, insertion)
        _move_formats(sheet, insertion)
        _move_pictures(sheet, insertion)
        for copied in range(1, times):
            _copy(sheet, first, last, copied * height, merged)
    _charts(book, insertion)


def _formulas(book: Workbook, insertion: Insertion) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, ArrayFormula):
                    array = cell.value
                    array.text = insertion.formula(array.text or "=", sheet.title, cell.row)
                    array.ref = insertion.area(array.ref) if sheet.title == insertion.sheet else array.ref
                elif cell.data_type == "f" and isinstance(cell.value, str):
                    cell.value = insertion.formula(cell.value, sheet.title, cell.row)


def _names(book: Workbook, insertion: Insertion) -> None:
    for names in (book.defined_names, *(sheet.defined_names for sheet in book.worksheets)):
        for name in names.values():
            if name.attr_text:
                name.attr_text = insertion.formula("=" + name.attr_text, "")[1:]


def _move_cells(sheet: Worksheet, insertion: Insertion) -> None:
    below, right = sheet.max_row, get_column_letter(sheet.max_column)
    for row in sheet.iter_rows(min_row=insertion.last + 1):
        for cell in row:
            if isinstance(cell, Cell) and cell.hyperlink is not None:
                cell.hyperlink.ref = f"{cell.column_letter}{insertion.row(cell.row)}"
    if below > insertion.last:
        sheet.move_range(f"A{insertion.last + 1}:{right}{below}", rows=insertion.added)


def _move_heights(sheet: Worksheet, insertion: Insertion) -> None:
    for row in sorted((r for r in sheet.row_dimensions if r > insertion.last), reverse=True):
        dimension = sheet.row_dimensions.pop(row)
        dimension.index = insertion.row(row)
        sheet.row_dimensions[dimension.index] = dimension
    for brk in sheet.row_breaks.brk:
        brk.id = insertion.end(brk.id)


def _move_merged(sheet: Worksheet, insertion: Insertion) -> list[CellRange]:
    """Also the merged cells within the band, to be repeated."""
    within = []
    for area in sheet.merged_cells.ranges:
        if insertion.first <= area.min_row and area.max_row <= insertion.last:
            within.append(CellRange(area.coord))
        else:
            area.max_row, area.min_row = insertion.end(area.max_row), insertion.row(area.min_row)
    return within


def _move_formats(sheet: Worksheet, insertion: Insertion) -> None:
    formats = ConditionalFormattingList()
    for conditional in sheet.conditional_formatting:
        area = insertion.area(str(conditional.sqref))
        for rule in conditional.rules:
            rule.formula = [
                insertion.formula("=" + f, sheet.title, insertion.first)[1:] for f in rule.formula
            ]
            formats.add(area, rule)
    sheet.conditional_formatting = formats
    for validation in sheet.data_validations.dataValidation:
        validation.sqref = type(validation.sqref)(insertion.area(str(validation.sqref)))
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = insertion.area(sheet.auto_filter.ref)
    for table in sheet.tables.values():
        table.ref = insertion.area(table.ref)
        if table.autoFilter:
            table.autoFilter.ref = insertion.area(table.autoFilter.ref)
    if sheet.print_area:
        areas = str(sheet.print_area).replace(f"'{sheet.title}'!", "").replace(f"{sheet.title}!", "")
        sheet.print_area = ",".join(insertion.area(part.replace("$", "")) for part in areas.split(","))


def _move_pictures(sheet: Worksheet, insertion: Insertion) -> None:
    for drawn in (*_drawn(sheet, "_images"), *_drawn(sheet, "_charts")):
        for end in ("_from", "to"):
            marker = getattr(drawn.anchor, end, None)
            if marker is not None:
                marker.row = insertion.row(marker.row + 1) - 1  # markers count from 0


def _drawn(sheet: Worksheet, kind: str) -> list[Any]:
    return list(getattr(sheet, kind, ()))


def _charts(book: Workbook, insertion: Insertion) -> None:
    """What charts show grows with the band."""
    for sheet in book.worksheets:
        for chart in _drawn(sheet, "_charts"):
            for series in chart.series:
                for reference in _references(series):
                    reference.f = insertion.formula("=" + reference.f, sheet.title, grows=True)[1:]


def _references(series: Any) -> Iterator[Any]:
    for part in (getattr(series, name, None) for name in ("val", "cat", "xVal", "yVal")):
        for kind in ("numRef", "strRef"):
            reference = getattr(part, kind, None)
            if reference is not None:
                yield reference


def _copy(sheet: Worksheet, first: int, last: int, offset: int, merged: list[CellRange]) -> None:
    """The band once more, ``offset`` rows below."""
    for row in range(first, last + 1):
        if row in sheet.row_dimensions:
            dimension = copy(sheet.row_dimensions[row])
            dimension.index = row + offset
            sheet.row_dimensions[row + offset] = dimension
        for cell in list(sheet[row]):
            if isinstance(cell, MergedCell):
                continue
            made = sheet.cell(row + offset, cell.column)
            made._style = copy(cell._style)  # type: ignore[union-attr, attr-defined]
            if cell.data_type == "f" and isinstance(cell.value, str):
                made.value = Translator(cell.value, cell.coordinate).translate_formula(made.coordinate)
            else:
                made.value = copy(cell.value)
    for area in merged:
        moved = CellRange(area.coord)
        moved.shift(row_shift=offset)
        sheet.merge_cells(moved.coord)
