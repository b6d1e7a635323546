"""How an employee's month went day by day, and how it compares with his earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from evaluator.render.sheet import Block, Column, Row, show
from evaluator.render.view.prepared import Prepared

#: What is shown day by day: work, speed, result.
MONTHLY = ("consults", "conversion_rate", "sales", "first_response", "reply_rate", "satisfaction")
WIDTH, HEIGHT, TOP, FOOT = 420, 112, 20, 18
GAP = 0.2  # of a bar's place

Point = tuple[str, Decimal | None]


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Mark:
    """A text below the chart, centred on ``x``."""

    x: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Upright bars over time. ``told``: the same in words; ``most``: the highest, as text."""

    title: str
    told: str
    most: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]


class Trends:
    """Of everybody; made once."""

    def __init__(self, data: Prepared) -> None:
        self.data = data

    def days(self, me: str) -> list[Chart]:
        """A chart a figure, a bar a day; nothing where he has no figure on any day."""
        start, end = self.data.period
        every = [start + timedelta(days=n) for n in range((end - start).days)]
        charts = []
        for metric, found in self.data.daily.items():
            points = [(f"{day:%m-%d}", _value(found.get(me, {}).get(day))) for day in every]
            if any(value is not None for _, value in points):
                charts.append(self._chart(metric, points))
        return charts

    def _chart(self, metric: str, points: Sequence[Point]) -> Chart:
        words, kind = self.data.words, self.data.kind(metric)
        shown = [(day, value, show(value, kind)) for day, value in points if value is not None]
        told = words.say("；").join(f"{day} {text}" for day, _, text in shown)
        most = max(value for _, value, _ in shown)
        top = next(text for _, value, text in shown if value == most)
        return Chart(words.metric(metric), told, words.say("最高 {value}", value=top), *_bars(points, most))

    def months(self, me: str, pay: Decimal | None) -> Block:
        """A row a month, the oldest first, this one last; empty without earlier months in which he was there. ``pay``:
        this month's."""
        data, words = self.data, self.data.words
        shown = [m for m in MONTHLY if data.figure("agent", me, m) is not None]
        columns = (
            Column("月份"),
            Column("工资（元）", "money"),
            Column("总分", "points"),
            *(Column(words.metric(m), data.kind(m)) for m in shown),
        )
        rows = [*self._earlier(me, shown)]
        if rows:
            score = data.evaluation.score_book.by_employee.get(me)
            figures = [data.figure("agent", me, metric) for metric in shown]
            values = [Decimal(f.value) if f and f.value else None for f in figures]
            rows.append((words.say("本期"), pay, score.total if score else None, *values))
        return Block("逐月", columns, rows)

    def _earlier(self, me: str, metrics: Sequence[str]) -> Iterator[Row]:
        for month in self.data.history.months:
            values = [month.value("agent", me, metric) for metric in metrics]
            pay, points = month.pay(me), month.points(me)
            if any(value is not None for value in (pay, points, *values)):
                yield (month.label, pay, points, *values)


def _value(found: tuple[Fraction, Fraction | None] | None) -> Decimal | None:
    if found is None or found[1] == 0:
        return None
    exact = found[0] / (found[1] or 1)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _bars(points: Sequence[Point], most: Decimal) -> tuple[tuple[Bar, ...], tuple[Mark, ...]]:
    """A bar a point, none where it has no value or is not above 0; a mark under the first, every seventh and last."""
    place, room, last = WIDTH / len(points), HEIGHT - TOP - FOOT, len(points) - 1
    bars = []
    for number, (_, value) in enumerate(points):
        if value is not None and value > 0:
            height = round(float(value / most) * room, 1)
            x = round((number + GAP / 2) * place, 1)
            bars.append(Bar(x, round(TOP + room - height, 1), round(place * (1 - GAP), 1), height))
    marked = [n for n in range(0, len(points), 7) if last - n >= 4 or n == last] + [last] * (last % 7 != 0)
    marks = [Mark(round((n + 0.5) * place, 1), points[n][0]) for n in marked]
    return tuple(bars), tuple(marks)
