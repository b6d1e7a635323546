"""What is worked out of each bucket: what the ad filter thinks of its buyers, and the facts of SPEC §3 to §6.

A chore is the same for all buckets. With what concerns one bucket alone (``own``: frames by name, in the bucket's
codes) any process that sees the bucket's files can do it, on any machine, more than once, and two at a time: results
are kept under a key that says what they were made from, and put in their place whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import polars as pl

from evaluator.ads.decide import Judges, opinion
from evaluator.ads.talk import Talk, different
from evaluator.ads.wrote import Wrote
from evaluator.engine.grown import BUYERS, Same, facts_of_all
from evaluator.engine.partition import DiskBucket
from evaluator.engine.task import ORDERS, Task, of_bucket, own_moves
from evaluator.engine.work import Frames, Work, key_of
from evaluator.filters import BuyerLists
from evaluator.kernel import Context
from evaluator.prepare import Bucket
from evaluator.shelf import Shelf

OPINIONS, FACTS = "opinions", "facts"
WAS = "was:"  # before the names of frames that say what others were made from
Own = Mapping[str, pl.DataFrame]


class Result(NamedTuple):
    key: str
    frames: Frames


class Chore(Protocol):
    """``own`` has ``BUYERS`` (shop, who, by code) where buckets grow: what is kept then allows to work out only those
    buyers who changed."""

    @property
    def kind(self) -> str:
        """The name under which results are kept."""

    def done(self, bucket: DiskBucket, own: Own, work: Work, shelf: Shelf) -> Result:
        """Its results, found in ``work`` or made and put there."""


# --- the ad filter -----------------------------------------------------------------------------------------------


def own_of_opinions(bucket: DiskBucket, month: Bucket, labels: pl.DataFrame) -> Frames:
    """``labels``: b, ad, of the month."""
    shops = month.codes.buyers.select("s").slice(bucket.span.first, bucket.span.end - bucket.span.first)
    return {"labels": of_bucket(labels, bucket), "shops": shops}


@dataclass(frozen=True)
class Opinions:
    """What the ad filter thinks of the buyers (R-F3): the frames of ``ads.decide.Opinion``. ``period``: its first day
    and its end."""

    judges: Judges
    period: tuple[int, int]
    kind: str = OPINIONS

    def done(self, bucket: DiskBucket, own: Own, work: Work, shelf: Shelf) -> Result:
        talk = _talk(bucket, own["shops"]["s"], self.period)
        asked = _Asked(talk, own["labels"], self.judges)
        key = asked.key()
        frames = work.find(self.kind, bucket.span.number, key)
        if frames is None:
            made = _thought(asked, work, bucket.span.number, key, own.get(BUYERS))
            frames = work.keep(self.kind, bucket.span.number, key, made)
        return Result(key, frames)


@dataclass(frozen=True)
class _Asked:
    """What the ad filter is asked about a bucket, in its codes. ``labels``: b, ad."""

    talk: Talk
    labels: pl.DataFrame
    judges: Judges

    def evidence(self) -> Frames:
        return {"said": self.talk.said.said()} | self._rest()

    def _rest(self) -> Frames:
        return {"messages": self.talk.messages, "labels": self.labels.sort("b")}

    def key(self) -> str:
        """As of ``Task``."""
        said = {"said": self.talk.said.rows, "texts": self.talk.said.texts.to_frame()}
        return f"{self.judges.key}:{key_of((said | self._rest()).items(), self.judges.key)}"

    def opinion(self) -> Frames:
        return opinion(self.talk, self.labels, self.judges)._asdict()

    def without(self, same: Same) -> _Asked:
        said = self.talk.said
        talk = Talk(said.of_rows(same.without(said.rows)), same.without(self.talk.messages))
        return _Asked(talk, same.without(self.labels), self.judges)


def _thought(asked: _Asked, work: Work, number: int, key: str, buyers: pl.DataFrame | None) -> Frames:
    if buyers is None:
        return asked.opinion()
    now = asked.evidence() | {BUYERS: buyers}
    kept, last = _marked(now), work.last(OPINIONS, number)
    if last is None or _rules(last.key) != _rules(key):
        return asked.opinion() | kept
    same = Same.of(_unmarked(last.frames), now)
    again = asked.without(same).opinion()
    return {n: pl.concat([same.taken(last.frames[n]), again[n]]) for n in again} | kept


def _talk(bucket: DiskBucket, shops: pl.Series, period: tuple[int, int]) -> Talk:
    """As ``ads.talk.judged`` gives it, of one bucket. ``shops``: of its buyers."""
    said = bucket.said()
    said = said.with_columns(shops.gather(said["b"]).cast(pl.Int16).alias("s"))
    first, end = period
    asked = pl.col("day").is_between(first, end - 1) & pl.col("b").is_in(said["b"].unique().implode())
    return Talk(different(Wrote.of(said.select("b", "a", "s", "text"))), bucket.spoken(asked))


# --- facts -------------------------------------------------------------------------------------------------------


def own_of_facts(bucket: DiskBucket, lists: BuyerLists, moves: pl.DataFrame | None) -> Frames:
    """``lists``, ``moves``: the month's."""
    found = {n: of_bucket(getattr(lists, n), bucket) for n in ("internal", "manual", "ads")}
    return found if moves is None else found | {"moves": own_moves(moves, bucket)}


@dataclass(frozen=True)
class AllFacts:
    """SPEC §3 to §6, in the bucket's codes: the frames of ``Facts`` by name. ``context``: without ``moves``, which are
    each bucket's own."""

    context: Context
    kind: str = FACTS

    def done(self, bucket: DiskBucket, own: Own, work: Work, shelf: Shelf) -> Result:
        lists = BuyerLists(own["internal"], own["manual"], own["ads"])
        task = Task(bucket.read(shelf), lists, replace(self.context, moves=own.get("moves")))
        key = task.key()
        frames = work.find(self.kind, bucket.span.number, key)
        if frames is None:
            made = _analyzed(task, work, bucket.span.number, key, own.get(BUYERS))
            frames = work.keep(self.kind, bucket.span.number, key, made)
        return Result(key, frames)


def _analyzed(task: Task, work: Work, number: int, key: str, buyers: pl.DataFrame | None) -> Frames:
    """The facts of a bucket; where buckets grow, only what changed is worked out."""
    if buyers is None:
        return task.facts()
    now = task.evidence(buyers)
    last = work.last(FACTS, number)
    if last is None or _rules(last.key) != _rules(key):
        return task.facts() | _marked(now)
    was = _unmarked(last.frames)
    same = task.same(was, now)
    work.spare(same.codes.height)
    facts = {name: frame for name, frame in last.frames.items() if not name.startswith(WAS)}
    found = facts_of_all(same, facts, task.without(same).facts(), (was[ORDERS], now[ORDERS]))
    return found | _marked(now)


# --- keys and evidence -------------------------------------------------------------------------------------------


def _rules(key: str) -> str:
    """Of a key, what holds for every buyer."""
    return key.partition(":")[0]


def _marked(evidence: Frames) -> Frames:
    return {f"{WAS}{name}": frame for name, frame in evidence.items()}


def _unmarked(frames: Frames) -> Frames:
    return {n.removeprefix(WAS): frame for n, frame in frames.items() if n.startswith(WAS)}
