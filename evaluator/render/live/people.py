"""Who is paid, with plan, lines and score: what formulas are written for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from evaluator.model import PayLine, Profile
from evaluator.plan import Plan
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared
from evaluator.scoring import EmployeeScore

TOTAL = "total"


@dataclass(frozen=True)
class Person:
    """``number``: of the payroll's order, part of the anchors of his cells. ``plan_number``: of the month's plans from
    1, 0 where no plan pays him any more. ``lines``: by name, without the total."""

    number: int
    employee_id: str
    plan: Plan
    plan_number: int
    lines: dict[str, PayLine]
    total: Decimal
    score: EmployeeScore | None
    profile: Profile | None

    def anchor(self, what: str) -> str:
        return f"p{self.number}.{what}"

    def cell(self, what: str) -> str:
        """His cell, as formulas name it."""
        return f"{{{self.anchor(what)}}}"

    @property
    def group(self) -> str:
        return visible(self.profile.group) if self.profile and self.profile.group else ""

    def given(self, line: str, key: str) -> Decimal | None:
        """What went into a line, None where the line or the value is not there."""
        text = self.lines[line].inputs.get(key, "") if line in self.lines else ""
        return Decimal(text) if text else None

    def amount(self, line: str) -> Decimal | None:
        return self.lines[line].amount if line in self.lines else None


def people(data: Prepared) -> list[Person]:
    """Everybody on the payroll, by employee id."""
    plans = {plan.name: (n, plan) for n, plan in enumerate(data.evaluation.month.config.plans, 1)}
    found: dict[str, dict[str, PayLine]] = {}
    for line in data.evaluation.pay.lines:
        found.setdefault(line.employee_id, {})[line.line] = line
    made = []
    for number, (employee_id, lines) in enumerate(found.items(), 1):
        name = lines[TOTAL].inputs["plan"]
        plan_number, plan = plans.get(name, (0, Plan(name)))
        made.append(
            Person(
                number,
                employee_id,
                plan,
                plan_number,
                {line: found for line, found in lines.items() if line != TOTAL},
                lines[TOTAL].amount,
                data.evaluation.score_book.by_employee.get(employee_id),
                data.evaluation.profiles.get(employee_id),
            )
        )
    return made
