"""How sure a figure is: intervals at 95 % for shares and for means. For showing only; nothing is paid by them.

Waits of one buyer are alike, so rows are no independent draws: the error of a mean is that of a quotient of sums over
buyers (linearised, each buyer one draw). A share gets Wilson's interval, which holds for small samples, too."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

import polars as pl

from evaluator.metrics.figures import Figure
from evaluator.metrics.measures import Measure
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.registry import MAKERS
from evaluator.metrics.request import MetricRequest

Z = 1.959964  # 97.5 % quantile of the normal distribution
#: Fewer buyers than this say nothing of how a mean would vary.
LEAST_BUYERS = 20


@dataclass(frozen=True)
class Interval:
    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson(hits: int | Decimal, of: int | Decimal) -> Interval:
    """Of a share: ``hits`` out of ``of`` > 0."""
    n, p = float(of), float(hits) / float(of)
    middle, shift = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return Interval(max((middle - shift) / scale, 0.0), min((middle + shift) / scale, 1.0))


def newcombe(now: tuple[Decimal, Decimal], before: tuple[Decimal, Decimal]) -> Interval:
    """Of the difference of two shares, each (hits, of): from their Wilson intervals."""
    p, q = (float(hits / of) for hits, of in (now, before))
    a, b = wilson(*now), wilson(*before)
    down, up = sqrt((p - a.low) ** 2 + (b.high - q) ** 2), sqrt((a.high - p) ** 2 + (q - b.low) ** 2)
    return Interval(p - q - down, p - q + up)


def mean_intervals(request: MetricRequest, facts: MonthFacts) -> dict[str, Interval]:
    """Agent id → interval of a mean or quotient in the metric's unit, for agents with at least LEAST_BUYERS buyers.
    Empty where the figure is no quotient of sums over buyers."""
    figure = MAKERS[request.metric](request, facts).figure if request.metric in MAKERS else None
    if figure is None or figure.denominator is None:
        return {}
    over, under = _by_buyer(figure.numerator, facts, "x"), _by_buyer(figure.denominator, facts, "y")
    if over is None or under is None:
        return {}
    rows = under.join(over, on=["a", "b"], how="full", coalesce=True).with_columns(
        pl.col("x", "y").fill_null(0)
    )
    return _linearised(rows, figure, facts.scopes.agents)


def _by_buyer(measure: Measure, facts: MonthFacts, name: str) -> pl.DataFrame | None:
    """``measure`` by agent and buyer: a, b, and the sum as ``name``. None where its fact was not made or knows no
    buyers, or its units are not a buyer's."""
    if measure.fact not in set(facts):
        return None
    fact = facts[measure.fact]
    if not {"a", "b"} <= set(fact.columns) or (measure.unit and "b" not in measure.unit):
        return None
    rows = fact.lazy().filter(pl.col("a").is_not_null() & pl.col("b").is_not_null())
    if measure.unit:
        used = sorted({*measure.expr.meta.root_names()} - {*measure.unit})
        rows = rows.group_by("a", *measure.unit).agg(pl.col(c).max() for c in used)
    value = measure.expr.cast(pl.Float64).sum().alias(name)
    return rows.group_by("a", "b").agg(value).collect()


def _linearised(rows: pl.DataFrame, figure: Figure, agents: list[str]) -> dict[str, Interval]:
    """The residual of a buyer is x − r·y; a quotient's variance is that of their sum, over y²."""
    rest = pl.col("x") - pl.col("x").sum().over("a") / pl.col("y").sum().over("a") * pl.col("y")
    sums = (
        rows.sort("a", "b")  # floats add up the same on every machine
        .with_columns(rest.alias("rest"))
        .group_by("a", maintain_order=True)
        .agg(
            (pl.col("y") > 0).sum().alias("buyers"),
            pl.col("x", "y").sum(),
            (pl.col("rest") ** 2).sum().alias("squares"),
        )
        .filter((pl.col("buyers") >= LEAST_BUYERS) & (pl.col("y") > 0))
    )
    scale = figure.denominator_scale / figure.scale
    found = {}
    for a, buyers, x, y, squares in sums.iter_rows():
        error = Z * sqrt(buyers / (buyers - 1) * squares) / y
        found[agents[a]] = Interval((x / y - error) * scale, (x / y + error) * scale)
    return found
