"""Tables of millions of rows on disk instead of in memory.

A frame is written to a file as Arrow lays it out and mapped back in its place: the same frame to whoever reads it, but
its pages belong to the file, so the system may drop them at any time and fetch them again. Such a file has no name
any more once it is mapped (on Windows it goes with the process): nothing is left behind, however a run ends."""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from evaluator.model import EvaluatorError

FULL = "写临时文件失败（{why}）；请在 {where} 所在的磁盘上腾出空间（约为聊天记录大小的一倍）再运行"
UNWRITTEN = "写不到 {where}：{why}；请换一个能写的位置，或检查磁盘"
NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


SLICE_ROWS = 1 << 20
#: Parts of a month that a process works on at a time: what is not done on all cores in one is done beside the other.
HANDS = min(2, os.cpu_count() or 1)
STATM = Path("/proc/self/statm")  # where the system says how much of files is in memory
HELPED = 1 << 30  # bytes of memory from which on a second process may have its own
TINY = 64  # this part of what is worth a file never is
GUARD_SECONDS, TRIM_SECONDS = 0.02, 1.0
VIEW, INLINE = 16, 12  # bytes of a view on a text; of the longest text that stands in it
KIND = b"categories"  # in a field's metadata: those of an Enum; none: a Categorical of this process


@dataclass(frozen=True)
class Limits:
    """How much of a large month is held at once. ``loose``: bytes of messages before they are laid on disk;
    ``worthwhile``: bytes of a frame that is worth a file; ``slice_rows``: rows of a large table that are worked on at a
    time; ``part_rows``: message rows of whole buyers that the kernel gets at a time; ``mapped``: bytes of files in
    memory above which their pages are given back; ``processes`` that write reports."""

    loose: int = 1 << 28
    worthwhile: int = 1 << 21
    slice_rows: int = SLICE_ROWS
    part_rows: int = 2_000_000
    mapped: int = 3 << 28
    processes: int = 2

    @property
    def read_rows(self) -> int:
        """Rows of a file that are read at a time: more than a slice, for a row group of Parquet is unpacked anew for
        each."""
        return min(2 * self.slice_rows, SLICE_ROWS)

    @classmethod
    def within(cls, memory: int) -> Limits:
        """For so many bytes in all, of which a month's slices and parts may take about a half."""
        most = cls()
        return cls(
            loose=min(most.loose, memory // 16),
            worthwhile=min(most.worthwhile, memory // 256),
            slice_rows=min(most.slice_rows, memory // 4096),
            part_rows=min(most.part_rows, memory // 1024),
            mapped=min(most.mapped, memory // 8),
            processes=1 if memory < HELPED else most.processes,
        )


def slices(frame: pl.DataFrame, rows: int = SLICE_ROWS) -> Iterator[tuple[int, pl.DataFrame]]:
    """(first row, slice) one after the other; one without rows of a frame without."""
    for at in range(0, max(frame.height, 1), rows):
        yield at, frame.slice(at, rows)


def full(error: OSError, where: Path | str) -> EvaluatorError:
    """What to tell when a file cannot be written. Polars gives the system's number in words only."""
    is_full = error.errno in NO_SPACE or any(f"(os error {number})" in str(error) for number in NO_SPACE)
    return EvaluatorError((FULL if is_full else UNWRITTEN).format(why=error.strerror or error, where=where))


class Shelf:
    """``folder``: where its files lie; None: the system's temporary folder."""

    def __init__(self, folder: Path | None = None, limits: Limits | None = None) -> None:
        self.folder, self.limits = folder, limits or Limits()
        self._maps: list[weakref.ref[mmap.mmap]] = []
        self._guard: Thread | None = None
        self._mapping = Lock()
        self._small = 0  # bytes of frames that were not worth a file

    def lay(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The same frame, from a file. Errors: EvaluatorError where the disk is full."""
        try:
            with tempfile.TemporaryFile(dir=self.folder, prefix=".evaluator-") as file:
                write_frame(frame, file, as_held=True)
                return read_frame(pa.py_buffer(self.map(file)))
        except OSError as error:
            raise full(error, self.folder or tempfile.gettempdir()) from error

    def map(self, file: IO[bytes]) -> mmap.mmap:
        """A file whose pages ``rest`` gives back."""
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        with self._mapping:
            self._maps = [held for held in self._maps if held() is not None]
            self._maps.append(weakref.ref(mapped))  # gone with the last frame that needs it
            if self._guard is None and STATM.exists():
                self._guard = Thread(target=_guard, args=(weakref.ref(self), self.limits.mapped), daemon=True)
                self._guard.start()
        return mapped

    def keep(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame made from those on the shelf goes there, too; where none is, the month is small and all is in
        memory."""
        parts = [part for _, part in slices(frame, self.limits.slice_rows)]
        size = int(parts[0].estimated_size()) * len(parts)  # that of all looks at every text
        if not self._maps:
            return frame
        if self._spared(size):
            # a column of one value alone would stay in one piece when parts are put together, and Polars copies a
            # table whose columns are in different pieces
            return pl.DataFrame(frame.get_columns())
        return pl.concat([self.lay(part) for part in parts])

    def _spared(self, size: int) -> bool:
        """Whether so small a frame may stay in memory: not when there are very many of them."""
        if size >= self.limits.worthwhile:
            return False
        with self._mapping:
            few = self._small + size < self.limits.loose
            self._small += size if few else 0
        return few or size < self.limits.worthwhile // TINY

    def texts(self, name: str, parts: Iterable[pl.Series]) -> pl.Series:
        """A column of texts, none of them null, that comes part by part, in one piece: of a column in many pieces
        Polars makes a copy whenever it gathers from it."""
        if not self._maps:
            return pl.concat(
                [pl.Series(name, [], dtype=pl.String), *(p.alias(name) for p in parts)]
            ).rechunk()
        folder = self.folder or tempfile.gettempdir()
        try:
            with tempfile.TemporaryFile(dir=folder) as views, tempfile.TemporaryFile(dir=folder) as letters:
                ends = _write_texts(parts, views, letters)
                rows = views.tell() // VIEW
                if not rows:
                    return pl.Series(name, [], dtype=pl.String)
                told = pa.py_buffer(self.map(letters) if ends[-1] else b"")
                said = [told.slice(begin, end - begin) for begin, end in pairwise(ends)]
                whole = [None, pa.py_buffer(self.map(views)), *said]
                return pl.Series(name, pa.Array.from_buffers(pa.string_view(), rows, whole))
        except OSError as error:
            raise full(error, folder) from error

    def numbers(
        self, kinds: Sequence[npt.DTypeLike], parts: Iterable[Sequence[npt.NDArray[Any]]]
    ) -> list[npt.NDArray[Any]]:
        """Columns of numbers that come part by part, each in one piece."""
        if not self._maps:
            none = [np.zeros(0, dtype=kind) for kind in kinds]
            return [np.concatenate(column) for column in zip(none, *parts, strict=True)]
        try:
            with ExitStack() as held:
                files = [held.enter_context(tempfile.TemporaryFile(dir=self.folder)) for _ in kinds]
                for part in parts:
                    for file, column, kind in zip(files, part, kinds, strict=True):
                        file.write(column.astype(kind, copy=False).tobytes())
                for file in files:
                    file.flush()
                return [
                    np.frombuffer(self.map(f) if f.tell() else b"", k)
                    for f, k in zip(files, kinds, strict=True)
                ]
        except OSError as error:
            raise full(error, self.folder or tempfile.gettempdir()) from error

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
            for held in list(self._maps):
                if (mapped := held()) is not None:
                    mapped.madvise(mmap.MADV_DONTNEED)


def _guard(shelf: weakref.ref[Shelf], most: int) -> None:
    """Looks again and again, as long as there is the shelf, how much of files is in memory: whatever is done to a frame
    that is larger than memory, its pages go before they are too many. They are dropped, not written; whoever is reading
    them gets them again. Now and then the C library gives back what it keeps of freed memory, too: without being asked
    it never does where something above is in use."""
    program, trim = _of_files(), getattr(ctypes.CDLL(None), "malloc_trim", None)  # which not all of them have
    trimmed = monotonic()
    while True:
        resident = _of_files()
        if (held := shelf()) is None:
            return
        if resident - program > most:
            held.rest()
        del held
        if trim and monotonic() - trimmed > TRIM_SECONDS:
            trim(0)
            trimmed = monotonic()
        sleep(GUARD_SECONDS)


def _of_files() -> int:
    """Bytes of files that are in memory, the program's own included."""
    return int(STATM.read_text().split()[2]) * mmap.PAGESIZE


def write_frame(frame: pl.DataFrame, file: IO[bytes], as_held: bool = False) -> None:
    """As ``read_frame`` reads it: Arrow, laid out as Polars takes it as it stands; categories as their codes. Equal
    frames give equal bytes; not so ``as_held``, where texts share letters as they do in memory."""
    table = _layout(frame, as_held)
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    file.flush()


def _write_texts(parts: Iterable[pl.Series], views: IO[bytes], letters: IO[bytes]) -> list[int]:
    """Texts as Arrow's string views: VIEW bytes each, which say in which piece of ``letters`` a long one stands, and
    where there. Where those pieces end."""
    ends = [0]
    for part in parts:
        array = part.rechunk().to_arrow().cast(pa.string_view())
        _, own, *said = array.buffers()
        view = np.frombuffer(own, dtype=np.int32).reshape(-1, VIEW // 4)[: len(array)].copy()
        view[view[:, 0] > INLINE, 2] += len(ends) - 1
        views.write(view.tobytes())
        for piece in said:
            letters.write(piece)
            ends.append(ends[-1] + piece.size)
    views.flush()
    letters.flush()
    return ends


def read_frame(buffer: pa.Buffer) -> pl.DataFrame:
    """A frame that stays where it is, in the buffer."""
    table = pa.ipc.open_file(buffer).read_all()
    kinds = {f.name: json.loads(f.metadata[KIND]) for f in table.schema if f.metadata and KIND in f.metadata}
    found = pl.DataFrame(table.cast(pa.schema([f.remove_metadata() for f in table.schema])))
    return found.with_columns(
        pl.col(name).cat.to(pl.Enum(names) if names else pl.Categorical()) for name, names in kinds.items()
    )


def _layout(frame: pl.DataFrame, as_held: bool) -> pa.Table:
    """The frame in one piece, of its texts only what it uses."""
    kinds = {n: t for n, t in frame.schema.items() if isinstance(t, pl.Categorical | pl.Enum)}
    frame = frame.with_columns(pl.col(n).to_physical() for n in kinds).rechunk()
    table = frame.to_arrow(compat_level=pl.CompatLevel.newest())
    fields, columns = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_string_view(field.type) and not (as_held and _is_lean(column, frame[field.name])):
            column = column.cast(pa.large_string()).cast(pa.string_view())
        if (kind := kinds.get(field.name)) is not None:
            names = kind.categories.to_list() if isinstance(kind, pl.Enum) else []
            field = field.with_metadata({KIND: json.dumps(names)})
        fields.append(field)
        columns.append(column)
    return pa.table(columns, schema=pa.schema(fields))


def _is_lean(column: pa.ChunkedArray, texts: pl.Series) -> bool:
    """Whether a column holds on to no more letters than its texts have. Where texts are repeated it often has far
    fewer: a Parquet file says each only once."""
    held: int = sum(buffer.size for chunk in column.chunks for buffer in chunk.buffers()[2:] if buffer)
    return held <= int(texts.str.len_bytes().sum())
