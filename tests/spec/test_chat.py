"""Runs the cases of ``cases/``: SPEC §1 to §7 drawn as text (how to read them: ``chat.py``, ``answers.py``)."""

from __future__ import annotations

from pathlib import Path

import pytest
from answers import check
from chat import Case, read_cases

FILES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
CASES = [
    pytest.param(case, id=f"{'+'.join(case.rules)} {case.title}", marks=[pytest.mark.rule(r) for r in case.rules])
    for path in FILES
    for case in read_cases(path)
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case) -> None:
    if wrong := check(case):
        pytest.fail(wrong, pytrace=False)
