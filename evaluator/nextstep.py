"""What the next step of each figure is worth: another figure, scored and paid by the same rules (SPEC §8, §9).

One figure changes at a time; every other figure of his, everybody else's, and the pool as shared stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from evaluator.betterfigures import better_cell, opened
from evaluator.evaluation import Evaluation
from evaluator.metrics.request import MetricRequest
from evaluator.model import KpiCell, Profile
from evaluator.numbers import half_up
from evaluator.pay import Pay, pay_one
from evaluator.paylines import ZERO, Line
from evaluator.paymonth import PayMonth
from evaluator.plan import Attainment, Gate, Linear, Plan, Rank, ScoreItem, plan_for
from evaluator.rulebook import MetricInfo, metric_catalogue
from evaluator.scoring import EmployeeScore, KpiCells, PlanScores, ScoreRow, Scores, with_total


@dataclass(frozen=True)
class Step:
    """``kind``: score, gate, grade. ``now``, ``then``: the figure, of a grade the total; both None for a better place
    among colleagues, whose figures are nobody else's business: ``places`` up. ``points``: what the line of the plan
    gains; ``total``, ``pay`` (yuan): what total and pay gain. ``is_slope``: one step of many on a slope."""

    kind: str
    request_id: str
    now: Fraction | None
    then: Fraction | None
    points: Decimal
    total: Decimal
    pay: Decimal
    places: int = 0
    is_slope: bool = False
    grade: str = ""


class NextSteps:
    """Of everybody who is scored and paid by a plan. ``month``: what was paid by; ``pay``: what was paid."""

    def __init__(self, plans: Sequence[Plan], profiles: Iterable[Profile], month: PayMonth, pay: Pay) -> None:
        self._profiles = {p.employee_id: p for p in profiles}
        self._month = month
        self._cells: dict[str, dict[tuple[str, str], KpiCell]] = defaultdict(dict)
        for key, cell in month.kpi.items():
            self._cells[key[0]][key] = cell
        staff: dict[str, list[Profile]] = defaultdict(list)
        for profile in self._profiles.values():
            plan = plan_for(plans, profile)
            if plan is not None and plan.score:
                staff[plan.name].append(profile)
        self._scores = {p.name: PlanScores(p, staff[p.name], month.kpi, month.rules) for p in plans}
        pools = (line for line in pay.lines if line.line == "pool")
        self._pool = {line.employee_id: Line(line.amount, line.formula) for line in pools}

    def of(self, employee_id: str) -> list[Step]:
        """Each line of the plan that can earn more, each gate that holds, the next grade; nothing without a total."""
        score = self._month.scores.by_employee.get(employee_id)
        if score is None or score.total is None:
            return []
        month = replace(self._month, kpi=self._cells[employee_id])
        scores, pool = self._scores[score.plan.name], self._pool.get(employee_id)
        return list(_One(self._profiles[employee_id], score, scores, month, pool).steps())


def next_steps(evaluation: Evaluation) -> NextSteps:
    """Of a month's employees."""
    config, tables, pay = evaluation.month.config, evaluation.month.tables, evaluation.pay
    month = PayMonth.of(
        evaluation.cells,
        evaluation.score_book,
        tables.get("attendance"),
        tables.get("adjustments"),
        config.start,
        pay.brought,
        None,
        [],
    )
    return NextSteps(config.plans, evaluation.profiles.values(), month, pay)


class _One:
    """One employee's."""

    def __init__(
        self, profile: Profile, score: EmployeeScore, scores: PlanScores, month: PayMonth, pool: Line | None
    ) -> None:
        self.profile, self.plan, self.score = profile, score.plan, score
        self._scores, self._month, self._pool = scores, month, pool
        self._now = scores.score(profile, month.kpi)
        self._paid = self._pay(self._now[0], month.kpi)

    def steps(self) -> Iterator[Step]:
        for index, item in enumerate(self.plan.score):
            if self._scores.counts(self.profile, index):
                yield from self._better(index, item)
        for held in self.score.gates:
            yield from self._opened(held.gate)
        yield from self._next_grade()

    def _better(self, index: int, item: ScoreItem) -> Iterator[Step]:
        cell, peers = self._cell(item.request), self._scores.peers(self.profile, index)
        then = better_cell(item, cell, peers, _info(item.request))
        if then is None or then.value is None or cell.value is None:
            return
        step = self._changed("score", item.request, cell, then, index)
        if isinstance(item.how, Rank):
            lower = item.lower_is_better
            places = peers.place(cell.value, lower) - peers.place(then.value, lower)
            yield replace(step, now=None, then=None, places=places)
        else:
            yield replace(step, is_slope=isinstance(item.how, Linear | Attainment))

    def _opened(self, gate: Gate) -> Iterator[Step]:
        cell = self._cell(gate.request)
        then = opened(gate, cell, _info(gate.request))
        if then is not None:
            yield self._changed("gate", gate.request, cell, then, None)

    def _next_grade(self) -> Iterator[Step]:
        total = self.score.total or ZERO
        above = [grade for grade in self.plan.grades if grade.threshold > total]
        if above:
            wanted = half_up(above[-1].threshold)
            pay = self._pay(with_total(self.score, wanted), self._month.kpi) - self._paid
            now, then = Fraction(total), Fraction(wanted)
            yield Step("grade", "total", now, then, ZERO, wanted - total, pay, grade=above[-1].name)

    def _changed(
        self, kind: str, request: MetricRequest, cell: KpiCell, then: KpiCell, index: int | None
    ) -> Step:
        """What the figure ``then`` in place of ``cell`` brings."""
        kpi: KpiCells = {**self._month.kpi, (self.profile.employee_id, request.id): then}
        score, rows = self._scores.score(self.profile, kpi)
        points = ZERO if index is None else _points(rows[index]) - _points(self._now[1][index])
        total = (score.total or ZERO) - (self.score.total or ZERO)
        pay = self._pay(score, kpi) - self._paid
        return Step(kind, request.id, cell.value, then.value, points, total, pay)

    def _cell(self, request: MetricRequest) -> KpiCell:
        return self._month.kpi[self.profile.employee_id, request.id]

    def _pay(self, score: EmployeeScore, kpi: KpiCells) -> Decimal:
        scores = Scores(by_employee={self.profile.employee_id: score})
        month = replace(self._month, kpi=kpi, scores=scores)
        return pay_one(self.profile, self.plan, month, self._pool).payroll_total


def _points(row: ScoreRow) -> Decimal:
    return row.points or ZERO


def _info(request: MetricRequest) -> MetricInfo:
    return metric_catalogue()[request.metric]
