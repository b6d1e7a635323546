"""How cells of a workbook look, by kind and role; what is marked in them."""

from __future__ import annotations

from typing import Any

FORMATS = {
    "money": "#,##0.00",
    "extra": '#,##0.00;-#,##0.00;"—"',  # money that is there only sometimes
    "count": "#,##0",
    "part": "#,##0.##",  # of a count that is no whole number
    "points": "0.00",
    "ratio": "0.00%",
    "seconds": "#,##0.0",
    "hours": "#,##0.00",
    "factor": "General",
    "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm:ss",
}
_FONT = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter"}
_LINE, _HEAD, _SUM, _WARN = "#C9CED6", "#E8EDF4", "#F4F6F9", "#FFF2CC"
_GIVEN, _LINK = "#1F4E9E", "#0B5CAD"
#: Of chart series, told apart by the colour-blind (Okabe and Ito), then again, lighter.
COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#CC79A7", "#D55E00", "#F0E442", "#7F7F7F",
    "#7FB8D8", "#F2CE7F", "#7FCEB9", "#ABD9F4", "#E5BCD3", "#EAAE7F",
)  # fmt: skip
BAR = "#9CC3E6"
_MARKS = {
    "negative": {"font_color": "#9C0006", "bg_color": "#FFE3E3"},
    "text": {"font_color": "#7F4F00", "bg_color": "#FFEBC2"},
    "below": {"font_color": "#9C0006", "bg_color": "#FFE3E3"},
}


class Styles:
    """Cell formats by (kind, role), made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, str], Any] = {}

    def get(self, kind: str, role: str = "cell") -> Any:
        if (kind, role) not in self._made:
            self._made[kind, role] = self._book.add_format(_properties(kind, role))
        return self._made[kind, role]

    def mark(self, rule: str) -> Any:
        """The format of a ``Highlight``."""
        if (rule, "mark") not in self._made:
            self._made[rule, "mark"] = self._book.add_format(_MARKS[rule])
        return self._made[rule, "mark"]


def _properties(kind: str, role: str) -> dict[str, Any]:
    if role == "title":
        return _FONT | {"bold": True, "font_size": 14}
    if role == "parted title":
        return _FONT | {"bold": True, "font_size": 12, "text_wrap": True, "valign": "top"}
    if role == "block":
        return _FONT | {"bold": True, "font_size": 11}
    if role == "warn":
        return _FONT | {"bold": True, "bg_color": _WARN, "text_wrap": True, "valign": "top", "border": 1}
    if role == "note":
        return _FONT | {"font_color": "#5B6472", "italic": True}
    made = _FONT | {"border": 1, "border_color": _LINE}
    if role == "head":
        return made | {"bold": True, "bg_color": _HEAD, "text_wrap": True, "align": "center"}
    if kind in FORMATS:
        made |= {"num_format": FORMATS[kind]}
    elif kind == "wrap":
        made |= {"text_wrap": True, "align": "left", "indent": 1}
    elif kind == "center":
        made |= {"align": "center", "font_color": "#8A93A0"}
    elif kind == "link":
        made |= {"align": "center", "font_color": _LINK, "underline": 1}
    else:
        made |= {"num_format": "@", "align": "left", "indent": 1}
    return made | _ROLES.get(role, {})


_ROLES: dict[str, dict[str, Any]] = {
    "sum": {"bold": True, "bg_color": _SUM, "top": 2},
    "sub": {"bold": True, "bg_color": _SUM},
    "given": {"font_color": _GIVEN},
}
