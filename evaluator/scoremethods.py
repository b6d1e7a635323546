"""The methods of SPEC §8: from one figure to points, before weights are scaled (R-S1). Exact fractions.

Each function returns the points and the Chinese sentence that explains them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from evaluator.model import KpiCell
from evaluator.numbers import plain
from evaluator.plan import (
    Attainment,
    Bands,
    Deduct,
    Linear,
    Penalty,
    Rank,
    ScoreItem,
    compare,
)

SMALL_GROUP = 3  # a group of so many or fewer is not ranked


@dataclass(frozen=True)
class Peers:
    """The values of one metric that an employee's own is ranked among, his included."""

    values: tuple[Fraction, ...]

    def place(self, value: Fraction, lower_is_better: bool) -> int:
        """1 is best; equal values share the better place."""
        return 1 + sum(v < value if lower_is_better else v > value for v in self.values)


def points_of(item: ScoreItem, cell: KpiCell, peers: Peers) -> tuple[Fraction, str]:
    """Points of a figure that is there: in 0…weight; ``attainment`` may exceed it, ``penalty`` is below 0."""
    value, how, lower = cell.value, item.how, item.lower_is_better
    if value is None:
        raise ValueError("points_of needs a value; R-S1 leaves a missing metric out")
    weight = Fraction(item.weight)
    match how:
        case Bands():
            return _bands(how, value, lower)
        case Linear():
            return _linear(how, value, weight)
        case Deduct():
            return _deduct(how, cell, value, weight, lower)
        case Attainment():
            return _attainment(how, value, weight, lower)
        case Rank():
            return _rank(how, value, weight, peers, lower)
        case Penalty():
            return _penalty(how, value)


def _n(value: Fraction) -> str:
    return plain(value, 6)


def _bands(how: Bands, value: Fraction, lower: bool) -> tuple[Fraction, str]:
    sign = "≤" if lower else "≥"
    for limit, points in how.bands:
        if value <= Fraction(limit) if lower else value >= Fraction(limit):
            return Fraction(points), f"{_n(value)} {sign} {plain(limit)}，得 {plain(points)} 分"
    return Fraction(0), f"{_n(value)} 未达到最低一档 {sign} {plain(how.bands[-1][0])}，得 0 分"


def _linear(how: Linear, value: Fraction, weight: Fraction) -> tuple[Fraction, str]:
    worst, best = Fraction(how.worst), Fraction(how.best)
    share = min(max((value - worst) / (best - worst), Fraction(0)), Fraction(1))
    return share * weight, (
        f"{_n(value)} 在 {plain(worst)}（0 分）到 {plain(best)}（满分）之间占 {_n(share * 100)}%，"
        f"× {plain(weight)} = {_n(share * weight)}"
    )


def _deduct(
    how: Deduct, cell: KpiCell, value: Fraction, weight: Fraction, lower: bool
) -> tuple[Fraction, str]:
    few = how.when_fewer_than
    if few is not None and cell.denominator is not None and cell.denominator < Fraction(few):
        return _deduct_each(how, cell, weight, lower)
    target, step, each = Fraction(how.target), Fraction(how.step), Fraction(how.points_per_step)
    short = value - target if lower else target - value
    if short <= 0:
        return weight, f"{_n(value)} 达到目标 {plain(target)}，得满分 {plain(weight)}"
    steps = -(-short // step)  # whole or part
    points = max(weight - steps * each, Fraction(0))
    return points, (
        f"{_n(value)} 与目标 {plain(target)} 差 {_n(short)}，每 {plain(step)} 一档，计 {steps} 档："
        f"{plain(weight)} − {steps} × {plain(each)} = {_n(points)}"
        + ("（扣完为止）" if weight < steps * each else "")
    )


def _deduct_each(how: Deduct, cell: KpiCell, weight: Fraction, lower: bool) -> tuple[Fraction, str]:
    """Few samples: each bad occurrence costs ``points_each``."""
    done, of = cell.numerator or Fraction(0), cell.denominator or Fraction(0)
    bad, each = done if lower else of - done, Fraction(how.points_each or 0)
    points = max(weight - bad * each, Fraction(0))
    return points, (
        f"样本 {plain(of)} 少于 {plain(how.when_fewer_than or 0)}，按次扣分："
        f"{plain(weight)} − {plain(bad)} 次 × {plain(each)} = {_n(points)}"
    )


def _attainment(how: Attainment, value: Fraction, weight: Fraction, lower: bool) -> tuple[Fraction, str]:
    target, cap = Fraction(how.target), Fraction(how.cap)
    reached = 2 - value / target if lower else value / target
    share = min(max(reached, Fraction(0)), cap)
    formula = f"2 − {_n(value)} ÷ {plain(target)}" if lower else f"{_n(value)} ÷ {plain(target)}"
    clipped = f"，限于 0–{plain(cap)} 为 {_n(share)}" if share != reached else ""
    return (
        share * weight,
        f"达成 {formula} = {_n(reached)}{clipped}，× {plain(weight)} = {_n(share * weight)}",
    )


def _rank(how: Rank, value: Fraction, weight: Fraction, peers: Peers, lower: bool) -> tuple[Fraction, str]:
    n = len(peers.values)
    if n <= SMALL_GROUP:
        fixed = Fraction(how.fallback)
        return fixed, f"同组可比 {n} 人，不足 {SMALL_GROUP + 1} 人不排名，得固定 {plain(fixed)} 分"
    place = peers.place(value, lower)
    if how.points is None:
        points = weight * (n - place) / (n - 1)
        return (
            points,
            f"同组 {n} 人第 {place} 名：{plain(weight)} × ({n} − {place}) ÷ ({n} − 1) = {_n(points)}",
        )
    points = Fraction(how.points[place - 1]) if place <= len(how.points) else Fraction(0)
    return points, f"同组 {n} 人第 {place} 名，得 {plain(points)} 分"


def _penalty(how: Penalty, value: Fraction) -> tuple[Fraction, str]:
    if compare(value, how.op, how.limit):
        return -Fraction(how.points), f"{_n(value)} {how.op} {plain(how.limit)}，扣 {plain(how.points)} 分"
    return Fraction(0), f"{_n(value)} 不满足 {how.op} {plain(how.limit)}，不扣分"
