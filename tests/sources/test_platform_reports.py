"""The platforms' own service reports as ``platform_report`` and ``peers``. Figures are made up."""

from __future__ import annotations

import zipfile
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from evaluator.model import EvaluatorError
from evaluator.sources.cells import one_duration, one_span
from evaluator.sources.finish import peers_repeated
from evaluator.sources.platform_reports import report_rules
from evaluator.sources.report_file import read_file

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
DAY = "_20261001.csv"


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
    found, got = figures(month, "account", "scope", "metric", "value", "step", "unit", "from", "to", "header")
    day, one = date(2026, 8, 9), Decimal(1)
    one_row = [
        (metric, value, step, unit, header) for _, _, metric, value, step, unit, _, _, header in found[:5]
    ]
    assert one_row == [
        ("won", 3, one, "count", "询单最终付款人数"),
        ("inquiries", 1200, one, "count", "询单人数"),
        ("conversion_rate", Decimal("0.255"), Decimal("0.001"), "ratio", "询单最终付款转化率"),
        ("first_response", Decimal("12.34"), Decimal("0.01"), "s", "首次响应时长(秒)"),
        ("satisfaction", None, None, "ratio", "客户满意率"),
    ]
    assert {(row[0], row[1], row[6], row[7]) for row in found[:5]} == {("甲店:小一", "agent", day, day)}
    second = {metric: value for account, _, metric, value, *_ in found if account == "甲店:小二"}
    assert second == {
        "inquiries": 2,
        "conversion_rate": None,
        "first_response": Decimal(80),
        "satisfaction": Decimal(1),
    }
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(2, "询单最终付款人数", "x")]
    scopes = [scope for account, scope, metric, *_ in found if metric == "inquiries"]
    assert scopes == ["agent", "agent", "sum", "mean", "shop_sum", "shop_mean", "peer_good", "peer_mean"]
    peers = got.tables["peers"].filter(got.tables["peers"]["metric"].is_in(["won", "satisfaction"]))
    assert peers.select("metric", "value", "percentile").rows() == [
        ("won", Decimal(8), Decimal(90)),
        ("won", Decimal(5), Decimal(60)),
        ("satisfaction", Decimal("0.9"), Decimal(60)),
    ]
    assert [n.kind for n in got.review] == ["source_note"]
    assert "神秘列" in got.review[0].detail and "旺旺分组" not in got.review[0].detail


#: header → metric, by platform: every column of the reports that SPEC §7 has a counterpart for.
COLUMNS = {
    "旺旺昵称": {
        "咨询人数": "consults",
        "接待人数": "consults",
        "有效接待人数": "consults",
        "直接接待人数": "receptions_direct",
        "转入人数": "transferred_in",
        "转出人数": "transferred_out",
        "询单人数": "inquiries",
        "当日询单人数": "inquiries",
        "询单最终付款人数": "won",
        "下单人数": "won",
        "询单流失人数": "lost",
        "询单最终付款转化率": "conversion_rate",
        "销售额": "sales",
        "询单最终付款金额": "sales",
        "净销售额": "net_sales",
        "销售人数": "sales_buyers",
        "客单价": "avg_order_value",
        "成功退款金额": "refund_amount",
        "首次响应时长（秒)": "first_response",
        "平均响应时长（秒)": "avg_response",
        "旺旺回复率": "reply_rate",
        "未回复人数": "unreplied",
        "慢响应人数": "slow_receptions",
        "长接待人数": "long_receptions",
        "客服消息条数": "messages_sent",
        "客服字数": "chars_sent",
        "答问比": "answer_ratio",
        "客户满意率": "satisfaction",
    },
    "旺旺账号名称": {
        "平均响应时长": "avg_response",
        "人工接待会话量": "consults",
        "3分钟人工响应率": "reply_within_180s_consult",
        "满意评价量/旺旺评价量": "satisfaction",
    },
    "客服": {
        "促成下单商品金额": "sales",
        "售前接待人数": "inquiries",
        "促成下单人数": "won",
        "平均响应时长（新）": "avg_response",
        "接待量": "consults",
        "30s应答率": "reply_within_30s_turn",
        "客服3分钟人工回复率": "reply_within_180s_consult[hours=00:00-24:00]",
        "好评量/评价量": "satisfaction",
    },
    "客服账号": {
        "咨询人数": "consults",
        "人工接待人数": "consults",
        "需要人工回复的咨询人数": "consults",
        "最终成团人数": "won",
        "询单流失人数": "lost",
        "询单转化率": "conversion_rate",
        "客服销售额（元）": "sales",
        "去退销售额（元）": "net_sales",
        "平均人工响应时长（分钟）": "avg_response",
        "平均人工响应时长": "avg_response",
        "30秒应答率(8-23点)": "reply_within_30s_message",
        "30秒应答率(全天)": "reply_within_30s_message[hours=00:00-24:00]",
        "3分钟人工回复率(8-23点)": "reply_within_180s_consult_all[hours=08:00-23:00]",
        "3分钟未回复人数/需要人工回复的咨询人数": "reply_within_180s_consult_all[hours=08:00-23:00]",
        "3分钟人工回复率(全天)": "reply_within_180s_consult_all",
        "评分≤3率": "satisfaction",
        "评分≤3订单数/评分数": "satisfaction",
        "纠纷退款数/咨询人数": "dispute_rate",
        "投诉数/咨询人数": "complaint_rate",
        "客服询单支付额": "sales",
        "询单人数": "inquiries",
        "下单人数": "won",
        "工作时间平响时长": "avg_response",
        "接待会话量": "consults",
        "工作时间3分钟回复率": "reply_within_180s_session_mean",
        "有效好评数/有效评价数": "satisfaction",
    },
}


@pytest.mark.parametrize(
    ("account", "header", "metric"),
    [(account, *pair) for account, columns in COLUMNS.items() for pair in columns.items()],
)
def test_every_column_alone(month, account, header, metric):
    month.write("报表" + DAY, f"{account},{header.replace('/', ',')}\n小一,0.5,2\n".replace(",2\n", ",2,\n"))
    found, _ = figures(month, "metric")
    assert (metric,) in found


def test_of_columns_with_one_meaning_the_nearest_counts(month):
    month.write("报表" + DAY, "旺旺昵称,接待人数,咨询人数,销售额,询单最终付款金额\na,9,10,20,30\n")
    found, got = figures(month, "metric", "value")
    assert found == [("consults", 10), ("sales", 20)]
    assert "接待人数、询单最终付款金额" in got.review[0].detail


def test_days_stay_apart(month, workbook):
    head = ["日期", "旺旺昵称", "询单人数"]
    month.write("日报.xlsx", workbook([head, ["2026-10-01", "a", "1"], [date(2026, 10, 2), "a", "2"]]))
    month.write("绩效_20261003_20261004.csv", "旺旺昵称,询单人数,销售额\na,3,¥12.50\n")
    month.write(
        "附标题.csv", "客服绩效 2026-10-05 至 2026-10-06，导出时间 2026-11-01\n旺旺昵称,询单人数\na,4\n"
    )
    month.write(
        "附标题2.csv", "客服绩效 2026年10月,导出时间：2026-11-01\n\n旺旺昵称\t询单人数\t销售额\na\t4\t1\n"
    )
    found, _ = figures(month, "value", "from", "to", "file")
    one, two, three, four = (date(2026, 10, n) for n in (1, 2, 3, 4))
    assert found == [
        (Decimal(1), one, one, "日报.xlsx"),
        (Decimal(2), two, two, "日报.xlsx"),
        (Decimal(3), three, four, "绩效_20261003_20261004.csv"),
        (Decimal("12.5"), three, four, "绩效_20261003_20261004.csv"),
        (Decimal(4), date(2026, 10, 5), date(2026, 10, 6), "附标题.csv"),
        (Decimal(4), date(2026, 10, 1), date(2026, 10, 31), "附标题2.csv"),
        (Decimal(1), date(2026, 10, 1), date(2026, 10, 31), "附标题2.csv"),
    ]


def test_pdd(month, workbook):
    head = ["客服账号", "询单人数", "平均人工响应时长（分钟）", "30秒应答率(8-23点)", "去退销售额（元）"]
    head += ["3分钟人工回复率(8-23点)", "评分≤3率", "咨询人数", "纠纷退款数"]
    rows = [["拼多多 团队"], head]
    rows += [["小一", 4.0, "1.5", "88%", "1,000.5元", "--", 0.2, 8, 2], ["合计", 4, 1, 1, 1, 1, 0, 8, 2]]
    month.write("拼多多_2026-10-01.xlsx", workbook(rows, "Sheet0"))
    found, _ = figures(month, "platform", "metric", "value", "unit", "scope")
    assert [row[1:4] for row in found if row[4] == "agent"] == [
        ("inquiries", Decimal(4), "count"),
        ("avg_response", Decimal(90), "s"),
        ("reply_within_30s_message", Decimal("0.88"), "ratio"),
        ("net_sales", Decimal("1000.5"), "yuan"),
        ("reply_within_180s_consult_all[hours=08:00-23:00]", None, "ratio"),
        ("satisfaction", Decimal("0.8"), "ratio"),
        ("consults", Decimal(8), "count"),
        ("dispute_rate", Decimal("0.25"), "ratio"),
    ]
    assert {row[0] for row in found} == {"拼多多"} and {row[4] for row in found} == {"agent", "sum"}


@pytest.mark.parametrize(
    ("head", "row", "want"),
    [
        (
            "客服,促成下单商品金额,售前接待人数,促成下单人数,平均响应时长（新）,好评量,评价量",
            "w,100,10,4,30.5,3,4",
            {"inquiries": 10, "won": 4, "sales": 100, "avg_response": "30.5", "satisfaction": "0.75"},
        ),
        (
            "客服账号,客服询单支付额,询单人数,下单人数,工作时间平响时长,有效好评数,有效评价数",
            "f,100,10,4,00:00:31,0,0",
            {"inquiries": 10, "won": 4, "sales": 100, "avg_response": 31, "satisfaction": None},
        ),
    ],
)
def test_jd_and_douyin(month, head, row, want):
    month.write("报表" + DAY, f"{head}\n{row}\n")
    found, _ = figures(month, "metric", "value")
    assert dict(found) == {key: None if v is None else Decimal(v) for key, v in want.items()}


def test_several_sheets(tmp_path, month):
    import xlsxwriter

    path = month.folder / "咚咚_20261001.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in (
            ("说明", [["本表由平台生成"]]),
            ("接待", [["客服", "接待量"], ["w", 20], ["v", "x"]]),
            ("评价", [["客服", "好评量", "评价量"], ["w", 3, 4]]),
        ):
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
    found, got = figures(month, "account", "metric", "value")
    assert found == [("w", "consults", 20), ("w", "satisfaction", Decimal("0.75"))]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(2, "接待!接待量", "x")]


def test_bare_percentages(month):
    month.write("a" + DAY, "旺旺昵称,旺旺回复率,答问比\na,45.2,1.5\nb,0.9,1.2\nc,45.2%,120%\n")
    month.write("b" + DAY, "旺旺昵称,旺旺回复率\na,0.452\nb,1\n")
    found, _ = figures(month, "metric", "value")
    assert [v for m, v in found if m == "reply_rate"] == [
        Decimal(v) for v in ("0.452", "0.009", "0.452", "0.452", "1")
    ]
    assert [v for m, v in found if m == "answer_ratio"] == [Decimal(v) for v in ("1.5", "1.2", "1.2")]


def test_what_cannot_be_used_is_rejected(month):
    text = "旺旺昵称,询单人数,销售额\na,3,说不清\n,4,5\n以上数据仅供参考,,\n,,\n合计,7,9\n"
    month.write("报表.csv", text)
    found, got = figures(month, "account", "metric", "from", "scope")
    assert found == [
        ("a", "inquiries", None, "agent"),
        ("合计", "inquiries", None, "sum"),
        ("合计", "sales", None, "sum"),
    ]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [
        (1, "销售额", "说不清"),
        (2, "旺旺昵称", "4"),
        (3, "旺旺昵称", "以上数据仅供参考"),
    ]
    assert "日期" in got.review[0].detail


def test_reports_feed_no_canonical_file(month):
    month.write("platform_report.csv", "account,metric,value\na,sales,1\n")
    got = month.read()
    assert "platform_report" not in got.tables and got.review[0].kind == "unrecognised_file"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "是空的"),
        (b"a,b\n1,2\n", "不像平台的客服报表.*表头：a、b"),
        (b"{}", "不像平台的客服报表"),
        ("旺旺昵称,询单人数\n".encode(), "只有表头"),
        ("旺旺昵称,询单人数\na,很多\n".encode(), "第 1 行数据 询单人数「很多」"),
        (b"PK\x03\x04broken", "压缩包打不开"),
        (b"PK\x03\x04broken xl/workbook.xml", "工作簿打不开"),
        (b'"\xff\xfe\xfd', "某报表"),
    ],
)
def test_a_file_that_is_no_report(tmp_path, content, why):
    path = tmp_path / "某报表.csv"
    path.write_bytes(content)
    with pytest.raises(EvaluatorError, match=why):
        read_file(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(EvaluatorError, match="找不到报表文件"):
        read_file(tmp_path / "x.xlsx")
    with pytest.raises(EvaluatorError, match="是文件夹"):
        read_file(tmp_path)


def test_a_file_outside_a_month(tmp_path):
    path = tmp_path / "飞鸽 2026年10月.csv"
    text = '客服账号,客服询单支付额,询单人数,工作时间平响时长\n"\t小一","1,000.50",2,1分5秒\n坏,"1\n'
    path.write_bytes(text.encode("gb18030"))
    (got,) = read_file(path)
    assert got.figures.select("account", "metric", "value").rows() == [
        ("小一", "sales", Decimal("1000.5")),
        ("小一", "inquiries", 2),
        ("小一", "avg_response", 65),
    ]
    assert set(got.figures["to"]) == {date(2026, 10, 31)}
    assert [(r.file, r.row) for r in got.rejects] == [(path.name, 2)] and "引号" in got.rejects[0].why


def test_the_rules_hold_together():
    rules = report_rules()
    assert len(rules.meanings()) > 50
    for layout in rules.layouts:
        assert layout.account and not set(layout.account) & {h for f in layout.figures for h in f.headers}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("客服绩效_20260809_20260810_全部", ("2026-08-09", "2026-08-10")),
        ("2026-8-9", ("2026-08-09", "2026-08-09")),
        ("2026-08-09 00:00:00", ("2026-08-09", "2026-08-09")),
        ("2026年8月9日", ("2026-08-09", "2026-08-09")),
        ("2026-08-01~2026-08-31", ("2026-08-01", "2026-08-31")),
        ("2026.8.1-8.31", ("2026-08-01", "2026-08-31")),
        ("2026年8月1日至8月31日", ("2026-08-01", "2026-08-31")),
        ("20260831-20260801", ("2026-08-01", "2026-08-31")),
        ("2026-08-01-10-30-00", ("2026-08-01", "2026-08-01")),
        ("客服绩效2026年2月", ("2026-02-01", "2026-02-28")),
        ("客服绩效202602", ("2026-02-01", "2026-02-28")),
        ("2026-02", ("2026-02-01", "2026-02-28")),
        ("2026-02-31", None),
        ("报表", None),
        ("1759300000000", None),
        ("20261101103000", None),
    ],
)
def test_one_span(text, want):
    found = one_span(text)
    assert (found and tuple(day.isoformat() for day in found)) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("1分20秒", (80, 1)),
        ("00:01:20", (80, 1)),
        ("01:20", (80, 1)),
        ("35秒", (35, 1)),
        ("12.5s", (Decimal("12.5"), Decimal("0.1"))),
        ("2分钟", (120, 60)),
        ("1小时1分", (3660, 60)),
        ("80", None),
        ("", None),
        ("::", None),
    ],
)
def test_one_duration(text, want):
    assert one_duration(text) == want


def test_reports_in_a_zip(tmp_path):
    text = "旺旺昵称,询单人数\n小一,{}\n"
    path = tmp_path / "报表.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for day in (1, 2):
            archive.writestr(f"客服绩效_2026100{day}_2026100{day}.csv", text.format(day))
        archive.writestr("说明.md", "无")
    first, second = read_file(path)
    assert first.figures.select("value", "from").rows() == [(Decimal(1), date(2026, 10, 1))]
    assert second.figures.select("value", "from").rows() == [(Decimal(2), date(2026, 10, 2))]


def test_a_zip_without_a_report(tmp_path):
    path = tmp_path / "报表.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x,y\n1,2\n")
    with pytest.raises(EvaluatorError, match=r"压缩包里有 报表\.zip/a\.csv"):
        read_file(path)


def test_only_peers_of_one_percentile_are_repeated() -> None:
    rows = [("a", 60), ("a", 90), ("b", 60), ("b", 60), ("c", None), ("c", None), ("c", None)]
    peers = pl.DataFrame(rows, schema={"metric": pl.String, "percentile": pl.Int64}, orient="row")
    (note,) = peers_repeated(peers)
    assert note.count == 1 and "b 出现不止一次" in note.detail
