"""What the messages of a month say as a whole, gathered slice by slice: who wrote where on which day, which orders were
named, who is a robot by what he sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from evaluator.identity import is_masked
from evaluator.model import MonthData
from evaluator.roster import day_of
from evaluator.shelf import slices
from evaluator.tables import spelled

CHAT = ("shop", "buyer", "day")
KEYS = {"names": "pair"}  # columns that tell rows apart, where not all are needed


def pair() -> pl.Expr:
    """(shop, buyer) as written, in one integer."""
    shop, buyer = (pl.col(c).to_physical().cast(pl.Int64) for c in ("shop", "buyer"))
    return (shop * (1 << 32) + buyer).alias("pair")


@dataclass(frozen=True)
class Overview:
    """Names as text, each row once.

    ``names``: pair, shop, buyer as written · ``chats``: shop, buyer, day (of a nick without a mask, whose day nobody
    asks for, 0) · ``named``: shop, buyer, day, order_id · ``days``: account, day, of those transferred to as well ·
    ``robots``: accounts that send ``robot`` messages and no ``agent`` messages (§4) · ``shop_accounts``: shop, account
    · ``last_message``: of any kind but transfers"""

    names: pl.DataFrame
    chats: pl.DataFrame
    named: pl.DataFrame
    days: pl.DataFrame
    robots: pl.Series
    shop_accounts: pl.DataFrame
    last_message: datetime | None


def overview(month: MonthData) -> Overview:
    """Of all messages."""
    start = month.config.settings.day_start_s
    found: dict[str, list[pl.DataFrame]] = {}
    columns = ("shop", "buyer", "account", "sender", "ts", "kind", "order_id", "to_account")
    for _, rows in slices(month.tables["messages"].select(columns), month.shelf.limits.slice_rows):
        for name, part in _of_slice(rows.lazy(), start).items():
            found.setdefault(name, []).append(part.collect())
        month.shelf.rest()
    whole = {name: spelled(pl.concat(parts).unique(KEYS.get(name))) for name, parts in found.items()}
    masked = whole["names"].filter(is_masked()).join(whole["chats"], on="pair").select(CHAT)
    plain = whole["names"].filter(~is_masked())
    days = pl.concat([whole["days"], whole["transferred"]]).unique().drop_nulls()
    return Overview(
        names=whole["names"],
        chats=pl.concat([plain.select("shop", "buyer", pl.lit(0, pl.Int32).alias("day")), masked]),
        named=whole["named"],
        days=days,
        robots=_robots(whole["senders"]),
        shop_accounts=whole["shop_accounts"].drop_nulls(),
        last_message=whole["last"]["ts"].max(),  # type: ignore[arg-type]
    )


def _of_slice(rows: pl.LazyFrame, day_start_s: int) -> dict[str, pl.LazyFrame]:
    rows = rows.with_columns(day_of(pl.col("ts"), day_start_s).alias("day"), pair())
    message = pl.col("kind") != "transfer"
    # text is looked at once a distinct nick: few are masked
    nicks = (
        rows.select("buyer").unique().filter(pl.col("buyer").cast(pl.String).str.contains("*", literal=True))
    )
    return {
        "names": rows.select("pair", "shop", "buyer").unique("pair"),
        "chats": rows.join(nicks, on="buyer", how="semi").select("pair", "day").unique(),
        "named": rows.filter(pl.col("order_id").is_not_null()).select(*CHAT, "order_id").unique(),
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
