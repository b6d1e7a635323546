"""Who is who (SPEC §1, R-C human message): accounts to agents by business day, robots, profiles.

An *agent* is the employee whom the roster binds to an account on that business day, else the account
itself (未绑定). Everything here is small: accounts × days, not messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from evaluator.model import Profile, ReviewItem

EARLIEST, LATEST = date(1, 1, 1), date(9999, 12, 31)
ROBOT_ROLE = "robot"


def day_of(ts: pl.Expr, day_start_s: int) -> pl.Expr:
    """SPEC §1 ``day(ts)`` = the date of ``ts − day_start``; Int32 days since 1970-01-01."""
    return (ts - pl.duration(seconds=day_start_s)).dt.date().to_physical()


@dataclass(frozen=True)
class Roster:
    """The roster's rows with open ends filled, in input order (``_order``)."""

    rows: pl.DataFrame

    @classmethod
    def of(cls, table: pl.DataFrame) -> Roster:
        rows = table.with_row_index("_order").with_columns(
            pl.col("from").fill_null(pl.lit(EARLIEST)), pl.col("to").fill_null(pl.lit(LATEST))
        )
        return cls(rows)

    def bind(self, account_days: pl.DataFrame) -> pl.DataFrame:
        """Agent of each (``account``, ``day`` as Int32): adds ``agent``, ``bound``, ``robot_role``.

        ``from`` and ``to`` are inclusive; of overlapping rows the latest ``from`` holds, then the later row."""
        keys = account_days.select("account", "day").unique()
        binding = (
            keys.join(
                self.rows.select("account", "employee_id", "role", "from", "to", "_order"), on="account"
            )
            .filter(pl.col("day").cast(pl.Date).is_between(pl.col("from"), pl.col("to")))
            .sort("from", "_order")
            .group_by("account", "day", maintain_order=True)
            .last()
        )
        return keys.join(binding, on=["account", "day"], how="left").select(
            "account",
            "day",
            pl.coalesce("employee_id", "account").alias("agent"),
            pl.col("employee_id").is_not_null().alias("bound"),
            (pl.col("role") == ROBOT_ROLE).fill_null(False).alias("robot_role"),
        )

    def profiles(self, start: date, end: date) -> dict[str, Profile]:
        """Each employee's roster row with the latest ``from`` that overlaps [start, end); ties: the later row."""
        last_day = end - timedelta(days=1)
        rows = (
            self.rows.filter((pl.col("from") <= last_day) & (pl.col("to") >= start))
            .sort("from", "_order")
            .group_by("employee_id", maintain_order=True)
            .last()
            .sort("employee_id")
        )
        bound = self.rows.group_by("employee_id").agg(pl.col("from").min(), pl.col("to").max())
        parts = {
            employee: (max(first, start), min(last, last_day))
            for employee, first, last in bound.iter_rows()
            if first > start or last < last_day
        }
        return {
            r["employee_id"]: Profile(
                r["employee_id"],
                r["name"],
                r["group"],
                r["role"],
                r["base_salary"],
                r["hired"],
                parts.get(r["employee_id"]),
            )
            for r in rows.iter_rows(named=True)
        }

    def names(self) -> dict[str, str]:
        """Latest known name of every employee, also of those outside the period."""
        return dict(self.rows.sort("from", "_order").select("employee_id", "name").iter_rows())

    def overlaps(self) -> list[ReviewItem]:
        """Rows of one account that hold on the same day: reported, the latest ``from`` wins (SPEC §1)."""
        pairs = (
            self.rows.join(self.rows, on="account", suffix="_2")
            .filter(
                (pl.col("_order") < pl.col("_order_2"))
                & (pl.col("from") <= pl.col("to_2"))
                & (pl.col("from_2") <= pl.col("to"))
            )
            .sort("_order", "_order_2")
        )
        return [
            ReviewItem(
                "roster_overlap",
                r["account"],
                f"花名册中账号 {r['account']} 有两行日期重叠：{r['employee_id']} 与 {r['employee_id_2']}，"
                "重叠的日子以开始日期较晚者为准（同日以靠后的一行为准），请核对",
            )
            for r in pairs.iter_rows(named=True)
        ]
