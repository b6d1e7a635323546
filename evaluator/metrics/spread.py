"""How sure a figure is: intervals at 95 % for shares and for means. For showing only; nothing is paid by them.

Waits of one buyer are alike, so rows are no independent draws: the error of a mean is that of a quotient of sums over
buyers (linearised, each buyer one draw). A share gets Wilson's interval, which holds for small samples, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

import polars as pl

from evaluator.metrics.figures import Figure
from evaluator.metrics.measures import Batch, batches, summed
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


def mean_intervals(
    requests: Mapping[str, MetricRequest], facts: MonthFacts
) -> dict[str, dict[str, Interval]]:
    """Name of a request → agent id → interval of a mean or quotient in the metric's unit, for agents with at least
    LEAST_BUYERS buyers. Without those that are no quotient of sums over buyers."""
    figures = {}
    for name, request in requests.items():
        figure = MAKERS[request.metric](request, facts).figure if request.metric in MAKERS else None
        if (
            figure is not None
            and figure.denominator is not None
            and all(_has_buyers(facts, m.batch) for m in (figure.numerator, figure.denominator))
        ):
            figures[name] = figure
    pieces: dict[str, list[pl.DataFrame]] = {name: [] for name in figures}
    for part in facts.parts():
        sums = _by_buyer(figures.values(), part)
        for name, figure in figures.items():
            pieces[name].append(_squares(_pairs(sums, figure)))
    return {
        name: _linearised(pl.concat(pieces[name]), figure, facts.scopes.agents)
        for name, figure in figures.items()
    }


Sums = dict[Batch, pl.DataFrame]  # by agent and buyer


def _has_buyers(facts: MonthFacts, batch: Batch) -> bool:
    """Whether the fact was made and knows buyers, and the units are a buyer's."""
    fact, unit = batch
    return fact in set(facts) and {"a", "b"} <= set(facts[fact].columns) and (not unit or "b" in unit)


def _by_buyer(figures: Iterable[Figure], facts: MonthFacts) -> Sums:
    """The measures of figures by agent and buyer: ``a``, ``b`` and a column each."""
    every = batches(m for f in figures for m in (f.numerator, f.denominator) if m is not None)
    known = pl.col("a").is_not_null() & pl.col("b").is_not_null()
    return {
        (fact, unit): summed(facts[fact].lazy().filter(known), ("a", "b"), unit, own.values()).collect()
        for (fact, unit), own in every.items()
    }


def _pairs(sums: Sums, figure: Figure) -> pl.LazyFrame:
    """a, x, y: a figure's two sums of every buyer who has either."""
    over, under = figure.numerator, figure.denominator
    assert under is not None
    x, y = sums[over.batch].lazy(), sums[under.batch].lazy()
    if over.batch == under.batch:
        return x.select("a", pl.col(over.name).alias("x"), pl.col(under.name).alias("y"))
    own = x.select("a", "b", pl.col(over.name).alias("x"))
    rows = y.select("a", "b", pl.col(under.name).alias("y")).join(
        own, on=["a", "b"], how="full", coalesce=True
    )
    return rows.select("a", pl.col("x", "y").fill_null(0))


def _squares(pairs: pl.LazyFrame) -> pl.DataFrame:
    """By agent: how many buyers have a ``y``, Σx, Σy, Σx², Σxy, Σy². Whole numbers, wide enough to be exact: the same
    however the buyers are shared out."""
    x, y = (pl.col(c).cast(pl.Int128) for c in ("x", "y"))
    return (
        pairs.group_by("a")
        .agg(
            (pl.col("y") > 0).sum().cast(pl.Int64).alias("buyers"),
            *(pl.col(c).sum() for c in ("x", "y")),
            *(product.sum().alias(name) for name, product in {"xx": x * x, "xy": x * y, "yy": y * y}.items()),
        )
        .collect()
    )


def _linearised(pieces: pl.DataFrame, figure: Figure, agents: list[str]) -> dict[str, Interval]:
    """The residual of a buyer is x − r·y, r = Σx / Σy; a quotient's variance is that of the residuals' sum, over
    (Σy)²."""
    totals = pieces.group_by("a").agg(pl.col("buyers", "x", "y", "xx", "xy", "yy").sum())
    scale = figure.denominator_scale / figure.scale
    found = {}
    for a, buyers, x, y, xx, xy, yy in totals.sort("a").iter_rows():
        if buyers >= LEAST_BUYERS and y > 0:
            squares = Fraction(y * y * xx - 2 * x * y * xy + x * x * yy, y * y)
            error = Z * sqrt(Fraction(buyers, buyers - 1) * squares) / y
            found[agents[a]] = Interval((x / y - error) * scale, (x / y + error) * scale)
    return found
