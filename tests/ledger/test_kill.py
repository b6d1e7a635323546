"""A lock that is killed at any moment leaves the old ledger or the new one, whole."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from paid_months import Desk, Month

from evaluator.ledger.store import Ledger

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")


def orders(first: int) -> str:
    return "\n".join(f"{first + n} E0{n % 2 + 1} {100 + n}.50 {n % 28 + 1}" for n in range(400))


OCTOBER, NOVEMBER = Month(10, orders(1000)), Month(11, orders(2000), "1001 50 11-04")

#: Imports once; then for each line "out ledger delay" forks a child that locks, kills it after the delay (-1: never)
#: and says how it ended and how long it took. The parent itself never starts a thread.
NURSERY = """
import os, signal, sys, time
from pathlib import Path
import evaluator.ledger.lock as lock
from evaluator.ledger.store import Ledger
for line in sys.stdin:
    out, ledger, delay = line.rstrip("\\n").split("\\t")
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.close(1)
        lock.lock(out, Ledger(ledger))
        os._exit(0)
    if float(delay) >= 0:
        time.sleep(float(delay))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print(status, time.monotonic() - began, flush=True)
"""


class Nursery:
    """Processes that lock, and are killed."""

    def __init__(self, scratch: Path) -> None:
        """``scratch``: where those who are killed leave their temporary files."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        pipes["env"] = os.environ | {"TMPDIR": str(scratch)}
        self._process = subprocess.Popen([sys.executable, "-c", NURSERY], **pipes)  # type: ignore[call-overload]

    def lock(self, out: Path, ledger: Path, delay: float = -1) -> tuple[int, float]:
        self._process.stdin.write(f"{out}\t{ledger}\t{delay}\n")
        self._process.stdin.flush()
        status, seconds = self._process.stdout.readline().split()
        return int(status), float(seconds)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)


def fresh(desk: Desk, month: Month, root: Path) -> Desk:
    """A copy of a month's result and of the ledger, if there is one, beside the same month."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    here = Desk(root)
    shutil.copytree(desk.out(month), here.out(month))
    if desk.ledger.exists():
        shutil.copy(desk.ledger, here.ledger)
    (root / f"m{month.number}").symlink_to(desk.root / f"m{month.number}")
    return here


def kill_locks(desk: Desk, month: Month, root: Path, times: int, seed: int) -> Counter[str]:
    """Kills so many locks of a month at random moments; counts what they left."""
    desk.run(month)
    old = Ledger(desk.ledger).entries()
    nursery, found, draw = Nursery(desk.root), Counter[str](), random.Random(seed)
    try:
        whole = fresh(desk, month, root)
        status, seconds = nursery.lock(whole.out(month), whole.ledger)
        new = len(Ledger(whole.ledger).entries())
        assert status == 0 and new > len(old) + 400
        for _ in range(times):
            here = fresh(desk, month, root)
            nursery.lock(here.out(month), here.ledger, draw.uniform(0, seconds * 1.1))
            found["journal"] += (root / "pay.db-journal").exists()
            entries = Ledger(here.ledger).entries()  # also verifies the chain
            assert entries[: len(old)] == old
            assert len(entries) in (len(old), new)
            found["old" if len(entries) == len(old) else "new"] += 1
            manifest = json.loads((here.out(month) / "manifest.json").read_text("utf-8"))
            if "ledger" in manifest:
                assert manifest["ledger"]["head"] == entries[-1].hash
                found["told"] += 1
    finally:
        nursery.close()
    return found


@pytest.mark.rule("R-P3")
def test_killed_at_any_moment_the_ledger_is_whole(tmp_path: Path) -> None:
    found = kill_locks(Desk(tmp_path), OCTOBER, tmp_path / "x", times=25, seed=int(time.time()))
    assert found["old"] + found["new"] == 25


@pytest.mark.heavy
@pytest.mark.rule("R-P3")
@pytest.mark.parametrize("month", [OCTOBER, NOVEMBER], ids=["first", "second"])
def test_killed_at_250_moments_the_ledger_is_whole(tmp_path: Path, month: Month) -> None:
    """Some of them in the midst of the transaction: a journal is left, and the ledger as it was."""
    desk = Desk(tmp_path)
    if month is NOVEMBER:
        desk.close(OCTOBER)
    found = kill_locks(desk, month, tmp_path / "x", times=250, seed=int(time.time()))
    assert found["old"] + found["new"] == 250
    assert found["old"] and found["new"] and found["journal"]
