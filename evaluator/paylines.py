"""The single lines of pay (SPEC §9), each worked out exactly and rounded to the fen once.

A ``Line`` is the amount in yuan, the Chinese formula with its numbers, and what went in."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from evaluator.model import KpiCell, Profile
from evaluator.numbers import half_up, percent, plain, yuan
from evaluator.plan import ASSIST_METRICS, AssistPay, Commission, Guarantee
from evaluator.scoring import EmployeeScore
from evaluator.settlement import Balance, Correction

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Line:
    amount: Decimal
    formula: str
    inputs: dict[str, str] = field(default_factory=dict)


def usable(cell: KpiCell | None) -> Fraction | None:
    """The value of a figure, None where it is missing."""
    return None if cell is None or cell.status == "missing" else cell.value


# ---- 1 base ----
def base(profile: Profile, worked: Decimal | None, due: Decimal | None) -> Line:
    """R-P line 1: salary × worked ÷ due days, at most whole; whole without attendance or with due 0, also for one who
    joins or leaves within the period: the formula says so."""
    salary = Fraction(profile.base_salary or 0, 100)
    if profile.base_salary is None:
        return Line(ZERO, "花名册没有底薪，记 0.00", {"base_salary": ""})
    inputs = {"base_salary": str(half_up(salary))}
    if worked is None or due is None:
        told = f"底薪 {yuan(salary)}，没有考勤记录，全额"
        if profile.part:
            first, last = profile.part
            told += f"（本期只在 {first} 至 {last} 在册；要按天折算，请给考勤行：出勤 ÷ 应出勤）"
        return Line(half_up(salary), told, inputs)
    inputs |= {"worked_days": plain(worked), "due_days": plain(due)}
    if not due:
        return Line(half_up(salary), f"底薪 {yuan(salary)}，应出勤 0 天，全额", inputs)
    amount = half_up(salary * min(Fraction(worked) / Fraction(due), Fraction(1)))
    if worked >= due:
        return Line(
            amount, f"底薪 {yuan(salary)}，出勤 {plain(worked)} ÷ 应出勤 {plain(due)} 天，全额", inputs
        )
    return Line(
        amount, f"底薪 {yuan(salary)} × 出勤 {plain(worked)} ÷ 应出勤 {plain(due)} = {yuan(amount)}", inputs
    )


# ---- 2 kpi_bonus ----
def kpi_bonus(kind: str, kpi_base: Decimal | None, score: EmployeeScore) -> Line | str:
    """R-P line 2: by ``score``, ``coefficient`` or ``fixed``. A text says why nothing can be paid."""
    if score.total is None:
        return f"没有总分（{score.why_none}）"
    amount_base = Fraction(kpi_base or 0)
    if kind == "score":
        amount = half_up(amount_base * Fraction(score.total) / Fraction(score.weight_sum))
        return Line(
            amount,
            f"绩效基数 {yuan(amount_base)} × 总分 {score.total} ÷ 满分 {plain(score.weight_sum)}"
            f" = {yuan(amount)}",
            {
                "kpi_base": plain(amount_base),
                "total": str(score.total),
                "weight_sum": plain(score.weight_sum),
            },
        )
    if score.grade is None:
        return f"总分 {score.total} 没有对应的等级"
    given = score.coefficient if kind == "coefficient" else score.fixed
    if given is None:
        return f"等级“{score.grade}”没有写{'系数' if kind == 'coefficient' else '固定金额'}"
    inputs = {"grade": score.grade, kind: plain(given)}
    if kind == "fixed":
        return Line(half_up(given), f"等级“{score.grade}”的奖金 {yuan(given)}", inputs)
    amount = half_up(amount_base * Fraction(given))
    return Line(
        amount,
        f"绩效基数 {yuan(amount_base)} × 等级“{score.grade}”的系数 {plain(given)} = {yuan(amount)}",
        {"kpi_base": plain(amount_base), **inputs},
    )


# ---- 3 commission ----
def commission_due(rule: Commission, value: Fraction) -> tuple[Fraction, str]:
    """Commission on a value in yuan before any coefficient, unrounded; and the formula's right side."""
    if value < Fraction(rule.brackets[0][0]):
        return Fraction(0), f"未达到起点 {plain(rule.brackets[0][0])}"
    if rule.kind == "whole":
        rate = [r for start, r in rule.brackets if Fraction(start) <= value][-1]
        return value * Fraction(rate), f"{yuan(value)} × {percent(rate)}"
    due, parts = Fraction(0), []
    ends = [Fraction(start) for start, _ in rule.brackets[1:]]
    for (start, rate), end in zip(rule.brackets, [*ends, None], strict=True):
        part = (value if end is None else min(value, end)) - Fraction(start)
        if part > 0:
            due += part * Fraction(rate)
            parts.append(f"{yuan(part)} × {percent(rate)}")
    return due, " + ".join(parts) or "0"


def commission(rule: Commission, name: str, value: Fraction | None, coefficient: Decimal | None) -> Line:
    """R-P line 3. ``coefficient``: the grade's, None for × 1. Missing or negative value: 0."""
    inputs = {"metric": rule.request.id, "kind": rule.kind}
    if value is None:
        return Line(ZERO, f"{name}没有数据，提成 0.00", inputs)
    inputs["value"] = plain(value)
    if value < 0:
        return Line(ZERO, f"{name} {yuan(value)} 为负，提成 0.00", inputs)
    due, right = commission_due(rule, value)
    if coefficient is not None:
        inputs["coefficient"] = plain(coefficient)
        amount = half_up(due * Fraction(coefficient))
        return Line(
            amount,
            f"{name} {yuan(value)} → ({right}) × 等级系数 {plain(coefficient)} = {yuan(amount)}",
            inputs,
        )
    return Line(half_up(due), f"{name} {yuan(value)} → {right} = {yuan(due)}", inputs)


def commission_debt(rule: Commission, value: Fraction, coefficient: Decimal | None) -> Decimal:
    """R-P2: what a negative base leaves open, in yuan: the base at the rate of the bracket that begins at 0,
    times the coefficient; 0 where the lowest bracket begins above 0, for below it nothing is paid either."""
    start, rate = rule.brackets[0]
    if value >= 0 or start > 0:
        return ZERO
    return half_up(-value * Fraction(rate) * Fraction(1 if coefficient is None else coefficient))


# ---- 4 assist ----
ASSIST_NAMES = {"assist_order": "协助下单", "assist_followup": "协助跟进"}


def assist(
    rules: Mapping[str, AssistPay],
    buyers: Mapping[str, Fraction | None],
    amounts: Mapping[str, Fraction | None],
) -> Line:
    """R-P line 4: yuan a buyer-day, or a rate on the reference amount; both kinds added, rounded once."""
    due, parts, inputs = Fraction(0), [], {}
    for kind in ASSIST_METRICS:
        rule = rules.get(kind)
        if rule is None:
            continue
        if rule.each is not None:
            count = buyers.get(kind) or Fraction(0)
            due += count * Fraction(rule.each)
            parts.append(f"{ASSIST_NAMES[kind]} {plain(count)} 人 × {plain(rule.each)}")
            inputs[f"{kind}_buyers"] = plain(count)
        else:
            amount = amounts.get(kind) or Fraction(0)
            due += amount * Fraction(rule.rate or 0)
            parts.append(f"{ASSIST_NAMES[kind]}参考金额 {yuan(amount)} × {percent(rule.rate or 0)}")
            inputs[f"{kind}_amount"] = plain(amount)
    return Line(half_up(due), f"{' + '.join(parts)} = {yuan(due)}", inputs)


# ---- 5 pool ----
def share_pool(amount: Decimal, shares: Mapping[str, Fraction]) -> dict[str, Decimal] | None:
    """R-P line 5: ``amount`` (yuan) by shares (employee id → weight, none negative): floored to the fen, the
    rest by largest remainder, ties by lower employee id. None where all shares are 0."""
    whole = sum(shares.values(), Fraction(0))
    if not whole:
        return None
    fen = int(amount * 100)
    exact = {employee: fen * share / whole for employee, share in shares.items()}
    floors = {employee: int(value // 1) for employee, value in exact.items()}
    rest = fen - sum(floors.values())
    order = sorted(exact, key=lambda employee: (floors[employee] - exact[employee], employee))
    for employee in order[:rest]:
        floors[employee] += 1
    return {employee: half_up(Fraction(value, 100)) for employee, value in floors.items()}


# ---- 7, 8, 10 ----
def cap(limit: Decimal, so_far: Decimal) -> Line | None:
    """R-P line 7: what Σ lines 1–6 exceeds the cap by, negative."""
    if so_far <= limit:
        return None
    amount = half_up(limit) - so_far
    return Line(
        amount, f"以上合计 {yuan(so_far)} 超过封顶 {yuan(limit)}，减 {yuan(-amount)}", {"cap": plain(limit)}
    )


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or that month's last (31 August + 6 = the last of February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def guaranteed(rule: Guarantee, hired: date | None, period_start: date) -> bool:
    """Whether the guarantee holds: ``period_start`` < ``hired`` + months."""
    return hired is not None and period_start < add_months(hired, rule.months)


def guarantee(rule: Guarantee, hired: date | None, so_far: Decimal, period_start: date) -> Line | None:
    """R-P line 8: tops Σ lines 1–7 up to the amount while ``period_start`` < ``hired`` + months."""
    if hired is None or so_far >= rule.amount or not guaranteed(rule, hired, period_start):
        return None
    until, amount = add_months(hired, rule.months), half_up(rule.amount) - so_far
    return Line(
        amount,
        f"{hired} 入职，保底 {rule.months} 个月（{until} 之前），"
        f"以上合计 {yuan(so_far)} 补足到 {yuan(rule.amount)}",
        {"hired": str(hired), "months": str(rule.months), "amount": plain(rule.amount)},
    )


def clawback(
    owed: Sequence[Balance], so_far: Decimal, min_wage: Decimal | None
) -> tuple[Line, list[Balance]]:
    """R-P line 9: takes back what is owed, the oldest first, and leaves at least ``min_wage`` (none: 0) of ``so_far``,
    Σ lines 1–8. Also what is left open (R-P2), each still since when it was."""
    whole = sum((item.amount for item in owed), ZERO)
    room = taken = min(whole, max(so_far - (min_wage or ZERO), ZERO))
    left: list[Balance] = []
    for item in sorted(owed, key=lambda item: item.since):
        part = min(item.amount, room)
        room -= part
        if part < item.amount:
            left.append(replace(item, amount=item.amount - part))
    told = "；".join(f"{item.reason}：{yuan(item.amount)}（自 {item.since}）" for item in owed)
    text = f"应追回 {yuan(whole)} ← {told}"
    if left:
        text += f"，保留最低工资 {yuan(min_wage or ZERO)} 后扣 {yuan(taken)}，余 {yuan(whole - taken)} 转下期"
    return Line(ZERO - taken, text, {"owed": plain(whole)}), left


def corrected(
    corrections: Sequence[Correction], so_far: Decimal, min_wage: Decimal | None
) -> tuple[Decimal, Decimal]:
    """R-P3 in line 11: what revisions of locked periods add, or take as far as ``min_wage`` (none: 0) is left of
    ``so_far``, all else; and what they leave open (R-P2)."""
    whole = sum((item.amount for item in corrections), ZERO)
    if whole >= 0:
        return whole, ZERO
    taken = min(-whole, max(so_far - (min_wage or ZERO), ZERO))
    return ZERO - taken, -whole - taken


def deductions(
    fines: Sequence[tuple[Decimal, str]], earned: Decimal, after_clawback: Decimal, min_wage: Decimal | None
) -> tuple[Line, Decimal]:
    """R-P line 10 with R-P1: fines (negative amounts with reasons) take at most 20 % of ``earned``, Σ lines
    1–8, floored to the fen, and leave at least ``min_wage`` (none: 0) of ``after_clawback``. Also what was
    cut off."""
    asked = -sum((amount for amount, _ in fines), ZERO)
    fifth = Decimal(max(int(earned * 100), 0) // 5).scaleb(-2)
    room = max(after_clawback - (min_wage or ZERO), ZERO)
    taken = min(asked, fifth, room)
    reasons = "、".join(f"{reason} {yuan(amount)}" for amount, reason in fines)
    text = reasons
    if taken < asked:
        floor = f"扣后不低于最低工资 {yuan(min_wage)}" if min_wage else "扣后不为负"
        text += f"；扣款不超过应发 {yuan(earned)} 的 20%（{yuan(fifth)}）且{floor}，实扣 {yuan(taken)}"
    return Line(
        ZERO - taken, text, {"asked": plain(asked), "fifth": plain(fifth), "room": plain(room)}
    ), asked - taken
