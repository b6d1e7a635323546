"""Rows find their reception by place as a join would find it."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from evaluator.kernel import of_receptions
from evaluator.prepare import by_buyer_and_time

KEYS = st.lists(st.integers(-3, 6), max_size=20)


@given(KEYS, st.sets(st.integers(-3, 6)))
def test_as_a_join(keys: list[int], own: set[int]) -> None:
    rows = pl.DataFrame({"key": keys}, schema={"key": pl.Int64}).with_row_index("n")
    receptions = pl.DataFrame({"key": sorted(own)}, schema={"key": pl.Int64}).with_row_index("r")
    joined = rows.join(receptions.select("key", "r"), on="key", maintain_order="left")
    assert of_receptions(rows, receptions.select("key", "r")).equals(joined)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20), st.booleans())
def test_one_number_sorts_as_buyer_time_and_place(rows: list[tuple[int, int]], in_time: bool) -> None:
    schema = {"b": pl.Int32, "ts": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    frame = (frame.sort("ts") if in_time else frame).with_row_index("pos")
    assert by_buyer_and_time(frame).equals(frame.sort("b", "ts", "pos"))
