"""Orders of JD's ``order.search`` and ``order.get`` (FORMATS §11), in either spelling of the fields (``order_id``,
``orderId``), with their goods. The buyer is the pin, as in chats; no answer names the shop.

``amount`` is ``order_payment``, what the buyer is to pay, freight included: 应付金额 of the exported list. A cancelled
order is not sold, whenever it was paid; an order without payment has the year 1 as its time."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources.base import MADE, RawTable
from evaluator.sources.exports import price_times_quantity
from evaluator.sources.files import Sample
from evaluator.sources.jd_orders import UNSOLD_TOLD
from evaluator.sources.jsonfile import Record, first_record, gather, moment, text_of, total
from evaluator.sources.top import as_list, nick

ID = "jd_order_search"

#: Canonical column -> field, in the spelling of ``order.search``.
ORDERS = {
    "order_id": "order_id",
    "buyer": "pin",
    "created": "order_start_time",
    "paid": "payment_confirm_time",
    "amount": "order_payment",
    "postage": "freight_price",
    "quantity": "",
    "status": "order_state",
    "memo": "vender_remark",
}
ENVELOPES = ("order_search_response", "order_get_response", "order_info_list", "searchorderinfo_result")
MARKS = ("order_start_time", "orderStartTime")
CANCELLED = "TRADE_CANCELED"
ITEMS = ("order_id", "sku", "title", "quantity", "price")
NO_TIME = re.compile(r"(?:0001|1970)-01-01")


def get(record: Record, name: str) -> str:
    """A field as text, in either spelling; "" for none."""
    spelled = re.sub("_(.)", lambda letter: letter[1].upper(), name)
    return text_of(record.get(name, record.get(spelled)))


def sniff(sample: Sample) -> bool:
    record = first_record(sample, *MARKS)
    told = bool(get(record, "order_id") and get(record, "order_payment"))
    return told or bool(first_record(sample, *ENVELOPES))


def read(sample: Sample) -> list[RawTable]:
    """-> orders, and their goods -> order_items."""
    found = gather(sample, *MARKS)
    unsold = sum(get(r, "order_state") == CANCELLED and _paid(r) != "" for _, r in found.records)
    if unsold:
        told = UNSOLD_TOLD.format(file=sample.rel, n=unsold)
        found.notes.append(ReviewItem("source_note", sample.rel, told, unsold))
    schema = dict.fromkeys(ORDERS, pl.String()) | {"_row": pl.UInt32()}
    frame = pl.DataFrame([(*_order(r), row) for row, r in found.records], schema=schema, orient="row")
    return [
        RawTable("orders", [frame], MADE, found.rejects, found.notes),
        *_items(r for _, r in found.records),
    ]


def _order(record: Record) -> tuple[str, ...]:
    made = {column: get(record, field) for column, field in ORDERS.items()}
    made["buyer"] = nick(made["buyer"])
    made["created"] = moment(made["created"])
    made["paid"] = "" if get(record, "order_state") == CANCELLED else _paid(record)
    made["quantity"] = total([get(item, "item_total") for item in _goods(record)])
    return tuple(made.values())


def _paid(record: Record) -> str:
    time = moment(get(record, "payment_confirm_time"))
    return "" if NO_TIME.match(time) else time


def _goods(record: Record) -> list[Record]:
    held = record.get("item_info_list", record.get("itemInfoList"))
    return [item for item in as_list(held) if isinstance(item, dict)]


def _items(records: Iterable[Record]) -> list[RawTable]:
    rows = [
        (
            get(record, "order_id"),
            get(item, "outer_sku_id") or get(item, "sku_id"),
            get(item, "sku_name"),
            get(item, "item_total"),
            get(item, "jd_price"),
        )
        for record in records
        for item in _goods(record)
    ]
    if not rows:
        return []
    schema = dict.fromkeys(ITEMS, pl.String()) | {"_row": pl.UInt32()}
    frame = pl.DataFrame([(*row, at) for at, row in enumerate(rows, 1)], schema=schema, orient="row")
    return [RawTable("order_items", [price_times_quantity(frame)], MADE)]
