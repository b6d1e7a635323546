"""A finished run's folder, read again: for ``explain``, and whatever else asks a run why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from evaluator.harmless import as_it_was
from evaluator.metrics.measures import Scopes
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.request import MetricRequest
from evaluator.model import EvaluatorError
from evaluator.render.text import in_line
from evaluator.seal import intact, read_manifest
from evaluator.settings import Settings
from evaluator.yamlfile import did_you_mean

Record = dict[str, Any]


class StoredFacts(MonthFacts):
    """The facts of a finished run, read from its ``evidence`` folder."""

    def __init__(self, run: FinishedRun, scopes: Scopes, settings: Settings) -> None:
        super().__init__({}, scopes, settings)
        self._run = run

    def __getitem__(self, name: str) -> pl.DataFrame:
        stored = f"evidence/{name}.parquet"
        if self._run.has(stored):
            return pl.read_parquet(self._run.file(stored))
        return super().__getitem__(name)


@dataclass(frozen=True)
class FinishedRun:
    """A folder that ``evaluator run`` wrote. Raises EvaluatorError where it is none."""

    out: Path
    _seen: dict[str, Path] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def manifest(self) -> Record:
        return read_manifest(self.out)

    def has(self, name: str) -> bool:
        """Whether the run wrote such a file."""
        return name in self.manifest["outputs"]

    def file(self, name: str) -> Path:
        """A file of the run, as it was written. Raises EvaluatorError where it is not. Looked at once."""
        if name not in self._seen:
            self._seen[name] = intact(self.out, self.manifest, name)
        return self._seen[name]

    def scan(self, table: str) -> pl.LazyFrame:
        """A Parquet table of the run."""
        return pl.scan_parquet(self.file(f"tables/{table}.parquet"))

    def csv(self, table: str) -> pl.DataFrame:
        """A CSV table of the run, all text, without what was written for spreadsheets only."""
        return as_it_was(pl.read_csv(self.file(f"tables/{table}.csv"), infer_schema=False), table)

    def json(self, name: str) -> Any:
        return json.loads(self.file(name).read_text("utf-8"))

    def rows(self, table: str, **keys: str) -> list[Record]:
        """Rows whose columns equal ``keys``."""
        return self.scan(table).filter(*(pl.col(k) == v for k, v in keys.items())).collect().to_dicts()

    @cached_property
    def disputes(self) -> list[Record]:
        """Rows of tables/disputes.csv; none where the month has none."""
        if not self.has("tables/disputes.csv"):
            return []
        return self.csv("disputes").with_columns(pl.col("when").str.to_datetime(time_unit="ms")).to_dicts()

    @cached_property
    def names(self) -> dict[str, str]:
        """Agent id → name, from the KPI table."""
        rows = self.csv("kpi").filter(pl.col("scope") == "agent").select("id", "name")
        return {i: n or "" for i, n in rows.unique().iter_rows()}

    def who(self, agent: str | None) -> str:
        if agent is None:
            return "（无）"
        name = in_line(self.names.get(agent) or "")
        return f"{name} {in_line(agent)}" if name and name != agent else in_line(agent)

    def setting(self, name: str) -> Any:
        return self.manifest["settings"][name]

    @cached_property
    def day_start_s(self) -> int:
        hours, minutes = str(self.setting("day_start")).split(":")
        return int(hours) * 3600 + int(minutes) * 60

    def day(self, ts: datetime) -> date:
        """SPEC §1: the business day of a time."""
        return (ts - timedelta(seconds=self.day_start_s)).date()

    def pay(self, employee_id: str) -> list[str]:
        """Why an employee is paid what (``render.view.paytree``). Errors: EvaluatorError with who there is instead, and
        where the payroll or the scores are not as they were written."""
        for table in ("payroll", "scores"):
            self.file(f"tables/{table}.csv")
        trees: dict[str, list[str]] = self.json("evidence/_pay.json")
        if employee_id not in trees:
            known = "、".join(map(in_line, trees)) or "（无）"
            raise EvaluatorError(
                f"这次结果里没有 {in_line(employee_id)} 的工资{did_you_mean(employee_id, list(trees))}；有：{known}"
            )
        return trees[employee_id]

    # --- figures -------------------------------------------------------------------------------------
    def facts(self) -> StoredFacts:
        """What the figures were counted from."""
        codes = self.json("evidence/_codes.json")
        hours = self.setting("response_hours")
        settings = Settings(
            response_hours=tuple(hours) if hours else None, day_start=self.setting("day_start")
        )
        groups = pl.DataFrame(schema={"a": pl.Int32, "g": pl.Int32})
        return StoredFacts(self, Scopes(codes["agents"], codes["shops"], [], groups), settings)

    def buyers(self) -> pl.DataFrame:
        """Names of buyer codes: b, shop, buyer."""
        return pl.read_parquet(self.file("evidence/_buyers.parquet"))

    def requests(self) -> dict[str, MetricRequest]:
        return {m["id"]: MetricRequest.of(m["metric"], m["options"]) for m in self.manifest["metrics"]}

    def cell(self, agent: str, metric: str) -> Record:
        """The agent's row of kpi.csv. Errors: EvaluatorError with what is there instead."""
        kpi = self.csv("kpi")
        own = kpi.filter((pl.col("scope") == "agent") & (pl.col("id") == agent))
        if not own.height:
            known = kpi.filter(pl.col("scope") == "agent")["id"].unique().sort().to_list()
            raise EvaluatorError(
                f"结果里没有客服 {agent}{did_you_mean(agent, known)}；有：{'、'.join(map(in_line, known))}"
            )
        found = own.filter(pl.col("metric") == metric)
        if not found.height:
            known = own["metric"].to_list()
            raise EvaluatorError(
                f"结果里没有指标 {metric}{did_you_mean(metric, known)}；有：{'、'.join(known)}"
            )
        return found.row(0, named=True)
