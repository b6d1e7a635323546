"""Facts with names again: the fact tables of SPEC §10, sorted by their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import accumulate, chain

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.dealt import Dealt
from evaluator.kernel import Facts
from evaluator.names import Names as Texts
from evaluator.names import merged
from evaluator.prepare import Bucket, Codes
from evaluator.shelf import HANDS, Shelf, slices

SECONDS = 1000  # milliseconds in one
Numbers = npt.NDArray[np.uint32]


class Names:
    """Gives codes their names. Codes sort like the names they stand for."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._agents = (
            pl.LazyFrame({"agent": codes.agents}, schema={"agent": pl.String})
            .with_row_index("a")
            .with_columns(pl.col("a").cast(pl.Int32))
        )

    def buyer(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Adds ``shop`` and ``buyer`` for ``b``."""
        return rows.with_columns(self._codes.of_buyer("shop"), self._codes.of_buyer("buyer"))

    def agent(self, rows: pl.LazyFrame, code: str = "a", name: str = "agent") -> pl.LazyFrame:
        """Adds the agent's id ``name`` for ``code``."""
        return rows.join(
            self._agents.rename({"a": code, "agent": name}), on=code, how="left", maintain_order="left"
        )


def _seconds(column: str) -> pl.Expr:
    """Whole milliseconds as seconds, to the nearest float: where a column is long Polars multiplies by the reciprocal,
    and one wait would be 1.001 here and 1.0010000000000001 there."""
    return (pl.col(column) / SECONDS).round(3).alias(column)


def receptions_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/receptions.parquet``."""
    rows = names.agent(names.buyer(facts.receptions.lazy()))
    return rows.select(
        "shop",
        "buyer",
        "agent",
        pl.col("day").cast(pl.Date),
        "buyer_messages",
        "human_messages",
        "auto_messages",
        "turns",
        "answered",
        _seconds("wait_sum"),
        _seconds("first_wait"),
        "transferred_in",
        "transferred_out",
        "is_robot",
        pl.col("filtered").cast(pl.String),
        pl.when("consult").then("label").alias("label"),
        pl.when("consult").then("outcome").alias("outcome"),
    ).collect()


def ads_table(decisions: pl.DataFrame, codes: Codes) -> pl.DataFrame:
    """``tables/ads.parquet``: what is thought of each buyer on whom there is an opinion (R-F3): stage, score, words."""
    return (
        Names(codes)
        .buyer(decisions.lazy().sort("b"))
        .select("shop", "buyer", pl.exclude("b", "shop", "buyer"))
        .collect()
    )


def turns_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/turns.parquet``."""
    return (
        names.agent(names.buyer(facts.turns.lazy()))
        .select("shop", "buyer", "agent", "opened", "replied", _seconds("wait"), "outcome")
        .collect()
    )


def attribution_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/attribution.parquet``. The buyer of an order of nobody is the nick as the source writes it."""
    rows = facts.orders.lazy().rename({"buyer": "written", "shop": "_shop"}).pipe(names.buyer)
    rows = rows.drop("shop").rename({"_shop": "shop"})
    judged = ["by_order", "by_payment", "by_order_first", "by_grouped_chain", "credited"]
    disputed = ["original"] if "original" in facts.orders.columns else []  # made whole by ``disputes``
    for column in [*judged, *disputed]:
        rows = names.agent(rows.rename({column: "_code"}), "_code", column).drop("_code")
    return rows.select(
        "order_id",
        "shop",
        pl.coalesce("buyer", "written").alias("buyer"),
        "created",
        "paid",
        "amount",
        "counted",
        *judged,
        "excluded",
        *disputed,
    ).collect()


def assists_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/assists.parquet``."""
    orders = facts.orders.lazy().select("o", "shop", "order_id")
    return (
        names.agent(facts.assists.lazy().join(orders, on="o", maintain_order="left"))
        .select("shop", "order_id", "agent", "kind", "messages", "last_ts")
        .collect()
    )


def candidates_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/candidates.parquet``."""
    orders = facts.orders.lazy().select("o", "shop", "order_id")
    return (
        names.agent(facts.candidates.lazy().join(orders, on="o"))
        .select(
            "shop",
            "order_id",
            "at",
            "agent",
            "last_human",
            "human_messages",
            "buyer_messages",
            "answered_turns",
            "place",
            "won",
            "why",
        )
        .sort("shop", "order_id", "at", "agent")
        .collect()
    )


def sessions_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/sessions.parquet``: R-C7."""
    return (
        names.agent(names.buyer(facts.sessions.lazy()))
        .select(
            "shop",
            "buyer",
            "agent",
            "start",
            "end",
            pl.col("day").cast(pl.Date),
            "buyer_messages",
            "human_messages",
        )
        .collect()
    )


def inquiries_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/inquiries.parquet``: R-I1 to R-I3, R-I5."""
    return (
        names.buyer(facts.inquiries.lazy())
        .select("shop", "buyer", pl.col("day").cast(pl.Date), "t0", "label", "converted", "prior", "mature")
        .collect()
    )


def links_table(facts: Facts, names: Names) -> pl.DataFrame:
    """``tables/links.parquet``: how orders found their buyers, and whether those talked. ``buyer``: the nick as the
    source writes it, null where it names none; who that is stands in ``attribution``."""
    del names
    return facts.orders.select("shop", "order_id", "buyer", "link", "talked")


Table = Callable[[Facts, Names], pl.DataFrame]

#: Tables of buyers, sorted by shop and buyer as their facts are: made of some buyers at a time.
OF_BUYERS: dict[str, Table] = {
    "receptions": receptions_table,
    "turns": turns_table,
    "sessions": sessions_table,
    "inquiries": inquiries_table,
}
#: Tables of orders, sorted by shop and order id: made of some orders at a time, which are given in this order, and
#: with them what is theirs as the kernel sorts it.
OF_ORDERS: dict[str, Table] = {
    "attribution": attribution_table,
    "assists": assists_table,
    "candidates": candidates_table,
    "links": links_table,
}


Ends = dict[str, list[int]]  # table → how many of its rows there are up to the end of each part


def fact_tables(facts: Facts, bucket: Bucket, shelf: Shelf) -> tuple[dict[str, pl.DataFrame], Ends]:
    """All fact tables of SPEC §10 by name, with ``sessions``, ``inquiries`` and ``links`` beside them; and where their
    parts end: every part of OF_BUYERS is of the same buyers in all of these tables, every part of OF_ORDERS of the same
    orders."""
    names = Names(bucket.codes)
    pieces: dict[str, list[pl.DataFrame]] = {name: [] for name in OF_BUYERS | OF_ORDERS}

    def named(tables: Mapping[str, Table], part: Facts) -> dict[str, pl.DataFrame]:
        found = {name: shelf.keep(table(part, names)) for name, table in tables.items()}
        shelf.rest()
        return found

    with ThreadPoolExecutor(HANDS) as hands:
        buyers = hands.map(lambda part: named(OF_BUYERS, part.facts), facts.parts)
        orders = (named(OF_ORDERS, part) for part in _by_order(facts, shelf))
        for found in chain(buyers, orders):
            for name, table in found.items():
                pieces[name].append(table)
    ends = {name: list(accumulate(piece.height for piece in own)) for name, own in pieces.items()}
    return {name: pl.concat(own) for name, own in pieces.items()}, ends


def _by_order(facts: Facts, shelf: Shelf) -> Iterator[Facts]:
    """The same with orders in the order of shop and order id, about a slice of candidates or orders at a time. ``o`` is
    their place in ``facts.orders``."""
    of_orders = {name: getattr(facts, name) for name in ("orders", "assists", "candidates")}
    places = _places(facts.orders.select("shop", "order_id"), shelf)
    parts = max(facts.orders.height, facts.candidates.height) // shelf.limits.slice_rows + 1
    step = len(places) // parts + 1

    def by_place(frame: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
        for _, rows in slices(frame, shelf.limits.slice_rows):
            place = pl.Series("_place", places[rows["o"].to_numpy()])
            yield rows.with_columns(place), place // step

    for dealt in zip(*(Dealt(by_place(frame), parts, shelf) for frame in of_orders.values()), strict=True):
        part = (rows.sort("_place", maintain_order=True).drop("_place") for rows in dealt)
        yield replace(facts, **dict(zip(of_orders, part, strict=True)))


def _places(orders: pl.DataFrame, shelf: Shelf) -> Numbers:
    """The place of each order (shop, order_id: no two alike) in the order of these."""
    ids, of_id, rows = Texts(shelf), np.empty(orders.height, dtype=np.uint32), shelf.limits.slice_rows
    for at, part in slices(orders, rows):
        of_id[ids.add(part["shop"], part["order_id"]).to_numpy()] = np.arange(at, at + part.height)
        shelf.rest()
    places, before = np.empty_like(of_id), 0
    for found in merged(ids.runs, np.ones(ids.places, dtype=bool), rows):
        places[of_id[found.places]] = before + found.which
        before += len(found.texts)
    return places
