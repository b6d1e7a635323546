"""From figures to points, totals, grades and ranks (SPEC §8). Exact arithmetic throughout.

The points of one line are worked out in ``scoremethods``; here stand what is left out and how weights are
scaled (R-S1), gates (R-S2), grades (R-S3) and ranks (R-S4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from evaluator.metrics.request import MetricRequest
from evaluator.model import KpiCell, Profile, ReviewItem
from evaluator.numbers import half_up, percent, plain, value_text
from evaluator.plan import Gate, Plan, ScoreItem, compare, plan_for
from evaluator.rulebook import MetricInfo, RulesFinder, label, metric_catalogue
from evaluator.scoremethods import Peers, points_of

#: (agent id, MetricRequest.id) → cell; an absent key is a missing figure.
KpiCells = Mapping[tuple[str, str], KpiCell]

NO_CELL = KpiCell(None, None, None, "missing", "没有这个数")


@dataclass(frozen=True)
class ScoreRow:
    """One row of ``tables/scores.csv``. ``points`` None: left out; ``weight`` as scaled, or as written where
    left out. Rows ``total``, ``grade`` and ``rank`` come last for each employee."""

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


@dataclass(frozen=True)
class GateHeld:
    """A gate whose condition was met (R-S2), the running total before and after it, and that in words."""

    gate: Gate
    before: Fraction
    after: Fraction
    text: str


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
    gates: tuple[GateHeld, ...] = ()  # the gates that held, in their order
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

    @property
    def is_left_out(self) -> bool:
        """R-S1; a penalty has no weight to leave out."""
        return bool(self.item.weight) and not self.counts

    @property
    def too_few(self) -> str:
        least = plain(self.item.min_sample or 0)
        return f"样本 {plain(self.cell.denominator or 0)} 少于方案要求的 {least}"


@dataclass(frozen=True)
class _Run:
    """What scoring one month reads, and where it notes what a person should look at."""

    kpi: KpiCells
    review: list[ReviewItem]
    rules: RulesFinder | None

    def cell(self, employee: str, request: MetricRequest) -> KpiCell:
        return self.kpi.get((employee, request.id), NO_CELL)

    def info(self, request: MetricRequest) -> MetricInfo:
        return metric_catalogue(self.rules)[request.metric]

    def note(self, kind: str, profile: Profile, detail: str) -> None:
        self.review.append(ReviewItem(kind, f"{profile.employee_id} {profile.name}", detail))

    def because(self, cell: KpiCell) -> str:
        return f"（{label('reasons', cell.reason, rules=self.rules)}）" if cell.reason else ""


def score_all(
    plans: Sequence[Plan],
    profiles: Sequence[Profile],
    kpi: KpiCells,
    *,
    period_start: date,
    rules: RulesFinder | None = None,
) -> Scores:
    """R-S1 … R-S4 for every employee whom a plan with a ``score`` fits, by employee id. ``kpi``: money in
    yuan, time in seconds or hours, exact. Employees whom no plan fits are listed by ``compute_pay``."""
    scores = Scores()
    run = _Run(kpi, scores.review, rules)
    members: dict[str, list[Profile]] = defaultdict(list)
    for profile in sorted(profiles, key=lambda p: p.employee_id):
        plan = plan_for(plans, profile)
        if plan is not None and plan.score:
            members[plan.name].append(profile)
    found: list[tuple[EmployeeScore, list[ScoreRow]]] = []
    for plan in plans:
        found.extend(_score_plan(plan, members[plan.name], run))
    for employee, rows in sorted(found, key=lambda pair: pair[0].employee_id):
        scores.by_employee[employee.employee_id] = employee
        scores.rows.extend([*rows, *_closing_rows(employee)])
    return scores


def score_cells(
    plan: Plan,
    subjects: Sequence[Profile],
    cells: Mapping[str, Sequence[KpiCell]],
    rules: RulesFinder | None = None,
) -> list[tuple[EmployeeScore, list[ScoreRow]]]:
    """The same for one plan where each line's figure is given: ``cells``: employee id → a cell for each of
    ``plan.score``. A platform's pack scores shops so, each a subject of its own."""
    return _score_cells(plan, subjects, cells, _Run({}, [], rules))


def _score_plan(
    plan: Plan, staff: Sequence[Profile], run: _Run
) -> list[tuple[EmployeeScore, list[ScoreRow]]]:
    cells = {p.employee_id: [run.cell(p.employee_id, item.request) for item in plan.score] for p in staff}
    return _score_cells(plan, staff, cells, run)


def _score_cells(
    plan: Plan, staff: Sequence[Profile], cells: Mapping[str, Sequence[KpiCell]], run: _Run
) -> list[tuple[EmployeeScore, list[ScoreRow]]]:
    judged = {
        p.employee_id: [
            _judge(item, cell) for item, cell in zip(plan.score, cells[p.employee_id], strict=True)
        ]
        for p in staff
    }
    peers = [_peers(i, staff, judged) for i in range(len(plan.score))]
    results = [
        _score_one(plan, p, judged[p.employee_id], [groups[p.group] for groups in peers], run) for p in staff
    ]
    totals = [e.total for e, _ in results if e.total is not None]
    return [(replace(e, rank=_place(e.total, totals), ranked=len(totals)), rows) for e, rows in results]


class PlanScores:
    """The people of one plan, any of whom is scored again by other figures while the others' stay."""

    def __init__(
        self, plan: Plan, staff: Sequence[Profile], kpi: KpiCells, rules: RulesFinder | None = None
    ) -> None:
        self.plan, self._rules = plan, rules
        self._judged = {p.employee_id: self._lines(p, kpi) for p in staff}
        self._peers = [_peers(i, staff, self._judged) for i in range(len(plan.score))]

    def _lines(self, profile: Profile, kpi: KpiCells) -> list[_Judged]:
        cells = [kpi.get((profile.employee_id, item.request.id), NO_CELL) for item in self.plan.score]
        return [_judge(item, cell) for item, cell in zip(self.plan.score, cells, strict=True)]

    def counts(self, profile: Profile, index: int) -> bool:
        """Whether his figure of this line of the plan is scored (R-S1)."""
        return self._judged[profile.employee_id][index].counts

    def peers(self, profile: Profile, index: int) -> Peers:
        """What he is ranked among on this line, his own value included."""
        return self._peers[index][profile.group]

    def score(self, profile: Profile, kpi: KpiCells) -> tuple[EmployeeScore, list[ScoreRow]]:
        """R-S1 to R-S3 by the figures ``kpi``."""
        lines = self._lines(profile, kpi)
        peers = [self._with(profile, i, line) for i, line in enumerate(lines)]
        return _score_one(self.plan, profile, lines, peers, _Run(kpi, [], self._rules))

    def _with(self, profile: Profile, index: int, line: _Judged) -> Peers:
        """Those he is ranked among, his value replaced by the new one."""
        peers, old = self.peers(profile, index), self._judged[profile.employee_id][index]
        if line.item.method != "rank" or old == line:
            return peers
        values = list(peers.values)
        if old.counts and old.cell.value is not None:
            values.remove(old.cell.value)
        if line.counts and line.cell.value is not None:
            values.append(line.cell.value)
        return Peers(tuple(values))


def _judge(item: ScoreItem, cell: KpiCell) -> _Judged:
    """R-S1: missing, below ``min_sample``, or counting."""
    if cell.value is None or cell.status == "missing":
        return _Judged(item, cell, "missing")
    least, sample = item.min_sample, cell.denominator
    if least is not None and sample is not None and sample < Fraction(least):
        return _Judged(item, cell, "min_sample")
    return _Judged(item, cell, cell.status)


def _peers(
    index: int, staff: Sequence[Profile], judged: Mapping[str, list[_Judged]]
) -> dict[str | None, Peers]:
    """Values to rank among on one line, by roster group: of the same plan, not left out."""
    values: dict[str | None, list[Fraction]] = {p.group: [] for p in staff}
    for profile in staff:
        line = judged[profile.employee_id][index]
        if line.counts and line.cell.value is not None:
            values[profile.group].append(line.cell.value)
    return {group: Peers(tuple(found)) for group, found in values.items()}


def _place(total: Decimal | None, totals: Sequence[Decimal]) -> int | None:
    """R-S4: place within the plan by total; equal totals share the better place."""
    return None if total is None else 1 + sum(other > total for other in totals)


def _score_one(
    plan: Plan, profile: Profile, lines: list[_Judged], peers: list[Peers], run: _Run
) -> tuple[EmployeeScore, list[ScoreRow]]:
    whole = Fraction(plan.weight_sum)
    kept = sum((Fraction(line.item.weight) for line in lines if line.counts), Fraction(0))
    scale = whole / kept if kept else Fraction(1)
    rows = [_row(profile, line, group, scale, run) for line, group in zip(lines, peers, strict=True)]
    why_none = _why_none(plan, whole, kept)
    _note_lines(profile, lines, why_none, run)
    employee = EmployeeScore(
        profile.employee_id,
        plan,
        None,
        plan.weight_sum,
        left_out=tuple(line.item.metric for line in lines if line.is_left_out),
        why_none=why_none,
    )
    if why_none:
        return employee, rows
    before = sum((row.points for row in rows if row.points is not None), Decimal(0))
    total, held = _through_gates(plan, profile, before, run)
    employee = with_total(replace(employee, before_gates=before, gates=held), total)
    if plan.grades and employee.grade is None:
        lowest = plain(plan.grades[-1].threshold)
        run.note("no_grade", profile, f"总分 {total} 低于最低一档 {lowest}，没有等级")
    return employee, rows


def with_total(employee: EmployeeScore, total: Decimal) -> EmployeeScore:
    """R-S3: with this total, and the first grade whose threshold it reaches."""
    grade = next((g for g in employee.plan.grades if total >= g.threshold), None)
    return replace(
        employee,
        total=total,
        grade=grade.name if grade else None,
        coefficient=grade.coefficient if grade else None,
        fixed=grade.fixed if grade else None,
    )


def _why_none(plan: Plan, whole: Fraction, kept: Fraction) -> str:
    """R-S1: why there is no score, or nothing."""
    if not kept:
        return "所有有权重的指标都缺数据或样本不足"
    share = (whole - kept) / whole
    if share > Fraction(plan.max_left_out):
        return f"缺数据或样本不足的指标占权重 {percent(share, 2)}，超过允许的 {percent(plan.max_left_out, 2)}"
    return ""


def _row(profile: Profile, line: _Judged, peers: Peers, scale: Fraction, run: _Run) -> ScoreRow:
    item, cell = line.item, line.cell
    written = Fraction(item.weight)
    weight, points, detail = written, None, ""
    if line.counts:
        raw, detail = points_of(item, cell, peers)
        factor = Fraction(1) if item.method == "penalty" else scale
        weight, points = written * factor, half_up(raw * factor)
        if factor != 1:
            detail += f"；有指标不计分，权重由 {plain(written)} 放大到 {plain(weight, 4)}，得 {points}"
    elif item.method == "penalty":
        points, detail = Decimal("0.00"), "没有数据，不扣分"
    return ScoreRow(
        profile.employee_id,
        item.metric,
        cell.value,
        weight,
        points,
        line.status,
        reason=line.too_few if line.status == "min_sample" else cell.reason,
        detail=detail,
        unit=run.info(item.request).unit,
        is_ratio=cell.denominator is not None,
        request_id=item.request.id,
        method=item.method,
    )


def _through_gates(
    plan: Plan, profile: Profile, before: Decimal, run: _Run
) -> tuple[Decimal, tuple[GateHeld, ...]]:
    """R-S2: the gates in listed order on the running total, then 0.01 again, never below 0."""
    total, held = Fraction(before), list[GateHeld]()
    for gate in plan.gates:
        info, cell = run.info(gate.request), run.cell(profile.employee_id, gate.request)
        if cell.value is None or cell.status == "missing":
            run.note("gate_missing", profile, f"关口指标“{info.name}”没有数据{run.because(cell)}，关口未生效")
        elif compare(cell.value, gate.op, gate.value):
            after = gate.effect.apply(total)
            shown = f"{info.name} {plain(cell.value, 4)} {gate.op} {plain(gate.value)}"
            changed = (
                f"{plain(total, 4)} → {plain(after, 4)}" if after != total else f"{plain(total, 4)} 不变"
            )
            held.append(GateHeld(gate, total, after, f"{shown}：{changed}"))
            total = after
    return max(half_up(total), Decimal("0.00")), tuple(held)


def _closing_rows(e: EmployeeScore) -> list[ScoreRow]:
    def row(metric: str, value: str | None, points: Decimal | None, there: bool) -> ScoreRow:
        return ScoreRow(
            e.employee_id, metric, value, None, points, "final" if there else "missing", e.why_none
        )

    return [
        row("total", None, e.total, e.total is not None),
        row("grade", e.grade, None, e.grade is not None),
        row("rank", None if e.rank is None else str(e.rank), None, e.rank is not None),
    ]


def _note_lines(profile: Profile, lines: list[_Judged], why_none: str, run: _Run) -> None:
    """What R-S1 asks to be said: no score, metrics left out, immature values that were scored."""
    if why_none:
        run.note("no_score", profile, f"{why_none}，没有总分，需人工确定")
    for line in lines:
        name, because = run.info(line.item.request).name, run.because(line.cell)
        if line.status == "immature":
            run.note("immature", profile, f"“{name}”未到期{because}，按现有数据计分")
        elif line.is_left_out and line.status == "missing":
            run.note("missing_metric", profile, f"“{name}”没有数据{because}，不计分，其余权重按比例放大")
        elif line.is_left_out:
            run.note("min_sample", profile, f"“{name}”{line.too_few}，不计分，其余权重按比例放大")


def scores_frame(scores: Scores) -> pl.DataFrame:
    """``tables/scores.csv``: employee_id, metric, value, weight, points, status; all text, null empty."""
    columns = ("employee_id", "metric", "value", "weight", "points", "status")
    data = [
        (
            r.employee_id,
            r.metric,
            r.value if isinstance(r.value, str) else value_text(r.value, r.unit, is_ratio=r.is_ratio),
            None if r.weight is None else plain(r.weight),
            None if r.points is None else str(r.points),
            r.status,
        )
        for r in scores.rows
    ]
    return pl.DataFrame(data, schema=dict.fromkeys(columns, pl.String()), orient="row")
