"""Reads a canonical month folder (csv only) into an ``OracleMonth``: SPEC §1 (repeats, order of files),
§2."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from .month import OracleMonth, Row, with_defaults

AT = "_at"  # where a row stands: (file, number of the data row)
At = tuple[str, int]

TIMES = {
    "ts",
    "created",
    "paid",
    "grouped",
    "applied",
    "completed",
    "sent",
    "due",
    "picked_up",
    "first_audit",
    "ready",
    "first_result",
    "opened",
    "closed",
    "promised",
    "delivered",
}
DATES = {"from", "to", "hired", "day", "taken"}
MONEY = {"postage", "base_salary", "charged"}
FLAGS = {"auto", "by_seller", "dispute", "seller_fault", "upheld"}
NUMBERS = {"quantity", "nps", "late_times"}
OPTIONAL = {
    "messages": {"kind", "auto", "order_id", "to_account"},
    "orders": {"paid", "postage", "quantity", "status", "memo", "grouped"},
    "order_items": {"category"},
    "refunds": {"completed", "stage", "by_seller", "dispute", "seller_fault", "account"},
    "ratings": {"sent", "tags"},
    "escalations": {"order_id", "account", "upheld"},
    "online": set(),
    "roster": {"from", "to", "base_salary", "hired"},
    "labels": set(),
    "manual_filters": {"day"},
}


def load(folder: Path) -> OracleMonth:
    """The month in ``folder``: its canonical csv files and ``period.yaml``."""
    written = yaml.safe_load((folder / "period.yaml").read_text("utf-8"))
    settings = with_defaults(written.get("settings"))
    files = {table: table_files(folder, table) for table in OPTIONAL}
    tables: dict[str, list[Row]] = {}
    absent: dict[str, set[str]] = {}
    for table, paths in files.items():
        if not paths:
            continue
        read = [read_file(path, table, settings["shop_alias"]) for path in paths]
        absent[table] = OPTIONAL[table] - set().union(*(columns for columns, _ in read))
        tables[table] = [row for _, rows in read for row in rows]
    repeats, superseded = repeats_of(tables["messages"]), superseded_of(tables["orders"])
    tables["messages"] = [row for row in tables["messages"] if row[AT] not in repeats]
    tables["orders"] = [row for row in tables["orders"] if row[AT] not in superseded]
    rejects = [(*at, "duplicate") for at in sorted(repeats)] + [
        (*at, "superseded") for at in sorted(superseded)
    ]
    start, end = as_date(written["period"]["start"]), as_date(written["period"]["end"])
    return OracleMonth(tables, settings, start, end, absent, rejects=rejects)


def table_files(folder: Path, table: str) -> list[Path]:
    """§1 order of files: code-point order of their names. A file is named after its table
    (``orders_2.csv``)."""
    return sorted(
        (p for p in folder.glob("*.csv") if p.stem == table or p.stem.rsplit("_", 1)[0] == table),
        key=lambda p: p.name,
    )


def read_file(path: Path, table: str, alias: dict[str, str]) -> tuple[set[str], list[Row]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        rows = [typed(table, row, alias) | {AT: (path.name, n)} for n, row in enumerate(reader, 1)]
        return set(reader.fieldnames or ()), rows


def typed(table: str, cells: dict[str, str], alias: dict[str, str]) -> Row:
    """A row with its defaults (§1: an empty ``kind`` is text, an empty ``auto`` false) and ``shop_alias``
    applied."""
    row: Row = {name: value(table, name, cell) for name, cell in cells.items() if name is not None}
    if row.get("shop"):
        row["shop"] = alias.get(row["shop"], row["shop"])
    if table == "messages":
        defaults = {"kind": "text", "auto": False, "order_id": None, "to_account": None, "account": None}
        for name, default in defaults.items():
            row[name] = default if row.get(name) is None else row[name]
    if table == "orders":
        row.setdefault("buyer", None)
    return row


def value(table: str, name: str, cell: str) -> Any:
    if name == "text":
        return cell
    cell = cell.strip()
    if cell == "":
        return None
    if name in TIMES:
        return datetime.fromisoformat(cell)
    if name in DATES:
        return date.fromisoformat(cell)
    if name in FLAGS:
        return cell.lower() in ("true", "1")
    if name in MONEY or (name == "amount"):
        return int(Decimal(cell) * 100)
    if name in NUMBERS or (name == "score" and table == "ratings"):
        return int(cell)
    return cell


def repeats_of(messages: list[Row]) -> set[At]:
    """§1: a message row that equals one of an *earlier file* in every column is a repeat; within a file
    nothing is one."""
    first_file: dict[tuple[tuple[str, Any], ...], str] = {}
    found = set()
    for row in messages:  # in input order: files by name, rows in file order
        content = tuple(sorted((name, cell) for name, cell in row.items() if name != AT))
        if first_file.setdefault(content, row[AT][0]) != row[AT][0]:
            found.add(row[AT])
    return found


def superseded_of(orders: list[Row]) -> set[At]:
    """§1: of several valid rows with one (shop, order_id) the last in input order holds."""
    last = {(row["shop"], row["order_id"]): row[AT] for row in orders}
    return {row[AT] for row in orders if last[(row["shop"], row["order_id"])] != row[AT]}


def as_date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
