"""Pay and score as the employee himself may see them: line by line, and what the next step of each figure is worth.

What would tell what a colleague earns, scores or sells is left out: the sum that a pool of few people is shared by,
places and numbers of people where the plan does not show ranks (``show_rank``)."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from evaluator.model import PayLine
from evaluator.nextstep import Step, next_steps
from evaluator.plan import Attainment, Bands, Linear, Penalty, ScoreItem
from evaluator.plan import Rank as RankMethod
from evaluator.render.sheet import Block, Cell, Column, Row, show
from evaluator.render.text import visible
from evaluator.render.view import payroll, paytree, scores
from evaluator.render.view.plans import method_text
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.slices import Slices
from evaluator.scoring import EmployeeScore, ScoreRow

#: With so many people or fewer, the sum that a pool is shared by tells what each of them has.
FEW = 5
FULL_RANK = "place_of"
#: How finely a distance is told, by the kind of the figure.
_FINEST = {"seconds": Decimal("0.1"), "hours": Decimal("0.1"), "money": Decimal("0.01"), "count": Decimal(1)}
ASSUMED = (
    "每行只变这一个指标：本期的其他指标、同事的数与奖池都不变，按方案重新评分、重新算薪得出。"
    "工资不变的，是被封顶或保底抵消，或没有跨过等级。"
)


class OwnPay:
    """Of each employee of the period."""

    def __init__(self, data: Prepared, slices: Slices) -> None:
        self.data, self._cut = data, slices
        self._steps = next_steps(data.evaluation)
        self._say = data.words.say

    def hide(self, text: str, me: str, buyer: str | None = None) -> str:
        return visible(self._cut.redactor.hide(text, me, buyer))

    # ---- pay -------------------------------------------------------------------------------------
    def total(self, me: str) -> Decimal | None:
        return next((p.amount for p in self._cut.pay.get(me, []) if p.line == payroll.TOTAL), None)

    def pay_block(self, me: str) -> Block:
        """His lines with their formulas."""
        rows = [
            (self.data.words.line(p.line), p.amount, self.hide(self.formula(p), me))
            for p in self._cut.pay.get(me, [])
            if p.line != payroll.TOTAL
        ]
        total = self.total(me)
        columns = (Column("项目"), Column("金额（元）", "money"), Column("怎么算的", "wrap"))
        whole = (self._say("合计"), total, "") if total is not None else None
        return Block("工资", columns, rows, total=whole)

    def tree(self, me: str) -> str:
        """Why he is paid what (``paytree``), told for his eyes."""
        lines = self._cut.pay.get(me)
        if not lines:
            return ""
        rows = [row for row in self._cut.scores.get(me, []) if row.metric not in scores.SUMMARY]
        told = paytree.employee_tree(self.data, me, lines, rows, self.formula, self.detail)
        return "\n".join(self.hide(line, me) for line in told)

    def formula(self, line: PayLine) -> str:
        """As recorded, without the sum of a pool of few."""
        people = int(line.inputs.get("people", 0))
        if line.line != "pool" or not 1 < people <= FEW:
            return self.data.words.told(line.formula)
        return self._say("团队奖池按方案分给 {people} 人；人数少，只列您分得的数", people=people)

    def balances(self, me: str) -> Block:
        block = payroll.balance_block(self.data, only=me)
        rows = [(since, amount, self.hide(str(why), me)) for _, _, since, amount, why in block.rows]
        return Block(block.title, block.columns[2:], rows)

    # ---- score -----------------------------------------------------------------------------------
    def score(self, me: str) -> EmployeeScore | None:
        return self.data.evaluation.score_book.by_employee.get(me)

    def rank(self, score: EmployeeScore) -> str:
        """R-S4, as far as the plan shows it to him."""
        if score.plan.show_rank == "none":
            return ""
        if score.rank is None:
            return self._say("无名次")
        if score.plan.show_rank == FULL_RANK:
            return self._say("第 {place} 名，共 {people} 人", place=score.rank, people=score.ranked)
        return self._say("第 {place} 名", place=score.rank)

    def detail(self, row: ScoreRow) -> str:
        """How points came about, without places where the plan does not show them."""
        score = self.score(row.employee_id)
        if row.method != "rank" or not row.detail or score is None or score.plan.show_rank == FULL_RANK:
            return self.data.words.told(row.detail)
        scaled = self.data.words.told(row.detail.partition("；")[2])
        return self._say("；").join(part for part in (self._say("按组内名次计分"), scaled) if part)

    def score_block(self, me: str) -> Block:
        """Each line of the plan: figure, target, weight, points, why."""
        rows: list[Row] = []
        score = self.score(me)
        details = [r for r in self._cut.scores.get(me, []) if r.metric not in scores.SUMMARY]
        for item, row in zip(score.plan.score if score else (), details, strict=True):
            metric, value, weight, points, *_ = scores.detail_row(self.data, row)
            marked = self.data.words.word("statuses", row.status) if row.status != "final" else ""
            reason = self.data.words.reason(row.reason)
            why = self.hide(
                self._say("；").join(part for part in (marked, reason, self.detail(row)) if part), me
            )
            how = f"{self.data.words.word('methods', item.method)}{self._say('：')}{method_text(item, self._say)}"
            rows.append((metric, value, self.target(item), weight, points, Cell(why, note=how)))
        columns = (
            Column("指标"),
            Column("取值", "count"),
            Column("目标", "id", note="得满分（倒扣项：不扣分）的取值"),
            Column("权重", "factor"),
            Column("得分", "points"),
            Column("怎么算的", "wrap"),
        )
        total = (self._say("总分"), "", "", "", score.total, "") if score else None
        return Block("评分", columns, rows, total=total)

    def score_note(self, me: str) -> str:
        score = self.score(me)
        return self.hide(scores.explanation(self.data, score), me) if score is not None else ""

    def grades(self, me: str) -> str:
        score = self.score(me)
        if score is None:
            return ""
        grades = [f"{visible(g.name)} ≥ {show(g.threshold, 'factor')}" for g in score.plan.grades]
        return self._say("；").join(grades)

    def target(self, item: ScoreItem) -> str:
        """The figure that earns the whole weight."""
        sign = "≤" if item.lower_is_better else "≥"
        match item.how:
            case Bands(bands):
                limit = bands[0][0] if bands else None
            case Linear(worst, best):
                limit, sign = best, "≥" if best > worst else "≤"
            case RankMethod():
                return self._say("组内第 1 名")
            case Penalty(op, limit, _):
                opposite = {">": "≤", ">=": "<", "<": "≥", "<=": ">", "==": "≠", "!=": "="}
                return f"{opposite[op]} {self._figure(item.request.id, limit)}"
            case Attainment(target, _):
                limit = target
            case how:
                limit = how.target
        return "—" if limit is None else f"{sign} {self._figure(item.request.id, limit)}"

    # ---- the next step ---------------------------------------------------------------------------
    def steps_block(self, me: str) -> Block:
        """What the next step of each figure is worth, in points and yuan."""
        rows = [self._step_row(step) for step in self._steps.of(me)]
        columns = (
            Column("再做到"),
            Column("得分", "points", note="这一项的得分"),
            Column("总分", "points"),
            Column("工资（元）", "money"),
        )
        notes = (ASSUMED, "按直线或达成率计分的，列一小步；到满分前每一小步大致相同。")
        return Block("下一步值多少钱", columns, rows, notes=notes if rows else ())

    def _step_row(self, step: Step) -> Row:
        name = self.data.words.metric(step.request_id)
        if step.kind == "gate":
            name = self._say("关口：{metric}", metric=name)
        if step.kind == "grade":
            name = self._say("总分到“{grade}”", grade=visible(step.grade))
        points = f"{step.points:+,.2f}" if step.kind == "score" else ""
        return (Cell(name, note=self._what(step)), points, f"{step.total:+,.2f}", f"{step.pay:+,.2f}")

    def _what(self, step: Step) -> str:
        """``再快 3.2 秒，到 40.0 秒``: the distance rounded up, so that whoever goes it arrives."""
        if step.now is None or step.then is None:
            return self._say("名次前进 {places} 位", places=step.places)
        if step.kind == "grade":
            return self._say("再得 {points} 分", points=show(step.total, "points"))
        kind = self.data.kind(step.request_id)
        amount = self._distance(step.request_id, abs(step.then - step.now), kind)
        to = self._figure(step.request_id, _decimal(step.then))
        return self._say(_TOWARDS[kind in ("seconds", "hours"), step.then > step.now], amount=amount, to=to)

    def _distance(self, metric: str, gap: Fraction, kind: str) -> str:
        if kind == "ratio":
            return self._say("{points} 个百分点", points=show(_up(gap * 100, Decimal("0.01")), "factor"))
        return self._figure(metric, _up(gap, _FINEST.get(kind, Decimal("0.01"))))

    def _figure(self, metric: str, value: Decimal) -> str:
        return self.data.words.quantity(value, self.data.kind(metric))


#: (is it a time, does it grow) → how a step is told.
_TOWARDS = {
    (True, True): "再慢 {amount}，到 {to}",
    (True, False): "再快 {amount}，到 {to}",
    (False, True): "再高 {amount}，到 {to}",
    (False, False): "再低 {amount}，到 {to}",
}


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _up(value: Fraction, finest: Decimal) -> Decimal:
    return math.ceil(value / Fraction(finest)) * finest
