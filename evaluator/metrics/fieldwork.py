"""Metrics of reviews, shipments, service orders, work orders, surveys, customers and exams.

SPEC §7 has none of them: a plan or a platform's pack asks for them.
"""

from __future__ import annotations

import polars as pl

from evaluator.metrics.fieldfacts import clock_ms
from evaluator.metrics.figures import FEN, MS_PER_HOUR, Answer, Figure, Maker, registering
from evaluator.metrics.measures import ROWS, Measure
from evaluator.metrics.monthfacts import MonthFacts, milliseconds
from evaluator.metrics.request import MetricRequest

MAKERS: dict[str, Maker] = {}
metric = registering(MAKERS)

MICRO = 1_000_000
EACH = pl.col("day").is_not_null()  # counts rows, of agents and of shops (``fieldfacts``)


def _share(name: str, fact: str, good: pl.Expr, counts: pl.Expr) -> Figure:
    """Of the rows that count, the share of those that are good."""
    return Figure(Measure(f"{name}:good", fact, counts & good), Measure(f"{name}:all", fact, counts))


# --- reviews and shipments ---------------------------------------------------------------------------------------
@metric("description_score", "logistics_score", "service_score")
def stars(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Stars ÷ reviews that give some."""
    given, name = pl.col(request.metric.removesuffix("_score")), request.metric
    return Answer(
        Figure(
            Measure(f"{name}:stars", "reviews", given.fill_null(0)),
            Measure(f"{name}:all", "reviews", given.is_not_null()),
        )
    )


@metric("pickup_rate")
def pickup_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    waiting = Measure("pickups_waiting", "shipments", pl.col("waiting"))
    picked_up = _share("pickups", "shipments", pl.col("in_time"), ROWS & ~pl.col("waiting"))
    return Answer(None, picked_up, immature=(waiting, "包裹还没到揽收期限"))


# --- service orders ----------------------------------------------------------------------------------------------
_STEPS = {
    "audit_within": ("service_orders", "applied", "first_audit", "服务单还没到审核期限"),
    "handle_within": ("goods_back", "ready", "first_result", "服务单还没到处理期限"),
}


@metric(*_STEPS)
def step_within(request: MetricRequest, facts: MonthFacts) -> Answer:
    """A step done within so many seconds of the clock, which runs only within the hours."""
    fact, since, done, waits_for = _STEPS[request.metric]
    limit, name = milliseconds(request.option("seconds")), request.id
    took = clock_ms(pl.col(since), pl.coalesce(done, "over"), request.option("hours"))
    in_time = pl.col(done).is_not_null() & (took <= limit)
    waiting = pl.col(done).is_null() & (took <= limit)
    return Answer(
        _share(name, fact, in_time, EACH & ~waiting),
        immature=(Measure(f"{name}:waiting", fact, waiting), waits_for),
    )


@metric("spec_rate")
def spec_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(_share("spec", "service_orders", pl.col("spec_passed"), pl.col("spec_checked")))


@metric("awaiting_customer")
def awaiting_customer(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(_share("awaiting", "service_orders", pl.col("awaiting_customer"), EACH))


# --- field work --------------------------------------------------------------------------------------------------
def _stated(name: str, column: str) -> Answer:
    """True ÷ stated."""
    flag = pl.col(column)
    return Answer(_share(name, "work_orders", flag.fill_null(False), flag.is_not_null()))


@metric("first_fix_rate")
def first_fix_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return _stated("first_fix", "first_visit_fixed")


@metric("parts_hit_rate")
def parts_hit_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return _stated("parts", "parts_from_ideal_place")


@metric("parts_miss_data", "parts_miss_configuration", "parts_miss_execution")
def parts_misses(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Misses with this cause."""
    cause = pl.col("miss_cause") == request.metric.removeprefix("parts_miss_")
    missed = ~pl.col("parts_from_ideal_place") & cause
    return Answer(Figure(Measure(request.metric, "work_orders", missed.fill_null(False))))


@metric("mttr_hours")
def mttr_hours(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Mean closed − opened."""
    took = Measure("repair_ms", "repairs", pl.col("took_ms"))
    return Answer(Figure(took, Measure("repairs", "repairs", EACH), MS_PER_HOUR))


@metric("leakage")
def leakage(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Σ value − charged of work not under contract."""
    return Answer(Figure(Measure("leakage", "work_orders", pl.col("given")), scale=FEN))


@metric("otd")
def otd(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Delivered ≤ promised ÷ promised."""
    waiting = Measure("deliveries_waiting", "deliveries", pl.col("waiting"))
    return Answer(
        _share("deliveries", "deliveries", pl.col("in_time"), EACH & ~pl.col("waiting")),
        immature=(waiting, "工单还没到交付期限"),
    )


@metric("nps")
def nps(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Promoters (9, 10) less detractors (0 to 6) ÷ answers."""
    given = pl.col("nps")
    net = (given >= 9).cast(pl.Int64) - (given <= 6).cast(pl.Int64)
    return Answer(Figure(Measure("nps_net", "surveys", net), Measure("nps_all", "surveys", EACH)))


@metric("contract_attach_rate")
def contract_attach_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(None, _share("customers", "customers", pl.col("contract"), ROWS))


# --- exams -------------------------------------------------------------------------------------------------------
@metric("exam_pass_rate")
def exam_pass_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(_share("exams", "exams", pl.col("passed_exam"), EACH))


@metric("exam_mean_score")
def exam_mean_score(request: MetricRequest, facts: MonthFacts) -> Answer:
    score = Measure("exam_micro", "exams", pl.col("micro"))
    return Answer(Figure(score, Measure("exam_scores", "exams", EACH), MICRO))
