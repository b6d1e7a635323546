"""待核: everything a person must look at, by kind; rejected rows; what the filters took out."""

from __future__ import annotations

from evaluator.render.sheet import Block, Column, Row
from evaluator.render.text import clip, visible
from evaluator.render.view.prepared import Prepared
from evaluator.sources.column_words import spoken

#: Rejected rows shown in the workbook; all stand in tables/rejects.csv.
REJECT_LIMIT = 5_000


def review_groups(data: Prepared) -> list[tuple[str, list[tuple[str, str, int]]]]:
    """(heading, [(subject, detail, count)]), kinds in the order of the labels, then as they come."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for item in data.evaluation.review:
        found.setdefault(item.kind, []).append(
            (visible(item.subject), data.words.told(visible(item.detail)), item.count)
        )
    order = {kind: n for n, kind in enumerate(data.words.labels.get("review", {}))}
    kinds = sorted(found, key=lambda kind: order.get(kind, len(order)))
    return [(data.words.review(kind), found[kind]) for kind in kinds]


def review_blocks(data: Prepared) -> list[Block]:
    columns = (Column("对象", width=26), Column("说明", "wrap", 80), Column("数量", "count", 10))
    return [
        Block(f"{title}{data.words.say('（{n}）', n=len(items))}", columns, items)
        for title, items in review_groups(data)
    ]


def rejects_block(data: Prepared, limit: int = REJECT_LIMIT) -> Block:
    frame = data.frame("rejects")
    rows: list[Row] = [
        (
            clip(file, 200),
            row,
            clip(data.words.told(spoken(column or "")), 60),
            clip(value or "", 200),
            data.words.word("reject_reasons", why),
        )
        for file, row, column, value, why in frame.head(limit)
        .select("file", "row", "column", "value", "why")
        .iter_rows()
    ]
    columns = (
        Column("文件", width=26),
        Column("数据行", "count", 10),
        Column("列", width=20),
        Column("值", width=30),
        Column("原因", "wrap", 50),
    )
    more = ["数据行不算表头：第 1 行数据在表格软件里一般是第 2 行。"] if rows else []
    if frame.height > limit:
        said = "共 {n} 行，此处列前 {limit} 行，全部见 tables/rejects.csv。"
        more.append(data.words.say(said, n=f"{frame.height:,}", limit=f"{limit:,}"))
    return Block(data.words.say("拒收的行（{n}）", n=f"{frame.height:,}"), columns, rows, notes=tuple(more))


def filters_block(data: Prepared) -> Block:
    """Every filter with its switch and what it took out (R-F1 … R-F6)."""
    say = data.words.say
    rows = [
        (data.words.word("filters", name), say("开") if on else say("关"), receptions, messages, buyers)
        for name, on, receptions, messages, buyers in data.frame("filters")
        .select("filter", "on", "receptions", "messages", "buyers")
        .iter_rows()
    ]
    columns = (
        Column("过滤", width=26),
        Column("开关", width=8),
        Column("接待", "count", 10),
        Column("消息", "count", 10),
        Column("买家", "count", 10),
    )
    return Block("过滤", columns, rows)
