"""``evaluator run``: a month into a folder, within a bound of memory, resuming what was killed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.engine.memory import bound_of, open_many_files
from evaluator.errors import EvaluatorError
from evaluator.reportoptions import AS_USUAL, ReportOptions

if TYPE_CHECKING:
    from evaluator.engine.local import Room
    from evaluator.engine.spark import SparkCrew
    from evaluator.evaluation import Evaluation

LOCK, KEPT = "lock", ".bundle"
BUSY = "另一个 evaluator 正在算同一个结果（{folder} 被占用）；请等它算完，或换一个 --out"
NOT_OURS = "--cache {folder} 里已有别的文件（{what}）；请指定一个空文件夹，或以前用作 --cache 的文件夹"
INSIDE = "--cache {folder} 在月份文件夹或结果文件夹里面；请放到别处"


@dataclass(frozen=True)
class Spark:
    """A cluster. ``master``: its address; None: spark-submit knows it."""

    master: str | None = None


@dataclass(frozen=True)
class Order:
    """What is asked for. ``memory``: bytes; ``cache``: folder of bucket results that is kept;
    ``spark``: where buckets are worked on; None: here."""

    month: Path
    out: Path
    memory: int
    cache: Path | None = None
    ledger: str | None = None
    reports: ReportOptions = AS_USUAL
    spark: Spark | None = None

    @classmethod
    def of(
        cls,
        month: Path,
        out: Path,
        memory: str | None = None,
        cache: Path | None = None,
        ledger: str | None = None,
        reports: ReportOptions = AS_USUAL,
        spark: Spark | None = None,
    ) -> Order:
        """From what was typed. Errors: EvaluatorError."""
        if cache is not None:
            _check_cache(cache.resolve(), (month.resolve(), out.resolve()))
        return cls(month, out, bound_of(memory), cache, ledger, reports, spark)

    @property
    def work(self) -> Path:
        """Folder beside ``out`` that is there while the run is not done."""
        out = self.out.resolve()
        return out.parent / f".{out.name}.work"

    @property
    def buckets(self) -> Path:
        """Where results of buckets stand."""
        return self.work if self.cache is None else self.cache.resolve()


def _check_cache(cache: Path, elsewhere: tuple[Path, ...]) -> None:
    if any(folder in (cache, *cache.parents) for folder in elsewhere):
        raise EvaluatorError(INSIDE.format(folder=cache))
    if cache.exists() and not cache.is_dir():
        raise EvaluatorError(f"--cache {cache} 是一个文件；请指定一个文件夹")
    foreign = sorted(p.name for p in cache.iterdir() if not _ours(p)) if cache.is_dir() else []
    if foreign:
        raise EvaluatorError(NOT_OURS.format(folder=cache, what="、".join(foreign[:5])))


def _ours(path: Path) -> bool:
    return path.suffix == KEPT or path.name in (LOCK, "buckets") or path.name.startswith(".")


@dataclass(frozen=True)
class Done:
    """A run that was carried out: what it found, and a line on what was taken from earlier ones ("" if nothing)."""

    evaluation: Evaluation
    reused: str


def carry_out(order: Order, tell: Callable[[str], None] | None = None) -> Done:
    """Evaluates and writes. A run that was killed goes on at its first unfinished bucket. Errors: EvaluatorError."""
    from evaluator.ledger.commands import asking
    from evaluator.output import check_target
    from evaluator.run import evaluate_month

    open_many_files()
    target = check_target(order.out, order.month)
    bring = asking(order.ledger, target) if order.ledger else None
    with ExitStack() as held:
        for folder in {order.buckets, order.work}:
            held.enter_context(_alone(folder))
        crew = held.enter_context(_crew(order))
        room = _room(order, tell, crew)
        evaluation = evaluate_month(order.month, tell, target.parent, bring, room)
        evaluation.save(order.out, tell, order.reports, order.work if order.work.is_dir() else None)
        shutil.rmtree(order.work, ignore_errors=True)
    return Done(evaluation, "\n".join(line for line in (room.told(), crew.told() if crew else "") if line))


def _room(order: Order, tell: Callable[[str], None] | None, crew: SparkCrew | None) -> Room:
    from evaluator.engine.local import Room
    from evaluator.shelf import Limits

    limits = Limits.within(order.memory)
    if crew is not None:
        limits = replace(limits, part_rows=min(limits.part_rows, crew.bucket_rows))
    return Room(limits, order.buckets, order.cache is not None, tell, crew)


@contextmanager
def _crew(order: Order) -> Iterator[SparkCrew | None]:
    """Opened before anything is read: what is wrong with a cluster is told at once."""
    if order.spark is None:
        yield None
        return
    from evaluator.engine.cluster import open_cluster
    from evaluator.engine.spark import SparkCrew

    with open_cluster(order.spark.master, order.buckets, f"evaluator {order.month.name}") as cluster:
        yield SparkCrew(cluster)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else works in the folder, where the system can tell. What a killed run left there half-done goes; the
    folder, too, if nothing finished is left in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("w")
    except OSError as error:
        raise EvaluatorError(f"不能写到 {folder}：{error.strerror}；请指定有写权限的位置") from error
    with file:
        _lock(file.fileno(), folder)
        for path in folder.iterdir():
            if path.name != LOCK and path.suffix != KEPT:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        try:
            yield
        finally:
            if folder.is_dir() and {p.name for p in folder.iterdir()} == {LOCK}:
                shutil.rmtree(folder, ignore_errors=True)


def _lock(handle: int, folder: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: two runs at once would write the same results
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise EvaluatorError(BUSY.format(folder=folder)) from None
    except OSError:  # a network file system that knows no locks
        return
