"""Joining tables of millions of rows by a text, so many rows at a time as a slice has."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from evaluator.dealt import Dealt
from evaluator.shelf import Shelf, slices


def parts_alike(
    column: str, left: pl.DataFrame, right: pl.DataFrame, shelf: Shelf
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Both frames in parts of about as many rows as a slice has, in their order: those with the same text in ``column``
    are in the same part."""
    parts = (left.height + right.height) // shelf.limits.slice_rows + 1
    yield from zip(*(_by_text(frame, column, parts, shelf) for frame in (left, right)), strict=True)


def _by_text(frame: pl.DataFrame, column: str, parts: int, shelf: Shelf) -> Dealt:
    """By the remainder of the text's hash."""
    cut = slices(frame, shelf.limits.slice_rows)
    return Dealt(((rows, rows[column].hash(seed=1) % parts) for _, rows in cut), parts, shelf)
