"""Open ids (SPEC §2: the first key of a buyer's identity). The canonical tables have no place for them, so they are
carried beside the tables: which rows of the platform's answers have which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from evaluator.tables import OPEN_IDS

KEYS = ("buyer_open_uid", "open_uid", "ouid")  # two kinds of ids: a record may have both

Row = tuple[str, str | None, str, Mapping[str, Any], int]  # shop, order_id, buyer, record, row


def frame(rows: Iterable[Row]) -> pl.DataFrame:
    """The open ids of the records of a file: one row each, so two of a record that has both kinds."""
    made = [
        (shop or None, order_id, buyer or None, str(record[key]), row)
        for shop, order_id, buyer, record, row in rows
        for key in KEYS
        if record.get(key)
    ]
    columns = ("shop", "order_id", "buyer", "open_id", "_row")
    return pl.DataFrame(made, schema={name: OPEN_IDS[name] for name in columns}, orient="row")


def of_file(found: pl.DataFrame, table: str, file: int) -> pl.DataFrame:
    """The same with the table and the file that they belong to."""
    return found.with_columns(pl.lit(table).alias("table"), pl.lit(file, pl.UInt32()).alias("_file")).select(
        *OPEN_IDS
    )


def gathered(frames: list[pl.DataFrame], orders: pl.DataFrame, alias: Mapping[str, str]) -> pl.DataFrame:
    """All open ids of a month. A record that names no shop is of the shop that has its order; ``shop_alias`` holds."""
    if not frames:
        return pl.DataFrame(schema=OPEN_IDS)
    shops = orders.group_by("order_id").agg(
        pl.col("shop").first().alias("_shop"), pl.col("shop").n_unique().alias("n")
    )
    of_order = shops.filter(pl.col("n") == 1).select("order_id", "_shop")
    return (
        pl.concat(frames)
        .join(of_order, on="order_id", how="left", maintain_order="left")
        .with_columns(pl.coalesce(pl.col("shop").replace(dict(alias)), "_shop").alias("shop"))
        .drop("_shop")
    )
