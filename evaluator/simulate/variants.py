"""Plans with one number a tenth lower or higher: what a simulation's sensitivity is worked out from.

Every number of a plan is found by walking its values, so a new option is varied without another line here. A weight
takes the points of its bands or places along; a number of whole units changes by at least 1; a change that would turn
an order round (brackets, bands, grades, worst and best) is not tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

from evaluator.metrics.request import MetricRequest
from evaluator.numbers import half_up
from evaluator.plan import AppliesTo, Bands, Linear, Plan, Rank, ScoreItem

DOWN, UP = Decimal("0.9"), Decimal("1.1")
SHARES = ("rate", "max_left_out")  # at most 1

Number = Decimal | int
Put = Callable[[Any], Any]
Leaf = tuple[tuple[str, ...], Number, Put]


@dataclass(frozen=True)
class Parameter:
    """A number of a plan. ``path``: plan name, then keys as the plan writes them; ``down``, ``up``: the number a tenth
    lower and higher with the plans that have it, None where it cannot be."""

    path: tuple[str, ...]
    value: Number
    down: tuple[Number, tuple[Plan, ...]] | None
    up: tuple[Number, tuple[Plan, ...]] | None


def parameters(plans: Sequence[Plan]) -> list[Parameter]:
    """Every number of the plans but 0, which has no tenth, and what only scores need in a plan without any."""
    found = []
    for at, plan in enumerate(plans):
        for path, value, put in _leaves(plan, ()):
            if not value or (path == ("max_left_out",) and not plan.score):
                continue
            changed = []
            for factor in (DOWN, UP):
                number = _changed(value, factor, path[-1])
                other = put(number)
                whole = (*plans[:at], other, *plans[at + 1 :])
                changed.append((number, whole) if number != value and _sound(other, plan) else None)
            found.append(Parameter((plan.name, *path), value, *changed))
    return found


def _changed(value: Number, factor: Decimal, key: str) -> Number:
    if isinstance(value, int):
        step = max(1, int(half_up(abs(value) * (UP - 1), 0)))
        return max(value + (step if factor > 1 else -step), 0)
    number = value * factor
    return min(number, Decimal(1)) if key in SHARES and value <= 1 else number


def plan_values(plans: Sequence[Plan]) -> dict[str, str]:
    """Every number of the plans as they hold for the period, by its path: ``售前 commission brackets 2 rate``."""
    return {
        " ".join((plan.name, *path)): str(value) for plan in plans for path, value, _ in _leaves(plan, ())
    }


# ---- walking ----
#: What the places of a pair mean, by the option that lists such pairs.
PAIRS = {"bands": ("limit", "points"), "brackets": ("from", "rate")}
INNER = ("how", "pay_lines", "request", "options", "effect")  # no keys of a plan as written


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[Leaf]:
    """Every number in a value, with its path and what puts another one in its place."""
    if isinstance(value, bool | str | AppliesTo) or value is None:
        return
    if isinstance(value, Decimal | int):
        yield path, value, lambda new: new
    elif isinstance(value, MetricRequest):
        for at, (key, option) in enumerate(value.options):
            if isinstance(option, int) and not isinstance(option, bool):
                yield (*path, key), option, _option(value, at)
    elif is_dataclass(value):
        yield from _of_dataclass(value, path)
    elif isinstance(value, dict):
        for key, child in value.items():
            for inner, number, put in _leaves(child, (*path, key)):
                yield inner, number, _then(put, partial(_with_key, value, key))
    else:
        yield from _of_tuple(value, path)


def _then(first: Put, second: Put) -> Put:
    """Puts a number into a part, and the part into the whole."""
    return lambda new: second(first(new))


def _with_key(value: dict[str, Any], key: str, new: Any) -> dict[str, Any]:
    return {**value, key: new}


def _with_field(value: Any, name: str, new: Any) -> Any:
    return replace(value, **{name: new})


def _with_place(values: tuple[Any, ...], at: int, new: Any) -> tuple[Any, ...]:
    return (*values[:at], new, *values[at + 1 :])


def _option(request: MetricRequest, at: int) -> Put:
    def put(new: int) -> MetricRequest:
        key = request.options[at][0]
        return replace(request, options=(*request.options[:at], (key, new), *request.options[at + 1 :]))

    return put


def _of_dataclass(value: Any, path: tuple[str, ...]) -> Iterator[Leaf]:
    for field in fields(value):
        name = field.name
        inside = path if name in INNER else (*path, name)
        for inner, number, put in _leaves(getattr(value, name), inside):
            if isinstance(value, ScoreItem) and name == "weight":
                yield inner, number, partial(_reweighted, value)
            else:
                yield inner, number, _then(put, partial(_with_field, value, name))


def _of_tuple(values: tuple[Any, ...], path: tuple[str, ...]) -> Iterator[Leaf]:
    named = [_key(child, at) for at, child in enumerate(values)]
    for at, child in enumerate(values):
        pair = PAIRS.get(path[-2]) if len(path) > 1 and not is_dataclass(child) else None
        again = named[:at].count(named[at])
        key = f"{named[at]}#{again + 1}" if again else named[at]
        key = pair[at] if pair and isinstance(child, Decimal) else key
        for inner, number, put in _leaves(child, (*path, key)):
            yield inner, number, _then(put, partial(_with_place, values, at))


def _key(child: Any, at: int) -> str:
    """How one of several is called: a score or gate by its metric, a grade or allowance by its name, else its place."""
    return str(getattr(child, "metric", None) or getattr(child, "name", None) or at + 1)


def _reweighted(item: ScoreItem, weight: Decimal) -> ScoreItem:
    """Points that a plan writes as such keep their share of the weight."""
    share, how = weight / item.weight, item.how
    if isinstance(how, Bands):
        how = Bands(tuple((limit, points * share) for limit, points in how.bands))
    elif isinstance(how, Rank):
        places = tuple(p * share for p in how.points) if how.points is not None else None
        how = replace(how, points=places, fallback=how.fallback * share)
    return replace(item, weight=weight, how=how)


# ---- what can be meant ----
def _sound(plan: Plan, before: Plan) -> bool:
    """Whether the changed plan still has everything in order, points within weights."""
    items = all(_sound_item(new, old) for new, old in zip(plan.score, before.score, strict=True))
    grades = [-grade.threshold for grade in plan.grades]
    brackets = [start for start, _ in plan.pay.commission.brackets] if plan.pay.commission else []
    return items and _rising(grades) and _rising(brackets)


def _sound_item(new: ScoreItem, old: ScoreItem) -> bool:
    if isinstance(new.how, Linear) and isinstance(old.how, Linear):
        return (new.how.best > new.how.worst) == (old.how.best > old.how.worst) and (
            new.how.best != new.how.worst
        )
    if isinstance(new.how, Bands):
        limits = [limit if new.lower_is_better else -limit for limit, _ in new.how.bands]
        return _rising(limits) and all(points <= new.weight for _, points in new.how.bands)
    if isinstance(new.how, Rank):
        return all(points <= new.weight for points in (*(new.how.points or ()), new.how.fallback))
    return True


def _rising(values: Sequence[Decimal]) -> bool:
    return all(low < high for low, high in pairwise(values))
