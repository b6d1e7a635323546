"""Conversations of the period and what their buyers said. A conversation is a service (R-C10); its words are what the
buyer wrote in it, and what he wrote to anybody, a robot included, up to ``session_gap_s`` before it: so what a robot
was told before it passed the buyer on is heard, too. Texts are looked at part by part, never all at once."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from evaluator.metrics.carefacts import ratings
from evaluator.metrics.monthfacts import PeriodView, within
from evaluator.roster import day_of

ORDER_DAYS = 90  # an order that no chat names is looked for so many days back


def conversations(view: PeriodView) -> pl.DataFrame:
    """Services that begin in the period: v, b, s, day, start, end; ``paid``: the buyer has paid an order of the
    ``after_sale_days`` before; first_wait (ms; of its first turn, if that opened within ``response_hours`` and was
    answered), longest_wait, unanswered (turns)."""
    found = view.with_shop(view.facts.services.filter(view.inside()).drop("by_buyer"))
    return (
        found.join(_turns(view), on="v", how="left", maintain_order="left")
        .join(_payers(view, found), on="v", how="left", maintain_order="left")
        .with_columns(pl.col("paid").fill_null(False), pl.col("unanswered").fill_null(0))
    )


def _turns(view: PeriodView) -> pl.DataFrame:
    """v → waits, of the turns of consults that open in each service."""
    turns = view.facts.turns.filter("consult").select("b", "opened", "wait", "outcome").sort("b", "opened")
    services = view.facts.services.select("b", "v", "start", "end")
    inside = turns.join_asof(
        services, left_on="opened", right_on="start", by="b", strategy="backward", check_sortedness=False
    ).filter(pl.col("opened") <= pl.col("end"))
    timely = within("opened", view.month.config.settings.response_hours)
    first = inside.unique("v", keep="first", maintain_order=True).filter(timely)
    waits = inside.group_by("v").agg(
        pl.col("wait").max().alias("longest_wait"),
        (pl.col("outcome") == "unanswered").sum().alias("unanswered"),
    )
    return waits.join(first.select("v", pl.col("wait").alias("first_wait")), on="v", how="left")


def _payers(view: PeriodView, services: pl.DataFrame) -> pl.DataFrame:
    """v, paid: services that begin after the buyer paid an order (R-I2 by the service's beginning)."""
    back = view.month.config.settings.after_sale_days
    orders = view.facts.orders.filter(pl.col("excluded").is_null() & pl.col("paid").is_not_null())
    last = services.sort("start").join_asof(
        orders.select("b", "paid", "paid_day").sort("paid"),
        left_on="start", right_on="paid", by="b", strategy="backward", allow_exact_matches=False,
        check_sortedness=False,
    )  # fmt: skip
    recent = pl.col("paid_day") >= pl.col("day") - back
    return last.select("v", recent.fill_null(False).alias("paid"))


def said(view: PeriodView, services: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The buyers' texts, part by part of whole buyers: v, text (as written), in the order of time; an empty text where
    the buyer of a service wrote none."""
    month, bucket = view.month, view.bucket
    is_text = month.tables["messages"].select((pl.col("kind") == "text").fill_null(True)).to_series()
    heard = view.facts.receptions.filter(pl.col("filtered").is_null()).select("b", "a", "day")
    near = pl.col("buyer_msg") & pl.col("day").is_between(view.first - 1, view.end)
    for own in bucket.ranges():
        mine = services.filter(own).select("v", "b", "start", "end")
        rows = bucket.messages(near & own & pl.col("b").is_in(mine["b"].unique().implode()), ("a", "day"))
        rows = rows.filter(is_text.gather(rows["pos"])).join(
            heard, on=["b", "a", "day"], how="semi", maintain_order="left"
        )
        rows = _of_services(rows, mine, month.config.settings.session_gap_s)
        text = month.shelf.gather(month.tables["messages"]["text"], rows["pos"])
        silent = mine.join(rows, on="v", how="anti").select("v", pl.lit("").alias("text"))
        yield pl.concat([rows.select("v", text.fill_null("").alias("text")), silent])
        month.shelf.rest()


def _of_services(rows: pl.DataFrame, services: pl.DataFrame, gap_s: int) -> pl.DataFrame:
    """Adds ``v``: the service that a message lies in or shortly before; rows of none are left out."""
    found = rows.join_asof(
        services, left_on="ts", right_on="end", by="b", strategy="forward", check_sortedness=False
    )
    return found.filter(pl.col("ts") >= pl.col("start") - pl.duration(seconds=gap_s))


def agents(view: PeriodView, services: pl.DataFrame) -> pl.DataFrame:
    """v → ``agents``: ids of who had a part in it, joined by 、."""
    names = view.agent_codes()
    parts = view.facts.service_parts.join(services.select("v"), on="v", how="semi", maintain_order="left")
    named = parts.join(names, on="a", how="left", maintain_order="left")
    return named.group_by("v", maintain_order=True).agg(
        pl.col("agent").unique(maintain_order=True).str.join("、").alias("agents")
    )


def orders(view: PeriodView, services: pl.DataFrame) -> pl.DataFrame:
    """v → ``order_id``: the order that the chat names (the last one), else the buyer's last one created before the end
    of the service, at most ORDER_DAYS back. For a few services: v, b, start, end."""
    bucket, mine = view.bucket, services["b"].unique().implode()
    rows = bucket.messages(pl.col("b").is_in(mine), ())
    told = view.month.names["order_id"].texts(view.month.tables["messages"]["order_id"].gather(rows["pos"]))
    rows = _of_services(rows.with_columns(told.alias("named")).drop_nulls("named"), services, 0)
    named = rows.group_by("v").agg(pl.col("named").last())
    bought = (
        view.facts.orders.filter(pl.col("b").is_in(mine)).select("b", "created", "order_id").sort("created")
    )
    latest = services.sort("end").join_asof(
        bought, left_on="end", right_on="created", by="b", strategy="backward", check_sortedness=False
    )
    recent = pl.col("created") >= pl.col("end") - pl.duration(days=ORDER_DAYS)
    return latest.join(named, on="v", how="left").select(
        "v", pl.coalesce("named", pl.when(recent).then("order_id")).alias("order_id")
    )


def rated(view: PeriodView, services: pl.DataFrame) -> pl.DataFrame:
    """v, score: people's ratings, each of the buyer's service of that day (begun that day, or still going on then): the
    last begun before the rating, else the first after it. A rating without one is left out."""
    rows = ratings(view).filter(pl.col("rated") == "human").drop_nulls("b").select("b", "day", "ts", "score")
    rows = rows.with_row_index("rating").sort("ts")
    ended = day_of(pl.col("end"), view.month.config.settings.day_start_s)
    runs = services.select("v", "b", "start", pl.col("day").alias("begun"), ended.alias("ended")).sort(
        "start"
    )
    parts = [
        rows.join_asof(runs, left_on="ts", right_on="start", by="b", strategy=how, check_sortedness=False)
        .filter((pl.col("begun") <= pl.col("day")) & (pl.col("day") <= pl.col("ended")))
        for how in ("backward", "forward")
    ]  # fmt: skip
    found = pl.concat(parts).unique("rating", keep="first", maintain_order=True)
    return found.sort("rating").select("v", "score")
