"""JD 服务单 / 退款明细 (47 columns), whose header is the second row, under group titles, or the first where those were
taken away (FORMATS §5).

It has no time at which the money went back: ``completed`` is 商家首次处理时间, else the audit, of service orders with
an amount that were not cancelled or closed. Service orders without an amount (repairs, open or cancelled ones) are no
refunds, except exchanges."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import cells, exports, refundkinds
from evaluator.sources.base import EXPORT, RawTable, RowReject
from evaluator.sources.files import Sample

ID = "jd_refunds"
NAME = "京东服务单"
MUST = ("refund_id", "order_id", "amount", "kind")

HEADERS: exports.Headers = {
    "refund_id": ("服务单号",),
    "order_id": ("订单号", "订单编号"),
    "applied": ("售后申请时间", "售后服务单申请时间", "服务单申请时间", "申请时间"),
    "completed": ("退款时间", "退款完成时间", "商家首次处理时间", "审核时间", "最新审核时间"),
    "amount": exports.in_yuan("退款金额"),
    "kind": ("客户期望", "客户预期处理方式"),
    "status": ("服务单状态",),
}
EXACT_END = frozenset({"退款时间", "退款完成时间"})

VOID = r"取消|关闭|不通过|拒绝|驳回"
WHY_NO_MONEY = "服务单没有退款金额（客户期望：{value}），不是退款"
END_TOLD = "京东服务单没有退款完成时间，以商家首次处理时间（没有则以审核时间）代替"
APPLIED_TOLD = "京东服务单没有申请时间，以处理时间代替；没有处理时间的读不进来"
VOID_TOLD = "{file} 有 {n} 张服务单已取消、关闭或审核不通过：算作申请过，不算完成，不减销售额"


def _header_at(sample: Sample) -> int | None:
    def fits(at: int) -> bool:
        timed = any(exports.has(sample, HEADERS, name, header_at=at) for name in ("applied", "completed"))
        return timed and exports.has(sample, HEADERS, *MUST, header_at=at)

    return next((at for at in (1, 0) if fits(at)), None)


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and _header_at(sample) is not None


def read(sample: Sample) -> list[RawTable]:
    """-> refunds."""
    at = _header_at(sample) or 0

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        frame = frame.with_columns(
            pl.col("kind").alias("wish"), refundkinds.kind(pl.col("kind")).alias("kind")
        )
        return _completed(_with_money(frame, rejects), sample, raw).drop("wish", "status", strict=False)

    raw = exports.read(sample, "refunds", HEADERS, shape, header_at=at)
    raw.why["kind"] = refundkinds.WHY_KIND
    if EXACT_END.isdisjoint(sample.header_at(at)):
        raw.notes.append(ReviewItem("source_note", sample.rel, END_TOLD))
    if not exports.has(sample, HEADERS, "applied", header_at=at):
        raw.notes.append(ReviewItem("source_note", sample.rel, APPLIED_TOLD))
    return [raw]


def _with_money(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    """Exchanges cost 0 where no amount stands; other service orders without money are refused."""
    none = frame["amount"].is_null() | (cells.parse_money(frame["amount"], EXPORT) == 0).fill_null(False)
    exchange = (frame["kind"] == "exchange").fill_null(False)
    frame = exports.refuse(frame, none & ~exchange, "wish", WHY_NO_MONEY, rejects)
    free = (pl.col("kind") == "exchange") & pl.col("amount").is_null()
    return frame.with_columns(pl.when(free).then(pl.lit("0")).otherwise(pl.col("amount")).alias("amount"))


def _completed(frame: pl.DataFrame, sample: Sample, raw: RawTable) -> pl.DataFrame:
    if "completed" not in frame.columns:
        return frame
    if "applied" not in frame.columns:
        frame = frame.with_columns(pl.col("completed").alias("applied"))
    if "status" not in frame.columns:
        return frame
    void = frame["status"].str.contains(VOID).fill_null(False)
    if count := int(void.sum()):
        told = VOID_TOLD.format(file=sample.rel, n=count)
        raw.notes.append(ReviewItem("source_note", sample.rel, told, count))
    return frame.with_columns(pl.when(~void).then(pl.col("completed")).alias("completed"))
