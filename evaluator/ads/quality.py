"""How good the ad filter is on texts that a person has judged: precision, recall, false positives with bootstrapped
intervals, the precision-recall curve, calibration, and the kinds of text that are mistaken (``evaluator ads
evaluate``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.ads.decide import PLACES, Judges, in_plain_spelling
from evaluator.ads.rules import rule_decisions
from evaluator.ads.wrote import Wrote

ROUNDS = 1000  # of the bootstrap
BINS = 10  # of calibration
LEVEL = 0.95

Bools = npt.NDArray[np.bool_]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Rates:
    """Of one way of judging. A rate is None where nothing stands below the line."""

    n: int
    true_positives: int
    false_positives: int
    ads: int
    precision: float | None
    recall: float | None
    false_positive_rate: float | None
    intervals: dict[str, Interval | None]

    def as_json(self) -> dict[str, float | int | None]:
        return {
            "n": self.n,
            "precision": self.precision,
            "recall": self.recall,
            "false_positive_rate": self.false_positive_rate,
        }


@dataclass(frozen=True)
class Quality:
    """``texts``: text, ad, category, p, hits, by, said (called an ad); ``rates`` by way of judging: 全部,
    关键词规则, 模型;
    ``curve``: threshold, precision, recall; ``calibration``: predicted, observed, n by bin."""

    texts: pl.DataFrame
    threshold: float
    rates: dict[str, Rates]
    curve: list[tuple[float, float, float]]
    calibration: list[tuple[float, float, int]]


def judged(texts: pl.DataFrame, judges: Judges) -> pl.DataFrame:
    """``texts`` (text, ad) with what the first two stages say; behaviour needs chats."""
    once = texts.select(
        pl.int_range(pl.len(), dtype=pl.Int32).alias("b"), pl.col("text").str.split("\n")
    ).explode("text")
    said = in_plain_spelling(Wrote.of(once), judges.rules)
    said = said.of_rows(said.rows.unique(maintain_order=True))
    everyone = said.rows.select("b").unique().sort("b")
    by_rule = rule_decisions(said, judges.rules).rename({"why": "rules"})
    found = (
        everyone.join(by_rule, on="b", how="left")
        .join(judges.model.probabilities(said), on="b", how="left")
        .with_columns(pl.col("p").round(PLACES))
        .sort("b")
    )
    by_rules, by_model = pl.col("hits") >= judges.rules.threshold, pl.col("p") >= judges.threshold
    return pl.concat([texts, found.drop("b")], how="horizontal").with_columns(
        by_rules.fill_null(False).alias("by_rule"),
        by_model.fill_null(False).alias("by_model"),
        (by_rules.fill_null(False) | by_model.fill_null(False)).alias("said"),
    )


def quality(texts: pl.DataFrame, judges: Judges, seed: int = 0) -> Quality:
    """Everything the page shows. ``texts``: text, ad, category?"""
    rows = judged(texts, judges)
    ad = rows["ad"].to_numpy()
    ways = {"全部": "said", "关键词规则": "by_rule", "分类模型": "by_model"}
    rates = {name: rates_of(rows[column].to_numpy(), ad, seed) for name, column in ways.items()}
    p = rows["p"].to_numpy()
    return Quality(rows, judges.threshold, rates, _curve(p, ad), _calibration(p, ad))


def rates_of(said: Bools, ad: Bools, seed: int = 0) -> Rates:
    """Precision, recall and false-positive rate, with intervals from resampled texts."""
    counts = _counts(said, ad)
    point = _rates(counts)
    chance = np.random.default_rng(seed)
    cells = np.array([(said & ad).sum(), (said & ~ad).sum(), (~said & ad).sum(), (~said & ~ad).sum()])
    drawn = chance.multinomial(len(ad), cells / max(len(ad), 1), ROUNDS) if len(ad) else np.zeros((0, 4))
    names = ("precision", "recall", "false_positive_rate")
    resampled = [_rates((tp, fp, tp + fn, fp + tn)) for tp, fp, fn, tn in drawn]
    intervals = {
        name: _interval([r[at] for r in resampled if r[at] is not None]) for at, name in enumerate(names)
    }
    return Rates(len(ad), counts[0], counts[1], counts[2], *point, intervals)


def _counts(said: Bools, ad: Bools) -> tuple[int, int, int, int]:
    """True positives, false positives, ads, others."""
    return int((said & ad).sum()), int((said & ~ad).sum()), int(ad.sum()), int((~ad).sum())


def _rates(counts: tuple[int, int, int, int]) -> tuple[float | None, float | None, float | None]:
    right, wrong, ads, others = counts
    return (
        right / (right + wrong) if right + wrong else None,
        right / ads if ads else None,
        wrong / others if others else None,
    )


def _interval(values: list[float | None]) -> Interval | None:
    if not values:
        return None
    low, high = np.quantile(np.array(values, dtype=float), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _curve(p: npt.NDArray[np.float64], ad: Bools) -> list[tuple[float, float, float]]:
    """(threshold, precision, recall), recall falling; at most 200 points."""
    if not ad.any():
        return []
    order = np.argsort(-p, kind="stable")
    right = np.cumsum(ad[order])
    at = np.unique(np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1))
    at = at[np.unique(np.linspace(0, len(at) - 1, 200).astype(int))]
    return [(float(p[order][i]), float(right[i] / (i + 1)), float(right[i] / right[-1])) for i in at]


def _calibration(p: npt.NDArray[np.float64], ad: Bools) -> list[tuple[float, float, int]]:
    """(mean probability, share of ads, texts) for each tenth of the probability that has texts."""
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return [
        (float(p[bins == b].mean()), float(ad[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]
