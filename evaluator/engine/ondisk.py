"""A month that is analysed bucket by bucket from disk, each by the same kernel; finished buckets are kept (``Work``).

Two passes over the buckets: what the ad filter thinks of each one's buyers, which it puts together over all of them;
then, with the lists of who is filtered, the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from time import monotonic

import polars as pl

from evaluator.ads.decide import Judges, Opinion, opinion
from evaluator.ads.talk import Talk
from evaluator.engine.grown import BUYERS, Same, facts_of_all
from evaluator.engine.partition import Coded, DiskBucket
from evaluator.engine.task import ORDERS, Task, of_bucket, task_of
from evaluator.engine.work import Frames, Work, key_of
from evaluator.filters import BuyerLists
from evaluator.kernel import Context, Facts
from evaluator.prepare import Bucket
from evaluator.shelf import Shelf

OPINIONS, FACTS = "opinions", "facts"
WAS = "was:"  # before the names of frames that say what others were made from
Tell = Callable[[str], None]


@dataclass(frozen=True)
class BucketRun:
    """The buckets of a month, and where what comes of them is kept. ``grows``: with what is needed to work out only
    those buyers who changed."""

    buckets: Sequence[DiskBucket]
    month: Bucket
    work: Work
    shelf: Shelf
    grows: bool = False
    tell: Tell | None = None

    def _each(self, doing: str) -> Iterator[DiskBucket]:
        """One bucket after the other, with the time left told."""
        begun, count = monotonic(), len(self.buckets)
        for n, each in enumerate(self.buckets):
            if self.tell and count > 1:
                left = f"，约剩 {_spoken((monotonic() - begun) / n * (count - n))}" if n else ""
                self.tell(f"{doing}：第 {n + 1} / {count} 桶{left}")
            yield each
            self.shelf.rest()

    def opinions(self, labels: pl.DataFrame, judges: Judges, period: tuple[int, int]) -> Iterator[Opinion]:
        """What the ad filter thinks of the buyers of each bucket (R-F3). ``labels``: b, ad."""
        for each in self._each("分辨广告"):
            talk = _talk(each.read(self.shelf), each, self.month, period)
            asked = _Asked(talk, of_bucket(labels, each), judges)
            key = asked.key()
            frames = self.work.find(OPINIONS, each.span.number, key)
            if frames is None:
                frames = self.work.keep(OPINIONS, each.span.number, key, self._thought(asked, each, key))
            yield Opinion(*(_in_codes(frames[n], each, self.shelf) for n in Opinion._fields))

    def _thought(self, asked: _Asked, each: DiskBucket, key: str) -> Frames:
        if not self.grows:
            return asked.opinion()
        now = asked.evidence() | {BUYERS: each.buyers(self.month)}
        kept, last = _marked(now), self.work.last(OPINIONS, each.span.number)
        if last is None or _rules(last.key) != _rules(key):
            return asked.opinion() | kept
        same = Same.of(_unmarked(last.frames), now)
        again = asked.without(same).opinion()
        return {n: pl.concat([same.taken(last.frames[n]), again[n]]) for n in again} | kept

    def facts(self, lists: BuyerLists, context: Context) -> list[Facts]:
        """SPEC §3 to §6 of each bucket, in the codes of the month but for r, n and v."""
        return [self._facts(each, lists, context) for each in self._each("分析会话、询单与归属")]

    def _facts(self, each: DiskBucket, lists: BuyerLists, context: Context) -> Facts:
        task = task_of(each.read(self.shelf), lists, context, each)
        key = task.key()
        frames = self.work.find(FACTS, each.span.number, key)
        if frames is None:
            frames = self.work.keep(FACTS, each.span.number, key, self._analyzed(task, each, key))
        return _in_month(frames, each, self.month, self.shelf)

    def _analyzed(self, task: Task, each: DiskBucket, key: str) -> Frames:
        """The facts of a bucket; where buckets grow, only what changed is worked out."""
        if not self.grows:
            return task.facts()
        now = task.evidence(each.buyers(self.month))
        last = self.work.last(FACTS, each.span.number)
        if last is None or _rules(last.key) != _rules(key):
            return task.facts() | _marked(now)
        was = _unmarked(last.frames)
        same = task.same(was, now)
        self.work.unchanged += same.codes.height
        facts = {name: frame for name, frame in last.frames.items() if not name.startswith(WAS)}
        found = facts_of_all(same, facts, task.without(same).facts(), (was[ORDERS], now[ORDERS]))
        return found | _marked(now)


def _rules(key: str) -> str:
    """Of a key, what holds for every buyer."""
    return key.partition(":")[0]


def _marked(evidence: Frames) -> Frames:
    return {f"{WAS}{name}": frame for name, frame in evidence.items()}


def _unmarked(frames: Frames) -> Frames:
    return {n.removeprefix(WAS): frame for n, frame in frames.items() if n.startswith(WAS)}


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"


# --- the ad filter -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """What the ad filter is asked about a bucket, in its codes. ``labels``: b, ad."""

    talk: Talk
    labels: pl.DataFrame
    judges: Judges

    def evidence(self) -> Frames:
        return {"said": self.talk.said, "messages": self.talk.messages, "labels": self.labels.sort("b")}

    def key(self) -> str:
        """As of ``Task``."""
        return f"{self.judges.key}:{key_of(self.evidence().items(), self.judges.key)}"

    def opinion(self) -> Frames:
        return opinion(self.talk, self.labels, self.judges)._asdict()

    def without(self, same: Same) -> _Asked:
        talk = Talk(same.without(self.talk.said), same.without(self.talk.messages))
        return _Asked(talk, same.without(self.labels), self.judges)


def _talk(coded: Coded, each: DiskBucket, month: Bucket, period: tuple[int, int]) -> Talk:
    """As ``ads.talk.judged`` gives it, of one bucket."""
    shops = month.codes.buyers["s"].slice(each.span.first, each.span.end - each.span.first)
    said = coded.said.select(
        "b",
        "a",
        pl.col("b").map_batches(shops.gather, return_dtype=pl.Int16).alias("s"),
        pl.col("text").fill_null(""),
    ).unique(maintain_order=True)
    first, end = period
    inside = coded.part.messages.filter(pl.col("day").is_between(first, end - 1))
    messages = inside.join(said.select("b").unique(), on="b", how="semi", maintain_order="left")
    return Talk(said, messages.select("b", "buyer_msg", "human"))


# --- facts -------------------------------------------------------------------------------------------------------


def _in_month(frames: Frames, each: DiskBucket, month: Bucket, shelf: Shelf) -> Facts:
    """Facts of a bucket with the month's ``b`` and ``o``."""
    found = {f.name: frames.get(f.name) for f in fields(Facts)}
    for name, frame in found.items():
        found[name] = None if frame is None else _in_codes(frame, each, shelf)
    judged = frames["orders"].drop("o")
    found["orders"] = shelf.keep(month.orders[each.orders].hstack(judged.get_columns()))
    return Facts(**found)  # type: ignore[arg-type]


def _in_codes(frame: pl.DataFrame, each: DiskBucket, shelf: Shelf) -> pl.DataFrame:
    """The frame with the month's ``b`` and ``o``; all else stays where it is."""
    codes = []
    if "b" in frame.columns:
        codes.append(frame["b"] + each.span.first)
    if "o" in frame.columns:
        codes.append(each.orders.gather(frame["o"]).alias("o"))
    return frame.with_columns(shelf.keep(pl.DataFrame(codes))) if codes else frame
