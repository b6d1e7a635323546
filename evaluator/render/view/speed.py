"""Conversion against the time of the first response, an agent a spot."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh

import polars as pl

from evaluator.metrics.spread import Z
from evaluator.render.plots import Axis, Scatter, SpotValues, reach, scatter, ticks
from evaluator.render.sheet import Block, Column, Row, show
from evaluator.render.view import kpi
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.standing import Standing, standings

X, Y = "first_response", "conversion_rate"
#: Intervals are drawn for so many agents; of more the spots' sizes must do.
BARRED = 24
#: Inquiries without which an agent's conversion says nothing, and agents without whom a correlation does.
LEAST_INQUIRIES, LEAST_AGENTS = 10, 10


@dataclass(frozen=True)
class Speed:
    chart: Scatter
    x_title: str
    y_title: str
    finding: str
    table: Block


def speed(data: Prepared) -> Speed | None:
    """None where fewer than two agents have both figures."""
    across, up = _by_agent(data, X), _by_agent(data, Y)
    both = sorted(across.keys() & up.keys())
    if len(both) < 2:
        return None
    weights = {who: float(((f := data.figure("agent", who, Y)) and f.denominator) or 0) for who in both}
    enough = [who for who in both if weights[who] >= LEAST_INQUIRIES]
    barred = frozenset(enough) if len(both) <= BARRED else frozenset[str]()
    spots = [
        SpotValues(
            data.name(who), across[who].value, up[who].value, weights[who],
            _told(data.name(who), across[who], up[who]),
            _range(across[who]) if who in barred else None, _range(up[who]) if who in barred else None,
        )
        for who in both
    ]  # fmt: skip
    finding = _finding(data, [(across[w].value, up[w].value) for w in enough])
    say = data.words.say
    words = data.words
    told = say(
        "{n} 人，横轴{x}，纵轴{y}。{finding}",
        n=len(both),
        x=words.metric(X),
        y=words.metric(Y),
        finding=finding,
    )
    chart = scatter(
        say("转化与响应"), told, spots,
        _axis([s.x for s in spots], "seconds"), _axis([s.y for s in spots], "ratio"),
    )  # fmt: skip
    x_title = say("{metric}（秒）", metric=words.metric(X))
    return Speed(chart, x_title, words.metric(Y), finding, _table(data, both))


def _inquiries(data: Prepared, who: str) -> float:
    figure = data.figure("agent", who, Y)
    return float(figure.denominator or 0) if figure else 0.0


def _told(name: str, across: Standing, up: Standing) -> str:
    return f"{name} {show(across.value, 'seconds')} / {show(up.value, 'ratio')} ({up.sample})"


def _by_agent(data: Prepared, metric: str) -> dict[str, Standing]:
    found = standings(data, metric)
    return {s.agent: s for lane in found.lanes for s in lane.standings} if found else {}


def _range(one: Standing) -> tuple[float, float] | None:
    return (one.interval.low, one.interval.high) if one.interval else None


def _axis(values: list[float], kind: str) -> Axis:
    at = ticks(*reach(values), 5)
    return Axis(at, [f"{v * 100:.10g}%" if kind == "ratio" else f"{v:,.10g}" for v in at])


def correlation(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Spearman's, with its interval at 95 % (Fisher's transformation, error 1.03 / √(n − 3)). Of at least 4 pairs that
    are not all alike."""
    frame = pl.DataFrame(pairs, schema=["x", "y"], orient="row").select(pl.all().rank("average"))
    rho = float(frame.select(pl.corr("x", "y")).item())
    middle, error = atanh(max(min(rho, 0.999999), -0.999999)), Z * 1.03 / sqrt(len(pairs) - 3)
    return rho, tanh(middle - error), tanh(middle + error)


def _finding(data: Prepared, pairs: list[tuple[float, float]]) -> str:
    say = data.words.say
    if len(pairs) < LEAST_AGENTS or any(len({p[n] for p in pairs}) < 2 for n in (0, 1)):
        return say(
            "询单满 {least} 个的有 {n} 人：人数太少，看不出响应快慢与转化有没有关系。",
            least=LEAST_INQUIRIES, n=len(pairs),
        )  # fmt: skip
    rho, low, high = correlation(pairs)
    values = {
        "n": len(pairs),
        "rho": f"{rho:+.2f}",
        "low": f"{low:+.2f}",
        "high": f"{high:+.2f}",
        "least": LEAST_INQUIRIES,
    }
    if low <= 0 <= high:
        return say(
            "询单满 {least} 个的 {n} 人：秩相关 {rho}（95% 区间 {low} 至 {high}，含 0），看不出响应快慢与转化有关。",
            **values,
        )
    if rho < 0:
        return say(
            "询单满 {least} 个的 {n} 人：秩相关 {rho}（95% 区间 {low} 至 {high}），"
            "响应慢的人转化较低；有关不等于因果。",
            **values,
        )
    return say(
        "询单满 {least} 个的 {n} 人：秩相关 {rho}（95% 区间 {low} 至 {high}），"
        "响应慢的人转化反而较高；有关不等于因果。",
        **values,
    )


def _table(data: Prepared, agents: list[str]) -> Block:
    rows: list[Row] = [
        (data.name(who), *(kpi.cell(data, data.figure("agent", who, m)) for m in (X, Y))) for who in agents
    ]
    return Block("转化与响应", (Column("姓名", "id"), kpi.head(data, X), kpi.head(data, Y)), rows)
