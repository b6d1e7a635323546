"""抖店 order list: one row a sub-order; UTF-8 with BOM, cells ``"\\t…"``, ``-`` for empty (FORMATS §7).

The rows of one 主订单编号 are one order: ``amount`` (订单应付金额), ``postage`` and ``quantity`` are added, for each
stands for its own sub-order. No buyer. Where the export lacks 支付完成时间 nothing says which orders were paid."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.fold import Folded, fold

ID = "douyin_orders"
NAME = "抖店订单"
MUST = ("order_id", "子订单编号", "created", "amount")

HEADERS: exports.Headers = {
    "order_id": ("主订单编号",),
    "子订单编号": ("子订单编号",),
    "created": ("订单提交时间",),
    "paid": ("支付完成时间",),
    "amount": exports.in_yuan("订单应付金额"),
    "postage": exports.in_yuan("运费"),
    "quantity": ("商品数量",),
    "status": ("订单状态",),
    "memo": ("商家备注",),
}
ITEMS: exports.Headers = {
    "order_id": HEADERS["order_id"],
    "sku": ("商家编码", "货号", "商品ID"),
    "title": ("选购商品",),
    "quantity": HEADERS["quantity"],
    "amount": HEADERS["amount"],
}

UNKNOWN_PAID = (
    "抖店订单表没有「支付完成时间」，不知道哪些订单付了款：这些订单都当作没有付款，不进销售额。"
    "请在抖店导出时勾选「支付完成时间」，重新导出"
)


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, *MUST)


def read(sample: Sample) -> list[RawTable]:
    """-> orders, one a main order, and order_items, one a sub-order."""

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        return fold(frame.drop("子订单编号"), rejects, folded, each=True)

    folded = Folded()
    raw = exports.read(sample, "orders", HEADERS, shape, whole=True)
    raw.folded = folded.rows
    if not exports.has(sample, HEADERS, "paid"):
        raw.notes.append(ReviewItem("source_note", sample.rel, UNKNOWN_PAID))
    return [raw, *exports.items(sample, ITEMS)]
