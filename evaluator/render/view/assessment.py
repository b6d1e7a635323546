"""平台考核: what the platforms' own assessments say, for a page and a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from evaluator.assess.assessment import Assessment, Line, shortfall
from evaluator.assess.told import common_days, remarks, sources, told_days, told_met, told_period
from evaluator.metrics.table import UNBOUND_NAME
from evaluator.numbers import Number, half_up, plain
from evaluator.render.sheet import Block, Cell, Column, Item, Row, Value
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared

UNITS = {"s": "{item}（秒）", "hours": "{item}（小时）", "yuan": "{item}（元）"}
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
        warnings = [f"{_who(data, one)}　{_told(data, text)}" for one in found for text in one.consequences]
    else:
        blocks = [_shop_block(data, one) for one in found]
        warnings = [f"{_title(data, one)}　{_told(data, text)}" for one in found for text in one.consequences]
    return PackView(
        pack.id,
        _told(data, pack.name),
        blocks,
        warnings,
        [_told(data, s) for s in sources(found[0])],
    )


def _told(data: Prepared, text: str) -> str:
    """What a pack says, or what was found by it, in the language of the reports."""
    return data.words.told(visible(text))


def _who(data: Prepared, found: Assessment) -> str:
    name = data.words.say(found.name) if found.name == UNBOUND_NAME else found.name
    return visible(f"{found.employee_id} {name}" if found.employee_id else name)


def _title(data: Prepared, found: Assessment) -> str:
    return f"{_who(data, found)}　{_told(data, told_period(found))}"


def _shop_block(data: Prepared, found: Assessment) -> Block:
    usual, total = common_days(found), None
    if found.total is not None:
        told = [_told(data, text) for text in (found.grade, *found.consequences) if text]
        total = (data.words.say("总分"), None, None, None, None, found.total, data.words.say("；").join(told))
    rows = [
        (
            _named(data, line),
            _value(data, line, line.cell.value),
            _parts(line),
            _target(data, line),
            _told(data, told_met(line)),
            line.points,
            "\n".join(_told(data, text) for text in remarks(line, usual)),
        )
        for line in found.lines
    ]
    why = _told(data, found.why_none)
    notes = (data.words.say("没有总分：{why}", why=why),) if found.why_none else ()
    return Block(f"{_told(data, found.pack.name)}　{_title(data, found)}", _ITEMS, rows, total, notes)


def _named(data: Prepared, line: Line) -> str:
    name, unit = _told(data, line.item.name), UNITS.get(line.info.unit)
    return data.words.say(unit, item=name) if unit else name


def _agent_blocks(data: Prepared, found: list[Assessment]) -> list[Block]:
    """One table a section of items, one row an agent."""
    blocks = []
    for section, lines in groupby(enumerate(found[0].lines), key=lambda pair: pair[1].item.section):
        places = [n for n, _ in lines]
        columns = tuple(_head(data, found[0].lines[n]) for n in places)
        rows: list[Row] = [
            (_who(data, one), *(_agent_cell(data, one.lines[n]) for n in places)) for one in found
        ]
        title = f"{_told(data, found[0].pack.name)}　{_told(data, section)}".rstrip("　")
        blocks.append(Block(title, (Column("客服", width=18), *columns), rows))
    if any(one.total is not None for one in found):
        totals: list[Row] = [
            (
                _who(data, one),
                one.total,
                _told(data, one.grade or ""),
                _told(data, "；".join(one.consequences)),
            )
            for one in found
        ]
        blocks.append(Block("总分", _TOTALS, totals))
    return blocks


def _head(data: Prepared, line: Line) -> Column:
    note = f"{_told(data, told_days(line.days))}　{_told(data, line.item.note)}".rstrip("　")
    return Column(_told(data, line.item.name), _kind(data, line), 12, note)


def _agent_cell(data: Prepared, line: Line) -> Item:
    note = data.words.say("；").join(_told(data, text) for text in (_parts(line), shortfall(line)) if text)
    return Cell(_number(line.cell.value), _kind(data, line), note)


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
