"""Names of a month in runs: codes of buyers as one sort of all of them would give, whatever the limits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.names import Names, merged
from evaluator.shelf import Limits, Shelf

TINY = Limits(worthwhile=64, slice_rows=4, mapped=1 << 12)

PREFIX = "同样长的开头加上很多字" * 3
LETTERS = "ab*é猫𠮷\x00 \U0010ffff"
names = st.one_of(
    st.text(LETTERS, min_size=1, max_size=3),
    st.builds(PREFIX.__add__, st.text(LETTERS, max_size=2)),
    st.just("大"),
)
rows = st.lists(st.tuples(st.sampled_from(["甲店", "乙店", "b", "b2"]), st.none() | names), max_size=40)


def series(block: Sequence[tuple[str, str | None]]) -> tuple[pl.Series, pl.Series]:
    shop, name = ([row[n] for row in block] for n in (0, 1))
    return pl.Series("shop", shop, dtype=pl.String), pl.Series("name", name, dtype=pl.String)


@settings(deadline=None)
@given(
    blocks=st.lists(rows, max_size=6),
    limits=st.sampled_from([Limits(), TINY]),
    most=st.sampled_from([1, 2, 5, 99]),
)
def test_texts_come_back_and_codes_are_those_of_one_sort(
    blocks: list[list[tuple[str, str | None]]], limits: Limits, most: int
) -> None:
    kept = Names(Shelf(limits=limits))
    places = [kept.add(*series(block)) for block in blocks]
    for block, place in zip(blocks, places, strict=True):
        assert kept.texts(place).to_list() == [name for _, name in block]
    every = sorted({row for block in blocks for row in block if row[1] is not None})
    found, code = [], np.full(kept.places, -1)
    for part in merged(kept.runs, np.ones(kept.places, dtype=bool), most):
        code[part.places] = len(found) + part.which
        found += [(part.shop, name) for name in part.texts]
    assert found == every
    got = [None if p is None else every[code[p]] for place in places for p in place]
    assert got == [row if row[1] is not None else None for block in blocks for row in block]


def test_only_wanted_places_count() -> None:
    kept = Names(Shelf())
    kept.add(*series([("甲店", "a"), ("甲店", "b")]))
    kept.add(*series([("甲店", "a"), ("乙店", "c")]))
    wanted = np.array([False, True, True, False])  # the second run is sorted: 乙店 c, 甲店 a
    found = [
        (part.shop, part.texts.to_list(), part.places.tolist()) for part in merged(kept.runs, wanted, 10)
    ]
    assert found == [("乙店", ["c"], [2]), ("甲店", ["b"], [1])]


def test_ranges_are_no_larger_than_said() -> None:
    """However the names lie: many runs, one shared beginning."""
    kept, random = Names(Shelf()), np.random.default_rng(3)
    for n in range(20):
        own = [f"{PREFIX}{k:06d}" for k in random.integers(0, 3000 if n % 2 else 50, 500)]
        kept.add(*series([("甲店", name) for name in own]))
    parts = list(merged(kept.runs, np.ones(kept.places, dtype=bool), 400))
    assert len(parts) > 5 and max(len(part.places) for part in parts) <= 400 + len(kept.runs)


@pytest.mark.parametrize("parts", [[], [[]], [["a"]], [["a", "x" * 13], [], ["猫" * 5, "", "y" * 40]]])
def test_texts_in_one_piece(parts: list[list[str]], tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    on = shelf.lay(pl.DataFrame({"a": [1]}))  # it is in use from here on
    column = shelf.texts("name", (pl.Series(part, dtype=pl.String) for part in parts))
    assert column.to_list() == [text for part in parts for text in part]
    assert column.n_chunks() == 1 and column.dtype == pl.String and on.height == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_added_to_a_copy_is_not_in_the_first() -> None:
    kept = Names(Shelf(limits=TINY))
    kept.add(*series([("甲店", "a" * 30)]))
    more = kept.more()
    assert more.texts(more.add(*series([("甲店", "b" * 90)]))).to_list() == ["b" * 90]
    assert (kept.places, len(kept.runs), more.places) == (1, 1, 2)
