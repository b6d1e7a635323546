"""The demo month: the same bytes from one seed, a story that adds up, formats that read back to the truth."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from evaluator.demo import START, write_canonical, write_demo
from evaluator.demo.goods import Order
from evaluator.demo.month import tell
from evaluator.demo.people import ACCOUNTS, MAIN, ROBOT, SHOP, STAFF, TEMP, Calendar, on_duty
from evaluator.demo.story import CLIENT_COPIES, Story
from evaluator.settings import load_month
from evaluator.sources import read_month

# sha256 over the sha256 of every file of write_demo(seed=1, days=4): new whenever the story is changed.
SHORT_MONTH = "fda003e8f3815b2bfb6880e7e76aef0c54d81aa42acc56906b963f18f9f0e0d8"


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@cache
def _story() -> Story:
    return tell(Calendar(START, 31), 2026)[0]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "month"
    write_demo(folder)
    return folder


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "truth"
    write_canonical(folder)
    return folder


# ---------------------------------------------------------------------------------------- determinism


def test_one_seed_gives_the_same_bytes(month: Path, tmp_path: Path) -> None:
    write_demo(tmp_path / "again")
    assert _digests(tmp_path / "again") == _digests(month)


def test_bytes_do_not_change_unnoticed(tmp_path: Path) -> None:
    """Of a short month, so that another machine or Python that draws or writes differently is found out."""
    write_demo(tmp_path / "short", seed=1, days=4)
    lines = "\n".join(f"{name} {digest}" for name, digest in _digests(tmp_path / "short").items())
    assert hashlib.sha256(lines.encode()).hexdigest() == SHORT_MONTH


def test_another_seed_gives_another_month(tmp_path: Path) -> None:
    write_demo(tmp_path / "one", seed=1, days=3)
    write_demo(tmp_path / "two", seed=2, days=3)
    one, two = _digests(tmp_path / "one"), _digests(tmp_path / "two")
    assert one["wangwang_chatlog/青青.jsonl"] != two["wangwang_chatlog/青青.jsonl"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("days", [3, 9])
def test_any_seed_tells_a_story(seed: int, days: int) -> None:
    story, by_hand = tell(Calendar(date(2025, 12, 28), days), seed)
    assert len(story.messages) > 300 * days
    assert len(by_hand) == 1


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(FileExistsError):
        write_demo(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ValueError, match="at least 3"):
        write_demo(tmp_path / "new", days=2)


# ---------------------------------------------------------------------------------------- the story


def test_size() -> None:
    story = _story()
    assert 15_000 <= len(story.messages) <= 25_000
    assert 2_000 <= len(story.orders) <= 3_000
    assert 200 <= len(story.ratings) <= 500
    assert {r.score for r in story.ratings} == {1, 2, 3, 4, 5}


def test_time_runs_forward_and_ends_with_the_export() -> None:
    story = _story()
    times = [m.ts for m in story.messages]
    assert times == sorted(times)
    assert times[-1] <= story.calendar.export
    assert all(o.created < (o.paid or datetime.max) for o in story.orders)
    for order in story.orders:
        if order.refund and order.paid:
            assert order.paid < order.refund.applied <= story.calendar.export
            assert 0 < order.refund.amount <= order.goods_amount


def test_a_buyer_never_has_two_messages_in_one_second() -> None:
    """Else their order across files would be anybody's guess. (Lines without a time share the one before.)"""
    story = _story()
    timed = [
        m for m in story.messages if not (m.account in CLIENT_COPIES and m.kind in ("transfer", "recall"))
    ]
    assert max(Counter((m.buyer, m.ts) for m in timed).values()) == 1


def test_everybody_appears() -> None:
    story = _story()
    assert {m.account for m in story.messages} == {*ACCOUNTS, MAIN}
    senders = Counter((m.sender, m.kind) for m in story.messages)
    assert set(senders) >= {
        ("buyer", "text"),
        ("buyer", "card"),
        ("buyer", "image"),
        ("agent", "text"),
        ("robot", "text"),
        ("system", "transfer"),
        ("system", "recall"),
    }
    assert {m.account for m in story.messages if m.sender == "robot"} == {ROBOT}
    assert any(m.to_account == f"{SHOP}:小月备用" and m.account == f"{SHOP}:小月" for m in story.messages)


def test_somebody_is_at_work_all_day() -> None:
    calendar = Calendar(START, 31)
    for day in calendar.open_days:
        for hour in (10, 15, 21):
            at = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour)
            assert on_duty("售前", at, calendar), at


def test_order_numbers_are_unique_and_grow_with_time() -> None:
    orders = _story().orders
    numbers = [o.order_id for o in orders]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"\d{19}", n) for n in numbers)
    assert numbers == sorted(numbers)


def test_an_order_placed_before_midnight_is_paid_after_it() -> None:
    last = date(2026, 10, 31)
    assert any(
        o.created.date() == last
        and o.created.hour == 23
        and o.paid
        and o.paid.date() > last
        and (o.paid - o.created) < timedelta(minutes=10)
        for o in _story().orders
    )


def test_the_text_names_the_order_it_is_noted_for() -> None:
    for message in _story().messages:
        named = re.findall(r"(?<!\d)\d{16,20}(?!\d)", message.text)
        assert named == ([message.order_id] if message.order_id else [])
        assert "<" not in message.text
        message.text.encode("gbk")


def test_ambiguous_mask_fits_two_buyers() -> None:
    story = _story()
    masked = [o for o in story.orders if o.shown_buyer == "松**3"]
    assert len(masked) == 1
    talkers = {m.buyer for m in story.messages}
    assert {n for n in talkers if n.startswith("松") and n.endswith("3")} >= {"松间明月3", "松风一盏3"}
    assert not any(m.order_id == masked[0].order_id for m in story.messages)


def test_better_agents_sell_to_more(truth: Path) -> None:
    """Of those who wrote to an account and to no other: how many paid by the next day."""
    story = _story()
    paid: dict[str, list[Order]] = {}
    for order in story.orders:
        if order.paid:
            paid.setdefault(order.buyer, []).append(order)
    asked: dict[str, set[str]] = {}
    for message in story.messages:
        asked.setdefault(message.buyer, set()).add(message.account)
    share = {}
    for name in ("小月", "一帆"):
        buyers = [b for b, accounts in asked.items() if accounts == {f"{SHOP}:{name}"}]
        share[name] = sum(b in paid for b in buyers) / len(buyers)
    assert share["小月"] > share["一帆"] + 0.08


# ---------------------------------------------------------------------------------------- the files


def _rows(path: Path) -> list[tuple[object, ...]]:
    return [tuple(row) for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def test_order_exports_look_like_taobao(month: Path) -> None:
    lists = sorted(p.name for p in month.glob("ExportOrder*"))
    assert lists == [
        "ExportOrderDetailList202610010915.csv",
        "ExportOrderDetailList202610241002.csv",
        "ExportOrderDetailList20261102002.xlsx",
        "ExportOrderList202610010915.csv",
        "ExportOrderList202610241002.csv",
        "ExportOrderList20261102001.xlsx",
    ]
    text = (month / "ExportOrderList202610241002.csv").read_bytes().decode("gbk")
    header, first, *_ = csv.reader(io.StringIO(text, newline=""))
    assert len(header) == len(first) == 41
    assert header[:2] == ["订单编号", "买家会员名"]
    assert "订单付款时间 " in header
    assert re.fullmatch(r'="\d{19}"', first[0])
    items = (month / "ExportOrderDetailList202610241002.csv").read_bytes().decode("gbk")
    assert len(next(csv.reader(io.StringIO(items, newline="")))) == 10


def test_newer_exports_name_no_buyer_and_claim_one_cell(month: Path) -> None:
    path = month / "ExportOrderList20261102001.xlsx"
    assert load_workbook(path, read_only=True).worksheets[0].calculate_dimension() == "A1:A1"
    rows = _rows(path)
    assert "买家会员名" not in rows[0]
    assert len(rows[0]) == 29
    assert len(rows) > 400


def test_refund_export(month: Path) -> None:
    rows = _rows(month / "退款单20261102.xlsx")
    assert len(rows[0]) == 42
    state = rows[0].index("退款状态")
    assert {r[state] for r in rows[1:]} == {
        "退款成功",
        "退款关闭",
        "卖家拒绝退款",
        "买家已经申请退款，等待卖家同意",
    }


def test_chat_logs(month: Path) -> None:
    lines = [
        json.loads(line)
        for path in sorted((month / "wangwang_chatlog").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert all(line["request"]["from_id"].startswith(f"cntaobao{SHOP}") for line in lines)
    answers = [line["response"] for line in lines if "error_response" not in line["response"]]
    bodies = [next(iter(answer.values())) for answer in answers]
    assert len(bodies) == len(lines) - 1
    assert any(isinstance(b["msgs"]["msg"], dict) for b in bodies if b["count"] == 1)
    copies = list((month / "千牛聊天" / f"{SHOP}：小川").glob("*.txt"))
    assert len(copies) > 150
    heads = re.compile(rb"(?m)^\S+? ?2026-\d{1,2}-\d{1,2} \d{1,2}:\d\d:\d\d\r$")
    assert all(heads.search(path.read_bytes()) for path in copies)


def test_no_account_of_the_roster_is_missing(month: Path) -> None:
    rows = _rows(month / "roster.xlsx")
    assert rows[0][:2] == ("子账号", "工号")
    bound = {r[0] for r in rows[1:]}
    assert bound == {*ACCOUNTS, MAIN} - {TEMP}
    full = [r for r in rows[1:] if r[0] == f"{SHOP}:小满"]
    assert [(r[1], r[5], r[6]) for r in full] == [
        ("E06", "2024-04-14", "2026-10-15"),
        ("E09", "2026-10-16", None),
    ]
    assert len({e.employee_id for e in STAFF}) == 10


# ---------------------------------------------------------------------------------------- reading back


def test_the_exports_read_back_to_the_truth(month: Path, truth: Path) -> None:
    found, known = read_month(load_month(month)), read_month(load_month(truth))
    assert known.rejects == []
    assert set(found.tables) == set(known.tables)
    for name in known.tables:
        read, expected = (_sorted(each.in_full(name), name) for each in (found, known))
        assert read.equals(expected), name


def test_only_what_should_be_rejected_is(month: Path) -> None:
    story = _story()
    found = read_month(load_month(month))
    dropped = Counter(reject.file for reject in found.rejects)
    again = sum(o.created.date() == story.calendar.first for o in story.orders)
    assert dropped == {"ExportOrderList202610010915.csv": again}
    assert all(i.rows_in == i.rows_used + i.rows_rejected for i in found.inputs)


def test_truth_with_known_buyers_names_every_order(tmp_path: Path) -> None:
    write_canonical(tmp_path / "known", days=3, known_buyers=True)
    orders = pl.read_csv(tmp_path / "known" / "orders.csv", infer_schema=False)
    assert orders["buyer"].null_count() == 0
    assert not orders["buyer"].str.contains("*", literal=True).any()


def _sorted(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Without provenance; without ``auto``, which the exports do not tell (period.yaml's prefixes do)."""
    frame = frame.drop("_file", "_row", *(["auto"] if name == "messages" else []))
    return frame.sort(frame.columns, nulls_last=True)
