"""R-F3: who is an advertiser. A person's label wins; then keyword rules on what he wrote in the period.

The rules are data, ``rules/ads.yaml``. A rule is a pattern with a weight; a buyer whose *different* rules add up to
the threshold is an advertiser. Weights are such that one ordinary phrase never suffices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from evaluator.rulebook import RulesFinder
from evaluator.yamlfile import read_yaml


@dataclass(frozen=True)
class AdRule:
    id: str
    pattern: str
    weight: int
    anchors: tuple[str, ...]  # a text with none of these cannot match


@dataclass(frozen=True)
class AdRules:
    threshold: int
    rules: tuple[AdRule, ...]

    @property
    def anchors(self) -> list[str]:
        return sorted({a for r in self.rules for a in r.anchors})


@lru_cache(maxsize=8)
def ad_rules(finder: RulesFinder | None = None) -> AdRules:
    """``rules/ads.yaml`` (a user's own file of that name stands for ours). Errors: EvaluatorError with file, line,
    key."""
    root = read_yaml((finder or RulesFinder()).need("ads.yaml"), "rules/ads.yaml")
    pairs = root.mapping(["threshold", "rules"])
    rules = []
    for node in root.need(pairs, "rules").items("规则列表"):
        keys = node.mapping(["id", "pattern", "weight", "anchors"])
        pattern = node.need(keys, "pattern")
        try:
            pl.Series([""]).str.contains(pattern.text())
        except pl.exceptions.ComputeError:
            pattern.fail("不是有效的正则表达式")
        anchors = node.need(keys, "anchors").texts()
        rules.append(
            AdRule(node.need(keys, "id").text(), pattern.text(), node.need(keys, "weight").integer(), anchors)
        )
    return AdRules(root.need(pairs, "threshold").integer(), tuple(rules))


NO_HITS = pl.DataFrame(schema={"b": pl.Int32, "text": pl.String})


def anchored(texts: pl.DataFrame, rules: AdRules) -> pl.DataFrame:
    """Those of the texts (b, text) that some rule may match."""
    return texts.filter(
        pl.col("text").str.contains_any(rules.anchors, ascii_case_insensitive=True).fill_null(False)
    )


def rule_decisions(hits: pl.DataFrame, rules: AdRules) -> pl.DataFrame:
    """``hits``: b, text (the ``anchored`` of a buyer's messages of the period). Out: b, ad, score, why (rule ids
    joined by ``+``); only buyers that some rule hits."""
    if not hits.height:
        return pl.DataFrame(schema={"b": pl.Int32, "ad": pl.Boolean, "score": pl.Int32, "why": pl.String})
    by_buyer = (
        hits.group_by("b")
        .agg(*(pl.col("text").str.contains(r.pattern).any().alias(r.id) for r in rules.rules))
        .sort("b")
    )
    score = pl.sum_horizontal(pl.col(r.id).cast(pl.Int32) * r.weight for r in rules.rules)
    why = pl.concat_str(
        [pl.when(pl.col(r.id)).then(pl.lit(r.id)) for r in rules.rules], separator="+", ignore_nulls=True
    )
    return by_buyer.filter(score > 0).select(
        "b", (score >= rules.threshold).alias("ad"), score.cast(pl.Int32).alias("score"), why.alias("why")
    )


def decide(labels: pl.DataFrame, by_rule: pl.DataFrame) -> pl.DataFrame:
    """One row a buyer somebody or something has an opinion on: b, by, ad, score, why. A label always wins."""
    person = labels.select(
        "b",
        pl.lit("label").alias("by"),
        "ad",
        pl.lit(None, pl.Int32).alias("score"),
        pl.lit("人工标注").alias("why"),
    )
    machine = by_rule.join(labels, on="b", how="anti").select(
        "b", pl.lit("rule").alias("by"), "ad", "score", "why"
    )
    return pl.concat([person, machine]).sort("b")
