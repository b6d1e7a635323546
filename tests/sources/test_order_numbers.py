"""The orders that texts of chats name: which numbers count, on every platform (SPEC §2). All content is made up."""

from __future__ import annotations

import json

import polars as pl
import pytest
from months import Month

from evaluator.names import Names, placed, spelled
from evaluator.shelf import Shelf
from evaluator.sources.ordernumbers import name_orders

TAOBAO, OLD = "3812345678901234567", "1812345678901234"  # 19 digits now, 16 in 2016
DOUYIN, PDD, RED = "6917926768823643751", "251206-123456789012345", "P712345678901234567"
JD, A1688 = "298765432109", "4123456789012345678"
KNOWN = (TAOBAO, OLD, DOUYIN, PDD, RED, JD, A1688)
NOT_THERE = "3899999999999999999"

TEXTS = [
    # every platform's number, wherever it stands by itself
    *((f"麻烦看下{number}，谢谢", number) for number in KNOWN),
    *((number, number) for number in KNOWN),
    (f"({TAOBAO})", TAOBAO),
    (f"{TAOBAO}-1", TAOBAO),
    (f"①{TAOBAO}", TAOBAO),
    (f"https://trade.example/detail.htm?biz_order_id={TAOBAO}", TAOBAO),
    ("p712345678901234567 到哪了", RED),
    (f"{NOT_THERE} 还是 {OLD}", OLD),
    (f"订单号{NOT_THERE} 和 {TAOBAO}", TAOBAO),
    # full-width digits and colons
    ("订单编号：３８１２３４５６７８９０１２３４５６７", TAOBAO),
    ("２５１２０６－１２３４５６７８９０１２３４５", PDD),
    # cards and words for an order: also orders that are not in the data
    ("咨询订单号:266666666666 订单金额:99.00 下单时间:2026-10-01 10:00:00", "266666666666"),
    ("[订单编号:266666666666，订单金额:99.00，下单时间:2026-10-01 10:00:00]", "266666666666"),
    (f"订单{NOT_THERE}", NOT_THERE),
    (f"我的订单号是 {NOT_THERE}呢", NOT_THERE),
    ("订单号：251207-999999999999999", "251207-999999999999999"),
    ("订单编号 P799999999999999999", "P799999999999999999"),
    (f"订单3天没动静，订单号{NOT_THERE}", NOT_THERE),
    # what is no order
    (NOT_THERE, None),
    ("538872953711 这款有吗", None),
    ("订单 13812345678 查一下", None),
    ("13812345678 张三", None),
    (f"快递单号 {NOT_THERE}", None),
    (f"https://item.jd.com/{JD}.html", None),
    (f"https://item.taobao.com/item.htm?id={JD}", None),
    (f"x{TAOBAO}", None),
    (f"{TAOBAO}9", None),
    (f"9{JD}", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "order_id"), TEXTS)
def test_which_numbers_name_an_order(text: str, order_id: str | None) -> None:
    schema = {"shop": pl.String, "text": pl.String, "order_id": pl.String, "_file": pl.UInt16}
    rows = [("甲店", text, None, 0), ("乙店", text, None, 0), ("甲店", text, None, 1), ("甲店", text, "7", 0)]
    numbers = {"order_id": Names(Shelf())}
    messages = placed(pl.DataFrame(rows, schema=schema, orient="row"), numbers)
    orders = pl.DataFrame({"shop": ["甲店"] * len(KNOWN), "order_id": KNOWN})
    named = name_orders(messages, [0], orders, numbers["order_id"])
    found = spelled(named, numbers)["order_id"].to_list()
    assert found[0] == order_id
    assert found[1] is None or "订单" in text  # the order of another shop
    assert found[2:] == [None, "7"]  # a file that is taken as it stands; what the source said


def test_jd_chats_name_their_orders_by_number_alone(month: Month) -> None:
    """JD orders have about twelve digits, as Taobao's items have: there only those that are orders count."""
    said = {"customer": "b1", "waiter": "甲店小一", "time": "2026-10-01 10:00:00", "waiterSend": False}
    texts = [f"{JD}发货了吗", "538872953711有吗"]
    chats = [{**said, "content": text, "sid": "1", "skuId": "1", "channel": 1} for text in texts]
    month.write("京东.json", json.dumps({"ChatLog": {"totalRecord": 2, "chatList": chats}}))
    month.write(
        "orders.csv",
        f"shop,order_id,buyer,created,paid,amount\n甲店,{JD},,2026-10-01 09:00:00,2026-10-01 09:01:00,5\n",
    )
    named = month.read(shop="甲店").tables["messages"].filter(pl.col("text").is_in(texts))["order_id"]
    assert named.to_list() == [JD, None]


def test_mapped_chats_are_looked_into_and_canonical_ones_are_not(month: Month) -> None:
    head, row = (
        "店,客户,客服,谁,时间,内容\n",
        "甲店,b9,甲店:小一,buyer,2026-10-01 10:00:00,8000000000000000001\n",
    )
    month.write("聊天导出.csv", head + row)
    month.write(
        "mapping.yaml",
        "table: messages\n"
        "columns: {shop: 店, buyer: 客户, account: 客服, sender: 谁, ts: 时间, text: 内容}\n",
    )
    canonical = (
        "shop,buyer,account,sender,ts,text\n甲店,b8,甲店:小一,buyer,2026-10-01 10:00:00,8000000000000000001\n"
    )
    month.write("messages_2.csv", canonical)
    rows = month.read().tables["messages"].filter(pl.col("buyer").is_in(["b8", "b9"]))
    assert dict(rows.select("buyer", "order_id").iter_rows()) == {"b8": None, "b9": "8000000000000000001"}
