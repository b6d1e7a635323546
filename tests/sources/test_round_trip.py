"""Every order, item and refund export, written in every way that is known, reads as the same canonical rows."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from dressing import PLAIN, WAYS, Dress, Way, delimited, old_workbook, typed, workbook
from layouts import LAYOUTS
from months import MESSAGES, ROSTER, Month
from trade import SHOP, Id, Layout

from evaluator.model import MonthData


def differences(layout: Layout, way: Way, got: MonthData, file: str) -> list[str]:
    """Where what was read is not what was written."""
    entries = [e for e in got.inputs if e.file == file]
    if {e.format for e in entries} != {layout.format}:
        notes = [n.detail for n in got.review if n.subject == file]
        return [f"{layout.name}: read as {[e.format for e in entries]}; {notes}"]
    told = []
    for table, want in layout.tables.items():
        at = got.inputs.index(next(e for e in entries if e.table == table))
        frame = got.tables[table]
        read = frame.filter(frame["_file"] == at).to_dicts()
        wanted = [{k: lost_seconds(v, way) for k, v in row.items()} for row in want]
        told += [
            f"{layout.name}: {table} row {n}: {column} {there.get(column)!r} != {value!r}"
            for n, (row, there) in enumerate(zip(wanted, read, strict=False), 1)
            for column, value in row.items()
            if there.get(column) != value
        ]
        if len(read) != len(wanted):
            told.append(f"{layout.name}: {table}: {len(read)} rows, not {len(wanted)}")
    rejected = [(r.row, r.why) for r in got.rejects if r.file == file]
    if tuple(row for row, _ in rejected) != layout.rejected:
        told.append(f"{layout.name}: rejected {rejected}")
    return told


def lost_seconds(value: Any, way: Way) -> Any:
    return value.replace(second=0) if isinstance(value, datetime) and not way.seconds else value


@pytest.mark.parametrize("name", WAYS)
def test_every_export_reads_as_what_was_written(name, tmp_path):
    way, month = WAYS[name], Month(tmp_path)
    month.write("messages.csv", MESSAGES).write("roster.csv", ROSTER)
    files = {f"{n:02}{way.suffix}": layout for n, layout in enumerate(LAYOUTS)}
    for file, layout in files.items():
        month.write(file, way.write(layout))
    got = month.read(shop=SHOP)
    told = [line for file, layout in files.items() for line in differences(layout, way, got, file)]
    assert not told, "\n".join(told)


# ------------------------------------------------------------------------------------------ numbers and digits
OWN_ORDERS = "shop,order_id,buyer,created,paid,amount\n甲店,1,b1,2026-10-01 09:01:00,,1\n"


def long(text: str, digits: int = 16) -> str:
    """For any number one of as many digits (16: as orders had in 2016), each its own, and none ends in 0."""
    return f"1{zlib.crc32(text.encode()):0{digits - 2}}7"


def numbered(layout: Layout) -> Layout:
    """The same export with numbers of 16 digits."""
    ids = {str(cell) for row in layout.grid for cell in row if isinstance(cell, Id)}
    other = {text: long(text) for text in ids}

    def changed(rows: Any) -> tuple[Any, ...]:
        return tuple(
            {k: type(v)(other.get(v, v)) if isinstance(v, str) else v for k, v in row.items()} for row in rows
        )

    tables = {name: changed(rows) for name, rows in layout.tables.items()}
    return replace(layout, rows=changed(layout.rows), tables=tables)


KEPT: dict[str, Callable[[Layout], bytes]] = {
    "xlsx": lambda x: workbook(typed(x, number=float)),
    "xls": lambda x: old_workbook(typed(x, number=float)),
    "point": lambda x: delimited(Dress(number=lambda s: f"{s}.0").grid(x)),
    "power": lambda x: delimited(Dress(number=lambda s: f"{s[0]}.{s[1:]}E15").grid(x)),
}
LOST: dict[str, Callable[[Layout], bytes]] = {
    "xlsx of 18 digits": lambda x: workbook(typed(x, number=lambda s: float(long(s, 18)))),
    "xls of 18 digits": lambda x: old_workbook(typed(x, number=lambda s: float(long(s, 18)))),
    "xlsx of 15 digits and a zero": lambda x: workbook(typed(x, number=lambda s: float(s[:-1] + "0"))),
    "1.23E+17": lambda x: delimited(Dress(number=lambda s: f"{s[0]}.{s[1:3]}E+17").grid(x)),
    "1.23E17": lambda x: delimited(Dress(number=lambda s: f"{s[0]}.{s[1:6]}E17").grid(x)),
    "18 digits as Excel writes them": lambda x: delimited(Dress(number=lambda s: s[:15] + "000").grid(x)),
}


@pytest.fixture
def months(tmp_path):
    """A month that has an order of its own, for exports of which nothing can be used."""
    month = Month(tmp_path)
    month.write("messages.csv", MESSAGES).write("roster.csv", ROSTER)
    return month.write("orders.csv", OWN_ORDERS)


@pytest.mark.parametrize("how", KEPT)
def test_numbers_that_are_floats_keep_their_digits(how, months):
    files = {f"{n:02}.x": numbered(layout) for n, layout in enumerate(LAYOUTS)}
    for file, layout in files.items():
        months.write(file, KEPT[how](layout))
    got, way = months.read(shop=SHOP), WAYS["xlsx"]
    told = [line for file, layout in files.items() for line in differences(layout, way, got, file)]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("how", LOST)
def test_numbers_that_lost_their_digits_are_refused(how, months):
    files = {f"{n:02}.x": numbered(layout) for n, layout in enumerate(LAYOUTS)}
    for file, layout in files.items():
        months.write(file, LOST[how](layout))
    got = months.read(shop=SHOP)
    for at, entry in enumerate(got.inputs):
        if entry.file in files and entry.table:
            assert (got.tables[entry.table]["_file"] != at).all(), (files[entry.file].name, entry.table)
    for file, layout in files.items():
        why = [r.why for r in got.rejects if r.file == file]
        assert len(why) == len(layout.rows), layout.name
        assert sum("末几位" in w and "重新导出" in w for w in why) >= len(why) - 2, (layout.name, why)


def test_merged_cells(months):
    """1688 merges the cells of an order over the rows of its goods."""
    import xlsxwriter

    layout, out = next(x for x in LAYOUTS if x.name == "1688 orders"), io.BytesIO()
    grid = PLAIN.grid(layout)
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for at, row in enumerate(grid):
            for column, cell in enumerate(row):
                page.write_string(at, column, cell)
        for column in (
            layout.header.index(h) for h in ("订单编号", "买家会员名", "实付款(元)", "订单创建时间")
        ):
            page.merge_range(1, column, 2, column, grid[1][column])
    months.write("x.xlsx", out.getvalue())
    assert not differences(layout, WAYS["xlsx"], months.read(), "x.xlsx")
