"""Hypothesis strategies: small months full of collisions, as canonical tables.

Everything is drawn from short lists of awkward values, so that the same buyer, account, second, order
number and masked nick come up again and again. A month is valid (no row is rejected but repeats and
superseded orders)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from .month import Row
from .rawmonth import RawMonth
from .strategy_plan import plans, settings
from .strategy_talk import (
    ACCOUNTS,
    BUYERS,
    EMPLOYEES,
    END,
    ORDER_IDS,
    START,
    Cast,
    anchored,
    casts,
    chats,
)


@st.composite
def payments(draw: st.DrawFn, created: datetime, said: list[datetime]) -> datetime | None:
    """A while after the order was placed, or when the buyer next talks to someone."""
    after = [ts.replace(microsecond=0) for ts in said if ts.replace(microsecond=0) >= created]
    then_talks: bool = draw(st.booleans())
    if after and then_talks:
        return draw(st.sampled_from(after)) + timedelta(seconds=draw(st.sampled_from([0, 1])))
    return later(created, draw(st.sampled_from([60, 0, 1, 3600, None, None, 86_400, 172_800, 432_000])))


def later(ts: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else ts + timedelta(seconds=seconds)


@st.composite
def orders(draw: st.DrawFn, cast: Cast, talk: list[Row]) -> list[Row]:
    """Orders, most of them where someone talks; a number may come twice (superseded) and in two shops."""
    rows = []
    answers = [row for row in talk if row["sender"] == "agent"] or talk
    dense = cast.theme.dense
    for _ in range(draw(st.integers(1, 3) if dense else st.integers(0, 8))):
        about = draw(st.sampled_from(answers))
        shop, buyer = about["shop"], about["buyer"]
        if not dense and draw(st.sampled_from([False, False, True])):
            shop = draw(st.sampled_from(cast.shops))
            buyer = draw(st.sampled_from([*cast.buyers, None, None, *BUYERS[:4], "al*"]))
        created = draw(anchored([about["ts"]])) + timedelta(days=draw(st.sampled_from(cast.theme.shifts)))
        paid = draw(payments(created, [row["ts"] for row in talk if row["buyer"] == buyer]))
        amount = draw(st.sampled_from([9900, 12_345, 1_000_000, 5_000, *([] if dense else [500, 499, 0])]))
        memos = [None] if dense else [*[None] * 9, "加急", "帮刷单3", "补差"]
        rows.append(
            {
                "shop": shop,
                "order_id": draw(st.sampled_from(ORDER_IDS)),
                "buyer": buyer,
                "created": created,
                "paid": paid,
                "amount": amount,
                "postage": draw(st.sampled_from([None, 0, min(500, amount)])),
                "quantity": draw(st.sampled_from([1, 2, 5, None])),
                "status": "交易成功",
                "memo": draw(st.sampled_from(memos)),
                "grouped": later(paid or created, draw(st.sampled_from([None, None, 0, 60, 86_400]))),
            }
        )
    if draw(st.sampled_from([True, True, False])):  # the data covers some days after the period
        rows.append(
            {
                "shop": cast.shops[0],
                "order_id": "261001000000000099",
                "status": "等待买家付款",
                "amount": 100,
                "created": datetime.combine(END + timedelta(days=3), time(10)),
            }
        )
    return rows


@st.composite
def items(draw: st.DrawFn) -> list[Row]:
    row = st.fixed_dictionaries(
        {
            "order_id": st.sampled_from(ORDER_IDS),
            "title": st.sampled_from(["保温杯", "手机壳", None, "运费 邮费链接"]),
            "quantity": st.sampled_from([1, 3, None]),
            "amount": st.sampled_from([0, 990]),
        }
    )
    return draw(st.lists(row, max_size=6))


REFUNDED_AFTER = [0, 60, 5_400, 86_400, 259_200, 432_000, None]  # seconds


@st.composite
def refunds(draw: st.DrawFn, cast: Cast, placed: list[Row]) -> list[Row]:
    """Refunds, several of one order, some of unknown ones; together they may exceed the order."""
    rows = []
    dense = cast.theme.dense
    numbers = [order["order_id"] for order in placed for _ in range(2)]
    numbers += [] if dense and numbers else ["999"]
    times = [order.get("paid") or order["created"] for order in placed] or [datetime.combine(START, time(10))]
    for number in range(draw(st.integers(2 if dense else 0, 6))):
        applied = draw(anchored(times))
        rows.append(
            {
                "refund_id": f"RF{number}",
                "order_id": draw(st.sampled_from(numbers)),
                "applied": applied,
                "completed": later(applied, draw(st.sampled_from(REFUNDED_AFTER))),
                "amount": draw(st.sampled_from([500, 9_900, 7_000, 12_000, 1, 0])),
                "kind": draw(st.sampled_from(["refund_only", "return_refund", "refund_only", "exchange"])),
                "stage": draw(st.sampled_from([None, "in_sale", "after_sale"])),
                "by_seller": draw(st.sampled_from([None, True, False])),
                "dispute": draw(st.sampled_from([True, True, False, None])),
                "seller_fault": draw(st.sampled_from([True, True, False])),
                "account": draw(st.sampled_from([None, *cast.accounts])),
            }
        )
    return rows


@st.composite
def ratings(draw: st.DrawFn, cast: Cast, times: list[datetime]) -> list[Row]:
    row = st.fixed_dictionaries(
        {
            "shop": st.sampled_from(cast.shops),
            "buyer": st.sampled_from(cast.buyers),
            "account": st.sampled_from(cast.accounts),
            "ts": anchored(times),
            "score": st.integers(1, 5),
            "source": st.sampled_from(["human", "human", "human", "robot"]),
        }
    )
    return draw(st.lists(row, max_size=6))


@st.composite
def escalations(draw: st.DrawFn, cast: Cast, times: list[datetime]) -> list[Row]:
    row = st.fixed_dictionaries(
        {
            "shop": st.sampled_from(cast.shops),
            "buyer": st.sampled_from(cast.buyers),
            "ts": anchored(times),
            "kind": st.sampled_from(["complaint", "complaint", "dispute", "platform_consult"]),
            "order_id": st.sampled_from([None, *ORDER_IDS]),
            "account": st.sampled_from([None, None, *cast.accounts]),
            "upheld": st.sampled_from([True, True, False, None]),
        }
    )
    return draw(st.lists(row, max_size=6))


@st.composite
def online(draw: st.DrawFn, cast: Cast, times: list[datetime]) -> list[Row]:
    row = st.fixed_dictionaries(
        {
            "account": st.sampled_from(cast.accounts),
            "ts": anchored(times),
            "event": st.sampled_from(["online", "online", "offline", "suspend", "resume"]),
        }
    )
    return draw(st.lists(row, max_size=12))


def roster_row(account: str, employee: str, role: str, group: str | None, first: Any, last: Any) -> Row:
    if first and last and last < first:
        first, last = last, first
    return {
        "account": account,
        "employee_id": employee,
        "name": EMPLOYEES[employee],
        "group": group,
        "role": role,
        "from": first,
        "to": last,
        "base_salary": 300_000,
        "hired": date(2026, 9, 1),
    }


@st.composite
def roster(draw: st.DrawFn) -> list[Row]:
    """E01 with two accounts, E02, a robot; then rows at random: hand-overs, overlaps, other roles and
    groups."""
    first_group = draw(st.sampled_from(["甲组", "甲组", None]))
    rows = [
        roster_row("小美", "E01", "售前", first_group, None, None),
        roster_row("小美二号", "E01", "售前", first_group, None, None),
        roster_row("小雅", "E02", draw(st.sampled_from(["售前", "售后"])), "乙组", None, None),
        roster_row("店小智", "R01", "robot", "机器人", None, None),
    ]
    edges = st.sampled_from([None, None, *(START + timedelta(days=n) for n in (-10, -1, 0, 1, 2, 3, 4, 6))])
    extra = st.builds(
        roster_row,
        st.sampled_from(ACCOUNTS),
        st.sampled_from(list(EMPLOYEES)),
        st.sampled_from(["售前", "售后", "全能", "主管", "robot"]),
        st.sampled_from(["甲组", "乙组", None]),
        edges,
        edges,
    )
    if draw(st.booleans()):  # the account 值班 changes hands
        rows += [
            roster_row("值班", "E02", "售前", "乙组", None, START + timedelta(days=1)),
            roster_row("值班", "E03", "售前", "甲组", START + timedelta(days=2), None),
        ]
    return rows + draw(st.lists(extra, max_size=4))


@st.composite
def labels(draw: st.DrawFn, cast: Cast) -> list[Row]:
    row = st.fixed_dictionaries(
        {
            "shop": st.sampled_from(cast.shops),
            "buyer": st.sampled_from(cast.buyers),
            "label": st.sampled_from(["ad", "not_ad"]),
        }
    )
    return draw(st.lists(row, max_size=2))


@st.composite
def manual_filters(draw: st.DrawFn, cast: Cast) -> list[Row]:
    row = st.fixed_dictionaries(
        {
            "shop": st.sampled_from(cast.shops),
            "buyer": st.sampled_from(cast.buyers),
            "day": st.sampled_from([*(START + timedelta(days=n) for n in (-1, 0, 1, 2, 3)), None]),
        }
    )
    return draw(st.lists(row, max_size=2))


#: Optional columns that may be absent. (Without ``to_account`` or ``paid`` there is little left to compute.)
DROPPABLE = {
    "messages": ["order_id", "auto"],
    "orders": ["postage", "quantity", "memo", "grouped", "status"],
    "refunds": ["completed", "stage", "by_seller", "dispute", "seller_fault", "account"],
    "ratings": ["sent", "tags"],
    "escalations": ["order_id", "account", "upheld"],
    "roster": ["base_salary", "hired"],
    "order_items": ["category"],
}


@st.composite
def months(draw: st.DrawFn) -> RawMonth:
    """A whole month's folder."""
    chosen = draw(settings(START, END, ORDER_IDS))
    cast = draw(casts(chosen.get("shop_alias", {})))
    chosen["ad"]["rules"] |= cast.theme.name == "ads"
    talk = draw(chats(cast))
    rows = [row for _, row in talk]
    files = {name: [row for file, row in talk if file == name] for name in ("messages_1", "messages_2")}
    if files["messages_1"]:
        repeated = draw(st.lists(st.sampled_from(files["messages_1"]), max_size=2))
        files["messages_2"] = [*repeated, *files["messages_2"]]
    files["orders"], files["roster"] = draw(orders(cast, rows)), draw(roster())
    times = [row["ts"] for row in rows]
    optional = {
        "order_items": items(),
        "refunds": refunds(cast, files["orders"]),
        "ratings": ratings(cast, times),
        "escalations": escalations(cast, times),
        "online": online(cast, times),
        "labels": labels(cast),
        "manual_filters": manual_filters(cast),
    }
    for table, strategy in optional.items():
        if draw(st.sampled_from([True, True, True, False])):
            files[table] = draw(strategy)
    dropped = {
        table: draw(st.lists(st.sampled_from(columns), max_size=1))
        for table, columns in DROPPABLE.items()
        if draw(st.sampled_from([False, False, False, True]))
    }
    period = {
        "period": {"start": START, "end": END},
        "plan": "plan.yaml",
        "platform": "tmall",
        "settings": chosen,
    }
    return RawMonth(files, period, draw(plans()), dropped)
