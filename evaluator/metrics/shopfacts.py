"""Facts of reviews and shipments (SPEC §2), for the period."""

from __future__ import annotations

import polars as pl

from evaluator.metrics.monthfacts import PeriodView


def reviews(view: PeriodView) -> pl.DataFrame:
    """Reviews of the period with their stars; ``a`` = the agent credited with the order. A review's order is of its own
    shop."""
    credited = view.facts.orders.select("shop", "order_id", pl.col("credited").alias("a"))
    return (
        view.dated("reviews")
        .filter(view.inside())
        .join(credited, on=["shop", "order_id"], how="left", maintain_order="left")
        .join(view.shop_codes(), on="shop", how="left", maintain_order="left")
        .select("a", "s", "day", "ts", "order_id", "description", "logistics", "service")
    )


def shipments(view: PeriodView) -> pl.DataFrame:
    """Shipments due in the period, nobody's. ``waiting``: neither picked up nor due by the last day of the data."""
    rows = view.dated("shipments", "due").filter(view.inside())
    return rows.join(view.shop_codes(), on="shop", how="left", maintain_order="left").select(
        pl.lit(None, pl.Int32).alias("a"),
        "s",
        "day",
        "order_id",
        "due",
        "picked_up",
        (pl.col("picked_up") <= pl.col("due")).fill_null(False).alias("in_time"),
        (pl.col("picked_up").is_null() & (pl.col("day") > view.last_day)).alias("waiting"),
    )
