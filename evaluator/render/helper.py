"""A second Python process beside this one, for the plain Python part of the reports: drawing pages and writing cells
keep one core busy, and there are others.

It is an interpreter of our own that reads pickled work from a pipe, not ``multiprocessing``: that would run a user's
script again in the second process, where it has no main guard, and would share the libraries' threads, where it forks.
Nothing of this process is shared. The pipe is its lifeline: it ends at once when this process does, in whatever way."""

from __future__ import annotations

import gc
import json
import os
import pickle
import struct
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, TypeVar

from evaluator.errors import EvaluatorError
from evaluator.stopwatch import Progress

T = TypeVar("T")

_SIZE = struct.Struct(">Q")
_BEGIN = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from evaluator.render.helper import serve; serve()"
)
_DIED = "写报告的辅助进程意外结束（退出码 {code}），结果没有写完；多半是内存不够被系统结束，请关闭别的程序后重新运行"


class Helper:
    """Takes work, one after the other. Without a process of its own it does it at once, here."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress

    def submit(self, work: Callable[..., T], *given: object, tells: bool = False) -> Future[T]:
        """``work(*given)``: a function of a module and what can be pickled. ``tells``: it takes a ``progress``, too.
        Its errors come out of the result; EvaluatorError where the process ended."""
        done: Future[T] = Future()
        done.set_result(work(*given, **({"progress": self._progress} if tells else {})))
        return done


HERE = Helper()


class _Process(Helper):
    def __init__(self, process: subprocess.Popen[bytes], progress: Progress | None) -> None:
        super().__init__(progress)
        self._process, self._line = process, ThreadPoolExecutor(1)

    def submit(self, work: Callable[..., T], *given: object, tells: bool = False) -> Future[T]:
        return self._line.submit(self._asked, pickle.dumps((work, given, tells), 5))

    def _asked(self, what: bytes) -> Any:
        try:
            kind, value = self._answered(what)
        except (EOFError, OSError) as error:
            raise EvaluatorError(_DIED.format(code=self._process.wait())) from error
        if kind == "failed":
            raise value
        return value

    def _answered(self, what: bytes) -> tuple[str, Any]:
        ask, answers = self._process.stdin, self._process.stdout
        assert ask is not None and answers is not None
        _send(ask, what)
        while True:
            kind, value = pickle.loads(_received(answers))
            if kind != "told":
                return kind, value
            if self._progress:
                self._progress(value)

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        self._process.kill()
        self._line.shutdown(cancel_futures=True)
        self._process.communicate()


@contextmanager
def assisted(wanted: bool, progress: Progress | None = None) -> Iterator[Helper]:
    """A process for as long as the context lasts, if one is ``wanted`` and there is a core for it."""
    process = _started() if wanted and _cores() > 1 else None
    if process is None:
        yield Helper(progress)
        return
    held = _Process(process, progress)
    try:
        yield held
    finally:
        held.close()


def awaited(work: Future[T]) -> T:
    """Its result. Looks up now and then: an interrupt may reach another thread while this one only waits."""
    while True:
        try:
            return work.result(timeout=0.5)
        except TimeoutError:
            if work.done():
                raise


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _started() -> subprocess.Popen[bytes] | None:
    """None where this program has no interpreter of its own: it is part of another."""
    if not sys.executable or getattr(sys, "frozen", False):
        return None
    command = [sys.executable, "-c", _BEGIN, json.dumps(sys.path)]
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError:
        return None


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Reports are made of millions of small values that live until they are written. Python would look through all of
    them for circles again and again, which takes a quarter of the time."""
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not frozen:
            gc.unfreeze()


def serve() -> None:
    """The other side: work from standard input, answers to standard output, until the input ends."""
    with seldom_collecting():
        _serve()


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not garble the answers
    asked: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    while True:
        _send(answers, _answer(asked.get(), lambda text: _send(answers, pickle.dumps(("told", text)))))


def _listen(pipe: IO[bytes], asked: SimpleQueue[bytes]) -> None:
    try:
        while True:
            asked.put(_received(pipe))
    except (EOFError, OSError):
        os._exit(1)  # who asked is gone; nobody waits for what is being done


def _answer(what: bytes, tell: Progress) -> bytes:
    try:
        work, given, tells = pickle.loads(what)
        return pickle.dumps(("done", work(*given, **({"progress": tell} if tells else {}))), 5)
    except Exception as error:
        error.add_note(traceback.format_exc())
        try:
            return pickle.dumps(("failed", error))
        except Exception:  # an error that does not travel
            return pickle.dumps(("failed", RuntimeError(traceback.format_exc())))


def _send(pipe: IO[bytes], what: bytes) -> None:
    pipe.write(_SIZE.pack(len(what)))
    pipe.write(what)
    pipe.flush()


def _received(pipe: IO[bytes]) -> bytes:
    size = _SIZE.unpack(_exactly(pipe, _SIZE.size))[0]
    return _exactly(pipe, size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    found = pipe.read(size)
    if len(found) < size:
        raise EOFError
    return found
