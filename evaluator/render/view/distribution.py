"""Each metric's distribution with every agent marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.render.plots import LaneValues, Strip, reach, strip, ticks
from evaluator.render.sheet import Block, show
from evaluator.render.view import standing
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.standing import BETTER, FEW, NONE, SAME, WORSE, Lane, MetricStandings, Standing

#: Names in a sentence; the others are counted.
NAMED = 6
_SHAPES = {BETTER: "up", WORSE: "down", SAME: "round", FEW: "faint", NONE: "round"}


@dataclass(frozen=True)
class Card:
    """A metric's plot and what it says in words, a line for each plan."""

    title: str
    hint: str
    chart: Strip
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Distributions:
    """``first``: what counts; ``rest``: all other shares and means. ``table``: the same numbers with intervals."""

    first: tuple[Card, ...]
    rest: tuple[Card, ...]
    notes: tuple[str, ...]
    table: Block


#: Dots of the other metrics that a page can carry; beyond, they are left to the tables.
REST_LIMIT = 5_000
#: Of more agents than this only those who stand out say who they are when pointed at; the table has all.
TOLD_LIMIT = 200


def distributions(data: Prepared) -> Distributions:
    counted, others = standing.shown_metrics(data)
    left_out = len(others) if len(data.employees) * len(others) > REST_LIMIT else 0
    first, rest = (
        [found for metric in metrics if (found := standing.standings(data, metric))]
        for metrics in (counted, () if left_out else others)
    )
    return Distributions(
        tuple(_card(data, m) for m in first),
        tuple(_card(data, m) for m in rest),
        _notes(data, [*first, *rest], left_out),
        standing.comparison_block(data, [*first, *rest]),
    )


def _notes(data: Prepared, found: Sequence[MetricStandings], left_out: int) -> tuple[str, ...]:
    say, compared = data.words.say, sum(m.compared for m in found)
    less = say("人数多，其余 {n} 项不画，数值见「客服指标」。", n=left_out) if left_out else ""
    notes = (
        say(
            "每点一人：▲ 明显较好，▼ 明显较差，○ 差异不显著或不作比较，· 样本太少，◂ ▸ 数值在坐标之外。"
            "虚线为同方案合计，方框为中间一半的人，竖线为中位。"
        ),
        say(
            "明显：本人的 95% 区间不含同方案合计。均值的区间按买家计（至少 20 位买家）；"
            "比率的区间是它与 Wilson 区间合起来的范围，没有按买家的只用 Wilson（两种结果都至少该有 5 例）。"
            "总量不作比较。"
        ),
        say(
            "共比较 {n} 次：即使人人相同，平均也会有约 {chance} 次碰巧显得明显。单独一次不足为据，请看多项、多月。",
            n=f"{compared:,}", chance=f"{compared * 0.05:,.0f}",
        ),
    )  # fmt: skip
    return (*notes, less) if less else notes


def _card(data: Prepared, found: MetricStandings) -> Card:
    say, kind = data.words.say, found.kind
    values = [s.value for lane in found.lanes for s in lane.standings]
    at = ticks(*reach(values), 4)
    lanes = [
        LaneValues(lane.title, [_point(data, found, s) for s in lane.standings], lane.whole)
        for lane in found.lanes
    ]
    told = say("；").join(_told(data, lane, kind) for lane in found.lanes)
    hint = ""
    if found.compared:
        hint = say("越低越好") if found.lower_is_better else say("越高越好")
    title = data.words.metric(found.metric)
    chart = strip(title, told, lanes, [_tick(v, kind) for v in at], at)
    return Card(
        title, hint, chart, tuple(f for lane in found.lanes if (f := _finding(data, lane, len(lanes) > 1)))
    )


def _tick(value: float, kind: str) -> str:
    if kind == "ratio":
        return f"{value * 100:.10g}%"
    return f"{value:,.10g}"


def _point(data: Prepared, found: MetricStandings, one: Standing) -> tuple[float, str, str]:
    word = standing.verdict_word(data, one.verdict)
    if len(data.employees) > TOLD_LIMIT and one.verdict not in (BETTER, WORSE):
        return one.value, _SHAPES[one.verdict], ""
    parts = (data.name(one.agent), show(one.value, found.kind), f"({one.sample})" if one.sample else "", word)
    return one.value, _SHAPES[one.verdict], " ".join(p for p in parts if p)


def _told(data: Prepared, lane: Lane, kind: str) -> str:
    values = sorted(s.value for s in lane.standings)
    middle = (
        values[len(values) // 2]
        if len(values) % 2
        else (values[len(values) // 2 - 1] + values[len(values) // 2]) / 2
    )
    told = data.words.say(
        "{lane} {n} 人，最低 {low}，中位 {middle}，最高 {high}",
        lane=lane.title, n=len(values), low=show(values[0], kind), middle=show(middle, kind),
        high=show(values[-1], kind),
    )  # fmt: skip
    if lane.whole is None:
        return told
    return data.words.say("{told}，合计 {whole}", told=told, whole=show(lane.whole, kind))


def _finding(data: Prepared, lane: Lane, with_title: bool) -> str:
    """Who stands out, in words; nothing where nothing is compared."""
    say = data.words.say
    if all(s.verdict == NONE for s in lane.standings):
        return ""
    best, worst = ([s for s in lane.standings if s.verdict == v] for v in (BETTER, WORSE))
    parts = [
        f"{mark} {standing.verdict_word(data, verdict)}{say('：')}{_names(data, some)}"
        for verdict, mark, some in ((BETTER, "▲", best), (WORSE, "▼", worst))
        if some
    ]
    same, few = (sum(s.verdict == v for s in lane.standings) for v in (SAME, FEW))
    if same:
        parts.append(say("其余 {n} 人看不出差别", n=same) if parts else say("{n} 人看不出差别", n=same))
    if few:
        parts.append(say("{n} 人样本太少", n=few))
    text = say("；").join(parts)
    return f"{lane.title}{say('：')}{text}" if with_title else text


def _names(data: Prepared, some: Sequence[Standing]) -> str:
    shown = data.words.say("、").join(data.name(s.agent) for s in some[:NAMED])
    return shown if len(some) <= NAMED else data.words.say("{names} 等 {n} 人", names=shown, n=len(some))
