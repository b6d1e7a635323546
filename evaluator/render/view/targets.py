"""What the plans ask for: the value of a figure that gets full marks (SPEC §8)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from evaluator.model import Profile
from evaluator.plan import Attainment, Bands, Deduct, Linear, Penalty, ScoreItem, compare, plan_for
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared


class Target(NamedTuple):
    """A value ``op limit`` gets full marks; of a penalty: is not punished."""

    op: str
    limit: Decimal

    def met(self, value: Decimal) -> bool:
        return compare(Fraction(value), self.op, self.limit)


class PlanTarget(NamedTuple):
    """A plan's target for a metric; how many of those it measures have the figure, and how many of them met it."""

    plan: str
    target: Target
    met: int
    of: int


_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}


def target_of(item: ScoreItem) -> Target | None:
    """None where places count (rank), not values."""
    op = "<=" if item.lower_is_better else ">="
    match item.how:
        case Attainment(target=limit) | Deduct(target=limit):
            return Target(op, limit)
        case Linear(worst=worst, best=best):
            return Target("<=" if best < worst else ">=", best)
        case Bands(bands=bands) if bands:
            return Target(op, max(bands, key=lambda band: band[1])[0])
        case Penalty(op=bad, limit=limit):
            return Target(_OPPOSITE[bad], limit)
    return None


def plan_targets(data: Prepared, metric: str) -> list[PlanTarget]:
    """Of every plan that scores by ``metric``."""
    config = data.evaluation.month.config
    staff: dict[str, list[Profile]] = {}
    for employee in data.employees:
        profile = data.evaluation.profiles[employee]
        plan = plan_for(config.plans, profile)
        if plan is not None:
            staff.setdefault(plan.name, []).append(profile)
    found = []
    for plan in config.plans:
        for item in plan.score:
            target = target_of(item)
            if item.request.id == metric and target is not None:
                figures = (data.figure("agent", p.employee_id, metric) for p in staff.get(plan.name, ()))
                values = [Decimal(f.value) for f in figures if f and f.value and f.status != "missing"]
                met = sum(target.met(v) for v in values)
                found.append(PlanTarget(visible(plan.name), target, met, len(values)))
    return found
