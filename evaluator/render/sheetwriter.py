"""Writes sheets of tables with XlsxWriter. Every text is a string cell: nothing from a chat or an order can become a
formula or a link; formulas are the program's own, and carry the value that they had when the report was made.
Rows are streamed (constant memory), top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.utility import xl_range

from evaluator.render.bulk import link_formula, rows_xml
from evaluator.render.layout import Addresses, Layout, Place, Spans, lay_out
from evaluator.render.sheet import PARTED, Cell, Chart, Highlight, Row, Sheet, Subtotal, Value
from evaluator.render.styles import BAR, COLOURS, Styles
from evaluator.render.text import cell_text

WARNING_WIDTH = 130  # characters
CHART_SIZE = {"width": 760, "height": 440}  # pixels
SIGNED = "制表：　　　　　　　　审核：　　　　　　　　批准：　　　　　　　　日期："
PAGE = "第 &P / &N 页"

Progress = Callable[[str], None]
Say = Callable[[str], str]


def write_sheets(
    made: Sequence[Sheet],
    path: Path,
    title: str,
    start: date,
    say: Say = str,
    progress: Progress | None = None,
) -> None:
    """Writes a workbook of these sheets. ``start``: its date; the same month gives the same file. ``say``: the language
    of what every sheet has, such as page numbers."""
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": title, "created": datetime(start.year, start.month, start.day)})
    book.set_calc_mode("auto")
    layouts = [lay_out(_counted(sheet)) for sheet in made]
    addresses, styles = Addresses(layouts), Styles(book)
    for sheet in made:
        for name, cells in sheet.names.items():
            book.define_name(name, "=" + addresses.resolve(cells, None))
    links = {layout.sheet.name: layout.places[0].body for layout in layouts if layout.places}
    for layout in layouts:
        if progress:
            progress(layout.sheet.name)
        _SheetWriter(book, styles, layout, addresses, links, say).write()
    try:
        book.close()
    except FileCreateError as error:  # what the system said is in it
        raise (error.args[0] if isinstance(error.args[0], OSError) else error) from None


def _counted(sheet: Sheet) -> Sheet:
    """With rows that can be counted before they are written."""
    blocks = [b if isinstance(b.rows, Sequence) else replace(b, rows=list(b.rows)) for b in sheet.blocks]
    return replace(sheet, blocks=blocks)


class _SheetWriter:
    """Writes one sheet, row after row. ``links``: first row of each sheet's first table."""

    def __init__(
        self,
        book: Any,
        styles: Styles,
        layout: Layout,
        addresses: Addresses,
        links: dict[str, int],
        say: Say,
    ) -> None:
        self._book, self._styles, self._sheet = book, styles, layout.sheet
        self._layout, self._grid = layout, layout.grid
        self._addresses, self._links, self._say = addresses, links, say
        self._out = book.add_worksheet(layout.sheet.name)
        self._row = 0

    def write(self) -> None:
        sheet, out = self._sheet, self._out
        self._print_setup()
        for place, width in enumerate(self._grid):
            out.set_column(place, place, width)
        self._title()
        for text in sheet.warnings:
            self._warn(text)
        for number, block in enumerate(self._layout.places):
            self._block(block, first=number == 0)
        if sheet.signed:
            out.write_string(self._row + 1, 0, self._say(SIGNED), self._styles.get("text", "block"))
        for number, chart in enumerate(sheet.charts):
            self._chart(chart, number)

    def _title(self) -> None:
        """The title; part under part where every printed page repeats some columns, lest it show half a date."""
        sheet = self._sheet
        last = 0 if sheet.fit_width else max(sheet.freeze - 1, 0)
        title = sheet.title.replace(PARTED, "\n") if last else sheet.title
        self._out.set_row(0, 24 * (1 + title.count("\n")))
        self._put(0, last, title, self._styles.get("text", "parted title" if last else "title"))
        self._row += 1

    def _warn(self, text: str) -> None:
        """A text over the columns that one sees without scrolling."""
        last, width = 0, self._grid[0]
        while last + 1 < len(self._grid) and width + self._grid[last + 1] <= WARNING_WIDTH:
            last += 1
            width += self._grid[last]
        self._put(0, last, text, self._styles.get("text", "warn"))
        self._out.set_row(self._row, 15 * _lines(text, width - 2) + 4)
        self._row += 1

    def _print_setup(self) -> None:
        out = self._out
        out.set_landscape()
        out.set_paper(9)  # A4
        out.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        out.set_footer(f"&L&A&C{self._say(PAGE)}&R&D")
        out.hide_gridlines(2)
        everywhere = "A1:XFD1048576"  # ids are texts; neighbours have other formulas, where plans differ
        out.ignore_errors({"number_stored_as_text": everywhere, "formula_differs": everywhere})
        if self._sheet.fit_width:
            out.fit_to_pages(1, 0)
        else:
            out.set_print_scale(60)
            out.repeat_columns(0, max(self._sheet.freeze - 1, 0))

    def _block(self, place: Place, first: bool) -> None:
        out, styles, block = self._out, self._styles, place.block
        out.write_string(place.title, 0, cell_text(block.title), styles.get("text", "block"))
        for row, note in enumerate(block.notes, place.title + 1):
            out.write_string(row, 0, cell_text(note), styles.get("text", "note"))
        self._row = place.head
        self._heads(place)
        if first:
            self._freeze(place.head)
        self._body(place)
        if self._row == place.body:
            out.write_string(self._row, 0, self._say("（无）"), styles.get("text", "note"))
            self._row += 1
        elif len(self._sheet.blocks) == 1:
            out.autofilter(place.head, 0, self._row - 1, len(block.columns) - 1)
        for highlight in block.highlights:
            self._highlight(place, highlight)

    def _freeze(self, head: int) -> None:
        alone, columns = len(self._sheet.blocks) == 1, self._sheet.freeze
        if alone and not self._sheet.charts:
            self._out.freeze_panes(head + 1, columns)
            self._out.repeat_rows(head)
        elif columns:
            self._out.freeze_panes(0, columns)

    def _heads(self, place: Place) -> None:
        style = self._styles.get("text", "head")
        self._out.set_row(self._row, 32)
        for at, column in enumerate(place.block.columns):
            first, last = place.spans[at] if place.spans else (at, at)
            self._put(first, last, column.title, style)
            if column.note:
                self._out.write_comment(
                    self._row, first, cell_text(column.note), {"x_scale": 2, "y_scale": 1.5}
                )
        self._row += 1

    def _body(self, place: Place) -> None:
        block = place.block
        kinds = [c.kind for c in block.columns]
        if block.frame is not None:
            self._bulk(block.frame, kinds, block.links_to)
        folded = self._sheet.outline and any(isinstance(row, Subtotal) for row in block.rows)
        for row in block.rows:
            self._cells(row, kinds, place.spans, "sub" if isinstance(row, Subtotal) else "cell", folded)
        if block.total is not None:
            self._cells(block.total, kinds, place.spans, "sum")

    def _bulk(self, frame: pl.DataFrame, kinds: Sequence[str], links_to: str) -> None:
        """A frame's rows, as XML between the rows that XlsxWriter has written and those to come. That reaches
        into the writer's row file; a version that has none gets the rows cell by cell."""
        out, formats = self._out, [self._styles.get(kind) for kind in kinds]
        target = (links_to, self._links.get(links_to, 0) + 1, self._say("查看"))
        parts = ("_write_single_row", "row_data_fh", "_check_dimensions")
        if not all(hasattr(out, part) for part in parts) or not hasattr(formats[0], "_get_xf_index"):
            for row in frame.iter_rows():
                linked = [
                    Cell(target[2], formula=link_formula(target, to))
                    if kind == "link" and to is not None
                    else to
                    for to, kind in zip(row, kinds, strict=True)
                ]
                self._cells(linked, ["" if k == "wrap" else k for k in kinds], None, "cell")
            return
        if not frame.height:
            return
        links = [name for name, kind in zip(frame.columns, kinds, strict=True) if kind == "link"]
        out._write_single_row(self._row)
        styles = [style._get_xf_index() for style in formats]
        for xml in rows_xml(frame, styles, self._row + 1, dict.fromkeys(links, target)):
            out.row_data_fh.write(xml)
        self._row += frame.height
        out._check_dimensions(self._row - 1, frame.width - 1)

    def _cells(
        self, row: Row, kinds: Sequence[str], spans: Spans | None, role: str, folded: bool = False
    ) -> None:
        """A row: one cell a column, merged over the sheet's columns where ``spans`` says so."""
        for place, item in enumerate(row):
            kind, own, formula = kinds[place], role, ""
            if isinstance(item, Cell):
                kind, formula = item.kind or kind, item.formula
                own = "given" if item.given else role
                item = item.value
            first, last = spans[place] if spans else (place, place)
            if last > first:
                self._out.merge_range(self._row, first, self._row, last, "", self._styles.get(kind, own))
            if formula:
                self._live(first, item, formula, self._styles.get(_kind(kind, item), own))
            else:
                self._value(first, item, self._styles.get(_kind(kind, item), own))
        self._row_options(row, kinds, spans, (1 if role == "sub" else 2) if folded else 0)
        self._row += 1

    def _row_options(self, row: Row, kinds: Sequence[str], spans: Spans | None, level: int) -> None:
        """Sets the row's height where a text wraps: not every viewer works it out, none for merged cells."""
        lines = 1
        if "wrap" in kinds:
            for place, (item, kind) in enumerate(zip(row, kinds, strict=True)):
                if kind == "wrap" and isinstance(item, str):
                    first, last = spans[place] if spans else (place, place)
                    lines = max(lines, _lines(item, sum(self._grid[first : last + 1]) - 2))
        if lines > 1 or level:
            height = min(14.5 * lines + 2, 400) if lines > 1 else None
            self._out.set_row(self._row, height, None, {"level": level} if level else None)

    def _put(self, first: int, last: int, item: Value, style: Any) -> None:
        if last > first:
            self._out.merge_range(self._row, first, self._row, last, "", style)
        self._value(first, item, style)

    def _live(self, place: int, item: Value, formula: str, style: Any) -> None:
        """A formula of ours and its value. One that is empty now is written without any, so that no viewer shows 0."""
        told = self._addresses.resolve(formula, self._sheet.name)
        value: Value = "" if item is None else cell_text(item) if isinstance(item, str) else item
        if isinstance(value, Decimal):
            value = float(value)
        self._out.write_formula(self._row, place, "=" + told, style, value)

    def _value(self, place: int, item: Value, style: Any) -> None:
        out, line = self._out, self._row
        if item is None or item == "":
            out.write_blank(line, place, None, style)
        elif isinstance(item, str):
            out.write_string(line, place, cell_text(item), style)
        elif isinstance(item, datetime | date):
            out.write_datetime(line, place, item, style)
        else:
            out.write_number(line, place, float(item) if isinstance(item, Decimal) else item, style)

    def _highlight(self, place: Place, highlight: Highlight) -> None:
        rows = highlight.rows
        if rows is None:
            rows = tuple(n for n, row in enumerate(place.block.rows) if not isinstance(row, Subtotal))
        column = place.column(highlight.column)
        ranges = [xl_range(place.body + a, column, place.body + b, column) for a, b in _runs(rows)]
        if not ranges:
            return
        rule: dict[str, Any] = (
            {"format": self._styles.mark(highlight.rule)} if highlight.rule != "bar" else {}
        )
        if highlight.rule == "bar":
            rule = {
                "type": "data_bar",
                "bar_color": BAR,
                "bar_solid": True,
                "min_type": "num",
                "min_value": 0,
            }
        elif highlight.rule == "negative":
            rule |= {"type": "cell", "criteria": "<", "value": 0}
        elif highlight.rule == "below":
            rule |= {"type": "cell", "criteria": "<", "value": f"={highlight.value}"}
        else:
            rule |= {
                "type": "cell",
                "criteria": "==",
                "value": '"' + highlight.value.replace('"', '""') + '"',
            }
        first = ranges[0]
        self._out.conditional_format(first, rule | {"multi_range": " ".join(ranges)})

    def _chart(self, chart: Chart, number: int) -> None:
        subtype = {"subtype": "stacked"} if chart.stacked else {}
        made = self._book.add_chart({"type": "column", **subtype})
        first, last, labels = chart.labels
        categories = self._addresses.resolve(f"{{{first}:{last}}}", None)
        for place, (title, first, last, values) in enumerate(chart.series):
            series = {
                "name": " " + title if title.startswith("=") else title,
                "categories": "=" + categories,
                "values": "=" + self._addresses.resolve(f"{{{first}:{last}}}", None),
                "categories_data": [cell_text(str(label)) for label in labels],
                "values_data": [float(v) if isinstance(v, int | float | Decimal) else 0 for v in values],
                "fill": {"color": COLOURS[place % len(COLOURS)]},
                "gap": 60,
            }
            made.add_series(series)
        made.set_title({"name": chart.title, "name_font": {"size": 12}})
        made.set_y_axis(
            {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E1E4E8"}}}
        )
        made.set_x_axis({"label_position": "low"})
        made.set_legend({"position": "bottom"} if len(chart.series) > 1 else {"none": True})
        made.set_size(CHART_SIZE)
        at = {"x_offset": 4 + number * (CHART_SIZE["width"] + 12), "y_offset": 4, "description": chart.title}
        self._out.insert_chart(2 + len(self._sheet.warnings), 0, made, at)


def _kind(kind: str, item: Value) -> str:
    """A count that is no whole number shows its decimals."""
    if kind == "count" and isinstance(item, float | Decimal) and item != int(item):
        return "part"
    return kind


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of rows that follow one another."""
    start = before = None
    for row in rows:
        if before is None or row != before + 1:
            if start is not None and before is not None:
                yield start, before
            start = row
        before = row
    if start is not None and before is not None:
        yield start, before


def _display_width(text: str) -> int:
    """Width in characters of a line of text; in the sheets' font."""
    return int(sum(1.75 if ord(c) > 0x2E7F else 1 for c in text))


def _lines(text: str, width: float) -> int:
    return sum(max(1, -(-_display_width(line) // max(int(width), 1))) for line in text.split("\n"))
