"""Why somebody is paid what: one text, in the page, the workbook and the command."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from commandline import command
from test_end_to_end import small_month
from test_workbook import table

from evaluator.evaluation import Evaluation
from evaluator.finished import FinishedRun
from evaluator.model import EvaluatorError
from evaluator.run import evaluate_month

PLAN = """
name: 小方案
kpi_base: 1000
score:
  - {metric: conversion_rate, weight: 60, method: linear, worst: 0, best: 1}
  - {metric: first_response, weight: 40, method: bands, lower_is_better: true, bands: [[30, 40], [60, 20]]}
grades: [[50, 合格, {coefficient: 1.5}]]
pay:
  kpi_bonus: score
  commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.01], [60, 0.02]], coefficient: true}
"""
TREE = """
E01 美　工资 1,002.10 元　以上 3 行之和 = 1,002.10（账期 2026-10-01 起，2026-10-03 之前；方案 小方案）
├─ 底薪 0.00　花名册没有底薪，记 0.00
├─ 绩效奖金 1,000.00　绩效基数 1,000.00 × 总分 100.00 ÷ 满分 100 = 1,000.00
│  └─ 总分 100.00 / 100，等级 合格
│     ├─ 询单转化率　得 60.00 分（权重 60）　1 在 0（0 分）到 1（满分）之间占 100%，× 60 = 60
│     │  └─ 询单转化率 = 1 ÷ 1 = 100.00%　依据的行：evaluator explain OUT --agent E01 --metric conversion_rate
│     └─ 首次响应时间　得 40.00 分（权重 40）　30 ≤ 30，得 40 分
│        └─ 首次响应时间 = 30 ÷ 1 = 30.0 秒　依据的行：evaluator explain OUT --agent E01 --metric first_response
└─ 提成 2.10　净销售额 100.00 → (60.00 × 1% + 40.00 × 2%) × 等级系数 1.5 = 2.10
   ├─ 净销售额 = 100.00 元　依据的行：evaluator explain OUT --agent E01 --metric net_sales
   └─ 总分 100.00，等级 合格（各项得分见上）
""".strip()


def test_a_tree_worked_out_by_hand_and_the_same_in_all_three_places(tmp_path: Path) -> None:
    out = tmp_path / "out"
    orders_through = "period: {start: 2026-10-01, end: 2026-10-03}\nplan: plan.yaml\n"
    orders_through += "settings: {orders_through: 2026-10-31}\n"
    evaluate_month(small_month(tmp_path / "m", plan_yaml=PLAN, period_yaml=orders_through)).save(out)
    told = command("explain", out, "--pay", "E01")
    assert (told.returncode, told.stdout.strip()) == (0, TREE)
    same_everywhere(out, {"E01": TREE})


def same_everywhere(out: Path, texts: dict[str, str]) -> None:
    """A colleague whom somebody's words name is 同事 on the page, as everywhere there; no places where the plan shows
    none."""
    rows = table(openpyxl.load_workbook(out / "payroll.xlsx", read_only=True)["评分"], "工资计算过程")
    for employee, text in texts.items():
        page = (out / "agents" / f"{employee}.html").read_text("utf-8")
        shown = re.search(r'<pre class="tree">(.*?)</pre>', page, re.DOTALL)
        assert shown
        told = re.escape(html.unescape(shown[1]))
        assert re.fullmatch(told.replace("同事", ".+").replace("按组内名次计分", "同组[^\n]+"), text)
        assert "\n".join(str(r["计算过程"]) for r in rows if r["工号"] == employee) == text


def test_everybody_of_the_demo_month(demo: Evaluation, demo_out: Path) -> None:
    run = FinishedRun(demo_out)
    totals = {p.employee_id: p.amount for p in demo.pay.lines if p.line == "total"}
    same_everywhere(demo_out, {employee: "\n".join(run.pay(employee)) for employee in totals})
    for employee, amount in totals.items():
        lines = run.pay(employee)
        assert f"工资 {amount:,.2f} 元" in lines[0]
        tops = [re.match(r"[├└]─ \S+ (-?[\d,.]+)　", line) for line in lines[1:]]
        assert sum(Decimal(m[1].replace(",", "")) for m in tops if m) == amount
        words = [re.search(r"--metric \"?([^\"\s]+)", line) for line in lines]
        assert {m[1] for m in words if m} <= set(run.requests())


def test_somebody_who_is_not_paid(demo_out: Path) -> None:
    with pytest.raises(EvaluatorError, match="没有 E99 的工资"):
        FinishedRun(demo_out).pay("E99")
