"""R-F3: who is an advertiser, decided per buyer from all that he wrote in the period (SPEC §3.1).

A person's label holds above everything. Else the first stage that says so decides: keyword rules, the classifier,
behaviour. Every decision keeps what decided it, its score and the words that weighed most.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from evaluator.ads.behaviour import comparable_words, link_only, never_answers, points, shared_words
from evaluator.ads.model import AdModel, builtin, load
from evaluator.ads.rules import SIGNALS, AdRules, ad_rules, rule_decisions
from evaluator.ads.spelling import plain
from evaluator.ads.talk import Talk
from evaluator.ads.wrote import Wrote
from evaluator.model import EvaluatorError, ReviewItem
from evaluator.settings import OWN_MODEL, AdStages

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

    @cached_property
    def key(self) -> str:
        """Checksum of everything that decides."""
        digest = hashlib.blake2b(digest_size=16)
        for numbers in (self.model.weights, self.model.idf):
            digest.update(numbers.tobytes())
        scale = (self.model.intercept, self.model.slope, self.model.shift, self.model.threshold)
        digest.update(repr((scale, self.rules, self.stages)).encode())
        return digest.hexdigest()

    @property
    def threshold(self) -> float:
        """From this probability on the model says: an advertiser."""
        return self.rules.model_threshold or self.model.threshold


def in_plain_spelling(wrote: Wrote, rules: AdRules) -> Wrote:
    """The same in the one spelling of contacts."""
    return wrote.spelled(lambda texts: plain(texts, rules.spellings))


def decide(talk: Iterable[Talk], labels: pl.DataFrame, judges: Judges) -> pl.DataFrame:
    """One row (DECISIONS) a buyer on whom there is an opinion. ``talk``: the period's, each part of whole buyers ·
    ``labels``: b, ad."""
    return decided((opinion(part, labels, judges) for part in talk), labels, judges)


def decided(opinions: Iterable[Opinion], labels: pl.DataFrame, judges: Judges) -> pl.DataFrame:
    """The same from the opinions on each part, which nobody is asked for where all stages are off."""
    stages = judges.stages
    by_label = labels.select(pl.col("b").cast(pl.Int32), pl.lit("label").alias("by"), "ad")
    found = pl.DataFrame(schema=DECISIONS)
    if stages.rules or stages.model or stages.behaviour:
        found = _together(list(opinions), judges)
    made = pl.concat([by_label, found], how="diagonal_relaxed")
    return made.select(pl.col(c).cast(t) for c, t in DECISIONS.items()).sort("b")


class Opinion(NamedTuple):
    """What can be said of some buyers without looking at others: ``buyers``: b, hits, rules, p, words, link_only,
    never_answers, each null where there is none; ``compared``: as of ``comparable_words``."""

    buyers: pl.DataFrame
    compared: pl.DataFrame


def opinion(talk: Talk, labels: pl.DataFrame, judges: Judges) -> Opinion:
    """``talk``: of some buyers. ``labels``: b, ad."""
    stages, rules = judges.stages, judges.rules
    rows = talk.said.rows.join(labels, on="b", how="anti", maintain_order="left")
    said = in_plain_spelling(talk.said.of_rows(rows), rules)
    once = said.of_rows(said.rows.select("b", "t").unique(maintain_order=True))
    nothing = said.of_rows(said.rows.clear())
    everyone = once.rows.select("b").unique()
    probability = (
        judges.model.probabilities(once)
        if stages.model and once.rows.height
        else everyone.with_columns(pl.lit(None, pl.Float64).alias("p"))
    )
    own = said if stages.behaviour else nothing
    writers = own.rows.select("b").unique()
    buyers = everyone
    for part in (
        rule_decisions(once if stages.rules else nothing, rules).rename({"why": "rules"}),
        probability.with_columns(pl.col("p").round(PLACES)),
        link_only(own),
        never_answers(talk.messages.join(writers, on="b", how="semi", maintain_order="left")),
    ):
        buyers = buyers.join(part, on="b", how="left")
    suspect = buyers.filter((pl.col("p") >= WORTH_TELLING) | pl.col("hits").is_not_null())
    theirs = once.rows.join(suspect, on="b", how="semi", maintain_order="left")
    words = _words(once.of_rows(theirs).said(), judges.model)
    return Opinion(buyers.join(words, on="b", how="left"), comparable_words(own, rules.behaviour.clause))


def _words(said: pl.DataFrame, model: AdModel) -> pl.DataFrame:
    """b → ``words``."""
    wrote = said.group_by("b", maintain_order=True).agg(pl.col("text").str.join("\n"))
    words = [
        "、".join(f"{word} {weight:+.2f}" for word, weight in heaviest)
        for heaviest in model.words(wrote["text"])
    ]
    return wrote.select("b", pl.Series("words", words, dtype=pl.String))


def _together(opinions: list[Opinion], judges: Judges) -> pl.DataFrame:
    """Who is an advertiser, and who is worth telling of."""
    if not opinions:
        return pl.DataFrame(schema=DECISIONS)
    shared = shared_words([opinion.compared for opinion in opinions])
    return pl.concat(_judged(opinion.buyers, shared, judges) for opinion in opinions)


def _judged(found: pl.DataFrame, shared: pl.DataFrame, judges: Judges) -> pl.DataFrame:
    """Of some buyers. ``shared``: ``shared_words`` of everybody."""
    if judges.stages.behaviour:
        signals = found.join(shared, on="b", how="left").rename(
            {"hits": "rules", "p": "model", "rules": "ids"}
        )
        behaved = points(signals.select("b", *SIGNALS), judges.rules.behaviour)
    else:
        behaved = found.select("b", pl.lit(0).alias("points"), pl.lit(None, pl.String).alias("signs"))
    by = (
        pl.when(pl.col("hits") >= judges.rules.threshold)
        .then(pl.lit("rule"))
        .when(pl.col("p") >= judges.threshold)
        .then(pl.lit("model"))
        .when(pl.col("points") >= judges.rules.behaviour.threshold)
        .then(pl.lit("behaviour"))
        .otherwise(pl.lit("none"))
    )
    found = found.join(behaved, on="b").with_columns(by.alias("by"))
    found = found.with_columns((pl.col("by") != "none").alias("ad"))
    return found.filter(pl.col("ad") | (pl.col("p") >= WORTH_TELLING) | pl.col("hits").is_not_null())
