"""The program against the oracle, on random months full of collisions: every table exactly."""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .agents import Agents
from .conversation import read_messages
from .difference import TABLES, differences, kpi_differences
from .examples import EXAMPLES
from .identity import Identity
from .kpi import Requests
from .load import load
from .month import OracleMonth
from .rawmonth import RawMonth, write_month
from .result import evaluate
from .strategy import months
from .strategy_plan import AD_WORD

LONGEST = 40  # lines of difference shown


def program() -> Callable[[Path], Any]:
    """``evaluate_month(folder) -> Evaluation`` of the program."""
    run = importlib.import_module("evaluator.run")
    if not hasattr(run, "evaluate_month"):
        pytest.skip("evaluator.run.evaluate_month is not there yet")
    found: Callable[[Path], Any] = run.evaluate_month
    return found


def requests_of(month: RawMonth) -> Requests:
    """The figures with options that the month's plan asks for, under the program's ids."""
    request = importlib.import_module("evaluator.metrics.request").MetricRequest
    keys = ("seconds", "unit", "hours", "cap_s", "unanswered_as_s", "source", "stage")
    found: Requests = {}
    for entry in month.plan["score"]:
        options = {key: entry[key] for key in keys if key in entry}
        found[request.of(entry["metric"], options).id] = (entry["metric"], options)
    return found


def keyword_ads(month: OracleMonth) -> set[tuple[str, str]]:
    """§3.1 by keyword rule, of all his messages in the period: the strategies have only ``AD_WORD``."""
    if not month.settings["ad"]["rules"]:
        return set()
    messages = read_messages(month, Agents(month), Identity(month))
    return {
        (m.shop, m.buyer) for m in messages if m.is_buyer and month.in_period(m.day) and AD_WORD in m.text
    }


def compare(month: RawMonth) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = write_month(month, Path(name) / "month")
        read = load(folder)
        read.rule_ads = keyword_ads(read)
        want = evaluate(read, requests_of(month))
        evaluation = program()(folder)
    frames, links = evaluation.frames, evaluation.manifest["links"]
    lines = [line for table in TABLES for line in differences(table, want[table], frames[table].to_dicts())]
    lines += kpi_differences(want["kpi"], frames["kpi"].to_dicts())
    lost = links.get("unlinked", 0) + links.get("ambiguous", 0)
    if lost != len(want["unlinked"]):
        lines.append(f"unlinked orders: oracle {len(want['unlinked'])} program {lost}")
    more = f"\n… and {len(lines) - LONGEST} more" if len(lines) > LONGEST else ""
    assert not lines, "\n" + "\n".join(lines[:LONGEST]) + more


CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


@settings(max_examples=60, **CALM)  # type: ignore[arg-type]
@given(months())
def test_random_months(month: RawMonth) -> None:
    compare(month)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    compare(EXAMPLES[name]())


@pytest.mark.heavy
@settings(max_examples=3000, **CALM)  # type: ignore[arg-type]
@given(months())
def test_many_random_months(month: RawMonth) -> None:
    compare(month)
