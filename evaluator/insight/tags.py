"""Rating tags (评价标签): which ones customers gave most, over the whole period."""

from __future__ import annotations

import polars as pl

TOP = 10
GOOD = 4  # from this score on a rating is a good one (SPEC §7)

_BETWEEN = r"[、,，;；|｜/\s]+"
_AROUND = "[]【】()（）\"'“”#「」"


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
    return (
        split.group_by("tag")
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            (pl.len() / max(ratings.height, 1)).alias("share"),
            pl.col("score").mean().alias("mean"),
            good.sum().cast(pl.Int64).alias("good"),
            (~good).sum().cast(pl.Int64).alias("bad"),
        )
        .sort("count", "tag", descending=[True, False])
        .head(top)
    )
