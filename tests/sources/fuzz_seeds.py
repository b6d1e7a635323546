"""A sound little file of every format, for the fuzz harness to damage. All content is made up.

A seed is a table (rows of cells; written as csv or as a workbook), JSON documents (one a line, or one whole), or
text. Seeds of exports are those that ``test_round_trip`` and ``test_round_trip_talks`` read back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dressing import PLAIN
from layouts import LAYOUTS
from talks import EVENTS, FORMS, LOGGED, RATED, TALK, collapsed

Rows = list[list[Any]]


@dataclass(frozen=True)
class Seed:
    format: str
    name: str  # of the file; .csv, .xlsx, .xls, .parquet, .json, .jsonl or .txt decides how it is written
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
    chinese: Rows = [["子账号", "工号", "姓名", "分组", "岗位", "生效日期", "底薪"]]
    chinese += [[f"甲店:小{n}", f"E{n}", f"张{n}", "一组", "售前", "2026-01-01", "4,000"] for n in "一二三"]
    return [
        Seed("canonical", "messages_2.csv", messages),
        Seed("canonical", "orders_2.csv", orders),
        Seed("canonical", "orders_3.xlsx", orders),
        Seed("canonical", "refunds.csv", refunds),
        Seed("canonical", "ratings.csv", ratings),
        Seed("canonical", "roster_2.xlsx", roster),
        Seed("canonical", "orders_4.parquet", orders),
        Seed("roster_cn", "花名册.xlsx", chinese),
    ]


def _tables() -> list[Seed]:
    """Every order, item and refund export as csv and as a workbook, and some as an old workbook."""
    made = []
    for layout in LAYOUTS:
        kinds = (
            (".csv", ".xlsx", ".xls")
            if layout.name.endswith(("2016", "2017", "1688 orders"))
            else (".csv", ".xlsx")
        )
        made += [Seed(layout.format, layout.name + kind, PLAIN.grid(layout)) for kind in kinds]
    return made


def _call(method: str, body: Any, **request: Any) -> dict[str, Any]:
    wrapped = {method.replace(".", "_") + "_response": body}
    return {"request": {"method": f"taobao.{method}", **request}, "response": wrapped}


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
            [_call("trades.sold.get", {"trades": {"trade": [{**trade, "tid": 70 + n} for n in range(4)]}})],
        ),
        Seed(
            "taobao_refunds_api",
            "refunds.json",
            [
                _call(
                    "refunds.receive.get",
                    {"refunds": {"refund": [{**refund, "refund_id": n} for n in range(4)]}},
                )
            ],
        ),
        Seed(
            "jd_order_search",
            "jd.json",
            [
                {
                    "order_search_response": {
                        "order_info_list": [{**sold, "order_id": 298765432100 + n} for n in range(4)]
                    }
                }
            ],
        ),
        Seed(
            "taobao_loginlogs",
            "登录.jsonl",
            [_call("wangwang.eservice.loginlogs.get", {"user_id": "甲店:小一", "loginlogs": log_in})],
        ),
    ]


CLIENT = """b1 2026-10-2 9:00:01
在吗
当前用户来自
商品详情页
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


def _talks() -> list[Seed]:
    """Chats, ratings and log-ins: the first file of each form, and lists of one as the platform writes them."""
    made = [Seed("qianniu_chat", "千牛聊天/甲店：小一/b1.txt", CLIENT)]
    for folder, form in FORMS.items():
        name, content = next(iter(form.files(TALK).items()))
        made.append(Seed(form.format, f"{folder}/{name}", content))
        if form.top:
            one = next(iter(form.files(TALK[:1]).values()))
            made.append(Seed(form.format, f"{folder}/one_{name}", [collapsed(document) for document in one]))
    for name, (form_id, files, ratings) in RATED.items():
        made += [Seed(form_id, f"{name}/{file}", content) for file, content in files(ratings).items()]
    for formats, files_of in LOGGED.values():
        found = zip(formats, files_of(EVENTS).items(), strict=True)
        made += [Seed(form_id, file, content) for form_id, (file, content) in found]
    moved = replace(TALK[1], text="由 甲店:小一 转交给 甲店:小二\n原因：【忙】")
    handed_over = FORMS["chatlog"].files((TALK[1], moved))["对话.jsonl"]
    return [*made, Seed("taobao_chatlog", "转接.jsonl", handed_over)]


def _no_tables() -> list[Seed]:
    """The platforms' own service reports, and exports that cannot serve."""
    report: Rows = [
        ["旺旺昵称", "询单人数", "询单最终付款转化率", "平均响应时长（秒)", "询单最终付款金额", "日期"]
    ]
    report += [[f"甲店:小{n}", "3", "66.67%", "1分25.5秒", "1,234.50", "2026-10-01"] for n in "一二三四"]
    report += [["汇总值", "9", "9%", "暂无数据", "-", ""], ["同行同层优秀", "9", "9%", "00:01:02", "0", ""]]
    minutes: Rows = [["客服账号", "询单人数", "最终成团人数", "客服销售额（元）", "平均人工响应时长（分钟）"]]
    minutes += [["小一", "3", "1", "12.5", "0.5"], ["合计", "3", "1", "12.5", "0.5"]]
    old: Rows = [["客服", "客户", "开始时间", "结束时间", "谈话内容"]]
    old += [["小一", "乙", _when(0), _when(1), "用户：在吗  客服：在"]]
    ledger: Rows = [["订单编号", "单据编号", "费用名称", "应结金额", "收支方向", "钱包结算备注"]]
    ledger += [[f"30000000000{n}", f"{n}", "货款", "12.50", "收入", ""] for n in range(3)]
    days = [["客户名", "消息序号", "发送时间", "发送内容", "发送账号", "账号类型"]]
    days += [
        ["买家乙", "1", "09:00:00", "在吗", "买家乙", "客户"],
        ["买家乙", "2", "09:00:05", "在", "甲店:小一", "客服"],
    ]
    return [
        Seed("platform_report", "客服绩效_20261001_20261031_全部.xlsx", report),
        Seed("platform_report", "客服绩效.csv", report),
        Seed("platform_report", "拼多多客服.xlsx", minutes),
        Seed("refused", "旺旺记录.csv", old),
        Seed("refused", "货款.xlsx", ledger),
        Seed("qianniu_web_book", "无日期.xlsx", days),
    ]


def seeds() -> list[Seed]:
    """Every seed there is."""
    return [*_canonical(), *_tables(), *_talks(), *_no_tables(), *_api_tables()]
