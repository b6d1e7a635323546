"""One model of a table, shown as a worksheet and as an HTML table: the two cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from evaluator.numbers import half_up

Value = str | int | float | Decimal | date | datetime | None


@dataclass(frozen=True)
class Cell:
    """A value that differs from its column: its own kind, or a note (shown as comment or tooltip)."""

    value: Value
    kind: str | None = None
    note: str = ""


Item = Value | Cell
Row = Sequence[Item]


@dataclass(frozen=True)
class Column:
    """``kind``: text, wrap (long text), id (never a number), money (yuan), count, points, ratio, seconds,
    hours, date, time. ``width`` in characters. ``note``: what the head means."""

    title: str
    kind: str = "text"
    width: float = 12
    note: str = ""


@dataclass
class Block:
    """A table: title, some lines above it, heads, rows, an optional total row. A large one has its rows in
    ``frame``, columns in the order of ``columns``."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row] = ()
    total: Row | None = None
    notes: tuple[str, ...] = ()
    frame: pl.DataFrame | None = None


@dataclass
class Sheet:
    """A worksheet: blocks under one another. ``freeze``: columns that stay when scrolling right (and
    the heads of an only block when scrolling down). ``signed``: ends in a line for signatures."""

    name: str
    title: str
    blocks: list[Block]
    freeze: int = 2
    fit_width: bool = True  # print on one page's width
    signed: bool = False
    warnings: tuple[str, ...] = ()  # above everything else


def show(value: Value, kind: str) -> str:
    """The text of a value in a page; a missing one is ``—``."""
    if value is None or value == "":
        return "—"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}" if kind == "time" else f"{value:%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    return _number(value, kind)


def _number(value: int | float | Decimal, kind: str) -> str:
    """Rounded half-up from the decimal text that the tables hold (SPEC §1), never from a binary fraction."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if kind in ("money", "points"):
        return f"{half_up(exact, 2):,f}"
    if kind == "ratio":
        return f"{half_up(exact * 100, 2):f}%"
    if kind in ("seconds", "hours"):
        return f"{half_up(exact, 1):,f}"
    if kind == "factor":
        return f"{half_up(exact, 2):,f}".rstrip("0").rstrip(".")
    return f"{half_up(exact, 0 if exact == exact.to_integral_value() else 2):,f}"
