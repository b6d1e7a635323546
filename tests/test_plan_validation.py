"""A plan that cannot be meant is refused with file, line, key, what stood there and what is expected."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent, indent

import pytest

from evaluator.model import EvaluatorError, ReviewItem
from evaluator.plan import Plan
from evaluator.planfile import read_plans
from evaluator.rulebook import RulesFinder, metric_catalogue
from evaluator.settings import load_month
from evaluator.yamlfile import parse_yaml, read_yaml

CONFORMANCE = Path(__file__).parents[2] / "shared" / "conformance"

GOOD = """\
name: 售前
applies_to: {role: 售前}
kpi_base: 2000
score:
  - {metric: sales, weight: 60, method: attainment, target: 100}
  - {metric: reply_rate, weight: 40, method: linear, worst: 0.5, best: 1}
grades: [[90, 优秀, {coefficient: 1.2}], [0, 其他]]
pay:
  kpi_bonus: score
"""


def read(text: str, day: date = date(2026, 10, 1)) -> tuple[tuple[Plan, ...], list[ReviewItem]]:
    return read_plans(parse_yaml(dedent(text), "plan.yaml"), day, metric_catalogue(), [])


def error_of(text: str, day: date = date(2026, 10, 1)) -> str:
    with pytest.raises(EvaluatorError) as caught:
        read(text, day)
    return str(caught.value)


def in_score(line: str) -> str:
    return GOOD.replace("  - {metric: sales, weight: 60, method: attainment, target: 100}", f"  - {line}")


def in_pay(text: str) -> str:
    return GOOD + indent(dedent(text), "  ")


def test_the_good_plan_is_good() -> None:
    (plan,), notes = read(GOOD)
    assert plan.name == "售前"
    assert notes == []


# (a score line, where, what the message says)
SCORE_LINES = [
    ("{metric: conversion_rate, weight: 1, method: linear}", "score[1]", "缺少 worst"),
    (
        "{metric: conversion_rat, weight: 1, method: linear, worst: 0, best: 1}",
        "score[1].metric",
        "“conversion_rat”，没有这个指标，是否想写 conversion_rate？",
    ),
    ("{metric: shop_sales, weight: 1, method: linear, worst: 0, best: 1}", "score[1].metric", "店铺指标"),
    ("{weight: 1, method: linear, worst: 0, best: 1}", "score[1]", "缺少 metric"),
    ("{metric: sales, weight: 1}", "score[1]", "缺少 method"),
    ("{metric: sales, method: linear, worst: 0, best: 1}", "score[1]", "缺少 weight"),
    ("{metric: sales, weight: 1, method: lienar}", "score[1].method", "是否想写 linear？"),
    ("{metric: sales, wieght: 1, method: linear}", "score[1].wieght", "是否想写 weight？"),
    (
        "{metric: sales, weight: -5, method: linear, worst: 0, best: 1}",
        "score[1].weight",
        "写的是 -5，应为不小于 0",
    ),
    (
        "{metric: sales, weight: 40%, method: linear, worst: 0, best: 1}",
        "score[1].weight",
        "百分数请写成小数",
    ),
    (
        "{metric: sales, weight: true, method: linear, worst: 0, best: 1}",
        "score[1].weight",
        "写的是 true，应为权重",
    ),
    ("{metric: sales, weight: 1, method: linear, worst: 0.5, best: 0.50}", "score[1].best", "应不相等"),
    (
        "{metric: sales, weight: 1, method: linear, worst: 0, best: 1, step: 2}",
        "score[1].step",
        "没有选项 step",
    ),
    (
        "{metric: sales, weight: 1, method: linear, worst: 0, best: 1, seconds: 9}",
        "score[1].seconds",
        "可用：（无）",
    ),
    ("{metric: sales, weight: 1, method: attainment}", "score[1]", "缺少 target"),
    ("{metric: sales, weight: 1, method: attainment, target: 0}", "score[1].target", "应为大于 0"),
    ("{metric: sales, weight: 1, method: bands}", "score[1]", "缺少 bands"),
    ("{metric: sales, weight: 1, method: bands, bands: []}", "score[1].bands", "至少应有一档"),
    (
        "{metric: sales, weight: 9, method: bands, bands: [[1, 9], [2, 3]]}",
        "score[1].bands[2][1]",
        "应从大到小（越小越好的指标请加 lower_is_better: true）",
    ),
    (
        "{metric: unreplied, weight: 9, method: bands, lower_is_better: true, bands: [[2, 9], [1, 3]]}",
        "score[1].bands[2][1]",
        "应从小到大",
    ),
    (
        "{metric: sales, weight: 9, method: bands, bands: [[2, 9], [2, 3]]}",
        "score[1].bands[2][1]",
        "上一档是 2",
    ),
    ("{metric: sales, weight: 9, method: bands, bands: [[2, 10]]}", "score[1].bands[1][2]", "不超过权重 9"),
    ("{metric: sales, weight: 9, method: bands, bands: [[2]]}", "score[1].bands[1]", "应为 [界限, 分数]"),
    (
        "{metric: reply_rate, weight: 9, method: deduct, target: 1, step: 0, points_per_step: 1}",
        "score[1].step",
        "应为大于 0 的步长",
    ),
    (
        "{metric: reply_rate, weight: 9, method: deduct, target: 1, step: 1, points_per_step: 1,"
        " when_fewer_than: 3}",
        "score[1]",
        "缺少 points_each",
    ),
    (
        "{metric: reply_rate, weight: 9, method: deduct, target: 1, step: 1}",
        "score[1]",
        "缺少 points_per_step",
    ),
    ("{metric: sales, weight: 9, method: rank}", "score[1]", "二者取一"),
    ("{metric: sales, weight: 9, method: rank, points: [9], percentile: true}", "score[1]", "二者取一"),
    ("{metric: sales, weight: 9, method: rank, points: [5, 6]}", "score[1].points[2]", "不高于前一名次"),
    (
        "{metric: sales, weight: 9, method: rank, points: [5], fallback: 10}",
        "score[1].fallback",
        "不超过权重",
    ),
    (
        "{metric: complaint_rate, weight: 2, method: penalty, limit: 0, points: 5}",
        "score[1].weight",
        "应为 0",
    ),
    ("{metric: complaint_rate, method: penalty, points: 5}", "score[1]", "缺少 limit"),
    ("{metric: complaint_rate, method: penalty, limit: 0, points: 5, op: ~=}", "score[1].op", "应为 >"),
    (
        "{metric: reply_within, weight: 1, method: linear, worst: 0, best: 1, unit: turn}",
        "score[1].metric",
        "缺少 seconds",
    ),
    (
        "{metric: reply_within, weight: 1, method: linear, worst: 0, best: 1, seconds: 9}",
        "score[1].metric",
        "缺少 unit",
    ),
    (
        "{metric: reply_within, weight: 1, method: linear, worst: 0, best: 1, seconds: 9, unit: turns}",
        "score[1].unit",
        "是否想写 turn？",
    ),
    (
        "{metric: reply_within_180s_consult, weight: 1, method: linear, worst: 0, best: 1, hours: [a, b]}",
        "score[1].hours",
        "名称已含条件",
    ),
    (
        '{metric: first_response, weight: 1, method: linear, worst: 9, best: 1, hours: ["9:00", "18:00"]}',
        "score[1].hours[1]",
        "写的是 “9:00”",
    ),
    (
        '{metric: first_response, weight: 1, method: linear, worst: 9, best: 1, hours: ["18:00", "09:00"]}',
        "score[1].hours",
        "不跨零点",
    ),
    (
        "{metric: first_response, weight: 1, method: linear, worst: 9, best: 1, cap_s: 0}",
        "score[1].cap_s",
        "不小于 1",
    ),
    ("{metric: sales, weight: 1e40, method: linear, worst: 0, best: 1}", "score[1].weight", "太大"),
    ("[sales, 60]", "score[1]", "应为“键: 值”的形式"),
]


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(("line", "where", "says"), SCORE_LINES)
def test_score_lines(line: str, where: str, says: str) -> None:
    message = error_of(in_score(line))
    assert message.startswith(f"plan.yaml:5: {where}：")
    assert says in message


# (further text of the plan, the message's beginning, what it says); the text begins on line 10
FURTHER = [
    ('gates: [{metric: nosuch, op: ">", value: 1, effect: zero}]', "10: gates[1].metric", "没有这个指标"),
    (
        "gates: [{metric: sales, op: more, value: 1, effect: zero}]",
        "10: gates[1].op",
        "应为 >、>=、<、<=、==、!=",
    ),
    ("gates: [{metric: sales, op: >, value: 1, effect: zero}]", "10", "不是合法的 YAML"),
    ('gates: [{metric: sales, op: ">", value: 1, effect: half}]', "10: gates[1].effect", "应为 zero、"),
    (
        'gates: [{metric: sales, op: ">", value: 1, effect: {caps: 60}}]',
        "10: gates[1].effect.caps",
        "是否想写 cap？",
    ),
    ('gates: [{metric: sales, op: ">", value: 1, effect: {cap: -1}}]', "10: gates[1].effect.cap", "不小于 0"),
    (
        'gates: [{metric: sales, op: ">", value: 1, effect: {cap: 1, multiply: 1}}]',
        "10: gates[1].effect",
        "取其一",
    ),
    ('gates: [{metric: sales, op: ">", effect: zero}]', "10: gates[1]", "缺少 value"),
    ("max_left_out: 30", "10: max_left_out", "应在 0 与 1 之间"),
    ("show_rank: all", "10: show_rank", "应为 none、place、place_of"),
    ("name: 又一个", "10: name", "写了两次（第 1 行已有）"),
    ("Pay: {}", "10: Pay", "是否想写 pay？"),
    ("gates: {metric: sales}", "10: gates", "应为关口列表"),
]


@pytest.mark.rule("R-S2")
@pytest.mark.parametrize(("text", "where", "says"), FURTHER)
def test_gates_and_other_keys(text: str, where: str, says: str) -> None:
    message = error_of(GOOD + text + "\n")
    assert message.startswith(f"plan.yaml:{where}")
    assert says in message


GRADES = [
    ("[[60, 甲], [90, 乙]]", "grades[2][1]", "写的是 90，分数线应从高到低，上一档是 60"),
    ("[[90, 甲], [60, 甲]]", "grades[2][2]", "等级重名"),
    ("[[90]]", "grades[1]", "应为 [分数线, 等级]"),
    ("[[90, 甲, {coefficient: 1, fixed: 2}]]", "grades[1][3]", "只能写一个"),
    ("[[90, 甲, {coeficient: 1}]]", "grades[1][3].coeficient", "是否想写 coefficient？"),
    ("[[90, 甲, 1.2]]", "grades[1][3]", "应为“键: 值”的形式"),
    ("[[-1, 甲]]", "grades[1][1]", "不小于 0"),
]


@pytest.mark.rule("R-S3")
@pytest.mark.parametrize(("grades", "where", "says"), GRADES)
def test_grades(grades: str, where: str, says: str) -> None:
    message = error_of(GOOD.replace("[[90, 优秀, {coefficient: 1.2}], [0, 其他]]", grades))
    assert message.startswith(f"plan.yaml:7: {where}：")
    assert says in message


# (a line of pay, where, what the message says)
PAY = [
    ("commission: {metric: net_sales, kind: marginal}", "pay.commission", "缺少 brackets"),
    ("commission: {metric: net_sales, brackets: [[0, 0.1]]}", "pay.commission", "缺少 kind"),
    ("commission: {metric: orders, kind: whole, brackets: [[0, 0.1]]}", "pay.commission.metric", "不是金额"),
    (
        "commission: {metric: net_sales, kind: whole, brackets: [[100, 0.1], [50, 0.2]]}",
        "pay.commission.brackets[2][1]",
        "起点应从小到大，上一档是 100",
    ),
    (
        "commission: {metric: net_sales, kind: whole, brackets: [[-1, 0.1]]}",
        "pay.commission.brackets[1][1]",
        "不小于 0",
    ),
    (
        "commission: {metric: net_sales, kind: whole, brackets: [[0, 1.5]]}",
        "pay.commission.brackets[1][2]",
        "1% 写 0.01",
    ),
    ("assist: {assist_orders: 1}", "pay.assist.assist_orders", "是否想写 assist_order？"),
    ("assist: {assist_order: {rates: 1}}", "pay.assist.assist_order.rates", "是否想写 rate？"),
    ("pool: {amount: 100}", "pay.pool", "缺少 by"),
    ("pool: {amount: 100, by: head}", "pay.pool.by", "是否想写 heads？"),
    ("pool: {amount: 0.001, by: heads}", "pay.pool.amount", "至多两位小数"),
    ("allowances: [{name: 餐补}]", "pay.allowances[1]", "缺少 amount"),
    ("allowances: [{name: 餐补, amount: 1}, {name: 餐补, amount: 2}]", "pay.allowances[2].name", "补贴重名"),
    ("guarantee: {months: 1.5, amount: 4000}", "pay.guarantee.months", "应为整数"),
    ("guarantee: {months: 2}", "pay.guarantee", "缺少 amount"),
    ("cap: -1", "pay.cap", "不小于 0"),
    ("min_wage: 两千", "pay.min_wage", "写的是 “两千”，应为金额"),
    ("bonus: 1", "pay.bonus", "没有“bonus”这个键"),
]


@pytest.mark.rule("R-P")
@pytest.mark.parametrize(("line", "where", "says"), PAY)
def test_pay_lines(line: str, where: str, says: str) -> None:
    message = error_of(in_pay(line))
    assert message.startswith(f"plan.yaml:10: {where}：")
    assert says in message


@pytest.mark.rule("R-P")
def test_bonus_needs_what_it_is_worked_out_from() -> None:
    assert "plan.yaml:1：缺少 kpi_base" in error_of(GOOD.replace("kpi_base: 2000\n", ""))
    by_coefficient = GOOD.replace("kpi_bonus: score", "kpi_bonus: coefficient")
    assert read(by_coefficient)[0][0].pay.kpi_bonus == "coefficient"
    without = by_coefficient.replace(", {coefficient: 1.2}", "")
    assert "plan.yaml:9: pay.kpi_bonus：" in error_of(without)
    assert "没有任何等级写了 coefficient" in error_of(without)
    assert "没有任何等级写了 fixed" in error_of(GOOD.replace("kpi_bonus: score", "kpi_bonus: fixed"))
    assert "应为 score、coefficient、fixed 之一" in error_of(GOOD.replace("kpi_bonus: score", "kpi_bonus: 1"))


@pytest.mark.rule("R-P")
def test_whom_a_plan_is_for() -> None:
    assert "plan.yaml:2: applies_to.role：写的是 “售錢”" in error_of(GOOD.replace("role: 售前", "role: 售錢"))
    assert "plan.yaml:2: applies_to.roles：" in error_of(GOOD.replace("role:", "roles:"))
    both = "plans:\n- {name: 甲, pay: {}}\n- {name: 甲, pay: {}}\n"
    assert "plan.yaml:3: plans[2].name：" in error_of(both)
    assert "至少应有一个方案" in error_of("plans: []")


# ---- dated values ----
DATED = [
    ("{2026-10-02: 1, 2027-01-01: 2}", "最早的日期是 2026-10-02，2026-10-01 这一天还没有值"),
    ("{2026-01-01: 1, 2026-02-30: 2}", "“2026-02-30”不是日期"),
    ("{2026-01-01: 1, later: 2}", "“later”不是日期"),
    ("{2026-1-1: 1}", "“2026-1-1”不是日期"),
    ("{values: 3}", "values 下应为“日期: 值”"),
    ("{values: {2026-01-01: 1}, reviewed: 2026-12-31}", "是否想写 reviewed_until？"),
    ("{values: {2026-01-01: 1}, reviewed_until: soon}", "应为存在的日期"),
    ("{2026-01-01: x}", "应为金额"),
]


@pytest.mark.rule("R-P5")
@pytest.mark.parametrize(("value", "says"), DATED)
def test_dated_values(value: str, says: str) -> None:
    message = error_of(GOOD.replace("kpi_base: 2000", f"kpi_base: {value}"))
    assert message.startswith("plan.yaml:3: kpi_base")
    assert says in message


@pytest.mark.rule("R-P5")
def test_a_mapping_of_dates_may_stand_anywhere() -> None:
    text = """
    2026-01-01:
      name: {"2026-01-01": 旧名, "2026-10-01": 新名}
      applies_to: {2026-01-01: {role: 售后}}
      max_left_out: {values: {2026-01-01: 0.5}, reviewed_until: 2026-12-31, source: 通知}
      score:
      - {metric: sales, method: attainment, weight: {2026-01-01: 7, 2026-11-01: 8}, target: {2026-01-01: 9}}
      - {2026-01-01: {metric: orders, method: attainment, weight: 5, target: 5}, 2026-09-01: null}
      pay:
        2026-09-30:
          commission:
            {metric: sales, kind: whole, brackets: {2026-01-01: [[0, {2026-01-01: 0.1, 2026-10-01: 0.2}]]}}
          guarantee: {2026-01-01: {months: 1, amount: {values: {2026-01-01: 4000}}}}
    """
    (plan,), _ = read(text)
    assert (plan.name, plan.applies_to.role, str(plan.max_left_out)) == ("新名", ("售后",), "0.5")
    assert [(i.metric, int(i.weight)) for i in plan.score] == [("sales", 7)]
    assert plan.pay.commission and str(plan.pay.commission.brackets[0][1]) == "0.2"
    assert plan.pay.guarantee and plan.pay.guarantee.amount == 4000


@pytest.mark.rule("R-P5")
def test_withdrawn_where_it_must_be_is_missing() -> None:
    text = GOOD.replace("kpi_base: 2000", "kpi_base: {2026-01-01: 2000, 2026-10-01: null}")
    assert "缺少 kpi_base" in error_of(text)
    assert read(text, date(2026, 9, 30))


# ---- allowed, but to be confirmed ----
NOTES = [
    ("{metric: unreplied, weight: 9, method: attainment, target: 4}", "通常越小越好"),
    ("{metric: sales, weight: 9, method: linear, worst: 9, best: 0}", "方向与通常相反"),
    (
        "{metric: sales, weight: 9, method: deduct, target: 9, step: 1, points_per_step: 1,"
        " when_fewer_than: 3, points_each: 1}",
        "不是比率",
    ),
]


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(("line", "says"), NOTES)
def test_what_is_seldom_meant_is_noted(line: str, says: str) -> None:
    _, notes = read(in_score(line))
    assert [n.kind for n in notes] == ["plan_note"]
    assert notes[0].subject.startswith("plan.yaml:5: score[1].metric")
    assert says in notes[0].detail


# ---- what ships, what is shared ----
@pytest.mark.parametrize("name", RulesFinder().names("plans"))
def test_the_plans_that_ship_are_valid(name: str) -> None:
    path = RulesFinder().need(f"plans/{name}.yaml")
    plans, notes = read_plans(read_yaml(path), date(2026, 10, 1), metric_catalogue(), [])
    assert plans and notes == []
    assert all(plan.requests for plan in plans)


@pytest.mark.parametrize(
    "month", sorted(CONFORMANCE.glob("month_*/month")) or [pytest.param(None, marks=pytest.mark.skipif(
        True, reason="the conformance months are not beside the checkout"))],
)  # fmt: skip
def test_the_conformance_months_load(month: Path) -> None:
    config = load_month(month)
    assert config.plans and config.start < config.end
    assert all(plan.requests for plan in config.plans)
