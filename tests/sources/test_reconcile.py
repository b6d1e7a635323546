"""``evaluator reconcile``: the platforms' own reports are read, and differences find their reasons."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.model import EvaluatorError
from evaluator.reconcile import reconcile
from evaluator.sources.service_reports import layouts, read_report

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


def by(lines):
    return {(line.account.rpartition(":")[2], line.metric): line for line in lines}


def test_a_report_is_read(report):
    figures = read_report(report(sycm(["甲店:小一", "3", 2, "66.67%", "25", "暂无数据", "1,234.50"])))
    assert {f.account for f in figures} == {"甲店:小一"}
    got = {f.metric: (f.value, f.step) for f in figures}
    assert got["inquiries"] == (3, 1) and got["won"] == (2, 1)
    assert got["conversion_rate"] == (Fraction(6667, 10000), Fraction(1, 10000))
    assert got["reply_rate"][0] is None and got["sales"][0] == Fraction(246900, 200)
    assert (figures[0].first, figures[0].day) == (date(2026, 10, 1), date(2026, 10, 31))


def test_pdd_minutes_become_seconds(report):
    rows = [
        ["拼多多 团队"],
        ["客服账号", "询单人数", "平均人工响应时长", "30秒应答率(8-23点)"],
        ["甲店:小一", 3, "0.5", 0.45],
    ]
    got = {f.metric: f.value for f in read_report(report(rows, "pdd.xlsx"))}
    assert got == {"inquiries": 3, "avg_response": 30, "reply_within_30s_message": Fraction(9, 20)}


def test_jd_and_feige_by_their_own_headers(report):
    jd = [["客服", "促成下单人数", "平均响应时长（新）", "30s应答率"], ["小一", "2", "00:01:20", "90%"]]
    assert {f.metric: f.value for f in read_report(report(jd, "jd.xlsx"))} == {
        "sales_buyers": 2,
        "avg_response": 80,
        "reply_within_30s_turn": Fraction(9, 10),
    }
    rated = [["客服", "接待量", "好评量", "评价量"], ["小一", "20", "3", "4"], ["小二", "9", "0", "0"]]
    shares = [f.value for f in read_report(report(rated, "评价.xlsx")) if f.metric == "satisfaction"]
    assert shares == [Fraction(3, 4), None]
    feige = '客服账号,客服询单支付额,询单人数,工作时间平响时长,接待会话量\n"\t小一","1,000.50",2,1分5秒,7\n'
    got = read_report(report(feige.encode("gb18030"), "飞鸽.csv"))
    assert {f.metric: f.value for f in got}["avg_response"] == 65
    assert {f.metric: f.value for f in got}["sales"] == Fraction(100050, 100)


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"{}", "旺旺昵称,询单人数\n".encode(), b"PK\x03\x04broken", b'"\xff']
)
def test_what_is_no_report_is_refused(report, content):
    with pytest.raises(EvaluatorError, match="某报表"):
        read_report(report(content, "某报表.csv"))


def test_every_meaning_has_switches_that_exist():
    from evaluator.reconcile import families
    from evaluator.switches import STAND_INS, _change

    known = families()
    for layout in layouts():
        for head, meaning in layout.figures.items():
            assert meaning.request.metric in known.switches, head
    for name in known.reasons:
        assert name in STAND_INS or name in ("accounts", "transfers", "auto") or _change(name)


def test_figures_that_agree(shop, report):
    lines = by(reconcile(shop.folder, report(sycm(["甲店:小一", "2", "1", "50%", "30", "100%", "100"]))))
    assert lines["小一", "inquiries"].reason == "" and lines["小一", "inquiries"].difference == 0
    assert lines["小一", "reply_rate"].ours == 1
    assert lines["小二", "consults"].reason == "报表里没有这个账号"
    assert ("小智", "consults") not in lines


def reasons(shop, report, *rows):
    return {key: line.reason for key, line in by(reconcile(shop.folder, report(sycm(*rows)))).items()}


def test_filter_window_and_judgment(shop, report):
    told = reasons(shop, report, ["甲店:小一", "3", "1", "50%", "30", "100%", "100"])
    assert told["小一", "inquiries"].startswith("过滤")
    told = reasons(shop, report, ["小一", "2", "2", "100%", "30", "100%", "150"])
    assert told["小一", "won"].startswith("期限：") and "2 天" in told["小一", "won"]
    assert told["小一", "sales"].startswith("期限：")
    told = reasons(shop, report, ["小一", "2", "0", "0%", "30", "100%", "0"])
    assert told["小一", "sales"].startswith("判定：按付款")


def test_several_accounts_of_one_employee(shop, report):
    lines = by(reconcile(shop.folder, report(sycm(["小二备", "1", "0", "0%", "30", "100%", "0"]))))
    line = lines["小二备", "first_response"]
    assert (line.ours, line.theirs) != (30, 30) and line.reason.startswith("一人多号")


def test_an_account_that_changed_hands(shop, report):
    lines = by(reconcile(shop.folder, report(sycm(["小三", "2", "0", "0%", "11", "100%", "0"]))))
    line = lines["小三", "first_response"]
    assert line.ours == 10 and line.reason.startswith("账号换人") and "E3、E4" in line.reason
    assert lines["小三", "inquiries"].reason == "" and lines["小三", "inquiries"].ours == 2


def test_the_days_of_the_report_count(shop, report):
    rows = sycm(["小三", "1", "0", "0%", "5", "100%", "0"])
    lines = by(reconcile(shop.folder, report(rows, "客服绩效_20261002_20261002_全部.xlsx")))
    assert lines["小三", "first_response"].difference == 0
    lines = by(reconcile(shop.folder, report(rows, "客服绩效_20260902_20261002_全部.xlsx")))
    assert "期间不同" in lines["小三", "won"].reason or lines["小三", "won"].difference == 0
    lines = by(reconcile(shop.folder, report(rows, "客服绩效_20260902_20260903_全部.xlsx")))
    assert lines["小三", "won"].ours is None and "期间不同" in lines["小三", "won"].reason


def test_a_report_of_several_days(shop, report):
    rows = [["日期", "旺旺昵称", "咨询人数"], ["2026-10-02", "小三", 1], ["2026-10-03", "小三", 2]]
    lines = reconcile(shop.folder, report(rows, "日报.xlsx"))[:2]
    assert [line.ours for line in lines] == [1, 1]
    assert lines[0].reason == "2026-10-02：一致" and lines[1].reason.startswith("2026-10-03：")


def test_robots_and_strangers(shop, report):
    told = reasons(
        shop, report, ["小智", "1", "1", "1%", "1", "1%", "1"], ["某人", "1", "1", "1%", "1", "1%", "1"]
    )
    assert told["小智", "won"].startswith("机器人")
    assert told["某人", "won"].startswith("账号：")


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
    assert got["reply_rate"]["difference"] == 0.005 and got["reply_rate"]["reason"]
    assert got["conversion_rate"]["theirs"] is None and got["conversion_rate"]["reason"] == "报表没有这个数"
    assert "不是数" in got["sales"]["reason"]
    text = CliRunner().invoke(app, ["reconcile", str(shop.folder), "--with", str(path)])
    assert text.exit_code == 0 and "一致" in text.stdout


@pytest.mark.parametrize("switch", ["judgment_payment", "filter_ad", "transfers"])
def test_a_month_laid_beside_itself_under_another_rule(switch, report):
    """The shared month, reported as if by account and by another rule: every difference finds a reason."""
    from evaluator.reconcile import _Computed, compare
    from evaluator.settings import load_month
    from evaluator.sources import read_month
    from evaluator.switches import ACCOUNTS, switched

    folder = Path(__file__).parents[3] / "shared" / "data" / "month_tmall"
    if not folder.is_dir():
        pytest.skip("shared data is not here")
    month = read_month(load_month(folder))
    theirs = _Computed(switched(switched(month, ACCOUNTS), switch))
    span = (month.config.start, month.config.end - timedelta(days=1))
    heads = {
        "咨询人数": "consults",
        "询单人数": "inquiries",
        "询单最终付款金额": "sales",
        "转入人数": "transferred_in",
    }
    rows = [["旺旺昵称", *heads]]
    for account in sorted(month.tables["roster"]["account"].unique()):
        cells = [theirs.cell(account, metric, span) for metric in heads.values()]
        if None not in cells:
            rows.append([account, *(f"{float(cell.value):.2f}" for cell in cells)])
    assert len(rows) > 8
    lines = compare(month, read_report(report(rows, "客服绩效_20200222_20200229.xlsx")))
    told = [line for line in lines if line.difference]
    assert told and not [line for line in told if line.open or not line.reason]
    named = {"judgment_payment": "判定", "filter_ad": "过滤", "transfers": "转接"}[switch]
    assert any(named in line.reason for line in told)
