"""A month that is analysed bucket by bucket from disk, each by the same kernel; finished buckets are kept (``Work``).

Two passes over the buckets: what the ad filter thinks of each one's buyers, which it puts together over all of them;
then, with the lists of who is filtered, the kernel. A crew may do them elsewhere; what it kept is put together here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Protocol

import polars as pl

from evaluator.ads.decide import Judges, Opinion
from evaluator.engine.chores import (
    FACTS,
    FIGURES,
    OPINIONS,
    TALLY,
    AllFacts,
    Chore,
    Opinions,
    own_of_facts,
    own_of_opinions,
)
from evaluator.engine.grown import BUYERS
from evaluator.engine.partition import DiskBucket
from evaluator.engine.work import Frames, Work
from evaluator.filters import BuyerLists
from evaluator.kernel import Context, Facts
from evaluator.metrics.counting import Count
from evaluator.prepare import Bucket
from evaluator.shelf import Shelf
from evaluator.stopwatch import Counted

Tell = Callable[[str], None]
#: Buckets that this process works on at a time: what is not done on all cores in one is done beside the other.
HANDS = min(2, os.cpu_count() or 1)


class Answer(NamedTuple):
    """Of one bucket: the keys of its results by kind, and frames that came along (``Chore.told``)."""

    keys: Mapping[str, str]
    told: Frames


class Crew(Protocol):
    """Others who do chores."""

    def do(
        self,
        chore: Chore,
        buckets: Sequence[DiskBucket],
        own: Callable[[DiskBucket], Frames],
        work: Work,
        done: Callable[[int], None],
    ) -> list[Answer]:
        """Has the results of all buckets put into ``work``. ``done``: told how many there are so far."""


@dataclass(frozen=True)
class BucketRun:
    """The buckets of a month, and where what comes of them is kept. ``grows``: with what is needed to work out only
    those buyers who changed. ``crew``: None: this process does it."""

    buckets: Sequence[DiskBucket]
    month: Bucket
    work: Work
    shelf: Shelf
    grows: bool = False
    tell: Tell | None = None
    crew: Crew | None = None

    def opinions(self, labels: pl.DataFrame, judges: Judges, period: tuple[int, int]) -> Iterator[Opinion]:
        """What the ad filter thinks of the buyers of each bucket (R-F3). ``labels``: b, ad."""

        def own(each: DiskBucket) -> Frames:
            return own_of_opinions(each, self.month, labels) | self._names(each)

        for each, found in self._results("分辨广告", Opinions(judges, period), own):
            yield Opinion(*(_in_codes(found[OPINIONS][n], each, self.shelf) for n in Opinion._fields))

    def facts(self, lists: BuyerLists, context: Context, count: Count | None) -> Iterator[OfBucket]:
        """SPEC §3 to §6 of each bucket, in the codes of the month but for r, n and v, and what was counted of it."""

        def own(each: DiskBucket) -> Frames:
            return own_of_facts(each, self.month, lists, context.moves) | self._names(each)

        chore = AllFacts(replace(context, moves=None), count)
        for each, found in self._results("分析会话、询单与归属", chore, own):
            facts = _in_month(found[FACTS], each, self.shelf)
            made = {name: _in_codes(f, each, self.shelf) for name, f in found.get(FIGURES, {}).items()}
            yield OfBucket(facts, made.pop(TALLY, None), made)

    def _names(self, each: DiskBucket) -> Frames:
        return {BUYERS: each.buyers(self.month)} if self.grows else {}

    def _results(
        self, doing: str, chore: Chore, own: Callable[[DiskBucket], Frames]
    ) -> Iterator[tuple[DiskBucket, dict[str, Frames]]]:
        """By kind, of one bucket after the other; told how far it is."""
        made = self.crew and self.crew.do(chore, self.buckets, own, self.work, lambda n: self._told(doing, n))

        def results(n: int, each: DiskBucket) -> dict[str, Frames]:
            found = self._brought(each, made[n]) if made else None
            if found is None:  # nobody else did it, or it was lost on the way
                done = chore.done(each, own(each), self.work, self.shelf)
                found = {kind: result.frames for kind, result in done.items()}
            return found

        with ThreadPoolExecutor(HANDS) as hands:
            found = hands.map(results, range(len(self.buckets)), self.buckets)
            for n, each in enumerate(self.buckets):
                if not made:
                    self._told(doing, n)
                yield each, next(found)

    def _told(self, doing: str, done: int) -> None:
        of = len(self.buckets)
        if self.tell and of > 1:
            again = sum(self.work.taken.values())
            taken = f"（沿用已算好的 {again} 份）" if again else ""
            self.tell(Counted(f"{doing}：第 {min(done + 1, of)} / {of} 桶{taken}", done, of))

    def _brought(self, each: DiskBucket, answer: Answer) -> dict[str, Frames] | None:
        """What others did; None where some of it is not there."""
        found = {}
        for kind, key in answer.keys.items():
            frames = self.work.brought(kind, each.span.number, key)
            if frames is None:
                return None
            found[kind] = {name: answer.told.get(name, frame) for name, frame in frames.items()}
        return found


@dataclass(frozen=True)
class OfBucket:
    """What is known of a bucket's buyers; of their orders what the kernel adds. ``tally``, ``made``: as ``Count.of``
    gives them, None and nothing where nothing was counted."""

    facts: Facts
    tally: pl.DataFrame | None
    made: Frames


def _in_month(frames: Frames, each: DiskBucket, shelf: Shelf) -> Facts:
    """Facts of a bucket with the month's ``b`` and ``o``; of the orders only what the kernel adds."""
    known = {f.name: frames.get(f.name) for f in fields(Facts)}
    found = {name: None if f is None else _in_codes(f, each, shelf) for name, f in known.items()}
    return Facts(**found)  # type: ignore[arg-type]


def _in_codes(frame: pl.DataFrame, each: DiskBucket, shelf: Shelf) -> pl.DataFrame:
    """The frame with the month's ``b`` and ``o``; all else stays where it is."""
    codes = []
    if "b" in frame.columns:
        codes.append(frame["b"] + each.span.first)
    if "o" in frame.columns:
        codes.append(each.orders.gather(frame["o"]).alias("o"))
    return frame.with_columns(shelf.keep(pl.DataFrame(codes))) if codes else frame
