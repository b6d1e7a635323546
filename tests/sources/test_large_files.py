"""A large delimited text, or JSON line by line, is read block by block: its size does not show in the memory that
the reader takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from measured import COUNTED, measured

HEADER = "shop,buyer,account,sender,ts,text,kind\n"
LINE = "甲店,b{n},甲店:小一,buyer,2026-10-02 09:00:00,这件还有货吗，想今天下单，麻烦看一下第{n}件,text\n"
READ = """
import sys
from pathlib import Path
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample
names = {n: n for n in ("shop", "buyer", "account", "sender", "ts", "text", "kind")}
path = Path(sys.argv[1])
rows = sum(frame.height for frame in CsvFile(Sample(path.name, path)).chunks(names))
print(rows)
"""
READ_CALLS = """
import sys
from pathlib import Path
from evaluator.sources import taobao_chatlog
from evaluator.sources.files import Sample
path = Path(sys.argv[1])
rows = sum(frame.height for raw in taobao_chatlog.read(Sample(path.name, path)) for frame in raw)
print(rows)
"""
CALL = (
    '{{"request": {{"from_id": "甲店:小一", "to_id": "b{n}"}}, '
    '"response": {{"chatlog_get_response": {{"msgs": {{"msg": '
    '{{"direction": 1, "time": "2026-10-02 09:00:00", "content": "这件还有货吗"}}}}}}}}}}\n'
)
SLACK = 80 << 20


def peak(
    folder: Path, lines: int, encoding: str, line: str = LINE, header: str = HEADER, read: str = READ
) -> tuple[int, int]:
    """Rows read by a fresh process, and its peak memory."""
    path = folder / "messages.csv"
    with path.open("w", encoding=encoding, newline="") as handle:
        handle.write(header)
        for start in range(0, lines, 1000):
            handle.write("".join(line.format(n=n) for n in range(start, start + 1000)))
    [rows], used = measured(read, path)
    path.unlink()
    return int(rows), used


@pytest.mark.heavy
@COUNTED
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_memory_does_not_grow_with_the_file(encoding, tmp_path):
    few, small = peak(tmp_path, 2_000_000, encoding)  # fewer leave the allocators room to grow
    many, large = peak(tmp_path, 4_000_000, encoding)
    assert (few, many) == (2_000_000, 4_000_000)
    assert large - small < SLACK, (small, large)


@pytest.mark.heavy
@COUNTED
def test_memory_does_not_grow_with_lines_of_json(tmp_path):
    few, small = peak(tmp_path, 100_000, "utf-8", CALL, "", READ_CALLS)
    many, large = peak(tmp_path, 500_000, "utf-8", CALL, "", READ_CALLS)
    assert (few, many) == (100_000, 500_000)
    assert large - small < SLACK, (small, large)
