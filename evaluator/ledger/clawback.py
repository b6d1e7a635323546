"""Claw-back (R-P2, pay line 9): refunds completed now on orders that a locked, earlier period paid.

What the refunds of a period's orders cost an employee is a function of all of them together: what lines 1–8 came to
with the net sales that the commission was paid on, less what they had come to without the refunded amounts. Each month
claims that sum less what was claimed before; so a fen is claimed once, in whatever order refunds and revisions come,
and refunds of everything return exactly what was paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from evaluator.ledger.book import CLAWBACK, CREDIT, LATE, Body, Book, Order, period_id
from evaluator.ledger.chain import Draft
from evaluator.ledger.late import completed_refunds
from evaluator.ledger.store import Head, Ledger
from evaluator.model import EvaluatorError, MonthData, ReviewItem
from evaluator.numbers import yuan
from evaluator.paylines import ZERO, commission
from evaluator.settlement import NOTHING, Balance, Brought, CommissionPaid

Refunded = Mapping[Order, int]  # fen, of all months together
MOST_NAMED = 5  # orders that a reason names


def commission_on(paid: CommissionPaid, value: Fraction) -> Decimal:
    """Line 3 as that month's plan has it, on another base."""
    return commission(paid.rule, "", value, paid.coefficient).amount


def earned_on(paid: CommissionPaid, value: Fraction) -> Decimal:
    """Σ lines 1–8 on another base: what the cap took was never paid, and what a guarantee fills up is not lost."""
    earned = paid.others + commission_on(paid, value)
    if paid.cap is not None:
        earned = min(earned, paid.cap)
    return earned if paid.guarantee is None else max(earned, paid.guarantee)


def together(late: Mapping[str, Refunded]) -> dict[Order, int]:
    """Fen refunded of each order, over the months in which that was."""
    sums: dict[Order, int] = defaultdict(int)
    for orders in late.values():
        for order, fen in orders.items():
            sums[order] += fen
    return sums


def refunded(credits: Mapping[Order, Body], fen: Refunded) -> dict[tuple[str, str], int]:
    """(period, employee credited then) → fen to take out of his base; of an order at most what it was net (R-A4)."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for order, amount in fen.items():
        credit = credits.get(order)
        if credit and credit["agent"]:
            sums[order.period, credit["agent"]] += min(amount, max(credit["net"], 0))
    return sums


def lost(paid: CommissionPaid | None, fen: int) -> Decimal:
    """What refunds of so many fen cost, all in all."""
    if paid is None:
        return ZERO
    return earned_on(paid, paid.value) - earned_on(paid, paid.value - Fraction(fen, 100))


def credits_of(book: Book, orders: Iterable[Order]) -> dict[Order, Body]:
    wanted: dict[str, list[str]] = defaultdict(list)
    for period, subject in orders:
        wanted[period].append(subject)
    return {
        Order(period, subject): body
        for period, subjects in wanted.items()
        for subject, body in book.some(CREDIT, period, subjects).items()
    }


@dataclass(frozen=True)
class Claims:
    """What refunds completed in a period claim: ``owed`` by employees; ``drafts`` that book refunds and claims."""

    owed: list[Balance] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    review: list[ReviewItem] = field(default_factory=list)


def late_orders(book: Book, start: date, refunds: pl.DataFrame) -> tuple[dict[Order, Body], list[ReviewItem]]:
    """``late_refund`` bodies of refunds on orders of earlier, locked periods; an id that stands twice joins none."""
    found = book.orders(refunds["order_id"].unique().drop_nulls(), start)
    bodies: dict[Order, Body] = {}
    for order_id, refund_id, fen in refunds.iter_rows():
        orders = found.get(order_id, [])
        if len(orders) != 1:
            continue
        shop = orders[0].subject.partition("\t")[0]
        body = bodies.setdefault(
            orders[0],
            {"of": orders[0].period, "shop": shop, "order_id": order_id, "fen": 0, "refunds": []},
        )
        body["fen"] += fen
        body["refunds"].append(refund_id)
    several = sorted(order_id for order_id, orders in found.items() if len(orders) > 1)
    review = [
        ReviewItem("refund_unmatched", o, f"退款的订单 {o} 在账本里不止一处（几家店或几期），没有追回")
        for o in several
    ]
    return bodies, review


def claims(book: Book, start: date, end: date, refunds: pl.DataFrame) -> Claims:
    """Claims of a period that is not locked yet. ``refunds``: order_id, refund_id, fen, completed in it."""
    bodies, review = late_orders(book, start, refunds)
    now = {order: body["fen"] for order, body in bodies.items()}
    before = together(book.late)
    after = together({**book.late, "": now})
    credits = credits_of(book, after)
    sums_before, sums = refunded(credits, before), refunded(credits, after)
    made = Claims(review=review)
    made.drafts.extend(
        Draft(LATE, period_id(start, end), f"{o.period}\t{o.subject}", b) for o, b in sorted(bodies.items())
    )
    for (period, employee), fen in sorted(sums.items()):
        mine = [o for o in bodies if o.period == period and credits[o]["agent"] == employee]
        paid, already = book.commission(period, employee), book.taken_back(period, employee)
        total = lost(paid, fen)
        if paid is None or not mine or total <= already:
            continue
        reason = _reason(paid, sums_before.get((period, employee), 0), fen, period, mine)
        made.owed.append(Balance(employee, start, total - already, reason))
        made.drafts.append(
            Draft(
                CLAWBACK,
                period,
                employee,
                {"total": str(total)},
                book.next_version(CLAWBACK, period, employee),
            )
        )
    return made


def _reason(paid: CommissionPaid, before: int, after: int, period: str, orders: list[Order]) -> str:
    """``2026-10-01 起一期的订单 1001 退款 100.00：净销售额 80,000.00 → 79,900.00，当时的提成 950.00 → 948.50``."""
    ids = [order.subject.partition("\t")[2] for order in sorted(orders)]
    named = "、".join(ids[:MOST_NAMED]) + (f" 等 {len(ids)} 笔" if len(ids) > MOST_NAMED else "")
    was, now = (paid.value - Fraction(fen, 100) for fen in (before, after))
    told = (
        f"{period.partition('/')[0]} 起一期的订单 {named} 退款 {yuan(was - now)}，"
        f"净销售额 {yuan(was)} → {yuan(now)}，"
        f"当时的提成 {yuan(commission_on(paid, was))} → {yuan(commission_on(paid, now))}"
    )
    cost = earned_on(paid, was) - earned_on(paid, now)
    plain_cost = commission_on(paid, was) - commission_on(paid, now)
    return told if cost == plain_cost else f"{told}，计入当时的封顶与保底后追回 {yuan(cost)}"


def bring(book: Book, start: date, end: date, refunds: pl.DataFrame) -> tuple[Brought, Claims]:
    """What the ledger leaves open for a period: carried balances and claims for line 9, corrections for line 11."""
    made = claims(book, start, end, refunds)
    owed = sorted([*book.open_balances, *made.owed], key=lambda b: (b.employee_id, b.since, b.reason))
    found = Brought(tuple(owed), tuple(book.open_corrections), review=tuple(made.review))
    return replace(found, names={e: book.name(e) for e in sorted(found.employees)}), made


def bring_from(ledger: Ledger, known: Head | None = None) -> Callable[[MonthData], Brought]:
    """Asks a ledger what it leaves open for a month that is evaluated. ``known``: a head that an earlier run saw in it.
    Errors: EvaluatorError where the month, or a part of it, is locked; where the ledger is shorter than it was."""

    def ask(month: MonthData) -> Brought:
        config = month.config
        if not ledger.exists:
            if known:
                raise EvaluatorError(lost_tail(ledger.where, known, 0))
            return replace(NOTHING, review=(_unlocked(ledger, "还没有建立（第一次 evaluator lock 时建立）"),))
        with ledger.reading() as reader:
            if known and not reader.holds(known):
                raise EvaluatorError(lost_tail(ledger.where, known, reader.count))
            book = Book(reader)
            if locked := book.overlapping(config.start, config.end):
                raise EvaluatorError(
                    f"本期与账本里已锁定的 {locked.told} 是同一期或有重叠，锁定的一期不重算；"
                    "后来的变化请用 evaluator revise 查看和入账"
                )
            found = bring(book, config.start, config.end, completed_refunds(month))[0]
            if reader.head is None:
                return replace(found, review=(_unlocked(ledger, "是空的"),))
            return replace(found, read=reader.head.as_json())

    return ask


def lost_tail(where: str, known: Head, count: int) -> str:
    """An earlier reading saw more of a ledger than there is."""
    return (
        f"账本 {where} 不可信：上次运行时它有 {known.entries:,} 条（链头 {known.head}），现在有 {count:,} 条，"
        "那一条已不在原处：末尾被截断，或换成了另一本账。请用备份，并查明原因"
    )


def _unlocked(ledger: Ledger, what: str) -> ReviewItem:
    told = (
        f"账本 {ledger.where} {what}：没有锁定过任何一期，所以没有往期的退款追回、修订与结转。"
        "若以前锁定过，就是路径写错了，或账本被清空了：请核对 --ledger，或用备份，再重新运行"
    )
    return ReviewItem("ledger_empty", "账本", told)
