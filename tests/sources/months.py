"""A month's folder to fill with files, and what was read of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from evaluator.model import MonthData
from evaluator.names import spelled
from evaluator.settings import MonthConfig, Settings
from evaluator.shelf import Limits
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
    """A folder; ``write`` adds a file, ``read`` reads it all, messages with their buyers and orders as text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str | bytes) -> Month:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def read(
        self,
        platform: str | dict[str, str] = "tmall",
        shop: str | None = None,
        limits: Limits | None = None,
        **settings: Any,
    ) -> MonthData:
        config = MonthConfig(
            self.folder, date(2026, 10, 1), date(2026, 11, 1), platform, shop, Settings(**settings)
        )
        month = read_month(config, limits=limits)
        for entry in month.inputs:
            assert entry.rows_in == entry.rows_used + entry.rows_rejected
        assert len(month.rejects) == sum(entry.rows_rejected for entry in month.inputs)
        month.tables["messages"] = spelled(month.tables["messages"], month.names)
        return month


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
