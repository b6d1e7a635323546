"""Tables of millions of rows on disk instead of in memory.

A frame is written to a file as Arrow lays it out and mapped back in its place: the same frame to whoever reads it, but
its pages belong to the file, so the system may drop them at any time and fetch them again. Such a file has no name
any more once it is mapped (on Windows it goes with the process): nothing is left behind, however a run ends."""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

from evaluator.model import EvaluatorError

FULL = "写临时文件失败（{why}）；请在 {where} 所在的磁盘上腾出空间（约为聊天记录大小的一倍）再运行"


WORTHWHILE = 1 << 24  # bytes; less stays in memory
SLICE_ROWS = 1 << 20  # so many rows of a large table are worked on at a time


def slices(frame: pl.DataFrame, rows: int = SLICE_ROWS) -> Iterator[tuple[int, pl.DataFrame]]:
    """(first row, slice) one after the other; one without rows of a frame without."""
    for at in range(0, max(frame.height, 1), rows):
        yield at, frame.slice(at, rows)


class Shelf:
    """``folder``: where its files lie; None: the system's temporary folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._maps: list[weakref.ref[mmap.mmap]] = []

    def lay(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same frame, from a file. Errors: EvaluatorError where the disk is full."""
        coded = {n: t for n, t in frame.schema.items() if isinstance(t, pl.Categorical | pl.Enum)}
        table = _compact(frame.with_columns(pl.col(n).to_physical() for n in coded))
        try:
            with tempfile.TemporaryFile(dir=self.folder, prefix=".evaluator-") as file:
                with pa.ipc.new_file(file, table.schema) as writer:
                    writer.write_table(table)
                file.flush()
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            where = self.folder or tempfile.gettempdir()
            raise EvaluatorError(FULL.format(why=error.strerror, where=where)) from error
        self._maps.append(weakref.ref(mapped))  # gone with the last frame that needs it
        found = pl.DataFrame(pa.ipc.open_file(pa.py_buffer(mapped)).read_all())
        return found.with_columns(pl.col(n).cat.to(t) for n, t in coded.items())

    def keep(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame made from those on the shelf goes there, too; where none is, the month is small and all is in
        memory."""
        if not self._maps or frame.estimated_size() < WORTHWHILE:
            return frame
        return pl.concat([self.lay(part) for _, part in slices(frame)])

    def gather(self, texts: pl.Series, at: pl.Series) -> pl.Series:
        """The texts at these places, copied front to back: little of a column on the shelf is in memory at once."""
        if not self._maps:
            return texts.gather(at)
        order = at.arg_sort()
        places, found = at.gather(order), []
        for first, part in slices(texts.to_frame()):
            begin, end = (int(places.search_sorted(n)) for n in (first, first + part.height))
            own = part.to_series().gather(places.slice(begin, end - begin) - first)
            found.append(
                pl.Series(own.to_arrow())
            )  # Arrow's layout is a copy; ours would point to the column
            self.rest()
        return pl.concat(found).gather(order.arg_sort())

    def rest(self) -> None:
        """Gives back the memory of what was looked at; it is fetched again when next looked at."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for held in self._maps:
                if (mapped := held()) is not None:
                    mapped.madvise(mmap.MADV_DONTNEED)


def _compact(frame: pl.DataFrame) -> pa.Table:
    """The frame in one piece, of its texts only what it uses, laid out so that Polars takes it as it stands."""
    table = frame.rechunk().to_arrow()
    views = [
        pa.field(f.name, pa.string_view() if pa.types.is_large_string(f.type) else f.type)
        for f in table.schema
    ]
    return table.cast(pa.schema(views))
