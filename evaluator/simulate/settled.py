"""What a ledger says of the months of a simulation: what was really paid, what of earlier periods was settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from evaluator.ledger.book import LINE, Book, brought
from evaluator.ledger.clawback import bring
from evaluator.ledger.late import completed_refunds
from evaluator.ledger.store import Ledger
from evaluator.model import EvaluatorError, MonthData
from evaluator.settlement import NOTHING, Brought

NO_LEDGER = (
    "没有给出账本（--ledger）：原工资按各月的方案和现在的数据重算，"
    "不含往期的退款追回、结转（第 9 行）与修订（第 11 行）"
)

Actual = Mapping[tuple[str, str], Decimal]  # employee id, line → yuan


@dataclass(frozen=True)
class SettledMonth:
    """``actual``: lines as they were paid, None for a month that is not locked; ``told``: which of both, in Chinese."""

    brought: Brought = NOTHING
    actual: Actual | None = None
    told: str = ""


UNSETTLED = SettledMonth()


def settled_month(ledger: Ledger, month: MonthData, first_open: date) -> SettledMonth:
    """``first_open``: the first month that is not locked; it alone settles what is open. Errors: EvaluatorError where
    the month is another period than a locked one that it overlaps."""
    start, end = month.config.start, month.config.end
    with ledger.reading() as reader:
        book = Book(reader)
        found = book.overlapping(start, end)
        if found is None:
            told = f"{start} 起一期在账本 {ledger.where} 里没有锁定：原工资按本月的方案重算"
            if start != first_open or any(p.start > start for p in book.periods):
                return SettledMonth(told=f"{told}，不含往期的追回、结转与修订")
            return SettledMonth(
                bring(book, start, end, completed_refunds(month))[0],
                None,
                f"{told}，两边都含账本里未结清的事项",
            )
        if (found.start, found.end) != (start, end):
            raise EvaluatorError(
                f"{month.config.folder} 的 {start} 至 {end}（不含）与账本里锁定的 {found.told} 不是同一期；"
                "请核对 period.yaml，或不写 --ledger"
            )
        rows = book.facts(LINE, found.id).values()
        actual = {(row["employee_id"], row["line"]): Decimal(row["amount"]) for row in rows}
        told = f"{start} 起一期：原工资是账本 {ledger.where} 里锁定的实发；当时结清的追回、结转与修订两边都含"
        return SettledMonth(brought(found), actual, told)


def first_open(ledger: Ledger, months: list[tuple[date, date]]) -> date:
    """The start of the first of the months that is not locked; of none the last."""
    with ledger.reading() as reader:
        book = Book(reader)
        return next((s for s, e in months if book.overlapping(s, e) is None), months[-1][0])
