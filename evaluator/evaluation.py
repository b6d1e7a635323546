"""What a run knows when it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from evaluator.assess.assessment import Assessment
from evaluator.links import summary
from evaluator.messages import Messages
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.model import MonthData, Profile, ReviewItem
from evaluator.pay import Pay
from evaluator.scoring import KpiCells, Scores

if TYPE_CHECKING:
    import pandas as pd

    from evaluator.render.passwords import Passwords
    from evaluator.render.view.history import History


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

    @property
    def payroll_total(self) -> Decimal:
        """R-P4: Σ of all totals, yuan."""
        return self.pay.payroll_total

    def save(
        self,
        out: str | Path,
        progress: Callable[[str], None] | None = None,
        lang: str = "zh",
        history: History | None = None,
        passwords: Passwords | None = None,
        templates: Sequence[Path] = (),
    ) -> None:
        """Writes the run's folder (SPEC §10), whole or not at all. ``lang``: of the reports, zh or en. ``history``:
        earlier months that the reports compare this one with. ``passwords``: of the pages in agents.zip.
        ``templates``: workbooks to fill, besides those of the month's folder."""
        from evaluator.output import write_run
        from evaluator.render import write_reports

        def reports(folder: Path) -> None:
            write_reports(
                self, folder, lang, progress, history=history, passwords=passwords, templates=templates
            )

        write_run(self, Path(out), reports, progress)

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
