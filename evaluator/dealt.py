"""A table of millions of rows dealt to parts that are worked on one after the other.

Picking each part's rows out of the whole table would look at all of it once a part. Slice by slice the rows are put in
the order of parts instead, once; a part then is a few rows in a row of every slice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from evaluator.shelf import Shelf


class Dealt:
    """``slices``: rows, and the part of each of them, from 0 to ``parts``, exclusive."""

    def __init__(self, slices: Iterable[tuple[pl.DataFrame, pl.Series]], parts: int, shelf: Shelf) -> None:
        self.parts, self._shelf = parts, shelf
        self._numbers = pl.Series(range(parts), dtype=pl.UInt32)
        self._hands: list[tuple[pl.DataFrame, list[int]]] = []
        for rows, part in slices:
            self._hands.append((rows, [rows.height]) if parts == 1 else self._ordered(rows, part))
            shelf.rest()

    def _ordered(self, rows: pl.DataFrame, part: pl.Series) -> tuple[pl.DataFrame, list[int]]:
        """The rows in the order of parts, and where each part ends."""
        ordered = rows.with_columns(part.cast(pl.UInt32).alias("_part")).sort("_part", maintain_order=True)
        ends = ordered["_part"].search_sorted(self._numbers, side="right").to_list()
        # Sorting leaves letters where they are; through Arrow's layout they are copied in the order of the rows.
        texts = [pl.Series(text.name, text.to_arrow()) for text in ordered.select(pl.col(pl.String))]
        return self._shelf.keep(ordered.drop("_part").with_columns(texts)), ends

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """One part after the other, its rows in the order of the table."""
        for part in range(self.parts):
            yield pl.concat(
                rows.slice(begin, ends[part] - begin)
                for rows, ends in self._hands
                for begin in (ends[part - 1] if part else 0,)
            )
            self._shelf.rest()
