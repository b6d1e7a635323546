"""Months in which most nicks are masked: who is who as the slow definition says, however little is held at a time."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle.identity import OWN, Identity, fits
from oracle.load import load

from evaluator.claims import NOBODY, SEVERAL, Claims
from evaluator.masks import fitting, matches
from evaluator.prepare import Bucket, prepare
from evaluator.roster import Roster
from evaluator.run import evaluate_month
from evaluator.settings import load_month
from evaluator.shelf import Limits
from evaluator.sources import read_month

ROSTER = "account,employee_id,name,group,role\n甲店:小一,E1,张一,一组,售前\n"
PERIOD = "period: {start: 2026-10-01, end: 2026-11-01}\nplatform: tmall\n"

LETTERS = "ab.*\n猫𠮷\U0010ffff"
words = st.text(LETTERS, min_size=1, max_size=5)
masks = st.builds("{}*{}".format, st.text(LETTERS, max_size=2), st.text(LETTERS, max_size=2))


@settings(deadline=None)
@given(st.lists(st.tuples(masks, words), min_size=1, max_size=20))
@example(
    [("a*a", "a"), ("a*a", "aa"), ("*", ""), ("a*ab*b", "aab"), ("a*b*b*", "ab"), ("*.*", "a"), ("*A", "a")]
)
def test_a_nick_fits_a_mask_as_the_pattern_says(pairs: list[tuple[str, str]]) -> None:
    masks, nicks = (pl.Series([pair[n] for pair in pairs], dtype=pl.String) for n in (0, 1))
    assert matches(masks, nicks).to_list() == [fits(mask, nick) for mask, nick in pairs]


def test_a_mask_made_to_be_slow_is_not() -> None:
    """By a regular expression it would take years."""
    assert matches(pl.Series(["a*" * 30 + "b"]), pl.Series(["a" * 3000])).to_list() == [False]


@settings(deadline=None)
@given(st.sets(words, min_size=1, max_size=30), st.lists(words, max_size=9), st.sampled_from([1, 2, 7, 99]))
def test_the_only_nick_that_fits(known: set[str], asked: list[str], rows: int) -> None:
    nicks = sorted(known)
    plain = np.array(["*" not in nick for nick in nicks])
    masks = [word for word in [*nicks, *asked] if "*" in word]
    got = fitting(pl.Series(masks, dtype=pl.String), pl.Series(nicks), plain, rows)
    for mask, only in zip(masks, got, strict=True):
        places = [n for n, nick in enumerate(nicks) if plain[n] and fits(mask, nick)]
        assert only == (NOBODY if not places else places[0] if len(places) == 1 else SEVERAL), mask


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 3)), max_size=20), st.integers(1, 9))
def test_claims_come_in_any_pieces(claims: list[tuple[int, int]], size: int) -> None:
    found = Claims(5)
    for at in range(0, len(claims), size):
        part = np.array(claims[at : at + size], dtype=np.int32)
        found.add(part[:, 0], part[:, 1])
    for what, only in enumerate(found.only):
        who = {w for claimed, w in claims if claimed == what and w >= 0}
        assert only == (NOBODY if not who else min(who) if len(who) == 1 else SEVERAL)
        assert (found.least[what], found.greatest[what]) == (
            (min(who), max(who)) if who else (NOBODY, NOBODY)
        )


SHOPS, DAYS = ("甲店", "乙店"), (date(2026, 10, 1), date(2026, 10, 2))
PLAIN = ("ann", "anna", "abba", "bob", "猫1猫", "A.B")
MASKED = ("a**a", "a*", "*", "b*b", "a*n*a", "**猫", "z*z", "a*a*a", "A*B", "a.*")
NUMBERS = ("n0", "n1", "n2", "n3", "n4", "none")
nicks = st.sampled_from([*MASKED, *PLAIN[:4], *MASKED])
said = st.tuples(st.sampled_from(SHOPS), nicks, st.integers(0, 1), st.sampled_from([None, None, *NUMBERS]))
sold = st.tuples(st.sampled_from(SHOPS), st.none() | nicks)
Said = list[tuple[str, str, int, str | None]]
Sold = list[tuple[str, str | None]]


def table(folder: Path, name: str, columns: str, rows: list[tuple[str, ...]]) -> None:
    (folder / f"{name}.csv").write_text("\n".join([columns, *map(",".join, rows)]) + "\n", "utf-8")


def write(folder: Path, messages: Said, orders: Sold) -> Path:
    (folder / "roster.csv").write_text(ROSTER, "utf-8")
    (folder / "period.yaml").write_text(PERIOD, "utf-8")
    talk = [
        (s, b, "甲店:小一", "buyer", f"{DAYS[d]} 09:00:00", str(n), o or "")
        for n, (s, b, d, o) in enumerate(messages)
    ]
    bought = [(s, f"n{n}", b or "", f"{DAYS[0]} 09:01:00", "1") for n, (s, b) in enumerate(orders)]
    table(folder, "messages", "shop,buyer,account,sender,ts,text,order_id", talk)
    table(folder, "orders", "shop,order_id,buyer,created,amount", bought)
    return folder


def coded(folder: Path, limits: Limits) -> Bucket:
    month = read_month(load_month(folder), limits=limits)
    assert not month.rejects
    return prepare(month, Roster.of(month.tables["roster"]))


def agrees(folder: Path, got: Bucket) -> None:
    """Orders and chats are whose the oracle says."""
    want, names = Identity(load(folder)), got.codes.buyers
    own = {
        b: (shop, who.replace("\x00", OWN)) for b, shop, who in names.select("b", "shop", "who").iter_rows()
    }
    orders = got.orders.select("shop", "order_id", "b").iter_rows()
    found = {(shop, number): own[b][1] if b >= 0 else None for shop, number, b in orders}
    assert found == want.order_buyer
    talk = [(row["shop"], want.message_buyer(row)) for row in want.month.rows("messages")]
    assert [own[b] for b in got.rows["b"]] == talk
    assert sorted(own.values()) == sorted({*talk, *((s, who) for (s, _), who in found.items() if who)})
    asked = [(shop, nick, day) for shop in SHOPS for nick in (*MASKED, *PLAIN, "q*") for day in DAYS]
    rows = pl.DataFrame(asked, schema=["shop", "buyer", "date"], orient="row")
    who = got.identities.by_chat(rows.with_columns(pl.col("date").to_physical().alias("day")))["who"]
    assert who.str.replace("\x00", OWN, literal=True).to_list() == [want.dated(*each) for each in asked]


@settings(deadline=None, max_examples=40)
@given(st.lists(said, min_size=1, max_size=30), st.lists(sold, max_size=5), st.integers(1, 9))
def test_masked_months(messages: Said, orders: Sold, slice_rows: int) -> None:
    """In memory, and with everything on the shelf and a few rows at a time."""
    for limits in (Limits(), Limits(loose=1, worthwhile=0, slice_rows=slice_rows)):
        with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
            patch.setattr("evaluator.sources.month.SMALL", 0)  # each block is a run
            folder = write(Path(name), messages, orders)
            agrees(folder, coded(folder, limits))


def test_of_many_ambiguous_nicks_the_first_are_named(tmp_path: Path) -> None:
    """And orders, of which there may be as many: the others are counted."""
    names = [f"a{n:03}" for n in range(205)]
    talk: Said = [("甲店", name + end, 0, None) for name in names for end in ("x", "y", "*")]
    month = evaluate_month(write(tmp_path, talk, [("甲店", f"{name}*") for name in names[:7]]))
    told = [item for item in month.review if item.kind == "ambiguous_buyer"]
    assert [item.subject for item in told] == [*(f"甲店 / {name}*" for name in names[:200]), "…"]
    assert told[-1].detail.startswith("另有 12 项，")


def test_a_nick_that_is_written_like_an_ambiguous_buyer(tmp_path: Path) -> None:
    """Names of buyers are different, whatever somebody calls himself (in Parquet; NUL in other files is damage)."""
    nicks = ["tx", "ty", "t*", "t*0", "u"]
    folder = write(tmp_path, [("甲店", nick, 0, None) for nick in nicks], [])
    rows = pl.read_csv(folder / "messages.csv", infer_schema=False)
    (folder / "messages.csv").unlink()
    rows.with_columns(pl.col("buyer").str.replace("0", "\x00")).write_parquet(folder / "messages.parquet")
    month = coded(folder, Limits())
    assert month.codes.buyers["who"].to_list() == ["t*\x00", "tx", "ty", "u"]
    assert month.rows["b"].to_list() == [1, 2, 0, 0, 3]
