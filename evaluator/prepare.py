"""From canonical tables to coded columns: what the kernel reads.

Strings become integers once, here: ``b`` = buyer code, (shop, buyer) in code-point order; ``a`` = agent code,
agents in code-point order; so sorting by codes sorts by names. Text is looked at once (auto-reply prefixes,
courtesies, code word, length) and then left behind.

Coded messages, one a row of the input and in its order:

=============  =========  ==============================================================
b, a           Int32      buyer, agent (employee of that account on that day)
ts, day        Datetime(ms), Int32
message        Boolean    neither a transfer nor a system row
buyer_msg      Boolean    buyer message (§4)
human          Boolean    human message (§4)
auto           Boolean    automatic or robot message of any kind
robot          Boolean    sent by a robot account or by sender ``robot``
robot_acct     Boolean    the account is a robot's
chars          UInt32     code points of a human message of kind text, else 0
words          UInt32     occurrences of the code word in a human message (R-F6)
courtesy       Boolean    a buyer message that is a courtesy (R-C11)
=============  =========  ==============================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from evaluator.buyers import Buyers, coded_buyers
from evaluator.identity import Identities, identify
from evaluator.model import MonthData
from evaluator.naming import Naming, OpenIds
from evaluator.nicks import Nicks
from evaluator.overview import Overview, overview
from evaluator.roster import Roster, day_of
from evaluator.settings import Settings
from evaluator.shelf import slices
from evaluator.tables import POLARS_TYPES, spelled

PART_ROWS = 2_000_000  # message rows of ``ranges``; a month with fewer is one
NOT_HUMAN_KINDS = ("recall", "rating_invite", "transfer")
CODED = (
    *("b", "a", "ts", "day", "message", "buyer_msg", "human", "auto", "robot", "robot_acct"),
    *("chars", "words", "courtesy"),
)


@dataclass(frozen=True)
class Codes:
    """Code tables: ``buyers`` (b, s = shop code, shop, who, buyer), ``agents`` and ``shops`` by position."""

    buyers: pl.DataFrame
    agents: list[str]
    shops: list[str]

    def agent_code(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.agents)}

    def of_buyer(self, column: str) -> pl.Expr:
        """A column of ``buyers`` for ``b``; null where it is null or nobody's. Codes are places."""
        known = pl.when(pl.col("b") >= 0).then("b")
        if column == "shop":
            return known.map_batches(self.shop_of, return_dtype=pl.String).alias(column)
        values = self.buyers[column]
        return known.map_batches(values.gather, return_dtype=values.dtype).alias(column)

    def shop_of(self, b: pl.Series) -> pl.Series:
        """``shop`` for ``b``, by the shop's code: an eighth of the pages that the texts of all buyers take."""
        return self.shop_names().gather(self.buyers["s"].gather(b))

    def shop_names(self) -> pl.Series:
        return pl.Series("shop", self.shops, dtype=pl.String)

    def agent_names(self) -> pl.Series:
        return pl.Series("agent", self.agents, dtype=pl.String)


@dataclass(frozen=True)
class Part:
    """Some buyers, coded: everything that the kernel needs of the data.

    ``messages``: those of ``Bucket.rows`` that are messages, with ``pos`` = position in the input, the tie-breaker of
    SPEC §1, sorted by (b, ts, pos); ``transfers``: likewise; ``orders``: in the order of the input."""

    messages: pl.DataFrame
    transfers: pl.DataFrame
    orders: pl.DataFrame


@dataclass(frozen=True)
class Bucket:
    """A month, coded."""

    rows: pl.DataFrame  # every message row, in the order of the input
    transfers: pl.DataFrame  # pos, b, ts, day, a, from_robot, to_a (null: nobody), to_robot
    orders: pl.DataFrame  # o, shop, order_id, b (< 0: nobody's, each its own), …, link, talked
    paid_totals: pl.DataFrame  # R-A7: fen and orders by shop and day paid, of the orders as read
    identities: Identities
    codes: Codes
    bindings: pl.DataFrame  # account, day → agent, bound, robot_acct
    robot_senders: pl.Series  # accounts that are robots by what they send
    shop_accounts: pl.DataFrame  # shop, account: who has messages in which shop
    last_human: dict[str, datetime]  # account → his last human message
    last_message: datetime | None  # of any kind but transfers

    def messages(self, where: pl.Expr, columns: Sequence[str] = CODED) -> pl.DataFrame:
        """The rows that are messages and ``where`` asks for: ``pos``, ``columns``; sorted by (b, ts, pos)."""
        rows = self.rows.lazy().with_row_index("pos").filter(pl.col("message") & where)
        needed = dict.fromkeys(("pos", "b", "ts", *columns))
        found = rows.select(c for c in needed if c != "message").collect()
        return found.pipe(by_buyer_and_time)

    def ranges(self) -> Iterator[pl.Expr]:
        """Divides the buyers, in the order of their codes, so that each part has about PART_ROWS message rows. Buyers
        without any are in the first or last."""
        counts = self.rows.group_by("b").len().sort("b")
        part = (counts["len"].cum_sum() - 1) // PART_ROWS
        starts = counts["b"].filter((part != part.shift(1)).fill_null(False)).to_list()
        for first, end in zip([None, *starts], [*starts, None], strict=True):
            own = pl.lit(True) if first is None else pl.col("b") >= first
            yield own if end is None else own & (pl.col("b") < end)


@dataclass(frozen=True)
class Staff:
    """Who is behind the accounts. ``bindings``: every (account, day) that occurs → agent, bound, robot_acct;
    ``coded``: the same as a, robot_acct; ``robots``: accounts that are robots by what they send."""

    bindings: pl.DataFrame
    coded: pl.DataFrame
    robots: pl.Series
    agents: list[str]


def staff_of(month: MonthData, roster: Roster, seen: Overview) -> Staff:
    """SPEC §1 agents and §4 robot accounts, for every account and day of the messages."""
    robots = seen.robots
    bindings = (
        roster.bind(seen.days)
        .with_columns((pl.col("robot_role") | pl.col("account").is_in(robots.implode())).alias("robot_acct"))
        .drop("robot_role")
    )
    agents = all_agents(month, bindings)
    coded = bindings.join(_numbered("agent", agents, "a", pl.Int32()), on="agent").select(
        pl.col("account").cast(POLARS_TYPES["name"]), "day", "a", "robot_acct"
    )
    return Staff(bindings, coded, robots, agents)


def _numbered(column: str, names: list[str], code: str, dtype: pl.DataType) -> pl.DataFrame:
    """Names with their places as codes."""
    frame = pl.DataFrame({column: names}, schema={column: pl.String}).with_row_index(code)
    return frame.with_columns(pl.col(code).cast(dtype))


def all_agents(month: MonthData, bindings: pl.DataFrame) -> list[str]:
    """Everyone who may be an agent somewhere: of the messages, of the roster, and accounts that other tables name."""
    names = set(bindings["agent"]) | set(month.tables["roster"]["employee_id"])
    for table in ("refunds", "ratings", "escalations", "online"):
        if table in month.tables:
            names |= set(month.tables[table]["account"].drop_nulls().unique())
    return sorted(names)


def all_shops(month: MonthData, of_buyers: list[str]) -> list[str]:
    """Every shop that some table names: an agent's rating counts for him in whichever shop it was given."""
    names = set(of_buyers)
    for table in ("orders", "ratings", "escalations"):
        if table in month.tables:
            names |= set(month.tables[table]["shop"].unique())
    return sorted(names)


def _bare(text: pl.Expr | pl.Series) -> pl.Expr:
    """R-C11: only letters, digits and Han characters, in lower case."""
    whole = pl.lit(text) if isinstance(text, pl.Series) else text
    return whole.str.replace_all(r"[^\p{L}\p{N}\p{Han}]", "").str.to_lowercase()


def text_features(settings: Settings) -> list[pl.Expr]:
    """The only look at the text: ``_prefix``, ``chars``, ``words``, ``courtesy``."""
    text = pl.col("text")
    prefix = pl.lit(False)
    for start in settings.auto_reply_prefixes:
        prefix = prefix | text.str.starts_with(start).fill_null(False)
    word = settings.filters.code_word
    words = (
        text.str.count_matches(word.word, literal=True).fill_null(0) if word else pl.lit(0, dtype=pl.UInt32)
    )
    said = pl.select(_bare(pl.Series(settings.courtesy, dtype=pl.String))).to_series()
    words_of_courtesy = said.filter(said != "").to_list()
    courtesy = _bare(text).is_in(words_of_courtesy).fill_null(False) if words_of_courtesy else pl.lit(False)
    return [
        prefix.alias("_prefix"),
        text.str.len_chars().fill_null(0).alias("chars"),
        words.alias("words"),
        courtesy.alias("courtesy"),
    ]


def _kinds_of_message() -> list[pl.Expr]:
    """What a row is (§4): ``buyer_msg``, ``human``, ``auto`` (automatic or robot), ``robot``."""
    kind, by_agent = pl.col("kind"), pl.col("sender") == "agent"
    message = kind != "transfer"
    robot = message & ((pl.col("sender") == "robot") | (by_agent & pl.col("robot_acct").fill_null(False)))
    automatic = message & by_agent & (pl.col("auto") | pl.col("_prefix"))
    return [
        ((pl.col("sender") == "buyer") & message & (kind != "recall")).alias("buyer_msg"),
        (by_agent & ~automatic & ~robot & ~kind.is_in(NOT_HUMAN_KINDS)).alias("human"),
        (robot | automatic).alias("auto"),
        robot.alias("robot"),
    ]


def by_buyer_and_time(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the order of the input, sorted by (b, ts, pos). Exports mostly are in the order of time; then buyer and
    place in one number need to be sorted, and nothing else."""
    if not rows["ts"].is_sorted():
        rows = rows.sort("ts", maintain_order=True)
    order = rows.select(pl.col("b").cast(pl.Int64).fill_null(-1) * (1 << 32) + pl.int_range(pl.len()))
    placed = order.to_series().to_numpy(writable=True)
    placed.sort()
    return rows[(placed & 0xFFFFFFFF).astype(np.uint32)]


def _coded_transfers(messages: pl.DataFrame, staff: Staff) -> pl.DataFrame:
    """R-C4: the transfers that are not ignored. One between accounts of the same agent is ignored unless it comes
    from a robot account; one whose giver is unknown (a null) closes and opens nothing."""
    from_robot = pl.col("robot_acct").fill_null(False)
    to = staff.coded.select(
        pl.col("account").alias("to_account"),
        "day",
        pl.col("a").alias("to_a"),
        pl.col("robot_acct").alias("to_robot"),
    )
    return (
        messages.join(to, on=["to_account", "day"], how="left", maintain_order="left")
        .filter((pl.col("a") != pl.col("to_a")).fill_null(True) | from_robot)
        .select("pos", "b", "ts", "day", "a", from_robot.alias("from_robot"), "to_a", "to_robot")
        .pipe(by_buyer_and_time)
    )


def prepare(month: MonthData, roster: Roster) -> Bucket:
    """The whole month as one coded bucket."""
    settings, shelf = month.config.settings, month.shelf
    orders = _counted_orders(month, settings)
    nicks = Nicks.of(
        month.names["buyer"], orders.select("shop", "buyer"), month.open_ids.select("shop", "buyer")
    )
    seen = overview(month, nicks, Naming.of(month, nicks, orders))
    staff = staff_of(month, roster, seen)
    found = identify(nicks, seen, OpenIds.of(month.open_ids, nicks, orders, shelf), shelf)
    buyers = coded_buyers(found, seen.written, shelf)
    coded = _coded(month, buyers, staff)
    shops = all_shops(month, buyers.shops)
    return Bucket(
        rows=coded.rows,
        transfers=_coded_transfers(coded.transfers, staff),
        orders=_coded_orders(month, orders, buyers),
        paid_totals=paid_totals(orders),
        identities=found.identities,
        codes=Codes(buyers.table(shops, shelf), staff.agents, shops),
        bindings=staff.bindings,
        robot_senders=staff.robots,
        shop_accounts=seen.shop_accounts,
        last_human=dict(coded.last_human.iter_rows()),
        last_message=seen.last_message,
    )


class _Coded(NamedTuple):
    rows: pl.DataFrame  # as of ``Bucket``
    transfers: pl.DataFrame
    last_human: pl.DataFrame  # account, ts


def _coded(month: MonthData, buyers: Buyers, staff: Staff) -> _Coded:
    """Every message row in the order of the input, with codes and what it is; text is left behind. Slice by slice, so
    that no more than one is held twice."""
    rows, transfers, last = [], [], []
    for at, part in slices(month.tables["messages"], month.shelf.limits.slice_rows):
        coded = _coded_rows(part, buyers, staff, month.config.settings)
        coded = coded.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("pos") + at)
        rows.append(month.shelf.keep(coded.select(CODED)))
        transfers.append(coded.filter(pl.col("kind") == "transfer"))
        last.append(coded.filter("human").group_by("account").agg(pl.col("ts").max()))
        month.shelf.rest()
    last_human = pl.concat(last).group_by("account").agg(pl.col("ts").max())
    return _Coded(pl.concat(rows), pl.concat(transfers), spelled(last_human))


def _coded_rows(raw: pl.DataFrame, buyers: Buyers, staff: Staff, settings: Settings) -> pl.DataFrame:
    """CODED, and what a transfer is known by."""
    human = pl.col("human")
    return (
        raw.select(
            "account",
            "sender",
            "ts",
            day_of(pl.col("ts"), settings.day_start_s).alias("day"),
            "kind",
            "auto",
            "to_account",
            pl.col("buyer").alias("place"),
            *text_features(settings),
        )
        .pipe(buyers.named)
        .join(staff.coded, on=["account", "day"], how="left", maintain_order="left")
        .with_columns(_kinds_of_message())
        .with_columns(
            ((pl.col("kind") != "transfer") & (pl.col("sender") != "system")).alias("message"),
            pl.when(human & (pl.col("kind") == "text"))
            .then("chars")
            .otherwise(0)
            .cast(pl.UInt32)
            .alias("chars"),
            pl.when(human).then("words").otherwise(0).cast(pl.UInt32).alias("words"),
            (pl.col("buyer_msg") & pl.col("courtesy")).alias("courtesy"),
        )
    )


def _counted_orders(month: MonthData, settings: Settings) -> pl.DataFrame:
    """Orders with ``o`` (position), their business days and ``counted`` (R-A4)."""
    postage = pl.lit(0) if settings.count_postage else pl.col("postage").fill_null(0)
    keep, found = month.shelf.keep, []
    for at, part in slices(month.tables["orders"], month.shelf.limits.slice_rows):
        made = part.select(
            (pl.int_range(pl.len(), dtype=pl.UInt32) + at).alias("o"),
            (pl.col("amount") - postage).alias("counted"),
            *(
                day_of(pl.col(c), settings.day_start_s).alias(f"{c}_day")
                for c in ("created", "paid", "grouped")
            ),
        )
        found.append(keep(made))
    made = pl.concat(found)
    return pl.concat([made.select("o"), month.tables["orders"], made.drop("o")], how="horizontal")


def paid_totals(orders: pl.DataFrame) -> pl.DataFrame:
    """What has to be accounted for: shop, paid_day → fen, orders. From orders before anything is joined to them."""
    return (
        orders.lazy()  # which copies no other columns
        .filter(pl.col("paid_day").is_not_null())
        .group_by("shop", "paid_day")
        .agg(pl.col("counted").sum().alias("fen"), pl.len().cast(pl.Int64).alias("orders"))
        .collect()
    )


def _coded_orders(month: MonthData, orders: pl.DataFrame, buyers: Buyers) -> pl.DataFrame:
    """Orders with ``b``, ``link``, ``talked`` (the buyer has a chat in the shop; null: nobody's). An order of nobody
    has a negative code of its own, so that it joins nothing and counts as one buyer."""
    parts = slices(orders.select("o"), month.shelf.limits.slice_rows)
    coded = [month.shelf.keep(buyers.of_orders(part["o"])) for _, part in parts]
    return pl.concat([orders, pl.concat(coded)], how="horizontal")
