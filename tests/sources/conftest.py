"""A month's folder to fill with files, and a reader of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluator.model import MonthData
from evaluator.settings import MonthConfig, Settings
from evaluator.sources import read_month

MESSAGES = (
    "shop,buyer,account,sender,ts,text\n"
    "甲店,b1,甲店:小一,buyer,2026-10-01 09:00:00,在吗\n"
    "甲店,b1,甲店:小一,agent,2026-10-01 09:00:20,在的\n"
)
ORDERS = (
    "shop,order_id,buyer,created,paid,amount\n"
    "甲店,8000000000000000001,b1,2026-10-01 09:01:00,2026-10-01 09:02:00,12.30\n"
)
ROSTER = "account,employee_id,name,group,role\n甲店:小一,E1,张一,一组,售前\n"


class Month:
    """A folder; ``write`` adds a file, ``read`` reads it all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str | bytes) -> Month:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def read(
        self, platform: str | dict[str, str] = "tmall", shop: str | None = None, **settings: Any
    ) -> MonthData:
        config = MonthConfig(
            self.folder, date(2026, 10, 1), date(2026, 11, 1), platform, shop, Settings(**settings)
        )
        month = read_month(config)
        for entry in month.inputs:
            assert entry.rows_in == entry.rows_used + entry.rows_rejected
        assert len(month.rejects) == sum(entry.rows_rejected for entry in month.inputs)
        return month


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


def entries(month: MonthData) -> set[tuple[str, int, int, int]]:
    """table, rows_in, used, rejected of all files but messages and roster."""
    return {
        (entry.table, entry.rows_in, entry.rows_used, entry.rows_rejected)
        for entry in month.inputs
        if entry.table not in ("messages", "roster")
    }


def notes(month: MonthData) -> str:
    """All that 待核 says about the files."""
    return " ".join(note.detail for note in month.review)
