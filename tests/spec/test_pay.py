"""SPEC §9: lines of pay, limits, balances."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_tables import kinds, pay, payroll, plans_of, same

from evaluator.pay import balances_frame, payroll_frame
from evaluator.paylines import add_months, commission_due, share_pool

SCORED = """
kpi_base: 2000
score: [{metric: sales, weight: 50, method: attainment, target: 1000, cap: 1}]
grades: [[45, 优秀, {coefficient: 1.25, }], [30, 良好, {fixed: 800.5}], [10, 待改进]]
"""


# ---- 1 base ----
@pytest.mark.rule("R-P")
@pytest.mark.parametrize(
    ("salary", "days", "want"),
    [
        ("6200.50", "E01 21/22", "5918.66"),
        ("5000", "E01 23/22", "5000.00"),  # at most whole
        ("5000", "E01 0/22", "0.00"),
        ("5000", "E01 0/0", "5000.00"),
        ("5000", "E02 1/22", "5000.00"),  # no row of his
        ("5000", "E01 21.5/22", "4886.36"),
        ("-", "E01 22/22", "0.00"),
    ],
)
def test_base(salary: str, days: str, want: str) -> None:
    got = pay("pay: {}", people=f"E01 甲 售前 {salary}", days=days)
    assert same(payroll(got), f"base {want}\ntotal {want}")


# ---- 2 kpi_bonus ----
@pytest.mark.rule("R-P")
def test_bonus_by_score_is_base_times_total_over_weights() -> None:
    got = pay(SCORED + "pay: {kpi_bonus: score}", "E01 sales 333.33")
    assert "kpi_bonus 666.80" in payroll(got)  # 2000 × 16.67 ÷ 50


@pytest.mark.rule("R-P")
def test_bonus_by_coefficient_and_by_fixed_amount() -> None:
    assert "kpi_bonus 2500.00" in payroll(pay(SCORED + "pay: {kpi_bonus: coefficient}", "E01 sales 950"))
    assert "kpi_bonus 800.50" in payroll(pay(SCORED + "pay: {kpi_bonus: fixed}", "E01 sales 700"))


@pytest.mark.rule("R-P")
@pytest.mark.parametrize(
    ("kind", "sales"), [("score", "-"), ("coefficient", "700"), ("fixed", "950"), ("fixed", "20")]
)
def test_bonus_without_score_or_grade_is_not_written_but_listed(kind: str, sales: str) -> None:
    got = pay(SCORED + f"pay: {{kpi_bonus: {kind}}}", f"E01 sales {sales}")
    assert "kpi_bonus" not in payroll(got)
    assert "no_bonus" in kinds(got)


# ---- 3 commission ----
MARGINAL = (
    "pay: {commission: {metric: net_sales, kind: marginal,"
    " brackets: [[0, 0.01], [50000, 0.015], [200000, 0.02]]}}"
)
WHOLE = "pay: {commission: {metric: net_sales, kind: whole, brackets: [[500, 0.01], [1000, 0.02]]}}"


@pytest.mark.rule("R-P")
@pytest.mark.parametrize(
    ("plan", "value", "want"),
    [
        (MARGINAL, "80000", "950.00"),  # 50,000 × 1 % + 30,000 × 1.5 %
        (MARGINAL, "50000", "500.00"),
        (MARGINAL, "250000", "3750.00"),
        (MARGINAL, "0.49", "0.00"),
        (MARGINAL, "0.50", "0.01"),  # half a fen goes up
        (WHOLE, "499.99", "0.00"),  # below the first bracket
        (WHOLE, "500", "5.00"),
        (WHOLE, "999.99", "10.00"),
        (WHOLE, "1000", "20.00"),  # all at the higher rate
    ],
)
def test_commission(plan: str, value: str, want: str) -> None:
    assert f"commission {want}" in payroll(pay(plan, f"E01 net_sales {value}"))


@pytest.mark.rule("R-P")
def test_commission_formula_shows_every_slice() -> None:
    line = next(p for p in pay(MARGINAL, "E01 net_sales 80000").lines if p.line == "commission")
    assert line.formula == "净销售额 80,000.00 → 50,000.00 × 1% + 30,000.00 × 1.5% = 950.00"


@pytest.mark.rule("R-P")
def test_commission_times_the_grades_coefficient_or_one() -> None:
    plan = SCORED + MARGINAL.replace("]]}}", "]], coefficient: true}}")
    assert "commission 125.00" in payroll(pay(plan, "E01 sales 950\nE01 net_sales 10000"))
    plain_grade = pay(plan, "E01 sales 700\nE01 net_sales 10000")
    assert "commission 100.00" in payroll(plain_grade)
    assert kinds(plain_grade) == ["no_coefficient"]


@pytest.mark.rule("R-P2")
def test_negative_base_pays_nothing_and_is_carried_forward() -> None:
    got = pay(MARGINAL, "E01 net_sales -1234.50", "E01 甲 售前 3000")
    assert same(payroll(got), "base 3000.00\ncommission 0.00\ntotal 3000.00")
    assert balances_frame(got).rows() == [("E01", "2026-10-01", "12.35", got.balances[0].reason)]
    assert kinds(got) == ["carried_forward", "negative_base"]


@pytest.mark.rule("R-P2")
def test_negative_base_leaves_nothing_open_where_small_sums_pay_nothing() -> None:
    got = pay(WHOLE, "E01 net_sales -100")
    assert "commission 0.00" in payroll(got)
    assert got.balances == []


@pytest.mark.rule("R-P")
def test_missing_base_pays_nothing_and_is_listed() -> None:
    got = pay(MARGINAL)
    assert "commission 0.00" in payroll(got)
    assert kinds(got) == ["missing_metric"]


# ---- 4 assist ----
@pytest.mark.rule("R-P")
def test_assist_both_kinds_rounded_once() -> None:
    plan = "pay: {assist: {assist_order: 0.35, assist_followup: {rate: 0.003}}}"
    kpi = "E01 assist_order_buyers 3\nE01 assist_followup_buyers 9\nE01 assist_followup_amount 101.50"
    assert "assist 1.35" in payroll(pay(plan, kpi))  # 1.05 + 0.3045
    assert "assist 0.00" in payroll(pay(plan))


# ---- 5 pool ----
POOL = "pay: {pool: {amount: 100, by: $}}"


@pytest.mark.rule("R-P")
@pytest.mark.parametrize(
    ("by", "kpi", "want"),
    [
        ("heads", "", ["33.34", "33.33", "33.33"]),  # equal remainders: the lower id
        ("sales", "E1 sales 1\nE2 sales 1\nE3 sales -5", ["50.00", "50.00", "0.00"]),
        ("sales", "E1 sales 1\nE2 sales 2\nE3 sales 3", ["16.67", "33.33", "50.00"]),
        ("sales", "E2 sales 7", ["0.00", "100.00", "0.00"]),
        ("sales", "", ["0.00", "0.00", "0.00"]),
    ],
)
def test_pool(by: str, kpi: str, want: list[str]) -> None:
    got = pay(POOL.replace("$", by), kpi, "E3\nE1\nE2")
    assert [str(p.amount) for p in got.lines if p.line == "pool"] == want
    assert ("pool_not_shared" in kinds(got)) == (want == ["0.00"] * 3)


@pytest.mark.rule("R-P")
def test_pool_by_score_gives_nothing_without_a_score() -> None:
    got = pay(SCORED + POOL.replace("$", "score"), "E1 sales 500\nE2 sales -\nE3 sales 1000", "E1\nE2\nE3")
    assert [str(p.amount) for p in got.lines if p.line == "pool"] == ["33.33", "0.00", "66.67"]


@pytest.mark.rule("R-P")
@given(
    st.decimals(min_value=0, max_value=10**6, places=2),
    st.lists(st.fractions(min_value=0, max_value=10**6, max_denominator=97), min_size=1, max_size=9),
)
def test_a_pool_is_shared_to_the_fen(amount: Decimal, shares: list[Fraction]) -> None:
    named = {f"E{i}": share for i, share in enumerate(shares)}
    got = share_pool(amount, named)
    if not any(shares):
        assert got is None
        return
    assert got is not None
    assert sum(got.values()) == amount
    whole = sum(shares)
    for employee, paid in got.items():
        assert abs(Fraction(paid) - Fraction(amount) * named[employee] / whole) < Fraction(1, 100)


# ---- 6, 7, 8 ----
@pytest.mark.rule("R-P")
def test_allowances_each_a_line_for_whom_they_are() -> None:
    night = "{name: 夜班补贴, amount: 88.88, employees: [E02, E09]}"
    plan = f"pay: {{allowances: [{night}, {{name: 餐补, amount: 150}}]}}"
    got = pay(plan, people="E01\nE02")
    assert same(payroll(got), "base 0.00\nallowance:餐补 150.00\ntotal 150.00")
    assert same(
        payroll(got, "E02"), "base 0.00\nallowance:夜班补贴 88.88\nallowance:餐补 150.00\ntotal 238.88"
    )
    assert kinds(got) == ["allowance_unused"]


@pytest.mark.rule("R-P")
@pytest.mark.parametrize(
    ("salary", "want"),
    [("5000.01", "base 5000.01\ncap -0.01\ntotal 5000.00"), ("5000", "base 5000.00\ntotal 5000.00")],
)
def test_cap_is_written_where_it_bites(salary: str, want: str) -> None:
    assert same(payroll(pay("pay: {cap: 5000}", people=f"E01 甲 售前 {salary}")), want)


@pytest.mark.rule("R-P")
@pytest.mark.parametrize(
    ("hired", "day", "topped"),
    [
        ("2026-08-02", "2026-10-01", True),
        ("2026-08-01", "2026-10-01", False),  # hired + 2 months is the first day
        ("2026-10-15", "2026-10-01", True),  # hired in the period
        ("2025-12-31", "2026-02-27", True),  # + 2 months: 28 February
        ("2025-12-31", "2026-02-28", False),
        ("-", "2026-10-01", False),
    ],
)
def test_guarantee_while_new(hired: str, day: str, topped: bool) -> None:
    plan = "pay: {guarantee: {months: 2, amount: 4000}}"
    got = pay(plan, people=f"E01 甲 售前 3500 {hired}", day=date.fromisoformat(day))
    assert ("guarantee 500.00" in payroll(got)) == topped
    assert (kinds(got) == ["hired_missing"]) == (hired == "-")


@pytest.mark.rule("R-P")
def test_guarantee_counts_after_the_cap() -> None:
    plan = "pay: {cap: 4500.5, guarantee: {months: 3, amount: 5200}}"
    got = pay(plan, people="E01 甲 售前 6000 2026-09-01")
    assert same(payroll(got), "base 6000.00\ncap -1499.50\nguarantee 699.50\ntotal 5200.00")


@pytest.mark.rule("R-P")
def test_months_end_with_the_month() -> None:
    assert add_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert add_months(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert add_months(date(2026, 10, 15), 3) == date(2027, 1, 15)


# ---- 9, 10, 11 ----
@pytest.mark.rule("R-P1")
@pytest.mark.parametrize(
    ("fine", "plan", "taken"),
    [
        ("-500", "pay: {}", "-500.00"),
        ("-3000", "pay: {}", "-900.09"),  # a fifth of 4500.49, floored
        ("-3000", "pay: {min_wage: 4000}", "-500.49"),  # leaves the minimum wage
        ("-3000", "pay: {min_wage: 5000}", "0.00"),
    ],
)
def test_deductions_are_limited_and_the_rest_is_reported(fine: str, plan: str, taken: str) -> None:
    got = pay(plan, people="E01 甲 售前 4500.49", changes=f"E01 {fine}")
    assert f"deductions {taken}" in payroll(got)
    assert (kinds(got) == ["cut_deduction"]) == (taken != "-500.00")
    assert got.balances == []


@pytest.mark.rule("R-P1")
def test_a_fifth_is_of_lines_1_to_8_and_the_wage_is_left_after_line_9() -> None:
    got = pay("pay: {min_wage: 3000}", people="E01 甲 售前 4000", changes="E01 -900", owed={"E01": "600"})
    assert same(payroll(got), "base 4000.00\nclawback -600.00\ndeductions -400.00\ntotal 3000.00")


@pytest.mark.rule("R-P2")
def test_a_claw_back_leaves_the_minimum_wage_and_carries_the_rest() -> None:
    got = pay("pay: {min_wage: 3900}", people="E01 甲 售前 4000", owed={"E01": "600.50"})
    assert same(payroll(got), "base 4000.00\nclawback -100.00\ntotal 3900.00")
    assert [(b.employee_id, b.amount) for b in got.balances] == [("E01", Decimal("500.50"))]


@pytest.mark.rule("R-P")
def test_kinds_of_adjustments() -> None:
    """Without a kind: a fine below 0, a bonus above; a correction of either sign is never limited."""
    changes = "E01 -100\nE01 50\nE01 -3000 correction\nE01 -20 fine\nE01 10 bonus"
    got = pay("pay: {}", people="E01 甲 售前 2000", changes=changes)
    assert same(payroll(got), "base 2000.00\ndeductions -120.00\nadjustments -2940.00\ntotal -1060.00")
    assert kinds(got) == ["negative_total"]


# ---- who is paid, totals ----
@pytest.mark.rule("R-P")
def test_robots_are_not_paid_and_who_fits_no_plan_is_listed() -> None:
    plan = "applies_to: {role: [售前, 全能]}\npay: {}"
    got = pay(plan, people="E2 甲 售前 10\nE1 甲 全能 20\nE3 甲 售后\nR1 甲 robot", changes="E3 5")
    assert [(p.employee_id, p.line) for p in got.lines] == [
        ("E1", "base"), ("E1", "total"), ("E2", "base"), ("E2", "total"),
    ]  # fmt: skip
    assert [(r.kind, r.subject) for r in got.review] == [("no_plan", "E3 E3名"), ("adjustment_unused", "E3")]


@pytest.mark.rule("R-P")
def test_lines_stand_in_their_order() -> None:
    plan = """
    kpi_base: 1000
    score: [{metric: sales, weight: 1, method: attainment, target: 1, cap: 1}]
    pay:
      min_wage: 1
      guarantee: {months: 2, amount: 9000}
      cap: 3000
      allowances: [{name: 乙, amount: 1}, {name: 甲, amount: 2}]
      pool: {amount: 10, by: heads}
      assist: {assist_order: 1}
      commission: {metric: net_sales, kind: whole, brackets: [[0, 0.1]]}
      kpi_bonus: score
    """
    got = pay(
        plan,
        "E01 sales 1\nE01 net_sales 100\nE01 assist_order_buyers 2",
        "E01 甲 售前 5000 2026-09-30",
        changes="E01 -1\nE01 1",
        owed={"E01": "5"},
    )
    want = """
    base 5000.00
    kpi_bonus 1000.00
    commission 10.00
    assist 2.00
    pool 10.00
    allowance:乙 1.00
    allowance:甲 2.00
    cap -3025.00
    guarantee 6000.00
    clawback -5.00
    deductions -1.00
    adjustments 1.00
    total 8995.00
    """
    assert same(payroll(got), want)
    assert payroll_frame(got).columns == ["employee_id", "name", "line", "amount"]
    assert all(p.formula for p in got.lines)


@pytest.mark.rule("R-P5")
@pytest.mark.parametrize(("day", "want"), [("2026-06-30", "2000.00"), ("2026-07-01", "2200.00")])
def test_the_value_of_the_periods_first_day_holds(day: str, want: str) -> None:
    plan = "pay: {allowances: [{name: 津贴, amount: {2026-01-01: 2000, 2026-07-01: 2200}}]}"
    assert f"allowance:津贴 {want}" in payroll(pay(plan, day=date.fromisoformat(day)))


@pytest.mark.rule("R-P5")
def test_null_withdraws_a_value() -> None:
    plan = "pay: {cap: {2026-01-01: 100, 2026-10-01: null}, guarantee: {2026-01-01: null}}"
    assert same(payroll(pay(plan, people="E01 甲 售前 500")), "base 500.00\ntotal 500.00")
    assert same(
        payroll(pay(plan, people="E01 甲 售前 500", day=date(2026, 9, 30))),
        "base 500.00\ncap -400.00\ntotal 100.00",
    )


# ---- properties ----
money = st.decimals(min_value=-5000, max_value=20000, places=2)


@pytest.mark.rule("R-P4")
@given(
    base=st.decimals(min_value=0, max_value=9000, places=2),
    sales=money,
    fine=st.decimals(min_value=-4000, max_value=0, places=2),
    other=money,
    owed=st.decimals(min_value=0, max_value=4000, places=2),
    cap=st.decimals(min_value=0, max_value=9000, places=2),
)
def test_total_is_the_sum_of_its_lines(
    base: Decimal, sales: Decimal, fine: Decimal, other: Decimal, owed: Decimal, cap: Decimal
) -> None:
    plan = (
        f"pay: {{cap: {cap}, min_wage: 2490, pool: {{amount: 100.01, by: heads}},"
        " commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.013], [700.7, 0.021]]}}"
    )
    got = pay(
        plan,
        f"E1 net_sales {sales}\nE2 net_sales 7",
        f"E1 甲 售前 {base}\nE2 甲 售前 77.77\nE3",
        changes=f"E1 {fine} fine\nE1 {other} correction",
        owed={"E1": str(owed)},
    )
    totals = Decimal(0)
    for employee in ("E1", "E2", "E3"):
        amounts = {p.line: p.amount for p in got.lines if p.employee_id == employee}
        total = amounts.pop("total")
        assert total == sum(amounts.values())
        assert all(a.as_tuple().exponent == -2 and str(a) != "-0.00" for a in amounts.values())
        totals += total
    assert got.payroll_total == totals
    e1 = {p.line: p.amount for p in got.lines if p.employee_id == "E1"}
    earned = sum(e1.get(line, Decimal(0)) for line in ("base", "commission", "pool", "cap"))
    taken = -e1.get("deductions", Decimal(0))
    assert taken <= max(earned, Decimal(0)) / 5
    if taken or e1.get("clawback"):
        assert earned + e1.get("clawback", Decimal(0)) - taken >= 2490


brackets = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(0, 1000)), min_size=1, max_size=5, unique_by=lambda b: b[0]
)


@pytest.mark.rule("R-P")
@given(brackets, st.integers(0, 2 * 10**6), st.integers(0, 10**4))
def test_marginal_commission_is_continuous_and_never_falls(
    slices: list[tuple[int, int]], value: int, more: int
) -> None:
    text = ", ".join(f"[{start}, {Decimal(rate) / 1000}]" for start, rate in sorted(slices))
    plan = plans_of(f"pay: {{commission: {{metric: sales, kind: marginal, brackets: [{text}]}}}}")[0]
    rule = plan.pay.commission
    assert rule is not None
    low, _ = commission_due(rule, Fraction(value))
    high, _ = commission_due(rule, Fraction(value + more))
    assert 0 <= low <= high <= low + more  # no rate is above 1
    highest = max(rate for _, rate in slices)
    assert high - low <= Fraction(more * highest, 1000)
