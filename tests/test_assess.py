"""Rule packs as files, ``evaluator assess``, and what a run shows of assessments. What each pack counts is told by the
cases beside it (``tests/spec/test_packs.py``)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from evaluator.assess.pack import Pack
from evaluator.assess.packfile import read_pack
from evaluator.assess.windows import Days, asked, before, halves
from evaluator.cli import app
from evaluator.dated import Stale
from evaluator.model import EvaluatorError
from evaluator.rulebook import RulesFinder, metric_catalogue
from evaluator.run import evaluate_month
from evaluator.settings import load_month
from evaluator.yamlfile import parse_yaml

OCTOBER = Days(date(2026, 10, 1), date(2026, 11, 1))
KEYS = ["id", "name", "value", "numerator", "denominator", "target", "met", "points", "status"]

FILES = {
    "messages.csv": (
        "shop,buyer,account,sender,ts,text\n"
        "a,张三,小美,buyer,2026-10-01 10:00:00,在吗\n"
        "a,张三,小美,agent,2026-10-01 10:00:30,在的\n"
        "a,李四,小雅,buyer,2026-10-01 11:00:00,这个有货吗\n"
        "a,赵六,小雅,buyer,2026-10-02 11:00:00,这个有货吗\n"
        "b,张三,小雅,buyer,2026-10-01 11:00:00,这个有货吗\n"
        "b,张三,小雅,agent,2026-10-01 11:02:00,有的\n"
    ),
    "orders.csv": (
        "shop,order_id,buyer,created,paid,amount\n"
        "a,1001,张三,2026-10-01 10:05:00,2026-10-01 10:06:00,108.00\n"
        "b,1002,王五,2026-10-02 09:00:00,2026-10-02 09:01:00,50.00\n"
    ),
    "roster.csv": "account,employee_id,name,group,role\n小美,E01,美,甲组,售前\n小雅,E02,雅,甲组,售前\n",
}


def small(folder: Path, platform: str = "taote") -> Path:
    """Two shops, two agents, three days."""
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    period = "period: {start: 2026-10-01, end: 2026-10-04}\n" + (
        f"platform: {platform}\n" if platform else ""
    )
    (folder / "period.yaml").write_text(period, encoding="utf-8")
    return folder


def command(*words: object) -> Result:
    return CliRunner().invoke(app, ["assess", *map(str, words)])


def objects(*words: object) -> Any:
    result = command(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


# ---- JSON ----
def test_one_pack_of_one_shop_is_one_object(tmp_path: Path) -> None:
    month = small(tmp_path / "m", "{a: taote, b: pdd}")
    found = objects(month, "--platform", "taote")
    assert list(found) == ["platform", "shop", "period", "items", "total", "grade", "consequence"]
    assert (found["platform"], found["shop"]) == ("taote", "a")
    assert found["period"] == {"start": "2026-10-01", "end": "2026-10-04"}
    reply, silent = found["items"]
    assert reply == dict(
        zip(KEYS, ["reply_3min", "3 分钟响应率", 1 / 3, 1, 3, 0.4, False, None, "final"], strict=True)
    )
    assert (silent["id"], silent["value"], silent["met"]) == ("silent_share", 0, None)
    assert (found["total"], found["grade"]) == (None, None)
    assert "次日解除" in found["consequence"]


def test_several_shops_are_a_list_and_a_bundle_has_all_its_packs(tmp_path: Path) -> None:
    month = small(tmp_path / "m")
    assert [(o["platform"], o["shop"]) for o in objects(month)] == [("taote", "a"), ("taote", "b")]
    found = objects(month, "--platform", "taobao")
    assert [(o["platform"], o["shop"], o.get("employee_id")) for o in found] == [
        ("taobao_service_diagnosis", "a", None),
        ("taobao_service_diagnosis", "b", None),
        ("tmall_agent", None, "E01"),
        ("tmall_agent", None, "E02"),
    ]
    satisfaction = found[0]["items"][0]
    assert (satisfaction["value"], satisfaction["status"]) == (None, "missing")


def test_each_shop_is_assessed_by_its_own_platform(tmp_path: Path) -> None:
    found = objects(small(tmp_path / "m", "{a: taote, b: pdd}"))
    assert [(o["platform"], o["shop"]) for o in found] == [("taote", "a"), ("pdd", "b")]


def test_a_pack_joins_its_bundle_where_its_table_is(tmp_path: Path) -> None:
    month = small(tmp_path / "m", "{a: taote, b: taote}")
    (month / "exams.csv").write_text(
        "employee_id,taken,score,pass_mark\nE01,2026-10-02,80,60\n", encoding="utf-8"
    )
    assert [o["platform"] for o in objects(month)] == ["taote", "taote", "exam", "exam"]


def test_compared_with_the_days_before(tmp_path: Path) -> None:
    found = objects(small(tmp_path / "m"), "--window", "day")
    reply = found[0]["items"][0]
    assert found[0]["period"] == {"start": "2026-10-03", "end": "2026-10-04"}
    assert (reply["value"], reply["previous"], reply["change"]) == (None, 0, None)


# ---- print ----
def test_the_table_tells_what_is_short_and_by_how_much(tmp_path: Path) -> None:
    result = command(small(tmp_path / "m", "{a: taote, b: pdd}"), "--platform", "taote")
    assert result.exit_code == 0
    for text in (
        "■ 淘特客服考核　a　2026-10-01 至 2026-10-03",
        "≥ 40%",
        "未达标",
        "再有 1 位顾客（按天）在 3 分钟内得到回复即可达到 40%",
        "逐日未达标：10-02 0%",
        "规则来源：",
        "⚠ 3 分钟响应率：",
    ):
        assert text in result.output


def test_a_dated_value_says_since_when_it_holds(tmp_path: Path) -> None:
    told = command(small(tmp_path / "m"), "--platform", "tmall_basic_service").output
    assert (
        "旺旺人工平均响应时长（时段、超过按此计（秒）、未答按此计（秒））：按 2022-01-01 起的规定，天猫"
        in told
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--platform", "tmal"], "没有名为“tmal”的平台规则包，是否想写 tmall"),
        (["--platform", "../x"], "没有名为“../x”的平台规则包"),
        (["--window", "last_3"], "没有这个时间窗口"),
        ([], "没有写 platform"),
    ],
)
def test_what_cannot_be_assessed(words: list[str], says: str, tmp_path: Path) -> None:
    result = command(small(tmp_path / "m", ""), *words)
    assert result.exit_code != 0
    assert says in str(result.exception or result.output)


# ---- reports ----
def test_a_run_shows_the_assessments(tmp_path: Path) -> None:
    evaluate_month(small(tmp_path / "m", "tmall")).save(tmp_path / "out")
    page = (tmp_path / "out" / "assessment.html").read_text("utf-8")
    for text in ("天猫基础服务考核", "天猫客服考核　售后", "淘宝服务诊断", "E02 雅", "规则来源："):
        assert text in page
    assert 'href="assessment.html"' in (tmp_path / "out" / "team.html").read_text("utf-8")
    book = openpyxl.load_workbook(tmp_path / "out" / "payroll.xlsx", read_only=True)
    rows = [row[0] for row in book["平台考核"].iter_rows(values_only=True)]
    assert "旺旺回复率" in rows and "E01 美" in rows
    evaluate_month(tmp_path / "m").save(tmp_path / "out")  # over the one before


def test_without_a_platform_there_is_nothing(tmp_path: Path) -> None:
    evaluate_month(small(tmp_path / "m", "")).save(tmp_path / "out")
    assert not (tmp_path / "out" / "assessment.html").exists()
    assert "平台考核" not in (tmp_path / "out" / "team.html").read_text("utf-8")
    assert (
        "平台考核" not in openpyxl.load_workbook(tmp_path / "out" / "payroll.xlsx", read_only=True).sheetnames
    )


# ---- windows ----
def test_windows() -> None:
    assert asked("last_7", OCTOBER) == Days(date(2026, 10, 25), date(2026, 11, 1))
    assert asked("week", OCTOBER) == Days(date(2026, 10, 26), date(2026, 11, 1))  # Monday to Saturday
    assert asked("month", Days(date(2026, 10, 5), date(2026, 10, 12))) == Days(
        date(2026, 10, 1), date(2026, 10, 12)
    )
    assert before("period", OCTOBER) == Days(date(2026, 9, 1), date(2026, 10, 1))
    assert before("month", Days(date(2026, 3, 1), date(2026, 3, 31))) == Days(
        date(2026, 2, 1), date(2026, 3, 1)
    )
    assert before("week", Days(date(2026, 10, 26), date(2026, 11, 1))) == Days(
        date(2026, 10, 19), date(2026, 10, 25)
    )
    assert halves(Days(date(2026, 12, 10), date(2027, 1, 2))) == [
        Days(date(2026, 12, 10), date(2026, 12, 16)),
        Days(date(2026, 12, 16), date(2027, 1, 1)),
        Days(date(2027, 1, 1), date(2027, 1, 2)),
    ]


def test_a_part_of_a_half_keeps_the_day_of_its_assessment(tmp_path: Path) -> None:
    month = small(tmp_path / "m")
    (month / "period.yaml").write_text("period: {start: 2026-10-05, end: 2026-10-20}\n", encoding="utf-8")
    told = command(month, "--platform", "douyin").output
    assert "2026-10-05 至 2026-10-15（2026-10-16 考核）" in told
    assert "2026-10-16 至 2026-10-19（2026-11-01 考核）" in told


# ---- pack files ----
def pack(text: str, day: date = OCTOBER.first, stale: list[Stale] | None = None) -> Pack:
    root = parse_yaml(dedent(text), "p.yaml")
    return read_pack(root, "p", day, [] if stale is None else stale, metric_catalogue())


def test_every_value_may_be_dated() -> None:
    text = """
    name: {2026-01-01: 旧, 2026-07-01: 新}
    reviewed_until: 2026-09-30
    window: {2026-01-01: period, 2026-10-01: {last_days: 7}}
    items:
      - id: x
        metric: avg_response
        cap_s: {2026-01-01: null, 2026-10-01: 600}
        target: {values: {2026-01-01: 30, 2026-09-01: 20}, source: 公告, reviewed_until: 2026-09-30}
    """
    stale: list[Stale] = []
    new, old = pack(text, stale=stale), pack(text, date(2026, 6, 1))
    assert (old.name, new.name, new.window.days) == ("旧", "新", 7)
    assert [p.items[0].request.option("cap_s") for p in (old, new)] == [None, 600]
    assert [p.items[0].target for p in (old, new)] == [30, 20]
    assert ("items[1].target", date(2026, 9, 1), "公告") in [
        (h.path, h.since, h.source) for h in new.holdings
    ]
    assert [s.where for s in stale] == ["p.yaml:3: reviewed_until", "p.yaml:9: items[1].target"]


def test_the_pack_that_the_documentation_shows_is_one() -> None:
    shown = (Path(__file__).parents[1] / "docs" / "packs.md").read_text(encoding="utf-8")
    found = pack(shown.split("```yaml\n")[1].split("```")[0])
    assert [item.id for item in found.items] == ["first_reply_2min"]


ITEM = "items: [{id: x, metric: reply_rate}]\n"
REFUSED = [
    ("itmes: []\n", "p.yaml:1: itmes：", "是否想写 items？"),
    ("scope: shops\n", "p.yaml:1: scope：", "shop、agent 之一"),
    ("window: month\n", "p.yaml:1: window：", "period、half_months 之一"),
    ("window: {last_days: 0}\n", "p.yaml:1: window.last_days：", "不小于 1"),
    ("joins_with: [exam]\n", "p.yaml:1: joins_with[1]：", "是否想写 exams？"),
    ("items: []\n", "p.yaml:1: items：", "至少应有一个考核项"),
    ("items: [{metric: sales}]\n", "p.yaml:1: items[1]：", "缺少 id"),
    ("items: [{id: x, metric: reply_rat}]\n", "p.yaml:1: items[1].metric：", "是否想写 reply_rate？"),
    ("items: [{id: x, metric: sales, cap_s: 3}]\n", "p.yaml:1: items[1].cap_s：", "没有选项 cap_s"),
    ("items: [{id: x, metric: sales, traget: 3}]\n", "p.yaml:1: items[1].traget：", "是否想写 target？"),
    ("items: [{id: x, metric: sales, weight: 3}]\n", "p.yaml:1: items[1].weight：", "没有写 method"),
    ("items: [{id: x, metric: sales, each_day: true}]\n", "p.yaml:1: items[1].each_day：", "需要 target"),
    ("items: [{id: x, metric: sales, method: best}]\n", "p.yaml:1: items[1].method：", "bands、linear"),
    (
        "items: [{id: x, metric: sales, method: deduct, weight: 5, target: 1}]\n",
        "p.yaml:1: items[1]：",
        "缺少 step",
    ),
    ("scope: agent\nitems: [{id: x, metric: silent_share}]\n", "p.yaml:2: items[1].metric：", "店铺指标"),
    ("items: [{id: x, metric: sales}, {id: x, metric: sales}]\n", "p.yaml:1: items[2].id：", "重名"),
    ("items:\n  - {id: x, metric: sales, target: {2026-13-01: 1}}\n", "p.yaml:2:", "不是日期"),
    ("items:\n  - {id: x, metric: sales, target: {2027-01-01: 1}}\n", "p.yaml:2:", "最早的日期是 2027-01-01"),
    ("items:\n  - id: x\n    id: y\n", "p.yaml:3: items[1].id：", "写了两次"),
    (ITEM + "grades: [[90, 优秀]]\n", "p.yaml:2: grades：", "写了 method 的考核项"),
    ("grades: [[90, 优秀]]\n", "p.yaml:1: grades：", "有它就应有 items"),
    (
        "window: half_months\nitems: [{id: x, metric: sales, window: period}]\n",
        "p.yaml:2: items[1].window：",
        "半月考核",
    ),
]


@pytest.mark.parametrize(("text", "where", "says"), REFUSED)
def test_refused(text: str, where: str, says: str) -> None:
    with pytest.raises(EvaluatorError) as error:
        pack(text)
    assert str(error.value).startswith(where) or str(error.value).startswith(where.removesuffix("："))
    assert says in str(error.value)


def test_points_grades_and_consequences_of_a_users_own_pack(tmp_path: Path) -> None:
    """89.995 points are 90.00 (half-up), so the first grade."""
    own = tmp_path / "own" / "platforms"
    own.mkdir(parents=True)
    text = """
    name: 我的考核
    items:
      - {id: one, metric: consults, method: bands, weight: 50, bands: [[3, 49.995]], consequence: 少}
      - {id: two, metric: consults, method: linear, weight: 40, worst: 0, best: 3, target: 4, consequence: 不够}
    grades: [[90, 甲, {consequence: 奖励}], [0, 乙, {consequence: 违约金 2000 元}]]
    """
    (own / "mine.yaml").write_text(dedent(text), encoding="utf-8")
    from evaluator.assess.commands import assess_data
    from evaluator.sources import read_month

    month = small(tmp_path / "m", "{a: mine, b: taote}")
    config = load_month(month, RulesFinder((tmp_path / "own",)), assessed="mine")
    (found,) = assess_data(read_month(config))
    assert [str(line.points) for line in found.lines] == ["50.00", "40.00"]
    assert (str(found.total), found.grade) == ("90.00", "甲")
    assert found.consequences == ("咨询人数：不够", "奖励")


def test_a_bundle_must_name_packs_that_are_there(tmp_path: Path) -> None:
    own = tmp_path / "own" / "platforms"
    own.mkdir(parents=True)
    month = small(tmp_path / "m", "mine")
    for packs, says in (("[exma]", "是否想写 exam"), ("[tmall]", "没有考核项")):
        (own / "mine.yaml").write_text(f"packs: {packs}\n", encoding="utf-8")
        with pytest.raises(EvaluatorError, match=says) as error:
            load_month(month, RulesFinder((tmp_path / "own",)))
        assert str(error.value).startswith("rules/platforms/mine.yaml:1: packs[1]：")
