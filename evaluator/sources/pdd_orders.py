"""拼多多 order list, one row an order: c. 2020–21, and all fields 2024–26 (FORMATS §6).

No buyer. No order-placed time: ``created`` is 支付时间 (SPEC §2.1). A row without it (待支付, 已取消) has no time at
all and is refused: the day in its order number has no hour, and a made-up one would decide whom the order
is credited to. ``grouped`` is 拼单成功时间, later called 订单成交时间."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample

ID = "pdd_orders"
NAME = "拼多多订单"
MUST = ("order_id", "paid", "amount")

HEADERS: exports.Headers = {
    "order_id": ("订单号",),
    "created": ("下单时间",),
    "paid": ("支付时间",),
    "grouped": ("拼单成功时间", "成团时间", "订单成交时间"),
    "amount": exports.in_yuan("用户实付金额"),
    "postage": exports.in_yuan("邮费"),
    "quantity": ("商品数量(件)", "商品数量（件）", "商品数量"),
    "status": ("订单状态",),
    "memo": ("商家备注",),
}
ITEMS: exports.Headers = {
    "order_id": HEADERS["order_id"],
    "sku": ("商家编码-规格维度", "商家编码-SKU维度", "商家编码-商品维度"),
    "title": ("商品",),
    "quantity": HEADERS["quantity"],
    "amount": exports.in_yuan("商品总价"),
    "created": HEADERS["created"],
    "paid": HEADERS["paid"],
}

NO_TIME = "拼多多导出没有下单时间，这一行（{status}）也没有支付时间：没有时间不能采用（订单号里只有日期）"
NO_TIME_TOLD = "{file} 有 {n} 个订单没有支付时间（待支付、未付款取消），没有采用，所以看不到下单未付款的情况"
BORROWED = "拼多多订单表没有下单时间，以支付时间代替；付款前的聊天都算作下单前，支付率没有意义"


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, *MUST)


def read(sample: Sample) -> list[RawTable]:
    """-> orders and order_items."""
    lost = 0

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        nonlocal lost
        status = pl.col("status") if "status" in frame.columns else pl.lit(None, pl.String)
        frame = frame.with_columns(_placed(frame).alias("created"))
        timeless = frame.filter(pl.col("created").is_null()).select("_row", status.alias("status"))
        for row, state in timeless.iter_rows():
            rejects.append(RowReject(row, "created", "", NO_TIME.format(status=state or "没有订单状态")))
        lost += timeless.height
        return frame.filter(pl.col("created").is_not_null())

    def tell() -> None:
        if lost:
            told = NO_TIME_TOLD.format(file=sample.rel, n=lost)
            raw.notes.append(ReviewItem("source_note", sample.rel, told, lost))

    raw = exports.read(sample, "orders", HEADERS, shape)
    raw.notes += exports.borrowed_time(sample, HEADERS, "created", "paid", BORROWED)
    raw.chunks = exports.then(raw.chunks, tell)
    return [raw, *exports.items(sample, ITEMS, _of_read_orders)]


def _placed(frame: pl.DataFrame) -> pl.Expr:
    return pl.coalesce("created", "paid") if "created" in frame.columns else pl.col("paid")


def _of_read_orders(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    """Without the goods of orders that have no time."""
    del rejects
    return frame.filter(_placed(frame).is_not_null()).drop("created", "paid", strict=False)
