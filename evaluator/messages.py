"""Every message row used, with its buyer and agent: the evidence behind everything.

Millions of rows: so they stay as they were read, beside their codes, and names are joined to those that are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from evaluator.buyers import with_codes
from evaluator.model import MonthData
from evaluator.names import Names
from evaluator.nicks import OWN, Nicks
from evaluator.prepare import Bucket, Codes
from evaluator.shelf import Shelf, slices
from evaluator.tables import spelled

COLUMNS = (
    "shop",
    "buyer",
    "account",
    "agent",
    "sender",
    "kind",
    "auto",
    "ts",
    "text",
    "order_id",
    "to_account",
    "is_buyer",
    "is_human",
    "file",
    "row",
)
WRITTEN = (
    "written"  # the nick as the source writes it, where masks stand for buyers and ``buyer`` does not say it
)
NEVER_REPEATING = ("ts", "row", "auto", "is_buyer", "is_human")
MEASURED = ("ts", "row")  # columns whose least and greatest values help to skip rows
ROW_GROUP = 1 << 17  # rows
RESTED = 8 * ROW_GROUP  # rows after which pages are given back: names are looked up everywhere


@dataclass(frozen=True)
class Messages:
    """``rows``: message rows in the order of the input, coded; ``codes``: buyers, agents and shops by code; ``files``:
    names by place; ``orders``: the texts of places in ``order_id``; ``nicks``: those of places in ``place``, as written
    (None: none of them is masked). The tables that come out have COLUMNS; ordered by ``ts`` (stably), rows are in the
    order of messages of SPEC §1."""

    rows: pl.DataFrame
    codes: Codes
    files: pl.Series
    orders: Names
    nicks: Nicks | None
    shelf: Shelf

    @classmethod
    def of_month(cls, month: MonthData, bucket: Bucket) -> Messages:
        raw, codes = month.tables["messages"], bucket.rows
        nicks = bucket.identities.nicks if len(bucket.identities.chats.keys) else None
        rows = raw.select(
            *("account", "sender", "ts", "text", "kind", "order_id", "to_account", "_file", "_row"),
            *([pl.col("buyer").alias("place")] if nicks else []),
        ).with_columns(codes["b"], codes["a"], codes["auto"], codes["buyer_msg"], codes["human"])
        files = pl.Series("file", [f.file for f in month.inputs], dtype=pl.String)
        return cls(rows, bucket.codes, files, month.names["order_id"], nicks, month.shelf)

    def _named(self, rows: pl.DataFrame) -> pl.DataFrame:
        names = rows.with_columns(
            self.codes.shop_of(rows["b"]),
            self.codes.buyers["buyer"].gather(rows["b"]),
            self.codes.agent_names().gather(rows["a"]),
            self.files.gather(rows["_file"]),
            self.orders.texts(rows["order_id"]),
        )
        named = names.rename({"_row": "row", "buyer_msg": "is_buyer", "human": "is_human"})
        return spelled(named.select(COLUMNS))

    def _whole(self, rows: pl.DataFrame) -> pl.DataFrame:
        """COLUMNS, and WRITTEN in a month with masked nicks: a mask that stands for somebody else, or for nobody knows
        whom (then ``buyer`` is written the same). Null: the nick is ``buyer``, and it is he whose nick it is."""
        named = self._named(rows)
        if self.nicks is None:
            return named
        n = self.nicks.of_place[rows["place"].to_numpy()]
        masked = np.flatnonzero(self.nicks.masked[n])
        nicks = self.nicks.texts(n[masked])
        other = (nicks != self.codes.buyers["who"].gather(rows["b"].gather(masked))).to_numpy()
        written = pl.repeat(None, rows.height, dtype=pl.String(), eager=True)
        return named.with_columns(written.scatter(masked[other], nicks.filter(other)).alias(WRITTEN))

    def all(self) -> pl.DataFrame:
        """Every row, in the order of the input."""
        return self._whole(self.rows)

    def busiest(self) -> tuple[str, str, int] | None:
        """Shop and name of the buyer with most message rows, and how many; None where there is nobody."""
        counts = np.zeros(self.codes.buyers.height, dtype=np.int64)
        for _, part in slices(self.rows.select("b"), self.shelf.limits.slice_rows):
            b = part["b"].to_numpy()
            counts += np.bincount(b[b >= 0], minlength=len(counts))
        if not counts.any():
            return None
        most = int(counts.argmax())
        shop, buyer = self.codes.buyers.select("shop", "buyer").row(most)
        return shop, buyer, int(counts[most])

    def on_days(self, asked: pl.DataFrame, day: pl.Expr, most: int) -> pl.DataFrame:
        """The first messages of each of these (``shop``, ``buyer``, ``day``), in the order of messages: ``most`` of
        each buyer written so, for a masked nick may have thousands. ``day``: of ``ts``."""
        keys = asked.join(self._codes(asked), on=["shop", "buyer"]).select("b", "day")
        buyers = pl.col("b").is_in(keys["b"].unique().implode())
        first = pl.int_range(pl.len()).over("b", "day") < most
        rows = self._chosen(
            lambda part: (
                part.filter(buyers)
                .with_columns(day)
                .join(keys.lazy(), on=["b", "day"], how="semi", maintain_order="left")
                .sort("ts", maintain_order=True)
                .filter(first)
            )
        )
        rows = rows.sort("ts", maintain_order=True).filter(first)
        return self._named(rows).with_columns(rows["day"])

    def _chosen(self, choose: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
        """Some of the rows, in the order of the input: looked for a slice at a time."""
        found = []
        for _, part in slices(self.rows, self.shelf.limits.slice_rows):
            found.append(choose(part.lazy()).collect())
            self.shelf.rest()
        return pl.concat(found)

    def _codes(self, asked: pl.DataFrame) -> pl.DataFrame:
        """shop, buyer, b of these (``shop``, ``buyer``): one written like an ambiguous buyer may be he."""
        names = asked.select("shop", "buyer").drop_nulls().unique()
        who = pl.concat([names.with_columns((pl.col("buyer") + end).alias("who")) for end in ("", OWN)])
        return with_codes(who, self.codes.buyers).drop_nulls("b").select("shop", "buyer", "b")

    def said(self, asked: pl.DataFrame) -> pl.DataFrame:
        """What people wrote at these moments: ``shop``, ``buyer``, ``agent``, ``ts`` → besides ``text``, of several
        messages in one second the last."""
        codes = self._codes(asked)
        agents = self.codes.agent_names().to_frame().with_row_index("a").cast({"a": self.rows.schema["a"]})
        keys = (
            asked.join(codes, on=["shop", "buyer"]).join(agents, on="agent").select("b", "a", "ts").unique()
        )
        buyers = pl.col("human") & pl.col("b").is_in(keys["b"].unique().implode())
        rows = self._chosen(
            lambda part: part.filter(buyers).join(
                keys.lazy(), on=["b", "a", "ts"], how="semi", maintain_order="left"
            )
        )
        named = self._named(rows).select("shop", "buyer", "agent", "ts", "text")
        return named.unique(["shop", "buyer", "agent", "ts"], keep="last", maintain_order=True)

    def write(self, path: Path) -> None:
        """``tables/messages.parquet``, in the order of the input, without holding it all."""
        schema = self._whole(self.rows.clear()).to_arrow().schema
        repeating = [name for name in schema.names if name not in NEVER_REPEATING]
        with pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=repeating,
            write_statistics=list(MEASURED),
        ) as file:
            for at, rows in slices(self.rows, ROW_GROUP):
                file.write_table(self._whole(rows).to_arrow())
                if at % RESTED == 0:
                    self.shelf.rest()
