"""Taobao / Tmall item lists: ExportOrderDetailList csv of 2011–19 (10 columns), xlsx of 2021 (18), 千牛 xlsx
since 2024 (20) (FORMATS §3). ``amount`` = price × quantity."""

from __future__ import annotations

import polars as pl

from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample

ID = "taobao_items"

HEADERS: exports.Headers = {
    "order_id": ("主订单编号", "订单编号"),
    "sku": ("商家编码", "外部系统编号"),
    "title": ("标题", "商品标题"),
    "quantity": ("购买数量",),
    "price": ("价格", "商品价格"),
}


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, "order_id", "title", "quantity", "price")


def _shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    del rejects
    return exports.price_times_quantity(frame)


def read(sample: Sample) -> list[RawTable]:
    """-> order_items, one row an item."""
    return [exports.read(sample, "order_items", HEADERS, _shape)]
