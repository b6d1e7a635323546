"""A finished run's folder, read again: for ``explain``, and whatever else asks a run why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from evaluator.metrics.measures import Scopes
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.request import MetricRequest
from evaluator.model import EvaluatorError
from evaluator.render.text import visible
from evaluator.settings import Settings
from evaluator.yamlfile import did_you_mean

Record = dict[str, Any]


class StoredFacts(MonthFacts):
    """The facts of a finished run, read from its ``evidence`` folder."""

    def __init__(self, folder: Path, scopes: Scopes, settings: Settings) -> None:
        super().__init__({}, scopes, settings)
        self._folder = folder

    def __getitem__(self, name: str) -> pl.DataFrame:
        stored = self._folder / f"{name}.parquet"
        if stored.is_file():
            return pl.read_parquet(stored)
        return super().__getitem__(name)


@dataclass(frozen=True)
class FinishedRun:
    """A folder that ``evaluator run`` wrote. Raises EvaluatorError where it is none."""

    out: Path

    @cached_property
    def manifest(self) -> Record:
        path = self.out / "manifest.json"
        if not path.is_file():
            raise EvaluatorError(
                f"{self.out} 不是一次运行的结果：没有 manifest.json；应为 evaluator run 的 --out 文件夹"
            )
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise EvaluatorError(
                f"{self.out} 的 manifest.json 读不出（损坏或不完整）；请重新运行 evaluator run"
            )
        return found

    def scan(self, table: str) -> pl.LazyFrame:
        """A Parquet table of the run. Raises EvaluatorError where it is not there."""
        if not self.manifest:
            raise EvaluatorError(f"{self.out} 不完整：manifest.json 是空的；请重新运行 evaluator run")
        path = self.out / "tables" / f"{table}.parquet"
        if not path.is_file():
            raise EvaluatorError(f"{self.out} 不完整：没有 tables/{table}.parquet；请重新运行 evaluator run")
        return pl.scan_parquet(path)

    def rows(self, table: str, **keys: str) -> list[Record]:
        """Rows whose columns equal ``keys``."""
        return self.scan(table).filter(*(pl.col(k) == v for k, v in keys.items())).collect().to_dicts()

    @cached_property
    def disputes(self) -> list[Record]:
        """Rows of tables/disputes.csv; none where the month has none."""
        path = self.out / "tables" / "disputes.csv"
        if not path.is_file():
            return []
        text = pl.read_csv(path, infer_schema=False)
        return text.with_columns(pl.col("when").str.to_datetime(time_unit="ms")).to_dicts()

    @cached_property
    def names(self) -> dict[str, str]:
        """Agent id → name, from the KPI table."""
        path = self.out / "tables" / "kpi.csv"
        if not path.is_file():
            return {}
        rows = pl.scan_csv(path, infer_schema=False).filter(pl.col("scope") == "agent").select("id", "name")
        return {i: n or "" for i, n in rows.unique().collect().iter_rows()}

    def who(self, agent: str | None) -> str:
        if agent is None:
            return "（无）"
        name = visible(self.names.get(agent) or "")
        return f"{name} {visible(agent)}" if name and name != agent else visible(agent)

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
        """Why an employee is paid what (``render.view.paytree``). Errors: EvaluatorError with who there is instead."""
        path = self.out / "evidence" / "_pay.json"
        if not self.manifest or not path.is_file():
            raise EvaluatorError(
                f"{self.out} 里没有 evidence/_pay.json；请用现在的版本重新运行 evaluator run"
            )
        trees: dict[str, list[str]] = json.loads(path.read_text("utf-8"))
        if employee_id not in trees:
            known = "、".join(map(visible, trees)) or "（无）"
            raise EvaluatorError(
                f"这次结果里没有 {visible(employee_id)} 的工资{did_you_mean(employee_id, list(trees))}；有：{known}"
            )
        return trees[employee_id]

    # --- figures -------------------------------------------------------------------------------------
    def facts(self) -> StoredFacts:
        """What the figures were counted from."""
        codes = json.loads((self.out / "evidence" / "_codes.json").read_text("utf-8"))
        hours = self.setting("response_hours")
        settings = Settings(
            response_hours=tuple(hours) if hours else None, day_start=self.setting("day_start")
        )
        groups = pl.DataFrame(schema={"a": pl.Int32, "g": pl.Int32})
        return StoredFacts(
            self.out / "evidence", Scopes(codes["agents"], codes["shops"], [], groups), settings
        )

    def buyers(self) -> pl.DataFrame:
        """Names of buyer codes: b, shop, buyer."""
        return pl.read_parquet(self.out / "evidence" / "_buyers.parquet")

    def requests(self) -> dict[str, MetricRequest]:
        return {m["id"]: MetricRequest.of(m["metric"], m["options"]) for m in self.manifest["metrics"]}

    def cell(self, agent: str, metric: str) -> Record:
        """The agent's row of kpi.csv. Errors: EvaluatorError with what is there instead."""
        kpi = pl.read_csv(self.out / "tables" / "kpi.csv", infer_schema=False)
        own = kpi.filter((pl.col("scope") == "agent") & (pl.col("id") == agent))
        if not own.height:
            known = kpi.filter(pl.col("scope") == "agent")["id"].unique().sort().to_list()
            raise EvaluatorError(
                f"结果里没有客服 {agent}{did_you_mean(agent, known)}；有：{'、'.join(map(visible, known))}"
            )
        found = own.filter(pl.col("metric") == metric)
        if not found.height:
            known = own["metric"].to_list()
            raise EvaluatorError(
                f"结果里没有指标 {metric}{did_you_mean(metric, known)}；有：{'、'.join(known)}"
            )
        return found.row(0, named=True)
