"""From when a figure counts, where its window begins before the period."""

from __future__ import annotations

from datetime import date

import polars as pl

from evaluator.assess.windows import Days
from evaluator.metrics.request import MetricRequest
from evaluator.model import MonthData
from evaluator.roster import day_of
from evaluator.rulebook import metric_catalogue
from evaluator.tables import TABLES, Column


def counted_since(month: MonthData, request: MetricRequest, days: Days) -> date | None:
    """The first day of the latest of the metric's tables, at most the period's first day; None where the data reaches
    back to the beginning of ``days``. What lies in the period is taken to be whole."""
    start = month.config.start
    if days.first >= start:
        return None
    needs = " | ".join(metric_catalogue()[request.metric].needs).split("|")
    tables = {need.strip().partition(".")[0].removesuffix("?") for need in needs}
    begins = [_first_day(month, table, column) for table in tables if (column := _time_of(month, table))]
    since = min(max((day or start for day in begins), default=days.first), start)
    return since if since > days.first else None


def _time_of(month: MonthData, table: str) -> Column | None:
    """The column that says when, of a table that is there."""
    timed = (c for c in TABLES[table].columns if c.kind in ("time", "date"))
    return next(timed, None) if month.has(table) else None


def _first_day(month: MonthData, table: str, column: Column) -> date | None:
    """None: of an empty table."""
    time = pl.col(column.name)
    day = time if column.kind == "date" else day_of(time, month.config.settings.day_start_s)
    first: date | None = month.tables[table].select(day.min().cast(pl.Date)).item()
    return first
