"""``evaluator reconcile``: our figures beside the platform's own report, per account and figure, with the difference
and, where it can be told, its reason.

Ours is the figure of the employee behind the account on the report's days; of an account that changed hands in
them, the account's own. A difference is explained by computing again: by account, without a filter, by another
judgment or window … (``evaluator.switches``; which are tried for which figure stands in ``rules/reconcile.yaml``).
The first switch that makes the difference vanish is its reason; where none does, the one that leaves least is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import polars as pl

from evaluator.metrics.table import Kpi
from evaluator.model import EvaluatorError, KpiCell, MonthData
from evaluator.numbers import half_up, plain
from evaluator.prepare import prepare
from evaluator.roster import Roster
from evaluator.rulebook import RulesFinder
from evaluator.run import analyze_month, joined_items, measure
from evaluator.settings import load_month
from evaluator.sources import read_month
from evaluator.sources.service_reports import RULES, ReportFigure, read_report
from evaluator.switches import ACCOUNTS, STAND_INS, switched
from evaluator.yamlfile import read_yaml

Span = tuple[date, date]  # first and last day
Progress = Callable[[str], None]
SMALLEST = Fraction(1, 10**9)
PLACES = 6
EXACT = ("count", "yuan")


@dataclass
class Line:
    """One figure of one account. Values in our units: yuan, seconds, ratios as 0…1."""

    account: str
    metric: str
    ours: Fraction | None
    theirs: Fraction | None
    reason: str = ""
    unit: str = ""
    head: str = ""
    figure: ReportFigure | None = None
    open: bool = False  # its difference is not explained yet
    closest: tuple[Fraction, str] | None = None  # what a switch leaves of it

    @property
    def difference(self) -> Fraction | None:
        return None if self.ours is None or self.theirs is None else self.ours - self.theirs

    def as_json(self) -> dict[str, str | int | float | None]:
        """The line with numbers rounded to six decimals."""
        values = {"ours": self.ours, "theirs": self.theirs, "difference": self.difference}
        numbers = {name: None if v is None else _number(v) for name, v in values.items()}
        return {"account": self.account, "metric": self.metric, **numbers, "reason": self.reason}


def _number(value: Fraction) -> int | float:
    rounded = half_up(value, PLACES)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


@dataclass(frozen=True)
class Families:
    """Of ``rules/reconcile.yaml``: the switches to try for a metric, and what each tells."""

    switches: dict[str, tuple[str, ...]]
    reasons: dict[str, str]


@lru_cache(maxsize=4)
def families(rules: RulesFinder | None = None) -> Families:
    """Errors: EvaluatorError with file, line and key."""
    root = read_yaml((rules or RulesFinder()).need(RULES), f"rules/{RULES}")
    pairs = root.mapping(["reports", "families", "reasons"])
    reasons = {key: node.text() for key, node in root.need(pairs, "reasons").pairs().items()}
    found: dict[str, tuple[str, ...]] = {}
    for node in root.need(pairs, "families").pairs().values():
        parts = node.mapping(["metrics", "switches"])
        names = tuple(n.choice(reasons) for n in node.need(parts, "switches").items())
        found |= dict.fromkeys(node.need(parts, "metrics").texts(), names)
    return Families(found, reasons)


class _Computed:
    """A month, analysed once; figures for any days of it."""

    def __init__(self, month: MonthData) -> None:
        self.month, config = month, month.config
        self.roster = Roster.of(month.tables["roster"])
        self.profiles = self.roster.profiles(config.start, config.end)
        self.bucket = prepare(month, self.roster)
        self.items = joined_items(month, self.bucket)
        _, self.context, self.facts = analyze_month(month, self.bucket, self.profiles, self.items)
        self._kpi: dict[Span, Kpi] = {}

    def cell(self, agent: str, metric: str, span: Span) -> KpiCell | None:
        if span not in self._kpi:
            days = replace(self.month.config, start=span[0], end=span[1] + timedelta(days=1))
            month = replace(self.month, config=days)
            args = (self.bucket, self.facts, self.roster, self.profiles, self.items, self.context.covered)
            kpi, _ = measure(month, *args)
            kpi.facts.close()
            self._kpi[span] = kpi
        return self._kpi[span].cells.get(("agent", agent, metric))


@dataclass
class _Case:
    """A line with what is needed to compute it again."""

    line: Line
    span: Span
    people: tuple[str, ...]  # who held the account on these days
    metric: str  # plain name, for the families
    shared: bool  # several accounts of one employee, or several employees on one account
    cell: KpiCell | None = None
    told: list[str] = field(default_factory=list)

    def who(self, by_account: bool) -> str:
        return self.line.account if by_account or len(self.people) != 1 else self.people[0]


def reconcile(folder: Path, report: Path, progress: Progress | None = None) -> list[Line]:
    """Every figure of the report, then our agents whom it does not name. Errors: EvaluatorError."""
    figures = read_report(report)
    config = load_month(folder)
    return compare(read_month(config, progress), figures, progress)


def compare(month: MonthData, figures: list[ReportFigure], progress: Progress | None = None) -> list[Line]:
    """The same, of a month as read."""
    asked = tuple(dict.fromkeys(f.meaning.request for f in figures))
    month = replace(month, config=replace(month.config, plans=(), pack_requests=asked))
    tell = progress or (lambda _: None)
    tell("计算本程序的指标")
    ours = _Computed(month)
    names = _account_names(month, ours)
    cases = [_case(figure, ours, names) for figure in figures]
    own: _Computed | None = None
    if any(len(case.people) > 1 for case in cases):
        own = _of_switch(month, (ACCOUNTS,))
    for case in cases:
        _first_look(case, own if len(case.people) > 1 and own else ours)
    _explain(month, cases, tell)
    for case in cases:
        _conclude(case)
    several_days = len({(f.first, f.day) for f in figures}) > 1
    lines = [_dated(case) if several_days else case.line for case in cases]
    return lines + _not_reported(ours, cases)


def _account_names(month: MonthData, ours: _Computed) -> dict[str, str]:
    """Accounts by the names a report may give them: whole, or the part after the colon where that is unique."""
    accounts = set(month.tables["roster"]["account"]) | set(ours.bucket.bindings["account"])
    short: dict[str, list[str]] = {}
    for account in accounts:
        short.setdefault(account.rpartition(":")[2], []).append(account)
    return {name: found[0] for name, found in short.items() if len(found) == 1} | {a: a for a in accounts}


def _case(figure: ReportFigure, ours: _Computed, names: dict[str, str]) -> _Case:
    config, catalogue = ours.month.config, figure.meaning.request.metric
    whole = (config.start, config.end - timedelta(days=1))
    line = Line(
        figure.account, figure.metric, None, figure.value, unit=figure.unit, head=figure.head, figure=figure
    )
    case = _Case(line, whole, (), catalogue, False)
    if figure.account not in names:
        line.reason = "账号：花名册和聊天里都没有这个账号"
        return case
    account = names[figure.account]
    line.account = account
    if figure.first and figure.day:
        case.span = (max(figure.first, whole[0]), min(figure.day, whole[1]))
        if case.span != (figure.first, figure.day):
            days = f"报表 {figure.first} 至 {figure.day}，本月 {whole[0]} 至 {whole[1]}"
            case.told.append(f"期间不同：{days}")
            if case.span[0] > case.span[1]:
                line.reason, case.span = case.told[0], whole
                return case
    held = _held(ours.roster, account, case.span)
    case.people = tuple(dict.fromkeys(held))
    case.shared = len(case.people) != 1 or _accounts_of(ours, case.people[0], case.span) > 1
    return case


def _held(roster: Roster, account: str, span: Span) -> list[str]:
    """Agents behind the account, day after day."""
    days = pl.date_range(span[0], span[1], eager=True).to_physical()
    keys = pl.DataFrame({"account": pl.repeat(account, len(days), eager=True), "day": days})
    return roster.bind(keys).sort("day")["agent"].to_list()


def _accounts_of(ours: _Computed, agent: str, span: Span) -> int:
    """How many accounts with messages the agent had on these days."""
    days = pl.col("day").cast(pl.Date).is_between(*span)
    found = ours.bucket.bindings.filter((pl.col("agent") == agent) & days)
    return found["account"].n_unique()


def _first_look(case: _Case, computed: _Computed) -> None:
    """Ours beside theirs; what can be said without computing again."""
    line, figure = case.line, case.line.figure
    assert figure is not None
    if line.reason:
        return
    if len(case.people) > 1:
        case.told.append(f"账号换人：这些天先后是 {'、'.join(case.people)}，这里按账号计")
    profile = computed.profiles.get(case.who(False))
    if profile is not None and profile.is_robot:
        line.reason = "机器人：机器人账号没有客服指标"
        return
    case.cell = computed.cell(case.who(False), line.metric, case.span)
    if case.cell is None:
        line.reason = "接待：本程序的数据里，这些天没有这个账号的人工接待"
        return
    line.ours = case.cell.value
    if line.ours is None:
        line.reason = f"本程序没有这个数：{case.cell.reason}"
    elif line.theirs is None:
        empty = not figure.text or "暂无数据" in figure.text or figure.text in ("-", "--")
        line.reason = "报表没有这个数" if empty else f"报表里写的「{figure.text[:40]}」不是数"
    elif not _agrees(line, line.ours):
        line.open = True
    elif line.difference:
        line.reason = "四舍五入"


def _agrees(line: Line, ours: Fraction) -> bool:
    """Whether ours is theirs, as far as theirs is written out."""
    assert line.theirs is not None and line.figure is not None
    difference = abs(ours - line.theirs)
    exact = line.unit in EXACT and line.metric != "avg_order_value"
    return difference < SMALLEST or (not exact and difference < line.figure.step)


def _of_switch(month: MonthData, names: Iterable[str]) -> _Computed | None:
    """The month by one or more switches; None where one changes nothing."""
    changed: MonthData | None = month
    for name in names:
        changed = switched(changed, name) if changed is not None else None
    return None if changed is None else _Computed(changed)


def _explain(month: MonthData, cases: list[_Case], tell: Progress) -> None:
    """Tries each switch that some open line allows; then each together with accounts, for shared ones."""
    known = families()
    order = list(known.reasons)
    wanted = [
        name for name in order if any(name in known.switches.get(c.metric, ()) for c in cases if c.line.open)
    ]
    for together in ((), (ACCOUNTS,)):
        for name in wanted:
            open_cases = [
                c
                for c in cases
                if c.line.open and name in known.switches.get(c.metric, ()) and (c.shared or not together)
            ]
            if name == ACCOUNTS:
                open_cases = [c for c in open_cases if c.shared and not together]
            if not open_cases:
                continue
            tell(f"试算：{known.reasons[name].partition('：')[0]}（{name}）")
            _try(month, open_cases, (*together, name), known)


def _try(month: MonthData, cases: list[_Case], names: tuple[str, ...], known: Families) -> None:
    stand_in = STAND_INS.get(names[-1])
    computed = _of_switch(month, names[:-1]) if stand_in else _of_switch(month, names)
    if computed is None:
        return
    reason = "；并且".join(known.reasons[name] for name in names)
    for case in cases:
        metric = stand_in.get(case.line.metric) if stand_in else case.line.metric
        cell = computed.cell(case.who(ACCOUNTS in names), metric, case.span) if metric else None
        if cell is None or cell.value is None:
            continue
        line = case.line
        assert line.theirs is not None
        if _agrees(line, cell.value):
            line.reason, line.open = reason, False
        elif line.closest is None or abs(cell.value - line.theirs) < line.closest[0]:
            line.closest = (abs(cell.value - line.theirs), reason)


def _conclude(case: _Case) -> None:
    """The reason as it is told: what was known beforehand, then what computing again has shown."""
    line, parts = case.line, list(case.told)
    if line.open:
        assert line.difference is not None and line.figure is not None
        if case.cell is not None and case.cell.status == "immature":
            parts.append(f"延迟统计：{case.cell.reason}，平台可能已计入或以后还会变")
        if line.figure.meaning.note:
            parts.append(f"口径：{line.figure.meaning.note}")
        if line.closest and 2 * line.closest[0] <= abs(line.difference):
            about = line.closest[1].partition("：")
            parts.append(f"部分可由“{about[0]}”说明（改后仍差 {plain(line.closest[0], 4)}）")
        if line.figure.day is None:
            parts.append("期间：报表没有写日期，按整月比较")
        parts = parts or ["未能说明"]
    elif line.reason and line.reason not in parts:
        parts.append(line.reason)
    if line.difference == 0:
        parts = []
    line.reason = "；".join(parts)


def _dated(case: _Case) -> Line:
    """With its days in front, where a report holds several."""
    figure = case.line.figure
    assert figure is not None
    if figure.first and figure.day:
        days = f"{figure.first}" if figure.first == figure.day else f"{figure.first} 至 {figure.day}"
        case.line.reason = f"{days}：{case.line.reason or '一致'}"
    return case.line


def _not_reported(ours: _Computed, cases: list[_Case]) -> list[Line]:
    """Consults of our agents none of whose accounts the report names."""
    spans = [case.span for case in cases]
    span = (min(s[0] for s in spans), max(s[1] for s in spans))
    named = {person for case in cases for person in case.people}
    found = ours.bucket.bindings.filter(pl.col("day").cast(pl.Date).is_between(*span) & ~pl.col("robot_acct"))
    lines = []
    for agent, accounts in (
        found.group_by("agent").agg(pl.col("account").unique().sort()).sort("agent").rows()
    ):
        cell = ours.cell(agent, "consults", span)
        if agent in named or cell is None or not cell.value:
            continue
        for account in accounts:
            lines.append(Line(account, "consults", cell.value, None, "报表里没有这个账号", "count"))
    return lines


def as_text(lines: list[Line]) -> str:
    """The lines as a table to read, those that agree counted at the end."""
    from evaluator.rulebook import metric_catalogue

    if not lines:
        raise EvaluatorError("没有可以对照的指标")
    catalogue = metric_catalogue()
    told = []
    for line in lines:
        name = line.head or catalogue[line.metric].name
        ours, theirs, gap = (_shown(v, line.unit) for v in (line.ours, line.theirs, line.difference))
        told.append(f"{line.account}　{name}（{line.metric}）：本程序 {ours}，平台 {theirs}，差 {gap}")
        if line.reason:
            told.append(f"　　{line.reason}")
    same = sum(1 for line in lines if line.difference is not None and line.reason in ("", "四舍五入"))
    told.append(f"共 {len(lines)} 项，一致 {same} 项")
    return "\n".join(told)


def _shown(value: Fraction | None, unit: str) -> str:
    if value is None:
        return "—"
    return f"{plain(value * 100, 2)}%" if unit == "ratio" else plain(value, 2)
