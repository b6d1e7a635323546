"""1688 sold orders, workbook or csv (FORMATS §8). A row with an empty 订单编号 is a further kind of goods of the order
above it (merged cells): an item, not an order. The shop is 卖家会员名, the name that chats carry."""

from __future__ import annotations

import polars as pl

from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.fold import Folded, fold

ID = "ali1688_orders"
NAME = "1688 订单"
MUST = ("order_id", "buyer", "amount", "created")

HEADERS: exports.Headers = {
    "shop": ("卖家会员名", "卖家公司名"),
    "order_id": ("订单编号",),
    "buyer": ("买家会员名",),
    "created": ("订单创建时间",),
    "paid": ("订单付款时间",),
    "amount": exports.in_yuan("实付款"),
    "postage": exports.in_yuan("运费"),
    "quantity": ("数量",),
    "status": ("订单状态",),
    "goods": ("货品标题", "货号", "单品货号"),
}
ITEMS: exports.Headers = {
    "order_id": HEADERS["order_id"],
    "sku": ("单品货号", "货号", "SKU ID"),
    "title": ("货品标题",),
    "quantity": HEADERS["quantity"],
    "price": exports.in_yuan("单价"),
}

WHY_NO_ORDER = "订单编号是空的，也接不上前面的订单（前一行没有采用，或这一行没有货品）"


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, *MUST)


def read(sample: Sample) -> list[RawTable]:
    """-> orders and order_items."""

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        filled = _filled(frame)
        told = next((name for name in ("goods", "quantity") if name in filled.columns), None)
        empty = filled[told].is_null() if told else pl.repeat(True, filled.height, eager=True)
        loose = filled["order_id"].is_null() | (frame["order_id"].is_null() & empty)
        sound = exports.refuse(filled, loose, "order_id", WHY_NO_ORDER, rejects)
        return fold(sound.drop("goods", strict=False), rejects, folded)

    def item_shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        del rejects
        return _filled(frame)

    folded = Folded()
    raw = exports.read(sample, "orders", HEADERS, shape, whole=True)
    raw.folded = folded.rows
    return [raw, *exports.items(sample, ITEMS, item_shape, whole=True)]


def _filled(frame: pl.DataFrame) -> pl.DataFrame:
    """``order_id`` of the order above where it is empty, unless a row between could not be read."""
    run = (pl.col("_row").cast(pl.Int64).diff() != 1).fill_null(True).cum_sum()
    return frame.with_columns(pl.col("order_id").forward_fill().over(run))
