"""The same month on a Spark cluster (a master and two workers, real processes): the same tables, exactly."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sparkcluster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle.rawmonth import RawMonth, write_month
from oracle.strategy import months
from same import assert_same

from evaluator.engine.cluster import Cluster, Greeting, open_cluster
from evaluator.engine.local import Room
from evaluator.engine.spark import SparkCrew
from evaluator.evaluation import Evaluation
from evaluator.model import EvaluatorError
from evaluator.output import write_data
from evaluator.run import evaluate_month
from evaluator.shelf import Limits

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


@pytest.fixture(scope="module")
def cluster(machines: sparkcluster.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with open_cluster(machines.url, tmp_path_factory.mktemp("shared")) as opened:
        yield opened


def evaluated(
    month: Path, cluster: Cluster, work: Path, part_rows: int, cache: bool = False
) -> tuple[Evaluation, SparkCrew]:
    crew = SparkCrew(cluster)
    limits = Limits(loose=1, worthwhile=0, slice_rows=1000, part_rows=part_rows)
    return evaluate_month(month, scratch=work, room=Room(limits, work / "work", cache, crew=crew)), crew


def results(work: Path) -> dict[Path, int]:
    """What was worked out, and when it was written."""
    return {path: path.stat().st_mtime_ns for path in (work / "work").glob("*-*.bundle")}


def test_the_demo_month_twice(
    demo_month: Path, demo: Evaluation, demo_out: Path, cluster: Cluster, tmp_path: Path
) -> None:
    """The second time the cluster finds everything."""
    got, crew = evaluated(demo_month, cluster, tmp_path, 4000, cache=True)
    assert crew.done > 10, "in several buckets"
    assert_same(got, demo)
    (tmp_path / "out").mkdir()
    write_data(got, tmp_path / "out")
    for path in sorted((demo_out / "tables").iterdir()):
        assert (tmp_path / "out" / "tables" / path.name).read_bytes() == path.read_bytes(), path.name
    made = results(tmp_path)
    again, _ = evaluated(demo_month, cluster, tmp_path, 4000, cache=True)
    assert results(tmp_path) == made
    assert_same(again, demo)


def compare(month: RawMonth, cluster: Cluster, part_rows: int) -> None:
    with tempfile.TemporaryDirectory(dir=cluster.folder) as name:
        folder = write_month(month, Path(name) / "month")
        got, crew = evaluated(folder, cluster, Path(name), part_rows)
        assert crew.done
        assert_same(got, evaluate_month(folder))


def test_random_months(cluster: Cluster) -> None:
    @settings(max_examples=3, **CALM)  # type: ignore[arg-type]
    @given(months(), st.sampled_from([1, 5, 1000]))
    def each(month: RawMonth, part_rows: int) -> None:
        compare(month, cluster, part_rows)

    each()


@pytest.mark.heavy
def test_many_random_months(cluster: Cluster) -> None:
    @settings(max_examples=60, **CALM)  # type: ignore[arg-type]
    @given(months(), st.sampled_from([1, 2, 5, 1000]))
    def each(month: RawMonth, part_rows: int) -> None:
        compare(month, cluster, part_rows)

    each()


def killed_at(machines: sparkcluster.Cluster, work: Path, results: int, found: list[int]) -> None:
    """Kills a worker with all that runs under it once so many facts stand in the folder."""
    while (done := len(list(work.glob("facts-*.bundle")))) < results:
        time.sleep(0.005)
    machines.workers[0].kill()
    found.append(done)


def test_a_worker_is_killed(
    machines: sparkcluster.Cluster, demo_month: Path, demo: Evaluation, cluster: Cluster, tmp_path: Path
) -> None:
    found: list[int] = []
    killer = threading.Thread(target=killed_at, args=(machines, tmp_path / "work", 2, found), daemon=True)
    killer.start()
    got, crew = evaluated(demo_month, cluster, tmp_path, 1500)
    killer.join()
    assert machines.workers[0].process.poll() is not None
    assert found[0] < crew.done / 2 - 5, "it was killed with buckets left"
    assert_same(got, demo)
    machines.whole()


def test_a_folder_that_machines_do_not_see(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match=r"看不到共享文件夹.*--cache"):
        cluster.each(2, Greeting(tmp_path / "absent", "token"))


def test_a_task_that_fails_everywhere(cluster: Cluster) -> None:
    with pytest.raises(EvaluatorError, match=r"集群上的计算失败：ZeroDivisionError: number 0；"):
        cluster.each(1, sparkcluster.broken)
