"""Every rule of SPEC has a test that names it, and nobody names a rule that there is not."""

from __future__ import annotations

import re
from pathlib import Path

from chat import read_cases

SPEC = Path(__file__).parent
ROOT = SPEC.parent.parent
LEDGER = SPEC.parent / "ledger"
RULE = re.compile(r"\bR-([A-Z])(\d+)(?: (?:…|to) R-\1(\d+))?")  # R-F1; R-F1 … R-F6; R-F1 to R-F6

#: Rules by letter: from the first number to the last.
NUMBERS = {"F": (0, 6), "C": (1, 11), "I": (1, 5), "A": (1, 8), "S": (1, 4), "P": (1, 5)}
KNOWN = {f"R-{letter}{n}" for letter, (first, last) in NUMBERS.items() for n in range(first, last + 1)}
#: What a test names where SPEC numbers nothing: ground rules, identity, metrics, scoring methods, pay lines.
SECTIONS = {"§1", "§2", "R-M", "R-S", "R-P"}
#: Rules that the program does not have yet. Take one off when it has.
LATER: set[str] = set()


def spec_tests() -> dict[str, set[str]]:
    """Rule → tests that name it: cases by their headings, functions by ``@pytest.mark.rule``."""
    found: dict[str, set[str]] = {}
    for path in sorted(SPEC.rglob("*.txt")):
        for case in read_cases(path):
            for rule in case.rules:
                found.setdefault(rule, set()).add(case.where)
    for path in sorted([*SPEC.rglob("test_*.py"), *LEDGER.rglob("test_*.py")]):
        for rule in re.findall(r"mark\.rule\(\s*\"([^\"]+)\"", path.read_text("utf-8")):
            found.setdefault(rule, set()).add(path.name)
    return found


def named_in_code() -> dict[str, set[str]]:
    """Rule → files of the program and its rules that name it."""
    files = [*(ROOT / "evaluator").rglob("*.py"), *(ROOT / "rules").rglob("*.yaml")]
    found: dict[str, set[str]] = {}
    for path in files:
        for letter, first, last in RULE.findall(path.read_text("utf-8")):
            for n in range(int(first), int(last or first) + 1):
                found.setdefault(f"R-{letter}{n}", set()).add(str(path.relative_to(ROOT)))
    return found


def test_every_rule_of_the_code_has_a_spec_test() -> None:
    covered, code = spec_tests(), named_in_code()
    assert len(code) > 30, "the code names its rules"
    assert {rule: files for rule, files in code.items() if rule not in covered} == {}


def test_every_rule_of_the_spec_has_a_spec_test_and_stands_in_the_code() -> None:
    assert sorted((KNOWN | SECTIONS) - spec_tests().keys() - LATER) == []
    assert sorted(KNOWN - named_in_code().keys() - LATER) == []


def test_nobody_names_a_rule_that_there_is_not() -> None:
    assert {rule: where for rule, where in spec_tests().items() if rule not in KNOWN | SECTIONS} == {}
    assert {rule: where for rule, where in named_in_code().items() if rule not in KNOWN} == {}


def test_what_is_left_for_later_is_neither_coded_nor_spec_tests() -> None:
    assert LATER <= KNOWN
    assert sorted(LATER & (spec_tests().keys() | named_in_code().keys())) == []
