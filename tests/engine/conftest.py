"""What the Spark tests share: one cluster a test process, started when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sparkcluster


@pytest.fixture(scope="session")
def _machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sparkcluster.Cluster]:
    """A cluster that is not started, and the environment of its users. Skips where there can be none."""
    if why := sparkcluster.missing():
        pytest.skip(why)
    cluster = sparkcluster.Cluster(tmp_path_factory.mktemp("cluster"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment().items():
            patch.setenv(name, value)
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def spark_settings(_machines: sparkcluster.Cluster) -> None:
    """The environment of somebody who uses Spark."""


@pytest.fixture(scope="session")
def machines(_machines: sparkcluster.Cluster) -> sparkcluster.Cluster:
    """A master and two workers. A test that kills one starts another."""
    _machines.start().whole()
    return _machines
