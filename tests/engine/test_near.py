"""Orders beside the consults of their buyers: the pairs that a join and a filter give, in pieces of whole rows."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.near import ConsultsByDay

days = st.integers(-2, 4)
consults = st.lists(st.tuples(st.integers(0, 2), days), max_size=12)
orders = st.lists(st.tuples(st.integers(-2, 3), days, st.integers(-1, 6)), max_size=12)


def frame(rows: list[tuple[int, ...]], columns: list[str], number: str) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.Int32)
    return pl.DataFrame(rows, schema=schema, orient="row").with_row_index(number)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(consults, orders)
def test_pairs(
    monkeypatch: pytest.MonkeyPatch, held: list[tuple[int, int]], asked: list[tuple[int, ...]]
) -> None:
    monkeypatch.setattr("evaluator.near.PAIRS", 1)
    talks, rows = frame(held, ["b", "day"], "r"), frame(asked, ["b", "first", "span"], "o")
    last = pl.col("first") + pl.col("span")
    want = rows.join(talks, on="b").filter(pl.col("day").is_between(pl.col("first"), last))
    pieces = list(ConsultsByDay(talks).near(rows, pl.col("first"), last))
    got = pl.concat(pieces)
    assert got.schema == want.schema
    assert sorted(got.select("o", "r", "b", "day").rows()) == sorted(want.select("o", "r", "b", "day").rows())
    in_pieces = [set(piece["o"]) for piece in pieces]
    assert sum(map(len, in_pieces)) == got["o"].n_unique()
    most = max((len(piece) for piece in pieces), default=0)
    assert most <= len(held) + max(got["o"].value_counts()["count"].to_list(), default=0)
