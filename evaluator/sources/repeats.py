"""Repeats between exports (SPEC §1): message rows that an earlier file already has, and older states of an
order."""

from __future__ import annotations

import polars as pl

from evaluator.tables import TABLES

DUPLICATE = "duplicate"
SUPERSEDED = "superseded"


def duplicate_messages(messages: pl.DataFrame) -> pl.Series:
    """Mask of the rows that equal one of an earlier file in every column. Inside a file nothing is a
    repeat."""
    nothing = pl.repeat(False, messages.height, dtype=pl.Boolean, eager=True)
    if messages["_file"].n_unique() < 2:
        return nothing
    columns = [c.name for c in TABLES["messages"].columns]
    keyed = messages.select(
        pl.struct(columns).hash(seed=1).alias("hash"), pl.col("_file"), pl.int_range(pl.len()).alias("at")
    )
    # Only rows whose hash stands in two files can be repeats; those are compared exactly.
    suspects = keyed.filter(pl.col("_file") != pl.col("_file").min().over("hash"))["hash"].unique()
    if suspects.is_empty():
        return nothing
    few = keyed.filter(pl.col("hash").is_in(suspects.implode()))
    exact = messages.select(columns)[few["at"]].with_columns(few["_file"], few["at"])
    repeated = exact.filter(pl.col("_file") > pl.col("_file").min().over(columns))["at"]
    return pl.select(pl.int_range(messages.height).is_in(repeated.implode())).to_series()


def superseded_orders(orders: pl.DataFrame) -> pl.Series:
    """Mask of the rows after which the same (shop, order_id) comes again in input order."""
    return orders.select(~pl.struct("shop", "order_id").is_last_distinct()).to_series()
