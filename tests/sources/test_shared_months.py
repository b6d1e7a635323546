"""The shared months, where they are at hand: the same rows and rejects as two independent readers had."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from evaluator.settings import load_month
from evaluator.sources import read_month

SHARED = Path(__file__).resolve().parents[3] / "shared"
CONFORMANCE = sorted((SHARED / "conformance").glob("month_*"))
TMALL = SHARED / "data" / "month_tmall"

needs_data = pytest.mark.skipif(not TMALL.is_dir(), reason="shared/data is not at hand")


@pytest.mark.skipif(not CONFORMANCE, reason="shared/conformance is not at hand")
@pytest.mark.parametrize("folder", CONFORMANCE, ids=lambda path: path.name)
def test_rejects_of_conformance_months(folder):
    with (folder / "want" / "rejects.csv").open(encoding="utf-8", newline="") as handle:
        want = [(row["file"], int(row["row"]), row["column"], row["why"]) for row in csv.DictReader(handle)]
    got = read_month(load_month(folder / "month"))
    assert [(r.file, r.row, r.column, r.why) for r in got.rejects] == want


@pytest.fixture(scope="module")
def months():
    canonical = TMALL.with_name("month_tmall_canonical")
    return read_month(load_month(TMALL)), read_month(load_month(canonical))


def rows(frame: pl.DataFrame, *without: str) -> Counter:
    return Counter(frame.select(pl.exclude("_file", "_row", *without)).iter_rows())


@needs_data
@pytest.mark.parametrize(
    ("table", "without"),
    [
        ("messages", ["auto"]),  # by the setting auto_reply_prefixes, which the kernel applies
        ("orders", ["buyer"]),  # the truth has identities resolved
        ("order_items", []),
        ("ratings", []),
        ("online", []),
        ("roster", []),
    ],
)
def test_the_exports_say_what_the_canonical_month_says(months, table, without):
    ours, truth = (month.in_full(table) for month in months)
    assert rows(ours, *without) == rows(truth, *without)


@needs_data
def test_order_buyers_are_those_of_the_list_where_it_names_one(months):
    ours, truth = (month.tables["orders"] for month in months)
    both = ours.select("order_id", "buyer").join(truth.select("order_id", truth="buyer"), on="order_id")
    named = both.filter(pl.col("buyer").is_not_null() & ~pl.col("buyer").str.contains("*", literal=True))
    assert named.height > 3000
    assert named.filter(pl.col("buyer") != pl.col("truth")).is_empty()


@needs_data
def test_refunds(months):
    """Closed ones are applications that never completed, as in the canonical month."""
    ours, truth = (month.tables["refunds"] for month in months)
    assert rows(ours) == rows(truth)
    assert months[0].rejects == []


@needs_data
def test_what_went_wrong_when_the_logs_were_fetched_is_told(months):
    told = [note for note in months[0].review if note.kind == "source_note"]
    assert (
        sum(note.count for note in told) == 19 + 35
    )  # 9 failed calls, 10 without messages, 35 closed refunds
    assert not [note for note in months[0].review if note.kind == "unrecognised_file"]
