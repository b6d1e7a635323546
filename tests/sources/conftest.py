"""Months to fill with files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from months import MESSAGES, ORDERS, ROSTER, Month

from evaluator.model import MonthData


@pytest.fixture
def empty_month(tmp_path: Path) -> Month:
    return Month(tmp_path)


@pytest.fixture
def month(tmp_path: Path) -> Month:
    """A small sound month: two messages, one order, one employee."""
    made = Month(tmp_path)
    return made.write("messages.csv", MESSAGES).write("orders.csv", ORDERS).write("roster.csv", ROSTER)


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., bytes]:
    """Bytes of an xlsx with these rows on its first sheet."""
    import xlsxwriter

    def make(rows: list[list[Any]], sheet: str = "sheet1", a1: bool = False) -> bytes:
        path = tmp_path.parent / f"{tmp_path.name}_workbook.xlsx"
        with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
            page = book.add_worksheet(sheet)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(at, column, cell)
                    else:
                        page.write(at, column, cell)
        data = path.read_bytes()
        path.unlink()
        return _declare_a1(data) if a1 else data

    return make


def _declare_a1(data: bytes) -> bytes:
    """The same workbook declaring its sheets as one cell, as Taobao's do."""
    import io
    import re
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name.startswith("xl/worksheets/"):
                part = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', part)
            target.writestr(name, part)
    return out.getvalue()


@pytest.fixture
def bare(tmp_path: Path) -> Month:
    """A month without orders of its own."""
    return Month(tmp_path / "m").write("messages.csv", MESSAGES).write("roster.csv", ROSTER)


@pytest.fixture
def same(tmp_path: Path) -> Callable[..., None]:
    """Checks that exports and canonical tables give the same rows."""

    def check(got: MonthData, **tables: str) -> None:
        other = Month(tmp_path / "canonical").write("messages.csv", MESSAGES).write("roster.csv", ROSTER)
        for name, text in tables.items():
            other.write(f"{name}.csv", text)
        want = other.read(shop="甲店")
        for name in tables:
            ours, theirs = (m.tables[name].drop("_file", "_row") for m in (got, want))
            assert ours.rows() == theirs.rows()

    return check
