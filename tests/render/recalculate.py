"""Workbooks worked out again by LibreOffice, and their tables read."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

_CACHED = re.compile(rb"(</f>)<v>[^<]*</v>")
SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice works the formulas out again")


def forget(book: Path, to: Path) -> Path:
    """A copy whose formulas have no values."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, _CACHED.sub(rb"\1", part) if name.startswith("xl/worksheets/") else part)
    return to


def recalculated(books: Sequence[Path], work: Path) -> list[Path]:
    """The workbooks as LibreOffice works them out, none of the values there were before."""
    assert SOFFICE is not None
    work.mkdir(parents=True)
    bare = [forget(book, work / f"{n}.xlsx") for n, book in enumerate(books)]
    profile = f"-env:UserInstallation={(work / 'profile').as_uri()}"
    done = work / "done"
    command = [
        SOFFICE,
        "--headless",
        profile,
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(done),
    ]
    subprocess.run([*command, *map(str, bare)], check=True, capture_output=True, timeout=600)
    return [done / path.name for path in bare]


def heads(sheet: Worksheet, title: str) -> tuple[int, dict[str, int]]:
    """Row of a table's heads, and head → column."""
    at = next(row[0].row for row in sheet.iter_rows(max_col=1) if row[0].value == title) + 1
    while not sheet.cell(at, 2).value:
        at += 1
    return at, {str(c.value): c.column for c in sheet[at] if c.value is not None}


def cell_of(sheet: Worksheet, title: str, employee: str, head: str, nth: int = 0) -> Cell:
    """An employee's cell in a table; ``nth`` of his rows."""
    at, columns = heads(sheet, title)
    rows = [r for r in range(at + 1, sheet.max_row + 1) if sheet.cell(r, columns["工号"]).value == employee]
    return sheet.cell(rows[nth], columns[head])


def pay_cells(book: Path, lines: dict[str, str]) -> dict[tuple[str, str], Decimal]:
    """(employee id, line) → amount, of all that is not 0. ``lines``: head → line."""
    sheet = openpyxl.load_workbook(book, data_only=True)["绩效工资"]
    at, columns = heads(sheet, "绩效工资（元）")
    found = {}
    for row in range(at + 1, sheet.max_row + 1):
        employee, name = (sheet.cell(row, columns[head]).value for head in ("工号", "姓名"))
        if employee is None or not name or str(name).endswith(" 人"):
            continue
        for head, line in lines.items():
            value = sheet.cell(row, columns[head]).value if head in columns else None
            if isinstance(value, str) and value:
                raise AssertionError(f"{employee} {line}: {value}")
            if value not in (None, "", 0):
                found[str(employee), line] = Decimal(repr(value))
    return found
