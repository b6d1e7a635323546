"""A payroll form to begin with (``evaluator template``): a signed list with totals, slips to cut apart, and the names
that a form may use."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from evaluator.model import EvaluatorError
from evaluator.pay import LINES
from evaluator.render.forms.vocabulary import MONTH_WORDS, ROW_WORDS
from evaluator.render.words import Words, run_words

FONT = "微软雅黑"
MONEY = "#,##0.00"
LIST, SLIPS, NAMES = "工资发放表", "工资条", "可用名称"
TITLE, HEADS, ROW = 1, 3, 4  # rows
_THIN = Side(style="thin", color="C9CED6")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD = PatternFill("solid", fgColor="E8EDF4")
#: Head, what stands below it, width, number format. The pay lines come between.
BEFORE = (
    ("序号", "{{row.no}}", 6, "0"),
    ("工号", "{{row.employee_id}}", 10, "@"),
    ("姓名", "{{row.name}}", 12, "@"),
    ("组", "{{row.group}}", 13, "@"),
    ("总分", "{{row.score}}", 8, "0.00"),
)
AFTER = (("签收", "", 12, "@"),)

Columns = list[tuple[str, str, int, str]]


def write_template(path: Path) -> None:
    """Errors: EvaluatorError where something is there already, or nothing can be written."""
    if path.suffix.lower() != ".xlsx":
        raise EvaluatorError(f"{path}：模板是 Excel 工作簿，文件名应以 .xlsx 结尾")
    if path.exists():
        raise EvaluatorError(f"{path} 已经存在，不覆盖；请换一个文件名")
    words = run_words({}, {})
    lines = [(words.line(line), f"{{{{row.{line}}}}}", 12, MONEY) for line in LINES]
    columns: Columns = [*BEFORE, *lines, *AFTER]
    book = Workbook()
    _list(book.worksheets[0], columns)
    _slips(book, columns[:-1])
    _names(book.create_sheet(NAMES), words)
    try:
        book.save(path)
    except OSError as error:
        raise EvaluatorError(f"不能写到 {path}：{error.strerror}") from None


def _list(sheet: Worksheet, columns: Columns) -> None:
    sheet.title = LIST
    last = get_column_letter(len(columns))
    sheet.merge_cells(f"A{TITLE}:{last}{TITLE}")
    sheet.cell(TITLE, 1, "{{shop}}　{{month}}工资发放表").font = Font(name=FONT, size=16, bold=True)
    sheet.cell(TITLE, 1).alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[TITLE].height = 34
    sheet.cell(2, 1, "账期：{{period}}　　人数：{{people}}　　单位：元").font = Font(name=FONT, size=10)
    _heads(sheet, HEADS, columns)
    _row(sheet, ROW, columns)
    total = ROW + 1
    for place, (_, said, _, shape) in enumerate(columns, 1):
        letter = get_column_letter(place)
        summed = sheet.cell(
            total, place, f"=SUM({letter}{ROW}:{letter}{ROW})" if shape == MONEY and said else None
        )
        _dress(summed, shape, bold=True)
    sheet.cell(total, 1, "合计")
    sheet.row_dimensions[total].height = 22
    sheet.cell(total + 2, 1, "制表：　　　　　　　　审核：　　　　　　　　批准：　　　　　　　　日期：")
    sheet.cell(total + 2, 1).font = Font(name=FONT, size=11, bold=True)
    sheet.freeze_panes = sheet.cell(ROW, len(BEFORE) - 1).coordinate
    sheet.print_title_rows = f"{HEADS}:{HEADS}"
    _page(sheet)


def _slips(book: Workbook, columns: Columns) -> None:
    """Heads, a row and a gap for everybody: the range named 重复."""
    sheet = book.create_sheet(SLIPS)
    _heads(sheet, 1, columns)
    _row(sheet, 2, columns)
    sheet.row_dimensions[3].height = 18
    last = get_column_letter(len(columns))
    sheet.defined_names["重复"] = DefinedName("重复", attr_text=f"'{SLIPS}'!$A$1:${last}$3")
    _page(sheet)


def _names(sheet: Worksheet, words: Words) -> None:
    """Names without their braces: this sheet is there to be read, and to be deleted."""
    rows = [("名称", "也可以写", "说明")]
    rows += [(name, zh, told) for name, (zh, told) in MONTH_WORDS.items()]
    rows += [(f"row.{name}", f"row.{zh}", told) for name, (zh, told) in ROW_WORDS.items()]
    for line in LINES:
        told = "全部补贴之和" if line == "allowance" else "元"
        rows.append((f"row.{line}", f"row.{words.line(line)}", told))
    rows += [
        ("row.allowance.补贴名", "row.补贴名", "一项补贴，元"),
        ("sum.行", "合计.行", "一行工资所有人之和，如 sum.base、合计.底薪"),
        ("row.formula.行", "row.计算.行", "一行工资的计算过程（文字），如 row.计算.提成"),
        ("row.points.指标", "row.得分.指标", "一个指标的得分，如 row.得分.询单转化率"),
        ("row.kpi.指标", "row.指标.指标", "一个指标的数值，如 row.kpi.conversion_rate"),
    ]
    for at, row in enumerate(rows, 1):
        for place, text in enumerate(row, 1):
            cell = sheet.cell(at, place, text)
            cell.font = Font(name=FONT, size=10, bold=at == 1)
    for letter, width in zip("ABC", (30, 26, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def _heads(sheet: Worksheet, row: int, columns: Columns) -> None:
    for place, (head, _, width, _) in enumerate(columns, 1):
        cell = sheet.cell(row, place, head)
        _dress(cell, "@", bold=True)
        cell.fill = _HEAD
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.row_dimensions[row].height = 28


def _row(sheet: Worksheet, row: int, columns: Columns) -> None:
    for place, (_, said, _, shape) in enumerate(columns, 1):
        _dress(sheet.cell(row, place, said or None), shape)
    sheet.row_dimensions[row].height = 22


def _dress(cell: Cell | MergedCell, shape: str, bold: bool = False) -> None:
    cell.number_format, cell.border = shape, _BORDER
    cell.alignment = Alignment(horizontal=None if shape == MONEY else "center", vertical="center")
    cell.font = Font(name=FONT, size=10, bold=bold)


def _page(sheet: Worksheet) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if sheet.oddFooter:
        sheet.oddFooter.center.text = "第 &P / &N 页"
