"""A month that grew gives what a full run gives, and works out only who changed."""

from __future__ import annotations

import random
import shutil
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle.examples import EXAMPLES
from oracle.rawmonth import RawMonth, table_of, write_month
from oracle.strategy import months
from same import assert_same

from evaluator.engine.local import Room
from evaluator.engine.work import Work
from evaluator.run import evaluate_month
from evaluator.shelf import Limits

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
TIME = {"messages": "ts", "orders": "created", "refunds": "applied", "ratings": "ts", "escalations": "ts"}


def until(month: RawMonth, moment: datetime) -> RawMonth | None:
    """The month as it was then; None if there were no messages yet."""
    files: dict[str, list[dict[str, Any]]] = {}
    for name, rows in month.files.items():
        column = TIME.get(table_of(name))
        files[name] = [r for r in rows if column is None or r[column] < moment]
    talked = any(rows for name, rows in files.items() if table_of(name) == "messages")
    return replace(month, files=files) if talked else None


def without_some(month: RawMonth, draw: random.Random) -> RawMonth:
    """With some messages and labels gone."""
    files = {
        name: [r for r in rows if draw.random() < 0.8] if table_of(name) in ("messages", "labels") else rows
        for name, rows in month.files.items()
    }
    return replace(month, files=files)


def compare(month: RawMonth, part_rows: int, seed: int) -> None:
    """Day by day, then with rows taken away again, one cache through."""
    draw = random.Random(seed)
    times = sorted({r["ts"] for n, rows in month.files.items() if table_of(n) == "messages" for r in rows})
    states = [until(month, t) for t in draw.sample(times, min(2, len(times)))]
    less = without_some(month, draw)
    if any(rows for n, rows in less.files.items() if table_of(n) == "messages"):
        states += [month, less]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for n, state in enumerate([*(s for s in states if s is not None), month]):
            folder = write_month(state, place / f"month{n}")
            room = Room(Limits(part_rows=part_rows), place / "work", always=True)
            assert_same(evaluate_month(folder, scratch=place, room=room), evaluate_month(folder))


@settings(max_examples=3, **CALM)  # type: ignore[arg-type]
@given(months(), st.sampled_from([3, 1000]), st.integers(0, 1000))
def test_random_months_grow(month: RawMonth, part_rows: int, seed: int) -> None:
    compare(month, part_rows, seed)


@pytest.mark.heavy
@settings(max_examples=300, **CALM)  # type: ignore[arg-type]
@given(months(), st.sampled_from([1, 3, 1000]), st.integers(0, 1000))
def test_many_random_months_grow(month: RawMonth, part_rows: int, seed: int) -> None:
    compare(month, part_rows, seed)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Work]:
    """What is kept of a month in a few buckets."""
    home, month = tmp_path_factory.mktemp("before"), EXAMPLES[min(EXAMPLES)]()
    room = Room(Limits(part_rows=3), home / "work", always=True)
    evaluate_month(write_month(month, home / "month"), scratch=home, room=room)
    return home / "work", room.used[0]


def after(before: tuple[Path, Work], place: Path) -> Room:
    """With that kept, in a place of its own."""
    shutil.copytree(before[0], place / "work")
    return Room(Limits(part_rows=3), place / "work", always=True)


@pytest.mark.parametrize(
    "change", [{"session_gap_s": 60}, {"judgment": "payment"}, {"window_days": 3}, {"min_amount": 90}]
)
def test_nothing_is_taken_over_where_settings_changed(
    before: tuple[Path, Work], tmp_path: Path, change: dict[str, Any]
) -> None:
    month, room = EXAMPLES[min(EXAMPLES)](), after(before, tmp_path)
    period = {**month.period, "settings": {**month.period.get("settings", {}), **change}}
    folder = write_month(replace(month, period=period), tmp_path / "after")
    assert_same(evaluate_month(folder, scratch=tmp_path, room=room), evaluate_month(folder))
    assert room.used[0].taken.get("facts", 0) == 0 == room.used[0].unchanged


def test_the_same_month_is_taken_over_whole(before: tuple[Path, Work], tmp_path: Path) -> None:
    folder, room = write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month"), after(before, tmp_path)
    evaluate_month(folder, scratch=tmp_path, room=room)
    first, [second] = before[1], room.used
    assert first.taken == {} and second.taken["facts"] == first.made["facts"] > 2
    assert second.made == {} and "沿用" in room.told()
