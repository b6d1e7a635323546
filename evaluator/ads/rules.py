"""``rules/ads.yaml``: how contacts are spelled, the keyword rules (first stage of SPEC §3.1), the model's threshold and
what counts as an advertiser's behaviour.

A keyword rule is a pattern with a weight; a buyer whose *different* rules add up to the threshold is an advertiser.
Weights are such that one ordinary phrase never suffices.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import polars as pl

from evaluator.ads.wrote import Wrote
from evaluator.rulebook import RulesFinder
from evaluator.yamlfile import Node, read_yaml

Steps = tuple[tuple[float, int], ...]  # from this value on, so many points; ascending

SIGNALS = (
    "same_text_agents",
    "same_text_senders",
    "same_text_shops",
    "link_only",
    "never_answers",
    "rules",
    "model",
)


@dataclass(frozen=True)
class AdRule:
    id: str
    pattern: str
    weight: int
    anchors: tuple[str, ...]  # a text with none of these cannot match


@dataclass(frozen=True)
class Behaviour:
    """``clause``: characters from which on a stretch of text is compared; ``points``: by signal."""

    threshold: int
    clause: int
    points: dict[str, Steps]


@dataclass(frozen=True)
class AdRules:
    spellings: dict[str, str]
    threshold: int
    rules: tuple[AdRule, ...]
    model_threshold: float | None
    behaviour: Behaviour

    @property
    def anchors(self) -> list[str]:
        return sorted({a for r in self.rules for a in r.anchors})


@lru_cache(maxsize=8)
def ad_rules(finder: RulesFinder | None = None) -> AdRules:
    """``rules/ads.yaml`` (a user's own file of that name stands for ours). Errors: EvaluatorError with file, line,
    key."""
    root = read_yaml((finder or RulesFinder()).need("ads.yaml"), "rules/ads.yaml")
    pairs = root.mapping(["spellings", "threshold", "rules", "model", "behaviour"])
    spelled = root.need(pairs, "spellings").pairs()
    for pattern, node in spelled.items():
        _check(pattern, node)
    return AdRules(
        {pattern: node.text() for pattern, node in spelled.items()},
        root.need(pairs, "threshold").integer(least=1),
        tuple(_rule(node) for node in root.need(pairs, "rules").items("规则列表")),
        _model_threshold(root.need(pairs, "model")),
        _behaviour(root.need(pairs, "behaviour")),
    )


def _check(pattern: str, node: Node) -> None:
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError:
        node.fail("不是有效的正则表达式")


def _rule(node: Node) -> AdRule:
    keys = node.mapping(["id", "pattern", "weight", "anchors"])
    pattern = node.need(keys, "pattern")
    _check(pattern.text(), pattern)
    anchors = node.need(keys, "anchors").texts()
    return AdRule(node.need(keys, "id").text(), pattern.text(), node.need(keys, "weight").integer(), anchors)


def _model_threshold(node: Node) -> float | None:
    keys = node.mapping(["threshold"])
    if "threshold" not in keys:
        return None
    value = keys["threshold"]
    number = value.number(above=0)
    return value.fail("应小于 1") if number >= 1 else float(number)


def _behaviour(node: Node) -> Behaviour:
    keys = node.mapping(["threshold", "clause", "points"])
    points = node.need(keys, "points").mapping(SIGNALS)
    return Behaviour(
        node.need(keys, "threshold").integer(least=1),
        node.need(keys, "clause").integer(least=4),
        {signal: _steps(steps) for signal, steps in points.items()},
    )


def _steps(node: Node) -> Steps:
    found: list[tuple[Decimal, int]] = []
    for step in node.items("[[值, 分], …]"):
        pair = step.items("[值, 分]")
        if len(pair) != 2:
            step.fail("应是 [值, 分]")
        found.append((pair[0].number(above=0), pair[1].integer(least=1)))
    return tuple((float(value), points) for value, points in sorted(found))


def rule_decisions(wrote: Wrote, rules: AdRules) -> pl.DataFrame:
    """``wrote``: in plain spelling. Out: b, ``hits`` (Σ weight), ``why`` (rule ids joined by ``+``); only buyers whom
    some rule hits."""
    hits = wrote.said(wrote.texts.str.contains_any(rules.anchors))
    by_buyer = (
        hits.group_by("b")
        .agg(*(pl.col("text").str.contains(r.pattern).any().alias(r.id) for r in rules.rules))
        .sort("b")
    )
    hit = pl.sum_horizontal(pl.col(r.id).cast(pl.Int32) * r.weight for r in rules.rules)
    why = pl.concat_str(
        [pl.when(pl.col(r.id)).then(pl.lit(r.id)) for r in rules.rules], separator="+", ignore_nulls=True
    )
    return by_buyer.filter(hit > 0).select("b", hit.cast(pl.Int32).alias("hits"), why.alias("why"))
