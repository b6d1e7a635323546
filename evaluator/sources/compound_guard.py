"""Looks into an .xls before a reader does: a compound file (a little file system of sectors and chains) with records
of a workbook in it. A damaged one may have chains that end nowhere, or say that it holds billions of cells; the reader
would ask for all the memory there is, and the program would end without a word."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from evaluator.model import EvaluatorError
from evaluator.sources.workbook_guard import BROKEN, Extent

FREE_FROM, END = 0xFFFFFFFA, 0xFFFFFFFE  # sector numbers from here on are marks
HEADER, ENTRY, SMALL, MINI = 512, 128, 4096, 64
STEPS = 16  # a sector of 512 bytes has 8 small ones
STORAGE = 1
BOOKS = ("Workbook", "Book")
ROWS, COLUMNS = 1 << 16, 1 << 8  # of a sheet of that time

BEGIN, SHEET, SIZE, STRINGS = 0x0809, 0x0085, 0x0200, 0x00FC
CELLS = frozenset({0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E})


class _Broken(Exception):
    """What the file says of itself cannot be."""


def check(path: Path, rel: str) -> None:
    """Passes a workbook that can be read safely. Errors: EvaluatorError for one that is broken or reaches too far."""
    data = path.read_bytes()
    try:
        for stream in _Compound(data).streams():
            _records(stream, rel)
    except (_Broken, struct.error, UnicodeError) as error:
        raise EvaluatorError(BROKEN.format(file=rel)) from error


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: int
    start: int
    length: int


class _Compound:
    """The file system. A sector belongs to one chain, so all of them together have so many ``steps`` at most."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        (shift,) = struct.unpack_from("<H", data, 30)
        if shift not in (9, 12):
            raise _Broken
        self.size = 1 << shift
        self.sectors = -(-(len(data) - self.size) // self.size)
        self.minis, difats = struct.unpack_from("<I4xI", data, 64)
        if max(*struct.unpack_from("<II", data, 40), self.minis, difats) > self.sectors:
            raise _Broken
        self.steps = STEPS * self.sectors
        self.fat = self._fat()
        self.entries = self._entries()

    def _sector(self, number: int) -> bytes:
        if number >= self.sectors:
            raise _Broken
        return self.data[(number + 1) * self.size : (number + 2) * self.size]

    def _numbers(self, data: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(data) // 4}I", data[: len(data) & ~3])

    def _fat(self) -> tuple[int, ...]:
        places = list(struct.unpack_from("<109I", self.data, 76))
        (following,) = struct.unpack_from("<I", self.data, 68)
        while following < FREE_FROM:
            more = self._numbers(self._sector(following))
            if len(places) > 109 + self.sectors * len(more) or not more:
                raise _Broken
            places += more[:-1]
            following = more[-1]
        return self._numbers(b"".join(self._sector(at) for at in places if at < FREE_FROM))

    def _chain(self, start: int, table: tuple[int, ...]) -> list[int]:
        found = list[int]()
        while start != END:
            self.steps -= 1
            if start >= len(table) or self.steps < 0:
                raise _Broken
            found.append(start)
            start = table[start]
        return found

    def _stream(self, start: int) -> bytes:
        return b"".join(map(self._sector, self._chain(start, self.fat)))

    def _entries(self) -> list[_Entry]:
        (start,) = struct.unpack_from("<I", self.data, 48)
        held = self._stream(start)
        found = []
        for at in range(0, len(held) - ENTRY + 1, ENTRY):
            name = held[at : at + 64].decode("utf-16-le", "replace").partition("\0")[0]
            first, length = struct.unpack_from("<II" if self.size == HEADER else "<IQ", held, at + 116)
            found.append(_Entry(name, held[at + 66], first, length))
        if not found:
            raise _Broken
        return found

    def streams(self) -> list[bytes]:
        """The books in it. Every other chain is looked at, too."""
        root, *others = self.entries
        if root.length > len(self.data):
            raise _Broken
        mini = self._stream(root.start)
        (start,) = struct.unpack_from("<I", self.data, 60)
        table = self._numbers(self._stream(start)) if self.minis else ()
        books = []
        for entry in others:
            if not entry.name or (entry.kind == STORAGE and entry.start in (0, END) and not entry.length):
                continue
            if entry.length > len(self.data):
                raise _Broken
            small = entry.length < SMALL
            chain = self._chain(entry.start, table if small else self.fat)
            if entry.name in BOOKS:
                parts = (mini[at * MINI : (at + 1) * MINI] if small else self._sector(at) for at in chain)
                books.append(b"".join(parts)[: entry.length or None])
        return books


def _records(stream: bytes, rel: str) -> None:
    """Walks over the records of a book: sizes that it states, where its sheets begin, and where its cells are."""
    at, end, extent = 0, len(stream), Extent()
    begun, named = set[int](), set[int]()  # places where sheets begin, and where the book says they do
    head = struct.Struct("<HH")
    while at + 8 <= end:
        what, length = head.unpack_from(stream, at)
        if what in CELLS:
            row, column = head.unpack_from(stream, at + 4)
            if column >= COLUMNS:
                raise _Broken
            extent.cell(row + 1, column + 1)
        elif what == BEGIN:
            begun.add(at)
            extent.check(rel)
            extent = Extent()
        elif what == SHEET:
            named.update(struct.unpack_from("<I", stream, at + 4))
        elif what == SIZE:
            _stated(stream[at + 4 : at + 4 + length])
        elif what == STRINGS and struct.unpack_from("<I", stream, at + 8)[0] > end:
            raise _Broken
        at += 4 + length
    extent.check(rel)
    if not named <= begun:
        raise _Broken


def _stated(size: bytes) -> None:
    """The first and last rows and columns that a sheet says it has."""
    first, last, left, right = struct.unpack_from("<IIHH" if len(size) >= 14 else "<HHHH", size)
    if not (first <= last <= ROWS and left <= right <= COLUMNS):
        raise _Broken
