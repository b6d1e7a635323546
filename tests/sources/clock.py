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
    """Ends the block with ``Hangs`` after so much time of the processor (another program's is not counted), where the
    system has such alarms."""
    if not hasattr(signal, "ITIMER_PROF"):
        yield
        return

    def ring(*_: Any) -> None:
        raise Hangs(f"over {seconds} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
