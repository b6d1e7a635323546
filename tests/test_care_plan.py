"""A plan may score what SPEC §7 has not (surveys, exams, work orders): scored, in ``kpi.csv``, explained."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import polars as pl
import pytest

from evaluator import evaluate
from evaluator.explain_metric import explain_metric

FILES = {
    "period.yaml": "period: {start: 2026-10-01, end: 2026-11-01}\nplan: plan.yaml\nshop: s\n",
    "plan.yaml": """
        name: 现场
        applies_to: {role: 售后}
        score:
          - {metric: nps, weight: 40, method: linear, worst: -1, best: 1}
          - {metric: exam_mean_score, weight: 60, method: attainment, target: 80, cap: 1}
          - {metric: leakage, weight: 0, method: penalty, limit: 69.99, points: 5}
        """,
    "messages.csv": "shop,buyer,account,sender,ts,text\ns,tom,小美,buyer,2026-10-05 10:00:00,在吗\n",
    "orders.csv": "shop,order_id,buyer,created,amount\ns,1001,tom,2026-10-03 10:00:00,100\n",
    "roster.csv": "account,employee_id,name,group,role\n小美,E1,小美,甲组,售后\n",
    "surveys.csv": "account,ts,nps\n小美,2026-10-06 10:00:00,9\n小美,2026-10-07 10:00:00,7\n",
    "exams.csv": "employee_id,taken,score,pass_mark\nE1,2026-10-06,60.5,60\nE1,2026-10-07,59.5,60\n",
    "work_orders.csv": "work_id,account,opened,under_contract,value,charged\n"
    "W1,小美,2026-10-06 10:00:00,false,100,30\nW2,小美,2026-10-06 10:00:00,true,900,0\n",
}


@pytest.fixture
def month(tmp_path: Path) -> Path:
    folder = tmp_path / "month"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(dedent(text), "utf-8")
    return folder


def test_a_plan_scores_surveys_exams_and_work_orders(month: Path, tmp_path: Path) -> None:
    found = evaluate(month)
    kpi = {r["metric"]: r for r in found.frames["kpi"].filter(pl.col("id") == "E1").to_dicts()}
    assert (kpi["nps"]["numerator"], kpi["nps"]["denominator"]) == ("1", "2")
    assert (kpi["leakage"]["value"], kpi["leakage"]["unit"]) == ("70.00", "yuan")
    assert "otd" not in kpi, "nobody asked for it"
    points = dict(found.frames["scores"].select("metric", "points").iter_rows())
    # 40 × 1.5 ÷ 2; 60 × 60 ÷ 80; 70 > 69.99
    assert points["nps"] == "30.00" and points["exam_mean_score"] == "45.00" and points["leakage"] == "-5.00"
    assert points["total"] == "70.00"
    found.save(tmp_path / "out")
    told = explain_metric(tmp_path / "out", "E1", "leakage")
    assert "W1" in told and "W2" not in told and "\t70" in told
    assert "60.5\t60\t是\t60.5" in explain_metric(tmp_path / "out", "E1", "exam_mean_score")
