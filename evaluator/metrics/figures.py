"""What a metric's figure is: a numerator and a denominator, each a measure over facts (SPEC §7).

The modules ``talk``, ``sales``, ``care`` and ``fieldwork`` hold one function a metric: given what is asked
(``MetricRequest``) it names the measures. Names, units and definitions stand in ``rules/metrics.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from evaluator.metrics.measures import ROWS, Measure
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.request import MetricRequest

DAY, PAID_DAY = ("b", "day"), ("b", "paid_day")
FEN, MS, MS_PER_HOUR = 100, 1000, 3_600_000
CREDITED = pl.col("a").is_not_null()

CONSULTS = Measure("consults", "consults", pl.col("b").is_not_null(), DAY)
ORDERS = Measure("orders", "paid_orders", CREDITED)
ALL_ORDERS = Measure("all_orders", "paid_orders", ROWS)


@dataclass(frozen=True)
class Figure:
    """Numerator ÷ denominator (None: a sum or count). ``scale``: units of the numerator in one of the value's."""

    numerator: Measure
    denominator: Measure | None = None
    scale: int = 1
    denominator_scale: int = 1


@dataclass(frozen=True)
class Answer:
    """A metric's figure at agent and group scope (None: the shop's alone), at shop scope where it differs, and measures
    that must be 0 (``unless``) or that make it immature, with the reason to tell."""

    figure: Figure | None
    shop: Figure | None = None
    unless: tuple[Measure, str] | None = None
    immature: tuple[Measure, str] | None = None

    def at(self, kind: str) -> Figure | None:
        return self.shop if kind == "shop" and self.shop is not None else self.figure


def measures_of(answers: Iterable[Answer]) -> list[Measure]:
    """Everything that must be summed for them."""
    found = []
    for answer in answers:
        for figure in (answer.figure, answer.shop):
            if figure is not None:
                found += [figure.numerator, *([figure.denominator] if figure.denominator else [])]
        found += [answer.unless[0]] if answer.unless else []
        found += [answer.immature[0]] if answer.immature else []
    return found


Maker = Callable[[MetricRequest, MonthFacts], Answer]


def registering(makers: dict[str, Maker]) -> Callable[..., Callable[[Maker], Maker]]:
    """A decorator ``@metric("name", …)`` that enters the function that answers these metrics in ``makers``."""

    def metric(*names: str) -> Callable[[Maker], Maker]:
        def register(maker: Maker) -> Maker:
            makers.update(dict.fromkeys(names, maker))
            return maker

        return register

    return metric
