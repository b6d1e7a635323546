"""归属依据: behind each credited order the candidates at the deciding moment: who wrote last when and what, how much,
and why one of them won (R-A1, R-A2)."""

from __future__ import annotations

import polars as pl

from evaluator.render.sheet import Block, Column
from evaluator.render.text import INVISIBLE_IN_RUST, clip
from evaluator.render.view.prepared import CANDIDATES_SHOWN, KEYS, Prepared
from evaluator.shelf import Shelf, slices

SHEET = "归属依据"
TEXT = 200  # characters of a message that are shown


def rows(orders: pl.DataFrame, candidates: pl.DataFrame, shelf: Shelf) -> pl.DataFrame:
    """The sheet's rows: ``candidates`` of ``orders`` at the moment that decided, in the order of the orders and of
    their places; ``#order`` counts the orders."""
    numbered = orders.select(*KEYS, "decided", "buyer", "created", "paid").with_row_index("#order")
    of_slices = (
        part.join(candidates, on=[*KEYS, "decided"], how="inner", maintain_order="left").sort(
            "#order", "place", maintain_order=True
        )
        for _, part in slices(numbered, shelf.limits.slice_rows // CANDIDATES_SHOWN)
    )
    return pl.concat(shelf.keep(part) for part in of_slices)


def first_rows(found: pl.DataFrame, orders: int) -> pl.Series:
    """For each of the orders the first of its ``rows``, null where it has none."""
    first = found.with_row_index("row").group_by("#order").agg(pl.col("row").min().cast(pl.Int64))
    every = pl.DataFrame({"#order": pl.int_range(orders, dtype=pl.UInt32, eager=True)})
    return every.join(first, on="#order", how="left", maintain_order="left")["row"].alias("evidence")


def block(data: Prepared, found: pl.DataFrame) -> Block:
    """``found``: of ``rows``."""
    shelf, notes = data.evaluation.month.shelf, list(_NOTES)
    if (found["rivals"] >= CANDIDATES_SHOWN).any():
        told = "候选很多的订单只列名次在前的 {n} 名；全部候选见 tables/candidates.parquet。"
        notes.append(data.words.say(told, n=CANDIDATES_SHOWN))
    shown = (_shown(data, part) for _, part in slices(found, shelf.limits.slice_rows))
    frame = pl.concat(shelf.keep(part) for part in shown)
    return Block("订单归属的依据", _COLUMNS, frame=frame, notes=tuple(notes))


def _shown(data: Prepared, found: pl.DataFrame) -> pl.DataFrame:
    """Cells of the sheet, columns in its order."""
    words = data.words
    why = {key: words.word("why", key) for key in found["why"].drop_nulls().unique().to_list()}
    times = {key: words.word("times", key) for key in found["decided"].drop_nulls().unique().to_list()}
    names = {agent: data.name(agent) for agent in found["agent"].unique().to_list()}
    outcome, more = pl.col("why").replace(why), pl.col("rivals") + 1 - CANDIDATES_SHOWN
    told = pl.format(words.say("{}；另有 {} 名候选未列"), outcome, more)
    return _said(data, found).select(
        "shop",
        "order_id",
        "buyer",
        pl.col("decided").replace(times),
        pl.when(pl.col("decided") == "created").then("created").otherwise("paid").alias("when"),
        "place",
        pl.col("agent").replace(names),
        "last_human",
        "human_messages",
        "buyer_messages",
        "answered_turns",
        pl.when((more > 0) & (pl.col("place") == CANDIDATES_SHOWN))
        .then(told)
        .otherwise(outcome)
        .alias("why"),
        "text",
    )


_NOTES = (
    "每笔已归属的订单，在判定的时点有哪些候选客服、各自最后一条人工消息是什么时候说的什么。",
    "完整聊天：evaluator explain OUT --order 订单号。",
)
_COLUMNS = (
    Column("店铺", width=14),
    Column("订单号", "id", 24),
    Column("买家", width=16),
    Column("判定时点", width=10),
    Column("下单或付款时间", "time", 19),
    Column("名次", "count", 6),
    Column("候选客服", width=12),
    Column("最后一条人工消息", "time", 19, "时点之前、窗口之内"),
    Column("客服消息", "count", 9, "人工消息条数"),
    Column("买家消息", "count", 9),
    Column("应答轮数", "count", 9),
    Column("结果", width=26),
    Column("原话", width=60, note="该客服最后一条人工消息，至多 200 字"),
)  # fmt: skip


def _said(data: Prepared, found: pl.DataFrame) -> pl.DataFrame:
    """Adds ``text``, what each wrote last."""
    keys = ["shop", "buyer", "agent", "last_human"]
    asked = found.select(keys).rename({"last_human": "ts"}).drop_nulls().unique()
    said = data.evaluation.talk.said(asked).rename({"ts": "last_human"})
    return found.join(said.with_columns(_clipped(said["text"])), on=keys, how="left", maintain_order="left")


def _clipped(texts: pl.Series) -> pl.Series:
    """``clip`` of each, which most need not."""
    odd = (texts.str.contains(INVISIBLE_IN_RUST) | (texts.str.len_chars() > TEXT)).fill_null(False)
    if not odd.any():
        return texts
    shown = [clip(text, TEXT) for text in texts.filter(odd).to_list()]
    return texts.scatter(odd.arg_true(), shown)
