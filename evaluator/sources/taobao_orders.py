"""Taobao / Tmall order lists: ExportOrderList csv of 2016 (41 columns) and 2018 (54), xlsx of 2021 (71),
千牛 xlsx since 2024 (no buyer) (FORMATS §2).

``amount`` is 总金额: 买家实际支付金额 is what is left after refunds, so it never serves."""

from __future__ import annotations

import polars as pl

from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample

ID = "taobao_orders"

HEADERS: exports.Headers = {
    "shop": ("店铺名称",),
    "order_id": ("订单编号",),
    "buyer": ("买家会员名",),
    "created": ("订单创建时间",),
    "paid": ("订单付款时间",),
    "amount": ("总金额",),
    "postage": ("买家应付邮费",),
    "quantity": ("宝贝总数量",),
    "status": ("订单状态",),
    "memo": ("订单备注", "商家备注", "商家备忘"),
}


def sniff(sample: Sample) -> bool:
    if not exports.tabular(sample) or "退款编号" in sample.header or "子订单编号" in sample.header:
        return False
    timed = exports.has(sample, HEADERS, "created") or exports.has(sample, HEADERS, "paid")
    return timed and exports.has(sample, HEADERS, "order_id", "amount")


def _shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    del rejects
    return frame if "created" in frame.columns else frame.with_columns(pl.col("paid").alias("created"))


def read(sample: Sample) -> list[RawTable]:
    """-> orders; buyer empty where the export names none."""
    raw = exports.read(sample, "orders", HEADERS, _shape)
    told = "订单表没有下单时间，以付款时间代替；未付款的订单因此读不进来"
    raw.notes += exports.borrowed_time(sample, HEADERS, "created", "paid", told)
    return [raw]
