"""The platforms' own service reports (FORMATS §9) as ``platform_report`` and ``peers``. Figures are made up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from evaluator.sources.platform_reports import days_in, seconds

SYCM = [
    "旺旺昵称",
    "询单最终付款人数",
    "询单人数",
    "询单最终付款转化率",
    "首次响应时长（秒)",
    "客户满意率",
    "旺旺分组",
    "神秘列",
]


def figures(month, *columns):
    got = month.read()
    return got.tables["platform_report"].select(*columns).rows(), got


def test_sycm(month, workbook):
    rows = [
        SYCM,
        ["甲店:小一", "3", "1,200", "25.5%", "12.34", "暂无数据", "一组", "1"],
        ["甲店：小二", "x", "2", "-", "1分20秒", "100%", "一组", "1"],
        ["汇总值", "3", "1202", "0.25%", "12", "-", "", ""],
        ["平均值", "1", "601", "1%", "12", "-", "", ""],
        ["全店汇总值", "9", "9", "9%", "9", "9%", "", ""],
        ["全店平均值", "9", "9", "9%", "9", "9%", "", ""],
        ["同行同层优秀", "8", "9", "60%", "8.5", "暂无数据", "", ""],
        ["同行同层均值", "5", "9", "40%", "20", "90%", "", ""],
    ]
    month.write("客服绩效_20260809_20260809_全部.xlsx", workbook(rows, a1=True))
    found, got = figures(month, "account", "scope", "metric", "value", "unit", "from", "to", "header")
    day = date(2026, 8, 9)
    assert found[:5] == [
        ("甲店:小一", "agent", "inquiries", Decimal(1200), "count", day, day, "询单人数"),
        ("甲店:小一", "agent", "won", Decimal(3), "count", day, day, "询单最终付款人数"),
        ("甲店:小一", "agent", "conversion_rate", Decimal("0.255"), "ratio", day, day, "询单最终付款转化率"),
        ("甲店:小一", "agent", "first_response", Decimal("12.34"), "s", day, day, "首次响应时长(秒)"),
        ("甲店:小一", "agent", "satisfaction", None, "ratio", day, day, "客户满意率"),
    ]
    second = {metric: value for account, _, metric, value, *_ in found if account == "甲店:小二"}
    assert second == {
        "inquiries": 2,
        "conversion_rate": None,
        "first_response": Decimal(80),
        "satisfaction": Decimal(1),
    }
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(2, "value", "x")]
    scopes = [scope for account, scope, metric, *_ in found if metric == "inquiries"]
    assert scopes == ["agent", "agent", "sum", "mean", "shop_sum", "shop_mean", "peer_good", "peer_mean"]
    peers = got.tables["peers"].filter(got.tables["peers"]["metric"].is_in(["won", "satisfaction"]))
    assert peers.select("metric", "value", "percentile").rows() == [
        ("won", Decimal(8), Decimal(90)),
        ("won", Decimal(5), Decimal(60)),
        ("satisfaction", Decimal("0.9"), Decimal(60)),
    ]
    assert [n.kind for n in got.review] == ["source_note"] and "神秘列" in got.review[0].detail


def test_days_stay_apart(month, workbook):
    head = ["日期", "旺旺昵称", "询单人数"]
    month.write("日报.xlsx", workbook([head, ["2026-10-01", "a", "1"], ["2026-10-02", "a", "2"]]))
    month.write("绩效_20261003_20261004.csv", "旺旺昵称,询单人数,销售额\na,3,¥12.50\n")
    found, _ = figures(month, "value", "from", "to", "file")
    one, two, three, four = (date(2026, 10, n) for n in (1, 2, 3, 4))
    assert found == [
        (Decimal(1), one, one, "日报.xlsx"),
        (Decimal(2), two, two, "日报.xlsx"),
        (Decimal(3), three, four, "绩效_20261003_20261004.csv"),
        (Decimal("12.5"), three, four, "绩效_20261003_20261004.csv"),
    ]


def test_pdd_minutes_become_seconds(month, workbook):
    head = [
        "客服账号",
        "询单人数",
        "平均人工响应时长（分钟）",
        "30秒应答率(8-23点)",
        "去退销售额（元）",
        "3分钟人工回复率(8-23点)",
    ]
    month.write(
        "拼多多_2026-10-01.xlsx", workbook([head, ["小一", 4.0, "1.5", "88%", "1,000.5元", "--"]], "Sheet0")
    )
    found, _ = figures(month, "platform", "metric", "value", "unit")
    assert found == [
        ("拼多多", "inquiries", Decimal(4), "count"),
        ("拼多多", "net_sales", Decimal("1000.5"), "yuan"),
        ("拼多多", "avg_response", Decimal(90), "s"),
        ("拼多多", "reply_within_30s_message", Decimal("0.88"), "ratio"),
        ("拼多多", "reply_within_180s_consult_all[hours=08:00-23:00]", None, "ratio"),
    ]


@pytest.mark.parametrize(
    ("head", "row", "want"),
    [
        (
            "客服,促成下单商品金额,售前接待人数,促成下单人数,平均响应时长（新）,好评量,评价量",
            "w,100,10,4,30.5,3,4",
            [
                ("inquiries", 10),
                ("won", 4),
                ("sales", 100),
                ("avg_response", Decimal("30.5")),
                ("satisfaction", Decimal("0.75")),
            ],
        ),
        (
            "客服账号,客服询单支付额,询单人数,下单人数,工作时间平响时长,有效好评数,有效评价数",
            "f,100,10,4,00:00:31,0,0",
            [("inquiries", 10), ("won", 4), ("sales", 100), ("avg_response", 31), ("satisfaction", None)],
        ),
    ],
)
def test_jd_and_douyin(month, head, row, want):
    month.write("报表_20261001.csv", f"{head}\n{row}\n")
    found, _ = figures(month, "metric", "value")
    assert found == want


def test_a_report_without_a_day_is_told(month):
    month.write("报表.csv", "旺旺昵称,询单人数\na,3\n,4\n")
    found, got = figures(month, "account", "from")
    assert found == [("a", None)] and [(r.row, r.column) for r in got.rejects] == [(2, "account")]
    assert "日期" in got.review[0].detail


def test_reports_feed_no_canonical_file(month):
    month.write("platform_report.csv", "account,metric,value\na,sales,1\n")
    got = month.read()
    assert "platform_report" not in got.tables and got.review[0].kind == "unrecognised_file"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("客服绩效_20260809_20260810_全部", ("2026-08-09", "2026-08-10")),
        ("2026-8-9", ("2026-08-09", "2026-08-09")),
        ("2026年8月9日", ("2026-08-09", "2026-08-09")),
        ("2026-08-01~2026-08-31", ("2026-08-01", "2026-08-31")),
        ("报表", None),
        ("1759300000000", None),
    ],
)
def test_days_in(text, want):
    assert days_in(text) == want


def test_seconds():
    assert [seconds(t) for t in ("1分20秒", "00:01:20", "35秒", "2分钟", "80", "")] == [
        80,
        80,
        35,
        120,
        None,
        None,
    ]
