"""A run that is killed goes on at its first unfinished bucket, and ends as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from same import assert_same_folder

RUN = """
import sys
from pathlib import Path
from evaluator.engine.order import Order, carry_out
from evaluator.shelf import Limits
Limits.within = classmethod(lambda cls, memory: cls(loose=1, worthwhile=0, slice_rows=1000, part_rows=1500))
print(carry_out(Order(Path(sys.argv[1]), Path(sys.argv[2]), 1 << 31)).reused)
"""


def start(month: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(month), str(out)], stdout=subprocess.PIPE, text=True
    )


def finished(work: Path) -> set[str]:
    return {p.name for p in work.glob("*-*.bundle")} if work.is_dir() else set()


def killed_after(run: subprocess.Popen[str], work: Path, buckets: int, more: float = 0.0) -> None:
    """Kills the run once so many results stand in the work folder, and ``more`` seconds have passed."""
    while len(finished(work)) < buckets and run.poll() is None:
        time.sleep(0.005)
    time.sleep(more)
    run.send_signal(signal.SIGKILL)
    run.communicate()


def test_killed_twice(demo_month: Path, demo_out: Path, tmp_path: Path) -> None:
    out, work = tmp_path / "out", tmp_path / ".out.work"
    killed_after(start(demo_month, out), work, 3)
    done = {name: (work / name).stat().st_mtime_ns for name in finished(work)}
    assert len(done) >= 3 and not out.exists()
    killed_after(start(demo_month, out), work, len(done) + 4)
    assert not out.exists()
    assert all((work / name).stat().st_mtime_ns == made for name, made in done.items()), "made again"
    last = start(demo_month, out)
    told, _ = last.communicate()
    assert last.returncode == 0 and "沿用" in told
    assert_same_folder(out, demo_out)
    assert [p.name for p in tmp_path.iterdir()] == ["out"], "nothing is left beside it"


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(8))
def test_killed_anywhere(demo_month: Path, demo_out: Path, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    out, work = tmp_path / "out", tmp_path / ".out.work"
    for _ in range(3):
        killed_after(start(demo_month, out), work, draw.randrange(30), draw.random() * draw.choice([0.1, 3]))
        if out.exists():  # it was quicker
            break
    assert start(demo_month, out).wait() == 0
    assert_same_folder(out, demo_out)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
