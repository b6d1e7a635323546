"""评价标签 TOP 10."""

from __future__ import annotations

import polars as pl
import pytest

from evaluator.insight.tags import tag_counts


def ratings(*rows: tuple[int, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"score": pl.Int64, "tags": pl.String}, orient="row")


@pytest.mark.parametrize("between", ["、", ",", "，", ";", "；", "|", "｜", " ", "　", "\n", "、 ", "/"])
def test_separators(between: str) -> None:
    found = tag_counts(ratings((5, f"热情{between}专业")))
    assert sorted(found["tag"]) == ["专业", "热情"]


def test_counts_shares_and_means() -> None:
    """Four ratings: 热情 in three (5, 4, 1), 慢 in two (1, 2); twice in one rating counts once."""
    found = tag_counts(ratings((5, "热情、热情"), (4, "热情"), (1, "慢;热情"), (2, "[慢]"), (3, None)))
    assert found.to_dicts() == [
        {"tag": "热情", "count": 3, "share": 0.6, "mean": pytest.approx(10 / 3), "good": 2, "bad": 1},
        {"tag": "慢", "count": 2, "share": 0.4, "mean": 1.5, "good": 0, "bad": 2},
    ]


def test_ten_at_most_and_equal_ones_by_name() -> None:
    found = tag_counts(ratings((5, "、".join(f"标签{n:02}" for n in range(12))), (5, "标签11")))
    assert found["tag"].to_list() == ["标签11", *(f"标签{n:02}" for n in range(9))]


def test_no_tags() -> None:
    assert tag_counts(ratings((5, None), (4, " 、 "))).height == 0
    assert tag_counts(ratings()).height == 0
