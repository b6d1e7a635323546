"""Old and new pay side by side: by agent, by line, by limit, by number of the plan, by judgment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluator.attribution import JUDGMENTS
from evaluator.model import Profile, ReviewItem
from evaluator.pay import LINES
from evaluator.plan import Plan, plan_for
from evaluator.simulate.bites import EVERYWHERE, KINDS, Bite, Bites, bites
from evaluator.simulate.month import Paid, SimulatedMonth
from evaluator.simulate.settled import NO_LEDGER
from evaluator.simulate.variants import Number

ZERO = Decimal("0.00")
TOTAL = "total"
Pays = dict[str, Decimal]  # employee id → yuan


@dataclass(frozen=True)
class Agent:
    """Pay of one employee over the months. Plans: of the last month in which he is; "" where none fits."""

    profile: Profile
    old_plan: str
    new_plan: str
    old: Decimal
    new: Decimal

    @property
    def change(self) -> Decimal:
        return self.new - self.old


@dataclass(frozen=True)
class Effect:
    """A number of the plan changed: to what, by how much the total moves from that of the new plan, and how many are
    paid less than of old."""

    value: Number
    total: Decimal
    losers: int


@dataclass(frozen=True)
class Sensitivity:
    path: tuple[str, ...]
    value: Number
    down: Effect | None
    up: Effect | None


@dataclass(frozen=True)
class JudgedMonth:
    """A month by the new plan under each judgment: employee id → judgment → yuan. ``own``: the month's own."""

    start: str
    own: str
    pays: dict[str, Pays]


@dataclass(frozen=True)
class Simulation:
    """What old plans and a new one pay for the same work, over all months."""

    months: list[SimulatedMonth]
    plan: str
    judgment: str  # of the new pay; "": each month's own
    agents: list[Agent]
    lines: dict[str, tuple[Decimal, Decimal]]
    limits: dict[tuple[str, str], tuple[Bite | None, Bite | None]]
    sensitivity: list[Sensitivity]
    judged: list[JudgedMonth]
    review: list[tuple[str, ReviewItem]]  # month, what the new plan leaves to a person

    @property
    def settled(self) -> list[str]:
        """Where the old pay comes from, in Chinese."""
        return [m.settled.told for m in self.months if m.settled.told] or [NO_LEDGER]

    @property
    def total(self) -> tuple[Decimal, Decimal]:
        return sum((a.old for a in self.agents), ZERO), sum((a.new for a in self.agents), ZERO)

    @property
    def gainers(self) -> list[Agent]:
        return [a for a in self.agents if a.change > 0]

    @property
    def losers(self) -> list[Agent]:
        return [a for a in self.agents if a.change < 0]


def compare(months: Sequence[SimulatedMonth], plan: str, judgment: str = "") -> Simulation:
    """All of it. ``judgment``: of the new pay, "" for each month's own."""
    old = [m.paid_of_old() for m in months]
    by_judgment = [{j: m.paid(m.new, j) for j in JUDGMENTS} for m in months]
    new = [found[judgment or m.judgment] for m, found in zip(months, by_judgment, strict=True)]
    before, after = _totals(old), _totals(new)
    return Simulation(
        list(months),
        plan,
        judgment,
        _agents(months, before, after),
        _lines(old, new),
        _both(
            _bites((m.config.plans, paid) for m, paid in zip(months, old, strict=True)),
            _bites((m.new, paid) for m, paid in zip(months, new, strict=True)),
        ),
        _sensitivity(months, judgment, before, new),
        [
            JudgedMonth(f"{m.start:%Y-%m-%d}", m.judgment, {j: _totals([p]) for j, p in found.items()})
            for m, found in zip(months, by_judgment, strict=True)
        ],
        [
            (f"{m.start:%Y-%m-%d}", item)
            for m, paid in zip(months, new, strict=True)
            for item in (*m.notes, *paid.scores.review, *paid.pay.review)
        ],
    )


def _totals(paid: Iterable[Paid]) -> Pays:
    """Σ totals of every employee (R-P4)."""
    return _added({e: amount for e, line, amount in month.amounts() if line == TOTAL} for month in paid)


def _agents(months: Sequence[SimulatedMonth], old: Pays, new: Pays) -> list[Agent]:
    """Whoever is paid by the old plans or the new one, by employee id."""
    latest: dict[str, tuple[SimulatedMonth, Profile]] = {}
    for month in sorted(months, key=lambda m: m.start):
        latest |= {p.employee_id: (month, p) for p in month.people}
    agents = []
    for employee in sorted(old.keys() | new.keys()):
        if employee not in latest:  # paid by the ledger alone: something of earlier periods
            gone = Profile(employee, _name(months, employee), None, "", None, None)
            agents.append(Agent(gone, "", "", old.get(employee, ZERO), new.get(employee, ZERO)))
            continue
        month, profile = latest[employee]
        names = _plan_name(month.config.plans, profile), _plan_name(month.new, profile)
        agents.append(Agent(profile, *names, old.get(employee, ZERO), new.get(employee, ZERO)))
    return agents


def _name(months: Sequence[SimulatedMonth], employee: str) -> str:
    return next(
        (m.settled.brought.names[employee] for m in months if employee in m.settled.brought.names), employee
    )


def _plan_name(plans: Sequence[Plan], profile: Profile) -> str:
    plan = plan_for(plans, profile)
    return plan.name if plan else ""


def _lines(old: Sequence[Paid], new: Sequence[Paid]) -> dict[str, tuple[Decimal, Decimal]]:
    """Σ of each pay line, in the order of SPEC §9; without the total."""
    sums: dict[str, list[Decimal]] = {}
    for side, paid in enumerate((old, new)):
        for _, line, amount in (row for month in paid for row in month.amounts() if row[1] != TOTAL):
            sums.setdefault(line, [ZERO, ZERO])[side] += amount
    order = sorted(sums, key=lambda line: LINES.index(line.partition(":")[0]))
    return {line: (sums[line][0], sums[line][1]) for line in order}


def _bites(found: Iterable[tuple[Sequence[Plan], Paid]]) -> Bites:
    whole: Bites = {}
    for plans, paid in found:
        for key, bite in bites(plans, paid).items():
            so_far = whole.setdefault(key, Bite())
            so_far.times, so_far.effect = so_far.times + bite.times, so_far.effect + bite.effect
    return whole


def _both(old: Bites, new: Bites) -> dict[tuple[str, str], tuple[Bite | None, Bite | None]]:
    """Both sides of every limit; None where the plans have no such one."""
    for key in {**old, **new}:
        if key[0] in EVERYWHERE:
            old.setdefault(key, Bite()), new.setdefault(key, Bite())
    keys = sorted({**old, **new}, key=lambda key: KINDS.index(key[0]))
    return {key: (old.get(key), new.get(key)) for key in keys}


def _sensitivity(
    months: Sequence[SimulatedMonth], judgment: str, before: Pays, new: Sequence[Paid]
) -> list[Sensitivity]:
    """Every number of the new plan a tenth lower and higher, in every month that has it."""
    base = [_totals([paid]) for paid in new]
    total = sum((sum(pays.values(), ZERO) for pays in base), ZERO)
    paths = list(dict.fromkeys(p.path for m in months for p in m.varied))
    found = []
    for path in paths:
        varied = [next((p for p in m.varied if p.path == path), None) for m in months]
        effects: list[Effect | None] = []
        for side in ("down", "up"):
            tried = [getattr(p, side) for p in varied if p is not None]
            if None in tried:
                effects.append(None)
                continue
            pays = [
                _instead(m, pays, getattr(p, side)[1], judgment, path[0]) if p else pays
                for m, pays, p in zip(months, base, varied, strict=True)
            ]
            sums = _added(pays)
            effects.append(Effect(tried[0][0], sum(sums.values(), ZERO) - total, _lose(sums, before)))
        found.append(Sensitivity(path, next(p.value for p in varied if p is not None), *effects))
    return found


def _instead(month: SimulatedMonth, pays: Pays, plans: Sequence[Plan], judgment: str, changed: str) -> Pays:
    """The month's pays with those of the one changed plan worked out anew."""
    return pays | _totals([month.paid(plans, judgment or month.judgment, month.under(changed))])


def _added(pays: Iterable[Pays]) -> Pays:
    found: Pays = {}
    for month in pays:
        for employee, amount in month.items():
            found[employee] = found.get(employee, ZERO) + amount
    return found


def _lose(pays: Pays, before: Pays) -> int:
    """How many are paid less than before."""
    return sum(pays.get(employee, ZERO) < amount for employee, amount in before.items())
