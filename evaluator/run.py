"""One run, from a month as read to an Evaluation."""

from __future__ import annotations

import polars as pl

from evaluator.filters import BuyerLists, filter_counts, internal_buyers, labelled, manual_buyers
from evaluator.filters.ads import ad_rules, decide, rule_decisions
from evaluator.inquiry import last_covered_day
from evaluator.kernel import Context, Facts, analyze
from evaluator.model import MonthData, Profile
from evaluator.prepare import Bucket, prepare
from evaluator.roster import Roster


def period_days(month: MonthData) -> tuple[int, int]:
    """First business day of the period and the day after its last, as Int32 days."""
    epoch = type(month.config.start)(1970, 1, 1)
    return (month.config.start - epoch).days, (month.config.end - epoch).days


def buyer_lists(month: MonthData, bucket: Bucket) -> BuyerLists:
    """Who is internal, filtered by hand, or an advertiser (R-F1 to R-F3)."""
    settings, buyers = month.config.settings, bucket.codes.buyers
    labels = labelled(month, bucket.identities, buyers)
    first, end = period_days(month)
    texts = pl.DataFrame(schema={"b": pl.Int32, "text": pl.String})
    if settings.ad.rules and settings.filters.ad:
        said = bucket.messages.filter(pl.col("buyer_msg") & pl.col("day").is_between(first, end - 1)).select("pos", "b")
        texts = said.with_columns(month.tables["messages"]["text"].gather(said["pos"]).alias("text")).drop("pos")
    return BuyerLists(
        internal_buyers(month, buyers), manual_buyers(month, bucket.identities, buyers),
        decide(labels, rule_decisions(texts, ad_rules())),
    )


def joined_items(month: MonthData, bucket: Bucket) -> pl.DataFrame | None:
    """order_items with ``o``; an order id of several shops joins none (SPEC §2)."""
    return by_order_id(month.tables["order_items"], bucket) if "order_items" in month.tables else None


def by_order_id(rows: pl.DataFrame, bucket: Bucket) -> pl.DataFrame:
    """Rows with ``order_id`` and the order's ``o``; those whose id stands in several shops join none."""
    orders = bucket.orders.select("o", "order_id").filter(pl.col("order_id").is_unique())
    return rows.join(orders, on="order_id", maintain_order="left")


def analyze_month(month: MonthData, roster: Roster, profiles: dict[str, Profile]) -> tuple[Bucket, BuyerLists, Facts]:
    """Prepares and analyses the month as one bucket."""
    settings = month.config.settings
    bucket = prepare(month, roster)
    lists = buyer_lists(month, bucket)
    creditable = None
    if settings.credit_roles:
        codes = bucket.codes.agent_code()
        named = [codes[p.employee_id] for p in profiles.values() if p.role in settings.credit_roles and p.employee_id in codes]
        creditable = pl.Series("a", named, dtype=pl.Int32)
    context = Context(settings, creditable, last_covered_day(bucket.orders, settings))
    return bucket, lists, analyze(bucket, lists, joined_items(month, bucket), context)
