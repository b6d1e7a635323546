"""A rule pack: how a platform assesses a shop, or its agents, as typed values (``packfile`` reads them).

All dated values (R-P5) are settled for the first day of the period before a pack is built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from evaluator.dated import Holding
from evaluator.metrics.request import MetricRequest
from evaluator.plan import Plan, ScoreItem

SCOPES = ("shop", "agent")


@dataclass(frozen=True)
class Window:
    """Which days an item counts: the ``period``, the ``last_days`` that end with it, or each half of a month
    (1–15, 16–end) that it touches (``half_months``)."""

    kind: str = "period"
    days: int = 0


@dataclass(frozen=True)
class Item:
    """One figure that is assessed. ``scoring`` None: it has no points. ``one_more``: what one more of the numerator is,
    in words, such as 条消息在 30 秒内回复. ``breakdown``: figures told with it, such as the causes of misses."""

    id: str
    name: str
    request: MetricRequest
    window: Window
    target: Decimal | None = None
    lower_is_better: bool = False
    scoring: ScoreItem | None = None
    consequence: str = ""
    one_more: str = ""
    section: str = ""
    note: str = ""
    breakdown: tuple[MetricRequest, ...] = ()

    @property
    def requests(self) -> tuple[MetricRequest, ...]:
        return (self.request, *self.breakdown)

    def met(self, value: Fraction | None) -> bool | None:
        """Whether the target is reached; None where either is missing."""
        if self.target is None or value is None:
            return None
        target = Fraction(self.target)
        return value <= target if self.lower_is_better else value >= target


@dataclass(frozen=True)
class Pack:
    """One file of ``rules/platforms``. ``plan``: the items that have points, with the grades; it is scored as plans are
    (R-S1, R-S3). ``joins_with``: as a part of a bundle it is assessed only where one of these tables is there."""

    id: str
    name: str
    scope: str = "shop"
    source: str = ""
    reviewed_until: date | None = None
    window: Window = Window()
    items: tuple[Item, ...] = ()
    plan: Plan | None = None
    joins_with: tuple[str, ...] = ()
    holdings: tuple[Holding, ...] = ()  # dated values, with the date from which each holds

    @property
    def requests(self) -> tuple[MetricRequest, ...]:
        return tuple(dict.fromkeys(r for item in self.items for r in item.requests))
