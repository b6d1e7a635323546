"""R-P3: later data never change a locked period; what they would change is booked once, in the next open one."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from commandline import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paid_months import PLAN, Desk, Month, balances, lines

from evaluator.ledger.revise import Difference, revise
from evaluator.ledger.store import Ledger
from evaluator.model import EvaluatorError

OCTOBER = Month(10, "1001 E01 800\n1002 E01 600\n1003 E02 500\n1004 - 70")
NOVEMBER, DECEMBER = Month(11), Month(12)
FINES = "employee_id,amount,reason,approved_by\n"
DISPUTE = (
    "order_id,employee_id,claim,decision,to_employee_id,by,when,note\n"
    "1002,E02,是我谈的,accepted,,主管,2026-11-02 10:00:00,\n"
)
SCORED = """
name: 评分
kpi_base: 1000
score: [{metric: sales, weight: 100, method: linear, worst: 0, best: 2000}]
pay: {kpi_bonus: score}
"""


def shown(found: list[Difference]) -> list[tuple[str, str, str, str]]:
    return [(d.employee_id, d.line, str(d.old), str(d.new)) for d in found]


def revised(desk: Desk, month: Month) -> list[Difference]:
    """``revise`` with later data; and again, which finds nothing and adds nothing."""
    ledger = Ledger(desk.ledger)
    found = revise(desk.month(month), ledger).differences
    entries = ledger.entries()
    again = revise(desk.month(month), ledger)
    assert (again.differences, again.head, ledger.entries()) == ([], None, entries)
    return found


def sold_by(order_id: str, before: str, after: str) -> Month:
    """October, where another agent talked with the buyer of an order."""
    return OCTOBER.but(orders=OCTOBER.orders.replace(f"{order_id} {before}", f"{order_id} {after}"))


@pytest.mark.rule("R-P3")
@pytest.mark.parametrize(
    ("later", "want", "because"),
    [
        (OCTOBER, [], ""),
        (OCTOBER.but(refunds="1002 600 11-03"), [], ""),  # of November: a claw-back, no revision
        (
            OCTOBER.but(refunds="1002 100 10-30"),
            [("E01", "commission", "18.00", "16.00")],
            "订单 1002 期内退款 0.00 → 100.00；锁定之后变化的：refunds.csv（退款）已修改",
        ),
        (
            sold_by("1002", "E01", "E02"),
            [("E01", "commission", "18.00", "8.00"), ("E02", "commission", "5.00", "12.00")],
            "订单 1002 改归 E02（原 E01）",
        ),
        (
            OCTOBER.but(orders=OCTOBER.orders + "\n1005 E01 50"),
            [("E01", "commission", "18.00", "19.00")],
            "订单 1005 锁定时的数据里没有：归 E01，净额 50.00",
        ),
        (
            OCTOBER.but(more={"labels.csv": "shop,buyer,label\n店,买家1002,ad\n"}),
            [("E01", "commission", "18.00", "8.00")],
            "订单 1002 改归 静默（原 E01）；锁定之后变化的：labels.csv（广告标注）新放入",
        ),
        (
            OCTOBER.but(settings="settings: {exclude_orders: ['1001']}"),
            [("E01", "commission", "18.00", "6.00")],
            "订单 1001 改归 排除（人工列入排除）（原 E01）",
        ),
        (
            OCTOBER.but(roster="E01 小美 3100\nE02 小雅 3000"),
            [("E01", "base", "3000.00", "3100.00")],
            "花名册的底薪 3000 → 3100；锁定之后变化的：roster.csv（花名册）已修改",
        ),
        (
            OCTOBER.but(plan=PLAN.replace("0.02", "0.03")),
            [("E01", "commission", "18.00", "22.00")],
            "方案的值 提成 pay commission brackets 2 rate 0.02 → 0.03；锁定之后变化的：规则 plan.yaml 已修改",
        ),
        (
            OCTOBER.but(more={"attendance.csv": "employee_id,due_days,worked_days\nE01,20,15\n"}),
            [("E01", "base", "3000.00", "2250.00")],
            "出勤天数 （无） → 15；应出勤天数 （无） → 20；锁定之后变化的：attendance.csv（考勤）新放入",
        ),
        (
            OCTOBER.but(more={"adjustments.csv": f"{FINES}E01,-900,打碎杯子,主管\n"}),
            [("E01", "deductions", "0.00", "-603.60")],
            "扣款上限（应发的 20%） （无） → 603.6；adjustments「打碎杯子」（无） → -900",
        ),
        (
            OCTOBER.but(more={"disputes.csv": DISPUTE}),
            [("E01", "commission", "18.00", "8.00"), ("E02", "commission", "5.00", "12.00")],
            "订单 1002 改归 E02（原 E01），异议成立",
        ),
    ],
)
def test_what_differs_and_why(
    tmp_path: Path, later: Month, want: list[tuple[str, str, str, str]], because: str
) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    found = revised(desk, later)
    assert shown(found) == want
    assert because in (found[0].cause if found else "")
    got = desk.run(NOVEMBER)
    for employee in ("E01", "E02"):
        sums = sum(d.amount for d in found if d.employee_id == employee)
        assert lines(got, employee).get("adjustments") == (str(sums) if sums else None)


@pytest.mark.rule("R-P3")
def test_scores_say_what_moved_a_bonus(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER.but(plan=SCORED))
    (bonus,) = revised(desk, OCTOBER.but(plan=SCORED, orders=OCTOBER.orders.replace("600", "700")))
    assert (bonus.line, bonus.old, bonus.new) == ("kpi_bonus", Decimal("700.00"), Decimal("750.00"))
    assert "销售额 1400 （70.00 分） → 1500 （75.00 分）" in bonus.cause


@pytest.mark.rule("R-P3")
def test_corrections_are_paid_once_and_dated(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    revised(desk, OCTOBER.but(refunds="1002 100 10-30"))
    revised(desk, OCTOBER.but(refunds="1002 150 10-30"))
    november = desk.close(NOVEMBER.but(more={"adjustments.csv": (
        "employee_id,amount,reason,approved_by\nE01,50,全勤,主管\n"
    )}))  # fmt: skip
    assert lines(november, "E01")["adjustments"] == "47.00"  # 50 − 2 − 1
    told = next(p.formula for p in november.pay.lines if p.line == "adjustments")
    assert "全勤 +50.00" in told and "修订 2026-10-01 起一期的提成 18.00 → 16.00" in told and "-1.00" in told
    assert "adjustments" not in lines(desk.close(DECEMBER), "E01")


@pytest.mark.rule("R-P3")
def test_a_run_made_before_a_revision_cannot_be_locked(tmp_path: Path) -> None:
    """Nor one made before another month settled it."""
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    desk.run(NOVEMBER)
    revised(desk, OCTOBER.but(refunds="1002 100 10-30"))
    with pytest.raises(EvaluatorError, match=r"没有算进去的：E01 -2\.00"):
        desk.lock(NOVEMBER)
    desk.run(NOVEMBER)
    desk.close(DECEMBER)
    with pytest.raises(EvaluatorError, match="账本里已经没有了"):
        desk.lock(NOVEMBER)


@pytest.mark.rule("R-P3")
def test_a_correction_leaves_the_minimum_wage_and_the_rest_is_carried(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER.but(plan=PLAN.replace("2000", "2999")))
    revised(desk, OCTOBER.but(plan=PLAN.replace("2000", "2999"), refunds="1002 600 10-30"))
    november = desk.close(NOVEMBER.but(plan=PLAN.replace("2000", "2999")))
    assert (lines(november, "E01")["adjustments"], lines(november, "E01")["total"]) == ("-1.00", "2999.00")
    assert balances(november) == [("E01", "2026-11-01", "9.00")]
    assert lines(desk.run(DECEMBER), "E01")["clawback"] == "-9.00"


@pytest.mark.rule("R-P3")
def test_who_has_left_is_paid_what_a_revision_owes_him(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    revised(desk, sold_by("1003", "E02", "E01"))
    got = desk.run(NOVEMBER.but(roster="E02 小雅 3000"))
    assert lines(got, "E01") == {"adjustments": "10.00", "total": "10.00"}


# ---- together with claw-backs: nothing is taken twice ----
@pytest.mark.rule("R-P2")
def test_an_order_that_was_clawed_back_and_is_then_re_attributed(tmp_path: Path) -> None:
    """November took 10.00 from E01 for order 1002. It was E02's: E01 never should have had it, nor given it back."""
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    november = desk.close(NOVEMBER.but(refunds="1002 600 11-03"))
    assert lines(november, "E01")["clawback"] == "-10.00"
    found = revised(desk, sold_by("1002", "E01", "E02"))
    assert shown(found) == [
        ("E01", "commission", "18.00", "8.00"),
        ("E02", "commission", "5.00", "12.00"),
        ("E01", "clawback", "-10.00", "0.00"),
        ("E02", "clawback", "0.00", "-7.00"),
    ]
    december = desk.run(DECEMBER)
    assert "adjustments" not in {k for k, v in lines(december, "E01").items() if v != "0.00"}
    assert {k: v for k, v in lines(december, "E02").items() if k == "adjustments"} == {"adjustments": "0.00"}


@pytest.mark.rule("R-P2")
def test_a_refund_that_came_to_light_late(tmp_path: Path) -> None:
    """Order 1002 had 100 refunded in October, unknown at the lock; November took back the whole 600."""
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    desk.close(NOVEMBER.but(refunds="1002 600 11-03"))
    found = revised(desk, OCTOBER.but(refunds="1002 100 10-30"))
    assert shown(found) == [("E01", "commission", "18.00", "16.00"), ("E01", "clawback", "-10.00", "-8.00")]


@pytest.mark.rule("R-P2")
def test_a_refund_of_a_locked_month_on_an_order_of_an_earlier_one(tmp_path: Path) -> None:
    """Completed in November, seen after November was locked: revising November claims it, revising October does not."""
    desk = Desk(tmp_path)
    desk.close(OCTOBER)
    desk.close(NOVEMBER)
    late = "1002 300 11-20"
    assert revised(desk, OCTOBER.but(refunds=late)) == []
    (found,) = revised(desk, NOVEMBER.but(refunds=late))
    assert (found.line, found.of, found.new) == ("clawback", "2026-10-01/2026-11-01", Decimal("-6.00"))
    assert found.cause.startswith(
        "订单 1002 期后退款 0.00 → 300.00；锁定之后变化的：refunds.csv（退款）已修改"
    )
    december = desk.close(DECEMBER.but(refunds="1002 300 12-01"))
    assert (lines(december, "E01")["adjustments"], lines(december, "E01")["clawback"]) == ("-6.00", "-4.00")
    assert shown(revised(desk, NOVEMBER)) == [("E01", "clawback", "-10.00", "-6.00")]  # withdrawn after all


@pytest.mark.rule("R-P2")
def test_what_a_negative_base_left_open_is_given_back(tmp_path: Path) -> None:
    head = "shop,order_id,buyer,created,paid,amount,postage\n"
    row = "店,1001,买家1001,2026-10-05 11:00:00,2026-10-05 11:01:00,20,"
    october = Month(10, "1001 E01 20", more={"orders.csv": f"{head}{row}320\n"})
    desk = Desk(tmp_path)
    desk.close(october)
    desk.close(NOVEMBER)
    found = revised(desk, october.but(more={"orders.csv": f"{head}{row}0\n"}))
    assert shown(found) == [("E01", "commission", "0.00", "0.20"), ("E01", "carried", "-3.00", "0.00")]
    assert lines(desk.run(DECEMBER), "E01")["adjustments"] == "3.20"


# ---- properties, refusals, the command ----
amounts = st.lists(st.integers(1, 200_000), min_size=2, max_size=4)


@pytest.mark.rule("R-P3")
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fen=amounts, later=st.data())
def test_lock_revise_revise_is_idempotent_and_pays_what_is_due(
    tmp_path: Path, fen: list[int], later: st.DataObject
) -> None:
    """What was paid for October with all corrections is what October's later data alone come to."""
    desk = Desk(tmp_path / f"{len(list(tmp_path.iterdir()))}")

    def drawn(amounts: list[int]) -> Month:
        agents = later.draw(st.lists(st.sampled_from(("E01", "E02", "-")), min_size=4, max_size=4))
        back = later.draw(st.integers(1, 200_000))
        rows = [f"{1000 + n} {agents[n]} {a / 100:.2f}" for n, a in enumerate(amounts)]
        return OCTOBER.but(orders="\n".join(rows), refunds=f"1000 {back / 100:.2f} 10-21")

    desk.close(drawn(fen))
    for _ in range(2):
        truth = drawn(fen)
        revised(desk, truth)
    november, alone = desk.run(NOVEMBER), Desk(tmp_path / "alone").run(truth)
    first = json.loads((desk.out(OCTOBER) / "evidence" / "_settlement.json").read_text("utf-8"))
    for settled in first["settled"]:
        employee = settled["employee_id"]
        paid = Decimal(settled["lines"]["commission"])
        corrected = Decimal(lines(november, employee).get("adjustments", "0.00"))
        assert paid + corrected == Decimal(lines(alone, employee)["commission"])


@pytest.mark.rule("R-P3")
def test_what_cannot_be_revised(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(EvaluatorError, match="找不到账本"):
        revise(desk.month(OCTOBER), Ledger(desk.ledger))
    desk.close(OCTOBER)
    with pytest.raises(EvaluatorError, match="没有锁定 2026-11-01"):
        revise(desk.month(NOVEMBER), Ledger(desk.ledger))
    part = OCTOBER.but(
        more={"period.yaml": "period: {start: 2026-10-01, end: 2026-10-15}\nplan: plan.yaml\n"}
    )
    with pytest.raises(EvaluatorError, match="不是同一期"):
        revise(desk.month(part), Ledger(desk.ledger))


@pytest.mark.rule("R-P3")
def test_the_command(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    month, out = desk.month(OCTOBER), desk.out(OCTOBER)
    for words in (("run", month, "--out", out, "--quiet"), ("lock", out), ("ledger", "verify")):
        done = command(*words, "--ledger", desk.ledger)
        assert done.returncode == 0, done.stderr
    later = desk.month(OCTOBER.but(refunds="1002 100 10-30"))
    done = command("revise", later, "--ledger", desk.ledger)
    assert "E01 小美　提成　18.00 → 16.00（-2.00）" in done.stdout and "订单 1002" in done.stdout
    done = command("revise", later, "--ledger", desk.ledger, "--json")
    assert json.loads(done.stdout) == []
    done = command("run", desk.month(NOVEMBER), "--out", desk.out(NOVEMBER), "--ledger", desk.ledger)
    assert done.returncode == 0, done.stderr
    assert "E01,小美,adjustments,-2.00" in (desk.out(NOVEMBER) / "tables" / "payroll.csv").read_text("utf-8")
