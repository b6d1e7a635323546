"""Runs the cases beside the packs, ``rules/platforms/tests/<pack>.yaml``: a month drawn as text (``chat.py`` tells
how), and what the platform's assessment must say of it.

    at exactly 180 seconds it is in time:
      period: {start: 2022-01-01, end: 2022-02-01}      # October 2026 if it does not say
      window: last_7                                    # of ``assess``, if any
      given: |
        10:00:00 ann → 小美
        10:03:00 小美 → ann
      expect: {reply_3min: 1/1 met, consequence: none}

An item: its two parts, or its value; ``-``: missing; then, in any order, ``met``, ``short``, a status, ``since DAY``,
``before VALUE`` (环比), ``8.5 points``. ``total``, ``grade``, ``shop``, ``employee_id`` and ``days`` (the first) as they
stand; ``consequence``: words that are in it. Several assessments: a list, in their order."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat import START, Drawing

from evaluator.assess.assessment import Assessment, Line
from evaluator.assess.commands import assess_data
from evaluator.rulebook import builtin
from evaluator.settings import load_month

FOLDER = builtin("rules") / "platforms"
FILES = sorted((FOLDER / "tests").glob("*.yaml"))
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {name}")
    for path in FILES
    for name, case in yaml.safe_load(path.read_text("utf-8")).items()
]
OCTOBER = {"start": START, "end": date(2026, 11, 1)}
STATUSES = ("final", "immature", "missing", "min_sample")
WORDS = re.compile(
    rf"(?P<since>since \S+)|(?P<before>before \S+)|(?P<points>\S+ points)|(?P<met>met|short)"
    rf"|(?P<status>{'|'.join(STATUSES)})|(?P<value>\S+)"
)


def assessed(folder: Path, pack: str, case: dict[str, Any]) -> list[Assessment]:
    """The case's month by the pack, read from files as a user's would be."""
    lines = case["given"].splitlines()
    settings = [line.strip().removeprefix("set ") for line in lines if line.strip().startswith("set ")]
    drawn = Drawing([line for line in lines if line.strip() and not line.strip().startswith("set ")])
    period = {k: str(v) for k, v in case.get("period", OCTOBER).items()}
    text = f"period: {{start: {period['start']}, end: {period['end']}}}\n"
    if settings:
        text += "settings:\n" + "".join(f"  {line}\n" for line in settings)
    (folder / "period.yaml").write_text(text, "utf-8")
    config = load_month(folder, assessed=pack)
    return assess_data(replace(drawn.month(()), config=config), case.get("window"))


def number(word: str) -> Fraction | None:
    return None if word == "-" else Fraction(word)


def wrong_line(line: Line, wanted: str) -> str | None:
    """What is wrong with an item, or None."""
    for found in WORDS.finditer(str(wanted)):
        kind, word = str(found.lastgroup), found[0]
        if kind == "value":
            above, slash, below = word.partition("/")
            parts = (line.cell.numerator, line.cell.denominator)
            right = parts == (number(above), number(below)) if slash else line.cell.value == number(word)
        else:
            got = {
                "since": f"since {line.since}",
                "before": line.previous and f"before {line.previous.value}",
                "points": f"{line.points} points",
                "met": {True: "met", False: "short"}.get(line.met),  # type: ignore[arg-type]
                "status": line.status,
            }[kind]
            right = got == word
        if not right:
            return f"{line.item.id}: expected {wanted}, got {line.cell}, {line.status}, met {line.met}, {line.points}"
    return None


def wrong(found: Assessment, wanted: dict[str, Any]) -> list[str]:
    lines = {line.item.id: line for line in found.lines}
    told = []
    for key, want in wanted.items():
        if key in lines:
            told.append(wrong_line(lines[key], want))
            continue
        got: dict[str, Any] = {
            "total": None if found.total is None else str(found.total),
            "grade": found.grade,
            "shop": found.shop,
            "employee_id": found.employee_id,
            "days": found.days.first,
            "consequence": "；".join(found.consequences) or "none",
        }
        right = want in got[key] if key == "consequence" else got[key] == (None if want == "-" else want)
        told.append(None if right else f"{key}: expected {want}, got {got[key]}")
    return [text for text in told if text]


@pytest.mark.rule("R-P5")
@pytest.mark.parametrize(("pack", "case"), CASES)
def test_a_packs_own_case(pack: str, case: dict[str, Any], tmp_path: Path) -> None:
    found = assessed(tmp_path, pack, case)
    wanted = case["expect"] if isinstance(case["expect"], list) else [case["expect"]]
    assert wanted and all(wanted), "a case that expects nothing"
    assert len(found) == len(wanted), [f.as_json() for f in found]
    assert [wrong(f, w) for f, w in zip(found, wanted, strict=True)] == [[]] * len(wanted)


def test_every_pack_has_cases_that_name_each_of_its_items() -> None:
    config = {p.stem: yaml.safe_load(p.read_text("utf-8")) for p in FOLDER.glob("*.yaml")}
    named = {path.stem: path.read_text("utf-8") for path in FILES}
    lacking = [
        (pack, item["id"])
        for pack, content in config.items()
        for item in content.get("items", [])
        if not re.search(rf"\b{item['id']}: ", named.get(pack, ""))
    ]
    assert lacking == []


@pytest.mark.parametrize(
    "expected", ["reply_3min: 1/2", "reply_3min: 1/1 short", "reply_3min: 2", "total: 3"]
)
def test_a_case_that_expects_something_else_fails(expected: str, tmp_path: Path) -> None:
    drawn = "10:00:00 ann → 小美\n10:03:00 小美 → ann"
    (found,) = assessed(tmp_path, "taote", {"given": drawn})
    assert wrong(found, {"reply_3min": "1/1 met"}) == []
    assert wrong(found, yaml.safe_load(expected))
