"""``evaluator revise``: a locked period again, with later data (R-P3).

What differs is written as corrections, which the next run adds in line 11; the ledger's facts of the period get new
versions, so that the same data differ no more. Refunds completed after the period are no revision: the month in which
they were completed claims them (``clawback``). Where a revision moves an order on which a claim was made, or finds
other refunds completed in the period, the claims are worked out again, too."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from evaluator.ledger.book import (
    CLAWBACK,
    CREDIT,
    EARNED,
    LATE,
    PERIOD,
    REVISION,
    SCORE,
    Body,
    Book,
    Period,
    brought,
)
from evaluator.ledger.causes import Causes, fen_told, some
from evaluator.ledger.chain import Draft
from evaluator.ledger.clawback import credits_of, late_orders, lost, refunded, together
from evaluator.ledger.closing import Closing
from evaluator.ledger.lock import act
from evaluator.ledger.store import Ledger, Transaction
from evaluator.model import EvaluatorError
from evaluator.numbers import yuan
from evaluator.output import write_data
from evaluator.pay import LINES
from evaluator.paylines import ZERO
from evaluator.rulebook import label
from evaluator.run import evaluate_month
from evaluator.settings import load_month
from evaluator.settlement import CARRIED
from evaluator.stopwatch import Progress


@dataclass(frozen=True)
class Difference:
    """A line of pay that a revision changes; ``of``: the period whose line it is. Yuan."""

    employee_id: str
    name: str
    line: str
    of: str
    old: Decimal
    new: Decimal
    cause: str

    @property
    def amount(self) -> Decimal:
        return self.new - self.old

    @property
    def label(self) -> str:
        return "结转" if self.line == CARRIED else label("pay_lines", self.line)

    def as_json(self) -> dict[str, str]:
        return {
            "employee_id": self.employee_id,
            "name": self.name,
            "line": self.line,
            "period": self.of,
            "old": str(self.old),
            "new": str(self.new),
            "amount": str(self.amount),
            "cause": self.cause,
        }


@dataclass(frozen=True)
class Revised:
    """What ``revise`` found and wrote. ``head``: the chain's, None where nothing was written."""

    told: str
    differences: list[Difference] = field(default_factory=list)
    head: str | None = None


def revise(month: str | Path, ledger: Ledger, progress: Progress | None = None) -> Revised:
    """Evaluates a locked month again and books what differs. Raises EvaluatorError where it is not locked."""
    ledger.must_exist()
    config = load_month(Path(month))
    with ledger.reading() as reader:
        period = _locked(Book(reader), config.start, config.end, ledger)
    evaluation = evaluate_month(month, progress, bring=lambda _: brought(period))
    if progress:
        progress("与账本比较")
    with tempfile.TemporaryDirectory(prefix="evaluator-") as folder:
        write_data(evaluation, Path(folder))
        closing = Closing(Path(folder))
        closing.check()
        with ledger.writing() as transaction:
            return _book(transaction, closing, period)


def _locked(book: Book, start: date, end: date, ledger: Ledger) -> Period:
    found = book.overlapping(start, end)
    if found is None:
        raise EvaluatorError(
            f"账本 {ledger.where} 里没有锁定 {start} 至 {end}（不含），不需要修订；请直接重新运行"
        )
    if (found.start, found.end) != (start, end):
        raise EvaluatorError(
            f"本期 {start} 至 {end}（不含）与锁定的 {found.told} 不是同一期，不能修订；请核对 period.yaml"
        )
    return found


def _book(transaction: Transaction, closing: Closing, period: Period) -> Revised:
    book = Book(transaction)
    facts = {EARNED: closing.earned, SCORE: closing.scores, CREDIT: closing.credits}
    bodies, _ = late_orders(book, period.start, closing.refunds)
    facts[LATE] = {f"{order.period}\t{order.subject}": body for order, body in bodies.items()}
    drafts = [draft for kind, now in facts.items() for draft in book.changed(kind, period.id, now)]
    causes = Causes(
        (book.facts(CREDIT, period.id), facts[CREDIT]),
        (book.facts(SCORE, period.id), facts[SCORE]),
        (book.earned(period.id), facts[EARNED]),
        (period.body, closing.period),
    )
    differences = _lines(book, closing, period, causes)
    claimed, claims = _claims(book, book.after(drafts), causes)
    if not drafts and not claims:
        return Revised(period.told)
    said = act("revise")
    differences += claimed
    drafts += [*claims, *(_revision(book, period, d, said["at"]) for d in differences)]
    now = closing.period | {"brought": period.body["brought"]}
    drafts += book.changed(PERIOD, period.id, {"": now})
    return Revised(period.told, differences, transaction.append(said, period.id, drafts).head)


def _lines(book: Book, closing: Closing, period: Period, causes: Causes) -> list[Difference]:
    """Lines that the period's own facts make different. What was taken back of earlier periods is none of them."""
    old, new = book.earned(period.id), closing.earned
    names = {row["employee_id"]: row["name"] for row in closing.lines.values()}
    found: list[Difference] = []
    for employee in sorted(old.keys() | new.keys()):
        before, after = (_amounts(bodies.get(employee)) for bodies in (old, new))
        name = names.get(employee) or book.name(employee)
        for line in sorted(before.keys() | after.keys(), key=_place):
            was, now = before.get(line, ZERO), after.get(line, ZERO)
            if was != now:
                cause = causes.of(employee, line)
                found.append(Difference(employee, name, line, period.id, was, now, cause))
    return found


def _place(line: str) -> tuple[int, str]:
    """Where a line of pay stands; what is carried comes last."""
    name = line.partition(":")[0]
    return (LINES.index(name) if name in LINES else len(LINES)), line


def _amounts(body: Body | None) -> dict[str, Decimal]:
    return {line: Decimal(amount) for line, amount in body["lines"].items()} if body else {}


def _claims(before: Book, after: Book, causes: Causes) -> tuple[list[Difference], list[Draft]]:
    """Claims of late refunds that cost another amount now: by other orders, another base, or other refunds."""
    sums = [_sums(book) for book in (before, after)]
    found: list[Difference] = []
    drafts: list[Draft] = []
    for of, employee in sorted(sums[0].keys() | sums[1].keys()):
        costs = [
            lost(book.commission(of, employee), fen.get((of, employee), 0))
            for book, fen in zip((before, after), sums, strict=True)
        ]
        already = before.taken_back(of, employee)
        if costs[0] == costs[1] or costs[1] == already:
            continue
        refunds = some(_late_changes(before, after, of, employee))
        cause = "；".join([*refunds, causes.of(employee, "clawback")])
        name = before.name(employee)
        found.append(Difference(employee, name, "clawback", of, ZERO - already, ZERO - costs[1], cause))
        version = before.next_version(CLAWBACK, of, employee)
        drafts.append(Draft(CLAWBACK, of, employee, {"total": str(costs[1])}, version))
    return found, drafts


def _sums(book: Book) -> dict[tuple[str, str], int]:
    fen = together(book.late)
    return refunded(credits_of(book, fen), fen)


def _late_changes(before: Book, after: Book, of: str, employee: str) -> list[str]:
    """Orders of a period, credited to him, of which something else was refunded after it."""
    was, now = together(before.late), together(after.late)
    changed = [o for o in sorted({**was, **now}) if o.period == of and was.get(o, 0) != now.get(o, 0)]
    credits = credits_of(after, changed)
    return [
        f"订单 {o.subject.partition(chr(9))[2]} 期后退款 {fen_told(was.get(o, 0))} → {fen_told(now.get(o, 0))}"
        for o in changed
        if o in credits and credits[o]["agent"] == employee
    ]


def _revision(book: Book, period: Period, d: Difference, at: str) -> Draft:
    """A dated correction, keyed by what it revises."""
    subject = f"{d.employee_id}\t{d.line}\t{d.of}"
    reason = (
        f"{at[:10]} 修订 {d.of.partition('/')[0]} 起一期的{d.label}"
        f" {yuan(d.old)} → {yuan(d.new)}（{d.cause}）"
    )
    body = d.as_json() | {"reason": reason, "at": at}
    return Draft(REVISION, period.id, subject, body, book.next_version(REVISION, period.id, subject))
