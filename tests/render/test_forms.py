"""A user's own payroll form: filled, repeated, moved; what he made stays as it was; foreign text stays text."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from hostile_month import Finished
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image as Picture
from recalculate import needs_office, recalculated

from evaluator.model import EvaluatorError
from evaluator.output import write_run
from evaluator.render import prepare, write_reports
from evaluator.render.forms.fill import filled, templates_of
from evaluator.render.forms.references import Insertion
from evaluator.render.forms.sample import write_template
from evaluator.render.forms.vocabulary import Vocabulary
from evaluator.reportoptions import ReportOptions


@pytest.fixture(scope="module")
def words(finished: Finished) -> Vocabulary:
    return Vocabulary(prepare(finished.evaluation))


def logo() -> Image:
    data = BytesIO()
    Picture.new("RGB", (24, 12), "#0072B2").save(data, "PNG")
    data.seek(0)
    return Image(data)


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """A form with everything that must survive: one repeated row, a total below, a signature, a logo, a chart."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "我的 表"
    sheet.add_image(logo(), "A1")
    sheet["C1"] = "{{shop}} {{month}} 工资（{{people}} 人）"
    sheet["C1"].font = Font(name="楷体", size=18, color="C00000")
    sheet.merge_cells("C1:F1")
    sheet.append([])
    sheet.append(["工号", "姓名", "底薪", "提成", "合计", "占比"])
    sheet.append(
        ["{{row.employee_id}}", "{{row.姓名}}", "{{row.base}}", "{{row.commission}}", "{{row.total}}"]
    )
    sheet["F4"] = "=E4/E$6"
    sheet["F4"].number_format = "0.0%"
    sheet["E4"].fill = PatternFill("solid", fgColor="FFF2CC")
    sheet["E4"].number_format = '"¥"#,##0.00'
    sheet.row_dimensions[4].height = 31
    sheet["A6"] = "合计"
    sheet["C6"], sheet["D6"], sheet["E6"] = "=SUM(C4)", "=SUM(D4:D4)", "=SUM(E4:E5)"
    sheet.row_dimensions[6].height = 41
    sheet["A8"], sheet["E8"] = "签字", "=E6*2"
    sheet.merge_cells("A8:B8")
    sheet.add_image(logo(), "F8")
    sheet.conditional_formatting.add("E4:E4", CellIsRule("lessThan", ["$E$6"], font=Font(color="FF0000")))
    sheet.add_data_validation(DataValidation("whole", sqref="B6:B8"))
    sheet.print_area = "A1:F8"
    sheet.column_dimensions["B"].width = 33
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=5, min_row=4, max_row=4))
    sheet.add_chart(chart, "H10")
    other = book.create_sheet("封面")
    other["A1"] = "='我的 表'!E6"
    other["A2"] = "=SUM('我的 表'!E4:E4)"
    book.defined_names["total"] = DefinedName("total", attr_text="封面!$B$3")
    book.defined_names["总计格"] = DefinedName("总计格", attr_text="'我的 表'!$E$6")
    book.save(tmp_path / "工资.xlsx")
    return tmp_path / "工资.xlsx"


def test_rows_are_repeated_and_everything_below_moves(words: Vocabulary, form: Path, tmp_path: Path) -> None:
    filled(form, words).save(tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet, n = book["我的 表"], len(words.staff)
    assert n > 2
    assert sheet["C1"].value == f"旗舰店 2026年10月 工资（{n} 人）"
    assert (sheet["C1"].font.name, sheet["C1"].font.size) == ("楷体", 18)
    for at, one in enumerate(words.staff, 4):
        row = [cell.value for cell in sheet[at]][:6]
        assert row[0] == one.employee_id
        assert Decimal(repr(row[4])) == one.total
        assert row[5] == f"=E{at}/E${5 + n}"
        assert sheet.cell(at, 5).number_format == '"¥"#,##0.00'
        assert sheet.cell(at, 5).fill.fgColor.rgb == "00FFF2CC"
        assert sheet.row_dimensions[at].height == 31
    total = 5 + n
    assert [sheet.cell(total, c).value for c in (1, 3, 4, 5)] == [
        "合计", f"=SUM(C4:C{3 + n})", f"=SUM(D4:D{3 + n})", f"=SUM(E4:E{4 + n})",
    ]  # fmt: skip
    assert sheet.row_dimensions[total].height == 41
    assert sheet.cell(total + 2, 5).value == f"=E{total}*2"
    assert {str(area) for area in sheet.merged_cells.ranges} == {"C1:F1", f"A{total + 2}:B{total + 2}"}
    assert [str(c.sqref) for c in sheet.conditional_formatting] == [f"E4:E{3 + n}"]
    assert sheet.data_validations.dataValidation[0].sqref == f"B{total}:B{total + 2}"
    assert str(sheet.print_area).endswith(f"$A$1:$F${7 + n}")
    assert sheet.column_dimensions["B"].width == 33
    assert sorted(image.anchor._from.row for image in sheet._images) == [0, total + 1]
    assert sheet._charts[0].series[0].val.numRef.f == f"'我的 表'!$E$4:$E${3 + n}"
    cover = book["封面"]
    assert cover["A1"].value == f"='我的 表'!E{total}"
    assert cover["A2"].value == f"=SUM('我的 表'!E4:E{3 + n})"
    assert Decimal(repr(cover["B3"].value)) == sum(one.total for one in words.staff)
    assert book.defined_names["总计格"].attr_text == f"'我的 表'!$E${total}"


@needs_office
def test_filled_forms_work_out_the_payroll(words: Vocabulary, form: Path, tmp_path: Path) -> None:
    filled(form, words).save(tmp_path / "out.xlsx")
    write_template(tmp_path / "sample.xlsx")
    filled(tmp_path / "sample.xlsx", words).save(tmp_path / "sample_out.xlsx")
    mine, sample = recalculated([tmp_path / "out.xlsx", tmp_path / "sample_out.xlsx"], tmp_path / "again")
    whole = sum(one.total for one in words.staff)
    sheet = openpyxl.load_workbook(mine, data_only=True)["我的 表"]
    assert Decimal(str(round(sheet.cell(5 + len(words.staff), 5).value, 2))) == whole
    listed = openpyxl.load_workbook(sample, data_only=True)["工资发放表"]
    row = next(r for r in listed.iter_rows(values_only=True) if r[0] == "合计")
    heads = [c.value for c in listed[3]]
    assert Decimal(str(round(row[heads.index("合计")], 2))) == whole


def test_foreign_text_stays_text(words: Vocabulary, form: Path) -> None:
    cells = [cell for row in filled(form, words)["我的 表"].iter_rows() for cell in row]
    evil = next(cell for cell in cells if cell.value == "=1+1")
    assert (evil.data_type, evil.quotePrefix) == ("s", True)


def test_slips_repeat_several_rows(words: Vocabulary, tmp_path: Path) -> None:
    write_template(tmp_path / "sample.xlsx")
    sheet = filled(tmp_path / "sample.xlsx", words)["工资条"]
    assert [sheet.cell(1 + 3 * n, 2).value for n in range(len(words.staff))] == ["工号"] * len(words.staff)
    assert [sheet.cell(2 + 3 * n, 2).value for n in range(len(words.staff))] == [
        o.employee_id for o in words.staff
    ]


def test_unknown_names_are_refused_with_the_nearest(words: Vocabulary, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "表"
    book.worksheets[0]["B7"] = "{{row.kpi_bonu}}"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(EvaluatorError, match=r"a\.xlsx 的工作表“表”单元格 B7.*row\.kpi_bonus"):
        filled(tmp_path / "a.xlsx", words)
    book.worksheets[0]["B7"] = '="{{period}}"'
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(EvaluatorError, match="公式里不能写"):
        filled(tmp_path / "a.xlsx", words)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{{row.name}} {{period}", r"单元格 B7.*花括号不成对"),
        ("｛｛row.name｝｝", r"单元格 B7.*全角"),
        ("姓名", r"a\.xlsx 里没有一个 \{\{名称\}\}"),
    ],
)
def test_mistyped_braces_and_forms_that_ask_nothing_are_refused(
    words: Vocabulary, tmp_path: Path, said: str, told: str
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["B7"] = said
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(EvaluatorError, match=told):
        filled(tmp_path / "a.xlsx", words)


def test_plain_numbers_within_a_text_are_no_money(words: Vocabulary, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "满分 {{row.满分}}，底薪 {{row.base_salary}} 元"
    book.save(tmp_path / "a.xlsx")
    sheet = filled(tmp_path / "a.xlsx", words).worksheets[0]
    assert str(sheet["A1"].value) == "满分 100，底薪 3,500.00 元"


def test_every_name_that_the_sample_tells_is_known(words: Vocabulary, tmp_path: Path) -> None:
    write_template(tmp_path / "sample.xlsx")
    rows = openpyxl.load_workbook(tmp_path / "sample.xlsx")["可用名称"].iter_rows(min_row=2, values_only=True)
    names = [str(name) for row in rows for name in row[:2]]
    said = {"补贴名": "夜班补贴", "sum.行": "sum.base", "合计.行": "合计.底薪", "formula.行": "formula.base"}
    said |= {"计算.行": "计算.提成", "得分.指标": "得分.旺旺回复率", "指标.指标": "指标.旺旺回复率"}
    said |= {"points.指标": "points.reply_rate", "kpi.指标": "kpi.reply_rate"}
    for name in names:
        for generic, one in said.items():
            name = name.replace(generic, one) if name.endswith(generic) else name
        assert words.knows(name), name


def test_a_run_fills_the_months_templates(finished: Finished, form: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    write_run(
        finished.evaluation,
        out,
        lambda folder: write_reports(finished.evaluation, folder, ReportOptions(templates=(form,))),
    )
    assert openpyxl.load_workbook(out / "forms" / "工资.xlsx").sheetnames == ["我的 表", "封面"]


def test_templates_that_cannot_be_are_refused(tmp_path: Path, form: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "工资.xlsx").write_bytes(b"no workbook")
    with pytest.raises(EvaluatorError, match="打不开"):
        templates_of(tmp_path)
    (tmp_path / "templates" / "工资.xlsx").write_bytes(form.read_bytes())
    assert [path.name for path in templates_of(tmp_path)] == ["工资.xlsx"]
    with pytest.raises(EvaluatorError, match="都叫"):
        templates_of(tmp_path, [form])
    with pytest.raises(EvaluatorError, match="找不到模板"):
        templates_of(tmp_path, [tmp_path / "x.xlsx"])


@pytest.mark.parametrize(
    ("formula", "row", "want"),
    [
        ("=SUM(E5:E5)", 9, "=SUM(E5:E8)"),
        ("=SUM($E$5:$E$5)+A1", 9, "=SUM($E$5:$E$8)+A1"),
        ("=SUM(E5)", 9, "=SUM(E5:E8)"),
        ('=SUMIF(C5,"组",E5)', 9, '=SUMIF(C5:C8,"组",E5:E8)'),
        ('=COUNTIF(E5,">5000")', 9, '=COUNTIF(E5:E8,">5000")'),
        ("=E5", 9, "=E5"),
        ("=IF(SUM(E4:E6)>0,E10,'表'!F$6)", 9, "=IF(SUM(E4:E9)>0,E13,'表'!F$9)"),
        ("=SUM(E:E)+SUM(5:5)+名称+别的!E9", 9, "=SUM(E:E)+SUM(5:8)+名称+别的!E9"),
        ("=SUM(C5:D5)+E$9", 5, "=SUM(C5:D5)+E$12"),  # in the band itself
        ('="E9"&E9', 9, '="E9"&E12'),
    ],
)
def test_references_move(formula: str, row: int, want: str) -> None:
    assert Insertion("表", 5, 5, 3).formula(formula, "表", row) == want
