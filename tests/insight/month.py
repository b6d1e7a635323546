"""A small month, whose figures are worked out by hand in the tests."""

from __future__ import annotations

from pathlib import Path

PERIOD = """
period: {start: 2026-10-01, end: 2026-11-01}
shop: 甲店
settings: {orders_through: 2026-11-05}
"""
ROSTER = """account,employee_id,name,group,role
甲店:小美,E01,小美,甲组,全能
甲店:小雅,E02,小雅,甲组,全能
甲店:机器人,R01,小智,,robot
"""
# order 1001: 小花 paid on 1 October, so what she says on the 5th she says as a buyer who has paid
ORDERS = """shop,order_id,buyer,created,paid,amount
甲店,1001,小花,2026-10-01 10:00:00,2026-10-01 10:05:00,100
甲店,1002,小草,2026-10-06 12:00:00,,50
"""


def line(buyer: str, account: str, sender: str, ts: str, text: str, order: str = "") -> str:
    return f"甲店,{buyer},甲店:{account},{sender},2026-10-{ts},{text},{order}\n"


MESSAGES = "shop,buyer,account,sender,ts,text,order_id\n" + "".join(
    [
        # 小花, 5 October: two sentences about shipping, one about an invoice; first response after 20 s
        line("小花", "小美", "buyer", "05 10:00:00", "你好"),
        line("小花", "小美", "agent", "05 10:00:20", "在的"),
        line("小花", "小美", "buyer", "05 10:00:40", "什么时候发货"),
        line("小花", "小美", "buyer", "05 10:01:00", "怎么还没发货"),
        line("小花", "小雅", "agent", "05 10:02:40", "今天发"),
        line("小花", "小美", "buyer", "05 10:03:00", "可以开发票吗"),
        # 小草, 6 October: the same words before any payment, and later the same day another conversation
        line("小草", "小雅", "buyer", "06 12:10:00", "什么时候发货", "1002"),
        line("小草", "小雅", "agent", "06 12:10:40", "48 小时内"),
        line("小草", "小雅", "buyer", "06 15:00:00", "我要投诉你们的服务态度"),
        line("小草", "小雅", "agent", "06 15:05:00", "抱歉"),
        # 小树, 7 October: told the robot what he wants, and only a greeting to the person
        line("小树", "机器人", "buyer", "07 09:00:00", "有优惠券吗"),
        line("小树", "机器人", "robot", "07 09:00:01", "请稍等"),
        line("小树", "小美", "buyer", "07 09:02:00", "在吗"),
        line("小树", "小美", "agent", "07 09:02:10", "在"),
        # 小石, 8 October: nothing but a number
        line("小石", "小美", "buyer", "08 09:00:00", "620007926919"),
        line("小石", "小美", "agent", "08 09:00:10", "您好"),
        # after the period
        line("小花", "小美", "buyer", "31 23:59:00", "我要退货").replace("2026-10-31", "2026-11-01"),
        line("小花", "小美", "agent", "31 23:59:30", "好").replace("2026-10-31", "2026-11-01"),
    ]
)
RATINGS = """shop,buyer,account,ts,score,source,tags
甲店,小花,甲店:小美,2026-10-05 11:00:00,2,human,回复慢、态度好
甲店,小草,甲店:小雅,2026-10-06 13:00:00,5,human,"态度好,态度好;专业"
甲店,小草,甲店:小雅,2026-10-06 16:00:00,1,human,态度差｜回复慢
甲店,小石,甲店:小美,2026-10-09 10:00:00,4,human,
甲店,小树,甲店:机器人,2026-10-07 09:01:00,1,robot,答非所问
甲店,小花,甲店:小美,2026-11-02 11:00:00,1,human,态度差
"""


def write(folder: Path, **more: str) -> Path:
    """The month; ``more``: further files, or others in place of these, by table."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"roster": ROSTER, "orders": ORDERS, "messages": MESSAGES, "ratings": RATINGS} | more
    (folder / "period.yaml").write_text(more.pop("period", PERIOD), encoding="utf-8")
    for table, text in files.items():
        if table != "period":
            (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return folder
