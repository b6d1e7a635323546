"""The schema of a rule pack (``assess.packfile``)."""

from __future__ import annotations

from evaluator.assess.pack import SCOPES
from evaluator.assess.packfile import GRADE_KEYS, ITEM_KEYS, ITEM_SCORING, PACK_KEYS, WINDOWS
from evaluator.metrics.request import METRIC_OPTIONS
from evaluator.planfile import SCORE_OPTIONS
from evaluator.rulebook import labels, metric_catalogue
from evaluator.schema import metrics, scoring
from evaluator.schema.months import settings
from evaluator.schema.parts import ANY, DAY, TEXT, Parts, Schema, absent, choice, either, when
from evaluator.tables import TABLES

_OPTIONS = ("score_options", "metric_options")


def pack_schema() -> Schema:
    parts = Parts()
    table_names = {name: texts["zh"] for name, texts in labels()["tables"].items()}
    tables = parts.dated("table", choice(TABLES, table_names))
    given = {
        "name": parts.text(),
        "source": parts.text(),
        "reviewed_until": DAY,
        "scope": parts.dated("scope", choice(SCOPES)),
        "window": _window(parts, "pack_window", WINDOWS),
        "items": parts.list_of("items", _item(parts), least=1),
        "grades": scoring.grades(parts, dict.fromkeys(GRADE_KEYS, parts.text())),
        "max_left_out": parts.share(),
        "joins_with": parts.list_of("joins_with", tables),
        "packs": {"type": "array", "items": TEXT},
        "settings": settings(parts),
        "metrics": parts.list_of("metrics", _request(parts, agents=True)),
        "note": ANY,
    }
    whole = Parts(dated=False).mapping("pack", PACK_KEYS, given, rules=_pack_rules())
    return parts.finished("规则包", "一个平台的考核规则：rules/platforms/<规则包>.yaml", whole)


def _pack_rules() -> list[Schema]:
    shop_only = [info.id for info in metric_catalogue().values() if info.scope == "shop"]
    agents = {"items": {"items": {"properties": {"metric": {"not": {"enum": shop_only}}}}}}
    halves = {
        "items": {"items": {"properties": absent(["window"], "整个规则包按半月考核，考核项不能另写 window")}}
    }
    return [
        {"dependencies": {"grades": ["items"], "max_left_out": ["items"]}},
        when({"scope": {"const": "agent"}}, {"properties": agents}),
        when({"window": {"const": "half_months"}}, {"properties": halves}),
    ]


def _window(parts: Parts, name: str, words: tuple[str, ...]) -> Schema:
    days = parts.mapping("window", ["last_days"], {"last_days": parts.integer(1)}, ["last_days"])
    return either(parts.dated(name, choice(words)), days)


def _item(parts: Parts) -> Schema:
    given = {
        "id": parts.text(),
        "metric": metrics.metric(parts, "metric", metric_catalogue().values()),
        "window": _window(parts, "item_window", WINDOWS[:1]),
        "breakdown": parts.list_of("breakdown", _request(parts, agents=False)),
        "method": scoring.method(parts),
        "weight": parts.not_negative(),
        "min_sample": parts.not_negative(),
    }
    given |= dict.fromkeys(("name", "consequence", "one_more", "section", "note"), parts.text())
    given |= dict.fromkeys(("each_day", "lower_is_better"), parts.flag())
    given |= scoring.score_options(parts) | metrics.options(parts)
    keys = dict.fromkeys((*ITEM_KEYS, *SCORE_OPTIONS, *METRIC_OPTIONS))
    pointless = [key for key in (*SCORE_OPTIONS, "weight", "min_sample") if key != "target"]
    rules = [
        *scoring.method_rules(parts, beside=("target",)),
        *metrics.own_options(parts),
        {
            "if": {"required": ["method"]},
            "else": {"properties": absent(pointless, "没有写 method（计分方法），这个选项没有意义")},
        },
        {"dependencies": {"each_day": ["target"]}},
    ]
    assert set(ITEM_SCORING) <= set(keys), "points of items are those of plans"
    return parts.mapping("item", keys, given, ["id", "metric"], sections=["item", *_OPTIONS], rules=rules)


def _request(parts: Parts, *, agents: bool) -> Schema:
    """A metric's name, or ``{metric: …, …}`` with its options."""
    infos = metrics.of_agents() if agents else metric_catalogue().values()
    name = "metric_of_agents" if agents else "metric"
    metric = metrics.metric(parts, name, infos)
    given, rules = {"metric": metric} | metrics.options(parts), metrics.own_options(parts)
    keys, sections = ("metric", *METRIC_OPTIONS), ["item", "metric_options"]
    pairs = parts.mapping(f"{name}_request", keys, given, ["metric"], sections=sections, rules=rules)
    return {"if": {"type": "object"}, "then": pairs, "else": metric}
