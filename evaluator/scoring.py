"""From figures to points, totals, grades and ranks (SPEC §8). Exact arithmetic throughout.

The points of one line are worked out in ``scoremethods``; here stand what is left out and how weights are scaled
(R-S1), gates (R-S2), grades (R-S3) and ranks (R-S4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from evaluator.model import KpiCell, Profile, ReviewItem
from evaluator.numbers import half_up, plain, value_text
from evaluator.plan import Grade, Plan, ScoreItem, compare, plan_for
from evaluator.rulebook import RulesFinder, metric_catalogue
from evaluator.scoremethods import Peers, points_of

#: (agent id, MetricRequest.id) → cell; an absent key is a missing figure.
KpiCells = Mapping[tuple[str, str], KpiCell]

NO_CELL = KpiCell(None, None, None, "missing", "没有这个数")


@dataclass(frozen=True)
class ScoreRow:
    """One row of ``tables/scores.csv``. ``points`` None: left out; ``weight`` as scaled, or as written where left
    out. Rows ``total``, ``grade`` and ``rank`` come last for each employee."""

    employee_id: str
    metric: str
    value: Fraction | str | None
    weight: Fraction | None
    points: Decimal | None
    status: str  # final, immature, missing, min_sample
    reason: str = ""
    detail: str = ""  # Chinese: how the points came about
    unit: str = ""
    is_ratio: bool = False
    request_id: str = ""
    method: str = ""
    target: str = ""  # Chinese: what the plan asks for


@dataclass(frozen=True)
class EmployeeScore:
    """The result of one employee. ``total`` None: no score (R-S1)."""

    employee_id: str
    plan: Plan
    total: Decimal | None
    weight_sum: Decimal
    grade: str | None = None
    coefficient: Decimal | None = None
    fixed: Decimal | None = None
    rank: int | None = None
    ranked: int = 0  # how many of the plan have a score
    before_gates: Decimal | None = None
    left_out: tuple[str, ...] = ()  # metrics left out (R-S1)
    gates: tuple[str, ...] = ()  # Chinese: the gates that held
    why_none: str = ""  # Chinese: why there is no total


@dataclass
class Scores:
    rows: list[ScoreRow] = field(default_factory=list)
    by_employee: dict[str, EmployeeScore] = field(default_factory=dict)
    review: list[ReviewItem] = field(default_factory=list)


@dataclass(frozen=True)
class _Judged:
    """One line of the plan for one employee, before weights are scaled."""

    item: ScoreItem
    cell: KpiCell
    status: str

    @property
    def counts(self) -> bool:
        return self.status in ("final", "immature")


def score_all(
    plans: Sequence[Plan],
    profiles: Sequence[Profile],
    kpi: KpiCells,
    *,
    period_start: date,
    rules: RulesFinder | None = None,
) -> Scores:
    """R-S1 … R-S4 for every employee whom a plan with a ``score`` fits, by employee id. ``kpi``: money in yuan,
    time in seconds or hours, exact. Employees whom no plan fits are listed by ``compute_pay``."""
    scores = Scores()
    members: dict[str, list[Profile]] = defaultdict(list)
    by_name = {plan.name: plan for plan in plans}
    for profile in sorted(profiles, key=lambda p: p.employee_id):
        plan = plan_for(tuple(plans), profile)
        if plan is not None and plan.score:
            members[plan.name].append(profile)
    found: list[tuple[EmployeeScore, list[ScoreRow]]] = []
    for name, staff in members.items():
        found.extend(_score_plan(by_name[name], staff, kpi, scores.review, rules))
    for employee, rows in sorted(found, key=lambda pair: pair[0].employee_id):
        scores.by_employee[employee.employee_id] = employee
        scores.rows.extend([*rows, *_closing_rows(employee)])
    return scores


def _score_plan(
    plan: Plan, staff: list[Profile], kpi: KpiCells, review: list[ReviewItem], rules: RulesFinder | None
) -> list[tuple[EmployeeScore, list[ScoreRow]]]:
    judged = {p.employee_id: [_judge(item, p.employee_id, kpi) for item in plan.score] for p in staff}
    peers = [_peers(i, staff, judged) for i in range(len(plan.score))]
    results = []
    for profile in staff:
        lines = judged[profile.employee_id]
        results.append(_score_one(plan, profile, lines, [p[profile.employee_id] for p in peers], kpi, review, rules))
    return _ranked(results)


def _judge(item: ScoreItem, employee: str, kpi: KpiCells) -> _Judged:
    """R-S1: missing, below ``min_sample``, or counting."""
    cell = kpi.get((employee, item.request.id), NO_CELL)
    if cell.value is None or cell.status == "missing":
        return _Judged(item, cell, "missing")
    few = item.min_sample is not None and cell.denominator is not None
    if few and cell.denominator < Fraction(item.min_sample or 0):  # type: ignore[operator]
        return _Judged(item, cell, "min_sample")
    return _Judged(item, cell, cell.status)


def _peers(index: int, staff: list[Profile], judged: dict[str, list[_Judged]]) -> dict[str, Peers]:
    """Whom an employee is ranked among on one line: the same plan and roster group, not left out."""
    groups: dict[str | None, list[Fraction]] = defaultdict(list)
    for profile in staff:
        line = judged[profile.employee_id][index]
        if line.counts and line.cell.value is not None:
            groups[profile.group].append(line.cell.value)
    return {p.employee_id: Peers(tuple(groups[p.group])) for p in staff}


def _score_one(
    plan: Plan,
    profile: Profile,
    lines: list[_Judged],
    peers: list[Peers],
    kpi: KpiCells,
    review: list[ReviewItem],
    rules: RulesFinder | None,
) -> tuple[EmployeeScore, list[ScoreRow]]:
    whole = Fraction(plan.weight_sum)
    kept = sum((Fraction(line.item.weight) for line in lines if line.counts), Fraction(0))
    scale = whole / kept if kept else Fraction(1)
    rows = [_row(profile.employee_id, line, group, scale, rules) for line, group in zip(lines, peers, strict=True)]
    left_out = tuple(line.item.metric for line in lines if not line.counts and line.item.weight)
    why_none = _why_none(plan, whole, kept)
    before = sum((row.points for row in rows if row.points is not None), Decimal(0))
    total, held = (None, ()) if why_none else _through_gates(plan, profile, before, kpi, review, rules)
    grade = _grade(plan.grades, total)
    _note_lines(profile, lines, why_none, left_out, rules, review)
    if total is not None and plan.grades and grade is None:
        lowest = plan.grades[-1].threshold
        review.append(ReviewItem("no_grade", _who(profile), f"总分 {total} 低于最低一档 {plain(lowest)}，没有等级"))
    employee = EmployeeScore(
        profile.employee_id, plan, total, plan.weight_sum,
        grade=grade.name if grade else None,
        coefficient=grade.coefficient if grade else None,
        fixed=grade.fixed if grade else None,
        before_gates=None if why_none else before,
        left_out=left_out, gates=held, why_none=why_none,
    )
    return employee, rows


def _why_none(plan: Plan, whole: Fraction, kept: Fraction) -> str:
    """R-S1: why there is no score, or nothing."""
    if not kept:
        return "所有有权重的指标都缺数据或样本不足"
    share = (whole - kept) / whole
    if share > Fraction(plan.max_left_out):
        allowed = plain(Fraction(plan.max_left_out) * 100, 2)
        return f"缺数据或样本不足的指标占权重 {plain(share * 100, 2)}%，超过方案允许的 {allowed}%"
    return ""


def _row(employee: str, line: _Judged, peers: Peers, scale: Fraction, rules: RulesFinder | None) -> ScoreRow:
    item, cell = line.item, line.cell
    info = metric_catalogue(rules)[item.request.metric]
    written = Fraction(item.weight)
    weight, points, detail = written, None, ""
    if line.counts and cell.value is not None:
        raw, detail = points_of(item, cell, peers)
        factor = Fraction(1) if item.method == "penalty" else scale
        weight, points = written * factor, half_up(raw * factor)
        if factor != 1:
            detail += f"；其他指标缺数，按权重放大：× {plain(weight)} ÷ {plain(written)} = {points}"
    elif item.method == "penalty":
        points, detail = Decimal("0.00"), "没有数据，不扣分"
    return ScoreRow(
        employee, item.metric, cell.value, weight, points, line.status,
        reason=cell.reason if line.status != "min_sample" else _few(line), detail=detail, unit=info.unit,
        is_ratio=cell.denominator is not None, request_id=item.request.id, method=item.method,
    )


def _few(line: _Judged) -> str:
    return f"样本 {plain(line.cell.denominator or 0)} 少于方案要求的 {plain(line.item.min_sample or 0)}"


def _through_gates(
    plan: Plan, profile: Profile, before: Decimal, kpi: KpiCells, review: list[ReviewItem], rules: RulesFinder | None
) -> tuple[Decimal, tuple[str, ...]]:
    """R-S2: the gates in listed order on the running total, then 0.01 again, never below 0."""
    total, held = Fraction(before), []
    for gate in plan.gates:
        info = metric_catalogue(rules)[gate.request.metric]
        cell = kpi.get((profile.employee_id, gate.request.id), NO_CELL)
        if cell.value is None or cell.status == "missing":
            why = f"（{cell.reason}）" if cell.reason else ""
            review.append(ReviewItem("gate_missing", _who(profile), f"关口指标“{info.name}”没有数据{why}，关口未生效"))
        elif compare(cell.value, gate.op, gate.value):
            after = gate.effect.apply(total)
            shown = value_text(cell.value, info.unit, is_ratio=cell.denominator is not None)
            held.append(f"{info.name} {shown} {gate.op} {plain(gate.value)}：{plain(total, 4)} → {plain(after, 4)}")
            total = after
    return max(half_up(total), Decimal("0.00")), tuple(held)


def _grade(grades: tuple[Grade, ...], total: Decimal | None) -> Grade | None:
    """R-S3: the first grade whose threshold the total reaches."""
    return None if total is None else next((g for g in grades if total >= g.threshold), None)


def _ranked(
    results: list[tuple[EmployeeScore, list[ScoreRow]]],
) -> list[tuple[EmployeeScore, list[ScoreRow]]]:
    """R-S4: place within the plan by total; equal totals share the better place."""
    totals = [e.total for e, _ in results if e.total is not None]
    ranked = []
    for employee, rows in results:
        place = None if employee.total is None else 1 + sum(t > employee.total for t in totals)
        values = {**employee.__dict__, "rank": place, "ranked": len(totals)}
        ranked.append((EmployeeScore(**values), rows))
    return ranked


def _closing_rows(e: EmployeeScore) -> list[ScoreRow]:
    def row(metric: str, value: str | None, points: Decimal | None, there: bool) -> ScoreRow:
        return ScoreRow(e.employee_id, metric, value, None, points, "final" if there else "missing", e.why_none)

    return [
        row("total", None, e.total, e.total is not None),
        row("grade", e.grade, None, e.grade is not None),
        row("rank", None if e.rank is None else str(e.rank), None, e.rank is not None),
    ]


def _note_lines(
    profile: Profile,
    lines: list[_Judged],
    why_none: str,
    left_out: tuple[str, ...],
    rules: RulesFinder | None,
    review: list[ReviewItem],
) -> None:
    """What R-S1 asks to be said: no score, metrics left out, immature values that were scored."""
    names = metric_catalogue(rules)
    if why_none:
        review.append(ReviewItem("no_score", _who(profile), f"{why_none}，没有总分，需人工确定"))
    for line in lines:
        name = names[line.item.request.metric].name
        if line.item.metric in left_out and line.status == "missing":
            why = f"（{line.cell.reason}）" if line.cell.reason else ""
            review.append(ReviewItem("missing_metric", _who(profile), f"“{name}”没有数据{why}，不计分，其余权重按比例放大"))
        elif line.item.metric in left_out and line.status == "min_sample":
            review.append(ReviewItem("min_sample", _who(profile), f"“{name}”{_few(line)}，不计分，其余权重按比例放大"))
        elif line.status == "immature":
            why = f"（{line.cell.reason}）" if line.cell.reason else ""
            review.append(ReviewItem("immature", _who(profile), f"“{name}”未到期{why}，按现有数据计分"))


def _who(profile: Profile) -> str:
    return f"{profile.employee_id} {profile.name}"


def scores_frame(scores: Scores) -> pl.DataFrame:
    """``tables/scores.csv``: employee_id, metric, value, weight, points, status; all text, null empty."""
    columns = ("employee_id", "metric", "value", "weight", "points", "status")
    data = [
        (
            r.employee_id, r.metric,
            r.value if isinstance(r.value, str) else value_text(r.value, r.unit, is_ratio=r.is_ratio),
            None if r.weight is None else plain(r.weight),
            None if r.points is None else str(r.points),
            r.status,
        )
        for r in scores.rows
    ]
    return pl.DataFrame(data, schema=dict.fromkeys(columns, pl.String()), orient="row")
