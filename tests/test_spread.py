"""Intervals of quotients, beside a plain calculation of the same."""

from __future__ import annotations

from dataclasses import fields
from math import isclose, sqrt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.kernel import Facts, FactsOfBuyers
from evaluator.metrics import spread
from evaluator.metrics.measures import Scopes
from evaluator.metrics.monthfacts import FactsOfPart, MonthFacts
from evaluator.metrics.request import MetricRequest
from evaluator.settings import Settings

SCHEMA = {"a": pl.Int32, "b": pl.Int32, "s": pl.Int16, "by_seller": pl.Boolean, "took_ms": pl.Int64}
REQUESTS = {m: MetricRequest(m) for m in ("seller_closed_rate", "refund_hours")}
NONE = Facts(**{each.name: pl.DataFrame() for each in fields(Facts)})
Row = tuple[int, int, int, bool, int]


def plain(rows: list[Row], agent: int, column: int, scale: int) -> tuple[float, float] | None:
    """x and y of each buyer, the residuals' variance; None of too few buyers."""
    over: dict[int, int] = {}
    under: dict[int, int] = {}
    for row in rows:
        if row[0] == agent:
            over[row[1]] = over.get(row[1], 0) + int(row[column])
            under[row[1]] = under.get(row[1], 0) + 1
    n, x, y = len(under), sum(over.values()), sum(under.values())
    if n < spread.LEAST_BUYERS:
        return None
    squares = sum((over[b] - x / y * under[b]) ** 2 for b in under)
    error = spread.Z * sqrt(n / (n - 1) * squares) / y
    return (x / y - error) / scale, (x / y + error) / scale


ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(-1, 60), st.just(0), st.booleans(), st.integers(0, 10**7)),
    min_size=120,
    max_size=200,
)


@settings(max_examples=30)
@given(ROWS)
def test_as_calculated_plainly(rows: list[Row]) -> None:
    compare(rows)


@pytest.mark.heavy
@settings(max_examples=1000)
@given(ROWS)
def test_many_as_calculated_plainly(rows: list[Row]) -> None:
    compare(rows)


def compare(rows: list[Row]) -> None:
    """Also of orders of which nobody knows the buyer (-1); the same, to the last digit, where buyers are looked at some
    at a time."""
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    groups = pl.DataFrame(schema={"a": pl.Int32, "g": pl.Int32})
    scopes = Scopes(["E0", "E1", "E2"], ["店"], [], groups)
    builders = {"refunds_completed": lambda _: frame}
    facts = MonthFacts(builders, scopes, Settings())
    assert facts["refunds_completed"].height == len(rows)
    found = spread.mean_intervals(REQUESTS, facts)
    for metric, column, scale in (("seller_closed_rate", 3, 1), ("refund_hours", 4, 3_600_000)):
        for agent in range(3):
            wanted, own = plain(rows, agent, column, scale), found[metric].get(f"E{agent}")
            assert (wanted is None) == (own is None)
            if wanted is not None and own is not None:
                assert isclose(own.low, wanted[0], abs_tol=1e-9)
                assert isclose(own.high, wanted[1], abs_tol=1e-9)
    parts = [
        FactsOfPart({}, FactsOfBuyers(NONE, (first, end)).mine(), {})
        for first, end in ((-1000, 25), (25, 40), (40, 1000))
    ]
    parted = MonthFacts(builders, scopes, Settings(), parts=parts)
    assert parted["refunds_completed"].height == len(rows)
    assert spread.mean_intervals(REQUESTS, parted) == found
