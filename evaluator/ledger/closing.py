"""A finished run as the facts that a lock keeps; conserved, or it is refused (R-A7, R-P4).

Of orders the number, the money and the agent are kept, not the buyer: a ledger is for good, and pay needs no buyers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import polars.selectors as cs

from evaluator.finished import FinishedRun
from evaluator.ledger.book import BALANCE, CREDIT, EARNED, LINE, SCORE, Body, order_subject
from evaluator.ledger.store import Head
from evaluator.model import EvaluatorError
from evaluator.numbers import yuan
from evaluator.output import REFUNDS, SETTLEMENT
from evaluator.settlement import CARRIED, Brought

NEEDED = (
    *(
        f"tables/{name}"
        for name in ("payroll.csv", "scores.csv", "kpi.csv", "balances.csv", "attribution.parquet")
    ),
    *(f"evidence/{name}" for name in ("paid_orders.parquet", "_codes.json", SETTLEMENT, REFUNDS)),
)


@dataclass(frozen=True)
class Closing:
    """A run's folder, as a ledger sees it."""

    out: Path

    @cached_property
    def run(self) -> FinishedRun:
        """Raises EvaluatorError where a file that a lock reads is not as the run wrote it."""
        run = FinishedRun(self.out)
        for name in NEEDED:
            run.file(name)
        return run

    @property
    def manifest(self) -> dict[str, Any]:
        return self.run.manifest

    @property
    def ledger_read(self) -> Head | None:
        """The head of the ledger that the run read, if it read one with entries."""
        return Head.of_json(self.manifest.get("ledger_read"))

    @property
    def start(self) -> date:
        return date.fromisoformat(self.manifest["period"]["start"])

    @property
    def end(self) -> date:
        return date.fromisoformat(self.manifest["period"]["end"])

    @cached_property
    def _settlement(self) -> dict[str, Any]:
        found: dict[str, Any] = self.run.json(f"evidence/{SETTLEMENT}")
        return found

    @property
    def brought(self) -> Brought:
        return Brought.of_json(self._settlement["brought"])

    @cached_property
    def refunds(self) -> pl.DataFrame:
        return pl.read_parquet(self.run.file(f"evidence/{REFUNDS}"))

    @cached_property
    def attribution(self) -> pl.DataFrame:
        """Orders paid in the period: shop, order_id, counted, credited, excluded, dispute."""
        start_s = self.run.day_start_s
        day = (pl.col("paid") - pl.duration(seconds=start_s)).dt.date()
        return (
            self.run.scan("attribution")
            .filter(day.is_between(self.start, self.end, closed="left"))
            .collect()
            .select(
                "shop",
                "order_id",
                "counted",
                "credited",
                "excluded",
                cs.by_name("dispute", require_all=False),
            )
        )

    @cached_property
    def _net(self) -> pl.DataFrame:
        """What the figures counted of each of them that is not excluded: shop, order_id, agent, was, net."""
        codes = self.run.json("evidence/_codes.json")
        rows = pl.read_parquet(self.run.file("evidence/paid_orders.parquet"))
        shops, agents = (pl.Series(codes[k], dtype=pl.String) for k in ("shops", "agents"))
        return rows.select(
            shops.gather(rows["s"]).alias("shop"),
            "order_id",
            agents.gather(rows["a"]).alias("agent"),
            pl.col("counted").alias("was"),
            (pl.col("counted") - pl.col("back")).alias("net"),
        )

    # ---- facts, by kind ----
    @property
    def credits(self) -> dict[str, Body]:
        rows = self.attribution.join(self._net, on=["shop", "order_id"], how="left", maintain_order="left")
        found = {
            order_subject(shop, order_id): {"agent": agent, "counted": counted, "net": net, "excluded": why}
            for shop, order_id, agent, counted, net, why in rows.select(
                "shop", "order_id", "credited", "counted", pl.col("net").fill_null(0), "excluded"
            ).iter_rows()
        }
        if "dispute" in rows.columns:
            moved = rows.filter(pl.col("dispute") == "accepted").select("shop", "order_id")
            for shop, order_id in moved.iter_rows():
                found[order_subject(shop, order_id)]["dispute"] = "accepted"
        return found

    @property
    def earned(self) -> dict[str, Body]:
        keys = ("lines", "commission", "basis")
        return {s["employee_id"]: {k: s[k] for k in keys} for s in self._settlement["settled"]}

    @property
    def scores(self) -> dict[str, Body]:
        found: dict[str, Body] = defaultdict(lambda: {"rows": []})
        for row in self.run.csv("scores").iter_rows(named=True):
            found[row.pop("employee_id")]["rows"].append(row)
        return dict(found)

    @cached_property
    def lines(self) -> dict[str, Body]:
        rows = self.run.csv("payroll").iter_rows(named=True)
        return {f"{row['employee_id']}\t{row['line']}": row for row in rows}

    @property
    def balances(self) -> dict[str, Body]:
        rows = self.run.csv("balances").iter_rows(named=True)
        return {f"{row['employee_id']}\t{n}": row for n, row in enumerate(rows)}

    @property
    def period(self) -> Body:
        """What the run was made of."""
        m = self.manifest
        inputs = {f["file"]: f["sha256"] for f in m["inputs"]}
        return {
            "inputs": inputs,
            "tables": {f["file"]: f["table"] for f in m["inputs"]},
            "rows": {f["file"]: f["rows_used"] for f in m["inputs"]},
            "rules": m["rules"],
            "plan_values": self._settlement["plan_values"],
            "settings": m["settings"],
            "plans": m["plans"],
            "program": m["program"],
            "payroll": m["totals"]["payroll"],
            "shops": self.attribution["shop"].unique().sort().to_list(),
            "brought": self.brought.as_json(),
        }

    def facts(self) -> dict[str, dict[str, Body]]:
        """All that later periods or revisions ask for, by kind and subject."""
        return {
            LINE: self.lines,
            SCORE: self.scores,
            EARNED: self.earned,
            CREDIT: self.credits,
            BALANCE: self.balances,
        }

    # ---- conservation ----
    def check(self) -> None:
        """Raises EvaluatorError where lines, totals and the payroll disagree (R-P4), or orders and figures (R-A7)."""
        self._check_pay()
        self._check_orders()
        self._check_sales()

    def _broken(self, what: str) -> NoReturn:
        raise EvaluatorError(
            f"{self.out} 的数不守恒：{what}；没有锁定。结果可能被改动过或不完整，请重新运行 evaluator run"
        )

    def _check_pay(self) -> None:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        totals: dict[str, Decimal] = {}
        for row in self.lines.values():
            amount = Decimal(row["amount"])
            if row["line"] == "total":
                totals[row["employee_id"]] = amount
            else:
                sums[row["employee_id"]] += amount
        if len(self.lines) != self.run.csv("payroll").height:
            self._broken("payroll.csv 里同一人的同一行出现了两次")
        for employee in sums.keys() | totals.keys():
            if sums[employee] != totals.get(employee):
                self._broken(
                    f"员工 {employee} 各行之和 {sums[employee]} 不等于合计 {totals.get(employee)}（R-P4）"
                )
        stated, whole = Decimal(self.manifest["totals"]["payroll"]), sum(totals.values(), Decimal(0))
        if whole != stated:
            self._broken(f"各人合计 {whole} 不等于 manifest.json 的工资总额 {stated}（R-P4）")
        for s in self._settlement["settled"]:
            own = sum((Decimal(a) for line, a in s["lines"].items() if line != CARRIED), Decimal(0))
            due = own - Decimal(s["taken"]) + Decimal(s["corrected"])
            if due != totals.get(s["employee_id"]):
                self._broken(f"员工 {s['employee_id']} 的合计与结算依据 {due} 不符（R-P4）")
        if totals.keys() != {s["employee_id"] for s in self._settlement["settled"]}:
            self._broken("payroll.csv 与结算依据的人员不同（R-P4）")

    def _check_orders(self) -> None:
        """Each paid order is credited, silent or excluded, and the figures counted those not excluded."""
        rows = self.attribution
        both = rows.filter(pl.col("excluded").is_not_null() & pl.col("credited").is_not_null())
        if both.height:
            self._broken(f"订单 {both['order_id'][0]} 既排除又归给了人（R-A7）")
        if rows.select("shop", "order_id").is_duplicated().any():
            self._broken("attribution 里有订单出现了两次（R-A7）")
        mine = rows.filter(pl.col("excluded").is_null())
        joined = mine.join(self._net, on=["shop", "order_id"], how="full", nulls_equal=True, coalesce=True)
        same = pl.col("counted").eq_missing(pl.col("was")) & pl.col("credited").eq_missing(pl.col("agent"))
        odd = joined.filter(~same)
        if odd.height:
            self._broken(f"订单 {odd['order_id'][0]} 的归属或金额与指标所计的不符（R-A7）")

    def _check_sales(self) -> None:
        """Σ credited orders = each agent's sales and net sales; credited + silent = each shop's."""
        sums = {
            ("agent", "sales"): self._net.group_by("agent").agg(pl.col("was").sum()),
            ("agent", "net_sales"): self._net.group_by("agent").agg(pl.col("net").sum()),
            ("shop", "shop_sales"): self._net.group_by("shop").agg(pl.col("was").sum()),
        }
        kpi = self.run.csv("kpi").filter(pl.col("status") != "missing")
        for (scope, metric), frame in sums.items():
            counted = {who: fen for who, fen in frame.iter_rows() if who is not None}
            rows = kpi.filter((pl.col("scope") == scope) & (pl.col("metric") == metric))
            for who, value in rows.select("id", "value").iter_rows():
                fen = counted.get(who, 0)
                if Decimal(value) * 100 != fen:
                    self._broken(
                        f"{who} 的 {metric} 为 {value}，归属的订单合计 {yuan(Decimal(fen) / 100)}（R-A7）"
                    )
