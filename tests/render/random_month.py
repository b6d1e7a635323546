"""Random plans, figures, rosters and what is brought from earlier periods, paid; put in place of a finished month's."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from evaluator.evaluation import Evaluation
from evaluator.model import KpiCell, Profile
from evaluator.pay import Pay, compute_pay
from evaluator.plan import Plan
from evaluator.planfile import read_plans
from evaluator.rulebook import metric_catalogue
from evaluator.scoring import Scores, score_all
from evaluator.settlement import Balance, Brought, Correction
from evaluator.yamlfile import parse_yaml

START = date(2026, 10, 1)


@dataclass
class RandomMonth:
    plans: tuple[Plan, ...]
    profiles: list[Profile]
    kpi: dict[tuple[str, str], KpiCell]
    attendance: pl.DataFrame | None
    adjustments: pl.DataFrame | None
    brought: Brought

    def scores(self) -> Scores:
        return score_all(self.plans, self.profiles, self.kpi, period_start=START)

    def pay(self, scores: Scores | None = None) -> Pay:
        return compute_pay(
            self.plans,
            self.profiles,
            scores or self.scores(),
            self.kpi,
            self.attendance,
            self.adjustments,
            period_start=START,
            brought=self.brought,
        )

    def evaluation(self, carcass: Evaluation) -> Evaluation:
        """``carcass`` with this pay."""
        pay = self.pay()
        config = replace(carcass.month.config, plans=self.plans, start=START)
        return replace(
            carcass,
            month=replace(carcass.month, config=config),
            profiles={p.employee_id: p for p in self.profiles},
            score_book=self.scores(),
            pay=pay,
            manifest=carcass.manifest | {"totals": {"payroll": str(pay.payroll_total)}},
        )


def random_month(seed: int) -> RandomMonth:
    r = random.Random(seed)
    text = "plans:\n" + "".join(
        _plan(r, name, role) for name, role in (("甲方案", "售前"), ("乙 方案", "售后"))
    )
    plans = read_plans(parse_yaml(text, "plan.yaml"), START, metric_catalogue(), [])[0]
    people = [
        Profile(
            f"E{n:02}",
            f"员工{n}",
            r.choice(["甲组", "乙组", None]),
            r.choice(["售前", "售前", "售后"]),
            r.choice([None, r.randint(200_000, 900_000)]),
            r.choice([None, date(2026, r.randint(6, 10), r.randint(1, 28)), date(2026, 8, 31)]),
        )
        for n in range(1, r.randint(2, 10))
    ]
    kpi = {(p.employee_id, q.id): _cell(r, q.metric) for plan in plans for q in plan.requests for p in people}
    ids = [p.employee_id for p in people]
    return RandomMonth(
        plans, people, kpi, _attendance(r, ids), _adjustments(r, ids), _brought(r, [*ids, "E99"])
    )


def _amount(r: random.Random, high: int) -> str:
    return str(Decimal(r.randint(0, high * 100)) / 100)


def _plan(r: random.Random, name: str, role: str) -> str:
    """A plan as YAML, one of a list."""
    weights = [r.choice(["40", "12.5", "33.33", "7"]) for _ in range(4)]
    items = [
        f"{{metric: conversion_rate, weight: {weights[0]}, method: linear, worst: 0.1, best: 0.9, min_sample: 3}}",
        f"{{metric: avg_order_value, weight: {weights[1]}, method: attainment, target: 120, cap: 1.2}}",
        f"{{metric: reply_rate, weight: {weights[2]}, method: deduct, target: 1.0, step: 0.03, points_per_step: 1.7}}",
        f"{{metric: sales, weight: {weights[3]}, method: rank, percentile: true, fallback: 3}}",
        "{metric: complaint_rate, weight: 0, method: penalty, limit: 0.3, points: 5.5}",
    ]
    gates = [
        '{metric: unreplied, op: ">", value: 50, effect: {cap: 55.5}}',
        '{metric: unreplied, op: ">", value: 70, effect: {multiply: 0.835}}',
        '{metric: unreplied, op: ">", value: 95, effect: zero}',
    ]
    grades = [
        "[70, 优秀, {coefficient: 1.175}]",
        r.choice(["[50, 良好, {fixed: 300}]", "[50, 良好, {coefficient: 0.925}]"]),
        "[20, 合格, {fixed: 150.55}]",
    ]
    pay = [f"kpi_bonus: {r.choice(['score', 'coefficient', 'fixed'])}", f"min_wage: {_amount(r, 4000)}"]
    if r.random() < 0.8:
        kind, factor = r.choice(["marginal", "whole"]), r.choice(["true", "false"])
        low = r.choice([0, 0, 137.5])
        brackets = f"[[{low}, 0.0125], [5000, 0.015], [20000.55, 0.0235]]"
        pay.append(
            f"commission: {{metric: net_sales, kind: {kind}, coefficient: {factor}, brackets: {brackets}}}"
        )
    if r.random() < 0.7:
        pay.append(
            f"assist: {{assist_order: {r.choice(['1.005', '0.5'])}, assist_followup: {{rate: 0.0035}}}}"
        )
    if r.random() < 0.8:
        pay.append(f"pool: {{amount: {_amount(r, 5000)}, by: {r.choice(['score', 'sales', 'heads'])}}}")
    if r.random() < 0.6:
        pay.append(
            "allowances: [{name: '=1+1 {p1.base}', amount: 12.34}, {name: 夜班补贴, amount: 200, employees: [E02]}]"
        )
    if r.random() < 0.6:
        pay.append(f"cap: {_amount(r, 9000)}")
    if r.random() < 0.6:
        pay.append(f"guarantee: {{months: {r.randint(1, 4)}, amount: {_amount(r, 9000)}}}")
    lines = [
        f"- name: {name}",
        f"  applies_to: {{role: {role}}}",
        f"  kpi_base: {_amount(r, 3000)}",
        "  max_left_out: 0.6",
        f"  gates: [{', '.join(gates)}]",
        f"  grades: [{', '.join(grades)}]",
        "  score:",
        *(f"  - {item}" for item in items),
        "  pay:",
        *(f"    {line}" for line in pay),
    ]
    return "\n".join(lines) + "\n"


def _cell(r: random.Random, metric: str) -> KpiCell:
    info = metric_catalogue()[metric]
    if r.random() < 0.1:
        return KpiCell(None, None, None, "missing", "没有数据")
    if metric == "avg_order_value":
        of = r.randint(1, 40)
        top = Fraction(r.randint(0, 1_000_000), 100)
        return KpiCell(top / of, top, Fraction(of), "final")
    if info.has_denominator:
        of = r.randint(1, 40)
        done = Fraction(r.randint(0, of))
        return KpiCell(done / of, done, Fraction(of), r.choice(["final", "final", "immature"]))
    if info.unit == "yuan":
        low = -500_000 if metric == "net_sales" and r.random() < 0.1 else 0
        value = Fraction(r.randint(low, 6_000_000), 100)
        return KpiCell(value, value, None, "final")
    value = Fraction(r.randint(0, 100))
    return KpiCell(value, value, None, "final")


def _attendance(r: random.Random, ids: list[str]) -> pl.DataFrame | None:
    rows = [
        (i, Decimal(r.choice(["0", "22", "21.75", "26"])), Decimal(r.randint(0, 54)) / 2)
        for i in ids
        if r.random() < 0.7
    ]
    kinds = {"employee_id": pl.String(), "due_days": pl.Decimal(38, 6), "worked_days": pl.Decimal(38, 6)}
    return pl.DataFrame(rows, schema=kinds, orient="row") if rows else None


def _adjustments(r: random.Random, ids: list[str]) -> pl.DataFrame | None:
    rows = [
        (i, r.randint(-150_000, 50_000), "事由", r.choice([None, "fine", "bonus", "correction"]))
        for i in ids
        for _ in range(2)
        if r.random() < 0.5
    ]
    rows = [(i, -abs(amount) if kind == "fine" else amount, why, kind) for i, amount, why, kind in rows]
    kinds = {"employee_id": pl.String(), "amount": pl.Int64(), "reason": pl.String(), "kind": pl.String()}
    return pl.DataFrame(rows, schema=kinds, orient="row") if rows else None


def _brought(r: random.Random, ids: list[str]) -> Brought:
    def yuan() -> Decimal:
        return Decimal(r.randint(1, 400_000)) / 100

    return Brought(
        tuple(Balance(i, date(2026, 9, 1), yuan(), "退款") for i in ids if r.random() < 0.3),
        tuple(Correction(i, r.choice([1, -1]) * yuan(), "修订", i) for i in ids if r.random() < 0.3),
    )
