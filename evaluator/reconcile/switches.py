"""Changes of rules that may explain why a platform's figure differs from ours (``evaluator reconcile``).

A switch turns a month as read into one evaluated by another rule: a filter off, another judgment or window, accounts
instead of employees. Whether it explains a difference is found by computing again, not by reasoning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl

from evaluator.metrics.request import MetricRequest
from evaluator.model import MonthData
from evaluator.settings import Filters, Settings

ACCOUNTS = "accounts"
NO_FILTER = Filters(internal=False, manual=False, ad=False, agent_only=False, one_liner=False, code_word=None)
WHOLE_DAY, DAY_HOURS = ("00:00", "24:00"), ("08:00", "23:00")
OTHER_METRIC = {
    "refunds": {"sales": "net_sales", "net_sales": "sales"},
    "very_satisfied": {"satisfaction": "very_satisfied"},
    "replied": {"consults": "reply_rate"},
}
NUMERATORS = ("replied",)  # switches that mean the numerator of the other figure
HOURS = {"all_day": WHOLE_DAY, "day_hours": DAY_HOURS}


def stand_in(name: str, request: MetricRequest) -> MetricRequest | None:
    """The other figure of ours that the switch ``name`` lays beside theirs; None where it means to compute anew."""
    options = dict(request.options)
    if name in OTHER_METRIC:
        other = OTHER_METRIC[name].get(request.metric)
        return MetricRequest.of(other, options) if other else None
    if name in HOURS:
        return MetricRequest.of(request.metric, options | {"hours": HOURS[name]})
    if name.startswith("unit_"):
        unit = name.removeprefix("unit_")
        return MetricRequest.of(request.metric, options | {"unit": unit}) if "unit" in options else None
    return None


def _filters(settings: Settings, **changes: bool) -> Settings:
    return settings.model_copy(update={"filters": settings.filters.model_copy(update=changes)})


_SETTINGS: dict[str, Callable[[Settings], Settings]] = {
    "filters": lambda s: s.model_copy(update={"filters": NO_FILTER}),
    "filter_ad": lambda s: _filters(s, ad=False),
    "one_liner": lambda s: _filters(s, one_liner=True),
    "by": lambda s: s.model_copy(update={"by": "rounds" if s.by == "last" else "last"}),
    "postage": lambda s: s.model_copy(update={"count_postage": not s.count_postage}),
    "orders_kept": lambda s: s.model_copy(
        update={"exclude_memo": (), "exclude_titles": (), "exclude_orders": (), "min_amount": Decimal(0)}
    ),
}


def change_of(name: str) -> Callable[[Settings], Settings] | None:
    """What a switch changes in the settings; None where it changes none."""
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
    if name == "judgment_grouped_chain" and not month.has("orders", "grouped"):
        return None
    change = change_of(name)
    if change is None:
        return None
    settings = change(month.config.settings)
    if settings == month.config.settings:
        return None
    return replace(month, config=replace(month.config, settings=settings))
