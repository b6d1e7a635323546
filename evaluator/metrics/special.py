"""Metrics that do not add up: medians, concurrency, time on line. Each is computed anew for every scope."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from evaluator.metrics.carefacts import on_line
from evaluator.metrics.measures import CODE, ScopeKey, Scopes, Sums
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.request import MetricRequest
from evaluator.metrics.talk import response_turns, response_wait

QUANTILES = ("first_response_median", "first_response_p90", "avg_response_median", "avg_response_p90")
MAX_CONCURRENT = "max_concurrent"
_STRETCH = timedelta(days=2)
_INSTANTS = 1 << 44  # room for half milliseconds since 1970


def waits_of(request: MetricRequest) -> str:
    """What the waits are known by where they are kept: ``…_median`` and ``…_p90`` are of the same."""
    return f"waits {_mean(request).id}"


def _mean(request: MetricRequest) -> MetricRequest:
    return MetricRequest(request.metric.rsplit("_", 1)[0], request.options)


def waits(request: MetricRequest, turns: pl.DataFrame, facts: MonthFacts) -> Sums:
    """By scope, how often (``n``) each wait (``at``, ms): few, and they add up over buckets."""
    base = _mean(request)
    counts = (
        turns.lazy()
        .filter(response_turns(base, facts))
        .select("a", "s", response_wait(base).alias("at"))
        .drop_nulls("at")
        .group_by("a", "s", "at")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .collect()
        .join(facts.scopes.groups, on="a", how="left")
    )
    return {
        kind: counts.filter(pl.col(code).is_not_null()).group_by(code, "at").agg(pl.col("n").sum())
        for kind, code in CODE.items()
    }


def quantile(request: MetricRequest, facts: MonthFacts) -> dict[ScopeKey, int]:
    """``…_median``: the lower of the two middle values; ``…_p90``: nearest rank. ms."""
    known = facts.counted(waits_of(request))
    parts = [known] if known else [waits(request, piece, facts) for piece in facts.pieces("turns")]
    found: dict[ScopeKey, int] = {}
    for kind, code in CODE.items():
        columns = (code, "at", "n")
        ranked = (
            pl.concat(part[kind].select(columns) for part in parts)
            .filter(pl.col(code).is_not_null())
            .group_by(code, "at")
            .agg(pl.col("n").sum())
            .sort(code, "at")
            .with_columns(
                pl.col("n").cum_sum().over(code).alias("upto"), pl.col("n").sum().over(code).alias("all")
            )
        )
        n = pl.col("all")
        rank = (n + 1) // 2 if request.metric.endswith("_median") else (9 * n + 9) // 10
        for row in ranked.filter(pl.col("upto") >= rank).group_by(code).agg(pl.col("at").min()).iter_rows():
            found[facts.scopes.key(kind, row[0])] = row[1]
    return found


def max_concurrent(facts: MonthFacts) -> dict[ScopeKey, int]:
    """Most sessions open at one instant, ends included, over the scope's sessions. Day by day: a session is there on
    every day that it touches."""
    rows = facts["sessions"].lazy().select("a", "s", "start", "end")
    span = rows.select(pl.col("start").min(), pl.col("end").max()).collect()
    first, last = span.row(0)
    found: dict[ScopeKey, int] = {}
    while first is not None and first <= last:
        until = first + _STRETCH
        inside = rows.filter((pl.col("start") < until) & (pl.col("end") >= first)).with_columns(
            pl.col("start").clip(lower_bound=first), pl.col("end").clip(upper_bound=until)
        )
        for key, most in _most_open(inside.collect(), facts.scopes):
            found[key] = max(most, found.get(key, 0))
        first = until
    return found


def _most_open(sessions: pl.DataFrame, scopes: Scopes) -> Iterator[tuple[ScopeKey, int]]:
    rows = sessions.join(scopes.groups, on="a", how="left")
    for kind, code in CODE.items():
        own = rows.filter(pl.col(code).is_not_null())
        # one integer a step, sorting by scope, instant, and starts before ends: ends are included
        at = pl.col(code).cast(pl.Int64) * _INSTANTS + pl.col("at").dt.epoch("ms") * 2
        begun, ended = (own.select(code, pl.col(c).alias("at")) for c in ("start", "end"))
        steps = pl.concat(
            [
                begun.select(code, at.alias("at"), step=pl.lit(1, pl.Int32)),
                ended.select(code, at.alias("at") + 1, step=pl.lit(-1, pl.Int32)),
            ]
        ).sort("at")
        # a scope's steps sum to 0, so one running sum serves all
        most = (
            steps.with_columns(pl.col("step").cum_sum().alias("open"))
            .group_by(code)
            .agg(pl.col("open").max())
        )
        yield from ((scopes.key(kind, c), int(n)) for c, n in most.iter_rows())


def online_ms(facts: MonthFacts) -> dict[ScopeKey, int]:
    """Time on line, ms. Groups: the sum of their agents; shops: the accounts with messages in them."""
    rows, scopes = on_line(facts["online_parts"]), facts.scopes
    everywhere = rows.filter(pl.col("s").is_null()).join(scopes.groups, on="a", how="left")
    found: dict[ScopeKey, int] = {}
    for kind, frame in (
        ("agent", everywhere),
        ("group", everywhere),
        ("shop", rows.filter(pl.col("s").is_not_null())),
    ):
        code = CODE[kind]
        for c, ms in frame.group_by(code).agg(pl.col("ms").sum()).drop_nulls().iter_rows():
            found[scopes.key(kind, c)] = ms
    return found
