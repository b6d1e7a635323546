"""The tables of SPEC §10, from the facts, and as csv files."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from .facts import Facts, facts
from .identity import shown
from .kpi import REQUESTS, Requests, kpi
from .month import OracleMonth, Row, milliseconds

Tables = dict[str, list[Row]]


def evaluate(month: OracleMonth, requests: Requests | None = None) -> Tables:
    """Every table that the oracle computes, rows sorted by their keys, and the review facts (``ambiguous``,
    ``unlinked``). ``requests``: further figures for ``kpi``, row id → (metric, options)."""
    found = facts(month)
    return {
        "receptions": receptions(found),
        "turns": turns(found),
        "attribution": attribution(found),
        "assists": assists(found),
        "candidates": candidates(found),
        "sessions": sessions(found),
        "inquiries": inquiries(found),
        "filters": found.filters.counts(found.receptions),
        "kpi": kpi(found, REQUESTS | (requests or {})),
        "ambiguous": ambiguous(found),
        "unlinked": unlinked(found),
        "rejects": [{"file": file, "row": row, "why": why} for file, row, why in month.rejects],
    }


def seconds(span: Any) -> Fraction | None:
    return None if span is None else Fraction(milliseconds(span), 1000)


def receptions(found: Facts) -> list[Row]:
    rows = []
    for r in found.receptions:
        first = r.turns[0] if r.turns else None
        rows.append(
            {
                "shop": r.shop,
                "buyer": shown(r.buyer),
                "agent": r.agent,
                "day": r.day,
                "buyer_messages": len(r.buyer_messages),
                "human_messages": len(r.human_messages),
                "auto_messages": r.auto_messages,
                "turns": len(r.turns),
                "answered": len(r.answered),
                "wait_sum": sum((seconds(turn.wait) or Fraction(0) for turn in r.answered), Fraction(0)),
                "first_wait": seconds(first.wait) if first else None,
                "transferred_in": r.transferred_in,
                "transferred_out": r.transferred_out,
                "is_robot": r.is_robot,
                "filtered": r.filtered,
                "label": r.label,
                "outcome": r.outcome,
            }
        )
    return by_key(rows, "shop", "buyer", "agent", "day")


def turns(found: Facts) -> list[Row]:
    rows = [
        {
            "shop": turn.shop,
            "buyer": shown(turn.buyer),
            "agent": turn.agent,
            "opened": turn.opened,
            "replied": turn.replied,
            "wait": seconds(turn.wait),
            "outcome": turn.outcome,
        }
        for reception in found.receptions
        for turn in reception.turns
    ]
    return by_key(rows, "shop", "buyer", "agent", "opened")


def attribution(found: Facts) -> list[Row]:
    rows = [
        {
            "order_id": order.order_id,
            "shop": order.shop,
            "buyer": shown(order.buyer) or order.written,
            "created": order.created,
            "paid": order.paid,
            "amount": order.amount,
            "counted": order.counted,
            **{f"by_{judgment}": agent for judgment, agent in order.by.items()},
            "credited": order.credited,
            "excluded": order.excluded,
        }
        for order in found.orders
    ]
    return by_key(rows, "order_id", "shop")


def assists(found: Facts) -> list[Row]:
    rows = [
        {
            "shop": a.order.shop,
            "order_id": a.order.order_id,
            "agent": a.agent,
            "kind": a.kind,
            "messages": a.messages,
            "last_ts": a.last_ts,
        }
        for a in found.assists
    ]
    return by_key(rows, "shop", "order_id", "agent", "kind")


def candidates(found: Facts) -> list[Row]:
    rows = [
        {
            "shop": order.shop,
            "order_id": order.order_id,
            "at": at,
            "agent": c.agent,
            "last_human": c.last.ts,
            "human_messages": c.human_messages,
            "buyer_messages": c.buyer_messages,
            "answered_turns": c.answered_turns,
            "place": c.place,
            "won": c.place == 1,
        }
        for order in found.orders
        for at, c in found.attribution.evidence(order)
    ]
    return by_key(rows, "shop", "order_id", "at", "place")


def sessions(found: Facts) -> list[Row]:
    rows = [
        {
            "shop": x.shop,
            "buyer": shown(x.buyer),
            "agent": x.agent,
            "start": x.start,
            "end": x.end,
            "day": x.day,
            "buyer_messages": sum(m.is_buyer for m in x.messages),
            "human_messages": sum(m.is_human for m in x.messages),
        }
        for x in found.sessions
    ]
    return by_key(rows, "shop", "buyer", "agent", "start")


def inquiries(found: Facts) -> list[Row]:
    rows = [
        {
            "shop": i.shop,
            "buyer": shown(i.buyer),
            "day": i.day,
            "t0": i.t0,
            "label": i.label,
            "converted": i.converted,
            "prior": i.prior,
            "mature": i.mature,
        }
        for i in found.inquiries
    ]
    return by_key(rows, "shop", "buyer", "day")


def ambiguous(found: Facts) -> list[Row]:
    """§2: nicks that several buyers fit, or whose chat names orders of several buyers."""
    return [{"shop": shop, "buyer": buyer} for shop, buyer in sorted(found.identity.ambiguous)]


def unlinked(found: Facts) -> list[Row]:
    """§2: orders that belong to no buyer known."""
    return [{"shop": shop, "order_id": order_id} for shop, order_id in sorted(found.identity.unlinked)]


def by_key(rows: list[Row], *columns: str) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(str(row[column] or "") for column in columns))


def as_text(value: Any) -> str:
    """A cell as the csv tables write it: null empty, booleans ``true``/``false``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else f"{decimal(value):f}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def decimal(value: Fraction) -> Decimal:
    return round(Decimal(value.numerator) / Decimal(value.denominator), 10)


def write(tables: Tables, folder: Path) -> None:
    """Each table as ``<name>.csv`` in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, fieldnames=list(rows[0]) if rows else ["empty"])
            writer.writeheader()
            writer.writerows({column: as_text(value) for column, value in row.items()} for row in rows)
