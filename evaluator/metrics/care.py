"""Metrics of refunds, ratings and escalations (SPEC §7)."""

from __future__ import annotations

import polars as pl

from evaluator.metrics.figures import (
    ALL_ORDERS,
    CONSULTS,
    CREDITED,
    FEN,
    MS_PER_HOUR,
    ORDERS,
    Answer,
    Figure,
    Maker,
    registering,
)
from evaluator.metrics.measures import ROWS, Measure
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.request import MetricRequest

MAKERS: dict[str, Maker] = {}
metric = registering(MAKERS)


@metric("refund_rate", "refund_amount")
def refunds(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Agents: on orders credited to them; the shop: on all that are not excluded."""
    n, fen = ROWS, pl.col("amount")
    if request.metric == "refund_amount":
        own = Figure(
            Measure("refund_amount", "refunds_applied", pl.when(CREDITED).then(fen).otherwise(0)), scale=FEN
        )
        return Answer(own, Figure(Measure("all_refund_amount", "refunds_applied", fen), scale=FEN))
    own = Figure(Measure("refund_count", "refunds_applied", CREDITED), ORDERS)
    return Answer(own, Figure(Measure("all_refund_count", "refunds_applied", n), ALL_ORDERS))


@metric("refund_count")
def refund_count(request: MetricRequest, facts: MonthFacts) -> Answer:
    """The numerator of ``refund_rate``."""
    return Answer(
        Figure(Measure("refund_count", "refunds_applied", CREDITED)),
        Figure(Measure("all_refund_count", "refunds_applied", ROWS)),
    )


@metric("complaint_count")
def complaint_count(request: MetricRequest, facts: MonthFacts) -> Answer:
    """The numerator of ``complaint_rate``."""
    return Answer(Figure(Measure("complaints", "complaints", ROWS)))


@metric("refund_hours", "seller_closed_rate")
def completed(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("refunds_completed", "refunds_completed", ROWS)
    if request.metric == "refund_hours":
        return Answer(
            Figure(Measure("refund_ms", "refunds_completed", pl.col("took_ms")), every, MS_PER_HOUR)
        )
    return Answer(Figure(Measure("seller_closed", "refunds_completed", pl.col("by_seller")), every))


@metric("closing_hours")
def closing_hours(request: MetricRequest, facts: MonthFacts) -> Answer:
    """completed − applied of the refunds chosen by ``refund_kind``, ``by_seller`` and ``stage``; of a shop also those
    of nobody."""
    chosen, name = pl.col("took_ms").is_not_null(), request.id
    for option, column in (("refund_kind", "kind"), ("stage", "stage"), ("by_seller", "by_seller")):
        if request.option(option) is not None:
            chosen = chosen & (pl.col(column) == request.option(option)).fill_null(False)
    took = pl.when(chosen).then("took_ms").otherwise(0)
    every = Measure(f"{name}:n", "refunds_closed", chosen)
    return Answer(Figure(Measure(f"{name}:ms", "refunds_closed", took, rows=chosen), every, MS_PER_HOUR))


@metric("satisfaction", "very_satisfied")
def satisfaction(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Options ``source`` and ``stage`` choose among the ratings."""
    chosen = ROWS
    if request.option("source"):
        chosen = chosen & (pl.col("rated") == request.option("source"))
    if request.option("stage"):
        chosen = chosen & (pl.col("stage") == request.option("stage")).fill_null(False)
    least = 4 if request.metric == "satisfaction" else 5
    return Answer(
        Figure(
            Measure(f"{request.id}:good", "ratings", chosen & (pl.col("score") >= least)),
            Measure(f"{request.id}:all", "ratings", chosen),
        )
    )


@metric("complaint_rate", "dispute_rate")
def per_consult(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Agents and groups ÷ their consults; the shop ÷ all orders paid."""
    fact = "complaints" if request.metric == "complaint_rate" else "disputes"
    every = Measure(fact, fact, ROWS)
    return Answer(Figure(every, CONSULTS), Figure(every, ALL_ORDERS))


@metric("resolution_rate")
def resolution_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("troubled_days", "troubled_days", ROWS)
    return Answer(None, Figure(Measure("resolved_days", "troubled_days", ~pl.col("bad")), every))
