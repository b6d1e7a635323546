"""Delimited text -> frames of text columns, in blocks.

Two readers that agree on sound files. The fast one is Arrow's streaming reader. It is left, at the row where
it stands, for a careful one in Python as soon as something is odd: bytes that are no text, rows with too few
or too many cells, quotes that do not close. There a damaged row is refused and the next line is a row again,
so that one bad line never takes the rest of the file with it."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from evaluator.shelf import full
from evaluator.sources.base import RowReject
from evaluator.sources.encodings import DAMAGED, ERRORS, write_utf8
from evaluator.sources.files import Sample

csv.field_size_limit(1 << 30)  # a cell may be a whole talk

BLOCK_BYTES = 1 << 20  # Arrow reads up to 32 of them ahead
BATCH_ROWS = 200_000
LINES_IN_A_CELL = 500  # a quoted cell that runs on longer was never closed

CELLS_OF_A_ROW = (
    50  # so many cells on a line inside a quoted cell look like another row, however wide the table
)

csv.field_size_limit(1 << 30)  # a cell may be a book

WHY_DAMAGED = "这一行含有不能解码的字节或 NUL，文件已损坏"
WHY_QUOTE = "引号没有配对，这一行无法分列"
WHY_TOO_MANY = "单元格比表头多（表头 {want} 格，这一行 {got} 格）"
CUT = "文件在这一行中断"
WHY_CUT = CUT + "（表头 {want} 格，这一行 {got} 格）"


class CsvFile:
    """A delimited text with a header row, which ``header_at`` rows precede. ``rejects`` fills while ``chunks``
    is consumed."""

    def __init__(self, sample: Sample, header_at: int = 0) -> None:
        self.sample = sample
        self.header = sample.header_at(header_at)
        self.before = sample.lines_to(header_at)  # lines before the first row
        self.delimiter = sample.delimiter
        self.rejects: list[RowReject] = []

    def chunks(self, names: dict[str, str]) -> Iterator[pl.DataFrame]:
        """Frames of the columns in ``names`` (header -> name in the frame), all text, empty cells ``""``,
        plus ``_row``. Of a repeated header the first counts."""
        wanted: dict[str, int] = {}
        for at, head in enumerate(self.header):
            name = names.get(head)
            if name is not None and name not in wanted:
                wanted[name] = at
        done = 0
        self._odd = self.sample.scan.quotes % 2 == 1 or len(self.header) < 2
        if not self._odd:
            for frame in self._fast(wanted):
                numbers = pl.int_range(done + 1, done + frame.height + 1, dtype=pl.UInt32, eager=True)
                yield frame.with_columns(numbers.alias("_row"))
                done += frame.height
        if self._odd:
            for frame in self._careful(wanted, done):
                yield frame
                done += frame.height
        if not done:
            yield _frame([], [], wanted)  # a header without rows is a table, too

    # ------------------------------------------------------------------------------------------ fast
    @property
    def _is_utf8(self) -> bool:
        return self.sample.scan.utf8 and not self.sample.utf16

    @property
    def _is_sound(self) -> bool:
        """Whether it holds no bytes that are no text."""
        return not self.sample.scan.nul if self._is_utf8 else self.sample.encoding.sound

    @contextmanager
    def _opened(self) -> Iterator[pa.NativeFile]:
        """The file as UTF-8, of another encoding a copy of it. Arrow's threads read ahead, so they must not need Python
        for it: where a run ended early they would still ask for it, and hang or abort. Errors: EvaluatorError where the
        disk is full."""
        if self._is_utf8:
            with pa.OSFile(str(self.sample.path)) as file:
                yield file
            return
        scratch = self.sample.scratch
        handle, name = tempfile.mkstemp(dir=scratch, prefix=".evaluator-")
        try:
            try:
                with os.fdopen(handle, "wb") as copy:
                    write_utf8(self.sample.path, self.sample.encoding.name, copy)
            except OSError as error:
                raise full(error, scratch or tempfile.gettempdir()) from error
            with pa.OSFile(name) as file:
                with suppress(PermissionError):  # Windows keeps what is open
                    Path(name).unlink()
                yield file
        finally:
            Path(name).unlink(missing_ok=True)

    def _fast(self, wanted: dict[str, int]) -> Iterator[pl.DataFrame]:
        """Blocks up to the first odd one; ``_odd`` says whether there was one."""
        columns = [f"c{at}" for at in range(len(self.header))]
        if not self._is_sound:
            self._odd = True
            return
        with self._opened() as handle:
            try:
                reader = pa_csv.open_csv(
                    handle,
                    pa_csv.ReadOptions(
                        column_names=columns, skip_rows_after_names=self.before, block_size=BLOCK_BYTES
                    ),
                    pa_csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                    pa_csv.ConvertOptions(
                        column_types={c: pa.string() for c in columns},
                        include_columns=[f"c{at}" for at in wanted.values()],
                        strings_can_be_null=False,
                    ),
                )
                for batch in reader:
                    frame = pl.DataFrame(batch).rename({f"c{at}": name for name, at in wanted.items()})
                    if self._swallowed(frame, wanted):
                        self._odd = True
                        return
                    if frame.height:
                        yield frame
            except pa.ArrowInvalid as error:  # a row of too few or too many cells, or longer than a block
                self._odd = "Empty CSV" not in str(error)

    def _swallowed(self, frame: pl.DataFrame, wanted: dict[str, int]) -> bool:
        """Whether a quoted cell holds what looks like the beginning of another row, as an opening quote
        that was never closed would make it."""
        if not self.sample.scan.quotes:
            return False
        cell = rf"[^\n{self.delimiter}]*{self.delimiter}"
        for name, at in wanted.items():
            if frame[name].str.contains("\n", literal=True).any() and (
                frame[name].str.contains(rf"\n(?:{cell}){{{min(max(at, 1), CELLS_OF_A_ROW)}}}").any()
            ):
                return True
        return False

    # --------------------------------------------------------------------------------------- careful
    def _careful(self, wanted: dict[str, int], done: int) -> Iterator[pl.DataFrame]:
        width, row, batch = len(self.header), 0, []
        rows: list[int] = []
        for record in self._records(width):
            row += 1
            if row <= done:
                continue
            cells = self._usable(record, width, row)
            if cells is None:
                continue
            batch.append([cells[at] for at in wanted.values()])
            rows.append(row)
            if len(batch) >= BATCH_ROWS:
                yield _frame(batch, rows, wanted)
                batch, rows = [], []
        if batch:
            yield _frame(batch, rows, wanted)

    def _usable(self, record: Record, width: int, row: int) -> list[str] | None:
        cells, why = record.cells, record.why
        got = len(cells)
        if not why and any(DAMAGED in cell for cell in cells):
            why = WHY_DAMAGED
        if not why and got > width and any(cell.strip() for cell in cells[width:]):
            why = WHY_TOO_MANY.format(want=width, got=got)
        if not why and got < width and record.cut:
            why = WHY_CUT.format(want=width, got=got)
        if why:
            shown = self.delimiter.join(cells).replace(DAMAGED, "\ufffd")
            self.rejects.append(RowReject(row, "", shown, why))
            return None
        return cells + [""] * (width - got)

    def _records(self, width: int) -> Iterator[Record]:
        sample = self.sample
        encoding = "utf-8-sig" if self._is_utf8 else sample.encoding.name
        with sample.path.open(encoding=encoding, errors=ERRORS, newline="") as handle:
            yield from records(islice(handle, self.before, None), self.delimiter, width)


def table_of(text: str, delimiter: str) -> list[list[str]]:
    """The cells of a small delimited text, row by row, wherever its header stands; of a row whose quotes do not close
    its pieces."""
    return [record.cells for record in records(io.StringIO(text, newline=""), delimiter, 0)]


@dataclass
class Record:
    """One row of a delimited text; ``cut``: the text ends in the middle of its last line, as far as that can be seen;
    ``why`` if its cells cannot be told apart."""

    cells: list[str]
    cut: bool
    why: str = ""


def records(lines: Iterable[str], delimiter: str, width: int) -> Iterator[Record]:
    """Rows of a delimited text. A row whose quotes do not close is given up after its first line; what
    follows is read again as rows. Empty lines are no rows."""
    source = iter(lines)
    waiting: deque[str] = deque()

    def following() -> str | None:
        return waiting.popleft() if waiting else next(source, None)

    line = following()
    while line is not None:
        if not line.strip("\r\n"):
            line = following()
            continue
        taken, quotes, why = [line], line.count('"'), ""
        while quotes % 2 and len(taken) < LINES_IN_A_CELL:
            more = following()
            if more is None:
                break
            taken.append(more)
            quotes += more.count('"')
        cells = _cells(taken, delimiter, width)
        if cells is None:
            waiting.extendleft(reversed(taken[1:]))
            cells, why = taken[0].rstrip("\r\n").split(delimiter), WHY_QUOTE
        line = following()
        yield Record(cells, line is None and not taken[-1].endswith(("\r", "\n")), why)


def _cells(lines: list[str], delimiter: str, width: int) -> list[str] | None:
    """The cells of one row that spans ``lines``; None if its quotes do not close, or closed only by the
    quote of another row."""
    if len(lines) == 1 and '"' not in lines[0]:
        return lines[0].rstrip("\r\n").split(delimiter)
    if any(len(inner.split(delimiter)) == width for inner in lines[1:-1]):
        return None
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        if len(lines) > 1 or lines[0].count('"') % 2:
            return None
        rows = list(csv.reader(lines, delimiter=delimiter))
    return rows[0] if len(rows) == 1 else None


def _frame(batch: list[list[str]], rows: list[int], wanted: dict[str, int]) -> pl.DataFrame:
    frame = pl.DataFrame(batch, schema=dict.fromkeys(wanted, pl.String), orient="row")
    return frame.with_columns(pl.Series("_row", rows, dtype=pl.UInt32))
