"""Parsing of cells (FORMATS §1): text or typed series -> canonical types, vectorised; only what the fast
path cannot take goes through Python, once per distinct value.

Every ``parse_*`` takes a cleaned series and returns the typed one; a cell that is not empty and comes back
null was not understood, and validation rejects its row."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice

import numpy as np
import polars as pl

from evaluator.sources.base import Dialect

BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff"
EXPORT_EMPTY = ("", "null", "-", "--", "暂无数据")
YEARS = (1900, 2199)
MAX_YUAN = 10**13  # more is a slip of the pen, and its square would leave int64
LONGEST = 64  # characters; no one number or time is longer

Span = tuple[date, date]  # first and last day

TRUE = frozenset({"true", "1", "是", "yes", "1.0"})
FALSE = frozenset({"false", "0", "否", "no", "0.0"})

_BEIJING = timezone(timedelta(hours=8))
EPOCH_DIGITS = 15  # of the longest epoch; a number of more is none, and may be too long to be one at all
_EPOCH_1900 = datetime(1899, 12, 30)
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:(?:\s+|T)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?",
    re.ASCII,
)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)\s*¥?\s*(?P<sign2>[+-]?)"
    r"(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)\s*元?",
    re.ASCII,
)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)", re.ASCII)
_SPOKEN = re.compile(
    r"(?:(\d+)\s*+(?:小时|时|h))?\s*+(?:(\d+)\s*+(?:分钟|分|min|m))?\s*+(?:(\d+(?:\.\d+)?)\s*+(?:秒钟|秒|s))?",
    re.ASCII | re.IGNORECASE,
)
_UNITS = (3600, 60, 1)  # seconds of what _CLOCK and _SPOKEN hold
_DAY = re.compile(r"(?<!\d)(20\d\d)(?:(\d\d)(\d\d)|[-/.年](\d{1,2})[-/.月](\d{1,2})日?)(?!\d)", re.ASCII)
_TO_DAY = re.compile(r"\s*[-~～至到—]\s*(\d{1,2})[-/.月](\d{1,2})日?(?!\d|[-.:]\d)", re.ASCII)
_MONTH = re.compile(r"(?<!\d)(20\d\d)(?:(0[1-9]|1[0-2])(?!\d)|[-/.年](\d{1,2})(?![-/.]?\d)月?)", re.ASCII)
_SERIAL = re.compile(r"[1-9]\d{4}(?:\.(\d+))?", re.ASCII)  # 1927 to 2173
MS_PLACES = 8  # of a serial; with fewer it holds no more than seconds
_FLOAT = r"^\d+\.0+$|^\d\.\d+[eE]\+?\d{1,2}$|^\d[eE]\+\d{1,2}$"
WHY_LOST = (
    "编号被存成了数字（科学计数法），末几位已丢失；请重新导出，不要用表格软件另存，或把这一列保持为文本"
)
SURE_DIGITS = 15  # what a spreadsheet keeps of a number
EXACT_FLOAT = 2**53  # whole numbers above are not all floats: digits may be lost


# ---------------------------------------------------------------------------------------------- cleaning
def as_text(series: pl.Series) -> pl.Series:
    """Any scalar series as text without loss: floats in their shortest form, whole ones without ``.0``."""
    dtype = series.dtype
    if dtype == pl.String:
        return series
    if dtype.is_float():
        return series.cast(pl.Float64).cast(pl.String).str.replace(r"\.0$", "")
    if dtype == pl.Binary:
        texts = [value if value is None else value.decode("utf-8", "replace") for value in series]
        return pl.Series(series.name, texts, dtype=pl.String)
    if isinstance(dtype, pl.Datetime):
        return naive(series).dt.strftime("%Y-%m-%d %H:%M:%S%.f")
    if isinstance(dtype, pl.Duration):
        return series.dt.to_string("polars")
    return series.cast(pl.String)


def naive(series: pl.Series) -> pl.Series:
    """A datetime series as naive Beijing time in milliseconds."""
    dtype = series.dtype
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        series = series.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    return series.cast(pl.Datetime("ms"))


def clean(series: pl.Series, dialect: Dialect) -> pl.Series:
    """Text without outer blanks and spreadsheet guards (``="…"``); empty cells as null. In platform exports
    also without a leading ``'`` and with the platforms' own marks for "nothing" as null."""
    text = as_text(series)
    if _repeats_itself(text):  # clean each distinct value once; rows then share its bytes
        values = text.unique().drop_nulls()
        codes = text.cast(pl.Enum(values)).to_physical()
        return clean(values, dialect).gather(codes).rename(series.name)
    text = text.str.strip_chars(BLANKS)
    if text.str.starts_with('="').any():
        text = text.str.replace(r'(?s)^="(.*)"$', "${1}").str.strip_chars(BLANKS)
    if dialect.export:
        text = text.str.replace(r"^'+", "").str.strip_chars(BLANKS)
        return blank(text, text.is_in(EXPORT_EMPTY))
    if text.str.starts_with("'").any():  # the guard of a number that a spreadsheet must not round
        text = text.str.replace(r"^'(\d+)$", "${1}")
    return blank(text, text == "")


def names(series: pl.Series, change: Callable[[pl.Series], pl.Series], few: bool = True) -> pl.Series:
    """``change`` of every cell, which is asked once for each distinct text. ``few``: as Categorical, whose texts stay
    in memory as long as the program runs; else as Categorical of its own, Enum or text."""
    categories = pl.Categories() if few else pl.Categories.random()
    if isinstance(series.dtype, pl.Enum):
        coded, before = series, series.dtype.categories
        codes = pl.int_range(len(before), dtype=pl.UInt32, eager=True)
    else:
        coded = as_text(series).cast(pl.Categorical(categories))
        values = coded.unique().drop_nulls()
        before, codes = values.cast(pl.String), values.to_physical()
    after = change(before)
    if after.equals(before) and not (few and coded is series):
        return coded
    changed = after.cast(pl.Categorical(categories)) if few else after
    place = np.zeros(int(codes.max() or 0) + 1, dtype=np.uint32)  # type: ignore[arg-type]
    place[codes.to_numpy()] = np.arange(len(codes))
    return changed.gather(pl.Series(place).gather(coded.to_physical())).rename(series.name)


def _repeats_itself(text: pl.Series) -> bool:
    return len(text) > 50_000 and text.head(20_000).n_unique() < 500


def blank(series: pl.Series, mask: pl.Series) -> pl.Series:
    """The series with nulls where ``mask`` holds."""
    if not mask.any():
        return series
    kept = pl.when(mask.fill_null(False)).then(None).otherwise(series)
    return pl.select(kept.alias(series.name)).to_series()


def nulls(length: int, dtype: pl.DataType) -> pl.Series:
    return pl.repeat(None, length, dtype=dtype, eager=True)


def clean_body(series: pl.Series, dialect: Dialect) -> pl.Series:
    """Message text: never touched, except that no text is the empty text."""
    del dialect
    return as_text(series).fill_null("")


def whole_number(series: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Numbers of orders that a program wrote as floats (``1234567890123456.0``, ``1.234567890123456E15``) with their
    digits alone, and the mask of those that have lost digits (``1.23E+17``, or too long for a float)."""
    floats = series.str.contains(_FLOAT)
    if not floats.any():
        return series, floats
    found = {text: _digits(text) for text in series.filter(floats).unique()}
    whole = {text: digits for text, digits in found.items() if digits}
    return series.replace(whole), floats & ~series.is_in(list(whole))


def _digits(text: str) -> str | None:
    """All digits of a number; None if some are not written, or no float could hold them."""
    number = Decimal(text)
    kept = int(number.as_tuple().exponent) <= 0 and number == number.to_integral_value()
    return str(int(number)) if kept and number <= EXACT_FLOAT else None


# ----------------------------------------------------------------------------------------------- parsing
def _rescue(
    text: pl.Series, parsed: pl.Series, one: Callable[[str], object], dtype: pl.DataType
) -> pl.Series:
    """Parse in Python, once per distinct value, what the vectorised pass left null."""
    missing = parsed.is_null() & text.is_not_null()
    if not missing.any():
        return parsed
    values = text.filter(missing).unique()
    found = pl.DataFrame({"text": values, "value": pl.Series([one(v) for v in values], dtype=dtype)})
    rescued = pl.DataFrame({"text": text}).join(found, on="text", how="left", maintain_order="left")["value"]
    return parsed.zip_with(~missing, rescued)


def one_time(text: str, serials: bool = False, day_only: bool = False) -> datetime | None:
    """One time as people and spreadsheets write it; None if it is none. A bare day counts only where
    ``day_only``; an aware time becomes Beijing time."""
    if len(text) > LONGEST:
        return None
    match = _TIME.fullmatch(text)
    try:
        if match:
            year, month, day, hour, minute, second, fraction = match.groups()
            if hour is None and not day_only:
                return None
            ms = int((fraction or "0").ljust(3, "0")[:3]) * 1000
            return _sane(
                datetime(
                    int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), ms
                )
            )
        if serials and (found := _SERIAL.fullmatch(text)):
            return _of_serial(Decimal(text), len(found[1] or ""), day_only)
        if re.search(r"[T ]\d{2}:?\d{2}.*(Z|[+-]\d{2}:?\d{2})$", text):
            aware = datetime.fromisoformat(text)
            if aware.tzinfo is not None:
                return _sane(aware.astimezone(_BEIJING).replace(tzinfo=None))
    except (ValueError, OverflowError):
        return None
    return None


def _of_serial(days: Decimal, places: int, day_only: bool) -> datetime | None:
    """Days since 1899-12-30, as a spreadsheet shows a time in a cell without a format."""
    if not day_only and days == days.to_integral_value():
        return None
    step = 1 if places >= MS_PLACES else 1000
    ms = int((days * 86_400_000 / step).to_integral_value(ROUND_HALF_UP)) * step
    return _sane(_EPOCH_1900 + timedelta(milliseconds=ms))


def _sane(value: datetime) -> datetime | None:
    return value if YEARS[0] <= value.year <= YEARS[1] else None


def one_span(text: str) -> Span | None:
    """First and last day that a cell, a title or a file's name tells: ``20260801_20260831``, ``2026-8-1~8-31``,
    ``2026年8月9日``, or a month, ``2026年8月``; None if it tells none."""
    days = []
    for match in islice(_DAY.finditer(text), 2):
        year, *parts = match.groups()
        days.append(_day(year, *(part for part in parts if part)))
        if until := _TO_DAY.match(text, match.end()):
            days.append(_day(year, *until.groups()))
    known = sorted(day for day in days[:2] if day)
    if known:
        return known[0], known[-1]
    month = _MONTH.search(text)
    if days or month is None:
        return None
    first = _day(month[1], month[2] or month[3], "1")
    return (first, first.replace(day=monthrange(first.year, first.month)[1])) if first else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def one_duration(text: str) -> tuple[Decimal, Decimal] | None:
    """Seconds, and one in the last place that is written: ``1分20秒``, ``00:01:20``, ``35s``; None for a bare number
    or anything else."""
    if len(text) > LONGEST:
        return None
    match = _CLOCK.fullmatch(text) or _SPOKEN.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    parts = [(Decimal(part), unit) for part, unit in zip(match.groups(), _UNITS, strict=True) if part]
    last, unit = parts[-1]
    return sum((n * u for n, u in parts), Decimal(0)), Decimal(1).scaleb(int(last.as_tuple().exponent)) * unit


def from_epoch(value: object) -> datetime | None:
    """Seconds or milliseconds since 1970 (UTC), number or text, as naive Beijing time."""
    text = str(value)
    if len(text) > LONGEST:
        return None
    try:
        number = Decimal(text)
        if not number.is_finite() or number.adjusted() > EPOCH_DIGITS:
            return None
        if abs(number) >= 10**11:  # milliseconds
            number /= 1000
        ms = int((number * 1000).to_integral_value(ROUND_HALF_UP))
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
        return _sane(moment.astimezone(_BEIJING).replace(tzinfo=None))
    except (ArithmeticError, ValueError):
        return None


def parse_time(series: pl.Series, dialect: Dialect) -> pl.Series:
    """-> Datetime("ms"), naive Beijing time."""
    if isinstance(series.dtype, pl.Datetime):
        parsed, text = naive(series), None
    else:
        text = as_text(series)
        parsed = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ms", strict=False)
        parsed = _rescue(text, parsed, lambda v: one_time(v, dialect.serials), pl.Datetime("ms"))
    year = parsed.dt.year()
    return blank(parsed, (year < YEARS[0]) | (year > YEARS[1]))


def parse_date(series: pl.Series, dialect: Dialect) -> pl.Series:
    """-> Date; of a time, its day."""
    if series.dtype == pl.Date:
        return series
    if isinstance(series.dtype, pl.Datetime):
        return naive(series).dt.date()
    text = as_text(series)

    def one(value: str) -> date | None:
        moment = one_time(value, dialect.serials, day_only=True)
        return moment.date() if moment else None

    return _rescue(text, nulls(len(text), pl.Date()), one, pl.Date())


def parse_moment(series: pl.Series, dialect: Dialect) -> pl.Series:
    """-> Datetime("ms"); of a day without a time, its first instant."""
    if series.dtype == pl.Date:
        return series.cast(pl.Datetime("ms"))
    times, days = parse_time(series, dialect), parse_date(series, dialect).cast(pl.Datetime("ms"))
    return times.zip_with(times.is_not_null(), days)


def one_number(text: str) -> Decimal | None:
    """One exact number: ``1,234.50``, ``¥12``, ``12元``, ``(12.00)``; None for anything else."""
    if len(text) > LONGEST:
        return None
    body, sign = text.translate({0xFF08: "(", 0xFF09: ")", 0xFF0C: ",", 0xFFE5: "¥"}), 1
    if body.startswith("(") and body.endswith(")"):
        body, sign = body[1:-1].strip(), -1
    match = _NUMBER.fullmatch(body)
    if match is None or (match["sign"] and match["sign2"]):
        return None
    if "-" in (match["sign"], match["sign2"]):
        sign = -sign
    return sign * Decimal(match["digits"].replace(",", ""))


def one_fen(text: str) -> int | None:
    """Yuan as written -> fen, half-up."""
    yuan = one_number(text)
    if yuan is None or abs(yuan) > MAX_YUAN:
        return None
    return int((yuan * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _float_text(series: pl.Series) -> pl.Series:
    """Floats of a typed column as plain decimal text (shortest repr, never in powers of ten)."""
    text = as_text(series)
    odd = text.str.contains("e", literal=True)
    if not odd.any():
        return text
    plain = [format(Decimal(v), "f") if "e" in v else v for v in text.fill_null("").to_list()]
    return blank(pl.Series(plain, dtype=pl.String), text.is_null())


def number_text(series: pl.Series) -> pl.Series:
    return _float_text(series) if series.dtype.is_float() else as_text(series)


def parse_money(series: pl.Series, dialect: Dialect) -> pl.Series:
    """-> Int64 fen, half-up, never through a binary float."""
    del dialect
    text = number_text(series)
    plain = text.str.contains(r"^-?\d{1,13}(\.\d{1,2})?$")
    decimals = blank(text, ~plain).cast(pl.Decimal(20, 2), strict=False)
    fen = (decimals.cast(pl.Decimal(38, 2)) * 100).cast(pl.Int64, strict=False)
    return _rescue(text, fen, one_fen, pl.Int64())


def parse_decimal(series: pl.Series, dialect: Dialect) -> pl.Series:
    """-> Decimal(38, 6), half-up."""
    del dialect
    text = number_text(series)

    def one(value: str) -> Decimal | None:
        number = one_number(value)
        if number is None or abs(number) > MAX_YUAN:
            return None
        return number.quantize(Decimal("0.000001"), ROUND_HALF_UP)

    return _rescue(text, nulls(len(text), pl.Decimal(38, 6)), one, pl.Decimal(38, 6))


def one_integer(text: str) -> int | None:
    number = one_number(text)
    if number is None or number != number.to_integral_value() or abs(number) > MAX_YUAN:
        return None
    return int(number)


def parse_integer(series: pl.Series, dialect: Dialect) -> pl.Series:
    """-> Int64; ``3`` and ``3.0`` are whole, ``3.5`` is not."""
    del dialect
    if series.dtype.is_integer():
        return series.cast(pl.Int64, strict=False)
    text = number_text(series)
    plain = text.str.contains(r"^-?\d{1,13}$")
    return _rescue(text, blank(text, ~plain).cast(pl.Int64, strict=False), one_integer, pl.Int64())


def parse_flag(series: pl.Series, dialect: Dialect) -> pl.Series:
    """-> Boolean: true/false, 1/0, 是/否, yes/no, in any case."""
    del dialect
    if series.dtype == pl.Boolean:
        return series
    text = number_text(series).str.to_lowercase()
    yes, no = text.is_in(list(TRUE)), text.is_in(list(FALSE))
    return yes.zip_with((yes | no).fill_null(False), nulls(len(text), pl.Boolean()))
