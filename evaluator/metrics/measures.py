"""How figures add up (SPEC §7 "Group and shop").

A *fact* is a frame with one row a thing that happened: ``a`` agent code (null: nobody's), ``s`` shop code, and
what is measured. A *measure* is a number per row, summed over the rows of a scope; or, with a ``unit`` (such as
buyer and day), over the distinct units of the scope, each unit's columns being the greatest of its rows. So one
mechanism serves sums (σ), distinct buyer-days (β) and distinct orders, at every scope, and sums of buckets add
(``tally``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

ScopeKey = tuple[str, str]  # (agent | group | shop, id)
Totals = dict[ScopeKey, dict[str, int]]
Batch = tuple[str, tuple[str, ...]]  # fact and unit


@dataclass(frozen=True)
class Measure:
    """``expr`` on the columns of fact ``fact``; on those of its units if ``unit`` is given."""

    name: str
    fact: str
    expr: pl.Expr
    unit: tuple[str, ...] = ()
    rows: pl.Expr | None = None  # rows to show as its evidence; None: those where it is not 0

    @property
    def key(self) -> str:
        """What it is known by where sums are kept."""
        return repr((self.fact, self.unit, self.name))

    @property
    def batch(self) -> Batch:
        """Measures of the same are summed over the same rows."""
        return self.fact, self.unit


@dataclass(frozen=True)
class Scopes:
    """Codes to ids. ``groups``: a (Int32), g (Int32) for agents with a group; ids by position."""

    agents: list[str]
    shops: list[str]
    group_ids: list[str]
    groups: pl.DataFrame

    def key(self, kind: str, code: int) -> ScopeKey:
        return kind, {"agent": self.agents, "group": self.group_ids, "shop": self.shops}[kind][code]


ROWS = pl.col("s").is_not_null()  # counts rows
CODE = {"agent": "a", "group": "g", "shop": "s"}
Sums = Mapping[str, pl.DataFrame]  # by kind of scope


def batches(measures: Iterable[Measure]) -> dict[Batch, dict[str, Measure]]:
    """Measures by name, those together that are summed over the same rows."""
    found: dict[Batch, dict[str, Measure]] = defaultdict(dict)
    for m in measures:
        found[m.batch][m.name] = m
    return found


def sums(fact: pl.DataFrame, batch: Batch, measures: Mapping[str, Measure], groups: pl.DataFrame) -> Sums:
    """By kind of scope: its code (a, g or s, null: nobody's) and each measure's sum. ``groups``: a, g."""
    chosen = measures.values()
    return _unit_sums(fact, batch[1], chosen, groups) if batch[1] else _row_sums(fact, chosen, groups)


def summed(
    rows: pl.LazyFrame, by: tuple[str, ...], unit: tuple[str, ...], measures: Collection[Measure]
) -> pl.LazyFrame:
    """The columns ``by`` and each measure's sum; over the distinct units where there is a ``unit``."""
    if unit:
        keys = dict.fromkeys((*by, *unit))
        used = sorted({c for m in measures for c in m.expr.meta.root_names()} - keys.keys())
        rows = rows.group_by(*keys).agg(pl.col(c).max() for c in used)
    return rows.group_by(*by).agg(m.expr.cast(pl.Int64).sum().alias(m.name) for m in measures)


def _row_sums(fact: pl.DataFrame, measures: Collection[Measure], groups: pl.DataFrame) -> Sums:
    every = summed(fact.lazy(), ("a", "s"), (), measures).collect().join(groups, on="a", how="left")
    return {kind: every.group_by(c).agg(pl.col(m.name).sum() for m in measures) for kind, c in CODE.items()}


def _unit_sums(
    fact: pl.DataFrame, unit: tuple[str, ...], measures: Collection[Measure], groups: pl.DataFrame
) -> Sums:
    rows = dict.fromkeys(CODE, fact.lazy()) | {"group": fact.lazy().join(groups.lazy(), on="a")}
    return {
        kind: summed(rows[kind].filter(pl.col(code).is_not_null()), (code,), unit, measures).collect()
        for kind, code in CODE.items()
    }


class Pieces(Protocol):
    """Facts by name, each in pieces of whole buyers; and sums (``n``) that were counted before, by ``Measure.key``."""

    def pieces(self, name: str) -> Iterator[pl.DataFrame]: ...

    def counted(self, what: str) -> Sums | None: ...


def total(facts: Pieces, measures: Iterable[Measure], scopes: Scopes) -> Totals:
    """Every measure at every scope; a scope without a row has no entry and counts 0. Units of a fact that comes in
    pieces are a buyer's, so that the pieces' sums add."""
    totals: Totals = defaultdict(dict)
    for batch, asked in batches(measures).items():
        left = {}
        for name, measure in asked.items():
            known = facts.counted(measure.key)
            if known is None:
                left[name] = measure
            else:
                summed = {
                    kind: rows.select(CODE[kind], pl.col("n").alias(name)) for kind, rows in known.items()
                }
                _gather(summed, scopes, totals)
        for piece in facts.pieces(batch[0]) if left else ():
            _gather(sums(piece, batch, left, scopes.groups), scopes, totals)
    return totals


def _gather(found: Sums, scopes: Scopes, totals: Totals) -> None:
    for kind, frame in found.items():
        for row in frame.iter_rows(named=True):
            code = row.pop(CODE[kind])
            if code is not None:
                own = totals[scopes.key(kind, code)]
                for name, value in row.items():
                    own[name] = own.get(name, 0) + (value or 0)
