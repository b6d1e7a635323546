"""What the ledger says now: of each key the latest version, of what is open whatever no lock has settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from evaluator.ledger.chain import Draft, Entry, canonical
from evaluator.settlement import Balance, Brought, CommissionPaid, Correction

Body = dict[str, Any]
GONE: Body = {"gone": True}  # the latest version of what is there no more

PERIOD, LINE, SCORE, EARNED, CREDIT = "period", "line", "score", "earned", "credit"
LATE, CLAWBACK, REVISION, BALANCE = "late_refund", "clawback", "revision", "balance"


class Order(NamedTuple):
    """An order of a locked period, by the keys of its ``credit`` entry."""

    period: str
    subject: str


def order_subject(shop: str, order_id: str) -> str:
    return f"{shop}\t{order_id}"


def revision_key(period: str, subject: str, version: int) -> str:
    """What a revision is called where a later period settles it."""
    return f"{period} {subject} {version}".replace("\t", " ")


@dataclass(frozen=True)
class Period:
    """A locked period: ``id`` names it in the entries."""

    id: str
    start: date
    end: date
    body: Body

    @property
    def told(self) -> str:
        return f"{self.start} 至 {self.end}（不含）"


def _days(period: str) -> tuple[date, date]:
    start, end = map(date.fromisoformat, period.split("/"))
    return start, end


def _there(latest: Mapping[str, Entry]) -> dict[str, Body]:
    bodies = {subject: entry.value for subject, entry in latest.items()}
    return {subject: body for subject, body in bodies.items() if body != GONE}


def period_id(start: date, end: date) -> str:
    return f"{start}/{end}"


class Source(Protocol):
    """Where entries are read from: a ledger (``store.Reader``), or that with drafts."""

    def of_kind(self, kind: str) -> Sequence[Entry]: ...

    def of(self, kind: str, period: str, subjects: Collection[str] | None = None) -> Sequence[Entry]: ...


class Nothing:
    """An empty ledger."""

    def of_kind(self, kind: str) -> list[Entry]:
        return []

    def of(self, kind: str, period: str, subjects: Collection[str] | None = None) -> list[Entry]:
        return []


@dataclass(frozen=True)
class _After:
    """A ledger as it will be with some entries more."""

    source: Source
    added: Sequence[Entry]

    def of_kind(self, kind: str) -> list[Entry]:
        return [*self.source.of_kind(kind), *(e for e in self.added if e.kind == kind)]

    def of(self, kind: str, period: str, subjects: Collection[str] | None = None) -> list[Entry]:
        mine = (e for e in self.added if (e.kind, e.period) == (kind, period))
        held = self.source.of(kind, period, subjects)
        return [*held, *(e for e in mine if subjects is None or e.subject in subjects)]


class Book:
    """A view of a ledger, as it stands. What is asked for is read once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[tuple[str, str], dict[str, Entry]] = {}

    # ---- facts ----
    def _latest(self, kind: str, period: str) -> dict[str, Entry]:
        """Subject → latest entry, of a whole kind and period."""
        key = (kind, period)
        if key not in self._read:
            self._read[key] = {e.subject: e for e in self._source.of(kind, period)}
        return self._read[key]

    def facts(self, kind: str, period: str) -> dict[str, Body]:
        """Subject → latest body, of what is there."""
        return _there(self._latest(kind, period))

    def some(self, kind: str, period: str, subjects: Collection[str]) -> dict[str, Body]:
        """The same of some subjects alone: of the orders of a period there may be millions."""
        held = self._read.get((kind, period))
        if held is None:
            return _there({e.subject: e for e in self._source.of(kind, period, subjects)})
        return _there({s: held[s] for s in subjects if s in held})

    def fact(self, kind: str, period: str, subject: str) -> Body | None:
        entry = self._latest(kind, period).get(subject)
        return _there({subject: entry}).get(subject) if entry else None

    def next_version(self, kind: str, period: str, subject: str) -> int:
        entry = self._latest(kind, period).get(subject)
        return 0 if entry is None else entry.version + 1

    def changed(self, kind: str, period: str, now: Mapping[str, Body], gone: bool = True) -> list[Draft]:
        """Drafts that make the facts of a kind and period ``now``: only what differs. ``gone``: also what is not in
        ``now``."""
        held = self.facts(kind, period)
        after = dict(now) | {subject: GONE for subject in held.keys() - now.keys() if gone}
        return [
            Draft(kind, period, subject, body, self.next_version(kind, period, subject))
            for subject, body in sorted(after.items())
            if held.get(subject, GONE) != body
        ]

    def after(self, drafts: Sequence[Draft]) -> Book:
        """The view as it will be with ``drafts``."""
        return Book(
            _After(
                self._source,
                [Entry(0, d.kind, d.period, d.subject, d.version, canonical(d.body), "") for d in drafts],
            )
        )

    # ---- periods ----
    @cached_property
    def periods(self) -> list[Period]:
        """Locked periods, in the order in which they were locked."""
        latest: dict[str, Entry] = {e.period: e for e in self._source.of_kind(PERIOD)}
        return [Period(period, *_days(period), entry.value) for period, entry in latest.items()]

    def overlapping(self, start: date, end: date) -> Period | None:
        return next((p for p in self.periods if p.start < end and start < p.end), None)

    def orders(self, order_ids: Iterable[str], before: date) -> dict[str, list[Order]]:
        """Order id → where it was paid, in periods that end by ``before``."""
        wanted, found = sorted(set(order_ids)), defaultdict[str, list[Order]](list)
        for period in self.periods:
            if period.end > before or not wanted:
                continue
            subjects = [order_subject(shop, order_id) for shop in period.body["shops"] for order_id in wanted]
            for subject in self.some(CREDIT, period.id, subjects):
                found[subject.partition("\t")[2]].append(Order(period.id, subject))
        return found

    # ---- pay ----
    def name(self, employee_id: str) -> str:
        """As on his last payslip."""
        for period in reversed(self.periods):
            body = self.fact(LINE, period.id, f"{employee_id}\ttotal")
            if body:
                return str(body["name"])
        return employee_id

    def earned(self, period: str) -> dict[str, Body]:
        """Employee id → what the period's own facts make due: ``lines`` and ``commission``."""
        return self.facts(EARNED, period)

    def commission(self, period: str, employee_id: str) -> CommissionPaid | None:
        body = self.fact(EARNED, period, employee_id)
        return CommissionPaid.of_json(body["commission"]) if body and body["commission"] else None

    @cached_property
    def late(self) -> dict[str, dict[Order, int]]:
        """Period in which refunds were completed → order of an earlier period → fen refunded."""
        found: dict[str, dict[Order, int]] = {}
        for period in self.periods:
            bodies = self.facts(LATE, period.id).values()
            found[period.id] = {
                Order(b["of"], order_subject(b["shop"], b["order_id"])): b["fen"] for b in bodies
            }
        return found

    def taken_back(self, period: str, employee_id: str) -> Decimal:
        """Yuan of a period's commission that were claimed back so far, because of late refunds."""
        body = self.fact(CLAWBACK, period, employee_id)
        return Decimal(body["total"]) if body else Decimal("0.00")

    # ---- what is open ----
    @property
    def open_balances(self) -> list[Balance]:
        """R-P2: each lock says anew what is carried forward, so the last one says what is open."""
        if not self.periods:
            return []
        return [Balance.of_json(b) for _, b in sorted(self.facts(BALANCE, self.periods[-1].id).items())]

    @property
    def open_corrections(self) -> list[Correction]:
        """R-P3: revisions that no locked period has settled."""
        done = {c["key"] for p in self.periods for c in p.body["brought"]["corrections"]}
        return [
            Correction(e.value["employee_id"], Decimal(e.value["amount"]), e.value["reason"], key)
            for e in self._source.of_kind(REVISION)
            if (key := revision_key(e.period, e.subject, e.version)) not in done
        ]


def brought(period: Period) -> Brought:
    """What a locked period settled of earlier ones."""
    return Brought.of_json(period.body["brought"])
