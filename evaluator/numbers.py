"""Exact numbers and how they are written: half-up rounding (SPEC §1), figures of kpi.csv and scores.csv."""

from __future__ import annotations

from decimal import MAX_PREC, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

Number = Fraction | Decimal | int
_WIDE = Context(prec=MAX_PREC)  # rounds nothing away


def half_up(value: Number, places: int = 2) -> Decimal:
    """``value`` rounded to ``places`` decimals, halves away from zero. Exact: no float, no context's precision."""
    if isinstance(value, Decimal):
        rounded = value.quantize(Decimal((0, (1,), -places)), ROUND_HALF_UP, _WIDE)
        return rounded or rounded.copy_abs()  # there is no -0
    above, below = abs(value.numerator) * 10**places, value.denominator
    whole = (2 * above + below) // (2 * below)
    return _decimal(-whole if value < 0 else whole, places)


def floor_to(value: Number, places: int = 2) -> Decimal:
    """``value`` cut down to ``places`` decimals (towards minus infinity)."""
    scaled = Fraction(value) * 10**places
    return _decimal(scaled.numerator // scaled.denominator, places)


def _decimal(whole: int, places: int) -> Decimal:
    return Decimal(whole).scaleb(-places, _WIDE)


def plain(value: Number, places: int = 10) -> str:
    """At most ``places`` decimals, without trailing zeros: ``1103``, ``684.2``, ``47.1428571429``. Used for
    numerators, denominators and weights."""
    text = format(half_up(value, places), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def value_text(value: Number | None, unit: str, *, is_ratio: bool) -> str | None:
    """A metric's value as the tables write it. ``unit``: count, yuan, s, hours, ratio. ``is_ratio``: it has a
    denominator. Sums of yuan have 2 decimals, counts none, all else 10; None stays None."""
    if value is None:
        return None
    if not is_ratio and unit == "count":
        return format(half_up(value, 0), "f")
    places = 2 if not is_ratio and unit == "yuan" else 10
    return format(half_up(value, places), "f")


def yuan(value: Number) -> str:
    """Money with thousands separators for formulas that people read: ``80,000.00``."""
    return format(half_up(value, 2), ",f")


def percent(value: Number, places: int = 4) -> str:
    """A rate as a percentage, without needless zeros: ``1.5%``."""
    return plain(Fraction(value) * 100, places) + "%"
