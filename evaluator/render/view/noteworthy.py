"""Conversations to look at, those with the most valuable buyers first: lost, unanswered, slow and long ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from evaluator.alike import parts_alike
from evaluator.render.sheet import show
from evaluator.render.text import visible
from evaluator.render.view.prepared import Prepared, day_expr
from evaluator.render.view.slices import RECEPTION, SLOW_S, Record, Troubled, foremost
from evaluator.render.view.talks import Key, Line, Message, Talk, Talks

TALK_LIMIT = 30
EXCERPT_LINES = 40
LONG_S = 1800  # SPEC §7 long_receptions
BUYER = ["shop", "buyer"]
#: Most valuable first.
VALUE = ("fen", "unpaid")


@dataclass(frozen=True)
class TalkList:
    """``talks``: the first of ``total``."""

    title: str
    note: str
    talks: list[Talk]
    total: int


def turn_talks(turns: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """Receptions with turns that were slow (``answered``) or had no answer (``unanswered``): their number ``bad``, and
    the worst of them."""
    longest = ["wait", "opened"] if outcome == "answered" else ["opened"]
    return (
        turns.filter(pl.col("outcome") == outcome)
        .sort(longest, descending=[True, False] if outcome == "answered" else [False])
        .group_by(RECEPTION, maintain_order=True)
        .agg(pl.len().alias("bad"), pl.col("opened", "replied", "wait").first())
    )


def long_talks(data: Prepared) -> list[pl.DataFrame]:
    """Receptions whose sessions last LONG_S together: ``talk_s``."""
    start, end = data.period
    took = (pl.col("end") - pl.col("start")).dt.total_milliseconds().sum() / 1000
    found = []
    for sessions, receptions in data.evaluation.parts("sessions", "receptions"):
        talks = (
            sessions.filter(pl.col("day").is_between(start, end, closed="left"))
            .group_by(RECEPTION)
            .agg(took.alias("talk_s"), pl.col("buyer_messages", "human_messages").sum())
            .filter(pl.col("talk_s") >= LONG_S)
        )
        consults = receptions.filter(pl.col("label").is_not_null())
        found.append(talks.join(consults, on=RECEPTION, how="semi"))
    return found


def buyer_orders(data: Prepared) -> pl.DataFrame:
    """What was ordered in the period, without excluded orders: shop, buyer, amount, ``is_paid``."""
    start, end = data.period
    ordered = day_expr("created", data.settings.day_start_s).is_between(start, end, closed="left")
    return pl.concat(
        data.evaluation.month.shelf.keep(
            part.filter(ordered & pl.col("excluded").is_null() & pl.col("buyer").is_not_null()).select(
                *BUYER, "amount", pl.col("paid").is_not_null().alias("is_paid")
            )
        )
        for (part,) in data.evaluation.parts("attribution")
    )


def buyer_values(orders: pl.DataFrame) -> pl.DataFrame:
    """What each buyer ordered, paid or not, in fen: shop, buyer, unpaid, paid, fen."""
    amount = pl.col("amount")
    return (
        orders.group_by(BUYER)
        .agg(
            amount.filter(~pl.col("is_paid")).sum().alias("unpaid"),
            amount.filter("is_paid").sum().alias("paid"),
        )
        .with_columns((pl.col("unpaid") + pl.col("paid")).alias("fen"))
    )


def most_valuable(data: Prepared, lists: Sequence[tuple[pl.DataFrame, str]]) -> list[list[Record]]:
    """The first TALK_LIMIT of each list (rows, and by what they stand out): the most valuable buyers first, then what
    stands out most."""
    shelf = data.evaluation.month.shelf
    asked = pl.concat(
        shelf.keep(rows.select(BUYER).with_row_index("row").select(pl.lit(n).alias("list"), "row", *BUYER))
        for n, (rows, _) in enumerate(lists)
    )
    first: list[list[pl.DataFrame]] = [[] for _ in lists]
    for own, orders in parts_alike("buyer", asked, buyer_orders(data), shelf):
        worth = own.join(buyer_values(orders), on=BUYER, how="left").with_columns(
            pl.col("unpaid", "paid", "fen").fill_null(0)
        )
        for n, (rows, by) in enumerate(lists):
            few = foremost(worth.filter(pl.col("list") == n), VALUE[0], TALK_LIMIT, descending=True)
            found = rows[few["row"]].hstack(few.select("unpaid", "paid", "fen"))
            first[n].append(_most_valuable(found, by))
        shelf.rest()
    return [_most_valuable(pl.concat(few), by).to_dicts() for few, (_, by) in zip(first, lists, strict=True)]


def _most_valuable(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    descending = [True] * (len(VALUE) + 1) + [False] * len(RECEPTION)
    return rows.sort(*VALUE, by, *RECEPTION, descending=descending, nulls_last=True).head(TALK_LIMIT)


class TeamLists:
    """The first TALK_LIMIT of each list, and how many there are."""

    def __init__(self, data: Prepared, troubled: Troubled) -> None:
        keep = data.evaluation.month.shelf.keep
        silent, slow = (
            pl.concat(keep(turn_talks(turns, outcome)) for turns in troubled.turns)
            for outcome in ("unanswered", "answered")
        )
        lost, long = pl.concat(troubled.lost), pl.concat(keep(part) for part in long_talks(data))
        lists = ((lost, "buyer_messages"), (silent, "bad"), (slow, "wait"), (long, "talk_s"))
        self.totals = [rows.height for rows, _ in lists]
        self.lost, self.silent, self.slow, self.long = most_valuable(data, lists)

    def keys(self) -> Iterator[Key]:
        """Every (shop, buyer, day) of which the page shows messages."""
        for rows in (self.lost, self.silent, self.slow, self.long):
            yield from ((r["shop"], r["buyer"], r["day"]) for r in rows)

    def shown(self, data: Prepared, talks: Talks) -> list[TalkList]:
        """The lists with their excerpts."""
        say = data.words.say
        limit = f"{SLOW_S:.0f}"
        heads = (
            (say("流失的询单"), say("到期仍没有成交的询单")),
            (say("未应答"), say("当日没有等到客服消息")),
            (say("慢响应"), say("有等待超过 {limit} 秒的轮次，列出最久的一轮", limit=limit)),
            (say("长接待"), say("会话时间合计 30 分钟以上")),
        )
        lists = (
            [_whole(data, talks, r, _lost(data, r)) for r in self.lost],
            [_turn(data, talks, r, _silent(data, r)) for r in self.silent],
            [_turn(data, talks, r, _slow(data, r)) for r in self.slow],
            [_whole(data, talks, r, _long(data, r)) for r in self.long],
        )
        return [
            TalkList(title, note, found, total)
            for (title, note), found, total in zip(heads, lists, self.totals, strict=True)
        ]


# ---- one conversation ------------------------------------------------------------------------------------
def _head(data: Prepared, row: Record, when: str) -> str:
    shop = f"{visible(row['shop'])} / " if len(data.ids("shop")) > 1 else ""
    return f"{when}　{data.name(row['agent'])}　{shop}{visible(row['buyer'])}"


def _value(data: Prepared, row: Record) -> str:
    """What the buyer ordered, in words."""
    say = data.words.say
    parts = [
        say(text, yuan=show(row[key] / 100, "money"))
        for key, text in (("unpaid", "下单未付 {yuan} 元"), ("paid", "下单已付 {yuan} 元"))
        if row[key]
    ]
    return say("，").join(parts) or say("没有下单")


def _lost(data: Prepared, row: Record) -> str:
    say, counts = data.words.say, {"buyer": row["buyer_messages"], "agent": row["human_messages"]}
    if row["first_wait"] is None:
        return say("买家 {buyer} 条，客服 {agent} 条，首轮未应答", **counts)
    return say(
        "买家 {buyer} 条，客服 {agent} 条，首次响应 {wait} 秒", wait=f"{row['first_wait']:,.0f}", **counts
    )


def _silent(data: Prepared, row: Record) -> str:
    return data.words.say("{n} 轮未应答", n=row["bad"])


def _slow(data: Prepared, row: Record) -> str:
    return data.words.say("最久等待 {wait} 秒，共 {n} 轮慢", wait=f"{row['wait']:,.0f}", n=row["bad"])


def _long(data: Prepared, row: Record) -> str:
    minutes, counts = f"{row['talk_s'] / 60:,.0f}", (row["buyer_messages"], row["human_messages"])
    return data.words.say(
        "{minutes} 分钟，买家 {buyer} 条，客服 {agent} 条", minutes=minutes, buyer=counts[0], agent=counts[1]
    )


def _whole(data: Prepared, talks: Talks, row: Record, facts: str) -> Talk:
    key = (row["shop"], row["buyer"], row["day"])
    return _talk(data, talks, row, f"{row['day']:%m-%d}", facts, talks.day(key))


def _turn(data: Prepared, talks: Talks, row: Record, facts: str) -> Talk:
    opened: datetime = row["opened"]
    key = (row["shop"], row["buyer"], row["day"])
    messages = talks.around(key, opened, row["replied"], before=4, after=12)
    return _talk(data, talks, row, f"{opened:%m-%d %H:%M:%S}", facts, messages)


def _talk(data: Prepared, talks: Talks, row: Record, when: str, facts: str, messages: list[Message]) -> Talk:
    lines = talks.lines(messages[:EXCERPT_LINES], lambda m: data.name(m.agent) or "—", lambda text: text)
    if len(messages) > EXCERPT_LINES:
        lines += (Line("", "…", "event", data.words.say("此处列前 {n} 条消息", n=EXCERPT_LINES)),)
    return Talk(_head(data, row, when), data.words.say("，").join((_value(data, row), facts)), lines)
