"""Inquiries (SPEC §5): which buyer-days were sales chances (询单), and how they ended for each agent."""

from __future__ import annotations

import polars as pl

from evaluator.attribution import whole_second
from evaluator.settings import Settings


def last_covered_day(orders: pl.DataFrame, settings: Settings) -> int | None:
    """R-I5: the last business day that the order data covers: ``orders_through``, else the latest ``created``."""
    if settings.orders_through is not None:
        return (settings.orders_through - type(settings.orders_through)(1970, 1, 1)).days
    latest = orders["created_day"].max()
    return int(latest) if latest is not None else None  # type: ignore[arg-type]


def inquiries(
    consults: pl.DataFrame, orders: pl.DataFrame, covered: int | None, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """R-I1 to R-I3, R-I5. ``consults``: b, day, first_buyer, first_transfer_turn; ``orders``: not excluded, with
    o, b, paid, paid_day.

    Out: (inquiries: b, day, t0, converted, prior, mature, label; converting: b, day, o)."""
    days = (
        consults.group_by("b", "day")
        .agg(pl.min_horizontal(pl.col("first_buyer").min(), pl.col("first_transfer_turn").min()).alias("t0"))
        .sort("b", "day")
    )
    paid = orders.filter(pl.col("paid").is_not_null()).select("o", "b", "paid", "paid_day")
    pairs = days.join(paid, on="b").with_columns(
        (whole_second(pl.col("paid")) >= whole_second(pl.col("t0"))).alias("after")
    )
    converting = pairs.filter(
        pl.col("after") & (pl.col("paid_day") <= pl.col("day") + settings.window_days)
    ).select("b", "day", "o")
    prior = pairs.filter(
        ~pl.col("after") & (pl.col("paid_day") >= pl.col("day") - settings.after_sale_days)
    ).select("b", "day")
    is_mature = pl.lit(False) if covered is None else pl.col("day") + settings.window_days <= covered
    found = (
        days.join(
            converting.select("b", "day").unique().with_columns(pl.lit(True).alias("converted")),
            on=["b", "day"],
            how="left",
            maintain_order="left",
        )
        .join(
            prior.unique().with_columns(pl.lit(True).alias("prior")),
            on=["b", "day"],
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("converted", "prior").fill_null(False), is_mature.alias("mature"))
        .with_columns(
            pl.when(pl.col("converted") | ~pl.col("prior"))
            .then(pl.lit("inquiry"))
            .otherwise(pl.lit("after_sale"))
            .alias("label")
        )
    )
    return found, converting


def outcomes(
    consults: pl.DataFrame, found: pl.DataFrame, converting: pl.DataFrame, credited: pl.DataFrame
) -> pl.DataFrame:
    """R-I4: for each consult (r, b, a, day, human_messages, transferred_out) its ``label`` and ``outcome``.

    ``credited``: o, credited."""
    wins = (
        converting.join(credited.filter(pl.col("credited").is_not_null()), on="o")
        .select("b", "day", pl.col("credited").alias("a"))
        .unique()
        .with_columns(pl.lit(True).alias("won"))
    )
    several = pl.struct("b", "day").is_duplicated()  # an agent has one consult with a buyer a day
    outcome = (
        pl.when(pl.col("label") != "inquiry")
        .then(pl.lit(None, pl.String))
        .when(~pl.col("mature"))
        .then(pl.lit("immature"))
        .when(pl.col("won").is_not_null())
        .then(pl.lit("won"))
        .when(pl.col("converted") & (pl.col("human_messages") > 0))
        .then(pl.lit("assist"))
        .when(pl.col("converted"))
        .then(pl.lit("passed"))
        .when(pl.col("transferred_out") & pl.col("several"))
        .then(pl.lit("passed"))
        .otherwise(pl.lit("lost"))
    )
    return (
        consults.with_columns(several.alias("several"))
        .join(
            found.select("b", "day", "label", "converted", "mature"),
            on=["b", "day"],
            how="left",
            maintain_order="left",
        )
        .join(wins, on=["b", "day", "a"], how="left", maintain_order="left")
        .select("r", "label", outcome.alias("outcome"))
    )
