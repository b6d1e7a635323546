"""小红书 (千帆) after-sale list (FORMATS §8). ``applied`` is the application, else 退货创建时间; ``completed`` the
refund's time, else 商家确认收货时间, of after-sales that ended with money back where a state stands."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import exports, refundkinds
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample

ID = "xhs_refunds"
NAME = "小红书售后单"
MUST = ("refund_id", "order_id", "amount", "kind")

HEADERS: exports.Headers = {
    "refund_id": ("售后单号",),
    "order_id": ("订单号",),
    "applied": ("售后申请时间", "申请时间", "售后创建时间", "退货创建时间"),
    "completed": ("退款时间", "退款完成时间", "退款成功时间", "售后完成时间", "商家确认收货时间"),
    "amount": exports.in_yuan("实际退款金额", "退款金额", "申请售后金额"),
    "status": ("售后状态",),
    "kind": ("售后类型",),
}

DONE = r"退款成功|退款完成|已退款|售后完成|售后成功|已完成"
NO_END_TOLD = "{file} 有 {n} 张售后单没有完成时间或没有退款成功：算作申请过，不算完成，不减销售额；请核对"


def sniff(sample: Sample) -> bool:
    if not exports.tabular(sample) or not exports.has(sample, HEADERS, *MUST):
        return False
    return exports.has(sample, HEADERS, "applied")


def read(sample: Sample) -> list[RawTable]:
    """-> refunds."""
    unfinished = 0

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        nonlocal unfinished
        del rejects
        if "completed" in frame.columns and "status" in frame.columns:
            done = pl.col("status").str.contains(DONE).fill_null(False)
            frame = frame.with_columns(pl.when(done).then(pl.col("completed")).alias("completed"))
        if "completed" in frame.columns:
            unfinished += frame["completed"].null_count()
        return frame.with_columns(refundkinds.kind(pl.col("kind")).alias("kind")).drop("status", strict=False)

    def tell() -> None:
        if unfinished:
            told = NO_END_TOLD.format(file=sample.rel, n=unfinished)
            raw.notes.append(ReviewItem("source_note", sample.rel, told, unfinished))

    raw = exports.read(sample, "refunds", HEADERS, shape)
    raw.why["kind"] = refundkinds.WHY_KIND
    raw.chunks = exports.then(raw.chunks, tell)
    return [raw]
