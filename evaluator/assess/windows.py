"""The days that an assessment counts: the period, days before its end, halves of months; and the time before, for
comparison (环比). All windows are ``[first, end)``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from evaluator.assess.pack import Window

#: What ``--window`` may ask for instead of the period.
ASKED = ("period", "last_7", "last_30", "day", "week", "month")
HALF = 16  # the second half of a month begins on this day


@dataclass(frozen=True, order=True)
class Days:
    """Business days ``[first, end)``."""

    first: date
    end: date

    @property
    def codes(self) -> tuple[int, int]:
        """The same as days since 1970."""
        epoch = date(1970, 1, 1)
        return (self.first - epoch).days, (self.end - epoch).days

    def each(self) -> list[Days]:
        """One by one."""
        count = (self.end - self.first).days
        starts = [self.first + timedelta(days=n) for n in range(count)]
        return [Days(day, day + timedelta(days=1)) for day in starts]

    def last(self, days: int) -> Days:
        """So many days that end with these."""
        return Days(self.end - timedelta(days=days), self.end)


def asked(window: str, period: Days) -> Days:
    """``last_7`` and ``last_30`` end with the period; ``day`` is its last day; ``week`` and ``month`` are those of its
    last day, as far as it goes."""
    last = period.end - timedelta(days=1)
    if window.startswith("last_"):
        return period.last(int(window.removeprefix("last_")))
    begins = {
        "period": period.first,
        "day": last,
        "week": last - timedelta(days=last.weekday()),
        "month": last.replace(day=1),
    }
    return Days(begins[window], period.end)


def before(window: str, days: Days) -> Days:
    """What ``days`` are compared with: of a week, the same days a week earlier; of a whole month, the month before;
    otherwise as many days just before."""
    if window == "week":
        return Days(days.first - timedelta(days=7), days.end - timedelta(days=7))
    length = days.end - days.first
    if days.first.day == 1:
        month = Days((days.first - timedelta(days=1)).replace(day=1), days.first)
        if days.end == _next_month(days.first):
            return month
        if window == "month":
            return Days(month.first, min(month.first + length, month.end))
    return Days(days.first - length, days.first)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def halves(days: Days) -> list[Days]:
    """The halves of months that the days touch, as far as they do."""
    found, first = [], days.first
    while first < days.end:
        end = half_end(first)
        found.append(Days(first, min(end, days.end)))
        first = end
    return found


def half_end(day: date) -> date:
    """The day after the half of a month that ``day`` lies in: the 16th, or the 1st of the next month."""
    return day.replace(day=HALF) if day.day < HALF else _next_month(day)


def item_days(window: Window, assessed: Days) -> Days:
    """The days of an item in an assessment of these days."""
    return assessed.last(window.days) if window.kind == "last_days" else assessed
