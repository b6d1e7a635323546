"""What ``evaluator reconcile`` tells: a line a figure of the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from evaluator.numbers import half_up, plain
from evaluator.reconcile.switches import ACCOUNTS
from evaluator.rulebook import metric_catalogue
from evaluator.sources.platform_reports import Meaning

Span = tuple[date, date]  # first and last day
Rule = tuple[str, ...]  # switches
PLACES = 6
SMALLEST = Fraction(1, 2 * 10**PLACES)  # less is no difference
EXACT = ("count", "yuan")  # units of sums, which reports do not round


@dataclass(frozen=True)
class ReportFigure:
    """One figure of a report, in our unit (yuan, seconds, a ratio as 0…1); None where the report has none.
    ``step``: one in the last place that its column is written to; ``span``: its days, None where not said."""

    account: str
    metric: str  # id of our figure, as MetricRequest.id
    header: str
    value: Fraction | None
    step: Fraction
    span: Span | None
    meaning: Meaning


@dataclass
class Line:
    """One figure of one account. Values in our units: yuan, seconds, ratios as 0…1. ``state``: same, rounded,
    explained, open (its difference is not explained) or apart (there are no two figures to compare)."""

    account: str
    metric: str
    ours: Fraction | None
    theirs: Fraction | None
    reason: str = ""
    unit: str = ""
    header: str = ""
    days: str = ""  # where a report holds several
    state: str = "apart"

    @property
    def difference(self) -> Fraction | None:
        return None if self.ours is None or self.theirs is None else self.ours - self.theirs

    def as_json(self) -> dict[str, str | int | float | None]:
        """The line with numbers rounded to six decimals."""
        values = {"ours": self.ours, "theirs": self.theirs, "difference": self.difference}
        numbers = {name: None if v is None else _number(v) for name, v in values.items()}
        reason = f"{self.days}：{self.reason or '一致'}" if self.days else self.reason
        return {"account": self.account, "metric": self.metric, **numbers, "reason": reason}


@dataclass(frozen=True)
class Reconciliation:
    """``remarks``: what of the reports was not laid beside ours, and why."""

    lines: list[Line]
    remarks: list[str]


def _number(value: Fraction) -> int | float:
    rounded = half_up(value, PLACES)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


@dataclass
class Case:
    """A line with what is needed to explain it. ``people``: who held the account on these days; ``shared``: there
    are several of them, or one who has other accounts too; ``told``: what is known beforehand; ``tried``: ours by
    other rules; ``immature``: inquiries that are in no figure of ours yet; ``holder``: of several people the one whose
    figure theirs is."""

    line: Line
    figure: ReportFigure
    span: Span
    people: tuple[str, ...] = ()
    shared: bool = False
    told: list[str] = field(default_factory=list)
    tried: dict[Rule, Fraction] = field(default_factory=dict)
    immature: int = 0
    holder: str = ""

    @property
    def metric(self) -> str:
        """The plain name, without options."""
        return self.figure.meaning.request.metric

    @property
    def open(self) -> bool:
        return self.line.state == "open"

    @property
    def cut(self) -> bool:
        """Whether the report has days that the month has not."""
        return self.figure.span is not None and self.span != self.figure.span

    @property
    def changed_hands(self) -> bool:
        return len(self.people) > 1

    @property
    def apart(self) -> bool:
        """Whether the account's own figure is another than its employee's, which is ours."""
        return self.shared and not self.changed_hands

    @property
    def worlds(self) -> tuple[Rule, ...]:
        """Whether ours may be counted by employee, by account, or both."""
        by_account: Rule = (ACCOUNTS,)
        return (by_account,) if self.changed_hands else ((), by_account) if self.shared else ((),)

    def left(self, rule: Rule) -> Fraction:
        """What a rule leaves of the difference."""
        assert self.line.theirs is not None
        return abs(self.tried[rule] - self.line.theirs)

    def agrees(self, ours: Fraction) -> bool:
        """Whether ours is theirs, as far as theirs is written out."""
        assert self.line.theirs is not None
        exact = self.line.unit in EXACT and not metric_catalogue()[self.metric].has_denominator
        difference = abs(ours - self.line.theirs)
        return difference < SMALLEST or (not exact and difference < self.figure.step)

    def agreeing(self) -> list[Rule]:
        return [rule for rule, ours in self.tried.items() if self.agrees(ours)]

    def halving(self) -> list[Rule]:
        """Rules that leave at most half of the difference."""
        difference = abs(self.line.difference or Fraction(0))
        return [rule for rule in self.tried if 2 * self.left(rule) <= difference]


def shown(value: Fraction | None, unit: str) -> str:
    """A figure for people: two decimals, ratios as percentages."""
    if value is None:
        return "—"
    return f"{plain(value * 100, 2)}%" if unit == "ratio" else plain(value, 2)


def shown_gap(value: Fraction, unit: str) -> str:
    """A difference for people."""
    text = shown(value, unit)
    return f"{text.removesuffix('%')} 个百分点" if unit == "ratio" else text
