"""A run that ends in the middle of a file ends as it says: no thread that reads ahead outlives Python, asks for it and
aborts the process, or hangs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from test_large_files import HEADER, LINE, READ

ROOT = Path(__file__).parents[2]
LINES = 300_000  # more than are read ahead
LEFT = (
    READ.partition("rows =")[0]
    + """
frames = CsvFile(Sample(path.name, path)).chunks(names)
print(next(frames).height > 0, flush=True)
if sys.argv[2] == "closed":
    frames.close()
if sys.argv[2] == "failed":
    raise OSError
"""
)


@pytest.mark.parametrize(
    ("encoding", "how", "code", "times"),
    [
        ("utf-16", "left", 0, 6),
        ("gb18030", "failed", 1, 2),
        ("gb18030", "closed", 0, 2),
        ("utf-8", "left", 0, 2),
    ],
)
def test_a_file_that_is_not_read_to_its_end(
    encoding: str, how: str, code: int, times: int, tmp_path: Path
) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(HEADER + "".join(LINE.format(n=n) for n in range(LINES)), encoding)
    for _ in range(times):  # without a copy that Arrow reads alone every second one aborted
        command = [sys.executable, "-X", "faulthandler", "-c", LEFT, str(path), how]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout.strip()) == (code, "True"), done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["messages.csv"]
