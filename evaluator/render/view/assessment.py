"""平台考核: what the platforms' own assessments say, for a page and a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from evaluator.assess.assessment import Assessment, Line, shortfall
from evaluator.assess.told import common_days, remarks, sources, told_days, told_met
from evaluator.numbers import Number, half_up, plain
from evaluator.render.sheet import Block, Cell, Column, Item, Row, Value
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared

_TOTALS = (Column("对象", width=18), Column("总分", "points"), Column("等级"), Column("后果", "wrap", 60))
_ITEMS = (
    Column("考核项", width=24),
    Column("数值", width=12),
    Column("分子 / 分母", width=20),
    Column("目标", width=12),
    Column("达标", width=8),
    Column("得分", "points", 8),
    Column("说明", "wrap", 60),
)


@dataclass(frozen=True)
class PackView:
    """A pack: a table a shop, or one of all agents; consequences; where its rules are from."""

    id: str
    name: str
    blocks: list[Block]
    warnings: list[str]
    sources: list[str]


def packs(data: Prepared) -> list[PackView]:
    return [
        _pack(data, list(found)) for _, found in groupby(data.evaluation.assessments, key=lambda a: a.pack.id)
    ]


def _pack(data: Prepared, found: list[Assessment]) -> PackView:
    pack = found[0].pack
    if pack.scope == "agent":
        blocks = _agent_blocks(data, found)
        warnings = [f"{_who(one)}　{text}" for one in found for text in one.consequences]
    else:
        blocks = [_shop_block(data, one) for one in found]
        warnings = [f"{_title(one)}　{text}" for one in found for text in one.consequences]
    return PackView(
        pack.id,
        visible(pack.name),
        blocks,
        [visible(w) for w in warnings],
        [visible(s) for s in sources(found[0])],
    )


def _who(found: Assessment) -> str:
    return visible(f"{found.employee_id} {found.name}" if found.employee_id else found.name)


def _title(found: Assessment) -> str:
    usual = common_days(found)
    counted = "" if usual == found.days else f"（统计 {told_days(usual)}）"
    return f"{_who(found)}　{told_days(found.days)}{counted}"


def _shop_block(data: Prepared, found: Assessment) -> Block:
    usual, total = common_days(found), None
    if found.total is not None:
        told = f"{found.grade or ''}　{'；'.join(found.consequences)}".strip("　")
        total = ("总分", None, None, None, None, found.total, visible(told))
    rows = [
        (
            visible(line.item.name),
            _value(data, line, line.cell.value),
            _parts(line),
            _target(data, line),
            told_met(line),
            line.points,
            visible("\n".join(remarks(line, usual))),
        )
        for line in found.lines
    ]
    notes = (visible(f"没有总分：{found.why_none}"),) if found.why_none else ()
    return Block(f"{visible(found.pack.name)}　{_title(found)}", _ITEMS, rows, total, notes)


def _agent_blocks(data: Prepared, found: list[Assessment]) -> list[Block]:
    """One table a section of items, one row an agent."""
    blocks = []
    for section, lines in groupby(enumerate(found[0].lines), key=lambda pair: pair[1].item.section):
        places = [n for n, _ in lines]
        columns = tuple(_head(data, found[0].lines[n]) for n in places)
        rows: list[Row] = [(_who(one), *(_agent_cell(data, one.lines[n]) for n in places)) for one in found]
        title = f"{visible(found[0].pack.name)}　{visible(section)}".rstrip("　")
        blocks.append(Block(title, (Column("客服", width=18), *columns), rows))
    if any(one.total is not None for one in found):
        totals = [(_who(one), one.total, one.grade, "；".join(one.consequences)) for one in found]
        blocks.append(Block("总分", _TOTALS, totals))
    return blocks


def _head(data: Prepared, line: Line) -> Column:
    days = told_days(line.days)
    return Column(
        visible(line.item.name), _kind(data, line), 12, f"{days}　{visible(line.item.note)}".rstrip("　")
    )


def _agent_cell(data: Prepared, line: Line) -> Item:
    note = "；".join(text for text in (_parts(line), shortfall(line)) if text)
    return Cell(_number(line.cell.value), _kind(data, line), visible(note))


def _kind(data: Prepared, line: Line) -> str:
    return data.words.kind(line.item.request.id, line.info.unit)


def _number(value: Number | None) -> Value:
    return None if value is None else half_up(value, 10)


def _value(data: Prepared, line: Line, value: Number | None) -> Cell:
    return Cell(_number(value), _kind(data, line))


def _parts(line: Line) -> str:
    cell = line.cell
    if cell.numerator is None or cell.denominator is None:
        return ""
    return f"{plain(cell.numerator, 2)} / {plain(cell.denominator, 2)}"


def _target(data: Prepared, line: Line) -> Item:
    return None if line.item.target is None else _value(data, line, line.item.target)
