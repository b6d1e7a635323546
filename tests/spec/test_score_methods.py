"""SPEC §8: the methods, from a figure to points."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_tables import START, plans_of, points, same, score, shown, staff

from evaluator.model import KpiCell
from evaluator.scoring import score_all


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("value", "want"),
    [("60/100", "15.00"), ("599/1000", "9.00"), ("4/10", "9.00"), ("1/5", "3.75"), ("199/1000", "0.00")],
)
def test_bands_first_reached(value: str, want: str) -> None:
    line = "{metric: conversion_rate, weight: 15, method: bands, bands: [[0.6, 15], [0.4, 9], [0.2, 3.75]]}"
    assert points(line, value) == want


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("value", "want"), [("20/1", "15.00"), ("20001/1000", "10.00"), ("60/1", "5.00"), ("61/1", "0.00")]
)
def test_bands_lower_is_better(value: str, want: str) -> None:
    line = (
        "{metric: first_response, weight: 15, method: bands, lower_is_better: true,"
        " bands: [[20, 15], [40, 10], [60, 5]]}"
    )
    assert points(line, value) == want


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("1/5", "0.00"),
        ("4/10", "20.00"),
        ("3/5", "40.00"),
        ("1/1", "40.00"),
        ("0/9", "0.00"),
        ("1/3", "13.33"),
    ],
)
def test_linear_clipped(value: str, want: str) -> None:
    line = "{metric: conversion_rate, weight: 40, method: linear, worst: 0.2, best: 0.6}"
    assert points(line, value) == want


@pytest.mark.rule("R-S")
def test_linear_downwards() -> None:
    line = "{metric: avg_response, weight: 10, method: linear, worst: 300, best: 20}"
    assert points(line, "160/1") == "5.00"
    assert points(line, "10/1") == "10.00"


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("100/100", "20.00"),
        ("99/100", "18.00"),  # exactly one step
        ("989/1000", "16.00"),  # one and a part: two steps
        ("90/100", "0.00"),
        ("0/100", "0.00"),  # never below 0
    ],
)
def test_deduct_whole_or_part_steps(value: str, want: str) -> None:
    line = "{metric: reply_rate, weight: 20, method: deduct, target: 1.0, step: 0.01, points_per_step: 2}"
    assert points(line, value) == want


@pytest.mark.rule("R-S")
def test_deduct_lower_is_better() -> None:
    line = (
        "{metric: first_response, weight: 10, method: deduct, lower_is_better: true,"
        " target: 20, step: 18, points_per_step: 1}"
    )
    assert [points(line, v) for v in ("20/1", "38/1", "381/10")] == ["10.00", "9.00", "8.00"]


@pytest.mark.rule("R-S")
def test_deduct_occurrences_when_few() -> None:
    line = (
        "{metric: satisfaction, weight: 10, method: deduct, target: 0.9, step: 0.01, points_per_step: 2,"
        " when_fewer_than: 3, points_each: 1.5}"
    )
    assert points(line, "1/2") == "8.50"  # one bad of two
    assert points(line, "2/3") == "0.00"  # three are enough for steps
    lower = (
        "{metric: complaint_rate, weight: 10, method: deduct, lower_is_better: true, target: 0, step: 0.01,"
        " points_per_step: 2, when_fewer_than: 50, points_each: 4}"
    )
    assert points(lower, "2/49") == "2.00"  # lower is better: the numerator is bad
    assert points(lower, "3/49") == "0.00"


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("value", "want"), [("0", "0.00"), ("60", "7.50"), ("120", "15.00"), ("130", "16.25"), ("999", "18.00")]
)
def test_attainment_may_exceed_its_weight(value: str, want: str) -> None:
    assert points("{metric: sales, weight: 15, method: attainment, target: 120}", value) == want


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(("value", "want"), [("0", "12.00"), ("4", "10.00"), ("6", "5.00"), ("9", "0.00")])
def test_attainment_lower_is_better(value: str, want: str) -> None:
    line = "{metric: unreplied, weight: 10, method: attainment, lower_is_better: true, target: 4}"
    assert points(line, value) == want


RANK = "score: [{metric: sales, weight: 10, method: rank, points: [10, 8, 6], fallback: 7}]\nmax_left_out: 1"


@pytest.mark.rule("R-S")
def test_rank_shares_the_better_place() -> None:
    scores = score(RANK, "E1 sales 5\nE2 sales 9\nE3 sales 9\nE4 sales 5\nE5 sales 1", "E1\nE2\nE3\nE4\nE5")
    got = {r.employee_id: str(r.points) for r in scores.rows if r.metric == "sales"}
    assert got == {"E2": "10.00", "E3": "10.00", "E1": "6.00", "E4": "6.00", "E5": "0.00"}


@pytest.mark.rule("R-S")
def test_rank_within_group_and_fallback() -> None:
    people = "E1 甲\nE2 甲\nE3 甲\nE4 甲\nE5 乙\nE6 -"
    scores = score(RANK, "\n".join(f"E{i} sales {i}" for i in range(1, 7)), people)
    got = [str(r.points) for r in scores.rows if r.metric == "sales"]
    assert got == ["0.00", "6.00", "8.00", "10.00", "7.00", "7.00"]


@pytest.mark.rule("R-S")
def test_rank_counts_only_who_is_not_left_out() -> None:
    """A fourth whose figure is missing does not make a group of four."""
    scores = score(RANK, "E1 sales 1\nE2 sales 2\nE3 sales 3\nE4 sales -", "E1\nE2\nE3\nE4")
    assert [str(r.points) for r in scores.rows if r.metric == "sales"] == ["7.00", "7.00", "7.00", "None"]


@pytest.mark.rule("R-S")
def test_rank_percentile_and_lower_is_better() -> None:
    plan = "score: [{metric: unreplied, weight: 30, method: rank, percentile: true, lower_is_better: true}]"
    people = "E1\nE2\nE3\nE4"
    scores = score(plan, "E1 unreplied 0\nE2 unreplied 3\nE3 unreplied 3\nE4 unreplied 9", people)
    assert [str(r.points) for r in scores.rows if r.metric == "unreplied"] == [
        "30.00", "20.00", "20.00", "0.00",
    ]  # fmt: skip


PENALTY = """
score:
- {metric: reply_rate, weight: 50, method: attainment, target: 1}
- {metric: sales, weight: 50, method: attainment, target: 100}
- {metric: complaint_rate, method: penalty, limit: 0.01, points: 5}
max_left_out: 0.5
"""


@pytest.mark.rule("R-S")
def test_penalty_is_not_scaled_and_missing_costs_nothing() -> None:
    scores = score(PENALTY, "E1 reply_rate 10/10\nE1 sales -\nE1 complaint_rate 2/100", "E1")
    want = """
    E1 reply_rate 100 100.00 final
    E1 sales 50 - missing
    E1 complaint_rate 0 -5.00 final
    E1 total 95.00 final
    E1 grade - missing
    E1 rank 1 final
    """
    assert same(shown(scores), want)
    missing = score(PENALTY, "E1 reply_rate 10/10\nE1 sales 100\nE1 complaint_rate -", "E1")
    assert "E1 complaint_rate 0 0.00 missing" in shown(missing)
    assert missing.by_employee["E1"].total == Decimal("100.00")


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("op", "hit"), [(">", False), (">=", True), ("<", False), ("<=", True), ("==", True), ("!=", False)]
)
def test_penalty_operators_at_the_limit(op: str, hit: bool) -> None:
    line = f'{{metric: unreplied, method: penalty, op: "{op}", limit: 3, points: 4}}'
    assert points(line, "3") == ("-4.00" if hit else "0.00")


# ---- properties ----
fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=400)
METHODS = {
    "bands": "{metric: satisfaction, weight: 20, method: bands, bands: [[9, 20], [3, 11.5], [-5, 2]]}",
    "linear": "{metric: satisfaction, weight: 20, method: linear, worst: -3, best: 7.5}",
    "deduct": "{metric: satisfaction, weight: 20, method: deduct, target: 5, step: 0.3, points_per_step: 1}",
}


@pytest.mark.rule("R-S")
@pytest.mark.parametrize("method", METHODS)
@given(value=fractions, better=fractions)
def test_points_lie_in_zero_to_weight_and_never_fall(method: str, value: Fraction, better: Fraction) -> None:
    value, better = sorted((value, better))
    plans = plans_of(f"score: [{METHODS[method]}]")
    kpi = {
        (e, "satisfaction"): KpiCell(v, v, Fraction(1), "final") for e, v in (("E1", value), ("E2", better))
    }
    low, high = (
        r.points
        for r in score_all(plans, staff("E1\nE2"), kpi, period_start=START).rows
        if r.metric == "satisfaction"
    )
    assert low is not None and high is not None
    assert 0 <= low <= high <= 20
