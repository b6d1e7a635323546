"""Who changes group, joins or leaves within the period (SPEC §1 profile, §9 line 1): two days, worked out by hand."""

from __future__ import annotations

from pathlib import Path

from test_end_to_end import small_month

from evaluator.evaluation import Evaluation
from evaluator.run import evaluate_month

PLANS = """
plans:
- {name: 甲方案, applies_to: {group: 甲组}, pay: {commission: {metric: sales, kind: marginal, brackets: [[0, 0.01]]}}}
- {name: 乙方案, applies_to: {group: 乙组}, pay: {commission: {metric: sales, kind: marginal, brackets: [[0, 0.10]]}}}
"""
ROSTER = "account,employee_id,name,group,role,from,to,base_salary\n"
TALK = (
    "shop,buyer,account,sender,ts,text\n"
    "a,张三,小美,buyer,2026-10-01 10:00:00,在吗\n"
    "a,张三,小美,agent,2026-10-01 10:00:30,在的\n"
    "a,王五,小美,buyer,2026-10-02 08:50:00,在吗\n"
    "a,王五,小美,agent,2026-10-02 08:50:30,在的\n"
)  # order 1001 (100.00 without postage) is 张三's, paid on the 1st; 1002 (50.00) 王五's, on the 2nd


def month(folder: Path, roster: str, days: str = "") -> Evaluation:
    more = {"attendance_csv": f"employee_id,due_days,worked_days\n{days}"} if days else {}
    return evaluate_month(
        small_month(folder, plan_yaml=PLANS, roster_csv=ROSTER + roster, messages_csv=TALK, **more)
    )


def lines(found: Evaluation, employee: str) -> str:
    return " ".join(f"{p.line} {p.amount}" for p in found.pay.lines if p.employee_id == employee)


def kinds(found: Evaluation) -> list[tuple[str, str]]:
    return [
        (i.kind, i.subject)
        for i in found.review
        if i.kind in ("part_month", "profile_changed", "unbound_account")
    ]


def test_changing_group_the_last_row_holds_for_the_whole_period(tmp_path: Path) -> None:
    """Both days' 150.00 by the plan of 乙组, and its salary, whole by the attendance."""
    roster = "小美,E01,美,甲组,售前,,2026-10-01,3000\n小美,E01,美,乙组,售前,2026-10-02,,4000\n"
    found = month(tmp_path, roster, "E01,2,2\n")
    assert lines(found, "E01") == "base 4000.00 commission 15.00 total 4015.00"
    assert kinds(found) == [("profile_changed", "E01")]


def test_leaving_pro_rata_by_days_and_the_account_is_his_until_then(tmp_path: Path) -> None:
    """1 of 2 days: 1500.00; the first day's 100.00 at 1 %. The second day's chat is nobody's."""
    found = month(tmp_path, "小美,E01,美,甲组,售前,,2026-10-01,3000\n", "E01,2,1\n")
    assert lines(found, "E01") == "base 1500.00 commission 1.00 total 1501.00"
    assert kinds(found) == [("unbound_account", "小美")]


def test_joining_and_an_account_that_changes_hands(tmp_path: Path) -> None:
    """The account is E01's on the first day, E02's on the second; each has his day's sales and days worked."""
    roster = "小美,E01,美,甲组,售前,,2026-10-01,3000\n小美,E02,新,甲组,售前,2026-10-02,,3000\n"
    found = month(tmp_path, roster, "E01,2,1\nE02,2,1\n")
    assert lines(found, "E01") == "base 1500.00 commission 1.00 total 1501.00"
    assert lines(found, "E02") == "base 1500.00 commission 0.50 total 1500.50"


def test_without_attendance_the_salary_is_whole_and_somebody_is_asked(tmp_path: Path) -> None:
    found = month(tmp_path, "小美,E01,美,甲组,售前,2026-10-02,,3000\n")
    assert lines(found, "E01") == "base 3000.00 commission 0.50 total 3000.50"
    assert ("part_month", "E01") in kinds(found)
    formula = next(line.formula for line in found.pay.lines if line.line == "base")
    assert "全额（本期只在 2026-10-02 至 2026-10-02 在册" in formula
