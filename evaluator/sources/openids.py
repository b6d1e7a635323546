"""Open ids (SPEC §2: the first key of a buyer's identity). The canonical tables have no place for them, so they are
carried beside the tables: which rows of the platform's answers have which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from evaluator.alike import parts_alike
from evaluator.shelf import Shelf, slices
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


def gathered(
    frames: list[pl.DataFrame], orders: pl.DataFrame, alias: Mapping[str, str], shelf: Shelf
) -> pl.DataFrame:
    """All open ids of a month. A record that names no shop is of the shop that has its order; ``shop_alias`` holds."""
    if not frames:
        return pl.DataFrame(schema=OPEN_IDS)
    found, rows = pl.concat(frames), shelf.limits.slice_rows
    of_order = _shops_of_orders(found, orders, shelf)
    made = []
    for at, part in slices(found, rows):
        own = of_order.filter(pl.col("at").is_between(at, at + part.height - 1))
        named = part.with_row_index("at", at).join(own, on="at", how="left", maintain_order="left")
        shop = pl.coalesce(pl.col("shop").replace(dict(alias)), "_shop").alias("shop")
        made.append(shelf.keep(named.with_columns(shop).drop("at", "_shop")))
    return pl.concat(made)


def _shops_of_orders(found: pl.DataFrame, orders: pl.DataFrame, shelf: Shelf) -> pl.DataFrame:
    """at, _shop: where a record that names none stands, and the only shop that has its order."""
    asked = found.select("order_id", "shop").with_row_index("at").filter(pl.col("shop").is_null())
    given = [pl.DataFrame(schema={"at": pl.UInt32, "_shop": pl.String})]
    if not asked.is_empty():
        both = asked.select("at", "order_id").drop_nulls(), orders.select("order_id", "shop")
        for own, known in parts_alike("order_id", *both, shelf):
            shops = known.join(own, on="order_id", how="semi").group_by("order_id")
            only = shops.agg(pl.col("shop").unique()).filter(pl.col("shop").list.len() == 1)
            shop = pl.col("shop").list.first().cast(pl.String).alias("_shop")
            given.append(own.join(only, on="order_id").select("at", shop))
    return pl.concat(given)
