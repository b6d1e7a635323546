"""抖店 after-sale list (FORMATS §7). ``amount`` is goods plus postage given back. Only one whose 售后状态
says that money went back is completed; the others were applied for."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import cells, exports, refundkinds
from evaluator.sources.base import EXPORT, RawTable, RowReject
from evaluator.sources.files import Sample

ID = "douyin_refunds"
NAME = "抖店售后单"
MUST = ("refund_id", "order_id", "amount", "kind")

HEADERS: exports.Headers = {
    "refund_id": ("售后单号",),
    "order_id": ("订单号", "主订单编号"),
    "applied": ("售后申请时间", "申请时间"),
    "completed": ("商家退款时间", "售后完结时间"),
    "amount": exports.in_yuan("退商品金额"),
    "postage": exports.in_yuan("退运费金额"),
    "status": ("售后状态",),
    "kind": ("售后类型",),
}

DONE = r"退款成功|退款完成|已全额退款|售后成功|售后完成"
OPEN_TOLD = "{file} 有 {n} 张售后单没有退款成功（关闭、拒绝或处理中）：算作申请过，不算完成，不减销售额"
BORROWED = "抖店售后单没有申请时间，以退款或完结时间代替；没有这个时间的读不进来"


def sniff(sample: Sample) -> bool:
    if not exports.tabular(sample) or not exports.has(sample, HEADERS, *MUST):
        return False
    return exports.has(sample, HEADERS, "applied") or exports.has(sample, HEADERS, "completed")


def read(sample: Sample) -> list[RawTable]:
    """-> refunds."""
    unfinished = 0

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        nonlocal unfinished
        del rejects
        if "applied" not in frame.columns:
            frame = frame.with_columns(pl.col("completed").alias("applied"))
        if "status" in frame.columns and "completed" in frame.columns:
            done = frame["status"].str.contains(DONE).fill_null(False)
            unfinished += int((~done).sum())
            frame = frame.with_columns(pl.when(done).then(pl.col("completed")).alias("completed"))
        kinds = refundkinds.kind(pl.col("kind")).alias("kind")
        return _with_postage(frame).with_columns(kinds).drop("status", strict=False)

    def tell() -> None:
        if unfinished:
            told = OPEN_TOLD.format(file=sample.rel, n=unfinished)
            raw.notes.append(ReviewItem("source_note", sample.rel, told, unfinished))

    raw = exports.read(sample, "refunds", HEADERS, shape)
    raw.why["kind"] = refundkinds.WHY_KIND
    raw.notes += exports.borrowed_time(sample, HEADERS, "applied", "completed", BORROWED)
    raw.chunks = exports.then(raw.chunks, tell)
    return [raw]


def _with_postage(frame: pl.DataFrame) -> pl.DataFrame:
    """Goods plus postage. An amount that is no number stands, for validation to reject; an exchange's empty one
    is 0."""
    if "postage" in frame.columns:
        goods, postage = (cells.parse_money(frame[n], EXPORT) for n in ("amount", "postage"))
        both = exports.yuan_text(goods + postage)
        plain = (goods >= 0) & (postage > 0)
        frame = frame.with_columns(both.zip_with(plain.fill_null(False), frame["amount"]).alias("amount"))
    free = pl.col("amount").is_null() & pl.col("kind").str.contains("换")
    amount = pl.when(free).then(pl.lit("0")).otherwise(pl.col("amount"))
    return frame.with_columns(amount.alias("amount")).drop("postage", strict=False)
