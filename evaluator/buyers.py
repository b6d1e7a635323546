"""Everybody who talked or bought gets his code: (shop, who) in code-point order. Never all of their names are held at
once (``names.merged``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.claims import NOBODY, Numbers
from evaluator.identity import Found
from evaluator.names import bisected
from evaluator.nicks import OWN, Nicks, chat_key, is_apart, shown
from evaluator.shelf import Shelf, slices


@dataclass(frozen=True)
class Buyers:
    """Codes of buyers. ``before``: by n, how many buyers come before him whose nick it is · ``itself``: by n, whether
    he is one · ``talked``: by code, whether some message row is his · ``counts``: how many of each shop · ``who``:
    their names by code"""

    found: Found
    before: Numbers
    itself: npt.NDArray[np.bool_]
    talked: npt.NDArray[np.bool_]
    counts: dict[str, int]
    who: pl.Series

    @property
    def shops(self) -> list[str]:
        return list(self.counts)

    def codes(self, who: Numbers) -> Numbers:
        """``b`` of buyers."""
        n = who // 2
        codes: Numbers = self.before[n] + (self.itself[n] & (who % 2 == 1))
        return codes

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``b`` to rows with ``place`` and ``day``."""
        nicks, chats = self.found.identities.nicks, self.found.identities.chats
        n = nicks.of_place[rows["place"].to_numpy()]
        b = self.before[n]
        masked = nicks.masked[n]
        if masked.any():
            chat = rows.select(pl.Series("n", n), "day").filter(pl.Series(masked)).select(chat_key())
            b[masked] = self.codes(chats.buyers(chat["chat"].to_numpy()))
        return rows.with_columns(pl.Series("b", b))

    def of_orders(self, o: pl.Series) -> pl.DataFrame:
        """``b``, ``talked``, ``link`` of these orders; ``o``: their numbers."""
        linked = self.found.orders[o.to_numpy()]
        who = linked["who"].to_numpy()
        b = np.where(who == NOBODY, NOBODY, self.codes(who)).astype(np.int32)
        known = {"b": b, "talked": self.talked[b], "o": o.cast(pl.Int32), "nobody": b == NOBODY}
        return pl.DataFrame(known).select(
            linked["link"].cast(pl.String),
            pl.when("nobody").then(-1 - pl.col("o")).otherwise("b").alias("b"),
            pl.when(~pl.col("nobody")).then("talked").alias("talked"),
        )

    def table(self, shops: list[str], shelf: Shelf) -> pl.DataFrame:
        """b, s (place in ``shops``), shop, who, buyer (as tables write him), by code."""
        s = np.repeat(
            np.array([shops.index(shop) for shop in self.counts], dtype=np.int16), list(self.counts.values())
        )
        codes = pl.DataFrame({"b": np.arange(len(s), dtype=np.int32), "s": s})
        rows, names = shelf.limits.slice_rows, pl.Series(shops, dtype=pl.String)
        shop = shelf.texts("shop", (names.gather(part["s"]) for _, part in slices(codes, rows)))
        ambiguous = any(part["who"].str.ends_with(OWN).any() for _, part in slices(self.who.to_frame(), rows))
        whole = [shelf.lay(codes) if shop.len() > rows else codes, pl.DataFrame([shop, self.who])]
        if ambiguous:
            parts = (part.select(shown())["who"] for _, part in slices(self.who.to_frame(), rows))
            return pl.concat([*whole, shelf.texts("buyer", parts).to_frame()], how="horizontal")
        return pl.concat([*whole, self.who.alias("buyer").to_frame()], how="horizontal")


def coded_buyers(found: Found, written: npt.NDArray[np.bool_], shelf: Shelf) -> Buyers:
    """Of all whom messages, masked nicks' chats and orders are of."""
    nicks, chats, rows = found.identities.nicks, found.identities.chats, shelf.limits.slice_rows
    plain = written & ~nicks.masked
    itself, apart = plain.copy(), np.zeros(len(plain), dtype=bool)
    bought = found.orders["who"].to_numpy()
    for buyers in (chats.who, bought):
        for at in range(0, len(buyers), rows):
            some = buyers[at : at + rows]
            itself[some[(some != NOBODY) & ~is_apart(some)] // 2] = True
            apart[some[is_apart(some)] // 2] = True
    _same_name(nicks, itself, apart, rows)
    count = np.cumsum(itself.astype(np.int32) + apart, dtype=np.int32)
    before = count - itself - apart
    shops = {
        shop: int(count[end - 1] - before[first]) for shop, first, end in nicks.known.shops() if end > first
    }
    who = nicks.known.texts
    if not itself.all() or apart.any():
        who = shelf.texts("who", _texts(nicks, itself, apart, rows))
    made = Buyers(
        found, before, itself, np.zeros(len(who), dtype=bool), {s: n for s, n in shops.items() if n}, who
    )
    made.talked[before[plain]] = True
    for at in range(0, len(chats.who), rows):
        made.talked[made.codes(chats.who[at : at + rows])] = True
    return made


def _same_name(nicks: Nicks, itself: npt.NDArray[np.bool_], apart: npt.NDArray[np.bool_], rows: int) -> None:
    """An ambiguous buyer whose name is a nick that somebody else is written with is that one."""
    last = [end - 1 for _, _, end in nicks.known.shops()]
    for at in range(0, len(apart), rows):
        n = np.setdiff1d(at + np.flatnonzero(apart[at : at + rows]), last)
        same = n[(nicks.texts(n) + OWN == nicks.texts(n + 1)).to_numpy()]
        apart[same], itself[same + 1] = False, True


def _texts(
    nicks: Nicks, itself: npt.NDArray[np.bool_], apart: npt.NDArray[np.bool_], rows: int
) -> Iterator[pl.Series]:
    """Names of buyers, in order."""
    for at, part in slices(nicks.known.texts.to_frame("who"), rows):
        flags = (
            pl.Series(name, each[at : at + rows]) for name, each in (("itself", itself), ("apart", apart))
        )
        names = pl.when("itself").then("who"), pl.when("apart").then(pl.col("who") + OWN)
        both = part.with_columns(flags).select(pl.concat_list(*names).alias("who"))
        yield both.explode("who").drop_nulls()["who"]


def with_codes(rows: pl.DataFrame, buyers: pl.DataFrame) -> pl.DataFrame:
    """Adds ``b`` to rows with shop, who; null where that is nobody. ``buyers``: of ``prepare.Codes``, which are sorted:
    each name is looked up, for a join would hold them all."""
    found = [
        part.with_columns(_looked_up(part["who"], str(shop), buyers))
        for (shop,), part in rows.with_row_index("_at").group_by("shop")
    ]
    if not found:
        return rows.with_columns(pl.lit(None, pl.Int32).alias("b"))
    return pl.concat(found).sort("_at").drop("_at")


def _looked_up(who: pl.Series, shop: str, buyers: pl.DataFrame) -> pl.Series:
    first, end = buyers["shop"].search_sorted(shop, "left"), buyers["shop"].search_sorted(shop, "right")
    at = pl.Series("b", bisected(buyers["who"].slice(first, end - first), who), dtype=pl.Int32)
    return (at + first).set(at == NOBODY, None)
