"""A month as the files of its folder, before anything is read: what the strategies make and ``write_month``
writes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from .month import Row

#: Every canonical column that the strategies fill, in the order of SPEC §2.
COLUMNS: dict[str, list[str]] = {
    "messages": [
        "shop",
        "buyer",
        "account",
        "sender",
        "ts",
        "text",
        "kind",
        "auto",
        "order_id",
        "to_account",
    ],
    "orders": [
        "shop",
        "order_id",
        "buyer",
        "created",
        "paid",
        "amount",
        "postage",
        "quantity",
        "status",
        "memo",
        "grouped",
    ],
    "order_items": ["order_id", "sku", "title", "quantity", "amount", "category"],
    "refunds": [
        "refund_id",
        "order_id",
        "applied",
        "completed",
        "amount",
        "kind",
        "stage",
        "by_seller",
        "dispute",
        "seller_fault",
        "account",
    ],
    "ratings": ["shop", "buyer", "account", "ts", "score", "source", "sent", "tags"],
    "escalations": ["shop", "buyer", "ts", "kind", "order_id", "account", "upheld"],
    "online": ["account", "ts", "event"],
    "roster": ["account", "employee_id", "name", "group", "role", "from", "to", "base_salary", "hired"],
    "disputes": ["order_id", "employee_id", "claim", "decision", "to_employee_id", "by", "when", "note"],
    "labels": ["shop", "buyer", "label"],
    "manual_filters": ["shop", "buyer", "day"],
}
MONEY = ("amount", "postage", "base_salary")


@dataclass
class RawMonth:
    """``files``: name without ``.csv`` → rows (datetimes, fen, bools; None is an empty cell). ``dropped``:
    table → optional columns that none of its files has."""

    files: dict[str, list[Row]]
    period: dict[str, Any]
    plan: dict[str, Any]
    dropped: dict[str, list[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The folder as text, so that a failing example can be read and kept."""
        parts = [f"== {name}.csv\n{self.csv_text(name)}" for name in self.files]
        return "\n".join(["== period.yaml", as_yaml(self.period), "== plan.yaml", as_yaml(self.plan), *parts])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis prints a failing month by this."""
        printer.text(repr(self))

    def csv_text(self, name: str) -> str:
        table = table_of(name)
        columns = [c for c in COLUMNS[table] if c not in self.dropped.get(table, [])]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        for row in self.files[name]:
            writer.writerow([cell(column, row.get(column)) for column in columns])
        return out.getvalue()


def table_of(file: str) -> str:
    return file if file in COLUMNS else file.rsplit("_", 1)[0]


def cell(column: str, value: Any) -> str:
    """One csv cell: money in yuan, times to the millisecond where they have any, booleans
    ``true``/``false``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if column in MONEY:
        return f"{Decimal(value) / 100:.2f}"
    return str(value)


def as_yaml(value: dict[str, Any]) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)


def write_month(month: RawMonth, folder: Path) -> Path:
    """Writes the month as a folder for ``evaluator run``; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "period.yaml").write_text(as_yaml(month.period), "utf-8")
    (folder / "plan.yaml").write_text(as_yaml(month.plan), "utf-8")
    for name in month.files:
        (folder / f"{name}.csv").write_text(month.csv_text(name), "utf-8", newline="")
    return folder
