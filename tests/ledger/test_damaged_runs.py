"""Evidence that was cut off, flipped, emptied or taken away: every command that reads it says so, and names it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from paid_months import Desk, Month
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.model import EvaluatorError
from evaluator.seal import SEALED

DISPUTES = (
    "order_id,employee_id,claim,decision,to_employee_id,by,when,note\n"
    "1003,E01,我的,accepted,,主管,2026-10-20 10:00:00,\n"
)
OCTOBER = Month(
    10,
    "1001 E01 800\n1002 E01 600\n1003 E02 500\n1004 - 70",
    "1003 20 10-09",
    more={"disputes.csv": DISPUTES},
)
NOVEMBER = Month(11, "2001 E01 100", "1001 300 11-03")
DAMAGES: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    "cut": lambda data, draw: data[: draw.randrange(len(data))],
    "flipped": lambda data, draw: _flipped(data, draw.randrange(len(data)), draw.randrange(1, 256)),
    "emptied": lambda data, draw: b"",
    "gone": lambda data, draw: None,
    "text": lambda data, draw: "不是这个文件".encode(),
}


def _flipped(data: bytes, at: int, bits: int) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


def told(*words: object) -> tuple[int, str]:
    """Exit code and all that a command says; fails where it ends in a traceback."""
    done = CliRunner().invoke(app, [str(w) for w in words])
    if isinstance(done.exception, EvaluatorError):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """October locked, November run."""
    desk = Desk(tmp_path_factory.mktemp("closed"))
    desk.close(OCTOBER)
    desk.run(NOVEMBER)
    return desk


@pytest.fixture
def desk(closed: Desk, tmp_path: Path) -> Desk:
    shutil.copytree(closed.root, tmp_path / "desk")
    return Desk(tmp_path / "desk")


def explained(out: Path) -> list[tuple[object, ...]]:
    return [
        ("explain", out, "--order", "1003" if out.name == "o10" else "2001"),
        ("explain", out, "--buyer", "买家1001" if out.name == "o10" else "买家2001"),
        ("explain", out, "--pay", "E01"),
        ("explain", out, "--agent", "E01", "--metric", "net_sales"),
        ("explain", out, "--agent", "E01", "--metric", "first_response_median"),
    ]


def damage(path: Path, how: str, draw: random.Random) -> bytes:
    data = path.read_bytes()
    after = DAMAGES[how](data, draw)
    path.unlink() if after is None else path.write_bytes(after)
    return data


def test_whole_evidence_explains(closed: Desk) -> None:
    for out in (closed.out(OCTOBER), closed.out(NOVEMBER)):
        for words in explained(out):
            assert told(*words)[0] == 0


@pytest.mark.parametrize("how", DAMAGES)
def test_damage_to_any_file_of_a_result_is_named(closed: Desk, desk: Desk, how: str) -> None:
    """A command that reads the file is refused and names it; one that does not is as ever."""
    draw, month = random.Random(f"{how}"), OCTOBER
    out = desk.out(month)
    files = [out / "manifest.json", *(p for f in SEALED for p in (out / f).iterdir())]
    as_ever = {words[2:]: told(*words) for words in explained(out)}
    seen = set()
    for path in sorted(files):
        whole = damage(path, how, draw)
        for words in explained(out):
            code, said = told(*words)
            if (code, said) != as_ever[words[2:]]:
                assert code == 2 and path.name in said and "请" in said, (path, words, said)
                seen.add(path.name)
        path.write_bytes(whole)
    assert {"manifest.json", "attribution.parquet", "messages.parquet", "kpi.csv", "_pay.json", "_codes.json",
            "paid_orders.parquet", "_buyers.parquet", "disputes.csv", "candidates.parquet"} <= seen  # fmt: skip


@pytest.mark.parametrize("how", DAMAGES)
def test_damage_to_a_result_refuses_a_lock(desk: Desk, how: str) -> None:
    draw, out = random.Random(f"{how}"), desk.out(NOVEMBER)
    before = desk.ledger.read_bytes()
    for name in (
        "manifest.json",
        "tables/scores.csv",
        "tables/attribution.parquet",
        "evidence/_settlement.json",
    ):
        whole = damage(out / name, how, draw)
        code, said = told("lock", out, "--ledger", desk.ledger)
        assert code == 2 and Path(name).name in said and "请" in said, said
        (out / name).write_bytes(whole)
    assert desk.ledger.read_bytes() == before


LEDGER_SEEDS = range(12)


@pytest.mark.parametrize("how", ["cut", "flipped", "emptied", "text"])
def test_a_damaged_ledger_is_named_or_whole(desk: Desk, how: str) -> None:
    """Wherever a byte of the file is wrong: refused in a sentence, or what is read is what was written."""
    commands: list[tuple[object, ...]] = [
        ("ledger", "verify", "--ledger", desk.ledger),
        ("ledger", "list", "--ledger", desk.ledger),
        ("run", desk.month(NOVEMBER), "--out", desk.root / "again", "--quiet", "--ledger", desk.ledger),
        ("lock", desk.out(NOVEMBER), "--ledger", desk.ledger),
    ]
    whole, refused = desk.ledger.read_bytes(), 0
    as_ever = [told(*words)[1] for words in commands[:2]]
    for seed in LEDGER_SEEDS:
        after = DAMAGES[how](whole, random.Random(seed))
        for words in commands[: 2 if seed else 4]:
            desk.ledger.write_bytes(after or b"")
            code, said = told(*words)
            if code:
                assert code == 2 and "账本" in said and "请" in said, said
                refused += 1
            elif words in commands[:2] and how != "emptied":
                assert said == as_ever[commands.index(words)]
    assert refused or how == "emptied"


@pytest.mark.parametrize("name", ["out", "ledger", "file", "nothing"])
def test_what_is_no_run_and_no_month(desk: Desk, name: str, tmp_path: Path) -> None:
    """A result for a month, a month for a result, a ledger, a text, a place where nothing is."""
    place = {
        "out": desk.out(OCTOBER),
        "ledger": desk.ledger,
        "file": tmp_path / "notes.txt",
        "nothing": tmp_path / "nothing",
    }[name]
    (tmp_path / "notes.txt").write_text("笔记", "utf-8")
    plan = desk.month(OCTOBER) / "plan.yaml"
    reading: list[tuple[object, ...]] = [
        ("simulate", place, "--plan", plan),
        ("assess", place),
        ("insight", place),
        ("reconcile", place),
        ("ads", "review", place),
        ("revise", place, "--ledger", desk.ledger),
    ]
    if name != "out":
        reading += [*explained(place), ("lock", place, "--ledger", desk.ledger)]
    for words in reading:
        code, said = told(*words)
        assert code == 2 and ("没有" in said or "找不到" in said), (words, said)
    month = desk.root / "m10"
    for words in explained(month):
        code, said = told(*words)
        assert code == 2 and f"{month} 不是一次运行的结果：没有 manifest.json" in said
