"""JD order list 订单明细, csv or workbook; values with a leading ``'`` and a trailing tab (FORMATS §5).

One row a kind of goods: the rows of one 订单号 are one order (``evaluator.sources.fold``). ``amount`` is 应付金额,
which the rows repeat or divide: what all rows repeat is taken once, what differs is added."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.fold import Folded, fold

ID = "jd_orders"
NAME = "京东订单明细"
MUST = ("order_id", "buyer", "created", "amount")

HEADERS: exports.Headers = {
    "order_id": ("订单号", "订单编号"),
    "buyer": ("下单帐号", "下单账号"),
    "created": ("下单时间",),
    "paid": ("付款确认时间",),
    "amount": exports.in_yuan("应付金额"),
    "postage": exports.in_yuan("运费金额"),
    "quantity": ("订购数量",),
    "price": exports.in_yuan("京东价"),
    "status": ("订单状态",),
    "memo": ("商家备注",),
}
ITEMS: exports.Headers = {
    "order_id": HEADERS["order_id"],
    "sku": ("货号", "商家SKUID", "商品ID"),
    "title": ("商品名称",),
    "quantity": HEADERS["quantity"],
    "price": HEADERS["price"],
}

UNSOLD = ("待付款", "待支付", "等待付款", "已取消", "取消", "已关闭", "关闭")
UNSOLD_TOLD = "{file} 有 {n} 个已取消、关闭或待付款的京东订单写有付款时间：按没有售出处理（不算付款）"
SEVERAL_TOLD = (
    "{file} 有 {n} 个订单占多行：{once} 个各行的{what}相同，当作整单金额只计一次；{added} 个不同，当作各行金额相加。"
    "导出没有写明是哪一种，请抽查"
)


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, *MUST)


def read(sample: Sample) -> list[RawTable]:
    """-> orders, one an order number, and its goods -> order_items."""

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        orders = fold(frame, rejects, folded)
        raw.notes += several_told(sample, folded, "应付金额")
        return _unsold(orders, sample, raw)

    folded = Folded()
    raw = exports.read(sample, "orders", HEADERS, shape, whole=True)
    raw.folded = folded.rows
    return [raw, *exports.items(sample, ITEMS)]


def _unsold(orders: pl.DataFrame, sample: Sample, raw: RawTable) -> pl.DataFrame:
    if "status" not in orders.columns or "paid" not in orders.columns:
        return orders
    unsold = orders["status"].is_in(UNSOLD).fill_null(False) & orders["paid"].is_not_null()
    if not unsold.any():
        return orders
    count = int(unsold.sum())
    raw.notes.append(
        ReviewItem("source_note", sample.rel, UNSOLD_TOLD.format(file=sample.rel, n=count), count)
    )
    return orders.with_columns(pl.when(~unsold).then(pl.col("paid")).alias("paid"))


def several_told(sample: Sample, folded: Folded, what: str) -> list[ReviewItem]:
    """How the amounts of orders of several rows were read, for a person to check."""
    count = folded.once + folded.added
    if not count:
        return []
    told = SEVERAL_TOLD.format(file=sample.rel, n=count, once=folded.once, added=folded.added, what=what)
    return [ReviewItem("source_note", sample.rel, told, count)]
