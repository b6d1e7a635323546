"""Refunds as a claw-back sees them (R-P2): by the day of completion alone, whether the month's data have the order or
not; the ledger knows the orders that it paid."""

from __future__ import annotations

import polars as pl

from evaluator.model import MonthData
from evaluator.roster import day_of

SCHEMA = {"order_id": pl.String(), "refund_id": pl.String(), "fen": pl.Int64()}


def completed_refunds(month: MonthData) -> pl.DataFrame:
    """Refunds completed in the period, no exchanges (R-A4): order_id, refund_id, fen; in input order."""
    if not month.has("refunds", "completed"):
        return pl.DataFrame(schema=SCHEMA)
    first, end = month.config.days
    day = day_of(pl.col("completed"), month.config.settings.day_start_s)
    return (
        month.tables["refunds"]
        .filter((pl.col("kind") != "exchange") & day.is_between(first, end - 1))
        .select("order_id", "refund_id", pl.col("amount").alias("fen"))
    )
