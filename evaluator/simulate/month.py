"""A month for simulating: read once, its figures once a judgment, then paid by as many plans as one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from evaluator.attribution import JUDGMENTS
from evaluator.dated import Stale
from evaluator.filters import BuyerLists
from evaluator.model import EvaluatorError, KpiCell, MonthData, Profile, ReviewItem
from evaluator.pay import Pay, compute_pay
from evaluator.plan import Plan, plan_for
from evaluator.planfile import read_plans
from evaluator.prepare import prepare
from evaluator.roster import Roster
from evaluator.rulebook import RulesFinder, metric_catalogue, unknown
from evaluator.run import analyze_month, joined_items, measure
from evaluator.scoring import Scores, score_all
from evaluator.settings import MonthConfig, load_month
from evaluator.simulate.settled import UNSETTLED, Actual, SettledMonth
from evaluator.simulate.variants import Parameter, parameters
from evaluator.sources import read_month
from evaluator.stopwatch import Progress
from evaluator.yamlfile import read_yaml

Cells = dict[tuple[str, str], KpiCell]


@dataclass(frozen=True)
class Paid:
    """What a month pays by some plans; ``actual``: what was really paid instead, by employee and line (a ledger)."""

    scores: Scores
    pay: Pay
    actual: Actual | None = None

    def amounts(self) -> Iterator[tuple[str, str, Decimal]]:
        """Employee id, line, yuan."""
        if self.actual is not None:
            yield from ((employee, line, amount) for (employee, line), amount in self.actual.items())
        else:
            yield from ((p.employee_id, p.line, p.amount) for p in self.pay.lines)


@dataclass(frozen=True)
class SimulatedMonth:
    """``old``: the plans of the month itself; ``new``: those tried, ``varied``: their numbers a tenth off.
    ``cells``: the figures of agents under each judgment."""

    config: MonthConfig
    new: tuple[Plan, ...]
    varied: list[Parameter]
    notes: tuple[ReviewItem, ...]
    people: list[Profile]
    cells: dict[str, Cells]
    attendance: pl.DataFrame | None
    adjustments: pl.DataFrame | None
    settled: SettledMonth = UNSETTLED

    @property
    def start(self) -> date:
        return self.config.start

    @property
    def judgment(self) -> str:
        """The month's own."""
        return self.config.settings.judgment

    def under(self, plan: str) -> list[Profile]:
        """Whom the new plan of that name pays: ranks and pools go no further."""
        chosen = ((profile, plan_for(self.new, profile)) for profile in self.people)
        return [profile for profile, found in chosen if found is not None and found.name == plan]

    def paid(self, plans: Sequence[Plan], judgment: str, people: Sequence[Profile] | None = None) -> Paid:
        """Scores and pay (SPEC §8, §9) by ``plans`` under ``judgment``, of all people or of some; nothing is read or
        counted again."""
        cells, brought = self.cells[judgment], self.settled.brought
        if people is not None:  # of the others nothing is asked
            mine = {p.employee_id for p in people}
            brought = replace(
                brought,
                owed=tuple(b for b in brought.owed if b.employee_id in mine),
                corrections=tuple(c for c in brought.corrections if c.employee_id in mine),
            )
        people = self.people if people is None else people
        scores = score_all(plans, people, cells, period_start=self.start)
        pay = compute_pay(
            plans,
            people,
            scores,
            cells,
            self.attendance,
            self.adjustments,
            period_start=self.start,
            brought=brought,
        )
        return Paid(scores, pay)

    def paid_of_old(self) -> Paid:
        """By the month's own plans and judgment; what was really paid where a ledger says so."""
        return replace(self.paid(self.config.plans, self.judgment), actual=self.settled.actual)


def plan_path(plan: str | Path) -> tuple[str, Path]:
    """Where a plan is: a file, or one of ``rules/plans`` by name. Errors: EvaluatorError."""
    path = Path(plan)
    if path.is_file():
        return path.name, path
    rules, stem = RulesFinder(), str(plan).removesuffix(".yaml")
    found = rules.find(f"plans/{stem}.yaml") if path.parent == Path() else None
    if found is None:
        raise EvaluatorError(f"找不到方案文件 {plan}；{unknown('方案', stem, rules.names('plans'))}")
    return f"rules/plans/{stem}.yaml", found


def configured(
    folder: Path, plan: str | Path
) -> tuple[MonthConfig, tuple[Plan, ...], tuple[ReviewItem, ...]]:
    """A month's ``period.yaml`` and the plan tried, as it holds on the period's first day (R-P5)."""
    config = load_month(folder)
    label, path = plan_path(plan)
    stale: list[Stale] = []
    new, notes = read_plans(read_yaml(path, label), config.start, metric_catalogue(), stale)
    late = [
        ReviewItem("reviewed_until", s.where, f"这个值只核对到 {s.until}，本期始于 {config.start}，请确认")
        for s in stale
    ]
    return config, new, (*notes, *late)


def read_simulated(
    config: MonthConfig,
    new: tuple[Plan, ...],
    notes: tuple[ReviewItem, ...],
    progress: Progress | None,
    settle: Callable[[MonthData], SettledMonth] | None = None,
) -> SimulatedMonth:
    """Reads a month and works out every figure that its own plans, the new ones and their variants ask for, under each
    of the four judgments. ``settle``: what a ledger says of the month."""
    varied = parameters(new)
    tried = [plans for p in varied for side in (p.down, p.up) if side for plans in side[1]]
    asked = [r for plan in (*config.plans, *new, *tried) for r in plan.requests]
    requests = tuple(dict.fromkeys(asked))
    config = replace(config, pack_requests=(*config.pack_requests, *requests))
    month = read_month(config, progress)
    roster = Roster.of(month.tables["roster"])
    profiles = roster.profiles(config.start, config.end)
    bucket = prepare(month, roster)
    items = joined_items(month, bucket)
    lists: BuyerLists | None = None  # who is filtered, found once
    cells: dict[str, Cells] = {}
    for judgment in JUDGMENTS:
        if progress:
            progress(f"{config.start} 起：判定 {judgment}")
        settings = config.settings.model_copy(update={"judgment": judgment})
        judged = replace(month, config=replace(config, settings=settings))
        lists, context, facts = analyze_month(judged, bucket, profiles, items, lists)
        kpi, _ = measure(judged, bucket, facts, roster, profiles, items, context.covered, requests)
        kpi.facts.close()
        cells[judgment] = kpi.of_agents()
    tables = month.tables
    return SimulatedMonth(
        config,
        new,
        varied,
        notes,
        list(profiles.values()),
        cells,
        tables.get("attendance"),
        tables.get("adjustments"),
        settle(month) if settle else UNSETTLED,
    )
