"""Ways in which an export is written down, from ``trade`` to the bytes of a file: encodings, guards of spreadsheets,
what money, times and numbers look like, workbooks old and new, and what Excel leaves behind when it saves a file
again."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from trade import Cell, Count, Id, Layout, Money

Grid = list[list[str]]
EPOCH = datetime(1899, 12, 30)


# ---------------------------------------------------------------------------------------------- cells as text
def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def grouped(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"


def general(fen: int) -> str:
    """As a spreadsheet shows it: 1234.50 is 1234.5."""
    return yuan(fen).rstrip("0").rstrip(".")


def serial(when: datetime, places: int = 5) -> str:
    """A time in a cell that was formatted as a number."""
    days = (when - EPOCH).total_seconds() / 86400
    return f"{days:.{places}f}".rstrip("0").rstrip(".")


def slashed(when: datetime) -> str:
    """As Excel writes a time again: no leading zeros, no seconds."""
    return f"{when.year}/{when.month}/{when.day} {when.hour}:{when.minute:02}"


@dataclass(frozen=True)
class Dress:
    """How each kind of cell is written as text."""

    money: Callable[[int], str] = yuan
    time: Callable[[datetime], str] = lambda when: when.isoformat(sep=" ")
    count: Callable[[int], str] = str
    number: Callable[[str], str] = str
    text: Callable[[str], str] = str
    head: Callable[[str], str] = str

    def cell(self, cell: Cell) -> str:
        if cell is None:
            return ""
        if isinstance(cell, datetime):
            return self.time(cell)
        if isinstance(cell, Money):
            return self.money(cell)
        if isinstance(cell, Count):
            return self.count(cell)
        return self.number(cell) if isinstance(cell, Id) else self.text(str(cell))

    def grid(self, layout: Layout) -> Grid:
        """All rows of the file, those above the header too."""
        head = [self.head(name) for name in layout.header]
        return [*map(list, layout.above), head, *([self.cell(c) for c in row] for row in layout.grid)]


PLAIN = Dress()


# ---------------------------------------------------------------------------------------------- files
def delimited(
    grid: Grid, encoding: str = "utf-8", delimiter: str = ",", newline: str = "\r\n", quoting: int = 0
) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(grid)  # type: ignore[arg-type]
    return out.getvalue().encode(encoding)


def workbook(grid: Sequence[Sequence[Any]], dates: bool = False, **options: Any) -> bytes:
    """An .xlsx; cells that are no text become numbers and, with ``dates``, times become dates."""
    import xlsxwriter

    out = io.BytesIO()
    settings = {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"} | options
    with xlsxwriter.Workbook(out, settings) as book:
        page = book.add_worksheet("Sheet0")
        for at, row in enumerate(grid):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(at, column, cell)
                elif isinstance(cell, datetime):
                    page.write_datetime(at, column, cell)
                elif cell is not None:
                    page.write_number(at, column, cell)
    return out.getvalue()


def old_workbook(grid: Sequence[Sequence[Any]]) -> bytes:
    """An .xls of Excel 97 to 2003."""
    import xlwt

    book, out = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    page, day = book.add_sheet("Sheet0"), xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
    for at, row in enumerate(grid):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write(at, column, cell, day)
            elif cell not in (None, ""):
                page.write(at, column, cell)
    book.save(out)
    return out.getvalue()


def typed(layout: Layout, times: bool = True, number: Callable[[str], Any] = str) -> list[list[Any]]:
    """The grid with money and counts as numbers, times as such or as serial numbers, ``number`` of order numbers."""
    rows = []
    for row in layout.grid:
        cells: list[Any] = []
        for cell in row:
            if isinstance(cell, Money):
                cells.append(int(cell) / 100)
            elif isinstance(cell, datetime):
                cells.append(cell if times else (cell - EPOCH).total_seconds() / 86400)
            elif isinstance(cell, Id):
                cells.append(number(cell))
            else:
                cells.append(int(cell) if isinstance(cell, Count) else cell)
        rows.append(cells)
    return [*map(list, layout.above), list(layout.header), *rows]


def with_parts(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook with its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return out.getvalue()


def declared_as_one_cell(data: bytes) -> bytes:
    def change(name: str, part: bytes) -> bytes:
        return (
            re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', part)
            if "worksheets/" in name
            else part
        )

    return with_parts(data, change)


# ---------------------------------------------------------------------------------------------- ways
@dataclass(frozen=True)
class Way:
    """One way of writing a layout down. ``seconds``: whether they survive it."""

    suffix: str
    write: Callable[[Layout], bytes]
    seconds: bool = True


def text(dress: Dress = PLAIN, suffix: str = ".csv", seconds: bool = True, **how: Any) -> Way:
    return Way(suffix, lambda layout: delimited(dress.grid(layout), **how), seconds)


def _dressed(seconds: bool = True, **how: Any) -> Way:
    return text(replace(PLAIN, **how), seconds=seconds)


def _reversed(layout: Layout) -> Layout:
    return replace(layout, header=layout.header[::-1], above=tuple(row[::-1] for row in layout.above))


def _headers_twice(layout: Layout) -> bytes:
    """Every header again, with wrong cells below."""
    grid = PLAIN.grid(layout)
    at = len(layout.above)
    twice = [[*row, *(row if n <= at else ["错"] * len(row))] for n, row in enumerate(grid)]
    return delimited(twice)


def _unknown_columns(layout: Layout) -> bytes:
    at = len(layout.above)
    return delimited(
        [["", *row, "新增列" if n == at else "x", ""] for n, row in enumerate(PLAIN.grid(layout))]
    )


def _blank_lines(layout: Layout) -> bytes:
    lines = delimited(PLAIN.grid(layout), newline="\n").decode().split("\n")
    return "\n\n".join(["", " ", *lines]).encode()


def _quoted_guards(layout: Layout) -> bytes:
    """``="…"`` as a csv writer quotes it, each quote twice."""
    return delimited(replace(PLAIN, number=lambda s: f'="{s}"').grid(layout), quoting=csv.QUOTE_ALL)


def _bare_guards(layout: Layout) -> bytes:
    """``="…"`` as many programs write it, quotes and all, without quoting the cell."""
    grid = replace(PLAIN, number=lambda s: f"GUARD{s}GUARD").grid(layout)
    return re.sub(rb"GUARD(.*?)GUARD", rb'="\1"', delimited(grid))


def _inline(layout: Layout) -> bytes:
    """A workbook without shared strings."""
    return workbook(typed(layout), constant_memory=True)


def _formulas(layout: Layout) -> bytes:
    """Texts as results of formulas (``="…"``), as a workbook keeps them."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for at, row in enumerate(PLAIN.grid(layout)):
            for column, cell in enumerate(row):
                page.write_formula(at, column, '="x"', None, cell)
    return out.getvalue()


def _second_sheet(layout: Layout) -> bytes:
    """Data on the second sheet, three rows down; the first is empty."""
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    page = book.create_sheet("数据")
    for _ in range(3):
        page.append([])
    for row in PLAIN.grid(layout):
        page.append(row)
    book.save(out)
    return out.getvalue()


RESAVED = Dress(money=general, time=slashed, head=lambda s: s + "　")


def _resaved(layout: Layout) -> bytes:
    """A workbook that Excel saved as CSV: GBK, times to the minute or as numbers, money without its zeros."""
    turn = [slashed, serial]

    def time(when: datetime) -> str:
        turn.reverse()
        return turn[0](when.replace(second=0))

    return delimited(replace(RESAVED, time=time).grid(layout), "gbk")


WAYS: dict[str, Way] = {
    "utf-8": text(),
    "utf-8 bom": text(encoding="utf-8-sig"),
    "gbk": text(encoding="gbk"),
    "gb18030": text(encoding="gb18030"),
    "utf-16 bom": text(encoding="utf-16"),
    "utf-16-le": text(encoding="utf-16-le"),
    "utf-16-be": text(encoding="utf-16-be"),
    "utf-16-be bom": Way(".csv", lambda x: b"\xfe\xff" + delimited(PLAIN.grid(x), "utf-16-be")),
    "tabs, utf-16": text(encoding="utf-16", delimiter="\t", suffix=".txt"),
    "tabs": text(delimiter="\t"),
    "semicolons": text(delimiter=";"),
    "LF": text(newline="\n"),
    "CR": text(newline="\r"),
    "all quoted": text(quoting=csv.QUOTE_ALL),
    "guards quoted": Way(".csv", _quoted_guards),
    "guards bare": Way(".csv", _bare_guards),
    "apostrophes": _dressed(number=lambda s: f"'{s}", money=lambda m: f"'{yuan(m)}"),
    "apostrophes and tabs": _dressed(
        number=lambda s: f"'{s}\t", time=lambda t: f"'{t}\t", text=lambda s: s + "\t"
    ),
    "tabs before": _dressed(number=lambda s: f"\t{s}", text=lambda s: f"\t{s}", time=lambda t: f"\t{t}"),
    "blanks around": _dressed(
        number=lambda s: f" {s}　", text=lambda s: f"　{s} ", money=lambda m: f" {yuan(m)} "
    ),
    "headers with blanks": _dressed(head=lambda s: f"　{s} "),
    "headers guarded": _dressed(head=lambda s: f'="{s}"'),
    "headers full-width": _dressed(head=lambda s: s.replace("(元)", "（元）").replace("(件)", "（件）")),
    "statuses half-width": _dressed(
        text=lambda s: s.translate(str.maketrans("，：", ",:")) if re.search("款|货", s) else s
    ),
    "thousands": _dressed(money=grouped),
    "yen": _dressed(money=lambda m: f"¥{grouped(m)}"),
    "yen full-width": _dressed(money=lambda m: f"￥ {yuan(m)}"),
    "元": _dressed(money=lambda m: f"{yuan(m)}元", count=lambda n: f"{n}.0"),
    "money as floats": _dressed(money=lambda m: str(m / 100), count=lambda n: str(float(n))),
    "slashes": _dressed(time=lambda t: t.strftime("%Y/%m/%d %H:%M:%S")),
    "to the minute": _dressed(time=slashed, seconds=False),
    "iso": _dressed(time=lambda t: t.isoformat()),
    "with fractions": _dressed(time=lambda t: f"{t}.0"),
    "serials": _dressed(time=serial),
    "serials exact": _dressed(time=lambda t: serial(t, 12)),
    "columns the other way round": Way(".csv", lambda x: delimited(PLAIN.grid(_reversed(x)))),
    "headers twice": Way(".csv", _headers_twice),
    "unknown columns": Way(".csv", _unknown_columns),
    "blank lines": Way(".csv", _blank_lines),
    "resaved by Excel": Way(".csv", _resaved, seconds=False),
    "xlsx": Way(".xlsx", lambda x: workbook(PLAIN.grid(x))),
    "xlsx typed": Way(".xlsx", lambda x: workbook(typed(x))),
    "xlsx serials": Way(".xlsx", lambda x: workbook(typed(x, times=False))),
    "xlsx of 1904": Way(".xlsx", lambda x: workbook(typed(x), date_1904=True)),
    "xlsx as one cell": Way(".xlsx", lambda x: declared_as_one_cell(workbook(typed(x)))),
    "xlsx inline": Way(".xlsx", _inline),
    "xlsx formulas": Way(".xlsx", _formulas),
    "xlsx second sheet": Way(".xlsx", _second_sheet),
    "xlsx called csv": Way(".csv", lambda x: workbook(typed(x))),
    "xlsx called xls": Way(".xls", lambda x: workbook(PLAIN.grid(x))),
    "xls": Way(".xls", lambda x: old_workbook(PLAIN.grid(x))),
    "xls typed": Way(".xls", lambda x: old_workbook(typed(x))),
    "xls serials": Way(".xls", lambda x: old_workbook(typed(x, times=False))),
    "xls called csv": Way(".csv", lambda x: old_workbook(PLAIN.grid(x))),
    "xls called xlsx": Way(".xlsx", lambda x: old_workbook(typed(x))),
    "csv called xls": text(suffix=".xls", encoding="gbk"),
    "csv called xlsx": text(suffix=".xlsx"),
}
