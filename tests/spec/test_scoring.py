"""SPEC §8: points, totals, grades, ranks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_tables import START, figures, kinds, plans_of, same, score, shown, staff

from evaluator.scoring import score_all, scores_frame

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
@pytest.mark.rule("R-S1")
@given(there=st.lists(st.booleans(), min_size=3, max_size=3))
def test_scaled_weights_keep_their_sum(there: list[bool]) -> None:
    metrics = ("conversion_rate", "reply_rate", "satisfaction")
    kpi = figures("\n".join(f"E1 {m} {'20/20' if t else '-'}" for m, t in zip(metrics, there, strict=True)))
    rows = score_all(plans_of(SCALED + "max_left_out: 1"), staff("E1"), kpi, period_start=START).rows
    kept = [r.weight or Fraction(0) for r in rows if r.points is not None and r.metric in metrics]
    assert sum(kept) == (100 if any(there) else 0)
