"""Everybody who talked or bought gets his code: (shop, who) in code-point order. Never all of their names are held at
once (``names.merged``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.identity import OWN, Identities, shown
from evaluator.model import MonthData
from evaluator.names import Merged, merged
from evaluator.overview import Overview
from evaluator.shelf import Shelf, slices

NOBODY = -1


@dataclass(frozen=True)
class Buyers:
    """Codes of buyers. ``codes``: by the place of a name; ``masked``: of a masked nick by place and day (``of_chat``);
    ``orders``: place of each order's buyer; ``talked``: by code, whether some message row is his; ``counts``: how many
    of each shop; ``who``: their names by code."""

    codes: npt.NDArray[np.int32]
    masked: pl.DataFrame
    orders: pl.Series
    talked: npt.NDArray[np.bool_]
    counts: dict[str, int]
    who: pl.Series

    @property
    def shops(self) -> list[str]:
        return list(self.counts)

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Adds ``b`` to rows with ``place`` and ``day``."""
        found = rows.with_columns(pl.Series("b", self.codes[rows["place"].to_numpy()]))
        if not self.masked.height:
            return found
        found = found.join(self.masked, on=["place", "day"], how="left", maintain_order="left")
        return found.with_columns(pl.coalesce("of_chat", "b").alias("b")).drop("of_chat")

    def of_orders(self, o: pl.Series) -> pl.DataFrame:
        """``b``, ``talked`` of every order; ``o``: their numbers."""
        nobody = self.orders.is_null()
        b = self.codes[self.orders.fill_null(0).to_numpy()] if len(self.codes) else np.zeros(len(o), np.int32)
        talked = self.talked[b] if len(self.talked) else np.zeros(len(o), dtype=bool)
        return pl.DataFrame({"b": b, "talked": talked, "o": o.cast(pl.Int32), "nobody": nobody}).select(
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


def coded_buyers(month: MonthData, seen: Overview, found: Identities, orders: pl.DataFrame) -> Buyers:
    """Of all whom messages, masked nicks' chats and ``orders`` (shop, who) are of."""
    names, rows = month.names["buyer"].more(), month.shelf.limits.slice_rows
    chats = seen.chats.join(found.chats, on=["shop", "buyer", "day"])
    of_chats = names.add(chats["shop"], chats["who"])
    of_orders = [names.add(part["shop"], part["who"]) for _, part in slices(orders, rows)]
    wanted = np.ones(names.places, dtype=bool)
    wanted[: len(seen.plain)] = seen.plain
    codes, counts = np.full(names.places, NOBODY, dtype=np.int32), dict[str, int]()
    who = month.shelf.texts("who", _texts(merged(names.runs, wanted, rows), codes, counts))
    talked = np.zeros(len(who), dtype=bool)
    talked[codes[: len(seen.plain)][seen.plain]] = True
    talked[codes[of_chats.to_numpy()]] = True
    masked = chats.select("place", "day", pl.Series("of_chat", codes[of_chats.to_numpy()]))
    return Buyers(codes, masked, pl.concat(of_orders), talked, counts, who)


def _texts(
    found: Iterator[Merged], codes: npt.NDArray[np.int32], counts: dict[str, int]
) -> Iterator[pl.Series]:
    """The texts one range after the other, while their places get codes and shops their counts."""
    count = 0
    for each in found:
        codes[each.places] = count + each.which
        counts[each.shop] = counts.get(each.shop, 0) + len(each.texts)
        count += len(each.texts)
        yield each.texts


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
    names = buyers["who"].slice(first, end - first)
    if not len(names):
        return pl.Series("b", [None] * len(who), dtype=pl.Int32)
    asked = who.fill_null("")
    at = names.search_sorted(asked).clip(upper_bound=len(names) - 1)
    known = (names.gather(at) == asked) & who.is_not_null()
    return pl.select(pl.when(known).then(at.cast(pl.Int32) + first).alias("b")).to_series()
