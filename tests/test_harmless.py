"""CSV tables that a spreadsheet opens: foreign texts are never formulas there, and are read back as they were."""

from __future__ import annotations

import io
import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from evaluator.harmless import FREE_TEXT, as_it_was, harmless

TEXTS = st.text(st.sampled_from("'=+-@\t\r甲a,\""), max_size=4) | st.text(max_size=6)


@given(table=st.sampled_from(sorted(FREE_TEXT)), texts=st.lists(TEXTS, max_size=5))
def test_foreign_texts_are_no_formulas_and_come_back(table: str, texts: list[str]) -> None:
    frame = pl.DataFrame(
        {column: [*texts, None] for column in FREE_TEXT[table]},
        schema_overrides=dict.fromkeys(FREE_TEXT[table], pl.String),
    )
    written = harmless(frame, table)
    for column in written:
        assert not any(re.match("[=+\\-@\t\r]", text) for text in column.drop_nulls())
    there = io.BytesIO()
    written.write_csv(there)
    there.seek(0)
    assert as_it_was(pl.read_csv(there, infer_schema=False), table).equals(frame)


def test_only_texts_that_might_run_are_changed() -> None:
    names = ["沈月", "'n 小月", "", "=1+1", "'=1+1", "-3"]
    written = harmless(pl.DataFrame({"name": names}), "payroll")["name"].to_list()
    assert written == ["沈月", "'n 小月", "", "'=1+1", "''=1+1", "'-3"]
