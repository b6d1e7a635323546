"""Facts of receptions, turns, sessions and inquiries (SPEC §1 "Scope of tables"): those that look at one buyer at a
time, so that some buyers' are made without the others, in a bucket of the month or in a task on another machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from evaluator.kernel import Facts

LONG_RECEPTION_MS, SLOW_TURN_MS, SLOW_TURNS = 1800_000, 120_000, 3
FOLLOW_UP = pl.duration(hours=72)
_RECEPTION = ("r", "b", "a", "s", "day")  # what every fact of a reception begins with


class OfBuyers(Protocol):
    """The facts of some buyers and what is asked of them: ``inside``: whether a business day counts; ``with_shop``:
    adds ``s`` for ``b``; ``last_message``: the month's, of any kind but transfers."""

    @property
    def facts(self) -> Facts: ...

    @property
    def last_message(self) -> datetime | None: ...

    def inside(self, day: str = "day") -> pl.Expr: ...

    def with_shop(self, rows: pl.DataFrame) -> pl.DataFrame: ...


@dataclass(frozen=True)
class BucketView:
    """``OfBuyers`` of one bucket in its own codes. ``shops``: shop code by buyer; ``first``, ``end``: business days."""

    facts: Facts
    shops: pl.Series
    first: int
    end: int
    last_message: datetime | None

    def inside(self, day: str = "day") -> pl.Expr:
        return pl.col(day).is_between(self.first, self.end - 1)

    def with_shop(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(self.shops.gather(rows["b"]).alias("s"))


def consults(view: OfBuyers) -> pl.DataFrame:
    """Consults of the period: R-C2 with flags, outcomes (R-I4) and counts."""
    slow_turn = (pl.col("outcome") == "unanswered") | (pl.col("wait") > SLOW_TURN_MS).fill_null(False)
    slow = (
        view.facts.turns.lazy()
        .filter(pl.col("consult") & slow_turn)
        .group_by("r")
        .len()
        .filter(pl.col("len") >= SLOW_TURNS)
        .select("r", pl.lit(True).alias("slow"))
    )
    spoken = (pl.col("end") - pl.col("start")).dt.total_milliseconds().sum()
    long = (
        view.facts.sessions.lazy()
        .group_by("b", "a", "day")
        .agg(spoken.alias("talk_ms"))
        .filter(pl.col("talk_ms") >= LONG_RECEPTION_MS)
        .select("b", "a", "day", pl.lit(True).alias("long"))
    )
    rows = (
        view.facts.receptions.lazy()
        .filter(pl.col("consult") & view.inside())
        .join(slow, on="r", how="left", maintain_order="left")
        .join(long, on=["b", "a", "day"], how="left", maintain_order="left")
        .collect()
    )
    return view.with_shop(rows).select(
        *_RECEPTION,
        "transferred_in",
        "transferred_out",
        "human_messages",
        "buyer_messages",
        "chars",
        (pl.col("answered") > 0).alias("replied"),
        pl.col("slow", "long").fill_null(False),
        *(
            (pl.col("outcome") == o).fill_null(False).alias(o)
            for o in ("won", "lost", "assist", "passed", "immature")
        ),
    )


def turns(view: OfBuyers) -> pl.DataFrame:
    """Turns of the period's consults; ``first``: the reception's first."""
    rows = view.facts.turns.filter(pl.col("consult") & view.inside())
    return view.with_shop(rows).select(
        *_RECEPTION,
        "opened",
        "wait",
        "outcome",
        (pl.col("r") != pl.col("r").shift(1)).fill_null(True).alias("first"),
    )


def replies(view: OfBuyers) -> pl.DataFrame:
    """Buyer messages of the period's consults with ``reply_wait`` (R-C8)."""
    return view.with_shop(view.facts.replies.filter(view.inside()))


def sessions(view: OfBuyers) -> pl.DataFrame:
    """Sessions that begin in the period."""
    return view.with_shop(view.facts.sessions.filter(view.inside()))


def session_turns(view: OfBuyers) -> pl.DataFrame:
    rows = view.facts.session_turns
    assert rows is not None, "asked of the kernel by Context.by_session"
    return view.with_shop(rows.filter(view.inside()))


def chases(view: OfBuyers) -> pl.DataFrame:
    return view.with_shop(view.facts.chases.filter(view.inside()))


def inquiries(view: OfBuyers) -> pl.DataFrame:
    """Inquiries (R-I3) of the period, nobody's: for the shop's own rate."""
    rows = view.facts.inquiries.filter(view.inside() & (pl.col("label") == "inquiry") & pl.col("mature"))
    return view.with_shop(rows).with_columns(pl.lit(None, pl.Int32).alias("a"))


def contact_days(view: OfBuyers) -> pl.DataFrame:
    """Shop's reply rate: unfiltered receptions with what counts as asked and as replied, robots included."""
    rows = view.facts.receptions.filter(pl.col("filtered").is_null() & view.inside())
    asked = pl.col("consult") | (pl.col("is_robot") & (pl.col("buyer_messages") > 0))
    replied = (pl.col("consult") & (pl.col("answered") > 0)) | pl.col("robot_after_buyer")
    return view.with_shop(rows).select(
        "b", "s", "day", pl.lit(None, pl.Int32).alias("a"), asked.alias("asked"), replied.alias("replied")
    )


def services(view: OfBuyers) -> pl.DataFrame:
    """R-C10 services that begin on an after-sale buyer-day of the period, one row for each agent with a part in it and
    one of nobody; ``good``: no other service within 72 h that the buyer begins."""
    return _services(view, pl.col("end") + FOLLOW_UP <= pl.lit(view.last_message))


def young_services(view: OfBuyers) -> pl.DataFrame:
    """Those that end so late that the 72 h are not over with the data."""
    return _services(view, pl.col("end") + FOLLOW_UP > pl.lit(view.last_message))


def _services(view: OfBuyers, chosen: pl.Expr) -> pl.DataFrame:
    after_sale = view.facts.inquiries.lazy().filter(pl.col("label") == "after_sale").select("b", "day")
    runs = view.facts.services.lazy()
    own = runs.filter(view.inside() & chosen).join(after_sale, on=["b", "day"], how="semi").collect()
    begun = (
        runs.filter("by_buyer")
        .join(own.lazy(), on="b", how="semi")
        .select("b", pl.col("start").alias("next_start"))
        .sort("next_start")
        .collect()
    )
    later = pl.col("next_start").is_null() | (pl.col("next_start") > pl.col("end") + FOLLOW_UP)
    rows = (
        own.sort("end")
        .join_asof(
            begun,
            left_on="end",
            right_on="next_start",
            by="b",
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .select("v", "b", later.alias("good"))
        .sort("v")
    )
    parts = pl.concat(
        [
            rows.join(view.facts.service_parts, on="v", maintain_order="left_right").select(
                "v", "b", "good", "a"
            ),
            rows.select("v", "b", "good", pl.lit(None, pl.Int32).alias("a")),
        ]
    )
    return view.with_shop(parts).sort("v", "a", nulls_last=True)


#: By name.
def robot_replies(view: OfBuyers) -> pl.DataFrame:
    """Buyer messages in the period's receptions in which a robot spoke, nobody's (``kernel.robot_replies``)."""
    asked = view.facts.robot_replies.filter(view.inside())
    return view.with_shop(asked.with_columns(pl.lit(None, pl.Int32).alias("a")))


BUILDERS: dict[str, Callable[[OfBuyers], pl.DataFrame]] = {
    f.__name__: f
    for f in (
        *(consults, turns, replies, sessions, session_turns, chases, inquiries, contact_days),
        *(services, young_services, robot_replies),
    )
}
