"""What is worked out of each bucket: what the ad filter thinks of its buyers, and the facts of SPEC §3 to §6.

A chore is the same for all buckets. With what concerns one bucket alone (``own``: frames by name, in the bucket's
codes) any process that sees the bucket's files can do it, on any machine, more than once, and two at a time: results
are kept under a key that says what they were made from, and put in their place whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Protocol

import polars as pl

from evaluator.ads.decide import Judges, opinion
from evaluator.ads.talk import Talk, different
from evaluator.ads.wrote import Wrote
from evaluator.engine.grown import BUYERS, Same, facts_of_all
from evaluator.engine.partition import DiskBucket
from evaluator.engine.task import ORDERS, Task, key_of_facts, of_bucket, own_moves
from evaluator.engine.work import Frames, Work, key_of
from evaluator.filters import BuyerLists
from evaluator.kernel import Context, Facts
from evaluator.metrics.counting import Count
from evaluator.prepare import Bucket
from evaluator.shelf import Shelf

OPINIONS, FACTS, FIGURES = "opinions", "facts", "figures"
TALLY = "tally"  # of the frames of FIGURES; the others are facts by name
WAS = "was:"  # before the names of frames that say what others were made from
Own = Mapping[str, pl.DataFrame]


class Result(NamedTuple):
    key: str
    frames: Frames


Results = Mapping[str, Result]  # by the kind under which they are kept


class Chore(Protocol):
    """``own`` has ``BUYERS`` (shop, who, by code) where buckets grow: what is kept then allows to work out only those
    buyers who changed."""

    @property
    def name(self) -> str:
        """What tells its ``own`` frames from those of another chore."""

    @property
    def told(self) -> tuple[str, ...]:
        """Names of frames that are small: who does the chore elsewhere sends them along."""

    def done(self, bucket: DiskBucket, own: Own, work: Work, shelf: Shelf) -> Results:
        """Its results, found in ``work`` or made and put there."""


def _found_or_made(
    kind: str, number: int, key: str, work: Work, make: Callable[[], Frames]
) -> dict[str, Result]:
    frames = work.find(kind, number, key)
    return {kind: Result(key, work.keep(kind, number, key, make()) if frames is None else frames)}


# --- the ad filter -----------------------------------------------------------------------------------------------


def own_of_opinions(bucket: DiskBucket, month: Bucket, labels: pl.DataFrame) -> Frames:
    """``labels``: b, ad, of the month."""
    return {"labels": of_bucket(labels, bucket), "shops": _shops(bucket, month)}


def _shops(bucket: DiskBucket, month: Bucket) -> pl.DataFrame:
    """``s`` of its buyers, by code."""
    return bucket.span.buyers(month.codes.buyers.select("s"))


@dataclass(frozen=True)
class Opinions:
    """What the ad filter thinks of the buyers (R-F3): the frames of ``ads.decide.Opinion``. ``period``: its first day
    and its end."""

    judges: Judges
    period: tuple[int, int]
    name: str = OPINIONS
    told: tuple[str, ...] = ()

    def done(self, bucket: DiskBucket, own: Own, work: Work, shelf: Shelf) -> Results:
        judges, labels, shops, number = self.judges, own["labels"], own["shops"], bucket.span.number
        given = [*bucket.talk(), ("labels", labels.sort("b")), ("shops", shops)]
        key = f"{judges.key}:{key_of(given, judges.key, self.period)}"

        def made() -> Frames:
            asked = _Asked(_talk(bucket, shops["s"], self.period), labels, judges)
            return _thought(asked, work, number, key, own.get(BUYERS))

        return _found_or_made(OPINIONS, number, key, work, made)


@dataclass(frozen=True)
class _Asked:
    """What the ad filter is asked about a bucket, in its codes. ``labels``: b, ad."""

    talk: Talk
    labels: pl.DataFrame
    judges: Judges

    def evidence(self) -> Frames:
        said, labels = self.talk.said.said(), self.labels.sort("b")
        return {"said": said, "messages": self.talk.messages, "labels": labels}

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


def own_of_facts(bucket: DiskBucket, month: Bucket, lists: BuyerLists, moves: pl.DataFrame | None) -> Frames:
    """``lists``, ``moves``: the month's."""
    found = {n: of_bucket(getattr(lists, n), bucket) for n in ("internal", "manual", "ads")}
    found["shops"] = _shops(bucket, month)
    return found if moves is None else found | {"moves": own_moves(moves, bucket)}


@dataclass(frozen=True)
class AllFacts:
    """SPEC §3 to §6, in the bucket's codes: the frames of ``Facts`` by name; and what is counted of them. ``context``:
    without ``moves``, which are each bucket's own."""

    context: Context
    count: Count | None = None
    name: str = FACTS
    told: tuple[str, ...] = (TALLY,)

    def done(self, bucket: DiskBucket, own: Own, work: Work, shelf: Shelf) -> Results:
        lists, number = BuyerLists(own["internal"], own["manual"], own["ads"]), bucket.span.number
        context = replace(self.context, moves=own.get("moves"))
        key = key_of_facts(bucket.content(shelf), lists, context)

        def made() -> Frames:
            return _analyzed(Task(bucket.read(shelf), lists, context), work, number, key, own.get(BUYERS))

        found = _found_or_made(FACTS, number, key, work, made)
        if self.count is None:
            return found
        facts, shops, count = found[FACTS].frames, own["shops"], self.count
        counted = key_of([("shops", shops), ("groups", count.groups)], key, count.windows, count.last_message)
        return found | _found_or_made(FIGURES, number, counted, work, lambda: _figures(count, facts, shops))


def _figures(count: Count, facts: Frames, shops: pl.DataFrame) -> Frames:
    """The tally of a bucket, and the facts of the period by name."""
    of_buyers = Facts(**{f.name: facts.get(f.name) for f in fields(Facts)})  # type: ignore[arg-type]
    tally, kept = count.of(of_buyers, shops["s"])
    return {TALLY: tally, **kept}


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
    work.count({"unchanged": same.codes.height})
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
