"""``evaluator watch``: runs again when files have come to rest, keeps the last good result, ends when told."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from oracle.examples import EXAMPLES
from oracle.rawmonth import write_month
from same import assert_same_folder

from evaluator.engine.watch import Pace, settled, state_of
from evaluator.run import evaluate_month

LONG = 120.0  # seconds that a busy machine may need for a run


class Watched:
    """A month that a process watches, and what it says."""

    def __init__(self, place: Path) -> None:
        self.month, self.out, self.said = place / "month", place / "out", place / "said"
        write_month(EXAMPLES[min(EXAMPLES)](), self.month)
        command = [sys.executable, "-m", "evaluator.cli", "watch", str(self.month), "--out", str(self.out)]
        with self.said.open("w", encoding="utf-8") as said:
            self.process = subprocess.Popen(
                [*command, "--every", "0.2", "--settle", "1"], stdout=said, stderr=subprocess.STDOUT
            )

    def text(self) -> str:
        return self.said.read_text("utf-8")

    def wait(self, what: Callable[[str], bool]) -> str:
        end = time.monotonic() + LONG
        while not what(self.text()):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end, self.text()
            time.sleep(0.05)
        return self.text()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path)
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.wait()


def test_it_runs_again_and_keeps_the_last_good_result(watched: Watched, tmp_path: Path) -> None:
    watched.wait(lambda said: said.count("工资合计") == 1)
    period = watched.month / "period.yaml"
    good = period.read_text("utf-8")
    made = (watched.out / "manifest.json").read_bytes()

    period.write_text("period: no\n", "utf-8")
    told = watched.wait(lambda said: "没有算成" in said)
    assert "period.yaml" in told.partition("没有算成")[2]
    assert (watched.out / "manifest.json").read_bytes() == made

    period.write_text(good, "utf-8")
    labels = watched.month / "labels.csv"
    first = watched.month / "messages.csv"
    shop, buyer = first.read_text("utf-8").splitlines()[1].split(",")[:2]
    labels.write_text(f"shop,buyer,label\n{shop},{buyer},ad\n", "utf-8")
    watched.wait(lambda said: said.count("工资合计") == 2)
    evaluate_month(watched.month).save(tmp_path / "want")
    assert_same_folder(watched.out, tmp_path / "want")

    watched.process.send_signal(signal.SIGTERM)
    assert watched.process.wait(LONG) == 0
    assert watched.text().rstrip().endswith("已停止") and "Traceback" not in watched.text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["month", "out", "said", "want"]


def test_ctrl_c_ends_a_run_that_is_under_way(watched: Watched) -> None:
    watched.wait(lambda said: "开始计算" in said)
    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(LONG) == 0
    assert "Traceback" not in watched.text()


def test_files_that_still_grow_are_waited_for() -> None:
    looks: list[dict[str, tuple[int, int]]] = [{"a": (n, 0)} for n in (1, 2, 2, 3, 3, 3, 3)]
    assert settled(lambda: looks.pop(0), Pace(every=1, settle=3), lambda _: None) == {"a": (3, 0)}
    assert looks == []


def test_results_and_hidden_files_are_no_change(tmp_path: Path) -> None:
    for name in ("a.csv", ".hidden", "sub/b.csv", "out/manifest.json", ".out.work/x"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    found = state_of(tmp_path, tmp_path / "out")
    assert sorted(Path(p).name for p in found) == ["a.csv", "b.csv"]
    assert state_of(tmp_path / "absent", tmp_path / "out") == {}
