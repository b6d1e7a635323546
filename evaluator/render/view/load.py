"""Load and waiting by weekday and hour. A weekday is the business day's (SPEC §1), an hour the clock's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from evaluator.metrics.monthfacts import MonthFacts
from evaluator.render.view.prepared import Prepared
from evaluator.shelf import slices

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
LEVELS = 5
#: Medians and shares of fewer turns are shown faintly.
LEAST_TURNS = 10
#: Seconds up to which a median wait is of level 1, 2, 3, 4.
WAITS = (30, 60, 120, 300)


@dataclass(frozen=True)
class Square:
    """``level`` 0 (nothing) to 5; ``faint``: too few to rely on."""

    text: str
    level: int
    faint: bool = False


@dataclass(frozen=True)
class HeatMap:
    """``rows``: weekday and its squares, in the order of ``hours``."""

    title: str
    note: str
    hours: tuple[int, ...]
    rows: tuple[tuple[str, tuple[Square, ...]], ...]


def heat_maps(data: Prepared) -> list[HeatMap]:
    """Buyers' messages an hour, the median wait of answered turns, and the share of turns that nobody answered."""
    facts = data.evaluation.facts
    asked = _cells(_counts(facts, "replies", "ts", pl.lit(0)))
    waits = _cells(_waits(_counts(facts, "turns", "opened", _WAIT)))
    say, days = data.words.say, weekdays(data)
    most = max((row["n"] / days[day] for (day, _), row in asked.items() if days[day]), default=1.0)
    made = [
        _heat_map(
            data, say("买家消息（平均每小时）"), say("接待中的买家消息 ÷ 本期该周几的天数。颜色越深越忙。"),
            lambda at: _load(asked.get(at), days[at[0]], most), asked,
        ),
        _heat_map(
            data, say("等待的中位数（秒）"),
            say(
                "已应答轮次，按买家开始等的时刻；全天都计。m 为分钟，h 为小时；浅字的不足 {least} 轮。",
                least=LEAST_TURNS,
            ),
            lambda at: _wait(waits.get(at)), waits,
        ),
    ]  # fmt: skip
    if any(row["unanswered"] for row in waits.values()):
        made.append(
            _heat_map(
                data, say("未应答的轮次"), say("当日没有等到客服消息的轮次 ÷ 应答与未应答的轮次。"),
                lambda at: _unanswered(waits.get(at)), waits,
            )
        )  # fmt: skip
    return [m for m in made if m.rows]


_UNANSWERED, _OPEN = -1, -2
_WAIT = (
    pl.when((pl.col("outcome") == "answered") & pl.col("wait").is_not_null())
    .then("wait")
    .otherwise(pl.when(pl.col("outcome") == "unanswered").then(_UNANSWERED).otherwise(_OPEN))
)  # of a turn: how long it waited for its answer, in ms
At = tuple[int, int]  # weekday (Monday 0), hour
Cells = dict[At, dict[str, float]]


def _counts(facts: MonthFacts, name: str, ts: str, value: pl.Expr) -> pl.DataFrame:
    """How often (``n``) each ``value`` is among a fact's rows, by weekday and hour; sorted. 1970-01-01, day 0, was a
    Thursday."""
    at = ["weekday", "hour", "value"]
    what = [
        ((pl.col("day") + 3) % 7).alias("weekday"),
        pl.col(ts).dt.hour().alias("hour"),
        value.alias("value"),
    ]
    counted = [
        rows.lazy().select(what).group_by(at).agg(pl.len().cast(pl.Int64).alias("n")).collect()
        for piece in facts.pieces(name)
        for _, rows in slices(piece)
    ]
    return pl.concat(counted).group_by(at).agg(pl.col("n").sum()).sort(at)


def _waits(turns: pl.DataFrame) -> pl.DataFrame:
    """Of each weekday and hour answered turns ``n``, the median of their ``wait`` (SPEC §7: the lower of two),
    and turns ``unanswered``."""
    answered, n = pl.col("value") >= 0, pl.col("n")
    value, up_to, total = (
        pl.col("value").filter(answered),
        n.filter(answered).cum_sum(),
        n.filter(answered).sum(),
    )
    return turns.group_by("weekday", "hour", maintain_order=True).agg(
        total.alias("n"),
        value.filter(up_to > (total - 1) // 2).first().alias("wait"),
        n.filter(pl.col("value") == _UNANSWERED).sum().alias("unanswered"),
    )


def _cells(rows: pl.DataFrame) -> Cells:
    return {(row.pop("weekday"), row.pop("hour")): row for row in rows.iter_rows(named=True)}


def weekdays(data: Prepared) -> Counter[int]:
    """How often each weekday is in the period."""
    start, end = data.period
    return Counter(_days(start, end))


def _days(start: date, end: date) -> Iterable[int]:
    while start < end:
        yield start.weekday()
        start += timedelta(days=1)


def _heat_map(data: Prepared, title: str, note: str, square: Callable[[At], Square], cells: Cells) -> HeatMap:
    """Hours from the beginning of the business day, without those at both ends in which nothing ever happens."""
    first = data.settings.day_start_s // 3600
    hours = [(first + n) % 24 for n in range(24)]
    busy = {hour for _, hour in cells}
    while hours and hours[0] not in busy:
        hours.pop(0)
    while hours and hours[-1] not in busy:
        hours.pop()
    rows = tuple(
        (data.words.say(name), tuple(square((day, hour)) for hour in hours))
        for day, name in enumerate(WEEKDAYS)
    )
    return HeatMap(title, note, tuple(hours), rows if hours else ())


_EMPTY = Square("", 0)


def _load(row: dict[str, float] | None, days: int, most: float) -> Square:
    if row is None or not days:
        return _EMPTY
    mean = row["n"] / days
    level = min(int(mean / most * LEVELS) + 1, LEVELS)
    return Square(f"{mean:.1f}" if mean < 10 else f"{mean:,.0f}", level)


def _wait(row: dict[str, float] | None) -> Square:
    if row is None or not row["n"]:
        return _EMPTY
    seconds = row["wait"] / 1000
    return Square(_short(seconds), 1 + sum(seconds > limit for limit in WAITS), row["n"] < LEAST_TURNS)


def _short(seconds: float) -> str:
    """In seconds; a long wait in minutes or hours."""
    if seconds < 600:
        return f"{seconds:.0f}"
    return f"{seconds / 60:.0f}m" if seconds < 5400 else f"{seconds / 3600:.1f}h"


def _unanswered(row: dict[str, float] | None) -> Square:
    turns = row["n"] + row["unanswered"] if row else 0
    if row is None or not turns:
        return _EMPTY
    share = row["unanswered"] / turns
    level = 1 + sum(share > limit for limit in (0, 0.05, 0.1, 0.2))
    return Square(f"{share * 100:.0f}%" if share else "0", level, turns < LEAST_TURNS)
