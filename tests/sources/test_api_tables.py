"""Orders, refunds and log-ins as the platforms' APIs answer (FORMATS §11). All content is made up."""

from __future__ import annotations

import json

import polars as pl
import pytest
from months import entries, notes

FIRST, SECOND, THIRD = (f"381234567890123450{n}" for n in (1, 2, 3))
TRADE = {
    "tid": int(FIRST),
    "seller_nick": "甲店",
    "title": "甲店旗舰",
    "buyer_nick": "b**1",
    "buyer_open_uid": "AAone",
    "ouid": "OUone",
    "created": "2026-10-01 09:00:00",
    "pay_time": "2026-10-01 09:05:00",
    "payment": "112.00",
    "post_fee": "8.00",
    "num": 0,
    "status": "TRADE_FINISHED",
    "seller_memo": "老客",
    "orders": {
        "order": [
            {
                "oid": 1,
                "title": "果干",
                "outer_sku_id": "S1",
                "num": 2,
                "payment": "80.00",
                "divide_order_fee": "78.00",
            },
            {"oid": 2, "title": "坚果", "outer_iid": "S2", "num": 1, "payment": "26.00"},
        ]
    },
}
UNPAID = {
    "tid": int(SECOND),
    "seller_nick": "甲店",
    "created": "2026-10-02 09:00:00",
    "payment": "26.00",
    "num": 1,
    "status": "WAIT_BUYER_PAY",
    "orders": {"order": {"oid": 3, "title": "坚果", "outer_sku_id": "S2", "num": 1, "payment": "26.00"}},
}
ORDERS = (
    "shop,order_id,buyer,created,paid,amount,postage,quantity,status,memo\n"
    f"甲店,{FIRST},b**1,2026-10-01 09:00:00,2026-10-01 09:05:00,112.00,8.00,3,TRADE_FINISHED,老客\n"
    f"甲店,{SECOND},,2026-10-02 09:00:00,,26.00,,1,WAIT_BUYER_PAY,\n"
)
ITEMS = (
    "order_id,sku,title,quantity,amount\n"
    f"{FIRST},S1,果干,2,78.00\n{FIRST},S2,坚果,1,26.00\n{SECOND},S2,坚果,1,26.00\n"
)


def wrapped(method: str, body: object) -> dict[str, object]:
    return {f"{method}_response": body}


def dumped(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


def sold(*trades: object) -> dict[str, object]:
    """A list of one is an object, an empty one is missing."""
    held = {"trades": {"trade": list(trades) if len(trades) > 1 else trades[0]}} if trades else {}
    return wrapped("trades_sold_get", {"total_results": len(trades), **held})


ENVELOPES = {
    "one document": dumped(sold(TRADE, UNPAID)),
    "bare lines": f"{dumped(sold(TRADE))}\n{dumped(sold())}\n{dumped(sold(UNPAID))}\n",
    "with the request": dumped(
        {"request": {"method": "taobao.trades.sold.get", "tid": "7"}, "response": sold(TRADE, UNPAID)}
    ),
    "in full": "\n".join(dumped(wrapped("trade_fullinfo_get", {"trade": t})) for t in (TRADE, UNPAID)),
    "simplified": dumped({"total_results": 2, "trades": [TRADE, UNPAID]}),
    "a page a list": dumped([sold(TRADE), sold(UNPAID)]),
}


@pytest.mark.parametrize("text", ENVELOPES.values(), ids=ENVELOPES)
def test_trades(bare, same, text):
    got = bare.write("trades.json", text).read()
    same(got, orders=ORDERS, order_items=ITEMS)
    assert entries(got) == {("orders", 2, 2, 0), ("order_items", 3, 3, 0)}
    assert got.open_ids.select("table", "shop", "order_id", "buyer", "open_id").rows() == [
        ("orders", "甲店", FIRST, "b**1", "AAone"),
        ("orders", "甲店", FIRST, "b**1", "OUone"),
    ]
    assert notes(got) == ""


def test_trades_that_cannot_be_read(bare):
    failed = {"error_response": {"code": 7, "msg": "App Call Limited", "sub_msg": "调用太频繁"}}
    other = {"tid": 5, "result": "good", "nick": "b", "created": "2026-10-01 09:00:00"}
    lost = {**TRADE, "tid": 3.812345678901234e18}  # a float has lost the last digits
    lines = [sold(TRADE), failed, sold(other), sold(lost)]
    got = bare.write("trades.jsonl", "\n".join(map(dumped, lines)) + '\n{"trades_sold_get_resp').read()
    assert got.tables["orders"]["order_id"].to_list() == [FIRST]
    told = [(r.row, r.column, r.why) for r in got.rejects]
    assert [row[:2] for row in told] == [
        *((2, ""), (3, "order_id"), (4, "")),  # orders
        *((3, "order_id"), (4, "order_id")),  # their items
    ]
    assert "不是订单" in told[0][2] and "末几位已丢失" in told[1][2] and "不是完整的 JSON" in told[2][2]
    assert "1 次调用失败" in notes(got) and "调用太频繁" in notes(got)


def test_a_payment_that_is_left_after_refunds(bare):
    """The items' shares and the postage are what was paid before; an item closed before payment was not."""
    back = {"num": 1, "refund_status": "SUCCESS", "payment": "0.00", "divide_order_fee": "70.00"}
    kept = {"num": 1, "payment": "26.00", "divide_order_fee": "26.00", "refund_status": "NO_REFUND"}
    never = {"num": 1, "divide_order_fee": "500.00", "status": "TRADE_CLOSED_BY_TAOBAO"}
    trade = {**TRADE, "payment": "34.00", "orders": {"order": [back, kept, never]}}
    whole = {**TRADE, "tid": int(SECOND), "payment": "104.00", "orders": {"order": [back, kept]}}
    unknown = {
        **TRADE,
        "tid": int(THIRD),
        "payment": "34.00",
        "orders": {"order": [{"refund_status": "SUCCESS"}]},
    }
    got = bare.write("trades.json", dumped(sold(trade, whole, unknown))).read()
    assert got.tables["orders"]["amount"].to_list() == [10400, 10400, 3400]


def test_fields_that_were_not_asked_for(bare):
    """No payment time, memo or shop: each is told, and nothing is made up."""
    lacking = ("pay_time", "seller_memo", "seller_nick")
    trade = {key: value for key, value in TRADE.items() if key not in lacking}
    got = bare.write("trades.json", dumped(sold(trade))).read()
    assert got.tables["orders"].select("shop", "paid", "memo").rows() == [("甲店旗舰", None, None)]
    assert not got.has("orders", "paid") and not got.has("orders", "memo")
    assert all(word in notes(got) for word in ("pay_time", "seller_memo", "shop_alias"))
    del trade["title"]
    got = bare.write("trades.json", dumped(sold(trade))).read(shop="甲店")
    assert got.tables["orders"]["shop"].to_list() == ["甲店"]
    assert got.open_ids["shop"].to_list() == ["甲店", "甲店"]


# ---- refunds
REFUND = {
    "refund_id": "91",
    "tid": int(FIRST),
    "oid": 1,
    "seller_nick": "甲店",
    "buyer_nick": "b1",
    "buyer_open_uid": "AAone",
    "created": "2026-10-03 10:00:00",
    "modified": "2026-10-04 10:00:00",
    "status": "SUCCESS",
    "refund_fee": "12.30",
    "has_good_return": True,
    "refund_phase": "aftersale",
    "cs_status": 1,
}
REFUNDS = [
    REFUND,
    {**REFUND, "refund_id": "92", "status": "CLOSED", "dispute_type": "REFUND", "cs_status": 6},
    {**REFUND, "refund_id": "93", "end_time": "2026-10-03 12:00:00", "dispute_type": "TMALL_EXCHANGE"},
    {**REFUND, "refund_id": "94", "dispute_type": "REPAIR"},
]
REFUND_TABLE = (
    "refund_id,order_id,applied,completed,amount,kind,stage,by_seller,dispute\n"
    f"91,{FIRST},2026-10-03 10:00:00,2026-10-04 10:00:00,12.30,return_refund,after_sale,true,false\n"
    f"92,{FIRST},2026-10-03 10:00:00,,12.30,refund_only,after_sale,false,true\n"
    f"93,{FIRST},2026-10-03 10:00:00,2026-10-03 12:00:00,12.30,exchange,after_sale,true,false\n"
)


@pytest.mark.parametrize(
    "document",
    [
        wrapped("refunds_receive_get", {"refunds": {"refund": REFUNDS}, "has_next": False}),
        [wrapped("refund_get", {"refund": refund}) for refund in REFUNDS],
        {"refunds": REFUNDS},
    ],
    ids=["list", "one by one", "simplified"],
)
def test_refunds(bare, same, document):
    bare.write("orders.csv", ORDERS)
    got = bare.write("refunds.json", dumped(document)).read()
    same(got, orders=ORDERS, refunds=REFUND_TABLE)
    assert [(r.row, r.column, r.value) for r in got.rejects if r.file == "refunds.json"] == [
        (4, "kind", "REPAIR")
    ]
    assert "1 条退款已关闭或被拒绝" in notes(got) and "modified" in notes(got)
    assert set(got.open_ids.select("table", "shop", "order_id", "buyer", "open_id").rows()) == {
        ("refunds", "甲店", FIRST, "b1", "AAone")
    }


def test_a_refund_counts_once_in_its_last_state(bare):
    """Answers about what was changed give a refund as often as its state changes, over files too."""
    asked = {**REFUND, "status": "WAIT_SELLER_AGREE", "modified": "2026-10-03 10:00:00"}
    bare.write("orders.csv", ORDERS)
    bare.write("r1.json", dumped(wrapped("refunds_receive_get", {"refunds": {"refund": [asked, asked]}})))
    got = bare.write(
        "r2.json", dumped(wrapped("refunds_receive_get", {"refunds": {"refund": REFUND}}))
    ).read()
    assert got.tables["refunds"]["completed"].is_not_null().to_list() == [True]
    assert [(r.file, r.row, r.why) for r in got.rejects] == [
        ("r1.json", 1, "superseded"),
        ("r1.json", 2, "superseded"),
    ]
    assert "不止一次" not in notes(got)


# ---- JD
JD_ORDER = {
    "order_id": 298765432109,
    "pin": "jd_b1",
    "order_start_time": "2026-10-01 09:00:00",
    "payment_confirm_time": "2026-10-01 09:05:00",
    "order_total_price": "120.00",
    "order_seller_price": "110.00",
    "order_payment": "108.00",
    "freight_price": "6.00",
    "order_state": "FINISHED_L",
    "vender_remark": "老客",
    "item_info_list": [
        {"sku_id": 5, "outer_sku_id": "S1", "sku_name": "果干", "jd_price": "40.00", "item_total": "2"},
        {"sku_id": 6, "sku_name": "坚果", "jd_price": "40.00", "item_total": 1},
    ],
}
JD_ORDERS = [
    JD_ORDER,
    {
        **JD_ORDER,
        "order_id": 298765432110,
        "payment_confirm_time": "0001-01-01 00:00:00",
        "item_info_list": None,
    },
    {**JD_ORDER, "order_id": 298765432111, "order_state": "TRADE_CANCELED", "item_info_list": []},
]
JD_TABLE = (
    "shop,order_id,buyer,created,paid,amount,postage,quantity,status,memo\n"
    "甲店,298765432109,jd_b1,2026-10-01 09:00:00,2026-10-01 09:05:00,108.00,6.00,3,FINISHED_L,老客\n"
    "甲店,298765432110,jd_b1,2026-10-01 09:00:00,,108.00,6.00,,FINISHED_L,老客\n"
    "甲店,298765432111,jd_b1,2026-10-01 09:00:00,,108.00,6.00,,TRADE_CANCELED,老客\n"
)
JD_ITEMS = "order_id,sku,title,quantity,amount\n298765432109,S1,果干,2,80.00\n298765432109,6,坚果,1,40.00\n"


def camel(value):
    """The spelling of the newer API."""
    if isinstance(value, dict):
        return {
            "".join(w if n == 0 else w.title() for n, w in enumerate(k.split("_"))): camel(v)
            for k, v in value.items()
        }
    return [camel(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "document",
    [
        {"order_search_response": {"order_search": {"order_total": 3, "order_info_list": JD_ORDERS}}},
        {
            "jingdong_pop_order_search_responce": {
                "searchorderinfo_result": {"orderInfoList": camel(JD_ORDERS)}
            }
        },
    ],
    ids=["snake", "camel"],
)
def test_jd_orders(bare, same, document):
    got = bare.write("京东/orders.json", dumped(document)).read(shop="甲店")
    same(got, orders=JD_TABLE, order_items=JD_ITEMS)
    assert entries(got) == {("orders", 3, 3, 0), ("order_items", 2, 2, 0)}
    assert "1 个已取消" in notes(got)


def test_jd_empty_and_failed_answers(bare):
    bare.write("orders.csv", ORDERS)
    bare.write("jd1.json", dumped({"order_search_response": {"order_search": {"order_total": 0}}}))
    failed = {"error_response": {"code": "19", "zh_desc": "无效access_token", "en_desc": "Invalid"}}
    lines = [{"order_search_response": {"order_search": {"order_info_list": JD_ORDER}}}, failed]
    got = bare.write("jd2.json", "\n".join(map(dumped, lines))).read(shop="甲店")
    assert "298765432109" in got.tables["orders"]["order_id"].to_list()
    assert "无效access_token" in notes(got)
    assert [i.kind for i in got.review if i.kind == "unrecognised_file"] == []


# ---- log-ins
def test_login_logs(month):
    body = {
        "count": 2,
        "user_id": "cntaobao甲店:小一",
        "loginlogs": {
            "login_log": [
                {"type": "0", "time": "2026-10-01 09:00:00"},
                {"type": 1, "time": "2026-10-01 18:00:00"},
                {"type": 2, "time": "2026-10-01 19:00:00"},
            ]
        },
    }
    one = {"loginlogs": {"login_log": {"type": 0, "time": "2026-10-02 09:00:00"}}}
    method = "taobao.wangwang.eservice.loginlogs.get"
    lines = [
        wrapped("wangwang_eservice_loginlogs_get", body),
        {
            "request": {"method": method, "service_staff_id": "cntaobao甲店:小二"},
            "response": wrapped("wangwang_eservice_loginlogs_get", one),
        },
        {
            "request": {"method": method, "service_staff_id": "cntaobao甲店:小一,cntaobao甲店:小二"},
            "response": wrapped("wangwang_eservice_loginlogs_get", one),
        },
    ]
    got = month.write("登录.jsonl", "\n".join(map(dumped, lines))).read()
    online = got.tables["online"].select("account", pl.col("ts").dt.strftime("%d %H"), "event").rows()
    assert online == [
        ("甲店:小一", "01 09", "online"),
        ("甲店:小一", "01 18", "offline"),
        ("甲店:小二", "02 09", "online"),
    ]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(3, "event", "type 2"), (5, "account", "")]


def test_ratings_of_orders_are_refused(month):
    rate = {"tid": 1, "oid": 1, "nick": "b", "result": "good", "created": "2026-10-01 09:00:00"}
    for document in (
        wrapped("traderates_get", {"trade_rates": {"trade_rate": rate}}),
        {"trade_rates": [rate]},
    ):
        got = month.write("评价.json", dumped(document)).read()
        assert [(n.kind, n.subject) for n in got.review] == [("refused_file", "评价.json")]
        assert "DSR" in got.review[0].detail and "kefueval" in got.review[0].detail


def test_open_ids_of_ratings(month):
    details = [
        {"eval_code": 0, "eval_recer": "b1", "eval_sender": "cntaobao甲店:小一", "open_uid": "AAone"},
        {"eval_code": 1, "eval_sender": "cntaobao甲店:小一", "open_uid": "AAtwo"},
        {"eval_code": 2, "eval_recer": "b**2", "eval_sender": "cntaobao甲店:小一"},
    ]
    details = [{**d, "eval_time": "2026-10-01 10:00:00"} for d in details]
    answer = wrapped("qianniu_kefueval_get", {"staff_eval_details": {"eval_detail": details}})
    got = month.write("评价.json", dumped(answer)).read(shop_alias={"甲店": "甲旗舰店"})
    assert got.tables["ratings"]["buyer"].to_list() == ["b1", "AAtwo", "b**2"]
    assert got.open_ids.select("table", "shop", "order_id", "buyer", "open_id", "_row").rows() == [
        ("ratings", "甲旗舰店", None, "b1", "AAone", 1),
        ("ratings", "甲旗舰店", None, None, "AAtwo", 2),
    ]


def test_a_list_that_is_called_otherwise(month):
    given = {
        "eval_code": "1",
        "eval_sender": "甲店:小一",
        "eval_recer": "b1",
        "eval_time": "2026-10-02 09:00:00",
    }
    body = {"staff_eval_details": {"staff_eval_detail": [given]}}
    month.write("e.json", json.dumps({"wangwang_eservice_evals_get_response": body}))
    assert month.read().tables["ratings"]["score"].to_list() == [5]
