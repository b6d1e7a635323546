"""``evaluator reconcile``: our figures beside the platform's own report, per account and figure, with the difference
and, where it can be told, its reason.

Ours is the figure of the employee behind the account on the report's days; of an account that changed hands in
them, the account's own. Reports are read by ``sources.platform_reports``; why figures differ is found in ``reasons``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import polars as pl

from evaluator.metrics.request import MetricRequest
from evaluator.model import EvaluatorError, MonthData, Reject, ReviewItem
from evaluator.reconcile.lines import SMALLEST, Case, Line, Reconciliation, ReportFigure, Span
from evaluator.reconcile.months import Months
from evaluator.reconcile.reasons import explain, requests
from evaluator.reconcile.text import as_text
from evaluator.settings import load_month
from evaluator.sources import read_month
from evaluator.sources.platform_reports import report_rules
from evaluator.sources.report_file import read_file
from evaluator.tables import PLATFORM_REPORT

__all__ = ["Line", "Reconciliation", "as_text", "compare", "figures_of", "reconcile"]

Progress = Callable[[str], None]
ALWAYS = ("consults", "immature")
INQUIRIES = ("inquiries", "won", "lost", "conversion_rate")  # immature ones are in none of these

NO_REPORT = (
    "月份文件夹 {folder} 里没有平台的客服报表（能读：{known}）；"
    "请用 --with 写出报表文件，或把报表放进月份文件夹"
)
NO_FIGURES = "报表里没有一个客服的数可以对照（汇总和同行的行不是客服）"
SUMMARIES = "汇总和同行的行不是客服，没有对照：{rows}"
STRANGER = "账号：花名册和聊天里都没有这个账号"
SEVERAL = "账号：有几个账号叫这个名字（{accounts}），请在报表里写全"
ROBOT = "机器人：机器人账号没有客服指标"
NO_TALK = "接待：本程序的数据里，这些天没有这个账号的人工接待"
OTHER_DAYS = "期间不同：报表 {theirs}，本月 {ours}"
NO_DAY = "{told}，没有一天相同（若文件名里的不是报表的日期，请改文件名）"
CHANGED_HANDS = "账号换人：这些天先后是 {people}，这里按账号计"
NEITHER = "两边都没有这个数"
NOT_THERE = "报表没有这个数"
NOT_OURS = "本程序没有这个数：{why}"
NOT_REPORTED = "报表里没有这个账号"
ROUNDED = "四舍五入"


def reconcile(folder: Path, reports: Sequence[Path] = (), progress: Progress | None = None) -> Reconciliation:
    """Every figure of the reports (those that lie in the month where none is given), then our agents whom they do
    not name. Errors: EvaluatorError."""
    read = [report for path in reports for report in read_file(path)]
    month = read_month(load_month(folder), progress)
    if read:
        table = pl.concat(report.figures for report in read)
        rejects = [reject for report in read for reject in report.rejects]
        notes = [note for report in read for note in report.notes]
    else:
        files = {entry.file for entry in month.inputs if entry.table == PLATFORM_REPORT.name}
        if not files:
            known = "、".join(layout.platform for layout in report_rules().layouts)
            raise EvaluatorError(NO_REPORT.format(folder=folder, known=known))
        table = month.tables[PLATFORM_REPORT.name]
        rejects = [reject for reject in month.rejects if reject.file in files]
        notes = [note for note in month.review if note.subject in files]
    return Reconciliation(compare(month, figures_of(table), progress), _remarks(table, rejects, notes))


def _remarks(table: pl.DataFrame, rejects: list[Reject], notes: list[ReviewItem]) -> list[str]:
    told = [f"{r.file} 第 {r.row} 行数据 {r.column}「{r.value[:40]}」：{r.why}" for r in rejects]
    told += [f"{note.subject}：{note.detail}" for note in notes]
    rows = table.filter(pl.col("scope") != "agent")["account"].unique(maintain_order=True)
    return [*told, SUMMARIES.format(rows="、".join(rows))] if len(rows) else told


def figures_of(table: pl.DataFrame) -> list[ReportFigure]:
    """The agents' figures of ``platform_report``; one that stands twice (overlapping exports) counts once. Cells of
    workbooks lose their last zeros, so a column is written to the finest place of its cells."""
    meanings = report_rules().meanings()
    agents = table.filter(pl.col("scope") == "agent")
    agents = agents.with_columns(pl.col("step").min().over("file", "header"))
    rows = agents.unique(["account", "metric", "value", "from", "to"], keep="first", maintain_order=True)
    return [
        ReportFigure(
            row["account"],
            row["metric"],
            row["header"],
            None if row["value"] is None else Fraction(row["value"]),
            Fraction(row["step"] or 0),
            (row["from"], row["to"]) if row["from"] else None,
            meanings[row["platform"], row["header"]],
        )
        for row in rows.iter_rows(named=True)
    ]


def compare(month: MonthData, figures: list[ReportFigure], progress: Progress | None = None) -> list[Line]:
    """The figures of reports beside those of a month as read."""
    if not figures:
        raise EvaluatorError(NO_FIGURES)
    tell = progress or (lambda _: None)
    tell("计算本程序的指标")
    asked = dict.fromkeys(request for figure in figures for request in requests(figure))
    asked |= dict.fromkeys(map(MetricRequest, ALWAYS))
    months = Months(replace(month, config=replace(month.config, plans=(), pack_requests=tuple(asked))))
    cases = [_case(figure, months) for figure in figures]
    for case in cases:
        if not case.line.reason:
            _first_look(case, months)
    explain([case for case in cases if case.line.difference is not None], months, tell)
    if len({figure.span for figure in figures}) > 1:
        for case in cases:
            case.line.days = _days(case.figure.span) if case.figure.span else ""
    return [case.line for case in cases] + _not_reported(cases, months)


def _case(figure: ReportFigure, months: Months) -> Case:
    """Whose figure it is, and of which days."""
    line = Line(
        figure.account, figure.metric, None, figure.value, unit=figure.meaning.unit, header=figure.header
    )
    case = Case(line, figure, months.whole)
    accounts = months.names.get(figure.account, [])
    if len(accounts) != 1:
        line.reason = SEVERAL.format(accounts="、".join(accounts)) if accounts else STRANGER
        return case
    line.account = accounts[0]
    if figure.span:
        (first, last), (start, end) = figure.span, months.whole
        if first < start or last > end:
            case.told.append(OTHER_DAYS.format(theirs=_days(figure.span), ours=_days(months.whole)))
        if last < start or first > end:
            line.reason = NO_DAY.format(told=case.told[0])
            return case
        case.span = (max(first, start), min(last, end))
    case.people = months.by_agent.holders(case.span)[line.account]
    used = months.by_agent.accounts(case.span).get(case.people[0], [])
    case.shared = len(case.people) > 1 or len({*used, line.account}) > 1
    return case


def _first_look(case: Case, months: Months) -> None:
    """Ours beside theirs; what can be said without computing by another rule."""
    line, computed = case.line, months.of(case.changed_hands)
    if case.changed_hands:
        case.told.append(CHANGED_HANDS.format(people="、".join(case.people)))
    agent = line.account if case.changed_hands else case.people[0]
    profile = computed.profiles.get(agent)
    if profile is not None and profile.is_robot:
        line.reason = ROBOT
        return
    cell = computed.cell(agent, line.metric, case.span)
    if cell is None:
        line.reason = NO_TALK
        return
    line.ours = cell.value
    if line.ours is None and line.theirs is None:
        line.reason, line.state = NEITHER, "same"
    elif line.ours is None:
        line.reason = NOT_OURS.format(why=cell.reason)
    elif line.theirs is None:
        line.reason = NOT_THERE
    elif case.agrees(line.ours):
        line.state = "same" if abs(line.ours - line.theirs) < SMALLEST else "rounded"
        line.reason = "" if line.state == "same" else ROUNDED
    else:
        line.state = "open"
        waiting = computed.cell(agent, "immature", case.span) if line.metric in INQUIRIES else None
        case.immature = int(waiting.value or 0) if waiting else 0


def _days(span: Span) -> str:
    return f"{span[0]}" if span[0] == span[1] else f"{span[0]} 至 {span[1]}"


def _not_reported(cases: list[Case], months: Months) -> list[Line]:
    """Consults of accounts that the reports do not name, on the days that these cover; of people none of whose
    accounts they name."""
    spans = [case.span for case in cases if case.people] or [months.whole]
    span = (min(first for first, _ in spans), max(last for _, last in spans))
    named = {person for case in cases for person in case.people}
    held: dict[str, list[str]] = {}
    for agent, accounts in months.by_agent.accounts(span).items():
        for account in accounts if agent not in named else ():
            held.setdefault(account, []).append(agent)
    agents = Counter(agent for people in held.values() for agent in people)
    lines = []
    for account, people in sorted(held.items()):
        alone = len(people) == 1 and agents[people[0]] == 1
        computed = months.of(by_account=not alone)
        cell = computed.cell(people[0] if alone else account, "consults", span)
        if cell is not None and cell.value:
            lines.append(Line(account, "consults", cell.value, None, NOT_REPORTED, "count"))
    return lines
