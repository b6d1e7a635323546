"""A figure day by day: for showing how a month went. Nothing is scored or paid by it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from evaluator.metrics.measures import Measure, summed
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.registry import MAKERS
from evaluator.metrics.request import MetricRequest

DAYS = ("day", "paid_day")
#: Agent id → day → numerator and denominator (None where the figure has none), in the figure's own unit.
ByDay = dict[str, dict[date, tuple[Fraction, Fraction | None]]]


def by_day(request: MetricRequest, facts: MonthFacts) -> ByDay:
    """Empty where the figure is no sum over rows that have a day. Numerators and denominators of the days add up to
    the month's: the same measures over the same rows, and a unit that is counted once lies in one day."""
    figure = MAKERS[request.metric](request, facts).at("agent") if request.metric in MAKERS else None
    if figure is None:
        return {}
    over = _days(figure.numerator, facts)
    under = _days(figure.denominator, facts) if figure.denominator else {}
    if over is None or under is None:
        return {}
    found: ByDay = {}
    for (code, day), value in sorted((under if figure.denominator else over).items()):
        above = Fraction(over.get((code, day), 0), figure.scale)
        below = Fraction(value, figure.denominator_scale) if figure.denominator else None
        found.setdefault(facts.scopes.agents[code], {})[date(1970, 1, 1) + timedelta(days=day)] = (
            above,
            below,
        )
    return found


def _days(measure: Measure, facts: MonthFacts) -> dict[tuple[int, int], int] | None:
    """(agent code, day) → the measure's sum; None where its fact was not made or has no day."""
    if measure.fact not in set(facts):
        return None
    found = Counter[tuple[int, int]]()
    for fact in facts.pieces(measure.fact):
        day = next((c for c in DAYS if c in fact.columns), None)
        if day is None or "a" not in fact.columns:
            return None
        rows = fact.lazy().filter(pl.col("a").is_not_null() & pl.col(day).is_not_null())
        sums = summed(rows, ("a", day), measure.unit, [measure]).collect()
        for a, at, total in sums.iter_rows():
            found[a, at] += total
    return {at: total for at, total in found.items() if total}
