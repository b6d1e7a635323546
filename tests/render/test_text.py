"""Foreign text made safe to show."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.render.sheet import show
from evaluator.render.text import CELL_LIMIT, cell_text, clip, file_name, mask_buyer, page_files, visible
from evaluator.render.view.redact import Redactor, naming_tokens
from evaluator.render.view.slices import foremost


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("普通 text\t1\n2", "普通 text\t1\n2"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("零\u200b宽\ufeff", "零⟨U+200B⟩宽⟨U+FEFF⟩"),
        ("行\u2028尾", "行⟨U+2028⟩尾"),
        ("\ud800", "⟨U+D800⟩"),
        ("👨\u200d👩", "👨\u200d👩"),  # joined emoji stay
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_long_text_is_cut_with_a_mark() -> None:
    assert clip("长" * 50_000, 10) == "长" * 10 + "…〔共 50,000 字〕"
    assert clip("长" * 10, 10) == "长" * 10


@pytest.mark.parametrize("text", ["长" * 50_000, "😀" * 20_000, "x" * CELL_LIMIT])
def test_a_cell_holds_no_more_than_excel_takes(text: str) -> None:
    cell = cell_text(text)
    assert len(cell.encode("utf-16-le")) // 2 <= CELL_LIMIT
    assert ("已截断" in cell) == (len(text.encode("utf-16-le")) // 2 > CELL_LIMIT)


def test_rich_text_of_the_writer_is_not_passed_through() -> None:
    assert cell_text("<r><t>x</t></r>") == "<r><t>x</t></r> "


@pytest.mark.parametrize(
    ("buyer", "masked"),
    [("小红帽2020", "小**0"), ("ab", "a**"), ("a", "**"), ("t**1", "t**1"), (None, "（未关联）")],
)
def test_buyers_are_masked(buyer: str | None, masked: str) -> None:
    assert mask_buyer(buyer) == masked


@pytest.mark.parametrize(
    ("employee", "name"),
    [
        ("E01", "E01.html"), ("张三", "张三.html"), ("../E 03", "%2E%2E%2FE%2003.html"),
        ("a/b", "a%2Fb.html"), ("..", "%2E%2E.html"), ("CON", "%43ON.html"), (".hidden", "%2Ehidden.html"),
        ("a\x00", "a%00.html"),
    ],
)  # fmt: skip
def test_an_id_that_is_no_file_name_is_encoded(employee: str, name: str) -> None:
    assert file_name(employee) == name


def test_ids_that_differ_in_case_only_get_different_files() -> None:
    names = page_files(["E01", "e01"])
    assert len({n.casefold() for n in names.values()}) == 2


def test_long_ids_give_names_that_file_systems_take() -> None:
    first, second = file_name("工号/" * 100), file_name("工号/" * 100 + "x")
    assert first != second
    assert max(len(first.encode()), len(second.encode())) <= 255


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("找小雅", "找同事"),
        ("我是小美", "我是小美"),
        ("E02说", "同事说"),
        ("型号E021", "型号E021"),  # inside a longer number: no name
        ("E01", "E01"),
        ("shop:小雅02", "同事"),
        ("别人 buyerbeta22 买了", "别人 另一位买家 买了"),
        ("您好buyerbeta22", "您好另一位买家"),
        ("我叫alpha1", "我叫a**1"),
        ("第 3 号", "第 3 号"),
    ],
)
def test_colleagues_and_other_buyers_are_hidden(text: str, seen: str) -> None:
    people = {
        "E01": naming_tokens("E01", ["小美"], ["shop:小美01"]),
        "E02": naming_tokens("E02", ["小雅"], ["shop:小雅02"]),
        "3": naming_tokens("3", ["强"], []),  # too short to be told from other text
    }
    assert (
        Redactor(people, frozenset({"buyerbeta22", "alpha1"}).intersection).hide(text, "E01", "alpha1")
        == seen
    )


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "money", "—"), (1234.5, "money", "1,234.50"), (0.4166, "ratio", "41.66%"), (3, "count", "3"),
        (1.5, "factor", "1.5"), (12.34, "seconds", "12.3"), ("静默", "text", "静默"),
    ],
)  # fmt: skip
def test_how_values_are_shown(value: object, kind: str, text: str) -> None:
    assert show(value, kind) == text  # type: ignore[arg-type]


def test_nicks_are_asked_for_once() -> None:
    asked: list[set[str]] = []

    def nicks(words: Collection[str]) -> set[str]:
        asked.append(set(words))
        return {"buyerbeta22", "小红帽买东西"} & set(words)

    told = [
        ("您好buyerbeta22，12345 元", "E01", None),
        ("小红帽买东西 说好", "E01", "alpha1"),
        ("alpha1 好", "E01", "alpha1"),
    ]
    redactor = Redactor({}, nicks)
    redactor.learn(told)
    seen = [redactor.hide(*text) for text in told]
    assert seen == ["您好另一位买家，12345 元", "另一位买家 说好", "a**1 好"]
    assert asked == [{"您好buyerbeta22", "buyerbeta22", "小红帽买东西"}]
    assert redactor.hide("alpha1 的 buyerbeta22", "E01") == "alpha1 的 另一位买家"  # one that was not learned
    assert asked[1:] == [{"alpha1"}]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.integers(0, 3)), max_size=40),
    st.integers(1, 6),
    st.booleans(),
)
def test_foremost_keeps_whatever_can_be_first(
    rows: list[tuple[str, int, int]], limit: int, descending: bool
) -> None:
    frame = pl.DataFrame(rows, schema={"who": pl.String, "x": pl.Int64, "y": pl.Int64}, orient="row")

    def first(frame: pl.DataFrame) -> pl.DataFrame:
        ranked = frame.sort("x", "y", descending=[descending, False], maintain_order=True)
        return ranked.group_by("who", maintain_order=True).head(limit).sort("who", maintain_order=True)

    few = foremost(frame, "x", limit, descending=descending, by="who")
    assert first(few).rows() == first(frame).rows()
    every = frame.sort("x", "y", descending=[descending, False]).head(limit).rows()
    own = foremost(frame, "x", limit, descending=descending)
    assert own.sort("x", "y", descending=[descending, False]).head(limit).select("x", "y").rows() == [
        row[1:] for row in every
    ]
