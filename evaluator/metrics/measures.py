"""How figures add up (SPEC §7 "Group and shop").

A *fact* is a frame with one row a thing that happened: ``a`` agent code (null: nobody's), ``s`` shop code, and
what is measured. A *measure* is a number per row, summed over the rows of a scope; or, with a ``unit`` (such as
buyer and day), over the distinct units of the scope, each unit's columns being the greatest of its rows. So one
mechanism serves sums (σ), distinct buyer-days (β) and distinct orders, at every scope, and sums of buckets add.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import polars as pl

ScopeKey = tuple[str, str]  # (agent | group | shop, id)
Totals = dict[ScopeKey, dict[str, int]]


@dataclass(frozen=True)
class Measure:
    """``expr`` on the columns of fact ``fact``; on those of its units if ``unit`` is given."""

    name: str
    fact: str
    expr: pl.Expr
    unit: tuple[str, ...] = ()
    rows: pl.Expr | None = None  # rows to show as its evidence; None: those where it is not 0


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


def _gather(found: pl.DataFrame, kind: str, scopes: Scopes, totals: Totals) -> None:
    for row in found.iter_rows(named=True):
        code = row.pop(CODE[kind])
        if code is not None:
            sums = totals[scopes.key(kind, code)]
            for name, value in row.items():
                sums[name] = sums.get(name, 0) + (value or 0)


def _row_totals(fact: pl.DataFrame, measures: list[Measure], scopes: Scopes, totals: Totals) -> None:
    sums = (
        fact.lazy()
        .group_by("a", "s")
        .agg(m.expr.cast(pl.Int64).sum().alias(m.name) for m in measures)
        .collect()
    )
    sums = sums.join(scopes.groups, on="a", how="left")
    for kind, code in CODE.items():
        _gather(sums.group_by(code).agg(pl.col(m.name).sum() for m in measures), kind, scopes, totals)


def _unit_totals(
    fact: pl.DataFrame, unit: tuple[str, ...], measures: list[Measure], scopes: Scopes, totals: Totals
) -> None:
    used = sorted({c for m in measures for c in m.expr.meta.root_names()} - {*unit})
    slim = fact.lazy().select("a", "s", *unit, *used).join(scopes.groups.lazy(), on="a", how="left")
    for kind, code in CODE.items():
        units = (
            slim.filter(pl.col(code).is_not_null()).group_by(code, *unit).agg(pl.col(c).max() for c in used)
        )
        summed = units.group_by(code).agg(m.expr.cast(pl.Int64).sum().alias(m.name) for m in measures)
        _gather(summed.collect(), kind, scopes, totals)


class Pieces(Protocol):
    """Facts by name, each in pieces of whole buyers."""

    def pieces(self, name: str) -> Iterator[pl.DataFrame]: ...


def total(facts: Pieces, measures: Iterable[Measure], scopes: Scopes) -> Totals:
    """Every measure at every scope; a scope without a row has no entry and counts 0. Units of a fact that comes in
    pieces are a buyer's, so that the pieces' sums add."""
    totals: Totals = defaultdict(dict)
    batches: dict[tuple[str, tuple[str, ...]], dict[str, Measure]] = defaultdict(dict)
    for m in measures:
        batches[m.fact, m.unit][m.name] = m
    for (fact, unit), batch in batches.items():
        for piece in facts.pieces(fact):
            if unit:
                _unit_totals(piece, unit, list(batch.values()), scopes, totals)
            else:
                _row_totals(piece, list(batch.values()), scopes, totals)
    return totals
