"""Several rows of an export that are one order: one row a sub-order (抖店) or a kind of goods (JD, 小红书, 1688).

The first row stands for all of them (``RawTable.folded``), so that rows stay conserved: the others are used or
rejected with it. An order one of whose rows has a number that cannot be read is refused as a whole, for half an
order is a wrong one."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from evaluator.sources import cells, exports
from evaluator.sources.base import EXPORT, RowReject
from evaluator.sources.validate import WHY, WHY_NEGATIVE

TEXTS = ("status", "memo")  # of several values all are kept
SEPARATOR = "；"
WHY_FELLOW = "同一订单的第 {row} 行数据有错，整张订单不采用"


@dataclass
class Folded:
    """What folding a file came to. ``rows``: first row of an order -> its further rows."""

    rows: dict[int, list[int]] = field(default_factory=dict)
    once: int = 0  # orders whose rows all repeat the order's amount
    added: int = 0  # orders whose rows each have their own


def fold(
    frame: pl.DataFrame, rejects: list[RowReject], folded: Folded, *, each: bool = False
) -> pl.DataFrame:
    """One row an ``order_id``; rows without one stay as they are. ``quantity`` is added; of ``status`` and ``memo``
    every different value is kept; of other columns the first that is not empty.

    ``each``: ``amount`` and ``postage`` are of the row, so they are added. Otherwise an amount that all rows repeat is
    the order's and taken once, and amounts that differ are added; but where each row has exactly ``price`` ×
    ``quantity`` as its amount, that is the row's own even if the rows are alike. A postage that all rows repeat is
    taken once. ``price`` is dropped."""
    several = (frame["order_id"].is_duplicated() & frame["order_id"].is_not_null()).fill_null(False)
    single = frame.filter(~several).drop("price", strict=False)
    if not several.any():
        return single
    rows = _numbers(_sound(frame.filter(several), rejects))
    once = pl.lit(False) if each else _repeated("_amount") & ~_own_price(rows)
    orders = rows.group_by("order_id", maintain_order=True).agg(
        once.alias("_once"),
        pl.col("_row").first(),
        pl.col("_row").slice(1).alias("_more"),
        *(_merged(name, once, each) for name in single.columns if name not in ("order_id", "_row")),
    )
    folded.rows |= dict(orders.select("_row", "_more").iter_rows())
    folded.once += int(orders["_once"].sum())
    folded.added += orders.height - int(orders["_once"].sum())
    money = [n for n in ("amount", "postage") if n in orders.columns]
    orders = orders.with_columns(exports.yuan_text(orders[name]).alias(name) for name in money)
    made = pl.concat([single, orders.select(single.columns).cast(single.schema)])
    return made.sort("_row")


def _merged(name: str, once: pl.Expr, each: bool) -> pl.Expr:
    """One column of an order, from its rows. All-empty stays empty."""
    if name in ("amount", "postage"):
        alone = once if name == "amount" else (pl.lit(False) if each else _repeated("_postage"))
        value = pl.col(f"_{name}")
        total = pl.when(alone).then(value.first()).otherwise(value.sum())
        return pl.when(value.count() > 0).then(total).alias(name)
    if name == "quantity":
        value = pl.col("_quantity")
        return pl.when(value.count() > 0).then(value.sum()).cast(pl.String).alias(name)
    if name in TEXTS:
        values = pl.col(name).drop_nulls().unique(maintain_order=True)
        return pl.when(values.len() > 0).then(values.str.join(SEPARATOR)).alias(name)
    return pl.col(name).drop_nulls().first()


def _repeated(name: str) -> pl.Expr:
    """All rows of the order have the same value."""
    return (pl.col(name).n_unique() == 1) & (pl.col(name).null_count() == 0)


def _own_price(rows: pl.DataFrame) -> pl.Expr:
    """Each row of the order has its own price × quantity as its amount."""
    if "_price" not in rows.columns or "_quantity" not in rows.columns:
        return pl.lit(False)
    return (pl.col("_price") * pl.col("_quantity") == pl.col("_amount")).fill_null(False).all()


def _numbers(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``_amount``, ``_postage``, ``_price`` (fen) and ``_quantity`` of the columns that stand."""
    money = {f"_{n}": cells.parse_money(frame[n], EXPORT) for n in MONEY if n in frame.columns}
    if "quantity" in frame.columns:
        money["_quantity"] = cells.parse_integer(frame["quantity"], EXPORT)
    return frame.with_columns(**money)


MONEY = ("amount", "postage", "price")


def _sound(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    """Without the orders one of whose rows has a wrong number."""
    wrong: dict[int, tuple[str, str, str]] = {}  # row -> column, value, why
    for name, kind in (("amount", "money"), ("postage", "money"), ("quantity", "integer")):
        if name not in frame.columns:
            continue
        parse = cells.parse_money if kind == "money" else cells.parse_integer
        parsed = parse(frame[name], EXPORT)
        for mask, why in (
            (parsed.is_null() & frame[name].is_not_null(), WHY[kind]),
            (parsed < 0, WHY_NEGATIVE),
        ):
            for row, value in frame.filter(mask.fill_null(False)).select("_row", name).iter_rows():
                wrong.setdefault(row, (name, value, why))
    if not wrong:
        return frame
    first: dict[str, int] = {}
    for order, row in frame.filter(pl.col("_row").is_in(list(wrong))).select("order_id", "_row").iter_rows():
        first.setdefault(order, row)
    hit = frame["order_id"].is_in(list(first))
    for order, row in frame.filter(hit).select("order_id", "_row").iter_rows():
        told = wrong.get(row, ("order_id", order, WHY_FELLOW.format(row=first[order])))
        rejects.append(RowReject(row, *told))
    return frame.filter(~hit)
