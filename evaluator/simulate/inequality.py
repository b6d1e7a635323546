"""How evenly pay is spread: Lorenz curve and Gini coefficient. Exact."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

Point = tuple[Fraction, Fraction]


def lorenz(pay: Sequence[Decimal]) -> list[Point]:
    """Share of people → share of pay, from the least paid; what is below 0 counts as 0. Nothing paid: the diagonal."""
    amounts = sorted(max(Fraction(amount), Fraction(0)) for amount in pay)
    whole, n = sum(amounts, Fraction(0)), len(amounts)
    points, so_far = [(Fraction(0), Fraction(0))], Fraction(0)
    for place, amount in enumerate(amounts, 1):
        so_far += amount
        points.append((Fraction(place, n), so_far / whole if whole else Fraction(place, n)))
    return points


def gini(pay: Sequence[Decimal]) -> Fraction:
    """0: all alike; towards 1: one has all. Twice the area between the diagonal and the Lorenz curve."""
    points = lorenz(pay)
    below = sum(((x2 - x1) * (y1 + y2) for (x1, y1), (x2, y2) in pairwise(points)), Fraction(0))
    return 1 - below if len(points) > 1 else Fraction(0)
