"""The schemas of ``period.yaml`` (``settings``) and ``mapping.yaml`` (``sources.mapping``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evaluator.rulebook import RulesFinder, labels
from evaluator.schema.parts import (
    ANY,
    CLOCK,
    DAY,
    NULL,
    TEXT,
    Parts,
    Schema,
    choice,
    either,
    when,
)
from evaluator.settings import (
    BY,
    CREDIT_ROLES,
    JUDGMENTS,
    PERIOD_DAYS,
    PERIOD_KEYS,
    AdStages,
    CodeWord,
    Filters,
    Settings,
)
from evaluator.sources.column_words import spoken
from evaluator.sources.mapping import KEYS, needed
from evaluator.tables import TABLES

_NAME: Schema = {
    "type": ["string", "integer"],
    "pattern": r"^[^./\\][^/\\]*$",
    "patternErrorMessage": "应为本文件夹里的文件名，或 rules/plans 里方案的名称，不能带路径",
}


def period_schema() -> Schema:
    parts, rules = Parts(), RulesFinder()
    platform = either(choice(rules.names("platforms")), TEXT)
    once = Parts(dated=False)  # the period's own keys are not dated: it is the period that decides
    days = once.mapping("period_days", PERIOD_DAYS, dict.fromkeys(PERIOD_DAYS, DAY), PERIOD_DAYS)
    given = {
        "period": days,
        "plan": {**_NAME, "examples": [*rules.names("plans"), "plan.yaml"]},
        "platform": either(
            platform, {"type": "object", "additionalProperties": platform, "minProperties": 1}
        ),
        "shop": TEXT,
        "settings": settings(parts),
    }
    root = once.mapping("period", PERIOD_KEYS, given, ["period"])
    return parts.finished("period.yaml", "一个月的考核：期间、方案、平台、设置", root)


def settings(parts: Parts) -> Schema:
    """``settings:`` of a month or a pack; each value may be dated, but not all together."""
    fields = Settings.model_fields
    given = {key: _setting(parts, key, field.annotation) for key, field in fields.items()}
    whole = Parts(dated=False).mapping("settings", fields, given)
    for key, default in Settings().model_dump(mode="json").items():
        whole["properties"][key]["default"] = default
    return whole


def _setting(parts: Parts, key: str, kind: Any) -> Schema:
    def words(section: str) -> dict[str, str]:
        return {name: texts["zh"] for name, texts in labels()[section].items()}

    special: dict[str, Callable[[], Schema]] = {
        "day_start": lambda: parts.dated("clock", CLOCK),
        "judgment": lambda: parts.dated("judgment", choice(JUDGMENTS, words("judgments"))),
        "by": lambda: parts.dated("by", choice(BY)),
        "min_amount": parts.money,
        "credit_roles": lambda: parts.list_of(
            "credit_roles", parts.dated("credit_role", choice(CREDIT_ROLES))
        ),
        "response_hours": parts.hours,
        "shop_alias": lambda: {"type": "object", "additionalProperties": TEXT},
        "filters": lambda: _filters(parts),
        "ad": lambda: parts.mapping(
            "ad", AdStages.model_fields, dict.fromkeys(AdStages.model_fields, parts.flag())
        ),
        "orders_through": lambda: parts.dated("day", DAY),
    }
    if key in special:
        return special[key]()
    by_kind: dict[Any, Callable[[], Schema]] = {
        bool: parts.flag,
        int: parts.integer,
        tuple[str, ...]: parts.texts,
    }
    return by_kind[kind]()


def _filters(parts: Parts) -> Schema:
    code_word = {"word": parts.text(), "n": parts.integer(1)}
    given = dict.fromkeys(Filters.model_fields, parts.flag())
    given["code_word"] = parts.mapping("code_word", CodeWord.model_fields, code_word, ["word"])
    return parts.mapping("filters", Filters.model_fields, given)


def mapping_schema() -> Schema:
    parts = Parts(dated=False)
    names = {name: texts["zh"] for name, texts in labels()["tables"].items()}
    given = {"file": TEXT, "table": choice(TABLES, names), "columns": {"type": "object"}}
    rules = [when({"table": {"const": name}}, {"properties": {"columns": _columns(name)}}) for name in TABLES]
    one = parts.mapping("mapping", KEYS, given, ["table", "columns"], rules=rules)
    alone = {"type": "array", "items": parts.define("mapping", one), "maxItems": 1}
    named = {"allOf": [parts.define("mapping", one), {"required": ["file"], "properties": {"file": TEXT}}]}
    several = {"if": alone | {"items": ANY}, "then": alone, "else": {"type": "array", "items": named}}
    root = {"if": {"type": "array"}, "then": several, "else": parts.define("mapping", one)}
    return parts.finished("mapping.yaml", "认不出的表格：哪一列是哪一项", root)


def _columns(table: str) -> Schema:
    must = needed(table)
    cells = {
        c.name: {"description": spoken(c.name)} | (TEXT if c.name in must else either(TEXT, NULL))
        for c in TABLES[table].columns
    }
    return {"properties": cells, "required": must, "additionalProperties": False}
