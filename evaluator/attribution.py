"""Whose order is it (SPEC §6): two-way contact, candidates, 落实, judgments, assists.

For every order and every moment that may decide (placed 下单, paid 付款, grouped 成团) the agents who had a two-way
contact with the buyer shortly before are *candidates*; the one who spoke last is the 落实 at that moment; the
judgment setting says which moment counts. Everyone else who helped gets an assist, which never touches sales.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from evaluator.conversation import ARRIVES, BUYER, HUMAN
from evaluator.model import EvaluatorError
from evaluator.near import ConsultsByDay
from evaluator.settings import Settings
from evaluator.shelf import slices

MOMENTS = ("created", "paid", "grouped")
JUDGMENTS = {
    "order": ("by_order", ("created",)),
    "payment": ("by_payment", ("paid",)),
    "order_first": ("by_order_first", ("created", "paid")),
    "grouped_chain": ("by_grouped_chain", ("created", "paid", "grouped")),
}
_AT = pl.Enum(sorted(MOMENTS))
_SECONDS = 1 << 34  # room for epoch seconds in a search key


@dataclass(frozen=True)
class Attribution:
    """``orders``: o, by_order, by_payment, by_order_first, by_grouped_chain, credited (agent codes) ·
    ``candidates``: o, at, a, last_human, human_messages, buyer_messages, answered_turns, place, won, why ·
    ``assists``: o, a, kind, messages, last_ts"""

    orders: pl.DataFrame
    candidates: pl.DataFrame
    assists: pl.DataFrame


def whole_second(ts: pl.Expr) -> pl.Expr:
    """Epoch seconds, floored: how a message's time is set against an order's (R-C9)."""
    return ts.dt.epoch("ms").floordiv(1000)


# --- who had talked how much by a given second -------------------------------------------------------------------


class ContactIndex:
    """Counts of what had happened in a consult up to a second, by binary search over sorted events.

    Built from the events of ``Conversation`` in consults, with ``r`` = row of the reception."""

    def __init__(self, events: pl.DataFrame) -> None:
        what = pl.col("what")
        human = what == HUMAN
        steps = {
            "buyer_messages": what == BUYER,
            "contacts": (what == BUYER) | ((what == ARRIVES) & pl.col("starts")),
            "human_messages": human,
            "answered_turns": human & pl.col("ends"),
        }
        new = (pl.col("r") != pl.col("r").shift(1)).fill_null(True)
        counts = {name: step.cast(pl.Int32).cum_sum() for name, step in steps.items()}
        before = {
            name: pl.when(new).then(counts[name] - steps[name].cast(pl.Int32)).forward_fill()
            for name in steps
        }
        self._events = (
            events.lazy()
            .select(
                (pl.col("r").cast(pl.Int64) * _SECONDS + whole_second(pl.col("ts"))).alias("at"),
                pl.col("r").alias("_r"),
                *((counts[name] - before[name]).alias(name) for name in steps),
                pl.when(human).then("ts").forward_fill().alias("last_human"),
                pl.when(human).then("pos").forward_fill().alias("last_pos"),
            )
            .collect()
        )

    def up_to(self, pairs: pl.DataFrame, second: pl.Expr) -> pl.DataFrame:
        """Adds to ``pairs`` (with ``r``) what happened in reception ``r`` at or before ``second``; counts 0 if
        nothing did. Rows come back in another order."""
        found = (
            pairs.with_columns((pl.col("r").cast(pl.Int64) * _SECONDS + second).alias("at"))
            .sort("at")
            .join_asof(self._events, on="at", strategy="backward")
        )
        here = (pl.col("_r") == pl.col("r")).fill_null(False)
        counts = ["buyer_messages", "contacts", "human_messages", "answered_turns"]
        return found.with_columns(
            *(pl.when(here).then(c).otherwise(0).alias(c) for c in counts),
            *(
                pl.when(here & (pl.col("human_messages") > 0)).then(c).alias(c)
                for c in ("last_human", "last_pos")
            ),
        ).drop("at", "_r")


# --- excluded orders ---------------------------------------------------------------------------------------------


def excluded(
    orders: pl.DataFrame, items: pl.DataFrame | None, internal: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """R-A5: ``o``, ``excluded`` (internal, memo, title, amount, listed, or null); the first reason that holds.

    ``internal``: b of buyers who are the shop's own accounts. ``items``: order_items joined, with ``o``."""
    memo = pl.lit(False)
    for mark in settings.exclude_memo:
        memo = memo | pl.col("memo").str.contains(mark, literal=True).fill_null(False)
    title = pl.lit(False)
    for mark in settings.exclude_titles:
        title = title | pl.col("title").str.contains(mark, literal=True).fill_null(False)
    titled = pl.Series("o", [], dtype=pl.UInt32)
    if items is not None and items.height:
        titled = items.group_by("o").agg(title.all().alias("all")).filter("all")["o"]
    reason = (
        pl.when(pl.col("b").is_in(internal["b"].implode()))
        .then(pl.lit("internal"))
        .when(memo)
        .then(pl.lit("memo"))
        .when(pl.col("o").is_in(titled.implode()))
        .then(pl.lit("title"))
        .when(pl.col("paid").is_not_null() & (pl.col("amount") < settings.min_amount_fen))
        .then(pl.lit("amount"))
        .when(pl.col("order_id").is_in(list(settings.exclude_orders)))
        .then(pl.lit("listed"))
    )
    return orders.select("o", reason.alias("excluded"))


# --- 落实 and judgments -------------------------------------------------------------------------------------------


def candidates(
    orders: pl.DataFrame,
    consults: ConsultsByDay,
    index: ContactIndex,
    creditable: pl.Series | None,
    settings: Settings,
) -> pl.DataFrame:
    """R-A1, R-A2, R-A8: every candidate at every moment, with place and why.

    ``orders``: o, b, created, paid, grouped and their ``…_day``, none excluded; ``consults``: r, b, a, day;
    ``creditable``: agent codes of ``credit_roles``, None = all."""
    moments = pl.concat(
        [
            orders.select(
                "o",
                "b",
                pl.lit(m, _AT).alias("moment"),
                pl.col(m).alias("t"),
                pl.col(f"{m}_day").alias("t_day"),
            )
            for m in MOMENTS
        ]
    ).filter(pl.col("t").is_not_null())
    credited = pl.lit(True) if creditable is None else pl.col("a").is_in(creditable.implode())
    pairs = consults.near(moments, pl.col("t_day") - settings.window_days, pl.col("t_day"))
    contact = [_contact(index.up_to(near.filter(credited), whole_second(pl.col("t")))) for near in pairs]
    return _placed(pl.concat(contact), settings.by)


def _contact(found: pl.DataFrame) -> pl.DataFrame:
    """R-A1: with whom there was a two-way contact by each moment, and how much was said."""
    return (
        found.rename({"moment": "at"})
        .filter((pl.col("contacts") > 0) | (pl.col("human_messages") > 0))
        .sort("last_human", "last_pos", nulls_last=False)
        .group_by("o", "at", "a")
        .agg(
            pl.col("last_human", "last_pos").last(),
            pl.col("human_messages", "buyer_messages", "contacts", "answered_turns").sum(),
        )
        .filter((pl.col("contacts") > 0) & (pl.col("human_messages") > 0))
    )


def _placed(contact: pl.DataFrame, by: str) -> pl.DataFrame:
    """R-A2: ``last`` = the latest last message; ``rounds`` = most turns answered, then the latest."""
    order = ["last_human", "last_pos"] if by == "last" else ["answered_turns", "last_human", "last_pos"]
    ranked = contact.sort("o", "at", *order, descending=[False, False, *[True] * len(order)]).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("o", "at").alias("place")
    )
    best = ranked.filter(pl.col("place") == 1).select("o", "at", pl.col("answered_turns").alias("_best"))
    won = pl.col("place") == 1
    if by == "last":
        why = pl.when(won).then(pl.lit("latest")).otherwise(pl.lit("earlier"))
    else:
        fewer = pl.col("answered_turns") < pl.col("_best")
        why = (
            pl.when(won)
            .then(pl.lit("most_turns"))
            .when(fewer)
            .then(pl.lit("fewer_turns"))
            .otherwise(pl.lit("earlier"))
        )
    return ranked.join(best, on=["o", "at"], maintain_order="left").select(
        "o",
        pl.col("at").cast(pl.String),
        "a",
        "last_human",
        "human_messages",
        "buyer_messages",
        "answered_turns",
        "place",
        won.alias("won"),
        why.alias("why"),
    )


def judge(orders: pl.DataFrame, found: pl.DataFrame, judgment: str) -> pl.DataFrame:
    """R-A3: 落实 at each moment, combined into the four judgments; ``credited`` = the one the setting names."""
    won = found.filter("won")
    table = orders.select("o")
    for moment in MOMENTS:
        winner = won.filter(pl.col("at") == moment).select("o", pl.col("a").alias(moment))
        table = table.join(winner, on="o", how="left", maintain_order="left")
    judged = table.select(
        "o", *(pl.coalesce(moments).alias(column) for column, moments in JUDGMENTS.values())
    )
    return judged.with_columns(pl.col(JUDGMENTS[judgment][0]).alias("credited"))


def moved(judged: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """``judged`` with ``credited`` as accepted disputes have it, and ``original`` as judged. ``moves``: o, to."""
    found = judged.join(moves, on="o", how="left", maintain_order="left")
    return found.with_columns(
        pl.col("credited").alias("original"), pl.coalesce("to", "credited").alias("credited")
    ).drop("to")


# --- assists -----------------------------------------------------------------------------------------------------


def assists(
    orders: pl.DataFrame, consults: ConsultsByDay, index: ContactIndex, settings: Settings
) -> pl.DataFrame:
    """R-A6: 协助下单 (spoke before the order was placed) and 协助跟进 (after it), of all but the credited agent.

    ``orders``: those not excluded, with ``credited``. Out: o, a, kind, messages, last_ts."""
    placed = orders.select("b", "created", "created_day").unique().sort("b", "created")
    of_same = pl.col("b") == pl.col("b").shift(-1)
    following = pl.when(of_same).then(pl.col("created", "created_day").shift(-1)).name.prefix("next_")
    later = placed.select("b", "created", following)
    followed = pl.coalesce("paid_day", "created_day") + settings.follow_days
    rows = orders.join(later, on=["b", "created"], maintain_order="left").select(
        "o",
        *("b", "created", "created_day", "next_created", "credited"),
        pl.min_horizontal(followed, "next_created_day").alias(
            "last_day"
        ),  # nothing follows after the next one
    )
    pairs = consults.near(
        rows, pl.col("created_day") - settings.window_days, pl.max_horizontal("last_day", "created_day")
    )
    found = [_helped(near.filter(pl.col("a").ne_missing(pl.col("credited"))), index) for near in pairs]
    return pl.concat(found).sort("o", "a", "kind")


def _helped(near: pl.DataFrame, index: ContactIndex) -> pl.DataFrame:
    """R-A6 of orders beside consults."""
    placed = whole_second(pl.col("created"))
    before = index.up_to(near, placed)
    helped = before.filter((pl.col("day") <= pl.col("created_day")) & (pl.col("human_messages") > 0)).select(
        "o",
        "a",
        pl.lit("assist_order").alias("kind"),
        pl.col("human_messages").alias("messages"),
        pl.col("last_human").alias("last_ts"),
    )
    until = (
        pl.when(pl.col("next_created").is_not_null())
        .then((pl.col("next_created").dt.epoch("ms") - 1).floordiv(1000))
        .otherwise(_SECONDS - 1)
    )
    after = index.up_to(
        before.filter(
            (pl.col("day") >= pl.col("created_day")) & (pl.col("day") <= pl.col("last_day"))
        ).select("o", "a", "r", "next_created", pl.col("human_messages").alias("earlier")),
        until,
    )
    followed_up = after.filter(pl.col("human_messages") > pl.col("earlier")).select(
        "o",
        "a",
        pl.lit("assist_followup").alias("kind"),
        (pl.col("human_messages") - pl.col("earlier")).alias("messages"),
        pl.col("last_human").alias("last_ts"),
    )
    return (
        pl.concat([helped, followed_up])
        .group_by("o", "a", "kind")
        .agg(pl.col("messages").sum().cast(pl.Int64), pl.col("last_ts").max())
    )


# --- conservation ------------------------------------------------------------------------------------------------


def check_conservation(orders: pl.DataFrame, totals: pl.DataFrame) -> None:
    """R-A7: per shop and day paid, credited + silent + excluded = all paid, in fen and in orders, under each judgment.

    ``orders``: shop, paid_day, counted, excluded, the four judgments, and ``credited`` where disputes moved some (then
    it is checked as well). ``totals``: ``Bucket.paid_totals``, of the
    orders as read. Each part is summed from its own condition and the total comes from elsewhere, so an order that is
    credited *and* excluded, doubled or lost on the way is seen. Raises EvaluatorError."""
    columns = [column for column, _ in JUDGMENTS.values()]
    columns += ["credited"] if "original" in orders.columns else []
    sums = pl.concat([_accounted_for(rows, columns) for _, rows in slices(orders)])
    for column in columns:
        found = sums.group_by("shop", "paid_day").agg(
            pl.col(f"{column}.fen").sum().alias("fen_found"),
            pl.col(f"{column}.orders").sum().alias("orders_found"),
        )
        off = (
            totals.join(found, on=["shop", "paid_day"], how="full", coalesce=True)
            .with_columns(pl.col("fen", "orders", "fen_found", "orders_found").fill_null(0))
            .filter((pl.col("fen") != pl.col("fen_found")) | (pl.col("orders") != pl.col("orders_found")))
            .sort("shop", "paid_day")
        )
        if off.height:
            worst = off.row(0, named=True)
            raise EvaluatorError(
                f"守恒检查不通过（R-A7，{column}）：店铺 {worst['shop']} 有一天的 已归属＋静默＋不计 与全部付款相差 "
                f"{worst['fen_found'] - worst['fen']} 分、{worst['orders_found'] - worst['orders']} 单。"
                "这是程序错误，请勿使用本次结果。"
            )


def _accounted_for(orders: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """shop, paid_day → fen and orders that are credited, silent or excluded, by each of the columns."""
    left_out = pl.col("excluded").is_not_null()
    sums = []
    for column in columns:
        credited = pl.col(column).is_not_null()
        parts = [pl.col("counted").filter(part) for part in (credited, ~credited & ~left_out, left_out)]
        sums += [
            pl.sum_horizontal(p.sum() for p in parts).alias(f"{column}.fen"),
            pl.sum_horizontal(p.len().cast(pl.Int64) for p in parts).alias(f"{column}.orders"),
        ]
    paid = orders.lazy().filter(pl.col("paid_day").is_not_null())
    return paid.group_by("shop", "paid_day").agg(sums).collect()
