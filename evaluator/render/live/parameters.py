"""Sheet 参数: every number of the plans that formulas use, each under a name (``方案1_绩效基数``)."""

from __future__ import annotations

from decimal import Decimal

from evaluator.plan import AssistPay, PayRules, Plan
from evaluator.render.live.people import Person
from evaluator.render.sheet import Block, Cell, Column, Item, Sheet, Value
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared

SHEET = "参数"
FIFTH = Decimal("0.2")  # R-P1

#: Names of numbers, by what they are; ``{n}``: the plan's number. Excel takes Chinese ones.
START, FINES = "账期首日", "扣款上限比例"
KPI_BASE, FULL, PASS = "方案{n}_绩效基数", "方案{n}_满分", "方案{n}_及格线"
GATE = "方案{n}_关口{m}"
GRADE_FROM, GRADE_NAME = "方案{n}_等级分数线", "方案{n}_等级名称"
GRADE_FACTOR, GRADE_FIXED = "方案{n}_等级系数", "方案{n}_等级奖金"
BRACKET_FROM, BRACKET_RATE, BRACKET_STEP = "方案{n}_提成起点", "方案{n}_提成比例", "方案{n}_提成比例增量"
ASSIST = {"assist_order": "方案{n}_协助下单", "assist_followup": "方案{n}_协助跟进"}
POOL, POOL_SHARES, POOL_REST = "方案{n}_奖池", "方案{n}_奖池份额合计", "方案{n}_奖池余分"
ALLOWANCE = "方案{n}_补贴{m}"
CAP, MIN_WAGE = "方案{n}_封顶", "方案{n}_最低工资"
GUARANTEE_MONTHS, GUARANTEE = "方案{n}_保底月数", "方案{n}_保底金额"

_COLUMNS = (
    Column("参数", width=22),
    Column("公式里的名称", width=24, note="公式用这个名称引用此行的数；在名称管理器里可以查到"),
    Column("起点", "factor", 14, note="等级的分数线，提成档的起点（元）"),
    Column("数值", "factor", 14),
    Column("附加值", "factor", 14, note="等级的固定奖金；提成档比上一档多的比例"),
    Column("说明", "wrap", 70),
)
_NOTES = (
    "蓝色的数可以改：改了以后，评分、绩效工资随之重算。正式发放前请改方案文件再算一次，本表不会写回方案。",
)


def sheet_of(data: Prepared, staff: list[Person], title: str) -> Sheet:
    """The sheet, with the names of its numbers."""
    made: list[_Rows] = [_Common(data)]
    made += [_PlanRows(data, n, plan, staff) for n, plan in enumerate(data.evaluation.month.config.plans, 1)]
    blocks = [rows.block() for rows in made]
    names = {name: cells for rows in made for name, cells in rows.names.items()}
    return Sheet(SHEET, title, blocks, freeze=0, names=names)


def name_of(data: Prepared, template: str, plan: int, m: int = 0) -> str:
    """The defined name of a plan's number, in the language of the workbook."""
    return data.words.say(template, n=plan, m=m)


class _Rows:
    """Rows of one table, and the names of their cells."""

    title = "通用"

    def __init__(self, data: Prepared, number: int = 0) -> None:
        self.data, self.number = data, number
        self.rows: list[tuple[Item, ...]] = []
        self.names: dict[str, str] = {}

    def block(self) -> Block:
        return Block(self.title, _COLUMNS, self.rows, notes=_NOTES if not self.number else ())

    def add(self, title: str, template: str, value: Value, kind: str, told: str = "", m: int = 0) -> None:
        """A number that is one cell."""
        self.live(title, template, Cell(value, kind, given=True), told, m)

    def live(self, title: str, template: str, cell: Cell, told: str = "", m: int = 0) -> None:
        name = name_of(self.data, template, self.number, m)
        anchor = f"n.{name}"
        self.names[name] = f"{{{anchor}}}"
        found = Cell(cell.value, cell.kind, formula=cell.formula, anchor=anchor, given=cell.given)
        say = self.data.words.say
        self.rows.append((say(title), name, None, found, None, say(told)))

    def rule(self, kind: str) -> str:
        return self.data.words.line(kind)


class _Common(_Rows):
    def __init__(self, data: Prepared) -> None:
        super().__init__(data)
        self.add(START, START, data.period[0], "date", "判断是否在保底期内")
        self.add(FINES, FINES, FIFTH, "ratio", "扣款不超过第 1–8 行合计的这个比例（R-P1）")


class _PlanRows(_Rows):
    """The numbers of one plan."""

    def __init__(self, data: Prepared, number: int, plan: Plan, staff: list[Person]) -> None:
        super().__init__(data, number)
        self.plan, self.pay = plan, plan.pay
        self.staff = [person for person in staff if person.plan_number == number]
        self.everyone = len(staff)
        self.title = data.words.say("方案 {n}：{name}", n=number, name=visible(plan.name))
        self._score()
        self._commission(self.pay)
        self._assist()
        self._pool()
        self._limits()

    def _score(self) -> None:
        plan = self.plan
        if plan.kpi_base is not None:
            self.add(
                "绩效基数",
                KPI_BASE,
                plan.kpi_base,
                "money",
                "绩效奖金 = 绩效基数 × 总分 ÷ 满分，或 × 等级系数",
            )
        if plan.score:
            self.add("满分", FULL, plan.weight_sum, "factor", "各项权重之和")
        for m, gate in enumerate(plan.gates, 1):
            if gate.effect.amount is not None:
                told = {"cap": "关口生效时总分最高", "multiply": "关口生效时总分乘以"}[gate.effect.kind]
                self.add("关口", GATE, gate.effect.amount, "factor", told, m)
        self._grades()

    def _grades(self) -> None:
        grades = self.plan.grades
        key = f"plan{self.number}.grade"
        for m, grade in enumerate(grades, 1):
            self.rows.append((
                Cell(visible(grade.name), anchor=f"{key}{m}.name", given=True),
                name_of(self.data, GRADE_FROM, self.number) if m == 1 else None,
                Cell(grade.threshold, anchor=f"{key}{m}.from", given=True),
                Cell(grade.coefficient, anchor=f"{key}{m}.factor", given=True),
                Cell(grade.fixed, "money", anchor=f"{key}{m}.fixed", given=True),
                self.data.words.say("等级：总分达到起点；数值 = 系数，附加值 = 固定奖金（元）"),
            ))  # fmt: skip
        if grades:
            last = len(grades)
            for template, column in (
                (GRADE_FROM, "from"), (GRADE_NAME, "name"), (GRADE_FACTOR, "factor"), (GRADE_FIXED, "fixed"),
            ):  # fmt: skip
                self._range(template, f"{key}1.{column}", f"{key}{last}.{column}")
            if last > 1:
                cell = Cell(grades[-2].threshold, "factor", formula=f"{{{key}{last - 1}.from}}")
                self.live("及格线", PASS, cell, "总分低于此（最低一档）在评分表里标红")

    def _range(self, template: str, first: str, last: str) -> None:
        self.names[name_of(self.data, template, self.number)] = f"{{{first}:{last}}}"

    def _commission(self, pay: PayRules) -> None:
        rule = pay.commission
        if rule is None:
            return
        words, key = self.data.words, f"plan{self.number}.bracket"
        kind = words.say("分段累进：每一段按本段比例" if rule.kind == "marginal" else "全额按所达档的比例")
        rates = [Decimal(0), *(rate for _, rate in rule.brackets)]
        for m, (start, rate) in enumerate(rule.brackets, 1):
            step = f"{{{key}{m}.rate}}-{{{key}{m - 1}.rate}}" if m > 1 else f"{{{key}1.rate}}"
            self.rows.append((
                words.say("提成第 {m} 档", m=m),
                name_of(self.data, BRACKET_RATE, self.number) if m == 1 else None,
                Cell(start, "money", anchor=f"{key}{m}.from", given=True),
                Cell(rate, "ratio", anchor=f"{key}{m}.rate", given=True),
                Cell(rate - rates[m - 1], "ratio", formula=step, anchor=f"{key}{m}.step"),
                f"{words.metric(rule.request.id)}　{kind}",
            ))  # fmt: skip
        for template, column in ((BRACKET_FROM, "from"), (BRACKET_RATE, "rate"), (BRACKET_STEP, "step")):
            self._range(template, f"{key}1.{column}", f"{key}{len(rule.brackets)}.{column}")

    def _assist(self) -> None:
        for kind, price in (self.pay.assist or {}).items():
            rated = price.rate is not None
            told = "参考金额的比例" if rated else "元，每买家日"
            self.add(
                self.data.words.word("assists", kind),
                ASSIST[kind],
                _price(price),
                "ratio" if rated else "money",
                told,
            )

    def _pool(self) -> None:
        pool = self.pay.pool
        if pool is None:
            return
        by = {"score": "按总分分配", "sales": "按销售额分配", "heads": "按人数平分"}[pool.by]
        self.add(self.rule("pool"), POOL, pool.amount, "money", by)
        if not self.staff:
            return
        shares = [pool_share(person) for person in self.staff]
        total, fen = sum(shares), int(pool.amount * 100)
        rest = fen - sum(fen * share // total for share in shares) if total else 0
        self.live(
            "奖池份额合计", POOL_SHARES, Cell(total, "count", formula=self._summed("share")), "见计薪数据"
        )
        amount, whole = (name_of(self.data, name, self.number) for name in (POOL, POOL_SHARES))
        formula = f"IF({whole}=0,0,ROUND({amount}*100,0)-{self._summed('floor')})"
        told = "取整后剩下的分，按余数从大到小每人一分"
        self.live("奖池余分", POOL_REST, Cell(rest, "count", formula=formula), told)

    def _summed(self, what: str) -> str:
        """Of the plan's people, over a column of sheet 计薪数据."""
        return f"SUMPRODUCT(({whole_column('plan', self.everyone)}={self.number})*{whole_column(what, self.everyone)})"

    def _limits(self) -> None:
        pay = self.pay
        for m, allowance in enumerate(pay.allowances, 1):
            self.add(visible(allowance.name), ALLOWANCE, allowance.amount, "money", "补贴（元）", m)
        if pay.cap is not None:
            self.add(self.rule("cap"), CAP, pay.cap, "money", "第 1–6 行合计不超过此数")
        if pay.guarantee:
            self.add("保底月数", GUARANTEE_MONTHS, pay.guarantee.months, "count", "入职几个月内")
            self.add(
                self.rule("guarantee"), GUARANTEE, pay.guarantee.amount, "money", "第 1–7 行合计补足到此数"
            )
        if pay.min_wage is not None:
            self.add("最低工资", MIN_WAGE, pay.min_wage, "money", "追回、扣款之后至少保留此数")


def _price(price: AssistPay) -> Decimal | None:
    return price.each if price.rate is None else price.rate


def pool_share(person: Person) -> int:
    """His part of the pool in whole units: points × 100, fen of sales, or 1; as line 5 counts it."""
    pool = person.plan.pay.pool
    if pool is None:
        return 0
    if pool.by == "heads":
        return 1
    return int((person.given("pool", "share") or 0) * 100)


def whole_column(what: str, everyone: int) -> str:
    """A column of sheet 计薪数据, for the people 1 … ``everyone``."""
    return f"{{$p1.{what}:p{everyone}.{what}}}"
