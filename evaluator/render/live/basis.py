"""Sheet 计薪数据: what each employee's pay lines are worked out from, one row each; shares of pools (line 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from evaluator.paylines import guaranteed
from evaluator.render.live.parameters import (
    GUARANTEE_MONTHS,
    POOL,
    POOL_SHARES,
    START,
    name_of,
    pool_share,
    whole_column,
)
from evaluator.render.live.people import Person
from evaluator.render.sheet import Block, Cell, Column, Row, Sheet, Value
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared

SHEET = "计薪数据"
_PERSON = (
    Column("工号", "id", 10),
    Column("姓名", width=10),
    Column("组", width=10),
    Column("方案", width=18),
)
_NOTES = ("蓝色的数可以改：改了以后，绩效工资随之重算。数的来历见 KPI、评分、考勤和调整表。",)


@dataclass(frozen=True)
class _Field:
    """A column: ``cell`` makes a person's, None where he has none. ``what``: of his anchors."""

    what: str
    column: Column
    cell: Callable[[Person], Cell | None]


def sheet_of(data: Prepared, staff: Sequence[Person], title: str) -> Sheet:
    fields = _Fields(data, staff).used()
    rows: list[Row] = [
        (
            visible(person.employee_id),
            data.name(person.employee_id),
            person.group,
            visible(person.plan.name),
            *(_anchored(person, field) for field in fields),
        )
        for person in staff
    ]
    columns = (*_PERSON, *(field.column for field in fields))
    return Sheet(SHEET, title, [Block("计薪数据", columns, rows, notes=_NOTES)])


def _anchored(person: Person, field: _Field) -> Cell:
    cell = field.cell(person) or Cell(None)
    return Cell(cell.value, cell.kind, cell.note, cell.formula, person.anchor(field.what), cell.given)


def _given(value: Value, kind: str | None = None) -> Cell:
    return Cell(value, kind, given=True)


class _Shared(NamedTuple):
    """Whole fen of a pool, the remainder, its place among them."""

    floor: int
    rest: int
    turn: int


def _shared(staff: Sequence[Person], plan: int) -> Iterator[tuple[int, _Shared]]:
    """By number, of those under a plan."""
    members = [person for person in staff if person.plan_number == plan]
    whole, pool = sum(map(pool_share, members)), members[0].plan.pay.pool
    parts = {
        p.number: divmod(int(pool.amount * 100) * pool_share(p), whole) if pool and whole else (0, 0)
        for p in members
    }
    turns = sorted(parts, key=lambda number: (-parts[number][1], number))
    for turn, number in enumerate(turns, 1):
        yield number, _Shared(*parts[number], turn)


class _Fields:
    """The columns in their order; those that nobody has are left out."""

    def __init__(self, data: Prepared, staff: Sequence[Person]) -> None:
        self.data, self.staff = data, staff
        pay = data.evaluation.pay
        self.shared = {
            number: shared for n in {p.plan_number for p in staff} for number, shared in _shared(staff, n)
        }
        self.settled = {s.employee_id: s.lines for s in pay.settled}
        self.corrections: dict[str, Decimal] = {}
        for item in pay.brought.corrections:
            self.corrections[item.employee_id] = (
                self.corrections.get(item.employee_id, Decimal(0)) + item.amount
            )

    def used(self) -> list[_Field]:
        everything = [
            _Field(
                "plan", Column("方案序号", "count", 8, "参数表里方案的序号"), lambda p: Cell(p.plan_number)
            ),
            *self._from_lines(),
            *self._pool(),
            *self._guarantee(),
            *self._taken(),
        ]
        return [f for f in everything if f.what == "plan" or any(f.cell(person) for person in self.staff)]

    def _from_lines(self) -> list[_Field]:
        """Lines 1, 3 and 4."""

        def number(what: str, line: str, key: str, column: Column, kind: str | None = None) -> _Field:
            def cell(person: Person) -> Cell | None:
                there = line in person.lines and key in person.lines[line].inputs
                return _given(person.given(line, key), kind) if there else None

            return _Field(what, column, cell)

        assists = [
            number(
                f"{kind}_{what}",
                "assist",
                f"{kind}_{what}",
                Column(f"{self.data.words.word('assists', kind)}{self.data.words.say(told)}", unit, 12),
            )
            for kind in ("assist_order", "assist_followup")
            for what, told, unit in (("buyers", "（买家日）", "count"), ("amount", "（参考金额）", "money"))
        ]
        return [
            number("salary", "base", "base_salary", Column("底薪标准", "money", 12, "花名册的底薪（元/月）")),
            number("worked", "base", "worked_days", Column("出勤天数", "factor", 9)),
            number("due", "base", "due_days", Column("应出勤天数", "factor", 9, "空白或 0：底薪全额")),
            _Field("sold", Column("提成基数", "money", 14, "方案的提成指标（元）"), self._sold),
            *assists,
        ]

    @staticmethod
    def _sold(person: Person) -> Cell | None:
        return _given(person.given("commission", "value")) if person.plan.pay.commission else None

    def _pool(self) -> list[_Field]:
        """Line 5 by largest remainder: whole fen, what is left over, whose turn it is."""
        return [
            _Field(
                "share",
                Column("奖池份额", "count", 12, "按总分：总分 × 100；按销售额：分；按人数：1"),
                self._share,
            ),
            _Field(
                "floor", Column("奖池整分", "count", 12, "奖池（分）× 份额 ÷ 合计，舍去零头"), self._floor
            ),
            _Field("rest", Column("奖池余数", "count", 14, "舍去的零头 × 份额合计"), self._rest),
            _Field("turn", Column("余数名次", "count", 8, "余数从大到小，相同时工号在前"), self._turn),
        ]

    def _share(self, person: Person) -> Cell | None:
        pool = person.plan.pay.pool
        if pool is None:
            return None
        share = pool_share(person)
        if pool.by == "score" and person.score:
            return Cell(share, formula=f"ROUND({person.cell('total')}*100,0)")
        return _given(share)

    def _floor(self, person: Person) -> Cell | None:
        pool = person.plan.pay.pool
        if pool is None:
            return None
        amount, whole = (name_of(self.data, name, person.plan_number) for name in (POOL, POOL_SHARES))
        formula = f"IF({whole}=0,0,INT(ROUND({amount}*100,0)*{person.cell('share')}/{whole}))"
        return Cell(self.shared[person.number].floor, formula=formula)

    def _rest(self, person: Person) -> Cell | None:
        pool = person.plan.pay.pool
        if pool is None:
            return None
        amount, whole = (name_of(self.data, name, person.plan_number) for name in (POOL, POOL_SHARES))
        formula = f"ROUND({amount}*100,0)*{person.cell('share')}-{person.cell('floor')}*{whole}"
        return Cell(self.shared[person.number].rest, formula=formula)

    def _turn(self, person: Person) -> Cell | None:
        if person.plan.pay.pool is None:
            return None
        n = person.plan_number
        plan, rest = (whole_column(what, len(self.staff)) for what in ("plan", "rest"))
        formula = f"1+SUMPRODUCT(({plan}={n})*({rest}>{person.cell('rest')}))"
        if person.number > 1:
            plan, rest = (whole_column(what, person.number - 1) for what in ("plan", "rest"))
            formula += f"+SUMPRODUCT(({plan}={n})*({rest}={person.cell('rest')}))"
        return Cell(self.shared[person.number].turn, formula=formula)

    def _guarantee(self) -> list[_Field]:
        def hired(person: Person) -> Cell | None:
            day = person.profile.hired if person.profile else None
            return _given(day) if person.plan.pay.guarantee else None  # empty: to be filled in

        def held(person: Person) -> Cell | None:
            rule = person.plan.pay.guarantee
            if rule is None:
                return None
            day = person.profile.hired if person.profile else None
            start, months = (
                self.data.words.say(START),
                name_of(self.data, GUARANTEE_MONTHS, person.plan_number),
            )
            hired = person.cell("hired")
            formula = f'IF({hired}="",0,IF({start}<EDATE({hired},{months}),1,0))'
            return Cell(int(guaranteed(rule, day, self.data.period[0])), formula=formula)

        note = "1：账期首日早于入职日期 + 保底月数"
        return [
            _Field("hired", Column("入职日期", "date", 12), hired),
            _Field("held", Column("保底期内", "count", 8, note), held),
        ]

    def _taken(self) -> list[_Field]:
        """Lines 9, 10 and 11."""

        def others(person: Person) -> Cell | None:
            own = self.settled.get(person.employee_id, {}).get("adjustments")
            return _given(own or Decimal(0)) if "adjustments" in person.lines else None

        def corrections(person: Person) -> Cell | None:
            own = self.corrections.get(person.employee_id)
            return None if own is None else _given(own)

        def line(name: str, key: str) -> Callable[[Person], Cell | None]:
            return lambda person: _given(person.given(name, key)) if name in person.lines else None

        return [
            _Field("owed", Column("应追回", "money", 12, "往期欠款（R-P2）"), line("clawback", "owed")),
            _Field(
                "asked",
                Column("应扣款", "money", 12, "罚款合计，受上限限制（R-P1）"),
                line("deductions", "asked"),
            ),
            _Field("others", Column("奖励与更正", "money", 12, "调整表里不是罚款的各行"), others),
            _Field("corrections", Column("往期修订", "money", 12, "锁定账期的修订差额（R-P3）"), corrections),
        ]
