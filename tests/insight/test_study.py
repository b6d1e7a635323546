"""A small month, by hand: conversations, their scenes, ratings and waits, the grade; labels; page and workbook."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from month import MESSAGES, RATINGS, line, write
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.insight.study import Insight, insight_month
from evaluator.insight.told import as_json, as_text, write_book, write_page


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Insight:
    return insight_month(write(tmp_path_factory.mktemp("insight") / "month"))


def talks(found: Insight) -> Iterator[dict[str, Any]]:
    """Rated conversations, by buyer and start."""
    yield from found.shops[0].scenes.lowest.sort("buyer", "start").iter_rows(named=True)


def scenes(found: Insight) -> dict[str, dict[str, Any]]:
    return {row["scene"]: row for row in found.shops[0].scenes.levels[2].iter_rows(named=True)}


def test_conversations_are_services_of_the_period(found: Insight) -> None:
    assert found.shops[0].scenes.conversations == 5
    assert found.shops[0].scenes.stages == {"keyword": 4, "none": 1}


def test_scenes(found: Insight) -> None:
    """小花 has paid: both her sentences press for shipping. 小草 has not. 小树's wish was told to the robot."""
    rows = scenes(found)
    assert {scene: row["conversations"] for scene, row in rows.items()} == {
        "coupon": 1,
        "ship_time": 1,
        "urge_shipping": 1,
        "complaint": 1,
        "other": 1,
    }
    assert rows["urge_shipping"]["share"] == pytest.approx(0.2)


def test_ratings_go_to_the_conversation_of_the_day(found: Insight) -> None:
    """小草's two to her two conversations; 小石's, a day later, to none; the robot's is not a person's."""
    rows, whole = scenes(found), found.shops[0].scenes
    assert (whole.ratings, whole.unplaced) == (3, 1)
    liked = {s: (r["ratings"], r["good"], r["satisfaction"]) for s, r in rows.items() if r["ratings"]}
    assert liked == {"urge_shipping": (1, 0, 0.0), "ship_time": (1, 1, 1.0), "complaint": (1, 0, 0.0)}
    top = {
        row["level1"]: (row["ratings"], row["satisfaction"]) for row in whole.levels[0].iter_rows(named=True)
    }
    assert top == {"售前咨询": (1, 1.0), "售中服务": (1, 0.0), "服务与投诉": (1, 0.0), "其他": (0, None)}


def test_first_response_of_a_conversation(found: Insight) -> None:
    """小花's first turn waited 20 s; the two of 小草 40 s and 300 s, though her reception has one first response."""
    waits = {scene: row["first_wait"] for scene, row in scenes(found).items()}
    assert waits == {
        "coupon": 10_000, "ship_time": 40_000, "urge_shipping": 20_000, "complaint": 300_000, "other": 10_000,
    }  # fmt: skip


def test_worst_scenes_need_ratings(found: Insight) -> None:
    assert found.rules.min_ratings == 5
    assert (found.shops[0].scenes.enough, found.shops[0].scenes.worst.height) == (0, 0)


def test_worst_scenes_are_those_with_enough(tmp_path: Path) -> None:
    """Eleven ratings: 发货时间 4 of 6 good, 投诉 0 of 5: the worst first."""
    more = "".join(
        f"甲店,小草,甲店:小雅,2026-10-06 13:{n:02}:00,{s},human,\n" for n, s in enumerate((5, 5, 4, 3, 1))
    )
    more += "".join(f"甲店,小草,甲店:小雅,2026-10-06 17:{n:02}:00,1,human,\n" for n in range(4))
    scenes = insight_month(write(tmp_path / "m", ratings=RATINGS + more)).shops[0].scenes
    assert scenes.enough == 2
    assert scenes.worst.select("scene", "good", "ratings").rows() == [
        ("complaint", 0, 5),
        ("ship_time", 4, 6),
    ]


def test_lowest_conversations(found: Insight) -> None:
    low = found.shops[0].scenes.lowest
    assert low.select("rating", "buyer", "scene", "sentence").rows() == [
        (1, "小草", "complaint", "我要投诉你们的服务态度"),
        (2, "小花", "urge_shipping", "什么时候发货"),
        (5, "小草", "ship_time", "什么时候发货"),
    ]
    assert low["agents"].to_list() == [
        "E02",
        "E01",
        "E02",
    ]  # 小雅 said something to 小花, who said nothing to her (R-F4)
    assert low["order_id"].to_list() == ["1002", "1001", "1002"]
    assert low["longest_wait"].to_list() == [300_000, 20_000, 40_000]


def test_an_unanswered_turn_is_counted(found: Insight) -> None:
    """小美 never answers 小花's messages after 10:00:20: 小雅's word is of a reception of her own."""
    assert [row["unanswered"] for row in talks(found)] == [1, 0, 0]


def test_tags_of_the_period(found: Insight) -> None:
    """Five ratings in October, the robot's with them."""
    tags = found.shops[0].tags
    assert tags is not None
    assert tags.select("tag", "count", "good", "bad").rows()[:2] == [("回复慢", 2, 0, 2), ("态度好", 2, 1, 1)]
    assert tags["share"][0] == pytest.approx(0.4)


def test_no_tags_are_told(tmp_path: Path) -> None:
    bare = "\n".join(
        row.rsplit(",", 1)[0] for row in RATINGS.replace('"态度好,态度好;专业"', "").splitlines()
    )
    shop = insight_month(write(tmp_path / "m", ratings=bare)).shops[0]
    assert (shop.tags, shop.no_tags) == (None, "ratings 表缺少 tags 列")


def test_the_grade_is_made_of_the_rules(found: Insight) -> None:
    """满意率 rests on four people's ratings (5, 4 of 2, 5, 1, 4), fewer than its min_sample of 10."""
    lines = {one.item.id: one for one in found.shops[0].experience.lines}
    assert lines["satisfaction"].status == "min_sample"
    assert lines["satisfaction"].points is None
    assert (lines["satisfaction"].cell.numerator, lines["satisfaction"].cell.denominator) == (2, 4)
    assert "尚未公布" in json.loads(as_json(found))["experience"]["note"]
    told = as_text(found).splitlines()
    assert any("尚未公布" in line for line in told)
    levels = [
        line.strip().split("　")[0]
        for line in told
        if line.strip().endswith("级场景　" + found.shops[0].shop)
    ]
    assert levels == ["一级场景", "二级场景", "三级场景"]  # which table is which


def test_parts_are_the_whole(found: Insight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Buyers worked on one after the other give the same."""
    monkeypatch.setattr("evaluator.prepare.PART_ROWS", 2)
    again = insight_month(write(tmp_path / "m"))
    assert json.loads(as_json(again)) == json.loads(as_json(found))


LABELS = """shop,buyer,day,scene
甲店,小草,2026-10-06,会员积分
甲店,小石,2026-10-08,售后服务 > 发票 > 开发票
甲店,小石,2026-10-08,size
甲店,小花,2026-10-05,没有这个场景
甲店,小花,2026-10-20,size
甲店,小花,2026-12-05,size
"""


def test_a_label_wins_and_teaches(tmp_path: Path) -> None:
    """小草's day has two conversations; 小石's last row holds, and a number teaches nothing new but is a text."""
    labelled = insight_month(write(tmp_path / "m", scene_labels=LABELS))
    scenes = labelled.shops[0].scenes
    assert {row["scene"]: row["conversations"] for row in scenes.levels[2].iter_rows(named=True)} == {
        "size": 1,
        "coupon": 1,
        "urge_shipping": 1,
        "member": 2,
    }
    assert scenes.stages == {"keyword": 2, "label": 3}
    assert labelled.learned == 3
    assert [note.split("：")[0] for note in labelled.notes] == ["scene_labels 第 4 行", "scene_labels"]
    assert "没有这个场景" in labelled.notes[0]
    assert "1 行（例如 小花）当天没有人工会话" in labelled.notes[1]


def test_a_label_without_a_day_is_rejected(tmp_path: Path) -> None:
    from evaluator.settings import load_month
    from evaluator.sources import read_month

    text = "shop,buyer,day,scene\n甲店,小石,,size\n甲店,小石,2026-10-08,size\n"
    month = read_month(load_month(write(tmp_path / "m", scene_labels=text)))
    assert [(r.row, r.column) for r in month.rejects] == [(1, "day")]
    assert month.tables["scene_labels"].height == 1


# ---- several shops ----
def test_shops_of_the_run_are_peers(tmp_path: Path) -> None:
    """Satisfaction of 甲, 乙, 丙 is 2/4 of people's and the robot's … 60th of three is the second best but one."""
    again = (
        MESSAGES.replace("shop,buyer", "§")
        .replace("甲店,", "乙店,")
        .replace("§", "shop,buyer")
        .splitlines()[1:]
    )
    third = [row.replace("乙店,", "丙店,", 1) for row in again]
    rows = [
        f"{s},小花,甲店:小美,2026-10-05 11:00:0{n},{x},human,好"
        for s, xs in (("乙店", (5, 5)), ("丙店", (5, 1)))
        for n, x in enumerate(xs)
    ]
    folder = write(
        tmp_path / "m",
        messages=MESSAGES + "\n".join(again + third) + "\n",
        ratings=RATINGS + "\n".join(rows) + "\n",
    )
    found = insight_month(folder)
    assert [shop.shop for shop in found.shops] == ["丙店", "乙店", "甲店"]
    first = {
        shop.shop: next(c for c in shop.compared if c.line.item.id == "satisfaction") for shop in found.shops
    }
    # 甲店: 5, 4 of 2, 5, 1, 4 and the robot's 1: 2/5; 乙店: 1; 丙店: 1/2
    assert {s: (float(c.line.cell.value or 0), c.standing) for s, c in first.items()} == {
        "甲店": (0.4, "低于平均"),
        "丙店": (0.5, "达到平均"),
        "乙店": (1.0, "优秀"),
    }
    assert (first["甲店"].peer.average, first["甲店"].peer.excellent, first["甲店"].peer.shops) == (0.5, 1, 3)
    assert found.all_tags is not None
    assert found.all_tags.row(0, named=True)["tag"] == "好"
    assert len(json.loads(as_json(found))) == 3


# ---- what is shown ----
def test_json(found: Insight) -> None:
    told = json.loads(as_json(found))
    assert told["shop"] == "甲店"
    assert {item["id"] for item in told["items"]} >= {"satisfaction", "avg_response", "refund_hours"}
    assert told["scenes"]["lowest"][0]["names"] == "小雅"
    assert told["scenes"]["lowest"][0]["longest_wait"] == 300
    assert told["scenes"]["level3"][0]["first_response"] == 10


def test_commands(tmp_path: Path) -> None:
    folder, page, book = write(tmp_path / "m"), tmp_path / "a.html", tmp_path / "a.xlsx"
    done = CliRunner().invoke(app, ["insight", str(folder), "--html", str(page), "--xlsx", str(book)])
    assert done.exit_code == 0, done.output
    assert page.is_file()
    assert book.is_file()
    printed = CliRunner().invoke(app, ["insight", str(folder)])
    assert "■ 评分最低的会话　甲店" in printed.output
    assert "我要投诉你们的服务态度" in printed.output


EVIL = "<script>alert(1)</script>我要退货"


def test_hostile_text(tmp_path: Path) -> None:
    messages = MESSAGES + line("小草", "小雅", "buyer", "06 15:06:00", EVIL) * 3
    labels = "shop,buyer,day,scene\n甲店,小花,2026-10-05,<img src=x onerror=alert(1)>\n"
    ratings = RATINGS.replace("态度差｜回复慢", "<b>慢</b>").replace("甲店,小石", "甲店,=1+1")
    found = insight_month(write(tmp_path / "m", messages=messages, scene_labels=labels, ratings=ratings))
    write_page(found, tmp_path / "p.html")
    write_book(found, tmp_path / "p.xlsx")
    text = (tmp_path / "p.html").read_text("utf-8")
    assert "default-src 'none'" in text
    for evil in ("<script", "<img", "<b>慢"):
        assert evil not in text.replace(html.escape(evil), "")
    assert html.escape(EVIL) in text
    cells = {c.value: c.data_type for s in openpyxl.load_workbook(tmp_path / "p.xlsx") for r in s for c in r}
    assert cells[EVIL] == "s"
    assert "f" not in set(cells.values())


def test_the_workbook_holds_what_to_correct(found: Insight, tmp_path: Path) -> None:
    write_book(found, tmp_path / "b.xlsx")
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert book.sheetnames == ["同行", "评价标签", "场景", "最差场景", "低分会话", "咨询体验评级", "待改正"]
