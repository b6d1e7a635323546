"""A metric with its options beside it, as ``planmetric`` reads it: from the catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from evaluator.metrics.request import METRIC_OPTIONS, STANDARD
from evaluator.planmetric import CHOICES, WITHIN, WRITTEN, choices_of
from evaluator.rulebook import MetricInfo, labels, metric_catalogue
from evaluator.schema.parts import Parts, Schema, absent, choice, either, needed, when


def metric(parts: Parts, name: str, infos: Iterable[MetricInfo]) -> Schema:
    """The name of one of these metrics, or of a 限时应答率 with its options in the name."""
    told = {info.id: f"{info.name}：{info.definition}" for info in infos}
    catalogue = metric_catalogue()
    if "reply_within" not in told:
        return parts.dated(name, choice(told, told))
    within = {"type": "string", "pattern": WITHIN.pattern}
    standard = {key: f"{request.option('seconds')} 秒应答率" for key, request in STANDARD.items()}
    assert catalogue.keys().isdisjoint(standard), "a metric has one name"
    return parts.dated(name, {"type": "string"} | either(choice([*told, *standard], told | standard), within))


def options(parts: Parts) -> dict[str, Schema]:
    """Every option that some metric takes."""
    written = {
        "positive": lambda: parts.integer(1),
        "integer": parts.integer,
        "hours": parts.hours,
        "flag": parts.flag,
    }
    return {
        key: written[WRITTEN[key]]() if key in WRITTEN else _choice(parts, key, _all_choices(key))
        for key in METRIC_OPTIONS
    }


def _all_choices(option: str) -> tuple[str, ...]:
    own = [c for info in metric_catalogue().values() for c in info.choices.get(option, ())]
    return tuple(dict.fromkeys([*CHOICES[option], *own]))


def _choice(parts: Parts, option: str, may: tuple[str, ...]) -> Schema:
    words = {k: texts["zh"] for k, texts in (labels()["option_values"] | labels()["units"]).items()}
    return parts.dated(".".join((option, *may)), choice(may, words))


def own_options(parts: Parts) -> list[Schema]:
    """Which options stand beside which metric: those that it has, with what they may be; those that it must."""
    alike: dict[tuple[tuple[str, ...], ...], list[str]] = defaultdict(list)
    for info in metric_catalogue().values():
        choices = tuple(choices_of(o, info) for o in info.options if o not in WRITTEN)
        alike[info.options, info.must, *choices].append(info.id)
    found = []
    for (has, must, *_), ids in alike.items():
        info = metric_catalogue()[ids[0]]
        why = f"这个指标没有这个选项；可用：{'、'.join(has) or '（无）'}"
        rule: Schema = absent([o for o in METRIC_OPTIONS if o not in has], why)
        for option in has:
            if option not in WRITTEN and choices_of(option, info) != _all_choices(option):
                rule[option] = either(_choice(parts, option, choices_of(option, info)), {"type": "null"})
        found.append(when({"metric": {"enum": ids}}, needed(must, rule)))
    named = {"type": "string", "pattern": WITHIN.pattern}
    found.append(when({"metric": named}, {"properties": absent(METRIC_OPTIONS, "指标的名称已含条件")}))
    return [parts.define("options_of_metrics", {"allOf": found})]


def of_agents() -> list[MetricInfo]:
    return [info for info in metric_catalogue().values() if info.scope != "shop"]
