"""Filters (SPEC §3): receptions that are taken out of every figure and of attribution, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from evaluator.buyers import with_codes
from evaluator.identity import Identities
from evaluator.model import MonthData, ReviewItem
from evaluator.settings import Settings
from evaluator.shelf import slices

REASONS = ("internal", "manual", "ad", "agent_only", "one_liner", "code_word")  # R-F1 … R-F6, first one wins
REASON = pl.Enum(REASONS)
BUYER_PROTECTED_DAYS = 90  # R-F0


@dataclass(frozen=True)
class BuyerLists:
    """Buyers whom a list or a decision concerns, by code ``b``.

    ``internal``: b · ``manual``: b, day (null: every day) · ``ads``: ``evaluator.ads.decide.DECISIONS`` ·
    ``notes``: for 待核"""

    internal: pl.DataFrame
    manual: pl.DataFrame
    ads: pl.DataFrame
    notes: tuple[ReviewItem, ...] = ()


def own_accounts(month: MonthData) -> set[str]:
    """R-F1: roster accounts, accounts that appear in the messages, and the main accounts of both."""
    accounts = set(month.tables["roster"]["account"].unique()) | set(
        month.tables["messages"]["account"].drop_nulls().unique()
    )
    return accounts | {a.split(":", 1)[0] for a in accounts if ":" in a}


def internal_buyers(month: MonthData, buyers: pl.DataFrame) -> pl.DataFrame:
    """R-F1: ``b`` of buyers who are an own account, a sub-account of one, or in ``internal_accounts``."""
    own = sorted(own_accounts(month))
    main = pl.col("buyer").str.splitn(":", 2).struct.field("field_0")
    is_sub = pl.col("buyer").str.contains(":", literal=True) & main.is_in(own)
    listed = pl.col("buyer").is_in(list(month.config.settings.internal_accounts))
    ours = pl.col("buyer").is_in(own) | is_sub | listed
    rows = month.shelf.limits.slice_rows
    return pl.concat([part.filter(ours).select("b") for _, part in slices(buyers.select("b", "buyer"), rows)])


def manual_buyers(month: MonthData, found: Identities, buyers: pl.DataFrame) -> pl.DataFrame:
    """R-F2: ``b``, ``day`` (null = every day) of ``manual_filters``; a dated masked nick is that chat's buyer."""
    if "manual_filters" not in month.tables:
        return pl.DataFrame(schema={"b": pl.Int32, "day": pl.Int32})
    rows = month.tables["manual_filters"].select("shop", "buyer", pl.col("day").to_physical())
    meant = pl.concat(
        [found.by_chat(rows.drop_nulls("day")), found.meant_by(rows.filter(pl.col("day").is_null()))]
    )
    return with_codes(meant, buyers).drop_nulls("b").select("b", "day")


def labelled(month: MonthData, found: Identities, buyers: pl.DataFrame) -> pl.DataFrame:
    """R-F3: a person's labels by buyer, the last row holds: ``b``, ``ad``."""
    if "labels" not in month.tables:
        return pl.DataFrame(schema={"b": pl.Int32, "ad": pl.Boolean})
    rows = month.tables["labels"].select("shop", "buyer", "label").with_row_index("n")
    return (
        with_codes(found.meant_by(rows), buyers)
        .drop_nulls("b")
        .sort("n")
        .group_by("b", maintain_order=True)
        .agg((pl.col("label").last() == "ad").alias("ad"))
    )


def _protected(receptions: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """R-F0: keys of receptions whose buyer paid an order in the shop within 90 days either side."""
    paid = orders.filter(pl.col("paid").is_not_null()).select("b", "paid_day")
    near = (
        receptions.select("key", "b", "day")
        .join(paid, on="b")
        .filter((pl.col("paid_day") - pl.col("day")).abs() <= BUYER_PROTECTED_DAYS)
    )
    return near.select("key").unique()


def apply_filters(
    receptions: pl.DataFrame, orders: pl.DataFrame, lists: BuyerLists, settings: Settings
) -> pl.DataFrame:
    """R-F0 to R-F6: adds ``filtered`` (Enum REASON, null = counts) to receptions."""
    on = settings.filters
    buyer = pl.col("b")
    listed = receptions.join(lists.manual.drop_nulls(), on=["b", "day"], how="semi")["key"]
    manual = buyer.is_in(lists.manual.filter(pl.col("day").is_null())["b"].implode()) | pl.col("key").is_in(
        listed.implode()
    )
    by_label = lists.ads.filter((pl.col("by") == "label") & pl.col("ad"))["b"]
    decided = lists.ads.filter((pl.col("by") != "label") & pl.col("ad"))["b"]
    suspects = receptions.filter(buyer.is_in(decided.implode()))
    guilty = suspects.join(_protected(suspects, orders), on="key", how="anti")["key"]
    holds = {
        "internal": buyer.is_in(lists.internal["b"].implode()) if on.internal else None,
        "manual": manual if on.manual else None,
        "ad": buyer.is_in(by_label.implode()) | pl.col("key").is_in(guilty.implode()) if on.ad else None,
        "agent_only": (pl.col("buyer_messages") == 0) & (pl.col("transfer_turns") == 0)
        if on.agent_only
        else None,
        "one_liner": (pl.col("buyer_messages") == 1) & (pl.col("human_messages") == 0)
        if on.one_liner
        else None,
        "code_word": pl.col("words") >= on.code_word.n if on.code_word else None,
    }
    reason = pl.coalesce(
        *(pl.when(rule).then(pl.lit(name, REASON)) for name, rule in holds.items() if rule is not None),
        pl.lit(None, REASON),
    )
    return receptions.with_columns(reason.alias("filtered"))


def filter_counts(receptions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """``tables/filters.csv``: what each filter removed, in receptions, messages and buyers."""
    counted = (
        receptions.lazy()
        .filter(pl.col("filtered").is_not_null())
        .group_by("filtered")
        .agg(
            pl.len().cast(pl.Int64).alias("receptions"),
            pl.sum_horizontal("buyer_messages", "human_messages", "auto_messages").sum().alias("messages"),
            pl.col("b").n_unique().cast(pl.Int64).alias("buyers"),
        )
        .collect()
    )
    switches = [bool(getattr(settings.filters, name)) for name in REASONS]
    return (
        pl.DataFrame({"filter": REASONS, "on": switches})
        .join(
            counted.with_columns(pl.col("filtered").cast(pl.String)),
            left_on="filter",
            right_on="filtered",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("receptions", "messages", "buyers").fill_null(0))
    )


__all__ = ["BuyerLists", "apply_filters", "filter_counts", "internal_buyers", "labelled", "manual_buyers"]
