"""``evaluator explain OUT --agent ID --metric M``: the rows behind a number, from a finished run's folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from evaluator.metrics.figures import MAKERS, Figure, response_turns, response_wait
from evaluator.metrics.measures import Measure, Scopes
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.request import MetricRequest
from evaluator.metrics.table import QUANTILES
from evaluator.model import EvaluatorError
from evaluator.rulebook import metric_catalogue
from evaluator.settings import Settings
from evaluator.yamlfile import did_you_mean


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
    """OUT: tables, evidence and manifest of a run."""

    out: Path
    manifest: dict[str, Any]

    @classmethod
    def open(cls, out: Path) -> FinishedRun:
        """Errors: EvaluatorError if ``out`` is no finished run."""
        manifest = out / "manifest.json"
        if not manifest.is_file():
            raise EvaluatorError(f"{out} 不是一次运行的结果文件夹（没有 manifest.json）；请先运行 evaluator run 月份文件夹 --out {out}")
        return cls(out, json.loads(manifest.read_text("utf-8")))

    def facts(self) -> StoredFacts:
        codes = json.loads((self.out / "evidence" / "_codes.json").read_text("utf-8"))
        settings = dict(self.manifest["settings"])
        hours = settings.get("response_hours")
        own = Settings(response_hours=tuple(hours) if hours else None, day_start=settings["day_start"])
        groups = pl.DataFrame(schema={"a": pl.Int32, "g": pl.Int32})
        return StoredFacts(self.out / "evidence", Scopes(codes["agents"], codes["shops"], [], groups), own)

    def requests(self) -> dict[str, MetricRequest]:
        return {m["id"]: MetricRequest.of(m["metric"], m["options"]) for m in self.manifest["metrics"]}

    def cell(self, agent: str, metric: str) -> dict[str, Any]:
        kpi = pl.read_csv(self.out / "tables" / "kpi.csv", infer_schema=False)
        own = kpi.filter((pl.col("scope") == "agent") & (pl.col("id") == agent))
        if not own.height:
            known = kpi.filter(pl.col("scope") == "agent")["id"].unique().sort().to_list()
            raise EvaluatorError(f"结果里没有客服 {agent}{did_you_mean(agent, known)}；有：{'、'.join(known)}")
        found = own.filter(pl.col("metric") == metric)
        if not found.height:
            known = own["metric"].to_list()
            raise EvaluatorError(f"结果里没有指标 {metric}{did_you_mean(metric, known)}；有：{'、'.join(known)}")
        return found.row(0, named=True)


def explain_metric(out: Path, agent: str, metric: str, limit: int = 200) -> str:
    """One figure: value, definition, numerator and denominator with the rows that made each."""
    run = FinishedRun.open(out)
    cell = run.cell(agent, metric)
    request = run.requests()[metric]
    info = metric_catalogue()[request.metric]
    shown_as = f"{cell['numerator']} ÷ {cell['denominator']} = {cell['value']}" if cell["denominator"] else cell["value"]
    lines = [
        f"{cell['name']}（{agent}） {info.name} {metric}：{shown_as if cell['value'] else '缺失'} {info.unit}",
        f"口径：{info.definition}（{info.rule}）",
        *([f"选项：{dict(request.options)}"] if request.options else []),
        *([f"状态：{cell['status']} {cell['reason'] or ''}"] if cell["status"] != "final" else []),
    ]
    if cell["status"] == "missing" and not cell["denominator"]:
        return "\n".join(lines)
    for title, rows in _rows(run, request, agent):
        lines += ["", f"{title}：{rows.height} 行", *_table(rows, limit)]
    return "\n".join(lines)


def _rows(run: FinishedRun, request: MetricRequest, agent: str) -> Iterator[tuple[str, pl.DataFrame]]:
    facts = run.facts()
    code = facts.scopes.agents.index(agent)
    names = pl.read_parquet(run.out / "evidence" / "_buyers.parquet")
    if request.metric in MAKERS:
        figure = MAKERS[request.metric](request, facts).at("agent")
        assert figure is not None, "a figure of the shop alone is missing for agents"
        for title, measure in _parts(figure):
            yield title, _named(_counted(facts, measure, code), names, measure)
        return
    yield "依据", _named(_special(facts, request, code), names, None)


def _parts(figure: Figure) -> list[tuple[str, Measure]]:
    return [("分子" if figure.denominator else "计入", figure.numerator), *([("分母", figure.denominator)] if figure.denominator else [])]


def _counted(facts: MonthFacts, measure: Measure, code: int) -> pl.DataFrame:
    """The agent's rows that count, with what each counts for (``计``); a unit is shown once."""
    own = facts[measure.fact].filter(pl.col("a") == code)
    if measure.unit:
        used = [c for c in own.columns if c not in (*measure.unit, "a", "s")]
        own = own.group_by(*measure.unit, maintain_order=True).agg(pl.col(used).max(), pl.col("a", "s").first())
    counted = own.with_columns(measure.expr.cast(pl.Int64).alias("计"))
    return counted.filter(pl.col("计") != 0)


def _special(facts: MonthFacts, request: MetricRequest, code: int) -> pl.DataFrame:
    if request.metric in QUANTILES:
        base = MetricRequest(request.metric.rsplit("_", 1)[0], request.options)
        rows = facts["turns"].filter((pl.col("a") == code) & response_turns(base, facts))
        return rows.with_columns(response_wait(base).alias("计")).filter(pl.col("计").is_not_null()).sort("计")
    if request.metric == "online_hours":
        return facts["online_parts"].filter((pl.col("a") == code) & pl.col("s").is_null()).with_columns(
            (pl.col("end") - pl.col("start")).dt.total_milliseconds().alias("计")
        )
    own = facts["sessions"].filter(pl.col("a") == code)
    if not own.height:
        return own
    at = [own.filter((pl.col("start") <= t) & (pl.col("end") >= t)) for t in own["start"].unique().sort()]
    return max(at, key=lambda rows: rows.height)


UNITS = {"wait": 1000, "reply_wait": 1000, "took_ms": 1000, "计": 1}
HIDDEN = {"a", "s", "b", "r", "o", "n", "v", "robot_acct"}


def _named(rows: pl.DataFrame, names: pl.DataFrame, measure: Measure | None) -> pl.DataFrame:
    """Codes to names; days as dates; milliseconds and fen as people write them."""
    if "b" in rows.columns:
        rows = rows.join(names, on="b", how="left", maintain_order="left")
    days = [c for c in ("day", "paid_day") if c in rows.columns]
    fen = [c for c in ("counted", "back", "amount", "taken", "placed_fen", "followed_fen") if c in rows.columns]
    waits = [c for c in ("wait", "reply_wait", "took_ms") if c in rows.columns]
    money = measure is not None and any(c in fen for c in measure.expr.meta.root_names())
    timed = measure is None or any(c in waits for c in measure.expr.meta.root_names())
    divide = 100 if money else 1000 if timed and "计" in rows.columns and rows.height and rows["计"].max() > 1 else 1  # type: ignore[operator]
    rows = rows.with_columns(
        *(pl.col(c).cast(pl.Date) for c in days), *((pl.col(c) / 100).alias(c) for c in fen), *((pl.col(c) / 1000).alias(c) for c in waits),
        *([(pl.col("计") / divide).alias("计")] if divide > 1 else []),
    )
    first = [c for c in ("shop", "buyer", "day", "paid_day", "order_id", "refund_id", "opened", "ts", "start", "end") if c in rows.columns]
    rest = [c for c in rows.columns if c not in first and c not in HIDDEN]
    return rows.select(*first, *rest).sort(first[:3] if first else rest[:1], maintain_order=True)


def _table(rows: pl.DataFrame, limit: int) -> list[str]:
    """As tab-separated text, which a terminal shows and Excel takes by copy and paste."""
    if not rows.height:
        return ["（无）"]
    body = rows.head(limit).with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%d %H:%M:%S%.3f"))
    lines = ["\t".join(rows.columns), *("\t".join("" if v is None else str(v) for v in row) for row in body.iter_rows())]
    return [*lines, *([f"… 另有 {rows.height - limit} 行（--limit 可调）"] if rows.height > limit else [])]
