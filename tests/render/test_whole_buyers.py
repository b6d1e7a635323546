"""Slices of tables of buyers: whole buyers, every row once."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from evaluator.render.view.slices import whole_buyers

BUYERS = st.lists(st.tuples(st.sampled_from("甲乙"), st.sampled_from("abc")), max_size=30)


@given(BUYERS, st.integers(1, 9))
def test_every_buyer_is_in_one_slice(buyers: list[tuple[str, str]], most: int) -> None:
    schema = {"shop": pl.String, "buyer": pl.String}
    rows = pl.DataFrame(sorted(buyers), schema=schema, orient="row").with_row_index("n")
    parts = list(whole_buyers(rows, most))
    assert pl.concat(parts).equals(rows)
    seen = [set(part.select("shop", "buyer").rows()) for part in parts]
    assert sum(map(len, seen)) == len(set(buyers))
