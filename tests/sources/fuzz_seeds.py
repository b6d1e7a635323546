"""A sound little file of every format, for the fuzz harness to damage. All content is made up.

A seed is a table (rows of cells; written as csv or as a workbook), JSON documents (one a line, or one whole), or
text. A format that reads tables by ``HEADERS`` and has no seed of its own here gets one made from these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluator.sources.registry import FORMATS

Rows = list[list[Any]]


@dataclass(frozen=True)
class Seed:
    format: str
    name: str  # of the file; .csv, .xlsx, .json, .jsonl or .txt decides how it is written
    content: Any  # Rows, list of documents, or text


WHEN = "2026-10-0{d} 09:{m:02}:00"


def _when(n: int) -> str:
    return WHEN.format(d=1 + n % 5, m=n % 60)


def _canonical() -> list[Seed]:
    messages: Rows = [["shop", "buyer", "account", "sender", "ts", "text", "kind", "order_id", "to_account"]]
    for n in range(8):
        who = "buyer" if n % 2 == 0 else "agent"
        messages.append(
            ["甲店", f"b{n // 2}", "甲店:小一", who, _when(n), f'第{n}句，"好"\n的', "text", "", ""]
        )
    orders: Rows = [["shop", "order_id", "buyer", "created", "paid", "amount", "postage", "quantity", "memo"]]
    orders += [
        ["甲店", f"80000000000000000{n}", f"b{n}", _when(n), _when(n), "12.50", "0", "1", ""]
        for n in range(6)
    ]
    refunds: Rows = [["refund_id", "order_id", "applied", "completed", "amount", "kind", "by_seller"]]
    refunds += [
        [f"r{n}", f"80000000000000000{n}", _when(n), "", "3.20", "refund_only", "true"] for n in range(4)
    ]
    ratings: Rows = [["shop", "buyer", "account", "ts", "score", "source"]]
    ratings += [["甲店", f"b{n}", "甲店:小一", _when(n), str(1 + n % 5), "human"] for n in range(5)]
    roster: Rows = [["account", "employee_id", "name", "group", "role", "from", "base_salary"]]
    roster += [[f"甲店:小{n}", f"E{n}", f"张{n}", "一组", "售前", "", "4000"] for n in "一二三"]
    return [
        Seed("canonical", "messages_2.csv", messages),
        Seed("canonical", "orders_2.csv", orders),
        Seed("canonical", "orders_3.xlsx", orders),
        Seed("canonical", "refunds.csv", refunds),
        Seed("canonical", "ratings.csv", ratings),
        Seed("canonical", "roster_2.xlsx", roster),
    ]


def _taobao_tables() -> list[Seed]:
    orders: Rows = [
        [
            "订单编号",
            "买家会员名",
            "总金额",
            "买家应付邮费",
            "买家实际支付金额",
            "订单状态",
            "订单创建时间",
            "订单付款时间 ",
            "宝贝标题 ",
            "宝贝总数量",
            "店铺名称",
            "订单备注",
        ]
    ]
    for n in range(6):
        state = "等待买家付款" if n == 5 else "交易成功"
        paid = "" if n == 5 else _when(n)
        orders.append(
            [
                f'="70000000000000000{n}"',
                f"b{n}",
                "1,012.50",
                "0.00",
                "0",
                state,
                _when(n),
                paid,
                "果干",
                "1",
                "甲店",
                "'null",
            ]
        )
    new = [[row[0].strip('="'), *row[2:]] if at else [row[0], *row[2:]] for at, row in enumerate(orders)]
    items: Rows = [
        ["订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "订单状态", "商家编码"]
    ]
    items += [
        [f"70000000000000000{n}", "果干,大包", "6.25", "2", "S1", "原味", "交易成功", "S1"] for n in range(5)
    ]
    refunds: Rows = [
        [
            "订单编号",
            "退款编号",
            "退款的申请时间",
            "退款完结时间",
            "买家退款金额",
            "是否需要退货",
            "退款状态",
            "客服介入状态",
            "责任方",
            "售中或售后",
            "退款操作人",
        ]
    ]
    for n in range(5):
        refunds.append(
            [
                f"70000000000000000{n}",
                f"9{n}",
                _when(n),
                _when(n + 1),
                "3.00",
                "否",
                "退款成功" if n % 2 else "退款关闭",
                "不需客服介入",
                "",
                "售中",
                "甲店：小一",
            ]
        )
    roster: Rows = [["子账号", "工号", "姓名", "分组", "岗位", "生效日期", "底薪"]]
    roster += [[f"甲店:小{n}", f"E{n}", f"张{n}", "一组", "售前", "2026-01-01", "4,000"] for n in "一二三"]
    return [
        Seed("taobao_orders", "ExportOrderList1.csv", orders),
        Seed("taobao_orders", "ExportOrderList2.xlsx", new),
        Seed("taobao_items", "ExportOrderDetailList1.csv", items),
        Seed("taobao_items", "ExportOrderDetailList2.xlsx", items),
        Seed("taobao_refunds", "退款单.csv", refunds),
        Seed("taobao_refunds", "退款单.xlsx", refunds),
        Seed("roster_cn", "花名册.xlsx", roster),
    ]


def _call(method: str, body: Any, **request: Any) -> dict[str, Any]:
    wrapped = {method.replace(".", "_") + "_response": body}
    return {"request": {"method": f"taobao.{method}", **request}, "response": wrapped}


def _taobao_answers() -> list[Seed]:
    said = [{"direction": n % 2, "time": _when(n), "content": f"第{n}句"} for n in range(4)]
    said.append({"direction": 0, "time": _when(5), "content": "由 甲店:小一 转交给 甲店:小二\n原因：【忙】"})
    staff = {"from_id": "cntaobao甲店:小一", "to_id": "cntaobaob1", "start_date": "2026-10-01"}
    chats = [
        _call("wangwang.eservice.chatlog.get", {"count": 5, "ret": 10000, "msgs": {"msg": said}}, **staff),
        _call(
            "wangwang.eservice.chatlog.get", {"count": "1", "ret": "10000", "msgs": {"msg": said[0]}}, **staff
        ),
        _call("wangwang.eservice.chatlog.get", {"ret": 50000}, **staff),
    ]
    given = {"eval_code": 0, "eval_recer": "b1", "eval_sender": "cntaobao甲店:小一", "eval_time": _when(1)}
    ratings = [
        _call(
            "qianniu.kefueval.get",
            {"staff_eval_details": {"eval_detail": [given, {**given, "eval_code": 4}]}},
        ),
        _call("qianniu.kefueval.get", {"staff_eval_details": {"eval_detail": given}}),
    ]
    event = {
        "account_id": 12345,
        "status": 1,
        "type": 8,
        "change_time": _when(1),
        "change_time_ts": 1790000000,
    }
    online = [
        _call("qianniu.cloudkefu.onlinestatuslog.get", {"record_list": {"record_list": [event, event]}}),
        _call("qianniu.cloudkefu.onlinestatuslog.get", {"record_list": {"record_list": event}}),
    ]
    people = {"sub_id": 12345, "nick": "甲店:小一", "seller_id": 1, "seller_nick": "甲店"}
    subusers = _call("sellercenter.subusers.get", {"subusers": {"sub_user_info": [people]}})
    return [
        Seed("taobao_chatlog", "聊天.jsonl", chats),
        Seed("taobao_chatlog", "聊天.json", chats),
        Seed("taobao_kefueval", "评价.jsonl", ratings),
        Seed("taobao_online", "在线.jsonl", online),
        Seed("taobao_subusers", "subusers.json", [subusers]),
    ]


def _api_tables() -> list[Seed]:
    item = {"title": "果干", "outer_sku_id": "S1", "num": 2, "payment": "12.50", "refund_status": "SUCCESS"}
    trade = {
        "tid": 700000000000000001,
        "seller_nick": "甲店",
        "buyer_nick": "b1",
        "buyer_open_uid": "AA1",
        "created": _when(1),
        "pay_time": _when(2),
        "payment": "12.50",
        "post_fee": "0.00",
        "status": "TRADE_FINISHED",
        "seller_memo": "",
        "orders": {"order": [item, {**item, "divide_order_fee": "3.00"}]},
    }
    refund = {
        "refund_id": "91",
        "tid": 700000000000000001,
        "seller_nick": "甲店",
        "buyer_open_uid": "AA1",
        "created": _when(3),
        "modified": _when(4),
        "status": "SUCCESS",
        "refund_fee": "3.00",
        "cs_status": 1,
    }
    sold = {
        "order_id": 298765432109,
        "pin": "jd_b1",
        "order_start_time": _when(1),
        "payment_confirm_time": _when(2),
        "order_payment": "108.00",
        "item_info_list": [{"sku_id": 5, "sku_name": "果干", "jd_price": "40.00", "item_total": "2"}],
    }
    log_in = {"login_log": [{"type": 0, "time": _when(1)}, {"type": 1, "time": _when(2)}]}
    return [
        Seed(
            "taobao_trades",
            "trades.jsonl",
            [_call("trades.sold.get", {"trades": {"trade": [trade, trade]}})] * 2,
        ),
        Seed("taobao_refunds_api", "refunds.json", [_call("refund.get", {"refund": refund})] * 2),
        Seed(
            "jd_order_search", "jd.json", [{"order_search_response": {"order_info_list": [sold, sold]}}] * 2
        ),
        Seed(
            "taobao_loginlogs",
            "登录.jsonl",
            [_call("wangwang.eservice.loginlogs.get", {"user_id": "甲店:小一", "loginlogs": log_in})],
        ),
    ]


CLIENT = """b1 2026-10-2 9:00:01
在吗
b1 2026-10-2 9:00:09
想问一下这个
两行
甲店:小一2026-10-2 9:00:20
在的亲
已读
由 甲店:小一 转交给
甲店:小二
原因：【忙】
b1 撤回了一条消息
甲店:小一 2026-10-2 9:01:00
好的
未读
"""


def _reports() -> list[Seed]:
    rows: Rows = [["旺旺昵称", "询单人数", "询单最终付款转化率", "平均响应时长（秒)", "询单最终付款金额"]]
    rows += [[f"甲店:小{n}", "3", "66.67%", "25.5", "1,234.50"] for n in "一二三四"]
    rows += [["汇总值", "9", "9%", "暂无数据", "-"], ["同行同层优秀", "9", "9%", "20", "-"]]
    name = "客服绩效_20261001_20261031_全部"
    return [Seed("platform_report", f"{name}.{ending}", rows) for ending in ("xlsx", "csv")]


def seeds() -> list[Seed]:
    """Every seed there is; formats with ``HEADERS`` and no seed of their own are filled in."""
    found = [*_canonical(), *_taobao_tables(), *_taobao_answers(), *_reports()]
    found.append(Seed("qianniu_chat", "千牛聊天/甲店：小一/b1.txt", CLIENT))
    found += _api_tables()
    have = {seed.format for seed in found}
    for module in FORMATS:
        headers = getattr(module, "HEADERS", None)
        if module.ID not in have and isinstance(headers, dict):
            found += _from_headers(module.ID, headers)
    return found


def _from_headers(name: str, headers: dict[str, tuple[str, ...]]) -> list[Seed]:
    columns = {column: options[0] for column, options in headers.items()}
    rows: Rows = [list(columns.values())]
    for n in range(5):
        rows.append([_plausible(column, n) for column in columns])
    return [Seed(name, f"{name}.csv", rows), Seed(name, f"{name}.xlsx", rows)]


def _plausible(column: str, n: int) -> str:
    known = {
        "shop": "甲店",
        "amount": "12.50",
        "quantity": "1",
        "price": "6.25",
        "postage": "0.00",
        "kind": "仅退款",
    }
    if column.endswith("_id"):
        return f"26100{n}-70000000000000000{n}"
    if column in ("created", "paid", "applied", "completed", "ts", "grouped"):
        return _when(n)
    return known.get(column, "")


def without_seed() -> list[str]:
    """Formats that nothing here exercises."""
    have = {seed.format for seed in seeds()}
    return [module.ID for module in FORMATS if module.ID not in have]
