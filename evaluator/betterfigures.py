"""The nearest better figure of a line of a plan that earns more points (SPEC §8); of a gate, one that opens it.

Figures stay what they can be: counts are whole, parts of a whole lie in 0…1, nothing is below 0."""

from __future__ import annotations

import math
from fractions import Fraction

from evaluator.model import KpiCell
from evaluator.plan import Attainment, Bands, Deduct, Gate, Linear, Penalty, Rank, ScoreItem
from evaluator.rulebook import MetricInfo
from evaluator.scoremethods import SMALL_GROUP, Peers, points_of

#: The smallest change of a figure that a report shows, for limits that must be passed and not only reached.
FINEST = {
    "ratio": Fraction(1, 10_000),
    "s": Fraction(1, 10),
    "hours": Fraction(1, 10),
    "yuan": Fraction(1, 100),
}


def better_cell(item: ScoreItem, cell: KpiCell, peers: Peers, info: MetricInfo) -> KpiCell | None:
    """None: there is none, or the method knows no better and worse."""
    if cell.value is None:
        return None
    now, higher = points_of(item, cell, peers)[0], not item.lower_is_better
    match item.how:
        case Bands(bands):
            limits = [Fraction(limit) for limit, points in bands if points > now]
            return _moved(cell, limits[-1] if limits else None, higher, info)
        case Linear() as how:
            return _linear(how, cell, cell.value, info)
        case Deduct() as how:
            return _deduct(how, item, cell, now, info)
        case Attainment() as how:
            return _attainment(how, cell, cell.value, higher, info)
        case Rank() as how:
            value = _overtaking(how, cell.value, now, peers, higher)
            return None if value is None else _cell(cell, value)
        case Penalty() as how:
            return left(cell, how.op, Fraction(how.limit), info) if now < 0 else None


def opened(gate: Gate, cell: KpiCell, info: MetricInfo) -> KpiCell | None:
    """The nearest figure with which a gate that holds does not."""
    return left(cell, gate.op, Fraction(gate.value), info)


def left(cell: KpiCell, op: str, limit: Fraction, info: MetricInfo) -> KpiCell | None:
    """The nearest figure for which ``figure op limit`` is not true; None where either side would do."""
    if op == "==":
        return None
    finest = FINEST.get(info.unit, Fraction(1))
    value = {">=": limit - finest, "<=": limit + finest}.get(op, limit)
    return _moved(cell, value, op in ("<", "<=") or (op == "!=" and limit > (cell.value or 0)), info)


def step_of(scale: Fraction) -> Fraction:
    """The power of ten at or below a tenth of a scale: of 0.2…0.6 0.01, of a target of 50,000 1,000."""
    exponent = math.floor(math.log10(scale)) - 1
    return Fraction(10) ** exponent


def _linear(how: Linear, cell: KpiCell, value: Fraction, info: MetricInfo) -> KpiCell | None:
    worst, best = Fraction(how.worst), Fraction(how.best)
    return _along(cell, value, worst, best, step_of(abs(best - worst)), info)


def _attainment(
    how: Attainment, cell: KpiCell, value: Fraction, higher: bool, info: MetricInfo
) -> KpiCell | None:
    target, cap = Fraction(how.target), Fraction(how.cap)
    worst, best = (Fraction(0), target * cap) if higher else (2 * target, (2 - cap) * target)
    return _along(cell, value, worst, best, step_of(target), info)


def _along(
    cell: KpiCell, value: Fraction, worst: Fraction, best: Fraction, step: Fraction, info: MetricInfo
) -> KpiCell | None:
    """One step on a slope that begins at ``worst``, at most to ``best``."""
    if info.unit == "count":
        step = max(step, Fraction(1))
    if best > worst:
        return _moved(cell, min(max(value, worst) + step, best), True, info)
    return _moved(cell, max(min(value, worst) - step, best), False, info)


def _deduct(how: Deduct, item: ScoreItem, cell: KpiCell, now: Fraction, info: MetricInfo) -> KpiCell | None:
    weight, few = Fraction(item.weight), how.when_fewer_than
    if few is not None and cell.denominator is not None and cell.denominator < Fraction(few):
        return _fewer(item, cell, weight, Fraction(how.points_each or 0), now)
    each, target, step = Fraction(how.points_per_step), Fraction(how.target), Fraction(how.step)
    if now >= weight or not each:
        return None
    steps = math.ceil((weight - now) / each) - 1  # as many as still cost less than now
    value = target + steps * step if item.lower_is_better else target - steps * step
    return _moved(cell, value, not item.lower_is_better, info)


def _fewer(item: ScoreItem, cell: KpiCell, weight: Fraction, each: Fraction, now: Fraction) -> KpiCell | None:
    """As many bad occurrences as cost less than now."""
    if now >= weight or not each:
        return None
    of, bad = cell.denominator or Fraction(0), Fraction(math.ceil((weight - now) / each) - 1)
    done = bad if item.lower_is_better else of - bad
    return KpiCell(done / of, done, of, cell.status)


def _overtaking(how: Rank, value: Fraction, now: Fraction, peers: Peers, higher: bool) -> Fraction | None:
    """The colleague's figure with which the place earns more."""
    place = peers.place(value, not higher)
    if len(peers.values) <= SMALL_GROUP or place == 1:
        return None
    wanted = place - 1
    if how.points is not None:
        earning = [n for n, points in enumerate(how.points[: place - 1], 1) if points > now]
        if not earning:
            return None
        wanted = earning[-1]
    return sorted(peers.values, reverse=higher)[wanted - 1]


def _moved(cell: KpiCell, value: Fraction | None, higher: bool, info: MetricInfo) -> KpiCell | None:
    """The figure at ``value``, whole where it counts; None where that is no better or cannot be."""
    if value is None or cell.value is None:
        return None
    if info.unit == "count":
        value = Fraction(math.ceil(value) if higher else math.floor(value))
    if value == cell.value or (value > cell.value) != higher:
        return None
    return None if value < 0 or (info.is_share and value > 1) else _cell(cell, value)


def _cell(cell: KpiCell, value: Fraction) -> KpiCell:
    numerator = value if cell.denominator is None else value * cell.denominator
    return KpiCell(value, numerator, cell.denominator, cell.status)
