"""Table rows and chat lines as HTML. Every value goes through ``escaped``."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from markupsafe import Markup

from evaluator.render.plots import SPARK_HEIGHT, SPARK_WIDTH
from evaluator.render.sheet import Block, Cell, Column, Item, Row, show
from evaluator.render.view.ranking import Ranking, Spark
from evaluator.render.view.talks import Talk

_SPECIAL = re.compile("[&<>\"']")
_CLASSES = dict.fromkeys(("money", "count", "points", "ratio", "seconds", "hours", "factor"), "n") | {
    "time": "t", "short": "t", "date": "t", "id": "k", "wrap": "w",
}  # fmt: skip
_OPENED = {kind: f'<td class="{css}">' for kind, css in _CLASSES.items()}


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


def spark_rows(ranking: Ranking) -> Markup:
    """``<tr>`` elements of a ranking, each with its small lines."""
    kinds = [c.kind for c in ranking.block.columns]
    pairs = zip(ranking.block.rows, ranking.sparks, strict=True)
    return Markup("\n".join([
        f"{_row(row, kinds).removesuffix('</tr>')}{''.join([_spark(s) for s in sparks])}</tr>"
        for row, sparks in pairs
    ]))  # fmt: skip


def _spark(spark: Spark) -> str:
    if not spark.lines:
        return f'<td class="s"><small>{escaped(spark.told)}</small></td>'
    lines = "".join([f'<polyline points="{points}"/>' for points in spark.lines])
    svg = f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" aria-hidden="true">{lines}</svg>'
    return f'<td class="s">{svg}<small>{escaped(spark.told)}</small></td>'


def total_row(block: Block) -> Markup:
    """The ``<tr>`` of the total."""
    kinds = [c.kind for c in block.columns]
    cells = "".join(_cell(item, kind) for item, kind in zip(block.total or (), kinds, strict=True))
    return Markup(f"<tr>{cells}</tr>")


def _row(row: Row, kinds: Sequence[str]) -> str:
    head, *rest = row
    cells = "".join([_cell(item, kind) for item, kind in zip(rest, kinds[1:], strict=True)])
    return f'<tr><th scope="row">{_inside(head, kinds[0])}</th>{cells}</tr>'


def _cell(item: Item, kind: str) -> str:
    if isinstance(item, Cell) and item.kind:
        kind = item.kind
    return f"{_OPENED.get(kind, '<td>')}{_inside(item, kind)}</td>"


def _inside(item: Item, kind: str) -> str:
    """Text and note of a cell, as HTML; how numbers and times are written needs no escaping."""
    if isinstance(item, str):
        return escaped(item)
    if isinstance(item, Cell):
        note = f"<small>{escaped(item.note)}</small>" if item.note else ""
        return _inside(item.value, item.kind or kind) + note
    return show(item, kind)


def chat_lines(talk: Talk) -> Markup:
    """``<li>`` elements of an excerpt."""
    return Markup("".join([
        f'<li class="{line.side}"><span>{line.time} {escaped(line.who)}</span>{escaped(line.text)}</li>'
        for line in talk.lines
    ]))  # fmt: skip
