"""Repeats between exports (SPEC §1): message rows that an earlier file already has, and older states of an
order."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from evaluator.names import Names, spelled
from evaluator.shelf import slices
from evaluator.tables import TABLES

DUPLICATE = "duplicate"
SUPERSEDED = "superseded"
SLICE = 1 << 19  # rows hashed at a time: hashing a row of text copies it


def duplicate_messages(messages: pl.DataFrame, names: Mapping[str, Names]) -> pl.Series:
    """Mask of the rows that equal one of an earlier file in every column. Inside a file nothing is a
    repeat."""
    nothing = pl.repeat(False, messages.height, dtype=pl.Boolean, eager=True)
    if messages["_file"].n_unique() < 2:
        return nothing
    columns = [c.name for c in TABLES["messages"].columns]
    whole_row = pl.struct(columns).hash(seed=1).alias("hash")
    keyed = pl.concat(
        [spelled(part, names).select(whole_row, "_file") for part in messages.iter_slices(SLICE)]
    )
    keyed = keyed.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"))
    # Only rows whose hash stands in two files can be repeats; those are compared exactly.
    few = keyed.filter(pl.col("hash").is_duplicated())
    few = few.filter(pl.col("_file").n_unique().over("hash") > 1)
    if few.is_empty():
        return nothing
    exact = spelled(messages.select(columns)[few["at"]], names).with_columns(few["_file"], few["at"])
    repeated = exact.filter(pl.col("_file") > pl.col("_file").min().over(columns))["at"]
    return pl.select(pl.int_range(messages.height).is_in(repeated.implode())).to_series()


def superseded_orders(orders: pl.DataFrame) -> pl.Series:
    """Mask of the rows after which the same (shop, order_id) comes again in input order."""
    order = pl.struct("shop", "order_id")
    hashes = pl.concat([part.select(order.hash(seed=1).alias("hash")) for _, part in slices(orders, SLICE)])
    ordered = hashes["hash"].sort()
    alike = ordered.filter(ordered == ordered.shift(1)).unique()
    where = hashes.with_row_index("at").filter(pl.col("hash").is_in(alike.implode()))["at"]
    few = orders.select("shop", "order_id")[where].with_columns(where)
    again = few.filter(~order.is_last_distinct())["at"]
    return pl.repeat(False, orders.height, eager=True).scatter(again, True)


def superseded_refunds(refunds: pl.DataFrame, files: list[int]) -> pl.Series:
    """Mask of the rows of ``files`` after which one of these has the same refund again: answers of an API that is asked
    for what was changed give a refund as often as its state changes."""
    asked = pl.col("_file").is_in(files)
    last = pl.struct("refund_id", asked).is_last_distinct()
    return refunds.select(asked & ~last).to_series()
