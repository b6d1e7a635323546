"""``evaluator simulate``: old and new pay of the same work, worked out by hand on a small month; properties."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from commandline import command
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_tables import figures, plans_of, staff
from test_end_to_end import small_month

from evaluator.attribution import JUDGMENTS
from evaluator.evaluation import Evaluation
from evaluator.model import EvaluatorError
from evaluator.render.simulation import write_simulation
from evaluator.settings import MonthConfig
from evaluator.simulate import as_json, month, simulate
from evaluator.simulate.compare import Agent, Simulation, compare
from evaluator.simulate.inequality import gini, lorenz
from evaluator.simulate.month import SimulatedMonth
from evaluator.simulate.variants import parameters

OLD = "name: 老\npay: {commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.01]]}}\n"
NEW = (
    "name: 新\npay: {commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.02]]}, min_wage: 100}\n"
)

#: 小美 spoke before the order was placed, 小雅 between that and its payment: 100.00 of goods.
BETWEEN = (
    "shop,buyer,account,sender,ts,text\n"
    "a,张三,小美,buyer,2026-10-01 10:00:00,在吗\n"
    "a,张三,小美,agent,2026-10-01 10:00:30,在的\n"
    "a,张三,小雅,buyer,2026-10-01 10:05:10,怎么付款\n"
    "a,张三,小雅,agent,2026-10-01 10:05:30,点这里\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = small_month(tmp_path / "m", plan_yaml=OLD, messages_csv=BETWEEN)
    (tmp_path / "new.yaml").write_text(NEW, "utf-8")
    return found


def pays(found: Simulation) -> dict[str, tuple[str, str]]:
    return {a.profile.employee_id: (str(a.old), str(a.new)) for a in found.agents}


# ---- by hand ----
def test_old_and_new_side_by_side(folder: Path) -> None:
    found = simulate([folder], folder.parent / "new.yaml")
    assert pays(found) == {"E01": ("1.00", "2.00"), "E02": ("0.00", "0.00")}
    assert found.lines == {
        "base": (Decimal("0.00"), Decimal("0.00")),
        "commission": (Decimal("1.00"), Decimal("2.00")),
    }
    assert ([a.profile.employee_id for a in found.gainers], found.losers) == (["E01"], [])
    assert [(a.old_plan, a.new_plan) for a in found.agents] == [("老", "新")] * 2


def test_the_new_pay_by_another_judgment_and_all_four_beside_each_other(folder: Path) -> None:
    found = simulate([folder], folder.parent / "new.yaml", "payment")
    assert pays(found) == {"E01": ("1.00", "0.00"), "E02": ("0.00", "2.00")}
    (judged,) = found.judged
    assert (judged.own, list(judged.pays)) == ("order_first", list(JUDGMENTS))
    mine = {judgment: str(paid["E01"]) for judgment, paid in judged.pays.items()}
    assert mine == {"order": "2.00", "payment": "0.00", "order_first": "2.00", "grouped_chain": "2.00"}


def test_sensitivity_of_a_rate_a_tenth_lower_and_higher(folder: Path) -> None:
    found = simulate([folder], folder.parent / "new.yaml")
    rate, wage = found.sensitivity
    assert (rate.path, rate.value) == (("新", "pay", "commission", "brackets", "1", "rate"), Decimal("0.02"))
    assert rate.down and rate.up
    assert (rate.down.value, rate.down.total, rate.down.losers) == (Decimal("0.018"), Decimal("-0.20"), 0)
    assert (rate.up.value, rate.up.total, rate.up.losers) == (Decimal("0.022"), Decimal("0.20"), 0)
    assert wage.path[-1] == "min_wage" and wage.up and not wage.up.total


def test_a_number_of_one_plan_moves_nobody_of_another() -> None:
    """What the other plan pays is taken over; the effect is that of paying everybody anew."""
    plans = """
        plans:
        - {name: 甲, applies_to: {group: 甲}, pay: {pool: {amount: 100, by: heads}}}
        - {name: 乙, pay: {pool: {amount: 70, by: sales}}}
        """
    one = simulated(plans, plans, "E2 sales 1\nE3 sales 2", "E1 甲\nE2 乙\nE3 乙")
    found = compare([one], "x")
    for parameter, told in zip(one.varied, found.sensitivity, strict=True):
        assert parameter.up and told.up
        assert told.up.total == one.paid(parameter.up[1], "order").pay.payroll_total - found.total[1]
    effects = {s.path[0]: str(s.up.total) for s in found.sensitivity if s.up}
    assert effects == {"甲": "10.00", "乙": "7.00"}


def test_months_add_up_and_each_file_is_read_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second month with the same days a month later pays the same again; no plan, judgment or variant reads again."""
    second = small_month(folder.parent / "n", plan_yaml=OLD)
    for path in second.glob("*.*"):
        path.write_text(path.read_text("utf-8").replace("2026-10", "2026-11"), "utf-8")
    reads: list[Path] = []
    real = month.read_month

    def counted(config: MonthConfig, *more: object) -> object:
        reads.append(config.folder)
        return real(config, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(month, "read_month", counted)
    found = simulate([second, folder], folder.parent / "new.yaml")
    assert pays(found)["E01"] == ("2.00", "4.00")
    assert reads == [folder, second]
    assert [m.start.month for m in found.months] == [10, 11]


def test_the_command_and_its_json(folder: Path, tmp_path: Path) -> None:
    told = command("simulate", folder, "--plan", tmp_path / "new.yaml", "--json", "--out", tmp_path / "out")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        "agents": [
            {"employee_id": "E01", "old": 1.00, "new": 2.00},
            {"employee_id": "E02", "old": 0.00, "new": 0.00},
        ],
        "total": {"old": 1.00, "new": 2.00},
    }
    assert '"old": 1.00, "new": 2.00' in told.stdout
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"simulation.xlsx", "simulation.html"}


# ---- limits ----
LIMITS = """
kpi_base: 1000
score: [{metric: sales, weight: 100, method: attainment, target: 100, cap: 1.1}]
gates: [{metric: unreplied, op: ">", value: 3, effect: {cap: 60}}, {metric: unreplied, op: ">", value: 9, effect: zero}]
pay: {kpi_bonus: score, cap: 1050, guarantee: {months: 3, amount: 900}}
"""


def simulated(old: str, new: str, kpi: str, people: str) -> SimulatedMonth:
    """A month from figures as drawn, the same under every judgment."""
    day = date(2026, 10, 1)
    config = MonthConfig(Path(), day, date(2026, 11, 1), plans=plans_of(old))
    tried = plans_of(new)
    cells = dict.fromkeys(JUDGMENTS, figures(kpi))
    return SimulatedMonth(config, tried, parameters(tried), (), staff(people), cells, None, None)


def test_the_limit_of_deductions_bites_by_what_it_spares(folder: Path) -> None:
    """R-P1: of 3,001.00 a fifth is 600.20; 99.80 of a fine of 700.00 are not taken."""
    (folder / "roster.csv").write_text(
        "account,employee_id,name,group,role,base_salary\n小美,E01,美,甲组,售前,3000\n小雅,E02,雅,甲组,售前,\n",
        "utf-8",
    )
    (folder / "adjustments.csv").write_text(
        "employee_id,amount,reason,approved_by\nE01,-700,迟到,主管\n", "utf-8"
    )
    found = simulate([folder], folder / "plan.yaml")
    ((_, sides),) = found.limits.items()
    assert [(side.times, side.effect) for side in sides if side] == [(1, Fraction("99.80"))] * 2


def test_how_often_gates_and_caps_bite() -> None:
    """E1 sells 150 of 100: 110 points, 40 % over the cap of 110 %; 1,100 less 50 by the cap. E2: 80 points, to 60 by
    the first gate; 600, topped up by 300. E3: 50, the first gate changes nothing; 500, not new."""
    kpi = "E1 sales 150\nE1 unreplied 0\nE2 sales 80\nE2 unreplied 4\nE3 sales 50\nE3 unreplied 5"
    found = compare(
        [simulated("pay: {}", LIMITS, kpi, "E1\nE2 甲 售前 - 2026-09-15\nE3 甲 售前 - 2020-01-01")], "新"
    )
    bites = {what: (new.times, new.effect) for (_, what), (_, new) in found.limits.items() if new}
    assert bites == {
        "未回复人数 > 3：总分最高 60": (1, -20),
        "未回复人数 > 9：总分归 0": (0, 0),
        "销售额达成率不超过 1.1 倍": (1, -40),
        "线上合计不超过 1,050.00 元": (1, -50),
        "入职 3 个月内不低于 900.00 元": (1, 300),
    }
    assert {old for old, _ in found.limits.values()} == {None}
    assert [str(a.new) for a in found.agents] == ["1050.00", "900.00", "500.00"]


# ---- spread ----
@pytest.mark.parametrize(
    ("pay", "want"),
    [
        ("5 5 5", "0"),
        ("0 10", "1/2"),
        ("0 0 0 12", "3/4"),
        ("1 3", "1/4"),
        ("0 0", "0"),
        ("", "0"),
        ("-5 10", "1/2"),
    ],
)
def test_gini(pay: str, want: str) -> None:
    assert gini([Decimal(amount) for amount in pay.split()]) == Fraction(want)


def test_lorenz_curve() -> None:
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    assert lorenz([Decimal(3), Decimal(1)]) == [(0, 0), (half, quarter), (1, 1)]


# ---- variants ----
def test_every_number_of_a_plan_is_varied_and_only_soundly() -> None:
    plans = plans_of(
        """
        kpi_base: 2000
        score:
        - {metric: conversion_rate, weight: 40, method: linear, worst: 0.9, best: 0.99, min_sample: 20}
        - {metric: first_response, weight: 10, method: bands, lower_is_better: true, bands: [[20, 10], [21, 5]]}
        - {metric: reply_within, seconds: 30, unit: turn, weight: 10, method: deduct, target: 1, step: 0.01,
           points_per_step: 2}
        - {metric: first_response, cap_s: 60, weight: 5, method: linear, worst: 60, best: 0, lower_is_better: true}
        pay: {kpi_bonus: score, guarantee: {months: 2, amount: 4000}}
        """
    )
    found = {".".join(p.path[1:]): p for p in parameters(plans)}
    worst = found["score.conversion_rate.worst"]
    assert worst.down and worst.down[0] == Decimal("0.81")
    assert worst.up is None  # would be the best
    assert found["score.first_response.bands.1.limit"].up is None  # 22 is past 21
    assert found["score.first_response.bands.1.points"].up is None  # more than the weight
    weight = found["score.first_response.weight"].up
    assert weight and weight[1][0].score[1].how.bands[0][1] == 11  # type: ignore[union-attr]
    seconds = found["score.reply_within.seconds"]
    assert seconds.up and seconds.up[1][0].score[2].request.option("seconds") == 33
    assert found["score.first_response#2.cap_s"].down and found["pay.guarantee.months"].up
    assert "score.first_response#2.best" not in found  # 0 has no tenth
    names = {key.rpartition(".")[2] for key in found}
    assert {"kpi_base", "max_left_out", "min_sample", "step", "points_per_step", "amount"} <= names


# ---- properties ----
yuan = st.decimals(min_value=0, max_value=9000, places=2)


@st.composite
def months(draw: st.DrawFn) -> SimulatedMonth:
    """A plan with most of what plans have, and figures of a few people."""
    rate = st.decimals(min_value=0, max_value=1, places=3)
    plan = f"""
        kpi_base: {draw(yuan)}
        score:
        - {{metric: conversion_rate, weight: 40, method: linear, worst: 0.2, best: {draw(st.sampled_from([0.5, 0.6]))}}}
        - {{metric: sales, weight: 20, method: rank, points: [20, 8], fallback: 6}}
        - {{metric: avg_order_value, weight: 40, method: attainment, target: {draw(st.integers(1, 300))}}}
        gates: [{{metric: unreplied, op: ">", value: 2, effect: {{multiply: 0.9}}}}]
        grades: [[80, 优, {{coefficient: 1.2}}], [0, 良, {{coefficient: 0.8}}]]
        pay:
          kpi_bonus: {draw(st.sampled_from(["score", "coefficient"]))}
          commission: {{metric: net_sales, kind: marginal, brackets: [[0, {draw(rate)}], [500, {draw(rate)}]]}}
          pool: {{amount: {draw(yuan)}, by: {draw(st.sampled_from(["score", "sales", "heads"]))}}}
          cap: {draw(yuan)}
          min_wage: 100
        """
    ids = [f"E{n}" for n in range(draw(st.integers(1, 5)))]
    kpi = "\n".join(
        f"{e} {metric} {draw(value)}"
        for e in ids
        for metric, value in {
            "conversion_rate": st.sampled_from(["3/10", "5/9", "-"]),
            "sales": yuan,
            "avg_order_value": yuan,
            "unreplied": st.integers(0, 5),
            "net_sales": st.decimals(min_value=-500, max_value=9000, places=2),
        }.items()
    )
    people = "\n".join(f"{e} 甲 售前 {draw(yuan)}" for e in ids)
    return simulated(plan, plan, kpi, people)


@settings(max_examples=12)
@given(months())
def test_the_same_plan_changes_nothing(one: SimulatedMonth) -> None:
    found = compare([one], "same")
    assert [a.change for a in found.agents] == [0] * len(one.people)
    assert all(old == new for old, new in found.lines.values())
    assert all(old == new for old, new in found.limits.values())
    assert found.total[0] == found.total[1] == sum(old for old, _ in found.lines.values())


@settings(max_examples=12)
@given(months())
def test_payroll_is_the_sum_of_lines_and_of_agents_to_the_fen(one: SimulatedMonth) -> None:
    for plans in (one.new, *(side[1] for p in one.varied for side in (p.down, p.up) if side)):
        pay = one.paid(plans, "order").pay
        lines = sum((p.amount for p in pay.lines if p.line != "total"), Decimal(0))
        agents = sum((p.amount for p in pay.lines if p.line == "total"), Decimal(0))
        assert pay.payroll_total == lines == agents
        assert agents.as_tuple().exponent == -2


def test_the_demo_month_by_its_own_plan(demo_month: Path, demo: Evaluation) -> None:
    """What ``run`` pays is what both sides of a simulation with the same plan pay."""
    found = simulate([demo_month], demo_month / "plan.yaml")
    totals = {p.employee_id: str(p.amount) for p in demo.pay.lines if p.line == "total"}
    assert pays(found) == {e: (amount, amount) for e, amount in totals.items()}
    assert found.judged[0].pays["order_first"] == {e: Decimal(amount) for e, amount in totals.items()}


# ---- what is refused ----
@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("kpi_base: {2026-11-01: 2000}\nname: 新\n", r"new.yaml.*kpi_base.*最早的日期是 2026-11-01"),
        ("name: 新\npay: {cap: 一}\n", r"new.yaml.*cap"),
    ],
)
def test_a_plan_that_cannot_be_used(folder: Path, tmp_path: Path, plan: str, told: str) -> None:
    (tmp_path / "new.yaml").write_text(plan, "utf-8")
    with pytest.raises(EvaluatorError, match=f"(?s){told}"):
        simulate([folder], tmp_path / "new.yaml")


def test_other_refusals(folder: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    other = small_month(tmp_path / "o", period_yaml="period: {start: 2026-10-02, end: 2026-11-01}\n")
    for folders, plan, judgment, told in (
        ([folder, other], new, "", r"月份重叠：.*2026-10-01.*2026-10-02"),
        ([folder, folder], new, "", "月份重叠"),
        ([tmp_path / "none"], new, "", "找不到月份文件夹"),
        ([], new, "", "至少一个月份"),
        ([folder], tmp_path / "none.yaml", "", "找不到方案文件"),
        ([folder], new, "paymnt", "没有判定 paymnt"),
    ):
        with pytest.raises(EvaluatorError, match=told):
            simulate(folders, plan, judgment)
    inside = command("simulate", folder, "--plan", new, "--out", folder / "out")
    assert inside.returncode == 2 and "在月份文件夹" in inside.stderr
    assert not (folder / "out").exists()
    foreign = command("simulate", folder, "--plan", new, "--out", other)
    assert foreign.returncode == 2 and "是一个月份文件夹" in foreign.stderr


# ---- what is written ----
def test_page_and_workbook(folder: Path, tmp_path: Path) -> None:
    """Self-contained, hostile names escaped; the workbook's figures are the simulation's."""
    found = simulate([folder], tmp_path / "new.yaml", "payment")
    evil = replace(found.agents[0].profile, name="<script>alert(1)</script>")
    agents = [replace(found.agents[0], profile=evil), *found.agents[1:]]
    write_simulation(replace(found, agents=agents), tmp_path / "out")
    page = (tmp_path / "out" / "simulation.html").read_text("utf-8")
    assert "default-src 'none'" in page and "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert page.count('role="img"') == 2 and page.count("<title") == 3 and page.count("<desc") == 2
    book = openpyxl.load_workbook(tmp_path / "out" / "simulation.xlsx")
    assert book.sheetnames == ["对比", "概览与各项", "四种判定", "敏感度", "说明与待核"]
    rows = {row[0]: row for row in book["对比"].iter_rows(values_only=True) if row[0]}
    assert rows["E01"][2:5] == (1, 0, -1) and rows["E02"][2:5] == (0, 2, 2)
    assert rows["合计"][2:5] == (1, 2, 1)


def test_json_is_exact(folder: Path, tmp_path: Path) -> None:
    found = simulate([folder], tmp_path / "new.yaml")
    agent = found.agents[0]
    large = Agent(agent.profile, "", "", Decimal("9007199254740993.01"), Decimal("0.10"))
    assert '"old": 9007199254740993.01, "new": 0.10' in as_json(replace(found, agents=[large]))
