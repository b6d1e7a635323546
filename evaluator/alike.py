"""Joining tables of millions of rows by a text, so many rows at a time as a slice has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from evaluator.shelf import Shelf, slices


def parts_alike(
    column: str, left: pl.DataFrame, right: pl.DataFrame, shelf: Shelf
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Both frames in parts of about as many rows as a slice has, in their order: those with the same text in ``column``
    are in the same part."""
    parts = (left.height + right.height) // shelf.limits.slice_rows + 1
    if parts == 1:
        yield left, right
        return
    of_left, of_right = ([_dealt(s, column, parts, shelf) for s in _slices(f, shelf)] for f in (left, right))
    for part in range(parts):
        yield pl.concat(hand.part(part) for hand in of_left), pl.concat(hand.part(part) for hand in of_right)
        shelf.rest()


def _slices(frame: pl.DataFrame, shelf: Shelf) -> Iterator[pl.DataFrame]:
    for _, rows in slices(frame, shelf.limits.slice_rows):
        yield rows
        shelf.rest()


@dataclass(frozen=True)
class _Hand:
    """Some rows, those of a part one after the other up to its end."""

    rows: pl.DataFrame
    ends: list[int]

    def part(self, part: int) -> pl.DataFrame:
        begin = self.ends[part - 1] if part else 0
        return self.rows.slice(begin, self.ends[part] - begin)


def _dealt(rows: pl.DataFrame, column: str, parts: int, shelf: Shelf) -> _Hand:
    """The rows by the part they belong to, the remainder of the text's hash; in each in their order."""
    part = pl.col(column).hash(seed=1) % parts
    ordered = rows.with_columns(part.alias("_part")).sort("_part", maintain_order=True)
    numbers = pl.Series(range(parts), dtype=pl.UInt64)
    ends = ordered["_part"].search_sorted(numbers, side="right")
    return _Hand(shelf.keep(ordered.drop("_part")), ends.to_list())
