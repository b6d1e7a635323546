"""Reads the ``pay`` of a plan (SPEC §9, §9.1) and refuses what cannot be meant; see ``planfile``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from evaluator.metrics.request import METRIC_OPTIONS
from evaluator.plan import (
    ASSIST_METRICS,
    Allowance,
    AssistPay,
    Commission,
    Guarantee,
    PayRules,
    Plan,
    Pool,
)
from evaluator.planmetric import Catalogue, read_metric
from evaluator.rulebook import MetricInfo
from evaluator.yamlfile import Node

PAY_KEYS = ("kpi_bonus", "commission", "assist", "pool", "allowances", "guarantee", "cap", "min_wage")
COMMISSION_KEYS = ("metric", "kind", "brackets", "coefficient")
POOL_KEYS = ("amount", "by")
ALLOWANCE_KEYS = ("name", "amount", "employees")
GUARANTEE_KEYS = ("months", "amount")
KPI_BONUS = ("score", "coefficient", "fixed")
COMMISSION_KINDS = ("marginal", "whole")
POOL_BY = ("score", "sales", "heads")


def read_pay(node: Node, plan: Plan, plan_node: Node, catalogue: Catalogue) -> Plan:
    """``plan`` with its pay. ``plan_node``: where missing keys are reported."""
    pairs = node.mapping(PAY_KEYS)
    pay = PayRules(
        kpi_bonus=_kpi_bonus(pairs["kpi_bonus"], plan, plan_node) if "kpi_bonus" in pairs else None,
        commission=_commission(pairs["commission"], catalogue) if "commission" in pairs else None,
        assist=_assist(pairs["assist"]) if "assist" in pairs else None,
        pool=_pool(pairs["pool"], plan) if "pool" in pairs else None,
        allowances=_allowances(pairs["allowances"].items("补贴列表")) if "allowances" in pairs else (),
        guarantee=_guarantee(pairs["guarantee"]) if "guarantee" in pairs else None,
        cap=pairs["cap"].money() if "cap" in pairs else None,
        min_wage=pairs["min_wage"].money() if "min_wage" in pairs else None,
    )
    return replace(plan, pay=pay)


def _kpi_bonus(node: Node, plan: Plan, plan_node: Node) -> str:
    kind = node.choice(KPI_BONUS)
    if not plan.score:
        node.fail("按绩效发奖金的方案应有 score")
    if kind in ("score", "coefficient") and plan.kpi_base is None:
        plan_node.fail(f"缺少 kpi_base（pay.kpi_bonus: {kind} 需要绩效基数）", seen=False)
    if kind == "coefficient" and all(grade.coefficient is None for grade in plan.grades):
        node.fail("方案里没有任何等级写了 coefficient")
    if kind == "fixed" and all(grade.fixed is None for grade in plan.grades):
        node.fail("方案里没有任何等级写了 fixed")
    return kind


def _commission(node: Node, catalogue: Catalogue) -> Commission:
    pairs = node.mapping((*COMMISSION_KEYS, *METRIC_OPTIONS))
    metric = node.need(pairs, "metric")
    request = read_metric(metric, pairs, catalogue)
    info = catalogue[request.metric]
    if not is_base(info):
        metric.fail(f"提成应以金额（元）为基数，“{info.name}”不是金额")
    return Commission(
        metric=metric.text(),
        request=request,
        kind=node.need(pairs, "kind").choice(COMMISSION_KINDS),
        brackets=_brackets(node.need(pairs, "brackets")),
        coefficient="coefficient" in pairs and pairs["coefficient"].flag(),
    )


def is_base(info: MetricInfo) -> bool:
    """Whether commission may be paid on it: a sum of yuan."""
    return info.unit == "yuan" and not info.has_denominator


def _brackets(node: Node) -> tuple[tuple[Decimal, Decimal], ...]:
    rows: list[tuple[Decimal, Decimal]] = []
    for row in node.items("[[起点, 比例], …]"):
        pair = row.items("[起点, 比例]")
        if len(pair) != 2:
            row.fail("应为 [起点, 比例]")
        start = pair[0].number(least=0, what="起点（元）")
        if rows and start <= rows[-1][0]:
            pair[0].fail(f"起点应从小到大，上一档是 {rows[-1][0]}")
        rate = pair[1].number(least=0, what="比例")
        if rate > 1:
            pair[1].fail("比例应在 0 与 1 之间，1% 写 0.01")
        rows.append((start, rate))
    if not rows:
        node.fail("至少应有一档 [起点, 比例]")
    return tuple(rows)


def _assist(node: Node) -> dict[str, AssistPay]:
    found: dict[str, AssistPay] = {}
    for kind, child in node.mapping(ASSIST_METRICS).items():
        if isinstance(child.value, dict):
            rate = child.need(child.mapping(("rate",)), "rate").number(least=0, what="比例")
            if rate > 1:
                child.pairs()["rate"].fail("比例应在 0 与 1 之间，1% 写 0.01")
            found[kind] = AssistPay(rate=rate)
        else:
            found[kind] = AssistPay(each=child.number(least=0, what="金额（元/人）或 {rate: 比例}"))
    return found


def _pool(node: Node, plan: Plan) -> Pool:
    pairs = node.mapping(POOL_KEYS)
    by = node.need(pairs, "by").choice(POOL_BY)
    if by == "score" and not plan.score:
        pairs["by"].fail("按得分分配奖池的方案应有 score")
    return Pool(node.need(pairs, "amount").money(), by)


def _allowances(nodes: Sequence[Node]) -> tuple[Allowance, ...]:
    found: list[Allowance] = []
    for node in nodes:
        pairs = node.mapping(ALLOWANCE_KEYS)
        name = node.need(pairs, "name").text()
        if any(a.name == name for a in found):
            pairs["name"].fail("补贴重名，请合并或改名")
        employees = pairs["employees"].texts() if "employees" in pairs else None
        found.append(Allowance(name, node.need(pairs, "amount").money(), employees))
    return tuple(found)


def _guarantee(node: Node) -> Guarantee:
    pairs = node.mapping(GUARANTEE_KEYS)
    return Guarantee(node.need(pairs, "months").integer(), node.need(pairs, "amount").money())
