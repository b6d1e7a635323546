"""The ranking, with a small line of each agent's days and, where earlier months are given, of his months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from evaluator.render.plots import spark
from evaluator.render.sheet import Block, Column, Row, show
from evaluator.render.text import visible
from evaluator.render.view import kpi, payroll
from evaluator.render.view.prepared import Prepared

METRICS = ("consults", "conversion_rate", "sales", "avg_order_value", "first_response", "satisfaction")


Parts = tuple[Fraction, Fraction | None]  # numerator, denominator


@dataclass(frozen=True)
class Spark:
    """``lines``: points of polylines; ``told``: the same in words."""

    lines: tuple[str, ...]
    told: str


@dataclass(frozen=True)
class Ranking:
    """``sparks``: for each row of ``block`` a small line under each of ``heads``."""

    block: Block
    heads: tuple[str, ...]
    sparks: list[tuple[Spark, ...]]


def ranking(data: Prepared) -> Ranking:
    """Agents by plan and rank; those without a rank last."""
    staff = _in_order(data)
    days = _days(data)
    consults, sales = data.daily["consults"], data.daily["sales"]
    say = data.words.say
    heads = [say("每日接待"), say("每日销售")]
    if data.history.months:
        heads.append(say("各月总分"))
    sparks = []
    for who in staff:
        own = [_by_day(data, days, consults.get(who, {}), 1), _by_day(data, days, sales.get(who, {}), 0)]
        if data.history.months:
            own.append(_by_month(data, who))
        sparks.append(tuple(own))
    return Ranking(_block(data, staff), tuple(heads), sparks)


def _in_order(data: Prepared) -> list[str]:
    by_employee = data.evaluation.score_book.by_employee

    def order(employee_id: str) -> tuple[bool, str, int, str]:
        score = by_employee.get(employee_id)
        if score is None or score.rank is None:
            return True, score.plan.name if score else "~", 0, employee_id
        return False, score.plan.name, score.rank, employee_id

    return sorted(data.employees, key=order)


def _block(data: Prepared, staff: Sequence[str]) -> Block:
    by_employee = data.evaluation.score_book.by_employee
    totals = {p.employee_id: p.amount for p in data.evaluation.pay.lines if p.line == payroll.TOTAL}
    metrics = [m for m in METRICS if m in data.metrics]
    rows: list[Row] = []
    for employee_id in staff:
        score = by_employee.get(employee_id)
        profile = data.evaluation.profiles[employee_id]
        own = data.figures.get(("agent", employee_id), {})
        rows.append(
            (
                data.name(employee_id),
                score.rank if score else None,
                visible(profile.group or ""),
                visible(score.plan.name) if score else data.words.say("无方案"),
                score.total if score else None,
                visible(score.grade or "") if score else "",
                *(kpi.cell(data, own.get(m)) for m in metrics),
                totals.get(employee_id),
            )
        )
    columns = (
        Column("姓名", "id"), Column("名次", "count"), Column("组"), Column("方案"), Column("总分", "points"),
        Column("等级"), *(kpi.head(data, m) for m in metrics), Column("工资（元）", "money"),
    )  # fmt: skip
    return Block("排名", columns, rows)


# ---- small lines -----------------------------------------------------------------------------------------
def _days(data: Prepared) -> list[date]:
    start, end = data.period
    return [start + timedelta(days=n) for n in range((end - start).days)]


def _by_day(data: Prepared, days: Sequence[date], values: Mapping[date, Parts], places: int) -> Spark:
    """Sums by day; a day without any is 0."""
    found = [float(values[day][0]) if day in values else 0.0 for day in days]
    most = max(found, default=0.0)
    if not most:
        return Spark((), data.words.say("没有"))
    told = data.words.say(
        "日均 {mean}，最高 {most}（{day}）",
        mean=f"{sum(found) / len(found):,.{places}f}", most=f"{most:,.0f}", day=f"{days[found.index(most)]:%m-%d}",
    )  # fmt: skip
    return Spark(tuple(spark(found)), told)


def _by_month(data: Prepared, who: str) -> Spark:
    """Total scores of the earlier months and of this one."""
    score = data.evaluation.score_book.by_employee.get(who)
    found: list[Decimal | None] = [m.points(who) for m in data.history.months]
    found.append(score.total if score else None)
    if all(v is None for v in found):
        return Spark((), data.words.say("没有"))
    told = " → ".join(show(v, "points") for v in found[-4:])
    return Spark(tuple(spark([None if v is None else float(v) for v in found])), told)
