"""An agent's page has nothing of anyone else: not in text, attributes, titles of charts, comments, or by arithmetic."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hostile_month import EVIL_ID, PLAN, Finished, write_month
from test_pages import agent_file, naming, parsed

from evaluator.evaluation import Evaluation
from evaluator.render import write_reports
from evaluator.render.text import file_name, mask_buyer, page_files, visible
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.redact import _names_someone
from evaluator.run import evaluate_month

SHORTEST = 4  # characters of a nick that is looked for: shorter ones are words


def raw_and_read(path: Path) -> tuple[str, str]:
    """The page as written, and with all its markup read: attributes, comments, titles."""
    raw = path.read_text("utf-8")
    return raw, html.unescape(raw)


def months(finished: Finished, demo: Evaluation, demo_out: Path) -> Iterator[tuple[Evaluation, Path]]:
    yield finished.evaluation, finished.out
    yield demo, demo_out


def alone(word: str, text: str, letters: str) -> bool:
    """Whether a word stands in a text, with none of these characters before or behind it."""
    return word in text and bool(re.search(f"(?<![{letters}]){re.escape(word)}(?![{letters}])", text))


def test_no_name_id_account_or_nick_of_others(finished: Finished, demo: Evaluation, demo_out: Path) -> None:
    for evaluation, out in months(finished, demo, demo_out):
        roster = evaluation.month.tables["roster"]
        named: dict[str, set[str]] = {}
        for employee, name, account in roster.select("employee_id", "name", "account").iter_rows():
            parts = {employee, name, account, account.split(":")[-1]}
            named.setdefault(employee, set()).update(t for t in parts if _names_someone(t))
        shops = set(evaluation.frames["receptions"]["shop"].unique())
        nicks = {n for n in evaluation.frames["receptions"]["buyer"].unique() if len(n) >= SHORTEST}
        for employee, name in page_files(Prepared(evaluation, None).employees).items():  # type: ignore[arg-type]
            raw, text = raw_and_read(out / "agents" / name)
            others = set().union(*(t for e, t in named.items() if e != employee)) - named[employee] - shops
            for token in others:
                assert not alone(visible(token), text, "0-9A-Za-z_"), (employee, token)
            for nick in nicks:
                assert nick not in raw and not alone(nick, text, r"\w"), (employee, nick)
            assert "<!--" not in raw


def test_no_pay_and_no_score_of_others(finished: Finished, demo: Evaluation, demo_out: Path) -> None:
    for evaluation, out in months(finished, demo, demo_out):
        totals = {p.employee_id: p.amount for p in evaluation.pay.lines if p.line == "total"}
        for me in totals:
            own_lines = {p.amount for p in evaluation.pay.lines if p.employee_id == me}
            _, text = raw_and_read(agent_file_of(out, evaluation, me))
            for other, amount in totals.items():
                if other != me and amount not in own_lines and amount > 100:
                    assert f"{amount:,.2f}" not in text and f"{amount:.2f}" not in text, (me, other)
            scores = evaluation.score_book.by_employee
            for other, score in scores.items():
                own = scores.get(me)
                if other == me or score.total is None or (own and score.total == own.total):
                    continue
                assert not re.search(rf"总分 ?{score.total}(?!\d)", text), (me, other)


def agent_file_of(out: Path, evaluation: Evaluation, employee: str) -> Path:
    return out / "agents" / file_name(employee)


def test_a_pool_of_few_tells_nobodys_score(finished: Finished) -> None:
    """From amount, own share and pool the sum of all, so of two the other's, would follow."""
    shares = [p for p in finished.evaluation.pay.lines if p.line == "pool"]
    assert len(shares) == 4
    for line in shares:
        text = parsed(agent_file(finished, line.employee_id)).text
        assert "团队奖池按方案分给 4 人；人数少，只列您分得的数" in text
        assert line.inputs["of"] not in text and "奖池 1,000.00" not in text


@pytest.mark.parametrize(
    ("shown", "says"), [("none", None), ("place", "第 {n} 名"), ("place_of", "第 {n} 名，共 {of} 人")]
)
def test_rank_only_as_the_plan_shows_it(tmp_path: Path, shown: str, says: str | None) -> None:
    month = write_month(tmp_path / "month")
    ranked = "  - {metric: sales, weight: 20, method: rank, percentile: true, fallback: 5}\ngates:"
    plan = PLAN.replace("show_rank: place\n", f"show_rank: {shown}\n").replace("gates:", ranked, 1)
    (month / "plan.yaml").write_text(plan, "utf-8")
    evaluation = evaluate_month(month)
    write_reports(evaluation, tmp_path / "out")
    for me, score in evaluation.score_book.by_employee.items():
        page = parsed(tmp_path / "out" / "agents" / file_name(me)).text
        told = set(re.findall(r"(?<!组内)第 \d+ 名(?:，共 \d+ 人)?", page))
        assert score.rank is not None
        assert told == ({says.format(n=score.rank, of=score.ranked)} if says else set())
        assert ("同组可比" in page) == (shown == "place_of")


def test_the_next_step_of_a_place_names_no_figure(demo: Evaluation, demo_out: Path) -> None:
    sales = {
        who: cell.value for (who, metric), cell in demo.cells.items() if metric == "sales" and cell.value
    }
    for me in ("E02", "E06", "E09"):
        text = parsed(demo_out / "agents" / f"{me}.html").text
        assert "名次前进 1 位" in text
        for other, value in sales.items():
            if other != me and value > 1_000:
                assert f"{Decimal(int(value)):,.2f}" not in text, (me, other)


def test_buyers_are_masked(finished: Finished) -> None:
    page = parsed(agent_file(finished, "E02")).text
    assert mask_buyer("buyerbeta22") in page and "buyerbeta22" not in page


# ---- size and names ----
def test_a_page_too_large_is_made_shorter_and_says_so(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit lowered to where the hostile page lies, in place of a month of a million orders."""
    whole = agent_file(finished, EVIL_ID)
    limit = whole.stat().st_size * 9 // 10
    monkeypatch.setattr("evaluator.render.pages.PAGE_LIMIT", limit)
    write_reports(finished.evaluation, tmp_path)
    page = tmp_path / "agents" / whole.name
    assert page.stat().st_size <= limit
    counts = re.findall(r"共 ([\d,]+) 条，此处列前 ([\d,]+) 条", parsed(page).text)
    assert counts and all(int(of) > int(listed) for of, listed in counts)
    assert not re.search(r"共 [\d,]+ 条，此处列前", parsed(whole).text)


def test_every_id_is_a_file_of_its_own_on_every_system() -> None:
    ids = [
        *("E01", "e01", "CON", "con.txt", "NUL", "aux", "COM1", "lpt9.x", "...", ".", "..", "a.", "a ", " a"),
        *("../E", "..\\E", "a/b", "a\\b", "a:b", "a*b?", "x" * 200, "X" * 200, "x" * 199 + "y", "\x00", "a\x00b"),
        *("\u202eabc", "\u200b", "é", "e\u0301", "张三", "😀", "~", "%41", "A", "-rf", "|", '"', "<b>"),
    ]  # fmt: skip
    files = page_files(ids)
    assert len({name.casefold() for name in files.values()}) == len(ids)
    for employee, name in files.items():
        assert name.endswith(".html") and len(name.encode()) <= 240, employee
        assert not re.search(r'[\x00-\x1f<>:"/\\|?*\u200b\u202e]', name), employee
        stem = name.removesuffix(".html")
        assert stem and not stem.startswith(".") and stem[-1] not in ". ", employee
        assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", stem), employee


def test_the_text_of_a_pool_of_many_stays_whole(demo: Evaluation, demo_out: Path) -> None:
    lines = [p for p in demo.pay.lines if p.line == "pool"]
    assert all(p.formula in parsed(demo_out / "agents" / f"{p.employee_id}.html").text for p in lines)
    few = replace(lines[0], inputs=lines[0].inputs | {"people": "5"})
    assert int(lines[0].inputs["people"]) > int(few.inputs["people"])


def test_naming_covers_the_roster() -> None:
    assert naming("E01") == {"E01", "小美", "shop:小美01", "小美01"}
