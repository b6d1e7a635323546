"""The platforms' own service reports (FORMATS §9): 生意参谋 客服绩效, 京东咚咚, 拼多多, 飞鸽, workbook or csv.
→ ``platform_report``, one row a figure, for reconciliation; 同行同层 rows also → ``peers``. The figures of no
calculation come from here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import books
from evaluator.sources.base import MADE, RawTable
from evaluator.sources.cells import EXPORT_EMPTY, LONGEST, one_number
from evaluator.sources.csvfile import table_of
from evaluator.sources.files import Sample, header_name
from evaluator.sources.report_figures import PERCENTILES, SUMMARIES, Figure, Report, plain, report_of
from evaluator.sources.top import nick
from evaluator.tables import PLATFORM_REPORT

ID = "platform_report"

HEADER_ROWS = 10  # a header stands in one of the first
DAYS = re.compile(
    r"(20\d\d)[-/.年]?(0[1-9]|1[0-2]|[1-9](?=[-/.月]))[-/.月]?(0[1-9]|[12]\d|3[01]|[1-9](?!\d))日?"
)
_SPAN = re.compile(r"(?:(\d+)(?:小?时))?(?:(\d+)分钟?)?(?:(\d+(?:\.\d+)?)秒)?")
_CLOCK = re.compile(r"(\d{1,3}):(\d{2}):(\d{2})")

COLUMNS = [c.name for c in PLATFORM_REPORT.columns]
WHY_VALUE = "不是数字、百分数或时长"
NO_DAY = "报表里和文件名里都没有日期，对账时不知道它是哪一天的；请保留平台给的文件名"


@dataclass(frozen=True)
class _Sheet:
    """A sheet with a report: its rows below the header, each with its number as a data row."""

    report: Report
    places: dict[str, int]
    rows: list[tuple[int, list[str]]]

    def cell(self, row: list[str], header: str) -> str:
        at = self.places.get(header)
        return row[at].strip() if at is not None and at < len(row) else ""


def sniff(sample: Sample) -> bool:
    if sample.kind == "text":
        return len(sample.header) > 1 and report_of(sample.header) is not None
    if sample.kind not in ("xlsx", "xls"):
        return False
    return report_of(sample.header) is not None or any(True for _ in _sheets(sample))


def _sheets(sample: Sample) -> Iterator[_Sheet]:
    """Every sheet with the header of a report in its first rows."""
    pages = (
        [table_of(sample.text, sample.delimiter)]
        if sample.kind == "text"
        else [rows for _, rows in books.sheets(sample)]
    )
    for rows in pages:
        for at, row in enumerate(rows[:HEADER_ROWS]):
            report = report_of([header_name(cell) for cell in row])
            if report:
                places: dict[str, int] = {}
                for column, cell in enumerate(row):
                    places.setdefault(plain(cell), column)
                body = [(n, r) for n, r in enumerate(rows[at + 1 :], 1) if any(c.strip() for c in r)]
                yield _Sheet(report, places, body)
                break


def read(sample: Sample) -> list[RawTable]:
    """-> platform_report (minutes → seconds, percentages → ratios, 暂无数据 → null) and peers (percentile 90
    for 优秀, 60 for 均值)."""
    named = days_in(sample.stem)
    figures, unknown = list[tuple[str | int | None, ...]](), list[str]()
    for sheet in _sheets(sample):
        known = {h for f in sheet.report.figures for h in (*f.headers, f.of)} | set(sheet.report.account)
        unknown += [h for h in sheet.places if h and h not in known and h not in ("日期", "旺旺分组")]
        for number, row in sheet.rows:
            days = days_in(sheet.cell(row, "日期")) or named
            figures += _row(sheet, row, days, sample.rel, number)
    notes = []
    if any(f[COLUMNS.index("from")] is None for f in figures):
        notes.append(ReviewItem("source_note", sample.rel, NO_DAY))
    if unknown:
        told = f"报表里这些列没有对应的指标，对账不用：{'、'.join(dict.fromkeys(unknown))[:300]}"
        notes.append(ReviewItem("source_note", sample.rel, told, len(set(unknown))))
    schema = dict.fromkeys(COLUMNS, pl.String()) | {"_row": pl.UInt32()}
    frame = pl.DataFrame(figures, schema=schema, orient="row")
    made = [RawTable(PLATFORM_REPORT.name, [frame], MADE, notes=notes, why={"value": WHY_VALUE})]
    peers = frame.filter(pl.col("scope").is_in(list(PERCENTILES)) & pl.col("value").is_not_null()).select(
        "metric", "value", pl.col("scope").replace(PERCENTILES).alias("percentile"), "_row"
    )
    return [*made, RawTable("peers", [peers], MADE, why={"value": WHY_VALUE})] if peers.height else made


def _row(
    sheet: _Sheet, row: list[str], days: tuple[str, str] | None, file: str, number: int
) -> list[tuple[str | int | None, ...]]:
    """The figures of one row, in the order of ``COLUMNS``."""
    account = next((sheet.cell(row, h) for h in sheet.report.account if h in sheet.places), "")
    scope = SUMMARIES.get(account, "agent")
    first, last = days or (None, None)
    found = list[tuple[str | int | None, ...]]()
    for figure in sheet.report.figures:
        header = next((h for h in figure.headers if h in sheet.places), None)
        if header is None or (figure.of and figure.of not in sheet.places):
            continue
        value = _value(figure, sheet.cell(row, header), sheet.cell(row, figure.of) if figure.of else "")
        name = f"{header}/{figure.of}" if figure.of else header
        found.append(
            (
                sheet.report.platform,
                nick(account),
                scope,
                figure.metric,
                value,
                figure.unit,
                first,
                last,
                name,
                file,
                number,
            )
        )
    return found


def _value(figure: Figure, cell: str, of: str) -> str | None:
    """The figure in our unit as text; null where the platform shows none; what is no number stands as it is,
    for validation to reject."""
    if cell.lower() in EXPORT_EMPTY:
        return None
    if len(cell) > LONGEST:
        return cell
    number = seconds(cell) if figure.unit == "s" else None
    if number is None:
        number = _number(cell)
        number = number * figure.factor if number is not None else None
    if number is None:
        return cell
    if figure.of:
        if of.lower() in EXPORT_EMPTY:
            return None
        whole = _number(of)
        if whole is None:
            return of
        return format(number / whole, ".6f") if whole else None
    return format(number, "f")


def _number(cell: str) -> Decimal | None:
    text = cell.replace("％", "%").strip()
    if text.endswith("%"):
        number = one_number(text[:-1].strip())
        return number / 100 if number is not None else None
    return one_number(text)


def seconds(cell: str) -> Decimal | None:
    """``1分20秒`` or ``00:01:20`` in seconds; None for a bare number or anything else."""
    if clock := _CLOCK.fullmatch(cell):
        return Decimal(int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3]))
    span = _SPAN.fullmatch(cell)
    if span is None or not any(span.groups()):
        return None
    return Decimal(span[1] or 0) * 3600 + Decimal(span[2] or 0) * 60 + Decimal(span[3] or 0)


def days_in(text: str) -> tuple[str, str] | None:
    """First and last day that a file name or a cell names, as 2026-08-09; None if it names none."""
    found = [f"{y}-{int(m):02}-{int(d):02}" for y, m, d in DAYS.findall(text)]
    return (found[0], found[1] if len(found) > 1 else found[0]) if found else None
