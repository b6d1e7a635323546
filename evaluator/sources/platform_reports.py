"""The platforms' own service reports (FORMATS §9): 生意参谋 客服绩效, 京东咚咚, 拼多多, 飞鸽, workbook or text.
→ ``platform_report``, one row a figure, for reconciliation; 同行同层 rows also → ``peers``. The figures of no
calculation come from here.

Which headers there are, and which figure of ours they come nearest to, stands in ``rules/platform_reports.yaml``. A
workbook may hold several sheets, and a header may stand below a title. The days are those of the row, else of the
title, else of the file's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

import polars as pl

from evaluator.metrics.request import METRIC_OPTIONS, MetricRequest
from evaluator.model import ReviewItem
from evaluator.planmetric import read_metric
from evaluator.rulebook import RulesFinder, metric_catalogue
from evaluator.sources import cells, csvfile, sheets
from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.files import Sample, header_name, lines_of, plain_header
from evaluator.sources.top import nick
from evaluator.tables import PLATFORM_REPORT, REPORT_SCOPES
from evaluator.yamlfile import Node, read_yaml

ID = "platform_report"
RULES = "platform_reports.yaml"
HEADER_ROWS = 20  # a header stands among the first rows or nowhere
SHARE_STEP = Decimal("0.000001")  # of what is divided here, as the table keeps it

_MADE_ON = re.compile(
    r"(?:导出|下载|生成|更新|打印|制表)\D{0,6}20\d\d\S*"
)  # a day that is none of the report's

COLUMNS = [c.name for c in PLATFORM_REPORT.columns]
WHY_VALUE = "不是数字、百分数或时长"
WHY_NOBODY = "有数字而没有账号"
WHY_REMARK = "没有一个数字，像是说明"
NO_DAY = "报表里和文件名里都没有日期，对账时按整月比较；请保留平台给的文件名"
NO_METRIC = "报表里这些列没有对应的指标，对账不用：{columns}"
SAME_METRIC = "报表里这些列与别的列对应同一个指标，对账只用最接近的一列：{columns}"


# ------------------------------------------------------------------------------------------------- the mapping
@dataclass(frozen=True)
class Meaning:
    """What a column means: our figure, and how theirs becomes its unit."""

    headers: tuple[str, ...]  # as ``plain_header`` has them; the first that stands counts
    request: MetricRequest
    unit: str  # of our metric: count, yuan, s, ratio
    factor: Decimal
    percent: bool
    of: str
    complement: bool
    note: str

    def label(self, header: str) -> str:
        return ("1-" if self.complement else "") + header + (f"/{self.of}" if self.of else "")


@dataclass(frozen=True)
class Layout:
    """One kind of report."""

    platform: str
    account: tuple[str, ...]
    day: tuple[str, ...]
    ignore: tuple[str, ...]
    figures: tuple[Meaning, ...]

    def known(self) -> set[str]:
        """Every header that it has a use for."""
        figures = {header for figure in self.figures for header in (*figure.headers, figure.of)}
        return figures | {*self.account, *self.day, *self.ignore, ""}


@dataclass(frozen=True)
class Rules:
    layouts: tuple[Layout, ...]
    summaries: dict[str, str]  # first cell of a row that is no account -> scope
    percentiles: dict[str, str]

    def meanings(self) -> dict[tuple[str, str], Meaning]:
        """By ``platform`` and ``header`` of the table."""
        return {
            (layout.platform, figure.label(header)): figure
            for layout in self.layouts
            for figure in layout.figures
            for header in figure.headers
        }


@lru_cache(maxsize=4)
def report_rules(finder: RulesFinder | None = None) -> Rules:
    """Errors: EvaluatorError with file, line and key."""
    root = read_yaml((finder or RulesFinder()).need(RULES), f"rules/{RULES}")
    pairs = root.mapping(["reports", "summaries", "percentiles"])
    reports = root.need(pairs, "reports").pairs()
    summaries = root.need(pairs, "summaries").pairs()
    percentiles = root.need(pairs, "percentiles").mapping(REPORT_SCOPES)
    return Rules(
        tuple(_layout(platform, node) for platform, node in reports.items()),
        {plain_header(name): node.choice(REPORT_SCOPES) for name, node in summaries.items()},
        {scope: str(node.integer()) for scope, node in percentiles.items()},
    )


def _layout(platform: str, node: Node) -> Layout:
    pairs = node.mapping(["account", "day", "ignore", "figures"])

    def headers(key: str) -> tuple[str, ...]:
        return tuple(plain_header(text) for text in pairs[key].texts()) if key in pairs else ()

    node.need(pairs, "account")
    figures = node.need(pairs, "figures").items()
    return Layout(
        platform, headers("account"), headers("day"), headers("ignore"), tuple(map(_meaning, figures))
    )


def _meaning(node: Node) -> Meaning:
    pairs = node.mapping(
        ["header", "metric", "factor", "percent", "of", "complement", "note", *METRIC_OPTIONS]
    )
    catalogue = metric_catalogue()
    request = read_metric(node.need(pairs, "metric"), pairs, catalogue)
    return Meaning(
        tuple(plain_header(text) for text in node.need(pairs, "header").one_or_more_texts()),
        request,
        catalogue[request.metric].unit,
        pairs["factor"].number(above=0) if "factor" in pairs else Decimal(1),
        pairs["percent"].flag() if "percent" in pairs else False,
        plain_header(pairs["of"].text()) if "of" in pairs else "",
        pairs["complement"].flag() if "complement" in pairs else False,
        pairs["note"].text() if "note" in pairs else "",
    )


# -------------------------------------------------------------------------------------------------- the sheets
@dataclass(frozen=True)
class _Line:
    """A row of a sheet or a text; ``why`` where its cells cannot be told apart."""

    cells: list[str]
    why: str = ""


@dataclass(frozen=True)
class _Sheet:
    """A sheet with a report: the rows below its header, each with its number as a data row."""

    name: str
    layout: Layout
    places: dict[str, int]
    figures: dict[str, Meaning]  # by the header that stands here, in the order of the sheet
    span: cells.Span | None  # of the title
    rows: list[tuple[int, _Line]]

    def cell(self, line: _Line, header: str) -> str:
        at = self.places.get(header)
        return line.cells[at] if at is not None and at < len(line.cells) else ""

    @property
    def account(self) -> str:
        """The header of its column of accounts."""
        return next(header for header in self.layout.account if header in self.places)

    def days(self, line: _Line) -> cells.Span | None:
        """The days that a row tells, or the title."""
        found = (_days(self.cell(line, header)) for header in self.layout.day)
        return next((span for span in found if span), self.span)

    @cached_property
    def hundredths(self) -> set[str]:
        """Columns of percentages whose bare numbers are percent: one of them is above 1."""
        return {header for header, figure in self.figures.items() if figure.percent and self._above_1(header)}

    def _above_1(self, header: str) -> bool:
        numbers = (_number(self.cell(line, header)) for _, line in self.rows)
        return any(number is not None and abs(number) > 1 for number in numbers)

    def without_metric(self) -> list[str]:
        return [header for header in self.places if header not in self.layout.known()]

    def of_same_metric(self) -> list[str]:
        """Columns of which another one is nearer to the same figure of ours."""
        used = {header for pair in self.figures.items() for header in (pair[0], pair[1].of)}
        figures = {header for figure in self.layout.figures for header in figure.headers}
        return [header for header in self.places if header in figures and header not in used]


def sniff(sample: Sample) -> bool:
    return any(True for _ in _sheets(sample, beginning=True))


def _sheets(sample: Sample, beginning: bool = False) -> Iterator[_Sheet]:
    """Every sheet with the header of a report in its first rows."""
    for name, lines in _pages(sample, beginning):
        known = [(_fitting(line.cells), at) for at, line in enumerate(lines[:HEADER_ROWS])]
        found, at = max(known, key=lambda pair: len(pair[0][1]) if pair[0] else 0, default=(None, 0))
        if found is None:
            continue
        layout, figures = found
        places: dict[str, int] = {}
        for column, text in enumerate(lines[at].cells):
            places.setdefault(plain_header(text), column)
        above = " ".join(text for line in lines[:at] for text in line.cells)
        body = [(n, line) for n, line in enumerate(lines[at + 1 :], 1) if line.why or any(line.cells)]
        figures = dict(sorted(figures.items(), key=lambda pair: places[pair[0]]))
        span = cells.one_span(_MADE_ON.sub("", above))
        yield _Sheet(name, layout, places, figures, span, body)


def _pages(sample: Sample, beginning: bool) -> Iterator[tuple[str, list[_Line]]]:
    """Every sheet of a workbook, or a delimited text as one, with its cells stripped."""
    if sample.kind in ("xlsx", "xls"):
        for name, rows in sheets.all_sheets(sample):
            yield name, [_Line([_stripped(cell) for cell in row]) for row in rows]
    elif sample.kind == "text":
        lines = [f"{line}\n" for line in lines_of(sample.head_text if beginning else sample.text)]
        first = lines[:HEADER_ROWS]
        delimiter = max(",\t;", key=lambda mark: max(line.count(mark) for line in first))
        records = csvfile.records(first if beginning else lines, delimiter, 0)
        yield "", [_Line([_stripped(cell) for cell in r.cells], r.why) for r in records]


def _stripped(cell: str) -> str:
    """Without blanks and spreadsheet guards; "" for what platforms write for nothing."""
    return header_name(cell).lstrip("'").strip(cells.BLANKS)


def _fitting(row: list[str]) -> tuple[Layout, dict[str, Meaning]] | None:
    """The kind of report that a header row belongs to: it has a column of accounts, and most figures. Of several
    columns of one metric the first in the rules."""
    heads = {plain_header(cell) for cell in row}
    best: tuple[Layout, dict[str, Meaning]] | None = None
    for layout in report_rules().layouts if len(heads) > 1 else ():
        found: dict[str, Meaning] = {}
        for figure in layout.figures:
            header = next((h for h in figure.headers if h in heads), None)
            taken = figure.request in (f.request for f in found.values())
            if header and not taken and (not figure.of or figure.of in heads):
                found[header] = figure
        if found and not heads.isdisjoint(layout.account) and len(found) > len(best[1] if best else ()):
            best = layout, found
    return best


# ------------------------------------------------------------------------------------------------- the figures
class _Reading:
    """The figures of a file, in the order of ``COLUMNS``, and what is no figure."""

    def __init__(self, sample: Sample) -> None:
        self.sample, self.rules = sample, report_rules()
        self.sheets = list(_sheets(sample))
        self.rows: list[tuple[str | int | None, ...]] = []
        self.rejects: list[RowReject] = []
        for sheet in self.sheets:
            for number, line in sheet.rows:
                self._row(sheet, number, line)

    def _reject(self, sheet: _Sheet, number: int, column: str, value: str, why: str) -> None:
        where = f"{sheet.name}!" if len(self.sheets) > 1 else ""
        self.rejects.append(RowReject(number, where + column, value, why))

    def _row(self, sheet: _Sheet, number: int, line: _Line) -> None:
        account = nick(sheet.cell(line, sheet.account))
        first = account or next((nick(cell) for cell in line.cells if cell), "")
        scope = self.rules.summaries.get(plain_header(first), "agent")
        if line.why:
            self._reject(sheet, number, "", " ".join(line.cells), line.why)
        elif not any(sheet.cell(line, header) for header in sheet.figures):
            self._reject(sheet, number, sheet.account, first, WHY_REMARK)
        elif not account and scope == "agent":
            self._reject(sheet, number, sheet.account, first, WHY_NOBODY)
        else:
            self._figures(sheet, number, line, (sheet.layout.platform, first, scope))

    def _figures(self, sheet: _Sheet, number: int, line: _Line, whose: tuple[str, str, str]) -> None:
        days = sheet.days(line) or cells.one_span(self.sample.stem)
        start, end = (days[0].isoformat(), days[1].isoformat()) if days else (None, None)
        for header, figure in sheet.figures.items():
            texts = {name: sheet.cell(line, name) for name in (header, figure.of) if name}
            amounts = {name: _amount(text, figure, name in sheet.hundredths) for name, text in texts.items()}
            wrong = next((name for name, amount in amounts.items() if amount is None), None)
            if wrong is not None:
                self._reject(sheet, number, wrong, texts[wrong], WHY_VALUE)
                continue
            value, step = _figure(figure, [amount for amount in amounts.values() if amount])
            after = (figure.unit, start, end, figure.label(header), self.sample.rel, number)
            self.rows.append((*whose, figure.request.id, value, step, *after))

    def notes(self) -> Iterator[ReviewItem]:
        if any(row[COLUMNS.index("from")] is None for row in self.rows):
            yield ReviewItem("source_note", self.sample.rel, NO_DAY)
        without = dict.fromkeys(h for sheet in self.sheets for h in sheet.without_metric())
        again = dict.fromkeys(h for sheet in self.sheets for h in sheet.of_same_metric())
        for told, columns in ((NO_METRIC, without), (SAME_METRIC, again)):
            if columns:
                detail = told.format(columns="、".join(columns)[:300])
                yield ReviewItem("source_note", self.sample.rel, detail, len(columns))


def _number(text: str) -> Decimal | None:
    """A bare number; None for anything else."""
    number = cells.one_number(text)
    return number if number is not None and abs(number) <= cells.MAX_YUAN else None


def _days(text: str) -> cells.Span | None:
    """The days of a cell, which may be an Excel serial."""
    if not text:
        return None
    moment = None if (span := cells.one_span(text)) else cells.one_time(text, serials=True, day_only=True)
    return (moment.date(), moment.date()) if moment else span


#: A cell in our unit (None: the platform shows none), and one in its last place.
Amount = tuple[Decimal | None, Decimal]


def _amount(text: str, figure: Meaning, hundredths: bool) -> Amount | None:
    """A cell; None if it is no number: ``45.2%``, ``1,234.50``, ``1分20秒``, ``00:01:20``."""
    if text.lower() in cells.EXPORT_EMPTY:
        return None, Decimal(0)
    if figure.unit == "s" and (seconds := cells.one_duration(text)):
        return seconds
    bare = text.replace("％", "%")
    number = _number(bare.removesuffix("%").strip())
    if number is None:
        return None
    factor = figure.factor / 100 if hundredths or bare.endswith("%") else figure.factor
    return number * factor, Decimal(1).scaleb(int(number.as_tuple().exponent)) * factor


def _figure(figure: Meaning, amounts: list[Amount]) -> tuple[str | None, str | None]:
    """Value and step of a column, or of one column ÷ another, as the table has them."""
    value, step = amounts[0]
    if figure.of:
        whole = amounts[1][0]
        value, step = (value / whole if value is not None and whole else None), SHARE_STEP
    if value is None:
        return None, None
    value = 1 - value if figure.complement else value
    return format(value, "f"), format(step, "f")


def read(sample: Sample) -> list[RawTable]:
    """-> platform_report (minutes → seconds, percentages → ratios, 暂无数据 → null) and peers."""
    reading = _Reading(sample)
    schema = dict.fromkeys(COLUMNS, pl.String()) | {"_row": pl.UInt32()}
    frame = pl.DataFrame(reading.rows, schema=schema, orient="row")
    why = {"value": WHY_VALUE}
    made = RawTable(
        PLATFORM_REPORT.name, [frame], MADE, reading.rejects, notes=list(reading.notes()), why=why
    )
    percentiles = reading.rules.percentiles
    peers = frame.filter(pl.col("scope").is_in(list(percentiles)) & pl.col("value").is_not_null()).select(
        "metric", "value", pl.col("scope").replace(percentiles).alias("percentile"), "_row"
    )
    return [made, RawTable("peers", [peers], MADE, why=why)] if peers.height else [made]
