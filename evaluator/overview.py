"""What the messages of a month say as a whole, gathered slice by slice: who wrote where on which day, which orders were
named, who is a robot by what he sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.identity import ORDER, is_masked
from evaluator.model import MonthData
from evaluator.names import spelled as in_full
from evaluator.roster import day_of
from evaluator.shelf import slices
from evaluator.tables import spelled

ByPlace = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Overview:
    """Names as text, each row once; buyers by their places in ``MonthData.names``.

    ``plain``, ``masked``: whether some message is of the nick at a place, and it is written out, or is not ·
    ``chats``: place, shop, buyer, day of masked nicks · ``named``: shop, buyer, day, order_id: buyer and order as
    places · ``days``: account, day, of those transferred to as well · ``robots``: accounts that send ``robot``
    messages and no ``agent`` messages (§4) · ``shop_accounts``: shop, account · ``last_message``: of any kind but
    transfers"""

    plain: ByPlace
    masked: ByPlace
    chats: pl.DataFrame
    named: pl.DataFrame
    days: pl.DataFrame
    robots: pl.Series
    shop_accounts: pl.DataFrame
    last_message: datetime | None

    def naming(self, month: MonthData, orders: pl.DataFrame) -> pl.DataFrame:
        """shop, buyer, day, order_id: what masked nicks name, and who names one of these ``orders``."""
        found = []
        for _, rows in slices(self.named, month.shelf.limits.slice_rows):
            if not self.masked.any() and orders.is_empty():
                rows = rows.clear()
            named = spelled(in_full(rows, month.names))
            asked = named.join(orders.select(ORDER), on=ORDER, how="semi")
            found.append(pl.concat([named.filter(is_masked()), asked]).unique())
        return pl.concat(found).unique()

    def nicks(self, month: MonthData) -> Iterator[pl.DataFrame]:
        """shop, buyer: the nicks written out, some at a time, maybe again."""
        for run in month.names["buyer"].runs:
            own = pl.Series(self.plain[run.first : run.first + len(run.texts)])
            yield run.frame().filter(own).select("shop", pl.col("text").alias("buyer"))


def overview(month: MonthData) -> Overview:
    """Of all messages."""
    start, nicks = month.config.settings.day_start_s, month.names["buyer"]
    masked = _masked(month)
    written = np.zeros(nicks.places, dtype=bool)
    found: dict[str, list[pl.DataFrame]] = {}
    columns = ("shop", "buyer", "account", "sender", "ts", "kind", "order_id", "to_account")
    for _, rows in slices(month.tables["messages"].select(columns), month.shelf.limits.slice_rows):
        written[rows["buyer"].to_numpy()] = True
        of_masked = pl.Series(masked[rows["buyer"].to_numpy()])
        for name, part in _of_slice(rows.lazy(), of_masked, start).items():
            found.setdefault(name, []).append(part.collect())
        month.shelf.rest()
    whole = {name: spelled(pl.concat(parts).unique()) for name, parts in found.items()}
    days = pl.concat([whole["days"], whole["transferred"]]).unique().drop_nulls()
    return Overview(
        plain=written & ~masked,
        masked=written & masked,
        chats=whole["chats"].with_columns(nicks.texts(whole["chats"]["place"]).alias("buyer")),
        named=whole["named"],
        days=days,
        robots=_robots(whole["senders"]),
        shop_accounts=whole["shop_accounts"].drop_nulls(),
        last_message=whole["last"]["ts"].max(),  # type: ignore[arg-type]
    )


def _masked(month: MonthData) -> ByPlace:
    """By place, whether a nick is masked."""
    runs = month.names["buyer"].runs
    found = [run.texts.str.contains("*", literal=True).to_numpy() for run in runs]
    return np.concatenate(found) if found else np.zeros(0, dtype=bool)


def _of_slice(rows: pl.LazyFrame, of_masked: pl.Series, day_start_s: int) -> dict[str, pl.LazyFrame]:
    rows = rows.with_columns(day_of(pl.col("ts"), day_start_s).alias("day"))
    message = pl.col("kind") != "transfer"
    return {
        "chats": rows.filter(of_masked).select(pl.col("buyer").alias("place"), "shop", "day").unique(),
        "named": rows.filter(pl.col("order_id").is_not_null())
        .select("shop", "buyer", "day", "order_id")
        .unique(),
        "days": rows.select("account", "day").unique(),
        "transferred": rows.filter(pl.col("to_account").is_not_null())
        .select(pl.col("to_account").alias("account"), "day")
        .unique(),
        "senders": rows.filter(message & pl.col("account").is_not_null())
        .select("account", "sender")
        .unique(),
        "shop_accounts": rows.select("shop", "account").unique(),
        "last": rows.filter(message).select(pl.col("ts").max()),
    }


def _robots(senders: pl.DataFrame) -> pl.Series:
    by_account = senders.group_by("account").agg(
        (pl.col("sender") == "robot").any().alias("robot"), (pl.col("sender") == "agent").any().alias("agent")
    )
    return by_account.filter(pl.col("robot") & ~pl.col("agent"))["account"]
