"""Compares the oracle's tables with frames of the program, exactly, and says readably what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from .month import Row, milliseconds

#: Table → key columns, other columns. ``why`` of candidates is free wording.
TABLES: dict[str, tuple[list[str], list[str]]] = {
    "receptions": (
        ["shop", "buyer", "agent", "day"],
        [
            "buyer_messages",
            "human_messages",
            "auto_messages",
            "turns",
            "answered",
            "wait_sum",
            "first_wait",
            "transferred_in",
            "transferred_out",
            "is_robot",
            "filtered",
            "label",
            "outcome",
        ],
    ),
    "turns": (["shop", "buyer", "agent", "opened"], ["replied", "wait", "outcome"]),
    "attribution": (
        ["shop", "order_id"],
        [
            "buyer",
            "created",
            "paid",
            "amount",
            "counted",
            "by_order",
            "by_payment",
            "by_order_first",
            "by_grouped_chain",
            "credited",
            "excluded",
        ],
    ),
    "assists": (["shop", "order_id", "agent", "kind"], ["messages", "last_ts"]),
    "candidates": (
        ["shop", "order_id", "at", "agent"],
        [
            "last_human",
            "human_messages",
            "buyer_messages",
            "answered_turns",
            "place",
            "won",
        ],
    ),
    "sessions": (["shop", "buyer", "agent", "start"], ["end", "day", "buyer_messages", "human_messages"]),
    "inquiries": (["shop", "buyer", "day"], ["t0", "label", "converted", "prior", "mature"]),
    "rejects": (["file", "row"], ["why"]),
    "filters": (["filter"], ["on", "receptions", "messages", "buyers"]),
}
#: The value of a ratio is written with ten decimals.
PRECISION = Fraction(1, 10**9)


def plain(column: str, value: Any) -> Any:
    """A cell in one form, whatever library it comes from: waits as milliseconds."""
    if value is None:
        return None
    if column in ("wait", "wait_sum", "first_wait"):
        return round(value.total_seconds() * 1000 if isinstance(value, timedelta) else value * 1000)
    if isinstance(value, datetime):
        return milliseconds(value.replace(tzinfo=None) - datetime(1970, 1, 1))
    if isinstance(value, date):
        return value.isoformat()
    return value


def differences(table: str, want: Iterable[Row], got: Iterable[Mapping[str, Any]]) -> list[str]:
    """Rows that only one side has, as text, by key. A key may come twice (two turns opened in one second)."""
    keys, values = TABLES[table]
    columns = keys + values
    sides = [
        Counter(tuple(plain(column, row[column]) for column in columns) for row in rows)
        for rows in (want, got)
    ]
    lines = []
    for only, mark in ((sides[0] - sides[1], "oracle"), (sides[1] - sides[0], "program")):
        for row, n in only.items():
            pairs = zip(columns, row, strict=True)
            cells = " ".join(f"{name}={shown(name, value)}" for name, value in pairs if value is not None)
            lines.append(f"{table}  {cells}  ← {mark}" + (f" ×{n}" if n > 1 else ""))
    return sorted(lines)


def shown(column: str, value: Any) -> str:
    if column in ("opened", "replied", "created", "paid", "last_ts", "last_human", "start", "end", "t0"):
        return (datetime(1970, 1, 1) + timedelta(milliseconds=value)).isoformat("T", "milliseconds")
    return str(value)


def kpi_differences(want: Iterable[Row], got: Iterable[Mapping[str, Any]]) -> list[str]:
    """Figures that differ in value, numerator, denominator, status or name; figures that only one side
    has."""
    ours = {(row["scope"], row["id"], row["metric"]): row for row in want}
    theirs = {(row["scope"], row["id"], row["metric"]): row for row in got}
    lines = [f"kpi  {'/'.join(key)}  ← only the oracle has it" for key in ours.keys() - theirs.keys()]
    known = {metric for _, _, metric in ours}
    lines += [
        f"kpi  {'/'.join(key)}  ← only the program has it"
        for key in theirs.keys() - ours.keys()
        if key[2] in known
    ]
    for key in ours.keys() & theirs.keys():
        off = [
            f"{column}: oracle {ours[key][column]} program {theirs[key][column]}"
            for column in ("value", "numerator", "denominator", "status", "name")
            if not same(ours[key], theirs[key], column)
        ]
        lines += [f"kpi  {'/'.join(key)}  {'; '.join(off)}"] if off else []
    return sorted(lines)


def same(ours: Row, theirs: Mapping[str, Any], column: str) -> bool:
    a, b = ours[column], theirs[column]
    if column in ("status", "name"):
        return bool(a == b)
    if column != "value" and ours["status"] == theirs["status"] == "missing":
        return True  # what stands beside a missing value is free
    if a is None or b is None or b == "":
        return a is None and b in (None, "")
    exact = Fraction(a)
    return abs(exact - Fraction(b)) <= PRECISION * (1 + abs(exact))
