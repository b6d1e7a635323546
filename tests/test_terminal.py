"""What is told while a command works: how long it will still take; in a log, a line now and then."""

from __future__ import annotations

import pytest

from evaluator.stopwatch import Counted
from evaluator.terminal import TimeLeft, lines, spoken


class Clock:
    """Stands at the seconds it is set to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 秒"), (59.6, "1 分 0 秒"), (61, "1 分 1 秒"), (3599.7, "1 小时 0 分"), (7325, "2 小时 2 分")],
)
def test_time_as_one_says_it(seconds: float, told: str) -> None:
    assert spoken(seconds) == told


def test_the_rest_takes_as_long_as_what_is_done() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    assert left.told("读取") == "读取"
    assert left.told(Counted("甲", 0, 10)) == "甲"
    clock.seconds = 6
    assert left.told(Counted("甲", 2, 10)) == "甲，约剩 24 秒"
    assert left.told("别的") == "别的"
    clock.seconds = 9
    assert left.told(Counted("甲", 9, 10)) == "甲，约剩 1 秒"
    assert left.told(Counted("乙", 0, 10)) == "乙", "counted anew"
    clock.seconds = 10
    assert left.told(Counted("乙", 1, 10)) == "乙，约剩 9 秒"
    assert left.told(Counted("丙", 5, 7)) == "丙", "others, some of whom were done before"


def test_a_log_grows_slowly() -> None:
    clock, written = Clock(), list[str]()
    tell = lines(written.append, every_s=30, now=clock)
    for clock.seconds in range(0, 100, 10):
        tell(Counted(f"第 {clock.seconds} 秒", int(clock.seconds), 100))
    assert [line.split("] ")[1] for line in written] == [
        "第 30 秒，约剩 1 分 10 秒",
        "第 60 秒，约剩 40 秒",
        "第 90 秒，约剩 10 秒",
    ]
