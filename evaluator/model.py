"""Small shared value types: what one stage hands to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from evaluator.errors import EvaluatorError as EvaluatorError
from evaluator.tables import OPEN_IDS, spelled

if TYPE_CHECKING:
    from evaluator.names import Names
    from evaluator.settings import MonthConfig
    from evaluator.shelf import Shelf


@dataclass(frozen=True)
class Reject:
    """One input row that was not used, and why (``tables/rejects.csv``)."""

    file: str  # path relative to the month's folder, with "/"
    row: int  # 1-based data row
    column: str  # "" when the whole row is meant
    value: str  # what stood there, cut at 200 characters
    why: str  # short reason: an id such as "duplicate", "superseded", or a Chinese sentence


@dataclass
class InputFile:
    """One file of the month as it was read; rows_in = rows_used + rows_rejected, always."""

    file: str
    table: str  # canonical table, or "" for a file that feeds none (e.g. subusers.json)
    format: str  # id of the source module, e.g. "canonical_csv", "taobao_orders"
    sha256: str
    rows_in: int = 0
    rows_used: int = 0
    rows_rejected: int = 0


@dataclass(frozen=True)
class ReviewItem:
    """Something a person must look at (sheet 待核). ``kind`` is an id whose Chinese heading stands in
    ``rules/labels.yaml`` under ``review``; ``detail`` is a Chinese sentence."""

    kind: str
    subject: str
    detail: str
    count: int = 1


def _shelf() -> Shelf:
    from evaluator.shelf import Shelf  # which needs EvaluatorError

    return Shelf()


@dataclass
class MonthData:
    """A month as read: canonical tables, validated, rows in input order."""

    folder: Path
    config: MonthConfig
    tables: dict[str, pl.DataFrame]  # only tables that have a file; messages, orders, roster always
    absent: dict[str, frozenset[str]]  # optional columns that no file of a table has
    inputs: list[InputFile]
    rejects: list[Reject]
    review: list[ReviewItem] = field(default_factory=list)  # notes of the reading itself
    open_ids: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OPEN_IDS))
    shelf: Shelf = field(default_factory=_shelf)  # where the messages of a large month lie
    names: dict[str, Names] = field(
        default_factory=dict
    )  # of the messages: texts of their columns that are places

    def has(self, table: str, column: str | None = None) -> bool:
        """Whether ``table`` (and its ``column``) is there to compute with."""
        return table in self.tables and (column is None or column not in self.absent.get(table, frozenset()))

    def in_full(self, table: str) -> pl.DataFrame:
        """A table of a small month with all names as text."""
        rows = spelled(self.tables[table])
        if table != "messages":
            return rows
        return rows.with_columns(names.texts(rows[column]) for column, names in self.names.items())


@dataclass(frozen=True)
class Profile:
    """An employee in the period: his roster row with the latest ``from`` that overlaps it (SPEC §1). ``part``: first
    and last day on which the roster has him, where that is not the whole period."""

    employee_id: str
    name: str
    group: str | None
    role: str
    base_salary: int | None  # fen
    hired: date | None
    part: tuple[date, date] | None = None

    @property
    def is_robot(self) -> bool:
        return self.role == "robot"


@dataclass(frozen=True)
class KpiCell:
    """One figure of one agent. Money is yuan, time seconds (or hours where the metric says so)."""

    value: Fraction | None
    numerator: Fraction | None
    denominator: Fraction | None  # None for sums and counts
    status: str  # final, immature, missing
    reason: str = ""


@dataclass(frozen=True)
class PayLine:
    """One line of pay. ``formula``: Chinese words with numbers; ``inputs``: what went in, by name."""

    employee_id: str
    name: str
    line: str
    amount: Decimal  # yuan, two decimals
    formula: str
    inputs: dict[str, str] = field(default_factory=dict)
    rule: str = "R-P"
