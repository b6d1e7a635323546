"""The platforms' own service reports (生意参谋 客服绩效, 京东咚咚, 拼多多, 飞鸽) -> figures by account, for
``evaluator reconcile``. They are aggregates: no metric is ever computed from them.

Which headers there are, and what they mean in our units, stands in ``rules/reconcile.yaml``. A workbook may hold
several sheets; the header may stand below a title. Summary rows (合计, 全店平均值, 同行同层均值 …) are no accounts
and are left out. The days are those of a column, else those in the file name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from evaluator.metrics.request import METRIC_OPTIONS, MetricRequest
from evaluator.model import EvaluatorError
from evaluator.rulebook import RulesFinder, metric_catalogue
from evaluator.sources import cells, sheets
from evaluator.sources.csvfile import table_of
from evaluator.sources.files import Sample
from evaluator.sources.top import nick
from evaluator.yamlfile import Node, read_yaml

RULES = "reconcile.yaml"
HEADER_ROWS = 20  # a header stands among the first rows or nowhere

_DAYS_IN_NAME = re.compile(r"(?<!\d)(20\d{2})-?(\d{2})-?(\d{2})(?!\d)")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})")
_SPOKEN = re.compile(
    r"(?:(\d+)\s*(?:小时|时|h))?\s*(?:(\d+)\s*(?:分钟|分|min|m))?\s*(?:(\d+(?:\.\d+)?)\s*(?:秒|s))?"
)


@dataclass(frozen=True)
class Meaning:
    """What a header means: the figure of ours, and how theirs becomes its unit."""

    request: MetricRequest
    unit: str  # of our metric: count, yuan, s, hours, ratio
    factor: Fraction = Fraction(1)
    percent: bool = False
    note: str = ""
    of: str = ""  # header of what theirs is divided by


@dataclass(frozen=True)
class Layout:
    """One kind of report."""

    name: str
    account: tuple[str, ...]
    day: tuple[str, ...]
    summary: frozenset[str]
    figures: dict[str, Meaning]


@dataclass(frozen=True)
class ReportFigure:
    """One cell of a report. ``value`` in our unit (yuan, seconds, a ratio as 0…1), None where the report has
    none; ``step``: one in its last place; ``first``, ``day``: its first and last day, None where not said."""

    account: str
    metric: str  # id of our figure, as MetricRequest.id
    value: Fraction | None
    unit: str
    day: date | None
    first: date | None
    step: Fraction
    head: str
    text: str
    meaning: Meaning


def head_name(text: str) -> str:
    """A header as it is compared: half-width, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=4)
def layouts(rules: RulesFinder | None = None) -> tuple[Layout, ...]:
    """The reports that ``rules/reconcile.yaml`` knows. Errors: EvaluatorError with file, line and key."""
    root = read_yaml((rules or RulesFinder()).need(RULES), f"rules/{RULES}")
    pairs = root.mapping(["reports", "families", "reasons"])
    return tuple(_layout(node) for node in root.need(pairs, "reports").pairs().values())


def _layout(node: Node) -> Layout:
    pairs = node.mapping(["name", "account", "day", "summary", "figures"])
    return Layout(
        node.need(pairs, "name").text(),
        tuple(head_name(t) for t in node.need(pairs, "account").texts()),
        tuple(head_name(t) for t in pairs["day"].texts()) if "day" in pairs else (),
        frozenset(pairs["summary"].texts()) if "summary" in pairs else frozenset(),
        {head_name(h): _meaning(n) for h, n in node.need(pairs, "figures").pairs().items()},
    )


def _meaning(node: Node) -> Meaning:
    pairs = node.mapping(["metric", "factor", "percent", "note", "of", *METRIC_OPTIONS])
    catalogue = metric_catalogue()
    metric = node.need(pairs, "metric").choice(catalogue)
    options: dict[str, Any] = {}
    for key in METRIC_OPTIONS:
        if key in pairs:
            child = pairs[key]
            options[key] = (
                child.hours() if key == "hours" else child.integer() if key == "seconds" else child.text()
            )
    return Meaning(
        MetricRequest.of(metric, options),
        catalogue[metric].unit,
        Fraction(pairs["factor"].number(above=0)) if "factor" in pairs else Fraction(1),
        pairs["percent"].flag() if "percent" in pairs else False,
        pairs["note"].text() if "note" in pairs else "",
        head_name(pairs["of"].text()) if "of" in pairs else "",
    )


def read_report(path: Path) -> list[ReportFigure]:
    """Every figure of a report that we have one for. Errors: EvaluatorError where the file cannot be opened, or
    no sheet has a column of accounts and one of figures."""
    if not path.is_file():
        raise EvaluatorError(f"找不到报表文件：{path}")
    sample = Sample(path.name, path)
    found: list[ReportFigure] = []
    heads: list[str] = []
    for rows in _tables(sample):
        placed = _place(rows)
        if placed:
            found += _figures(rows, *placed, _days_of(path.stem))
        elif rows:
            heads += [cell for cell in rows[0] if cell]
    if not found:
        known = "、".join(layout.name for layout in layouts())
        raise EvaluatorError(
            f"{path.name}：不像平台的客服报表（能读：{known}）；要有账号一列（如 旺旺昵称、客服账号）和指标列"
            + (f"；文件里的表头：{'、'.join(heads)[:200]}" if heads else "；或者一行数据也没有")
        )
    return found


def _tables(sample: Sample) -> list[list[list[str]]]:
    """The cells of every sheet, or of a delimited text, as text."""
    if sample.kind in ("xlsx", "xls"):
        return [
            [[sheets.cell_text(cell).strip(cells.BLANKS) for cell in row] for row in rows]
            for rows in sheets.all_sheets(sample)
        ]
    if sample.kind != "text":
        raise EvaluatorError(f"{sample.rel}：报表应是 xlsx、xls 或 csv 文件")
    return [[[cell.strip(cells.BLANKS) for cell in row] for row in table_of(sample.text, sample.delimiter)]]


def _place(rows: list[list[str]]) -> tuple[int, Layout] | None:
    """Row of the header, and the layout that knows most of it."""
    best: tuple[int, int, Layout] | None = None
    for at, row in enumerate(rows[:HEADER_ROWS]):
        heads = {head_name(cell) for cell in row}
        for layout in layouts():
            known = len(heads & layout.figures.keys())
            if known and not heads.isdisjoint(layout.account) and (best is None or known > best[0]):
                best = (known, at, layout)
    return best[1:] if best else None


def _days_of(stem: str) -> tuple[date, date] | None:
    """First and last day that a file name states."""
    days = []
    for year, month, day in _DAYS_IN_NAME.findall(stem):
        try:
            days.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return (min(days), max(days)) if days else None


def _figures(
    rows: list[list[str]], at: int, layout: Layout, named: tuple[date, date] | None
) -> list[ReportFigure]:
    heads = [head_name(cell) for cell in rows[at]]
    account_at = next(heads.index(name) for name in layout.account if name in heads)
    day_at = next((heads.index(name) for name in layout.day if name in heads), None)
    columns = {heads.index(head): meaning for head, meaning in layout.figures.items() if head in heads}
    found = []
    for row in rows[at + 1 :]:
        cell = dict(enumerate(row))
        account = nick(cell.get(account_at, ""))
        if not account or account in layout.summary:
            continue
        first, last = named or (None, None)
        moment = cells.one_time(cell.get(day_at, ""), True, True) if day_at is not None else None
        if moment is not None:
            first = last = moment.date()
        for column, meaning in columns.items():
            text = cell.get(column, "")
            value, step = number(text, meaning)
            if meaning.of:
                whole = cell.get(heads.index(meaning.of), "") if meaning.of in heads else ""
                value, step = _share(value, number(whole, meaning)[0]), Fraction(0)
            head = rows[at][column]
            found.append(
                ReportFigure(
                    account, meaning.request.id, value, meaning.unit, last, first, step, head, text, meaning
                )
            )
    return found


def _share(part: Fraction | None, whole: Fraction | None) -> Fraction | None:
    return part / whole if part is not None and whole else None


def number(text: str, meaning: Meaning) -> tuple[Fraction | None, Fraction]:
    """A cell in our unit, and one in its last place: ``45.2%``, ``1,234.50``, ``1分20秒``, ``00:01:20``.
    (None, 0) for an empty cell, 暂无数据, or what is no number."""
    text = text.strip(cells.BLANKS)
    if text in cells.EXPORT_EMPTY or len(text) > cells.LONGEST:
        return None, Fraction(0)
    if meaning.unit == "s" and (seconds := _seconds(text)) is not None:
        return seconds, Fraction(1)
    bare = text.replace("％", "%")
    found = cells.one_number(bare.removesuffix("%").strip())
    if found is None:
        return None, Fraction(0)
    factor = meaning.factor
    if bare.endswith("%") or (meaning.percent and meaning.unit == "ratio" and abs(found) > 1):
        factor /= 100
    return Fraction(found) * factor, Fraction(Decimal(1).scaleb(int(found.as_tuple().exponent))) * factor


def _seconds(text: str) -> Fraction | None:
    """``00:01:20``, ``1分20秒``, ``25s``; a bare number is none of these."""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return Fraction(hours * 3600 + minutes * 60 + seconds)
    spoken = _SPOKEN.fullmatch(text)
    if spoken is None or not any(spoken.groups()):
        return None
    parts = [Fraction(part or 0) for part in spoken.groups()]
    return parts[0] * 3600 + parts[1] * 60 + parts[2]
