"""``evaluator watch``: a month's folder is evaluated again whenever its files have changed and come to rest."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from evaluator.engine.order import Done, Order, carry_out
from evaluator.model import EvaluatorError

#: Files of a folder: path → size and time of change.
State = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Pace:
    """Seconds between looks, and how long nothing may change before a run begins."""

    every: float = 2.0
    settle: float = 10.0


@dataclass(frozen=True)
class Heard:
    """Whom to tell: of a run that begins, is done, or failed and why."""

    begins: Callable[[], None]
    done: Callable[[Done], None]
    failed: Callable[[EvaluatorError], None]


class Stopped(Exception):
    """Somebody ended the watch."""


def state_of(month: Path, out: Path) -> State:
    """Every file that a run may read: none hidden, and not the results themselves. An absent folder has none."""
    found: State = {}
    for folder, names, files in os.walk(month):
        names[:] = [n for n in names if not n.startswith(".") and (Path(folder) / n).resolve() != out]
        for name in files:
            if not name.startswith((".", "~$")):
                path = Path(folder) / name
                try:
                    told = path.stat()
                except OSError:  # gone since
                    continue
                found[str(path)] = (told.st_size, told.st_mtime_ns)
    return found


def settled(look: Callable[[], State], pace: Pace, sleep: Callable[[float], None] = time.sleep) -> State:
    """The files, once nothing about them has changed for a while: an export that is still being written or copied is
    none yet."""
    last, since = look(), 0.0
    while since < pace.settle:
        sleep(pace.every)
        now = look()
        since = since + pace.every if now == last else 0.0
        last = now
    return last


def watch(order: Order, heard: Heard, pace: Pace, tell: Callable[[str], None] | None = None) -> None:
    """Runs, then waits for changes, until ``Stopped`` or KeyboardInterrupt is raised. Results of a failed run are not
    written: those of the last good one stay. Without ``order.cache`` one beside ``order.out`` is kept for as long."""
    out = order.out.resolve()
    own = out.parent / f".{out.name}.cache"
    cached = order if order.cache is not None else replace(order, cache=own)
    seen: State | None = None
    try:
        while True:
            if state_of(order.month, out) == seen:
                time.sleep(pace.every)
                continue
            # the first run begins at once: whoever starts the watch has put the files there
            seen = (
                settled(lambda: state_of(order.month, out), pace)
                if seen is not None
                else state_of(order.month, out)
            )
            heard.begins()
            try:
                heard.done(carry_out(cached, tell))
            except EvaluatorError as error:
                heard.failed(error)
    finally:
        if order.cache is None:
            shutil.rmtree(own, ignore_errors=True)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM raises ``Stopped``, as Ctrl-C raises KeyboardInterrupt; neither leaves the block."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except (Stopped, KeyboardInterrupt):
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
