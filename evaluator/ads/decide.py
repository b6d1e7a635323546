"""R-F3: who is an advertiser, decided per buyer from all that he wrote in the period (SPEC §3.1).

A person's label holds above everything. Else the first stage that says so decides: keyword rules, the classifier,
behaviour. Every decision keeps what decided it, its score and the words that weighed most.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from evaluator.ads.behaviour import link_only, never_answers, points, shared_words
from evaluator.ads.model import OWN_MODEL, AdModel, builtin, load
from evaluator.ads.rules import SIGNALS, AdRules, ad_rules, rule_decisions
from evaluator.ads.spelling import plain
from evaluator.model import EvaluatorError, ReviewItem
from evaluator.settings import AdStages

WORTH_TELLING = 0.05  # probability from which on a buyer's decision is kept although he is no advertiser
PLACES = 4  # of a probability

DECISIONS = {
    "b": pl.Int32,
    "by": pl.String,  # label, rule, model, behaviour; of who is none of them: none
    "ad": pl.Boolean,
    "hits": pl.Int32,  # Σ weight of the keyword rules that hit
    "rules": pl.String,
    "p": pl.Float64,  # of the model; null: not asked
    "points": pl.Int32,  # of behaviour
    "signs": pl.String,
    "words": pl.String,  # that weighed most with the model: "刷单 +3.1、微信 +2.0"
}


@dataclass(frozen=True)
class Judges:
    """What decides: the rules, the model, and which stages are on."""

    rules: AdRules
    model: AdModel
    stages: AdStages
    notes: tuple[ReviewItem, ...] = ()

    @classmethod
    def of(cls, folder: Path, stages: AdStages) -> Judges:
        """Our rules, and the month's own model where it has one. One that cannot be used is told in 待核, and the model
        that ships with the program judges."""
        own, model = folder / OWN_MODEL, builtin()
        notes: tuple[ReviewItem, ...] = ()
        if own.is_file():
            try:
                model = load(own)
            except EvaluatorError as error:
                notes = (ReviewItem("ads_model", OWN_MODEL, f"{error}。本次改用程序自带的广告模型"),)
        return cls(ad_rules(), model, stages, notes)

    @property
    def threshold(self) -> float:
        """From this probability on the model says: an advertiser."""
        return self.rules.model_threshold or self.model.threshold


def in_plain_spelling(texts: pl.Series, rules: AdRules) -> pl.Series:
    """The same texts, each distinct one respelled once."""
    once = texts.unique(maintain_order=True)
    spelled = pl.DataFrame({"text": once, "plain": plain(once, rules.spellings)})
    return pl.DataFrame({"text": texts}).join(spelled, on="text", how="left", maintain_order="left")["plain"]


def decide(said: pl.DataFrame, messages: pl.DataFrame, labels: pl.DataFrame, judges: Judges) -> pl.DataFrame:
    """One row (DECISIONS) a buyer on whom there is an opinion.

    ``said``: b, a, s, text, what buyers wrote in the period · ``messages``: b, buyer_msg, human, the period's by time ·
    ``labels``: b, ad."""
    by_label = labels.select("b", pl.lit("label").alias("by"), "ad")
    said = said.join(labels, on="b", how="anti")
    if said.height and any((judges.stages.rules, judges.stages.model, judges.stages.behaviour)):
        said = said.with_columns(in_plain_spelling(said["text"], judges.rules).alias("text"))
        found = _judged(said, messages.join(labels, on="b", how="anti"), judges)
    else:
        found = pl.DataFrame(schema=DECISIONS)
    made = pl.concat([by_label.with_columns(pl.col("b").cast(pl.Int32)), found], how="diagonal_relaxed")
    return made.select(pl.col(c).cast(t) for c, t in DECISIONS.items()).sort("b")


def _judged(said: pl.DataFrame, messages: pl.DataFrame, judges: Judges) -> pl.DataFrame:
    stages, rules = judges.stages, judges.rules
    once = said.select("b", "text").unique(maintain_order=True)
    everyone = once.select("b").unique()
    by_rule = rule_decisions(once if stages.rules else once.clear(), rules).rename({"why": "rules"})
    found = everyone.join(by_rule, on="b", how="left")
    probability = (
        judges.model.probabilities(once)
        if stages.model
        else everyone.with_columns(pl.lit(None, pl.Float64).alias("p"))
    )
    found = found.join(probability, on="b", how="left").with_columns(pl.col("p").round(PLACES))
    if stages.behaviour:
        signs = _signals(said, messages, found, judges)
        found = found.join(points(signs, rules.behaviour), on="b", how="left")
    else:
        found = found.with_columns(pl.lit(0).alias("points"), pl.lit(None, pl.String).alias("signs"))
    by = (
        pl.when(pl.col("hits") >= rules.threshold)
        .then(pl.lit("rule"))
        .when(pl.col("p") >= judges.threshold)
        .then(pl.lit("model"))
        .when(pl.col("points") >= rules.behaviour.threshold)
        .then(pl.lit("behaviour"))
        .otherwise(pl.lit("none"))
    )
    found = found.with_columns(by.alias("by")).with_columns((pl.col("by") != "none").alias("ad"))
    told = found.filter(pl.col("ad") | (pl.col("p") >= WORTH_TELLING) | pl.col("hits").is_not_null())
    return told.join(_words(told, once, judges.model), on="b", how="left")


def _signals(said: pl.DataFrame, messages: pl.DataFrame, found: pl.DataFrame, judges: Judges) -> pl.DataFrame:
    """b and every signal of behaviour, null where there is none."""
    signals = found.select("b", pl.col("hits").alias("rules"), pl.col("p").alias("model"))
    for part in (
        shared_words(said, judges.rules.behaviour.clause),
        link_only(said),
        never_answers(messages),
    ):
        signals = signals.join(part, on="b", how="left")
    return signals.select("b", *SIGNALS)


def _words(told: pl.DataFrame, once: pl.DataFrame, model: AdModel) -> pl.DataFrame:
    """b → ``words``."""
    wrote = once.join(told.select("b"), on="b", how="semi").group_by("b").agg(pl.col("text").str.join("\n"))
    words = [
        "、".join(f"{word} {weight:+.2f}" for word, weight in model.words(text))
        for text in wrote["text"].to_list()
    ]
    return wrote.select("b", pl.Series("words", words, dtype=pl.String))
