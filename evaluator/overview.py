"""What the messages of a month say as a whole, gathered slice by slice: who wrote, masked nicks on which days, which
orders were named, who is a robot by what he sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.claims import NOBODY
from evaluator.model import MonthData
from evaluator.naming import Naming
from evaluator.nicks import Nicks, at_places, chat_key
from evaluator.roster import day_of
from evaluator.shelf import slices
from evaluator.tables import spelled


@dataclass(frozen=True)
class Overview:
    """Names as text, each row once; nicks by number (``nicks.Nicks``).

    ``written``: by n, whether some message is of that nick · ``chats``: of masked nicks, by slices of messages, sorted
    (``nicks.chat_key``) · ``named``: chat, o: who names which order, by slices, sorted by chat, where ``Naming`` asks ·
    ``days``: account, day, of those transferred to as well · ``robots``: accounts that send ``robot`` messages and no
    ``agent`` messages (§4) · ``shop_accounts``: shop, account · ``last_message``: of any kind but transfers"""

    written: npt.NDArray[np.bool_]
    chats: list[pl.Series]
    named: list[pl.DataFrame]
    days: pl.DataFrame
    robots: pl.Series
    shop_accounts: pl.DataFrame
    last_message: datetime | None


def overview(month: MonthData, nicks: Nicks, naming: Naming | None) -> Overview:
    """Of all messages."""
    start, keep = month.config.settings.day_start_s, month.shelf.keep
    written = np.zeros(len(nicks.masked), dtype=bool)
    found: dict[str, list[pl.DataFrame]] = {}
    chats, named = list[pl.Series](), list[pl.DataFrame]()
    columns = ("shop", "buyer", "account", "sender", "ts", "kind", "order_id", "to_account")
    for _, rows in slices(month.tables["messages"].select(columns), month.shelf.limits.slice_rows):
        n = nicks.of_place[rows["buyer"].to_numpy()]
        written[n] = True
        rows = rows.with_columns(day_of(pl.col("ts"), start).alias("day"))
        for name, part in _of_slice(rows.lazy()).items():
            found.setdefault(name, []).append(part.collect())
        if naming is not None:
            of_masked = pl.Series("masked", nicks.masked[n])
            talk = rows.select("day", "order_id").with_columns(pl.Series("n", n), of_masked)
            own = talk.filter("masked").select(chat_key()).unique().sort("chat")
            chats.append(keep(own)["chat"])
            named.append(keep(_named(talk, naming)))
        month.shelf.rest()
    whole = {name: spelled(pl.concat(parts).unique()) for name, parts in found.items()}
    days = pl.concat([whole["days"], whole["transferred"]]).unique().drop_nulls()
    return Overview(
        written=written,
        chats=chats,
        named=named,
        days=days,
        robots=_robots(whole["senders"]),
        shop_accounts=whole["shop_accounts"].drop_nulls(),
        last_message=whole["last"]["ts"].max(),  # type: ignore[arg-type]
    )


def _named(talk: pl.DataFrame, naming: Naming) -> pl.DataFrame:
    """chat, o: what masked nicks name, and who names an order without a plain nick."""
    rows = talk.filter(pl.col("order_id").is_not_null())
    order = at_places(naming.of_place, rows["order_id"])
    asked = rows["masked"].to_numpy() | naming.odd[order] if len(naming.odd) else rows["masked"].to_numpy()
    rows = rows.select(chat_key(), pl.Series("o", order)).filter(pl.Series(asked & (order != NOBODY)))
    return rows.unique().sort("chat", "o")


def _of_slice(rows: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    message = pl.col("kind") != "transfer"
    return {
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
