"""Whose an order is, and who may be meant by a masked nick (SPEC §2), read from a finished run: for ``explain``.

``tables/attribution.parquet`` has the buyer of an order, or of one of nobody the nick as the source writes it; what the
source writes of every order stands in ``tables/links.parquet``, and of messages in their column ``written``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from evaluator.finished import FinishedRun, Record
from evaluator.links import LOST
from evaluator.masks import MASK, is_masked, matches
from evaluator.messages import WRITTEN
from evaluator.render.text import in_line
from evaluator.told_talk import as_written, messages, said, talk

NAMED = 20  # nicks, orders and chats that are told one by one


@dataclass(frozen=True)
class Buyer:
    """A buyer of a shop. ``apart``: one whom nobody can tell, written like his mask; not him whose nick it is."""

    shop: str
    name: str
    apart: bool = False

    def messages(self, run: FinishedRun) -> pl.LazyFrame:
        """All that was said with him."""
        apart = (pl.col(WRITTEN) == self.name).fill_null(False)
        return talk(run, self.shop, (pl.col("buyer") == self.name) & (apart == self.apart))

    def orders(self, run: FinishedRun) -> list[Record]:
        """All his orders."""
        rows = run.rows("attribution", shop=self.shop, buyer=self.name)
        if MASK not in self.name:
            return rows
        ids = pl.Series([row["order_id"] for row in rows], dtype=pl.String)
        own = (pl.col("shop") == self.shop) & pl.col("order_id").is_in(ids.implode())
        links = run.scan("links").filter(own, ~pl.col("link").is_in(LOST)).collect()
        apart = _apart(run, self, links)
        his = {o for o in links["order_id"] if (o in apart) == self.apart}
        return [row for row in rows if row["order_id"] in his]


def _apart(run: FinishedRun, named: Buyer, links: pl.DataFrame) -> set[str]:
    """Which orders (of ``links``) of a buyer whose name is a mask are of the one written so whom nobody can tell: his
    chats name them. All are looked up at once: there may be thousands."""
    asked = links.filter(pl.col("link") == "chat").select("order_id", pl.col("buyer").alias("mask"))
    if asked.is_empty():
        return set()
    where = (pl.col("buyer") == named.name) & pl.col("order_id").is_in(asked["order_id"].implode())
    naming = talk(run, named.shop, where).filter("apart").select("order_id", "nick").unique().collect()
    told = naming.join(asked, on="order_id")
    fit = matches(told["mask"].fill_null(MASK), told["nick"])
    return set(told.filter(fit)["order_id"])


@dataclass(frozen=True)
class Namer:
    """One whose chats name an order: as the source writes him, and who that is. ``fits``: his nick as written fits that
    of the order, or the order has none."""

    nick: str
    buyer: Buyer
    fits: bool


@dataclass(frozen=True)
class Ownership:
    """How an ``order`` of ``attribution`` found its buyer, or why it found none. ``found``: its row of ``links``."""

    run: FinishedRun
    order: Record
    found: Record

    @classmethod
    def of(cls, run: FinishedRun, order: Record) -> Ownership:
        return cls(run, order, run.rows("links", shop=order["shop"], order_id=order["order_id"])[0])

    @property
    def link(self) -> str:
        return str(self.found["link"])

    @property
    def nick(self) -> str | None:
        """What the order table says."""
        nick: str | None = self.found["buyer"]
        return nick

    @cached_property
    def buyer(self) -> Buyer | None:
        """None: nobody knows who."""
        shop, name = self.order["shop"], self.order["buyer"]
        if self.link in LOST or name is None:
            return None
        buyer = Buyer(shop, name)
        if MASK not in name:
            return buyer
        apart = _apart(self.run, buyer, pl.DataFrame([self.found]))
        return Buyer(shop, name, self.order["order_id"] in apart)

    @cached_property
    def fitting(self) -> list[str]:
        """Of a masked nick those that it may stand for; else nobody."""
        if self.nick is None or MASK not in self.nick:
            return []
        return fitting(self.run, self.order["shop"], self.nick)

    @cached_property
    def naming(self) -> list[Record]:
        """Messages that name the order."""
        shop, number = self.order["shop"], self.order["order_id"]
        return said(talk(self.run, shop, pl.col("order_id") == number))

    @cached_property
    def namers(self) -> list[Namer]:
        """Who names the order, those first whose nicks fit."""
        shop = self.order["shop"]
        found = sorted({(m["nick"], m["buyer"], m["apart"]) for m in self.naming})
        nicks = pl.Series([nick for nick, _, _ in found], dtype=pl.String)
        mask = pl.repeat(self.nick or MASK, len(found), dtype=pl.String, eager=True)
        namers = [
            Namer(nick, Buyer(shop, name, apart), fits)
            for (nick, name, apart), fits in zip(found, matches(mask, nicks), strict=True)
        ]
        return sorted(namers, key=lambda namer: not namer.fits)


def fitting(run: FinishedRun, shop: str, mask: str) -> list[str]:
    """SPEC §2: the nicks without ``*`` in a shop's messages and orders, as written, that fit a mask."""
    head, *_, tail = mask.split(MASK)
    nick = pl.col("nick")
    alike = ~is_masked("nick") & nick.str.starts_with(head) & nick.str.ends_with(tail)
    own = pl.col("shop") == shop
    written = messages(run).filter(own).select(as_written())
    ordered = run.scan("links").filter(own).select(pl.col("buyer").alias("nick"))
    found = [rows.filter(alike).unique() for rows in (written, ordered)]
    nicks = pl.concat(found).unique().collect(engine="streaming")["nick"].sort()
    return nicks.filter(matches(pl.repeat(mask, len(nicks), dtype=pl.String, eager=True), nicks)).to_list()


def listed(names: Sequence[str]) -> str:
    """The first ones."""
    shown = "、".join(in_line(name) for name in names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} …"
