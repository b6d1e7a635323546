"""Everybody's figure beside the whole team's, and whether the difference says anything (``metrics.spread``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluator.metrics.spread import Interval, wilson
from evaluator.render.sheet import Block, Cell, Column, Row, show
from evaluator.render.text import visible
from evaluator.render.view import kpi
from evaluator.render.view.prepared import Figure, Prepared
from evaluator.render.view.targets import target_of

BETTER, WORSE, SAME, FEW, NONE = "better", "worse", "same", "few", "none"

#: What a team lead looks at first, besides what the plans score.
USUAL = (
    "consults", "conversion_rate", "sales", "avg_order_value", "first_response", "avg_response", "reply_rate",
    "satisfaction", "refund_rate",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """One agent's figure. ``verdict``: better or worse than his lane as a whole, ``same``: not to be told apart from
    it, ``few``: too small a sample, ``none``: a total or a quantile, with which nothing is compared."""

    agent: str
    value: float
    sample: str
    interval: Interval | None
    verdict: str


@dataclass(frozen=True)
class Lane:
    """The agents of one plan, by id. ``whole``: sum of numerators ÷ sum of denominators; None of totals, and of one
    alone."""

    title: str
    standings: tuple[Standing, ...]
    whole: float | None


@dataclass(frozen=True)
class MetricStandings:
    metric: str
    kind: str
    lower_is_better: bool
    lanes: tuple[Lane, ...]

    @property
    def compared(self) -> int:
        """How many agents were compared with their lane."""
        return sum(s.verdict in (BETTER, WORSE, SAME) for lane in self.lanes for s in lane.standings)


def lanes_of(data: Prepared) -> list[tuple[str, list[str]]]:
    """(plan's name, employees) in the order of the plans; last those without a plan. Only whom one plan measures can
    fairly be compared."""
    by_employee = data.evaluation.score_book.by_employee
    found: dict[str, list[str]] = {visible(p.name): [] for p in data.evaluation.month.config.plans}
    nobody: list[str] = []
    for employee in data.employees:
        score = by_employee.get(employee)
        (found[visible(score.plan.name)] if score else nobody).append(employee)
    return [(t, p) for t, p in [*found.items(), (data.words.say("无方案"), nobody)] if p]


def scored_metrics(data: Prepared) -> list[str]:
    """Figures that the plans score by, penalties too."""
    plans = data.evaluation.month.config.plans
    return list(dict.fromkeys(item.request.id for plan in plans for item in plan.score))


def shown_metrics(data: Prepared) -> tuple[list[str], list[str]]:
    """Metrics to draw: those that count (scored, or USUAL), and all other shares and means of agents."""
    asked = {*scored_metrics(data), *USUAL}
    first, rest = [], []
    for _, metrics in kpi.topics(data):
        for metric in metrics:
            info = data.words.info(metric)
            if data.words.is_shop_only(metric):
                continue
            if metric in asked:
                first.append(metric)
            elif info is not None and info.has_denominator:
                rest.append(metric)
    return first, rest


def standings(data: Prepared, metric: str) -> MetricStandings | None:
    """A metric of all agents who have it; None where fewer than two have."""
    lanes = lanes_of(data)
    figures = {
        who: figure
        for _, staff in lanes
        for who in staff
        if (figure := data.figure("agent", who, metric)) and figure.value and figure.status != "missing"
    }
    if len(figures) < 2:
        return None
    intervals, info = _intervals(data, metric, figures), data.words.info(metric)
    less, is_share = _lower_is_better(data, metric), bool(info and info.is_share)
    made = []
    for title, staff in lanes:
        own = [figures[who] for who in staff if who in figures]
        whole = _whole(own) if len(own) > 1 else None
        found = tuple(_standing(f, intervals, whole, less, is_share) for f in own)
        if found:
            made.append(Lane(title, found, whole))
    return MetricStandings(metric, data.kind(metric), less, tuple(made))


def _lower_is_better(data: Prepared, metric: str) -> bool:
    """As a plan's points say, else the catalogue."""
    for plan in data.evaluation.month.config.plans:
        for item in plan.score:
            if item.request.id == metric:
                target = target_of(item)
                return target.op.startswith("<") if target else item.lower_is_better
    info = data.words.info(metric)
    return info.lower_is_better if info else False


def _whole(figures: Sequence[Figure]) -> float | None:
    """The figure of all together, where it is a quotient."""
    if not all(f.denominator and f.numerator for f in figures):
        return None
    under = sum((Decimal(f.denominator or 0) for f in figures), Decimal(0))
    return float(sum((Decimal(f.numerator or 0) for f in figures), Decimal(0)) / under) if under else None


def _intervals(data: Prepared, metric: str, figures: dict[str, Figure]) -> dict[str, Interval]:
    """At 95 %: of means by buyer; of shares as far as that and Wilson's reach together."""
    info, found = data.words.info(metric), dict(data.intervals.get(metric, {}))
    if info is None or not info.is_share or not info.has_denominator:
        return found
    for who, figure in figures.items():
        hits, of = Decimal(figure.numerator or 0), Decimal(figure.denominator or 0)
        if of and 0 <= hits <= of and of == of.to_integral_value():
            own, other = wilson(hits, of), found.get(who)
            wide = Interval(min(own.low, other.low), max(own.high, other.high)) if other else own
            found[who] = Interval(max(wide.low, 0.0), min(wide.high, 1.0))
    return found


#: Cases of each kind that a share's sample must lead one to expect; with fewer, one case more or less decides.
LEAST_EXPECTED = 5


def _rare(figure: Figure, whole: float) -> bool:
    return float(figure.denominator or 0) * min(whole, 1 - whole) < LEAST_EXPECTED


def _standing(
    figure: Figure, intervals: dict[str, Interval], whole: float | None, less: bool, is_share: bool
) -> Standing:
    value, interval = float(figure.value or 0), intervals.get(figure.id)
    if whole is None or not figure.denominator:
        verdict = NONE
    elif interval is None or (is_share and _rare(figure, whole)):
        verdict = FEW
    elif interval.holds(whole):
        verdict = SAME
    else:
        verdict = BETTER if (value < whole) == less else WORSE
    return Standing(figure.id, value, kpi.sample(figure), interval, verdict)


def verdict_word(data: Prepared, verdict: str) -> str:
    say = data.words.say
    return {
        BETTER: say("明显较好"),
        WORSE: say("明显较差"),
        SAME: say("差异不显著"),
        FEW: say("样本太少"),
        NONE: "",
    }[verdict]


MARKS = {BETTER: "▲", WORSE: "▼", SAME: "○", FEW: "·", NONE: ""}


def comparison_block(data: Prepared, found: Sequence[MetricStandings]) -> Block:
    """The charts as a table: everybody's figure with its interval and verdict."""
    shown = [m for m in found if any(s.verdict != NONE for lane in m.lanes for s in lane.standings)]
    cells = {
        (m.metric, s.agent): _cell(data, m, s) for m in shown for lane in m.lanes for s in lane.standings
    }
    rows: list[Row] = [
        (data.name(who), title, *(cells.get((m.metric, who), Cell(None)) for m in shown))
        for title, staff in lanes_of(data)
        for who in staff
    ]
    say = data.words.say
    columns = (Column("姓名", "id"), Column("方案"), *(kpi.head(data, m.metric) for m in shown))
    return Block("各人与同方案合计的比较", columns, rows, notes=(say("小字：95% 区间，判断。"),))


def _cell(data: Prepared, shown: MetricStandings, standing: Standing) -> Cell:
    parts = []
    if standing.interval is not None:
        low, high = (show(max(v, 0.0), shown.kind) for v in (standing.interval.low, standing.interval.high))
        parts.append(f"{low} – {high}")
    word = verdict_word(data, standing.verdict)
    if word:
        parts.append(f"{MARKS[standing.verdict]} {word}")
    return Cell(standing.value, shown.kind, data.words.say("，").join(parts))
