"""Which buyers lie in which bucket, and which orders of nobody.

A bucket holds whole buyers: those whose codes lie in one span. Codes sort like (shop, buyer), so spans follow each
other as the rows of every table do, and results need no sorting when they are put together.

An order of nobody joins nothing, so it may lie anywhere; there may be millions. They lie in buckets of their own after
all of buyers, each with those of so many places in the orders as read, be few or all of these nobody's. So the bucket
of one changes neither when another finds its buyer nor when later orders come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.engine.work import Work
from evaluator.prepare import Bucket
from evaluator.shelf import slices

SPANS = "spans"
TOO_LARGE = 1.5  # times its share of rows
ORDER_ROWS = 4  # so many message rows does an order weigh as
MOST = 512  # buckets of buyers, and of nobody: each is an open file while messages are written


@dataclass(frozen=True)
class Span:
    """Codes ``first`` to ``end``, exclusive: of buyers; below 0: of orders of nobody."""

    number: int
    first: int
    end: int

    def buyers(self, by_code: pl.DataFrame) -> pl.DataFrame:
        """The rows of its buyers, of a table with a row for each of the month's."""
        first = max(self.first, 0)
        return by_code.slice(first, max(self.end, 0) - first)


@dataclass(frozen=True)
class Spans:
    """Those of a month. ``starts``: codes at which those of buyers begin; ``buyers``: where they end. ``places`` of
    orders there are in each of nobody, up to the last of theirs, ``orders``."""

    starts: list[int]
    buyers: int
    places: int
    orders: int

    def __len__(self) -> int:
        return len(self.starts) + -(-self.orders // self.places)

    def __iter__(self) -> Iterator[Span]:
        own = len(self.starts)
        for n, (first, end) in enumerate(zip(self.starts, [*self.starts[1:], self.buyers], strict=True)):
            yield Span(n, first, end)
        for n in range(own, len(self)):
            yield Span(n, (own - n - 1) * self.places, (own - n) * self.places)

    def number(self, code: str = "b") -> pl.Expr:
        """In which of them a code lies. That of an order of nobody is below 0 by one more than its place."""
        borders = pl.Series(self.starts[1:], dtype=pl.Int32)
        b = pl.col(code)
        of_buyer = b.map_batches(lambda b: borders.search_sorted(b, side="right"), return_dtype=pl.UInt32)
        of_nobody = len(self.starts) + (-1 - b) // self.places
        return pl.when(b < 0).then(of_nobody).otherwise(of_buyer).cast(pl.UInt32)


def spans_of(bucket: Bucket, part_rows: int, work: Work) -> Spans:
    """Spans of about ``part_rows`` rows each. Those of buyers begin as in an earlier run, with the same buyers, unless
    one of them has become much too large."""
    least = min(int(rows["b"].min() or 0) for _, rows in slices(bucket.orders.select("b")))  # type: ignore[arg-type]
    orders = max(-least, 0)
    places = max(part_rows // ORDER_ROWS, orders // MOST + 1)
    starts = _starts_of(bucket, part_rows, work)
    return Spans(starts, max(bucket.codes.buyers.height, 1), places, orders)


def _starts_of(bucket: Bucket, part_rows: int, work: Work) -> list[int]:
    rows = _rows_so_far(bucket)
    even = _even_starts(rows, part_rows)
    found = work.find(SPANS, 0, str(part_rows))
    if found is not None:
        kept = _starts_at(found["first"], bucket.codes.buyers)
        if _widest(kept, rows) <= TOO_LARGE * _widest(even, rows):
            return kept
    first = bucket.codes.buyers.select("shop", "who")[even[1:]]
    work.keep(SPANS, 0, str(part_rows), {"first": first})
    return even


def _rows_so_far(bucket: Bucket) -> npt.NDArray[np.int64]:
    """Message rows of all buyers up to each code, orders among them as ``ORDER_ROWS``."""
    counts = np.zeros(max(bucket.codes.buyers.height, 1), dtype=np.int64)
    for frame, weight in ((bucket.rows, 1), (bucket.orders, ORDER_ROWS)):
        for _, rows in slices(frame.select("b")):
            b = rows["b"].to_numpy()
            counts += weight * np.bincount(b[b >= 0], minlength=len(counts))
    return np.cumsum(counts)


def _even_starts(rows: npt.NDArray[np.int64], part_rows: int) -> list[int]:
    part = np.maximum(rows - 1, 0) // max(part_rows, int(rows[-1]) // MOST + 1)
    return [0, *(np.flatnonzero(part[1:] != part[:-1]) + 1).tolist()]


def _widest(starts: list[int], rows: npt.NDArray[np.int64]) -> int:
    """Rows of the largest span."""
    ends = np.array([*starts[1:], len(rows)]) - 1
    return int(np.diff(rows[ends], prepend=0).max())


def _starts_at(first: pl.DataFrame, buyers: pl.DataFrame) -> list[int]:
    """Codes of the first buyers at or after these (shop, who)."""
    starts = [0]
    for shop, who in first.iter_rows():
        before = (buyers["shop"] < shop) | ((buyers["shop"] == shop) & (buyers["who"] < who))
        place = int(before.sum())
        if starts[-1] < place < buyers.height:
            starts.append(place)
    return starts
