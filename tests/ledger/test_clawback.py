"""R-P2: refunds of orders paid in a locked period are taken back, once, from the one who was paid for them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paid_months import PLAN, Desk, Month, balances, lines

from evaluator.ledger.book import CREDIT, EARNED, PERIOD, Book, Nothing, period_id
from evaluator.ledger.chain import Draft
from evaluator.ledger.clawback import claims, commission_on, earned_on
from evaluator.ledger.late import SCHEMA
from evaluator.metrics.request import MetricRequest
from evaluator.model import EvaluatorError
from evaluator.plan import Commission
from evaluator.render.view.prepared import Prepared
from evaluator.settlement import CommissionPaid

OCTOBER = Month(10, "1001 E01 800\n1002 E01 600\n1003 E02 500\n1004 - 70")
NOVEMBER, DECEMBER = Month(11), Month(12)
WHOLE = PLAN.replace("marginal", "whole")


@pytest.mark.rule("R-P2")
@pytest.mark.parametrize(
    ("plan", "refunds", "want"),
    [
        (PLAN, "1002 100 11-03", "-2.00"),  # 1,400 → 1,300 at the margin of 2 %
        (PLAN, "1002 600 11-03", "-10.00"),  # 18.00 → 8.00: 400 at 2 %, 200 at 1 %
        (PLAN, "1002 900 11-03", "-10.00"),  # an order gives back what it had
        (PLAN, "1002 600 11-03\n1001 800 11-04", "-18.00"),  # all of it
        (WHOLE, "1002 100 11-03", "-2.00"),
        (WHOLE, "1002 600 11-03", "-20.00"),  # drops a bracket: 28.00 → 8.00
        (PLAN.replace("net_sales", "sales"), "1002 600 11-03", None),  # refunds never counted in that base
        (PLAN, "1002 600 10-30\n1004 70 11-02\n9999 5 11-02", None),  # of October; silent; of nobody
    ],
)  # fmt: skip
def test_at_the_rate_paid_then(tmp_path: Path, plan: str, refunds: str, want: str | None) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER.but(plan=plan))
    # November has another plan; October's rate holds
    got = desk.close(NOVEMBER.but(refunds=refunds, plan=PLAN.replace("0.02", "0.5")))
    assert lines(got, "E01").get("clawback") == want
    assert "clawback" not in lines(got, "E02")


@pytest.mark.rule("R-P2")
def test_month_by_month_and_never_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    first = desk.close(NOVEMBER.but(refunds="1002 300 11-03"))
    both = desk.close(DECEMBER.but(refunds="1002 300 11-03\n1002 300 12-03\n1002 50 12-09"))
    assert lines(first, "E01")["clawback"] == "-6.00"  # 1,400 → 1,100
    assert lines(both, "E01")["clawback"] == "-4.00"  # 1,100 → 800; the order has no more
    assert "订单 1002 退款 300.00" in next(p.formula for p in both.pay.lines if p.line == "clawback")


@pytest.mark.rule("R-P2")
def test_the_minimum_wage_is_left_and_the_rest_carried_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    rich = "name: 全提\npay: {commission: {metric: net_sales, kind: marginal, brackets: [[0, 1]]}, min_wage: 2900}"
    desk.close(OCTOBER.but(plan=rich))
    november = desk.close(NOVEMBER.but(plan=rich, refunds="1002 250 11-03"))
    assert lines(november, "E01") == {
        "base": "3000.00",
        "commission": "0.00",
        "clawback": "-100.00",
        "total": "2900.00",
    }
    assert balances(november) == [("E01", "2026-11-01", "150.00")]
    december = desk.close(DECEMBER.but(plan=rich, refunds="1001 30 12-03"))
    assert lines(december, "E01")["clawback"] == "-100.00"
    assert balances(december) == [("E01", "2026-11-01", "50.00"), ("E01", "2026-12-01", "30.00")]


@pytest.mark.rule("R-P2")
def test_who_has_left_owes_it_visibly(tmp_path: Path) -> None:
    """balances.csv has him, and payroll his lines 9 and total, with 0.00."""
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    got = desk.close(NOVEMBER.but(refunds="1002 600 11-03", roster="E02 小雅 3000"))
    assert lines(got, "E01") == {"clawback": "0.00", "total": "0.00"}
    assert {p.name for p in got.pay.lines if p.employee_id == "E01"} == {"小美"}
    assert balances(got) == [("E01", "2026-11-01", "10.00")]
    assert "E01,2026-11-01,10.00" in (desk.out(NOVEMBER) / "tables" / "balances.csv").read_text("utf-8")
    again = desk.run(DECEMBER)  # he is back
    assert (lines(again, "E01")["clawback"], balances(again)) == ("-10.00", [])


@pytest.mark.rule("R-P2")
def test_his_report_and_the_teams_show_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    got = desk.run(NOVEMBER.but(refunds="1003 500 11-03\n1002 600 11-03", roster="E02 小雅 3000"))
    got.save(tmp_path / "shown")
    assert "订单 1003 退款 500.00" in (tmp_path / "shown" / "agents" / "E02.html").read_text("utf-8")
    team = (tmp_path / "shown" / "team.html").read_text("utf-8")
    assert "小美" in team and "订单 1002 退款 600.00" in team


@pytest.mark.rule("R-P2")
def test_what_a_negative_base_left_open_is_taken_back_next(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    october = Month(10, "1001 E01 20", more={"orders.csv": (
        "shop,order_id,buyer,created,paid,amount,postage\n"
        "店,1001,买家1001,2026-10-05 11:00:00,2026-10-05 11:01:00,20,320\n"
    )})  # fmt: skip
    first = desk.close(october)
    assert (lines(first, "E01")["commission"], balances(first)) == ("0.00", [("E01", "2026-10-01", "3.00")])
    second = desk.close(NOVEMBER)
    assert (lines(second, "E01")["clawback"], balances(second)) == ("-3.00", [])


def test_a_refund_whose_order_only_the_ledger_knows_is_not_told_as_lost(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    got = desk.run(NOVEMBER.but(refunds="1002 600 11-03"))
    assert "clawback" in lines(got, "E01")
    told = [i.detail for i in got.review if i.kind == "refund_unmatched"]
    assert len(told) == 1 and "第 9 行（退款追回）" in told[0]


def test_an_order_number_of_two_shops_is_told_and_not_taken(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    october = OCTOBER.files()["orders.csv"]
    twice = october + "二店,1002,别人,2026-10-07 11:00:00,2026-10-07 11:01:00,60\n"
    desk.close(OCTOBER.but(more={"orders.csv": twice}))
    got = desk.run(NOVEMBER.but(refunds="1002 600 11-03"))
    assert "clawback" not in lines(got, "E01")
    assert any(i.kind == "refund_unmatched" and "不止一处" in i.detail for i in got.review)


def test_a_month_between_is_not_skipped(tmp_path: Path) -> None:
    """December, run before November was locked, does not fit the ledger any more."""
    desk = Desk(tmp_path)
    poor = PLAN.replace("2000", "2995")
    desk.close(OCTOBER)
    desk.run(DECEMBER)
    desk.close(NOVEMBER.but(refunds="1002 600 11-03", plan=poor))
    with pytest.raises(EvaluatorError, match=r"E01 5\.00"):
        desk.lock(DECEMBER)


# ---- properties, on the functions alone ----
OF = period_id(OCTOBER.start, OCTOBER.end)
UNSETTLED = {"shops": ["店"], "brought": {"owed": [], "corrections": [], "names": {}}}
rates = st.lists(st.integers(0, 200), min_size=1, max_size=4).map(sorted)
money = st.integers(0, 300_000)


@st.composite
def commissions(draw: st.DrawFn) -> Commission:
    """Rates that do not fall, as thousandths."""
    steps = draw(rates)
    starts = sorted(draw(st.sets(st.integers(0, 3000), min_size=len(steps), max_size=len(steps))))
    brackets = tuple((Decimal(s), Decimal(r) / 1000) for s, r in zip(starts, steps, strict=True))
    kind = draw(st.sampled_from(("marginal", "whole")))
    return Commission("net_sales", MetricRequest("net_sales"), kind, brackets)


def book_of(paid: CommissionPaid, nets: list[int]) -> Book:
    """E01's orders o0, o1, … of October, locked."""
    earned = {"lines": {"commission": "0.00"}, "commission": paid.as_json()}
    credits = [
        Draft(CREDIT, OF, f"店\to{n}", {"agent": "E01", "counted": fen, "net": fen, "excluded": None})
        for n, fen in enumerate(nets)
    ]
    return Book(Nothing()).after(
        [Draft(PERIOD, OF, "", UNSETTLED), Draft(EARNED, OF, "E01", earned), *credits]
    )


def refunds(rows: list[tuple[int, int]]) -> pl.DataFrame:
    data = [(f"o{order}", f"r{n}", fen) for n, (order, fen) in enumerate(rows)]
    return pl.DataFrame(data, schema=SCHEMA, orient="row")


def claimed(book: Book, rows: list[tuple[int, int]]) -> tuple[Decimal, Book]:
    """What refunds completed in the next month claim, and the book with that month locked."""
    start = book.periods[-1].end
    end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
    made = claims(book, start, end, refunds(rows))
    total = sum((b.amount for b in made.owed), Decimal(0))
    return total, book.after([Draft(PERIOD, period_id(start, end), "", UNSETTLED), *made.drafts])


@pytest.mark.rule("R-P2")
@given(commissions(), st.lists(money, min_size=1, max_size=5), st.data())
def test_a_full_refund_returns_exactly_what_the_order_earned_at_the_margin(
    rule: Commission, nets: list[int], data: st.DataObject
) -> None:
    paid = CommissionPaid(rule, Fraction(sum(nets), 100), None, Decimal("0.00"), None, None)
    order = data.draw(st.integers(0, len(nets) - 1))
    without = paid.value - Fraction(nets[order], 100)
    got, _ = claimed(book_of(paid, nets), [(order, nets[order])])
    assert got == commission_on(paid, paid.value) - commission_on(paid, without)
    everything, _ = claimed(book_of(paid, nets), list(enumerate(nets)))
    assert everything == commission_on(paid, paid.value)


@pytest.mark.rule("R-P2")
@given(commissions(), money, money, money, st.decimals(0, 100, places=2))
def test_a_claim_is_what_reached_the_employee(
    rule: Commission, net: int, cap: int, least: int, others: Decimal
) -> None:
    """What the cap took off was never paid, and below a guarantee nothing was earned: neither is taken back."""
    limits = Decimal(cap) / 100, Decimal(least) / 100
    paid = CommissionPaid(rule, Fraction(net, 100), None, others, *limits)
    got, _ = claimed(book_of(paid, [net]), [(0, net)])
    assert got == earned_on(paid, paid.value) - earned_on(paid, Fraction(0))
    assert got <= commission_on(paid, paid.value)


@pytest.mark.rule("R-P2")
@given(commissions(), st.lists(money, min_size=1, max_size=4), st.data())
def test_claims_of_many_months_are_those_of_one(
    rule: Commission, nets: list[int], data: st.DataObject
) -> None:
    """However refunds are spread over months, what is taken back is the same, and never more than was paid."""
    paid = CommissionPaid(rule, Fraction(sum(nets), 100), None, Decimal("0.00"), None, None)
    one = st.tuples(st.integers(0, len(nets) - 1), money)
    months = data.draw(st.lists(st.lists(one, max_size=3), min_size=1, max_size=4))
    book, parts = book_of(paid, nets), Decimal(0)
    for rows in months:
        part, book = claimed(book, rows)
        parts += part
    at_once, _ = claimed(book_of(paid, nets), [row for rows in months for row in rows])
    assert parts == at_once <= commission_on(paid, paid.value)


def test_who_has_left_keeps_his_name_in_the_reports(tmp_path: Path) -> None:
    """The ledger knows him, the roster no more: he is not an account that nobody is bound to."""
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    november = desk.run(NOVEMBER.but(refunds="1003 500 11-03", roster="E01 小美 3000"))
    assert balances(november) == [("E02", "2026-11-01", "5.00")]
    assert Prepared(november, None).name("E02") == "小雅"  # type: ignore[arg-type]
