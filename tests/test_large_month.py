"""A large month is computed as a small one is: on the shelf, slice by slice and part by part, with the same results."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from evaluator.demo import write_demo
from evaluator.engine.local import Room
from evaluator.evaluation import Evaluation
from evaluator.model import EvaluatorError
from evaluator.run import evaluate_month
from evaluator.shelf import Limits, Shelf, slices, write_frame

FRAME = pl.DataFrame(
    {
        "text": ["在吗" * 20, None, "", "短"],
        "name": pl.Series(["甲", None, "乙", "甲"]).cast(pl.Categorical),
        "reason": pl.Series(["ad", None, "manual", "ad"]).cast(pl.Enum(["ad", "manual"])),
        "ts": [datetime(2026, 10, 1, 9, 0, 0, 5000), None, datetime(2026, 10, 2), datetime(2026, 10, 3)],
        "flag": [True, None, False, True],
        "n": pl.Series([1, None, 3, 4], dtype=pl.UInt32),
    }
).with_columns(pl.col("ts").cast(pl.Datetime("ms")))


#: Every frame goes to the shelf; slices of 1,000 rows, buckets of 2,000: about ten.
EVERYTHING_LARGE = Room(Limits(loose=1, worthwhile=0, slice_rows=1000, part_rows=2000))


@pytest.fixture(scope="module")
def large(demo_month: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Evaluation, Path]]:
    scratch = tmp_path_factory.mktemp("scratch")
    yield evaluate_month(demo_month, scratch=scratch, room=EVERYTHING_LARGE), scratch


def test_a_laid_frame_is_the_same_frame(tmp_path: Path) -> None:
    frame = pl.concat([FRAME, FRAME.filter(pl.col("n") > 2)], rechunk=False)
    got = Shelf(tmp_path).lay(frame)
    assert got.schema == frame.schema and got.rows() == frame.rows()


def test_a_frame_without_rows_can_be_laid(tmp_path: Path) -> None:
    got = Shelf(tmp_path).lay(FRAME.clear())
    assert got.schema == FRAME.schema and got.height == 0


def test_texts_that_share_letters_are_not_written_out(tmp_path: Path) -> None:
    """A column of few different texts takes little more than its rows; a few rows of a large column, what they say. For
    checksums equal frames are equal bytes, however they are held."""
    said = pl.Series("text", [f"第 {n} 句话，长到自己放不下" for n in range(50)])
    file = tmp_path / "texts.parquet"
    said.gather([n % 50 for n in range(20_000)]).to_frame().write_parquet(file)
    shared = pl.read_parquet(file)
    few = shared.filter(pl.int_range(pl.len()) % 5000 == 0)
    for frame in (shared, few, shared.slice(7, 9)):
        plain = pl.DataFrame({"text": frame["text"].to_list()})
        assert Shelf(tmp_path).lay(frame).equals(plain)
        written = []
        for each, as_held in ((frame, True), (frame, False), (plain, False)):
            with BytesIO() as buffer:
                write_frame(each, buffer, as_held)
                written.append(buffer.getvalue())
        letters = sum(len(text.encode()) for text in plain["text"])
        assert len(written[0]) < 16 * frame.height + min(letters, 3000) + 2000
        assert written[1] == written[2]


def test_it_is_read_again_after_a_rest_and_leaves_no_file(tmp_path: Path) -> None:
    place = Shelf(tmp_path)
    got = place.lay(FRAME)
    place.rest()
    assert got.rows() == FRAME.rows()
    assert list(tmp_path.iterdir()) == []


def test_only_large_months_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [Shelf(tmp_path), Shelf(tmp_path, Limits(worthwhile=0, loose=0))]
    for place in places:
        assert place.keep(FRAME) is FRAME, "a small month"
        place.lay(FRAME)
    laid: list[pl.DataFrame] = []
    monkeypatch.setattr(Shelf, "lay", lambda _, frame: laid.append(frame) or frame)
    assert places[0].keep(FRAME).equals(FRAME) and not laid, "too small to be worth a file"
    assert places[1].keep(FRAME).equals(FRAME) and len(laid) == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="写不到"):
        Shelf(tmp_path / "absent").lay(FRAME)


def test_slices_cover_every_row() -> None:
    assert [(at, part.height) for at, part in slices(FRAME, 3)] == [(0, 3), (3, 1)]
    assert [(at, part.height) for at, part in slices(FRAME.clear(), 3)] == [(0, 0)]


def test_the_results_are_the_same(large: tuple[Evaluation, Path], demo: Evaluation) -> None:
    got, _ = large
    assert got.frames.keys() == demo.frames.keys()
    for name, frame in demo.frames.items():
        assert got.frames[name].schema == frame.schema, name
        assert got.frames[name].rows() == frame.rows(), name
    assert got.review == demo.review
    assert got.payroll_total == demo.payroll_total
    assert got.talk.all().equals(demo.talk.all())


def test_the_evidence_is_the_same(large: tuple[Evaluation, Path], demo: Evaluation) -> None:
    got, _ = large
    assert set(got.facts) == set(demo.facts)
    for name in demo.facts:
        keys = demo.facts[name].columns
        assert got.facts[name].sort(keys).rows() == demo.facts[name].sort(keys).rows(), name


def test_the_folder_is_the_same(large: tuple[Evaluation, Path], demo_out: Path, tmp_path: Path) -> None:
    got, scratch = large
    out = tmp_path / "out"
    got.save(out)
    for path in sorted((demo_out / "tables").glob("*.csv")):
        assert (out / "tables" / path.name).read_bytes() == path.read_bytes()
    for path in sorted((demo_out / "tables").glob("*.parquet")):
        assert pl.read_parquet(out / "tables" / path.name).equals(pl.read_parquet(path)), path.name
    assert (out / "team.html").read_bytes() == (demo_out / "team.html").read_bytes()
    told = [json.loads((folder / "manifest.json").read_text("utf-8")) for folder in (out, demo_out)]
    assert told[0]["inputs"] == told[1]["inputs"]
    assert list(scratch.iterdir()) == []


def test_repeats_are_found_on_the_shelf(tmp_path: Path) -> None:
    """A few days in which one file repeats another."""
    folder = tmp_path / "month"
    write_demo(folder, days=5)
    once = evaluate_month(folder, room=EVERYTHING_LARGE)
    chat = next(path for path in sorted(folder.rglob("*.jsonl")) if path.stat().st_size > 1000)
    shutil.copy(chat, chat.with_name(f"{chat.stem}_again.jsonl"))
    twice = evaluate_month(folder, room=EVERYTHING_LARGE)
    again = next(entry for entry in twice.month.inputs if entry.file.endswith("_again.jsonl"))
    assert again.rows_in == again.rows_rejected > 0
    assert twice.frames["kpi"].equals(once.frames["kpi"])
