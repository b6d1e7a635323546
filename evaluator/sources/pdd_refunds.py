"""拼多多 refund list (FORMATS §6): only 售后状态 = 退款成功 is a refund. It has no completion time, so what needs one
(net sales, hours) is missing."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import exports, refundkinds
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample

ID = "pdd_refunds"
NAME = "拼多多售后单"
MUST = ("refund_id", "order_id", "applied", "amount", "status")

HEADERS: exports.Headers = {
    "refund_id": ("售后编号",),
    "order_id": ("订单编号", "订单号"),
    "applied": ("申请时间",),
    "amount": exports.in_yuan("退款金额"),
    "status": ("售后状态",),
    "kind": ("退款类型", "售后类型"),
}

DONE = "退款成功"
WHY_STATUS = "售后状态是「{value}」，只有「退款成功」才是退款"
NO_END_TOLD = "拼多多售后单没有退款完成时间：净销售额、迟到退款和退款处理时长算不出来"


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, *MUST)


def read(sample: Sample) -> list[RawTable]:
    """-> refunds without ``completed``."""

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        done = (frame["status"] == DONE).fill_null(False)
        frame = exports.refuse(frame, ~done, "status", WHY_STATUS, rejects)
        words = pl.col("kind") if "kind" in frame.columns else pl.lit("仅退款")
        return frame.drop("status").with_columns(refundkinds.kind(words).alias("kind"))

    raw = exports.read(sample, "refunds", HEADERS, shape)
    raw.why["kind"] = refundkinds.WHY_KIND
    raw.notes.append(ReviewItem("source_note", sample.rel, NO_END_TOLD))
    return [raw]
