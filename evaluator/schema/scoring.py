"""How a figure is scored, and grades, as ``planfile`` reads them: for plans and for packs."""

from __future__ import annotations

from collections.abc import Iterable

from evaluator.plan import OPERATORS
from evaluator.planfile import METHODS, SCORE_OPTIONS
from evaluator.rulebook import key_words, label
from evaluator.schema.parts import NULL, Parts, Schema, absent, choice, either, needed, when


def score_options(parts: Parts) -> dict[str, Schema]:
    """The options of all methods; what depends on the method stands in ``method_rules``."""
    points = parts.not_negative()
    return {
        "bands": parts.list_of("bands", parts.row("band", parts.number(), points), least=1),
        "worst": parts.number(),
        "best": parts.number(),
        "target": parts.number(),
        "step": parts.positive(),
        "points_per_step": points,
        "when_fewer_than": parts.positive(),
        "points_each": points,
        "cap": parts.positive(),
        "points": either(points, parts.list_of("places", points, least=1)),
        "percentile": parts.flag(),
        "fallback": points,
        "limit": parts.number(),
        "op": parts.dated("operator", choice(OPERATORS)),
    }


def method(parts: Parts) -> Schema:
    told = {name: f"{label('methods', name)}：{text}" for name, text in key_words()["method"].items()}
    return parts.dated("method", choice(METHODS, told))


def method_rules(parts: Parts, beside: tuple[str, ...] = ()) -> list[Schema]:
    """What each method needs and does not take. ``beside``: options that stand there whatever the method."""
    found = [_rule(name, must, may, beside) for name, (must, may) in METHODS.items()]
    points = parts.not_negative()
    found.append(
        when({"method": {"const": "penalty"}}, {"properties": {"points": points, "weight": {"maximum": 0}}})
    )
    places = {"points": either(parts.list_of("places", points, least=1), NULL)}
    both = {"required": ["points", "percentile"], "properties": {"percentile": {"const": True}}}
    one = either(
        {"required": ["points"]},
        {
            "required": ["percentile"],
            "properties": {"percentile": either({"type": "object"}, {"const": True})},
        },
    )
    found.append(when({"method": {"const": "rank"}}, {"properties": places, "not": both, **one}))
    above = {"target": either(parts.positive(), NULL)}
    found.append(when({"method": {"const": "attainment"}}, {"properties": above}))
    found.append({"dependencies": {"when_fewer_than": ["points_each"], "points_each": ["when_fewer_than"]}})
    return [parts.define("options_of_methods", {"allOf": found})]


def _rule(name: str, must: Iterable[str], may: Iterable[str], beside: tuple[str, ...]) -> Schema:
    takes = (*must, *may)
    others = [o for o in SCORE_OPTIONS if o not in (*takes, *beside)]
    why = f"方法 {name} 没有这个选项；可用：{'、'.join(takes)}"
    needs = [*must, *([] if name == "penalty" else ["weight"])]
    return when({"method": {"const": name}}, needed(needs, absent(others, why)))


def grades(parts: Parts, keys: dict[str, Schema]) -> Schema:
    """``[[90, 优秀, {…}], …]``; ``keys``: what may stand in the third place, one of them."""
    extra = parts.mapping("grade", keys, keys, rules=[{"maxProperties": 1}])
    row = parts.row("grade_row", parts.not_negative(), parts.text(), either(extra, NULL), least=2)
    return parts.list_of("grades", row)
