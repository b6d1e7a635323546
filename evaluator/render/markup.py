"""Table rows and chat lines as HTML. Every value goes through ``escaped``."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from markupsafe import Markup

from evaluator.render.sheet import Block, Cell, Column, Item, Row, show
from evaluator.render.view.talks import Talk

_SPECIAL = re.compile("[&<>\"']")
_CLASSES = dict.fromkeys(("money", "count", "points", "ratio", "seconds", "hours", "factor"), "n") | {
    "time": "t", "short": "t", "date": "t", "id": "k", "wrap": "w",
}  # fmt: skip


def escaped(text: str) -> str:
    """``text`` as HTML text; most have nothing to escape."""
    return html.escape(text) if _SPECIAL.search(text) else text


def css_class(column: Column) -> str:
    """The style of a column: n numbers, t times, k keys, w long text."""
    return _CLASSES.get(column.kind, "")


def table_rows(block: Block) -> Markup:
    """``<tr>`` elements of a block's rows; the first cell heads its row."""
    kinds = [c.kind for c in block.columns]
    return Markup("\n".join(_row(row, kinds) for row in block.rows))


def total_row(block: Block) -> Markup:
    """The ``<tr>`` of the total."""
    kinds = [c.kind for c in block.columns]
    cells = "".join(_cell(item, kind) for item, kind in zip(block.total or (), kinds, strict=True))
    return Markup(f"<tr>{cells}</tr>")


def _row(row: Row, kinds: Sequence[str]) -> str:
    head, *rest = row
    text, _, note = _parts(head, kinds[0])
    cells = "".join([_cell(item, kind) for item, kind in zip(rest, kinds[1:], strict=True)])
    return f'<tr><th scope="row">{text}{note}</th>{cells}</tr>'


def _cell(item: Item, kind: str) -> str:
    text, style, note = _parts(item, kind)
    return f"<td{style}>{text}{note}</td>"


def _parts(item: Item, kind: str) -> tuple[str, str, str]:
    """Text, class attribute and note of a cell, as HTML."""
    note = ""
    if isinstance(item, Cell):
        kind = item.kind or kind
        if item.note:
            note = f"<small>{escaped(item.note)}</small>"
        item = item.value
    text = escaped(show(item, kind)) if item != "" else ""
    css = _CLASSES.get(kind)
    return text, f' class="{css}"' if css else "", note


def chat_lines(talk: Talk) -> Markup:
    """``<li>`` elements of an excerpt."""
    return Markup("".join([
        f'<li class="{line.side}"><span>{line.time} {escaped(line.who)}</span>{escaped(line.text)}</li>'
        for line in talk.lines
    ]))  # fmt: skip
