"""Chats, ratings and log-ins of every source, in every encoding and as lists of one, read as the canonical rows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from layouts import LAYOUTS
from months import ORDERS, ROSTER, Month
from talks import EVENTS, FORMS, LOGGED, RATED, TALK, Files, Form, Said, collapsed, written
from trade import SHOP

from evaluator.model import MonthData
from evaluator.sources.registry import FORMATS

OWN = "shop,buyer,account,sender,ts,text\n甲店,b,甲店:九,buyer,2026-10-01 09:00:00,x\n"
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")


@pytest.fixture
def base(tmp_path):
    """A month with a message and an order of its own."""
    return Month(tmp_path).write("messages.csv", OWN).write("orders.csv", ORDERS).write("roster.csv", ROSTER)


def read(month: Month, files: Files, formats: set[str], **how: Any) -> MonthData:
    for name, content in files.items():
        month.write(name, written(name, content, **how))
    got = month.read(shop=SHOP)
    assert {e.format for e in got.inputs if not e.format.startswith("canonical")} == formats
    assert not got.rejects
    return got


def of_sources(got: MonthData, table: str) -> pl.DataFrame:
    """The rows that no canonical file gave."""
    ours = [i for i, e in enumerate(got.inputs) if not e.format.startswith("canonical")]
    return got.tables[table].filter(pl.col("_file").is_in(ours))


def check_talk(month: Month, form: Form, said: tuple[Said, ...], files: Files, **how: Any) -> None:
    got = read(month, files, {form.format}, **how)
    found = (
        of_sources(got, "messages")
        .sort("ts")
        .select("shop", "buyer", "account", "sender", "ts", "text", "kind")
    )
    want = [form.canonical(line) for line in sorted(said, key=lambda line: line.ts)]
    assert found.rows() == [(form.shop, s.buyer, s.account, s.sender, s.ts, s.text, s.kind) for s in want]


@pytest.mark.parametrize("name", FORMS)
def test_talks(name, base):
    check_talk(base, FORMS[name], TALK, FORMS[name].files(TALK))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", [name for name in FORMS if name != "web book"])
def test_talks_in_any_encoding(name, encoding, base):
    check_talk(base, FORMS[name], TALK, FORMS[name].files(TALK), encoding=encoding, pretty=True)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("name", ["导出.csv", "导出.xls", "导出.xlsx", "导出"])
def test_a_workbook_of_talks_whatever_it_is_called(name, old, base):
    data = written("导出.xlsx", FORMS["web book"].files(TALK)["导出.xlsx"], old=old)
    check_talk(base.write(name, data), FORMS["web book"], TALK, {})


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.top])
@pytest.mark.parametrize("count", [1, 2, len(TALK)])
def test_lists_of_one_as_objects(name, count, base):
    said = TALK[:count]
    files = {file: [collapsed(d) for d in documents] for file, documents in FORMS[name].files(said).items()}
    assert '"msg": {' in str(files).replace("'", '"') or name != "chatlog" or count > 1
    check_talk(base, FORMS[name], said, files)


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("name", RATED)
def test_ratings(name, bare, base):
    """0 is the best of five in kefueval, 1 the best of four in the old evals; JD goes by its words."""
    form, files, ratings = RATED[name]
    for given in (ratings, ratings[:1]):
        made = files(given)
        got = read(base, {f: [collapsed(d) if bare else d for d in docs] for f, docs in made.items()}, {form})
        found = of_sources(got, "ratings").select("shop", "buyer", "account", "ts", "score", "source")
        assert found.rows() == [(SHOP, r.buyer, r.account, r.ts, r.score, "human") for r in given]


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("name", LOGGED)
def test_log_ins(name, bare, base):
    formats, files = LOGGED[name]
    for given in (EVENTS, EVENTS[:2]):
        made = files(given)
        got = read(
            base, {f: [collapsed(d) if bare else d for d in docs] for f, docs in made.items()}, set(formats)
        )
        found = of_sources(got, "online").select("account", "ts", "event")
        assert found.rows() == [(e.account, e.ts, e.event) for e in given]


def test_every_format_goes_there_and_back():
    """Formats that feed canonical tables, and no test writes and reads back."""
    done = {layout.format for layout in LAYOUTS} | {form.format for form in FORMS.values()}
    done |= {form for form, _, _ in RATED.values()} | {f for formats, _ in LOGGED.values() for f in formats}
    elsewhere = {
        "canonical": "test_canonical",
        "roster_cn": "test_taobao_tables",
        "refused": "test_platform_chats",
    }
    elsewhere |= {"platform_report": "test_platform_reports"}
    elsewhere |= dict.fromkeys(
        ("taobao_trades", "taobao_refunds_api", "taobao_loginlogs", "jd_order_search"), "test_api_tables"
    )
    assert {module.ID for module in FORMATS} - done <= set(elsewhere)
