"""Months of many orders of nobody (no nick, or one that fits several): in buckets of their own they come to the same
tables, and millions of them need no more memory than a few."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import test_grown
import test_names
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from measured import COUNTED, measured
from oracle.month import Row
from oracle.rawmonth import RawMonth
from oracle.strategy import months
from oracle.strategy_talk import END, START
from same import assert_same
from test_buckets_agree import CALM, evaluated, room

from evaluator.engine.cluster import Cluster, Told
from evaluator.engine.spans import Span, Spans
from evaluator.engine.spark import SparkCrew

BUCKETS = st.sampled_from([4, 12, 40, 1000])  # message rows; an order weighs as four


@st.composite
def months_of_nobody(draw: st.DrawFn) -> RawMonth:
    """A month with many more orders, most of them of nobody, their items and refunds; some excluded, some given to
    somebody by a dispute."""
    month = draw(months())
    talk = [row for name in ("messages_1", "messages_2") for row in month.files[name]]
    shops = sorted({row["shop"] for row in talk})
    first = datetime.combine(START - timedelta(days=1), time(9))
    hours = st.integers(0, 24 * ((END - START).days + 2))
    order = st.fixed_dictionaries(
        {
            "shop": st.sampled_from(shops),
            "buyer": st.sampled_from([None, None, None, "*", talk[0]["buyer"]]),
            "created": st.builds(lambda n: first + timedelta(hours=n), hours),
            "amount": st.sampled_from([9_900, 12_345, 499]),
            "memo": st.sampled_from([None, None, None, "帮刷单3"]),
            "quantity": st.sampled_from([None, 1, 3]),
        }
    )
    more = [
        row | {"order_id": f"27100100000000{n:04d}", "paid": row["created"] + timedelta(minutes=n % 3)}
        for n, row in enumerate(draw(st.lists(order, min_size=5, max_size=60)))
    ]
    numbers = st.sampled_from([row["order_id"] for row in more])
    files = {**month.files, "orders": draw(st.permutations([*month.files["orders"], *more]))}
    files["order_items"] = [*files.get("order_items", []), *(_item(n) for n in draw(st.lists(numbers)))]
    files["disputes"] = [_dispute(n) for n in draw(st.lists(numbers, max_size=5))]
    return replace(month, files=files)


def _item(order_id: str) -> Row:
    return {"order_id": order_id, "title": "保温杯", "quantity": 1, "amount": 990}


def _dispute(order_id: str) -> Row:
    ruled = {"decision": "accepted", "by": "王主管", "when": END}
    return {"order_id": order_id, "employee_id": "E01", "claim": "电话里谈成的", **ruled}


def compare(month: RawMonth, part_rows: int) -> None:
    assert_same(evaluated(month, room(part_rows)), evaluated(month))


@settings(max_examples=5, **CALM)  # type: ignore[arg-type]
@given(months_of_nobody(), BUCKETS)
def test_in_buckets_as_in_memory(month: RawMonth, part_rows: int) -> None:
    compare(month, part_rows)


@pytest.mark.heavy
@settings(max_examples=200, **CALM)  # type: ignore[arg-type]
@given(months_of_nobody(), BUCKETS)
def test_in_buckets_as_in_memory_often(month: RawMonth, part_rows: int) -> None:
    compare(month, part_rows)


@settings(max_examples=2, **CALM)  # type: ignore[arg-type]
@given(months_of_nobody(), BUCKETS, st.integers(0, 1000))
def test_growing_months(month: RawMonth, part_rows: int, seed: int) -> None:
    test_grown.compare(month, part_rows, seed)


@pytest.mark.heavy
@settings(max_examples=100, **CALM)  # type: ignore[arg-type]
@given(months_of_nobody(), BUCKETS, st.integers(0, 1000))
def test_growing_months_often(month: RawMonth, part_rows: int, seed: int) -> None:
    test_grown.compare(month, part_rows, seed)


class _Here:
    """A cluster of this process alone: tasks travel as bytes, and know nothing but the files."""

    def each(self, count: int, task: Any, tell: Callable[[int], None]) -> list[Told]:
        return [pickle.loads(pickle.dumps(task))(n) for n in range(count)]


@settings(max_examples=3, **CALM)  # type: ignore[arg-type]
@given(months_of_nobody(), BUCKETS)
def test_by_a_crew_as_in_memory(month: RawMonth, part_rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = replace(room(part_rows, Path(name)), crew=SparkCrew(cast(Cluster, _Here())))
        assert_same(evaluated(month, place), evaluated(month))


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(1, 30)), st.integers(1, 9), st.integers(1, 9), st.integers(0, 60))
def test_every_code_lies_in_one_bucket(starts: list[int], last: int, places: int, orders: int) -> None:
    starts = [0, *sorted(set(starts))]
    spans = Spans(starts, starts[-1] + last, places, orders)
    codes = pl.DataFrame({"b": range(-orders, spans.buyers)}, schema={"b": pl.Int32})
    found = codes.with_columns(spans.number().alias("span"))["span"].to_list()
    of_code = dict(zip(codes["b"].to_list(), found, strict=True))
    assert [span.number for span in spans] == list(range(len(spans)))
    for code, number in of_code.items():
        assert [span.number for span in spans if span.first <= code < span.end] == [number]


def test_later_orders_leave_the_buckets_of_earlier_ones_as_they_were() -> None:
    before, after = list(Spans([0, 5], 9, 4, 10)), list(Spans([0, 5], 9, 4, 14))
    assert after[: len(before)] == before == [*before[:2], Span(2, -4, 0), Span(3, -8, -4), Span(4, -12, -8)]


RUN = """
import sys
from evaluator.engine.memory import give_back_soon
give_back_soon()
from pathlib import Path
from evaluator.engine.local import Room
from evaluator.run import evaluate_month
from evaluator.shelf import Limits
place = Path(sys.argv[1])
found = evaluate_month(place / "month", scratch=place, room=Room(Limits.within(512 << 20)))
found.save(place / "out")
print(found.frames["order_links"]["buyers"].sum(), found.frames["attribution"].height)
"""
MILLIONS = 4


@pytest.mark.heavy
@COUNTED
def test_memory_does_not_grow_with_orders_of_nobody(tmp_path: Path) -> None:
    """A whole run on millions of orders and items in a shop that exports no nicks, within the bound."""
    month = tmp_path / "month"
    month.mkdir()
    test_names.write(month, [("甲店", "a", 1, None)], [], 1)
    (month / "orders.csv").unlink()
    for name, table in (("orders", _orders), ("order_items", _items)):
        with pq.ParquetWriter(month / f"{name}.parquet", table(0).schema) as writer:
            for part in range(MILLIONS * 8):
                writer.write_table(table(part))
    [buyers, rows], peak = measured(RUN, tmp_path)
    assert int(buyers) == int(rows) == MILLIONS << 20
    assert peak <= (512 << 20) + (300 << 20), peak


def _numbers(part: int) -> pl.Series:
    """Order ids as they come: in the order of nothing."""
    n = pl.int_range(part << 17, (part + 1) << 17, eager=True)
    return ("27" + (n * 7_919_001_247 % 99_999_999_977).cast(pl.String)).alias("order_id")


def _orders(part: int) -> pa.Table:
    placed = pl.datetime(2026, 10, 1, 9, time_unit="ms") + pl.duration(seconds=pl.int_range(1 << 17) * 15)
    return pl.select(
        pl.lit("甲店").alias("shop"),
        _numbers(part),
        pl.lit(None, pl.String).alias("buyer"),
        placed.alias("created"),
        placed.alias("paid"),
        pl.lit("19.90").alias("amount"),
    ).to_arrow()


def _items(part: int) -> pa.Table:
    return pl.select(
        _numbers(part),
        pl.lit("TS2004").alias("sku"),
        pl.lit("听松 汝窑主人杯").alias("title"),
        pl.lit(1).alias("quantity"),
        pl.lit("19.90").alias("amount"),
    ).to_arrow()
