"""``evaluator ledger list``: which periods are locked, and what is open."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluator.ledger.book import EARNED, PERIOD, REVISION, Book
from evaluator.ledger.chain import Entry
from evaluator.ledger.store import Head, Ledger, Reader
from evaluator.numbers import yuan
from evaluator.settlement import Balance, Correction


@dataclass(frozen=True)
class Listed:
    """A locked period as it was paid: ``total`` in yuan; ``head``: of the chain when it was locked; ``revisions``:
    lines that were corrected since, and ``revised``, what they come to."""

    start: str
    end: str
    shops: list[str]
    people: int
    total: Decimal
    head: Head
    at: str
    revisions: int
    revised: Decimal

    def as_json(self) -> dict[str, Any]:
        return {
            "period": {"start": self.start, "end": self.end},
            "shops": self.shops,
            "people": self.people,
            "total": str(self.total),
            **self.head.as_json(),
            "at": self.at,
            "revisions": self.revisions,
            "revised": str(self.revised),
        }


@dataclass(frozen=True)
class Listing:
    """A ledger's periods in the order in which they were locked; balances and corrections that no period settled."""

    where: str
    head: Head | None
    periods: list[Listed]
    balances: list[Balance]
    corrections: list[Correction]

    def as_json(self) -> dict[str, Any]:
        return {
            "ledger": self.where,
            **(self.head.as_json() if self.head else {"head": None, "entries": 0}),
            "periods": [p.as_json() for p in self.periods],
            "open": {
                "balances": [b.as_json() for b in self.balances],
                "corrections": [c.as_json() for c in self.corrections],
            },
        }

    def as_text(self) -> str:
        if self.head is None:
            return f"账本 {self.where} 是空的，还没有锁定过任何一期；若锁定过，就是被清空了，请用备份"
        lines = [
            f"账本 {self.where}：{len(self.periods)} 期，{self.head.entries:,} 条，链头 {self.head.head}"
        ]
        for p in self.periods:
            lines.append(
                f"{p.start} 至 {p.end}（不含）　店铺 {'、'.join(p.shops)}　{p.people} 人　工资合计 {yuan(p.total)}"
                f"　{p.at} 锁定"
            )
            lines.append(f"　　锁定时链头 {p.head.head}（{p.head.entries:,} 条）")
            if p.revisions:
                lines.append(f"　　后来修订 {p.revisions} 行，合计 {p.revised:+,.2f}")
        lines += [
            f"待扣回　{b.employee_id}　{yuan(b.amount)}（{b.since} 起）　{b.reason}" for b in self.balances
        ]
        lines += [f"待调整　{c.employee_id}　{c.amount:+,.2f}　{c.reason}" for c in self.corrections]
        if not self.balances and not self.corrections:
            lines.append("没有未结清的事项")
        return "\n".join(lines)


def listing(ledger: Ledger) -> Listing:
    """Errors: EvaluatorError where there is no ledger, or it was changed."""
    with ledger.reading() as reader:
        book = Book(reader)
        periods = [_listed(reader, entry) for entry in reader.of_kind(PERIOD) if entry.version == 0]
        return Listing(ledger.where, reader.head, periods, book.open_balances, book.open_corrections)


def _listed(reader: Reader, locked: Entry) -> Listed:
    start, _, end = locked.period.partition("/")
    act = reader.need(locked.seq - 1)
    last = reader.need(act.seq + act.value["entries"] - 1)
    paid = [e for e in reader.of(EARNED, locked.period) if e.version == 0 and e.seq <= last.seq]
    revisions = [e.value for e in reader.of(REVISION, locked.period)]
    return Listed(
        start,
        end,
        locked.value["shops"],
        len(paid),
        Decimal(locked.value["payroll"]),
        Head(last.hash, last.seq),
        act.value["at"],
        len(revisions),
        sum((Decimal(body["amount"]) for body in revisions), Decimal("0.00")),
    )
