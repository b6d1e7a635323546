"""``evaluator explain OUT --agent ID --metric M``: the rows behind a number, from a finished run's folder."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl

from evaluator.finished import FinishedRun
from evaluator.metrics.figures import FEN, MS, MS_PER_HOUR
from evaluator.metrics.measures import Measure
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.registry import MAKERS
from evaluator.metrics.request import MetricRequest
from evaluator.metrics.special import QUANTILES
from evaluator.metrics.talk import response_turns, response_wait
from evaluator.numbers import plain
from evaluator.render.text import in_line
from evaluator.render.words import run_words
from evaluator.rulebook import label, metric_catalogue


def explain_metric(out: Path, agent: str, metric: str, limit: int = 200) -> str:
    """One figure: value, definition, numerator and denominator with the rows that made each."""
    run = FinishedRun(out)
    cell = run.cell(agent, metric)
    request = run.requests()[metric]
    words = run_words(run.manifest["settings"], run.requests())
    info = metric_catalogue()[request.metric]
    value = cell["value"] or "缺失"
    told = f"{cell['numerator']} ÷ {cell['denominator']} = {value}" if cell["denominator"] else value
    lines = [
        f"{cell['name']}（{agent}） {words.metric(metric)} {metric}：{told} {label('unit_names', info.unit)}"
    ]
    lines.append(f"口径：{words.definition(metric)}（{info.rule}）")
    if request.options:
        lines.append("选项：" + "，".join(_option(k, v) for k, v in request.options))
    if cell["status"] != "final":
        lines.append(f"状态：{label('statuses', cell['status'])}　{cell['reason'] or ''}")
    if cell["status"] == "missing" and not cell["denominator"]:
        return "\n".join(lines)
    for title, rows in _rows(run, request, agent):
        lines += ["", f"{title}：{rows.height} 行", *_table(rows, limit)]
    return "\n".join(lines)


def _option(key: str, value: object) -> str:
    shown = "–".join(value) if isinstance(value, tuple) else label("units", str(value))
    return f"{label('metric_options', key)} {shown}"


def _rows(run: FinishedRun, request: MetricRequest, agent: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """What was counted, with ``计`` = what each row counts for in the figure's own unit."""
    facts = run.facts()
    code = facts.scopes.agents.index(agent)
    names = run.buyers()
    if request.metric not in MAKERS:
        yield "依据", _named(_special(facts, request, code), names)
        return
    figure = MAKERS[request.metric](request, facts).at("agent")
    assert figure is not None, "a figure of the shop alone is missing for agents"
    title = "分子" if figure.denominator else "计入"
    yield title, _named(_counted(facts, figure.numerator, code, figure.scale), names)
    if figure.denominator:
        yield "分母", _named(_counted(facts, figure.denominator, code, figure.denominator_scale), names)


def _counted(facts: MonthFacts, measure: Measure, code: int, scale: int) -> pl.DataFrame:
    """The agent's rows that count; a unit (a buyer-day, an order) is shown once."""
    own = facts[measure.fact].filter(pl.col("a") == code)
    if measure.unit:
        used = [c for c in own.columns if c not in (*measure.unit, "a", "s")]
        own = own.group_by(*measure.unit, maintain_order=True).agg(
            pl.col(used).max(), pl.col("a", "s").first()
        )
    chosen = pl.col("计") != 0 if measure.rows is None else measure.rows
    counted = own.with_columns(measure.expr.cast(pl.Int64).alias("计")).filter(chosen)
    return counted.with_columns(pl.col("计") / scale) if scale > 1 else counted


def _special(facts: MonthFacts, request: MetricRequest, code: int) -> pl.DataFrame:
    """The rows behind a median, the time on line, or the busiest instant."""
    own = pl.col("a") == code
    if request.metric in QUANTILES:
        base = MetricRequest(request.metric.rsplit("_", 1)[0], request.options)
        turns = facts["turns"].filter(own & response_turns(base, facts))
        waits = turns.with_columns((response_wait(base) / MS).alias("计"))
        return waits.filter(pl.col("计").is_not_null()).sort("计")
    if request.metric == "online_hours":
        stretch = (pl.col("end") - pl.col("start")).dt.total_milliseconds() / MS_PER_HOUR
        return facts["online_parts"].filter(own & pl.col("s").is_null()).with_columns(stretch.alias("计"))
    sessions = facts["sessions"].filter(own)
    at = [
        sessions.filter((pl.col("start") <= t) & (pl.col("end") >= t))
        for t in sessions["start"].unique().sort()
    ]
    return max(at, key=lambda rows: rows.height, default=sessions)


FIRST = ("shop", "buyer", "day", "paid_day", "order_id", "refund_id", "opened", "ts", "start", "end")
HIDDEN = ("a", "s", "b", "r", "o", "n", "v", "robot_acct", "micro")  # codes, and what repeats another column
DAYS = ("day", "paid_day")
IN_FEN = ("counted", "back", "amount", "taken", "placed_fen", "followed_fen", "given")
IN_MS = ("wait", "reply_wait", "took_ms")


def _named(rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Codes to names; days as dates, fen as yuan, milliseconds as seconds."""
    if "b" in rows.columns:
        rows = rows.join(names, on="b", how="left", maintain_order="left")
    here = set(rows.columns)
    rows = rows.with_columns(
        *(pl.col(c).cast(pl.Date) for c in DAYS if c in here),
        *((pl.col(c) / FEN).alias(c) for c in IN_FEN if c in here),
        *((pl.col(c) / MS).alias(c) for c in IN_MS if c in here),
    )
    first = [c for c in FIRST if c in here]
    return rows.select(*first, *(c for c in rows.columns if c not in first and c not in HIDDEN))


def _table(rows: pl.DataFrame, limit: int) -> list[str]:
    """As tab-separated text, which a terminal shows and Excel takes by copy and paste."""
    if not rows.height:
        return ["（无）"]
    body = rows.head(limit).with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%d %H:%M:%S%.3f"))
    lines = ["\t".join(label("columns", c) for c in rows.columns)]
    lines += ["\t".join(_shown(v) for v in row) for row in body.iter_rows()]
    return [*lines, *([f"… 另有 {rows.height - limit} 行（--limit 可调）"] if rows.height > limit else [])]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else in_line(str(value))
