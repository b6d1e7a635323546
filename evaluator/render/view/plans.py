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
    from evaluator.plan import AppliesTo, Effect, Grade, PayRules, Plan, ScoreItem


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
        return "；".join([*bands, say("其余 0 分")])
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
        text += "；" + say(few, sample=num(how.when_fewer_than), points=num(how.points_each))
    return text


def _rank_text(how: Rank, weight: str, say: Say) -> str:
    if how.percentile:
        text = say("按名次百分位：{weight} ×（人数 − 名次）÷（人数 − 1）", weight=weight)
    else:
        places = [
            say("第 {place} 名 {points} 分", place=n, points=num(p))
            for n, p in enumerate(how.points or (), 1)
        ]
        text = "；".join([*places, say("其后 0 分")])
    return text + "；" + say("3 人及以下的组均得 {points} 分", points=num(how.fallback))


def _effect(effect: Effect) -> str:
    if effect.kind == "zero":
        return "总分归 0"
    return f"总分最高 {num(effect.amount)}" if effect.kind == "cap" else f"总分 × {num(effect.amount)}"


def _grade(grade: Grade) -> str:
    extra = ""
    if grade.coefficient is not None:
        extra = f"，系数 {num(grade.coefficient)}"
    if grade.fixed is not None:
        extra = f"，固定 {num(grade.fixed)} 元"
    return f"总分 ≥ {num(grade.threshold)}{extra}"


#: What an employee's own page shows of his rank.
SHOWN_RANK = {
    "none": "客服自查页不显示名次",
    "place": "客服自查页显示本人第几名",
    "place_of": "客服自查页显示本人第几名、共几人",
}


def _applies(applies: AppliesTo) -> str:
    parts = [
        f"{title}：{'、'.join(visible(v) for v in values)}"
        for title, values in (("角色", applies.role), ("组", applies.group), ("工号", applies.employee_ids))
        if values is not None
    ]
    return "；".join(parts) or "所有人"


def _pay_rows(data: Prepared, plan: Plan) -> list[tuple[str, str]]:
    pay, words = plan.pay, data.words
    rows = [("base", "底薪 × 出勤 ÷ 应出勤（最高 1）")]
    if pay.kpi_bonus:
        by = {
            "score": f"绩效基数 {num(plan.kpi_base)} 元 × 总分 ÷ {num(plan.weight_sum)}",
            "coefficient": f"绩效基数 {num(plan.kpi_base)} 元 × 等级系数",
            "fixed": "等级的固定金额",
        }
        rows.append(("kpi_bonus", by[pay.kpi_bonus]))
    if pay.commission:
        slices = "；".join(f"{num(start)} 元起 {num(rate * 100)}%" for start, rate in pay.commission.brackets)
        kind = "分段累进" if pay.commission.kind == "marginal" else "全额按所达档"
        factor = "，再 × 等级系数" if pay.commission.coefficient else ""
        rows.append(("commission", f"按{words.metric(pay.commission.request.id)}{kind}：{slices}{factor}"))
    if pay.assist:
        parts = [
            f"{words.word('assists', kind)} "
            + (
                f"每买家日 {num(each.each)} 元"
                if each.rate is None
                else f"参考金额 × {num(each.rate * 100)}%"
            )
            for kind, each in pay.assist.items()
        ]
        rows.append(("assist", "；".join(parts)))
    if pay.pool:
        by_text = {"score": "得分", "sales": "销售额", "heads": "人头"}[pay.pool.by]
        rows.append(("pool", f"团队奖金 {num(pay.pool.amount)} 元，按{by_text}分配"))
    return [(words.line(line), text) for line, text in rows] + _limits(data, pay)


def _limits(data: Prepared, pay: PayRules) -> list[tuple[str, str]]:
    words = data.words
    rows = []
    for allowance in pay.allowances:
        whom = (
            "方案内所有人"
            if allowance.employees is None
            else "、".join(visible(e) for e in allowance.employees)
        )
        rows.append((visible(allowance.name), f"{num(allowance.amount)} 元：{whom}"))
    if pay.cap is not None:
        rows.append((words.line("cap"), f"以上各项合计不超过 {num(pay.cap)} 元"))
    if pay.guarantee:
        rows.append(
            (
                words.line("guarantee"),
                f"入职 {pay.guarantee.months} 个月内不低于 {num(pay.guarantee.amount)} 元",
            )
        )
    if pay.min_wage is not None:
        rows.append(("最低工资", f"{num(pay.min_wage)} 元；扣款后不低于此数，且扣款不超过应发的 20%"))
    return rows


def plan_block(data: Prepared, plan: Plan) -> Block:
    """Everything a plan says, as it holds on the first day of the period."""
    words = data.words
    rows: list[Row] = [("适用", "", "", _applies(plan.applies_to))]
    for item in plan.score:
        least = f"；样本 < {num(item.min_sample)} 不计入" if item.min_sample is not None else ""
        method = words.word("methods", item.method)
        rows.append(
            (
                "评分",
                words.metric(item.request.id),
                num(item.weight),
                f"{method}：{method_text(item, words.say)}{least}",
            )
        )
    rows.extend(
        ("关口", words.metric(g.request.id), "", f"取值 {g.op} {num(g.value)} → {_effect(g.effect)}")
        for g in plan.gates
    )
    if plan.score:
        rows.append(
            ("缺项", "", "", f"缺失或样本不足的权重超过 {num(plan.max_left_out * 100)}% 时不评分，由人工决定")
        )
    rows.extend(("等级", visible(g.name), "", _grade(g)) for g in plan.grades)
    if plan.score:
        rows.append(("名次", "", "", SHOWN_RANK[plan.show_rank]))
    rows.extend(("薪酬", line, "", text) for line, text in _pay_rows(data, plan))
    columns = (
        Column("类别", width=10),
        Column("项目", width=24),
        Column("权重", width=9),
        Column("规则", "wrap", 70),
    )
    return Block(f"方案：{visible(plan.name)}", columns, rows)
