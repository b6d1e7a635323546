"""All metrics and all facts, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import polars as pl

from evaluator.metrics import (
    buyerfacts,
    care,
    carefacts,
    fieldfacts,
    fieldwork,
    orderfacts,
    sales,
    shopfacts,
    talk,
)
from evaluator.metrics.buyerfacts import OfBuyers
from evaluator.metrics.figures import Maker
from evaluator.metrics.monthfacts import Builder, FactsOfPart, MonthFacts, PeriodView

View = TypeVar("View")

#: Metrics that add up (the others are in ``special``).
MAKERS: dict[str, Maker] = talk.MAKERS | sales.MAKERS | care.MAKERS | fieldwork.MAKERS

#: Facts made from the month itself, but for those of ``buyerfacts``.
SOURCES: dict[str, Callable[[PeriodView], pl.DataFrame]] = {
    f.__name__: f
    for f in (
        orderfacts.paid_orders,
        orderfacts.late_refunds,
        orderfacts.refunds_applied,
        orderfacts.refunds_closed,
        orderfacts.refunds_completed,
        orderfacts.disputes,
        orderfacts.created_orders,
        orderfacts.assists,
        carefacts.ratings,
        carefacts.complaints,
        carefacts.troubled_days,
        carefacts.online_parts,
        shopfacts.reviews,
        shopfacts.shipments,
        fieldfacts.service_orders,
        fieldfacts.goods_back,
        fieldfacts.work_orders,
        fieldfacts.repairs,
        fieldfacts.deliveries,
        fieldfacts.surveys,
        fieldfacts.customers,
        fieldfacts.exams,
    )
}


def facts_of(view: PeriodView) -> MonthFacts:
    """The facts of a period, to be made when asked for; of a month in buckets, bucket by bucket where they can be, and
    where they were counted there (``counting``) with what was counted."""
    days, counted = (view.first, view.end), view.facts.counted
    kept = counted is not None and counted.period == days
    parts = [
        FactsOfPart(of_buyers(replace(view, facts=part.facts)), part.mine(), part.made if kept else {})
        for part in (view.facts.parts if len(view.facts.parts) > 1 or kept else ())
    ]
    tally = counted.tallies.get(days) if counted else None
    settings = view.month.config.settings
    return MonthFacts(builders(view), view.scopes, settings, view.month.shelf, parts, tally)


def of_buyers(view: OfBuyers) -> dict[str, Builder]:
    """The facts that look at one buyer at a time."""
    return {name: _on(view, builder) for name, builder in buyerfacts.BUILDERS.items()}


def builders(view: PeriodView) -> dict[str, Builder]:
    """All facts of this month."""
    return of_buyers(view) | {name: _on(view, source) for name, source in SOURCES.items()}


def _on(view: View, source: Callable[[View], pl.DataFrame]) -> Builder:
    return lambda facts: source(view)
