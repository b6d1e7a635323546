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
from evaluator.metrics.measures import Scopes, Sums
from evaluator.metrics.tally import Tally
from evaluator.model import MonthData, Profile, ReviewItem
from evaluator.prepare import Bucket
from evaluator.roster import Roster, day_of
from evaluator.settings import Settings
from evaluator.shelf import Shelf, slices
from evaluator.tables import TABLES

Hours = tuple[str, str] | None
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

    @property
    def last_message(self) -> datetime | None:
        return self.bucket.last_message

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
        return self._dated(self.month.tables[table], ts)

    def dated_slices(self, table: str) -> Iterator[pl.DataFrame]:
        """The same, of a table of millions of rows."""
        for _, rows in slices(self.month.tables[table], self.month.shelf.limits.slice_rows):
            yield self._dated(rows, "ts")
            self.month.shelf.rest()

    def _dated(self, rows: pl.DataFrame, ts: str) -> pl.DataFrame:
        return rows.with_columns(day_of(pl.col(ts), self.month.config.settings.day_start_s).alias("day"))

    def labels(self, rows: pl.DataFrame) -> pl.Series:
        """The label of each row's inquiry (``b``, ``day``), null where there is none; looked up among some buyers'
        inquiries at a time."""
        asked = rows.select("b", "day").with_row_index("row")
        found = [
            asked.filter(part.mine()).join(part.facts.inquiries.select("b", "day", "label"), on=["b", "day"])
            for part in self.facts.parts
        ]
        known = pl.concat(part.select("row", "label") for part in found)
        return asked.select("row").join(known, on="row", how="left", maintain_order="left")["label"]

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


Builder = Callable[["MonthFacts"], pl.DataFrame]


@dataclass(frozen=True)
class FactsOfPart:
    """What makes the facts of some buyers. ``mine``: of a row, whether it is theirs; ``made``: those that are made."""

    builders: Mapping[str, Builder]
    mine: pl.Expr
    made: Mapping[str, pl.DataFrame]


class MonthFacts(Mapping[str, pl.DataFrame]):
    """Facts by name, each made once, when first asked for. Some are made from others. ``parts``: the same of some
    buyers at a time; a fact that one of these can make is made there. ``tally``: what was counted before."""

    def __init__(
        self,
        builders: Mapping[str, Builder],
        scopes: Scopes,
        settings: Settings,
        shelf: Shelf | None = None,
        parts: Sequence[FactsOfPart] = (),
        tally: Tally | None = None,
    ) -> None:
        self.scopes, self.settings = scopes, settings
        self._builders, self._shelf = dict(builders), shelf or Shelf()
        self._made: dict[str, pl.DataFrame] = {}
        self._parts = [_PartFacts(self, part) for part in parts]
        self._tally = tally

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
            in_parts = self._makes_in_parts(name)
            self._made[name] = pl.concat(p[name] for p in self._parts) if in_parts else self._kept(name)
        return self._made[name]

    def _makes_in_parts(self, name: str) -> bool:
        return any(part.makes(name) for part in self._parts)  # all of them, or none

    def _kept(self, name: str) -> pl.DataFrame:
        made = self._shelf.keep(self._builders[name](self))
        self._shelf.rest()
        return made

    def pieces(self, name: str) -> Iterator[pl.DataFrame]:
        """A fact, of some buyers at a time where it is made so."""
        return (facts[name] for facts in (self.parts() if self._makes_in_parts(name) else [self]))

    def counted(self, what: str) -> Sums | None:
        """What was counted before, of all buyers, by scope; None: nothing."""
        return self._tally.of(what) if self._tally else None

    def parts(self) -> Iterator[MonthFacts]:
        """The facts of some buyers at a time; of a fact that knows buyers, their rows."""
        own: list[MonthFacts] = [*self._parts]
        for facts in own or [self]:
            yield facts
            self._shelf.rest()

    def close(self) -> None:
        """Keeps the facts that were made and lets go of the month they were made from."""
        self._made = {name: self[name] for name in self}
        for facts in (self, *self._parts):
            facts._builders.clear()

    def __iter__(self) -> Iterator[str]:
        """Names of the facts made so far."""
        names = {name for part in self._parts for name in part} | self._made.keys()
        return iter(sorted(names))

    def __len__(self) -> int:
        return len(list(iter(self)))


class _PartFacts(MonthFacts):
    """Facts of some buyers; of those that are made for all at once, the rows of these buyers."""

    def __init__(self, whole: MonthFacts, part: FactsOfPart) -> None:
        super().__init__(part.builders, whole.scopes, whole.settings, whole._shelf)
        self._whole, self._mine = whole, part.mine
        self._made |= part.made

    def makes(self, name: str) -> bool:
        return name in self._builders or name in self._made

    def __getitem__(self, name: str) -> pl.DataFrame:
        if not self.makes(name):
            return self._whole[name].filter(self._mine)
        if name not in self._made:
            self._made[name] = self._kept(name)
        return self._made[name]
