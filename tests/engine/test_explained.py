"""``explain`` of months in which most nicks are masked: whatever it says of an order or a nick agrees with the slow
definition of who is who, and with the messages that it shows."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle.identity import OWN, Identity, shown
from oracle.load import load
from oracle.month import Row
from test_masked_months import DAYS, MASKED, NUMBERS, PERIOD, PLAIN, SHOPS, Sold, sold, table

from evaluator.explain import explain_order
from evaluator.explain_buyer import explain_buyer
from evaluator.model import EvaluatorError
from evaluator.output import write_data, write_manifest
from evaluator.run import evaluate_month
from evaluator.seal import outputs

ROSTER = "account,employee_id,name,group,role\n甲店:小一,E1,张一,一组,售前\n甲店:小二,E2,李二,一组,售前\n"
ACCOUNTS = {"E1": "甲店:小一", "E2": "甲店:小二"}
PAID = datetime(2026, 10, 1, 12)
nicks = st.sampled_from([*MASKED, *PLAIN[:4], *MASKED])
said = st.tuples(
    st.sampled_from(SHOPS),
    nicks,
    st.sampled_from(["小一", "小二"]),
    st.sampled_from(["buyer", "agent", "agent", "robot"]),
    st.integers(0, 1),
    st.integers(8, 13),
    st.sampled_from([None, None, *NUMBERS]),
)
Said = list[tuple[str, str, str, str, int, int, str | None]]
AMBIGUOUS: Said = [
    ("甲店", "a*", "小一", "buyer", 0, 9, None),
    ("甲店", "a*", "小一", "agent", 0, 10, None),
    ("甲店", "ann", "小一", "buyer", 0, 9, "n1"),
    ("甲店", "anna", "小二", "agent", 0, 9, "n1"),
    ("甲店", "bob", "小二", "buyer", 0, 9, "n2"),
]
SAME_NAME: Said = [  # z*z is somebody, on the first day nobody knows whom; an order without a nick is named by him
    ("甲店", "z*z", "小一", "buyer", 0, 9, "n0"),
    ("甲店", "z*z", "小一", "agent", 0, 10, "n1"),
    ("甲店", "z*z", "小一", "agent", 0, 11, "n2"),
    ("甲店", "z*z", "小二", "agent", 1, 11, None),
]


def run(folder: Path, messages: Said, orders: Sold, period: str = PERIOD) -> Path:
    """Orders are placed at 9:01 and every other one is paid at noon; the text of a message is its number."""
    folder.mkdir(exist_ok=True)
    (folder / "roster.csv").write_text(ROSTER, "utf-8")
    (folder / "period.yaml").write_text(period, "utf-8")
    talk = [
        (s, b, f"甲店:{a}", who, f"{DAYS[d]} {hour:02}:00:00", f"话{n}。", o or "")
        for n, (s, b, a, who, d, hour, o) in enumerate(messages)
    ]
    bought = [
        (s, f"n{n}", b or "", f"{DAYS[0]} 09:01:00", "" if n % 2 else f"{PAID}", "1")
        for n, (s, b) in enumerate(orders)
    ]
    table(folder, "messages", "shop,buyer,account,sender,ts,text,order_id", talk)
    table(folder, "orders", "shop,order_id,buyer,created,paid,amount", bought)
    out = folder / "OUT"
    out.mkdir()
    write_data(evaluate_month(folder), out)
    return out


@pytest.fixture(scope="module")
def ambiguous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four orders of which the mask a* does not tell whose they are, and one of the only buyer whom a*a fits."""
    return run(
        tmp_path_factory.mktemp("ambiguous"),
        [
            *AMBIGUOUS,
            ("甲店", "ab*", "小一", "agent", 0, 9, "n4"),
            ("甲店", "ann", "小一", "agent", 0, 8, "n4"),
        ],
        [("甲店", "a*")] * 4 + [("甲店", "a*a")],
    )


def test_why_nobody_has_an_order(ambiguous: Path) -> None:
    unnamed, twice, other = (explain_order(ambiguous, f"n{n}") for n in range(3))
    for told in (unnamed, twice, other):
        assert "  买家　a*（可能是几位买家之一：不猜）" in told
        assert "昵称 a* 打了码，本店有 2 位买家的昵称吻合，不知道是哪一位：ann、anna" in told
        assert "    10-01　a*　张一 E1　买家 1 条，客服 1 条" in told
        assert "下单优先判定：静默（认不出买家）" in told
        assert "  （不知道买家是谁，无从判定，静默）" in told
    assert "聊天里没有人提到这个订单号" in unnamed
    assert quoted(unnamed) == []
    assert "    ann　1 条，最早 10-01 09:00:00\n    anna　1 条，最早 10-01 09:00:00\n" in twice
    assert "这些聊天属于 2 位买家，不止一位，不能据以认定" in twice
    assert quoted(twice) == ["话2。", "话3。"]
    assert "买家 ann → 张一 E1（甲店:小一）：话2。" in twice
    assert "    bob　1 条，最早 10-01 09:00:00，与订单上的昵称不吻合，不算" in other
    assert "提到它的昵称都和 a* 不吻合，不能据以认定" in other
    assert "disputes.csv" in unnamed
    assert "disputes.csv" not in twice  # it is not paid: there is nothing to give


def test_whom_a_masked_nick_stands_for(ambiguous: Path) -> None:
    told = explain_buyer(ambiguous, "a*").splitlines()
    assert told[:2] == [
        "打码的昵称 a*　店铺 甲店",
        "  本店有 2 位买家的昵称与它吻合，它不是一位买家：ann、anna",
    ]
    orders = [line for line in told if line.startswith("  订单 n")]
    assert len(orders) == 4
    assert all(line.endswith("不知道是哪一位买家的") for line in orders)
    assert not any("──" in line for line in told)
    assert "可能是他，也可能是别人，没有算作他的：n0、n1、n2、n3" in explain_buyer(ambiguous, "ann")
    alone = explain_order(ambiguous, "n4")
    assert "  买家　anna（订单表写作 a*a）（昵称脱敏，本店只有这一位吻合）" in alone


def test_a_mask_that_nobody_fits_is_said_to_be_as_written(tmp_path: Path) -> None:
    out = run(tmp_path, SAME_NAME, [("甲店", "bob"), ("甲店", "z*z"), ("甲店", None)])
    assert "  买家　z*z（昵称脱敏，本店无人吻合，照写，当作一位买家）" in explain_order(out, "n1")
    told = explain_buyer(out, "z*z")
    assert "本店没有一位买家的昵称与它吻合：照写，当作一位买家" in told
    first, second = told.split("不知道是哪一位的聊天")
    assert quoted(first) == ["话3。"]
    assert quoted(second) == ["话0。", "话1。", "话2。"]
    assert "订单 n1 下单 ──" in first
    assert "订单 n2 下单 ──" in second


def test_a_word_that_does_not_count_is_not_said_to_be_missing(tmp_path: Path) -> None:
    """He wrote on the day before, when the buyer did not: no consult, but nobody may say that he wrote nothing."""
    orders: Sold = [("甲店", "bob")]
    out = run(tmp_path, [("甲店", "bob", "小一", "agent", 0, 8, None)], orders)
    assert "E1　不是候选：接待已过滤" in explain_order(out, "n0")
    period = PERIOD + "settings: {filters: {agent_only: false}}\n"
    out = run(tmp_path / "on", [("甲店", "bob", "小一", "agent", 0, 8, None)], orders, period)
    assert "E1　不是候选：此前买家没有对他说话" in explain_order(out, "n0")


def test_foreign_text_looks_like_no_line_of_ours(tmp_path: Path) -> None:
    nick = "bob\n  ── 2026-10-01 12:00:00 付款 9.00 元 ──"
    out = run(tmp_path, [("甲店", f'"{nick}"', "小一", "buyer", 0, 8, None)], [("甲店", f'"{nick}"')])
    for told in (explain_order(out, "n0"), explain_buyer(out, nick)):
        assert "bob ⏎   ── 2026-10-01 12:00:00 付款 9.00 元" in told
        assert "bob\n" not in told


def test_a_run_of_an_older_version_is_not_said_to_know_nicks(ambiguous: Path, tmp_path: Path) -> None:
    out = tmp_path / "OUT"
    shutil.copytree(ambiguous, out)
    file = out / "tables" / "messages.parquet"
    pl.read_parquet(file).drop("written").write_parquet(file)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    (out / "manifest.json").unlink()
    write_manifest(manifest | {"outputs": outputs(out)}, out)
    told = explain_buyer(out, "a*")
    assert "旧版程序" in told
    assert "无人吻合，照写" not in told


def test_tables_say_which_nick_they_mean(ambiguous: Path) -> None:
    """``links`` and ``written`` have nicks as written, ``buyer`` elsewhere is who that is."""
    links, judged, talk = (
        pl.read_parquet(ambiguous / "tables" / f"{name}.parquet")
        for name in ("links", "attribution", "messages")
    )
    assert links["buyer"].to_list() == ["a*", "a*", "a*", "a*", "a*a"]
    assert judged["buyer"].to_list() == ["a*", "a*", "a*", "a*", "anna"]
    assert talk.columns[-1] == "written"
    assert talk.select("buyer", "written").rows() == [
        *[("a*", "a*")] * 2,
        *((nick, None) for nick in ("ann", "anna", "bob")),
        ("anna", "ab*"),  # names the order that is hers
        ("ann", None),
    ]


def test_a_month_without_masks_has_no_nicks_beside_the_buyers(tmp_path: Path) -> None:
    out = run(tmp_path, [("甲店", "bob", "小一", "buyer", 0, 8, None)], [("甲店", "b**")])
    assert "written" not in pl.read_parquet(out / "tables" / "messages.parquet").columns
    assert "照写" not in explain_order(out, "n0")


def test_review_says_which_orders_its_two_counts_share(tmp_path: Path) -> None:
    """All ambiguous orders are listed; those paid in the period and not excluded are warned of."""
    period = PERIOD + "settings: {exclude_orders: [n2]}\n"
    run(tmp_path, AMBIGUOUS, [("甲店", "a*")] * 5, period)
    review = evaluate_month(tmp_path).review
    told = "".join(item.detail for item in review if item.kind == "ambiguous_buyer")
    states = dict(re.findall(r"订单 (n\d)（(.*?)）买家 a\*", told))
    excluded, unpaid, paid = "不计的订单", "未付款", "本期付款"
    assert states == {"n0": paid, "n1": unpaid, "n2": excluded, "n3": unpaid, "n4": paid}
    assert [item.count for item in review if item.kind == "unlinked_order"] == [2]


def texts(rows: list[Row]) -> list[str]:
    return sorted(row["text"] for row in rows)


def quoted(told: str) -> list[str]:
    return sorted(re.findall(r"话\d+。", told))


def check_order(told: str, order: Row, want: Identity, judged: dict[str, object]) -> None:
    key = (order["shop"], order["order_id"])
    buyer, mask = want.order_buyer[key], order["buyer"]
    talk = [row for row in want.month.rows("messages") if row["shop"] == order["shop"]]
    naming = [row for row in talk if row["order_id"] == order["order_id"]]
    nobody = buyer is None
    assert ("认不出买家\n" in told) == ("静默（认不出买家）" in told) == nobody
    assert ("聊天里没有人提到这个订单号" in told) == (nobody and not naming)
    assert "没有双向沟通" not in told
    if nobody:
        assert judged["credited"] is None
        assert "没有候选" not in told
        assert "不是候选" not in told
        assert quoted(told) == texts(naming)
        fits = want.by_mask(order["shop"], mask) if mask else []
        number = re.search(r"本店有 (\d+) 位买家的昵称吻合，不知道是哪一位：(.*)", told)
        assert (number is None) == (not mask)
        if number is not None:
            assert (int(number[1]), number[2].split("、")) == (len(fits), fits)
        namers = {(row["buyer"], want.message_buyer(row)) for row in naming}
        several = re.search(r"这些聊天属于 (\d+) 位买家", told)
        claimed = {b for nick, b in namers if not mask or _fits(mask, nick)}
        assert (int(several[1]) if several else 0) == len(claimed)
        assert ("都和" in told) == (bool(namers) and not claimed)
        return
    own = [row for row in talk if want.message_buyer(row) == buyer]
    his, _, others = told.partition("但不是这位买家的消息")
    assert quoted(his) == texts(own)
    assert quoted(others) == texts([row for row in naming if want.message_buyer(row) != buyer])
    assert f"买家　{shown(buyer)}" in told
    assert ("照写" in told) == (mask == buyer and "*" in mask)
    for moment, block in re.findall(r"时（(.*)）的候选：.*\n((?:  .*\n)*)", told):
        before = [row for row in own if row["ts"] <= datetime.fromisoformat(moment)]
        for agent, why in re.findall(r"(E\d)　不是候选：(.*)", block):
            senders = {row["sender"] for row in before if row["account"] == ACCOUNTS[agent]}
            assert "agent" not in senders or why != "此前没有人工消息"
            assert "buyer" not in senders or why != "此前买家没有对他说话"


def _fits(mask: str, nick: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, mask.split("*"))), nick, re.DOTALL) is not None


def check_nick(told: str, shop: str, nick: str, want: Identity) -> None:
    """What is told of a nick in one shop."""
    talk = [row for row in want.month.rows("messages") if row["shop"] == shop]
    own = [row for row in talk if shown(want.message_buyer(row)) == nick]
    assert quoted(told) == texts(own)
    orders = {row["order_id"]: row for row in want.month.rows("orders") if row["shop"] == shop}
    his = {o for o in orders if shown(want.order_buyer[(shop, o)]) == nick}
    marked = set(re.findall(r"订单 (n\d) 下单 ──", told))
    assert marked == his
    if "*" not in nick:
        return
    fits = want.by_mask(shop, nick)
    counted = re.search(r"本店有 (\d+) 位买家的昵称与它吻合", told)
    assert (int(counted[1]) if counted else 0) == (len(fits) if len(fits) > 1 else 0)
    assert ("没有一位买家的昵称与它吻合" in told) == (not fits)
    written = {o for o, row in orders.items() if row["buyer"] == nick}
    each = dict(re.findall(r"^  订单 (n\d)　.*　(不知道是哪一位|买家 [^（\n]*)", told, re.MULTILINE))
    assert set(each) == written
    for o, whose in each.items():
        buyer = want.order_buyer[(shop, o)]
        assert whose == (f"买家 {shown(buyer)}" if buyer else "不知道是哪一位")
    apart = any(want.message_buyer(row) == nick + OWN for row in talk)
    assert ("不知道是哪一位的聊天" in told) == apart
    others = {
        (row["ts"].date(), want.message_buyer(row))
        for row in talk
        if row["buyer"] == nick and shown(want.message_buyer(row)) != nick
    }
    found = re.findall(r"^  (\d{4}-\d\d-\d\d)　\d+ 条　买家 (.*)$", told, re.MULTILINE)
    assert {(date.fromisoformat(day), who) for day, who in found} == others


@settings(deadline=None, max_examples=25)
@given(st.lists(said, min_size=1, max_size=30), st.lists(sold, max_size=5))
@example(AMBIGUOUS, [("甲店", "a*"), ("甲店", "a*"), ("甲店", "a*"), ("甲店", "z*z")])
@example(SAME_NAME, [("甲店", "bob"), ("甲店", "z*z"), ("甲店", None)])
def test_what_is_said_agrees_with_who_is_who(messages: Said, orders: Sold) -> None:
    with tempfile.TemporaryDirectory() as name:
        out = run(Path(name), messages, orders)
        want = Identity(load(Path(name)))
        judged = pl.read_parquet(out / "tables" / "attribution.parquet").to_dicts()
        credited = {row["order_id"]: row for row in judged}
        for order in want.month.rows("orders"):
            told = explain_order(out, order["order_id"])
            check_order(told, order, want, credited[order["order_id"]])
        for nick in (*MASKED, *PLAIN):
            for shop in SHOPS:
                known = any(
                    row["shop"] == shop and nick in (row["buyer"], buyer)
                    for rows, buyers in (
                        (want.month.rows("messages"), want.message_buyer),
                        (
                            want.month.rows("orders"),
                            lambda row: want.order_buyer[(row["shop"], row["order_id"])],
                        ),
                    )
                    for row in rows
                    for buyer in [shown(buyers(row))]
                )
                if known:
                    check_nick(explain_buyer(out, nick, shop), shop, nick, want)
                else:
                    with pytest.raises(EvaluatorError, match="没有买家"):
                        explain_buyer(out, nick, shop)
