"""Reaching a Spark cluster, and what is said when it cannot be reached or used."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sparkcluster
from typer.testing import CliRunner, Result

from evaluator.cli import app
from evaluator.engine.cluster import Cluster, Greeting, Task, Told, open_cluster
from evaluator.engine.work import program_key
from evaluator.model import EvaluatorError


@pytest.fixture
def somebody() -> Iterator[str]:
    """An address at which somebody listens, who is no Spark master."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"spark://127.0.0.1:{server.getsockname()[1]}"


def refusal(master: str | None, folder: Path) -> str:
    with pytest.raises(EvaluatorError) as found, open_cluster(master, folder):
        pass
    return str(found.value)


def test_without_pyspark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, somebody: str) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert 'pip install "evaluator[spark]"' in refusal(somebody, tmp_path)


needs_pyspark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed"
)


@needs_pyspark
def test_without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, somebody: str) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "找不到 Java" in refusal(somebody, tmp_path)


def java(folder: Path, says: str) -> Path:
    """A Java home whose Java says this of itself."""
    path = folder / "bin" / "java"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\n", "utf-8")
    path.chmod(0o755)
    return folder


@needs_pyspark
@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for Java")
@pytest.mark.parametrize(
    "says, is_java", [('openjdk version "11.0.2"', "11"), ('java version "1.8.0_402"', "8")]
)
def test_an_old_java(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, somebody: str, says: str, is_java: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, says)))
    assert f"是 Java {is_java}，" in refusal(somebody, tmp_path)


@pytest.fixture
def any_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, 'openjdk version "17.0.1"')))


@needs_pyspark
@pytest.mark.usefixtures("any_java")
@pytest.mark.parametrize(
    "master",
    ["http://master:8080", "spark://master", "spark://master:0", "spark://master:http", "7077", "local[4"],
)
def test_an_address_that_is_none(tmp_path: Path, master: str) -> None:
    said = refusal(master, tmp_path)
    assert master in said and "不是 Spark 集群的地址" in said


@needs_pyspark
@pytest.mark.usefixtures("any_java")
def test_nobody_at_that_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert f"连不上 Spark 主节点 spark://127.0.0.1:{port}" in refusal(f"spark://127.0.0.1:{port}", tmp_path)


@needs_pyspark
@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
def test_somebody_who_is_no_master(somebody: str, tmp_path: Path) -> None:
    """Spark gives up after a minute."""
    command = [sys.executable, "-m", "evaluator", "run", str(tmp_path), "--out", str(tmp_path / "out")]
    got = subprocess.run(
        [*command, "--engine", "spark", "--master", somebody], capture_output=True, text=True, timeout=300
    )
    assert got.returncode and f"{somebody} 有程序在监听，但没有像 Spark 主节点那样应答" in got.stderr


@pytest.mark.heavy
def test_a_cluster_without_workers(spark_settings: None, tmp_path: Path) -> None:
    lonely = sparkcluster.Cluster(tmp_path)
    try:
        lonely.start()
        with (
            pytest.raises(EvaluatorError, match="在 3 秒内没有给出一个可用的执行器"),
            open_cluster(lonely.url, tmp_path, patience_s=3),
        ):
            pass
    finally:
        lonely.stop()


class Elsewhere(Cluster):
    """A cluster whose machines answer this."""

    def __init__(self, folder: Path, **answer: str) -> None:
        session: Any = SimpleNamespace(sparkContext=SimpleNamespace(defaultParallelism=2))
        super().__init__(session, folder)
        self.__dict__["answer"] = {"host": "node7", "program": program_key(), "wrote": "nothing"} | answer

    def each(self, count: int, task: Task, tell: Callable[[int], None] | None = None) -> list[Told]:
        return [self.__dict__["answer"]] * count


def test_machines_with_another_program(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="node7 上的 evaluator（或 Python、Polars）与本机的版本不同"):
        Elsewhere(tmp_path, program="another").check()


def test_machines_with_another_folder_of_that_name(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match=r"node7 写进 .* 的文件在本机看不到"):
        Elsewhere(tmp_path).check()
    assert list(tmp_path.iterdir()) == [], "no sign is left"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    greeting = Greeting(tmp_path, "token")
    (tmp_path / ".evaluator-token").touch()
    (tmp_path / greeting(3)["wrote"]).unlink()
    (tmp_path / f".evaluator-token-{socket.gethostname()}-3").mkdir()
    assert "不能写共享文件夹" in greeting(3)["error"]


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["run", *options])


@needs_pyspark
@pytest.mark.usefixtures("any_java")
def test_the_command_tells_before_it_reads(tmp_path: Path) -> None:
    out = tmp_path / "shared" / "out"
    got = run(str(tmp_path / "absent"), "--out", str(out), "--engine", "spark", "--master", "7077")
    assert isinstance(got.exception, EvaluatorError) and "7077" in str(got.exception)
    assert list(out.parent.iterdir()) == [], "nothing is left beside it"


def test_a_master_is_for_spark_alone(tmp_path: Path) -> None:
    got = run(str(tmp_path), "--out", str(tmp_path / "out"), "--master", "spark://master:7077")
    assert got.exit_code == 2 and "--engine" in got.output
