"""A plan: whom it pays, how the month is scored (SPEC §8) and what is paid (§9).

All dated values (R-P5) are settled for the first day of the period before a plan is built; see ``planfile``.
Numbers are exact ``Decimal`` as written; money is yuan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from evaluator.metrics.request import MetricRequest
from evaluator.model import Profile

OPERATORS = (">", ">=", "<", "<=", "==", "!=")
DEFAULT_MAX_LEFT_OUT = Decimal("0.3")
DEFAULT_ATTAINMENT_CAP = Decimal("1.2")
#: What an employee's own page says of his rank (R-S4): nothing, his place, his place and of how many.
SHOW_RANK = ("none", "place", "place_of")


def compare(value: Fraction, op: str, limit: Decimal) -> bool:
    """``value op limit``, exactly."""
    other = Fraction(limit)
    return {
        ">": value > other,
        ">=": value >= other,
        "<": value < other,
        "<=": value <= other,
        "==": value == other,
        "!=": value != other,
    }[op]


# ---- the methods of SPEC §8 ----
@dataclass(frozen=True)
class Bands:
    """``[[v, points], …]``, in the order they are tried."""

    bands: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True)
class Linear:
    worst: Decimal
    best: Decimal


@dataclass(frozen=True)
class Deduct:
    target: Decimal
    step: Decimal
    points_per_step: Decimal
    when_fewer_than: Decimal | None = None
    points_each: Decimal | None = None


@dataclass(frozen=True)
class Attainment:
    target: Decimal
    cap: Decimal = DEFAULT_ATTAINMENT_CAP


@dataclass(frozen=True)
class Rank:
    """Exactly one of ``points`` by place and ``percentile``."""

    points: tuple[Decimal, ...] | None
    percentile: bool
    fallback: Decimal


@dataclass(frozen=True)
class Penalty:
    op: str
    limit: Decimal
    points: Decimal


How = Bands | Linear | Deduct | Attainment | Rank | Penalty


@dataclass(frozen=True)
class ScoreItem:
    """One line of ``score``. ``metric``: as the plan names it; ``request``: the figure meant."""

    metric: str
    request: MetricRequest
    weight: Decimal
    method: str
    how: How
    min_sample: Decimal | None
    lower_is_better: bool


@dataclass(frozen=True)
class Effect:
    """What a gate does to the total: ``zero``, ``cap`` at amount, or ``multiply`` by amount."""

    kind: str
    amount: Decimal | None = None

    def apply(self, total: Fraction) -> Fraction:
        if self.amount is None:
            return Fraction(0)
        return min(total, Fraction(self.amount)) if self.kind == "cap" else total * Fraction(self.amount)


@dataclass(frozen=True)
class Gate:
    metric: str
    request: MetricRequest
    op: str
    value: Decimal
    effect: Effect


@dataclass(frozen=True)
class Grade:
    """``[threshold, name, {coefficient | fixed}]``; in a platform's pack ``{consequence: …}``."""

    threshold: Decimal
    name: str
    coefficient: Decimal | None = None
    fixed: Decimal | None = None
    consequence: str = ""


# ---- pay, SPEC §9 ----
@dataclass(frozen=True)
class Commission:
    metric: str
    request: MetricRequest
    kind: str  # marginal, whole
    brackets: tuple[tuple[Decimal, Decimal], ...]  # (from in yuan, rate), ascending
    coefficient: bool = False


@dataclass(frozen=True)
class AssistPay:
    """Pay of one kind of assist: yuan a buyer-day, or a rate on the reference amount."""

    each: Decimal | None = None
    rate: Decimal | None = None


@dataclass(frozen=True)
class Pool:
    amount: Decimal
    by: str  # score, sales, heads


@dataclass(frozen=True)
class Allowance:
    name: str
    amount: Decimal
    employees: tuple[str, ...] | None = None  # None: everyone under the plan


@dataclass(frozen=True)
class Guarantee:
    months: int
    amount: Decimal


@dataclass(frozen=True)
class PayRules:
    """The ``pay`` of a plan; None or empty where it has no such line."""

    kpi_bonus: str | None = None  # score, coefficient, fixed
    commission: Commission | None = None
    assist: dict[str, AssistPay] | None = None  # assist_order, assist_followup
    pool: Pool | None = None
    allowances: tuple[Allowance, ...] = ()
    guarantee: Guarantee | None = None
    cap: Decimal | None = None
    min_wage: Decimal | None = None


@dataclass(frozen=True)
class AppliesTo:
    """All that are given must fit; none given: everyone."""

    role: tuple[str, ...] | None = None
    group: tuple[str, ...] | None = None
    employee_ids: tuple[str, ...] | None = None

    def fits(self, profile: Profile) -> bool:
        return (
            (self.role is None or profile.role in self.role)
            and (self.group is None or profile.group in self.group)
            and (self.employee_ids is None or profile.employee_id in self.employee_ids)
        )


SALES = MetricRequest("sales")
ASSIST_METRICS = {
    kind: (MetricRequest(f"{kind}_buyers"), MetricRequest(f"{kind}_amount"))
    for kind in ("assist_order", "assist_followup")
}


@dataclass(frozen=True)
class Plan:
    name: str
    applies_to: AppliesTo = AppliesTo()
    kpi_base: Decimal | None = None
    score: tuple[ScoreItem, ...] = ()
    gates: tuple[Gate, ...] = ()
    max_left_out: Decimal = DEFAULT_MAX_LEFT_OUT
    grades: tuple[Grade, ...] = ()
    show_rank: str = SHOW_RANK[0]
    pay: PayRules = field(default_factory=PayRules)

    @property
    def weight_sum(self) -> Decimal:
        """Σ weight; penalties have none."""
        with localcontext(Context(prec=100)):  # exact, however many decimals a weight has
            return sum((item.weight for item in self.score), Decimal(0))

    @property
    def requests(self) -> tuple[MetricRequest, ...]:
        """Every figure that score, gates and pay need, each once, in the order of the plan."""
        named = [item.request for item in self.score] + [gate.request for gate in self.gates]
        if self.pay.commission:
            named.append(self.pay.commission.request)
        if self.pay.pool and self.pay.pool.by == "sales":
            named.append(SALES)
        for kind in self.pay.assist or {}:
            named.extend(ASSIST_METRICS[kind])
        return tuple(dict.fromkeys(named))


def plan_for(plans: Sequence[Plan], profile: Profile) -> Plan | None:
    """The first plan that fits a profile (§9); robots have none."""
    if profile.is_robot:
        return None
    return next((plan for plan in plans if plan.applies_to.fits(profile)), None)
