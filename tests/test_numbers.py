"""Exact numbers, and figures as the tables write them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.facttables import _seconds
from evaluator.numbers import floor_to, half_up, percent, plain, value_text, yuan


@pytest.mark.rule("R-P4")
def test_halves_go_away_from_zero() -> None:
    assert [str(half_up(Fraction(n, 1000), 2)) for n in (5, 15, 25, -5, -4, 4)] == [
        "0.01", "0.02", "0.03", "-0.01", "0.00", "0.00",
    ]  # fmt: skip
    assert str(floor_to(Fraction(1999, 1000))) == "1.99"
    assert plain(Fraction(330, 7)) == "47.1428571429"
    assert plain(Decimal("684.20")) == "684.2"


@pytest.mark.rule("R-M")
def test_figures_as_text() -> None:
    cases = [
        ("1103", "count", False, "1103"),
        ("684.2", "yuan", False, "684.20"),
        ("2/3", "yuan", True, "0.6666666667"),
        ("27", "s", False, "27.0000000000"),
        ("4099/10", "hours", False, "409.9000000000"),
        ("0", "ratio", True, "0.0000000000"),
    ]
    for value, unit, is_ratio, want in cases:
        assert value_text(Fraction(value), unit, is_ratio=is_ratio) == want
    assert value_text(None, "s", is_ratio=True) is None


@given(st.fractions(max_denominator=10**6), st.integers(0, 6))
def test_half_up_is_the_nearest(value: Fraction, places: int) -> None:
    assert abs(Fraction(half_up(value, places)) - value) * 2 <= Fraction(1, 10**places)


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=12)


@given(st.one_of(DECIMALS, st.decimals("-1e40", "1e40", places=3), st.integers()), st.integers(0, 10))
def test_half_up_of_decimals_is_that_of_their_fractions(value: Decimal | int, places: int) -> None:
    """To the digit: how many decimals are written, and no -0."""
    assert half_up(value, places).as_tuple() == half_up(Fraction(value), places).as_tuple()
    opposite = (
        value.copy_negate() if isinstance(value, Decimal) else -value
    )  # a Decimal's - rounds to 28 digits
    assert Fraction(half_up(opposite, places)) == -Fraction(half_up(value, places))


def test_figures_that_people_read() -> None:
    assert yuan(Fraction(80000)) == "80,000.00"
    assert [percent(Decimal(rate)) for rate in ("0.01", "0.015", "1", "0.00125")] == [
        "1%",
        "1.5%",
        "100%",
        "0.125%",
    ]


def test_seconds_of_a_long_column_are_the_nearest_floats() -> None:
    waits = range(100_000)
    frame = pl.DataFrame({"wait": waits}).select(_seconds("wait"))
    assert frame["wait"].to_list() == [ms / 1000 for ms in waits]
