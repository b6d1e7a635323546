"""A real standalone Spark cluster on this machine: a master and two workers, each a process of its own.

All is bound to the loopback, takes free ports and little memory, and ends with the test process, however that ends:
the operating system kills master and workers with it (Linux), executors leave when their worker is gone."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60
DAEMON_MEMORY = "192m"
EXECUTOR_MEMORY = "512m"
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
PR_SET_PDEATHSIG = 1
CHECKOUT = Path(__file__).resolve().parents[2]


def missing() -> str | None:
    """Why there can be no cluster here; None: there can be one."""
    if shutil.which("java") is None:
        return "java is not installed (Debian: openjdk-17-jre-headless)"
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark is not installed"
    return None


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """The processes below one, children before their own."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


@dataclass
class Daemon:
    """A master or worker process and what it has written."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, pattern: str) -> str:
        """The first group of what it says when it is ready."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if found := re.search(pattern, self.log.read_text("utf-8", errors="replace")):
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"Spark did not start: {self.log.read_text('utf-8', errors='replace')[-2000:]}")

    def kill(self) -> None:
        """SIGKILL, also for its executors and their Python processes; no one is asked first."""
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


@dataclass
class Cluster:
    """``folder``: where logs, work folders and the client's spark-defaults.conf lie. ``workers``: of one core and
    1 GB each."""

    folder: Path
    url: str = ""
    workers: list[Daemon] = field(default_factory=list)
    _master: Daemon | None = None
    _begun: int = 0  # workers

    def start(self) -> Cluster:
        """A master."""
        self._master = self._launch("master", "org.apache.spark.deploy.master.Master")
        self.url = self._master.wait_for(r"Starting Spark master at (spark://\S+)")
        return self

    def whole(self, workers: int = 2) -> None:
        """Starts as many workers as are missing."""
        self.workers = [worker for worker in self.workers if worker.process.poll() is None]
        for _ in range(workers - len(self.workers)):
            name = f"worker{self._begun}"
            self._begun += 1
            options = ["--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / name), self.url]
            self.workers.append(self._launch(name, "org.apache.spark.deploy.worker.Worker", *options))
        for worker in self.workers:
            worker.wait_for(r"Successfully registered with master (\S+)")

    def stop(self) -> None:
        for daemon in (*self.workers, self._master):
            if daemon is not None:
                daemon.kill()

    def environment(self) -> dict[str, str]:
        """For the program that uses the cluster: the configuration an administrator would have written."""
        conf = self.folder / "conf"
        conf.mkdir(exist_ok=True)
        settings = {
            "spark.driver.host": LOOPBACK,
            "spark.driver.memory": EXECUTOR_MEMORY,
            "spark.executor.memory": EXECUTOR_MEMORY,
            "spark.executor.cores": "1",
            "spark.executorEnv.PYTHONPATH": f"{CHECKOUT}{os.pathsep}{Path(__file__).parent}",
            "spark.ui.enabled": "false",
            "spark.driver.extraJavaOptions": QUICK_START,
            "spark.executor.extraJavaOptions": QUICK_START,
            "spark.executor.heartbeatInterval": "5s",
        }
        lines = [f"{key} {value}\n" for key, value in settings.items()]
        (conf / "spark-defaults.conf").write_text("".join(lines), "utf-8")
        return {
            "SPARK_CONF_DIR": str(conf),
            "SPARK_LOCAL_IP": LOOPBACK,
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
        }

    def _launch(self, name: str, what: str, *options: str) -> Daemon:
        import pyspark

        home = Path(pyspark.__file__).parent
        log = self.folder / f"{name}.log"
        where = ["--host", LOOPBACK, "--port", "0", "--webui-port", "0"]
        own = {
            "SPARK_HOME": str(home),
            "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
            "SPARK_DAEMON_JAVA_OPTS": QUICK_START,
        }
        with log.open("wb") as out:
            process = subprocess.Popen(  # the script becomes the Java process: one id
                [str(home / "bin" / "spark-class"), what, *where, *options],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=os.environ | self.environment() | own,
                preexec_fn=_die_with_parent,
                start_new_session=True,
            )
        return Daemon(process, log)


def broken(number: int) -> dict[str, object]:
    """A task that fails wherever it runs."""
    raise ZeroDivisionError(f"number {number}")
