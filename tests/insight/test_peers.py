"""同行: percentiles by nearest rank from the worst value to the best, from the table or the shops of the run."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest

from evaluator.insight.peers import Figure, Peer, peer_of, percentile, standing
from evaluator.tables import TABLES

SHARE = Figure("satisfaction", ("客户满意率",), is_share=True)
WAIT = Figure("avg_response", lower_is_better=True)


def table(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    schema = {c: t for c, t in TABLES["peers"].schema.items() if not c.startswith("_")}
    made = [(m, Decimal(v), None if p is None else Decimal(p)) for m, v, p in rows]
    return pl.DataFrame(made, schema=schema, orient="row")


def shops(*values: str | None) -> dict[str, Fraction | None]:
    return {f"店{n}": None if v is None else Fraction(v) for n, v in enumerate(values)}


@pytest.mark.parametrize(
    ("percent", "lower", "expected"),
    [(60, False, 6), (90, False, 9), (60, True, 5), (90, True, 2), (100, False, 10), (1, False, 1)],
)
def test_percentile_counts_from_the_worst(percent: int, lower: bool, expected: int) -> None:
    """1 … 10: the 6th and the 9th best; where lower is better they are 5 and 2."""
    assert percentile([Fraction(n) for n in range(1, 11)], percent, lower) == expected


def test_three_shops_make_peers() -> None:
    """⌈0.6 × 3⌉ = 2nd, ⌈0.9 × 3⌉ = 3rd; a shop without the figure is none of them."""
    found = peer_of(SHARE, shops("0.8", "0.9", None, "0.95"), None)
    assert (found.average, found.excellent, found.shops) == (Fraction("0.9"), Fraction("0.95"), 3)
    assert (found.source, found.reason) == ("shops", "")


def test_two_shops_make_none() -> None:
    found = peer_of(SHARE, shops("0.8", None, "0.95"), None)
    assert (found.average, found.excellent, found.shops) == (None, None, 2)
    assert "只有 2 家" in found.reason


def test_the_table_comes_first() -> None:
    rows = table(("satisfaction", "0.88", "60"), ("satisfaction", "0.97", "90"), ("other", "1", "60"))
    found = peer_of(SHARE, shops("0.1", "0.1", "0.1"), rows)
    assert (found.average, found.excellent) == (Fraction("0.88"), Fraction("0.97"))
    assert (found.source, found.shops, found.reason) == ("peers", 0, "")


def test_the_table_may_use_the_name_and_a_share() -> None:
    found = peer_of(SHARE, {}, table(("客户满意率", "0.88", "0.6")))
    assert (found.average, found.excellent) == (Fraction("0.88"), None)
    assert "优秀（90 分位）" in found.reason


def test_a_row_without_percentile_is_the_average() -> None:
    found = peer_of(WAIT, {}, table(("avg_response", "45", None), ("avg_response", "20", "90")))
    assert (found.average, found.excellent, found.reason) == (45, 20, "")


def test_rows_without_percentile_are_shops() -> None:
    found = peer_of(WAIT, {}, table(*(("avg_response", v, None) for v in ("60", "30", "40"))))
    assert (found.average, found.excellent, found.shops) == (40, 30, 3)


def test_two_rows_without_percentile_say_nothing() -> None:
    found = peer_of(WAIT, {}, table(("avg_response", "60", None), ("avg_response", "30", None)))
    assert (found.average, found.excellent) == (None, None)
    assert "没有写 percentile" in found.reason


def test_contradictions_are_told() -> None:
    rows = table(("avg_response", "60", "60"), ("avg_response", "30", "60"), ("avg_response", "9", "90"))
    found = peer_of(WAIT, {}, rows)
    assert (found.average, found.excellent) == (None, 9)
    assert "60 分位有不同的值" in found.reason


def test_a_share_above_one_is_refused() -> None:
    found = peer_of(SHARE, shops("0.8", "0.9", "0.95"), table(("satisfaction", "95", "60")))
    assert found.average is None
    assert "0 到 1" in found.reason


@pytest.mark.parametrize(
    ("value", "expected"), [("20", "优秀"), ("21", "达到平均"), ("45", "达到平均"), ("45.1", "低于平均")]
)
def test_standing_where_lower_is_better(value: str, expected: str) -> None:
    assert standing(Fraction(value), Peer(Fraction(45), Fraction(20)), True) == expected


def test_no_standing_without_figures() -> None:
    assert standing(None, Peer(Fraction(1)), False) == ""
    assert standing(Fraction(1), Peer(), False) == ""
