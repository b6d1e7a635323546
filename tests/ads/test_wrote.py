"""Who wrote which text, each text once."""

from __future__ import annotations

import polars as pl

from evaluator.ads.wrote import Wrote

ROWS = pl.DataFrame({"b": [0, 0, 1, 2, 3], "text": ["有大码吗", "ＡＢ", "有大码吗", None, "ab"]})


def test_each_text_once_and_back_again() -> None:
    wrote = Wrote.of(ROWS)
    assert wrote.texts.to_list() == ["有大码吗", "ＡＢ", "", "ab"]
    assert wrote.said().equals(ROWS.with_columns(pl.col("text").fill_null("")))


def test_texts_of_one_spelling_are_one() -> None:
    wrote = Wrote.of(ROWS).spelled(lambda texts: texts.str.normalize("NFKC").str.to_lowercase())
    assert wrote.texts.to_list() == ["有大码吗", "ab", ""]
    assert wrote.said(wrote.texts == "ab")["b"].to_list() == [0, 3]
    assert wrote.each(wrote.texts.str.len_chars()).to_list() == [4, 2, 4, 0, 2]


def test_nobody_wrote_anything() -> None:
    wrote = Wrote.of(ROWS.clear()).spelled(lambda texts: texts)
    assert not len(wrote.texts)
    assert wrote.said().equals(ROWS.clear())
