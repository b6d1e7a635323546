"""Who helps whom (R-A6): a matrix of those who take most part, and the pairs as a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from evaluator.render.sheet import Block, Column
from evaluator.render.view.load import LEVELS, Square
from evaluator.render.view.prepared import KEYS, Prepared

PAIR_LIMIT = 200
#: People in the matrix: as many as a sheet of paper takes.
MATRIX_LIMIT = 24
NAME_LIMIT = 10


@dataclass(frozen=True)
class Network:
    """``rows``: helper, a square for each of ``heads`` (whose order it is), all orders he helped with. ``total``:
    orders helped with by head, ``orders``: all of them; of all helpers, those who are not shown too."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Square, ...], int], ...]
    total: tuple[int, ...]
    orders: int
    note: str
    table: Block


def network(data: Prepared) -> Network:
    pairs = Counter[tuple[str, str | None]]()
    for assists in data.period_assists:
        counted = assists.group_by("agent", "credited").agg(pl.struct(KEYS).n_unique())
        pairs.update({(helper, credited): n for helper, credited, n in counted.iter_rows()})
    gave, got = Counter[str](), Counter[str | None]()
    for (helper, credited), orders in pairs.items():
        gave[helper] += orders
        got[credited] += orders
    people = {*gave, *(c for c in got if c is not None)}
    ranked = sorted(people, key=lambda who: (-gave[who] - got[who], who))
    shown = sorted(ranked[:MATRIX_LIMIT])
    heads: list[str | None] = [*shown, *([None] if None in got else [])]
    most = {
        silent: max((n for (_, c), n in pairs.items() if (c is None) == silent), default=1)
        for silent in (True, False)
    }
    rows = tuple(
        (_short(data.name(h)), tuple(_square(pairs.get((h, c), 0), most[c is None]) for c in heads), gave[h])
        for h in shown
        if gave[h]
    )
    return Network(
        tuple(_short(_whose(data, c)) for c in heads), rows, tuple(got[c] for c in heads), got.total(),
        _note(data, len(people), len(shown)), _table(data),
    )  # fmt: skip


def _square(orders: int, most: int) -> Square:
    return Square(str(orders), min(int(orders / most * LEVELS) + 1, LEVELS)) if orders else Square("", 0)


def _short(name: str) -> str:
    """A head of the matrix; accounts of nobody have long names."""
    return name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - 1] + "…"


def _whose(data: Prepared, credited: str | None) -> str:
    return data.name(credited) if credited else data.words.say("（静默）")


def _note(data: Prepared, people: int, shown: int) -> str:
    say = data.words.say
    text = say("行：协助的人；列：订单归谁；数字：订单数，一笔订单可有多人协助。")
    if people > shown:
        text += say("共 {n} 人，此处列参与最多的 {shown} 人；合计含其余的人。", n=people, shown=shown)
    return text


def _table(data: Prepared) -> Block:
    """Assists on orders paid in the period, by helper, credited agent and kind."""
    pair, sums = ["agent", "credited", "kind"], ["orders", "messages", "counted"]
    counted = (
        assists.with_columns(pl.lit(1, pl.Int64).alias("orders")).group_by(pair).agg(pl.col(sums).sum())
        for assists in data.period_assists
    )
    pairs = (
        pl.concat(counted)
        .group_by(pair)
        .agg(pl.col(sums).sum())
        .sort("orders", "agent", "credited", "kind", descending=[True, False, False, False], nulls_last=True)
    )
    rows = [
        (
            data.name(helper), _whose(data, credited), data.words.word("assists", kind), orders, messages,
            Decimal(counted) / 100,
        )
        for helper, credited, kind, orders, messages, counted in pairs.head(PAIR_LIMIT).iter_rows()
    ]  # fmt: skip
    columns = (
        Column("协助者"), Column("订单归属"), Column("协助"), Column("订单", "count"),
        Column("消息", "count"), Column("参考金额（元）", "money"),
    )  # fmt: skip
    say = data.words.say
    notes = [say("本期付款订单；参考金额不与销售额相加，一笔订单可有多人协助。")]
    if pairs.height > len(rows):
        notes.append(
            say(
                "共 {n} 对，此处列前 {shown} 对，全部见 tables/assists.parquet。",
                n=f"{pairs.height:,}", shown=f"{len(rows):,}",
            )
        )  # fmt: skip
    return Block("谁帮了谁", columns, rows, notes=tuple(notes))
