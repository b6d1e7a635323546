"""R-P3: a finished run is locked whole, once, and as it was made; what is changed behind the ledger's back is seen."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from commandline import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paid_months import Desk, Month, lines, reseal

from evaluator.ledger.book import Book
from evaluator.ledger.chain import GENESIS, Broken, Draft, Entry, canonical, chained, followed
from evaluator.ledger.closing import NEEDED
from evaluator.ledger.lock import lock
from evaluator.ledger.revise import revise
from evaluator.ledger.store import Ledger
from evaluator.model import EvaluatorError
from evaluator.output import check_target, write_manifest

OCTOBER = Month(10, "1001 E01 800\n1002 E01 600\n1003 E02 500\n1004 - 70", "1003 20 10-09")
NOVEMBER = Month(11, "2001 E01 100")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """October, run and locked."""
    desk = Desk(tmp_path_factory.mktemp("locked"))
    desk.close(OCTOBER)
    return desk


@pytest.fixture
def desk(locked: Desk, tmp_path: Path) -> Desk:
    """A copy of it to do things to."""
    shutil.copytree(locked.root, tmp_path / "desk")
    return Desk(tmp_path / "desk")


# ---- what is locked ----
@pytest.mark.rule("R-P3")
def test_payroll_scores_credits_rules_and_inputs_are_kept(locked: Desk) -> None:
    with Ledger(locked.ledger).reading() as reader:
        _kept(locked, Book(reader))


def _kept(locked: Desk, book: Book) -> None:
    (period,) = book.periods
    assert (str(period.start), str(period.end)) == ("2026-10-01", "2026-11-01")
    manifest = json.loads((locked.out(OCTOBER) / "manifest.json").read_text("utf-8"))
    assert period.body["inputs"] == {f["file"]: f["sha256"] for f in manifest["inputs"]}
    assert period.body["rules"]["plan.yaml"] == manifest["rules"]["plan.yaml"]
    paid = {s: body["amount"] for s, body in book.facts("line", period.id).items() if s.endswith("\ttotal")}
    assert paid == {"E01\ttotal": "3018.00", "E02\ttotal": "3004.80"}
    assert book.facts("credit", period.id)["店\t1003"] == {
        "agent": "E02", "counted": 50000, "net": 48000, "excluded": None,
    }  # fmt: skip
    assert book.facts("credit", period.id)["店\t1004"]["agent"] is None
    paid_then = book.commission(period.id, "E01")
    assert paid_then and (paid_then.value, str(paid_then.others)) == (1400, "3000.00")


@pytest.mark.rule("R-P3")
def test_the_ledger_names_no_buyer(locked: Desk) -> None:
    assert "买家".encode() not in locked.ledger.read_bytes()


@pytest.mark.rule("R-P3")
def test_the_head_stands_in_the_manifest(locked: Desk) -> None:
    entries = Ledger(locked.ledger).entries()
    manifest = json.loads((locked.out(OCTOBER) / "manifest.json").read_text("utf-8"))
    assert manifest["ledger"] == {"head": entries[-1].hash, "entries": len(entries)}


# ---- what is refused ----
def refused(desk: Desk, month: Month, says: str) -> None:
    """``lock`` says why, and neither the ledger nor the result changes."""
    files = [desk.ledger, desk.out(month) / "manifest.json"]
    before = [f.read_bytes() if f.exists() else None for f in files]
    with pytest.raises(EvaluatorError, match=says):
        desk.lock(month)
    assert [f.read_bytes() if f.exists() else None for f in files] == before


@pytest.mark.rule("R-P3")
def test_locking_twice(desk: Desk) -> None:
    refused(desk, OCTOBER, "已经锁定，不能再锁定一次")


@pytest.mark.rule("R-P3")
@pytest.mark.parametrize(
    "days", ["2026-10-31, end: 2026-11-30", "2026-09-01, end: 2026-10-02", "2026-10-05, end: 2026-10-06"]
)
def test_overlapping_periods(desk: Desk, days: str) -> None:
    folder = desk.month(NOVEMBER)
    (folder / "period.yaml").write_text(f"period: {{start: {days}}}\nplan: plan.yaml\n", "utf-8")
    odd = NOVEMBER.but(more={"period.yaml": f"period: {{start: {days}}}\nplan: plan.yaml\n"})
    with pytest.raises(EvaluatorError, match="重叠"):
        desk.run(odd)
    desk.run(odd, ledger=False)
    refused(desk, odd, "重叠")


@pytest.mark.rule("R-P3")
def test_a_locked_month_is_not_run_again(desk: Desk) -> None:
    with pytest.raises(EvaluatorError, match="revise"):
        desk.run(OCTOBER)
    with pytest.raises(EvaluatorError, match="已经锁定的一期结果，不覆盖"):
        check_target(desk.out(OCTOBER), desk.month(OCTOBER))


def change(folder: Path) -> None:
    (folder / "orders.csv").write_text((folder / "orders.csv").read_text("utf-8") + "\n", "utf-8")


CHANGES: list[tuple[str, Callable[[Path], object]]] = [
    ("orders.csv 已修改", change),
    ("plan.yaml 已修改", lambda folder: (folder / "plan.yaml").write_text("name: x", "utf-8")),
    ("period.yaml 不见了", lambda folder: (folder / "period.yaml").unlink()),
    ("ads_model.npz 是新放入的", lambda folder: (folder / "ads_model.npz").write_bytes(b"model")),
    (
        "mapping.yaml 是新放入的",
        lambda folder: (folder / "mapping.yaml").write_text("mappings: []\n", "utf-8"),
    ),
    ("refunds.csv 不见了", lambda folder: (folder / "refunds.csv").unlink()),
    (
        "labels.csv 是新放入的",
        lambda folder: (folder / "labels.csv").write_text("shop,buyer,label\n", "utf-8"),
    ),
    ("找不到这次结果的月份文件夹", shutil.rmtree),
]


@pytest.mark.rule("R-P3")
@pytest.mark.parametrize(("says", "what"), CHANGES, ids=[c[0] for c in CHANGES])
def test_a_month_that_changed_since_it_was_run(desk: Desk, says: str, what: Callable[[Path], object]) -> None:
    desk.run(NOVEMBER)
    what(desk.root / "m11")
    refused(desk, NOVEMBER, says)


def test_unread_files_may_lie_there(desk: Desk) -> None:
    odd = NOVEMBER.but(more={"笔记.csv": "a,b\n1,2\n"})
    desk.run(odd)
    assert desk.lock(odd).entries > 20


def test_a_month_that_was_moved(desk: Desk) -> None:
    desk.run(NOVEMBER)
    (desk.root / "m11").rename(desk.root / "moved")
    done = command("lock", desk.out(NOVEMBER), "--ledger", desk.ledger)
    assert done.returncode == 2 and "--month" in done.stderr
    done = command("lock", desk.out(NOVEMBER), "--ledger", desk.ledger, "--month", desk.root / "moved")
    assert done.returncode == 0, done.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def credit_excluded(out: Path) -> None:
    path = out / "tables" / "attribution.parquet"
    pl.read_parquet(path).with_columns(excluded=pl.lit("memo")).write_parquet(path)


def move_order(out: Path) -> None:
    path = out / "tables" / "attribution.parquet"
    pl.read_parquet(path).with_columns(credited=pl.lit("E02")).write_parquet(path)


BREACHES: list[tuple[str, Callable[[Path], object]]] = [
    ("不等于合计", lambda out: edit(out / "tables/payroll.csv", "commission,1.00", "commission,2.00")),
    ("manifest.json 的工资总额", lambda out: edit(out / "manifest.json", '"payroll": "6001.00"', '"payroll": "1.00"')),
    ("R-A7", credit_excluded),
    ("R-A7", move_order),
    ("R-A7", lambda out: edit(out / "tables/kpi.csv", "net_sales,100.00", "net_sales,99.00")),
]  # fmt: skip


@pytest.mark.rule("R-P4")
@pytest.mark.parametrize(("says", "what"), BREACHES)
def test_what_does_not_add_up(desk: Desk, says: str, what: Callable[[Path], object]) -> None:
    """Also where the manifest was made to fit what was edited."""
    desk.run(NOVEMBER)
    what(desk.out(NOVEMBER))
    refused(desk, NOVEMBER, "损坏或被改动过")
    reseal(desk.out(NOVEMBER))
    refused(desk, NOVEMBER, says)


@pytest.mark.rule("R-P3")
@pytest.mark.parametrize("name", NEEDED)
def test_what_was_edited_after_the_run(desk: Desk, name: str) -> None:
    """Whatever a lock reads is as the run wrote it, or the file is named; so is the manifest."""
    desk.run(NOVEMBER)
    path = desk.out(NOVEMBER) / name
    path.write_bytes(path.read_bytes() + b"\n")
    refused(desk, NOVEMBER, f"{name} 在写出之后损坏或被改动过")
    desk.run(NOVEMBER)
    edit(desk.out(NOVEMBER) / "manifest.json", '"window_days": 1', '"window_days": 2')
    refused(desk, NOVEMBER, r"manifest\.json 在写出之后损坏或被改动过")


@pytest.mark.rule("R-P3")
def test_what_is_no_finished_run(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "manifest.json").write_text('{"name": "site"}', "utf-8")
    for folder in (tmp_path / "nowhere", desk.root / "m10", tmp_path / "site"):
        with pytest.raises(EvaluatorError, match=r"不是(一次运行| evaluator run )的结果"):
            lock(folder, Ledger(desk.ledger))
    for damaged in ('{"program":', "[]", "\udcff"):
        (tmp_path / "site" / "manifest.json").write_bytes(damaged.encode("utf-8", "surrogateescape"))
        with pytest.raises(EvaluatorError, match=r"manifest\.json 读不出"):
            lock(tmp_path / "site", Ledger(desk.ledger))
    desk.run(NOVEMBER)
    (desk.out(NOVEMBER) / "tables" / "scores.csv").unlink()
    refused(desk, NOVEMBER, "不是一次完整的运行结果：没有 tables/scores.csv")


@pytest.mark.rule("R-P3")
@pytest.mark.parametrize("name", ["tables/attribution.parquet", "tables/kpi.csv", "evidence/_codes.json"])
def test_what_cannot_be_read(desk: Desk, name: str) -> None:
    desk.run(NOVEMBER)
    path = desk.out(NOVEMBER) / name
    path.write_bytes(path.read_bytes()[:20])
    refused(desk, NOVEMBER, f"{name} 在写出之后损坏")


@pytest.mark.rule("R-P3")
def test_a_run_that_did_not_know_what_is_open(desk: Desk) -> None:
    """E01 owes 6.00 for a late refund; who ran November without the ledger did not take it back."""
    late = NOVEMBER.but(refunds="1001 300 11-03")
    assert "clawback" not in lines(desk.run(late, ledger=False), "E01")
    refused(desk, late, r"E01 6\.00.*重新计算后再锁定")
    assert lines(desk.run(late), "E01")["clawback"] == "-6.00"
    desk.lock(late)


@pytest.mark.rule("R-A7")
def test_an_order_is_paid_in_one_period_only(desk: Desk) -> None:
    """Its payment moved to November, the data say: then it leaves October first, by a revision."""
    kept = "\n".join(line for line in OCTOBER.orders.splitlines() if "1003" not in line)
    november = NOVEMBER.but(orders="1003 E02 500")
    desk.run(november)
    refused(desk, november, "订单 1003 在已锁定的 2026-10-01.*已经计过业绩（归 E02）")
    revise(desk.month(OCTOBER.but(orders=kept, refunds="")), Ledger(desk.ledger))
    assert lines(desk.close(november), "E02")["adjustments"] == "-4.80"


def test_no_ledger_no_folder_no_database(desk: Desk, tmp_path: Path) -> None:
    desk.run(NOVEMBER)
    (tmp_path / "text.db").write_text("这不是数据库" * 99, "utf-8")
    for place, says in (
        (tmp_path / "no" / "pay.db", "不存在"),
        (tmp_path / "text.db", "不能读写"),
        ("oracle://x/y", "不能用"),
    ):
        done = command("lock", desk.out(NOVEMBER), "--ledger", place)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False) and says in done.stderr, place
    done = command("ledger", "verify", "--ledger", tmp_path / "none.db")
    assert done.returncode == 2 and "找不到账本" in done.stderr and not (tmp_path / "none.db").exists()


def test_a_lock_that_was_killed_before_the_manifest_had_the_head(desk: Desk) -> None:
    """The ledger has the period; locking again is refused, and the manifest is completed."""
    path = desk.out(OCTOBER) / "manifest.json"
    whole = json.loads(path.read_text("utf-8"))
    write_manifest({k: v for k, v in whole.items() if k != "ledger"}, desk.out(OCTOBER))
    with pytest.raises(EvaluatorError, match="已经锁定"):
        desk.lock(OCTOBER)
    assert json.loads(path.read_text("utf-8")) == whole


# ---- append-only ----
@pytest.mark.rule("R-P3")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET body = '{}' WHERE seq = 3",
        "DELETE FROM ledger_entries WHERE seq = 3",
        "DELETE FROM ledger_entries",
        "REPLACE INTO ledger_entries SELECT 3, kind, period, subject, 7, body, hash FROM ledger_entries WHERE seq = 2",
        "REPLACE INTO ledger_entries SELECT 1 + (SELECT MAX(seq) FROM ledger_entries), kind, period, subject, version,"
        " body, hash FROM ledger_entries WHERE seq = 2",
    ],
)
def test_the_database_refuses_to_change_or_forget(desk: Desk, statement: str) -> None:
    before = Ledger(desk.ledger).entries()
    with sqlite3.connect(desk.ledger) as database, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute(statement)
    assert Ledger(desk.ledger).entries() == before


def behind_its_back(desk: Desk, *statements: str) -> None:
    with sqlite3.connect(desk.ledger) as database:
        for trigger in ("update", "delete", "replace"):
            database.execute(f"DROP TRIGGER ledger_no_{trigger}")
        for statement in statements:
            assert database.execute(statement).rowcount
    database.close()


@pytest.mark.rule("R-P3")
def test_a_changed_amount_is_seen_and_named(desk: Desk) -> None:
    behind_its_back(
        desk,
        "UPDATE ledger_entries SET body = replace(body, '3018.00', '9018.00') WHERE subject = 'E01\ttotal'",
    )
    for words in (("ledger", "verify"), ("run", desk.month(NOVEMBER), "--out", desk.out(NOVEMBER))):
        done = command(*words, "--ledger", desk.ledger)
        assert done.returncode == 2 and "E01 total）被改动过" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    assert not desk.out(NOVEMBER).exists()


@pytest.mark.rule("R-P3")
def test_a_tail_that_was_cut_off_is_seen(desk: Desk) -> None:
    """Half an act shows by itself; a whole act only beside the head in the result's manifest, or kept elsewhere."""
    kept = Ledger(desk.ledger).entries()
    desk.close(NOVEMBER)
    head = Ledger(desk.ledger).entries()[-1].hash
    shutil.copy(desk.ledger, desk.root / "whole.db")
    behind_its_back(desk, f"DELETE FROM ledger_entries WHERE seq > {len(kept)}")
    verify = ("ledger", "verify", "--ledger", desk.ledger)
    assert command(*verify).returncode == command(*verify, desk.out(OCTOBER)).returncode == 0
    for more in ((desk.out(NOVEMBER),), ("--head", head)):
        done = command(*verify, *more)
        assert done.returncode == 2 and "截断" in done.stderr
    shutil.copy(desk.root / "whole.db", desk.ledger)
    behind_its_back(desk, f"DELETE FROM ledger_entries WHERE seq > {len(kept) + 2}")
    done = command(*verify)
    assert done.returncode == 2 and "末尾被截断" in done.stderr
    shutil.copy(desk.root / "whole.db", desk.ledger)
    behind_its_back(desk, "DELETE FROM ledger_entries")
    emptied = command(*verify).stdout
    assert "是空的" in emptied and "完好" not in emptied


@pytest.mark.rule("R-P3")
def test_a_result_that_was_changed_after_its_lock_is_seen(desk: Desk) -> None:
    edit(desk.out(OCTOBER) / "tables" / "payroll.csv", "3018.00", "9018.00")
    verify = ("ledger", "verify", "--ledger", desk.ledger, desk.out(OCTOBER))
    done = command(*verify)
    assert (
        done.returncode == 2 and "tables/payroll.csv 在写出之后损坏或被改动过；这一期已经锁定" in done.stderr
    )
    reseal(desk.out(OCTOBER))
    done = command(*verify)
    assert done.returncode == 2 and "与账本里锁定的工资不同" in done.stderr


def chain(bodies: list[int]) -> list[Entry]:
    """Two acts, as ``Transaction.append`` makes them."""
    before, made = GENESIS, list[Entry]()
    cut = max(1, len(bodies) // 2)
    for part in (bodies[:cut], bodies[cut:]):
        act = Draft("act", "p", str(len(made) + 1), {"entries": len(part) + 1})
        for d in (act, *(Draft("line", "p", f"s{len(made) + n}", {"x": x}) for n, x in enumerate(part))):
            said = (len(made) + 1, d.kind, d.period, d.subject, d.version, canonical(d.body))
            before = chained(before, *said)
            made.append(Entry(*said, before))
    return made


@pytest.mark.rule("R-P3")
@given(st.lists(st.integers(0, 9), min_size=2, max_size=12), st.data())
def test_tampering_with_any_row_is_seen(bodies: list[int], data: st.DataObject) -> None:
    """Any column of any entry; an entry taken out, put in twice, or two that change places."""
    entries, first_act = chain(bodies), max(1, len(bodies) // 2) + 1
    assert list(followed(entries)) == entries
    at = data.draw(st.integers(0, len(entries) - 1), label="entry")
    other = data.draw(st.integers(0, len(entries) - 1).filter(lambda n: n != at), label="another")
    values = entries[at]._asdict()
    column = data.draw(st.sampled_from(sorted(values)), label="column")
    changed = Entry(**values | {column: values[column] + (1 if isinstance(values[column], int) else " ")})
    swapped = [*entries]
    swapped[at], swapped[other] = entries[other], entries[at]
    for tampered in (
        [*entries[:at], changed, *entries[at + 1 :]],
        entries[:at] + entries[at + 1 :] if at < len(entries) - 1 else entries[:-1],
        [*entries[: at + 1], *entries[at:]],
        swapped,
    ):
        if tampered == entries[: len(tampered)] and len(tampered) in (0, first_act):
            assert (
                list(followed(tampered)) == tampered
            )  # cut off whole: only a head that was kept elsewhere shows it
        else:
            with pytest.raises(Broken):
                list(followed(tampered))


# ---- conservation of pay ----
people = st.lists(st.integers(0, 400000), min_size=1, max_size=3)


@pytest.mark.rule("R-P4")
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fen=people, back=st.integers(0, 500000), fine=st.integers(0, 90000), late=st.integers(1, 300000))
def test_payroll_total_is_the_sum_of_lines_and_of_agents(
    tmp_path: Path, fen: list[int], back: int, fine: int, late: int
) -> None:
    """Over two locked months with refunds, fines and claw-backs, to the fen, in tables, manifest and ledger."""
    desk = Desk(tmp_path / f"{len(list(tmp_path.iterdir()))}")
    orders = "\n".join(f"{1000 + n} E0{n % 2 + 1} {amount / 100:.2f}" for n, amount in enumerate(fen))
    fines = f"employee_id,amount,reason,approved_by\nE01,-{fine / 100:.2f},迟到,主管\n"
    plan = OCTOBER.plan.replace("2000", "2995")
    first = Month(10, orders, f"1000 {back / 100:.2f} 10-20", plan)
    second = Month(11, "2001 E02 0.05", f"1000 {late / 100:.2f} 11-02", plan, more={"adjustments.csv": fines})
    for month in (first, second):
        evaluation = desk.close(month)
        totals = [p.amount for p in evaluation.pay.lines if p.line == "total"]
        parts = [p.amount for p in evaluation.pay.lines if p.line != "total"]
        assert sum(totals) == sum(parts) == evaluation.payroll_total
        with Ledger(desk.ledger).reading() as reader:
            assert str(evaluation.payroll_total) == Book(reader).periods[-1].body["payroll"]
        assert all(total >= 2995 for total in totals)
