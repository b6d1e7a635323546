"""What a run says of a ledger that is empty, missing, shorter than it was, or out of reach; ``ledger list``."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from commandline import command
from paid_months import Desk, Month

from evaluator.ledger.database import without_secrets
from evaluator.ledger.revise import revise
from evaluator.ledger.store import Ledger
from evaluator.model import EvaluatorError
from evaluator.simulate import simulate

OCTOBER = Month(10, "1001 E01 800\n1002 E01 600\n1003 E02 500\n1004 - 70", "1003 20 10-09")
NOVEMBER, DECEMBER = Month(11, "2001 E01 100", "1001 300 11-03"), Month(12)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("closed"))
    desk.close(OCTOBER)
    desk.close(NOVEMBER)
    desk.month(Month(12))
    return desk


@pytest.fixture
def desk(closed: Desk, tmp_path: Path) -> Desk:
    shutil.copytree(closed.root, tmp_path / "desk")
    return Desk(tmp_path / "desk")


def run(desk: Desk, ledger: object, month: Month = DECEMBER) -> tuple[int, str]:
    folder, out = desk.root / f"m{month.number}", desk.root / "again"
    done = command("run", folder, "--out", out, "--quiet", "--ledger", ledger)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.rule("R-P3")
def test_the_first_month_and_a_ledger_that_is_not_there(desk: Desk, tmp_path: Path) -> None:
    """The first month has no ledger yet: told loudly. A place that cannot be meant is refused."""
    code, said = run(desk, tmp_path / "new.db")
    assert code == 0 and "⚠ 账本" in said and "还没有建立" in said and not (tmp_path / "new.db").exists()
    for place, says in (
        (desk.root / "pya.db", "同一文件夹里有账本 pay.db"),
        (tmp_path / "no" / "pay.db", "不存在"),
    ):
        code, said = run(desk, place)
        assert code == 2 and "找不到账本" in said and says in said
    code, said = run(desk, tmp_path)
    assert code == 2 and "是文件夹" in said


@pytest.mark.rule("R-P3")
def test_an_emptied_ledger_is_told_loudly(desk: Desk, tmp_path: Path) -> None:
    for name, statements in (
        ("bare", ()),
        ("emptied", ("DROP TRIGGER ledger_no_delete", "DELETE FROM ledger_entries")),
    ):
        place = tmp_path / f"{name}.db"
        if statements:
            shutil.copy(desk.ledger, place)
        with sqlite3.connect(place) as database:
            for statement in statements:
                database.execute(statement)
            database.execute("PRAGMA user_version = 1")
        database.close()
        code, said = run(desk, place)
        assert code == 0 and "是空的" in said, said
        place.unlink()


@pytest.mark.rule("R-P3")
def test_a_run_remembers_the_head_that_it_read(desk: Desk) -> None:
    """A later run into the same folder, and the lock of the run, see that the chain is shorter than it was."""
    december = Month(12)
    desk.run(december)
    head = json.loads((desk.out(december) / "manifest.json").read_text("utf-8"))["ledger_read"]
    with Ledger(desk.ledger).reading() as reader:
        assert reader.head and reader.head.as_json() == head
    october = json.loads((desk.out(OCTOBER) / "manifest.json").read_text("utf-8"))["ledger"]["entries"]
    with sqlite3.connect(desk.ledger) as database:
        database.execute("DROP TRIGGER ledger_no_delete")
        database.execute(f"DELETE FROM ledger_entries WHERE seq > {october}")
    database.close()
    with pytest.raises(EvaluatorError, match="末尾被截断"):
        desk.lock(december)
    done = command("run", desk.root / "m12", "--out", desk.out(december), "--quiet", "--ledger", desk.ledger)
    assert done.returncode == 2 and "末尾被截断" in done.stderr
    desk.ledger.unlink()
    done = command("run", desk.root / "m12", "--out", desk.out(december), "--quiet", "--ledger", desk.ledger)
    assert done.returncode == 2 and "现在有 0 条" in done.stderr


@pytest.mark.rule("R-P3")
def test_locked_periods_are_listed(desk: Desk) -> None:
    revise(desk.month(OCTOBER.but(refunds="1003 20 10-09\n1002 100 10-30")), Ledger(desk.ledger))
    done = command("ledger", "list", "--ledger", desk.ledger, "--json")
    told = json.loads(done.stdout)
    first, second = told["periods"]
    assert first["period"] == {"start": "2026-10-01", "end": "2026-11-01"}
    assert (first["shops"], first["people"], first["total"]) == (["店"], 2, "6022.80")
    assert (first["revisions"], first["revised"], second["revisions"]) == (1, "-2.00", 0)
    manifest = json.loads((desk.out(OCTOBER) / "manifest.json").read_text("utf-8"))
    assert {k: first[k] for k in ("head", "entries")} == manifest["ledger"]
    assert [c["amount"] for c in told["open"]["corrections"]] == ["-2.00"]
    text = command("ledger", "list", "--ledger", desk.ledger).stdout
    assert (
        "2026-10-01 至 2026-11-01（不含）　店铺 店　2 人　工资合计 6,022.80" in text
        and "待调整　E01　-2.00" in text
    )


# ---- PostgreSQL by URL: what drivers say ----
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://pay:geheim@host/db", "不认识 mysql://"),
        ("sqlite:///pay.db", "不认识 sqlite://"),
        ("postgresql://pay:geheim@127.0.0.1:1/db", "连不上服务器"),
        ("postgresql://pay:geheim@no-such-host.invalid/db", "找不到这台主机"),
        ("postgresql://pay@127.0.0.1:1/db?password=geheim", "连不上服务器"),
        ("postgresql://pay:geheim@host:port/db", "写法不对"),
        ("postgresql://pay:geheim@127.0.0.1:1/db?oops=1", "不认识的参数"),
    ],
)
def test_a_url_that_cannot_be_used(desk: Desk, url: str, says: str) -> None:
    pytest.importorskip("psycopg", reason="psycopg is absent: pip install 'evaluator[postgres]'")
    for words in (
        ("ledger", "list"),
        ("lock", desk.out(NOVEMBER)),
        ("run", desk.root / "m12", "--out", desk.root / "x"),
    ):
        done = command(*words, "--ledger", url)
        assert done.returncode == 2 and says in done.stderr, done.stderr
        assert "geheim" not in done.stderr + done.stdout and "Traceback" not in done.stderr


def test_a_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(EvaluatorError, match=r"没有安装 PostgreSQL 的驱动.*pip install"):
        Ledger("postgresql://pay:geheim@host/db")


def test_passwords_are_taken_out() -> None:
    assert without_secrets("postgresql://a:b@h/d?password=c&x=1") == "postgresql://a:***@h/d?password=***&x=1"
    assert without_secrets("postgresql://a:p/w:x@h/d") == "postgresql://a:***@h/d"
    assert without_secrets("pay.db") == "pay.db"


# ---- simulate ----
@pytest.mark.rule("R-P3")
def test_simulate_takes_old_pay_from_the_ledger(desk: Desk) -> None:
    """November as it was paid, with the 6.00 taken back; the same plan changes nothing."""
    same = simulate([desk.root / "m11"], desk.root / "m11" / "plan.yaml", ledger=Ledger(desk.ledger))
    assert {a.profile.employee_id: (str(a.old), str(a.new)) for a in same.agents} == {
        "E01": ("2995.00", "2995.00"), "E02": ("3000.00", "3000.00"),
    }  # fmt: skip
    assert same.lines["clawback"] == (Decimal("-6.00"), Decimal("-6.00")) and "锁定的实发" in same.settled[0]
    without = simulate([desk.root / "m11"], desk.root / "m11" / "plan.yaml")
    assert str(without.total[0]) == "6001.00" and "没有给出账本" in without.settled[0]
    part = Month(11, more={"period.yaml": "period: {start: 2026-11-01, end: 2026-11-15}\nplan: plan.yaml\n"})
    with pytest.raises(EvaluatorError, match="不是同一期"):
        simulate([desk.month(part)], desk.root / "m11" / "plan.yaml", ledger=Ledger(desk.ledger))


@pytest.mark.rule("R-P3")
def test_simulate_an_open_month_settles_what_is_open_once(desk: Desk) -> None:
    """A correction is in the first month that is not locked, with one who has left; in the second no more."""
    revise(desk.month(OCTOBER.but(refunds="1003 20 10-09\n1002 100 10-30")), Ledger(desk.ledger))
    months = [desk.month(Month(12, roster="E02 小雅 3000"))]
    plan = months[0] / "plan.yaml"
    found = simulate(months, plan, ledger=Ledger(desk.ledger))
    assert {a.profile.employee_id: str(a.new - a.old) for a in found.agents} == {"E01": "0.00", "E02": "0.00"}
    assert found.lines["adjustments"][0] == found.lines["adjustments"][1]
