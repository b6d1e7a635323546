"""The schema of a plan (``planfile``, ``payfile``)."""

from __future__ import annotations

from evaluator.metrics.request import METRIC_OPTIONS
from evaluator.payfile import (
    ALLOWANCE_KEYS,
    COMMISSION_KEYS,
    COMMISSION_KINDS,
    GUARANTEE_KEYS,
    KPI_BONUS,
    PAY_KEYS,
    POOL_BY,
    POOL_KEYS,
    is_base,
)
from evaluator.plan import ASSIST_METRICS, OPERATORS, SHOW_RANK
from evaluator.planfile import (
    APPLIES_KEYS,
    EFFECT_KEYS,
    GATE_KEYS,
    GRADE_KEYS,
    PLAN_KEYS,
    SCORE_KEYS,
    SCORE_OPTIONS,
    STAFF,
)
from evaluator.schema import metrics, scoring
from evaluator.schema.parts import Parts, Schema, choice, either, when

_OPTIONS = ("score_options", "metric_options")


def plan_schema() -> Schema:
    parts = Parts()
    plan = parts.mapping("plan", PLAN_KEYS, _plan(parts), ["name"], rules=_plan_rules())
    listed = {"plans": parts.list_of("plans", plan, least=1)}
    several = parts.mapping("several", ["plans"], listed, ["plans"], sections=["plan"])
    root = {"if": {"required": ["plans"]}, "then": several, "else": plan}
    return parts.finished("方案", "客服绩效方案：谁适用，怎么评分，怎么发钱", root)


def _plan(parts: Parts) -> dict[str, Schema]:
    grade = {"coefficient": parts.not_negative(), "fixed": parts.money()}
    return {
        "name": parts.text(),
        "applies_to": _applies_to(parts),
        "kpi_base": parts.money(),
        "score": parts.list_of("score_list", _score(parts)),
        "gates": parts.list_of("gates", _gate(parts)),
        "max_left_out": parts.share(),
        "grades": scoring.grades(parts, {key: grade[key] for key in GRADE_KEYS}),
        "show_rank": parts.dated("show_rank", choice(SHOW_RANK)),
        "pay": _pay(parts),
    }


def _plan_rules() -> list[Schema]:
    """Points need score; a bonus by score needs something to multiply."""

    def bonus(*kinds: str) -> Schema:
        return {
            "pay": {"type": "object", "required": ["kpi_bonus"], "properties": {"kpi_bonus": choice(kinds)}}
        }

    return [
        {"dependencies": {"gates": ["score"], "grades": ["score"], "show_rank": ["score"]}},
        when(bonus(*KPI_BONUS), {"required": ["score"]}),
        when(bonus("score", "coefficient"), {"required": ["kpi_base"]}),
    ]


def _applies_to(parts: Parts) -> Schema:
    role = choice(STAFF)
    roles = parts.list_of("roles", parts.dated("role", role))
    given = {
        "role": either(parts.dated("role", role), roles),
        "group": either(parts.text(), parts.texts()),
        "employee_ids": parts.texts(),
    }
    return parts.mapping("applies_to", APPLIES_KEYS, given)


def _score(parts: Parts) -> Schema:
    given = {
        "metric": metrics.metric(parts, "metric", metrics.of_agents()),
        "weight": parts.not_negative(),
        "method": scoring.method(parts),
        "min_sample": parts.not_negative(),
        "lower_is_better": parts.flag(),
    }
    given |= scoring.score_options(parts) | metrics.options(parts)
    keys = (*SCORE_KEYS, *SCORE_OPTIONS, *METRIC_OPTIONS)
    rules = [*scoring.method_rules(parts), *metrics.own_options(parts)]
    return parts.mapping(
        "score", keys, given, ["metric", "method"], sections=["score", *_OPTIONS], rules=rules
    )


def _gate(parts: Parts) -> Schema:
    effects = {"cap": parts.not_negative(), "multiply": parts.not_negative()}
    one = {"minProperties": 1, "maxProperties": 1}
    effect = parts.mapping("effect", EFFECT_KEYS, effects, rules=[one])
    given = {
        "metric": metrics.metric(parts, "metric", metrics.of_agents()),
        "op": parts.dated("operator", choice(OPERATORS)),
        "value": parts.number(),
        "effect": either(parts.dated("zero", choice(["zero"])), effect),
    }
    keys, given = (*GATE_KEYS, *METRIC_OPTIONS), given | metrics.options(parts)
    sections, rules = ["gate", "metric_options"], metrics.own_options(parts)
    return parts.mapping("gate", keys, given, GATE_KEYS, sections=sections, rules=rules)


def _pay(parts: Parts) -> Schema:
    amount = parts.money()
    allowance = {"name": parts.text(), "amount": amount, "employees": parts.texts()}
    pool = {"amount": amount, "by": parts.dated("pool_by", choice(POOL_BY))}
    guarantee = {"months": parts.integer(), "amount": amount}
    given = {
        "kpi_bonus": parts.dated("kpi_bonus", choice(KPI_BONUS)),
        "commission": _commission(parts),
        "assist": _assist(parts),
        "pool": parts.mapping("pool", POOL_KEYS, pool, POOL_KEYS),
        "allowances": parts.list_of(
            "allowances", parts.mapping("allowance", ALLOWANCE_KEYS, allowance, ["name", "amount"])
        ),
        "guarantee": parts.mapping("guarantee", GUARANTEE_KEYS, guarantee, GUARANTEE_KEYS),
        "cap": amount,
        "min_wage": amount,
    }
    return parts.mapping("pay", PAY_KEYS, given)


def _commission(parts: Parts) -> Schema:
    bases = [info for info in metrics.of_agents() if is_base(info)]
    bracket = parts.row("bracket", parts.not_negative(), parts.share())
    given = {
        "metric": metrics.metric(parts, "commission_metric", bases),
        "kind": parts.dated("commission_kind", choice(COMMISSION_KINDS)),
        "brackets": parts.list_of("brackets", bracket, least=1),
        "coefficient": parts.flag(),
    }
    keys, given = (*COMMISSION_KEYS, *METRIC_OPTIONS), given | metrics.options(parts)
    required = ["metric", "kind", "brackets"]
    sections, rules = ["commission", "metric_options"], metrics.own_options(parts)
    return parts.mapping("commission", keys, given, required, sections=sections, rules=rules)


def _assist(parts: Parts) -> Schema:
    rate = parts.mapping("assist_rate", ["rate"], {"rate": parts.share()}, ["rate"])
    each = either(parts.not_negative(), rate)
    return parts.mapping("assist", ASSIST_METRICS, dict.fromkeys(ASSIST_METRICS, each))
