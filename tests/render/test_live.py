"""The formulas of payroll.xlsx, worked out again by LibreOffice, give the payroll to the fen; changed in the
sheet, they give what the program pays for the changed month."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from hostile_month import Finished
from random_month import START, RandomMonth, random_month
from recalculate import cell_of, heads, needs_office, pay_cells, recalculated

from evaluator.evaluation import Evaluation
from evaluator.model import PayLine
from evaluator.pay import Pay
from evaluator.render import prepare
from evaluator.render.sheetwriter import write_sheets
from evaluator.render.words import run_words
from evaluator.render.workbook import sheets, write_workbook
from evaluator.rulebook import metric_catalogue
from evaluator.run import evaluate_month
from evaluator.scoring import with_total

FEW, MANY = 10, 40  # random months
WORDS = run_words({}, {})


def due(lines: list[PayLine]) -> dict[tuple[str, str], Decimal]:
    """What payroll.csv says, but for lines of 0."""
    return {(line.employee_id, line.line): line.amount for line in lines if line.amount}


def lines_by_head(lines: list[PayLine]) -> dict[str, str]:
    return {WORDS.line(line.line): line.line for line in lines}


def assert_pays(book: Path, pay: Pay) -> None:
    exact = pay_cells(book, lines_by_head(pay.lines))
    got = {key: amount.quantize(Decimal("0.01")) for key, amount in exact.items()}
    assert got == due(pay.lines)
    assert all(abs(exact[key] - got[key]) < Decimal("1e-8") for key in got)


@pytest.fixture(scope="module", params=[FEW, pytest.param(MANY, marks=pytest.mark.heavy)])
def months(
    finished: Finished, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> list[tuple[RandomMonth, Path]]:
    """Random months with their workbooks."""
    folder, made = tmp_path_factory.mktemp("random"), []
    for seed in range(request.param):
        month = random_month(seed)
        live = sheets(prepare(month.evaluation(finished.evaluation)), 0)[:5]
        write_sheets(live, folder / f"{seed}.xlsx", "绩效工资", START)
        made.append((month, folder / f"{seed}.xlsx"))
    return made


def test_cached_values_are_the_payroll(months: list[tuple[RandomMonth, Path]]) -> None:
    for month, book in months:
        assert_pays(book, month.pay())


@pytest.fixture(scope="module")
def again(months: list[tuple[RandomMonth, Path]], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The workbooks as LibreOffice works them out."""
    return recalculated([book for _, book in months], tmp_path_factory.mktemp("again") / "books")


@needs_office
def test_random_months_recalculate_to_the_fen(
    months: list[tuple[RandomMonth, Path]], again: list[Path]
) -> None:
    kinds = set()
    for (month, _), book in zip(months, again, strict=True):
        pay = month.pay()
        assert_pays(book, pay)
        kinds |= {line.line.partition(":")[0] for line in pay.lines if line.amount}
    assert kinds >= {
        "cap",
        "guarantee",
        "clawback",
        "deductions",
        "adjustments",
        "pool",
        "commission",
        "allowance",
    }


@needs_office
def test_scores_recalculate(months: list[tuple[RandomMonth, Path]], again: list[Path]) -> None:
    for (month, _), book in zip(months, again, strict=True):
        sheet = openpyxl.load_workbook(book, data_only=True)["评分"]
        for employee, score in month.scores().by_employee.items():
            told = {
                h: cell_of(sheet, "总分与等级", employee, h).value for h in ("总分", "等级", "系数", "名次")
            }
            total = None if told["总分"] is None else Decimal(repr(told["总分"])).quantize(Decimal("0.01"))
            assert (total, told["等级"] or None, told["名次"] or None) == (
                score.total,
                score.grade,
                score.rank,
            )
            assert (told["系数"] or None) == (None if score.coefficient is None else float(score.coefficient))


# ---- changes made in the sheet ----
Change = Callable[[openpyxl.Workbook, RandomMonth], Pay]


def _points(book: openpyxl.Workbook, month: RandomMonth) -> Pay:
    """One more point on everybody's first line, where no gate holds."""
    scores = month.scores()
    for employee, score in scores.by_employee.items():
        cell = cell_of(book["评分"], "逐项得分", employee, "得分")
        if (
            score.total is not None
            and score.total == score.before_gates
            and not score.gates
            and cell.value is not None
        ):
            cell.value = float(cell.value) + 1
            scores.by_employee[employee] = with_total(score, score.total + 1)
    return month.pay(scores)


def _decided(book: openpyxl.Workbook, month: RandomMonth) -> Pay:
    """A person decides the totals that there are none of (R-S1)."""
    scores = month.scores()
    for employee, score in scores.by_employee.items():
        if score.total is None:
            cell_of(book["评分"], "总分与等级", employee, "总分").value = 77.7
            scores.by_employee[employee] = with_total(score, Decimal("77.70"))
    return month.pay(scores)


def _parameter(book: openpyxl.Workbook, title: str, column: str, value: float, nth: int = 0) -> bool:
    """Sets a number of sheet 参数; whether it is there. ``nth``: of the plans that have it."""
    sheet = book["参数"]
    columns = heads(sheet, "通用")[1]
    rows = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == title]
    if len(rows) > nth:
        sheet.cell(rows[nth], columns[column]).value = value
    return len(rows) > nth


def _numbers(book: openpyxl.Workbook, month: RandomMonth) -> Pay:
    """The first plan's base, bracket, pool, cap."""
    plan = month.plans[0]
    pay = plan.pay
    _parameter(book, "绩效基数", "数值", 1234.56)
    if pay.commission:
        (start, _), *others = pay.commission.brackets
        _parameter(book, "提成第 1 档", "数值", 0.0321)
        pay = replace(pay, commission=replace(pay.commission, brackets=((start, Decimal("0.0321")), *others)))
    if pay.pool:
        _parameter(book, "团队奖池", "数值", 777.77)
        pay = replace(pay, pool=replace(pay.pool, amount=Decimal("777.77")))
    if pay.cap is not None:
        _parameter(book, "封顶", "数值", 3333.33)
        pay = replace(pay, cap=Decimal("3333.33"))
    changed = replace(plan, kpi_base=Decimal("1234.56"), pay=pay)
    return replace(month, plans=(changed, *month.plans[1:])).pay()


def _counts(book: openpyxl.Workbook, month: RandomMonth) -> Pay:
    """What everybody sold."""
    sheet = book["计薪数据"]
    kpi = dict(month.kpi)
    columns = heads(sheet, "计薪数据")[1]
    for employee, request in month.kpi:
        if request == "net_sales" and "提成基数" in columns:
            cell = cell_of(sheet, "计薪数据", employee, "提成基数")
            value = Fraction("23456.78")
            if cell.value is not None:
                cell.value = 23456.78
                kpi[employee, request] = replace(kpi[employee, request], value=value)
    return replace(month, kpi=kpi).pay()


CHANGES = (_points, _decided, _numbers, _counts)
Changed = dict[Change, list[tuple[Pay, Path]]]


@pytest.fixture(scope="module")
def changed(months: list[tuple[RandomMonth, Path]], tmp_path_factory: pytest.TempPathFactory) -> Changed:
    """By change: what the program pays for half of the months, changed, and their sheets, worked out again all at
    once."""
    folder, some = tmp_path_factory.mktemp("changed"), months[::2]
    wanted, books = [], []
    for change in CHANGES:
        for month, path in some:
            book = openpyxl.load_workbook(path)
            wanted.append(change(book, month))
            books.append(folder / f"{len(books)}.xlsx")
            book.save(books[-1])
    made = list(zip(wanted, recalculated(books, folder / "again"), strict=True))
    return {change: made[n * len(some) : (n + 1) * len(some)] for n, change in enumerate(CHANGES)}


@needs_office
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_the_sheet_changes_the_pay_as_the_plan_says(
    months: list[tuple[RandomMonth, Path]], changed: Changed, change: Change
) -> None:
    before = [month.pay() for month, _ in months[::2]]
    found = changed[change]
    assert any(due(pay.lines) != due(old.lines) for (pay, _), old in zip(found, before, strict=True))
    for pay, book in found:
        assert_pays(book, pay)


@needs_office
def test_the_demo_month_recalculates(demo: Evaluation, demo_out: Path, tmp_path: Path) -> None:
    (again,) = recalculated([demo_out / "payroll.xlsx"], tmp_path / "again")
    assert_pays(again, demo.pay)
    sheet = openpyxl.load_workbook(again, data_only=True)["绩效工资"]
    at, columns = heads(sheet, "绩效工资（元）")
    rows = [
        (sheet.cell(r, 1).value, sheet.cell(r, columns["合计"]).value) for r in range(at + 1, sheet.max_row)
    ]
    for title in ("合计", "小计"):
        assert sum(Decimal(repr(value)) for told, value in rows if told == title) == demo.payroll_total


@needs_office
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.heavy)])
def test_conformance_months_recalculate(shared: Path, tmp_path: Path, every: int) -> None:
    runs = [evaluate_month(folder) for folder in sorted(shared.glob("conformance/month_*/month"))[::every]]
    books = []
    for n, evaluation in enumerate(runs):
        books.append(tmp_path / f"{n}.xlsx")
        write_workbook(prepare(evaluation), books[-1])
    for evaluation, book in zip(runs, recalculated(books, tmp_path / "again"), strict=True):
        assert_pays(book, evaluation.pay)


# ---- what is written ----
GOLDEN = Path(__file__).parents[1] / "golden" / "demo_payroll_sheet.txt"


def sheet_text(book: Path, title: str) -> str:
    """A sheet's table, a line a cell: address, value, formula."""
    values, formulas = (openpyxl.load_workbook(book, data_only=flag)[title] for flag in (True, False))
    lines = []
    for row in formulas.iter_rows():
        for cell in row:
            shown = values[cell.coordinate].value
            if cell.value is not None and cell.row > 5:
                formula = f"  {cell.value}" if cell.data_type == "f" else ""
                lines.append(f"{cell.coordinate:<5}{'' if shown is None else shown!s:<12}{formula}".rstrip())
        lines.append("")
    return "\n".join(lines).strip() + "\n"


def test_golden_payroll_sheet(demo_out: Path) -> None:
    """Changes only when rules, formulas or the demo's story change; then read the difference and replace the file."""
    assert sheet_text(demo_out / "payroll.xlsx", "绩效工资") == GOLDEN.read_text("utf-8")


CHINESE = re.compile("[\u4e00-\u9fff]")


def test_live_sheets_in_english_have_chinese_only_in_data(demo: Evaluation, tmp_path: Path) -> None:
    write_workbook(prepare(demo, "en"), tmp_path / "en.xlsx", order_limit=200)
    book = openpyxl.load_workbook(tmp_path / "en.xlsx")
    plans = demo.month.config.plans
    data = {p.name for p in demo.profiles.values()} | {p.group for p in demo.profiles.values()}
    data |= {plan.name for plan in plans} | {g.name for plan in plans for g in plan.grades} | {"夜班补贴"}
    data |= {info.name for info in metric_catalogue().values()}
    for title in ("Payroll", "Parameters", "Pay data", "Charts"):
        for row in book[title].iter_rows():
            for cell in row:
                told = f"{cell.value} {cell.comment.text if cell.comment else ''}"
                for known in sorted(filter(None, data), key=len, reverse=True):
                    told = told.replace(known, "")
                if title == "Payroll" and cell.row in (2, 3):
                    continue  # warnings, as recorded
                assert not CHINESE.search(told), f"{title} {cell.coordinate}: {told}"
    assert all(not CHINESE.search(name) for name in book.defined_names)
