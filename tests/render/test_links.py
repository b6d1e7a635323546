"""Every report tells how orders found their buyers, and warns of those that found none (SPEC §2). The month has an
order of each kind; all content is made up."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import openpyxl
import pytest

from evaluator.evaluation import Evaluation
from evaluator.run import evaluate_month

# number, nick, open id, yuan, paid, memo, shop
SOLD = [
    (1, "tom", "A", "10.00", True, "", "甲店"),
    (2, "", "A", "20.00", True, "", "甲店"),
    (3, "an**na", "", "30.00", True, "", "甲店"),
    (4, "", "", "40.00", True, "", "甲店"),
    (5, "z**z", "", "50.00", True, "", "甲店"),
    (6, "quiet", "", "60.00", True, "", "甲店"),
    (7, "", "", "1070.00", True, "", "甲店"),
    (8, "t**1", "", "80.50", True, "", "甲店"),
    (9, "", "", "5.00", True, "", "乙店"),
    (10, "", "", "900.00", True, "刷单", "甲店"),  # excluded
    (11, "", "", "900.00", False, "", "甲店"),  # not paid
]
TALKERS = ("tom", "anna", "sam", "tim1", "tam1")
KEYS = {  # orders, buyers, yuan, talked, not
    "平台 open id": (1, 1, "20.00", 1, 0),
    "买家昵称": (2, 2, "70.00", 1, 1),
    "打码的昵称（本店只有一位吻合）": (1, 1, "30.00", 1, 0),
    "聊天里的订单号": (1, 1, "40.00", 1, 0),
    "打码的昵称（无人吻合，照写）": (1, 1, "50.00", 0, 1),
    "⚠ 认不出买家": (2, None, "1,075.00", None, None),
    "⚠ 可能是几位买家之一，不猜": (1, None, "80.50", None, None),
}
WARNING = (
    "3 笔（1,155.50 元）认不出买家",
    "没有归给任何客服",
    "2 笔的订单表里没有可用的买家昵称",
    "1 笔可能是几位买家",
)
TO_DO = ("重新导出带买家昵称", "open id", "订单卡片")


def tid(number: int) -> int:
    return 3812345678901234500 + number


@dataclass(frozen=True)
class Run:
    evaluation: Evaluation
    out: Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("links") / "month"
    folder.mkdir()

    def write(name: str, text: str) -> None:
        (folder / name).write_text(text, "utf-8")

    write("period.yaml", "period: {start: 2026-10-01, end: 2026-11-01}\nplatform: tmall\nplan: plan.yaml\n")
    write("plan.yaml", "name: 方案\napplies_to: {role: 售前}\n")
    people = "甲店:小一,E1,张一,一组,售前\n甲店:小二,E2,李二,一组,售前\n"
    write("roster.csv", "account,employee_id,name,group,role\n" + people)
    talks = ["shop,buyer,account,sender,ts,text,order_id\n"]
    for n, nick in enumerate(TALKERS):
        named = tid(4) if nick == "sam" else ""
        talks.append(f"甲店,{nick},甲店:小一,buyer,2026-10-01 10:{n:02}:00,在吗,{named}\n")
        talks.append(f"甲店,{nick},甲店:小一,agent,2026-10-01 10:{n:02}:20,在的,\n")
    write("messages.csv", "".join(talks))
    trades = []
    for number, nick, open_id, yuan, paid, memo, shop in SOLD:
        trade = {"tid": tid(number), "seller_nick": shop, "buyer_nick": nick, "buyer_open_uid": open_id}
        trade |= {
            "created": "2026-10-01 11:00:00",
            "payment": yuan,
            "seller_memo": memo,
            "status": "TRADE_FINISHED",
        }
        trades.append(trade | ({"pay_time": "2026-10-01 11:05:00"} if paid else {}))
    write("trades.json", json.dumps({"trades_sold_get_response": {"trades": {"trade": trades}}}))
    evaluation = evaluate_month(folder)
    evaluation.save(folder.parent / "out")
    return Run(evaluation, folder.parent / "out")


def page_rows(path: Path) -> list[list[str]]:
    """Every table row of a page as the texts of its cells."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", path.read_text("utf-8"), re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


def warned(path: Path) -> str:
    """What stands in the warning box at the head of a page."""
    box = re.search(r'<div class="warn"[^>]*>(.*?)</div>', path.read_text("utf-8"), re.DOTALL)
    assert box, f"{path.name} has no warning"
    return unescape(re.sub(r"<[^>]+>", "", box[1]))


def number(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def test_each_order_is_of_the_kind_it_was_made_for(run: Run) -> None:
    links = run.evaluation.frames["links"].filter(run.evaluation.frames["links"]["shop"] == "甲店")
    assert links.sort("order_id")["link"].to_list()[:8] == [
        *("nick", "open_id", "mask", "chat", "itself", "nick", "unlinked", "ambiguous")
    ]


def test_printed(run: Run) -> None:
    told = "\n".join(run.evaluation.links_told())
    assert "本期付款 9 笔" in told and "没有聊过的 2 笔（静默）" in told and "认不出买家的 3 笔" in told
    for key, (orders, *_) in KEYS.items():
        assert key.startswith("⚠") or f"按{key} {orders} 笔" in told
    assert "⚠ 店铺 甲店：本期付款的订单中有 2 笔（1,150.50 元）认不出买家" in told
    assert "⚠ 店铺 乙店：本期付款的订单中有 1 笔（5.00 元）认不出买家" in told
    assert all(words in told for words in TO_DO)


def test_manifest_and_review(run: Run) -> None:
    manifest = json.loads((run.out / "manifest.json").read_text("utf-8"))
    assert len(manifest["warnings"]) == 1
    assert all(words in manifest["warnings"][0] for words in (*WARNING, *TO_DO, "乙店 1 笔，甲店 2 笔"))
    counts = [
        tuple(row[k] for k in ("shop", "link", "talked", "orders", "yuan")) for row in manifest["order_links"]
    ]
    assert counts == [
        ("乙店", "unlinked", None, 1, "5.00"),
        ("甲店", "open_id", True, 1, "20.00"),
        ("甲店", "nick", True, 1, "10.00"),
        ("甲店", "nick", False, 1, "60.00"),
        ("甲店", "mask", True, 1, "30.00"),
        ("甲店", "chat", True, 1, "40.00"),
        ("甲店", "itself", False, 1, "50.00"),
        ("甲店", "unlinked", None, 1, "1070.00"),
        ("甲店", "ambiguous", None, 1, "80.50"),
    ]
    items = {i.subject: i for i in run.evaluation.review if i.kind == "unlinked_order"}
    assert {shop: item.count for shop, item in items.items()} == {"甲店": 2, "乙店": 1}
    assert all(words in item.detail for item in items.values() for words in TO_DO)


def test_team_page(run: Run) -> None:
    told = warned(run.out / "team.html")
    assert all(words in told for words in (*WARNING, *TO_DO))
    rows = page_rows(run.out / "team.html")
    for key, (orders, buyers, yuan, talked, quiet) in KEYS.items():
        found = [row for row in rows if len(row) == 7 and row[1] == key]
        assert sum(int(row[2]) for row in found) == orders, key
        if len(found) == 1:
            assert found[0][2:] == [number(orders), number(buyers), yuan, number(talked), number(quiet)]
    assert "含认不出买家 1,155.50 元" in (run.out / "team.html").read_text("utf-8")


def test_every_agent_page(run: Run) -> None:
    """Counts of the whole shop; no shop's name or sales, no buyer's nick of another's orders."""
    pages = sorted((run.out / "agents").glob("*.html"))
    assert [p.stem for p in pages] == ["E1", "E2"]
    for page in pages:
        told = warned(page)
        assert all(words in told for words in (*WARNING, *TO_DO)) and "乙店" not in told
        rows = page_rows(page)
        for key, (orders, _, _, talked, quiet) in KEYS.items():
            assert [key, number(orders), number(talked), number(quiet)] in rows
    assert not any(nick in pages[1].read_text("utf-8") for nick in ("anna", "tim1", "quiet", "z**z"))


def test_workbook(run: Run) -> None:
    book = openpyxl.load_workbook(run.out / "payroll.xlsx")
    for name in ("绩效工资", "待核"):
        cell = book[name]["A2"]
        assert all(words in cell.value for words in (*WARNING, *TO_DO)), name
        assert cell.fill.fgColor.rgb == "FFFFF2CC" and cell.font.bold
        assert book[name].row_dimensions[2].height > 15
    texts = [[c for c in row if c is not None] for row in book["待核"].iter_rows(values_only=True)]
    for key, (orders, buyers, *_) in KEYS.items():
        rows = [row for row in texts if key in row]
        assert sum(row[2] for row in rows) == orders
        assert buyers is None or sum(row[3] for row in rows) == buyers
    rows = list(book["归属明细"].iter_rows(values_only=True))
    head = next(row for row in rows if "买家依据" in row)
    by_number = {row[head.index("订单号")]: row for row in rows}
    shown = {
        n: [by_number[str(tid(n))][head.index(c)] for c in ("买家依据", "落实客服")] for n in range(1, 9)
    }
    assert shown[2] == ["平台 open id", "张一"] and shown[4] == ["聊天里的订单号", "张一"]
    assert shown[6] == ["买家昵称", "静默"]
    assert shown[7] == ["认不出买家", "认不出买家"] and shown[8][1] == "认不出买家"


def test_without_lost_orders_nothing_warns(run: Run, tmp_path: Path) -> None:
    """The same month without the orders of nobody: counts, and no warning anywhere."""
    month = tmp_path / "month"
    month.mkdir()
    for file in (run.out.parent / "month").iterdir():
        text = file.read_text("utf-8")
        if file.name == "trades.json":
            trades = json.loads(text)["trades_sold_get_response"]["trades"]["trade"]
            text = json.dumps({"trades_sold_get_response": {"trades": {"trade": trades[:6]}}})
        (month / file.name).write_text(text, "utf-8")
    evaluation = evaluate_month(month)
    evaluation.save(tmp_path / "out")
    assert evaluation.manifest["warnings"] == []
    assert "认不出买家的 0 笔" in evaluation.links_told()[0] and len(evaluation.links_told()) == 1
    for page in (tmp_path / "out" / "team.html", *(tmp_path / "out" / "agents").glob("*.html")):
        assert "认不出买家" not in page.read_text("utf-8").replace("认不出买家的，聊过没有无从知道", "")
    sheet = openpyxl.load_workbook(tmp_path / "out" / "payroll.xlsx")["绩效工资"]
    assert "认不出买家" not in str(list(sheet.iter_rows(values_only=True)))


def test_an_order_of_nobody_that_a_dispute_gave_to_an_agent_is_no_warning(run: Run, tmp_path: Path) -> None:
    """7 and 8 were given to agents, the one of 乙店 was not: only it counts as silent, and is warned of."""
    month, out = tmp_path / "month", tmp_path / "out"
    shutil.copytree(run.out.parent / "month", month)
    head = "order_id,employee_id,claim,decision,by,when,note"
    rows = [
        f"{tid(n)},{who},我接待的,{what},主管,2026-11-02 10:00:00,"
        for n, who, what in (
            (7, "E1", "accepted"),
            (8, "E2", "accepted"),
            (9, "E1", "rejected"),
        )
    ]
    (month / "disputes.csv").write_text("\n".join([head, *rows]), "utf-8")
    found = evaluate_month(month)
    found.save(out)
    told = found.links_told()
    assert "认不出买家的 3 笔，其中 2 笔经异议改判给了客服" in told[0]
    assert len(told) == 2 and "店铺 乙店：本期付款的订单中有 1 笔（5.00 元）认不出买家" in told[1]
    assert [row["given"] for row in found.manifest["order_links"] if "given" in row] == [False, True, True]
    doubtful = [
        item.detail for item in found.review if item.kind == "ambiguous_buyer" and item.subject == str(tid(8))
    ]
    assert len(doubtful) == 1 and "（经异议改判给了客服）" in doubtful[0]
    page = (out / "team.html").read_text("utf-8")
    assert "含认不出买家 5.00 元" in page and "1 笔（5.00 元）认不出买家" in warned(out / "team.html")
    note = "认不出买家的订单中有 2 笔经异议改判给了客服，警告里不算。"
    assert note in page and note not in (run.out / "team.html").read_text("utf-8")
    rows = page_rows(out / "team.html")
    for key, (orders, *_) in KEYS.items():  # how orders found their buyers is what it was
        assert sum(int(row[2]) for row in rows if len(row) == 7 and row[1] == key) == orders
