"""Facts of orders, refunds and assists (SPEC §6, §7), for the period."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from evaluator.metrics.monthfacts import PeriodView
from evaluator.roster import day_of
from evaluator.shelf import slices


def _orders(
    view: PeriodView, make: Callable[[pl.DataFrame], pl.DataFrame], of: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What ``make`` makes of the orders (those in ``of``) that are not excluded, with ``s``: of a slice at a time."""
    shelf, shops, made = view.month.shelf, view.shop_codes(), []
    for _, rows in slices(view.facts.orders, shelf.limits.slice_rows):
        own = rows.filter(pl.col("excluded").is_null())
        own = own if of is None else own.join(of, on="o", how="semi", maintain_order="left")
        made.append(shelf.keep(make(own.join(shops, on="shop", maintain_order="left"))))
        shelf.rest()
    return pl.concat(made)


def refunds(view: PeriodView) -> pl.DataFrame:
    """Refunds joined to their orders (an order id of several shops joins none), in input order, with ``taken`` = fen of
    each that count (R-A4): those of a paid order, completed, no exchanges, in the order of completion, up to the
    order's counted amount."""
    if "refunds" not in view.month.tables:
        return pl.DataFrame(schema={"o": pl.UInt32})
    start = view.month.config.settings.day_start_s
    back = view.month.tables["refunds"].with_row_index("n")
    rows = (
        back.join(_refunded_orders(view), on="order_id", maintain_order="left")
        .join(view.shop_codes(), on="shop", maintain_order="left")
        .with_columns(
            day_of(pl.col("applied"), start).alias("applied_day"),
            day_of(pl.col("completed"), start).alias("completed_day"),
        )
    )
    counts = (
        pl.col("completed").is_not_null() & (pl.col("kind") != "exchange") & pl.col("paid_day").is_not_null()
    )
    so_far = pl.col("amount").cum_sum().over("o")
    most = pl.max_horizontal(pl.col("counted"), pl.lit(0))
    taken = (
        rows.filter(counts)
        .sort("completed", "n")
        .with_columns(so_far.alias("_sum"))
        .select(
            "n",
            (
                pl.min_horizontal("_sum", most) - pl.min_horizontal(pl.col("_sum") - pl.col("amount"), most)
            ).alias("taken"),
        )
    )
    return rows.join(taken, on="n", how="left", maintain_order="left").with_columns(
        pl.col("taken").fill_null(0)
    )


def _refunded_orders(view: PeriodView) -> pl.DataFrame:
    """Those whose id stands in a refund and in no other shop."""
    asked, found = view.month.tables["refunds"].select("order_id").unique(), []
    columns = ("o", "order_id", "shop", "b", "credited", "excluded", "counted", "paid_day")
    for _, orders in slices(view.facts.orders.select(columns), view.month.shelf.limits.slice_rows):
        found.append(orders.join(asked, on="order_id", how="semi", maintain_order="left"))
        view.month.shelf.rest()
    return pl.concat(found).filter(pl.col("order_id").is_unique())


def paid_orders(view: PeriodView) -> pl.DataFrame:
    """Orders paid in the period, not excluded; ``a`` = the credited agent (null: silent); ``back`` = refunds of them
    completed in the period."""
    refunded = _refunded(view)
    pieces = None if view.items is None else _pieces(view.items, view.bucket.orders.height)

    def paid(orders: pl.DataFrame) -> pl.DataFrame:
        rows = orders.filter(view.inside("paid_day")).join(
            refunded, on="o", how="left", maintain_order="left"
        )
        if pieces is not None:
            of_items = pieces.gather(rows["o"])
            rows = rows.with_columns(pl.coalesce("quantity", of_items).alias("quantity"))
        return rows.select(
            "o",
            "b",
            "s",
            "paid_day",
            "counted",
            "quantity",
            pl.col("back").fill_null(0),
            pl.col("credited").alias("a"),
            "order_id",
        )

    return _orders(view, paid)


def _pieces(items: pl.DataFrame, orders: int) -> pl.Series:
    """By ``o``: how many pieces the items of an order are; null where none says, or one does not."""
    count, said, silent = np.zeros(orders, np.int64), np.zeros(orders, bool), np.zeros(orders, bool)
    for _, rows in slices(items.select("o", "quantity")):
        o = rows["o"].to_numpy()
        np.add.at(count, o, rows["quantity"].fill_null(0).to_numpy())
        said[o] = True
        silent[rows.filter(pl.col("quantity").is_null())["o"].to_numpy()] = True
    return pl.select(pl.when(pl.Series(said & ~silent)).then(pl.Series("pieces", count))).to_series()


def _refunded(view: PeriodView) -> pl.DataFrame:
    """o → ``back``: fen given back in the period."""
    if not view.refunds.height:
        return pl.DataFrame(schema={"o": pl.UInt32, "back": pl.Int64})
    done = view.refunds.filter(view.inside("completed_day"))
    return done.group_by("o").agg(pl.col("taken").sum().alias("back"))


def late_refunds(view: PeriodView) -> pl.DataFrame:
    """Refunds completed in the period on orders paid before it."""
    rows = view.refunds
    if not rows.height:
        return pl.DataFrame(schema={"a": pl.Int32, "s": pl.Int16, "taken": pl.Int64})
    late = view.inside("completed_day") & (pl.col("paid_day") < view.first)
    return rows.filter(late).select(
        "o", "b", "s", "taken", pl.col("credited").alias("a"), "refund_id", "order_id"
    )


def refunds_applied(view: PeriodView) -> pl.DataFrame:
    """Refunds applied in the period, no exchanges, on orders not excluded; ``a`` = the credited agent."""
    rows = view.refunds
    if not rows.height:
        return pl.DataFrame(schema={"a": pl.Int32, "s": pl.Int16, "amount": pl.Int64})
    hit = view.inside("applied_day") & (pl.col("kind") != "exchange") & pl.col("excluded").is_null()
    return rows.filter(hit).select(
        "o", "b", "s", "amount", pl.col("credited").alias("a"), "refund_id", "order_id"
    )


def handled(view: PeriodView, rows: pl.DataFrame, day: str) -> pl.DataFrame:
    """``a`` = the agent of the handling ``account`` on ``day``, else the credited agent."""
    bound = view.bound(rows, day)
    return bound.with_columns(
        pl.coalesce(pl.when(pl.col("account").is_not_null()).then("a"), "credited").alias("a")
    )


def refunds_closed(view: PeriodView) -> pl.DataFrame:
    """Refunds completed in the period, by who handled them, else nobody's."""
    rows = view.refunds
    if not rows.height:
        schema = {"a": pl.Int32, "s": pl.Int16, "kind": pl.String, "stage": pl.String, "took_ms": pl.Int64}
        return pl.DataFrame(schema=schema | {"by_seller": pl.Boolean})
    of_orders = rows.filter(view.inside("completed_day") & pl.col("o").is_not_null())
    done = handled(view, of_orders, "completed_day")
    took = (pl.col("completed") - pl.col("applied")).dt.total_milliseconds().alias("took_ms")
    seller = pl.col("by_seller").fill_null(False)
    return done.select("o", "b", "s", "a", took, seller, "kind", "stage", "refund_id", "order_id")


def refunds_completed(view: PeriodView) -> pl.DataFrame:
    """The same without those of nobody."""
    return refunds_closed(view).filter(pl.col("a").is_not_null()).drop("kind", "stage", strict=False)


def disputes(view: PeriodView) -> pl.DataFrame:
    """Refunds applied in the period that are disputes of the seller's fault, by who handled them."""
    rows = view.refunds
    if not rows.height:
        return pl.DataFrame(schema={"a": pl.Int32, "s": pl.Int16})
    hit = (
        view.inside("applied_day")
        & pl.col("dispute").fill_null(False)
        & pl.col("seller_fault").fill_null(False)
    )
    return handled(view, rows.filter(hit), "applied_day").select("o", "b", "s", "a", "refund_id", "order_id")


def created_orders(view: PeriodView) -> pl.DataFrame:
    """Orders created in the period, mature, with a 落实 at ``created`` (``a``); ``paid_in_time``: by day + N."""
    days = view.month.config.settings.window_days
    mature = pl.lit(False) if view.covered is None else pl.col("created_day") + days <= view.covered
    in_time = (pl.col("paid_day") <= pl.col("created_day") + days).fill_null(False)

    def created(orders: pl.DataFrame) -> pl.DataFrame:
        rows = orders.filter(view.inside("created_day") & mature & pl.col("by_order").is_not_null())
        return rows.select(
            "o", "b", "s", pl.col("by_order").alias("a"), "order_id", in_time.alias("paid_in_time")
        )

    return _orders(view, created)


def assists(view: PeriodView) -> pl.DataFrame:
    """R-A6 assists of orders paid in the period. ``o`` marks the order, ``placed`` and ``followed`` the kind, with the
    order's counted amount in the one that holds."""

    def paid(orders: pl.DataFrame) -> pl.DataFrame:
        return orders.filter(view.inside("paid_day")).select("o", "b", "s", "paid_day", "counted", "order_id")

    helped = view.facts.assists
    rows = helped.join(_orders(view, paid, helped.select("o").unique()), on="o", maintain_order="left")
    placed = pl.col("kind") == "assist_order"
    return rows.select(
        "o",
        "b",
        "s",
        "a",
        "paid_day",
        "order_id",
        placed.alias("placed"),
        (~placed).alias("followed"),
        pl.when(placed).then("counted").otherwise(0).alias("placed_fen"),
        pl.when(placed).then(0).otherwise("counted").alias("followed_fen"),
    )
