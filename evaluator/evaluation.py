"""What a run knows when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from evaluator.assess.assessment import Assessment
from evaluator.facttables import Ends
from evaluator.links import summary
from evaluator.messages import Messages
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.model import MonthData, Profile, ReviewItem
from evaluator.pay import Pay
from evaluator.reportoptions import AS_USUAL, ReportOptions
from evaluator.scoring import KpiCells, Scores

if TYPE_CHECKING:
    import pandas as pd


LOUD = ("empty_period", "same_file", "unlinked_order", "ledger_empty")  # told on the screen, too


@dataclass(frozen=True)
class Evaluation:
    """One month, evaluated. Tables are pandas DataFrames with the columns of SPEC §10:

    ``kpi scores payroll attribution assists candidates receptions turns sessions inquiries filters rejects balances
    messages``. The same tables as Polars frames are in ``frames``; ``pay`` and ``scores_by_employee`` keep every line's
    formula; ``review`` is what a person must look at (待核).

    In ``kpi``, ``scores`` and ``payroll`` the figures are numbers here (float; ``Decimal`` yuan in ``payroll``), while
    ``frames`` holds them as the exact text of the CSV files.
    """

    month: MonthData  # as read; its messages are in ``talk``
    profiles: dict[str, Profile]
    frames: dict[str, pl.DataFrame]
    score_book: Scores
    pay: Pay
    review: list[ReviewItem]
    facts: MonthFacts  # what the figures were counted from, coded
    talk: Messages  # every message row, with its buyer and agent
    manifest: dict[str, Any] = field(default_factory=dict)
    assessments: list[Assessment] = field(default_factory=list)  # by the packs of the month's platforms
    cells: KpiCells = field(default_factory=dict)  # the agents' figures, exact
    ends: Ends = field(default_factory=dict)  # of the parts of the fact tables

    def parts(self, *names: str) -> Iterator[tuple[pl.DataFrame, ...]]:
        """Fact tables of buyers, or of orders, cut so that each part of them is of the same buyers or orders: of a
        large month a table is more than memory should hold."""
        for cuts in zip(*(pairwise((0, *self.ends[name])) for name in names), strict=True):
            yield tuple(
                self.frames[name].slice(begin, end - begin)
                for name, (begin, end) in zip(names, cuts, strict=True)
            )
            self.month.shelf.rest()

    @property
    def payroll_total(self) -> Decimal:
        """R-P4: Σ of all totals, yuan."""
        return self.pay.payroll_total

    def save(
        self,
        out: str | Path,
        progress: Callable[[str], None] | None = None,
        options: ReportOptions = AS_USUAL,
        work: Path | None = None,
    ) -> None:
        """Writes the run's folder (SPEC §10), whole or not at all. ``work``: folder beside ``out`` in which it is made,
        if not ``out``'s own."""
        from evaluator.output import write_run
        from evaluator.render import write_reports

        write_run(
            self, Path(out), lambda folder: write_reports(self, folder, options, progress), progress, work
        )

    def links_told(self) -> list[str]:
        """How orders found their buyers, in Chinese; unlinked ones are never passed over in silence."""
        told = [summary(self.frames["order_links"])]
        return told + [f"⚠ {item.detail}" for item in self.review if item.kind in LOUD]

    def table(self, name: str) -> pd.DataFrame:
        """One table as a pandas DataFrame; figures as numbers where the file has decimal text."""
        frame = self.frames[name]
        numbers = {
            "kpi": ("value", "numerator", "denominator"),
            "scores": ("weight", "points"),
            "balances": (),
        }.get(name, ())
        found = frame.with_columns(pl.col(c).cast(pl.Float64) for c in numbers).to_pandas()
        if name in ("payroll", "balances"):
            found["amount"] = found["amount"].map(Decimal)
        return found

    kpi = property(lambda self: self.table("kpi"))
    scores = property(lambda self: self.table("scores"))
    payroll = property(lambda self: self.table("payroll"))
    attribution = property(lambda self: self.table("attribution"))
    assists = property(lambda self: self.table("assists"))
    candidates = property(lambda self: self.table("candidates"))
    receptions = property(lambda self: self.table("receptions"))
    turns = property(lambda self: self.table("turns"))
    sessions = property(lambda self: self.table("sessions"))
    inquiries = property(lambda self: self.table("inquiries"))
    messages = property(lambda self: self.talk.all().to_pandas())
    filters = property(lambda self: self.table("filters"))
    rejects = property(lambda self: self.table("rejects"))
    balances = property(lambda self: self.table("balances"))
