"""``--memory`` and ``--cache`` as typed; what is told when something is in the way."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from commandline import command
from oracle.examples import EXAMPLES
from oracle.rawmonth import write_month
from xlsxwriter.exceptions import FileCreateError

from evaluator.engine import bundle as bundles
from evaluator.engine import memory
from evaluator.engine.bundle import Bundle, read_bundle, write_bundle
from evaluator.engine.commands import beyond
from evaluator.engine.local import Room
from evaluator.engine.memory import bound_of, give_back_soon, keep_a_while, parse_memory
from evaluator.engine.order import Order, carry_out
from evaluator.model import EvaluatorError
from evaluator.run import evaluate_month
from evaluator.shelf import Limits, Shelf
from evaluator.stopwatch import Counted

GB = 1 << 30


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", 2 * GB), ("2", 2 * GB), ("1.5g", 3 * GB // 2), ("800 MB", 800 << 20), ("1TiB", GB << 10)],
)
def test_memory_as_typed(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["100MB", "0", "viel", "-2GB", ""])
def test_memory_that_does_not_do(text: str) -> None:
    with pytest.raises(EvaluatorError, match="--memory"):
        Order.of(Path("month"), Path("out"), text)


@pytest.mark.parametrize(
    ("bound", "own", "kept"), [("2GB", "", "250"), ("8GB", "", "4000"), ("8GB", "dirty_decay_ms:1", "1")]
)
def test_freed_memory_is_kept_where_there_is_plenty(
    monkeypatch: pytest.MonkeyPatch, bound: str, own: str, kept: str
) -> None:
    """Unless whoever runs the program said how long."""
    said = {"_RJEM_MALLOC_CONF": own} if own else {}
    monkeypatch.setattr(os, "environ", said)
    give_back_soon()
    keep_a_while(bound_of(bound))
    assert said["_RJEM_MALLOC_CONF"].split(",")[0] == f"dirty_decay_ms:{kept}"


def test_a_run_that_took_more_than_it_should_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And who takes it, where that is one buyer; nothing where it kept to its bound, or none was given."""
    status = tmp_path / "status"
    monkeypatch.setattr(memory, "STATUS", status)
    folder = write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month")
    run = ("run", str(folder), "--out", str(tmp_path / "out"), "--quiet")
    told = "多于 --memory 512MB"
    status.write_text("Name:\tpython\nVmHWM:\t  900000 kB\n", "ascii")
    assert told in command(*run, "--memory", "512MB").stderr
    assert "GB 内存" not in command(*run).stderr
    status.write_text("VmHWM:\t  800000 kB\n", "ascii")
    assert told not in command(*run, "--memory", "512MB").stderr


def test_the_buyer_who_takes_most_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "STATUS", tmp_path / "status")
    (tmp_path / "status").write_text("VmHWM:\t  900000 kB\n", "ascii")
    evaluation = evaluate_month(write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month"))
    shop, buyer, rows = evaluation.talk.busiest() or ("", "", 0)
    counted = evaluation.talk.all().group_by("shop", "buyer").len().sort("len")
    assert rows == counted["len"][-1] > 0
    assert (shop, buyer, rows) in counted.rows()
    assert buyer not in beyond("512MB", evaluation)
    evaluation.month.shelf.limits = replace(Limits(), part_rows=1)
    assert f"买家 {buyer} 一个人就有 {rows:,} 行" in beyond("512MB", evaluation)


def test_a_smaller_bound_holds_less() -> None:
    least, most = Limits.within(GB // 2), Limits.within(64 * GB)
    assert most == Limits()
    assert (
        least.part_rows < most.part_rows and least.slice_rows < most.slice_rows and least.loose < most.loose
    )


def test_a_cache_is_no_place_for_other_files(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "photo.png").write_bytes(b"")
    with pytest.raises(EvaluatorError, match=r"photo\.png"):
        Order.of(tmp_path / "month", tmp_path / "out", cache=tmp_path / "cache")
    with pytest.raises(EvaluatorError, match="月份文件夹"):
        Order.of(tmp_path / "month", tmp_path / "out", cache=tmp_path / "month" / "cache")


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    order = Order.of(write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month"), tmp_path / "out")
    order.work.mkdir()
    with (order.work / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EvaluatorError, match="另一个"):
            carry_out(order)
    assert carry_out(order).reused == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["month", "out"]


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(frame: pl.DataFrame, file: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month")
    monkeypatch.setattr(bundles, "write_frame", full)
    with pytest.raises(EvaluatorError, match="腾出空间"):
        evaluate_month(folder, room=Room(Limits(), tmp_path / "work", always=True))
    assert not list((tmp_path / "work").rglob("*.bundle"))


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), OSError("full (os error 28)")])
def test_a_disk_that_is_full_when_reports_are_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def full(book: object) -> None:
        raise FileCreateError(error)

    folder = write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month")
    monkeypatch.setattr("xlsxwriter.Workbook.close", full)
    with pytest.raises(EvaluatorError, match="腾出空间"):
        carry_out(Order.of(folder, tmp_path / "out"))
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["month"]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month")
    (tmp_path / "cache" / "lock").mkdir(parents=True)
    with pytest.raises(EvaluatorError, match="请指定有写权限的位置"):
        carry_out(Order.of(folder, tmp_path / "out", cache=tmp_path / "cache"))


def test_who_interrupts_a_run_is_told_how_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(order: Order, tell: object) -> None:
        raise KeyboardInterrupt

    folder = write_month(EXAMPLES[min(EXAMPLES)](), tmp_path / "month")
    monkeypatch.setattr("evaluator.engine.order.carry_out", interrupted)
    ran = command("run", folder, "--out", tmp_path / "out")
    assert ran.returncode == 130 and "再运行同一条命令" in ran.stderr


def test_a_bundle_cut_short_or_damaged_is_none(tmp_path: Path) -> None:
    path, shelf = tmp_path / "a.bundle", Shelf()
    frames = {"some": pl.DataFrame({"n": [1, 2], "t": ["x" * 40, None]}), "none": pl.DataFrame()}
    write_bundle(path, Bundle("key", frames))
    found = read_bundle(path, shelf)
    assert found is not None and found.key == "key"
    assert all(found.frames[name].equals(frame) for name, frame in frames.items())
    whole = path.read_bytes()
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        assert read_bundle(path, shelf) is None, place
    path.write_bytes(whole[:-9])
    assert read_bundle(path, shelf) is None
    assert read_bundle(tmp_path / "absent", shelf) is None


def test_progress_counts_buckets(tmp_path: Path) -> None:
    said: list[str] = []
    folder = write_month(EXAMPLES["refunds_beyond_the_order"](), tmp_path / "month")
    evaluate_month(folder, room=Room(Limits(part_rows=1), tmp_path / "work", always=True, tell=said.append))
    counted = [text for text in said if text.startswith("分析会话、询单与归属：")]
    assert counted[0] == f"分析会话、询单与归属：第 1 / {len(counted)} 桶"
    assert [(text.done, text.of) for text in counted if isinstance(text, Counted)] == [
        (n, len(counted)) for n in range(len(counted))
    ]


def test_progress_tells_what_an_earlier_run_did(tmp_path: Path) -> None:
    folder = write_month(EXAMPLES["refunds_beyond_the_order"](), tmp_path / "month")
    room = Room(Limits(part_rows=1), tmp_path / "work", always=True)
    said: list[str] = []
    evaluate_month(folder, room=replace(room, tell=said.append))
    assert said and not any("沿用" in text for text in said)
    evaluate_month(folder, room=replace(room, tell=said.append))
    assert "（沿用已算好的 " in said[-1]


FEW_FILES = """
import resource, sys, tempfile
from evaluator.engine.memory import open_many_files
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
open_many_files()
held = [tempfile.TemporaryFile() for _ in range(200)]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 没有这个限制")
def test_more_files_than_the_system_allows_at_first(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FEW_FILES], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
