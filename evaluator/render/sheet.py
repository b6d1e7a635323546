"""One model of a table, shown as a worksheet and as an HTML table: the two cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from evaluator.numbers import half_up

PARTED = "　"  # between the parts of a sheet's title
Value = str | int | float | Decimal | date | datetime | None


@dataclass(frozen=True)
class Cell:
    """A value that differs from its column: its own kind, or a note (shown as comment or tooltip).

    In a workbook a cell may also be live: ``formula`` computes ``value`` again, ``anchor`` is what formulas of the
    workbook call the cell. ``{p1.base}`` in a formula stands for the address of the cell with that anchor, ``{a:b}``
    for a range, ``{$a:b}`` for an absolute one. ``given``: a number that a reader may change there."""

    value: Value
    kind: str | None = None
    note: str = ""
    formula: str = ""
    anchor: str = ""
    given: bool = False


Item = Value | Cell
Row = Sequence[Item]


class Subtotal(tuple[Item, ...]):
    """A row that sums those above it."""


@dataclass(frozen=True)
class Highlight:
    """What a workbook marks in a column, by its place: ``negative`` numbers; a ``bar`` in each cell; cells whose text
    is ``value``; numbers ``below`` the number named ``value``. ``rows``: which of the block's, None: all but sums."""

    column: int
    rule: str  # negative, bar, text, below
    value: str = ""
    rows: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Column:
    """``kind``: text, wrap (long text), id (never a number), money (yuan), count, points, ratio, seconds,
    hours, date, time, link (of a frame: the row of ``Block.links_to`` to go to). ``width`` in characters. ``note``:
    what the head means."""

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
    highlights: tuple[Highlight, ...] = ()
    links_to: str = ""  # the sheet to whose first table's rows a column of links leads


@dataclass(frozen=True)
class Chart:
    """Bars beside each other or, ``stacked``, on one another. ``series``: title, anchors of the first and last cell
    of its values, and these; ``labels``: the same of what stands at the axis."""

    title: str
    labels: tuple[str, str, Sequence[Value]]
    series: Sequence[tuple[str, str, str, Sequence[Value]]]
    stacked: bool = False


@dataclass
class Sheet:
    """A worksheet: blocks under one another. ``freeze``: columns that stay when scrolling right (and
    the heads of an only block when scrolling down). ``signed``: ends in a line for signatures. ``names``: names that
    formulas of the workbook may use → a range as ``Cell.formula`` writes it. ``charts`` stand beside the tables."""

    name: str
    title: str
    blocks: list[Block]
    freeze: int = 2
    fit_width: bool = True  # print on one page's width
    signed: bool = False
    warnings: tuple[str, ...] = ()  # above everything else
    names: Mapping[str, str] = field(default_factory=dict)
    charts: tuple[Chart, ...] = ()
    outline: bool = False  # rows fold under their subtotals


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
