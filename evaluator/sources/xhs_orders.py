"""小红书 (千帆) order list, up to 75 columns (FORMATS §8). No buyer that a chat would know (用户编号 is a number).

``amount`` is 用户应付金额 where it stands (商家应收 has the platform's subsidies in it). An order of several goods has
a row for each; whether they repeat or divide its amount is decided as for JD (``evaluator.sources.fold``)."""

from __future__ import annotations

import polars as pl

from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.fold import Folded, fold
from evaluator.sources.jd_orders import several_told

ID = "xhs_orders"
NAME = "小红书订单"
MUST = ("order_id", "created", "amount", "quantity")

HEADERS: exports.Headers = {
    "order_id": ("订单号",),
    "created": ("订单创建时间",),
    "paid": ("支付时间",),
    "amount": (
        *exports.in_yuan("用户应付金额"),
        "商家应收金额(元)（支付金额）",
        "商家应收金额（元）（支付金额）",
        "商家应收金额(元)(支付金额)",
        "商家应收金额(元)",
    ),
    "quantity": ("SKU件数",),
    "status": ("订单状态",),
    "memo": ("包裹备注信息", "商家备注"),
}
ITEMS: exports.Headers = {
    "order_id": HEADERS["order_id"],
    "sku": ("商家编码", "规格ID", "商品ID"),
    "title": ("商品名称", "SKU名称"),
    "quantity": HEADERS["quantity"],
    "amount": exports.in_yuan("商品总价"),
}


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, *MUST)


def read(sample: Sample) -> list[RawTable]:
    """-> orders and order_items."""

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        orders = fold(frame, rejects, folded)
        raw.notes += several_told(sample, folded, "应付金额")
        return orders

    folded = Folded()
    raw = exports.read(sample, "orders", HEADERS, shape, whole=True)
    raw.folded = folded.rows
    return [raw, *exports.items(sample, ITEMS)]
