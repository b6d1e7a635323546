"""Facts of ratings, escalations and time on line (SPEC §7), for the period."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from evaluator.metrics.monthfacts import PeriodView
from evaluator.model import ReviewItem
from evaluator.shelf import slices

MS_PER_DAY = 86_400_000
RESOLUTION_DAYS = 15


def ratings(view: PeriodView) -> pl.DataFrame:
    """Ratings of the period. ``a`` null where a robot was rated (they count for the shop only); ``stage`` = the label
    of (shop, buyer, day), null where there is none."""
    shelf = view.month.shelf
    known = pl.concat(
        shelf.keep(part.filter(pl.col("table") == "ratings").select("_file", "_row", "open_id"))
        for _, part in slices(view.month.open_ids, shelf.limits.slice_rows)
    )
    rows = pl.concat(
        shelf.keep(_rated(view, part.filter(view.inside()), known)) for part in view.dated_slices("ratings")
    )
    return rows.with_columns(view.labels(rows).alias("stage"))


def _rated(view: PeriodView, rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Ratings without ``stage``. ``known``: those whose buyer's open id was given."""
    beside = known.join(rows, on=["_file", "_row"], how="semi", maintain_order="left")
    first = beside.unique(["_file", "_row"], keep="first", maintain_order=True)
    rows = view.bound(rows).join(first, on=["_file", "_row"], how="left", maintain_order="left")
    robot = (pl.col("source") == "robot") | pl.col("robot_acct").fill_null(False)
    return (
        view.buyers_of(rows)
        .join(view.shop_codes(), on="shop", how="left", maintain_order="left")
        .select(
            "s",
            "b",
            "day",
            "ts",
            "score",
            pl.when(robot).then(None).otherwise(pl.col("a")).alias("a"),
            pl.when(robot).then(pl.lit("robot")).otherwise(pl.lit("human")).alias("rated"),
        )
    )


def complaints(view: PeriodView) -> pl.DataFrame:
    """Complaints of the period (upheld ones where the column exists), by ``account``, else the order's credited agent.
    An escalation's order is of its own shop."""
    rows = view.dated("escalations").filter((pl.col("kind") == "complaint") & view.inside())
    if view.month.has("escalations", "upheld"):
        rows = rows.filter(pl.col("upheld").fill_null(False))
    credited = view.facts.orders.select("shop", "order_id", "credited")
    rows = view.bound(rows).join(credited, on=["shop", "order_id"], how="left", maintain_order="left")
    whose = pl.when(pl.col("account").is_not_null()).then("a").otherwise("credited")
    return rows.join(view.shop_codes(), on="shop", how="left", maintain_order="left").select(
        "s", whose.alias("a"), "ts", "buyer", "order_id"
    )


def troubled_days(view: PeriodView) -> pl.DataFrame:
    """售后解决率: buyer-days with an after-sale consult, a refund applied or an escalation; ``bad``: escalated that day
    with a consult on the 15 days before or that day. ``who``: the buyer's code, or an escalated name that has none."""
    after_sale = view.facts.inquiries.filter(pl.col("label") == "after_sale").select("b", "day")
    parts = [
        view.with_shop(after_sale).select(
            "s", pl.col("b").cast(pl.Int64), pl.lit(None, pl.String).alias("name"), "day"
        )
    ]
    applied = view.refunds
    if applied.height:
        parts.append(
            applied.select(
                "s",
                pl.col("b").cast(pl.Int64),
                pl.lit(None, pl.String).alias("name"),
                pl.col("applied_day").alias("day"),
            )
        )
    escalated = (
        view.buyers_of(view.dated("escalations"))
        .join(view.shop_codes(), on="shop", how="left")
        .select(
            "s", pl.col("b").cast(pl.Int64), pl.when(pl.col("b").is_null()).then("who").alias("name"), "day"
        )
        .unique()
    )
    spoken = view.facts.inquiries.select(pl.col("b").cast(pl.Int64), pl.col("day").alias("spoken"))
    bad = (
        escalated.join(spoken, on="b")
        .filter(pl.col("spoken").is_between(pl.col("day") - RESOLUTION_DAYS, pl.col("day")))
        .select("b", "day")
        .unique()
        .with_columns(pl.lit(True).alias("bad"))
    )
    every = pl.concat([*parts, escalated]).unique().filter(view.inside())
    return (
        every.join(bad, on=["b", "day"], how="left")
        .with_columns(pl.col("bad").fill_null(False), pl.lit(None, pl.Int32).alias("a"))
        .sort("s", "b", "name", "day")
    )


# --- time on line ------------------------------------------------------------------------------------------------


def online_intervals(view: PeriodView) -> tuple[pl.DataFrame, list[ReviewItem]]:
    """Time on line, per account online → offline less suspend → resume: account, begin (of the interval), start, end
    (of a part), ms since 1970; and notes on intervals that nothing closes.

    A state machine over a few hundred events an account, so plain Python."""
    parts: list[tuple[str, int, int, int]] = []
    notes: list[ReviewItem] = []
    events = view.month.tables["online"].with_row_index("n").sort("account", "ts", "n")
    for (account,), group in events.group_by("account", maintain_order=True):
        times = group["ts"].dt.epoch("ms").to_list()
        closed, begin, running = _intervals(
            str(account), list(zip(times, group["event"].to_list(), strict=True))
        )
        parts += closed
        if begin is not None:
            last = view.last_human(str(account), begin)
            told = datetime.fromtimestamp(begin / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
            ending = "按该账号之后最后一条人工消息结束" if last is not None else "之后没有人工消息，不计时长"
            notes.append(
                ReviewItem(
                    "online_unclosed", str(account), f"账号 {account} 自 {told} 上线后没有下线记录，{ending}"
                )
            )
            if last is not None:
                parts += [
                    (str(account), begin, start, min(end if end is not None else last, last))
                    for start, end in running
                    if start < last
                ]
    frame = pl.DataFrame(
        parts,
        schema={"account": pl.String, "begin": pl.Int64, "start": pl.Int64, "end": pl.Int64},
        orient="row",
    )
    return frame, notes


Running = list[tuple[int, int | None]]


def _intervals(
    account: str, events: list[tuple[int, str]]
) -> tuple[list[tuple[str, int, int, int]], int | None, Running]:
    """Closed parts; then, of an interval never closed, its begin and its parts (the last one perhaps open)."""
    closed: list[tuple[str, int, int, int]] = []
    begin: int | None = None
    since: int | None = None
    parts: Running = []
    for ts, event in events:
        if event == "online" and begin is None:
            begin, since, parts = ts, ts, []
        elif event == "suspend" and since is not None:
            parts.append((since, ts))
            since = None
        elif event == "resume" and begin is not None and since is None:
            since = ts
        elif event == "offline" and begin is not None:
            if since is not None:
                parts.append((since, ts))
            closed += [(account, begin, start, end) for start, end in parts if end is not None]
            begin, since, parts = None, None, []
    if since is not None:
        parts.append((since, None))
    return closed, begin, parts


def online_parts(view: PeriodView) -> pl.DataFrame:
    """Stretches on line, clipped to the period: a, s (null: over all shops), account, day, start, end (Datetime).

    An interval belongs to the account's agent on the day it begins; it is there once over all and once for each shop
    in which the account has messages."""
    frame, _ = view.online
    start_ms = view.month.config.settings.day_start_s * 1000
    first, end = view.first * MS_PER_DAY + start_ms, view.end * MS_PER_DAY + start_ms
    rows = view.bound(
        frame.with_columns(((pl.col("begin") - start_ms) // MS_PER_DAY).cast(pl.Int32).alias("day"))
    )
    rows = rows.with_columns(pl.col("start").clip(first, end), pl.col("end").clip(first, end)).filter(
        pl.col("start") < pl.col("end")
    )
    shops = view.bucket.shop_accounts.join(view.shop_codes(), on="shop").select("account", "s")
    everywhere = rows.with_columns(pl.lit(None, pl.Int16).alias("s"))
    return pl.concat([everywhere, rows.join(shops, on="account")], how="diagonal").select(
        "a", "s", "account", "day", pl.col("start", "end").cast(pl.Datetime("ms"))
    )


def on_line(parts: pl.DataFrame) -> pl.DataFrame:
    """Length of the union of the stretches of each (a, s): a, s, ms. An employee's accounts are united."""
    reached = pl.col("end").cum_max().shift(1).over("a", "s")
    begin = pl.max_horizontal("start", pl.coalesce("reached", "start"))
    return (
        parts.sort("start", "end")
        .with_columns(reached.alias("reached"))
        .select("a", "s", (pl.col("end") - begin).dt.total_milliseconds().clip(lower_bound=0).alias("ms"))
        .group_by("a", "s")
        .agg(pl.col("ms").sum())
    )
