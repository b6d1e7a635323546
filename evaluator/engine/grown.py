"""A bucket that changed since it was last worked on: most of its buyers did not. Theirs is taken from what was made
then; only the others are worked out again, and both are put together as if nobody had been left out.

Buyers are compared row by row, not by checksums. What stands in a bucket is compared as *evidence*: frames by name,
each with ``b`` and without numbers that depend on others (places in the input become places among the buyer's own)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.engine.partition import Coded
from evaluator.engine.work import Frames

Evidence = Mapping[str, pl.DataFrame]
NOBODY = -1
BUYERS = "buyers"  # of the evidence: shop, who, by code
COUNTED = {
    "r": "receptions",
    "n": "sessions",
    "v": "services",
}  # each number, and the fact whose rows it counts
OF_ORDERS = {
    "orders": ["o"],
    "candidates": ["o", "at", "place"],
    "assists": ["o", "a", "kind"],
}  # and their order


def evidence(coded: Coded) -> dict[str, pl.DataFrame]:
    """What the kernel sees of each buyer in a bucket, in his own order."""
    part = coded.part
    both = pl.concat([part.messages.select("b", "pos"), part.transfers.select("b", "pos")])
    place = both.select(pl.col("pos").rank("ordinal").over("b").cast(pl.UInt32).alias("place"))["place"]
    talk = part.messages.height
    orders = with_place(part.orders)
    found = {
        "messages": part.messages.drop("pos").with_columns(place.head(talk)),
        "transfers": part.transfers.drop("pos").with_columns(place.tail(part.transfers.height)),
        "orders": orders.drop("o"),
    }
    if coded.items is not None:
        where = orders.select("o", "b", "place")
        found["items"] = coded.items.join(where, on="o", maintain_order="left").drop("o")
    return found


def with_place(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders with ``place`` = how many of the buyer's own came before."""
    return orders.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).over("b").alias("place"))


@dataclass(frozen=True)
class Same:
    """Buyers of a bucket who are as they were. ``codes``: was, b (the code then and now), in order."""

    codes: pl.DataFrame

    @classmethod
    def of(cls, was: Evidence, now: Evidence) -> Same:
        known = _numbered(was[BUYERS], "was").join(_numbered(now[BUYERS], "b"), on=["shop", "who"])
        same = cls(known.select("was", "b").sort("b"))
        for name in now:
            if name != BUYERS:
                same = cls(_without(same.codes, same._changed(was.get(name), now[name])))
        return same

    def taken(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows of these buyers, of what was made then, in the codes of now."""
        b = pl.Series("b", _at(frame["b"], self.codes["was"], self.codes["b"], NOBODY))
        return frame.with_columns(b.cast(frame.schema["b"])).filter(pl.col("b") != NOBODY)

    def without(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows of the others."""
        return _without(frame, self.codes["b"])

    def _changed(self, was: pl.DataFrame | None, now: pl.DataFrame) -> pl.Series:
        """``b`` of those whose rows differ."""
        if was is None or was.schema != now.schema:
            return self.codes["b"]
        before = _by_buyer(self.taken(was))
        after = _by_buyer(
            now.filter(pl.Series(_at(now["b"], self.codes["b"], self.codes["b"], NOBODY)) != NOBODY)
        )
        size = int(self.codes["b"].max() or 0) + 1  # type: ignore[arg-type]
        counts = [np.bincount(rows["b"].to_numpy(), minlength=size) for rows in (before, after)]
        other = pl.Series("b", np.flatnonzero(counts[0] != counts[1]), dtype=pl.Int32)
        before, after = _without(before, other), _without(after, other)
        differs = [before[c].ne_missing(after[c]) for c in now.columns if c != "b"]
        rows = after["b"].filter(reduce(or_, differs)) if differs else other.clear()
        return pl.concat([other, rows]).unique()


def _at(asked: pl.Series, codes: pl.Series, values: pl.Series, nothing: int) -> npt.NDArray[np.int64]:
    """For each of the codes ``asked`` the value beside it in ``codes``; codes below 0 and others have ``nothing``. A
    table by code: a join of millions of rows takes five times as long."""
    last = int(codes.max()) if len(codes) else -1  # type: ignore[arg-type]
    table = np.full(last + 2, nothing, dtype=np.int64)
    table[codes.to_numpy()] = values.to_numpy()
    places = asked.fill_null(NOBODY).to_numpy()
    return table[np.where((places < 0) | (places > last), last + 1, places)]


def _without(frame: pl.DataFrame, codes: pl.Series) -> pl.DataFrame:
    """Rows of other buyers than these."""
    return frame.filter(pl.Series(_at(frame["b"], codes, codes, NOBODY)) == NOBODY)


def _by_buyer(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if frame["b"].is_sorted() else frame.sort("b", maintain_order=True)


def _numbered(buyers: pl.DataFrame, code: str) -> pl.DataFrame:
    return buyers.with_row_index(code).with_columns(pl.col(code).cast(pl.Int32))


def facts_of_all(
    same: Same, was: Frames, now: Frames | None, orders: tuple[pl.DataFrame, pl.DataFrame]
) -> Frames:
    """Facts of a bucket: of the buyers in ``same`` as they were, of the others as they are (None: there are none).
    ``orders``: the bucket's, then and now."""
    before, after = orders
    places = with_place(before).select("o", pl.col("b").alias("_b"), "place")
    places = places.rename({"o": "_o"}).join(same.codes, left_on="_b", right_on="was")
    moved = places.join(with_place(after).select("o", "b", "place"), on=["b", "place"]).select("_o", "o")
    parts = [{name: same.taken(_owned(name, frame, was, before)) for name, frame in was.items()}]
    for name in OF_ORDERS:
        told = parts[0][name].rename({"o": "_o"}).join(moved, on="_o", maintain_order="left")
        parts[0][name] = told.select(parts[0][name].columns)
    if now is not None:
        parts.append({name: _owned(name, frame, now, after) for name, frame in now.items()})
    numbered = _renumbered(parts)
    found = {}
    for name, shape in was.items():
        pieces = [part[name] for part in numbered]
        if name in OF_ORDERS:
            rows = pl.concat(pieces).sort(OF_ORDERS[name], maintain_order=True)
        else:
            rows = reduce(lambda one, other: one.merge_sorted(other, "b"), pieces)
        found[name] = rows.select(shape.columns)
    return found


def _owned(name: str, frame: pl.DataFrame, facts: Frames, orders: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``b``, where they have none of their own."""
    if "b" in frame.columns:
        return frame
    key, owners = ("o", orders) if "o" in frame.columns else ("v", facts["services"])
    return frame.join(owners.select(key, "b"), on=key, how="left", maintain_order="left")


def _renumbered(parts: list[Frames]) -> list[Frames]:
    """Numbers follow each other in the order of buyers: each buyer's own move together."""
    done = [dict(part) for part in parts]
    for number, fact in COUNTED.items():
        first = [
            part[fact].group_by("b").agg(pl.col(number).min().alias("_was"), pl.len().alias("_rows"))
            for part in parts
        ]
        begin = 0 if number == "r" else 1
        every = pl.concat(first).sort("b")
        every = every.with_columns((pl.col("_rows").cum_sum() - pl.col("_rows") + begin).alias("_first"))
        for part, own in zip(done, first, strict=True):
            by = own.join(every.select("b", "_first"), on="b")
            ahead = by["_first"].cast(pl.Int64) - by["_was"].cast(pl.Int64)
            for name, frame in part.items():
                if number in frame.columns:
                    moved = pl.Series(_at(frame["b"], by["b"], ahead, 0))
                    part[name] = frame.with_columns((pl.col(number).cast(pl.Int64) + moved).cast(pl.UInt32))
    return done
