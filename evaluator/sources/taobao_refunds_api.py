"""Refunds of ``refunds.receive.get`` and ``refund.get`` (FORMATS §11), with the open ids of their buyers.

Only one in the state SUCCESS is completed: at ``end_time`` where the answer has it, else when it was last changed.
One that was withdrawn or refused was applied for and no more (docs/spec-notes.md, refunds)."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import openids
from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import Record, first_record, gather, moment, text_of
from evaluator.sources.refundkinds import WHY_KIND
from evaluator.sources.taobao_refunds import VOID_TOLD
from evaluator.sources.top import first, nick

ID = "taobao_refunds_api"

METHODS = frozenset({"refunds_receive_get", "refund_get"})
COLUMNS = ("refund_id", "order_id", "applied", "completed", "amount", "kind", "stage")

DONE = "SUCCESS"
VOID = ("CLOSED", "SELLER_REFUSE_BUYER")
STAGES = {"onsale": "in_sale", "aftersale": "after_sale"}
KINDS = {
    "REFUND": "refund_only",
    "REFUND_AND_RETURN": "return_refund",
    "TMALL_EXCHANGE": "exchange",
    "TAOBAO_EXCHANGE": "exchange",
}
NO_REFUND = frozenset({"REPAIR", "RESHIPPING"})  # repaired, sent again: no money goes back
NO_DISPUTE = "1"  # cs_status: 不需客服介入

WHY_OTHER = "不是退款（refund）的记录"
END_TOLD = "接口没有给退款完成时间，以最后修改时间 modified 代替"


def is_refund(record: Record) -> bool:
    return record.keys() >= {"refund_id", "tid"} and "refund_fee" in record


def sniff(sample: Sample) -> bool:
    return first(sample).method in METHODS or is_refund(first_record(sample, "refund_id"))


def read(sample: Sample) -> list[RawTable]:
    """-> refunds, amount as the buyer gets it back."""
    found = gather(sample, "refund_id")
    refunds = [(row, record) for row, record in found.records if is_refund(record)]
    others = [(row, record) for row, record in found.records if not is_refund(record)]
    found.rejects += [RowReject(row, "", str(record), WHY_OTHER) for row, record in others]
    schema = dict.fromkeys(COLUMNS, pl.String()) | {"_row": pl.UInt32()}
    frame = pl.DataFrame([(*_refund(r), row) for row, r in refunds], schema=schema, orient="row")
    frame = _disputes(frame, [r for _, r in refunds])
    raw = RawTable("refunds", [frame], MADE, found.rejects, found.notes, why={"kind": WHY_KIND})
    raw.notes += _notes([r for _, r in refunds], sample)
    raw.open_ids = openids.frame(
        [
            (nick(r.get("seller_nick")), text_of(r.get("tid")), nick(r.get("buyer_nick")), r, row)
            for row, r in refunds
        ]
    )
    return [raw]


def _refund(record: Record) -> tuple[str, ...]:
    """The columns COLUMNS of one refund."""
    end = moment(record.get("end_time") or record.get("modified"))
    phase = text_of(record.get("refund_phase"))
    return (
        text_of(record.get("refund_id")),
        text_of(record.get("tid")),
        moment(record.get("created")),
        end if record.get("status") == DONE else "",
        text_of(record.get("refund_fee")),
        _kind(record),
        STAGES.get(phase, phase),
    )


def _kind(record: Record) -> str:
    """By ``dispute_type``; where that says nothing, by whether goods go back."""
    said = text_of(record.get("dispute_type")).upper()
    if said in NO_REFUND:
        return said
    back = text_of(record.get("has_good_return")).lower() == "true"
    return KINDS.get(said, "return_refund" if back else "refund_only")


def _disputes(frame: pl.DataFrame, records: list[Record]) -> pl.DataFrame:
    """``dispute`` and ``by_seller`` where the answers have ``cs_status``."""
    states = [text_of(record.get("cs_status")) for record in records]
    if not any(states):
        return frame
    dispute = pl.Series("dispute", [state not in ("", NO_DISPUTE) for state in states], dtype=pl.Boolean)
    done = pl.Series([record.get("status") == DONE for record in records], dtype=pl.Boolean)
    return frame.with_columns(dispute, (done & ~dispute).alias("by_seller"))


def _notes(records: list[Record], sample: Sample) -> list[ReviewItem]:
    void = sum(record.get("status") in VOID for record in records)
    borrowed = sum(record.get("status") == DONE and not record.get("end_time") for record in records)
    notes = [ReviewItem("source_note", sample.rel, VOID_TOLD.format(file=sample.rel, n=void), void)]
    return (notes if void else []) + (
        [ReviewItem("source_note", sample.rel, END_TOLD, borrowed)] if borrowed else []
    )
