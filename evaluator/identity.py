"""Whose chat, whose order (SPEC §2, "A buyer is …").

A nick without ``*`` is taken as it stands. A masked one is resolved per chat (shop, nick as written, day):
by the order that the chat names, else by the only unmasked nick that fits, else it is itself. Where
several fit it is ambiguous: reported, never guessed.

Orders that share an open id are one buyer's. What is known of one of them holds for those that carry no usable nick:
an unmasked nick beside the open id first, else whose chat names one of them, or the only nick that fits its mask.
An open id of two buyers says nothing, and those of its orders that nothing else links are ambiguous.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from evaluator.shelf import SLICE_ROWS, slices
from evaluator.tables import OPEN_IDS

MASK = "*"
OWN = "\x00"  # ends the name of an ambiguous buyer: no order joins him by nick
CHAT = ["shop", "buyer", "day"]
ORDER = ["shop", "order_id"]
OPEN_ID = ["shop", "open_id"]
KEYS = ("open_id", "nick", "mask", "chat", "itself")  # how an order found its buyer; the others did not


def is_masked(column: str = "buyer") -> pl.Expr:
    return pl.col(column).str.contains(MASK, literal=True)


def is_plain() -> pl.Expr:
    """Whether an order carries a nick that is written out: that is its buyer's."""
    return (~is_masked()).fill_null(False)


def mask_pattern(nick: str) -> re.Pattern[str]:
    """``t**1`` as a regular expression: ``*`` = any characters, also none."""
    return re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", nick)), re.DOTALL)


class Nicks(Protocol):
    """Unmasked nicks (``shop``, ``buyer``), some at a time, maybe again and again."""

    def __iter__(self) -> Iterator[pl.DataFrame]: ...


def fitting_nicks(masked: pl.DataFrame, unmasked: Nicks) -> pl.DataFrame:
    """For each masked (``shop``, ``buyer``): ``fits`` = how many unmasked nicks of the shop fit, ``nick`` = the
    one where exactly one does."""
    by_ends: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for shop, nick in _worth_trying(masked, unmasked).iter_rows():
        for first, last in ((nick[:1], nick[-1:]), (nick[:1], ""), ("", nick[-1:]), ("", "")):
            by_ends[shop, first, last].append(nick)
    rows = []
    for shop, mask in masked.iter_rows():
        pattern = mask_pattern(mask)
        alike = by_ends.get((shop, mask[:1].strip(MASK), mask[-1:].strip(MASK)), ())
        fits = [nick for nick in alike if pattern.fullmatch(nick)]
        rows.append((shop, mask, len(fits), fits[0] if len(fits) == 1 else None))
    schema = {"shop": pl.String, "buyer": pl.String, "fits": pl.Int64, "nick": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _worth_trying(masked: pl.DataFrame, unmasked: Nicks) -> pl.DataFrame:
    """Of millions of nicks, those in the shop of a mask that begin as it does: often there is no mask at all."""
    start = pl.col("buyer").str.slice(0, 1).alias("start")
    begins = masked.select("shop", start).unique()
    anyhow = begins.filter(pl.col("start") == MASK).select("shop")
    found = [pl.DataFrame(schema={"shop": pl.String, "buyer": pl.String})]
    for nicks in unmasked if masked.height else ():
        first = nicks.with_columns(start).join(begins, on=["shop", "start"], how="semi")
        every = nicks.join(anyhow, on="shop", how="semi")
        found += [first.select("shop", "buyer"), every.select("shop", "buyer")]
    return pl.concat(found).unique()


@dataclass(frozen=True)
class Identities:
    """What was found out. ``who`` names a buyer; an ambiguous chat's ends in OWN: he is himself and nobody else.

    ``chats``   masked chats only: shop, buyer (as written), day → ``who``
    ``orders``  every order without a plain nick: shop, order_id → ``who`` (null: nobody's), ``link`` (one of KEYS,
                ambiguous, unlinked)
    ``nicks``   unmasked shop, buyer of messages and orders
    ``open_ids`` shop, open_id → ``names`` (of their buyers), ``buyers`` (how many), ``who`` (the first)
    """

    chats: pl.DataFrame
    orders: pl.DataFrame
    nicks: Nicks
    open_ids: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={
                "shop": pl.String,
                "open_id": pl.String,
                "names": pl.List(pl.String),
                "buyers": pl.UInt32,
                "who": pl.String,
            }
        )
    )

    def linked(self, orders: pl.DataFrame) -> pl.DataFrame:
        """Adds ``who``, ``link`` to orders (shop, order_id, buyer). Order of rows kept."""
        nick = orders.with_columns(pl.col("buyer").alias("who"), pl.lit("nick").alias("link"))
        if self.orders.is_empty():
            return nick
        own = self.orders.select(*ORDER, "who", "link")
        found = nick.join(own, on=ORDER, how="left", suffix="_own", maintain_order="left")
        return found.with_columns(
            pl.when(is_plain()).then(name).otherwise(f"{name}_own").alias(name) for name in ("who", "link")
        ).drop("who_own", "link_own")

    def by_chat(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``who`` to rows with shop, buyer, day (ratings, escalations, dated filters): the buyer of their
        ``open_id``, where they have one that is one buyer's; else of that masked chat, where there is one; else by the
        nick alone. Order of rows kept."""
        named = self.by_nick(rows).join(
            self.chats, on=CHAT, how="left", suffix="_chat", maintain_order="left"
        )
        named = named.with_columns(pl.coalesce("who_chat", "who").alias("who")).drop("who_chat")
        if "open_id" not in rows.columns:
            return named
        sure = self.open_ids.filter(pl.col("buyers") == 1).select(*OPEN_ID, "who")
        found = named.join(sure, on=OPEN_ID, how="left", suffix="_open", maintain_order="left")
        return found.with_columns(pl.coalesce("who_open", "who").alias("who")).drop("who_open")

    def by_nick(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``who`` to rows with shop, buyer: the nick, or for a masked one the only nick that fits."""
        found = fitting_nicks(rows.filter(is_masked()).select("shop", "buyer").unique(), self.nicks)
        who = pl.when(pl.col("fits") > 1).then(pl.col("buyer") + OWN).otherwise(pl.coalesce("nick", "buyer"))
        return (
            rows.join(found, on=["shop", "buyer"], how="left", maintain_order="left")
            .with_columns(who.alias("who"))
            .drop("fits", "nick")
        )

    def meant_by(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with shop, buyer and no day (labels, manual filters) with every ``who`` that they may mean: the nick's
        buyer, and ambiguous buyers written like it. Adds ``_row`` order; rows of nobody stay without effect."""
        also = rows.filter(is_masked()).with_columns((pl.col("buyer") + OWN).alias("who"))
        return pl.concat([self.by_nick(rows), also], how="diagonal").unique(maintain_order=True)


def shown(who: str = "who") -> pl.Expr:
    """A buyer as tables write him."""
    return pl.col(who).str.strip_suffix(OWN)


def _order_nicks(orders: pl.DataFrame, nicks: Nicks) -> pl.DataFrame:
    """Orders by the nick they carry, which is not plain: ``who`` and ``link`` (mask, itself, ambiguous, none)."""
    masked = orders.filter(is_masked()).select("shop", "buyer").unique(maintain_order=True)
    found = orders.join(fitting_nicks(masked, nicks), on=["shop", "buyer"], how="left", maintain_order="left")
    link = (
        pl.when(pl.col("buyer").is_null())
        .then(pl.lit("none"))
        .when(pl.col("fits") == 0)
        .then(pl.lit("itself"))
        .when(pl.col("fits") == 1)
        .then(pl.lit("mask"))
        .otherwise(pl.lit("ambiguous"))
    )
    return found.with_columns(link.alias("link")).select(
        "shop",
        "order_id",
        "buyer",
        "link",
        pl.when(pl.col("link") == "mask")
        .then(pl.col("nick"))
        .when(pl.col("link") == "itself")
        .then(pl.col("buyer"))
        .alias("who"),
    )


def _masked_chats(
    chats: pl.DataFrame, named: pl.DataFrame, orders: _Orders, by_nick: pl.DataFrame, nicks: Nicks
) -> pl.DataFrame:
    """Masked chats: by the order named, else by the only fitting nick, else as written."""
    masked, naming = chats.filter(is_masked()), named.filter(is_masked())
    odd = by_nick.filter(pl.col("who").is_not_null()).select(*ORDER, "who")
    by_order = (
        pl.concat([orders.plain(naming), naming.join(odd, on=ORDER)])
        .group_by(CHAT)
        .agg(pl.col("who").n_unique().alias("buyers"), pl.col("who").first())
    )
    fitting = fitting_nicks(masked.select("shop", "buyer").unique(), nicks)
    return (
        masked.join(by_order, on=CHAT, how="left")
        .join(fitting, on=["shop", "buyer"], how="left")
        .select(
            *CHAT,
            pl.when(pl.col("buyers") == 1)
            .then(pl.col("who"))
            .when((pl.col("buyers") > 1).fill_null(False) | (pl.col("fits") > 1))
            .then(pl.col("buyer") + OWN)
            .otherwise(pl.coalesce("nick", "buyer"))
            .alias("who"),
        )
    )


def _orders_by_chat(orders: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Orders that carry no usable nick, by the chats that name them. ``named`` has ``who``.

    Without a buyer: the one buyer whose chat names the number. Ambiguous: the one among those who name it
    whose nick as written fits the order's mask."""
    naming = orders.filter(pl.col("link").is_in(["none", "ambiguous"])).join(
        named.select("shop", "order_id", "who", pl.col("buyer").alias("written")),
        on=["shop", "order_id"],
        suffix="_chat",
    )
    fits = [
        link == "none" or mask_pattern(mask).fullmatch(written) is not None
        for link, mask, written in naming.select("link", "buyer", "written").iter_rows()
    ]
    return (
        naming.filter(pl.Series(fits, dtype=pl.Boolean))
        .group_by("shop", "order_id")
        .agg(pl.col("who_chat").n_unique().alias("buyers"), pl.col("who_chat").first())
        .filter(pl.col("buyers") == 1)
        .select("shop", "order_id", "who_chat")
    )


@dataclass(frozen=True)
class _Orders:
    """All orders as read: shop, order_id, buyer; looked at ``rows`` at a time."""

    all: pl.DataFrame
    rows: int

    def plain(self, few: pl.DataFrame) -> pl.DataFrame:
        """Rows with shop, order_id that are of orders with a plain nick, with it as ``who``."""
        nick = pl.col("buyer").alias("who")
        parts = slices(self.all, self.rows) if few.height else [(0, self.all.clear())]
        return pl.concat(
            [few.join(part.filter(is_plain()).select(*ORDER, nick), on=ORDER) for _, part in parts]
        )

    def odd(self) -> pl.DataFrame:
        """Those without a plain nick."""
        return pl.concat([part.filter(~is_plain()) for _, part in slices(self.all, self.rows)])


@dataclass(frozen=True)
class _OpenIds:
    """``orders``: shop, order_id, open_id (an order may have several). ``nicks``: shop, open_id, who: the unmasked
    nicks beside them."""

    orders: pl.DataFrame
    nicks: pl.DataFrame

    @classmethod
    def of(cls, found: pl.DataFrame, orders: _Orders) -> _OpenIds:
        """From what the platforms' answers say, and the nicks of the orders as read."""
        members = found.select("shop", "order_id", "open_id").drop_nulls().unique(maintain_order=True)
        told = found.select(*OPEN_ID, "buyer").drop_nulls().filter(~is_masked()).rename({"buyer": "who"})
        nicks = pl.concat([told, orders.plain(members).select(*OPEN_ID, "who")])
        return cls(members, nicks.unique(maintain_order=True))

    def buyers(self, orders: pl.DataFrame) -> pl.DataFrame:
        """shop, open_id → ``names``, ``buyers``, ``who``: by the nicks beside it, and whose the resolved ``orders``
        without a plain nick are; an ambiguous chat's buyer tells nothing of other orders."""
        sure = orders.filter(
            pl.col("link").is_in(["mask", "chat", "open_id"]) & ~pl.col("who").str.ends_with(OWN)
        )
        known = self.orders.join(sure, on=["shop", "order_id"]).select(*OPEN_ID, "who")
        return (
            pl.concat([self.nicks.select(*OPEN_ID, "who"), known])
            .group_by(OPEN_ID, maintain_order=True)
            .agg(pl.col("who").unique().sort().alias("names"))
            .with_columns(
                pl.col("names").list.len().alias("buyers"), pl.col("names").list.first().alias("who")
            )
        )

    def spread(self, orders: pl.DataFrame, buyers: pl.DataFrame, over: list[str]) -> pl.DataFrame:
        """Orders (``who``, ``link``) with those whose link is one of ``over`` given to the one buyer of their open ids.
        Those of two buyers that are still unlinked are ambiguous."""
        of_order = (
            self.orders.join(buyers, on=OPEN_ID)
            .group_by("shop", "order_id")
            .agg(
                (pl.col("buyers").max() > 1).alias("several") | (pl.col("who").n_unique() > 1),
                pl.col("who").first().alias("owner"),
            )
        )
        found = orders.join(of_order, on=["shop", "order_id"], how="left", maintain_order="left")
        given = pl.col("link").is_in(over) & (~pl.col("several")).fill_null(False)
        torn = (pl.col("link") == "unlinked") & pl.col("several").fill_null(False)
        return found.with_columns(
            pl.when(given).then("owner").otherwise("who").alias("who"),
            pl.when(given)
            .then(pl.lit("open_id"))
            .when(torn)
            .then(pl.lit("ambiguous"))
            .otherwise("link")
            .alias("link"),
        ).drop("several", "owner")


def _linked_by_chat(by_nick: pl.DataFrame, by_chat: pl.DataFrame) -> pl.DataFrame:
    """Orders with the buyers whose chats name them; the others without one are unlinked."""
    return by_nick.join(by_chat, on=["shop", "order_id"], how="left", maintain_order="left").select(
        "shop",
        "order_id",
        "buyer",
        pl.coalesce("who", "who_chat").alias("who"),
        pl.when(pl.col("who_chat").is_not_null())
        .then(pl.lit("chat"))
        .when(pl.col("link") == "none")
        .then(pl.lit("unlinked"))
        .otherwise("link")
        .alias("link"),
    )


def identify(
    chats: pl.DataFrame,
    named: pl.DataFrame,
    orders: pl.DataFrame,
    open_ids: pl.DataFrame | None = None,
    nicks: Nicks | None = None,
    rows: int = SLICE_ROWS,
) -> Identities:
    """SPEC §2 identity.

    ``chats``   distinct shop, buyer, day of masked nicks' messages (others need not be left out)
    ``named``   distinct shop, buyer, day, order_id: what masked nicks name, and who names an order without a plain nick
    ``orders``  shop, order_id, buyer (nullable)
    ``open_ids`` what the platforms' answers say of them (``tables.OPEN_IDS``)
    ``nicks``   unmasked nicks of messages and orders; None: those in ``chats`` and ``orders``
    ``rows``    how many orders are looked at at a time
    """
    if nicks is None:
        nicks = [
            pl.concat([chats.select("shop", "buyer"), orders.select("shop", "buyer")]).filter(is_plain())
        ]
    every = _Orders(orders, rows)
    found = _OpenIds.of(pl.DataFrame(schema=OPEN_IDS) if open_ids is None else open_ids, every)
    by_nick = _order_nicks(every.odd(), nicks)
    by_nick = found.spread(by_nick, found.buyers(by_nick.clear()), ["none", "itself", "mask", "ambiguous"])
    masked = _masked_chats(chats, named, every, by_nick, nicks)
    by_chat = _orders_by_chat(by_nick, Identities(masked, by_nick, nicks).by_chat(named))
    linked = _linked_by_chat(by_nick, by_chat)
    buyers = found.buyers(linked)
    resolved = found.spread(linked, buyers, ["unlinked", "itself", "ambiguous"])
    return Identities(masked, resolved, nicks, buyers)
