"""Fills a user's own workbook: ``{{name}}`` in cells, or cells that have such a name; rows that say ``{{row.…}}`` are
repeated for everybody who is paid. Formats, pictures, widths and formulas stay as the user made them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet

from evaluator.model import EvaluatorError
from evaluator.render.forms.extend import repeat
from evaluator.render.forms.vocabulary import ROW, Vocabulary, number
from evaluator.render.live.people import Person
from evaluator.render.text import cell_text
from evaluator.render.view.prepared import Prepared

FOLDER = "templates"  # of a month
FORMS = "forms"  # of a run
REPEATED = ("repeat", "重复")  # names of a range of rows that is repeated
_SAID = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BROKEN = re.compile(r"\{\{|\}\}|｛｛|｝｝")  # what is left of a name that is mistyped
_RUNS = ("=", "+", "-", "@")


def templates_of(month: Path, given: Sequence[Path] = ()) -> list[Path]:
    """``templates/*.xlsx`` of the month's folder, and those given. Errors: EvaluatorError for one that is not there, no
    workbook, or of the same name as another."""
    own = sorted(p for p in (month / FOLDER).glob("*.xlsx") if not p.name.startswith(("~$", ".")))
    found = [*own, *given]
    for path in found:
        _open(path)
    names = [path.name.casefold() for path in found]
    for path in found:
        if names.count(path.name.casefold()) > 1:
            raise EvaluatorError(f"有两个模板都叫 {path.name}；请改名")
    return found


def write_forms(data: Prepared, templates: Sequence[Path], out: Path) -> None:
    """``forms/NAME.xlsx`` for each template."""
    if templates:
        words = Vocabulary(data)
        (out / FORMS).mkdir()
        for path in templates:
            filled(path, words).save(out / FORMS / path.name)


def _open(path: Path) -> Workbook:
    if path.suffix.lower() != ".xlsx":
        raise EvaluatorError(f"模板 {path.name} 应为 .xlsx 工作簿；请在 Excel 里另存为 xlsx")
    try:
        return openpyxl.load_workbook(path, rich_text=True)
    except FileNotFoundError:
        raise EvaluatorError(f"找不到模板 {path}") from None
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError) as error:
        raise EvaluatorError(f"模板 {path.name} 打不开，可能不是 Excel 工作簿，或已损坏（{error}）") from None


def filled(path: Path, words: Vocabulary) -> Workbook:
    """The template with everything in its place. Errors: EvaluatorError for an unknown name, or no name at all."""
    book = _open(path)
    _name_cells(book, words)
    asked_of = [(sheet, _asked(path.name, sheet, words)) for sheet in book.worksheets]
    if not any(asked for _, asked in asked_of):
        raise EvaluatorError(
            f"模板 {path.name} 里没有一个 {{{{名称}}}}，没有可填的；可用的名称见 evaluator template 写出的模板"
        )
    for sheet, asked in asked_of:
        band = _band(book, sheet, asked)
        if band:
            times = max(len(words.staff), 1)
            repeat(book, sheet, *band, times)
        _fill(sheet, words, band)
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    return book


def _name_cells(book: Workbook, words: Vocabulary) -> None:
    """A cell with a name of ours says so, as if ``{{name}}`` stood in it."""
    for names in (book.defined_names, *(sheet.defined_names for sheet in book.worksheets)):
        for name, defined in names.items():
            if words.knows(name):
                for sheet, cells in _ranges(book, defined):
                    cell = sheet[cells.replace("$", "")]
                    if isinstance(cell, Cell):
                        cell.value = f"{{{{{name}}}}}"


def _ranges(book: Workbook, defined: DefinedName) -> Iterator[tuple[Worksheet, str]]:
    for title, cells in defined.destinations:
        if title in book.sheetnames and isinstance(book[title], Worksheet):
            yield book[title], cells


def _asked(file: str, sheet: Worksheet, words: Vocabulary) -> list[tuple[Cell, str]]:
    """Cells and the names in them, all known."""
    found = []
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type != "f" and _BROKEN.search(_SAID.sub("", str(cell.value or ""))):
                raise EvaluatorError(
                    f"{_where(file, sheet, cell.coordinate)}：花括号不成对，或用了全角的；名称应写成 {{{{row.姓名}}}}"
                )
            for name in _SAID.findall(str(cell.value)) if cell.value is not None else ():
                where = _where(file, sheet, cell.coordinate)
                if cell.data_type == "f":
                    raise EvaluatorError(
                        f"{where}：公式里不能写 {{{{{name}}}}}；请写在别的单元格里，公式引用那个单元格"
                    )
                if not words.knows(name):
                    near = words.nearest(name)
                    hint = f"；是不是 {'、'.join(f'{{{{{n}}}}}' for n in near)}？" if near else ""
                    raise EvaluatorError(f"{where}：没有 {{{{{name}}}}} 这个名称{hint}")
                if isinstance(cell, Cell):
                    found.append((cell, name))
    return found


def _where(file: str, sheet: Worksheet, cell: str) -> str:
    return f"模板 {file} 的工作表“{sheet.title}”单元格 {cell}"


def _band(book: Workbook, sheet: Worksheet, asked: list[tuple[Cell, str]]) -> tuple[int, int] | None:
    """First and last row that are repeated: a range named so, else those that say ``{{row.…}}``."""
    for names in (sheet.defined_names, book.defined_names):
        for name in REPEATED:
            for where, cells in _ranges(book, names[name]) if name in names else ():
                if where is sheet:
                    rows = [int(digits) for digits in re.findall(r"\d+", cells)]
                    return min(rows), max(rows)
    rows = [cell.row for cell, name in asked if name.startswith(ROW)]
    return (min(rows), max(rows)) if rows else None


def _fill(sheet: Worksheet, words: Vocabulary, band: tuple[int, int] | None) -> None:
    first, last = band or (0, -1)
    height, people = last - first + 1, words.staff
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None or cell.data_type == "f" or not _SAID.search(str(cell.value)):
                continue
            place = (cell.row - first) // height if height and cell.row >= first else -1
            _put(cell, words, people[place] if 0 <= place < len(people) else None)


def _put(cell: Cell, words: Vocabulary, one: Person | None) -> None:
    """A cell of nothing but a name takes the value itself, with the user's number format; else its text."""
    text = str(cell.value)
    alone = _SAID.fullmatch(text)
    value = words.value(alone[1], one) if alone else _SAID.sub(lambda m: words.text(m[1], one), text)
    if isinstance(value, str):
        _put_text(cell, value)
    else:
        cell.value = number(value)


def _put_text(cell: Cell, text: str) -> None:
    """A string, never a formula or an error, whatever it looks like."""
    cell.value = cell_text(text)
    cell.data_type = "s"
    if text.startswith(_RUNS):
        cell.quotePrefix = True
