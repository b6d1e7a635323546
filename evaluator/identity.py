"""Whose chat, whose order (SPEC §2, "A buyer is …").

A nick without ``*`` is taken as it stands. A masked one is resolved per chat (shop, nick as written, day):
by the order that the chat names, else by the only unmasked nick that fits, else it is itself. Where
several fit it is ambiguous: reported, never guessed.

Orders that share an open id are one buyer's. What is known of one of them holds for those that carry no usable nick:
an unmasked nick beside the open id first, else whose chat names one of them, or the only nick that fits its mask.
An open id of two buyers says nothing, and those of its orders that nothing else links are ambiguous.

All of it is done with numbers (``nicks``): of nicks ``n``, of buyers ``who``, of orders ``o``, of open ids ``u``. Who
may be meant is a claim (``claims``), so that messages, nicks and orders come some at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.claims import NOBODY, SEVERAL, Claims, Numbers
from evaluator.masks import fitting, is_masked, matches
from evaluator.names import ranges
from evaluator.naming import OpenIds
from evaluator.nicks import OWN, Nicks, apart, chat_key, is_apart, itself, nick_of
from evaluator.overview import Overview
from evaluator.shelf import Shelf, slices

KEYS = ("open_id", "nick", "mask", "chat", "itself")  # how an order found its buyer; the others did not
LINK = pl.Enum([*KEYS, "none", "ambiguous", "unlinked"])  # none: it carries no nick, until chats were asked
NOT_SURE = ["none", "itself", "mask", "ambiguous"]  # what a nick beside the open id goes before
LEFT = ["unlinked", "itself", "ambiguous"]  # what any order of the open id goes before


@dataclass(frozen=True)
class Chats:
    """Of every masked chat (``nicks.chat_key``), in order, its buyer."""

    keys: npt.NDArray[np.int64]
    who: Numbers

    def buyers(self, keys: npt.NDArray[np.int64]) -> Numbers:
        """Whose these are; NOBODY where there is no such chat."""
        if not len(self.keys):
            return np.full(len(keys), NOBODY, dtype=np.int32)
        asked, of_key = np.unique(keys, return_inverse=True)
        at = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        return np.where(self.keys[at] == asked, self.who[at], np.int32(NOBODY))[of_key]

    def ambiguous(self, rows: int) -> pl.DataFrame:
        """n, days: masked nicks with chats of nobody knows whom, in order, and how many."""
        found = [pl.DataFrame(schema={"n": pl.Int32, "days": pl.UInt32})]
        for at in range(0, len(self.keys), rows):
            keys = self.keys[at : at + rows][is_apart(self.who[at : at + rows])]
            found.append(pl.DataFrame({"n": nick_of(keys)}).group_by("n").agg(pl.len().alias("days")))
        return pl.concat(found).group_by("n").agg(pl.col("days").sum()).sort("n")


@dataclass(frozen=True)
class Identities:
    """What was found out, to be asked by texts.

    ``alone``: by n, whose a nick is when nothing else is known · ``written_out``: by n, whether masks stand for it ·
    ``of_open_id``: by u, whose it is, NOBODY or SEVERAL · ``torn``: u, who: these several · ``rows``: how many nicks
    are looked at at a time"""

    nicks: Nicks
    alone: Numbers
    written_out: npt.NDArray[np.bool_]
    chats: Chats
    open_ids: OpenIds
    of_open_id: Numbers
    torn: pl.DataFrame
    rows: int

    def by_chat(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``who`` to rows with shop, buyer, day (ratings, escalations, dated filters): the buyer of their
        ``open_id``, where they have one that is one buyer's; else of that masked chat, where there is one; else by the
        nick alone. Order of rows kept."""
        named = self.by_nick(rows)
        masked = rows.select(is_masked().fill_null(False)).to_series()
        if masked.any():
            of_masked = rows.filter(masked)
            n = self.nicks.known.find(of_masked["shop"], of_masked["buyer"])
            keys = of_masked.with_columns(pl.Series("n", n)).select(chat_key())["chat"]
            who = np.full(rows.height, NOBODY, dtype=np.int32)
            who[masked.to_numpy()] = np.where(n == NOBODY, n, self.chats.buyers(keys.to_numpy()))
            named = self._rather(named, who)
        if "open_id" not in rows.columns:
            return named
        u = self.open_ids.known.find(rows["shop"], rows["open_id"])
        return self._rather(named, np.where(u == NOBODY, u, np.append(self.of_open_id, NOBODY)[u]))

    def _rather(self, rows: pl.DataFrame, who: Numbers) -> pl.DataFrame:
        """Rows with these buyers, where they are some, in place of ``who``."""
        surer = self.nicks.spelled(np.where(who < 0, np.int32(NOBODY), who))["who"]
        return rows.with_columns(pl.coalesce(surer, "who").alias("who"))

    def by_nick(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``who`` to rows with shop, buyer: the nick, or for a masked one the only nick that fits."""
        found = self._behind(rows.filter(is_masked()).select("shop", "buyer").unique())
        return rows.join(found, on=["shop", "buyer"], how="left", maintain_order="left").with_columns(
            pl.coalesce("who", "buyer").alias("who")
        )

    def _behind(self, masked: pl.DataFrame) -> pl.DataFrame:
        """shop, buyer, who: whom masked nicks mean alone; also of nicks that are in no message and no order."""
        n = pl.Series("n", self.nicks.known.find(masked["shop"], masked["buyer"]))
        known = masked.filter(n != NOBODY)
        behind = self.nicks.spelled(self.alone[n.filter(n != NOBODY).to_numpy()])["who"]
        found = [known.with_columns(behind)]
        for shop, first, end in self.nicks.known.shops():
            own = masked.filter(n == NOBODY).filter(pl.col("shop") == shop)
            nicks = self.nicks.known.texts.slice(first, end - first)
            only = fitting(own["buyer"], nicks, self.written_out[first:end], self.rows)
            nick = self.nicks.spelled(np.where(only < 0, np.int32(NOBODY), itself(only + first)))["who"]
            several = pl.when(pl.Series(only == SEVERAL)).then(pl.col("buyer") + OWN)
            found.append(own.with_columns(several.otherwise(nick).alias("who")))
        return pl.concat(found)

    def meant_by(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with shop, buyer and no day (labels, manual filters) with every ``who`` that they may mean: the nick's
        buyer, and ambiguous buyers written like it. Adds ``_row`` order; rows of nobody stay without effect."""
        also = rows.filter(is_masked()).with_columns((pl.col("buyer") + OWN).alias("who"))
        return pl.concat([self.by_nick(rows), also], how="diagonal").unique(maintain_order=True)

    def ambiguous_chats(self) -> pl.DataFrame:
        """n, days: masked nicks with chats of nobody knows whom, and how many, in order."""
        return self.chats.ambiguous(self.rows)

    def torn_open_ids(self, most: int) -> tuple[int, pl.DataFrame]:
        """How many open ids are several buyers'; shop, open_id, names of the first ones."""
        u = self.torn["u"].unique().sort()
        pairs = self.torn.filter(pl.col("u").is_in(u.head(most).implode())).sort("u", "who")
        ids = pl.DataFrame(self.open_ids.known.named(pairs["u"], "open_id"))
        named = ids.with_columns(self.nicks.spelled(pairs["who"].to_numpy())["who"].alias("names"))
        return len(u), named.group_by("shop", "open_id", maintain_order=True).agg("names")


class Found(NamedTuple):
    """``orders``: of every order ``who`` (NOBODY: nobody's) and ``link`` (one of KEYS, ambiguous, unlinked)."""

    identities: Identities
    orders: pl.DataFrame


def identify(nicks: Nicks, seen: Overview, open_ids: OpenIds, shelf: Shelf) -> Found:
    """SPEC §2 identity."""
    rows = shelf.limits.slice_rows
    written_out = seen.written.copy()
    written_out[nicks.of_order[nicks.of_order != NOBODY]] = True
    written_out &= ~nicks.masked
    alone = _alone(nicks, written_out, rows)
    orders = _by_nick(nicks, alone)
    owners = Claims(len(open_ids.known.texts))
    owners.add(open_ids.nicks["u"].to_numpy(), itself(open_ids.nicks["n"].to_numpy()))
    _claim_open_ids(owners, open_ids, orders, pl.col("link") == "nick")
    orders = _of_open_ids(orders, open_ids, owners, NOT_SURE)
    made = _masked_chats(nicks, seen, orders["who"].to_numpy(), alone, rows)
    chats = Chats(*shelf.numbers((np.int64, np.int32), made))
    orders = _linked_by_chats(orders, _namers(nicks, seen, chats, orders))
    sure = pl.col("link").is_in(["mask", "chat", "open_id"]) & (pl.col("who") % 2 == 0)
    _claim_open_ids(owners, open_ids, orders, sure)
    torn = _torn(owners.only, open_ids, orders, (pl.col("link") == "nick") | sure)
    orders = _of_open_ids(orders, open_ids, owners, LEFT)
    found = Identities(nicks, alone, written_out, chats, open_ids, owners.only, torn, rows)
    return Found(found, orders)


def _alone(nicks: Nicks, written_out: npt.NDArray[np.bool_], rows: int) -> Numbers:
    """By n, whose a nick is: if masked, of the only one that fits; where several do, of an ambiguous buyer."""
    alone = itself(np.arange(len(nicks.masked), dtype=np.int32))
    for _, first, end in nicks.known.shops():
        known = nicks.known.texts.slice(first, end - first)
        for begin in range(first, end, rows):
            n = (begin + np.flatnonzero(nicks.masked[begin : min(begin + rows, end)])).astype(np.int32)
            if len(n):
                only = fitting(nicks.texts(n), known, written_out[first:end], rows)
                fits = np.where(only == NOBODY, itself(n), itself(only + first))
                alone[n] = np.where(only == SEVERAL, apart(n), fits)
    return alone


def _by_nick(nicks: Nicks, alone: Numbers) -> pl.DataFrame:
    """Of every order ``who`` and ``link`` by the nick that it carries."""
    n = nicks.of_order
    orders = pl.DataFrame({"n": n, "masked": nicks.masked[n], "who": alone[n]})  # some are nobody's: any
    link = (
        pl.when(pl.col("n") == NOBODY)
        .then(pl.lit("none", LINK))
        .when(~pl.col("masked"))
        .then(pl.lit("nick", LINK))
        .when(pl.col("who") % 2 == 1)
        .then(pl.lit("ambiguous", LINK))
        .when(pl.col("who") == 2 * pl.col("n"))
        .then(pl.lit("itself", LINK))
        .otherwise(pl.lit("mask", LINK))
    )
    known = ~pl.col("link").is_in(["none", "ambiguous"])
    return orders.select("who", link.alias("link")).with_columns(
        pl.when(known).then("who").otherwise(pl.lit(NOBODY, pl.Int32)).alias("who")
    )


def _masked_chats(
    nicks: Nicks, seen: Overview, of_order: Numbers, alone: Numbers, rows: int
) -> Iterator[tuple[npt.NDArray[np.int64], Numbers]]:
    """Masked chats and their buyers, in order: by the order named, else by the only fitting nick, else as written."""
    for parts in ranges([(0, run) for run in seen.chats if len(run)], rows):
        if not parts:
            continue
        keys = pl.concat([run for _, run in parts]).unique().sort().to_numpy()
        named = Claims(len(keys))
        for part in seen.named:
            begin = int(part["chat"].search_sorted(int(keys[0]), "left"))
            end = int(part["chat"].search_sorted(int(keys[-1]), "right"))
            chat, o = (part[column].slice(begin, end - begin).to_numpy() for column in ("chat", "o"))
            own = nicks.masked[nick_of(chat)]
            named.add(np.searchsorted(keys, chat[own]), of_order[o[own]])
        n, only = nick_of(keys), named.only
        yield keys, np.where(only >= 0, only, np.where(only == SEVERAL, apart(n), alone[n]))


def _namers(nicks: Nicks, seen: Overview, chats: Chats, orders: pl.DataFrame) -> Numbers:
    """By order that carries no usable nick, the one buyer whose chats name it: without a buyer whoever names the
    number, an ambiguous one he whose nick as written fits its mask."""
    claims = Claims(orders.height)
    for part in seen.named:
        asked = part.with_columns(orders["link"].gather(part["o"]))
        asked = asked.filter(pl.col("link").is_in(["none", "ambiguous"]))
        o, n = asked["o"].to_numpy(), nick_of(asked["chat"].to_numpy())
        who = np.where(nicks.masked[n], chats.buyers(asked["chat"].to_numpy()), itself(n))
        fit = (asked["link"] == "none").to_numpy(writable=True)
        masks = nicks.texts(nicks.of_order[o[~fit]])
        fit[~fit] = matches(masks, nicks.texts(n[~fit])).to_numpy()
        claims.add(o[fit], who[fit])
    return claims.only


def _linked_by_chats(orders: pl.DataFrame, namer: Numbers) -> pl.DataFrame:
    """Orders with the buyers whose chats name them; the others without one are unlinked."""
    link = (
        pl.when(pl.col("namer") >= 0)
        .then(pl.lit("chat", LINK))
        .when(pl.col("link") == "none")
        .then(pl.lit("unlinked", LINK))
        .otherwise("link")
    )
    who = pl.when(pl.col("namer") >= 0).then("namer").otherwise("who")
    return orders.with_columns(pl.Series("namer", namer)).select(who.alias("who"), link.alias("link"))


def _claim_open_ids(owners: Claims, open_ids: OpenIds, orders: pl.DataFrame, of: pl.Expr) -> None:
    """The buyers ``of`` some orders claim these orders' open ids."""
    for _, part in slices(open_ids.orders):
        known = pl.concat([part, orders[part["o"].to_numpy()]], how="horizontal").filter(of)
        owners.add(known["u"].to_numpy(), known["who"].to_numpy())


def _of_open_ids(orders: pl.DataFrame, open_ids: OpenIds, owners: Claims, over: list[str]) -> pl.DataFrame:
    """Orders with those whose link is one of ``over`` given to the one buyer of their open ids. Those of several buyers
    that are still unlinked are ambiguous."""
    if open_ids.orders.is_empty():
        return orders
    claims = Claims(orders.height)
    for _, part in slices(open_ids.orders):
        for whose in (owners.least, owners.greatest):
            claims.add(part["o"].to_numpy(), whose[part["u"].to_numpy()])
    owner = pl.col("owner")
    given = pl.col("link").is_in(over) & (owner >= 0)
    torn = (pl.col("link") == "unlinked") & (owner == SEVERAL)
    link = (
        pl.when(given)
        .then(pl.lit("open_id", LINK))
        .when(torn)
        .then(pl.lit("ambiguous", LINK))
        .otherwise("link")
    )
    return orders.with_columns(pl.Series("owner", claims.only)).select(
        pl.when(given).then(owner).otherwise("who").alias("who"), link.alias("link")
    )


def _torn(of_open_id: Numbers, open_ids: OpenIds, orders: pl.DataFrame, of: pl.Expr) -> pl.DataFrame:
    """u, who: the buyers of open ids that are several's."""
    torn = pl.Series(of_open_id == SEVERAL)
    beside = open_ids.nicks.filter(torn.gather(open_ids.nicks["u"]))
    told = beside.select("u", pl.Series("who", itself(beside["n"].to_numpy())))
    members = open_ids.orders.filter(torn.gather(open_ids.orders["u"]))
    known = pl.concat([members, orders[members["o"].to_numpy()]], how="horizontal").filter(of)
    return pl.concat([told, known.select("u", "who")]).unique()
