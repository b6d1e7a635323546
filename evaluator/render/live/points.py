"""Sheet 评分 with formulas: points → total through the gates → grade → coefficient, fixed amount and rank (SPEC §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evaluator.render.live import parameters as named
from evaluator.render.live import rounded
from evaluator.render.live.people import Person
from evaluator.render.sheet import Block, Cell, Highlight, Item
from evaluator.render.view import scores
from evaluator.render.view.prepared import Prepared

NOTES = (
    "总分 = 各项得分之和，依次经过生效的关口；改逐项得分里蓝色的数，总分、等级、系数、名次和工资随之重算。",
)
UNSURE = ("immature", "missing", "min_sample")


def blocks(data: Prepared, staff: Sequence[Person]) -> list[Block]:
    """总分与等级, 逐项得分."""
    people = {one.employee_id: one for one in staff}
    return [_totals(data, people), _points(data, people)]


def _at(block: Block, title: str) -> int:
    return [column.title for column in block.columns].index(title)


def _totals(data: Prepared, people: Mapping[str, Person]) -> Block:
    block = scores.total_block(data)
    scored = [people[employee] for employee in data.evaluation.score_book.by_employee]
    formulas = _Formulas(data, scored)
    where = {what: _at(block, title) for what, title in _TITLES.items()}
    rows = []
    for one, row in zip(scored, block.rows, strict=True):
        cells: list[Item] = list(row)
        for what, place in where.items():
            value = cells[place]
            assert not isinstance(value, Cell)
            formula = formulas.of(one, what)
            cells[place] = Cell(
                value,
                formula=formula,
                anchor=one.anchor(what),
                given=what == "total" and not formula,
            )
        rows.append(cells)
    total = where["total"]
    below = [
        Highlight(total, "below", named.name_of(data, named.PASS, n), places)
        for n in sorted({one.plan_number for one in scored if len(one.plan.grades) > 1})
        if (
            places := tuple(
                i
                for i, one in enumerate(scored)
                if one.plan_number == n and one.score and one.score.total is not None
            )
        )
    ]
    return replace(block, rows=rows, notes=NOTES, highlights=(*below, Highlight(total, "bar")))


_TITLES = {
    "planname": "方案",
    "total": "总分",
    "grade": "等级",
    "factor": "系数",
    "fixed": "固定奖（元）",
    "rank": "名次",
}


class _Formulas:
    def __init__(self, data: Prepared, scored: Sequence[Person]) -> None:
        self.data, self.scored = data, scored
        self.counts: dict[str, int] = {}
        for row in data.evaluation.score_book.rows:
            if row.metric not in scores.SUMMARY:
                self.counts[row.employee_id] = self.counts.get(row.employee_id, 0) + 1

    def of(self, one: Person, what: str) -> str:
        """A cell's formula; "" where it is a value: the plan's name, or a total that a person must decide."""
        if what == "planname":
            return ""
        if what == "total":
            return self._total(one)
        if what == "rank":
            return self._rank(one)
        return self._graded(
            one, {"grade": named.GRADE_NAME, "factor": named.GRADE_FACTOR}.get(what, named.GRADE_FIXED)
        )

    def _total(self, one: Person) -> str:
        score = one.score
        if score is None or score.total is None:
            return ""
        running = f"SUM({{{one.anchor('points1')}:{one.anchor(f'points{self.counts[one.employee_id]}')}}})"
        for held in score.gates:
            amount = named.name_of(
                self.data, named.GATE, one.plan_number, one.plan.gates.index(held.gate) + 1
            )
            kind = held.gate.effect.kind
            running = {"cap": f"MIN({running},{amount})", "multiply": f"{running}*{amount}", "zero": "0"}[
                kind
            ]
        return f"MAX({rounded(running)},0)"

    def _graded(self, one: Person, template: str) -> str:
        """R-S3: of the first grade whose threshold the total reaches."""
        if not one.plan.grades:
            return ""
        total = one.cell("total")
        starts, found = (named.name_of(self.data, t, one.plan_number) for t in (named.GRADE_FROM, template))
        at = f"INDEX({found},1+SUMPRODUCT(({total}<{starts})*1))"
        told = at if template == named.GRADE_NAME else f'IF({at}="","",{at})'
        return f'IF({total}="","",IF({total}<MIN({starts}),"",{told}))'

    def _rank(self, one: Person) -> str:
        """R-S4."""
        first, last = self.scored[0], self.scored[-1]
        plans = f"{{${first.anchor('planname')}:{last.anchor('planname')}}}"
        totals = f"{{${first.anchor('total')}:{last.anchor('total')}}}"
        total = one.cell("total")
        better = f"SUMPRODUCT(EXACT({plans},{one.cell('planname')})*({totals}>{total}))"
        return f'IF({total}="","",1+{better})'


def _points(data: Prepared, people: Mapping[str, Person]) -> Block:
    block = scores.detail_block(data)
    place, status = _at(block, "得分"), _at(block, "状态")
    rows, seen = [], dict.fromkeys(people, 0)
    scored = [row for row in data.evaluation.score_book.rows if row.metric not in scores.SUMMARY]
    for score_row, row in zip(scored, block.rows, strict=True):
        seen[score_row.employee_id] += 1
        anchor = people[score_row.employee_id].anchor(f"points{seen[score_row.employee_id]}")
        cells = list(row)
        cells[place] = Cell(score_row.points, anchor=anchor, given=True)
        rows.append(cells)
    marks = tuple(Highlight(status, "text", data.words.word("statuses", key)) for key in UNSURE)
    return replace(block, rows=rows, highlights=marks)
