"""The team's page as it is written: its words, its charts' words and tables, hostile names, its size."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from hostile_month import EVIL_NAME, Finished

from evaluator.evaluation import Evaluation
from evaluator.render import prepare, write_reports
from evaluator.render.pages import Setting, team_html
from evaluator.render.view.noteworthy import TeamLists
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.slices import Troubled
from evaluator.render.view.talks import Talks

VOID = {"meta", "br", "img", "input", "hr", "link"}
CHINESE = re.compile("[\u4e00-\u9fff]")


class Texts(HTMLParser):
    """Texts with the elements that they stand in, innermost last: (tag, lang)."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.found: list[tuple[tuple[str, ...], str]] = []
        self.foreign: list[str] = []  # outside of what is marked as Chinese
        self.section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self.section = given.get("id") or ""
        self._take(given.get("title") or "")
        self._take(given.get("aria-label") or "")
        if tag not in VOID:
            self.open.append((tag, given.get("lang")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tags = tuple(t for t, _ in self.open)
        if "style" not in tags:
            self.found.append((tags, data))
            self._take(data)

    def _take(self, text: str) -> None:
        if not any(lang == "zh-CN" for _, lang in self.open) and CHINESE.search(text):
            self.foreign.append(text)


def rendered(data: Prepared) -> str:
    lists = TeamLists(data, Troubled(data))
    return team_html(data, Setting.of(data), lists, Talks(data, lists.keys()))


def read(path: Path) -> Texts:
    page = Texts()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def test_the_english_page_is_english_but_for_names_and_chats(demo: Evaluation, tmp_path: Path) -> None:
    data = prepare(demo, "en")
    (tmp_path / "team.html").write_text(rendered(data), encoding="utf-8")
    month = demo.month
    names = {
        *data.names.values(), *data.ids("shop"), *(p.group for p in demo.profiles.values() if p.group),
        *(plan.name for plan in month.config.plans), *(g.name for p in month.config.plans for g in p.grades),
        *(a.name for p in month.config.plans for a in p.pay.allowances), *(f.file for f in month.inputs),
        *(f.file.split("/")[0] for f in month.inputs), *demo.frames["receptions"]["buyer"].unique(),
        *demo.frames["receptions"]["agent"].drop_nulls().unique(), "智能小松", "听松茶器旗舰店:临", "订单号",
    }  # fmt: skip
    pattern = re.compile(
        "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True) if CHINESE.search(n))
    )
    page = read(tmp_path / "team.html")
    chats = {t for tags, t in page.found if tags and tags[-1] == "li"}
    left = {pattern.sub("", t).strip() for t in page.foreign if t not in chats}
    assert {t for t in left if CHINESE.search(t)} == set()
    assert len(page.found) > 3_000


def test_hostile_names_are_text_in_charts(finished: Finished) -> None:
    page = read(finished.out / "team.html")
    in_charts = [t for tags, t in page.found if "svg" in tags]
    assert any(EVIL_NAME in t for t in in_charts)
    assert not any("b" in tags for tags, t in page.found if "阿强" in t)


def test_every_chart_has_its_words_and_a_table(demo_out: Path) -> None:
    text = (demo_out / "team.html").read_text(encoding="utf-8")
    charts = re.findall(r'<svg class="plot".*?</svg>', text, re.S)
    assert len(charts) > 20
    for chart in charts:
        ids = re.search(r'role="img" aria-labelledby="(\S+) (\S+)"', chart)
        assert ids
        for name in ids.groups():
            assert text.count(f'id="{name}"') == 1
        assert re.search(r"<desc [^>]+>[^<]+</desc>", chart)
    for summary in ("数值与区间的表", "数值的表", "逐对列出"):
        assert f"<summary>{summary}</summary>" in text


def test_the_page_is_the_same_twice(demo: Evaluation, demo_out: Path, tmp_path: Path) -> None:
    write_reports(demo, tmp_path)
    assert (tmp_path / "team.html").read_bytes() == (demo_out / "team.html").read_bytes()


def test_a_thousand_agents_stay_below_ten_megabytes(tmp_path: Path) -> None:
    from bench.generate import generate
    from evaluator.run import evaluate_month

    generate(tmp_path / "month", 30_000, agents=1_000)
    data = prepare(evaluate_month(tmp_path / "month"))
    text = rendered(data)
    assert len(data.employees) >= 900
    assert len(text.encode()) < 10_000_000
    assert "人数多，其余" in text
    for employee in data.employees:
        assert data.name(employee) in text
