"""All metrics and all facts, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from evaluator.metrics import (
    care,
    carefacts,
    fieldfacts,
    fieldwork,
    monthfacts,
    orderfacts,
    sales,
    shopfacts,
    talk,
)
from evaluator.metrics.figures import Maker
from evaluator.metrics.monthfacts import Builder, MonthFacts, PeriodView

#: Metrics that add up (the others are in ``special``).
MAKERS: dict[str, Maker] = talk.MAKERS | sales.MAKERS | care.MAKERS | fieldwork.MAKERS

#: Facts made from the month itself.
SOURCES: dict[str, Callable[[PeriodView], pl.DataFrame]] = {
    f.__name__: f
    for f in (
        monthfacts.consults,
        monthfacts.turns,
        monthfacts.replies,
        monthfacts.sessions,
        monthfacts.session_turns,
        monthfacts.chases,
        monthfacts.inquiries,
        monthfacts.contact_days,
        monthfacts.services,
        monthfacts.young_services,
        monthfacts.robot_replies,
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


#: Those of them that look at one buyer at a time.
OF_BUYERS = (
    *("consults", "turns", "replies", "sessions", "session_turns", "chases", "inquiries", "contact_days"),
    *("services", "young_services", "robot_replies"),
)


def facts_of(view: PeriodView) -> MonthFacts:
    """The facts of a period, to be made when asked for; of a month in buckets, bucket by bucket where they can be."""
    parts = view.facts.parts
    own = []
    for part in parts if len(parts) > 1 else ():
        every = builders(replace(view, facts=part.facts))
        own.append(({name: every[name] for name in OF_BUYERS}, part.mine()))
    return MonthFacts(builders(view), view.scopes, view.month.config.settings, view.month.shelf, own)


def builders(view: PeriodView) -> dict[str, Builder]:
    """Each of SOURCES on this month."""

    def of(source: Callable[[PeriodView], pl.DataFrame]) -> Builder:
        return lambda facts: source(view)

    return {name: of(source) for name, source in SOURCES.items()}
