"""What passes between the months of a ledger: what earlier periods leave open for a month's pay (``Brought``), and what
the month's pay leaves for later ones (``Balance``, ``Settled``). R-P2, R-P3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluator.metrics.request import MetricRequest
from evaluator.model import ReviewItem
from evaluator.numbers import plain
from evaluator.plan import Commission

NET_SALES = "net_sales"  # the one commission base from which refunds are taken (R-A4)


@dataclass(frozen=True)
class Balance:
    """What an employee owes (R-P2): ``amount`` in yuan, since the period that began on ``since``."""

    employee_id: str
    since: date
    amount: Decimal
    reason: str

    def as_json(self) -> dict[str, str]:
        return {
            "employee_id": self.employee_id,
            "since": self.since.isoformat(),
            "amount": str(self.amount),
            "reason": self.reason,
        }

    @staticmethod
    def of_json(given: Mapping[str, str]) -> Balance:
        return Balance(
            given["employee_id"],
            date.fromisoformat(given["since"]),
            Decimal(given["amount"]),
            given["reason"],
        )


@dataclass(frozen=True)
class Correction:
    """A difference that revising a locked period found (R-P3): signed yuan; ``key`` names it in the ledger."""

    employee_id: str
    amount: Decimal
    reason: str
    key: str

    def as_json(self) -> dict[str, str]:
        return {
            "employee_id": self.employee_id,
            "amount": str(self.amount),
            "reason": self.reason,
            "key": self.key,
        }

    @staticmethod
    def of_json(given: Mapping[str, str]) -> Correction:
        return Correction(given["employee_id"], Decimal(given["amount"]), given["reason"], given["key"])


@dataclass(frozen=True)
class Brought:
    """What earlier periods leave open: debts for line 9, corrections for line 11. ``names``: of those concerned;
    ``read``: the head of the ledger that said so (``head``, ``entries``), for the run's manifest alone."""

    owed: tuple[Balance, ...] = ()
    corrections: tuple[Correction, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    review: tuple[ReviewItem, ...] = ()
    read: Mapping[str, Any] | None = None

    @property
    def employees(self) -> set[str]:
        return {b.employee_id for b in self.owed} | {c.employee_id for c in self.corrections}

    def as_json(self) -> dict[str, Any]:
        return {
            "owed": [b.as_json() for b in self.owed],
            "corrections": [c.as_json() for c in self.corrections],
            "names": dict(sorted(self.names.items())),
        }

    @staticmethod
    def of_json(given: Mapping[str, Any]) -> Brought:
        return Brought(
            tuple(map(Balance.of_json, given["owed"])),
            tuple(map(Correction.of_json, given["corrections"])),
            given["names"],
        )


NOTHING = Brought()


@dataclass(frozen=True)
class CommissionPaid:
    """A commission on net sales as it was paid, with what decides how much of it reached the employee: ``others`` =
    Σ lines 1–6 without it, the cap (line 7) and the guarantee (line 8) that held. Yuan."""

    rule: Commission
    value: Fraction
    coefficient: Decimal | None
    others: Decimal
    cap: Decimal | None
    guarantee: Decimal | None

    def as_json(self) -> dict[str, Any]:
        return {
            "metric": self.rule.metric,
            "kind": self.rule.kind,
            "brackets": [[str(start), str(rate)] for start, rate in self.rule.brackets],
            "value": plain(self.value),
            "coefficient": _text(self.coefficient),
            "others": str(self.others),
            "cap": _text(self.cap),
            "guarantee": _text(self.guarantee),
        }

    @staticmethod
    def of_json(given: Mapping[str, Any]) -> CommissionPaid:
        brackets = tuple((Decimal(start), Decimal(rate)) for start, rate in given["brackets"])
        request = MetricRequest(given["metric"])
        return CommissionPaid(
            Commission(given["metric"], request, given["kind"], brackets, given["coefficient"] is not None),
            Fraction(given["value"]),
            _decimal(given["coefficient"]),
            Decimal(given["others"]),
            _decimal(given["cap"]),
            _decimal(given["guarantee"]),
        )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@dataclass(frozen=True)
class Settled:
    """An employee's month, taken apart: ``lines``, what the month's own facts make due, by line (``carried``: what a
    negative commission base leaves open, negative); and what of earlier periods was settled with it: ``taken`` back by
    line 9, ``corrected`` in line 11. Without ``carried``: Σ lines − taken + corrected = total (R-P4). ``basis``: what
    each line was worked out from, by name; under ``who`` the person, under ``rows`` his adjustments, one by one."""

    employee_id: str
    lines: Mapping[str, Decimal]
    taken: Decimal
    corrected: Decimal
    commission: CommissionPaid | None
    basis: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "employee_id": self.employee_id,
            "basis": {line: dict(inputs) for line, inputs in self.basis.items()},
            "lines": {line: str(amount) for line, amount in self.lines.items()},
            "taken": str(self.taken),
            "corrected": str(self.corrected),
            "commission": self.commission.as_json() if self.commission else None,
        }


CARRIED = "carried"
