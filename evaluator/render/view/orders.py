"""归属明细: one row an order, with all four judgments, who assisted and why (SPEC §6)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from evaluator.render.sheet import Block, Column, Row
from evaluator.render.view.prepared import JUDGMENTS, Prepared

#: Orders that go into the workbook; the rest stands in tables/attribution.parquet.
ORDER_LIMIT = 100_000

_KEYS = ["shop", "order_id"]


def selected_orders(data: Prepared, limit: int) -> pl.DataFrame:
    """At most ``limit`` orders: those paid in the period first, then the others; by shop and payment time."""
    return data.orders.sort(
        [pl.col("in_period").not_(), "shop", pl.coalesce("paid", "created"), "order_id"], nulls_last=True
    ).head(limit)


def _with_assists(data: Prepared, orders: pl.DataFrame) -> pl.DataFrame:
    """Adds ``helped``, ``followed``: names of those who assisted, joined (R-A6)."""
    names = pl.DataFrame(
        list(data.names.items()), schema={"agent": pl.String, "shown": pl.String}, orient="row"
    )
    assists = (
        data.frame("assists")
        .join(orders.select(_KEYS), on=_KEYS, how="semi")
        .join(names, on="agent", how="left")
        .with_columns(pl.coalesce("shown", pl.col("agent") + "（未绑定）").alias("shown"))
        .sort("last_ts", "agent", descending=[True, False])
    )
    for kind, column in (("assist_order", "helped"), ("assist_followup", "followed")):
        joined = (
            assists.filter(pl.col("kind") == kind)
            .group_by(_KEYS, maintain_order=True)
            .agg(pl.format("{}({}条)", "shown", "messages").str.join("、").alias(column))
        )
        orders = orders.join(joined, on=_KEYS, how="left", maintain_order="left")
    return orders


def _losers(data: Prepared, orders: pl.DataFrame) -> pl.DataFrame:
    """Adds ``beaten``: the other candidates at the deciding time, as ``id last_human`` texts in order."""
    beaten = (
        data.frame("candidates")
        .rename({"at": "decided"})
        .join(orders.select(*_KEYS, "decided", "credited"), on=[*_KEYS, "decided"])
        .filter(pl.col("agent") != pl.col("credited"))
        .sort("place")
        .group_by(_KEYS, maintain_order=True)
        .agg(pl.struct("agent", "last_human").alias("beaten"))
    )
    return orders.join(beaten, on=_KEYS, how="left", maintain_order="left")


def order_block(data: Prepared, limit: int = ORDER_LIMIT) -> Block:
    """The sheet's table, with a note where orders were left out."""
    orders = _losers(data, _with_assists(data, selected_orders(data, limit)))
    total = data.orders.height
    notes = [
        "金额单位：元。本期 = 付款日在账期内，计入销售额；其余订单列出供核对（售前/售后判断、延迟付款）。"
    ]
    if total > limit:
        kept = int(orders["in_period"].sum())
        paid = int(data.orders["in_period"].sum())
        notes.append(
            f"共 {total:,} 笔订单，此表只列前 {limit:,} 笔（本期付款 {paid:,} 笔中的 {kept:,} 笔）；"
            "全部订单见 tables/attribution.parquet。"
        )
    words = data.words
    judged = tuple(Column(words.word("judgments", j), width=11) for j in JUDGMENTS)
    columns = (
        Column("店铺", width=14),
        Column("订单号", "id", 22),
        Column("买家", width=16),
        Column("下单时间", "time", 19),
        Column("付款时间", "time", 19),
        Column("订单金额", "money", 12, "买家实付，含邮费，未减退款"),
        Column("计入金额", "money", 12, "R-A4"),
        Column("本期", width=6),
        *judged,
        Column(
            "落实客服", width=12, note=f"按本次设置的判定：{words.word('judgments', data.settings.judgment)}"
        ),
        Column("协助下单", width=20),
        Column("协助跟进", width=20),
        Column("不计原因", width=14),
        Column("判定说明", "text", 60),
    )
    return Block("订单归属", columns, _rows(data, orders), notes=tuple(notes))


_FIELDS = (
    "shop",
    "order_id",
    "buyer",
    "created",
    "paid",
    "amount",
    "counted",
    "in_period",
    *(column for _, column in JUDGMENTS.values()),
    "credited",
    "helped",
    "followed",
    "excluded",
)


def _rows(data: Prepared, orders: pl.DataFrame) -> Iterator[Row]:
    why = ("decided", "last_human", "human_messages", "buyer_messages", "answered_turns", "why", "beaten")
    reasons: dict[str, str] = {}
    names: dict[str | None, str] = {None: "", **{agent: data.name(agent) for agent in _agents(orders)}}
    count = len(_FIELDS)
    for row in orders.select(*_FIELDS, *why).iter_rows():
        (
            shop,
            order_id,
            buyer,
            created,
            paid,
            amount,
            counted,
            in_period,
            order,
            payment,
            first,
            chain,
            credited,
            helped,
            followed,
            excluded,
        ) = row[:count]
        if excluded and excluded not in reasons:
            reasons[excluded] = data.words.word("excluded", excluded)
        yield (
            shop,
            order_id,
            buyer,
            created,
            paid,
            amount / 100,
            None if counted is None else counted / 100,
            "是" if in_period else "",
            names[order],
            names[payment],
            names[first],
            names[chain],
            names[credited] if credited else "" if excluded else "静默",
            helped,
            followed,
            reasons[excluded] if excluded else "",
            why_text(data, buyer, excluded, credited, row[count:]),
        )


def _agents(orders: pl.DataFrame) -> list[str]:
    columns = [column for _, column in JUDGMENTS.values()]
    return pl.concat([orders[c] for c in (*columns, "credited")]).drop_nulls().unique().to_list()


def why_text(
    data: Prepared,
    buyer: str | None,
    excluded: str | None,
    credited: str | None,
    evidence: tuple[object, ...],
) -> str:
    """In words: at which time who won, by which message, against whom."""
    if excluded:
        return ""
    if credited is None:
        return "买家未关联到任何聊天，静默" if buyer is None else "窗口内没有客服与买家双向沟通，静默"
    decided, last, human, said, answered, why, beaten = evidence
    at = data.words.word("times", str(decided))
    text = f"{at}判定：{data.name(credited)}"
    if last is not None:
        text += f" 最后一条 {last:%m-%d %H:%M:%S}，客服 {human} 条、买家 {said} 条、应答 {answered} 轮"
    if not beaten:
        return f"{text}；唯一候选"
    others = "、".join(
        f"{data.name(b['agent'])} {b['last_human']:%m-%d %H:%M:%S}"
        for b in beaten  # type: ignore[attr-defined]
    )
    return f"{text}；{data.words.word('why', str(why))}；其他候选：{others}"
