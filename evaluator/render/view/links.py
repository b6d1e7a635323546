"""订单与买家: how the period's orders found their buyers, and which found none (SPEC §2)."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from evaluator import links
from evaluator.identity import KEYS
from evaluator.render.sheet import Block, Cell, Column, Row, show
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared

TITLE = "订单与买家"
NOTES = (
    "本期付款、没有被排除的订单，按怎么认出买家列出。",
    "没有聊过：认得出买家，但本店的聊天里没有他，是真正的静默。认不出买家的，聊过没有无从知道。",
)


def warnings(data: Prepared, by_shop: bool = True) -> tuple[str, ...]:
    """What every report says of orders that nobody can be given; nothing where there are none."""
    told = links.warning(data.frame("order_links"), by_shop)
    return (data.words.told(visible(told)),) if told else ()


def _notes(data: Prepared) -> tuple[str, ...]:
    """What the counts are of; and how many of nobody's the warning leaves out, as disputes gave them to somebody."""
    given = int(data.frame("order_links").filter("given")["orders"].sum())
    told = data.words.say("认不出买家的订单中有 {n} 笔经异议改判给了客服，警告里不算。", n=f"{given:,}")
    return (*NOTES, told) if given else NOTES


def in_silent(data: Prepared) -> str:
    """How much of the silent sales is of nobody, for the figure's note."""
    lost = links.unclaimed(data.frame("order_links"))
    fen = Decimal(int(lost["fen"].sum()))
    yuan = show(fen / 100, "money")
    return data.words.say("含认不出买家 {yuan} 元", yuan=yuan) if lost.height else ""


def block(data: Prepared) -> Block:
    """By shop and key: orders, buyers, yuan, and whether they talked."""
    columns = (
        Column("店铺", width=26),
        Column("怎么认出买家", "wrap", 36),
        Column("订单", "count", 10),
        Column("买家", "count", 10),
        Column("金额（元）", "money", 14, "计入金额（R-A4）"),
        Column("买家聊过", "count", 10),
        Column("没有聊过（静默）", "count", 16),
    )
    frame = data.frame("order_links")
    rows: list[Row] = []
    for (shop,), own in frame.group_by("shop", maintain_order=True):
        rows += [
            (visible(str(shop)), key, orders, buyers, Decimal(fen) / 100, talked, quiet)
            for key, orders, buyers, fen, talked, quiet in _by_key(data, own)
        ]
    fen = int(frame["fen"].sum())
    total = (
        data.words.say("合计"),
        "",
        int(frame["orders"].sum()),
        None,
        Decimal(fen) / 100,
        *_talked(frame),
    )
    return Block(TITLE, columns, rows, total=total if rows else None, notes=_notes(data))


def counts_block(data: Prepared) -> Block:
    """The same for agents: of all shops together, and without amounts."""
    columns = (
        Column("怎么认出买家"),
        Column("订单", "count"),
        Column("买家聊过", "count"),
        Column("没有聊过（静默）", "count"),
    )
    rows = [(key, orders, *spoken) for key, orders, _, _, *spoken in _by_key(data, data.frame("order_links"))]
    return Block("订单与买家（全店）", columns, rows, notes=_notes(data))


def _by_key(
    data: Prepared, frame: pl.DataFrame
) -> list[tuple[str, int, int | None, int, int | Cell, int | Cell]]:
    """key, orders, buyers, fen, orders of buyers who talked, of those who did not."""
    made = []
    for key in (*KEYS, *links.LOST):
        own = frame.filter(pl.col("link") == key)
        if own.is_empty():
            continue
        known = key in KEYS
        talked, quiet = _talked(own) if known else (Cell(None), Cell(None))
        name = data.words.word("links", key)
        made.append(
            (
                name if known else f"⚠ {name}",
                int(own["orders"].sum()),
                int(own["buyers"].sum()) if known else None,
                int(own["fen"].sum()),
                talked,
                quiet,
            )
        )
    return made


def _talked(frame: pl.DataFrame) -> tuple[int, int]:
    """Orders of buyers who have a chat, and of those who have none."""
    yes, no = pl.col("talked").fill_null(False), ~pl.col("talked").fill_null(True)
    return int(frame.filter(yes)["orders"].sum()), int(frame.filter(no)["orders"].sum())
