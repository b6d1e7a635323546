"""Scenes in figures: shares, satisfaction, first response; the worst scenes; the lowest-scored conversations."""

from __future__ import annotations

import polars as pl

from evaluator.insight.scenerules import LEVELS, SceneRules
from evaluator.insight.tags import GOOD, shares


def by_scene(talks: pl.DataFrame, ratings: pl.DataFrame, rules: SceneRules, level: int = 3) -> pl.DataFrame:
    """``talks``: v, scene, first_wait; ``ratings``: v, score. One row a scene of this level that occurs, in the
    order of the file: its names, conversations, share, ratings, good, satisfaction, mean_score, first_responses
    (how many), first_wait (mean, ms)."""
    names = list(LEVELS[:level])
    keys = names if level < 3 else [*names, "scene"]
    placed = talks.select("v", "scene", "first_wait").join(
        rules.tree, on="scene", how="left", maintain_order="left"
    )
    scored = ratings.join(placed.select("v", "place", *keys), on="v", how="inner")
    counts = placed.group_by(keys).agg(
        pl.col("place").min(),
        pl.len().cast(pl.Int64).alias("conversations"),
        pl.col("first_wait").count().cast(pl.Int64).alias("first_responses"),
        pl.col("first_wait").mean(),
    )
    good = pl.col("score") >= GOOD
    liked = scored.group_by(keys).agg(
        pl.len().cast(pl.Int64).alias("ratings"),
        good.sum().cast(pl.Int64).alias("good"),
        pl.col("score").mean().alias("mean_score"),
    )
    rows = counts.join(liked, on=keys, how="left", maintain_order="left").with_columns(
        pl.col("ratings", "good").fill_null(0), shares(counts["conversations"], talks.height)
    )
    satisfied = pl.when(pl.col("ratings") > 0).then(pl.col("good") / pl.col("ratings"))
    return rows.sort("place").select(
        *keys, "conversations", "share", "ratings", "good", satisfied.alias("satisfaction"), "mean_score",
        "first_responses", "first_wait",
    )  # fmt: skip


def worst(scenes: pl.DataFrame, rules: SceneRules) -> tuple[pl.DataFrame, int]:
    """The leaves with the lowest satisfaction among those with ``min_ratings`` ratings; and how many these are."""
    enough = scenes.filter(pl.col("ratings") >= rules.min_ratings)
    order = ["satisfaction", "mean_score", "ratings", "conversations"]
    return enough.sort(order, descending=[False, False, True, True], maintain_order=True).head(
        rules.worst
    ), enough.height


def lowest(talks: pl.DataFrame, ratings: pl.DataFrame, rules: SceneRules) -> pl.DataFrame:
    """The rated conversations with the lowest ``rating``; among equals those with turns unanswered, then the longest
    wait, then the earliest. Of several ratings of one conversation the lowest counts."""
    scores = ratings.group_by("v").agg(pl.col("score").min().alias("rating"))
    rated = talks.join(scores, on="v", how="inner", maintain_order="left")
    order = ["rating", "unanswered", "longest_wait", "start", "v"]
    return rated.sort(
        order, descending=[False, True, True, False, False], nulls_last=True, maintain_order=True
    ).head(rules.lowest)
