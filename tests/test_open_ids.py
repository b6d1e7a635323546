"""SPEC §2: the platform's open id is the first key of a buyer's identity. All content is made up."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from evaluator.evaluation import Evaluation
from evaluator.prepare import Bucket, prepare
from evaluator.roster import Roster
from evaluator.run import evaluate_month
from evaluator.settings import load_month
from evaluator.shelf import Limits
from evaluator.sources import read_month
from evaluator.tables import OPEN_IDS

Named = list[tuple[str, str]]  # chat's nick as written, order that it names
Orders = list[tuple[str, str | None]]  # order, nick
Known = list[tuple[str | None, str | None, str]]  # order (None: a rating), nick beside it, open id


ROSTER = "account,employee_id,name,group,role\n甲店:小一,E1,张一,一组,售前\n"
PERIOD = "period: {start: 2026-10-01, end: 2026-10-03}\nplatform: tmall\n"


def table(folder: Path, name: str, columns: str, rows: list[tuple[str, ...]]) -> None:
    (folder / f"{name}.csv").write_text("\n".join([columns, *map(",".join, rows)]) + "\n", "utf-8")


def found(
    folder: Path,
    orders: Orders,
    known: Known,
    named: Named = (),
    talked: tuple[str, ...] = (),
    limits: Limits | None = None,
) -> Bucket:
    """A month of one shop in which everybody writes on one day; its open ids are ``known``."""
    (folder / "roster.csv").write_text(ROSTER, "utf-8")
    (folder / "period.yaml").write_text(PERIOD, "utf-8")
    at = "2026-10-01 09:00:00"
    said = [(nick, number) for nick, number in [*((nick, "") for nick in talked), *named]]
    messages = [("甲店", nick, "甲店:小一", "buyer", at, "在吗", number) for nick, number in said]
    messages.append(("甲店", "somebody", "甲店:小一", "buyer", at, "在吗", ""))
    table(folder, "messages", "shop,buyer,account,sender,ts,text,order_id", messages)
    table(
        folder,
        "orders",
        "shop,order_id,buyer,created,amount",
        [("甲店", number, nick or "", at, "1") for number, nick in orders],
    )
    month = read_month(load_month(folder), limits=limits)
    beside = [("orders", "甲店", order, nick, open_id, 0, 0) for order, nick, open_id in known]
    month.open_ids = pl.DataFrame(beside, schema=OPEN_IDS, orient="row")
    return prepare(month, Roster.of(month.tables["roster"]))


def links(bucket: Bucket) -> dict[str, tuple[str | None, str]]:
    who = bucket.codes.buyers["who"]
    rows = bucket.orders.select("order_id", "b", "link").iter_rows()
    return {order: (who[b] if b >= 0 else None, link) for order, b, link in rows}


CASES: list[tuple[str, Orders, Known, Named, tuple[str, ...], dict[str, tuple[str | None, str]]]] = [
    (
        "an unmasked nick beside the open id wins, over mask and chat",
        [("1", "tom"), ("2", None), ("3", "t**1"), ("4", "x**9")],
        [("1", None, "A"), ("2", None, "A"), ("3", "t**1", "A"), ("4", "x**9", "A")],
        [("ann", "2")],
        ("tim1",),
        {"1": ("tom", "nick"), "2": ("tom", "open_id"), "3": ("tom", "open_id"), "4": ("tom", "open_id")},
    ),
    (
        "a nick that only a refund or a rating has beside it",
        [("1", None), ("2", None)],
        [("1", None, "A"), ("2", None, "B"), ("1", "tom", "A"), (None, "ann", "B")],
        [],
        (),
        {"1": ("tom", "open_id"), "2": ("ann", "open_id")},
    ),
    (
        "else a chat that names one of its orders",
        [("1", None), ("2", None), ("3", "x**9"), ("4", None)],
        [("1", None, "A"), ("2", None, "A"), ("3", None, "A"), ("4", None, "B")],
        [("tom", "1")],
        (),
        {
            "1": ("tom", "chat"),
            "2": ("tom", "open_id"),
            "3": ("tom", "open_id"),
            "4": (None, "unlinked"),
        },
    ),
    (
        "else the only nick that fits one of its masks",
        [("1", "t**1"), ("2", None)],
        [("1", "t**1", "A"), ("2", None, "A")],
        [],
        ("tom1",),
        {"1": ("tom1", "mask"), "2": ("tom1", "open_id")},
    ),
    (
        "two nicks: nothing is guessed, what stands of itself stays",
        [("1", "tom"), ("2", "ann"), ("3", None), ("4", None)],
        [("1", None, "A"), ("2", None, "A"), ("3", None, "A"), ("4", None, "A")],
        [("sam", "4")],
        (),
        {"1": ("tom", "nick"), "2": ("ann", "nick"), "3": (None, "ambiguous"), "4": ("sam", "chat")},
    ),
    (
        "chats of two buyers name its orders",
        [("1", None), ("2", None), ("3", None)],
        [("1", None, "A"), ("2", None, "A"), ("3", None, "A")],
        [("tom", "1"), ("ann", "2")],
        (),
        {"1": ("tom", "chat"), "2": ("ann", "chat"), "3": (None, "ambiguous")},
    ),
    (
        "an order of two open ids (open uid and ouid) joins both",
        [("1", "tom"), ("2", None), ("3", None)],
        [("1", None, "A"), ("2", None, "A"), ("2", None, "B"), ("3", None, "B")],
        [],
        (),
        {"1": ("tom", "nick"), "2": ("tom", "open_id"), "3": ("tom", "open_id")},
    ),
    (
        "the chat of a masked buyer is known by an order known by its open id",
        [("1", "tom"), ("2", None)],
        [("1", None, "A"), ("2", None, "A")],
        [("t**9", "2")],
        (),
        {"1": ("tom", "nick"), "2": ("tom", "open_id")},
    ),
    (
        "an ambiguous chat's buyer tells nothing of the other orders",
        [("1", None), ("2", None)],
        [("1", None, "A"), ("2", None, "A")],
        [("t**1", "1")],
        ("tom1", "tim1"),
        {"1": ("t**1\x00", "chat"), "2": (None, "unlinked")},
    ),
]


LIMITS = (Limits(), Limits(loose=1, worthwhile=0, slice_rows=1))  # in memory, and on the shelf row by row


@pytest.mark.parametrize("limits", LIMITS, ids=["memory", "shelf"])
@pytest.mark.parametrize("case", CASES, ids=[c[0] for c in CASES])
def test_open_ids(case, limits: Limits, tmp_path: Path) -> None:
    _, orders, known, named, talked, want = case
    assert links(found(tmp_path, orders, known, named, talked, limits)) == want


def test_without_open_ids_nothing_changes(tmp_path: Path) -> None:
    for _, orders, _, named, talked, _ in CASES:
        assert "open_id" not in {
            link for _, link in links(found(tmp_path, orders, [], named, talked)).values()
        }


def test_masked_chat_by_an_open_id(tmp_path: Path) -> None:
    month = found(
        tmp_path, [("1", "tom"), ("2", None)], [("1", None, "A"), ("2", None, "A")], [("t**9", "2")]
    )
    day = (date(2026, 10, 1) - date(1970, 1, 1)).days
    asked = pl.DataFrame({"shop": "甲店", "buyer": "t**9", "day": [day, day + 1]})
    assert month.identities.by_chat(asked)["who"].to_list() == ["tom", "t**9"]


def test_an_open_id_of_several_is_told(tmp_path: Path) -> None:
    """By a nick beside it, an order's nick and a chat; of those that are told the names are all."""
    orders: Orders = [("1", "tom"), ("2", None), ("3", None)]
    known: Known = [
        ("1", None, "A"),
        ("2", None, "A"),
        (None, "zoe", "A"),
        ("3", None, "B"),
        (None, "x", "B"),
    ]
    month = found(tmp_path, orders, [*known, (None, "ann", "B")], [("sam", "2")])
    count, torn = month.identities.torn_open_ids(1)
    assert (count, torn.rows()) == (2, [("甲店", "A", ["sam", "tom", "zoe"])])


# ---- a whole month
TRADE = {
    "seller_nick": "甲店",
    "payment": "50.00",
    "status": "TRADE_FINISHED",
    "seller_memo": "",
    "pay_time": "2026-10-01 12:00:00",
    "created": "2026-10-01 11:00:00",
}
TIDS = [3812345678901234500 + n for n in range(6)]
SAID = ["2026-10-01 10:00:00", "2026-10-01 10:00:20"]


def write(folder: Path, name: str, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    (folder / name).write_text(text, "utf-8")


def chat(buyer: str, *texts: str) -> dict[str, object]:
    said = [
        {"direction": 1 - n % 2, "time": f"2026-10-01 10:00:{n:02}", "content": text}
        for n, text in enumerate(texts)
    ]
    return {
        "request": {"from_id": "cntaobao甲店:小一", "to_id": f"cntaobao{buyer}"},
        "response": {"wangwang_eservice_chatlog_get_response": {"ret": 10000, "msgs": {"msg": said}}},
    }


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """Trades with open ids, two of which the chats name; a rating without a nick."""
    folder = tmp_path_factory.mktemp("open") / "month"
    folder.mkdir()
    write(folder, "period.yaml", "period: {start: 2026-10-01, end: 2026-10-03}\nplatform: tmall\n")
    write(folder, "roster.csv", "account,employee_id,name,group,role\n甲店:小一,E1,张一,一组,售前\n")
    chats = [
        chat("tom", f"订单{TIDS[0]}", "在的"),
        chat("ann", f"{TIDS[2]}呢", "在的"),
        chat("sam", f"{TIDS[3]}", "嗯"),
    ]
    write(folder, "聊天.jsonl", "\n".join(json.dumps(c, ensure_ascii=False) for c in chats))
    whose = ["A", "A", "B", "B", "B", "C"]
    trades = [{**TRADE, "tid": tid, "buyer_open_uid": who} for tid, who in zip(TIDS, whose, strict=True)]
    write(folder, "trades.json", {"trades_sold_get_response": {"trades": {"trade": trades}}})
    rating = {
        "eval_code": 0,
        "eval_sender": "cntaobao甲店:小一",
        "open_uid": "A",
        "eval_time": "2026-10-01 10:05:00",
    }
    answer = {"staff_eval_details": {"eval_detail": rating}}
    write(folder, "评价.json", {"qianniu_kefueval_get_response": answer})
    return evaluate_month(folder)


def test_a_month_with_open_ids(month: Evaluation) -> None:
    got = month.frames["links"].join(month.frames["attribution"], on=["shop", "order_id"], how="left")
    rows = got.sort("order_id").select("link", "buyer_right", "credited").rows()
    assert rows == [
        ("chat", "tom", "E1"),
        ("open_id", "tom", "E1"),
        ("chat", "ann", "E1"),
        ("chat", "sam", "E1"),
        ("ambiguous", None, None),
        ("unlinked", None, None),
    ]
    assert month.manifest["links"] == {"ambiguous": 1, "chat": 3, "open_id": 1, "unlinked": 1}
    torn = [i.detail for i in month.review if i.kind == "ambiguous_buyer" and "open id B" in i.detail]
    assert len(torn) == 1 and "ann、sam" in torn[0]


def test_a_rating_by_its_open_id(month: Evaluation) -> None:
    """It has no nick: by the open id it is tom's, and so of his day's label."""
    buyers = dict(month.talk.codes.buyers.select("b", "buyer").iter_rows())
    rated = month.facts["ratings"].select("b", "stage").rows()
    assert [(buyers[b], stage) for b, stage in rated] == [("tom", "inquiry")]
