"""Orders beside the consults of their buyers on the days about them (R-A1, R-A6, 催付).

Most buyers have few of either. One for whom a masked nick stands, and whom nobody can tell apart, may have thousands of
both: not all pairs of them are made, only those of days that count, and some at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

DAYS = 1 << 32  # more than there are
PAIRS = 1 << 17  # at a time at least; else as many as there are consults


class ConsultsByDay:
    """Consults (b, day, others), to be looked up by buyer and days."""

    def __init__(self, consults: pl.DataFrame) -> None:
        keys = consults.select(_key(pl.col("day"))).to_series().to_numpy()
        order = np.argsort(keys, kind="stable")
        self._keys, self._consults = keys[order], consults[order].drop("b")

    def near(self, rows: pl.DataFrame, first: pl.Expr, last: pl.Expr) -> Iterator[pl.DataFrame]:
        """Rows (b, others) each with every consult of the buyer from the ``first`` to the ``last`` day, both inclusive;
        all of a row's at once, and at least one frame. Rows come in another order."""
        days = rows.select(_key(first).alias("first"), _key(last).alias("last"))
        order = days["first"].arg_sort()  # neighbours are found quicker
        rows, days = rows[order], days[order]
        begin = np.searchsorted(self._keys, days["first"].to_numpy(), "left")
        counts = np.maximum(np.searchsorted(self._keys, days["last"].to_numpy(), "right") - begin, 0)
        before = np.cumsum(counts) - counts
        pieces = before // max(PAIRS, len(self._keys))
        starts = [0, *(np.flatnonzero(np.diff(pieces)) + 1).tolist()]
        for start, end in zip(starts, [*starts[1:], len(counts)], strict=True):
            row = np.repeat(np.arange(start, end), counts[start:end])
            consult = np.arange(len(row)) + (begin - before)[row] + (before[start] if len(row) else 0)
            yield pl.concat([rows[row], self._consults[consult]], how="horizontal")


def _key(day: pl.Expr) -> pl.Expr:
    return pl.col("b").cast(pl.Int64) * DAYS + day
