"""What formulas refer to, when rows are put in below a band of rows: what lies below moves, what spans it grows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

_CELL = re.compile(r"(\$?[A-Za-z]{1,3}\$?)(\d+)")
_ROW = re.compile(r"(\$?)(\d+)")
#: In these a single cell of a repeated row means its column: ``=SUM(E5)``.
_OVER_ALL = frozenset(f"{name}(" for name in (
    "SUM", "AVERAGE", "COUNT", "COUNTA", "COUNTBLANK", "MAX", "MIN", "MEDIAN", "LARGE", "SMALL", "SUBTOTAL",
    "AGGREGATE", "PRODUCT", "SUMPRODUCT", "SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS", "AVERAGEIF", "AVERAGEIFS",
))  # fmt: skip


@dataclass(frozen=True)
class Insertion:
    """``added`` rows of ``sheet`` after the band ``first`` … ``last``, 1-based."""

    sheet: str
    first: int
    last: int
    added: int

    def row(self, row: int) -> int:
        """Where a row stands afterwards."""
        return row + self.added if row > self.last else row

    def end(self, row: int) -> int:
        """Where a range that ended in a row ends afterwards: one that reaches the band's end grows with it."""
        return row + self.added if row >= self.last else row

    def formula(self, text: str, sheet: str, row: int = 0, grows: bool = False) -> str:
        """A formula of ``sheet``, which stood in ``row``, afterwards. Its own band's cells stay what they are.
        ``grows``: a single repeated cell means all of them, wherever it stands."""
        inside = sheet == self.sheet and self.first <= row <= self.last
        tokens, functions = Tokenizer(text), list[str]()
        for token in tokens.items:
            if token.subtype == Token.OPEN:
                functions.append(token.value.upper())
            elif token.subtype == Token.CLOSE and functions:
                functions.pop()
            elif token.type == Token.OPERAND and token.subtype == Token.RANGE:
                over_all = grows or (bool(functions) and functions[-1] in _OVER_ALL)
                token.value = self._operand(token.value, sheet, inside, over_all)
        return "=" + "".join(token.value for token in tokens.items)

    def area(self, cells: str) -> str:
        """``A1:C5 E7``, ranges of the sheet itself, afterwards."""
        return " ".join(self._range(part, inside=False, over_all=True) for part in cells.split())

    def _operand(self, text: str, sheet: str, inside: bool, over_all: bool) -> str:
        where, mark, cells = text.rpartition("!")
        named = where.strip("'").replace("''", "'") if mark else sheet
        return f"{where}{mark}{self._range(cells, inside, over_all)}" if named == self.sheet else text

    def _range(self, cells: str, inside: bool, over_all: bool) -> str:
        parts = cells.split(":")
        found = [_CELL.fullmatch(p) or (_ROW.fullmatch(p) if len(parts) == 2 else None) for p in parts]
        if len(parts) > 2 or None in found:
            return cells  # a name, a whole column
        heads = [m[1] for m in found if m]
        rows = [int(m[2]) for m in found if m]
        if inside and all(self.first <= row <= self.last for row in rows):
            return cells
        if len(rows) == 1:
            if over_all and not inside and self.first == self.last == rows[0] and self.added:
                return f"{heads[0]}{rows[0]}:{heads[0]}{self.end(rows[0])}"
            return f"{heads[0]}{self.row(rows[0])}"
        return f"{heads[0]}{self.row(rows[0])}:{heads[1]}{self.end(rows[1])}"
