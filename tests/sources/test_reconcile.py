"""``evaluator reconcile``: differences from the platforms' own reports find their reasons."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from evaluator.cli import app, main
from evaluator.metrics.request import MetricRequest
from evaluator.reconcile import Reconciliation, as_text, compare, figures_of, reconcile
from evaluator.reconcile.months import Computed
from evaluator.reconcile.reasons import families
from evaluator.reconcile.switches import ACCOUNTS, OTHER_METRIC, change_of, stand_in, switched
from evaluator.settings import load_month
from evaluator.sources import read_month
from evaluator.sources.platform_reports import report_rules
from evaluator.sources.report_file import read_file

HEADS = [
    "旺旺昵称",
    "询单人数",
    "询单最终付款人数",
    "询单最终付款转化率",
    "首次响应时长（秒)",
    "旺旺回复率",
    "询单最终付款金额",
]
TAIL = [[name, "9", "9", "9%", "9", "9%", "9"] for name in ("汇总值", "平均值", "全店汇总值", "全店平均值")]
TAIL += [
    ["同行同层优秀", "-", "-", "88.1%", "12", "99%", "-"],
    ["同行同层均值", "-", "-", "66%", "30", "97%", "-"],
]


def talk(buyer: str, account: str, when: str, wait: int, kind: str = "text") -> str:
    told = f"甲店,{buyer},甲店:{account},buyer,{when}:00,这件还有货吗,text,\n"
    return told + f"甲店,{buyer},甲店:{account},agent,{when}:{wait:02},有的亲,{kind},\n"


def order(n: int, buyer: str, created: str, paid: str, yuan: int) -> str:
    return f"甲店,{8 * 10**17 + n},{buyer},{created}:00,{paid}:00,{yuan}.00\n"


@pytest.fixture
def shop(empty_month):
    """Three days. 小一: one account; 小二 and 小二备: one employee; 小三: changes hands on the 3rd; 小智: a robot."""
    messages = "shop,buyer,account,sender,ts,text,kind,to_account\n"
    messages += talk("b1", "小一", "2026-10-01 09:00", 20) + talk("b2", "小一", "2026-10-01 10:00", 40)
    messages += talk("b3", "小二", "2026-10-01 11:00", 10) + talk("b4", "小二备", "2026-10-01 12:00", 30)
    messages += talk("b5", "小三", "2026-10-02 09:00", 5) + talk("b6", "小三", "2026-10-03 09:00", 15)
    messages += talk("spam", "小一", "2026-10-01 13:00", 30)
    messages += "甲店,b7,甲店:小智,robot,2026-10-01 09:00:00,欢迎,text,\n"
    messages += "甲店,b1,甲店:小二,agent,2026-10-01 09:20:00,我来补充一句,text,\n"
    messages += "甲店,b1,甲店:小二,buyer,2026-10-01 09:19:00,在吗,text,\n"
    orders = "shop,order_id,buyer,created,paid,amount\n"
    orders += order(1, "b1", "2026-10-01 09:05", "2026-10-01 09:30", 100)
    orders += order(2, "b2", "2026-10-03 09:05", "2026-10-03 09:06", 50)
    orders += order(3, "zz", "2026-10-31 09:05", "2026-10-31 09:06", 1)
    roster = "account,employee_id,name,group,role,from,to\n"
    for account, who, role, start, end in (
        ("小一", "E1", "售前", "", ""),
        ("小二", "E2", "售前", "", ""),
        ("小二备", "E2", "售前", "", ""),
        ("小三", "E3", "售前", "", "2026-10-02"),
        ("小三", "E4", "售前", "2026-10-03", ""),
        ("小智", "R1", "robot", "", ""),
    ):
        roster += f"甲店:{account},{who},{who}名,一组,{role},{start},{end}\n"
    empty_month.write("messages.csv", messages).write("orders.csv", orders).write("roster.csv", roster)
    empty_month.write("labels.csv", "shop,buyer,label\n甲店,spam,ad\n")
    empty_month.write(
        "period.yaml", "period: {start: 2026-10-01, end: 2026-11-01}\nplatform: tmall\nshop: 甲店\n"
    )
    return empty_month


@pytest.fixture
def report(tmp_path, workbook):
    folder = tmp_path.parent / f"{tmp_path.name}_reports"
    folder.mkdir()

    def make(rows, name="【生意参谋平台】客服绩效_20261001_20261031_全部.xlsx"):
        path = folder / name
        path.write_bytes(workbook(rows) if isinstance(rows, list) else rows)
        return path

    return make


def sycm(*rows):
    return [HEADS, *[list(row) for row in rows], *TAIL]


def beside(month, path):
    return reconcile(month.folder, [path]).lines


def by(lines):
    return {(line.account.rpartition(":")[2], line.metric): line for line in lines}


def test_every_meaning_has_switches_that_exist():
    known = families()
    for meaning in report_rules().meanings().values():
        assert meaning.request.metric in known.switches, meaning.headers
    for metric, names in known.switches.items():
        for name in names:
            other = stand_in(name, MetricRequest.of(metric, {"unit": "turn", "seconds": 30}))
            assert other or name in ("transfers", "auto", *OTHER_METRIC) or change_of(name), (metric, name)
    assert set(known.reasons) == {"accounts"} | {n for names in known.switches.values() for n in names}


def test_figures_that_agree(shop, report):
    lines = by(beside(shop, report(sycm(["甲店:小一", "2", "1", "50%", "30", "100%", "100"]))))
    assert lines["小一", "inquiries"].reason == "" and lines["小一", "inquiries"].difference == 0
    assert lines["小一", "reply_rate"].ours == 1
    assert lines["小二", "consults"].reason == "报表里没有这个账号"
    assert ("小智", "consults") not in lines


def reasons(shop, report, *rows):
    return {key: line.reason for key, line in by(beside(shop, report(sycm(*rows)))).items()}


def test_filter_window_and_judgment(shop, report):
    told = reasons(shop, report, ["甲店:小一", "3", "1", "50%", "30", "100%", "100"])
    assert told["小一", "inquiries"].startswith("过滤")
    told = reasons(shop, report, ["小一", "2", "2", "100%", "30", "100%", "150"])
    assert told["小一", "won"].startswith("期限：") and "2 天" in told["小一", "won"]
    assert told["小一", "sales"].startswith("期限：")
    told = reasons(shop, report, ["小一", "2", "0", "0%", "30", "100%", "0"])
    assert told["小一", "sales"].startswith("判定：按付款")


def test_several_accounts_of_one_employee(shop, report):
    lines = by(beside(shop, report(sycm(["小二备", "1", "0", "0%", "30", "100%", "0"]))))
    line = lines["小二备", "first_response"]
    assert (line.ours, line.theirs) != (30, 30) and line.reason.startswith("一人多号")


def test_an_account_that_changed_hands(shop, report):
    lines = by(beside(shop, report(sycm(["小三", "2", "0", "0%", "11", "100%", "0"]))))
    line = lines["小三", "first_response"]
    assert line.ours == 10 and line.reason.startswith("账号换人") and "E3、E4" in line.reason
    assert lines["小三", "inquiries"].reason == "" and lines["小三", "inquiries"].ours == 2
    line = by(beside(shop, report(sycm(["小三", "2", "0", "0%", "15", "100%", "0"]))))[
        "小三", "first_response"
    ]
    assert line.state == "explained" and line.reason.endswith("报表的数是 E4 一个人的")


def test_the_days_of_the_report_count(shop, report):
    rows = sycm(["小三", "1", "0", "0%", "6", "100%", "0"])
    line = by(beside(shop, report(rows, "客服绩效_20261002_20261002_全部.xlsx")))["小三", "first_response"]
    assert (line.ours, line.theirs) == (5, 6) and "期间" not in line.reason
    for name in ("客服绩效_20260902_20261002_全部.xlsx", "客服绩效_2026-09-02~10-02.xlsx"):
        line = by(beside(shop, report(rows, name)))["小三", "first_response"]
        assert line.ours == 5
        assert line.reason == "期间不同：报表 2026-09-02 至 2026-10-02，本月 2026-10-01 至 2026-10-31"
    lines = by(beside(shop, report(rows, "客服绩效_20260902_20260903_全部.xlsx")))
    line = lines["小三", "first_response"]
    assert line.ours is None and line.theirs == 6 and "没有一天相同" in line.reason


def test_a_report_without_days_is_of_the_whole_month(shop, report):
    lines = by(beside(shop, report(sycm(["小一", "2", "1", "50%", "30", "100%", "7"]), "报表.xlsx")))
    assert lines["小一", "inquiries"].reason == "" and "没有写日期" in lines["小一", "sales"].reason


def test_a_report_of_several_days(shop, report):
    rows = [["日期", "旺旺昵称", "咨询人数"], ["2026-10-02", "小三", 1], ["2026-10-03", "小三", 2]]
    lines = beside(shop, report(rows, "日报.xlsx"))[:2]
    assert [line.ours for line in lines] == [1, 1]
    told = [line.as_json()["reason"] for line in lines]
    assert told[0] == "2026-10-02：一致" and told[1].startswith("2026-10-03：未能说明")
    assert "甲店:小三　2026-10-02\n　一致 1 项" in as_text(Reconciliation(lines, []))


def test_robots_and_strangers(shop, report):
    told = reasons(
        shop, report, ["小智", "1", "1", "1%", "1", "1%", "1"], ["某人", "1", "1", "1%", "1", "1%", "1"]
    )
    assert told["小智", "won"].startswith("机器人")
    assert told["某人", "won"].startswith("账号：花名册和聊天里都没有")


def test_what_was_not_reported_counts_by_account(shop, report):
    lines = by(beside(shop, report(sycm(["小一", "2", "1", "50%", "30", "100%", "100"]))))
    told = {account: line.ours for (account, _), line in lines.items() if line.reason == "报表里没有这个账号"}
    assert told == {"小二": 2, "小二备": 1, "小三": 2}


def test_replied_hours_and_ratings(shop, report):
    """Other figures of ours that a platform may mean."""
    shop.write(
        "messages_2.csv",
        "shop,buyer,account,sender,ts,text\n"
        "甲店,b8,甲店:小一,buyer,2026-10-01 23:30:00,在吗\n甲店,b8,甲店:小一,agent,2026-10-01 23:31:40,在\n"
        "甲店,b9,甲店:小一,buyer,2026-10-01 12:30:00,在吗\n",
    )
    ratings = "shop,buyer,account,ts,score,source\n"
    ratings += "".join(f"甲店,b{n},甲店:小一,2026-10-01 10:00:00,{n + 2},human\n" for n in (1, 2, 3))
    shop.write("ratings.csv", ratings)
    heads = ["旺旺昵称", "接待人数", "平均响应时长", "3分钟人工响应率", "客户满意率"]
    path = report([heads, ["小一", "3", "53.3", "75%", "33.3%"]], "客服绩效_20261001_20261031.xlsx")
    lines = by(beside(shop, path))
    assert lines["小一", "consults"].ours == 4 and "回复过" in lines["小一", "consults"].reason
    assert lines["小一", "avg_response"].ours == 30 and lines["小一", "avg_response"].reason.startswith(
        "时段"
    )
    assert lines["小一", "reply_within_180s_consult"].reason.startswith("时段")
    assert "只算 5 分即一致" in lines["小一", "satisfaction"].reason


def test_inquiries_that_are_not_settled_are_told(shop, report):
    shop.write(
        "messages_2.csv",
        "shop,buyer,account,sender,ts,text\n"
        "甲店,c1,甲店:小一,buyer,2026-10-31 10:00:00,在吗\n甲店,c1,甲店:小一,agent,2026-10-31 10:00:30,在\n",
    )
    told = reasons(shop, report, ["小一", "9", "1", "50%", "30", "100%", "100"])
    assert told["小一", "inquiries"].startswith("延迟统计：另有 1 个询单")


def test_minutes(shop, report):
    rows = [["客服账号", "平均人工响应时长", "30秒应答率(8-23点)"], ["小一", "0.5", "67%"], ["小二", 1, "1"]]
    lines = by(beside(shop, report(rows, "拼多多_20261001_20261031.xlsx")))
    line = lines["小一", "avg_response"]
    assert (line.ours, line.theirs, line.reason) == (30, 30, "")
    assert lines["小二", "avg_response"].theirs == 60


def test_what_stands_twice_counts_once(shop, report):
    rows = sycm(["小一", "2", "1", "50%", "30", "100%", "100"])
    one = report(rows)
    two = report(rows, "又一份_20261001_20261031.xlsx")
    got = reconcile(shop.folder, [one, two])
    assert sum(line.metric == "inquiries" for line in got.lines) == 1


def test_what_neither_side_has_is_no_difference(shop, report):
    rows = [["旺旺昵称", "客单价", "咨询人数"], ["小二", "-", "2"], ["小一", "-", "2"]]
    lines = by(beside(shop, report(rows)))
    assert lines["小二", "avg_order_value"].reason == "两边都没有这个数"
    assert lines["小一", "avg_order_value"].reason == "报表没有这个数"


def cells_of(line):
    return line["ours"], line["theirs"], line["difference"]


def test_json_of_the_command(shop, report):
    path = report(sycm(["小一", "2", "1", "暂无数据", "30", "99.5%", "说不清"]))
    result = CliRunner().invoke(app, ["reconcile", str(shop.folder), "--with", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert all(list(f) == ["account", "metric", "ours", "theirs", "difference", "reason"] for f in found)
    got = {f["metric"]: f for f in found if f["account"] == "甲店:小一"}
    assert got["inquiries"] == {
        "account": "甲店:小一",
        "metric": "inquiries",
        "ours": 2,
        "theirs": 2,
        "difference": 0,
        "reason": "",
    }
    assert cells_of(got["reply_rate"]) == (1, 0.995, 0.005) and got["reply_rate"]["reason"]
    assert cells_of(got["conversion_rate"]) == (0.5, None, None)
    assert got["conversion_rate"]["reason"] == "报表没有这个数"
    assert "sales" not in got and "询单最终付款金额「说不清」：不是数字" in result.stderr
    assert "汇总值、平均值" in result.stderr


def test_text_of_the_command(shop, report):
    path = report(sycm(["小一", "3", "1", "50%", "30", "100%", "100"]))
    text = CliRunner().invoke(app, ["reconcile", str(shop.folder), "--with", str(path)]).stdout
    assert "　一致 5 项：询单最终付款人数 1、询单最终付款转化率 50%" in text
    assert "　过滤：本程序滤去了广告；保留广告即一致\n　　询单人数：本程序 2，平台 3，差 -1\n" in text
    assert "共 9 项：一致 5 项（其中四舍五入 0 项），不同而有原因 1 项" in text
    assert "汇总值、平均值、全店汇总值、全店平均值、同行同层优秀、同行同层均值" in text


def test_reports_that_lie_in_the_month(shop, report, workbook):
    rows = [["旺旺昵称", "咨询人数"], ["小一", 2], ["小二", "x"]]
    shop.write("客服绩效_20261001_20261031.xlsx", workbook(rows))
    got = reconcile(shop.folder)
    assert [(line.metric, line.ours, line.theirs) for line in got.lines if line.theirs] == [
        ("consults", 2, 2)
    ]
    assert any("第 2 行数据 咨询人数「x」" in remark for remark in got.remarks)
    given = reconcile(shop.folder, [report([["旺旺昵称", "咨询人数"], ["小三", 2]])])
    assert [line.account for line in given.lines if line.theirs] == ["甲店:小三"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "没有平台的客服报表"),
        (b"", "文件是空的"),
        (b"a,b\n1,2\n", "不像平台的客服报表"),
        ("旺旺昵称,询单人数\n".encode(), "一行数据也没有"),
        ("旺旺昵称,询单人数\n合计,3\n".encode(), "没有一个客服的数可以对照"),
        ("missing", "找不到报表文件"),
    ],
)
def test_errors_of_the_command(shop, report, content, told, monkeypatch, capsys):
    argv = ["evaluator", "reconcile", str(shop.folder)]
    if content is not None:
        path = report(content, "报表.csv") if content != "missing" else shop.folder / "没有.xlsx"
        argv += ["--with", str(path)]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and told in capsys.readouterr().err


HEADERS = {
    "咨询人数": "consults",
    "转入人数": "transferred_in",
    "询单人数": "inquiries",
    "询单最终付款人数": "won",
    "销售额": "sales",
    "平均响应时长": "avg_response",
    "旺旺回复率": "reply_rate",
}


@pytest.mark.parametrize(
    ("switches", "abouts"), [(["judgment_payment"], {"判定"}), (["filter_ad", "window_0"], {"过滤", "期限"})]
)
def test_a_month_laid_beside_itself_under_other_rules(demo_month, report, switches, abouts):
    """The demo month, reported by account and by other rules: every difference finds its reason."""
    config, asked = load_month(demo_month), tuple(map(MetricRequest, HEADERS.values()))
    month = other = read_month(replace(config, pack_requests=asked))
    for name in (ACCOUNTS, *switches):
        other = switched(other, name)
    theirs, span = Computed(other), (month.config.start, month.config.end - timedelta(days=1))
    rows = [["旺旺昵称", *HEADERS]]
    for account in sorted(month.tables["roster"]["account"].unique()):
        cells = [theirs.cell(account, metric, span) for metric in HEADERS.values()]
        if None not in cells:
            rows.append([account, *("-" if c.value is None else f"{float(c.value):.4f}" for c in cells)])
    assert len(rows) > 8
    lines = compare(month, figures_of(read_file(report(rows))[0].figures))
    differing = [line for line in lines if line.state in ("open", "explained")]
    assert differing and not [line for line in lines if line.state == "open"]
    told = {about for line in differing for about in abouts if about in line.reason}
    assert told == abouts
    expected = abouts | {"一人多号", "账号换人"}
    assert all(any(about in line.reason for about in expected) for line in differing)
