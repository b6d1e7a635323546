"""Buckets on a Spark cluster: the same chores on the same files as on one machine, each in a task of its own.

The folder of a run's work must be on all machines. The driver puts a bucket's files there; a task reads them, does
the chore, and puts the result there, whole or not at all; what it tells the driver is a key, a few counts and the
partial sums of all figures. A task that is lost, or done twice, harms nothing: its result is the same, and stands under
the same name."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from evaluator.engine.bundle import Bundle, read_bundle, write_bundle
from evaluator.engine.chores import Chore
from evaluator.engine.cluster import BYTES, INVISIBLE, Cluster, Told
from evaluator.engine.ondisk import Answer
from evaluator.engine.partition import DiskBucket
from evaluator.engine.spans import Span
from evaluator.engine.work import Frames, Work
from evaluator.shelf import Shelf

#: Message rows of a bucket: many more buckets than cores, so that all cores end together, and about 1 GB in a task.
BUCKET_ROWS = 500_000


@dataclass(frozen=True)
class Errand:
    """A chore on each of some buckets, as it travels to the machines. ``results``: the folder of ``Work``."""

    chore: Chore
    places: tuple[tuple[Path, Span], ...]
    results: Path

    def __call__(self, number: int) -> Told:
        begun, host = time.process_time(), socket.gethostname()
        folder, span = self.places[number]
        shelf = Shelf()
        own = read_bundle(_own(folder, self.chore), shelf)
        if own is None:
            return {"error": INVISIBLE.format(host=host, folder=folder)}
        work = Work(self.results, shelf)
        bucket = DiskBucket(folder, span, pl.Series("o", dtype=pl.UInt32))
        results = self.chore.done(bucket, own.frames, work, shelf)
        keys = {kind: result.key for kind, result in results.items()}
        small = {
            name: _packed(result.frames[name])
            for result in results.values()
            for name in self.chore.told
            if name in result.frames
        }
        spent = {"host": host, "cpu_s": time.process_time() - begun}
        return {"keys": keys, "counts": work.counts(), BYTES: small, **spent}


def _own(folder: Path, chore: Chore) -> Path:
    """Where a bucket's own part of a chore lies."""
    return folder / f"own-{chore.name}.bundle"


def _packed(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_ipc(file, compression="zstd")
    return file.getvalue()


@dataclass
class SparkCrew:
    """``Crew`` on a cluster. ``hosts``, ``cpu_s``: who worked so far, and how much."""

    cluster: Cluster
    bucket_rows: int = BUCKET_ROWS
    hosts: set[str] = field(default_factory=set)
    cpu_s: float = 0.0
    done: int = 0

    def do(
        self,
        chore: Chore,
        buckets: Sequence[DiskBucket],
        own: Callable[[DiskBucket], Frames],
        work: Work,
        done: Callable[[int], None],
    ) -> list[Answer]:
        """As of ``Crew``. Errors: those of ``Cluster.each``."""
        for each in buckets:
            write_bundle(_own(each.folder, chore), Bundle("", own(each)))
        errand = Errand(chore, tuple((each.folder, each.span) for each in buckets), work.folder)
        answers = self.cluster.each(len(buckets), errand, done)
        for answer in answers:
            work.count(answer["counts"])
            self.hosts.add(answer["host"])
            self.cpu_s += answer["cpu_s"]
        self.done += len(answers)
        return [
            Answer(answer["keys"], {name: pl.read_ipc(sent) for name, sent in answer[BYTES].items()})
            for answer in answers
        ]

    def told(self) -> str:
        """What the cluster did."""
        return f"Spark 集群：{len(self.hosts)} 台机器，{self.done} 个任务，共 {self.cpu_s:,.1f} 核秒"
