"""§7: one figure — numerator and denominator kept, the value divided last; who it is for, and how it is
asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from .facts import BuyerDay, Facts, Scope
from .month import milliseconds

Options = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """``denominator`` None: a sum or a count, whose value is the numerator."""

    numerator: Fraction | None
    denominator: Fraction | None = None
    status: str = "final"

    @property
    def value(self) -> Fraction | None:
        if self.numerator is None or self.denominator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None


Metric = Callable[[Facts, Scope, Options], Cell]

#: A figure that cannot be had (its table is absent, or it is another scope's).
MISSING = Cell(None, None, "missing")


def count(n: int | Fraction) -> Cell:
    """§7: a count of none is 0, final."""
    return Cell(Fraction(n))


def ratio(numerator: int | Fraction, denominator: int | Fraction, status: str = "final") -> Cell:
    """§1: denominator 0 → the value is missing, never 0 and never 100%."""
    return Cell(Fraction(numerator), Fraction(denominator), status if denominator else "missing")


def yuan(fen: int) -> Fraction:
    return Fraction(fen, 100)


def seconds(span: timedelta) -> Fraction:
    return Fraction(milliseconds(span), 1000)


def distinct(keys: Iterable[BuyerDay]) -> int:
    """β: distinct (shop, buyer, day)."""
    return len(set(keys))


def mean(values: list[Fraction]) -> Cell:
    return ratio(sum(values, Fraction(0)), len(values))


def median(values: list[Fraction]) -> Cell:
    """The lower of the two middle values."""
    return count(sorted(values)[(len(values) - 1) // 2]) if values else MISSING


def p90(values: list[Fraction]) -> Cell:
    """Nearest rank: the ⌈0.9 n⌉-th smallest."""
    return count(sorted(values)[-(-9 * len(values) // 10) - 1]) if values else MISSING


def within_hours(ts: datetime, hours: Any) -> bool:
    """``[from, to)`` of the clock, ``to`` up to "24:00", no wrap past midnight; None: all day."""
    if hours is None:
        return True
    first, last = (clock(text) for text in hours)
    return first <= ts - datetime.combine(ts.date(), datetime.min.time()) < last


def clock(text: str) -> timedelta:
    hour, minute = map(int, text.split(":"))
    return timedelta(hours=hour, minutes=minute)


def paid_in_period(found: Facts, paid: datetime | None) -> bool:
    """§1: orders count by ``day(paid)``."""
    return paid is not None and found.month.in_period(found.month.day(paid))


__all__ = [
    "MISSING",
    "Cell",
    "Facts",
    "Metric",
    "Options",
    "Scope",
    "count",
    "distinct",
    "mean",
    "median",
    "p90",
    "paid_in_period",
    "ratio",
    "seconds",
    "within_hours",
    "yuan",
]
