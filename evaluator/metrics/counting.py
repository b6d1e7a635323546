"""Counting the figures of some buyers alone, wherever they lie: what comes of it adds up (``tally``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from evaluator.kernel import Facts
from evaluator.metrics import special
from evaluator.metrics.buyerfacts import BUILDERS, BucketView
from evaluator.metrics.figures import measures_of
from evaluator.metrics.measures import CODE, Scopes, Sums, batches, sums
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.registry import MAKERS, of_buyers
from evaluator.metrics.request import MetricRequest
from evaluator.metrics.tally import Counted, Span, Tally, added, told
from evaluator.settings import Settings


@dataclass(frozen=True)
class Count:
    """What is counted. ``windows``: days and what is asked of them, the period first, of which the facts are kept as
    well. ``groups``: a, g; ``last_message``: the month's, of any kind but transfers."""

    windows: tuple[tuple[Span, tuple[MetricRequest, ...]], ...]
    settings: Settings
    groups: pl.DataFrame
    last_message: datetime | None

    def of(self, facts: Facts, shops: pl.Series) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
        """The tally of some buyers, and those of their facts that the figures of the period were counted from.
        ``shops``: shop code by buyer."""
        rows: list[pl.DataFrame] = []
        kept: dict[str, pl.DataFrame] = {}
        for window, (days, requests) in enumerate(self.windows):
            view = BucketView(facts, shops, *days, self.last_message)
            own = MonthFacts(of_buyers(view), Scopes([], [], [], self.groups), self.settings)
            rows += [told(window, what, found) for what, found in _counted(own, requests)]
            if not window:
                kept = {name: own[name] for name in own}
        return added(rows), kept

    def together(self, tallies: Iterable[pl.DataFrame]) -> Counted:
        """Of all buyers."""
        every = added([])
        for tally in tallies:
            every = added([every, tally])
        found = {
            days: Tally(every.filter(pl.col("window") == n).drop("window"))
            for n, (days, _) in enumerate(self.windows)
        }
        return Counted(self.windows[0][0], found)


def _counted(facts: MonthFacts, requests: Iterable[MetricRequest]) -> Iterator[tuple[str, Sums]]:
    """Everything asked for that needs no more than these buyers."""
    asked = list(requests)
    answers = [MAKERS[r.metric](r, facts) for r in asked if r.metric in MAKERS]
    for batch, measures in batches(measures_of(answers)).items():
        if batch[0].partition(":")[0] in BUILDERS:
            found = sums(facts[batch[0]], batch, measures, facts.scopes.groups)
            for name, measure in measures.items():
                yield (
                    measure.key,
                    {kind: rows.select(CODE[kind], pl.col(name).alias("n")) for kind, rows in found.items()},
                )
    for what, request in {special.waits_of(r): r for r in asked if r.metric in special.QUANTILES}.items():
        yield what, special.waits(request, facts["turns"], facts)
    if any(r.metric == special.MAX_CONCURRENT for r in asked):
        facts["sessions"]  # counted with everybody's, but made here
