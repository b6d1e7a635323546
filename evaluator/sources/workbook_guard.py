"""Looks into an .xlsx before a reader does: a small file may swell to gigabytes, and one cell in the far corner makes
a reader lay out the whole rectangle before it. Either would end the program without a word.

The parts are unpacked as a stream and forgotten; what costs time is linear in the unpacked size, well below what
reading it costs."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import IO

from evaluator.model import EvaluatorError

MOST_BYTES = 2 << 30  # of all parts, unpacked
SWELLING = 100  # unpacked ÷ packed; exports have 5 to 40
SWELLING_FROM = 50 << 20  # smaller ones may swell as they like
MOST_CELLS = 1 << 27  # of the rectangle that holds all cells
SPARSE_FROM, SPARSE = 1 << 22, 50  # a rectangle this large must have a cell in 50 places
CHUNK, OVERLAP = 1 << 20, 64
SHEET_DATA = b"sheetData"

_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,9})(\d{1,19})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\br\s*=\s*["'](\d{1,19})["']""")
_BARE = re.compile(rb"<(?:\w+:)?c(?:/?>|\s+(?!r\s*=))")  # a cell that may stand where its row says

BROKEN = "{file}：工作簿打不开（可能没有下载完整、加了密码或已损坏）；请重新导出后再放进来"
SWELLS = "{file}：工作簿解压后大得不合常理（压缩包里 {packed:,} 字节，解开超过 {size:,} 字节），没有读入；请重新导出"
FAR = (
    "{file}：工作表里远离数据的地方还有单元格（范围到第 {rows:,} 行、第 {columns:,} 列，有内容的只有 {cells:,} 格），"
    "没有读入；请删去数据以外的行和列，或另存为 CSV"
)
BINARY = "{file}：这是二进制工作簿（.xlsb），请另存为 .xlsx 或 CSV"


def check(path: Path, rel: str) -> None:
    """Passes a workbook that can be read safely. Errors: EvaluatorError for one that swells, reaches too far, is
    binary, or cannot be unpacked."""
    packed, total = path.stat().st_size, 0
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                if part.filename == "xl/workbook.bin":
                    raise EvaluatorError(BINARY.format(file=rel))
                extent = Extent()
                with archive.open(part) as stream:
                    total = _unpack(stream, extent, total, packed, rel)
                extent.check(rel)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise EvaluatorError(BROKEN.format(file=rel)) from error


def _unpack(stream: IO[bytes], extent: Extent, total: int, packed: int, rel: str) -> int:
    """Reads a part to its end; the bytes unpacked so far."""
    tail = b""
    while block := stream.read(CHUNK):
        total += len(block)
        if total > MOST_BYTES or total > max(SWELLING_FROM, SWELLING * packed):
            raise EvaluatorError(SWELLS.format(file=rel, packed=packed, size=total))
        extent.see(tail + block)
        tail = block[-OVERLAP:]
    return total


class Extent:
    """How far the cells of a sheet reach, and about how many there are."""

    def __init__(self) -> None:
        self.rows = self.columns = self.cells = 0
        self.is_sheet = self.by_row = False

    def see(self, text: bytes) -> None:
        """A piece of a part, which is a sheet once it says so (it may lie under any name)."""
        self.is_sheet = self.is_sheet or SHEET_DATA in text
        if not self.is_sheet:
            return
        found = _CELL.findall(text)
        if found:
            self.cells += len(found)
            self.columns = max(self.columns, *map(_number, {name for name, _ in found}))
            self.rows = max(self.rows, *(int(row) for _, row in found))
        if self.by_row or _BARE.search(text):  # cells without a place of their own
            self.by_row = True
            self.cells += len(_BARE.findall(text))
            self.rows = max([self.rows, *map(int, _ROW.findall(text))])

    def cell(self, row: int, column: int) -> None:
        """One cell, its row and column counted from 1."""
        self.cells += 1
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)

    def check(self, rel: str) -> None:
        columns = max(self.columns, 1)
        area = columns * self.rows
        if area > MOST_CELLS or (area > SPARSE_FROM and area > SPARSE * self.cells):
            raise EvaluatorError(FAR.format(file=rel, rows=self.rows, columns=columns, cells=self.cells))


def _number(column: bytes) -> int:
    """A column's number: A = 1, Z = 26, AA = 27."""
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - 64
    return number
