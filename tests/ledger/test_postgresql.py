"""The same ledger in PostgreSQL, by URL; skipped where there is no server to start."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from paid_months import Desk, Month, lines

from evaluator.ledger.clawback import bring_from
from evaluator.ledger.database import why
from evaluator.ledger.lock import lock
from evaluator.ledger.revise import revise
from evaluator.ledger.store import Ledger
from evaluator.model import EvaluatorError
from evaluator.run import evaluate_month

OCTOBER = Month(10, "1001 E01 800\n1002 E01 600\n1003 E02 500\n1004 - 70")
NOVEMBER = Month(11, refunds="1002 300 11-03")


def program(name: str) -> str | None:
    """Where Debian keeps PostgreSQL's programs, or on the path."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(places[-1]) if places else shutil.which(name)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database of its own, reached by a socket in a folder of its own."""
    pytest.importorskip("psycopg", reason="psycopg is absent: pip install 'evaluator[postgres]'")
    initdb, control = program("initdb"), program("pg_ctl")
    if not initdb or not control:
        pytest.skip("PostgreSQL is absent: apt-get install postgresql")
    user: str | None = None
    if os.getuid() == 0:  # the server refuses to run as root
        user = next((p.pw_name for p in pwd.getpwall() if p.pw_name in ("postgres", "nobody")), None)
        if user is None:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        if user:
            shutil.chown(folder, user)

        def call(*words: str) -> None:
            subprocess.run(words, user=user, check=True, capture_output=True, timeout=120, cwd=folder)

        call(initdb, "-D", str(data), "-U", "pay", "-A", "trust", "-E", "UTF8", "--no-sync")
        call(
            control,
            "-D",
            str(data),
            "-w",
            "-l",
            f"{folder}/log",
            "-o",
            f"-k {folder} -c listen_addresses=",
            "start",
        )
        try:
            yield f"postgresql://pay@/postgres?host={folder}"
        finally:
            call(control, "-D", str(data), "-m", "immediate", "stop")


@pytest.mark.rule("R-P3")
def test_lock_claw_back_revise_and_tamper(url: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.run(OCTOBER)
    ledger = Ledger(url)
    done = lock(desk.out(OCTOBER), ledger)
    assert ledger.entries()[-1].hash == done.head
    with pytest.raises(EvaluatorError, match="已经锁定"):
        lock(desk.out(OCTOBER), ledger)
    november = evaluate_month(desk.month(NOVEMBER), bring=bring_from(ledger))
    assert lines(november, "E01")["clawback"] == "-6.00"
    later = desk.month(OCTOBER.but(refunds="1002 100 10-30"))
    assert [str(d.amount) for d in revise(later, ledger).differences] == ["-2.00"]
    assert revise(later, ledger).differences == []
    _tamper(url, ledger)


def _tamper(url: str, ledger: Ledger) -> None:
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    for statement in (
        "UPDATE ledger_entries SET body = '{}'",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
    ):
        with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
            connection.execute(sa.text(statement))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER ledger_no_change ON ledger_entries"))
        connection.execute(sa.text("UPDATE ledger_entries SET version = 5 WHERE seq = 4"))
    engine.dispose()
    with pytest.raises(EvaluatorError, match=r"第 4 条.*被改动过"):
        ledger.entries()


def test_what_the_server_refuses(url: str) -> None:
    """A database or a user that there is not; a password that does not fit."""
    for place, says in (
        (url.replace("/postgres?", "/nowhere?"), "没有这个库"),
        (url.replace("//pay@", "//nobody:secret@"), "没有这个用户"),
    ):
        with pytest.raises(EvaluatorError, match=says) as told:
            Ledger(place).entries()
        assert "secret" not in str(told.value)
    said = sa.exc.DBAPIError("", {}, Exception('FATAL:  password authentication failed for user "pay"'))
    assert "密码不对" in why(said)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg is absent: pip install 'evaluator[postgres]'")
    with pytest.raises(EvaluatorError, match="不能读写") as told:
        Ledger(f"postgresql://pay:secret@/postgres?host={tmp_path}").entries()
    assert "secret" not in str(told.value)
