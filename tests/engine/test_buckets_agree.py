"""In memory, in few buckets, in many, and in another order of rows and files: the same tables, exactly."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle.examples import EXAMPLES
from oracle.rawmonth import RawMonth, table_of, write_month
from oracle.strategy import months
from same import assert_same

from evaluator.engine.local import Room
from evaluator.evaluation import Evaluation
from evaluator.run import evaluate_month
from evaluator.shelf import Limits

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
WHERE_READ = ("rejects",)  # tables that tell of files and rows


def room(part_rows: int, work: Path | None = None) -> Room:
    """Everything on disk, in buckets of so many rows."""
    return Room(Limits(loose=1, worthwhile=0, slice_rows=7, part_rows=part_rows), work, always=True)


def shuffled(month: RawMonth, seed: int) -> RawMonth:
    """Rows of messages in another order, those of one instant in theirs; dealt to two files, equal ones to one."""
    draw = random.Random(seed)
    files = dict(month.files)
    rows = [row for name in list(files) if table_of(name) == "messages" for row in files.pop(name)]
    instants = sorted({row["ts"] for row in rows}, key=lambda _: draw.random())
    place = {ts: n for n, ts in enumerate(instants)}
    rows.sort(key=lambda row: place[row["ts"]])
    second = {ts for ts in instants if draw.random() < 0.5}
    first, other = ([r for r in rows if (r["ts"] in second) is late] for late in (False, True))
    if first and other:
        return replace(month, files={**files, "messages_1": first, "messages_2": other})
    return replace(month, files={**files, "messages": rows})


def evaluated(month: RawMonth, room: Room | None = None) -> Evaluation:
    with tempfile.TemporaryDirectory() as name:
        return evaluate_month(write_month(month, Path(name) / "month"), scratch=Path(name), room=room)


def compare(month: RawMonth, part_rows: int, seed: int) -> None:
    want = evaluated(month)
    assert_same(evaluated(month, room(part_rows)), want)
    if len([name for name in month.files if table_of(name) == "messages"]) > 1:
        return  # dealt anew, other rows would be repeats
    again = evaluated(shuffled(month, seed), room(part_rows + 1))
    for name, frame in want.frames.items():
        if name not in WHERE_READ:
            assert again.frames[name].rows() == frame.rows(), name


@settings(max_examples=6, **CALM)  # type: ignore[arg-type]
@given(months(), st.sampled_from([1, 2, 5, 1000]), st.integers(0, 1000))
def test_random_months(month: RawMonth, part_rows: int, seed: int) -> None:
    compare(month, part_rows, seed)


@pytest.mark.heavy
@settings(max_examples=500, **CALM)  # type: ignore[arg-type]
@given(months(), st.sampled_from([1, 2, 5, 1000]), st.integers(0, 1000))
def test_many_random_months(month: RawMonth, part_rows: int, seed: int) -> None:
    compare(month, part_rows, seed)


@pytest.mark.heavy
@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    compare(EXAMPLES[name](), 1, 7)


@pytest.mark.heavy
def test_the_demo_month_in_hundreds_of_buckets(demo: Evaluation, demo_month: Path, tmp_path: Path) -> None:
    """In ten: test_large_month."""
    limits = Limits(loose=1, worthwhile=0, slice_rows=300, part_rows=60)
    assert_same(evaluate_month(demo_month, scratch=tmp_path, room=Room(limits)), demo)
    assert list(tmp_path.iterdir()) == []
