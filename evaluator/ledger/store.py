"""The ledger's entries in a database: appended in one transaction, never changed, each hashed with the one before.

An entry is *what* (``kind``) of which ``period`` and ``subject``; where facts change later a higher ``version`` of the
same key is appended. ``body`` is JSON. Triggers of the database refuse updates and deletions; the chain shows what was
changed behind their back; its head, kept elsewhere, shows a tail that was cut off.

A ledger of a large shop has an entry for each of its orders, so commands read by key what they need. What is read is
checked against the entries beside it, and all acts and the counts of all kinds against each other; the whole chain is
followed where it is short, and by ``ledger verify`` always."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from evaluator.ledger.chain import ACT, GENESIS, Broken, Draft, Entry, canonical, chained, followed
from evaluator.ledger.database import Database
from evaluator.model import EvaluatorError

FOLLOWED_BELOW = 50_000  # entries: a chain that takes no time is followed whenever it is read
BATCH = 10_000

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


class Head(NamedTuple):
    """The last entry of a chain, as it is kept elsewhere."""

    head: str
    entries: int

    def as_json(self) -> dict[str, Any]:
        return self._asdict()

    @staticmethod
    def of_json(given: Any) -> Head | None:
        """None for what is no head."""
        try:
            return Head(str(given["head"]), int(given["entries"]))
        except (TypeError, KeyError, ValueError):
            return None


class Reader:
    """A ledger as it stands in one transaction. Every reading raises EvaluatorError where an entry was changed."""

    def __init__(self, connection: sa.Connection, where: str) -> None:
        self._connection, self.where = connection, where
        self._there = sa.inspect(connection).has_table(ENTRIES.name)
        self.count = self._scalar(sa.select(sa.func.count()).select_from(ENTRIES)) or 0
        if self.count <= FOLLOWED_BELOW:
            for _ in self.all():
                pass
        self._check_acts()

    # ---- what is read ----
    def all(self) -> Iterator[Entry]:
        """Every entry, one by one, the whole chain followed."""
        query = sa.select(ENTRIES).order_by(ENTRIES.c.seq)
        with closing(
            self._rows(query)
        ) as rows:  # before the connection, also where the chain breaks half-way
            try:
                yield from followed(rows)
            except Broken as broken:
                self._refuse(str(broken))

    def of_kind(self, kind: str) -> list[Entry]:
        """All entries of a kind, in their order."""
        return self._genuine(self._rows(sa.select(ENTRIES).where(ENTRIES.c.kind == kind)))

    def of(self, kind: str, period: str, subjects: Collection[str] | None = None) -> list[Entry]:
        """Those of a kind and period, or of some subjects of it, in their order."""
        query = sa.select(ENTRIES).where(ENTRIES.c.kind == kind, ENTRIES.c.period == period)
        if subjects is not None:
            query = query.where(self._among(ENTRIES.c.subject, subjects))
        return self._genuine(self._rows(query))

    def at(self, seq: int) -> Entry | None:
        found = list(self._rows(sa.select(ENTRIES).where(ENTRIES.c.seq == seq)))
        return self._genuine(found)[0] if found else None

    def need(self, seq: int) -> Entry:
        """An entry that another one says is there."""
        return self.at(seq) or self._refuse(f"第 {seq} 条不见了")

    @cached_property
    def head(self) -> Head | None:
        last = self.at(self.count) if self.count else None
        return Head(last.hash, last.seq) if last else None

    def holds(self, kept: Head) -> bool:
        """Whether a head that was kept elsewhere still stands where it stood."""
        entry = self.at(kept.entries)
        return entry is not None and entry.hash == kept.head

    # ---- how ----
    def _scalar(self, query: sa.Select[Any]) -> Any:
        return self._connection.execute(query).scalar() if self._there else None

    def _rows(self, query: sa.Select[Any]) -> Generator[Entry]:
        if not self._there:
            return
        with self._connection.execute(query, execution_options={"yield_per": BATCH}) as rows:
            yield from (Entry._make(row) for row in rows)

    def _among(self, column: sa.Column[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
        """Whether a column is one of ``values``, be they as many as they like."""
        given = list(values)
        if self._connection.dialect.name == "postgresql":
            return column == sa.any_(sa.literal(given, ARRAY(column.type)))
        listed = sa.func.json_each(json.dumps(given)).table_valued("value")
        return column.in_(sa.select(listed.c.value))

    def _refuse(self, what: str) -> NoReturn:
        raise EvaluatorError(f"账本 {self.where} 不可信：{what}；请用备份，并查明是谁改动的")

    def _genuine(self, found: Iterable[Entry]) -> list[Entry]:
        """The entries in their order, each of which follows the one before it and is followed by the one behind it."""
        entries = sorted(found)
        mine = {e.seq: e for e in entries}
        beside = {seq + step for seq in mine for step in (-1, 1)} - mine.keys()
        query = sa.select(ENTRIES).where(self._among(ENTRIES.c.seq, sorted(beside)))
        others = {e.seq: e for e in self._rows(query)} if entries else {}
        behind = [e for e in others.values() if e.seq - 1 in mine]
        hashes = {0: GENESIS} | {e.seq: e.hash for e in (*others.values(), *entries)}
        for entry in (*entries, *behind):
            if entry.seq - 1 not in hashes:
                self._refuse(f"{entry.name}前面的一条不见了")
            if not entry.follows(hashes[entry.seq - 1]):
                self._refuse(f"{entry.name}被改动过：内容与哈希链对不上")
        return entries

    def _check_acts(self) -> None:
        """Acts stand where the one before ends, the last ends where the ledger does; of each kind there are as many
        entries as acts say."""
        if not self.count:
            return
        place, kinds = 1, Counter[str]()
        for act in self.of_kind(ACT):
            if act.seq != place:
                self._refuse(f"{act.name}不在它该在的位置（应在第 {place} 条）")
            if "kinds" not in act.value:
                raise EvaluatorError(
                    f"账本 {self.where} 是发布前的试用版建立的，不能再用；请换一个文件，重新锁定各期"
                )
            kinds.update(act.value["kinds"])
            place += act.value["entries"]
        if place - 1 > self.count:
            self._refuse(f"第 {self.count + 1} 条起缺 {place - 1 - self.count} 条：中间或末尾被截断")
        query = sa.select(ENTRIES.c.kind, sa.func.count()).group_by(ENTRIES.c.kind)
        held = {str(kind): int(n) for kind, n in self._connection.execute(query)}
        last = self._scalar(sa.select(sa.func.max(ENTRIES.c.seq)))
        if held != kinds or last != self.count:
            self._refuse(
                "各类的条数与每次记账时写下的不同，有条目被增删或改名；evaluator ledger verify 会指出是哪一条"
            )


class Transaction(Reader):
    """Reading and appending, alone with the ledger."""

    def append(self, what: dict[str, Any], period: str, drafts: Sequence[Draft]) -> Head:
        """Adds one act: an entry that says what was done, then ``drafts``. Returns the chain's new head."""
        kinds = Counter([ACT, *(d.kind for d in drafts)])
        said_act = what | {"entries": len(drafts) + 1, "kinds": dict(sorted(kinds.items()))}
        act = Draft(ACT, period, str(self.count + 1), said_act)
        before = self.head.head if self.head else GENESIS
        added: list[Entry] = []
        for seq, d in enumerate((act, *drafts), start=self.count + 1):
            said = (d.kind, d.period, d.subject, d.version, canonical(d.body))
            before = chained(before, seq, *said)
            added.append(Entry(seq, *said, before))
        self._connection.execute(sa.insert(ENTRIES), [entry._asdict() for entry in added])
        return Head(before, added[-1].seq)


class Ledger:
    """A ledger by file (SQLite) or by URL (PostgreSQL)."""

    def __init__(self, place: str | Path) -> None:
        self._database = Database(place)
        self.where = self._database.where

    @property
    def exists(self) -> bool:
        """Whether there is a ledger; a database by URL is one, maybe empty."""
        return self._database.exists

    @property
    def file(self) -> Path | None:
        return self._database.file

    def must_exist(self) -> None:
        if not self.exists:
            raise EvaluatorError(
                f"找不到账本 {self.where}；它在第一次 evaluator lock 时建立，请核对 --ledger"
            )

    def may_be_first(self) -> None:
        """Raises EvaluatorError where a ledger that is not there yet is more likely a slip of the pen: its folder is
        missing, or another ledger lies in it."""
        if self.exists or self.file is None:
            return
        folder = self.file.parent
        if not folder.is_dir():
            raise EvaluatorError(f"找不到账本 {self.where}：文件夹 {folder} 不存在，请核对 --ledger")
        others = sorted(path.name for path in folder.iterdir() if path.is_file() and _looks_like_one(path))
        if others:
            raise EvaluatorError(
                f"找不到账本 {self.where}；同一文件夹里有账本 {'、'.join(others)}，请核对 --ledger"
            )

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """The ledger as it stands. Errors: EvaluatorError where there is none, or it was changed."""
        self.must_exist()
        with self._database.begun() as connection:
            yield Reader(connection, self.where)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One transaction, which nobody disturbs: what is appended in it is there as a whole, or not at all. Creates
        the ledger where there is none."""
        with self._database.begun(alone=True) as connection:
            ENTRIES.create(connection, checkfirst=True)
            yield Transaction(connection, self.where)

    def entries(self) -> list[Entry]:
        """All entries, the whole chain followed; none where the ledger does not exist yet."""
        if not self.exists:
            return []
        with self.reading() as reader:
            return list(reader.all())


def _looks_like_one(path: Path) -> bool:
    """Whether a file begins as SQLite does and has our table."""
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0" and ENTRIES.name.encode() in file.read(1 << 16)
    except OSError:
        return False
