"""Cells as people, platforms and spreadsheets write them (FORMATS §1)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from evaluator.sources import cells
from evaluator.sources.base import CANONICAL, CANONICAL_SHEET, EXPORT


def one(parse, text, dialect=CANONICAL):
    return parse(cells.clean(pl.Series([text], dtype=pl.String), dialect), dialect)[0]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("2020-02-21 00:00:02", datetime(2020, 2, 21, 0, 0, 2)),
        ("2020-02-21 00:00:02.123", datetime(2020, 2, 21, 0, 0, 2, 123000)),
        ("2020-02-21 00:00:02.1", datetime(2020, 2, 21, 0, 0, 2, 100000)),
        ("2020-02-21T00:00:02", datetime(2020, 2, 21, 0, 0, 2)),
        ("2016/5/23 22:02", datetime(2016, 5, 23, 22, 2)),
        ("2026/9/10 8:00", datetime(2026, 9, 10, 8, 0)),
        ("2020-2-23 9:33:38", datetime(2020, 2, 23, 9, 33, 38)),
        ("\t2020-02-21 00:00:02 ", datetime(2020, 2, 21, 0, 0, 2)),
        ("2020年2月21日 8:05", datetime(2020, 2, 21, 8, 5)),
        ("2020-02-20T16:00:02Z", datetime(2020, 2, 21, 0, 0, 2)),
        ("2020-02-21T08:00:02+08:00", datetime(2020, 2, 21, 8, 0, 2)),
        ("2020-02-21", None),
        ("2020-02-30 10:00:00", None),
        ("2020-02-21 25:00:00", None),
        ("昨天", None),
        ("1582242994000", None),
        ("43882.5", None),
        ("0000-00-00 00:00:00", None),
        ("9999-12-31 00:00:00", None),
        ("20200221000002", None),
    ],
)
def test_times(text, want):
    assert one(cells.parse_time, text) == want


def test_serials_in_workbooks_and_exports():
    assert one(cells.parse_time, "43882.5", CANONICAL_SHEET) == datetime(2020, 2, 21, 12)
    assert one(cells.parse_time, "43882", CANONICAL_SHEET) is None
    assert one(cells.parse_date, "43882", CANONICAL_SHEET) == date(2020, 2, 21)
    assert one(cells.parse_time, "43882.33341", EXPORT) == datetime(2020, 2, 21, 8, 0, 7)  # 6.6 s as shown
    assert one(cells.parse_time, "43882.333414357", EXPORT) == datetime(2020, 2, 21, 8, 0, 7)
    assert one(cells.parse_time, "43882.5") is None
    for text in ("1.5", "12.50", "123456.5"):
        assert one(cells.parse_time, text, EXPORT) is None


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("2020-02-21", date(2020, 2, 21)),
        ("2020/2/1", date(2020, 2, 1)),
        ("2020-02-21 10:00:00", date(2020, 2, 21)),
        ("2020-02", None),
        ("0", None),
    ],
)
def test_dates(text, want):
    assert one(cells.parse_date, text) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("598", 59800),
        ("28.90", 2890),
        ("28.9", 2890),
        ("0", 0),
        (".5", 50),
        ("5.", 500),
        ("¥1,234.50", 123450),
        ("￥ 12", 1200),
        ("12元", 1200),
        ("1,234,567.89", 123456789),
        ("(12.00)", -1200),
        ("（12.00）", -1200),
        ("-3.5", -350),
        ("+3.5", 350),
        ("-¥3.50", -350),
        ("0.005", 1),
        ("0.0049", 0),
        ("1.005", 101),
        ("-0.005", -1),
        ("12.3450000", 1235),
        ("1.5万", None),
        ("1,2", None),
        ("12,34.5", None),
        ("NaN", None),
        ("inf", None),
        ("1E+3", None),
        ("--5", None),
        ("12345678901234567890", None),
        ("１２", None),
        ("abc", None),
    ],
)
def test_money_is_exact_fen(text, want):
    assert one(cells.parse_money, text) == want


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (0.1, 10),
        (1.005, 101),
        (28.9, 2890),
        (598.0, 59800),
        (0.29, 29),
        (1e-7, 0),
        (123456789.01, 12345678901),
        (float("nan"), None),
        (float("inf"), None),
        (1e17, None),
    ],
)
def test_money_in_floats_goes_by_its_shortest_text(value, want):
    assert cells.parse_money(pl.Series([value]), CANONICAL)[0] == want


@pytest.mark.parametrize(
    ("series", "want"),
    [
        (pl.Series([5, -3]), [500, -300]),
        (pl.Series([Decimal("1.005"), Decimal("2.5")]), [101, 250]),
        (pl.Series([1.5, None]), [150, None]),
    ],
)
def test_money_typed(series, want):
    assert cells.parse_money(series, CANONICAL).to_list() == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("3", 3),
        ("3.0", 3),
        ("-2", -2),
        ("1,000", 1000),
        ("3.5", None),
        ("x", None),
        ("", None),
    ],
)
def test_integers(text, want):
    assert one(cells.parse_integer, text) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("true", True),
        ("FALSE", False),
        ("1", True),
        ("0", False),
        ("是", True),
        ("否", False),
        ("Yes", True),
        ("no", False),
        ("maybe", None),
        ("2", None),
    ],
)
def test_flags(text, want):
    assert one(cells.parse_flag, text) is want


def test_decimals():
    assert one(cells.parse_decimal, "21.75") == Decimal("21.75")
    assert one(cells.parse_decimal, "twenty") is None


@pytest.mark.parametrize(
    ("text", "canonical", "export"),
    [
        ('="870250403801745902"', "870250403801745902", "870250403801745902"),
        ("'8702504038", "8702504038", "8702504038"),
        ("'null", "'null", None),
        ("-", "-", None),
        ("--", "--", None),
        ("暂无数据", "暂无数据", None),
        ("\t6917926768823643751\t", "6917926768823643751", "6917926768823643751"),
        ("", None, None),
        ("　 ", None, None),
        ("null", "null", None),
    ],
)
def test_guards_and_empties(text, canonical, export):
    assert cells.clean(pl.Series([text]), CANONICAL)[0] == canonical
    assert cells.clean(pl.Series([text]), EXPORT)[0] == export


def test_many_repeated_values_clean_alike():
    series = pl.Series([" 甲店 ", '="12"', "", None] * 20_000)
    assert cells.clean(series, CANONICAL).to_list() == ["甲店", "12", None, None] * 20_000


@pytest.mark.parametrize("value", [1582242994, "1582242994", 1582242994000, "1582242994000"])
def test_epochs_become_beijing_time(value):
    assert cells.from_epoch(value) == datetime(2020, 2, 21, 7, 56, 34)


def test_no_epoch():
    assert cells.from_epoch("x") is None
    assert cells.from_epoch(None) is None
    assert cells.from_epoch("1e400") is None
