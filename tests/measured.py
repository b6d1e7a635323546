"""How much memory a fresh process takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: What getrusage says of a process counts who started it, too.
PEAK = """
from pathlib import Path
print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) << 10)
"""
COUNTED = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is counted otherwise")


def measured(code: str, *arguments: object) -> tuple[list[str], int]:
    """What the code prints, word by word, and the peak of its resident memory in bytes."""
    run = [sys.executable, "-X", "faulthandler", "-c", code + PEAK, *map(str, arguments)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *told, peak = done.stdout.split()
    return told, int(peak)
