"""A ledger too long to be followed whenever it is read: what is read is checked, and so is that nothing is missing."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from paid_months import Desk, Month, lines

from evaluator.ledger import store
from evaluator.ledger.clawback import bring_from
from evaluator.ledger.lock import verify
from evaluator.ledger.store import Ledger
from evaluator.model import EvaluatorError
from evaluator.run import evaluate_month

OCTOBER = Month(
    10, "1001 E01 800\n1002 E01 600\n1003 E02 500\n1004 - 70\n1005 - 80\n1006 - 90", "1003 20 10-09"
)
NOVEMBER = Month(11, "2001 E01 100", "1001 300 11-03")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("closed"))
    desk.close(OCTOBER)
    desk.month(NOVEMBER)
    return desk


@pytest.fixture
def desk(closed: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A copy whose ledger counts as long."""
    monkeypatch.setattr(store, "FOLLOWED_BELOW", 0)
    shutil.copytree(closed.root, tmp_path / "desk")
    return Desk(tmp_path / "desk")


def behind_its_back(desk: Desk, *statements: str) -> None:
    with sqlite3.connect(desk.ledger) as database:
        for trigger in ("update", "delete", "replace"):
            database.execute(f"DROP TRIGGER ledger_no_{trigger}")
        for statement in statements:
            assert database.execute(statement).rowcount
    database.close()


def ask(desk: Desk) -> dict[str, str]:
    month = desk.root / "m11"
    return lines(evaluate_month(month, bring=bring_from(Ledger(desk.ledger))), "E01")


@pytest.mark.rule("R-P3")
def test_a_long_ledger_says_the_same(desk: Desk) -> None:
    assert ask(desk)["clawback"] == "-6.00"
    desk.close(NOVEMBER)
    head = verify(Ledger(desk.ledger), desk.out(NOVEMBER))
    assert head is not None
    with Ledger(desk.ledger).reading() as reader:
        assert (reader.head, len(list(reader.all()))) == (head, head.entries)


@pytest.mark.rule("R-P3")
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE ledger_entries SET body = replace(body, '80000', '90000') WHERE subject = '店\t1001'",
            "1001）被改动过",
        ),
        ("UPDATE ledger_entries SET body = replace(body, '1400', '1500') WHERE kind = 'earned'", "被改动过"),
        ("UPDATE ledger_entries SET kind = 'note' WHERE subject = '店\t1001'", "有条目被增删或改名"),
        ("DELETE FROM ledger_entries WHERE subject = '店\t1001'", "缺 1 条"),
        ("DELETE FROM ledger_entries WHERE seq = (SELECT MAX(seq) FROM ledger_entries)", "缺 1 条"),
        ("UPDATE ledger_entries SET body = replace(body, 'lock', 'look') WHERE kind = 'act'", "被改动过"),
        ("UPDATE ledger_entries SET period = '2026-01-01/2026-02-01' WHERE kind = 'period'", "被改动过"),
    ],
)
def test_what_was_changed_and_is_read_is_seen(desk: Desk, statement: str, says: str) -> None:
    behind_its_back(desk, statement)
    with pytest.raises(EvaluatorError, match=f"不可信：.*{says}"):
        ask(desk)
    with pytest.raises(EvaluatorError, match="不可信"):
        verify(Ledger(desk.ledger))


@pytest.mark.rule("R-P3")
def test_what_no_command_read_is_seen_by_verify(desk: Desk) -> None:
    """The honest limit: an order that nobody asks for, renamed; docs/ledger.md says so."""
    behind_its_back(desk, "UPDATE ledger_entries SET subject = '店\t9999' WHERE subject = '店\t1004'")
    assert ask(desk)["clawback"] == "-6.00"
    with pytest.raises(EvaluatorError, match="9999）被改动过"):
        verify(Ledger(desk.ledger))
