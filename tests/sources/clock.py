"""A limit of time for what may never end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Hangs(BaseException):
    """Took too long. No ``Exception``, so that nothing takes it for a file that cannot be read."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Ends the block with ``Hangs`` after that long, where the system has alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: Any) -> None:
        raise Hangs(f"over {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
