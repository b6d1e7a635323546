"""Charts as geometry: what ``templates/charts.html.j2`` draws as inline SVG. Lengths are pixels of the view box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluator.render.text import clip
from evaluator.simulate.inequality import Point

WIDTH, ROW, LABEL, MARGIN = 420, 24, 104, 4
SQUARE, EDGE = 300, 34


@dataclass(frozen=True)
class Bar:
    y: float
    x: float
    width: float
    name: str
    text: str
    text_x: float
    anchor: str
    positive: bool


@dataclass(frozen=True)
class Bars:
    """Amounts to the left and right of a line. ``told``: the chart in words."""

    title: str
    told: str
    height: int
    middle: float
    bars: list[Bar]


def bars(title: str, amounts: Sequence[tuple[str, Decimal]]) -> Bars:
    """One bar a name, those below 0 to the left. The numbers stand on the other side of the line."""
    most = max((abs(amount) for _, amount in amounts), default=Decimal(0)) or Decimal(1)
    half = (WIDTH - LABEL) / 2
    middle = LABEL + half
    made = []
    for place, (name, amount) in enumerate(amounts):
        width = float(abs(amount) / most) * (half - MARGIN)
        up = amount >= 0
        made.append(
            Bar(
                place * ROW,
                round(middle if up else middle - width, 1),
                round(width, 1),
                clip(name, 8),
                f"{amount:+,.2f}",
                round(middle - 6 if up else middle + 6, 1),
                "end" if up else "start",
                up,
            )
        )
    told = "；".join(f"{name} {amount:+,.2f}" for name, amount in amounts) or "没有变化"
    return Bars(title, told, max(len(amounts), 1) * ROW, middle, made)


@dataclass(frozen=True)
class Curve:
    name: str
    points: str
    dashed: bool


@dataclass(frozen=True)
class Curves:
    """Curves in a unit square."""

    title: str
    told: str
    side: int
    edge: int
    curves: list[Curve]


def lorenz_chart(title: str, told: str, curves: Sequence[tuple[str, Sequence[Point], bool]]) -> Curves:
    """Lorenz curves: name, points, whether dashed."""
    made = [Curve(name, " ".join(map(_at, points)), dashed) for name, points, dashed in curves]
    return Curves(title, told, SQUARE, EDGE, made)


def _at(point: tuple[Fraction, Fraction]) -> str:
    side = SQUARE - 2 * EDGE
    return f"{EDGE + float(point[0]) * side:.1f},{SQUARE - EDGE - float(point[1]) * side:.1f}"
