"""Everybody whom messages, orders and open ids name, by number: what a mask stands for, and whose chats and orders are,
is found out without a text.

``n``: a (shop, nick) as written. Nicks are sorted, so numbers sort like them. ``who``: a buyer: he whose nick it is
(2 n), or an ambiguous one who is himself and nobody else (2 n + 1), written like it: he comes right behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.claims import NOBODY, Numbers
from evaluator.masks import MASK
from evaluator.names import Names, Numbered, numbered
from evaluator.shelf import slices

OWN = "\x00"  # ends the name of an ambiguous buyer: no order joins him by nick
DAYS = 1 << 32  # more than there are


def itself(n: Numbers) -> Numbers:
    """The buyer whose nick it is."""
    return 2 * n


def apart(n: Numbers) -> Numbers:
    """The ambiguous buyer who is written so."""
    return 2 * n + 1


def is_apart(who: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (who >= 0) & (who % 2 == 1)
    return found


def shown(who: str = "who") -> pl.Expr:
    """A buyer as tables write him."""
    return pl.col(who).str.strip_suffix(OWN)


def chat_key() -> pl.Expr:
    """A masked chat, (``n``, ``day``), as one number that sorts like both."""
    return (pl.col("n").cast(pl.Int64) * DAYS + pl.col("day")).alias("chat")


def nick_of(chats: npt.NDArray[np.int64]) -> Numbers:
    """``n`` of chats."""
    return ((chats + DAYS // 2) // DAYS).astype(np.int32)


@dataclass(frozen=True)
class Nicks:
    """``known``: the nicks · ``masked``: by n · ``of_place``: n by the place of a message's buyer in
    ``MonthData.names`` · ``of_order``: n by order; NOBODY: it carries none."""

    known: Numbered
    masked: npt.NDArray[np.bool_]
    of_place: Numbers
    of_order: Numbers

    @classmethod
    def of(cls, names: Names, orders: pl.DataFrame, beside: pl.DataFrame) -> Nicks:
        """Of the buyers in ``names``, of ``orders`` and of others ``beside`` (each: shop, buyer)."""
        more, rows, count = names.more(), names.shelf.limits.slice_rows, names.places
        placed = [more.add(part["shop"], part["buyer"]) for _, part in slices(orders, rows)]
        for _, part in slices(beside, rows):
            told = part.drop_nulls()
            more.add(told["shop"], told["buyer"])
        known, of_place = numbered(more, "who")
        of_order = np.concatenate([at_places(of_place, places) for places in placed])
        parts = slices(known.texts.to_frame("text"), rows)
        masked = [part["text"].str.contains(MASK, literal=True).to_numpy() for _, part in parts]
        return cls(known, np.concatenate(masked), of_place[:count], of_order)

    def odd_orders(self) -> npt.NDArray[np.bool_]:
        """By order, whether it carries no nick that is written out."""
        odd: npt.NDArray[np.bool_] = (self.of_order == NOBODY) | self.masked[self.of_order]
        return odd

    def texts(self, n: Numbers) -> pl.Series:
        return self.known.texts.gather(n)

    def spelled(self, who: Numbers) -> pl.DataFrame:
        """shop, who: the names of buyers; null of NOBODY."""
        number = pl.Series(who // 2).set(pl.Series(who == NOBODY), None)
        named = pl.DataFrame(self.known.named(number, "who")).with_columns(pl.Series("apart", is_apart(who)))
        return named.select("shop", pl.when("apart").then(pl.col("who") + OWN).otherwise("who").alias("who"))


def at_places(values: Numbers, places: pl.Series) -> Numbers:
    """The values at places; NOBODY where that is null."""
    if places.null_count() == len(places):
        return np.full(len(places), NOBODY, dtype=np.int32)
    found = values[places.fill_null(0).to_numpy()]
    return np.where(places.is_null().to_numpy(), np.int32(NOBODY), found)
