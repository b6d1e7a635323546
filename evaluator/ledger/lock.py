"""``evaluator lock``: closes the period of a finished run (R-P3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from evaluator.ledger.book import BALANCE, CREDIT, EARNED, LINE, PERIOD, SCORE, Body, Book, period_id
from evaluator.ledger.chain import Draft
from evaluator.ledger.clawback import bring, lost_tail
from evaluator.ledger.closing import Closing
from evaluator.ledger.inputs import check_inputs, month_of
from evaluator.ledger.store import Head, Ledger
from evaluator.manifest import program_version
from evaluator.model import EvaluatorError
from evaluator.numbers import yuan
from evaluator.output import seen_manifest, write_manifest
from evaluator.settlement import Brought
from evaluator.stopwatch import Progress

KINDS = (LINE, SCORE, EARNED, CREDIT, BALANCE)


@dataclass(frozen=True)
class Locked:
    """What a lock did: the chain's new head, which also stands in the run's manifest now."""

    head: str
    entries: int
    period: str


def act(what: str) -> dict[str, Any]:
    """The entry that begins a transaction."""
    return {
        "what": what,
        "at": datetime.now().isoformat(" ", "seconds"),
        "program": program_version(),
    }


def lock(
    out: str | Path, ledger: Ledger, month: Path | None = None, progress: Progress | None = None
) -> Locked:
    """Puts the run in the folder ``out`` into the ledger, whole or not at all, and the chain's head into its manifest.
    ``month``: where the month's folder lies now. Raises EvaluatorError, and changes nothing, where the run is not
    finished, does not add up, was made from other files, or its period (or a part of it) is locked; where earlier
    periods leave open what the run did not know."""
    closing, told = Closing(Path(out)), progress or (lambda text: None)
    told("核对账本")
    _repair(closing, ledger)
    told("核对月份文件夹是否还是计算时的文件")
    check_inputs(month_of(closing.out, closing.manifest, month), closing.manifest)
    told("核对结果是否守恒")
    closing.check()
    period, facts = period_id(closing.start, closing.end), closing.facts()
    told("写入账本")
    with ledger.writing() as transaction:
        if (read := closing.ledger_read) and not transaction.holds(read):
            raise EvaluatorError(lost_tail(ledger.where, read, transaction.count))
        book = Book(transaction)
        refuse_locked(book, closing)
        _refuse_paid(book, facts[CREDIT])
        brought, claims = bring(book, closing.start, closing.end, closing.refunds)
        _same_brought(brought, closing.brought, ledger)
        drafts = [Draft(PERIOD, period, "", closing.period)]
        drafts += [Draft(kind, period, s, body) for kind in KINDS for s, body in facts[kind].items()]
        head = transaction.append(act("lock"), period, [*drafts, *claims.drafts])
    _tell(closing, head)
    return Locked(head.head, head.entries, period)


def _tell(closing: Closing, head: Head) -> None:
    """The head in the run's manifest: who cuts off the ledger's tail would have to find every one of these, too."""
    write_manifest(closing.manifest | {"ledger": head.as_json()}, closing.out)


def head_seen(out: Path) -> Head | None:
    """The head of the ledger that an earlier run into this folder read; None where there was none, or no run."""
    return Head.of_json(seen_manifest(out).get("ledger_read"))


def refuse_locked(book: Book, closing: Closing) -> None:
    other = book.overlapping(closing.start, closing.end)
    if other is None:
        return
    if (other.start, other.end) == (closing.start, closing.end):
        raise EvaluatorError(
            f"{other.told} 这一期已经锁定，不能再锁定一次；后来的变化请用 evaluator revise 查看和入账"
        )
    raise EvaluatorError(
        f"本期 {closing.start} 至 {closing.end}（不含）与已经锁定的 {other.told} 有重叠的日子，会重复发薪；"
        "请核对 period.yaml 的 period"
    )


def _refuse_paid(book: Book, credits: Mapping[str, Body]) -> None:
    """R-A7 over the periods: an order that is credited in two would be paid twice."""
    mine = {subject for subject, credit in credits.items() if credit["agent"]}
    for period in book.periods:
        held = book.some(CREDIT, period.id, mine)
        twice = sorted(subject for subject, credit in held.items() if credit["agent"])
        if twice:
            order_id, whose = twice[0].partition("\t")[2], held[twice[0]]["agent"]
            raise EvaluatorError(
                f"订单 {order_id} 在已锁定的 {period.told} 已经计过业绩（归 {whose}），本期又计一次；"
                "没有锁定。若它的付款时间改了，请先用 evaluator revise 修订那一期"
            )


def _repair(closing: Closing, ledger: Ledger) -> None:
    """A lock that was killed after its transaction and before the manifest had the head: this very run is locked, and
    its manifest is completed; locking it again is refused as ever."""
    if "ledger" in closing.manifest or not ledger.exists:
        return
    period = period_id(closing.start, closing.end)
    with ledger.reading() as reader:
        mine = [e for e in reader.of(PERIOD, period) if e.version == 0]
        if mine and mine[0].value == closing.period:
            act = reader.need(mine[0].seq - 1)  # which the lock began with
            last = reader.need(act.seq + act.value["entries"] - 1)
            _tell(closing, Head(last.hash, last.seq))


def _same_brought(now: Brought, then: Brought, ledger: Ledger) -> None:
    """What earlier periods leave open must be what the run settled."""
    open_now, settled = now.as_json(), then.as_json()
    if open_now == settled:
        return
    left = [item for kind in ("owed", "corrections") for item in open_now[kind] if item not in settled[kind]]
    told = "；".join(f"{i['employee_id']} {yuan(Decimal(i['amount']))}：{i['reason']}" for i in left[:3])
    detail = f"账本里还有没有算进去的：{told}" if told else "它算进去的往期事项，账本里已经没有了"
    raise EvaluatorError(
        f"这次结果与账本 {ledger.where} 现在未结清的往期事项不一致：{detail}。没有锁定；"
        f"请用 evaluator run 月份文件夹 --ledger {ledger.where} 重新计算后再锁定"
    )


def verify(ledger: Ledger, out: Path | None = None, head: str | None = None) -> Head | None:
    """Follows the whole chain; its head, None for a ledger without entries. Raises EvaluatorError where it breaks,
    where it does not hold a head that was kept elsewhere, or where the locked result ``out`` has another payroll."""
    closing = Closing(out) if out is not None else None
    kept = [head] if head else []
    if closing is not None:
        if not (written := closing.manifest.get("ledger")):
            raise EvaluatorError(f"{out} 没有锁定过：manifest.json 里没有链头")
        kept.append(written["head"])
    with ledger.reading() as reader:
        known = {entry.hash for entry in reader.all() if entry.hash in kept}
        for wanted in kept:
            if wanted not in known:
                raise EvaluatorError(
                    f"账本 {ledger.where} 不可信：链头 {wanted} 不在其中（现有 {reader.count:,} 条）；"
                    "末尾被截断，或换成了另一本账。请用备份，并查明原因"
                )
        if closing and closing.lines != Book(reader).facts(LINE, period_id(closing.start, closing.end)):
            raise EvaluatorError(
                f"{out} 的 tables/payroll.csv 与账本里锁定的工资不同；以账本为准，请查明是谁改动的"
            )
        return reader.head
