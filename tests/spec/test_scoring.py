"""SPEC §8: points, totals, grades, ranks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_tables import START, figures, kinds, plans_of, points, same, score, shown, staff

from evaluator.model import KpiCell
from evaluator.scoring import score_all, scores_frame


# ---- methods ----
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
    [("1/5", "0.00"), ("4/10", "20.00"), ("3/5", "40.00"), ("1/1", "40.00"), ("0/9", "0.00"), ("1/3", "13.33")],
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


# ---- R-S1 ----
SCALED = """
score:
- {metric: conversion_rate, weight: 40, method: linear, worst: 0, best: 1, min_sample: 20}
- {metric: reply_rate, weight: 30, method: attainment, target: 1.0, cap: 1}
- {metric: satisfaction, weight: 30, method: linear, worst: 0, best: 1}
"""


@pytest.mark.rule("R-S1")
def test_weights_are_scaled_when_a_metric_is_left_out() -> None:
    kpi = "E1 conversion_rate 10/20\nE1 reply_rate 1/1\nE1 satisfaction 0/0"
    want = """
    E1 conversion_rate 57.1429 28.57 final   # 40 × 100 ÷ 70 × 0.5
    E1 reply_rate 42.8571 42.86 final
    E1 satisfaction 30 - missing
    E1 total 71.43 final                     # the sum of rounded points
    E1 grade - missing
    E1 rank 1 final
    """
    scores = score(SCALED, kpi, "E1")
    assert same(shown(scores), want)
    assert kinds(scores) == ["missing_metric"]


@pytest.mark.rule("R-S1")
def test_min_sample_leaves_out_and_too_much_left_out_gives_no_score() -> None:
    """40 of 100 is more than 0.3: rows are written, the total is missing, the agent is listed."""
    kpi = "E1 conversion_rate 10/19\nE1 reply_rate 1/1\nE1 satisfaction 1/1"
    want = """
    E1 conversion_rate 40 - min_sample
    E1 reply_rate 50 50.00 final
    E1 satisfaction 50 50.00 final
    E1 total - missing
    E1 grade - missing
    E1 rank - missing
    """
    scores = score(SCALED, kpi, "E1")
    assert same(shown(scores), want)
    assert "no_score" in kinds(scores)
    assert scores_frame(scores).row(0) == ("E1", "conversion_rate", "0.5263157895", "40", None, "min_sample")


@pytest.mark.rule("R-S1")
def test_exactly_max_left_out_is_still_a_score() -> None:
    kpi = "E1 conversion_rate 20/20\nE1 reply_rate 1/1\nE1 satisfaction -"
    assert score(SCALED, kpi, "E1").by_employee["E1"].total == Decimal("100.00")


@pytest.mark.rule("R-S1")
def test_all_left_out_gives_no_score_whatever_is_allowed() -> None:
    scores = score(SCALED + "max_left_out: 1", "", "E1")
    assert scores.by_employee["E1"].total is None
    assert {r.status for r in scores.rows} == {"missing"}


@pytest.mark.rule("R-S1")
def test_immature_is_scored_with_a_warning() -> None:
    kpi = "E1 conversion_rate 10/20 immature\nE1 reply_rate 1/1\nE1 satisfaction 1/1"
    scores = score(SCALED, kpi, "E1")
    assert "E1 conversion_rate 40 20.00 immature" in shown(scores)
    assert scores.by_employee["E1"].total == Decimal("80.00")
    assert kinds(scores) == ["immature"]


@pytest.mark.rule("R-S1")
def test_min_sample_asks_nothing_of_figures_without_a_denominator() -> None:
    plan = "score: [{metric: net_sales, weight: 5, method: linear, worst: 0, best: 10, min_sample: 20}]"
    assert score(plan, "E1 net_sales 5", "E1").by_employee["E1"].total == Decimal("2.50")


# ---- R-S2 ----
GATES = """
score: [{metric: sales, weight: 100, method: attainment, target: 100, cap: 1}]
gates:
- {metric: unreplied, op: ">", value: 50, effect: {cap: 60}}
- {metric: reply_rate, op: "<", value: 0.7, effect: {multiply: 0.8}}
- {metric: orders, op: "==", value: 0, effect: zero}
"""


@pytest.mark.rule("R-S2")
@pytest.mark.parametrize(
    ("kpi", "total"),
    [
        ("E1 unreplied 50\nE1 reply_rate 7/10\nE1 orders 1", "90.00"),
        ("E1 unreplied 51\nE1 reply_rate 7/10\nE1 orders 1", "60.00"),
        ("E1 unreplied 51\nE1 reply_rate 6/10\nE1 orders 1", "48.00"),  # cap first, then × 0.8
        ("E1 unreplied 0\nE1 reply_rate 6/10\nE1 orders 1", "72.00"),
        ("E1 unreplied 0\nE1 reply_rate 1/1\nE1 orders 0", "0.00"),
    ],
)
def test_gates_in_listed_order(kpi: str, total: str) -> None:
    assert str(score(GATES, "E1 sales 90\n" + kpi, "E1").by_employee["E1"].total) == total


@pytest.mark.rule("R-S2")
def test_a_missing_gate_metric_triggers_nothing_and_is_listed() -> None:
    scores = score(GATES, "E1 sales 90\nE1 unreplied -\nE1 reply_rate 1/1", "E1")
    assert str(scores.by_employee["E1"].total) == "90.00"
    assert kinds(scores) == ["gate_missing", "gate_missing"]


@pytest.mark.rule("R-S2")
def test_total_is_never_below_zero() -> None:
    plan = """
    score:
    - {metric: sales, weight: 10, method: attainment, target: 100}
    - {metric: unreplied, method: penalty, limit: 0, points: 50}
    """
    assert str(score(plan, "E1 sales 10\nE1 unreplied 1", "E1").by_employee["E1"].total) == "0.00"


# ---- R-S3, R-S4 ----
GRADED = """
score: [{metric: sales, weight: 100, method: attainment, target: 100, cap: 1}]
grades: [[90, 优秀, {coefficient: 1.2}], [60, 合格, {fixed: 300}], [10, 待改进]]
"""


@pytest.mark.rule("R-S3")
@pytest.mark.parametrize(
    ("sales", "grade"), [("90", "优秀"), ("89.99", "合格"), ("60", "合格"), ("10", "待改进"), ("9.99", None)]
)
def test_grade_is_the_first_reached(sales: str, grade: str | None) -> None:
    scores = score(GRADED, f"E1 sales {sales}", "E1")
    assert scores.by_employee["E1"].grade == grade
    assert ("no_grade" in kinds(scores)) == (grade is None)


@pytest.mark.rule("R-S3")
def test_grade_carries_coefficient_or_fixed() -> None:
    scores = score(GRADED, "E1 sales 95\nE2 sales 70\nE3 sales 20", "E1\nE2\nE3")
    got = [(e.coefficient, e.fixed) for e in scores.by_employee.values()]
    assert got == [(Decimal("1.2"), None), (None, Decimal(300)), (None, None)]


@pytest.mark.rule("R-S4")
def test_rank_within_the_plan_shares_the_better_place() -> None:
    kpi = "E1 sales 50\nE2 sales 90\nE3 sales 50\nE4 sales 20\nE5 sales -"
    scores = score(GRADED, kpi, "E1 甲\nE2 乙\nE3 丙\nE4 甲\nE5 甲")
    assert [e.rank for e in scores.by_employee.values()] == [2, 1, 2, 4, None]


@pytest.mark.rule("R-P")
def test_the_first_plan_that_fits() -> None:
    plans = plans_of(
        """
        plans:
        - {name: 甲组售前, applies_to: {role: 售前, group: 甲组}, score: [&]}
        - {name: 点名, applies_to: {employee_ids: [E2, E3]}, score: [&]}
        """.replace("&", "{metric: sales, weight: 1, method: attainment, target: 1}")
    )
    people = staff("E1 甲组 售前\nE2 甲组 售前\nE3 乙组 售前\nE4 乙组 售前\nR1 甲组 robot")
    scores = score_all(plans, people, {}, period_start=START)
    assert {e: s.plan.name for e, s in scores.by_employee.items()} == {
        "E1": "甲组售前",
        "E2": "甲组售前",
        "E3": "点名",
    }



@pytest.mark.rule("R-S")
def test_a_plan_scores_the_figure_that_its_options_mean() -> None:
    plan = """
    score:
    - {metric: reply_within, weight: 50, method: linear, worst: 0, best: 1, seconds: 60, unit: message}
    - {metric: reply_within_180s_consult, weight: 50, method: linear, worst: 0, best: 1}
    """
    kpi = "E1 reply_within_60s_message 1/2\nE1 reply_within_180s_consult 1/1"
    assert same(
        shown(score(plan, kpi, "E1")),
        """
        E1 reply_within 50 25.00 final
        E1 reply_within_180s_consult 50 50.00 final
        E1 total 75.00 final
        E1 grade - missing
        E1 rank 1 final
        """,
    )


@pytest.mark.rule("R-S")
def test_scores_frame_writes_figures_as_the_kpi_table_does() -> None:
    plan = """
    score:
    - {metric: sales, weight: 10, method: attainment, target: 100}
    - {metric: orders, weight: 10, method: attainment, target: 5}
    - {metric: avg_order_value, weight: 10, method: attainment, target: 5}
    """
    frame = scores_frame(score(plan, "E1 sales 12.5\nE1 orders 3\nE1 avg_order_value 10/3", "E1"))
    assert frame.columns == ["employee_id", "metric", "value", "weight", "points", "status"]
    assert frame["value"].to_list() == ["12.50", "3", "3.3333333333", None, None, "1"]


# ---- properties ----
fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=400)
METHODS = {
    "bands": "{metric: satisfaction, weight: 20, method: bands, bands: [[9, 20], [3, 11.5], [-5, 2]]}",
    "linear": "{metric: satisfaction, weight: 20, method: linear, worst: -3, best: 7.5}",
    "deduct": "{metric: satisfaction, weight: 20, method: deduct, target: 5, step: 0.3, points_per_step: 0.7}",
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


@pytest.mark.rule("R-S1")
@given(there=st.lists(st.booleans(), min_size=3, max_size=3))
def test_scaled_weights_keep_their_sum(there: list[bool]) -> None:
    metrics = ("conversion_rate", "reply_rate", "satisfaction")
    kpi = figures("\n".join(f"E1 {m} {'20/20' if t else '-'}" for m, t in zip(metrics, there, strict=True)))
    rows = score_all(
        plans_of(SCALED + "max_left_out: 1"), staff("E1"), kpi, period_start=START
    ).rows
    kept = [r.weight or Fraction(0) for r in rows if r.points is not None and r.metric in metrics]
    assert sum(kept) == (100 if any(there) else 0)
