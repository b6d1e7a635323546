"""Taobao / Tmall refund lists: xlsx of 2017 (39 columns), 2021 (42) and 退款单 since 2025 (53) (FORMATS §4).

Only one in the state 退款成功 is completed, whatever time stands there (a closed one has an end, too). One that is
open, withdrawn (退款关闭) or refused was applied for and no more: it has no ``completed``, so it takes no sales
back; how many were withdrawn or refused is told (docs/spec-notes.md, refunds)."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.top import account_name

ID = "taobao_refunds"

HEADERS: exports.Headers = {
    "refund_id": ("退款编号",),
    "order_id": ("订单编号",),
    "applied": ("退款的申请时间", "退款申请时间"),
    "completed": ("退款完结时间",),
    "amount": ("买家退款金额", "退款总额"),
    "退款状态": ("退款状态",),
    "是否需要退货": ("是否需要退货",),
    "售后类型": ("售后类型",),
    "售中或售后": ("售中或售后",),
    "客服介入状态": ("客服介入状态",),
    "责任方": ("责任方",),
    "account": ("退款操作人",),
}

DONE = "退款成功"
VOID = ("退款关闭", "卖家拒绝退款")
VOID_TOLD = "{file} 有 {n} 条退款已关闭或被拒绝：算作申请过（退款率等按申请计），不算完成，不减销售额"
NO_DISPUTE = "不需客服介入"
SELLERS_FAULT = "卖家责任"
NOBODY = ("系统",)
STAGES = {"售中": "in_sale", "售后": "after_sale"}
TYPES = {
    "仅退款": "refund_only",
    "退货退款": "return_refund",
    "退款退货": "return_refund",
    "换货": "exchange",
}


def sniff(sample: Sample) -> bool:
    if not exports.tabular(sample) or not exports.has(sample, HEADERS, "refund_id", "order_id", "amount"):
        return False
    timed = exports.has(sample, HEADERS, "applied") or exports.has(sample, HEADERS, "completed")
    return timed and exports.has(sample, HEADERS, "退款状态")


def _shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    frame = exports.refuse(
        frame, frame["退款状态"].is_null(), "退款状态", "没有退款状态，不能判断是不是退款", rejects
    )
    have = set(frame.columns)
    done = pl.col("退款状态") == DONE
    made = [pl.col("refund_id", "order_id", "amount", "_row"), _kind(have).alias("kind")]
    if "completed" in have:
        made.append(pl.when(done).then(pl.col("completed")).alias("completed"))
    made += [pl.col("applied")] if "applied" in have else [pl.col("completed").alias("applied")]
    if "售中或售后" in have:
        made.append(pl.col("售中或售后").replace(STAGES).alias("stage"))
    if "客服介入状态" in have:
        dispute = (pl.col("客服介入状态") != NO_DISPUTE).fill_null(False)
        made += [dispute.alias("dispute"), (done & ~dispute).alias("by_seller")]
    if "责任方" in have:
        made.append((pl.col("责任方") == SELLERS_FAULT).fill_null(False).alias("seller_fault"))
    if "account" in have:
        account = account_name(pl.col("account"))
        made.append(pl.when(~account.is_in(NOBODY)).then(account).alias("account"))
    return frame.select(made)


def _kind(have: set[str]) -> pl.Expr:
    goods_back = pl.lit("refund_only")
    if "是否需要退货" in have:
        needed = pl.col("是否需要退货") == "是"
        goods_back = pl.when(needed).then(pl.lit("return_refund")).otherwise(goods_back)
    if "售后类型" in have:
        return pl.coalesce(pl.col("售后类型").replace(TYPES), goods_back)
    return goods_back


def read(sample: Sample) -> list[RawTable]:
    """-> refunds, amount as the buyer gets it back."""

    def shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        void = frame.filter(pl.col("退款状态").is_in(VOID)).height
        if void:
            raw.notes.append(
                ReviewItem("source_note", sample.rel, VOID_TOLD.format(file=sample.rel, n=void), void)
            )
        return _shape(frame, rejects)

    raw = exports.read(sample, "refunds", HEADERS, shape)
    told = "退款表没有申请时间，以完结时间代替；未完结的退款因此读不进来"
    raw.notes += exports.borrowed_time(sample, HEADERS, "applied", "completed", told)
    return [raw]
