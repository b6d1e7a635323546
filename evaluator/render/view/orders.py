"""归属明细: one row an order, with all four judgments, who assisted and why (SPEC §6). Polars throughout: a
month has hundreds of thousands of orders."""

from __future__ import annotations

import polars as pl

from evaluator import disputes
from evaluator.identity import KEYS as LINKED_BY
from evaluator.links import LOST
from evaluator.render.sheet import Block, Column
from evaluator.render.view.evidence import SHEET as EVIDENCE
from evaluator.render.view.prepared import CANDIDATES_SHOWN, JUDGMENTS, KEYS, Prepared

#: Orders that go into the workbook; the rest stands in tables/attribution.parquet.
ORDER_LIMIT = 100_000

_CLOCK = "%m-%d %H:%M:%S"


def selected_orders(data: Prepared, limit: int) -> pl.DataFrame:
    """At most ``limit`` orders: those paid in the period first, then the others; by shop and time."""
    keys = [pl.col("in_period").not_(), "shop", pl.coalesce("paid", "created"), "order_id"]
    first = data.orders[0].clear()
    for part in data.orders:
        first = pl.concat([first, part]).sort(keys).head(limit)
    return first


def order_block(data: Prepared, orders: pl.DataFrame, candidates: pl.DataFrame, evidence: pl.Series) -> Block:
    """The sheet's table, with a note where orders were left out. ``orders``: the selected ones; ``candidates``: theirs,
    as ``Prepared`` gives them; ``evidence``: for each order the row of sheet 归属依据."""
    total, limit = sum(part.height for part in data.orders), orders.height
    notes = ["金额单位：元。本期 = 付款日在账期内；其余订单列出供核对（售前/售后判断、延迟付款）。"]
    if total > limit:
        kept, paid = int(orders["in_period"].sum()), sum(int(part["in_period"].sum()) for part in data.orders)
        told = data.words.say(
            "共 {total} 笔订单，此表只列前 {limit} 笔（本期付款 {paid} 笔中的 {kept} 笔）；"
            "全部订单见 tables/attribution.parquet。",
            total=f"{total:,}",
            limit=f"{limit:,}",
            paid=f"{paid:,}",
            kept=f"{kept:,}",
        )
        notes.append(told)
    frame = _frame(data, data.with_winner(orders, candidates), candidates)
    return Block(
        "订单归属",
        _columns(data),
        frame=frame.insert_column(2, evidence),
        notes=tuple(notes),
        links_to=EVIDENCE,
    )


def _columns(data: Prepared) -> tuple[Column, ...]:
    words = data.words
    used = words.word("judgments", data.settings.judgment)
    return (
        Column("店铺", width=14),
        Column("订单号", "id", 24),
        Column("依据", "link", 7, "转到归属依据里这一单的候选客服和原话"),
        Column("买家", width=16),
        Column("买家依据", width=20, note="怎么认出这一单的买家"),
        Column("下单时间", "time", 19),
        Column("付款时间", "time", 19),
        Column("订单金额", "money", 12, "买家实付，含邮费，未减退款"),
        Column("计入金额", "money", 12, "计入业绩的金额（R-A4）"),
        Column("本期", width=6),
        *(Column(words.word("judgments", j), width=12) for j in JUDGMENTS),
        Column("落实客服", width=12, note=words.say("本次设置：{judgment}", judgment=used)),
        Column("协助下单", width=20),
        Column("协助跟进", width=20),
        Column("不计原因", width=16),
        Column("判定说明", width=60),
        *((Column("原判定", width=12), Column("异议", width=60)) if data.has_disputes else ()),
    )


def _frame(data: Prepared, orders: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Cells of the sheet, columns in its order."""
    links = data.rows_of("links", orders).select(*KEYS, "link", "talked")
    orders = _with_disputes(data, _with_beaten(data, _with_assists(data, orders), candidates)).join(
        links, on=KEYS, how="left", maintain_order="left"
    )
    excluded = {e: data.words.word("excluded", e) for e in orders["excluded"].drop_nulls().unique().to_list()}
    nobody = pl.col("link").is_in(LOST)
    say = data.words.say
    silent = pl.when(pl.col("excluded").is_null()).then(
        pl.when(nobody).then(pl.lit(say("认不出买家"))).otherwise(pl.lit(say("静默")))
    )
    return orders.select(
        "shop",
        "order_id",
        "buyer",
        pl.col("link").replace({key: data.words.word("links", key) for key in (*LINKED_BY, *LOST)}),
        "created",
        "paid",
        (pl.col("amount") / 100).alias("amount"),
        (pl.col("counted") / 100).alias("counted"),
        pl.when("in_period").then(pl.lit(say("是"))).alias("in_period"),
        *(_named(data, orders, column).alias(judgment) for judgment, (_, column) in JUDGMENTS.items()),
        pl.coalesce(_named(data, orders, "credited"), silent).alias("credited"),
        "helped",
        "followed",
        pl.col("excluded").replace(excluded),
        _why(data, orders).alias("why_text"),
        *([_named(data, orders, "original"), pl.col("disputed")] if data.has_disputes else []),
    )


def _with_disputes(data: Prepared, orders: pl.DataFrame) -> pl.DataFrame:
    """Adds ``disputed``: what was claimed and decided about an order, in words."""
    if not data.has_disputes:
        return orders
    rows = data.frame("disputes").filter(pl.col("shop").is_not_null())
    silent, told = data.words.say("静默"), data.words.told
    told_rows = [
        told(disputes.told(row, lambda a: data.name(a) or silent)) for row in rows.iter_rows(named=True)
    ]
    texts = rows.select(KEYS).with_columns(pl.Series("disputed", told_rows, dtype=pl.String))
    joined = texts.group_by(KEYS, maintain_order=True).agg(pl.col("disputed").str.join(data.words.say("；")))
    return orders.join(joined, on=KEYS, how="left", maintain_order="left")


def _named(data: Prepared, frame: pl.DataFrame, column: str) -> pl.Expr:
    """Agent ids as shown names."""
    agents = frame[column].drop_nulls().unique().to_list()
    return pl.col(column).replace({agent: data.name(agent) for agent in agents})


def _with_assists(data: Prepared, orders: pl.DataFrame) -> pl.DataFrame:
    """Adds ``helped``, ``followed``: who assisted and with how many messages, joined (R-A6)."""
    keys, keep = orders.select(KEYS), data.evaluation.month.shelf.keep
    told = pl.concat(
        keep(_assists_told(data, part.join(keys, on=KEYS, how="semi", maintain_order="left")))
        for (part,) in data.evaluation.parts("assists")  # of whole orders; very many may have helped with one
    )
    for kind, column in (("assist_order", "helped"), ("assist_followup", "followed")):
        joined = told.filter(pl.col("kind") == kind).select(*KEYS, pl.col("text").alias(column))
        orders = orders.join(joined, on=KEYS, how="left", maintain_order="left")
    return orders


def _assists_told(data: Prepared, assists: pl.DataFrame) -> pl.DataFrame:
    """KEYS, ``kind``, ``text``: who assisted with each order."""
    one = pl.format(data.words.say("{}({}条)"), _named(data, assists, "agent"), "messages")
    rows = assists.sort("last_ts", "agent", descending=[True, False]).with_columns(one.alias("text"))
    return rows.group_by(*KEYS, "kind", maintain_order=True).agg(
        pl.col("text").str.join(data.words.say("、"))
    )


def _with_beaten(data: Prepared, orders: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Adds ``beaten``: the other candidates at the deciding time, their last messages, by place; of very many the
    first, and how many more there were."""
    losers = (
        candidates.select(*KEYS, "decided", "agent", "last_human", "place")
        .join(orders.select(*KEYS, "decided", "credited"), on=[*KEYS, "decided"])
        .filter(pl.col("agent") != pl.col("credited"))
    )
    text = pl.format("{} {}", _named(data, losers, "agent"), pl.col("last_human").dt.strftime(_CLOCK))
    beaten = (
        losers.sort("place")
        .with_columns(text.alias("text"))
        .group_by(KEYS, maintain_order=True)
        .agg(pl.col("text").str.join(data.words.say("、")).alias("beaten"))
    )
    more = pl.col("rivals") + 1 - CANDIDATES_SHOWN
    told = pl.format(data.words.say("{}，另有 {} 人"), "beaten", more)
    return orders.join(beaten, on=KEYS, how="left", maintain_order="left").with_columns(
        pl.when(more > 0).then(told).otherwise("beaten").alias("beaten")
    )


def _why(data: Prepared, orders: pl.DataFrame) -> pl.Expr:
    """In words: at which time who won, by which message, against whom; or why nobody did."""
    words = data.words
    times = {at: words.word("times", at) for at in ("created", "paid", "grouped")}
    why = {w: words.word("why", w) for w in orders["why"].drop_nulls().unique().to_list()}
    say = words.say
    won = pl.format(
        say("{}判定：{} 最后一条 {}，客服 {} 条、买家 {} 条、应答 {} 轮"),
        pl.col("decided").replace(times),
        _named(data, orders, "credited"),
        pl.col("last_human").dt.strftime(_CLOCK),
        "human_messages",
        "buyer_messages",
        "answered_turns",
    )
    against = pl.format(say("{}；{}；其他候选：{}"), won, pl.col("why").replace(why), "beaten")
    return (
        pl.when(pl.col("excluded").is_not_null())
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("decided") == "dispute")
        .then(pl.lit(say("异议成立，已改判")))
        .when(pl.col("credited").is_null() & (pl.col("link") == "unlinked"))
        .then(pl.lit(say("订单表没有买家昵称，聊天里也没有唯一的人提到订单号，暂按静默计")))
        .when(pl.col("credited").is_null() & (pl.col("link") == "ambiguous"))
        .then(pl.lit(say("昵称打码或 open id 对应多位顾客，不猜是谁，暂按静默计")))
        .when(pl.col("credited").is_null() & ~pl.col("talked"))
        .then(pl.lit(say("买家在本店没有聊过，静默")))
        .when(pl.col("credited").is_null())
        .then(pl.lit(say("窗口内没有客服与买家双向沟通，静默")))
        .when(pl.col("beaten").is_null())
        .then(pl.format(say("{}；唯一候选"), won))
        .otherwise(against)
    )
