"""Changes of rules that may explain why a platform's figure differs from ours (``evaluator reconcile``).

A switch turns a month as read into one evaluated by another rule: a filter off, another judgment or window, accounts
instead of employees. Whether it explains a difference is found by computing again, not by reasoning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl

from evaluator.model import MonthData
from evaluator.settings import Filters, Settings

ACCOUNTS = "accounts"
#: Switches that compare another figure of ours instead of computing anew.
STAND_INS = {
    "refunds": {"sales": "net_sales", "net_sales": "sales"},
    "very_satisfied": {"satisfaction": "very_satisfied"},
}
NO_FILTER = Filters(internal=False, manual=False, ad=False, agent_only=False, one_liner=False, code_word=None)
DAY_HOURS = ("08:00", "23:00")


def _filters(settings: Settings, **changes: bool) -> Settings:
    return settings.model_copy(update={"filters": settings.filters.model_copy(update=changes)})


_SETTINGS: dict[str, Callable[[Settings], Settings]] = {
    "filters": lambda s: s.model_copy(update={"filters": NO_FILTER}),
    "filter_ad": lambda s: _filters(s, ad=False),
    "filter_agent_only": lambda s: _filters(s, agent_only=False),
    "one_liner": lambda s: _filters(s, one_liner=True),
    "all_day": lambda s: s.model_copy(update={"response_hours": None}),
    "day_hours": lambda s: s.model_copy(update={"response_hours": DAY_HOURS}),
    "by": lambda s: s.model_copy(update={"by": "rounds" if s.by == "last" else "last"}),
    "postage": lambda s: s.model_copy(update={"count_postage": not s.count_postage}),
    "orders_kept": lambda s: s.model_copy(
        update={"exclude_memo": (), "exclude_titles": (), "exclude_orders": (), "min_amount": Decimal(0)}
    ),
}


def _change(name: str) -> Callable[[Settings], Settings] | None:
    if name in _SETTINGS:
        return _SETTINGS[name]
    update: dict[str, Any] | None = None
    if name.startswith("judgment_"):
        update = {"judgment": name.removeprefix("judgment_")}
    elif name.startswith("window_"):
        update = {"window_days": int(name.removeprefix("window_"))}
    return None if update is None else lambda s: s.model_copy(update=update)


def by_account(roster: pl.DataFrame) -> pl.DataFrame:
    """The roster with every account an employee of its own, on all days."""
    never = pl.lit(None, dtype=pl.Date)
    alone = roster.with_columns(
        pl.col("account").alias("employee_id"), pl.col("account").alias("name"), never.alias("from")
    )
    return alone.with_columns(never.alias("to")).unique("account", keep="last", maintain_order=True)


def switched(month: MonthData, name: str) -> MonthData | None:
    """The month by the rule of the switch ``name``; None where it holds already, or is none that computes."""
    tables = month.tables
    if name == ACCOUNTS:
        return replace(month, tables=tables | {"roster": by_account(tables["roster"])})
    if name == "transfers":
        kept = tables["messages"].filter(pl.col("kind") != "transfer")
        same = kept.height == tables["messages"].height
        return None if same else replace(month, tables=tables | {"messages": kept})
    if name == "auto":
        prefixes = month.config.settings.auto_reply_prefixes
        if not tables["messages"]["auto"].any() and not prefixes:
            return None
        human = tables["messages"].with_columns(pl.lit(False).alias("auto"))
        settings = month.config.settings.model_copy(update={"auto_reply_prefixes": ()})
        return replace(
            month, tables=tables | {"messages": human}, config=replace(month.config, settings=settings)
        )
    change = _change(name)
    if change is None:
        return None
    settings = change(month.config.settings)
    if settings == month.config.settings:
        return None
    return replace(month, config=replace(month.config, settings=settings))
