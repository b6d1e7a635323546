"""What the oracle computes from: a month as plain rows, and the clock of SPEC §1."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

Row = dict[str, Any]

#: ``settings`` of SPEC §2.1 with its defaults. Money in yuan as text, so that no float is ever seen.
DEFAULTS: dict[str, Any] = {
    "day_start": "00:00",
    "judgment": "order_first",
    "by": "last",
    "window_days": 1,
    "after_sale_days": 21,
    "follow_days": 15,
    "session_gap_s": 600,
    "count_postage": False,
    "min_amount": "0.01",
    "exclude_memo": ["刷单", "补差", "补邮费", "邮费链接", "不计业绩"],
    "exclude_titles": ["补差价", "补邮费", "邮费链接"],
    "exclude_orders": [],
    "credit_roles": [],
    "response_hours": ["08:00", "23:00"],
    "courtesy": [],
    "auto_reply_prefixes": [],
    "internal_accounts": [],
    "shop_alias": {},
    "filters": {
        "internal": True,
        "manual": True,
        "ad": True,
        "agent_only": True,
        "one_liner": False,
        "code_word": None,
    },
    "ad": {"rules": True, "model": True, "behaviour": True},
    "orders_through": None,
}


def with_defaults(given: dict[str, Any] | None) -> dict[str, Any]:
    """``settings`` as written, completed: every one is optional (SPEC §2.1)."""
    settings = copy.deepcopy(DEFAULTS)
    for name, value in (given or {}).items():
        if name in ("filters", "ad"):
            settings[name].update(value)
        else:
            settings[name] = value
    return settings


@dataclass
class OracleMonth:
    """A month as read: rows in input order, already validated; repeats and superseded rows are gone.

    ``tables``: canonical table → rows (datetimes, dates, fen as int, bools, None for empty); a table that has
    no file is not a key. ``absent``: table → its optional columns that no file has. ``rule_ads``: (shop,
    buyer) that the keyword stage, classifier or behaviour call an ad (SPEC §3.1), injected. ``rejects``: (file,
    row, why) of the rows that are not in ``tables``.
    """

    tables: dict[str, list[Row]]
    settings: dict[str, Any]
    start: date
    end: date
    absent: dict[str, set[str]] = field(default_factory=dict)
    rule_ads: set[tuple[str, str]] = field(default_factory=set)
    rejects: list[tuple[str, int, str]] = field(default_factory=list)

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def has(self, table: str, column: str | None = None) -> bool:
        return table in self.tables and (column is None or column not in self.absent.get(table, set()))

    def day(self, ts: datetime) -> date:
        """§1: ``day(ts)`` = the date of ``ts − day_start``."""
        hour, minute = map(int, self.settings["day_start"].split(":"))
        return (ts - timedelta(hours=hour, minutes=minute)).date()

    def begin_of(self, day: date) -> datetime:
        """The first instant of a business day."""
        hour, minute = map(int, self.settings["day_start"].split(":"))
        return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)

    def in_period(self, day: date) -> bool:
        """§1: a period is ``[start, end)``, whole business days."""
        return self.start <= day < self.end

    @property
    def window(self) -> int:
        return int(self.settings["window_days"])


def floor_second(ts: datetime) -> datetime:
    """R-C9: where a message's time is set against an order's, it is floored to the second."""
    return ts.replace(microsecond=0)


def milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def days(n: int) -> timedelta:
    return timedelta(days=int(n))
