"""Disputes as data (``disputes.csv``): an accepted one moves an order's credit to whom it names; the judgment that it
overrules is kept beside it (``original``). Rejected and open ones are only shown.

Of several accepted ones on an order the last by ``when`` holds, then the later row. What cannot be done is listed: an
order that there is not, or in several shops, unpaid or excluded; somebody who is not in the roster, or a robot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from evaluator.facttables import Names
from evaluator.kernel import Facts
from evaluator.model import MonthData, Profile, ReviewItem
from evaluator.prepare import Bucket

#: ``state`` of a dispute: it moved the credit; a later one did; it cannot; it was not accepted.
HOLDS, SUPERSEDED, REFUSED, SHOWN = "holds", "superseded", "refused", "shown"
COLUMNS = (
    *("shop", "order_id", "employee_id", "claim", "decision", "to_employee_id", "by", "when", "note"),
    *("state", "why", "original"),
)
REASONS = {
    "no_order": "订单表里没有订单 {order_id}",
    "several_shops": "订单号 {order_id} 在多家店铺都有，无法确定是哪一张",
    "no_employee": "提出人 {employee_id} 不在花名册里",
    "no_receiver": "改判给的 {to_employee_id} 不在花名册里",
    "robot": "改判给的 {to_employee_id} 是机器人",
    "unpaid": "订单 {order_id} 没有付款，没有业绩可归",
    "excluded": "订单 {order_id} 不计入任何客服（不计原因见归属明细）",
}


def has_disputes(month: MonthData) -> bool:
    """Whether a month has any; one without keeps the tables of SPEC §10 as they are."""
    return "disputes" in month.tables and month.tables["disputes"].height > 0


def _told(month: MonthData, bucket: Bucket) -> pl.DataFrame:
    """Every dispute, in input order, with ``n``, its order (``o``, ``shop``), ``to_employee_id`` filled in, and
    ``why``: the first of REASONS that holds, as far as it shows before the judgment."""
    rows = month.tables["disputes"].with_row_index("n").drop("_file", "_row")
    rows = rows.with_columns(pl.coalesce("to_employee_id", "employee_id").alias("to_employee_id"))
    orders = bucket.orders.select("o", "shop", "order_id", "paid").with_columns(
        pl.len().over("order_id").alias("shops")
    )
    single = orders.filter(pl.col("shops") == 1).drop("shops")
    known, robots = _employees(month)
    return rows.join(single, on="order_id", how="left", maintain_order="left").with_columns(
        pl.when(~pl.col("order_id").is_in(orders["order_id"].unique().implode()))
        .then(pl.lit("no_order"))
        .when(pl.col("o").is_null())
        .then(pl.lit("several_shops"))
        .when(~pl.col("employee_id").is_in(known.implode()))
        .then(pl.lit("no_employee"))
        .when(~pl.col("to_employee_id").is_in(known.implode()))
        .then(pl.lit("no_receiver"))
        .when(pl.col("to_employee_id").is_in(robots.implode()))
        .then(pl.lit("robot"))
        .when(pl.col("paid").is_null())
        .then(pl.lit("unpaid"))
        .alias("why")
    )


def _employees(month: MonthData) -> tuple[pl.Series, pl.Series]:
    """All employees of the roster, and those who are robots in every row of theirs."""
    roster = month.tables["roster"].group_by("employee_id").agg((pl.col("role") == "robot").all())
    return roster["employee_id"], roster.filter("role")["employee_id"]


def _holding(rows: pl.DataFrame) -> pl.DataFrame:
    """The accepted dispute of each order that holds."""
    accepted = rows.filter((pl.col("decision") == "accepted") & pl.col("why").is_null())
    return accepted.sort("when", "n").group_by("o", maintain_order=True).last()


def moves(month: MonthData, bucket: Bucket) -> pl.DataFrame | None:
    """``o``, ``to`` (agent code): whom accepted disputes credit; None for a month without disputes."""
    if not has_disputes(month):
        return None
    codes = bucket.codes.agent_code()
    held = _holding(_told(month, bucket)).select("o", "to_employee_id")
    to = pl.col("to_employee_id").replace_strict(codes, default=None, return_dtype=pl.Int32)
    return held.select("o", to.alias("to"))


def disputes_table(month: MonthData, bucket: Bucket, facts: Facts) -> pl.DataFrame:
    """``tables/disputes.csv``: each with its ``state``, ``why`` it cannot be done, and the ``original`` agent; by shop,
    order and time."""
    rows = _told(month, bucket).join(
        facts.orders.select("o", "excluded", pl.col("original").alias("_code")), on="o", how="left"
    )
    accepted = pl.col("decision") == "accepted"
    rows = rows.with_columns(
        pl.coalesce("why", pl.when(pl.col("excluded").is_not_null()).then(pl.lit("excluded"))).alias("why")
    )
    held = _holding(rows)["n"]
    rows = rows.with_columns(
        pl.when(pl.col("why").is_not_null())
        .then(pl.lit(REFUSED))
        .when(~accepted)
        .then(pl.lit(SHOWN))
        .when(pl.col("n").is_in(held.implode()))
        .then(pl.lit(HOLDS))
        .otherwise(pl.lit(SUPERSEDED))
        .alias("state")
    )
    named = Names(bucket.codes).agent(rows.lazy(), "_code", "original").collect()
    return named.sort("shop", "order_id", "when", "n", nulls_last=True).select(COLUMNS)


def with_disputes(attribution: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """``tables/attribution.parquet`` with ``dispute`` of each disputed order: accepted, or what its last dispute is
    (rejected, open); refused where it cannot be done. ``original`` stands beside it on these orders alone."""
    last = table.with_columns(
        pl.when(pl.col("state") == HOLDS)
        .then(pl.lit("accepted"))
        .when(pl.col("state") == REFUSED)
        .then(pl.lit(REFUSED))
        .otherwise("decision")
        .alias("dispute"),
        (pl.col("state") == HOLDS).alias("held"),
    )
    last = last.filter(pl.col("shop").is_not_null()).sort("held", maintain_order=True)
    last = last.group_by("shop", "order_id", maintain_order=True).agg(pl.col("dispute").last())
    found = attribution.join(last, on=["shop", "order_id"], how="left", maintain_order="left")
    return found.with_columns(pl.when(pl.col("dispute").is_not_null()).then("original").alias("original"))


def told(row: Mapping[str, Any], who: Callable[[str | None], str]) -> str:
    """One dispute in words; ``who`` names an agent (None: silent)."""
    claim = f"「{row['claim']}」" if row["claim"] else ""
    ruled = f"{row['by']} {row['when']:%Y-%m-%d %H:%M} 裁定" if row["when"] else ""
    to = who(row["to_employee_id"])
    if row["state"] == REFUSED:
        verdict = f"{ruled}{'，但' if ruled else ''}没有执行：{REASONS[row['why']].format(**row)}"
    elif row["state"] == HOLDS:
        verdict = f"{ruled}成立：由 {who(row['original'])} 改判给 {to}"
    elif row["state"] == SUPERSEDED:
        verdict = f"{ruled}成立，改判给 {to}；后来又改判"
    else:
        verdict = f"{ruled}不成立，维持原判定" if row["decision"] == "rejected" else "待裁定，暂按原判定"
    note = f"（{row['note']}）" if row["note"] else ""
    return f"{who(row['employee_id'])} 提出异议{claim}，{verdict}{note}"


def review(table: pl.DataFrame, profiles: dict[str, Profile]) -> list[ReviewItem]:
    """What cannot be done and why; what is still open; credit that goes to somebody who is not paid this period."""
    items = []
    for row in table.iter_rows(named=True):
        who = f"订单 {row['order_id']} 的异议（{row['employee_id']} 提出）"
        if row["state"] == REFUSED:
            told = f"{who}没有执行：{REASONS[row['why']].format(**row)}；请核对 disputes 表"
        elif row["decision"] == "open":
            told = f"{who}还没有裁定，暂按原判定计：{row['claim'] or '没有写理由'}"
        elif row["state"] == HOLDS and row["to_employee_id"] not in profiles:
            told = f"{who}改判给 {row['to_employee_id']}，但他不在本期花名册，这笔业绩本期不计薪"
        else:
            continue
        items.append(ReviewItem("dispute", row["order_id"], told))
    return items
