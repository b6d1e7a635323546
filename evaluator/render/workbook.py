"""payroll.xlsx (SPEC §10): sheets 绩效工资, 评分, KPI, 归属明细, 口径, 待核; 平台考核 where platforms assess.

Every text is written as a string cell: nothing from a chat or an order can become a formula or a link.
Rows are streamed (constant memory), top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from evaluator.render.bulk import rows_xml
from evaluator.render.sheet import Block, Cell, Column, Item, Sheet, Value
from evaluator.render.text import cell_text
from evaluator.render.view import assessment, kpi, links, method, orders, payroll, plans, review, scores
from evaluator.render.view.prepared import Prepared

FORMATS = {
    "money": "#,##0.00",
    "count": "#,##0.##",
    "points": "0.00",
    "ratio": "0.00%",
    "seconds": "#,##0.0",
    "hours": "#,##0.00",
    "factor": "0.####",
    "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm:ss",
}
_FONT = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter"}
_LINE, _HEAD, _SUM, _WARN = "#C9CED6", "#E8EDF4", "#F4F6F9", "#FFF2CC"

WARNING_WIDTH = 130  # characters

Progress = Callable[[str], None]
Spans = list[tuple[int, int]]  # first and last sheet column of each column of a table


def sheets(data: Prepared, order_limit: int) -> list[Sheet]:
    """The sheets, in order. A sheet with frozen heads has one table, so that its heads, on the screen and
    repeated on paper, never stand over another table."""
    start, end = data.period
    period = f"账期 {start.isoformat()} 至 {date.fromordinal(end.toordinal() - 1).isoformat()}"
    plan_blocks = [plans.plan_block(data, plan) for plan in data.evaluation.month.config.plans]
    scored = [scores.total_block(data), scores.detail_block(data), payroll.formula_block(data)]
    settings = [method.settings_block(data), *plan_blocks]
    explained = [method.metrics_block(data), *settings, method.inputs_block(data), method.rules_block(data)]
    looked_at = [kpi.open_block(data), review.rejects_block(data), review.filters_block(data)]
    told = links.warnings(data)
    return [
        Sheet("绩效工资", f"绩效工资表　{period}", [payroll.payroll_block(data)], signed=True, warnings=told),
        Sheet("评分", f"评分与计算过程　{period}", scored),
        Sheet("KPI", f"KPI　{period}", [kpi.wide_block(data)], freeze=3, fit_width=False),
        Sheet(
            "归属明细",
            f"订单归属明细　{period}",
            [orders.order_block(data, order_limit)],
            fit_width=False,
        ),
        Sheet("口径", f"计算口径　{period}", explained, freeze=0),
        Sheet(
            "待核",
            f"待人工核对　{period}",
            [*review.review_blocks(data), links.block(data), *carried(data), *looked_at],
            freeze=0,
            warnings=told,
        ),
        *assessed(data, period),
    ]


def assessed(data: Prepared, period: str) -> list[Sheet]:
    """What the platforms say of shops and agents, where they do."""
    blocks = [block for pack in assessment.packs(data) for block in pack.blocks]
    return [Sheet("平台考核", f"平台考核　{period}", blocks, freeze=0)] if blocks else []


def carried(data: Prepared) -> list[Block]:
    """Balances carried forward (R-P2), where there are any."""
    block = payroll.balance_block(data)
    return [block] if block.rows else []


def write_workbook(
    data: Prepared, path: Path, order_limit: int = orders.ORDER_LIMIT, progress: Progress | None = None
) -> None:
    """Writes the workbook to ``path``. ``order_limit``: orders on sheet 归属明细; a note says what is
    left out."""
    say = data.words.say
    made = [
        replace(s, name=say(s.name), blocks=[data.words.spoken(b) for b in s.blocks])
        for s in sheets(data, order_limit)
    ]
    write_sheets(made, path, say("绩效工资"), data.period[0], progress)


def write_sheets(
    made: Sequence[Sheet], path: Path, title: str, start: date, progress: Progress | None = None
) -> None:
    """Writes a workbook of these sheets. ``start``: its date; the same month gives the same file."""
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    book.set_properties({"title": title, "created": datetime(start.year, start.month, start.day)})
    styles = _Styles(book)
    for sheet in made:
        if progress:
            progress(sheet.name)
        _SheetWriter(book, styles, sheet).write()
    book.close()


class _Styles:
    """Cell formats by (kind, role), made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, str], Any] = {}

    def get(self, kind: str, role: str = "cell") -> Any:
        if (kind, role) not in self._made:
            self._made[kind, role] = self._book.add_format(self._properties(kind, role))
        return self._made[kind, role]

    @staticmethod
    def _properties(kind: str, role: str) -> dict[str, Any]:
        if role == "title":
            return _FONT | {"bold": True, "font_size": 14}
        if role == "block":
            return _FONT | {"bold": True, "font_size": 11}
        if role == "warn":
            return _FONT | {"bold": True, "bg_color": _WARN, "text_wrap": True, "valign": "top", "border": 1}
        if role == "note":
            return _FONT | {"font_color": "#5B6472", "italic": True}
        made = _FONT | {"border": 1, "border_color": _LINE}
        if role == "head":
            return made | {"bold": True, "bg_color": _HEAD, "text_wrap": True, "align": "center"}
        if kind in FORMATS:
            made |= {"num_format": FORMATS[kind]}
        elif kind == "wrap":
            made |= {"text_wrap": True, "align": "left", "indent": 1}
        elif kind == "center":
            made |= {"align": "center", "font_color": "#8A93A0"}
        else:
            made |= {"num_format": "@", "align": "left", "indent": 1}
        return made | ({"bold": True, "bg_color": _SUM, "top": 2} if role == "sum" else {})


class _SheetWriter:
    """Writes one sheet, row after row."""

    def __init__(self, book: Any, styles: _Styles, sheet: Sheet) -> None:
        self._book, self._styles, self._sheet = book, styles, sheet
        self._out = book.add_worksheet(sheet.name)
        self._row = 0

    def write(self) -> None:
        sheet, out = self._sheet, self._out
        self._print_setup()
        self._grid = _grid(sheet.blocks)
        for place, width in enumerate(self._grid):
            out.set_column(place, place, width)
        out.set_row(0, 24)
        out.write_string(0, 0, cell_text(sheet.title), self._styles.get("text", "title"))
        self._row = 1
        for text in sheet.warnings:
            self._warn(text)
        self._row += 1
        for number, block in enumerate(sheet.blocks):
            self._block(block, first=number == 0)
        if sheet.signed:
            out.write_string(
                self._row + 1,
                0,
                "制表：　　　　　　　　审核：　　　　　　　　批准：　　　　　　　　日期：",
                self._styles.get("text", "block"),
            )

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
        out.set_footer("&L&A&C第 &P / &N 页&R&D")
        out.hide_gridlines(2)
        if self._sheet.fit_width:
            out.fit_to_pages(1, 0)
        else:
            out.set_print_scale(60)
            out.repeat_columns(0, max(self._sheet.freeze - 1, 0))

    def _block(self, block: Block, first: bool) -> None:
        out, styles = self._out, self._styles
        out.write_string(self._row, 0, cell_text(block.title), styles.get("text", "block"))
        for note in block.notes:
            self._row += 1
            out.write_string(self._row, 0, cell_text(note), styles.get("text", "note"))
        self._row += 1
        head = self._row
        spans = None if first else _spans(block.columns, self._grid)
        self._heads(block.columns, spans)
        if first:
            self._freeze(head)
        self._body(block, spans)
        if self._row == head + 1:
            out.write_string(self._row, 0, "（无）", styles.get("text", "note"))
            self._row += 1
        elif len(self._sheet.blocks) == 1:
            out.autofilter(head, 0, self._row - 1, len(block.columns) - 1)
        self._row += 1

    def _freeze(self, head: int) -> None:
        alone, columns = len(self._sheet.blocks) == 1, self._sheet.freeze
        if alone:
            self._out.freeze_panes(head + 1, columns)
            self._out.repeat_rows(head)
        elif columns:
            self._out.freeze_panes(0, columns)

    def _heads(self, columns: Sequence[Column], spans: Spans | None) -> None:
        style = self._styles.get("text", "head")
        self._out.set_row(self._row, 32)
        for place, column in enumerate(columns):
            at = spans[place][0] if spans else place
            self._put(at, spans[place][1] if spans else place, column.title, style)
            if column.note:
                self._out.write_comment(self._row, at, cell_text(column.note), {"x_scale": 2})
        self._row += 1

    def _body(self, block: Block, spans: Spans | None) -> None:
        kinds = [c.kind for c in block.columns]
        formats = [self._styles.get(kind) for kind in kinds]
        if block.frame is not None:
            self._bulk(block.frame, formats)
        for row in block.rows:
            if spans is None:
                self._cells(row, kinds, formats)
            else:
                self._spanned(row, kinds, formats, spans)
        if block.total is not None:
            sums = [self._styles.get(kind, "sum") for kind in kinds]
            if spans is None:
                self._cells(block.total, kinds, sums)
            else:
                self._spanned(block.total, kinds, sums, spans)

    def _bulk(self, frame: pl.DataFrame, formats: Sequence[Any]) -> None:
        """A frame's rows, as XML between the rows that XlsxWriter has written and those to come. That reaches
        into the writer's row file; a version that has none gets the rows cell by cell."""
        out = self._out
        parts = ("_write_single_row", "row_data_fh", "_check_dimensions")
        if not all(hasattr(out, part) for part in parts) or not hasattr(formats[0], "_get_xf_index"):
            kinds = [""] * frame.width
            for row in frame.iter_rows():
                self._cells(row, kinds, formats)
            return
        if not frame.height:
            return
        out._write_single_row(self._row)
        for xml in rows_xml(frame, [style._get_xf_index() for style in formats], self._row + 1):
            out.row_data_fh.write(xml)
        self._row += frame.height
        out._check_dimensions(self._row - 1, frame.width - 1)

    def _cells(self, row: Sequence[Item], kinds: Sequence[str], formats: Sequence[Any]) -> None:
        """A row of the sheet's main table, one cell a column: the hot path of a large sheet."""
        for place, item in enumerate(row):
            style = formats[place]
            if isinstance(item, Cell):
                if item.kind is not None and item.kind != kinds[place]:
                    style = self._styles.get(item.kind)
                item = item.value
            self._value(place, item, style)
        if "wrap" in kinds:
            self._height(row, kinds, [(n, n) for n in range(len(kinds))])
        self._row += 1

    def _height(self, row: Sequence[Item], kinds: Sequence[str], spans: Spans) -> None:
        """Sets the row's height where a text wraps: not every viewer works it out, none for merged cells."""
        lines = 1
        for item, kind, (first, last) in zip(row, kinds, spans, strict=True):
            if kind == "wrap" and isinstance(item, str):
                lines = max(lines, _lines(item, sum(self._grid[first : last + 1]) - 2))
        if lines > 1:
            self._out.set_row(self._row, min(14.5 * lines + 2, 400))

    def _spanned(
        self, row: Sequence[Item], kinds: Sequence[str], formats: Sequence[Any], spans: Spans
    ) -> None:
        """A row of a further table: cells merged over the main table's columns."""
        for place, item in enumerate(row):
            first, last = spans[place]
            style = formats[place]
            if isinstance(item, Cell):
                style = self._styles.get(item.kind) if item.kind not in (None, kinds[place]) else style
                item = item.value
            self._put(first, last, item, style)
        self._height(row, kinds, spans)
        self._row += 1

    def _put(self, first: int, last: int, item: Value, style: Any) -> None:
        if last > first:
            self._out.merge_range(self._row, first, self._row, last, "", style)
        self._value(first, item, style)

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


def _spans(columns: Sequence[Column], grid: list[float]) -> list[tuple[int, int]]:
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


def _grid(blocks: Sequence[Block]) -> list[float]:
    """Widths of the sheet's columns: the first block's, continued where a later one is wider."""
    grid = [c.width for c in blocks[0].columns] if blocks else []
    for block in blocks[1:]:
        _spans(block.columns, grid)
    return grid


def _display_width(text: str) -> int:
    """Width in characters of a line of text; in the sheets' font."""
    return int(sum(1.75 if ord(c) > 0x2E7F else 1 for c in text))


def _lines(text: str, width: float) -> int:
    return sum(max(1, -(-_display_width(line) // max(int(width), 1))) for line in text.split("\n"))
