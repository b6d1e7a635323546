"""Seconds by stage: for the manifest, the progress on screen and the benchmark."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str], None]


class Counted(str):
    """A text for a ``Progress`` that knows how far of how many it is; whoever shows it may draw a bar."""

    done: int
    of: int

    def __new__(cls, text: str, done: int, of: int) -> Counted:
        made = super().__new__(cls, text)
        made.done, made.of = done, of
        return made


class Stopwatch:
    """``seconds`` grows as stages end; it may be a dictionary that stands somewhere else already."""

    def __init__(self, progress: Progress | None = None, seconds: dict[str, float] | None = None) -> None:
        self.seconds: dict[str, float] = {} if seconds is None else seconds
        self._progress = progress

    @contextmanager
    def stage(self, name: str, told: str) -> Iterator[None]:
        if self._progress:
            self._progress(told)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 3)
