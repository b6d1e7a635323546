"""Our side of a reconciliation: the month as it is, by account, or by another rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property

import polars as pl

from evaluator.metrics.table import Kpi
from evaluator.model import KpiCell, MonthData
from evaluator.prepare import prepare
from evaluator.reconcile.lines import Rule, Span
from evaluator.reconcile.switches import ACCOUNTS, switched
from evaluator.roster import Roster
from evaluator.run import analyze_month, joined_items, measure


class Computed:
    """A month, analysed once; the figures that its settings ask for (``config.requests``), of any days of it."""

    def __init__(self, month: MonthData) -> None:
        self.month, config = month, month.config
        self.roster = Roster.of(month.tables["roster"])
        self.profiles = self.roster.profiles(config.start, config.end)
        self.bucket = prepare(month, self.roster)
        self.items = joined_items(month, self.bucket)
        _, self.context, self.facts = analyze_month(month, self.bucket, self.profiles, self.items)
        self.known = sorted(set(self.roster.rows["account"]) | set(self.bucket.bindings["account"]))
        self._kpi: dict[Span, Kpi] = {}
        self._accounts: dict[Span, dict[str, list[str]]] = {}
        self._holders: dict[Span, dict[str, tuple[str, ...]]] = {}

    def cell(self, agent: str, metric: str, span: Span) -> KpiCell | None:
        if span not in self._kpi:
            days = replace(self.month.config, start=span[0], end=span[1] + timedelta(days=1))
            month = replace(self.month, config=days)
            args = (self.bucket, self.facts, self.roster, self.profiles, self.items, self.context.covered)
            kpi, _ = measure(month, *args, requests=month.config.requests)
            kpi.facts.close()
            self._kpi[span] = kpi
        return self._kpi[span].cells.get(("agent", agent, metric))

    def accounts(self, span: Span) -> dict[str, list[str]]:
        """The accounts with messages on these days of every agent, but robots' ones."""
        if span not in self._accounts:
            days = pl.col("day").cast(pl.Date).is_between(*span)
            found = self.bucket.bindings.filter(days & ~pl.col("robot_acct")).sort("agent", "account")
            held = found.group_by("agent", maintain_order=True).agg(
                pl.col("account").unique(maintain_order=True)
            )
            self._accounts[span] = dict(held.rows())
        return self._accounts[span]

    def holders(self, span: Span) -> dict[str, tuple[str, ...]]:
        """Agents behind every account that there is, in the order of the days."""
        if span not in self._holders:
            days = pl.select(pl.date_range(*span).to_physical().alias("day"))
            keys = pl.DataFrame({"account": self.known}).join(days, how="cross")
            held = self.roster.bind(keys).sort("day").group_by("account")
            agents = held.agg(pl.col("agent").unique(maintain_order=True))
            self._holders[span] = {account: tuple(names) for account, names in agents.rows()}
        return self._holders[span]


class Months:
    """The month as it is, and with every account an agent of its own; each is analysed when it is asked for."""

    def __init__(self, month: MonthData) -> None:
        self.month = month
        self.whole = (month.config.start, month.config.end - timedelta(days=1))
        self._last: tuple[tuple[Rule, bool], Computed | None] = (((), False), None)

    @cached_property
    def by_agent(self) -> Computed:
        return Computed(self.month)

    @cached_property
    def by_account(self) -> Computed:
        return Computed(self._accounts_apart())

    def _accounts_apart(self) -> MonthData:
        month = switched(self.month, ACCOUNTS)
        assert month is not None
        return month

    def of(self, by_account: bool) -> Computed:
        return self.by_account if by_account else self.by_agent

    def under(self, names: Rule, by_account: bool) -> Computed | None:
        """By other rules; None where one of them holds already. The last one is kept: a month may be large."""
        if not names:
            return self.of(by_account)
        if self._last[0] != (names, by_account):
            self._last = ((names, by_account), None)  # the one before goes first
            month: MonthData | None = self._accounts_apart() if by_account else self.month
            for name in names:
                month = switched(month, name) if month is not None else None
            self._last = ((names, by_account), Computed(month) if month is not None else None)
        return self._last[1]

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Accounts by the names a report may give them: whole, or the part after the colon."""
        found: dict[str, list[str]] = {}
        for account in self.by_agent.known:
            found.setdefault(account.rpartition(":")[2], []).append(account)
        return found | {account: [account] for account in self.by_agent.known}
