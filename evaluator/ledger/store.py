"""The ledger's entries in a database: appended in one transaction, never changed, each hashed with the one before.

An entry is *what* (``kind``) of which ``period`` and ``subject``; where facts change later a higher ``version`` of the
same key is appended. ``body`` is JSON. Triggers of the database refuse updates and deletions; the chain shows what was
changed behind their back; its head, kept elsewhere, shows a tail that was cut off."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import sqlalchemy as sa

from evaluator.model import EvaluatorError

GENESIS = "0" * 64
ACT = "act"  # the first entry of each transaction; says how many entries it has
BUSY_S = 30

ENTRIES = sa.Table(
    "ledger_entries",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("kind", "period", "subject", "version"),
)

#: SQLite replaces rows without asking the trigger on deletions, so insertions are looked at, too.
_SQLITE = [
    f"CREATE TRIGGER ledger_no_{what.lower()} BEFORE {what} ON ledger_entries"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    for what in ("UPDATE", "DELETE")
] + [
    "CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger_entries"
    " WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM ledger_entries) OR EXISTS (SELECT 1 FROM"
    " ledger_entries WHERE kind = NEW.kind AND period = NEW.period AND subject = NEW.subject AND version = NEW.version)"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
]
_POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
    "CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON ledger_entries"
    " FOR EACH ROW EXECUTE FUNCTION ledger_append_only()",
    "CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_entries"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()",
]
for _dialect, _statements in (("sqlite", _SQLITE), ("postgresql", _POSTGRESQL)):
    for _statement in _statements:
        _ddl = sa.DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        sa.event.listen(ENTRIES, "after_create", _ddl)


def canonical(value: Any) -> str:
    """JSON, one way of writing each value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Draft:
    """An entry before it has a place in the chain."""

    kind: str
    period: str
    subject: str
    body: Any
    version: int = 0


class Entry(NamedTuple):
    seq: int
    kind: str
    period: str
    subject: str
    version: int
    body: str
    hash: str

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def name(self) -> str:
        """What a person finds it by."""
        told = " ".join(filter(None, (self.kind, self.period, self.subject.replace("\t", " "))))
        return f"第 {self.seq} 条（{told}{f' 第 {self.version} 次修改' if self.version else ''}）"


def chained(before: str, seq: int, kind: str, period: str, subject: str, version: int, body: str) -> str:
    """The hash of an entry: of all that it says and of the hash before it."""
    return hashlib.sha256(canonical([before, seq, kind, period, subject, version, body]).encode()).hexdigest()


def broken_at(entries: Sequence[Entry]) -> str | None:
    """Where the chain breaks, in Chinese; None where it holds. Also an act that is not whole."""
    before, rest = GENESIS, 0
    for place, e in enumerate(entries, start=1):
        if e.seq != place:
            return f"第 {place} 条不见了（下一条是{e.name}）"
        if e.hash != chained(before, e.seq, e.kind, e.period, e.subject, e.version, e.body):
            return f"{e.name}被改动过：内容与哈希链对不上"
        if (e.kind == ACT) != (rest == 0):
            return f"{e.name}不在它该在的位置"
        rest = e.value["entries"] - 1 if e.kind == ACT else rest - 1
        before = e.hash
    return f"第 {len(entries) + 1} 条起缺 {rest} 条：末尾被截断" if rest else None


class Transaction:
    """Reading and appending, alone with the ledger."""

    def __init__(self, connection: sa.Connection, where: str) -> None:
        self._connection, self._where = connection, where
        self.entries = _read(connection, where)

    def append(self, what: dict[str, Any], period: str, drafts: Sequence[Draft]) -> Entry:
        """Adds one act: an entry that says what was done, then ``drafts``. Returns the chain's new head."""
        count = len(self.entries)
        act = Draft(ACT, period, str(count + 1), what | {"entries": len(drafts) + 1})
        before = self.entries[-1].hash if self.entries else GENESIS
        added: list[Entry] = []
        for seq, d in enumerate((act, *drafts), start=count + 1):
            said = (d.kind, d.period, d.subject, d.version, canonical(d.body))
            before = chained(before, seq, *said)
            added.append(Entry(seq, *said, before))
        self._connection.execute(sa.insert(ENTRIES), [entry._asdict() for entry in added])
        self.entries = [*self.entries, *added]
        return added[-1]


def _read(connection: sa.Connection, where: str) -> list[Entry]:
    """All entries, whose chain holds. Raises EvaluatorError where it breaks."""
    if not sa.inspect(connection).has_table(ENTRIES.name):
        return []
    rows = connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.seq))
    entries = [Entry(*row) for row in rows]
    if broken := broken_at(entries):
        raise EvaluatorError(f"账本 {where} 不可信：{broken}；请用备份，并查明是谁改动的")
    return entries


class Ledger:
    """A ledger by file (SQLite) or by URL (PostgreSQL)."""

    def __init__(self, place: str | Path) -> None:
        self.where = str(place)
        self._mode = "rw"
        self.file = None if "://" in self.where else Path(place)
        if self.file is None:
            try:
                url = sa.make_url(self.where.replace("postgresql://", "postgresql+psycopg://", 1))
                self.where = url.render_as_string(hide_password=True)
                self._engine = sa.create_engine(url, poolclass=sa.NullPool)
            except (sa.exc.ArgumentError, ImportError) as error:
                raise EvaluatorError(
                    f"账本地址 {self.where} 不能用：{error}；应为文件名，或 postgresql://用户@主机/库"
                    "（需要 pip install 'evaluator[postgres]'）"
                ) from None
        else:
            self._engine = sa.create_engine("sqlite+pysqlite://", creator=self._open, poolclass=sa.NullPool)
            sa.event.listen(self._engine, "begin", _begin)

    def _open(self) -> sqlite3.Connection:
        assert self.file is not None
        uri = f"file:{quote(str(self.file.resolve()))}?mode={self._mode}"
        return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)

    @property
    def exists(self) -> bool:
        """Whether there is a ledger; a database by URL is one, maybe empty."""
        return self.file is None or self.file.is_file()

    def entries(self) -> list[Entry]:
        """All entries; none where the ledger does not exist yet."""
        if not self.exists:
            return []
        with self._told(), self._engine.connect() as connection, connection.begin():
            return _read(connection, self.where)

    def must_exist(self) -> None:
        if not self.exists:
            raise EvaluatorError(
                f"找不到账本 {self.where}；它在第一次 evaluator lock 时建立，请核对 --ledger"
            )

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One transaction, which nobody disturbs: what is appended in it is there as a whole, or not at all. Creates
        the ledger where there is none."""
        if self.file is not None and not self.file.parent.is_dir():
            raise EvaluatorError(f"账本的文件夹 {self.file.parent} 不存在；请先建立它，或核对 --ledger")
        self._mode = "rwc"
        try:
            with self._told(), self._engine.connect() as plain:
                connection = plain.execution_options(alone=True)
                with connection.begin():
                    if connection.dialect.name == "postgresql":
                        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7234001)"))
                    ENTRIES.create(connection, checkfirst=True)
                    yield Transaction(connection, self.where)
        finally:
            self._mode = "rw"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the database says, as a sentence."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            busy = "locked" in str(error.orig)
            why = (
                "另一个程序正在使用它，请稍后再试"
                if busy
                else f"{error.orig}；请核对它是不是 evaluator 的账本"
            )
            raise EvaluatorError(f"账本 {self.where} 不能读写：{why}") from error


def _begin(connection: sa.Connection) -> None:
    """SQLite: who writes takes the ledger at once, so that nobody else does between his reading and his writing."""
    alone = connection.get_execution_options().get("alone")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")
