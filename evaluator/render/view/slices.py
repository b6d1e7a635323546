"""The month's tables cut by agent once, so that a page is a matter of look-ups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from evaluator.names import distinct
from evaluator.render.view import kpi
from evaluator.render.view.prepared import Prepared, day_expr
from evaluator.render.view.redact import Redactor, naming_tokens
from evaluator.render.view.talks import Key

ORDER_LIMIT = 300
ASSIST_LIMIT = 100
TALK_LIMIT = 20
SLOW_S = 120.0  # SPEC §7 slow_receptions

Record = dict[str, Any]


def consult_turns(data: Prepared) -> pl.DataFrame:
    """The period's turns of consults that were slow (> 120 s) or unanswered, with ``day``."""
    start, end = data.period
    filtered = (
        data.frame("receptions")
        .filter(pl.col("filtered").is_not_null())
        .select("shop", "buyer", "agent", "day")
    )
    return (
        data.frame("turns")
        .filter(
            (pl.col("outcome") == "unanswered")
            | ((pl.col("outcome") == "answered") & (pl.col("wait") > SLOW_S))
        )
        .with_columns(day_expr("opened", data.settings.day_start_s).alias("day"))
        .filter(pl.col("day").is_between(start, end, closed="left"))
        .join(filtered, on=["shop", "buyer", "agent", "day"], how="anti", maintain_order="left")
    )


def lost_receptions(data: Prepared) -> pl.DataFrame:
    """The period's receptions whose outcome is lost (R-I4), longest talks first."""
    start, end = data.period
    return (
        data.frame("receptions")
        .filter((pl.col("outcome") == "lost") & pl.col("day").is_between(start, end, closed="left"))
        .sort(
            "buyer_messages",
            "first_wait",
            "shop",
            "buyer",
            "day",
            descending=[True, True, False, False, False],
        )
    )


def top(frame: pl.DataFrame, by: str, limit: int) -> tuple[dict[str, list[Record]], dict[str, int]]:
    """The first ``limit`` rows of each value of ``by``, and how many there are."""
    counts = dict(frame.group_by(by).len().iter_rows())
    rows: dict[str, list[Record]] = {}
    for row in frame.group_by(by, maintain_order=True).head(limit).iter_rows(named=True):
        rows.setdefault(row[by], []).append(row)
    return rows, counts


def redactor(data: Prepared) -> Redactor:
    """Names, ids and accounts of everybody in the roster, accounts bound to nobody, every buyer's nick."""
    people: dict[str, set[str]] = {}
    roster = data.evaluation.month.tables["roster"].select("employee_id", "name", "account")
    for employee_id, name, account in roster.iter_rows():
        people.setdefault(employee_id, set()).update(naming_tokens(employee_id, [name], [account]))
    for agent in data.frame("receptions")["agent"].drop_nulls().unique().to_list():
        if agent not in people:
            people[agent] = naming_tokens(agent, [], [agent])
    shops = set(data.ids("shop"))  # a main account is often called as its shop: that names nobody
    people = {agent: tokens - shops for agent, tokens in people.items()}
    nicks = distinct(
        (data.frame(name)["buyer"] for name in ("receptions", "attribution")), data.evaluation.month.shelf
    )
    return Redactor(people, nicks, data.words.say)


def with_last_message(data: Prepared, orders: pl.DataFrame) -> pl.DataFrame:
    """The first ORDER_LIMIT orders of each credited agent with ``text``, his last message before the deciding
    time (R-A2); of several in that instant the last in the order of messages."""
    orders = orders.group_by("credited", maintain_order=True).head(ORDER_LIMIT)
    keys = orders.select(
        "shop", "buyer", pl.col("credited").alias("agent"), pl.col("last_human").alias("ts")
    ).unique()
    found = (
        data.evaluation.talk.of(keys)
        .lazy()
        .filter("is_human")
        .select("shop", "buyer", "agent", "ts", "text")
        .join(keys.lazy(), on=["shop", "buyer", "agent", "ts"], how="semi", maintain_order="left")
        .with_columns(pl.col("text").str.slice(0, 200))
        .collect()
        .unique(["shop", "buyer", "agent", "ts"], keep="last")
        .rename({"agent": "credited", "ts": "last_human"})
    )
    return orders.join(
        found, on=["shop", "buyer", "credited", "last_human"], how="left", maintain_order="left"
    )


def period_assists(data: Prepared) -> pl.DataFrame:
    """Assists on orders paid in the period, with the order's buyer, time and counted amount."""
    orders = data.orders.filter("in_period").select(
        "shop", "order_id", "buyer", "paid", "counted", "credited"
    )
    return (
        data.frame("assists")
        .join(orders, on=["shop", "order_id"], maintain_order="left")
        .sort("paid", "order_id", "agent", "kind")
    )


def _by_employee(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.employee_id, []).append(row)
    return found


class Slices:
    """``top`` rows by agent and how many there are, of each list that a page shows; redaction."""

    def __init__(self, data: Prepared) -> None:
        self.redactor = redactor(data)
        self.pay = _by_employee(data.evaluation.pay.lines)
        self.scores = _by_employee(data.evaluation.score_book.rows)
        self.topics = kpi.topics(data)
        wanted = pl.Series("who", data.employees, dtype=pl.String).implode()
        own = data.orders.filter(pl.col("in_period") & pl.col("credited").is_in(wanted))
        sums = own.group_by("credited").agg(pl.len(), pl.col("counted").sum())
        self.order_sums = {agent: (count, fen) for agent, count, fen in sums.iter_rows()}
        self.orders, _ = top(with_last_message(data, own.sort("paid", "order_id")), "credited", ORDER_LIMIT)
        self.disputes = data.frame("disputes").to_dicts() if data.has_disputes else []
        is_wanted = pl.col("agent").is_in(wanted)
        self.assists, self.assist_counts = top(period_assists(data).filter(is_wanted), "agent", ASSIST_LIMIT)
        self.lost, self.lost_counts = top(lost_receptions(data).filter(is_wanted), "agent", TALK_LIMIT)
        turns = consult_turns(data).filter(is_wanted)
        unanswered = turns.filter(pl.col("outcome") == "unanswered").sort("opened", "shop", "buyer")
        slow = turns.filter(pl.col("outcome") == "answered").sort("wait", "opened", descending=[True, False])
        self.unanswered, self.unanswered_counts = top(unanswered, "agent", TALK_LIMIT)
        self.slow, self.slow_counts = top(slow, "agent", TALK_LIMIT)

    def keys(self) -> Iterator[Key]:
        """Every (shop, buyer, day) of which a page shows messages."""
        for found in (self.lost, self.unanswered, self.slow):
            yield from ((r["shop"], r["buyer"], r["day"]) for rows in found.values() for r in rows)
