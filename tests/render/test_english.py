"""Reports in English: every text has its translation, none is stale, and no Chinese but the shop's own is left."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from evaluator.evaluation import Evaluation
from evaluator.render import write_reports
from evaluator.render.sentences import Sentences
from evaluator.render.sheet import Block, Column
from evaluator.render.words import run_words
from evaluator.reportoptions import ReportOptions
from evaluator.rulebook import builtin, english, labels, metric_catalogue, sentences

SOURCE = Path(__file__).parents[2] / "evaluator"
_SAID_IN_TEMPLATE = re.compile(r"""_\(\s*(["'])(.+?)\1""")
_PLACES = re.compile(r"\{(\w+!?)\}")
CHINESE = re.compile("[\u4e00-\u9fff]")
RUN = re.compile("[\u4e00-\u9fff]+")


def _literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _said() -> Iterator[tuple[str, str]]:
    """(where, text) of every literal text given to ``say`` or ``_``."""
    for path in sorted((SOURCE / "render").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("say", "_say") and isinstance(node.args[0].value, str):
                    yield path.name, node.args[0].value
    for path in sorted(builtin("templates").glob("*.j2")):
        for match in _SAID_IN_TEMPLATE.finditer(path.read_text(encoding="utf-8")):
            yield path.name, match[2]


def _source_texts() -> set[str]:
    return {
        t for path in SOURCE.rglob("*.py") for t in _literals(ast.parse(path.read_text(encoding="utf-8")))
    }


def _prose(folder: str, pattern: str, leave_out: tuple[str, ...] = ()) -> str:
    files = [p for p in sorted(builtin(folder).rglob(pattern)) if p.name not in leave_out]
    return "\n".join(p.read_text(encoding="utf-8") for p in files)


def test_every_text_said_has_its_english() -> None:
    missing = {
        f"{where}: {text}" for where, text in _said() if CHINESE.search(text) and text not in english()
    }
    assert not missing


def test_no_translation_is_stale() -> None:
    texts, prose = _source_texts(), _prose("templates", "*.j2")
    assert not [zh for zh in english() if zh not in texts and zh not in prose]


def test_no_sentence_is_stale() -> None:
    """What a pattern says is written somewhere in the program or its rules."""
    prose = "\n".join(_source_texts()) + _prose("rules", "*.yaml", ("sentences.yaml", "english.yaml"))
    runs = {run for zh in sentences() for piece in _PLACES.split(zh)[::2] for run in RUN.findall(piece)}
    assert not {run for run in runs if run not in prose}


@pytest.mark.parametrize("texts", [english(), sentences()], ids=["english", "sentences"])
def test_translations_fill_the_same_places_and_are_english(texts: dict[str, str]) -> None:
    for zh, told in texts.items():
        assert sorted(_PLACES.findall(zh)) == sorted(_PLACES.findall(told)), zh
        assert not CHINESE.search(told), zh


def test_every_metric_and_label_has_its_english() -> None:
    for info in metric_catalogue().values():
        assert info.named("en") != info.name and not CHINESE.search(info.named("en")), info.id
        assert not CHINESE.search(info.defined("en")), info.id
        assert set(_PLACES.findall(info.definition)) == set(_PLACES.findall(info.defined("en"))), info.id
    entries = {f"{section}.{key}": e for section, found in labels().items() for key, e in found.items()}
    assert not {key for key, entry in entries.items() if not entry.get("en") or CHINESE.search(entry["en"])}


def test_a_value_with_braces_stays_as_it_is() -> None:
    words = run_words({}, {})
    assert words.say("{a} 与 {b}", a="{b}", b="{{7*7}}") == "{b} 与 {{7*7}}"


def test_a_table_is_spoken_in_english() -> None:
    block = Block("绩效工资（元）", (Column("工号"), Column("夜班补贴")))
    spoken = run_words({}, {}, "en").spoken(block)
    assert (spoken.title, [c.title for c in spoken.columns]) == (
        "Payroll (yuan)",
        ["Employee id", "夜班补贴"],
    )
    assert run_words({}, {}).spoken(block) == block


@pytest.mark.parametrize(
    ("chinese", "told"),
    [
        ("以上 4 行之和 = 5,050.00", "sum of the 4 lines above = 5,050.00"),
        ("净销售额 9.00 → 9.00 × 1% = 0.09", "Net sales 9.00 → 9.00 × 1% = 0.09"),
        (
            "协助下单 2 人 × 5 + 协助跟进 1 人 × 3 = 13.00",
            "Assist to order 2 buyers × 5 + Assist to follow up 1 buyers × 3 = 13.00",
        ),
        (
            "50 ≤ 60，得 8 分；有指标不计分，权重由 10 放大到 12.5，得 10.00",
            "50 ≤ 60: 8 points; other figures left out, weight scaled up from 10 to 12.5: 10.00 points",
        ),
        ("未到期：3 个询单延迟统计", "immature: 3 inquiries not due yet"),
        ("账号 {n!} 是机器人", "账号 {n!} 是机器人"),  # nothing fits it
        ("改判给的 合计 是机器人", "合计, to whom it should move, is a robot"),  # a person called that
    ],
)
def test_what_the_calculation_recorded_is_told_in_english(chinese: str, told: str) -> None:
    assert run_words({}, {}, "en").told(chinese) == told
    assert run_words({}, {}).told(chinese) == chinese


def test_a_hostile_sentence_is_searched_once() -> None:
    """Places end where the next piece begins first: no trying back and forth."""
    told = Sentences({}, {"账号{a}、{b}、{c}、{d}、{e}、{f}在哪": "{a} {b} {c} {d} {e} {f}"}).told
    assert told("账号" + "甲、" * 20_000) == ("账号" + "甲、" * 20_000)


# ---- a whole month ----
class _Texts(HTMLParser):
    """Texts and attributes of a page: (whether a chat is quoted there, text)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[bool, str]] = []
        self._in_chat = self._in_span = self._in_style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style, self._in_span = tag == "style", tag == "span"
        self._in_chat |= tag == "ol" and ("class", "chat") in attrs
        self.found += [(False, value) for _, value in attrs if value]

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_span = False
        self._in_chat &= tag != "ol"

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            quoted = self._in_chat and not self._in_span
            self.found.append((quoted or bool(_LAST_MESSAGE.match(data)), data))


_LAST_MESSAGE = re.compile(r"\d\d-\d\d \d\d:\d\d:\d\d　")
_MASKED = re.compile("[^*]\\*\\*[^*]?|[\u4e00-\u9fff]+…")  # a buyer's nick; a name cut off in a chart


def _workbook_texts(path: Path) -> Iterator[tuple[bool, str]]:
    book = openpyxl.load_workbook(path)
    for sheet in book:
        heads: list[object] = []
        for row in sheet.iter_rows():
            if not heads and any(cell.value == "Candidate" for cell in row):
                heads = [cell.value for cell in row]
            for place, cell in enumerate(row):
                if isinstance(cell.value, str):
                    yield bool(heads) and heads[place] == "Words", cell.value
                if cell.comment:
                    yield False, cell.comment.text
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if re.search(r"workbook\.xml$|/charts/|worksheets/.*\.xml$", name):
                told = parts.read(name).decode("utf-8")
                cells = re.sub(r"<sheetData>.*</sheetData>", "", told, flags=re.DOTALL)
                yield from ((False, piece) for piece in re.split(r"[<>\"]", cells))


def _own_words(evaluation: Evaluation) -> set[str]:
    """Runs of Chinese in what the shop wrote: names, groups, plans, files, settings, reasons … but no chat."""
    month = evaluation.month
    texts: list[str] = [file.file for file in month.inputs]
    for table in month.tables.values():
        for column in (c for c, kind in table.schema.items() if kind == pl.String):
            texts += table[column].drop_nulls().unique().to_list()
    for frame in evaluation.frames.values():
        for column in {"shop", "buyer", "account", "agent"} & set(frame.columns):
            texts += frame[column].drop_nulls().unique().to_list()
    for plan in month.config.plans:
        texts += [plan.name, *(grade.name for grade in plan.grades)]
        texts += [allowance.name for allowance in plan.pay.allowances]
    texts += evaluation.frames["ads"]["words"].drop_nulls().to_list()
    texts += [str(value) for key, value in month.config.settings.model_dump().items() if key not in _IDS]
    names = month.tables["roster"].select("name", "account").unique().rows()
    for person in {part for row in names for whole in row for part in re.split("[:：]", whole)}:
        texts += [t.replace(person, "|") for t in texts if person in t and len(person) > 1]
    return {run for text in texts for run in RUN.findall(text)}


_IDS = ("judgment", "by", "filters", "ad", "credit_roles")


def test_no_chinese_but_the_shops_own_is_left(demo: Evaluation, tmp_path: Path) -> None:
    write_reports(demo, tmp_path, ReportOptions(lang="en"))
    own = _own_words(demo)
    pages = [*tmp_path.glob("*.html"), *(tmp_path / "agents").glob("*.html")]
    texts = {found for page in pages for found in _Texts(page.read_text(encoding="utf-8")).found}
    texts |= set(_workbook_texts(tmp_path / "payroll.xlsx"))
    assert len(pages) > 5 and len(texts) > 5_000
    left = {
        (run, text[:80])
        for quoted, text in texts
        for run in RUN.findall(_MASKED.sub("", text))
        if not quoted and run not in own
    }
    assert not left
