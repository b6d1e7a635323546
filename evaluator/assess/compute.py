"""Every platform's own assessment (``rules/platforms``), from the facts of a month that is analysed already.

A pack names items: a metric of SPEC §7 with options, over a window. Each window is a ``PeriodView`` that ``compute``
measures once for all items and packs; there is no second way to count anything. Points are those of plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from evaluator.assess.assessment import Assessment, Line
from evaluator.assess.pack import Item, Pack
from evaluator.assess.reach import counted_since
from evaluator.assess.windows import Days, asked, before, halves, item_days
from evaluator.metrics.measures import ScopeKey
from evaluator.metrics.monthfacts import MonthFacts, PeriodView
from evaluator.metrics.request import MetricRequest
from evaluator.metrics.table import compute
from evaluator.model import KpiCell, MonthData, Profile
from evaluator.rulebook import metric_catalogue
from evaluator.scoring import EmployeeScore, ScoreRow, score_cells
from evaluator.settings import MonthConfig

Names = dict[ScopeKey, str]
Cells = Mapping[tuple[str, str, str], KpiCell]  # scope, id, MetricRequest.id
Figures = Mapping[Days, Cells]


@dataclass(frozen=True)
class _Task:
    """One pack over some days, of these shops or agents."""

    pack: Pack
    days: Days
    names: Names
    before: Days | None = None


def assess(
    view: PeriodView, names: Names, window: str | None = None, facts: MonthFacts | None = None
) -> list[Assessment]:
    """The packs of the month's platforms, or of the one that was asked for. ``names``: agents and shops there are.
    ``window``: other days than the period (``windows.ASKED``), compared with those before. ``facts``: those of the
    period, where they are made already."""
    config = view.month.config
    period = Days(config.start, config.end)
    days = asked(window, period) if window else period
    tasks = _tasks(view.month, names, days, window)
    figures = _figures(view, tasks, facts)
    return [found for task in tasks for found in _assessments(task, figures, view)]


def _tasks(month: MonthData, names: Names, days: Days, window: str | None = None) -> list[_Task]:
    tasks = []
    for pack, shops in assessed_packs(month):
        own = {k: n for k, n in names.items() if k[0] == pack.scope and (shops is None or k[1] in shops)}
        for part in halves(days) if pack.window.kind == "half_months" else [days]:
            tasks.append(_Task(pack, part, own, before(window, part) if window else None))
    return tasks


def assessed_packs(month: MonthData) -> list[tuple[Pack, frozenset[str] | None]]:
    """Each pack with the shops that it is for; None: all of them, and every agent."""
    config = month.config
    if config.assessed:
        chosen = config.bundles[config.assessed]
        whole = [pack for pack in chosen if pack.id == config.assessed or _joins(pack, month)]
        return [(pack, _shops_of(pack, config)) for pack in whole]
    found = {pack.id: pack for packs in config.bundles.values() for pack in packs if _joins(pack, month)}
    return [(pack, _shops_of(pack, config)) for pack in found.values()]


def _joins(pack: Pack, month: MonthData) -> bool:
    return not pack.joins_with or any(month.has(table) for table in pack.joins_with)


def _shops_of(pack: Pack, config: MonthConfig) -> frozenset[str] | None:
    """Shops whose platform has the pack, where ``platform`` tells them apart and one has it."""
    if isinstance(config.platform, str) or pack.scope == "agent":
        return None
    having = {name for name, packs in config.bundles.items() if pack.id in {p.id for p in packs}}
    own = {shop for shop, name in config.platform.items() if name in having}
    return frozenset(own) or None


# ---- figures ----
def figures_asked(month: MonthData) -> dict[Days, list[MetricRequest]]:
    """What ``assess`` of the period measures, by window."""
    period = Days(month.config.start, month.config.end)
    return {days: list(wanted) for days, (wanted, _) in _wanted(_tasks(month, {}, period)).items()}


def _wanted(tasks: Iterable[_Task]) -> dict[Days, tuple[dict[MetricRequest, None], Names]]:
    """What is measured in each window, and of whom."""
    found: dict[Days, tuple[dict[MetricRequest, None], Names]] = defaultdict(lambda: ({}, {}))
    for task in tasks:
        for days in (task.days, *([task.before] if task.before else [])):
            for item in task.pack.items:
                window = item_days(item.window, days)
                for part in (window, *(window.each() if item.each_day else [])):
                    requests, names = found[part]
                    requests |= dict.fromkeys(item.requests)
                    names |= task.names
    return found


def _figures(view: PeriodView, tasks: Iterable[_Task], facts: MonthFacts | None) -> dict[Days, Cells]:
    """Every window of all tasks, measured once."""
    found: dict[Days, Cells] = {}
    for days, (requests, names) in sorted(_wanted(tasks).items()):
        first, end = days.codes
        own = facts if (first, end) == (view.first, view.end) else None
        windowed = replace(view, first=first, end=end)
        found[days] = compute(windowed, requests, names, own).cells
        view.month.shelf.rest()
    return found


def _cell(item: Item, key: ScopeKey, days: Days, figures: Figures) -> KpiCell:
    return _cells(item, key, days, figures)[0]


def _cells(item: Item, key: ScopeKey, days: Days, figures: Figures) -> list[KpiCell]:
    """The item's figure and those of its breakdown."""
    found = figures[item_days(item.window, days)]
    return [found[*key, request.id] for request in item.requests]


# ---- one pack ----
def _assessments(task: _Task, figures: Figures, view: PeriodView) -> list[Assessment]:
    scores = _scores(task, figures)
    return [
        _assessment(task, key, name, scores.get(key[1]), figures, view) for key, name in task.names.items()
    ]


def _scores(task: _Task, figures: Figures) -> dict[str, tuple[EmployeeScore, list[ScoreRow]]]:
    """Points and totals of everyone, as plans have them (SPEC §8)."""
    plan = task.pack.plan
    if plan is None:
        return {}
    subjects = [Profile(key[1], name, None, "", None, None) for key, name in task.names.items()]
    scored = [item for item in task.pack.items if item.scoring is not None]
    cells = {key[1]: [_cell(item, key, task.days, figures) for item in scored] for key in task.names}
    return {e.employee_id: (e, rows) for e, rows in score_cells(plan, subjects, cells)}


def _assessment(
    task: _Task,
    key: ScopeKey,
    name: str,
    score: tuple[EmployeeScore, list[ScoreRow]] | None,
    figures: Figures,
    view: PeriodView,
) -> Assessment:
    employee, rows = score if score else (None, [])
    by_item = {row.metric: row for row in rows}
    lines = tuple(_line(item, key, task, by_item.get(item.id), figures, view) for item in task.pack.items)
    return Assessment(
        pack=task.pack,
        days=task.days,
        shop=key[1] if key[0] == "shop" else _only_shop(view),
        employee_id=key[1] if key[0] == "agent" else None,
        name=name,
        lines=lines,
        total=employee.total if employee else None,
        grade=employee.grade if employee else None,
        why_none=employee.why_none if employee else "",
        consequences=_consequences(task.pack, lines, employee),
    )


def _only_shop(view: PeriodView) -> str | None:
    shops = view.scopes.shops
    return shops[0] if len(shops) == 1 else None


def _line(
    item: Item, key: ScopeKey, task: _Task, row: ScoreRow | None, figures: Figures, view: PeriodView
) -> Line:
    days, (cell, *breakdown) = item_days(item.window, task.days), _cells(item, key, task.days, figures)
    return Line(
        item,
        metric_catalogue()[item.request.metric],
        cell,
        days,
        points=row.points if row else None,
        status=row.status if row else cell.status,
        how=row.detail if row else "",
        breakdown=tuple(breakdown),
        short_days=_short_days(item, key, days, figures),
        since=counted_since(view.month, item.request, days),
        previous=_cell(item, key, task.before, figures) if task.before else None,
    )


def _short_days(item: Item, key: ScopeKey, days: Days, figures: Figures) -> tuple[tuple[date, KpiCell], ...]:
    if not item.each_day:
        return ()
    cells = [(day.first, figures[day][*key, item.request.id]) for day in days.each()]
    return tuple((day, cell) for day, cell in cells if item.met(cell.value) is False)


def _consequences(pack: Pack, lines: Sequence[Line], employee: EmployeeScore | None) -> tuple[str, ...]:
    """Of items short of their targets, then of the grade."""
    found = [
        f"{line.item.name}：{line.item.consequence}"
        for line in lines
        if line.item.consequence and line.met is False
    ]
    if employee is not None and employee.grade is not None and pack.plan is not None:
        found += [g.consequence for g in pack.plan.grades if g.name == employee.grade and g.consequence]
    return tuple(found)
