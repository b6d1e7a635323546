"""What a source format is: the values that formats, discovery and validation hand to each other.

A format is a module with ``ID``, ``sniff(sample) -> bool`` and ``read(sample) -> list[RawTable]``; the
registry (``evaluator.sources.registry``) asks them in order, by content, never by file name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import polars as pl

from evaluator.model import ReviewItem

if TYPE_CHECKING:
    from evaluator.sources.files import Sample


@dataclass(frozen=True)
class Dialect:
    """How cells of a file are to be taken. ``export``: a platform's own export, so ``-``, ``--``,
    ``暂无数据`` and ``'null`` are empty and a leading ``'`` is a guard. ``serials``: a bare number in a
    time column is an Excel serial (workbooks, and exports that a spreadsheet may have saved again)."""

    export: bool = False
    serials: bool = False


CANONICAL = Dialect()
CANONICAL_SHEET = Dialect(serials=True)
EXPORT = Dialect(export=True, serials=True)
MADE = Dialect()  # frames whose values our own code wrote (chat logs, API answers)


@dataclass(frozen=True)
class RowReject:
    """A row that the reader of a format already had to refuse; it never reaches validation."""

    row: int
    column: str
    value: str
    why: str


@dataclass
class RawTable:
    """One table of one file, as read and not yet validated.

    ``chunks`` yields frames with canonical column names (text or already typed) plus ``_row`` (1-based data
    row); ``rejects``, ``notes`` and ``folded`` may grow while ``chunks`` is consumed. Folded rows share the fate of the
    row that stands for them: used with it, or rejected for the same reason."""

    table: str
    chunks: Iterable[pl.DataFrame]
    dialect: Dialect
    rejects: list[RowReject] = field(default_factory=list)
    notes: list[ReviewItem] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)  # numeric account id -> account name
    why: dict[str, str] = field(default_factory=dict)  # column -> sentence instead of the standard one
    folded: dict[int, list[int]] = field(
        default_factory=dict
    )  # row -> further source rows that it stands for
    open_ids: pl.DataFrame | None = None  # of buyers, beside the table (``evaluator.sources.openids``)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        return iter(self.chunks)


class Refused(Exception):
    """Raised by ``read`` before it hands out a table: the file is known and cannot serve. The text says in
    Chinese what it is and what to export instead; the month goes on without it (待核 ``refused_file``)."""


class Format(Protocol):
    """A module of ``evaluator.sources`` that reads one kind of file."""

    ID: str

    def sniff(self, sample: Sample) -> bool:
        """Whether this module reads the file; looks at content only, never raises."""

    def read(self, sample: Sample) -> list[RawTable]:
        """The tables of the file; ``EvaluatorError`` if the file as a whole cannot be used, ``Refused`` if
        files of its kind never can."""
