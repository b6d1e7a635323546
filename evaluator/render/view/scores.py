"""评分: totals with grade and rank, then each metric's points (SPEC §8)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from evaluator.render.sheet import Block, Cell, Column, Item, Row, Value
from evaluator.render.text import visible
from evaluator.render.view.payroll import person
from evaluator.render.view.prepared import Prepared

if TYPE_CHECKING:
    from evaluator.scoring import EmployeeScore, ScoreRow

SUMMARY = ("total", "grade", "rank")


def number(value: Fraction | str | None) -> Value:
    """A score's value as a number where it is one (for showing only)."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return visible(value)


def total_block(data: Prepared) -> Block:
    """One row an employee: plan, total, grade, coefficient or fixed amount, rank."""
    rows: list[Row] = []
    for employee_id, score in data.evaluation.score_book.by_employee.items():
        rows.append(
            (
                *person(data, employee_id),
                visible(score.plan.name),
                score.total,
                score.weight_sum,
                visible(score.grade or ""),
                score.coefficient,
                score.fixed,
                score.rank,
                explanation(data, score),
            )
        )
    columns = (
        Column("工号", "id", 10),
        Column("姓名", width=10),
        Column("组"),
        Column("角色", width=8),
        Column("方案", width=18),
        Column("总分", "points", 10),
        Column("满分", "factor", 8),
        Column("等级", width=10),
        Column("系数", "factor", 8),
        Column("固定奖（元）", "money"),
        Column("名次", "count", 8, "同一方案内按总分排名，同分取较好名次"),
        Column("说明", "wrap", 30),
    )
    return Block("总分与等级", columns, rows)


def explanation(data: Prepared, score: EmployeeScore) -> str:
    """Why there is no total; which gates held; what was left out (R-S1, R-S2)."""
    parts, say, told = [], data.words.say, data.words.told
    if score.total is None:
        parts.append(say("没有总分，由人工决定：{why}", why=told(visible(score.why_none))))
    parts.extend(say("关口：{metric}", metric=told(visible(gate.text))) for gate in score.gates)
    if score.left_out:
        left = say("、").join(data.words.metric(m) for m in score.left_out)
        parts.append(say("未计入：{metrics}", metrics=left))
    return say("；").join(parts)


def _plain(value: Fraction | None) -> Item:
    return None if value is None else float(value)


def detail_columns(with_person: bool) -> tuple[Column, ...]:
    columns = (
        Column("指标", width=24),
        Column("取值", "count"),
        Column("权重", "factor", 9),
        Column("得分", "points", 9),
        Column("状态", width=10),
        Column("说明", "wrap", 50),
    )
    return (Column("工号", "id", 10), Column("姓名", width=10), *columns) if with_person else columns


def detail_row(data: Prepared, row: ScoreRow) -> tuple[Item, ...]:
    """指标, 取值, 权重, 得分, 状态, 说明."""
    words = data.words
    why = (words.reason(row.reason), words.told(row.detail))
    reason = words.say("；").join(visible(part) for part in why if part)
    return (
        words.metric(row.request_id or row.metric),
        Cell(number(row.value), data.kind(row.request_id or row.metric, row.unit)),
        _plain(row.weight),
        row.points,
        words.word("statuses", row.status),
        reason,
    )


def detail_block(data: Prepared) -> Block:
    rows = [
        (visible(r.employee_id), data.name(r.employee_id), *detail_row(data, r))
        for r in data.evaluation.score_book.rows
        if r.metric not in SUMMARY
    ]
    return Block("逐项得分", detail_columns(with_person=True), rows)
