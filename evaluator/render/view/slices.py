"""The month's tables cut by agent once, so that a page is a matter of look-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import polars as pl

from evaluator.render.view import kpi
from evaluator.render.view.prepared import Prepared, day_expr
from evaluator.render.view.redact import Redactor, naming_tokens
from evaluator.render.view.talks import Key

ORDER_LIMIT = 300
ASSIST_LIMIT = 100
TALK_LIMIT = 20
SLOW_S = 120.0  # SPEC §7 slow_receptions

RECEPTION = ("shop", "buyer", "agent", "day")
_OF_ORDERS = (*("shop", "order_id", "buyer", "created", "paid", "counted", "credited", "decided"),)

Record = dict[str, Any]


class Troubled:
    """The period's conversations in which something went wrong, in parts of whole buyers: of a large month there are
    millions. ``turns`` of consults that were slow (> 120 s) or unanswered, with ``day``; receptions whose outcome is
    ``lost`` (R-I4)."""

    def __init__(self, data: Prepared) -> None:
        start, end = data.period
        inside = pl.col("day").is_between(start, end, closed="left")
        bad = (pl.col("outcome") == "unanswered") | (
            (pl.col("outcome") == "answered") & (pl.col("wait") > SLOW_S)
        )
        told = ("buyer_messages", "human_messages", "first_wait")
        is_lost = (pl.col("outcome") == "lost") & inside
        keep, self.turns, self.lost = (
            data.evaluation.month.shelf.keep,
            list[pl.DataFrame](),
            list[pl.DataFrame](),
        )
        for receptions, turns in data.evaluation.parts("receptions", "turns"):
            unseen = receptions.filter(pl.col("filtered").is_not_null()).select(RECEPTION)
            found = (
                turns.filter(bad)
                .with_columns(day_expr("opened", data.settings.day_start_s).alias("day"))
                .filter(inside)
                .join(unseen, on=RECEPTION, how="anti", maintain_order="left")
            )
            self.turns.append(keep(found))
            self.lost.append(keep(receptions.filter(is_lost).select(*RECEPTION, *told)))


def foremost(
    frame: pl.DataFrame, first: str, limit: int, descending: bool, by: str | None = None
) -> pl.DataFrame:
    """Those that can be among the first ``limit`` (of each ``by``) when sorted by ``first`` and whatever comes then:
    few, so that sorting costs nothing."""
    rank = pl.col(first).rank("min", descending=descending)
    return frame.filter((rank.over(by) if by else rank) <= limit)


def foremost_of(
    parts: Iterable[pl.DataFrame], first: str, limit: int, descending: bool, by: str
) -> tuple[pl.DataFrame, Counter[str]]:
    """``foremost`` of all parts together, and how many rows there are of each value of ``by``."""
    found, count = [], Counter[str]()
    for part in parts:
        count.update(dict(part.group_by(by).len().iter_rows()))
        found.append(foremost(part, first, limit, descending, by))
    return pl.concat(found), count


def top(frame: pl.DataFrame, by: str, limit: int) -> dict[str, list[Record]]:
    """The first ``limit`` rows of each value of ``by``."""
    rows: dict[str, list[Record]] = {}
    for row in frame.group_by(by, maintain_order=True).head(limit).iter_rows(named=True):
        rows.setdefault(row[by], []).append(row)
    return rows


def redactor(data: Prepared) -> Redactor:
    """Names, ids and accounts of everybody in the roster, accounts bound to nobody, and buyers' nicks."""
    people: dict[str, set[str]] = {}
    roster = data.evaluation.month.tables["roster"].select("employee_id", "name", "account")
    for employee_id, name, account in roster.iter_rows():
        people.setdefault(employee_id, set()).update(naming_tokens(employee_id, [name], [account]))
    for (receptions,) in data.evaluation.parts("receptions"):
        for agent in receptions["agent"].unique().drop_nulls().to_list():
            if agent not in people:
                people[agent] = naming_tokens(agent, [], [agent])
    shops = set(data.ids("shop"))  # a main account is often called as its shop: that names nobody
    people = {agent: tokens - shops for agent, tokens in people.items()}
    return Redactor(people, lambda words: _nicks(data, words), data.words.say)


def _nicks(data: Prepared, words: Collection[str]) -> set[str]:
    """Which of the words are a buyer's nick."""
    asked, found = pl.Series(list(words), dtype=pl.String).implode(), set[str]()
    for name in ("receptions", "attribution"):
        for (rows,) in data.evaluation.parts(name):
            found.update(rows.filter(pl.col("buyer").is_in(asked))["buyer"].to_list())
    return found


def with_last_message(data: Prepared, orders: pl.DataFrame) -> pl.DataFrame:
    """The first ORDER_LIMIT orders of each credited agent with their evidence and ``text``, his last message before the
    deciding time (R-A2); of several in that instant the last in the order of messages."""
    orders = orders.group_by("credited", maintain_order=True).head(ORDER_LIMIT)
    orders = data.with_winner(orders, data.candidates(orders))
    keys = ["shop", "buyer", "credited", "last_human"]
    asked = orders.select(keys).rename({"credited": "agent", "last_human": "ts"}).drop_nulls().unique()
    said = data.evaluation.talk.said(asked).rename({"agent": "credited", "ts": "last_human"})
    said = said.with_columns(pl.col("text").str.slice(0, 200))
    return orders.join(said, on=keys, how="left", maintain_order="left")


def _by_employee(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.employee_id, []).append(row)
    return found


class Slices:
    """``top`` rows by agent and how many there are, of each list that a page shows; redaction."""

    def __init__(self, data: Prepared, troubled: Troubled) -> None:
        self.redactor = redactor(data)
        self.pay = _by_employee(data.evaluation.pay.lines)
        self.scores = _by_employee(data.evaluation.score_book.rows)
        self.topics = kpi.topics(data)
        wanted = pl.Series("who", data.employees, dtype=pl.String).implode()
        is_mine = pl.col("in_period") & pl.col("credited").is_in(wanted)
        keep = data.evaluation.month.shelf.keep
        own = [keep(part.filter(is_mine).select(_OF_ORDERS)) for part in data.orders]
        fen = pl.concat(part.group_by("credited").agg(pl.col("counted").sum()) for part in own)
        fen = fen.group_by("credited").agg(pl.col("counted").sum())
        first, count = foremost_of(own, "paid", ORDER_LIMIT, descending=False, by="credited")
        self.order_sums = {agent: (count[agent], counted) for agent, counted in fen.iter_rows()}
        first = with_last_message(data, first.sort("paid", "order_id"))
        self.orders = top(first, "credited", ORDER_LIMIT)
        self.disputes = data.frame("disputes").to_dicts() if data.has_disputes else []
        is_wanted = pl.col("agent").is_in(wanted)
        assists, self.assist_counts = foremost_of(
            (part.filter(is_wanted) for part in data.period_assists), "paid", ASSIST_LIMIT, False, "agent"
        )
        self.assists = top(assists.sort("paid", "order_id", "agent", "kind"), "agent", ASSIST_LIMIT)
        self._talks(troubled, is_wanted)
        data.evaluation.month.shelf.rest()

    def _talks(self, troubled: Troubled, is_wanted: pl.Expr) -> None:
        parts = (part.filter(is_wanted) for part in troubled.lost)
        lost, self.lost_counts = foremost_of(parts, "buyer_messages", TALK_LIMIT, True, "agent")
        lost = lost.sort(
            *("buyer_messages", "first_wait", "shop", "buyer", "day"),
            descending=[True, True, False, False, False],
        )
        self.lost = top(lost, "agent", TALK_LIMIT)
        parts = (part.filter(is_wanted, pl.col("outcome") == "unanswered") for part in troubled.turns)
        unanswered, self.unanswered_counts = foremost_of(parts, "opened", TALK_LIMIT, False, "agent")
        self.unanswered = top(unanswered.sort("opened", "shop", "buyer"), "agent", TALK_LIMIT)
        parts = (part.filter(is_wanted, pl.col("outcome") == "answered") for part in troubled.turns)
        slow, self.slow_counts = foremost_of(parts, "wait", TALK_LIMIT, True, "agent")
        self.slow = top(slow.sort("wait", "opened", descending=[True, False]), "agent", TALK_LIMIT)

    def texts(self) -> Iterator[tuple[str, str, str | None]]:
        """What the agents said last before their orders, as ``Redactor.hide`` gets it."""
        for agent, rows in self.orders.items():
            yield from ((row["text"], agent, row["buyer"]) for row in rows if row["text"])

    def keys(self) -> Iterator[Key]:
        """Every (shop, buyer, day) of which a page shows messages."""
        for found in (self.lost, self.unanswered, self.slow):
            yield from ((r["shop"], r["buyer"], r["day"]) for rows in found.values() for r in rows)
