"""A small month full of hostile text."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from evaluator.evaluation import Evaluation

BIDI = "价格\u202e001元\u202c"
HOSTILE = (
    "<script>alert('x')</script>",
    '=HYPERLINK("http://example.invalid","点我")',
    "{{7*7}} {% raw %} ${7*7}",
    BIDI,
    "长" * 50_000,
    "<r><t>x</t></r>",
    "</style></details><img src=x onerror=alert(1)>",
    "表情😀👨\u200d👩\u200d👧 and 零\u200b宽",
)

EVIL_NICK = '=HYPERLINK("http://example.invalid")'
RICH_NICK = "<r>nick</r>"
EVIL_NAME = "<b>阿强</b>"
EVIL_ID = "../E 03"

ROSTER = [
    ("shop:小美01", "E01", "小美", "甲组", "售前", "4000"),
    ("shop:小雅02", "E02", "小雅", "甲组", "售前", "3000"),
    ("shop:zhangqiang", EVIL_ID, EVIL_NAME, "乙组", "售前", "3500"),
    ("shop:luna04", "E04", "=1+1", "乙组", "售前", "3600"),
    ("shop:robot", "R01", "小智", "", "robot", ""),
]
ACCOUNTS = {employee: account for account, employee, *_ in ROSTER}

PERIOD = """
period: {start: 2026-10-01, end: 2026-11-01}
platform: tmall
plan: plan.yaml
shop: 旗舰店
settings: {orders_through: 2026-11-05}
"""

PLAN = """
name: 售前月度
kpi_base: 2000
score:
  - {metric: conversion_rate, weight: 60, method: linear, worst: 0, best: 1}
  - {metric: reply_rate, weight: 40, method: deduct, target: 1.0, step: 0.01, points_per_step: 1}
gates: [{metric: unreplied, op: ">", value: 50, effect: {cap: 60}}]
grades: [[90, 优秀, {coefficient: 1.2}], [0, 待改进, {coefficient: 0.5}]]
show_rank: place
pay:
  kpi_bonus: score
  commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.01], [100, 0.02]]}
  assist: {assist_order: 1.0, assist_followup: 0.5}
  pool: {amount: 1000, by: score}
  allowances: [{name: 夜班补贴, amount: 200, employees: [E02]}]
  min_wage: 2490
"""

Talk = list[tuple[str, str, str]]  # time, side (b, a, auto), text


def _messages() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []

    def talk(day: int, buyer: str, employee: str, lines: Talk) -> None:
        for clock, side, text in lines:
            sender = "buyer" if side == "b" else "robot" if side == "robot" else "agent"
            auto = "true" if side == "auto" else "false"
            ts = f"2026-10-{day:02d} {clock}"
            rows.append(("旗舰店", buyer, ACCOUNTS[employee], sender, ts, text, "text", auto, ""))

    talk(3, "buyeralpha1", "E01", [
        ("10:00:00", "b", "在吗"), ("10:00:01", "auto", "欢迎光临"), ("10:00:20", "a", "您好，我是小美"),
        ("10:00:40", "b", "刚才小雅说可以，她的工号E02，账号shop:小雅02，还有buyerbeta22也买了"),
        ("10:01:00", "a", "好的 buyeralpha1，同事zhangqiang不在"),
    ])  # fmt: skip
    talk(3, "buyeralpha1", "E02", [
        ("09:00:00", "b", "问小雅一个秘密"), ("09:00:10", "a", "小雅的私密答复"),
    ])  # fmt: skip
    talk(4, "buyerbeta22", "E02", [
        ("11:00:00", "b", "有货吗"), ("11:00:09", "a", "有的"), ("11:05:00", "b", "还在吗"),
    ])  # fmt: skip
    for number, text in enumerate(HOSTILE):
        talk(5 + number, "gammabuyer", EVIL_ID, [
            ("12:00:00", "b", text), ("12:10:00", "a", text), ("12:11:00", "b", "再问一句"),
        ])  # fmt: skip
    talk(20, EVIL_NICK, EVIL_ID, [("12:00:00", "b", "你好"), ("12:00:05", "a", "=1+1 您好")])
    talk(21, RICH_NICK, "E04", [("12:00:00", "b", "你好"), ("12:00:05", "a", "您好，找小美也行")])
    talk(
        22,
        "deltabuyer",
        "E04",
        [("12:00:00", "b", "多少钱"), ("12:00:05", "a", "十元"), ("12:01:00", "b", "嗯")],
    )
    talk(23, "deltabuyer", "R01", [("12:00:00", "b", "多少钱"), ("12:00:05", "robot", "请稍等")])
    rows.append(
        ("旗舰店", "deltabuyer", "未知账号9", "agent", "2026-10-24 12:00:00", "我是谁", "text", "false", "")
    )
    rows.append(
        ("旗舰店", "deltabuyer", "未知账号9", "buyer", "2026-10-24 12:00:01", "哦", "text", "false", "")
    )
    rows.append((
        "旗舰店", "gammabuyer", ACCOUNTS[EVIL_ID], "agent", "2026-10-05 12:30:00", "", "transfer", "false",
        ACCOUNTS["E04"],
    ))  # fmt: skip
    return sorted(rows, key=lambda r: r[4])


ORDERS = [
    ("9000000000000000001", "buyeralpha1", "2026-10-03 10:02:00", "2026-10-03 10:03:00", "123.45", ""),
    ("9000000000000000002", EVIL_NICK, "2026-10-20 12:01:00", "2026-10-20 12:02:00", "88.80", ""),
    ("9000000000000000003", RICH_NICK, "2026-10-21 12:01:00", "", "10.00", ""),
    ("9000000000000000004", "buyerbeta22", "2026-10-25 10:00:00", "2026-10-25 10:03:00", "55.55", ""),
    ("9000000000000000005", "", "2026-10-26 10:00:00", "2026-10-26 10:03:00", "7.00", ""),
    (
        "9000000000000000006",
        "buyerbeta22",
        "2026-10-27 10:00:00",
        "2026-10-27 10:03:00",
        "0.10",
        "刷单 <script>",
    ),
    ("=9000000000000000007", RICH_NICK, "2026-10-21 12:05:00", "2026-10-21 12:06:00", "20.00", ""),
]


def _write(path: Path, head: str, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)


def write_month(folder: Path) -> Path:
    """The month's folder: messages, orders, roster, adjustments, plan."""
    folder.mkdir()
    (folder / "period.yaml").write_text(PERIOD, encoding="utf-8")
    _write(
        folder / "labels.csv", "shop,buyer,label", [("旗舰店", "gammabuyer", "not_ad")]
    )  # however he writes
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    _write(folder / "messages.csv", "shop,buyer,account,sender,ts,text,kind,auto,to_account", _messages())
    _write(folder / "roster.csv", "account,employee_id,name,group,role,base_salary", list(ROSTER))
    _write(
        folder / "orders.csv", "order_id,shop,buyer,created,paid,amount,memo",
        [(order, "旗舰店", *rest) for order, *rest in ORDERS],
    )  # fmt: skip
    _write(
        folder / "adjustments.csv", "employee_id,amount,reason,approved_by",
        [("E01", "-20", "迟到，小雅作证", "小雅"), ("E02", "50", "=SUM(A1)", "王主管")],
    )  # fmt: skip
    return folder


@dataclass(frozen=True)
class Finished:
    """The evaluation and the folder that it was written to."""

    evaluation: Evaluation
    out: Path
