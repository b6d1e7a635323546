"""The second process that draws pages and writes the workbook: the same bytes, and nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluator import render
from evaluator.evaluation import Evaluation
from evaluator.model import EvaluatorError
from evaluator.output import write_run
from evaluator.render import helper as module
from evaluator.render import write_reports
from evaluator.render.helper import assisted
from evaluator.rulebook import builtin

Started = list["subprocess.Popen[bytes]"]
HOME = str(Path(module.__file__).resolve().parents[2])
posix = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Every month gets a helper; the processes that were started."""
    found: Started = []
    start = module._started

    def recorded() -> subprocess.Popen[bytes] | None:
        process = start()
        if process is not None:
            found.append(process)
        return process

    monkeypatch.setattr(render, "LARGE_STAFF", 0)
    monkeypatch.setattr(module, "_cores", lambda: 2)
    monkeypatch.setattr(module, "_started", recorded)
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_same_bytes_with_and_without(
    demo: Evaluation, tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    write_reports(demo, tmp_path / "two", progress=told.append)
    assert len(started) == 1 and started[0].poll() is not None
    monkeypatch.setattr(module, "_cores", lambda: 1)
    here: list[str] = []
    write_reports(demo, tmp_path / "one", progress=here.append)
    assert len(started) == 1
    two, one = files(tmp_path / "two"), files(tmp_path / "one")
    assert two.keys() == one.keys() and "payroll.xlsx" in one
    assert [name for name in one if one[name] != two[name]] == []
    assert sorted(told) == sorted(here) and "归属明细" in told


def test_errors_come_out_as_they_are(started: Started) -> None:
    with assisted(wanted=True) as by:
        with pytest.raises(EvaluatorError) as seen:
            by.submit(builtin, "nowhere").result()
        with pytest.raises(json.JSONDecodeError):
            by.submit(json.loads, "{").result()
        assert by.submit(json.loads, "[1]").result() == [1]  # and it goes on
    with pytest.raises(EvaluatorError) as expected:
        builtin("nowhere")
    assert str(seen.value) == str(expected.value)
    assert len(started) == 1


def test_a_helper_that_dies_is_told_and_leaves_nothing(
    demo: Evaluation, tmp_path: Path, started: Started
) -> None:
    def tell(text: str) -> None:
        if text == "归属明细":
            started[0].kill()

    with pytest.raises(EvaluatorError, match=r"辅助进程意外结束（退出码 .*重新运行"):
        write_run(demo, tmp_path / "out", lambda folder: write_reports(demo, folder, progress=tell))
    assert list(tmp_path.iterdir()) == []
    assert started[0].poll() is not None


def test_where_none_can_be_started_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch, started: Started
) -> None:
    monkeypatch.setattr(module.sys, "executable", "")
    with assisted(wanted=True) as by:
        assert by.submit(os.getpid).result() == os.getpid()
    assert started == []


SCRIPT = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may run where it is ignored
from evaluator.render.helper import assisted, awaited

print("once", flush=True)
import evaluator.render.helper as module
module._cores = lambda: 2
with assisted(wanted=True) as by:
    print(by.submit(os.getpid).result(), flush=True)
    awaited(by.submit(time.sleep, SECONDS))
"""


def script(tmp_path: Path, seconds: float) -> subprocess.Popen[str]:
    """A user's script without a main guard."""
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.replace("SECONDS", str(seconds)), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": HOME},
        start_new_session=os.name == "posix",
    )


def test_a_script_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    out, err = script(tmp_path, 0).communicate(timeout=60)
    assert out.splitlines()[0] == "once" and len(out.splitlines()) == 2 and not err


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(300):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True  # ended; whoever inherited it has not looked yet
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()


def interrupted(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: everybody of the group


@posix
@pytest.mark.parametrize("end", [killed, interrupted])
def test_no_process_stays_behind(tmp_path: Path, end: Callable[[subprocess.Popen[str]], None]) -> None:
    process = script(tmp_path, 300)
    assert process.stdout is not None
    process.stdout.readline()
    pid = int(process.stdout.readline())
    end(process)
    assert gone(pid)
    _, err = process.communicate(timeout=30)
    assert err.count("Traceback") <= 1  # the script's own, not the helper's
