"""A plan in words: how points, gates, grades and pay come about (SPEC §8, §9)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from evaluator.plan import Attainment, Bands, Deduct, Linear, Rank
from evaluator.render.sheet import Block, Column, Row
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared

if TYPE_CHECKING:
    from evaluator.plan import AppliesTo, Commission, Effect, Grade, PayRules, Plan, ScoreItem
    from evaluator.render.words import Words


def num(value: Decimal | int | None) -> str:
    """A number as a plan writes it, without needless zeros: ``0.6``, ``50,000``."""
    if value is None:
        return "—"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Say = Callable[..., str]


def method_text(item: ScoreItem, say: Say) -> str:
    """How a metric's value becomes points, in the language that ``say`` speaks."""
    how, weight, less = item.how, num(item.weight), item.lower_is_better
    sign = "≤" if less else "≥"
    if isinstance(how, Bands):
        bands = [
            say("{sign} {limit} 得 {points} 分", sign=sign, limit=num(v), points=num(p)) for v, p in how.bands
        ]
        return say("；").join([*bands, say("其余 0 分")])
    if isinstance(how, Linear):
        told = "{worst} 得 0 分，{best} 得 {weight} 分，中间按直线"
        return say(told, worst=num(how.worst), best=num(how.best), weight=weight)
    if isinstance(how, Deduct):
        return _deduct_text(how, weight, less, say)
    if isinstance(how, Attainment):
        ratio = (
            "达成率（2 − 取值 ÷ {target}）× {weight}，最高 {cap} 倍"
            if less
            else "达成率（取值 ÷ {target}）× {weight}，最高 {cap} 倍"
        )
        return say(ratio, target=num(how.target), weight=weight, cap=num(how.cap))
    if isinstance(how, Rank):
        return _rank_text(how, weight, say)
    return say("取值 {op} {limit} 时扣 {points} 分", op=how.op, limit=num(how.limit), points=num(how.points))


def _deduct_text(how: Deduct, weight: str, less: bool, say: Say) -> str:
    told = (
        "≤ {target} 得满分 {weight}；每超 {step}（不足按一档）扣 {points} 分"
        if less
        else "≥ {target} 得满分 {weight}；每差 {step}（不足按一档）扣 {points} 分"
    )
    points = num(how.points_per_step)
    text = say(told, target=num(how.target), weight=weight, step=num(how.step), points=points)
    if how.when_fewer_than is not None:
        few = "样本少于 {sample} 时，每例扣 {points} 分"
        text += say("；") + say(few, sample=num(how.when_fewer_than), points=num(how.points_each))
    return text


def _rank_text(how: Rank, weight: str, say: Say) -> str:
    if how.percentile:
        text = say("按名次百分位：{weight} ×（人数 − 名次）÷（人数 − 1）", weight=weight)
    else:
        places = [
            say("第 {place} 名 {points} 分", place=n, points=num(p))
            for n, p in enumerate(how.points or (), 1)
        ]
        text = say("；").join([*places, say("其后 0 分")])
    return text + say("；") + say("3 人及以下的组均得 {points} 分", points=num(how.fallback))


def _effect(effect: Effect, say: Say) -> str:
    if effect.kind == "zero":
        return say("总分归 0")
    told = "总分最高 {amount}" if effect.kind == "cap" else "总分 × {amount}"
    return say(told, amount=num(effect.amount))


def _grade(grade: Grade, say: Say) -> str:
    extra = ""
    if grade.coefficient is not None:
        extra = say("，系数 {coefficient}", coefficient=num(grade.coefficient))
    if grade.fixed is not None:
        extra = say("，固定 {amount} 元", amount=num(grade.fixed))
    return say("总分 ≥ {threshold}", threshold=num(grade.threshold)) + extra


#: What an employee's own page shows of his rank.
SHOWN_RANK = {
    "none": "客服自查页不显示名次",
    "place": "客服自查页显示本人第几名",
    "place_of": "客服自查页显示本人第几名、共几人",
}


def _applies(applies: AppliesTo, words: Words) -> str:
    say, role = words.say, applies.role
    roles = role if role is None else [words.word("roles", r) for r in role]
    parts = [
        f"{say(title)}{say('：')}{say('、').join(visible(v) for v in values)}"
        for title, values in (("角色", roles), ("组", applies.group), ("工号", applies.employee_ids))
        if values is not None
    ]
    return say("；").join(parts) or say("所有人")


def _pay_rows(data: Prepared, plan: Plan) -> list[tuple[str, str]]:
    pay, words, say = plan.pay, data.words, data.words.say
    rows = [("base", say("底薪 × 出勤 ÷ 应出勤（最高 1）"))]
    if pay.kpi_bonus:
        by = {
            "score": "绩效基数 {base} 元 × 总分 ÷ {full}",
            "coefficient": "绩效基数 {base} 元 × 等级系数",
            "fixed": "等级的固定金额",
        }
        told = say(by[pay.kpi_bonus], base=num(plan.kpi_base), full=num(plan.weight_sum))
        rows.append(("kpi_bonus", told))
    if pay.commission:
        rows.append(("commission", _commission(pay.commission, words)))
    if pay.assist:
        parts = [
            say("{kind} 每买家日 {amount} 元", kind=words.word("assists", kind), amount=num(each.each))
            if each.rate is None
            else say("{kind} 参考金额 × {rate}%", kind=words.word("assists", kind), rate=num(each.rate * 100))
            for kind, each in pay.assist.items()
        ]
        rows.append(("assist", say("；").join(parts)))
    if pay.pool:
        by_text = {"score": "按得分分配", "sales": "按销售额分配", "heads": "按人头分配"}[pay.pool.by]
        rows.append(("pool", say("团队奖金 {amount} 元，{by}", amount=num(pay.pool.amount), by=say(by_text))))
    return [(words.line(line), text) for line, text in rows] + _limits(data, pay)


def _commission(rule: Commission, words: Words) -> str:
    say = words.say
    slices = [
        say("{start} 元起 {rate}%", start=num(start), rate=num(rate * 100)) for start, rate in rule.brackets
    ]
    told = "按{metric}分段累进：{slices}" if rule.kind == "marginal" else "按{metric}全额按所达档：{slices}"
    factor = say("，再 × 等级系数") if rule.coefficient else ""
    return say(told, metric=words.metric(rule.request.id), slices=say("；").join(slices)) + factor


def _limits(data: Prepared, pay: PayRules) -> list[tuple[str, str]]:
    words, say = data.words, data.words.say
    rows = []
    for allowance in pay.allowances:
        whom = (
            say("方案内所有人")
            if allowance.employees is None
            else say("、").join(visible(e) for e in allowance.employees)
        )
        told = say("{amount} 元：{whom}", amount=num(allowance.amount), whom=whom)
        rows.append((visible(allowance.name), told))
    if pay.cap is not None:
        rows.append((words.line("cap"), say("以上各项合计不超过 {amount} 元", amount=num(pay.cap))))
    if pay.guarantee:
        told = "入职 {months} 个月内不低于 {amount} 元"
        least = num(pay.guarantee.amount)
        rows.append((words.line("guarantee"), say(told, months=pay.guarantee.months, amount=least)))
    if pay.min_wage is not None:
        told = "{amount} 元；扣款后不低于此数，且扣款不超过应发的 20%"
        rows.append((say("最低工资"), say(told, amount=num(pay.min_wage))))
    return rows


def plan_block(data: Prepared, plan: Plan) -> Block:
    """Everything a plan says, as it holds on the first day of the period."""
    words, say = data.words, data.words.say
    rows: list[Row] = [(say("适用"), "", "", _applies(plan.applies_to, words))]
    rows += [_score_row(item, words) for item in plan.score]
    for gate in plan.gates:
        held = "取值 {op} {limit} → {effect}"
        told = say(held, op=gate.op, limit=num(gate.value), effect=_effect(gate.effect, say))
        rows.append((say("关口"), words.metric(gate.request.id), "", told))
    if plan.score:
        told = "缺失或样本不足的权重超过 {share}% 时不评分，由人工决定"
        rows.append((say("缺项"), "", "", say(told, share=num(plan.max_left_out * 100))))
    rows.extend((say("等级"), visible(g.name), "", _grade(g, say)) for g in plan.grades)
    if plan.score:
        rows.append((say("名次"), "", "", say(SHOWN_RANK[plan.show_rank])))
    rows.extend((say("薪酬"), line, "", text) for line, text in _pay_rows(data, plan))
    columns = (
        Column("类别", width=10),
        Column("项目", width=24),
        Column("权重", width=9),
        Column("规则", "wrap", 70),
    )
    return Block(say("方案：{plan}", plan=visible(plan.name)), columns, rows)


def _score_row(item: ScoreItem, words: Words) -> Row:
    say = words.say
    told = f"{words.word('methods', item.method)}{say('：')}{method_text(item, say)}"
    if item.min_sample is not None:
        told += say("；") + say("样本 < {least} 不计入", least=num(item.min_sample))
    return (say("评分"), words.metric(item.request.id), num(item.weight), told)
