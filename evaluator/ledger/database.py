"""Where a ledger lies: a SQLite file, or PostgreSQL by URL; what a database says, as a sentence without secrets."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from evaluator.model import EvaluatorError

BUSY_S = 30
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
USE = "应为文件名（如 pay.db），或 postgresql://用户@主机/库"
INSTALL = "没有安装 PostgreSQL 的驱动；请先 pip install 'evaluator[postgres]'"

#: What databases say, and what to do about it; the first that is found in the text holds.
REASONS = (
    ("database is locked", "另一个程序正在使用它，请稍后再试"),
    ("file is not a database", "它不是 SQLite 文件，或者已经损坏；请核对 --ledger，或用备份"),
    ("malformed", "文件损坏；请用备份"),
    ("disk I/O error", "文件损坏，或磁盘读写出错；请检查磁盘，或用备份"),
    ("decode to UTF-8", "文件损坏或被改动过；请用备份"),
    ("no such column", "它不是 evaluator 的账本（列不同）；请核对 --ledger，或用备份"),
    ("no such table", "它不是 evaluator 的账本；请核对 --ledger，或用备份"),
    ("readonly database", "没有写它的权限；请检查文件和文件夹的权限"),
    ("unable to open database file", "打不开这个文件；请检查路径和权限"),
    ("disk is full", "磁盘已满；请腾出空间再试"),
    ("invalid connection option", "地址里有 PostgreSQL 不认识的参数；请核对问号后面的部分"),
    ("invalid URI query parameter", "地址里有 PostgreSQL 不认识的参数；请核对问号后面的部分"),
    ("password authentication failed", "密码不对；请核对用户名和密码"),
    ("no password supplied", "需要密码；请写进地址，或用 PGPASSWORD、~/.pgpass"),
    ("authentication failed", "服务器不让这个用户登录；请核对用户名，或服务器的 pg_hba.conf"),
    ("no pg_hba.conf entry", "服务器不让这台机器或这个用户登录；请让管理员改 pg_hba.conf"),
    ("Connection refused", "连不上服务器（被拒绝）；请核对主机、端口，以及服务器是否在运行"),
    ("No such file or directory", "连不上服务器；请核对主机（或套接字文件夹），以及服务器是否在运行"),
    ("could not translate host name", "找不到这台主机；请核对主机名"),
    ("failed to resolve host", "找不到这台主机；请核对主机名"),
    ("timeout", "连接超时；请核对主机、端口和网络"),
    ("server closed the connection", "服务器中断了连接；请稍后再试"),
    ("permission denied", "这个用户没有权限；请让管理员授权"),
    ("too many connections", "服务器的连接已满；请稍后再试"),
    ("append-only", "账本只增不改，这次改动被拒绝了"),
)
_MISSING_DATABASE = re.compile(r'database "[^"]*" does not exist')
_MISSING_ROLE = re.compile(r'role "[^"]*" does not exist')
_SECRET = re.compile(r"(?<=://)([^/@\s:]*):\S*@|((?:password|passwd|pwd|sslpassword)=)[^&\s]*", re.I)


def without_secrets(text: str) -> str:
    """A URL, or a text with one, without passwords."""
    return _SECRET.sub(lambda m: f"{m[2]}***" if m[2] else f"{m[1]}:***@", text)


def why(error: sa.exc.DBAPIError) -> str:
    """What went wrong and what to do, in Chinese; what nobody has foreseen in the database's words."""
    said = str(error.orig)
    if _MISSING_DATABASE.search(said):
        return "服务器上没有这个库；请核对库名，或先让管理员建立它"
    if _MISSING_ROLE.search(said):
        return "服务器上没有这个用户；请核对用户名"
    known = next((told for needle, told in REASONS if needle.lower() in said.lower()), None)
    return known or f"{without_secrets(said).strip().splitlines()[0]}；请核对它是不是 evaluator 的账本"


class Database:
    """A ledger's database. ``where``: as it may be told; ``file``: None for one by URL."""

    def __init__(self, place: str | Path) -> None:
        self.where = without_secrets(str(place))
        self._mode = "rw"
        self.file = None if "://" in str(place) else Path(place)
        if self.file is None:
            self._engine = self._by_url(str(place))
        else:
            self._engine = sa.create_engine("sqlite+pysqlite://", creator=self._open, poolclass=sa.NullPool)
            sa.event.listen(self._engine, "begin", _begin)

    def _by_url(self, place: str) -> sa.Engine:
        scheme, _, rest = place.partition("://")
        if scheme not in SCHEMES:
            raise EvaluatorError(f"账本地址 {self.where} 不能用：不认识 {scheme}://；{USE}")
        try:
            url = sa.make_url(f"postgresql+psycopg://{rest}")
            return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": BUSY_S})
        except ImportError:
            raise EvaluatorError(f"账本地址 {self.where} 不能用：{INSTALL}") from None
        except (sa.exc.ArgumentError, ValueError):
            raise EvaluatorError(f"账本地址 {self.where} 不能用：写法不对；{USE}") from None

    def _open(self) -> sqlite3.Connection:
        assert self.file is not None
        uri = f"file:{quote(str(self.file.resolve()))}?mode={self._mode}"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)

    @property
    def exists(self) -> bool:
        """Whether there is something at this place; a database by URL is one, maybe empty."""
        return self.file is None or self.file.exists()

    @contextmanager
    def begun(self, alone: bool = False) -> Iterator[sa.Connection]:
        """One transaction, which sees one state of the ledger. ``alone``: nobody else reads to write meanwhile; makes a
        file where there is none. Errors: EvaluatorError, what the database says."""
        if self.file is not None and self.file.is_dir():
            raise EvaluatorError(f"账本 {self.where} 是文件夹；应为文件，请核对 --ledger")
        if self.file is not None and alone and not self.file.parent.is_dir():
            raise EvaluatorError(f"账本的文件夹 {self.file.parent} 不存在；请先建立它，或核对 --ledger")
        self._mode = "rwc" if alone else "rw"
        options = {"alone": alone}
        if self.file is None and not alone:
            options["isolation_level"] = "REPEATABLE READ"  # type: ignore[assignment]
        try:
            with self._engine.connect() as plain, plain.execution_options(**options).begin():
                if self.file is None and alone:
                    plain.execute(sa.text("SELECT pg_advisory_xact_lock(7234001)"))
                yield plain
        except sa.exc.DBAPIError as error:
            raise EvaluatorError(f"账本 {self.where} 不能读写：{why(error)}") from None


def _begin(connection: sa.Connection) -> None:
    """SQLite: who writes takes the ledger at once, so that nobody else does between his reading and his writing."""
    alone = connection.get_execution_options().get("alone")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")
