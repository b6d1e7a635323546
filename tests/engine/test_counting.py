"""Figures are counted bucket by bucket, and the sums added: nothing of a buyer is counted again for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from oracle.examples import EXAMPLES
from oracle.rawmonth import RawMonth, table_of, write_month
from same import assert_same

from evaluator.engine.local import Room
from evaluator.engine.work import Work
from evaluator.evaluation import Evaluation
from evaluator.metrics.buyerfacts import BUILDERS
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.tally import Tally, added, told
from evaluator.run import evaluate_month
from evaluator.shelf import Limits


def test_facts_of_buyers_are_counted_where_they_are_made(
    demo_month: Path, demo: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = set()
    pieces = MonthFacts.pieces

    def watched(facts: MonthFacts, name: str) -> Iterator[pl.DataFrame]:
        asked.add(name)
        return pieces(facts, name)

    monkeypatch.setattr(MonthFacts, "pieces", watched)
    room = Room(Limits(part_rows=5000), tmp_path / "work", always=True)
    got = evaluate_month(demo_month, scratch=tmp_path, room=room)
    assert {"paid_orders", "ratings"} <= asked, "what needs the whole month"
    assert not asked & BUILDERS.keys()
    assert_same(got, demo)


def test_sums_of_parts_are_those_of_the_whole() -> None:
    agents = pl.DataFrame({"a": [1, 2, None], "n": [3, 0, 5]}, schema={"a": pl.Int32, "n": pl.Int64})
    shops = pl.DataFrame({"s": [0], "n": [8]}, schema={"s": pl.Int16, "n": pl.Int64})
    one = told(0, "won", {"agent": agents, "shop": shops})
    nothing = told(0, "lost", {"agent": agents.clear(), "shop": shops.clear()})
    found = Tally(added([added([one, nothing]), added([one])]))
    won, lost = found.of("won"), found.of("lost")
    assert won is not None and lost is not None and found.of("passed") is None
    assert won["agent"].filter(pl.col("a").is_not_null()).select("a", "n").rows() == [(1, 6)]
    assert won["shop"].select("s", "n").rows() == [(0, 16)] and won["group"].is_empty()
    assert lost["agent"]["n"].sum() == 0 == lost["shop"].height


def with_one_more(month: RawMonth) -> RawMonth:
    """Somebody says something else at the same time, in the first row of the file: all others move down."""
    files = dict(month.files)
    name = next(name for name in files if table_of(name) == "messages")
    files[name] = [{**files[name][0], "text": "还有一句"}, *files[name]]
    return replace(month, files=files)


def test_other_buckets_stay_where_one_is_touched(tmp_path: Path) -> None:
    month = EXAMPLES[min(EXAMPLES)]()

    def run(name: str, month: RawMonth) -> tuple[Evaluation, Work]:
        room = Room(Limits(part_rows=1), tmp_path / "work", always=True)
        found = evaluate_month(write_month(month, tmp_path / name), scratch=tmp_path, room=room)
        return found, room.used[-1]

    _, first = run("before", month)
    got, second = run("after", with_one_more(month))
    buckets = first.made["facts"]
    assert buckets > 1
    for kind in ("opinions", "facts", "figures"):
        assert (second.taken[kind], second.made[kind]) == (buckets - 1, 1), kind
    assert_same(got, evaluate_month(tmp_path / "after"))
