"""The work on one bucket: what the kernel gets, and a key that says all of it. What an engine hands to a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace

import polars as pl

from evaluator.engine.grown import BUYERS, Evidence, Same, evidence, with_place
from evaluator.engine.partition import Coded, DiskBucket
from evaluator.engine.work import Frames, key_of
from evaluator.filters import BuyerLists
from evaluator.kernel import Context, Facts, analyze
from evaluator.prepare import Part

#: Columns of ``Facts.orders`` that the kernel adds.
JUDGED = ("excluded", "by_order", "by_payment", "by_order_first", "by_grouped_chain", "credited", "original")
ORDERS, COVERED = (
    "numbers",
    "covered",
)  # of the evidence: o, b of the bucket's orders; the last day with order data


Content = Iterable[tuple[str, pl.DataFrame | None]]


def key_of_facts(content: Content, lists: BuyerLists, context: Context) -> str:
    """``rules:all``: checksums of what holds for every buyer, and of everything. Same key, same facts. ``content``: of
    ``DiskBucket``."""
    creditable = None if context.creditable is None else sorted(context.creditable.to_list())
    rules = key_of([], context.settings, creditable, context.by_session, context.moves is None)
    every = [*content, *_listed(lists).items(), ("moves", context.moves)]
    return f"{rules}:{key_of(every, rules, context.covered)}"


def _listed(lists: BuyerLists) -> dict[str, pl.DataFrame]:
    ads = lists.ads.select("b", "ad", (pl.col("by") == "label").alias("by_label"))
    return {
        "internal": lists.internal.sort("b"),
        "manual": lists.manual.sort("b", "day"),
        "ads": ads.sort("b"),
    }


@dataclass(frozen=True)
class Task:
    """One bucket in its own codes, with the lists and disputes that concern it."""

    coded: Coded
    lists: BuyerLists
    context: Context

    def facts(self) -> Frames:
        """SPEC §3 to §6 of the bucket, by name of ``Facts``; of the orders only what the kernel adds."""
        found = analyze(self.coded.part, self.lists, self.coded.items, self.context)
        frames = {f.name: getattr(found, f.name) for f in fields(Facts)}
        frames["orders"] = found.orders.select("o", *(c for c in JUDGED if c in found.orders.columns))
        return {name: frame for name, frame in frames.items() if frame is not None}

    def evidence(self, buyers: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Everything by buyer (``grown``). ``buyers``: shop, who, by code."""
        orders = self.coded.part.orders
        found = evidence(self.coded) | _listed(self.lists)
        if self.context.moves is not None:
            places = with_place(orders).select("o", "b", "place")
            found["moves"] = self.context.moves.join(places, on="o").drop("o")
        covered = pl.DataFrame({COVERED: [self.context.covered]}, schema={COVERED: pl.Int64})
        return found | {BUYERS: buyers, ORDERS: orders.select("o", "b"), COVERED: covered}

    def same(self, was: Evidence, now: Evidence) -> Same:
        """Buyers of whom everything is as it was, and whose days the order data covered then as now (R-I5)."""
        found = Same.of(
            {n: f for n, f in was.items() if n not in (ORDERS, COVERED)},
            {n: f for n, f in now.items() if n not in (ORDERS, COVERED)},
        )
        then, today = (frame[COVERED].item() for frame in (was, now))
        if then == today:
            return found
        if then is None or today is None:
            return Same(found.codes.clear())
        window = self.context.settings.window_days
        until = pl.col("day") + window
        ripened = self.coded.part.messages.filter(
            until.is_between(min(then, today), max(then, today), closed="right")
        )
        transfers = self.coded.part.transfers.filter(
            until.is_between(min(then, today), max(then, today), closed="right")
        )
        touched = pl.concat([ripened.select("b"), transfers.select("b")]).unique()
        return Same(found.codes.join(touched, on="b", how="anti", maintain_order="left"))

    def without(self, same: Same) -> Task:
        """The same for the other buyers alone."""
        part = Part(*(same.without(getattr(self.coded.part, f.name)) for f in fields(Part)))
        items = self.coded.items
        if items is not None:
            items = items.join(part.orders.select("o"), on="o", how="semi", maintain_order="left")
        moves = self.context.moves
        if moves is not None:
            moves = moves.join(part.orders.select("o"), on="o", how="semi", maintain_order="left")
        lists = _each_list(self.lists, same.without)
        return Task(replace(self.coded, part=part, items=items), lists, replace(self.context, moves=moves))


def own_moves(moves: pl.DataFrame, bucket: DiskBucket) -> pl.DataFrame:
    """The month's ``moves`` (o, to) of the bucket's orders, with its ``o``."""
    places = pl.DataFrame({"o": bucket.orders}).with_row_index("_o")
    return moves.join(places, on="o").select(pl.col("_o").alias("o"), "to").sort("o")


def _each_list(lists: BuyerLists, of: Callable[[pl.DataFrame], pl.DataFrame]) -> BuyerLists:
    return BuyerLists(of(lists.internal), of(lists.manual), of(lists.ads))


def of_bucket(rows: pl.DataFrame, bucket: DiskBucket) -> pl.DataFrame:
    """Rows of the bucket's buyers, in its codes."""
    span = bucket.span
    own = rows.filter((pl.col("b") >= span.first) & (pl.col("b") < span.end))
    return own.with_columns((pl.col("b") - span.first).cast(pl.Int32))
