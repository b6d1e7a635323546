"""The pages: complete, well formed, and in an agent's page nothing of anyone else."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from hostile_month import ACCOUNTS, EVIL_ID, EVIL_NAME, EVIL_NICK, RICH_NICK, ROSTER, Finished

from evaluator.render.text import file_name

NICKS = ("buyeralpha1", "buyerbeta22", "gammabuyer", "deltabuyer", EVIL_NICK, RICH_NICK)
VOID = {"meta", "br", "img", "input", "hr", "link"}
EMPLOYEES = ("E01", "E02", EVIL_ID, "E04")


class Strict(HTMLParser):
    """Fails on tags that do not close in order; keeps tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


NAMED = ("team.html", "assessment.html", "handbook.html")


def parsed(path: Path) -> Strict:
    page = Strict()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def pages(finished: Finished) -> list[Path]:
    return [*(finished.out / name for name in NAMED), *sorted((finished.out / "agents").iterdir())]


def agent_file(finished: Finished, employee: str) -> Path:
    return finished.out / "agents" / file_name(employee)


def test_one_page_an_employee_and_none_for_robots(finished: Finished) -> None:
    names = {p.name for p in (finished.out / "agents").iterdir()}
    assert names == {file_name(e) for e in EMPLOYEES}


def test_pages_are_well_formed_and_run_nothing(finished: Finished) -> None:
    for path in pages(finished):
        page = parsed(path)
        tags = {tag for tag, _ in page.tags}
        assert not tags & {"script", "img", "iframe", "object", "link", "form"}
        policy = next(
            a for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        for tag, attributes in page.tags:
            assert not any(name.startswith("on") or name == "src" for name in attributes), (path.name, tag)
            href = attributes.get("href")
            assert href is None or href.startswith(("#", "agents/")) or href in NAMED
        assert path.stat().st_size < 1_000_000


def test_hostile_text_is_text(finished: Finished) -> None:
    assert EVIL_NAME in parsed(finished.out / "assessment.html").text
    for path in (finished.out / "team.html", agent_file(finished, EVIL_ID)):
        text = parsed(path).text
        for piece in (
            "<script>alert('x')</script>",
            "{{7*7}}",
            "</style></details><img src=x",
            "=HYPERLINK(",
        ):
            assert piece in text, (path.name, piece)
        raw = path.read_text(encoding="utf-8")
        assert "⟨U+202E⟩001元⟨U+202C⟩" in text
        assert not re.search("[\u202a-\u202e\u200b\x00-\x08]", raw)
        assert "长" * 1_000 not in raw
        assert "〔共 50,000 字〕" in text
    assert EVIL_NAME in parsed(agent_file(finished, EVIL_ID)).text


def naming(employee: str) -> set[str]:
    """What names an employee: id, name, account and its parts."""
    row = next(r for r in ROSTER if r[1] == employee)
    account = ACCOUNTS[employee]
    return {employee, row[2], account, account.split(":")[1]}


@pytest.mark.parametrize("me", EMPLOYEES)
def test_a_page_has_nothing_of_anyone_else(finished: Finished, me: str) -> None:
    path = agent_file(finished, me)
    page, raw = parsed(path).text, path.read_text(encoding="utf-8")
    assert me in page
    for other in [r[1] for r in ROSTER if r[1] != me]:
        for token in naming(other) - naming(me):
            assert token not in page, (me, token)
            assert html.escape(token) not in raw
    for nick in NICKS:
        assert nick not in page, (me, nick)
    for total in {
        p.amount for p in finished.evaluation.pay.lines if p.employee_id != me and p.line == "total"
    }:
        assert f"{total:,.2f}" not in page


def test_a_colleague_is_shown_without_name_or_text(finished: Finished) -> None:
    page = parsed(agent_file(finished, "E01")).text
    assert "小雅的私密答复" not in page
    assert "问小雅一个秘密" not in page
    assert "另一位客服" in page
    assert "迟到，同事作证" in page
    theirs = parsed(agent_file(finished, "E02")).text
    assert "您好，我是小美" not in theirs
    assert "b**2" in theirs


def test_an_agents_page_has_his_pay_scores_orders_and_talks(finished: Finished) -> None:
    page = parsed(agent_file(finished, "E01")).text
    own = [p for p in finished.evaluation.pay.lines if p.employee_id == "E01"]
    for line in own:
        assert f"{line.amount:,.2f}" in page
    for piece in ("9000000000000000001", "b**1", "123.45", "询单转化率", "第 "):
        assert piece in page
    theirs = parsed(agent_file(finished, "E02")).text
    for piece in ("9000000000000000001", "协助下单", "还在吗", "当日未应答", "夜班补贴"):
        assert piece in theirs
    gamma = parsed(agent_file(finished, EVIL_ID)).text
    assert "等待 600 秒" in gamma
    assert "流失的询单" in gamma


def test_the_team_page_has_everyone_and_every_total(finished: Finished) -> None:
    page = parsed(finished.out / "team.html")
    total = finished.evaluation.payroll_total
    assert f"{total:,.2f}" in page.text
    for _, employee, name, *_ in ROSTER[:-1]:
        assert name in page.text
        amount = next(
            p.amount for p in finished.evaluation.pay.lines if p.employee_id == employee and p.line == "total"
        )
        assert f"{amount:,.2f}" in page.text
    for piece in (
        "未知账号9",
        "认不出买家",
        "单口相声",
        "谁帮了谁",
        "缺数据的指标",
        "输入文件",
        "静默销售占比",
    ):
        assert piece in page.text
    links = [a["href"] for t, a in page.tags if t == "a" and str(a.get("href")).startswith("agents/")]
    assert links
    for link in links:
        assert (finished.out / unquote(str(link))).is_file()
    for item in finished.evaluation.review:
        assert item.detail in page.text


def test_kpi_of_the_team_page_equal_the_table(finished: Finished) -> None:
    page = parsed(finished.out / "team.html").text
    for value, unit, metric in (
        finished.evaluation.frames["kpi"].filter(scope="agent", id="E01", status="final")
        .select("value", "unit", "metric").iter_rows()
    ):  # fmt: skip
        if unit == "ratio" and metric not in ("items_per_buyer", "answer_ratio"):
            assert f"{float(value) * 100:.2f}%" in page, metric
        elif unit == "yuan":
            assert f"{float(value):,.2f}" in page, metric
