"""Facts of service orders, work orders, surveys, customers and exams (SPEC §2), for the period.

These tables name no shop. A row is its agent's (``s`` null), and once, nobody's, of each shop in which the account has
messages; where it chats nowhere, or the table has no account, of every shop.
"""

from __future__ import annotations

import polars as pl

from evaluator.metrics.monthfacts import Hours, PeriodView, clock

MS_PER_DAY = 86_400_000


def _shared(view: PeriodView, rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with ``a`` and perhaps ``account``: for agents, and for shops."""
    shops = view.shop_codes().select("s")
    if "account" in rows.columns:
        chats = view.bucket.shop_accounts.join(view.shop_codes(), on="shop").select("account", "s")
        silent = (
            rows.select("account").unique().join(chats, on="account", how="anti").join(shops, how="cross")
        )
        of_shops = rows.join(pl.concat([chats, silent]), on="account", maintain_order="left_right")
    else:
        of_shops = rows.join(shops, how="cross", maintain_order="left_right")
    return pl.concat(
        [
            rows.with_columns(pl.lit(None, pl.Int16).alias("s")),
            of_shops.with_columns(pl.lit(None, pl.Int32).alias("a")),
        ],
        how="diagonal",
    )


def clock_ms(since: pl.Expr, until: pl.Expr, hours: Hours) -> pl.Expr:
    """Milliseconds between two moments, of those within ``hours`` of each day (None: all); exact."""
    first, last = (clock(h) * 1000 for h in hours or ("00:00", "24:00"))

    def run(ts: pl.Expr) -> pl.Expr:
        """Milliseconds within the hours from 1970 to a moment."""
        ms = ts.dt.epoch("ms")
        return ms // MS_PER_DAY * (last - first) + (ms % MS_PER_DAY - first).clip(0, last - first)

    return run(until) - run(since)


# --- service orders ----------------------------------------------------------------------------------------------
def service_orders(view: PeriodView) -> pl.DataFrame:
    """Service orders applied for in the period; ``over`` = the end of the data, for those not yet audited."""
    rows = view.bound(view.dated("service_orders", "applied").filter(view.inside()))
    return _shared(view, rows).select(
        "a",
        "s",
        "account",
        "day",
        "service_id",
        "applied",
        "first_audit",
        view.data_end().alias("over"),
        pl.col("awaiting_customer", "spec_checked", "spec_passed").fill_null(False),
    )


def goods_back(view: PeriodView) -> pl.DataFrame:
    """Service orders that became ready to be handled in the period; ``over`` as above."""
    rows = view.bound(view.dated("service_orders", "ready").filter(view.inside()))
    columns = ("a", "s", "account", "day", "service_id", "ready", "first_result")
    return _shared(view, rows).select(*columns, view.data_end().alias("over"))


# --- field work --------------------------------------------------------------------------------------------------
def work_orders(view: PeriodView) -> pl.DataFrame:
    """Work orders opened in the period; ``given`` = fen of work neither under contract nor charged for."""
    rows = view.bound(view.dated("work_orders", "opened").filter(view.inside()))
    free = pl.col("value") - pl.col("charged").fill_null(0)
    outside = ~pl.col("under_contract").fill_null(True)
    return _shared(view, rows).select(
        "a",
        "s",
        "account",
        "day",
        "work_id",
        "opened",
        "first_visit_fixed",
        pl.when(outside).then(free).otherwise(0).fill_null(0).alias("given"),
        "parts_from_ideal_place",
        "miss_cause",
    )


def repairs(view: PeriodView) -> pl.DataFrame:
    """Work orders closed in the period."""
    rows = view.bound(view.dated("work_orders", "closed").filter(view.inside()))
    took = (pl.col("closed") - pl.col("opened")).dt.total_milliseconds().alias("took_ms")
    return _shared(view, rows).select("a", "s", "account", "day", "work_id", "opened", "closed", took)


def deliveries(view: PeriodView) -> pl.DataFrame:
    """Work orders promised for the period. ``waiting``: neither delivered nor due by the last day of the data."""
    rows = view.bound(view.dated("work_orders", "promised").filter(view.inside()))
    return _shared(view, rows).select(
        "a",
        "s",
        "account",
        "day",
        "work_id",
        "promised",
        "delivered",
        (pl.col("delivered") <= pl.col("promised")).fill_null(False).alias("in_time"),
        (pl.col("delivered").is_null() & (pl.col("day") > view.last_day)).alias("waiting"),
    )


def surveys(view: PeriodView) -> pl.DataFrame:
    """Surveys answered in the period."""
    rows = view.bound(view.dated("surveys").filter(view.inside()))
    return _shared(view, rows).select("a", "s", "account", "day", "ts", "nps")


def customers(view: PeriodView) -> pl.DataFrame:
    """Customers, each by his last row."""
    rows = view.month.tables["customers"].unique("customer", keep="last", maintain_order=True)
    nobody = pl.lit(None, pl.Int32).alias("a")
    return _shared(view, rows.with_columns(nobody)).select("a", "s", "customer", "contract")


def exams(view: PeriodView) -> pl.DataFrame:
    """Exams taken in the period, by employee; ``micro`` = the score in millionths."""
    whose = view.agent_codes().rename({"agent": "employee_id"})
    rows = view.month.tables["exams"].with_columns(pl.col("taken").to_physical().alias("day"))
    rows = rows.filter(view.inside()).join(whose, on="employee_id", how="left", maintain_order="left")
    return _shared(view, rows).select(
        "a",
        "s",
        "employee_id",
        "day",
        "score",
        "pass_mark",
        (pl.col("score") >= pl.col("pass_mark")).alias("passed_exam"),
        (pl.col("score") * 1_000_000).cast(pl.Int64).alias("micro"),
    )
