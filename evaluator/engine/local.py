"""A month on one machine. One with few messages is analysed in memory as it stands. A larger one goes into buckets on
disk (``partition``) and is analysed bucket by bucket (``ondisk``), so that what comes of all buyers is held at once,
on the shelf, but never what it comes from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import polars as pl

from evaluator.attribution import check_conservation
from evaluator.engine.chores import FACTS, OPINIONS
from evaluator.engine.grown import COUNTED, OF_ORDERS
from evaluator.engine.ondisk import HANDS, BucketRun, Crew
from evaluator.engine.partition import Span, partition, starts_of
from evaluator.engine.work import Work
from evaluator.filters import BuyerLists
from evaluator.kernel import Context, Facts, FactsOfBuyers, analyze
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
        return not self.always and self.crew is None and bucket.rows.height <= self.limits.part_rows


@dataclass(frozen=True)
class FactsOfBuckets(Facts):
    """Facts of a month, with those of each bucket."""

    buckets: tuple[FactsOfBuyers, ...] = ()

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
    starts = starts_of(bucket, room.bucket_rows, work)
    shutil.rmtree(folder / BUCKETS, ignore_errors=True)
    buckets = partition(month, bucket, items, judged, starts, folder / BUCKETS)
    return BucketRun(buckets, bucket, work, month.shelf, room.always, room.tell, room.crew)


def analyze_buckets(run: BucketRun, lists: BuyerLists, context: Context) -> Facts:
    """SPEC §3 to §6, bucket by bucket. Raises EvaluatorError if conservation (R-A7) does not hold."""
    spans = [bucket.span for bucket in run.buckets]
    facts = together(run.facts(lists, context), spans, run.shelf)
    check_conservation(facts.orders, run.month.paid_totals)
    return facts


def together(parts: list[Facts], spans: list[Span], shelf: Shelf) -> FactsOfBuckets:
    """The facts of all parts, in the order of buyers. Receptions (``r``), sessions (``n``) and services (``v``)
    are numbered on."""
    numbers = dict.fromkeys(COUNTED, 0)
    numbered = []
    for part in parts:
        numbered.append(_numbered_on(part, numbers, shelf))
        for number, name in COUNTED.items():
            numbers[number] += getattr(part, name).height
    whole: dict[str, pl.DataFrame | None] = {}
    for each in fields(Facts):
        frames = [f for part in numbered if (f := getattr(part, each.name)) is not None]
        whole[each.name] = pl.concat(frames) if frames else None
    for name, order in OF_ORDERS.items():
        rows = whole[name]
        assert rows is not None
        whole[name] = shelf.keep(rows.sort(order))
    buckets = tuple(FactsOfBuyers(f, s.first, s.end) for f, s in zip(numbered, spans, strict=True))
    return FactsOfBuckets(**whole, buckets=buckets)  # type: ignore[arg-type]


def _numbered_on(part: Facts, numbers: dict[str, int], shelf: Shelf) -> Facts:
    changed = {}
    for each in fields(Facts):
        frame: pl.DataFrame | None = getattr(part, each.name)
        if frame is not None and (own := [c for c in numbers if c in frame.columns and numbers[c]]):
            moved = frame.select(pl.col(c) + numbers[c] for c in own)
            changed[each.name] = frame.with_columns(shelf.keep(moved))
    return replace(part, **changed)
