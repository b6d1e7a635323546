"""Which orders are named, by messages and beside open ids: texts become the orders' numbers, once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.claims import NOBODY, Numbers
from evaluator.model import MonthData
from evaluator.names import Names, Numbered, numbered
from evaluator.nicks import Nicks, at_places
from evaluator.shelf import Shelf, slices


@dataclass(frozen=True)
class Naming:
    """``of_place``: order by the place of its number in ``MonthData.names``; NOBODY: there is no such order.
    ``odd``: by order, whether it carries no nick that is written out. Who names one is asked then, and of masked nicks
    what they name."""

    of_place: Numbers
    odd: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, month: MonthData, nicks: Nicks, orders: pl.DataFrame) -> Naming | None:
        """None where nothing needs to be asked."""
        odd = nicks.odd_orders()
        if not nicks.masked.any() and not odd.any():
            return None
        return cls(order_numbers(month.names["order_id"], orders), odd)


def order_numbers(named: Names, orders: pl.DataFrame) -> Numbers:
    """By place in ``named`` the row of ``orders`` (shop, order_id), each of which stands once."""
    more, count, rows = named.more(), named.places, named.shelf.limits.slice_rows
    placed = [more.add(part["shop"], part["order_id"]) for _, part in slices(orders, rows)]
    known, of_place = numbered(more, "order_id")
    order = np.full(len(known.texts), NOBODY, dtype=np.int32)
    order[of_place[pl.concat(placed).to_numpy()]] = np.arange(orders.height, dtype=np.int32)
    return order[of_place[:count]]


@dataclass(frozen=True)
class OpenIds:
    """Open ids of buyers by number, ``u``. ``orders``: u, o: the orders beside each; ``nicks``: u, n: the nicks beside
    it that are written out."""

    known: Numbered
    orders: pl.DataFrame
    nicks: pl.DataFrame

    @classmethod
    def of(cls, found: pl.DataFrame, nicks: Nicks, orders: pl.DataFrame, shelf: Shelf) -> OpenIds:
        """From what the platforms' answers say (``tables.OPEN_IDS``) of a shop's."""
        ids, numbers, rows = Names(shelf), Names(shelf), shelf.limits.slice_rows
        placed = []
        for _, part in slices(found, rows):
            own = part.filter(pl.col("shop").is_not_null() & pl.col("open_id").is_not_null())
            n = nicks.known.find(own["shop"], own["buyer"])
            plain = np.where((n != NOBODY) & ~nicks.masked[n], n, NOBODY)
            placed.append(
                (ids.add(own["shop"], own["open_id"]), numbers.add(own["shop"], own["order_id"]), plain)
            )
        known, of_place = numbered(ids, "open_id")
        order = order_numbers(numbers, orders) if numbers.places else np.zeros(0, np.int32)
        beside = [
            shelf.keep(pl.DataFrame({"u": at_places(of_place, u), "o": at_places(order, o), "n": n}))
            for u, o, n in placed
        ]
        told = pl.concat(beside)
        orders_of = told.select("u", "o").filter(pl.col("o") != NOBODY)
        return cls(known, orders_of, told.select("u", "n").filter(pl.col("n") != NOBODY))
