"""Sheet 图表: pay by person and line, points by person; the numbers beneath are those of sheet 绩效工资."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.render.live.payroll import ZERO, lines_shown
from evaluator.render.live.people import Person
from evaluator.render.sheet import Block, Cell, Chart, Column, Row, Sheet
from evaluator.render.view.prepared import Prepared

SHOWN = 40  # people; more cannot be told apart


def sheet_of(data: Prepared, staff: Sequence[Person], title: str) -> Sheet:
    shown, lines, say = list(staff[:SHOWN]), lines_shown(staff), data.words.say
    names = [data.name(one.employee_id) for one in shown]
    rows: list[Row] = []
    for n, one in enumerate(shown):
        pay = [
            Cell(one.amount(line) or ZERO, formula=f"N({one.cell(f'pay{m}')})", anchor=f"c{n}.{m}")
            for m, line in enumerate(lines)
        ]
        total = Cell(one.total, formula=one.cell(f"pay{len(lines)}"))
        rows.append((Cell(names[n], anchor=f"c{n}"), *pay, total, _points(one, f"c{n}.points")))
    columns = (
        Column("姓名", width=10),
        *(Column(data.words.line(line), "money", 13) for line in lines),
        Column("合计", "money", 14),
        Column("总分", "points", 10),
    )
    notes: tuple[str, ...] = ("数值引用绩效工资和评分两张表，随之变化。",)
    if len(staff) > SHOWN:
        notes += (say("共 {n} 人，图中只画前 {shown} 人。", n=len(staff), shown=SHOWN),)
    block = Block("图表数据", columns, rows, notes=notes)
    return Sheet("图表", title, [block], charts=_charts(data, shown, lines, names) if shown else ())


def _points(one: Person, anchor: str) -> Cell:
    formula = one.cell("total") if one.score and one.score.total is not None else ""
    return Cell(one.score.total if one.score else None, formula=formula, anchor=anchor)


def _charts(
    data: Prepared, shown: Sequence[Person], lines: Sequence[str], names: Sequence[str]
) -> tuple[Chart, ...]:
    say, last = data.words.say, len(shown) - 1
    labels = ("c0", f"c{last}", names)
    pay = [
        (data.words.line(line), f"c0.{m}", f"c{last}.{m}", [one.amount(line) for one in shown])
        for m, line in enumerate(lines)
    ]
    points = (
        say("总分"),
        "c0.points",
        f"c{last}.points",
        [one.score.total if one.score else None for one in shown],
    )
    return (
        Chart(say("每人工资的构成（元）"), labels, pay, stacked=True),
        Chart(say("每人总分"), labels, [points]),
    )
