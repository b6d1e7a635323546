"""Rating tags (评价标签): which ones customers gave most, over the whole period."""

from __future__ import annotations

import polars as pl

TOP = 10
GOOD = 4  # from this score on a rating is a good one (SPEC §7)

_BETWEEN = r"[、,，;；|｜/\s]+"
_AROUND = "[]【】()（）\"'“”#「」"


def shares(counts: pl.Series, whole: int) -> pl.Series:
    """Counts ÷ the whole, as Python divides: Polars multiplies by the reciprocal, which is not always the same."""
    return pl.Series("share", [count / whole for count in counts], dtype=pl.Float64)


def tag_counts(ratings: pl.DataFrame, top: int = TOP) -> pl.DataFrame:
    """``ratings``: score, tags. Out, most frequent first: tag, count (ratings that have it), share (of all ratings),
    mean (score), good, bad (of them 4–5, 1–3). A tag counts once a rating, however often it stands there."""
    split = (
        ratings.with_row_index("rating")
        .drop_nulls("tags")
        .select(
            "rating",
            "score",
            pl.col("tags").str.replace_all(_BETWEEN, "、").str.split("、").alias("tag"),
        )
        .explode("tag")
        .with_columns(pl.col("tag").str.strip_chars(_AROUND))
        .filter(pl.col("tag") != "")
        .unique(["rating", "tag"], maintain_order=True)
    )
    good = pl.col("score") >= GOOD
    counted = (
        split.group_by("tag")
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("score").mean().alias("mean"),
            good.sum().cast(pl.Int64).alias("good"),
            (~good).sum().cast(pl.Int64).alias("bad"),
        )
        .sort("count", "tag", descending=[True, False])
        .head(top)
    )
    share = shares(counted["count"], ratings.height)
    return counted.with_columns(share).select("tag", "count", "share", "mean", "good", "bad")
