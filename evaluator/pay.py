"""From scores and figures to payroll (SPEC §9): lines 1–11 and the total of each employee.

How a single line is worked out stands in ``paylines``; here stand their order and what depends on several
lines or several people: the pool, the cap, the guarantee, limits on deductions, balances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from evaluator import paylines
from evaluator.model import PayLine, Profile, ReviewItem
from evaluator.numbers import half_up, plain, yuan
from evaluator.paylines import ZERO, Line
from evaluator.paymonth import PayMonth
from evaluator.plan import ASSIST_METRICS, SALES, Commission, Plan, Pool, plan_for
from evaluator.rulebook import RulesFinder, metric_catalogue
from evaluator.scoring import EmployeeScore, KpiCells, Scores
from evaluator.settlement import CARRIED, NET_SALES, NOTHING, Balance, Brought, CommissionPaid, Settled

#: The lines in their order; an allowance is ``allowance:<name>``.
LINES = (
    "base",
    "kpi_bonus",
    "commission",
    "assist",
    "pool",
    "allowance",
    "cap",
    "guarantee",
    "clawback",
    "deductions",
    "adjustments",
    "total",
)
_RULES = {"clawback": "R-P2", "deductions": "R-P1", "total": "R-P4"}


@dataclass
class Pay:
    lines: list[PayLine] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    review: list[ReviewItem] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)  # for the ledger
    brought: Brought = NOTHING

    @property
    def payroll_total(self) -> Decimal:
        """R-P4: Σ totals, yuan."""
        return sum((line.amount for line in self.lines if line.line == "total"), ZERO)


def compute_pay(
    plans: Sequence[Plan],
    profiles: Sequence[Profile],
    scores: Scores,
    kpi: KpiCells,
    attendance: pl.DataFrame | None,
    adjustments: pl.DataFrame | None,
    *,
    period_start: date,
    brought: Brought = NOTHING,
    rules: RulesFinder | None = None,
) -> Pay:
    """Pay of every employee whom a plan fits, by employee id; robots and unbound accounts have none.

    ``attendance``: employee_id, due_days, worked_days. ``adjustments``: employee_id, amount (fen, signed),
    reason, kind. ``brought``: what earlier periods leave open (lines 9 and 11), also of those who left; they have no
    other lines. Who fits no plan is listed."""
    pay = Pay(brought=brought, review=[*brought.review])
    month = PayMonth.of(kpi, scores, attendance, adjustments, period_start, brought, rules, pay.review)
    staff = [p for p in sorted(profiles, key=lambda p: p.employee_id) if not p.is_robot]
    chosen = {p.employee_id: plan_for(plans, p) for p in staff}
    _list_without_plan(plans, staff, chosen, pay.review)
    members: dict[str, list[Profile]] = defaultdict(list)
    for profile in staff:
        plan = chosen[profile.employee_id]
        if plan is not None:
            members[plan.name].append(profile)
    pools = {p.name: _pool(p, p.pay.pool, members[p.name], month, pay.review) for p in plans if p.pay.pool}
    for profile in sorted([*staff, *_departed(staff, brought)], key=lambda p: p.employee_id):
        plan = chosen.get(profile.employee_id)
        if plan is not None:
            _Employee(profile, plan, month, pay).work_out(pools.get(plan.name, {}))
        elif profile.employee_id in brought.employees:
            _Employee(profile, NO_PLAN, month, pay).settle_what_is_open()
    _list_unpaid(month, chosen, plans, pay.review)
    return pay


def pay_one(profile: Profile, plan: Plan, month: PayMonth, pool: Line | None) -> Pay:
    """The lines of one employee. ``pool``: his line 5, which depends on everybody's figures."""
    pay = Pay(brought=month.brought)
    _Employee(profile, plan, month, pay).work_out({profile.employee_id: pool} if pool else {})
    return pay


NO_PLAN = Plan("（无方案）")


def _departed(staff: Sequence[Profile], brought: Brought) -> list[Profile]:
    """Those with whom something is open and who are not on the roster any more."""
    gone = brought.employees - {p.employee_id for p in staff}
    return [Profile(e, brought.names.get(e, e), None, "", None, None) for e in gone]


class _Employee:
    """Works out one employee's lines, in order."""

    def __init__(self, profile: Profile, plan: Plan, month: PayMonth, pay: Pay) -> None:
        self.profile, self.plan, self.month, self.pay = profile, plan, month, pay
        self.id = profile.employee_id
        self.score: EmployeeScore | None = month.scores.by_employee.get(self.id)
        self.so_far = ZERO
        self.own: dict[str, Decimal] = {}  # what the month's own facts make due, by line
        self.taken = self.corrected = ZERO  # of earlier periods, by lines 9 and 11
        self.commissioned: Fraction | None = None  # the value it was paid on

    def work_out(self, pool: Mapping[str, Line]) -> None:
        rules = self.plan.pay
        self._add("base", paylines.base(self.profile, *self.month.attendance.get(self.id, (None, None))))
        if rules.kpi_bonus:
            self._kpi_bonus(rules.kpi_bonus)
        if rules.commission:
            self._commission(rules.commission)
        if rules.assist is not None:
            self._assist()
        if rules.pool:
            self._add("pool", pool[self.id])
        for allowance in rules.allowances:
            if allowance.employees is None or self.id in allowance.employees:
                amount = half_up(allowance.amount)
                self._add(f"allowance:{allowance.name}", Line(amount, f"{allowance.name} {yuan(amount)}"))
        if rules.cap is not None:
            self._add("cap", paylines.cap(rules.cap, self.so_far))
        if rules.guarantee:
            if self.profile.hired is None:
                self._review("hired_missing", "花名册没有入职日期，无法判断是否在保底期，按不在保底期处理")
            self._add(
                "guarantee",
                paylines.guarantee(rules.guarantee, self.profile.hired, self.so_far, self.month.period_start),
            )
        self._settle(self.so_far)

    def settle_what_is_open(self) -> None:
        """Lines 9 and 11 of one whom no plan pays any more (R-P2): nothing is left to take from."""
        self._settle(ZERO)

    def _settle(self, earned: Decimal) -> None:
        """Lines 9–11 and the total. ``earned``: Σ lines 1–8."""
        self._take_back(earned)
        self._adjust(earned)
        self._close()

    def _add(self, name: str, line: Line | None) -> None:
        if line is None:
            return
        self.so_far += line.amount
        self.own[name] = line.amount
        self.pay.lines.append(
            PayLine(
                self.id,
                self.profile.name,
                name,
                line.amount,
                line.formula,
                line.inputs,
                _RULES.get(name, "R-P"),
            )
        )

    def _review(self, kind: str, detail: str) -> None:
        self.pay.review.append(ReviewItem(kind, f"{self.id} {self.profile.name}", detail))

    def _kpi_bonus(self, kind: str) -> None:
        line = paylines.kpi_bonus(kind, self.plan.kpi_base, self.score) if self.score else "没有评分"
        if isinstance(line, str):
            self._review("no_bonus", f"{line}，绩效奖金未计，需人工确定")
        else:
            self._add("kpi_bonus", line)

    def _commission(self, rule: Commission) -> None:
        value = self.month.value(self.id, rule.request.id)
        name = metric_catalogue(self.month.rules)[rule.request.metric].name
        coefficient = self.score.coefficient if rule.coefficient and self.score else None
        if rule.coefficient and coefficient is None:
            self._review("no_coefficient", "提成按等级系数计，但没有等级或该等级没有系数，按 × 1 计")
        if value is None:
            self._review("missing_metric", f"提成基数“{name}”没有数据，提成按 0 计")
        self._add("commission", paylines.commission(rule, name, value, coefficient))
        self.commissioned = value
        if value is not None and value < 0:
            self._review("negative_base", f"提成基数“{name}”为 {yuan(value)}，提成按 0 计")
            debt = paylines.commission_debt(rule, value, coefficient)
            self.own[CARRIED] = ZERO - debt
            self._carry(debt, f"{name} {yuan(value)} 为负，按最低一档比例应冲回的提成")

    def _carry(self, amount: Decimal, reason: str, since: date | None = None) -> None:
        """R-P2: a visible balance."""
        if amount:
            self.pay.balances.append(Balance(self.id, since or self.month.period_start, amount, reason))
            self._review("carried_forward", f"{reason}：{yuan(amount)} 转下期")

    def _assist(self) -> None:
        counts, amounts = (
            {kind: self.month.value(self.id, pair[i].id) for kind, pair in ASSIST_METRICS.items()}
            for i in (0, 1)
        )
        self._add("assist", paylines.assist(self.plan.pay.assist or {}, counts, amounts))

    def _take_back(self, earned: Decimal) -> None:
        """Line 9."""
        owed = [item for item in self.month.brought.owed if item.employee_id == self.id]
        if owed:
            line, left = paylines.clawback(owed, earned, self.plan.pay.min_wage)
            self._add("clawback", line)
            self.taken = ZERO - self.own.pop("clawback")
            for item in left:
                self._carry(item.amount, item.reason, item.since)

    def _adjust(self, earned: Decimal) -> None:
        """Lines 10 and 11."""
        min_wage = self.plan.pay.min_wage
        rows = self.month.adjustments.get(self.id, []) if self.plan is not NO_PLAN else []
        fines = [(amount, reason) for amount, reason, fine in rows if fine]
        if fines:
            line, cut = paylines.deductions(fines, earned, self.so_far, min_wage)
            self._add("deductions", line)
            if cut:
                self._review("cut_deduction", f"扣款超出 20% 或最低工资的限制，{yuan(cut)} 未扣，也不转下期")
        others = [(amount, reason) for amount, reason, fine in rows if not fine]
        corrections = [item for item in self.month.brought.corrections if item.employee_id == self.id]
        if others or corrections:
            own = sum((amount for amount, _ in others), ZERO)
            self.corrected, left = paylines.corrected(corrections, self.so_far + own, min_wage)
            told = [f"{reason} {amount:+,.2f}" for amount, reason in others]
            told += [f"{item.reason} {item.amount:+,.2f}" for item in corrections]
            if left:
                told.append(f"保留最低工资后，余 {yuan(left)} 转下期")
            self._add("adjustments", Line(own + self.corrected, "、".join(told)))
            self.own["adjustments"] = own
            self._carry(left, "修订应扣未扣完：" + "、".join(item.reason for item in corrections))

    def _close(self) -> None:
        total = self.so_far
        if total < 0:
            self._review("negative_total", f"合计 {yuan(total)} 为负，请人工处理")
        count = sum(line.employee_id == self.id for line in self.pay.lines)
        self._add("total", Line(total, f"以上 {count} 行之和 = {yuan(total)}", {"plan": self.plan.name}))
        del self.own["total"]
        self.pay.settled.append(
            Settled(self.id, self.own, self.taken, self.corrected, self._commission_paid(), self._basis())
        )

    def _basis(self) -> dict[str, dict[str, str]]:
        """What his lines were worked out from, for a revision to tell what changed."""
        mine = [line for line in self.pay.lines if line.employee_id == self.id and line.inputs]
        rows: dict[str, Decimal] = defaultdict(Decimal)
        for amount, reason, _ in self.month.adjustments.get(self.id, []):
            rows[reason] += amount
        p = self.profile
        return {
            **{line.line: line.inputs for line in mine if line.line not in ("clawback", "total")},
            "rows": {reason: str(amount) for reason, amount in rows.items()},
            "who": {
                "plan": self.plan.name,
                "role": p.role,
                "group": p.group or "",
                "hired": str(p.hired or ""),
            },
        }

    def _commission_paid(self) -> CommissionPaid | None:
        """What a later claw-back needs to know (R-P2)."""
        rules = self.plan.pay
        if not rules.commission or rules.commission.metric != NET_SALES or self.commissioned is None:
            return None
        before_cap = [
            amount
            for line, amount in self.own.items()
            if line in ("base", "kpi_bonus", "assist", "pool") or line.startswith("allowance:")
        ]
        coefficient = self.score.coefficient if rules.commission.coefficient and self.score else None
        held = rules.guarantee and paylines.guaranteed(
            rules.guarantee, self.profile.hired, self.month.period_start
        )
        return CommissionPaid(
            rules.commission,
            self.commissioned,
            coefficient,
            sum(before_cap, ZERO),
            rules.cap,
            rules.guarantee.amount if rules.guarantee and held else None,
        )


def _pool(
    plan: Plan, pool: Pool, staff: Sequence[Profile], month: PayMonth, review: list[ReviewItem]
) -> dict[str, Line]:
    """Line 5 of everyone under a plan."""
    by = {"score": "得分", "sales": "销售额", "heads": "人数"}[pool.by]
    shares = {p.employee_id: _share(pool.by, p.employee_id, month) for p in staff}
    amounts = paylines.share_pool(pool.amount, shares)
    if amounts is None:
        if staff:
            review.append(
                ReviewItem(
                    "pool_not_shared",
                    plan.name,
                    f"奖池 {yuan(pool.amount)} 按{by}分配，各人份额都是 0，未分配",
                )
            )
        return {e: Line(ZERO, f"奖池 {yuan(pool.amount)} 按{by}分配，各人份额都是 0，未分配") for e in shares}
    whole = sum(shares.values(), Fraction(0))
    return {
        e: Line(
            amounts[e],
            f"奖池 {yuan(pool.amount)} 按{by}分配：× {plain(share, 2)} ÷ {plain(whole, 2)}"
            f" = {yuan(amounts[e])}",
            {
                "pool": plain(pool.amount),
                "share": plain(share),
                "of": plain(whole),
                "people": str(len(shares)),
            },
        )
        for e, share in shares.items()
    }


def _share(by: str, employee: str, month: PayMonth) -> Fraction:
    """Negative or no score, negative or no sales: 0."""
    if by == "heads":
        return Fraction(1)
    if by == "score":
        score = month.scores.by_employee.get(employee)
        return Fraction(score.total) if score and score.total is not None else Fraction(0)
    return max(month.value(employee, SALES.id) or Fraction(0), Fraction(0))


# ---- what is listed ----
def _list_without_plan(
    plans: Sequence[Plan],
    staff: Sequence[Profile],
    chosen: Mapping[str, Plan | None],
    review: list[ReviewItem],
) -> None:
    without = [p for p in staff if chosen[p.employee_id] is None]
    if without and not plans:
        names = "、".join(f"{p.employee_id} {p.name}" for p in without)
        review.append(
            ReviewItem(
                "no_plan", "period.yaml", f"没有写 plan，以下员工不评分、不计薪：{names}", len(without)
            )
        )
        return
    for p in without:
        where = f"角色 {p.role}，分组 {p.group or '（空）'}"
        review.append(
            ReviewItem("no_plan", f"{p.employee_id} {p.name}", f"没有适用的方案（{where}），不评分、不计薪")
        )


def _list_unpaid(
    month: PayMonth, chosen: Mapping[str, Plan | None], plans: Sequence[Plan], review: list[ReviewItem]
) -> None:
    """Adjustments and allowances of people whom no plan (or another plan) pays."""
    for employee in sorted(month.adjustments):
        if chosen.get(employee) is None:
            amount = sum((amount for amount, _, _ in month.adjustments[employee]), ZERO)
            review.append(
                ReviewItem("adjustment_unused", employee, f"调整 {yuan(amount)} 未计：此人没有适用的方案")
            )
    for plan in plans:
        for allowance in plan.pay.allowances:
            for employee in allowance.employees or ():
                if chosen.get(employee) is not plan:
                    review.append(
                        ReviewItem(
                            "allowance_unused",
                            employee,
                            f"方案“{plan.name}”的补贴“{allowance.name}”未发：此人不适用该方案",
                        )
                    )


def payroll_frame(pay: Pay) -> pl.DataFrame:
    """``tables/payroll.csv``: employee_id, name, line, amount (yuan, two decimals, as text)."""
    rows = [(line.employee_id, line.name, line.line, str(line.amount)) for line in pay.lines]
    schema = dict.fromkeys(("employee_id", "name", "line", "amount"), pl.String())
    return pl.DataFrame(rows, schema=schema, orient="row")


def balances_frame(pay: Pay) -> pl.DataFrame:
    """``tables/balances.csv``: employee_id, since (date), amount (yuan, two decimals), reason; all text."""
    rows = [(b.employee_id, b.since.isoformat(), str(b.amount), b.reason) for b in pay.balances]
    schema = dict.fromkeys(("employee_id", "since", "amount", "reason"), pl.String())
    return pl.DataFrame(rows, schema=schema, orient="row")
