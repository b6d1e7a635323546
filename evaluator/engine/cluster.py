"""A Spark cluster: reaching it, and having it do something many times over. Knows nothing of what is done.

Nothing but a number goes to a task; a short text comes back, and bytes where there is something small to send. What
tasks work on, and what else they make, lies in a folder that all machines see.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator.model import EvaluatorError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructType


Told = dict[str, Any]  # what JSON can say, and under BYTES bytes by name
BYTES = "bytes"
Task = Callable[[int], Told]

MASTERS = re.compile(r"(spark://.+|yarn|k8s://.+|local(\[[\w*, ]+\])?|local-cluster\[.+\])")
ALLOCATORS = ("_RJEM_MALLOC_CONF", "ARROW_DEFAULT_MEMORY_POOL")  # set by ``engine.memory``, for tasks, too
OLDEST_JAVA = 17  # that Spark 4 runs on
REACHED_WITHIN_S = 5
PATIENCE_S = 180  # without any task running
LOOKS_EVERY_S = 0.5
GIVEN_UP = "stopped SparkContext"  # what Spark says once no master has answered for a minute

NO_PYSPARK = '没有安装 PySpark；请在同一个 Python 环境里运行 pip install "evaluator[spark]"，再试一次'
NO_JAVA = (
    "找不到 Java，Spark 需要 Java {oldest} 或更新；请安装（Debian/Ubuntu：apt install openjdk-17-jre-headless）"
    "，或让环境变量 JAVA_HOME 指向它"
)
OLD_JAVA = "{java} 是 Java {found}，Spark 需要 Java {oldest} 或更新；请安装，或让环境变量 JAVA_HOME 指向新的"
NO_MASTER = (
    "没有说明 Spark 集群在哪里；请写 --master spark://主机:7077（或 yarn、k8s://…），或用 spark-submit 启动"
)
BAD_MASTER = (
    "--master「{master}」不是 Spark 集群的地址；应为 spark://主机:7077、yarn、"
    "k8s://https://主机:端口 或 local[*]"
)
UNREACHED = (
    "连不上 Spark 主节点 {master}（{why}）；请核对 --master 的主机与端口、主节点是否已启动、防火墙是否放行"
)
UNANSWERED = (
    "{master} 有程序在监听，但没有像 Spark 主节点那样应答；请核对端口（主节点默认是 7077，8080 是它的网页）"
    "与 Spark 的版本（与集群相同）"
)
NOT_STARTED = "Spark 没有启动：{why}；请核对 --master 与 Spark 的配置（spark-defaults.conf、SPARK_CONF_DIR）"
NOBODY_WORKS = (
    "集群在 {seconds} 秒内没有给出一个可用的执行器；请核对工作节点是否已启动、空闲的核数与内存是否够 "
    "spark.executor.memory 等设置，再运行一次（算完的部分会保留）"
)
FAILED = "集群上的计算失败：{why}；详情见 Spark 执行器的日志（stderr）。改好后再运行一次，算完的部分会保留"
NOT_INSTALLED = (
    "集群的机器上没有「{module}」这个 Python 模块；请把装好 evaluator[spark] 的环境打包分发给各台机器，"
    "见 docs/spark.md「带上程序」"
)
INVISIBLE = (
    "机器 {host} 看不到共享文件夹 {folder}；请把 --out（或 --cache）放在所有机器以同一路径都能读写的文件夹里"
    "（NFS、挂载的 HDFS 或对象存储）"
)
UNWRITABLE = "机器 {host} 不能写共享文件夹 {folder}（{why}）；请让运行 Spark 执行器的用户能读写它"
UNSEEN = (
    "机器 {host} 写进 {folder} 的文件在本机看不到；它和本机的不是同一个文件夹，"
    "请把 --out（或 --cache）放到共享的文件夹里"
)
OTHER_PROGRAM = (
    "机器 {host} 上的 evaluator（或 Python、Polars）与本机的版本不同，结果可能不同，因此没有开始计算；"
    "请把本机的环境打包分发给各台机器，见 docs/spark.md「带上程序」"
)


@dataclass(frozen=True)
class Cluster:
    """A running Spark application. ``folder``: on all machines at the same path."""

    session: SparkSession
    folder: Path
    patience_s: float = PATIENCE_S

    def each(self, count: int, task: Task, tell: Callable[[int], None] | None = None) -> list[Told]:
        """``task(0)`` … ``task(count - 1)``, each on some machine and perhaps more than once, and what they tell.
        ``tell``: asked now and then with how many are done. Errors: EvaluatorError of a task; where nobody works;
        where a task fails everywhere."""
        if not count:
            return []
        numbers = self.session.range(0, count, 1, count)  # one a partition, so that groups need no shuffle
        with _without_word_of_pandas():
            found = numbers.groupBy("id").applyInArrow(_in_arrow(task), _answers())
        with ThreadPoolExecutor(1) as beside:
            job = beside.submit(self._collect, found)
            try:
                self._watch(job, tell)
            except BaseException:
                while not wait([job], LOOKS_EVERY_S).done:  # it may be only about to begin
                    self.session.sparkContext.cancelAllJobs()
                raise
            rows = job.result()
        answers = [
            json.loads(row.told) | {BYTES: {name: bytes(sent) for name, sent in (row.sent or {}).items()}}
            for row in sorted(rows, key=lambda row: row.id)
        ]
        for answer in answers:
            if "error" in answer:
                raise EvaluatorError(answer["error"])
        return answers

    def _collect(self, found: Any) -> list[Any]:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            rows: list[Any] = found.collect()
            return rows
        except (PySparkException, Py4JError) as error:
            raise EvaluatorError(_why_failed(str(error))) from error

    def _watch(self, job: Future[list[Any]], tell: Callable[[int], None] | None) -> None:
        """Until the job is over, or nothing of it has run for too long."""
        at_work = time.monotonic()
        while not wait([job], LOOKS_EVERY_S).done:
            active, done = self._tasks()
            now = time.monotonic()
            at_work = now if active else at_work
            if now - at_work > self.patience_s:
                raise EvaluatorError(NOBODY_WORKS.format(seconds=round(self.patience_s)))
            if tell:
                tell(done)

    def _tasks(self) -> tuple[int, int]:
        """How many tasks run, and how many of the running stages are done."""
        tracker = self.session.sparkContext.statusTracker()
        stages = [tracker.getStageInfo(n) for n in tracker.getActiveStageIds()]
        found = [s for s in stages if s is not None]
        return sum(s.numActiveTasks for s in found), sum(s.numCompletedTasks for s in found)

    def check(self) -> None:
        """Whether tasks see the folder, write to it, and run the same program. Errors: EvaluatorError that says what
        is wrong on which machine."""
        from evaluator.engine.work import program_key

        token = secrets.token_hex(8)
        sign = self.folder / f".evaluator-{token}"
        sign.write_text(token, "utf-8")
        try:
            count = max(2, self.session.sparkContext.defaultParallelism)
            for answer in self.each(count, Greeting(self.folder, token)):
                if answer["program"] != program_key():
                    raise EvaluatorError(OTHER_PROGRAM.format(host=answer["host"]))
                if not (self.folder / answer["wrote"]).exists():
                    raise EvaluatorError(UNSEEN.format(host=answer["host"], folder=self.folder))
        finally:
            for path in self.folder.glob(f"{sign.name}*"):
                path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Greeting:
    """A task that looks whether it can work: sees what the driver wrote, writes something itself."""

    folder: Path
    token: str

    def __call__(self, number: int) -> Told:
        from evaluator.engine.work import program_key

        host = socket.gethostname()
        sign = self.folder / f".evaluator-{self.token}"
        answer = sign.with_name(f"{sign.name}-{host}-{number}")
        if not sign.exists():
            return {"error": INVISIBLE.format(host=host, folder=self.folder)}
        try:
            answer.write_text(self.token, "utf-8")
        except OSError as error:
            return {"error": UNWRITABLE.format(host=host, folder=self.folder, why=error.strerror)}
        return {"host": host, "program": program_key(), "wrote": answer.name}


def _answers() -> StructType:
    """What ``_in_arrow`` gives."""
    from pyspark.sql.types import BinaryType, LongType, MapType, StringType, StructField, StructType

    sent = MapType(StringType(), BinaryType())
    fields = {"id": LongType(), "told": StringType(), "sent": sent}
    return StructType([StructField(name, kind) for name, kind in fields.items()])


def _in_arrow(task: Task) -> Callable[[pa.Table], pa.Table]:
    """The task as Spark calls it: a table of one number in, a table of number, answer and bytes out."""

    def run(numbers: pa.Table) -> pa.Table:
        import pyarrow as pa

        [number] = numbers["id"].to_pylist()
        try:
            told = task(number)
        except EvaluatorError as error:
            told = {"error": str(error)}
        sent = list(told.pop(BYTES, {}).items())
        return pa.table(
            {
                "id": pa.array([number], pa.int64()),
                "told": [json.dumps(told, ensure_ascii=False)],
                "sent": pa.array([sent], pa.map_(pa.string(), pa.binary())),
            }
        )

    return run


@contextmanager
def open_cluster(
    master: str | None, folder: Path, name: str = "evaluator", patience_s: float = PATIENCE_S
) -> Iterator[Cluster]:
    """A Spark application for as long as it is needed. ``master``: None where spark-submit says it. ``folder``: must
    be on all machines. Errors: EvaluatorError where there is no PySpark, Java or cluster, or its machines cannot work
    on the folder."""
    _check_pyspark()
    _check_java()
    _check_master(master)
    session = _session(master, name)
    try:
        cluster = Cluster(session, folder, patience_s)
        cluster.check()
        yield cluster
    finally:
        session.stop()


@contextmanager
def _without_word_of_pandas() -> Iterator[None]:
    """PySpark warns of new versions of pandas, which has no part in this."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


def _check_pyspark() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise EvaluatorError(NO_PYSPARK) from error


def _by_submit() -> bool:
    """Whether spark-submit started this program, and Java with it."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _check_java() -> None:
    if _by_submit():
        return
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if java is None:
        raise EvaluatorError(NO_JAVA.format(oldest=OLDEST_JAVA))
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version and int(version[1]) < OLDEST_JAVA:
        raise EvaluatorError(OLD_JAVA.format(java=java, found=version[1], oldest=OLDEST_JAVA))


def _check_master(master: str | None) -> None:
    """Before Spark tries it for a minute: is there anybody at that address?"""
    if master is None:
        return
    if not MASTERS.fullmatch(master):
        raise EvaluatorError(BAD_MASTER.format(master=master))
    if not master.startswith("spark://"):
        return
    why = ""
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise EvaluatorError(BAD_MASTER.format(master=master))
        try:
            socket.create_connection((host.strip("[]"), int(port)), REACHED_WITHIN_S).close()
            return
        except OSError as error:
            why = error.strerror or str(error)
    raise EvaluatorError(UNREACHED.format(master=master, why=why))


def _session(master: str | None, name: str) -> SparkSession:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName(name).config("spark.ui.showConsoleProgress", "false")
    if master is not None:
        builder = builder.master(master)
    try:
        with _without_word_of_pandas():
            session: SparkSession = builder.getOrCreate()
    except (PySparkException, Py4JError) as error:
        why = _cause(str(error))
        given_up = GIVEN_UP in why and (master or "").startswith("spark://")
        told = UNANSWERED.format(master=master) if given_up else NOT_STARTED.format(why=why)
        raise EvaluatorError(told) from error
    context = session.sparkContext
    if master is None and not _by_submit() and str(context.master).startswith("local"):
        session.stop()  # Spark's default where nobody says anything
        raise EvaluatorError(NO_MASTER)
    context.environment["POLARS_MAX_THREADS"] = context.getConf().get("spark.task.cpus", "1")
    context.environment.update({name: os.environ[name] for name in ALLOCATORS if name in os.environ})
    return session


def _cause(text: str) -> str:
    """What Java says went wrong, of all it says."""
    found = re.search(r"^(?:: |Caused by: )(.*)", text, re.MULTILINE)
    return (found[1] if found else text.strip().splitlines()[0])[:300]


def _why_failed(text: str) -> str:
    if found := re.search(r"ModuleNotFoundError: No module named '([^']+)'", text):
        return NOT_INSTALLED.format(module=found[1])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = [line for line in lines if re.match(r"\w[\w.]*(Error|Exception)\b", line)]
    return FAILED.format(why=(last[-1] if last else lines[0])[:300])
