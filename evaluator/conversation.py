"""Conversations (SPEC §4): turns, receptions, sessions, services, message replies.

A reception is known by one integer, ``key`` = (buyer, agent, day): sorting by it groups its rows, so that all
rules here are linear scans over sorted columns. Input and output columns are coded (see ``prepare``).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

AGENT_BITS, DAY_BITS = 17, 19
DAY_OFFSET = 1 << (DAY_BITS - 1)  # business days before 1970 are possible, if odd

BUYER, HUMAN, LEAVES, ARRIVES = 0, 1, 2, 3  # what an event is


def reception_key(agent: str = "a") -> pl.Expr:
    """(b, agent, day) in one Int64 that sorts like the three."""
    b, a, day = pl.col("b").cast(pl.Int64), pl.col(agent).cast(pl.Int64), pl.col("day").cast(pl.Int64)
    return b * (1 << (AGENT_BITS + DAY_BITS)) + a * (1 << DAY_BITS) + day + DAY_OFFSET


def key_parts() -> list[pl.Expr]:
    """``b``, ``a``, ``day`` back from ``key``."""
    key = pl.col("key")
    return [
        (key // (1 << (AGENT_BITS + DAY_BITS))).cast(pl.Int32).alias("b"),
        (key // (1 << DAY_BITS) % (1 << AGENT_BITS)).cast(pl.Int32).alias("a"),
        (key % (1 << DAY_BITS) - DAY_OFFSET).cast(pl.Int32).alias("day"),
    ]


@dataclass(frozen=True)
class Conversation:
    """What §4 makes of the messages, before any filter.

    ``receptions``  one row a reception, sorted by ``key`` (columns: see ``_receptions``)
    ``turns``       key, pos, opened, replied (null unless answered), wait (ms), outcome, by_transfer
    ``events``      buyer and human messages, leaving and arriving transfers of human-side receptions, sorted by
                    (key, ts, pos, what): key, ts, pos, what, starts (a turn), ends (a turn)
    """

    receptions: pl.DataFrame
    turns: pl.DataFrame
    events: pl.DataFrame


def converse(messages: pl.DataFrame, moves: pl.DataFrame) -> Conversation:
    """R-C1 to R-C6, R-C11: receptions and turns of all messages. ``messages``: coded, with ``key``; ``moves``: coded
    transfers."""
    transfers = moves.with_columns(
        reception_key().alias("key"),
        pl.when(~pl.col("to_robot")).then(reception_key("to_a")).alias("to_key"),  # to a robot: only closes
    )
    robots = _robot_receptions(messages, transfers)
    events = _events(messages, transfers, robots)
    events = _scan(events.with_columns(_fired(events, transfers)))
    turns = _turns(events)
    return Conversation(_receptions(messages, transfers, turns, robots), turns, events)


def _robot_receptions(messages: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """R-C1: keys of receptions whose accounts are all robots."""
    rows = [
        messages.lazy().filter(pl.col("robot_acct")).select("key").unique(),
    ]
    people = pl.concat(
        [
            messages.lazy().filter(~pl.col("robot_acct")).select("key"),
            transfers.lazy().filter(pl.col("to_key").is_not_null()).select(pl.col("to_key").alias("key")),
        ]
    )
    return rows[0].join(people.unique(), on="key", how="anti").collect()


def _events(messages: pl.DataFrame, transfers: pl.DataFrame, robots: pl.DataFrame) -> pl.DataFrame:
    """What may open or close a turn, in reception order. ``t``: row of the transfer, of arrivals and departures."""
    columns = ["key", "ts", "pos", "what", "courtesy", "t"]
    what = pl.when(pl.col("human")).then(HUMAN).otherwise(BUYER).cast(pl.Int8)
    talk = (
        messages.lazy()
        .filter(pl.col("buyer_msg") | pl.col("human"))
        .select("key", "ts", "pos", what.alias("what"), "courtesy", pl.lit(None, pl.UInt32).alias("t"))
        .join(robots.lazy(), on="key", how="anti", maintain_order="left")
        .collect()
    )
    moves = transfers.with_row_index("t").with_columns(pl.lit(False).alias("courtesy"))
    leaves = moves.with_columns(pl.lit(LEAVES, pl.Int8).alias("what"))
    arrives = moves.with_columns(pl.col("to_key").alias("key"), pl.lit(ARRIVES, pl.Int8).alias("what"))
    moves = pl.concat([leaves.select(columns), arrives.select(columns)]).drop_nulls("key")
    moves = moves.join(robots, on="key", how="anti")
    moved = pl.col("key").is_in(moves["key"].unique().implode())
    # Messages come in the order of time: only those of receptions with transfers must be sorted in among these.
    mixed = pl.concat([talk.filter(moved), moves]).sort("ts", "pos", "what")
    events = pl.concat([talk.filter(~moved), mixed])
    nearly = events["key"].to_numpy().argsort(kind="stable")  # talk is: a stable sort has little to do
    return events[nearly.astype("uint32")]


def _first_of_key() -> pl.Expr:
    return (pl.col("key") != pl.col("key").shift(1)).fill_null(True)


def _open_before(opens: pl.Expr, closes: pl.Expr) -> pl.Expr:
    """Whether a turn is open when the row comes: the last opener or closer before it in its reception."""
    after = (
        pl.when(opens).then(True).when(closes).then(False).when(_first_of_key()).then(False).forward_fill()
    )
    return pl.when(_first_of_key()).then(False).otherwise(after.shift(1))


def _scan(events: pl.DataFrame) -> pl.DataFrame:
    """R-C3, R-C4, R-C11: adds ``open``, ``starts``, ``ends`` to events that know their ``fired``."""
    what = pl.col("what")
    closes = what.is_in([HUMAN, LEAVES])
    opens = (what == BUYER) | ((what == ARRIVES) & pl.col("fired"))
    if events["courtesy"].any():
        # Before the first answered turn courtesies open turns like any message, so a pass without R-C11 finds it.
        answered = (pl.col("open") & (what == HUMAN)).cast(pl.Int32).cum_sum().over("key") > 0
        events = events.with_columns(_open_before(opens, closes).alias("open")).with_columns(
            answered.alias("_answered")
        )
        opens = opens & ~(pl.col("courtesy") & pl.col("_answered"))
    return events.with_columns(_open_before(opens, closes).alias("open")).with_columns(
        (opens & ~pl.col("open")).alias("starts"), (closes & pl.col("open")).alias("ends")
    )


def _fired(events: pl.DataFrame, transfers: pl.DataFrame) -> pl.Series:
    """R-C4: which arrivals open a turn (Boolean per event): those whose giver had a turn open or is a robot.

    A giver's open turn may itself come from an earlier transfer, so this is repeated until nothing changes; each
    pass settles at least one more transfer of every buyer, in the order of time."""
    robot = transfers["from_robot"]
    if not transfers.height:
        return pl.Series("fired", [False] * events.height, dtype=pl.Boolean)
    touched = events.with_columns(key_parts()[0]).join(transfers.select("b").unique(), on="b", how="semi")
    fired = robot
    while True:
        scanned = _scan(touched.with_columns(fired.gather(touched["t"]).fill_null(False).alias("fired")))
        gave = scanned.filter((pl.col("what") == LEAVES) & pl.col("open"))["t"]
        again = robot | pl.Series(range(transfers.height), dtype=pl.UInt32).is_in(gave.implode())
        if (again == fired).all():
            return fired.gather(events["t"]).fill_null(False).alias("fired")
        fired = again


def _turns(events: pl.DataFrame) -> pl.DataFrame:
    """R-C3: each start with the end that follows it in its reception, if any."""
    edges = (
        events.lazy()
        .filter(pl.col("starts") | pl.col("ends"))
        .with_columns(
            pl.col("key").shift(-1).alias("next_key"),
            pl.col("ends").shift(-1).alias("next_ends"),
            pl.col("ts").shift(-1).alias("next_ts"),
            pl.col("what").shift(-1).alias("next_what"),
        )
    )
    ended = (pl.col("next_key") == pl.col("key")) & pl.col("next_ends")
    answered = (ended & (pl.col("next_what") == HUMAN)).fill_null(False)
    outcome = (
        pl.when(answered)
        .then(pl.lit("answered"))
        .when(ended)
        .then(pl.lit("transferred"))
        .otherwise(pl.lit("unanswered"))
    )
    return (
        edges.filter("starts")
        .select(
            "key",
            "pos",
            pl.col("ts").alias("opened"),
            pl.when(answered).then("next_ts").alias("replied"),
            pl.when(answered).then((pl.col("next_ts") - pl.col("ts")).dt.total_milliseconds()).alias("wait"),
            outcome.alias("outcome"),
            (pl.col("what") == ARRIVES).alias("by_transfer"),
        )
        .collect()
    )


def _receptions(
    messages: pl.DataFrame, transfers: pl.DataFrame, turns: pl.DataFrame, robots: pl.DataFrame
) -> pl.DataFrame:
    """R-C1: one row a reception with at least one buyer message, human message or turn.

    Out: key, b, a, day, is_robot, buyer_messages, human_messages, auto_messages, chars, words,
    first_buyer (ts), robot_after_buyer, turns, answered, wait_sum, first_wait (ms), transfer_turns,
    first_transfer_turn (ts), transferred_in, transferred_out."""
    counts = [
        "buyer_messages",
        "human_messages",
        "auto_messages",
        "chars",
        "words",
        "turns",
        "answered",
        "wait_sum",
        "transfer_turns",
    ]
    return (
        _talk_of(messages)
        .join(_turns_of(turns), on="key", how="full", coalesce=True)
        .with_columns(pl.col(counts).fill_null(0).cast(pl.Int64))
        .filter((pl.col("buyer_messages") > 0) | (pl.col("human_messages") > 0) | (pl.col("turns") > 0))
        .join(_came(transfers), on="key", how="left")
        .join(_first_words(messages, transfers), on="key", how="left")
        .join(_went(transfers), on="key", how="left")
        .join(_served_by_robot(messages), on="key", how="left")
        .join(robots.lazy().with_columns(pl.lit(True).alias("is_robot")), on="key", how="left")
        .with_columns(
            _came_first().alias("transferred_in"),
            pl.col("transferred_out", "is_robot", "robot_after_buyer").fill_null(False),
        )
        .sort("key")
        .with_columns(key_parts())
        .drop("first_pos", "first_ts", "in_ts", "in_pos")
        .collect()
    )


def _talk_of(messages: pl.DataFrame) -> pl.LazyFrame:
    """What was said in each reception."""
    buyer, human = pl.col("buyer_msg"), pl.col("human")
    return (
        messages.lazy()
        .group_by("key")
        .agg(
            buyer.sum().alias("buyer_messages"),
            human.sum().alias("human_messages"),
            pl.col("auto").sum().alias("auto_messages"),
            pl.col("chars").sum(),
            pl.col("words").sum(),
            pl.when(buyer).then("ts").min().alias("first_buyer"),
        )
    )


def _first_words(messages: pl.DataFrame, transfers: pl.DataFrame) -> pl.LazyFrame:
    """The first buyer or human message of the receptions to which somebody was transferred."""
    rows = messages.lazy().filter(pl.col("buyer_msg") | pl.col("human"))
    return (
        rows.join(_came(transfers).select("key"), on="key", how="semi", maintain_order="left")
        .group_by("key", maintain_order=True)
        .agg(pl.col("pos").first().alias("first_pos"), pl.col("ts").first().alias("first_ts"))
    )


def _turns_of(turns: pl.DataFrame) -> pl.LazyFrame:
    """R-C3, R-C6: the turns of each reception."""
    return (
        turns.lazy()
        .group_by("key", maintain_order=True)
        .agg(
            pl.len().alias("turns"),
            (pl.col("outcome") == "answered").sum().alias("answered"),
            pl.col("wait").sum().alias("wait_sum"),
            pl.col("wait").first().alias("first_wait"),
            pl.col("by_transfer").sum().alias("transfer_turns"),
            pl.col("opened").filter(pl.col("by_transfer")).first().alias("first_transfer_turn"),
        )
    )


def _came(transfers: pl.DataFrame) -> pl.LazyFrame:
    """R-C4: when the first transfer to each reception came."""
    return (
        transfers.lazy()
        .filter(pl.col("to_a").is_not_null())
        .select(
            reception_key("to_a").alias("key"), pl.col("ts").alias("in_ts"), pl.col("pos").alias("in_pos")
        )
        .sort("in_ts", "in_pos")
        .group_by("key", maintain_order=True)
        .first()
    )


def _went(transfers: pl.DataFrame) -> pl.LazyFrame:
    """R-C4 ``transferred_out``: to another agent, a robot or nobody named; never to himself."""
    return (
        transfers.lazy()
        .filter(pl.col("key").is_not_null() & (pl.col("to_a") != pl.col("a")).fill_null(True))
        .select("key")
        .unique()
        .with_columns(pl.lit(True).alias("transferred_out"))
    )


def _came_first() -> pl.Expr:
    """R-C4 ``transferred_in``: the transfer came before any buyer or human message."""
    return pl.col("in_ts").is_not_null() & (
        pl.col("first_ts").is_null()
        | (pl.col("in_ts") < pl.col("first_ts"))
        | ((pl.col("in_ts") == pl.col("first_ts")) & (pl.col("in_pos") < pl.col("first_pos")))
    )


def _served_by_robot(messages: pl.DataFrame) -> pl.LazyFrame:
    """Whether a robot's message came after one of the buyer, where robots speak at all: a running maximum in every
    reception would be slow."""
    robots = messages.lazy().filter("robot").select("key").unique()
    spoken = messages.lazy().join(robots, on="key", how="semi")
    after_buyer = pl.col("robot") & pl.col("buyer_msg").cum_max()
    return spoken.group_by("key").agg(after_buyer.any().alias("robot_after_buyer"))


def _begins(other: pl.Expr, gap_s: int) -> pl.Expr:
    """Whether a run of messages begins with the row: after a longer gap, or where it is of ``other`` than the last."""
    gap = (pl.col("ts") - pl.col("ts").shift(1)).dt.total_milliseconds() > gap_s * 1000
    return (other | gap).fill_null(True)


def _other(column: str) -> pl.Expr:
    return pl.col(column) != pl.col(column).shift(1)


#: The last row of a run whose first row ``begins``. Runs are known by their first and last rows: no grouping.
_ENDS = pl.col("begins").shift(-1).fill_null(True)


def sessions(talk: pl.DataFrame, gap_s: int) -> pl.DataFrame:
    """R-C7 from ``talk`` = buyer and human messages of unfiltered human-side receptions (key, b, a, day, ts, what),
    sorted by (b, a, ts, pos). Out: b, a, start, end, day (of the first message), buyer_messages, human_messages, n."""
    counts = {"buyer_messages": BUYER, "human_messages": HUMAN}
    so_far = [(pl.col("what") == what).cast(pl.Int64).cum_sum().alias(n) for n, what in counts.items()]
    rows = talk.with_columns(_begins(_other("b") | _other("a"), gap_s).alias("begins"), *so_far)
    last = rows.filter(_ENDS).select(
        pl.col("ts").alias("end"), *(pl.col(c) - pl.col(c).shift(1, fill_value=0) for c in counts)
    )
    first = rows.filter("begins").select("b", "a", "day", pl.col("ts").alias("start"))
    return first.with_row_index("n", offset=1).hstack(last)


def services(talk: pl.DataFrame, gap_s: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """R-C10 from ``talk`` sorted by (b, ts, pos): (services: v, b, day, start, end, by_buyer (first message is
    his); parts: v, a — the agents with a human message in it)."""
    rows = talk.with_columns(_begins(_other("b"), gap_s).alias("begins"))
    rows = rows.with_columns(pl.col("begins").cast(pl.UInt32).cum_sum().alias("v"))
    found = rows.filter("begins").select("v", "b", "day", pl.col("ts").alias("start"), "what")
    ends, by_buyer = rows.filter(_ENDS)["ts"].alias("end"), (pl.col("what") == BUYER).alias("by_buyer")
    spoke = rows.filter(pl.col("what") == HUMAN).select("v", "a")
    turns = spoke.filter((_other("v") | _other("a")).fill_null(True))  # far fewer, in the same order
    return (
        found.select("v", "b", "day", "start", ends, by_buyer),
        turns.unique(maintain_order=True),
    )


def replies(talk: pl.DataFrame) -> pl.DataFrame:
    """R-C8 from ``talk`` sorted by (b, ts, pos): buyer messages of consults (``consult``) with
    ``reply_wait`` (ms; null: none) to the
    first later human message of any agent to that buyer on the same business day."""
    day_change = (
        (pl.col("b") != pl.col("b").shift(-1)) | (pl.col("day") != pl.col("day").shift(-1))
    ).fill_null(True)
    human_at = pl.when(pl.col("what") == HUMAN).then(pl.col("ts").dt.epoch("ms"))
    upcoming = human_at.shift(-1)  # the next row's, where it is of the same buyer and day
    next_human = pl.when(day_change).then(-1).otherwise(upcoming).backward_fill()
    return (
        talk.lazy()
        .with_columns(next_human.alias("_next"))
        .filter((pl.col("what") == BUYER) & pl.col("consult"))
        .select(
            "key",
            "b",
            "a",
            "day",
            "ts",
            pl.when(pl.col("_next") >= 0)
            .then(pl.col("_next") - pl.col("ts").dt.epoch("ms"))
            .alias("reply_wait"),
        )
        .collect()
    )


def session_turns(events: pl.DataFrame, turns: pl.DataFrame, gap_s: int) -> pl.DataFrame:
    """The turns of each session of R-C7: a turn belongs to the session in which it opens. One opened by a transfer
    opens in a session if it comes between two messages of it.

    ``events``: those of unfiltered human-side receptions with b, a, day, sorted by (b, a, ts, pos, what). Out: b, a,
    day (of the session), n, opened, wait, outcome."""
    is_talk = pl.col("what").is_in([BUYER, HUMAN])
    rows = events.filter(is_talk | ((pl.col("what") == ARRIVES) & pl.col("starts"))).with_columns(
        is_talk.alias("talk")
    )
    before = [
        pl.when("talk").then(c).forward_fill().shift(1).alias(name)
        for c, name in (("ts", "last_ts"), ("b", "last_b"), ("a", "last_a"))
    ]
    gap = (pl.col("ts") - pl.col("last_ts")).dt.total_milliseconds() > gap_s * 1000
    same = (pl.col("b") == pl.col("last_b")) & (pl.col("a") == pl.col("last_a"))
    numbered = (
        rows.with_columns(before)
        .with_columns((pl.col("talk") & (~same | gap).fill_null(True)).cast(pl.UInt32).cum_sum().alias("n"))
        .with_columns(
            pl.when("talk").then("n").backward_fill().alias("next_n"),
            pl.col("day").first().over("n").alias("session_day"),
        )
    )
    inside = numbered.filter(pl.col("starts") & (pl.col("next_n") == pl.col("n")))
    return (
        inside.select("key", "pos", "b", "a", "n", pl.col("session_day").alias("day"))
        .join(
            turns.select("key", "pos", "opened", "wait", "outcome"), on=["key", "pos"], maintain_order="left"
        )
        .drop("key", "pos")
    )
