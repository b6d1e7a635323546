"""A table of millions of rows dealt to parts that are worked on one after the other.

Picking each part's rows out of the whole table would look at all of it once a part. So the table is gone through once,
slice by slice, and every part's rows are put into a file of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import polars as pl
import pyarrow as pa

from evaluator.shelf import Shelf, full


class Dealt:
    """``slices``: rows without categories, and the part of each of them, from 0 to ``parts``, exclusive. Errors:
    EvaluatorError where the disk is full."""

    def __init__(self, slices: Iterable[tuple[pl.DataFrame, pl.Series]], parts: int, shelf: Shelf) -> None:
        self._shelf = shelf
        self._whole = pl.concat(rows for rows, _ in slices) if parts == 1 else None
        if self._whole is None:
            try:
                self._files = self._dealt(slices, parts)
            except OSError as error:
                raise full(error, shelf.folder or tempfile.gettempdir()) from error

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """One part after the other, its rows in the order of the table."""
        if self._whole is not None:
            yield self._whole
            return
        for file in self._files:
            yield pl.DataFrame(pa.ipc.open_file(file).read_all())
            self._shelf.rest()

    def _dealt(self, slices: Iterable[tuple[pl.DataFrame, pl.Series]], parts: int) -> list[pa.Buffer]:
        numbers = pl.Series(range(parts), dtype=pl.UInt32)
        with ExitStack() as held:
            files = [held.enter_context(tempfile.TemporaryFile(dir=self._shelf.folder)) for _ in numbers]
            writers: list[pa.RecordBatchFileWriter] = []
            for rows, part in slices:
                ordered = rows.with_columns(part.cast(pl.UInt32).alias("_part"))
                ordered = ordered.sort("_part", maintain_order=True)
                begins = ordered["_part"].search_sorted(numbers, side="left").to_list()
                table = ordered.drop("_part").rechunk().to_arrow()
                writers = writers or [pa.ipc.new_file(file, table.schema) for file in files]
                for writer, begin, end in zip(writers, begins, [*begins[1:], len(table)], strict=True):
                    writer.write_table(table.slice(begin, end - begin))
                self._shelf.rest()
            for writer, file in zip(writers, files, strict=True):
                writer.close()
                file.flush()
            return [pa.py_buffer(self._shelf.map(file)) for file in files]
