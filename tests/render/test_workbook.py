"""payroll.xlsx read back: sheets, figures, totals; foreign text never becomes a formula or markup."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import polars as pl
import pytest
from hostile_month import EVIL_NAME, EVIL_NICK, RICH_NICK, Finished
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from evaluator.model import EvaluatorError
from evaluator.render import prepare, write_reports
from evaluator.render.live.payroll import payroll_block as live_block
from evaluator.render.live.people import people
from evaluator.render.sheet import Block, Column, Sheet
from evaluator.render.sheetwriter import write_sheets
from evaluator.render.view.payroll import payroll_block
from evaluator.render.workbook import write_workbook
from evaluator.reportoptions import ReportOptions

SHEETS = [
    "绩效工资", "评分", "参数", "计薪数据", "图表", "KPI", "归属明细", "归属依据", "口径", "待核", "平台考核",
]  # fmt: skip
#: What formulas of ours may consist of: addresses, names, numbers, functions, and the texts of links.
OURS = re.compile(
    r"=HYPERLINK\(\"#'归属依据'!A\d+\",\"查看\"\)|=[A-Z0-9_\u4e00-\u9fff'!$:.,()*/+<>=-]+|=[^\"]*(?:\"\"[^\"]*)+"
)


@pytest.fixture(scope="module")
def book(finished: Finished) -> openpyxl.Workbook:
    return openpyxl.load_workbook(finished.out / "payroll.xlsx", data_only=True)


@pytest.fixture(scope="module")
def formulas(finished: Finished) -> openpyxl.Workbook:
    return openpyxl.load_workbook(finished.out / "payroll.xlsx")


def table(sheet: Worksheet, title: str) -> list[dict[str, object]]:
    """The rows under a block's title as head → value, up to the next blank row."""
    rows = list(sheet.iter_rows(values_only=True))
    at = next(n for n, row in enumerate(rows) if row[0] == title) + 1
    # Notes stand between title and heads, in the first column only.
    while all(v is None for v in rows[at][1:]):
        at += 1
    heads = rows[at]
    found = []
    for row in rows[at + 1 :]:
        if all(v is None for v in row):
            break
        found.append({str(h): v for h, v in zip(heads, row, strict=True) if h is not None})
    return found


def width(line: str) -> float:
    """In digits; a Han character is not quite two wide."""
    return sum(1.75 if ord(c) > 0x2E7F else 1 for c in line)


def all_cells(book: openpyxl.Workbook) -> Iterator[tuple[str, object, str]]:
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    yield sheet.title, cell.value, cell.data_type


def test_sheets_and_no_formula_from_foreign_text(formulas: openpyxl.Workbook) -> None:
    assert formulas.sheetnames == SHEETS
    cells = list(all_cells(formulas))
    assert [c for c in cells if c[2] == "f" and not OURS.fullmatch(str(c[1]))] == []
    assert not any(sheet.hyperlink for s in formulas for row in s.iter_rows() for sheet in row)
    texts = {str(value) for _, value, _ in cells}
    assert {EVIL_NICK, EVIL_NAME, "=1+1", "=9000000000000000007"} <= texts
    assert any(t.strip() == RICH_NICK for t in texts)


def test_every_part_is_well_formed(finished: Finished) -> None:
    with zipfile.ZipFile(finished.out / "payroll.xlsx") as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                ElementTree.fromstring(parts.read(name))


def test_payroll_totals_equal_the_manifest(finished: Finished, book: openpyxl.Workbook) -> None:
    rows = table(book["绩效工资"], "绩效工资（元）")
    total = Decimal(finished.evaluation.manifest["totals"]["payroll"])
    people = [row for row in rows if not str(row["姓名"]).endswith(" 人")]
    *subtotals, last = [row for row in rows if str(row["姓名"]).endswith(" 人")]
    assert last["工号"] == "合计"
    assert sum(Decimal(str(row["合计"])) for row in subtotals) == total
    assert Decimal(str(last["合计"])) == total == finished.evaluation.payroll_total
    stored = {
        e: Decimal(a)
        for e, line, a in finished.evaluation.frames["payroll"]
        .select("employee_id", "line", "amount")
        .iter_rows()
        if line == "total"
    }
    assert {r["工号"]: Decimal(str(r["合计"])) for r in people} == stored
    for row in rows:
        parts = [
            Decimal(str(v))
            for k, v in row.items()
            if k not in ("工号", "姓名", "组", "角色", "合计") and v is not None
        ]
        assert sum(parts) == Decimal(str(row["合计"]))
    assert list(rows[0])[:6] == ["工号", "姓名", "组", "角色", "底薪", "绩效奖金"]
    assert list(rows[0])[-1] == "合计"


def test_money_is_a_number_with_two_decimals(book: openpyxl.Workbook) -> None:
    sheet = book["绩效工资"]
    cell = next(c for row in sheet.iter_rows() for c in row if isinstance(c.value, int | float))
    assert cell.number_format == "#,##0.00"


def test_scores_say_value_weight_points_and_status(finished: Finished, book: openpyxl.Workbook) -> None:
    rows = table(book["评分"], "逐项得分")
    scored = [r for r in finished.evaluation.score_book.rows if r.metric not in ("total", "grade", "rank")]
    assert len(rows) == len(scored)
    for row, score in zip(rows, scored, strict=True):
        assert row["工号"] == score.employee_id
        assert (row["得分"] is None) == (score.points is None)
        if score.points is not None:
            assert Decimal(str(row["得分"])) == score.points
    totals = table(book["评分"], "总分与等级")
    assert [r["名次"] for r in totals] == [
        s.rank for s in finished.evaluation.score_book.by_employee.values()
    ]


def test_every_pay_line_has_its_formula(finished: Finished, book: openpyxl.Workbook) -> None:
    rows = table(book["评分"], "工资计算过程")
    for line in finished.evaluation.pay.lines:
        own = [str(r["计算过程"]) for r in rows if r["工号"] == line.employee_id]
        assert any(f"{line.amount:,.2f}" in text and line.formula in text for text in own), line


def test_kpi_has_a_row_a_scope_and_a_column_a_metric(finished: Finished, book: openpyxl.Workbook) -> None:
    rows = table(book["KPI"], "指标总表")
    kpi = finished.evaluation.frames["kpi"]
    assert len(rows) == kpi.select("scope", "id").unique().height
    assert len(rows[0]) == 3 + kpi["metric"].n_unique()
    mine = next(r for r in rows if r["编号"] == "E01")
    assert mine["销售额"] == 123.45
    assert mine["店铺销售额"] == "—"


def test_titles_are_whole_on_every_printed_page(book: openpyxl.Workbook) -> None:
    parted = [sheet for sheet in book if sheet.print_title_cols]
    assert [sheet.title for sheet in parted] == ["KPI", "归属明细", "归属依据"]
    for sheet in parted:
        first, last = (part.strip("$") for part in sheet.print_title_cols.split(":"))
        assert f"{first}1:{last}1" in sheet.merged_cells
        columns = range(column_index_from_string(first), column_index_from_string(last) + 1)
        room = sum(sheet.column_dimensions[get_column_letter(n)].width for n in columns)
        lines = str(sheet["A1"].value).split("\n")
        assert max(map(width, lines)) * 12 / 11 <= room  # 12 points; a column's width is told in digits of 11
        assert sheet.row_dimensions[1].height == 24 * len(lines)


def test_orders_with_judgments_assists_and_words(book: openpyxl.Workbook) -> None:
    rows = {r["订单号"]: r for r in table(book["归属明细"], "订单归属")}
    assert len(rows) == 7
    won = rows["9000000000000000001"]
    assert (won["落实客服"], won["协助下单"], won["计入金额"], won["本期"]) == (
        "小美",
        "小雅(1条)",
        123.45,
        "是",
    )
    assert won["下单判定"] == won["付款判定"] == "小美"
    assert "小雅" in str(won["判定说明"])
    silent = rows["9000000000000000005"]
    assert (silent["落实客服"], silent["买家依据"]) == ("认不出买家", "认不出买家")
    assert "暂按静默计" in str(silent["判定说明"])
    excluded = rows["9000000000000000006"]
    assert excluded["落实客服"] is None
    assert excluded["不计原因"]


def test_method_sheet_has_every_metric_setting_and_plan(finished: Finished, book: openpyxl.Workbook) -> None:
    sheet = book["口径"]
    ids = {r["标识"] for r in table(sheet, "指标")}
    assert ids == set(finished.evaluation.frames["kpi"]["metric"])
    keys = {r["键"] for r in table(sheet, "设置")}
    assert keys == set(type(finished.evaluation.month.config.settings).model_fields)
    assert table(sheet, "方案：售前月度")
    files = table(sheet, "输入文件")
    assert files[-1]["读入行"] == files[-1]["采用"] + files[-1]["拒收"]  # type: ignore[operator]


def test_review_sheet_has_every_item(finished: Finished, book: openpyxl.Workbook) -> None:
    texts = {str(c.value) for row in book["待核"].iter_rows() for c in row if c.value is not None}
    assert finished.evaluation.review
    for item in finished.evaluation.review:
        assert item.detail in texts


def test_orders_beyond_the_limit_are_counted(finished: Finished, tmp_path: Path) -> None:
    path = tmp_path / "few.xlsx"
    write_workbook(prepare(finished.evaluation), path, order_limit=3)
    sheet = openpyxl.load_workbook(path)["归属明细"]
    rows = table(sheet, "订单归属")
    assert len(rows) == 3
    assert all(r["本期"] == "是" for r in rows)
    notes = [str(row[0].value) for row in sheet.iter_rows(max_row=6)]
    assert any("共 7 笔订单，此表只列前 3 笔" in note for note in notes)


def test_bulk_rows_say_what_single_cells_say(tmp_path: Path) -> None:
    """Polars' rows and XlsxWriter's own, cell by cell, read back alike."""
    odd = [
        "文字",
        "",
        None,
        "a & b < c > d",
        "=1+1",
        " 空格 ",
        "_x0041_",
        "零\u200b宽",
        "长" * 40_000,
        "<r>x</r>",
        "行1\n行2",
    ]
    frame = pl.DataFrame({
        "text": odd,
        "number": [float(n) / 100 for n in range(len(odd))],
        "whole": [None, *range(1, len(odd))],
        "time": pl.Series([datetime(2026, 10, 1, 12, 0, n) for n in range(len(odd))]).cast(pl.Datetime("ms")),
    })  # fmt: skip
    columns = (Column("文"), Column("数", "money"), Column("整", "count"), Column("时", "time"))
    for name, block in (
        ("bulk", Block("表", columns, frame=frame)), ("single", Block("表", columns, rows=frame.rows())),
    ):  # fmt: skip
        write_sheets([Sheet("页", "题", [block])], tmp_path / f"{name}.xlsx", "题", date(2026, 10, 1))
    values = [
        [
            [(c.value, c.number_format, c.data_type) for c in row]
            for row in openpyxl.load_workbook(path)["页"].iter_rows()
        ]
        for path in (tmp_path / "bulk.xlsx", tmp_path / "single.xlsx")
    ]
    assert values[0] == values[1]
    assert len(values[0]) == 4 + len(odd)


def test_the_same_evaluation_gives_the_same_workbook(finished: Finished, tmp_path: Path) -> None:
    data = prepare(finished.evaluation)
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(data, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_totals_that_disagree_are_not_written(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(finished.evaluation.manifest["totals"], "payroll", "1.00")
    data = prepare(finished.evaluation)
    with pytest.raises(EvaluatorError, match="工资总额不一致"):
        payroll_block(data)
    with pytest.raises(EvaluatorError, match="工资总额不一致"):
        live_block(data, people(data))


def test_an_unknown_language_is_refused(finished: Finished, tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="没有语言"):
        write_reports(finished.evaluation, tmp_path, ReportOptions(lang="xx"))
