"""``--memory``: from a bound to how much of a month is held at once. Loads nothing heavy: what it sets must be set
before the libraries load."""

from __future__ import annotations

import os
import re
from pathlib import Path

from evaluator.errors import EvaluatorError

LEAST = 512 << 20  # the libraries, the ad model and the pages of a run take about half of it
UNBOUND = 8 << 30  # from here on a larger bound changes nothing
PLENTY = 4 << 30  # of so much memory some may lie idle
ALLOWED = 300 << 20  # that a run may take beyond its bound
POLARS = "_RJEM_MALLOC_CONF"  # what Polars' allocator reads
SOON, A_WHILE = (f"dirty_decay_ms:{ms},muzzy_decay_ms:0" for ms in (250, 4000))
MANY_FILES = (1 << 16, 10_240)  # the second is what macOS allows at most
STATUS = Path("/proc/self/status")  # where the system says how much memory a process took at most
_UNITS = {"": 1 << 30, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_memory(text: str) -> int:
    """``2GB``, ``800 MB``, ``1.5g`` in bytes; a number alone counts gigabytes. Errors: EvaluatorError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?\s*", text.upper())
    if found is None:
        raise EvaluatorError(f"--memory {text}：看不懂；请写成 2GB、800MB 这样")
    size = int(float(found[1]) * _UNITS[found[2]])
    if size < LEAST:
        raise EvaluatorError(
            f"--memory {text}：太小了，程序本身（计算库、广告模型、报表）就要约 400 MB；至少 {LEAST >> 20}MB"
        )
    return size


def bound_of(text: str | None) -> int:
    """Of ``--memory`` as typed, in bytes; of None: half of the machine's. Errors: EvaluatorError."""
    return half_of_the_machine() if text is None else parse_memory(text)


def half_of_the_machine() -> int:
    """Half of the physical memory, in bytes, as far as the system tells."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return UNBOUND
    return max(whole // 2, LEAST)


def peak() -> int | None:
    """Bytes that this process has taken at most, of memory and files in it; None where the system does not tell."""
    if not STATUS.exists():
        return None
    found = re.search(
        r"^VmHWM:\s+(\d+) kB$", STATUS.read_text(encoding="ascii", errors="replace"), re.MULTILINE
    )
    return int(found[1]) << 10 if found else None


def give_back_soon() -> None:
    """Asks the libraries' allocators to keep memory that nobody uses no longer than a moment. Before they load."""
    os.environ.setdefault(POLARS, SOON)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def keep_a_while(memory: int) -> None:
    """Asks Polars' allocator to keep freed memory some seconds instead, where so much may be used: by then most of it
    is needed again, and to touch memory for the first time is dear. Before it loads."""
    if memory >= PLENTY and os.environ.get(POLARS) == SOON:
        os.environ[POLARS] = A_WHILE


def open_many_files() -> None:
    """Asks the system for as many open files as a month in hundreds of buckets, or thousands of files on the shelf, may
    need: some systems give a process 256 or 1,024 unless it asks."""
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in MANY_FILES:
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # more than this system allows anybody
            continue
        return
