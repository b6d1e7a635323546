"""What a month's pay is worked out from (SPEC §9): figures, scores, attendance, adjustments, what is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from evaluator.model import ReviewItem
from evaluator.numbers import half_up
from evaluator.paylines import usable
from evaluator.rulebook import RulesFinder
from evaluator.scoring import KpiCells, Scores
from evaluator.settlement import Brought


@dataclass(frozen=True)
class PayMonth:
    """Of all employees of the period, and of those with whom something is open."""

    kpi: KpiCells
    scores: Scores
    attendance: Mapping[str, tuple[Decimal, Decimal]]  # worked, due days
    adjustments: Mapping[str, list[tuple[Decimal, str, bool]]]  # yuan, reason, is it a fine
    brought: Brought
    period_start: date
    rules: RulesFinder | None

    @classmethod
    def of(
        cls,
        kpi: KpiCells,
        scores: Scores,
        attendance: pl.DataFrame | None,
        adjustments: pl.DataFrame | None,
        period_start: date,
        brought: Brought,
        rules: RulesFinder | None,
        review: list[ReviewItem],
    ) -> PayMonth:
        """From the month's tables; what is odd in them is added to ``review``."""
        worked = _attendance(attendance, review)
        return cls(kpi, scores, worked, _adjustments(adjustments), brought, period_start, rules)

    def value(self, employee: str, request_id: str) -> Fraction | None:
        return usable(self.kpi.get((employee, request_id)))


def _attendance(table: pl.DataFrame | None, review: list[ReviewItem]) -> dict[str, tuple[Decimal, Decimal]]:
    """employee id → worked, due days; of several rows the last holds, and that is listed."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for row in table.iter_rows(named=True) if table is not None else ():
        if row["employee_id"] in found:
            review.append(ReviewItem("attendance_repeated", row["employee_id"], "考勤有多行，以最后一行为准"))
        found[row["employee_id"]] = (row["worked_days"], row["due_days"])
    return found


def _adjustments(table: pl.DataFrame | None) -> dict[str, list[tuple[Decimal, str, bool]]]:
    """employee id → amounts in yuan, reasons, and whether each is a fine (negative without a kind)."""
    found: dict[str, list[tuple[Decimal, str, bool]]] = defaultdict(list)
    for row in table.iter_rows(named=True) if table is not None else ():
        kind = row.get("kind") or ("fine" if row["amount"] < 0 else "bonus")
        found[row["employee_id"]].append(
            (half_up(Fraction(row["amount"], 100)), row["reason"], kind == "fine")
        )
    return dict(found)
