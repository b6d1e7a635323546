"""Runs the cases of ``cases/``: SPEC §1 to §7 drawn as text (``chat.py`` tells how to read them)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from answers import check
from chat import Case, read_cases

FILES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
CASES = [case for path in FILES for case in read_cases(path)]


def parameter(case: Case) -> Any:
    """A case under its file and heading (``-k identity``, ``-k R-C4``), marked with its rules."""
    name = f"{case.where.partition('.')[0]} {' '.join(case.rules)} {case.title}"
    return pytest.param(case, id=name, marks=[pytest.mark.rule(rule) for rule in case.rules])


@pytest.mark.parametrize("case", [parameter(case) for case in CASES])
def test_case(case: Case) -> None:
    if wrong := check(case):
        pytest.fail(wrong, pytrace=False)


@pytest.mark.parametrize(
    "expected",
    [
        "turns 小美 answered 31 s",
        "turns none",
        "turns 小美 answered 30 s · 小美 unanswered -",
        "kpi 小美: consults 2",
        "kpi 小美: reply_rate 1/2",
        "kpi 小美: sales -",
        "kpi 小明: consults 0",
        "review unbound_account 小美",
    ],
)
def test_a_case_that_expects_something_else_fails(expected: str) -> None:
    drawn = ["10:00:00 buyer → 小美", "10:00:30 小美 → buyer"]
    assert check(Case(("R-C3",), "right", "here:1", drawn, ["turns 小美 answered 30 s"])) is None
    told = check(Case(("R-C3",), "wrong", "here:1", drawn, [expected]))
    assert told and "R-C3  wrong" in told and "10:00:30 小美 → buyer" in told and expected in told
