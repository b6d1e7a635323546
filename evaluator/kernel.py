"""The kernel: from some buyers, coded, to all facts of SPEC §3 to §6. Pure: columns in, columns out.

messages ─ conversation ─▶ turns, receptions ─ filters ─▶ consults ─ attribution ─▶ credits, assists
                                                          └ inquiry ─▶ labels, outcomes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from evaluator.attribution import (
    Attribution,
    ContactIndex,
    assists,
    candidates,
    excluded,
    judge,
    moved,
)
from evaluator.conversation import (
    BUYER,
    HUMAN,
    Conversation,
    converse,
    reception_key,
    replies,
    services,
    session_turns,
    sessions,
)
from evaluator.filters import BuyerLists, apply_filters
from evaluator.inquiry import inquiries, outcomes
from evaluator.near import PAIRS, ConsultsByDay
from evaluator.prepare import Part
from evaluator.settings import Settings
from evaluator.shelf import slices

if TYPE_CHECKING:
    from evaluator.metrics.tally import Counted


@dataclass(frozen=True)
class Facts:
    """All that is known of some buyers, coded. Times Datetime(ms), waits ms, money fen, days Int32.

    ``receptions``  as of ``Conversation`` without key, plus r, filtered, consult, label, outcome
    ``turns``       as of ``Conversation`` without key and pos, plus r, b, a, day, consult, filtered turns included
    ``session_turns``: None unless some figure asks
    ``sessions``, ``services``, ``service_parts``, ``replies``, ``robot_replies``, ``inquiries``: see their makers
    ``orders``      Part.orders plus excluded, the judgments, credited (and original, where there are disputes)
    ``candidates``, ``assists``: see ``Attribution``
    """

    receptions: pl.DataFrame
    turns: pl.DataFrame
    session_turns: pl.DataFrame | None
    sessions: pl.DataFrame
    services: pl.DataFrame
    service_parts: pl.DataFrame
    replies: pl.DataFrame
    robot_replies: pl.DataFrame
    inquiries: pl.DataFrame
    orders: pl.DataFrame
    candidates: pl.DataFrame
    assists: pl.DataFrame
    chases: pl.DataFrame

    @property
    def counted(self) -> Counted | None:
        """What was counted bucket by bucket; None: nothing."""
        return None

    @property
    def parts(self) -> tuple[FactsOfBuyers, ...]:
        """The same in parts of whole buyers, in their order."""
        return (FactsOfBuyers(self),)


@dataclass(frozen=True)
class FactsOfBuyers:
    """Facts of the buyers, or of the orders of nobody, whose codes are ``first`` to ``end``, exclusive; None: of all.
    ``made``: those of the period that figures were counted from, where they were counted by buyers."""

    facts: Facts
    codes: tuple[int, int] | None = None
    made: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def mine(self) -> pl.Expr:
        """Whose code ``b`` is one of theirs."""
        b = pl.col("b")
        return b.is_not_null() if self.codes is None else (b >= self.codes[0]) & (b < self.codes[1])


@dataclass(frozen=True)
class Context:
    """What holds for every part alike: settings, agents who may be credited, the last day with order data."""

    settings: Settings
    creditable: pl.Series | None
    covered: int | None
    by_session: bool = False  # some figure needs the turns by session
    moves: pl.DataFrame | None = None  # o, to: whom accepted disputes credit; None: a month without disputes


def analyze(part: Part, lists: BuyerLists, items: pl.DataFrame | None, context: Context) -> Facts:
    """SPEC §3 to §6 for some buyers. Assists by order, agent and kind; candidates by order, moment and place."""
    settings = context.settings
    messages = part.messages.with_columns(reception_key().alias("key"))
    conversation = converse(messages, part.transfers)
    receptions = _marked(apply_filters(conversation.receptions, part.orders, lists, settings))
    orders = part.orders.join(
        excluded(part.orders, items, lists.internal, settings), on="o", maintain_order="left"
    )
    consults = receptions.filter("consult")
    credit = _attribute(orders, consults, conversation, context)
    orders = orders.join(credit.orders, on="o", maintain_order="left")
    counted = orders.filter(pl.col("excluded").is_null() & (pl.col("b") >= 0))
    found, converting = inquiries(consults, counted, context.covered, settings)
    ends = outcomes(consults, found, converting, orders.select("o", "credited"))
    receptions = receptions.join(ends, on="r", how="left", maintain_order="left")
    by_time = _by_time(messages, receptions, settings)
    return Facts(
        receptions=receptions.drop("key"),
        turns=of_receptions(
            conversation.turns.drop("pos"),
            receptions.select("key", "r", "b", "a", "day", "consult", "filtered"),
        ).drop("key"),
        session_turns=_session_turns(conversation, receptions, context),
        sessions=sessions(_talk(conversation, receptions), settings.session_gap_s),
        services=by_time.services,
        service_parts=by_time.parts,
        replies=by_time.replies.drop("key"),
        robot_replies=robot_replies(messages, receptions),
        inquiries=found,
        orders=orders,
        candidates=credit.candidates,
        assists=credit.assists,
        chases=chases(conversation, receptions, counted, settings),
    )


def of_receptions(rows: pl.DataFrame, receptions: pl.DataFrame) -> pl.DataFrame:
    """The rows of these ``receptions`` (sorted by ``key``) with their columns, in the order of the rows. Rows of one
    reception mostly follow each other, so it is looked up once a run of them."""
    keys, own = rows["key"].to_numpy(), receptions["key"].to_numpy()
    if not len(keys) or not len(own):
        return rows.join(receptions, on="key", maintain_order="left")
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    found = np.minimum(np.searchsorted(own, keys[begins]), len(own) - 1)
    found[own[found] != keys[begins]] = -1
    place = np.repeat(found, np.diff(begins, append=len(keys)))
    known = place >= 0
    if not known.all():
        rows, place = rows.filter(pl.Series(known)), place[known]
    return rows.hstack(receptions.drop("key")[place.astype(np.uint32)])


def _marked(receptions: pl.DataFrame) -> pl.DataFrame:
    """R-C2: numbers the receptions (``r``) and marks consults."""
    consult = (
        pl.col("filtered").is_null()
        & ~pl.col("is_robot")
        & ((pl.col("buyer_messages") > 0) | (pl.col("transfer_turns") > 0))
    )
    return receptions.with_row_index("r").with_columns(consult.alias("consult"))


def _attribute(
    orders: pl.DataFrame, consults: pl.DataFrame, conversation: Conversation, context: Context
) -> Attribution:
    """R-A1 to R-A3, R-A6. Excluded orders and those of nobody have no candidates; a dispute may credit the latter."""
    linked = orders.filter(pl.col("excluded").is_null() & (pl.col("b") >= 0))
    of_buyers = consults.select("key", "r", "b", "a", "day")
    of_buyers = of_buyers.join(linked, on="b", how="semi", maintain_order="left")
    events = of_receptions(conversation.events, of_buyers.select("key", "r"))
    index, where = ContactIndex(events), ConsultsByDay(of_buyers.drop("key"))
    found = candidates(linked, where, index, context.creditable, context.settings)
    judged = judge(orders, found, context.settings.judgment)
    if context.moves is not None:
        kept = orders.filter(pl.col("excluded").is_null()).select("o")
        judged = moved(judged, context.moves.join(kept, on="o", how="semi"))
    helped = assists(
        linked.join(judged.select("o", "credited"), on="o", maintain_order="left"),
        where,
        index,
        context.settings,
    )
    return Attribution(judged, found, helped)


def _talk(conversation: Conversation, receptions: pl.DataFrame) -> pl.DataFrame:
    """Buyer and human messages of unfiltered human-side receptions, sorted by (b, a, ts, pos)."""
    counts = receptions.filter(pl.col("filtered").is_null() & ~pl.col("is_robot")).select(
        "key", "b", "a", "day", "consult"
    )
    said = conversation.events.lazy().filter(pl.col("what").is_in([BUYER, HUMAN]))
    return of_receptions(said.select("key", "ts", "what").collect(), counts)


class _ByTime(NamedTuple):
    services: pl.DataFrame
    parts: pl.DataFrame
    replies: pl.DataFrame


def _by_time(messages: pl.DataFrame, receptions: pl.DataFrame, settings: Settings) -> _ByTime:
    """R-C8, R-C10: from the same messages sorted by (b, ts, pos), as the coded messages are."""
    unfiltered = pl.col("filtered").is_null() & ~pl.col("is_robot")
    counts = receptions.filter(unfiltered).select("key", "consult")
    what = pl.when(pl.col("human")).then(HUMAN).otherwise(BUYER).cast(pl.Int8).alias("what")
    said = messages.lazy().filter(pl.col("buyer_msg") | pl.col("human"))
    talk = of_receptions(said.select("key", "b", "a", "day", "ts", what).collect(), counts)
    return _ByTime(*services(talk, settings.session_gap_s), replies(talk))


def robot_replies(messages: pl.DataFrame, receptions: pl.DataFrame) -> pl.DataFrame:
    """Buyer messages of unfiltered receptions in which a robot spoke, robots' own and agents': b, day, ts, ``wait``: ms
    until the robot's next message there, null if there is none. From messages sorted by (b, ts, pos)."""
    spoke = pl.col("robot_after_buyer") | (pl.col("is_robot") & (pl.col("buyer_messages") > 0))
    where = receptions.lazy().filter(pl.col("filtered").is_null() & spoke).select("key")
    said = messages.lazy().filter(pl.col("buyer_msg") | pl.col("robot"))
    said = said.select("key", "b", "day", "ts", "buyer_msg", "robot")
    talk = said.join(where, on="key", how="semi", maintain_order="left").collect()
    answer = pl.when("robot").then("ts").backward_fill().over("key")
    asked = talk.with_columns((answer - pl.col("ts")).dt.total_milliseconds().alias("wait"))
    return asked.filter("buyer_msg").select("b", "day", "ts", "wait")


def _session_turns(
    conversation: Conversation, receptions: pl.DataFrame, context: Context
) -> pl.DataFrame | None:
    """Turns by session, where some figure asks for them."""
    if not context.by_session:
        return None
    counts = receptions.filter(pl.col("filtered").is_null() & ~pl.col("is_robot")).select(
        "key", "b", "a", "day"
    )
    events = of_receptions(conversation.events, counts)
    return session_turns(events, conversation.turns, context.settings.session_gap_s)


def chases(
    conversation: Conversation, receptions: pl.DataFrame, orders: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """催付 (SPEC §7 ``chased``): receptions (consults or agent-only ones) with a human message at which an order of the
    buyer was created and unpaid: b, a, day, paid (such an order was then paid by ``day + window_days``)."""
    eligible = receptions.filter(
        ~pl.col("is_robot")
        & (pl.col("human_messages") > 0)
        & (pl.col("filtered").is_null() | (pl.col("filtered") == "agent_only"))
    )
    eligible = eligible.select("key", "b", "a", "day")
    open_orders = orders.select("b", "created", "created_day", "paid", "paid_day")
    asked = eligible.join(open_orders, on="b", how="semi").select("key")
    spoken = conversation.events.filter(pl.col("what") == HUMAN).join(asked, on="key", how="semi")
    while_open = (pl.col("ts") >= pl.col("created")) & (
        pl.col("paid").is_null() | (pl.col("ts") < pl.col("paid"))
    )
    in_time = (pl.col("paid_day") <= pl.col("day") + settings.window_days).fill_null(False)
    last = pl.col("paid_day").fill_null(int(eligible["day"].max() or 0))  # type: ignore[arg-type]
    at_once = 4 * PAIRS * eligible.height // max(spoken.height, 1) + 1  # each pair meets all that was said
    hits = [
        pairs.join(spoken.select("key", "ts"), on="key")
        .filter(while_open)
        .group_by("key")
        .agg(pl.col("b", "a", "day").first(), in_time.any().alias("paid"))
        for near in ConsultsByDay(eligible).near(open_orders, pl.col("created_day"), last)
        for _, pairs in slices(near, at_once)
    ]
    found = pl.concat(hits).group_by("key").agg(pl.col("b", "a", "day").first(), pl.col("paid").any())
    return found.sort("key").drop("key")
