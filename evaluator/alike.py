"""Joining tables of millions of rows by a text, so many rows at a time as a slice has."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from evaluator.shelf import slices


def parts_alike(
    column: str, left: pl.DataFrame, right: pl.DataFrame, rows: int
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Both frames in parts of about ``rows`` rows, in their order: those with the same text in ``column`` are in the
    same part."""
    parts = (left.height + right.height) // rows + 1
    if parts == 1:
        yield left, right
        return
    of_left, of_right = (_parts(frame.select(column), parts) for frame in (left, right))
    for part in range(parts):
        yield left.filter(of_left == part), right.filter(of_right == part)


def _parts(texts: pl.DataFrame, parts: int) -> pl.Series:
    """Which part each row belongs to: the remainder of the text's hash."""
    hashed = (part.to_series().hash(seed=1) % parts for _, part in slices(texts))
    return pl.concat([part.cast(pl.UInt32) for part in hashed])
