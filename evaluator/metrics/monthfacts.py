"""The facts of the period, ready to be measured (SPEC §1 "Scope of tables"): KPI count the period only.

Each fact is a frame with ``a`` (agent code, null: nobody's), ``s`` (shop code) and its columns; it is made
when a figure first asks for it. Waits are ms, money fen, days Int32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import polars as pl

from evaluator.buyers import with_codes
from evaluator.kernel import Facts
from evaluator.metrics.measures import Scopes
from evaluator.model import MonthData, Profile, ReviewItem
from evaluator.prepare import Bucket
from evaluator.roster import Roster, day_of
from evaluator.settings import Settings
from evaluator.shelf import Shelf
from evaluator.tables import TABLES

Hours = tuple[str, str] | None
LONG_RECEPTION_MS, SLOW_TURN_MS, SLOW_TURNS = 1800_000, 120_000, 3
FOLLOW_UP = pl.duration(hours=72)
DERIVED = ("turns", "days")  # facts of buyers that depend on options begin so, then ":"
DEADLINES = ("due", "promised")  # times that are to come, of some tables


def clock(text: str) -> int:
    """ "23:00" in seconds after midnight; "24:00" is the end of the day."""
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def within(ts: str, hours: Hours) -> pl.Expr:
    """``[from, to)`` of the clock on ``ts``; None: always."""
    if hours is None:
        return pl.lit(True)
    second = pl.col(ts).dt.epoch("ms").floordiv(1000) % 86400
    return (second >= clock(hours[0])) & (second < clock(hours[1]))


def milliseconds(seconds: object) -> int:
    return int(Decimal(str(seconds)) * 1000)


@dataclass
class PeriodView:
    """What the facts are made from. ``first`` and ``end``: business days of the period, end exclusive."""

    month: MonthData
    bucket: Bucket
    facts: Facts
    roster: Roster
    profiles: dict[str, Profile]
    scopes: Scopes
    first: int
    end: int
    covered: int | None
    items: pl.DataFrame | None  # order_items with ``o``

    @cached_property
    def online(self) -> tuple[pl.DataFrame, list[ReviewItem]]:
        """Parsed on-line intervals and notes on them (``carefacts.online_intervals``)."""
        from evaluator.metrics.carefacts import online_intervals

        return online_intervals(self)

    @cached_property
    def refunds(self) -> pl.DataFrame:
        """Refunds joined to their orders, once for all facts (``orderfacts.refunds``)."""
        from evaluator.metrics.orderfacts import refunds

        return refunds(self)

    def last_human(self, account: str, after_ms: int) -> int | None:
        """Time of the account's last human message, if at or after a moment, ms since 1970."""
        last = self.bucket.last_human.get(account)
        if last is None:
            return None
        ms = (last - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
        return ms if ms >= after_ms else None

    @cached_property
    def last_day(self) -> int:
        """The last business day of which the data knows something: of ``orders_through`` and of all times that some
        table gives, but for those that were only to come."""
        settings = self.month.config.settings
        moments = [self.bucket.last_message]
        for name, table in self.month.tables.items():
            if name != "messages":
                times = [c.name for c in TABLES[name].columns if c.kind == "time" and c.name not in DEADLINES]
                moments += [table[c].max() for c in times]  # type: ignore[misc]
        known = pl.Series([m for m in moments if m is not None], dtype=pl.Datetime("ms"))
        days = pl.select(day_of(pl.lit(known), settings.day_start_s)).to_series().to_list()
        through = settings.orders_through
        return max([*days, (through - date(1970, 1, 1)).days] if through else days, default=self.end - 1)

    def data_end(self) -> pl.Expr:
        """The moment at which ``last_day`` ends."""
        begin = datetime(1970, 1, 1) + timedelta(seconds=self.month.config.settings.day_start_s)
        return pl.lit(begin + timedelta(days=self.last_day + 1), pl.Datetime("ms"))

    def dated(self, table: str, ts: str = "ts") -> pl.DataFrame:
        """The rows of a table with ``day`` = the business day of ``ts``."""
        start = self.month.config.settings.day_start_s
        return self.month.tables[table].with_columns(day_of(pl.col(ts), start).alias("day"))

    def inside(self, day: str = "day") -> pl.Expr:
        return pl.col(day).is_between(self.first, self.end - 1)

    def with_shop(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``s`` for ``b``."""
        return rows.with_columns(self.bucket.codes.of_buyer("s"))

    def shop_codes(self) -> pl.DataFrame:
        return pl.DataFrame(
            {"shop": self.scopes.shops, "s": range(len(self.scopes.shops))},
            schema={"shop": pl.String, "s": pl.Int16},
        )

    def agent_codes(self) -> pl.DataFrame:
        return pl.DataFrame(
            {"agent": self.scopes.agents, "a": range(len(self.scopes.agents))},
            schema={"agent": pl.String, "a": pl.Int32},
        )

    def bound(self, rows: pl.DataFrame, day: str = "day") -> pl.DataFrame:
        """Adds ``a`` and ``robot_acct`` for ``account`` on ``day``: also accounts that the messages never show."""
        days = rows.select("account", pl.col(day).alias("day")).drop_nulls().unique()
        bindings = self.roster.bind(days).join(self.agent_codes(), on="agent", how="left")
        robot = pl.col("robot_role") | pl.col("account").is_in(self.bucket.robot_senders.implode())
        return rows.join(
            bindings.select("account", pl.col("day").alias(day), "a", robot.alias("robot_acct")),
            on=["account", day],
            how="left",
            maintain_order="left",
        )

    def buyers_of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``b`` to rows with shop, buyer, day (ratings, escalations); null where nobody of that name
        talked or bought."""
        return with_codes(self.bucket.identities.by_chat(rows), self.bucket.codes.buyers)


def consults(view: PeriodView) -> pl.DataFrame:
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
        "r",
        "b",
        "a",
        "s",
        "day",
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


def turns(view: PeriodView) -> pl.DataFrame:
    """Turns of the period's consults; ``first``: the reception's first."""
    rows = view.facts.turns.filter(pl.col("consult") & view.inside())
    return view.with_shop(rows).select(
        "r",
        "b",
        "a",
        "s",
        "day",
        "opened",
        "wait",
        "outcome",
        (pl.col("r") != pl.col("r").shift(1)).fill_null(True).alias("first"),
    )


def replies(view: PeriodView) -> pl.DataFrame:
    """Buyer messages of the period's consults with ``reply_wait`` (R-C8)."""
    return view.with_shop(view.facts.replies.filter(view.inside()))


def sessions(view: PeriodView) -> pl.DataFrame:
    """Sessions that begin in the period."""
    return view.with_shop(view.facts.sessions.filter(view.inside()))


def session_turns(view: PeriodView) -> pl.DataFrame:
    rows = view.facts.session_turns
    assert rows is not None, "asked of the kernel by Context.by_session"
    return view.with_shop(rows.filter(view.inside()))


def chases(view: PeriodView) -> pl.DataFrame:
    return view.with_shop(view.facts.chases.filter(view.inside()))


def inquiries(view: PeriodView) -> pl.DataFrame:
    """Inquiries (R-I3) of the period, nobody's: for the shop's own rate."""
    rows = view.facts.inquiries.filter(view.inside() & (pl.col("label") == "inquiry") & pl.col("mature"))
    return view.with_shop(rows).with_columns(pl.lit(None, pl.Int32).alias("a"))


def contact_days(view: PeriodView) -> pl.DataFrame:
    """Shop's reply rate: unfiltered receptions with what counts as asked and as replied, robots included."""
    rows = view.facts.receptions.filter(pl.col("filtered").is_null() & view.inside())
    asked = pl.col("consult") | (pl.col("is_robot") & (pl.col("buyer_messages") > 0))
    replied = (pl.col("consult") & (pl.col("answered") > 0)) | pl.col("robot_after_buyer")
    return view.with_shop(rows).select(
        "b", "s", "day", pl.lit(None, pl.Int32).alias("a"), asked.alias("asked"), replied.alias("replied")
    )


def robot_replies(view: PeriodView) -> pl.DataFrame:
    """Buyer messages in the period's receptions in which a robot spoke, nobody's (``kernel.robot_replies``)."""
    asked = view.facts.robot_replies.filter(view.inside())
    return view.with_shop(asked.with_columns(pl.lit(None, pl.Int32).alias("a")))


def services(view: PeriodView) -> pl.DataFrame:
    """R-C10 services that begin on an after-sale buyer-day of the period, one row for each agent with a part in it and
    one of nobody; ``good``: no other service within 72 h that the buyer begins."""
    return _services(view, pl.col("end") + FOLLOW_UP <= pl.lit(view.bucket.last_message))


def young_services(view: PeriodView) -> pl.DataFrame:
    """Those that end so late that the 72 h are not over with the data."""
    return _services(view, pl.col("end") + FOLLOW_UP > pl.lit(view.bucket.last_message))


def _services(view: PeriodView, chosen: pl.Expr) -> pl.DataFrame:
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


Builder = Callable[["MonthFacts"], pl.DataFrame]


class MonthFacts(Mapping[str, pl.DataFrame]):
    """Facts by name, each made once, when first asked for. Some are made from others. ``parts``: the same of some
    buyers at a time, each with whose they are; a fact that one of these can make is made there."""

    def __init__(
        self,
        builders: Mapping[str, Builder],
        scopes: Scopes,
        settings: Settings,
        shelf: Shelf | None = None,
        parts: Sequence[tuple[Mapping[str, Builder], pl.Expr]] = (),
    ) -> None:
        self.scopes, self.settings = scopes, settings
        self._builders, self._shelf = dict(builders), shelf or Shelf()
        self._made: dict[str, pl.DataFrame] = {}
        self._parts = [_PartFacts(self, own, mine) for own, mine in parts]

    def add(self, name: str, builder: Builder) -> str:
        """Registers a fact that depends on options; the same name is the same fact. One that is made from facts of
        buyers is one, too."""
        self._builders.setdefault(name, builder)
        if name.partition(":")[0] in DERIVED:
            for part in self._parts:
                part.add(name, builder)
        return name

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._made:
            pieces = [part[name] for part in self._parts if part.makes(name)]
            self._made[name] = pl.concat(pieces) if pieces else self._kept(name)
        return self._made[name]

    def _kept(self, name: str) -> pl.DataFrame:
        made = self._shelf.keep(self._builders[name](self))
        self._shelf.rest()
        return made

    def pieces(self, name: str) -> Iterator[pl.DataFrame]:
        """A fact, of some buyers at a time where it is made so."""
        own: list[MonthFacts] = [part for part in self._parts if part.makes(name)]
        for facts in own or [self]:
            yield facts[name]
            self._shelf.rest()

    def close(self) -> None:
        """Keeps the facts that were made and lets go of the month they were made from."""
        self._made = {name: self[name] for name in self}
        self._builders.clear()
        self._parts.clear()

    def __iter__(self) -> Iterator[str]:
        """Names of the facts made so far."""
        names = {name for part in self._parts for name in part} | self._made.keys()
        return iter(sorted(names))

    def __len__(self) -> int:
        return len(list(iter(self)))


class _PartFacts(MonthFacts):
    """Facts of some buyers; of those that are made for all at once, the rows of these buyers."""

    def __init__(self, whole: MonthFacts, builders: Mapping[str, Builder], mine: pl.Expr) -> None:
        super().__init__(builders, whole.scopes, whole.settings, whole._shelf)
        self._whole, self._mine = whole, mine

    def makes(self, name: str) -> bool:
        return name in self._builders

    def __getitem__(self, name: str) -> pl.DataFrame:
        if not self.makes(name):
            return self._whole[name].filter(self._mine)
        if name not in self._made:
            self._made[name] = self._kept(name)
        return self._made[name]
