"""A month on one machine. One with few messages is analysed in memory as it stands. A larger one goes into buckets on
disk (``partition``) and is analysed bucket by bucket (``ondisk``), so that what comes of all buyers is held at once,
on the shelf, but never what it comes from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from evaluator.attribution import check_conservation
from evaluator.engine.chores import FACTS, OPINIONS
from evaluator.engine.grown import COUNTED, OF_ORDERS
from evaluator.engine.ondisk import HANDS, BucketRun, Crew, OfBucket
from evaluator.engine.partition import partition
from evaluator.engine.spans import ORDER_ROWS, Span, spans_of
from evaluator.engine.work import Frames, Work
from evaluator.filters import BuyerLists
from evaluator.kernel import Context, Facts, FactsOfBuyers, analyze
from evaluator.metrics.counting import Count
from evaluator.metrics.tally import Counted
from evaluator.model import MonthData
from evaluator.prepare import Bucket, Part
from evaluator.shelf import Limits, Shelf

BUCKETS = "buckets"  # folder of a run's own, below that of its work


@dataclass(frozen=True)
class Room:
    """What a run may use: ``limits`` of memory; ``work``: folder in which finished buckets are kept (None: nowhere);
    ``always``: small months go there, too; ``crew``: who does the work on buckets; None: this process."""

    limits: Limits = field(default_factory=Limits)
    work: Path | None = None
    always: bool = False
    tell: Callable[[str], None] | None = None
    crew: Crew | None = None
    used: list[Work] = field(default_factory=list)  # what was worked with

    def told(self) -> str:
        """How much was taken from an earlier run; "" if nothing was."""
        taken = sum(work.taken.get(kind, 0) for work in self.used for kind in (OPINIONS, FACTS))
        made = sum(work.made.get(kind, 0) for work in self.used for kind in (OPINIONS, FACTS))
        unchanged = sum(work.unchanged for work in self.used)
        if not taken and not unchanged:
            return ""
        grown = f"；其余的桶里 {unchanged:,} 位买家没有变化，也沿用" if unchanged else ""
        return f"沿用上次算好的桶结果 {taken} / {taken + made} 份{grown}"

    @property
    def bucket_rows(self) -> int:
        """Message rows of a bucket: ``part_rows`` are held at once, by all who work here at a time."""
        rows = self.limits.part_rows
        return rows if self.crew is not None else max(rows // HANDS, 1)

    def holds(self, bucket: Bucket) -> bool:
        """Whether the month is analysed in memory."""
        weight = bucket.rows.height + ORDER_ROWS * bucket.orders.height
        return not self.always and self.crew is None and weight <= self.limits.part_rows


@dataclass(frozen=True)
class FactsOfBuckets(Facts):
    """Facts of a month, with those of each bucket and what was counted there."""

    buckets: tuple[FactsOfBuyers, ...] = ()
    sums: Counted | None = None

    @property
    def counted(self) -> Counted | None:
        return self.sums

    @property
    def parts(self) -> tuple[FactsOfBuyers, ...]:
        return self.buckets


def in_memory(bucket: Bucket, lists: BuyerLists, items: pl.DataFrame | None, context: Context) -> Facts:
    """SPEC §3 to §6 for the whole month at once. Raises EvaluatorError if conservation (R-A7) does not hold."""
    whole = Part(bucket.messages(pl.lit(True)), bucket.transfers, bucket.orders)
    facts = analyze(whole, lists, items, context)
    check_conservation(facts.orders, bucket.paid_totals)
    return facts


@contextmanager
def on_disk(
    month: MonthData, bucket: Bucket, items: pl.DataFrame | None, judged: pl.Expr | None, room: Room
) -> Iterator[BucketRun]:
    """The month in buckets on disk, as long as they are needed. ``judged``: see ``partition``."""
    if room.work is None:
        with tempfile.TemporaryDirectory(dir=month.shelf.folder, prefix=".evaluator-") as name:
            yield _run(month, bucket, items, judged, room, Path(name))
        return
    try:
        yield _run(month, bucket, items, judged, room, room.work)
    finally:
        shutil.rmtree(room.work / BUCKETS, ignore_errors=True)


def _run(
    month: MonthData,
    bucket: Bucket,
    items: pl.DataFrame | None,
    judged: pl.Expr | None,
    room: Room,
    folder: Path,
) -> BucketRun:
    work = Work(folder, month.shelf)
    room.used.append(work)
    spans = spans_of(bucket, room.bucket_rows, work)
    shutil.rmtree(folder / BUCKETS, ignore_errors=True)
    buckets = partition(month, bucket, items, judged, spans, folder / BUCKETS)
    return BucketRun(buckets, bucket, work, month.shelf, room.always, room.tell, room.crew)


def analyze_buckets(run: BucketRun, lists: BuyerLists, context: Context, count: Count | None) -> Facts:
    """SPEC §3 to §6, bucket by bucket, and what is to be counted. Raises EvaluatorError if conservation (R-A7) does not
    hold."""
    parts = list(run.facts(lists, context, count))
    facts = together(parts, [bucket.span for bucket in run.buckets], run.month.orders, run.shelf)
    check_conservation(facts.orders, run.month.paid_totals)
    tallies = [part.tally for part in parts if part.tally is not None]
    return replace(facts, sums=count.together(tallies)) if count else facts


def together(parts: list[OfBucket], spans: list[Span], orders: pl.DataFrame, shelf: Shelf) -> FactsOfBuckets:
    """The facts of all parts, in the order of buyers. Receptions (``r``), sessions (``n``) and services (``v``)
    are numbered on. ``orders``: the month's."""
    numbers = dict.fromkeys(COUNTED, 0)
    buckets = []
    for part, span in zip(parts, spans, strict=True):
        frames = {f.name: getattr(part.facts, f.name) for f in fields(Facts)}
        own = Facts(**_numbered_on(frames, numbers, shelf))
        made = _numbered_on(part.made, numbers, shelf)
        buckets.append(FactsOfBuyers(own, (span.first, span.end), made))
        for number, name in COUNTED.items():
            numbers[number] += frames[name].height
    whole: dict[str, Any] = {}
    for each in fields(Facts):
        pieces = [f for part in buckets if (f := getattr(part.facts, each.name)) is not None]
        whole[each.name] = pl.concat(pieces) if pieces else None
    for name, order in OF_ORDERS.items():
        whole[name] = pl.concat(_by_order([getattr(part.facts, name) for part in buckets], order, shelf))
    whole["orders"] = orders.hstack(whole["orders"].drop("o").get_columns())
    return FactsOfBuckets(**whole, buckets=tuple(buckets))


def _by_order(parts: list[pl.DataFrame], order: list[str], shelf: Shelf) -> Iterator[pl.DataFrame]:
    """The rows of all parts, each sorted by ``order``, of which ``o`` is the first: of so many orders at a time that a
    slice's rows are sorted."""
    rows = sum(part.height for part in parts)
    orders = 1 + max((int(part["o"][-1]) for part in parts if part.height), default=0)
    step = max(orders * shelf.limits.slice_rows // max(rows, 1), 1)
    borders = pl.Series(range(0, orders + step, step), dtype=pl.UInt32)
    places = [part["o"].search_sorted(borders).to_list() for part in parts]
    for ends in zip(*map(pairwise, places), strict=True):
        own = [part.slice(a, b - a) for part, (a, b) in zip(parts, ends, strict=True)]
        yield shelf.keep(pl.concat(own).sort(order))
        shelf.rest()


def _numbered_on(frames: Frames, numbers: dict[str, int], shelf: Shelf) -> Frames:
    changed = dict(frames)
    for name, frame in frames.items():
        if frame is not None and (own := [c for c in numbers if c in frame.columns and numbers[c]]):
            moved = frame.select(pl.col(c) + numbers[c] for c in own)
            changed[name] = frame.with_columns(shelf.keep(moved))
    return changed
