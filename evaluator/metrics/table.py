"""The KPI table (SPEC §7, §10): every figure of every agent, group and shop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import polars as pl

from evaluator.metrics import special
from evaluator.metrics.figures import MS, MS_PER_HOUR, Answer, Figure, measures_of
from evaluator.metrics.measures import ScopeKey, Scopes, Totals, total
from evaluator.metrics.monthfacts import MonthFacts, PeriodView
from evaluator.metrics.needs import lacking
from evaluator.metrics.registry import MAKERS, facts_of
from evaluator.metrics.request import STANDARD, MetricRequest
from evaluator.model import KpiCell, MonthData
from evaluator.numbers import plain, value_text
from evaluator.rulebook import MetricInfo, metric_catalogue

UNBOUND_NAME = "未绑定"
SHOP_ONLY = "只有店铺范围有此指标"
EMPTY = "分母为 0"


@dataclass(frozen=True)
class Kpi:
    """``cells``: (scope, id, MetricRequest.id) → KpiCell. ``names``: (scope, id) → name, in the order of the table."""

    cells: dict[tuple[str, str, str], KpiCell]
    names: dict[ScopeKey, str]
    requests: dict[str, MetricRequest]
    facts: MonthFacts  # what the figures were counted from

    def of_agents(self) -> dict[tuple[str, str], KpiCell]:
        return {(who, metric): cell for (scope, who, metric), cell in self.cells.items() if scope == "agent"}


def standard_requests() -> list[MetricRequest]:
    """What every run computes: all metrics of SPEC §7 and the five ``reply_within`` figures."""
    plain_ones = [MetricRequest(info.id) for info in metric_catalogue().values() if info.standard]
    return [*plain_ones, *STANDARD.values()]


def can_be_had(month: MonthData, request: MetricRequest) -> bool:
    """Whether the month has what some scope's figure needs."""
    kinds = ("agent", "shop") if request.metric in MAKERS else ("agent",)
    return any(lacking(month, request, kind) is None for kind in kinds)


def _value(figure: Figure, sums: dict[str, int]) -> KpiCell:
    numerator = Fraction(sums.get(figure.numerator.name, 0), figure.scale)
    if figure.denominator is None:
        return KpiCell(numerator, numerator, None, "final")
    denominator = Fraction(sums.get(figure.denominator.name, 0), figure.denominator_scale)
    if denominator == 0:
        return KpiCell(None, numerator, denominator, "missing", EMPTY)
    return KpiCell(numerator / denominator, numerator, denominator, "final")


def _answered(answer: Answer, scope: ScopeKey, totals: Totals) -> KpiCell:
    figure, sums = answer.at(scope[0]), totals.get(scope, {})
    if figure is None:
        return KpiCell(None, None, None, "missing", SHOP_ONLY)
    if answer.unless and sums.get(answer.unless[0].name, 0):
        return KpiCell(None, None, None, "missing", answer.unless[1])
    cell = _value(figure, sums)
    if answer.immature is None or cell.status == "missing":
        return cell
    measure, what = answer.immature
    waiting = sums.get(measure.name, 0)
    return replace(cell, status="immature", reason=f"{waiting} 个{what}") if waiting else cell


def _counted(found: dict[ScopeKey, int], scope: ScopeKey, scale: int, none: str | None) -> KpiCell:
    if scope not in found and none is not None:
        return KpiCell(None, None, None, "missing", none)
    value = Fraction(found.get(scope, 0), scale)
    return KpiCell(value, value, None, "final")


def compute(
    view: PeriodView,
    requests: Iterable[MetricRequest],
    names: dict[ScopeKey, str],
    facts: MonthFacts | None = None,
) -> Kpi:
    """All figures asked for, for the scopes in ``names``. ``facts``: of the same view, where some are made already."""
    month = view.month
    asked = {r.id: r for r in requests}
    facts = facts or facts_of(view)
    answers = {
        name: MAKERS[r.metric](r, facts)
        for name, r in asked.items()
        if r.metric in MAKERS and can_be_had(month, r)
    }
    totals = total(facts, measures_of(answers.values()), view.scopes)
    specials = {
        name: _special(r, facts)
        for name, r in asked.items()
        if r.metric not in MAKERS and can_be_had(month, r)
    }
    cells = {}
    for scope in names:
        for name, request in asked.items():
            why = lacking(month, request, scope[0])
            if why is not None:
                cell = KpiCell(None, None, None, "missing", why)
            elif name in answers:
                cell = _answered(answers[name], scope, totals)
            else:
                cell = _counted(specials[name][0], scope, *specials[name][1:])
            cells[*scope, name] = cell
    return Kpi(cells, names, asked, facts)


def _special(request: MetricRequest, facts: MonthFacts) -> tuple[dict[ScopeKey, int], int, str | None]:
    """Values by scope, their scale, and why a scope without one is missing (None: it is 0)."""
    if request.metric in special.QUANTILES:
        return special.quantile(request, facts), MS, "没有已答复的轮次"
    if request.metric == "online_hours":
        return special.online_ms(facts), MS_PER_HOUR, None
    return special.max_concurrent(facts), 1, None


def info_of(request: MetricRequest) -> MetricInfo:
    return metric_catalogue()[request.metric]


def kpi_frame(kpi: Kpi) -> pl.DataFrame:
    """``tables/kpi.csv``, sorted by scope, id, metric; figures as text, null where empty."""
    rows = []
    for (scope, who, name), cell in kpi.cells.items():
        info = info_of(kpi.requests[name])
        is_ratio = cell.denominator is not None
        rows.append(
            {
                "scope": scope,
                "id": who,
                "name": kpi.names[scope, who],
                "metric": name,
                "value": value_text(cell.value, info.unit, is_ratio=is_ratio),
                "numerator": plain(cell.numerator) if cell.numerator is not None else None,
                "denominator": plain(cell.denominator) if cell.denominator is not None else None,
                "unit": info.unit,
                "status": cell.status,
                "reason": cell.reason or None,
            }
        )
    columns = (
        "scope",
        "id",
        "name",
        "metric",
        "value",
        "numerator",
        "denominator",
        "unit",
        "status",
        "reason",
    )
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String)).sort("scope", "id", "metric")


def scopes_of(month: MonthData, agents: list[str], shops: list[str], groups: dict[str, str]) -> Scopes:
    """``groups``: agent id → group id."""
    ids = sorted(set(groups.values()))
    codes = {name: n for n, name in enumerate(agents)}
    rows = [(codes[a], ids.index(g)) for a, g in groups.items() if a in codes]
    return Scopes(agents, shops, ids, pl.DataFrame(rows, schema={"a": pl.Int32, "g": pl.Int32}, orient="row"))
