"""How often the limits of plans bite: gates (R-S2), caps of attainment, cap, guarantee, the limit of deductions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluator.numbers import plain, yuan
from evaluator.plan import Attainment, Effect, Gate, Plan
from evaluator.rulebook import metric_catalogue
from evaluator.scoring import EmployeeScore, ScoreRow
from evaluator.simulate.month import Paid


@dataclass
class Bite:
    """So many times (agents and months), and what it took or gave in all: points of gates and attainment, else yuan."""

    times: int = 0
    effect: Fraction = Fraction(0)

    def add(self, effect: Fraction) -> None:
        self.times += 1
        self.effect += effect


Bites = dict[tuple[str, str], Bite]  # (kind, what) → how often
KINDS = ("关口", "达成率上限", "没有总分", "封顶", "新人保底", "扣款上限")
GATE, ATTAINMENT, NO_SCORE, CAP, GUARANTEE, DEDUCTION = KINDS
POINTS = (GATE, ATTAINMENT)
EVERYWHERE = (DEDUCTION, NO_SCORE)  # hold whatever a plan says


def bites(plans: Sequence[Plan], paid: Paid) -> Bites:
    """All limits of the plans, also those that never bite."""
    found: Bites = {key: Bite() for plan in plans for key in _limits(plan)}
    rows: dict[str, list[ScoreRow]] = {}
    for row in paid.scores.rows:
        rows.setdefault(row.employee_id, []).append(row)
    for employee, score in paid.scores.by_employee.items():
        for key, effect in _of_score(score, rows[employee]):
            found.setdefault(key, Bite()).add(effect)
    limits = {plan.name: plan for plan in plans}
    plan_of = {
        p.employee_id: limits[p.inputs["plan"]]
        for p in paid.pay.lines
        if p.line == "total" and p.inputs["plan"] in limits
    }
    for line in paid.pay.lines:
        if line.line in ("cap", "guarantee"):
            found[_pay_limit(plan_of[line.employee_id], line.line)].add(Fraction(line.amount))
        if line.line == "deductions":
            spared = Fraction(line.inputs["asked"]) + Fraction(line.amount)
            if spared:
                found.setdefault((DEDUCTION, "扣款不超过应发的 20%，且留足最低工资"), Bite()).add(spared)
    return found


def _limits(plan: Plan) -> Iterator[tuple[str, str]]:
    for gate in plan.gates:
        yield GATE, _gate(gate)
    for item in plan.score:
        if isinstance(item.how, Attainment):
            yield ATTAINMENT, _attainment(item.request.metric, item.how)
    if plan.pay.cap is not None:
        yield _pay_limit(plan, "cap")
    if plan.pay.guarantee:
        yield _pay_limit(plan, "guarantee")


def _pay_limit(plan: Plan, line: str) -> tuple[str, str]:
    if line == "cap":
        return CAP, f"线上合计不超过 {yuan(plan.pay.cap or 0)} 元"
    guarantee = plan.pay.guarantee
    assert guarantee is not None, "the line says so"
    return GUARANTEE, f"入职 {guarantee.months} 个月内不低于 {yuan(guarantee.amount)} 元"


def _of_score(score: EmployeeScore, rows: list[ScoreRow]) -> Iterator[tuple[tuple[str, str], Fraction]]:
    """What bit in one score. A gate that changed nothing did not."""
    if score.total is None:
        yield (NO_SCORE, "缺数据或样本不足的权重太多，由人工决定"), Fraction(0)
    for held in score.gates:
        if held.after != held.before:
            yield (GATE, _gate(held.gate)), held.after - held.before
    for item, row in zip(score.plan.score, rows, strict=False):
        if isinstance(item.how, Attainment) and isinstance(row.value, Fraction) and row.points is not None:
            reached = row.value / Fraction(item.how.target)
            reached = 2 - reached if item.lower_is_better else reached
            over = reached - Fraction(item.how.cap)
            if over > 0:
                yield (ATTAINMENT, _attainment(item.request.metric, item.how)), -over * (row.weight or 0)


def _attainment(metric: str, how: Attainment) -> str:
    return f"{metric_catalogue()[metric].name}达成率不超过 {plain(how.cap)} 倍"


def _gate(gate: Gate) -> str:
    name = metric_catalogue()[gate.request.metric].name
    return f"{name} {gate.op} {plain(gate.value)}：{_effect(gate.effect)}"


def _effect(effect: Effect) -> str:
    amount = plain(effect.amount or Decimal(0))
    return {"zero": "总分归 0", "cap": f"总分最高 {amount}", "multiply": f"总分 × {amount}"}[effect.kind]
