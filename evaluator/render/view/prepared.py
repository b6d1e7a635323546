"""An evaluation, looked up once for all reports: names, the period's orders with their evidence, KPI rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from evaluator.metrics.daily import ByDay, by_day
from evaluator.metrics.request import STANDARD, MetricRequest
from evaluator.metrics.spread import Interval, mean_intervals
from evaluator.render.text import visible
from evaluator.render.view.history import NO_HISTORY, History
from evaluator.render.words import Words

if TYPE_CHECKING:
    from evaluator.evaluation import Evaluation
    from evaluator.settings import Settings

#: The times at which each judgment looks, in order, and the column of the winner there (R-A3).
JUDGMENTS: dict[str, tuple[tuple[str, ...], str]] = {
    "order": (("created",), "by_order"),
    "payment": (("paid",), "by_payment"),
    "order_first": (("created", "paid"), "by_order_first"),
    "grouped_chain": (("created", "paid", "grouped"), "by_grouped_chain"),
}


KEYS = ["shop", "order_id"]  # of an order
CANDIDATES_SHOWN = 10  # of an order; of as many orders as a workbook lists they fill a sheet
DAILY = ("consults", "first_response", "sales")  # figures that are shown day by day


class Figure(NamedTuple):
    """A row of the KPI table. Numbers are decimal text as stored, None = empty."""

    scope: str
    id: str
    name: str | None
    metric: str
    value: str | None
    numerator: str | None
    denominator: str | None
    unit: str | None
    status: str
    reason: str | None


def day_expr(column: str, day_start_s: int) -> pl.Expr:
    """SPEC §1: the business day of a time."""
    return (pl.col(column) - pl.duration(seconds=day_start_s)).dt.date()


@dataclass(frozen=True)
class Prepared:
    """``evaluation`` with what every report needs of it."""

    evaluation: Evaluation
    words: Words
    history: History = NO_HISTORY

    @property
    def settings(self) -> Settings:
        return self.evaluation.month.config.settings

    @property
    def period(self) -> tuple[date, date]:
        config = self.evaluation.month.config
        return config.start, config.end

    def frame(self, name: str) -> pl.DataFrame:
        return self.evaluation.frames[name]

    @cached_property
    def names(self) -> dict[str, str]:
        """Shown name of every agent: of the period's profile, else the roster's, else the payroll's (who has left and
        still owes), else the account itself."""
        roster = self.evaluation.month.tables["roster"]
        names = {i: visible(n) for i, n in roster.select("employee_id", "name").iter_rows()}
        paid = {p.employee_id: visible(p.name) for p in self.evaluation.pay.lines}
        return paid | names | {i: visible(p.name) for i, p in self.evaluation.profiles.items()}

    def name(self, agent: str | None) -> str:
        if agent is None:
            return ""
        return self.names.get(agent) or self.words.say("{account}（未绑定）", account=visible(agent))

    @cached_property
    def figures(self) -> dict[tuple[str, str], dict[str, Figure]]:
        """(scope, id) → metric → its row, in the table's order."""
        found: dict[tuple[str, str], dict[str, Figure]] = {}
        columns = list(Figure._fields)
        for row in self.frame("kpi").select(columns).iter_rows():
            figure = Figure(*row)
            found.setdefault((figure.scope, figure.id), {})[figure.metric] = figure
        return found

    def figure(self, scope: str, id: str, metric: str) -> Figure | None:
        return self.figures.get((scope, id), {}).get(metric)

    def ids(self, scope: str) -> list[str]:
        return [i for s, i in self.figures if s == scope]

    @cached_property
    def metrics(self) -> list[str]:
        """Every metric of the run: the catalogue's order, then those that only a plan or pack names."""
        seen = dict.fromkeys(m for row in self.figures.values() for m in row)
        order = {m: n for n, m in enumerate(self.words.catalogue)}
        bases = {m: m.partition("[")[0] for m in seen}
        last = len(order)
        return sorted(seen, key=lambda m: (order.get(bases[m], order.get("reply_within", last)), m))

    @cached_property
    def units(self) -> dict[str, str]:
        """Metric → unit; from whichever row states one."""
        return {f.metric: f.unit for row in self.figures.values() for f in row.values() if f.unit}

    def kind(self, metric: str, unit: str | None = None) -> str:
        """Column kind of a metric."""
        return self.words.kind(metric, unit or self.units.get(metric))

    @cached_property
    def orders(self) -> list[pl.DataFrame]:
        """tables/attribution in parts, with ``in_period`` (day(paid) in the period) and ``decided`` (the time at which
        the credited agent won: created, paid, grouped; or ``dispute``)."""
        start, end = self.period
        day = day_expr("paid", self.settings.day_start_s)
        decided = _decided(self.settings.judgment)
        if self.has_disputes:
            decided = pl.when(pl.col("dispute") == "accepted").then(pl.lit("dispute")).otherwise(decided)
        told = (
            day.is_between(start, end, closed="left").fill_null(False).alias("in_period"),
            decided.alias("decided"),
        )
        keep = self.evaluation.month.shelf.keep
        return [part.hstack(keep(part.select(told))) for (part,) in self.evaluation.parts("attribution")]

    @cached_property
    def period_assists(self) -> list[pl.DataFrame]:
        """Assists on orders paid in the period, with the order's buyer, time and counted amount; in parts of whole
        orders."""
        keep, found = self.evaluation.month.shelf.keep, []
        assists = self.evaluation.parts("assists")
        for orders, (helped,) in zip(self.orders, assists, strict=True):
            own = orders.filter("in_period").select(*KEYS, "buyer", "paid", "counted", "credited")
            found.append(keep(helped.join(own, on=KEYS, maintain_order="left")))
        return found

    def rows_of(self, table: str, orders: pl.DataFrame) -> pl.DataFrame:
        """The rows of a table of orders that are of these few orders, in the table's order."""
        keys = orders.select(KEYS)
        return pl.concat(
            part.join(keys, on=KEYS, how="semi", maintain_order="left")
            for (part,) in self.evaluation.parts(table)
        )

    def candidates(self, orders: pl.DataFrame) -> pl.DataFrame:
        """Those of these few orders at the moment that ``decided``, in the table's order: the first CANDIDATES_SHOWN
        of each by place, for one whom a masked nick stands for has hundreds. ``rivals``: how many others there were."""
        keys, keep = [*KEYS, "decided"], self.evaluation.month.shelf.keep
        asked, rivals = orders.select(keys), (pl.len() - 1).cast(pl.Int64).over(keys)
        return pl.concat(
            keep(
                part.rename({"at": "decided"})
                .join(asked, on=keys, how="semi", maintain_order="left")
                .with_columns(rivals.alias("rivals"))
                .filter(pl.col("place") <= CANDIDATES_SHOWN)
            )
            for (part,) in self.evaluation.parts("candidates")
        )

    def with_winner(self, orders: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
        """Orders with the winner's evidence ``last_human, human_messages, buyer_messages, answered_turns, why``, and
        ``rivals`` (other candidates at that time). ``candidates``: theirs."""
        won = candidates.select(
            *KEYS,
            "decided",
            "rivals",
            pl.col("agent").alias("credited"),
            "last_human",
            "human_messages",
            "buyer_messages",
            "answered_turns",
            "why",
        )
        return orders.join(won, on=[*KEYS, "decided", "credited"], how="left", maintain_order="left")

    @cached_property
    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Metric → agent → interval of his mean or quotient; of metrics that some agent has."""
        known = dict.fromkeys(
            figure.metric
            for (scope, _), own in self.figures.items()
            for figure in own.values()
            if scope == "agent" and figure.value and figure.status != "missing"
        )
        asked = {
            metric: self.words.requests.get(metric) or STANDARD.get(metric) or MetricRequest(metric)
            for metric in known
            if (info := self.words.info(metric)) and info.has_denominator
        }
        return mean_intervals(asked, self.evaluation.facts)

    @cached_property
    def daily(self) -> dict[str, ByDay]:
        """Figures that are shown day by day."""
        return {metric: by_day(MetricRequest(metric), self.evaluation.facts) for metric in DAILY}

    @property
    def has_disputes(self) -> bool:
        """Whether somebody disputed an order of the month."""
        return "disputes" in self.evaluation.frames

    @cached_property
    def pay_trees(self) -> dict[str, list[str]]:
        """Employee id → why he is paid what, line by line."""
        from evaluator.render.view.paytree import pay_trees  # which needs Prepared

        return pay_trees(self)

    @property
    def version(self) -> str:
        return visible(str(self.evaluation.manifest["program"]["version"]))

    @cached_property
    def employees(self) -> list[str]:
        """Employees of the period who are no robots, by id: who gets a page."""
        return sorted(i for i, p in self.evaluation.profiles.items() if not p.is_robot)


def _decided(judgment: str) -> pl.Expr:
    """R-A3: the first of the judgment's times at which somebody won, where the order is credited."""
    single = {"created": "by_order", "paid": "by_payment"}
    times, column = JUDGMENTS[judgment]
    expr = pl.when(pl.col(column).is_null()).then(pl.lit(None, dtype=pl.String))
    for at in times[:-1]:
        expr = expr.when(pl.col(single[at]).is_not_null()).then(pl.lit(at))  # type: ignore[assignment]
    return expr.otherwise(pl.lit(times[-1]))
