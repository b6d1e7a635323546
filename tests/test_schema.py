"""The JSON Schemas: not stale, true of every file that ships, and refusing what the program refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from evaluator.assess.packfile import read_pack
from evaluator.model import EvaluatorError
from evaluator.planfile import read_plans
from evaluator.rulebook import RulesFinder, builtin, key_words, metric_catalogue
from evaluator.schema import schema_text, schemas
from evaluator.settings import Settings, load_month
from evaluator.sources import mapping
from evaluator.yamlfile import Node, parse_yaml, read_yaml

RULES = builtin("rules")
SCHEMAS = schemas()
VALIDATORS = {name: Draft7Validator(schema) for name, schema in SCHEMAS.items()}
DAY = date(2026, 10, 1)


def as_data(node: Node) -> Any:
    """What an editor sees (YAML 1.2): dates are texts."""
    value = node.value
    if isinstance(value, dict):
        return {key: as_data(child) for key, child in value.items()}
    if isinstance(value, list):
        return [as_data(child) for child in value]
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def faults(kind: str, node: Node) -> list[str]:
    """Where the schema finds fault."""
    validator = VALIDATORS[f"{kind}.schema.json"]
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(as_data(node))]


# ---- shipped ----
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schemas_are_not_stale(name: str) -> None:
    shipped = (RULES / "schema" / name).read_text("utf-8")
    assert shipped == schema_text(SCHEMAS[name]), f"rules/schema/{name} 过时：请运行 make schema"


@pytest.mark.parametrize("name", SCHEMAS)
def test_they_are_schemas(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])
    refs = set(re.findall(r'"\$ref": "([^"]+)"', schema_text(SCHEMAS[name])))
    assert refs and json.loads(schema_text(SCHEMAS[name])) == SCHEMAS[name]
    assert {ref.rpartition("/")[2] for ref in refs} <= SCHEMAS[name]["definitions"].keys()


@pytest.mark.parametrize(
    ("kind", "path"),
    [("plan", p) for p in sorted((RULES / "plans").glob("*.yaml"))]
    + [("pack", p) for p in sorted((RULES / "platforms").glob("*.yaml"))],
    ids=lambda value: getattr(value, "stem", value),
)
def test_every_shipped_plan_and_pack_is_valid(kind: str, path: Path) -> None:
    assert faults(kind, read_yaml(path)) == []


def test_the_demo_month_is_valid(demo_month: Path) -> None:
    assert faults("period", read_yaml(demo_month / "period.yaml")) == []
    assert faults("plan", read_yaml(demo_month / "plan.yaml")) == []


def test_the_defaults_are_valid_settings() -> None:
    node = read_yaml(RULES / "defaults.yaml")
    settings = as_data(node)["settings"]
    days = {"start": "2026-10-01", "end": "2026-11-01"}
    found = VALIDATORS["period.schema.json"].iter_errors({"period": days, "settings": settings})
    assert [error.message for error in found] == []
    assert settings.keys() == Settings.model_fields.keys()


def test_every_key_is_described_once() -> None:
    used = {text for kinds in key_words().values() for text in kinds.values()}
    shown = "".join(schema_text(schema) for schema in SCHEMAS.values())
    assert [text for text in used if text.replace('"', '\\"') not in shown] == []


# ---- the schema and the reader agree ----
PLAN = """\
name: 售前
applies_to: {role: [售前, 全能]}
kpi_base: 2000
score:
  - {metric: sales, weight: 60, method: attainment, target: 100}
  - {metric: first_response, weight: 40, method: linear, worst: 60, best: 20}
gates: [{metric: unreplied, op: ">", value: 50, effect: {cap: 60}}]
grades: [[90, 优秀, {coefficient: 1.2}], [0, 其他]]
pay:
  kpi_bonus: score
  commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.01]]}
"""
PACK = """\
name: 考核
source: 后台
reviewed_until: 2027-12-31
window: {last_days: 30}
items:
  - {id: a, metric: satisfaction, stage: after_sale, target: 0.8,
     method: deduct, weight: 50, step: 0.01, points_per_step: 2}
  - {id: b, metric: reply_within, seconds: 180, unit: consult, hours: ["08:00", "23:00"], target: 0.4, each_day: true}
  - {id: c, metric: silent_share, breakdown: [silent_orders]}
grades: [[90, 好], [0, 差, {consequence: 违约金}]]
settings: {judgment: grouped_chain}
metrics: [{metric: reply_within, seconds: 180, unit: consult}]
"""
PERIOD = """\
period: {start: 2026-10-01, end: 2026-11-01}
platform: {甲店: tmall, 乙店: pdd}
settings:
  day_start: "04:00"
  response_hours: null
  window_days: 1
  filters: {one_liner: true, code_word: {word: 亲, n: 2}}
"""
MAPPING = "table: ratings\ncolumns: {buyer: 客户, account: 客服, ts: 时间, score: 分}\n"

#: (file, what stands there, what is written instead). "": the file as it is.
GOOD = [
    ("plan", "", ""),
    ("plan", "kpi_base: 2000", "kpi_base: {2026-01-01: 2000, 2027-01-01: 2200}"),
    (
        "plan",
        "kpi_base: 2000",
        'kpi_base: {values: {"2026-01-01": 2000}, source: 制度, reviewed_until: 2027-01-01}',
    ),
    ("plan", "weight: 60", "weight: {2020-01-01: {values: {2020-01-01: 60}}}"),
    ("plan", "method: attainment, target: 100", "method: {2020-01-01: attainment}, target: 100"),
    ("plan", "metric: sales, weight", "metric: reply_within_60s_turn, weight"),
    ("plan", "metric: first_response,", 'metric: first_response, hours: ["09:00", "24:00"], cap_s: 600,'),
    ("plan", "{cap: 60}", "zero"),
    ("plan", "effect: {cap: 60}", "effect: {2020-01-01: {multiply: 0.5}}"),
    ("plan", "grades: [[90, 优秀, {coefficient: 1.2}], [0, 其他]]", "grades: {2020-01-01: [[60, 合格]]}"),
    ("plan", "name: 售前", "name: 2026"),
    ("plan", "kpi_base: 2000", "kpi_base: 2000\nmax_left_out: null"),
    ("plan", "kpi_base: 2000", "kpi_base: 2000\nshow_rank: {2020-01-01: place_of}"),
    (
        "plan",
        "kpi_bonus: score",
        "kpi_bonus: score\n  assist: {assist_order: 1, assist_followup: {rate: 0.1}}",
    ),
    ("pack", "", ""),
    ("pack", "target: 0.4", "target: {2020-01-01: 0.4, 2026-07-01: 0.5}"),
    ("pack", "window: {last_days: 30}", "window: {2020-01-01: {last_days: 30}}"),
    ("pack", "window: {last_days: 30}", "window: half_months"),
    ("pack", "{judgment: grouped_chain}", "{judgment: {2020-01-01: payment}}"),
    ("pack", "seconds: 180, unit: consult, hours", "seconds: 180, unit: {2020-01-01: turn}, hours"),
    ("period", "", ""),
    ("period", "window_days: 1", "window_days: {2026-01-01: 1, 2026-11-11: 3}"),
    ("period", "  window_days: 1", "  shop_alias: {天天: a, 2026-01-01: b}"),
    ("period", "platform: {甲店: tmall, 乙店: pdd}", "platform: 别的平台"),
    ("mapping", "", ""),
    ("mapping", MAPPING, f"[{{{MAPPING.strip().replace(chr(10), ', ')}}}]"),
]
BAD = [
    # a key that there is not
    ("plan", "kpi_base: 2000", "kpi_baes: 2000"),
    ("plan", "weight: 60", "wieght: 60"),
    ("plan", 'op: ">"', 'operator: ">"'),
    ("plan", "kind: marginal", "kinds: marginal"),
    ("plan", "coefficient: 1.2", "coeficient: 1.2"),
    ("pack", "reviewed_until", "reviewed"),
    ("pack", "each_day", "every_day"),
    ("pack", "last_days", "days"),
    ("pack", "judgment", "judgement"),
    ("period", "platform", "platforms"),
    ("period", "window_days", "window_day"),
    ("period", "one_liner", "oneliner"),
    ("period", "start", "begin"),
    ("mapping", "buyer", "buyers"),
    ("mapping", "columns", "colums"),
    # a metric that there is not, or that cannot stand there
    ("plan", "metric: sales", "metric: sale"),
    ("plan", "metric: sales", "metric: shop_sales"),
    ("plan", "metric: sales", "metric: reply_within_0s_turn"),
    ("plan", "metric: net_sales", "metric: conversion_rate"),
    ("plan", "metric: net_sales", "metric: avg_order_value"),
    ("pack", "metric: satisfaction", "metric: satisfied"),
    ("pack", "[silent_orders]", "[silent_order]"),
    ("pack", "name: 考核", "name: 考核\nscope: agent"),
    ("pack", "metrics: [{metric: reply_within, seconds: 180, unit: consult}]", "metrics: [silent_orders]"),
    # options of metrics and methods
    ("plan", "target: 100", "target: "),
    ("pack", "seconds: 180, unit: consult, hours", "seconds: , unit: consult, hours"),
    ("plan", "metric: sales", "metric: sales, seconds: 30"),
    ("plan", "metric: sales", "metric: reply_within, seconds: 30"),
    ("plan", "metric: sales", 'metric: reply_within_60s_turn, hours: ["08:00", "23:00"]'),
    ("pack", "seconds: 180, unit: consult, hours", "seconds: 0, unit: consult, hours"),
    ("pack", "unit: consult, hours", "unit: consults, hours"),
    ("pack", "stage: after_sale", "stage: in_sale"),
    ("pack", '["08:00", "23:00"]', '["8:00", "23:00"]'),
    ("pack", '["08:00", "23:00"]', '["08:00"]'),
    ("plan", "method: attainment, target: 100", "method: attain, target: 100"),
    ("plan", "method: attainment, target: 100", "method: attainment"),
    ("plan", "method: attainment, target: 100", "method: attainment, target: 0"),
    ("plan", "method: attainment, target: 100", "method: attainment, target: 100, step: 1"),
    ("plan", "weight: 60, method: attainment, target: 100", "method: attainment, target: 100"),
    ("plan", "method: attainment, target: 100", "method: rank"),
    ("plan", "method: attainment, target: 100", "method: rank, points: [9, 8], percentile: true"),
    ("plan", "method: attainment, target: 100", "method: rank, points: []"),
    ("plan", "method: attainment, target: 100", "method: bands, bands: []"),
    ("plan", "method: attainment, target: 100", "method: bands, bands: [[10]]"),
    (
        "plan",
        "weight: 60, method: attainment, target: 100",
        "weight: 5, method: penalty, limit: 1, points: 5",
    ),
    (
        "plan",
        "method: attainment, target: 100",
        "method: deduct, target: 1, step: 1, points_per_step: 1, points_each: 2",
    ),
    ("pack", "method: deduct, weight: 50, step", "step"),
    ("pack", "target: 0.4, each_day", "each_day"),
    # text for a number, a number for text, a flag
    ("plan", "weight: 60", "weight: 六十"),
    ("plan", "weight: 60", "weight: 60%"),
    ("plan", "weight: 60", "weight: -60"),
    ("plan", "weight: 60", "weight: true"),
    ("plan", "kpi_base: 2000", "kpi_base: 2000元"),
    ("plan", "name: 售前", "name: true"),
    ("plan", "name: 售前", "name: ''"),
    ("plan", "name: 售前\n", ""),
    ("plan", "[[0, 0.01]]", "[[0, 1.01]]"),
    ("plan", 'op: ">"', "op: 大于"),
    ("plan", "{cap: 60}", "{cap: 60, multiply: 0.5}"),
    ("plan", "{cap: 60}", "none"),
    ("plan", "role: [售前, 全能]", "role: [销售]"),
    ("plan", "{coefficient: 1.2}", "{coefficient: 1.2, fixed: 100}"),
    ("plan", "kpi_base: 2000\n", ""),
    ("plan", "kpi_bonus: score", "kpi_bonus: yes"),
    ("pack", "each_day: true", "each_day: 'true'"),
    ("pack", "target: 0.8", "target: 80%"),
    ("pack", "window: {last_days: 30}", "window: last_30"),
    ("pack", "window: {last_days: 30}", "window: {last_days: 1.5}"),
    ("plan", "kpi_base: 2000", "kpi_base: 2000\nshow_rank: yes"),
    ("pack", "window: {last_days: 30}", "window: half_months\nmax_left_out: 1.5"),
    ("pack", "metric: silent_share", "metric: silent_share, window: half_months"),
    ("pack", "window: {last_days: 30}\nitems", "window: half_months\njoins_with: [order]\nitems"),
    ("period", "window_days: 1", "window_days: 一天"),
    ("period", "window_days: 1", "window_days: 1.5"),
    ("period", '"04:00"', '"4点"'),
    ("period", "response_hours: null", 'response_hours: "08:00-23:00"'),
    ("period", "one_liner: true", "one_liner: 开"),
    ("period", "word: 亲, n: 2", "n: 2"),
    ("period", "platform:", "plan: plans/a.yaml\nplatform:"),
    ("mapping", "table: ratings", "table: rating"),
    ("mapping", ", score: 分", ""),
    # dates
    ("period", "2026-11-01}", "2026-11-31}"),
    ("period", "end: 2026-11-01", "end: 11月1日"),
    ("plan", "kpi_base: 2000", "kpi_base: {2026-01-01: 2000, 2026/07/01: 2200}"),
    ("plan", "kpi_base: 2000", "kpi_base: {2026-1-1: 2000}"),
    ("plan", "kpi_base: 2000", "kpi_base: {2026-02-30: 2000}"),
    ("plan", "kpi_base: 2000", "kpi_base: {2026-01-01: 2000, 起: 2200}"),
    ("plan", "kpi_base: 2000", "kpi_base: {2026-01-01: 两千}"),
    ("plan", "kpi_base: 2000", "kpi_base: {values: 2000}"),
    ("plan", "kpi_base: 2000", "kpi_base: {values: {2026-01-01: 2000}, until: 2027-01-01}"),
    ("plan", "kpi_base: 2000", "kpi_base: {values: {2026-01-01: 2000}, reviewed_until: 明年}"),
    ("pack", "target: 0.4", "target: {2020-13-01: 0.4}"),
    ("pack", "reviewed_until: 2027-12-31", "reviewed_until: 2027年底"),
    ("pack", "settings: {judgment: grouped_chain}", "settings: {2020-01-01: {judgment: payment}}"),
    ("period", "window_days: 1", "window_days: {2026.01.01: 1}"),
]
TEXTS = {"plan": PLAN, "pack": PACK, "period": PERIOD, "mapping": MAPPING}


def read_plan(folder: Path, text: str) -> None:
    read_plans(parse_yaml(text, "plan.yaml"), DAY, metric_catalogue(), [])


def read_rules(folder: Path, text: str) -> None:
    """As a month of its platform reads it: with ``settings`` and ``metrics``."""
    own = folder / "rules" / "platforms"
    own.mkdir(parents=True)
    (own / "own.yaml").write_text(text, "utf-8")
    read_pack(parse_yaml(text, "pack.yaml"), "own", DAY, [], metric_catalogue())
    (folder / "period.yaml").write_text(
        "period: {start: 2026-10-01, end: 2026-11-01}\nplatform: own\n", "utf-8"
    )
    load_month(folder, RulesFinder((folder / "rules",)))


def read_period(folder: Path, text: str) -> None:
    (folder / "period.yaml").write_text(text, "utf-8")
    load_month(folder)


def read_mapping(folder: Path, text: str) -> None:
    (folder / "mapping.yaml").write_text(text, "utf-8")
    mapping.load(folder)


READERS: dict[str, Callable[[Path, str], None]] = {
    "plan": read_plan,
    "pack": read_rules,
    "period": read_period,
    "mapping": read_mapping,
}


def written(kind: str, old: str, new: str) -> str:
    assert old in TEXTS[kind], old
    return TEXTS[kind].replace(old, new, 1) if old else TEXTS[kind]


@pytest.mark.parametrize(("kind", "old", "new"), GOOD)
def test_both_take(tmp_path: Path, kind: str, old: str, new: str) -> None:
    text = written(kind, old, new)
    READERS[kind](tmp_path, text)
    assert faults(kind, parse_yaml(text, kind)) == []


@pytest.mark.parametrize(("kind", "old", "new"), BAD)
def test_both_refuse(tmp_path: Path, kind: str, old: str, new: str) -> None:
    text = written(kind, old, new)
    with pytest.raises(EvaluatorError):
        READERS[kind](tmp_path, text)
    try:
        node = parse_yaml(text, kind)
    except EvaluatorError:  # the parser refuses 2026-02-30, which an editor takes for a text
        node = parse_yaml(
            text.replace("2026-02-30:", '"2026-02-30":').replace("2026-11-31", '"2026-11-31"'), kind
        )
    assert faults(kind, node), "the schema takes it"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a file."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield (*path, key)
        yield from places(child, (*path, key))


def spoilt(data: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    """The file with something wrong there; ``...``: under another key."""
    copy = deepcopy(data)
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    if wrong is ... and isinstance(holder, dict):
        holder[f"{path[-1]}x"] = holder.pop(path[-1])
    else:
        holder[path[-1]] = None if wrong is ... else wrong
    return copy


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("wrong", ["文字", True, {"a": 1}, ...], ids=str)
def test_both_say_the_same_of_every_place(tmp_path: Path, kind: str, wrong: Any) -> None:
    data = as_data(parse_yaml(TEXTS[kind], kind))
    verdicts = set()
    for n, path in enumerate(places(data)):
        text = json.dumps(spoilt(data, path, wrong), ensure_ascii=False)
        folder = tmp_path / str(n)
        folder.mkdir()
        try:
            READERS[kind](folder, text)
            taken = True
        except EvaluatorError:
            taken = False
        found = faults(kind, parse_yaml(text, kind))
        assert taken == (not found), (path, wrong, found)
        verdicts.add(taken)
    assert False in verdicts
