"""Months by hand, for boundaries that chance seldom meets: the program is compared with the oracle on each."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from .month import Row
from .rawmonth import RawMonth
from .strategy import roster_row
from .strategy_plan import AD_WORD, plan
from .strategy_talk import END, START

TEN = datetime.combine(START, time(10))
DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)


def said(buyer: str, ts: datetime, text: str = "在吗", reply_after: timedelta | None = None) -> list[Row]:
    """A buyer's message to 小美, and perhaps her reply."""
    row: Row = {"shop": "shop_a", "buyer": buyer, "account": "小美", "text": text, "kind": "text"}
    rows = [{**row, "sender": "buyer", "ts": ts}]
    if reply_after is not None:
        rows.append({**row, "sender": "agent", "ts": ts + reply_after})
    return rows


def order(number: str, buyer: str, created: datetime, paid: datetime | None, amount: int = 10_000) -> Row:
    return {
        "shop": "shop_a",
        "order_id": number,
        "buyer": buyer,
        "created": created,
        "paid": paid,
        "amount": amount,
        "quantity": 1,
    }


def month(messages: list[Row], orders: list[Row], settings: dict[str, Any], **tables: list[Row]) -> RawMonth:
    late = order("99", "nobody", datetime.combine(END, time(10)) + 9 * DAY, None)
    people = [roster_row("小美", "E01", "售前", "甲组", None, None)]
    files = {"messages": messages, "orders": [*orders, late], "roster": people, **tables}
    off = {"rules": False, "model": False, "behaviour": False}
    period = {
        "period": {"start": START, "end": END},
        "plan": "plan.yaml",
        "platform": "tmall",
        "settings": {"ad": off, **settings},
    }
    return RawMonth(files, period, plan([]))


def refunds_beyond_the_order() -> RawMonth:
    """R-A4: refunds sum to at most the counted amount, in the order of their completion: what was applied for
    first is completed last, after the period; of an order paid before the period, too."""
    messages = [*said("alice", TEN, reply_after=MS), *said("bob", TEN - 3 * DAY, reply_after=MS)]
    orders = [
        order("1", "alice", TEN + MS, TEN + MS),
        order("2", "bob", TEN - 3 * DAY + MS, TEN - 3 * DAY + MS),
    ]
    refund: Row = {"kind": "refund_only", "by_seller": True, "dispute": False, "seller_fault": False}
    refunds = []
    for number in ("1", "2"):
        first = {**refund, "refund_id": f"{number}a", "order_id": number, "applied": TEN, "amount": 7_000}
        second = {**first, "refund_id": f"{number}b", "applied": TEN + DAY, "amount": 6_000}
        refunds += [{**first, "completed": TEN + 9 * DAY}, {**second, "completed": TEN + 2 * DAY}]
    return month(messages, orders, {}, refunds=refunds)


def buyers_who_sound_like_ads() -> RawMonth:
    """R-F0: a paid order within 90 days either side of the reception's day saves from the keyword rules; a
    person's label decides whatever the orders say."""
    messages: list[Row] = []
    orders: list[Row] = []
    for number, shift in enumerate((-91, -90, -89, 0, 89, 90, 91)):
        buyer = f"buyer{number}"
        messages += said(buyer, TEN, f"要{AD_WORD}吗", timedelta(seconds=20))
        orders.append(order(str(number), buyer, TEN + shift * DAY - 5 * DAY, TEN + shift * DAY))
    for buyer in ("labelled_ad", "labelled_not", "unpaid", "no_order"):
        messages += said(buyer, TEN, f"要{AD_WORD}吗", timedelta(seconds=20))
    orders += [order("10", "labelled_ad", TEN, TEN), order("11", "unpaid", TEN, None)]
    labels = [
        {"shop": "shop_a", "buyer": "labelled_ad", "label": "ad"},
        {"shop": "shop_a", "buyer": "labelled_not", "label": "ad"},
        {"shop": "shop_a", "buyer": "labelled_not", "label": "not_ad"},
    ]
    return month(messages, orders, {"ad": {"rules": True, "model": False, "behaviour": False}}, labels=labels)


def services_72_hours_apart() -> RawMonth:
    """R-C10, ``fcr_72h``: the next service 72 h after the end, to the millisecond; one that the agent begins;
    a service that ends exactly 72 h before the last message of the data, and one that ends a little later."""
    messages: list[Row] = []
    orders: list[Row] = []
    for gap in (3 * DAY - MS, 3 * DAY, 3 * DAY + MS):
        number = str(len(orders))
        buyer = f"buyer{number}"
        messages += said(buyer, TEN, reply_after=timedelta(seconds=20))
        messages += said(buyer, TEN + timedelta(seconds=20) + gap)
        orders.append(order(number, buyer, TEN - 2 * DAY, TEN - DAY))
    messages += said("written_to", TEN, reply_after=timedelta(0))
    messages += said("written_to", TEN + DAY, reply_after=timedelta(0))[1:]
    messages += said("written_to", TEN + DAY + timedelta(seconds=30))
    orders.append(order("7", "written_to", TEN - 2 * DAY, TEN - DAY))
    for number, ts in (("8", TEN + 2 * DAY), ("9", TEN + 2 * DAY + MS)):
        messages += said(f"buyer{number}", ts, reply_after=timedelta(0))
        orders.append(order(number, f"buyer{number}", TEN - 2 * DAY, TEN - DAY))
    messages += said("last", TEN + 5 * DAY)
    farewell = {"shop": "shop_a", "buyer": "last", "account": "小美", "text": "", "kind": "transfer"}
    messages.append({**farewell, "sender": "system", "ts": TEN + 6 * DAY})  # a transfer is no message
    return month(messages, orders, {})


EXAMPLES = {
    found.__name__: found
    for found in (refunds_beyond_the_order, buyers_who_sound_like_ads, services_72_hours_apart)
}
