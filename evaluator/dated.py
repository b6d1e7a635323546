"""Dated values (R-P5): a mapping of dates may stand wherever a value does; the period's first day decides."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from evaluator.yamlfile import Node, as_date

LIKE_A_DATE = re.compile(r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?$")


@dataclass(frozen=True)
class Stale:
    """A dated value whose ``reviewed_until`` lies before the period."""

    where: str
    until: date


@dataclass(frozen=True)
class Holding:
    """Which of the values by date holds: of what (path in the file), since when, and where that is published."""

    path: str
    since: date
    source: str = ""


BESIDE_VALUES = ("values", "reviewed_until", "source", "note")


def pick_for(node: Node, day: date, stale: list[Stale], holdings: list[Holding] | None = None) -> Node | None:
    """R-P5: the tree as it holds on ``day``. A mapping of dates, also under ``values:``, is replaced by the
    value of the latest date not after ``day``; ``null`` there withdraws the value (None here, and gone from
    what holds it). Values past their ``reviewed_until`` are appended to ``stale``, and which value holds to
    ``holdings``.

    Errors: ``day`` before the first date; a key among dates that is none; an unknown key by ``values``."""
    value = node.value
    if isinstance(value, list):
        picked = [pick_for(child, day, stale, holdings) for child in value]
        return replace(node, value=[child for child in picked if child is not None])
    if not isinstance(value, dict):
        return node
    if "values" in value:
        return _pick_values(node, value, day, stale, holdings)
    if any(LIKE_A_DATE.match(key) for key in value):
        return _pick_dated(node, value, day, stale, holdings)
    kept = {key: pick_for(child, day, stale, holdings) for key, child in value.items()}
    return replace(node, value={key: child for key, child in kept.items() if child is not None})


def _pick_values(
    node: Node, value: dict[str, Node], day: date, stale: list[Stale], holdings: list[Holding] | None
) -> Node | None:
    pairs = node.mapping(BESIDE_VALUES)
    if "reviewed_until" in pairs:
        until = pairs["reviewed_until"].day()
        if day > until:
            stale.append(Stale(node.where, until))
    inner = value["values"]
    if not isinstance(inner.value, dict) or not any(LIKE_A_DATE.match(key) for key in inner.value):
        inner.fail("values 下应为“日期: 值”，如 {2026-01-01: 2000}")
    source = pairs["source"].text() if "source" in pairs else ""
    return _pick_dated(inner, inner.value, day, stale, holdings, source)


def _pick_dated(
    node: Node,
    value: dict[str, Node],
    day: date,
    stale: list[Stale],
    holdings: list[Holding] | None,
    source: str = "",
) -> Node | None:
    dates: dict[date, Node] = {}
    for key, child in value.items():
        found = as_date(key)
        if found is None:
            child.fail(f"“{key}”不是日期；按日期写的值，每个键都应为存在的日期，如 2026-01-01", seen=False)
        dates[found] = child
    holding = max((d for d in dates if d <= day), default=None)
    if holding is None:
        node.fail(f"最早的日期是 {min(dates)}，{day} 这一天还没有值；请补一个不晚于 {day} 的日期", seen=False)
    if holdings is not None:
        holdings.append(Holding(node.path.removesuffix(".values"), holding, source))
    child = dates[holding]
    return None if child.is_null else pick_for(child, day, stale, holdings)
