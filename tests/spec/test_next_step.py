"""What the next step of a figure is worth: by hand for each method, and against a whole month computed again."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_tables import START, adjustments, figures, plans_of, staff

from evaluator.model import KpiCell
from evaluator.nextstep import NextSteps, Step
from evaluator.numbers import plain
from evaluator.pay import Pay, compute_pay
from evaluator.paymonth import PayMonth
from evaluator.scoring import Scores, score_all
from evaluator.settlement import NOTHING

Cells = dict[tuple[str, str], KpiCell]
PAY = "kpi_base: 1000\npay: {kpi_bonus: score}\n"


def computed(plan: str, cells: Cells, people: str, fines: str) -> tuple[Scores, Pay]:
    plans, profiles = plans_of(plan), staff(people)
    scores = score_all(plans, profiles, cells, period_start=START)
    pay = compute_pay(plans, profiles, scores, cells, None, adjustments(fines), period_start=START)
    return scores, pay


def steps_of(plan: str, kpi: str, people: str = "E01", fines: str = "", who: str = "E01") -> list[Step]:
    cells = figures(kpi)
    scores, pay = computed(plan, cells, people, fines)
    month = PayMonth.of(cells, scores, None, adjustments(fines), START, NOTHING, None, [])
    return NextSteps(plans_of(plan), staff(people), month, pay).of(who)


def told(step: Step) -> str:
    """``metric: now → then, points, total, pay``."""
    way = (
        f"+{step.places}"
        if step.now is None or step.then is None
        else f"{plain(step.now)} → {plain(step.then)}"
    )
    return f"{step.request_id}{f' {step.grade}' * bool(step.grade)}: {way}, {step.points}, {step.total}, {step.pay}"


def line(text: str, weight: int = 40) -> str:
    """A plan of one line under test and one that is full, 100 in all."""
    return (
        f"score:\n- {text}\n"
        f"- {{metric: orders, weight: {100 - weight}, method: bands, bands: [[0, {100 - weight}]]}}\n"
    )


BANDS = (
    "{metric: first_response, weight: 40, method: bands, lower_is_better: true,"
    " bands: [[20, 40], [40, 30], [60, 5]]}"
)
LINEAR = "{metric: conversion_rate, weight: 40, method: linear, worst: 0.2, best: 0.6}"
DEDUCT = "{metric: reply_rate, weight: 40, method: deduct, target: 1.0, step: 0.01, points_per_step: 2}"
OVER = (
    "{metric: refund_rate, weight: 40, method: deduct, lower_is_better: true,"
    " target: 0.1, step: 0.02, points_per_step: 5}"
)
FEW = (
    "{metric: reply_rate, weight: 40, method: deduct, target: 1, step: 0.01,"
    " points_per_step: 2, when_fewer_than: 50, points_each: 15}"
)
ATTAIN = "{metric: avg_order_value, weight: 40, method: attainment, target: 120}"
PENALTY = "{metric: complaint_rate, method: penalty, limit: 0.01, points: 5}"
UNREPLIED = "{metric: unreplied, method: penalty, op: '>=', limit: 50, points: 5}"
COUNTED = "{metric: quantity, weight: 40, method: bands, bands: [[10.5, 40], [3, 10]]}"


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("text", "value", "want"),
    [
        (BANDS, "43/1", "first_response: 43 → 40, 25.00, 25.00, 250.00"),
        (BANDS, "90/1", "first_response: 90 → 60, 5.00, 5.00, 50.00"),
        (BANDS, "20/1", None),
        (LINEAR, "30/100", "conversion_rate: 0.3 → 0.31, 1.00, 1.00, 10.00"),
        (LINEAR, "10/100", "conversion_rate: 0.1 → 0.21, 1.00, 1.00, 10.00"),  # below worst: on from there
        (LINEAR, "595/1000", "conversion_rate: 0.595 → 0.6, 0.50, 0.50, 5.00"),  # what is left to full marks
        (LINEAR, "70/100", None),
        (DEDUCT, "97/99", "reply_rate: 0.9797979798 → 0.98, 2.00, 2.00, 20.00"),
        (DEDUCT, "70/100", "reply_rate: 0.7 → 0.81, 2.00, 2.00, 20.00"),  # deep below the floor
        (DEDUCT, "99/99", None),
        (OVER, "15/100", "refund_rate: 0.15 → 0.14, 5.00, 5.00, 50.00"),
        (OVER, "10/100", None),
        (FEW, "18/20", "reply_rate: 0.9 → 0.95, 15.00, 15.00, 150.00"),
        (FEW, "10/20", "reply_rate: 0.5 → 0.9, 10.00, 10.00, 100.00"),  # 10 bad ones cost all; 2 cost 30
        (ATTAIN, "1000/10", "avg_order_value: 100 → 110, 3.34, 3.34, 33.40"),
        (ATTAIN, "1430/10", "avg_order_value: 143 → 144, 0.33, 0.33, 3.30"),  # to 1.2 times
        (ATTAIN, "150/1", None),
        (COUNTED, "4", "quantity: 4 → 11, 30.00, 30.00, 300.00"),  # nobody sells half a piece
    ],
)  # fmt: skip
def test_a_step_by_hand(text: str, value: str, want: str | None) -> None:
    metric = plans_of(line(text))[0].score[0].request.id
    found = steps_of(PAY + line(text), f"E01 {metric} {value}\nE01 orders 1")
    assert [told(step) for step in found] == ([want] if want else [])


@pytest.mark.rule("R-S")
@pytest.mark.parametrize(
    ("text", "value", "want"),
    [
        (PENALTY, "3/100", "complaint_rate: 0.03 → 0.01, 5.00, 5.00, 50.00"),
        (PENALTY, "1/100", None),
        (UNREPLIED, "60", "unreplied: 60 → 49, 5.00, 5.00, 50.00"),
    ],
)
def test_out_of_a_penalty(text: str, value: str, want: str | None) -> None:
    metric = plans_of(line(text, 0))[0].score[0].request.id
    found = steps_of(PAY + line(text, 0), f"E01 {metric} {value}\nE01 orders 1")
    assert [told(step) for step in found] == ([want] if want else [])


RANK = "{metric: sales, weight: 40, method: rank, points: [40, 30, 0, 0, 0]}"
FIVE = "E01\nE02\nE03\nE04\nE05"


def five(*sales: int) -> str:
    return "".join(f"E0{n} sales {value}\nE0{n} orders 1\n" for n, value in enumerate(sales, 1))


@pytest.mark.rule("R-S4")
@pytest.mark.parametrize(
    ("sales", "want"),
    [
        ((10, 20, 30, 40, 50), "sales: +3, 30.00, 30.00, 300.00"),  # 5th; 4th and 3rd earn nothing either
        ((45, 20, 30, 40, 50), "sales: +1, 10.00, 10.00, 100.00"),
        ((50, 20, 30, 40, 50), None),  # shares the first place
        ((60, 20, 30, 40, 50), None),
    ],
)
def test_a_better_place_without_anybodys_figure(sales: tuple[int, ...], want: str | None) -> None:
    found = steps_of(PAY + line(RANK), five(*sales), FIVE)
    assert [told(step) for step in found] == ([want] if want else [])
    assert all(step.now is None and step.then is None for step in found)


def test_a_better_place_by_percentile_and_none_in_a_small_group() -> None:
    plan = PAY + line("{metric: sales, weight: 40, method: rank, percentile: true, fallback: 20}")
    assert [told(s) for s in steps_of(plan, five(10, 20, 30, 40, 50), FIVE)] == [
        "sales: +1, 10.00, 10.00, 100.00"
    ]
    assert steps_of(plan, five(10, 20, 30), "E01\nE02\nE03") == []


def test_gates_grades_cap_and_what_is_left_out() -> None:
    plan = """
    kpi_base: 1000
    score:
    - {metric: conversion_rate, weight: 50, method: linear, worst: 0, best: 1}
    - {metric: first_response, weight: 50, method: bands, lower_is_better: true, bands: [[30, 50], [60, 40]]}
    gates: [{metric: unreplied, op: ">", value: 50, effect: {cap: 60}}]
    max_left_out: 0.5
    grades: [[90, 优秀, {fixed: 900}], [70, 良好, {fixed: 500}], [0, 其他, {fixed: 100}]]
    pay: {kpi_bonus: fixed, cap: 400}
    """
    kpi = "E01 conversion_rate 80/100\nE01 first_response 50/1\nE01 unreplied 60"
    assert [told(step) for step in steps_of(plan, kpi)] == [
        "conversion_rate: 0.8 → 0.9, 5.00, 0.00, 0.00",  # the gate holds the total at 60
        "first_response: 50 → 30, 10.00, 0.00, 0.00",
        "unreplied: 60 → 50, 0.00, 20.00, 300.00",  # 500, capped at 400
        "total 良好: 60 → 70, 0.00, 10.00, 300.00",
    ]
    left_out = "E01 conversion_rate 80/100\nE01 first_response -\nE01 unreplied 1"
    assert [told(step).split(":")[0] for step in steps_of(plan, left_out)] == [
        "conversion_rate",
        "total 优秀",
    ]
    assert steps_of(plan, "E01 conversion_rate -\nE01 first_response -\nE01 unreplied 1") == []


MIXED = """
kpi_base: 2000
score:
- {metric: conversion_rate, weight: 30, method: linear, worst: 0.2, best: 0.6, min_sample: 5}
- {metric: avg_order_value, weight: 20, method: attainment, target: 120}
- {metric: first_response, weight: 20, method: bands, lower_is_better: true, bands: [[20, 20], [40, 10], [60, 5]]}
- {metric: reply_rate, weight: 20, method: deduct, target: 1.0, step: 0.01, points_per_step: 2}
- {metric: sales, weight: 10, method: rank, points: [10, 8, 6], fallback: 6}
- {metric: complaint_rate, method: penalty, limit: 0.01, points: 5}
gates: [{metric: unreplied, op: ">", value: 50, effect: {multiply: 0.8}}]
max_left_out: 0.6
grades: [[90, 优秀, {coefficient: 1.2}], [60, 合格, {coefficient: 0.8}], [0, 待改进, {coefficient: 0.5}]]
pay:
  kpi_bonus: score
  commission: {metric: sales, kind: marginal, brackets: [[0, 0.01], [500, 0.02]], coefficient: true}
  pool: {amount: 1000, by: heads}
  guarantee: {months: 2, amount: 3000}
  min_wage: 2490
"""


def drawn(numbers: list[int], who: str) -> Cells:
    a, b, c, d, e, f, g = numbers
    text = f"""
    {who} conversion_rate {a}/40
    {who} avg_order_value {b * 10}/3
    {who} first_response {c * 7}/4
    {who} reply_rate {100 - d}/100
    {who} sales {e * 20}
    {who} complaint_rate {f}/200
    {who} unreplied {g * 4}
    """
    return figures(dedent(text))


NUMBERS = st.lists(st.lists(st.integers(0, 40), min_size=7, max_size=7), min_size=4, max_size=6)


@settings(max_examples=40)
@given(NUMBERS, st.integers(0, 400))
def test_a_whole_month_computed_again_agrees(numbers: list[list[int]], fine: int) -> None:
    compare(numbers, fine)


@pytest.mark.heavy
@settings(max_examples=1000)
@given(NUMBERS, st.integers(0, 400))
def test_many_whole_months_computed_again_agree(numbers: list[list[int]], fine: int) -> None:
    compare(numbers, fine)


def compare(numbers: list[list[int]], fine: int) -> None:
    people = [f"E0{n}" for n in range(1, len(numbers) + 1)]
    cells = {k: c for who, own in zip(people, numbers, strict=True) for k, c in drawn(own, who).items()}
    roster, fines = "\n".join(f"{who} 甲组 售前 2500 2026-09-15" for who in people), f"E01 -{fine} fine"
    plans, profiles = plans_of(MIXED), staff(roster)
    scores, pay = computed(MIXED, cells, roster, fines)
    month = PayMonth.of(cells, scores, None, adjustments(fines), START, NOTHING, None, [])
    for step in NextSteps(plans, profiles, month, pay).of("E01"):
        if step.kind == "grade" or step.then is None:
            continue
        old = cells["E01", step.request_id]
        assert (step.then != step.now) and step.now == old.value
        numerator = step.then * (old.denominator or 1)
        changed = cells | {("E01", step.request_id): KpiCell(step.then, numerator, old.denominator, "final")}
        then_scores, then_pay = computed(MIXED, changed, roster, fines)
        assert step.pay == total(then_pay) - total(pay)
        gained = then_scores.by_employee["E01"].total, scores.by_employee["E01"].total
        assert step.total == (gained[0] or 0) - (gained[1] or 0)
        assert step.points >= 0 and (step.kind == "gate" or step.points > 0)


def total(pay: Pay) -> Decimal:
    return next(p.amount for p in pay.lines if (p.employee_id, p.line) == ("E01", "total"))


def test_a_fraction_is_told_exactly() -> None:
    (step,) = steps_of(PAY + line(LINEAR), "E01 conversion_rate 1/3\nE01 orders 1")
    assert step.then == Fraction(1, 3) + Fraction(1, 100)
