"""Sheet 绩效工资: people by group with subtotals; every pay line a formula (SPEC §9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from evaluator.model import EvaluatorError
from evaluator.pay import LINES
from evaluator.plan import ASSIST_METRICS
from evaluator.render.live import parameters as named
from evaluator.render.live import rounded
from evaluator.render.live.people import TOTAL, Person
from evaluator.render.sheet import Block, Cell, Column, Highlight, Row, Subtotal
from evaluator.render.view.payroll import PERSON, line_order, person
from evaluator.render.view.prepared import Prepared

ZERO = Decimal("0.00")
TEXTS = len(PERSON)  # columns before the first line
LINE_NOTES = {
    "base": "公式：底薪标准 × 出勤 ÷ 应出勤，最高 1（计薪数据）",
    "kpi_bonus": "公式：绩效基数 × 总分 ÷ 满分，或 × 等级系数，或等级的固定奖金（评分、参数）",
    "commission": "公式：提成基数按提成档分段累进或全额计（计薪数据、参数），可再 × 等级系数",
    "assist": "公式：协助次数 × 单价，或参考金额 × 比例（计薪数据、参数）",
    "pool": "公式：奖池按份额分配，舍到分，余下的分按余数从大到小分（计薪数据、参数）",
    "allowance": "公式：引用参数表里的补贴金额",
    "cap": "公式：以左各项合计超过封顶的部分，为负",
    "guarantee": "公式：保底期内以左各项合计不足保底金额的部分",
    "clawback": "公式：往期应追回的，至少保留最低工资；应追回的数是数值（计薪数据）",
    "deductions": "公式：应扣款，不超过应发的扣款上限比例，扣后至少保留最低工资",
    "adjustments": "公式：奖励与更正 + 往期修订；扣回的修订至少保留最低工资",
    TOTAL: "公式：以左各项之和（R-P4）",
}
NOTES = (
    "单位：元。各项、小计、合计都是公式：改参数、评分、计薪数据三张表里蓝色的数，工资随之重算。",
    "逐项得分、KPI、关口是否生效、适用哪个方案是数值，由程序算出，不随改动重算。",
)


def lines_shown(staff: Sequence[Person]) -> list[str]:
    """The pay lines of the month and of its people's plans, in SPEC order, without the total."""
    found = dict.fromkeys(line for one in staff for line in one.lines)
    found |= dict.fromkeys(line for one in staff for line in _provided(one))
    return line_order(found)


def _provided(one: Person) -> Iterator[str]:
    """Lines that his plan may pay, whether or not it does this month."""
    pay = one.plan.pay
    for line, rule in (
        ("kpi_bonus", pay.kpi_bonus),
        ("commission", pay.commission),
        ("assist", pay.assist),
        ("pool", pay.pool),
        ("cap", pay.cap),
        ("guarantee", pay.guarantee),
    ):
        if rule is not None:
            yield line


def payroll_block(data: Prepared, staff: Sequence[Person]) -> Block:
    """The payroll, its subtotals and grand total.

    Raises EvaluatorError where the totals do not sum to the manifest's (R-P4): a report with two different sums must
    not be written."""
    stated = Decimal(str(data.evaluation.manifest["totals"]["payroll"]))
    if sum((one.total for one in staff), ZERO) != stated:
        raise EvaluatorError(f"工资总额不一致：各员工合计与 manifest.json 的 {stated} 不同")
    lines = lines_shown(staff)
    words = data.words
    notes = {line: words.say(LINE_NOTES[line.partition(":")[0]]) for line in (*lines, TOTAL)}
    columns = (
        *PERSON,
        *(Column(words.line(line), "money", 13, notes[line]) for line in lines),
        Column("合计", "money", 14, notes[TOTAL]),
    )
    money = range(TEXTS, TEXTS + len(lines) + 1)
    highlights = (*(Highlight(n, "negative") for n in money), Highlight(money[-1], "bar"))
    sheet = _Rows(data, staff, lines)
    return Block(
        "绩效工资（元）", columns, sheet.rows(), total=sheet.total(), notes=NOTES, highlights=highlights
    )


class _Rows:
    def __init__(self, data: Prepared, staff: Sequence[Person], lines: Sequence[str]) -> None:
        self.data, self.staff, self.lines = data, staff, lines
        self.groups: dict[str, list[Person]] = {}
        for one in staff:
            self.groups.setdefault(one.group, []).append(one)
        self.shown = [one for group in self.groups.values() for one in group]

    def rows(self) -> list[Row]:
        made: list[Row] = []
        for group, members in self.groups.items():
            made += [self._person(one) for one in members]
            if len(self.groups) > 1:
                title = self.data.words.say("{group} 小计", group=group or self.data.words.say("（未分组）"))
                made.append(Subtotal((title, *self._counted(members), *self._sums(members))))
        return made

    def total(self) -> Row:
        return (self.data.words.say("合计"), *self._counted(self.shown), *self._sums(self.shown))

    def _counted(self, members: Sequence[Person]) -> tuple[str, str, str]:
        return self.data.words.say("{n} 人", n=len(members)), "", ""

    def _sums(self, members: Sequence[Person]) -> Iterator[Cell]:
        """Over rows that stand together; SUBTOTAL leaves out the subtotals among them."""
        for place, line in enumerate((*self.lines, TOTAL)):
            whole = sum((one.total if line == TOTAL else one.amount(line) or ZERO for one in members), ZERO)
            if not members:
                yield Cell(whole)
                continue
            cells = f"{{{members[0].anchor(f'pay{place}')}:{members[-1].anchor(f'pay{place}')}}}"
            yield Cell(whole, formula=f"SUBTOTAL(9,{cells})")

    def _person(self, one: Person) -> Row:
        formulas = PayFormulas(self.data, one, self.lines)
        own = sum((line.amount for line in one.lines.values()), ZERO)
        if own != one.total:
            raise EvaluatorError(f"工资条内部不一致：员工 {one.employee_id} 各项之和不等于合计 {one.total}")
        cells = [formulas.cell(line) for line in self.lines]
        total = Cell(
            one.total, formula=formulas.sum_to(len(self.lines)), anchor=one.anchor(f"pay{len(self.lines)}")
        )
        return (*person(self.data, one.employee_id), *cells, total)


class PayFormulas:
    """The formulas of one person's lines; ``lines``: the sheet's columns."""

    def __init__(self, data: Prepared, one: Person, lines: Sequence[str]) -> None:
        self.data, self.one, self.lines, self.pay = data, one, lines, one.plan.pay

    def cell(self, line: str) -> Cell:
        """A line's value with its formula; empty where his plan has no such line."""
        formula = self._formula(line)
        value = self.one.amount(line)
        if value is None and formula and line in ("cap", "guarantee"):
            value = ZERO  # not a line of his pay until it bites
        kind = "extra" if line in ("cap", "guarantee") else None
        return Cell(value, kind, formula=formula, anchor=self.one.anchor(f"pay{self.lines.index(line)}"))

    def sum_to(self, place: int) -> str:
        """Σ of the lines before a column."""
        first, last = (self.one.anchor(f"pay{n}") for n in (0, place - 1))
        return f"ROUND(SUM({{{first}:{last}}}),2)"

    def _formula(self, line: str) -> str:
        """Formula of a line; "" where there is nothing to work out."""
        kind = line.partition(":")[0]
        if kind == "kpi_bonus":
            return self._kpi_bonus()
        if kind in ("cap", "guarantee"):
            return self._limit(kind)
        if line not in self.one.lines:
            return ""
        made: dict[str, Callable[[], str]] = {
            "base": self._base,
            "commission": self._commission,
            "assist": self._assist,
            "pool": self._pool,
            "clawback": self._clawback,
            "deductions": self._deductions,
            "adjustments": self._adjustments,
        }
        return self._allowance(line) if kind == "allowance" else made[kind]()

    def _name(self, template: str, m: int = 0) -> str:
        return named.name_of(self.data, template, self.one.plan_number, m)

    def _base(self) -> str:
        salary = self.one.cell("salary")
        if "worked_days" not in self.one.lines["base"].inputs:
            return rounded(salary)
        worked, due = self.one.cell("worked"), self.one.cell("due")
        part = f"{salary}*MIN({worked}/{due},1)"
        return rounded(f'IF(OR({worked}="",{due}="",{due}=0),{salary},{part})')

    def _kpi_bonus(self) -> str:
        """Empty while there is no total: then a person decides, and may write one into sheet 评分."""
        kind, base = self.pay.kpi_bonus, self._name(named.KPI_BASE)
        if kind is None or self.one.score is None:
            return ""
        if kind == "score":
            due, needed = f"{base}*{self.one.cell('total')}/{self._name(named.FULL)}", self.one.cell("total")
        elif kind == "coefficient":
            needed = self.one.cell("factor")
            due = f"{base}*{needed}"
        else:
            due = needed = self.one.cell("fixed")
        return f'IF({needed}="","",{rounded(due)})'

    def _commission(self) -> str:
        rule, value = self.pay.commission, self.one.cell("sold")
        if rule is None:
            return ""
        starts, steps = self._name(named.BRACKET_FROM), self._name(named.BRACKET_STEP)
        if rule.kind == "marginal":
            due = f"SUMPRODUCT(({value}>{starts})*({value}-{starts})*{steps})"
        else:
            due = f"{value}*SUMPRODUCT(({value}>={starts})*{steps})"
        if rule.coefficient and self.one.score and self.one.plan.grades:
            factor = self.one.cell("factor")
            due += f'*IF({factor}="",1,{factor})'
        return rounded(due)

    def _assist(self) -> str:
        parts = []
        for kind in ASSIST_METRICS:
            rule = (self.pay.assist or {}).get(kind)
            if rule is not None:
                what = "buyers" if rule.each is not None else "amount"
                parts.append(f"{self.one.cell(f'{kind}_{what}')}*{self._name(named.ASSIST[kind])}")
        return rounded("+".join(parts)) if parts else ""

    def _pool(self) -> str:
        floor, turn = self.one.cell("floor"), self.one.cell("turn")
        return f"({floor}+IF({turn}<={self._name(named.POOL_REST)},1,0))/100"

    def _allowance(self, line: str) -> str:
        name = line.partition(":")[2]
        places = {allowance.name: m for m, allowance in enumerate(self.pay.allowances, 1)}
        return self._name(named.ALLOWANCE, places[name]) if name in places else ""

    def _limit(self, line: str) -> str:
        rule = self.pay.cap if line == "cap" else self.pay.guarantee
        if rule is None:
            return ""
        before = self.sum_to(self.lines.index(line))
        if line == "cap":
            return f"ROUND(MIN(0,{self._name(named.CAP)}-{before}),2)"
        short = f"ROUND(MAX(0,{self._name(named.GUARANTEE)}-{before}),2)"
        return f"IF({self.one.cell('held')}=1,{short},0)"

    def _room(self, line: str, besides: str = "") -> str:
        """What may still be taken before a line: Σ so far without the minimum wage, never below 0."""
        least = "" if self.pay.min_wage is None else f"-{self._name(named.MIN_WAGE)}"
        return f"MAX({self.sum_to(self.lines.index(line))}{besides}{least},0)"

    def _clawback(self) -> str:
        return f"ROUND(0-MIN({self.one.cell('owed')},{self._room('clawback')}),2)"

    def _deductions(self) -> str:
        earned = self.sum_to(self._end_of_earned())
        share = f"INT(ROUND(MAX({earned},0)*100*{self.data.words.say(named.FINES)},6))/100"
        return f"ROUND(0-MIN({self.one.cell('asked')},{share},{self._room('deductions')}),2)"

    def _end_of_earned(self) -> int:
        """The place after lines 1–8."""
        last = [
            line for line in self.lines if LINES.index(line.partition(":")[0]) <= LINES.index("guarantee")
        ]
        return len(last)

    def _adjustments(self) -> str:
        others, corrections = self.one.cell("others"), self.one.cell("corrections")
        if not any(
            c.employee_id == self.one.employee_id for c in self.data.evaluation.pay.brought.corrections
        ):
            return f"ROUND({others},2)"
        room = self._room("adjustments", f"+{others}")
        taken = f"IF({corrections}>=0,{corrections},0-MIN(0-{corrections},{room}))"
        return f"ROUND({others}+{taken},2)"
