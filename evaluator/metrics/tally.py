"""Sums of figures over some buyers (docs/architecture.md, "Engines"): what a bucket of the month adds to every figure,
small enough to travel, and added up without looking at a fact again.

A *tally* is a frame of ``window`` (place in ``Count.windows``), ``what`` (a measure, or the waits of a median),
``kind`` and ``code`` (a scope), ``at`` (ms, of waits) and ``n``: how much, or how often. What was counted has a row
without a code, so that it is known where it was found nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from evaluator.metrics.measures import CODE, Sums

Span = tuple[int, int]  # business days, end exclusive
KINDS = tuple(CODE)
SCHEMA = {
    "window": pl.UInt16,
    "what": pl.String,
    "kind": pl.UInt8,
    "code": pl.Int32,
    "at": pl.Int64,
    "n": pl.Int64,
}


def told(window: int, what: str, found: Sums) -> pl.DataFrame:
    """A tally of one thing. ``found``: ``n``, and ``at`` where there is one, by scope."""
    seen = pl.LazyFrame([(window, what, 0, None, None, 0)], schema=SCHEMA, orient="row")
    rows = [
        frame.lazy()
        .filter(pl.col(CODE[kind]).is_not_null() & (pl.col("n") != 0))
        .select(
            pl.lit(window).alias("window"),
            pl.lit(what).alias("what"),
            pl.lit(KINDS.index(kind)).alias("kind"),
            pl.col(CODE[kind]).alias("code"),
            (pl.col("at") if "at" in frame.columns else pl.lit(None)).alias("at"),
            "n",
        )
        .cast(SCHEMA)  # type: ignore[arg-type]
        for kind, frame in found.items()
    ]
    return pl.concat([seen, *rows]).collect()


def added(tallies: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One tally of them all."""
    rows = pl.concat([pl.DataFrame(schema=SCHEMA), *tallies])
    return rows.group_by(*(c for c in SCHEMA if c != "n")).agg(pl.col("n").sum())


class Tally:
    """The sums of one window, by what was counted. ``rows``: those of ``added``."""

    def __init__(self, rows: pl.DataFrame) -> None:
        parts = rows.partition_by("what", "kind", as_dict=True, include_key=False)
        self._parts = {(str(what), KINDS[int(kind)]): part for (what, kind), part in parts.items()}

    def of(self, what: str) -> Sums | None:
        """By kind of scope: its code, ``at`` and ``n``; None where it was not counted."""
        if not any((what, kind) in self._parts for kind in KINDS):
            return None
        none = pl.DataFrame(schema={c: SCHEMA[c] for c in ("code", "at", "n")})
        return {kind: self._parts.get((what, kind), none).rename({"code": CODE[kind]}) for kind in KINDS}


@dataclass(frozen=True)
class Counted:
    """What was counted bucket by bucket. ``period``: of which the facts were kept."""

    period: Span
    tallies: Mapping[Span, Tally]
