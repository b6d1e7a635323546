"""绩效工资: one row an employee, one column a pay line; then how each line came about (SPEC §9)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from evaluator.model import EvaluatorError, PayLine
from evaluator.pay import LINES
from evaluator.render.sheet import Block, Column, Item, Row
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared

#: SPEC §9, the order of lines; allowances keep the order in which the plans list them.
*LINE_ORDER, TOTAL = LINES
PERSON = (
    Column("工号", "id", 10),
    Column("姓名", width=10),
    Column("组", width=10),
    Column("角色", width=8),
)


def person(data: Prepared, employee_id: str) -> tuple[Item, ...]:
    """工号, 姓名, 组, 角色."""
    profile = data.evaluation.profiles.get(employee_id)
    group = visible(profile.group) if profile and profile.group else ""
    role = data.words.word("roles", profile.role) if profile else ""
    return visible(employee_id), data.name(employee_id), group, role


def lines_used(lines: list[PayLine]) -> list[str]:
    """The pay lines that occur, in SPEC order, without the total."""
    return line_order(dict.fromkeys(p.line for p in lines if p.line != TOTAL))


def line_order(lines: Iterable[str]) -> list[str]:
    """Pay lines in SPEC order."""
    place = {line: n for n, line in enumerate(LINE_ORDER)}
    return sorted(lines, key=lambda line: place.get(line.partition(":")[0], len(place)))


def payroll_block(data: Prepared) -> Block:
    """The payroll, its total row and grand total.

    Raises EvaluatorError where the lines of an employee do not sum to his total, or the totals not to the
    manifest's (R-P4): a report with two different sums must not be written."""
    lines = data.evaluation.pay.lines
    used = lines_used(lines)
    by_person: dict[str, dict[str, Decimal]] = {}
    for line in lines:
        own = by_person.setdefault(line.employee_id, {})
        own[line.line] = own.get(line.line, Decimal(0)) + line.amount
    rows: list[Row] = []
    for employee_id, amounts in by_person.items():
        parts = [amounts.get(line) for line in used]
        if sum((p for p in parts if p is not None), Decimal(0)) != amounts[TOTAL]:
            raise EvaluatorError(f"工资条内部不一致：员工 {employee_id} 各项之和不等于合计 {amounts[TOTAL]}")
        rows.append((*person(data, employee_id), *parts, amounts[TOTAL]))
    sums = [sum((a.get(line, Decimal(0)) for a in by_person.values()), Decimal(0)) for line in (*used, TOTAL)]
    stated = Decimal(str(data.evaluation.manifest["totals"]["payroll"]))
    if sums[-1] != stated:
        raise EvaluatorError(f"工资总额不一致：各员工合计 {sums[-1]}，manifest.json 为 {stated}")
    return Block(
        "绩效工资（元）",
        (
            *PERSON,
            *(Column(data.words.line(line), "money", 13) for line in used),
            Column("合计", "money", 14),
        ),
        rows,
        total=(data.words.say("合计"), data.words.say("{n} 人", n=len(rows)), "", "", *sums),
    )


def formula_block(data: Prepared) -> Block:
    """How everybody's pay came about, line after line (``paytree``)."""
    names = {line.employee_id: visible(line.name) for line in data.evaluation.pay.lines}
    rows = [
        (visible(employee_id), names[employee_id], text)
        for employee_id, lines in data.pay_trees.items()
        for text in lines
    ]
    columns = (Column("工号", "id"), Column("姓名"), Column("计算过程", "wrap", 120))
    return Block("工资计算过程", columns, rows)


def balance_block(data: Prepared, only: str | None = None) -> Block:
    """What is carried forward (R-P2); ``only``: one employee's."""
    rows: list[Row] = [
        (
            visible(b.employee_id),
            data.name(b.employee_id),
            visible(str(b.since)),
            b.amount,
            data.words.told(visible(b.reason)),
        )
        for b in data.evaluation.pay.balances
        if only is None or b.employee_id == only
    ]
    columns = (
        Column("工号", "id"),
        Column("姓名"),
        Column("起始账期", width=14),
        Column("金额（元）", "money", 13),
        Column("原因", "wrap", 60),
    )
    return Block("结转余额", columns, rows)
