"""What a form may ask for: ``{{period}}``, ``{{row.name}}``; each name in English and in Chinese."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from evaluator.pay import LINES
from evaluator.render.live.people import Person, people
from evaluator.render.sheet import Value, show
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared
from evaluator.scoring import ScoreRow

ROW = "row."
ZERO = Decimal("0.00")
Get = Callable[[Person], Value]

#: Name → Chinese name, what it is. Those of pay lines, allowances and metrics come besides.
MONTH_WORDS = {
    "period": ("账期", "2026-10-01 至 2026-10-31"),
    "period_start": ("账期首日", "日期"),
    "period_end": ("账期末日", "日期"),
    "month": ("月份", "2026年10月"),
    "shop": ("店铺", "店铺名，几家时以顿号相连"),
    "plans": ("方案", "方案名"),
    "people": ("人数", "发工资的人数"),
    "total": ("工资总额", "所有人合计，元"),
}
ROW_WORDS = {
    "no": ("序号", "从 1 起"),
    "employee_id": ("工号", ""),
    "name": ("姓名", ""),
    "group": ("组", ""),
    "role": ("角色", ""),
    "plan": ("方案", ""),
    "hired": ("入职日期", "日期"),
    "base_salary": ("底薪标准", "元"),
    "worked_days": ("出勤天数", ""),
    "due_days": ("应出勤天数", ""),
    "score": ("总分", ""),
    "full_score": ("满分", ""),
    "grade": ("等级", ""),
    "coefficient": ("等级系数", ""),
    "rank": ("名次", "同一方案内"),
}
#: Shown within a text as plain numbers, without decimals that say nothing; all else that is no whole number is money.
_PLAIN = ("worked_days", "due_days", "full_score", "coefficient")
PLAIN = {ROW + said for name in _PLAIN for said in (name, ROW_WORDS[name][0])}


class Vocabulary:
    """``month``: name → value; ``row``: name without ``row.`` → what it is of an employee. ``staff``: the rows, by
    group and employee id as on sheet 绩效工资."""

    def __init__(self, data: Prepared) -> None:
        self.data = data
        everyone = people(data)
        first = {one.group: n for n, one in reversed(list(enumerate(everyone)))}
        self.staff = sorted(everyone, key=lambda one: first[one.group])
        self.month = dict(self._month(everyone))
        self.row = dict(self._row())

    def knows(self, name: str) -> bool:
        return name[len(ROW) :] in self.row if name.startswith(ROW) else name in self.month

    def value(self, name: str, one: Person | None) -> Value:
        if one is not None and name.startswith(ROW):
            return self.row[name[len(ROW) :]](one)
        return self.month.get(name)

    def text(self, name: str, one: Person | None) -> str:
        """A value within other words of a cell."""
        value = self.value(name, one)
        kind = "count" if isinstance(value, int) else "factor" if name in PLAIN else "money"
        return "" if value is None else show(value, kind)

    def nearest(self, name: str) -> list[str]:
        """Names that an unknown one may have meant."""
        names = [*self.month, *(ROW + row for row in self.row)]
        return difflib.get_close_matches(name, names, n=3, cutoff=0.5)

    def _month(self, staff: Sequence[Person]) -> Iterator[tuple[str, Value]]:
        start, end = self.data.period
        last = start.fromordinal(end.toordinal() - 1)
        config = self.data.evaluation.month.config
        values: dict[str, Value] = {
            "period": f"{start} 至 {last}",
            "period_start": start,
            "period_end": last,
            "month": f"{start.year}年{start.month}月",
            "shop": "、".join(visible(shop) for shop in self.data.ids("shop")),
            "plans": "、".join(visible(plan.name) for plan in config.plans),
            "people": len(staff),
            "total": sum((one.total for one in staff), ZERO),
        }
        for name, value in values.items():
            yield name, value
            yield MONTH_WORDS[name][0], value
        for name, get in self._lines():
            amounts = [get(one) for one in staff]
            whole = sum((a for a in amounts if isinstance(a, Decimal)), ZERO)
            yield f"sum.{name}", whole
            yield f"合计.{name}", whole

    def _row(self) -> Iterator[tuple[str, Get]]:
        yield from self._figures()
        yield from self._lines()
        for line in LINES:
            kind = "total" if line == "total" else line
            for name in (line, self.data.words.line(line)):
                yield f"formula.{name}", _told(kind)
                yield f"计算.{name}", _told(kind)
        numbers = {one.employee_id: n for n, one in enumerate(self.staff, 1)}
        own: dict[str, Get] = {
            "no": lambda one: numbers[one.employee_id],
            "employee_id": lambda one: visible(one.employee_id),
            "name": lambda one: self.data.name(one.employee_id),
            "group": lambda one: one.group,
            "role": lambda one: self.data.words.word("roles", one.profile.role) if one.profile else None,
            "plan": lambda one: visible(one.plan.name),
            "hired": lambda one: one.profile.hired if one.profile else None,
            "base_salary": lambda one: one.given("base", "base_salary"),
            "worked_days": lambda one: one.given("base", "worked_days"),
            "due_days": lambda one: one.given("base", "due_days"),
            "score": lambda one: one.score.total if one.score else None,
            "full_score": lambda one: one.score.weight_sum if one.score else None,
            "grade": lambda one: visible(one.score.grade or "") if one.score else None,
            "coefficient": lambda one: one.score.coefficient if one.score else None,
            "rank": lambda one: one.score.rank if one.score else None,
        }
        for name, get in own.items():
            yield name, get
            yield ROW_WORDS[name][0], get

    def _lines(self) -> Iterator[tuple[str, Get]]:
        """Pay lines, also of plans that do not pay them this month: then empty; allowances by name and all together."""
        allowances = dict.fromkeys(
            f"allowance:{a.name}"
            for plan in self.data.evaluation.month.config.plans
            for a in plan.pay.allowances
        )
        for line in allowances:
            name = line.partition(":")[2]
            for title in (f"allowance.{name}", name):
                yield title, _amount(line)
        for line in LINES:
            get = _allowances if line == "allowance" else _total if line == "total" else _amount(line)
            yield line, get
            yield self.data.words.line(line), get

    def _figures(self) -> Iterator[tuple[str, Get]]:
        """``points.<metric>`` and ``kpi.<metric>``, by id and by name."""
        rows = {
            (row.employee_id, row.request_id or row.metric): row
            for row in self.data.evaluation.score_book.rows
        }
        for metric in self.data.metrics:
            for name in (metric, self.data.words.metric(metric)):
                for kind, get in (
                    ("points", _points(rows, metric)), ("得分", _points(rows, metric)),
                    ("kpi", self._figure(metric)), ("指标", self._figure(metric)),
                ):  # fmt: skip
                    yield f"{kind}.{name}", get

    def _figure(self, metric: str) -> Get:
        def get(one: Person) -> Value:
            figure = self.data.figure("agent", one.employee_id, metric)
            return Decimal(figure.value) if figure and figure.value is not None else None

        return get


def _amount(line: str) -> Get:
    return lambda one: one.amount(line)


def _allowances(one: Person) -> Value:
    found = [line.amount for name, line in one.lines.items() if name.startswith("allowance:")]
    return sum(found, ZERO) if found else None


def _total(one: Person) -> Value:
    return one.total


def _told(line: str) -> Get:
    """The formula of a line in words."""
    if line == "total":
        return lambda one: visible("；".join(found.formula for found in one.lines.values()))
    return lambda one: visible(one.lines[line].formula) if line in one.lines else None


def _points(rows: dict[tuple[str, str], ScoreRow], metric: str) -> Get:
    def get(one: Person) -> Value:
        row = rows.get((one.employee_id, metric))
        return row.points if row else None

    return get


def number(value: Value) -> Value:
    """As a cell holds it."""
    return float(value) if isinstance(value, Decimal | Fraction) else value
