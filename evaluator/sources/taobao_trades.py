"""Orders of ``trades.sold.get``, ``trade.fullinfo.get`` and their kin (FORMATS §11), with their items and the open ids
of their buyers.

``amount`` is ``payment``, postage included. The platform warns that a payment may be what is left after refunds;
where an item was refunded, the items' shares (``divide_order_fee``) tell what was paid before."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import openids
from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.cells import one_number
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import Record, first_record, gather, moment, text_of, total
from evaluator.sources.top import first, listed, nick

ID = "taobao_trades"

METHODS = frozenset(
    {"trades_sold_get", "trades_sold_increment_get", "trades_sold_incrementv_get"}
    | {"trade_fullinfo_get", "trade_get"}
)
MARKS = frozenset({"tid", "created", "payment"})
PAID_STATES = frozenset(
    {"WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_BUYER_SIGNED"}
    | {"TRADE_FINISHED", "TRADE_CLOSED", "PAID_FORBID_CONSIGN"}
)
NOT_SOLD = "TRADE_CLOSED_BY_TAOBAO"  # closed before it was paid

ORDERS = ("order_id", "buyer", "created", "paid", "amount", "postage", "quantity", "status")
ITEMS = ("order_id", "sku", "title", "quantity", "amount")

WHY_OTHER = "不是订单（trade）的记录"
NO_PAY_TIME = "接口应答里没有 pay_time，不知道哪些订单付了款、何时付款；请在 fields 里加上 pay_time 重新拉取"
NO_MEMO = (
    "接口应答里没有卖家备注 seller_memo（trades.sold.get 不给），按备注排除（刷单、补差等）对这些订单不起作用；"
    "需要时请用 trade.fullinfo.get 拉取"
)
TITLE_TOLD = (
    "接口应答里没有 seller_nick，以交易标题（店铺名）为店铺；与聊天里的店铺名不同时请写 settings.shop_alias"
)


def is_trade(record: Record) -> bool:
    """Refunds and ratings of orders have ``tid``, too."""
    return record.keys() >= MARKS and "refund_id" not in record


def sniff(sample: Sample) -> bool:
    return first(sample).method in METHODS or is_trade(first_record(sample, "tid"))


def read(sample: Sample) -> list[RawTable]:
    """-> orders, one a trade, and their goods -> order_items."""
    found = gather(sample, "tid", "tid_str")
    trades = [(row, record) for row, record in found.records if is_trade(record)]
    others = [(row, record) for row, record in found.records if not is_trade(record)]
    found.rejects += [RowReject(row, "", str(record), WHY_OTHER) for row, record in others]
    schema = dict.fromkeys(ORDERS, pl.String()) | {"_row": pl.UInt32()}
    frame = pl.DataFrame([(*_order(t), row) for row, t in trades], schema=schema, orient="row")
    frame, notes = _optional(frame, [t for _, t in trades], sample)
    orders = RawTable("orders", [frame], MADE, found.rejects, [*found.notes, *notes])
    orders.open_ids = openids.frame(
        [(_shop(t), _tid(t), nick(t.get("buyer_nick")), t, row) for row, t in trades]
    )
    return [orders, *_items(t for _, t in trades)]


def _tid(trade: Record) -> str:
    return str(trade.get("tid_str") or trade.get("tid") or "")


def _shop(trade: Record) -> str:
    """The main account's nick, as chats have it; else the title of the trade, which is the shop's."""
    return nick(trade.get("seller_nick") or trade.get("title"))


def _optional(
    frame: pl.DataFrame, trades: list[Record], sample: Sample
) -> tuple[pl.DataFrame, list[ReviewItem]]:
    """The columns that the caller's ``fields`` may have left out: shop, memo, paid."""
    told = []
    if any(_shop(t) for t in trades):
        frame = frame.with_columns(pl.Series("shop", [_shop(t) for t in trades], dtype=pl.String))
        told += [] if any(t.get("seller_nick") for t in trades) else [TITLE_TOLD]
    if any("seller_memo" in t for t in trades):
        memos = [text_of(t.get("seller_memo")) for t in trades]
        frame = frame.with_columns(pl.Series("memo", memos, dtype=pl.String))
    elif trades:
        told.append(NO_MEMO)
    if not any(t.get("pay_time") for t in trades) and any(
        text_of(t.get("status")) in PAID_STATES for t in trades
    ):
        frame = frame.drop("paid")
        told.append(NO_PAY_TIME)
    return frame, [ReviewItem("source_note", sample.rel, text) for text in told]


def _order(trade: Record) -> tuple[str | None, ...]:
    """The columns ORDERS of one trade."""
    return (
        _tid(trade),
        nick(trade.get("buyer_nick")),
        moment(trade.get("created")),
        moment(trade.get("pay_time")),
        _amount(trade),
        text_of(trade.get("post_fee")),
        _quantity(trade),
        text_of(trade.get("status")),
    )


def _goods(trade: Record) -> list[Record]:
    return listed(trade, "orders", "order")


def _amount(trade: Record) -> str:
    """``payment``; where an item was refunded, at least the items' shares and the postage."""
    payment = text_of(trade.get("payment"))
    sold = [item for item in _goods(trade) if item.get("status") != NOT_SOLD]
    paid = one_number(payment)
    if paid is None or not any(item.get("refund_status") == "SUCCESS" for item in sold):
        return payment
    parts = [one_number(text_of(item.get("divide_order_fee"))) for item in sold]
    parts.append(one_number(text_of(trade.get("post_fee")) or "0"))
    known = [part for part in parts if part is not None]
    before = sum(known, Decimal(0)) if len(known) == len(parts) else paid
    return format(max(paid, before), "f")


def _quantity(trade: Record) -> str:
    """Σ of the items: a trade of several says 0 itself."""
    counts = [text_of(item.get("num")) for item in _goods(trade)]
    return total(counts) if counts else text_of(trade.get("num"))


def _items(trades: Iterable[Record]) -> list[RawTable]:
    """One row an item; none where no trade has any."""
    rows = [
        (
            _tid(trade),
            text_of(item.get("outer_sku_id") or item.get("outer_iid")),
            text_of(item.get("title")),
            text_of(item.get("num")),
            text_of(item.get("divide_order_fee") or item.get("payment")),
        )
        for trade in trades
        for item in _goods(trade)
    ]
    if not rows:
        return []
    schema = dict.fromkeys(ITEMS, pl.String()) | {"_row": pl.UInt32()}
    numbered = [(*row, at) for at, row in enumerate(rows, 1)]
    return [RawTable("order_items", [pl.DataFrame(numbered, schema=schema, orient="row")], MADE)]
