"""Plans, figures and payroll drawn as text, for the tests of scoring and pay."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from textwrap import dedent

import polars as pl

from evaluator.model import KpiCell, Profile
from evaluator.pay import Pay, compute_pay
from evaluator.plan import Plan
from evaluator.planfile import read_plans
from evaluator.rulebook import metric_catalogue
from evaluator.scoring import Scores, score_all
from evaluator.settlement import Balance, Brought
from evaluator.yamlfile import parse_yaml

START = date(2026, 10, 1)


def rows(text: str) -> list[list[str]]:
    """The words of each line that has any; ``#`` begins a comment."""
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return [line for line in lines if line]


def plans_of(text: str, day: date = START) -> tuple[Plan, ...]:
    """The plans of a YAML text as they hold on ``day``; name and applies_to may be left out."""
    text = dedent(text)
    if not re.search("^(plans|name):", text, re.MULTILINE):
        text = "name: 测试\n" + text
    return read_plans(parse_yaml(text, "plan.yaml"), day, metric_catalogue(), [])[0]


def figures(text: str) -> dict[tuple[str, str], KpiCell]:
    """``E01 conversion_rate 8/20 [immature]``, ``E01 sales 1200.50``, ``E01 sales -`` (missing)."""
    cells = {}
    for employee, metric, value, *status in rows(text):
        above, slash, below = value.partition("/")
        if value == "-":
            cell = KpiCell(None, None, None, "missing", "没有数据")
        elif slash:
            n, d = Fraction(above), Fraction(below)
            cell = KpiCell(n / d if d else None, n, d, (status or ["final"])[0])
        else:
            cell = KpiCell(Fraction(above), Fraction(above), None, (status or ["final"])[0])
        cells[employee, metric] = cell
    return cells


def staff(text: str) -> list[Profile]:
    """``E01 [甲组] [售前] [base] [hired]``; ``-`` = empty."""
    found = []
    for line in rows(text):
        employee, group, role, base, hired = [*line, *["甲组", "售前", "-", "-"][len(line) - 1 :]]
        found.append(
            Profile(
                employee,
                f"{employee}名",
                None if group == "-" else group,
                role,
                None if base == "-" else int(Decimal(base) * 100),
                None if hired == "-" else date.fromisoformat(hired),
            )
        )
    return found


def attendance(text: str) -> pl.DataFrame:
    """``E01 worked/due``."""
    data = []
    for employee, days in rows(text):
        worked, _, due = days.partition("/")
        data.append((employee, Decimal(due), Decimal(worked)))
    kinds = {
        "employee_id": pl.String(),
        "due_days": pl.Decimal(38, 6),
        "worked_days": pl.Decimal(38, 6),
    }
    return pl.DataFrame(data, schema=kinds, orient="row")


def adjustments(text: str) -> pl.DataFrame:
    """``E01 -120.50 [kind]``."""
    data = [
        (employee, int(Decimal(amount) * 100), "事由", (kind or [None])[0])
        for employee, amount, *kind in rows(text)
    ]
    kinds = {"employee_id": pl.String(), "amount": pl.Int64(), "reason": pl.String(), "kind": pl.String()}
    return pl.DataFrame(data, schema=kinds, orient="row")


def score(plan: str, kpi: str, people: str = "E01") -> Scores:
    return score_all(plans_of(plan), staff(people), figures(kpi), period_start=START)


def points(plan_line: str, value: str, rest: str = "") -> str:
    """Points of E01 on one score line, as text; ``rest``: further lines of the plan."""
    plan = f"score:\n- {plan_line}\n- {{metric: orders, weight: 1, method: bands, bands: [[0, 0]]}}\n{rest}"
    metric = plans_of(plan)[0].score[0].request.id
    scores = score(plan + "max_left_out: 1", f"E01 {metric} {value}\nE01 orders 1")
    return str(scores.rows[0].points)


def shown(scores: Scores) -> str:
    """employee, metric, weight, points or value, status: one line a row."""
    lines = []
    for row in scores.rows:
        weight = "" if row.weight is None else f"{float(row.weight):g}"
        result = row.points if row.points is not None else row.value if isinstance(row.value, str) else "-"
        lines.append(" ".join(filter(None, (row.employee_id, row.metric, weight, str(result), row.status))))
    return "\n".join(lines)


def pay(
    plan: str,
    kpi: str = "",
    people: str = "E01",
    *,
    days: str | None = None,
    changes: str | None = None,
    owed: dict[str, str] | None = None,
    day: date = START,
) -> Pay:
    plans = plans_of(plan, day)
    cells, profiles = figures(kpi), staff(people)
    return compute_pay(
        plans,
        profiles,
        score_all(plans, profiles, cells, period_start=day),
        cells,
        attendance(days) if days is not None else None,
        adjustments(changes) if changes is not None else None,
        period_start=day,
        brought=Brought(tuple(Balance(k, day, Decimal(v), "退款追回") for k, v in (owed or {}).items())),
    )


def payroll(result: Pay, employee: str = "E01") -> str:
    """``line amount`` of one employee, one line each."""
    return "\n".join(f"{p.line} {p.amount}" for p in result.lines if p.employee_id == employee)


def same(got: str, want: str) -> bool:
    """Equal but for blanks and comments."""
    return rows(got) == rows(want)


def kinds(result: Pay | Scores) -> list[str]:
    """Kinds of what a person must look at, sorted."""
    return sorted(item.kind for item in result.review)
