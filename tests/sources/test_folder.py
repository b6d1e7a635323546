"""Which files are read, in which order; shops; repeats (SPEC §1, §2.1)."""

from __future__ import annotations

import pytest

from evaluator.model import EvaluatorError
from evaluator.sources.finish import shop_of
from evaluator.sources.report import summary

HEADER = "shop,buyer,account,sender,ts,text\n"


def line(text: str, at: str = "09:00:00", shop: str = "甲店") -> str:
    return f"{shop},b,甲店:小一,buyer,2026-10-02 {at},{text}\n"


def test_files_in_code_point_order_of_their_paths(month):
    (month.folder / "messages.csv").unlink()
    for name in ("messages_2.csv", "messages_10.csv", "b/messages.csv", "B/messages.csv", "messages_乙.csv"):
        month.write(name, HEADER + line(name))
    got = month.read()
    want = ["B/messages.csv", "b/messages.csv", "messages_10.csv", "messages_2.csv", "messages_乙.csv"]
    assert got.tables["messages"]["text"].to_list() == want
    assert [row["file"] for row in summary(got) if row["table"] == "messages"] == want


def test_what_is_no_data(month):
    for name in (
        ".hidden.csv",
        "period.yaml",
        "plan.yaml",
        "说明.md",
        "页.html",
        ".git/orders.csv",
        "~$orders.xlsx",
    ):
        month.write(name, "垃圾")
    month.write("OUT/manifest.json", "{}").write("OUT/tables/messages.parquet", b"PAR1")
    month.write("OUT/payroll.xlsx", b"PK")
    got = month.read()
    assert len(got.inputs) == 3 and not got.review


def test_an_unknown_file_is_told_not_dropped(month):
    month.write("别的.csv", "甲,乙\n1,2\n").write("坏.json", '{"a": ').write(
        "图.zip", b"PK\x05\x06" + b"\0" * 18
    )
    month.write("十月聊天.csv", HEADER + line("x"))
    notes = {note.subject: note for note in month.read().review}
    assert {note.kind for note in notes.values()} == {"unrecognised_file"}
    assert "甲、乙" in notes["别的.csv"].detail
    assert "不完整" in notes["坏.json"].detail
    assert "messages" in notes["十月聊天.csv"].detail
    assert "图.zip" in notes


def test_progress(month):
    told: list[str] = []
    from evaluator.sources import read_month

    read_month(month.read().config, told.append)
    assert "读取 messages.csv" in told


# ---- repeats
def test_a_row_of_an_earlier_file_is_a_duplicate(month):
    month.write("messages.csv", HEADER + line("a") + line("a") + line("b"))
    month.write("messages_2.csv", HEADER + line("c") + line("a") + line("a") + line("B"))
    got = month.read()
    assert [(r.file, r.row, r.column, r.why) for r in got.rejects] == [
        ("messages_2.csv", 2, "", "duplicate"),
        ("messages_2.csv", 3, "", "duplicate"),
    ]
    assert got.tables["messages"]["text"].to_list() == ["a", "a", "b", "c", "B"]


def test_duplicates_are_compared_as_read(month):
    month.write("messages.csv", HEADER + line("a"))
    month.write(
        "messages_2.csv",
        (
            "ts,shop,buyer,account,sender,text,kind,auto,order_id\n"
            "2026/10/2 9:00,乙名,b,甲店:小一,buyer,a,text,否,\n"
            "2026/10/2 9:00,乙名,b,甲店:小一,buyer,a,image,否,\n"
        ),
    )
    got = month.read(shop_alias={"乙名": "甲店"})
    assert [(r.row, r.why) for r in got.rejects] == [(1, "duplicate")]


def test_the_last_valid_row_of_an_order_holds(month):
    head = "shop,order_id,buyer,created,amount,status\n"
    month.write(
        "orders.csv", head + "甲店,1,b,2026-10-01 10:00:00,1,新\n乙店,1,b,2026-10-01 10:00:00,9,别店\n"
    )
    month.write(
        "orders_2.csv",
        head + ("别名,1,b,2026-10-01 10:00:00,2,中\n甲店,1,b,2026-10-01 10:00:00,3,后\n甲店,1,b,坏,4,坏\n"),
    )
    got = month.read(shop_alias={"别名": "甲店"})
    assert got.tables["orders"].select("shop", "amount").rows() == [("乙店", 900), ("甲店", 300)]
    assert [(r.file, r.row, r.column, r.why[:10]) for r in got.rejects] == [
        ("orders.csv", 1, "order_id", "superseded"),
        ("orders_2.csv", 1, "order_id", "superseded"),
        ("orders_2.csv", 3, "created", "不是时间，应写作 2"),
    ]


# ---- shops
def test_a_row_of_a_shop_that_the_month_has_not(month):
    month.write("messages_2.csv", HEADER + line("a", shop="丙店") + line("b", shop="乙店"))
    month.write("orders_2.csv", "shop,order_id,buyer,created,amount\n丙店,1,b,2026-10-01 10:00:00,1\n")
    got = month.read(platform={"甲店": "tmall", "乙店": "pdd"})
    assert [(r.file, r.column, r.value) for r in got.rejects] == [
        ("messages_2.csv", "shop", "丙店"),
        ("orders_2.csv", "shop", "丙店"),
    ]


def test_any_shop_where_platform_names_none(month):
    month.write("messages_2.csv", HEADER + line("a", shop="丙店"))
    assert not month.read(platform="tmall").rejects


def test_alias_holds_wherever_a_shop_is_read(month):
    month.write("labels.csv", "shop,buyer,label\n甲店旗舰,b,ad\n")
    got = month.read(platform={"shop_a": "tmall"}, shop_alias={"甲店": "shop_a", "甲店旗舰": "shop_a"})
    assert not got.rejects
    assert got.tables["labels"]["shop"].to_list() == ["shop_a"]
    assert got.tables["messages"]["shop"].unique().to_list() == ["shop_a"]


@pytest.mark.parametrize(
    ("rel", "platform", "shop", "named", "want"),
    [
        ("x.csv", "pdd", "甲店", set(), "甲店"),
        ("x.csv", {"甲店": "pdd"}, None, {"乙店"}, "甲店"),
        ("x.csv", "pdd", None, {"乙店"}, "乙店"),
        ("乙店/x.csv", {"甲店": "pdd", "乙店": "jd"}, None, set(), "乙店"),
        ("乙名/x.csv", {"甲店": "pdd", "乙店": "jd"}, None, set(), "乙店"),
        ("x.csv", {"甲店": "pdd", "乙店": "jd"}, "甲店", set(), "甲店"),
        ("丙/x.csv", {"甲店": "pdd", "乙店": "jd"}, None, set(), None),
        ("x.csv", "pdd", None, {"甲店", "乙店"}, None),
    ],
)
def test_the_shop_of_an_export_that_names_none(month, rel, platform, shop, named, want):
    config = month.read(platform, shop, shop_alias={"乙名": "乙店"}).config if platform == "pdd" else None
    if config is None:
        from datetime import date

        from evaluator.settings import MonthConfig, Settings

        settings = Settings(shop_alias={"乙名": "乙店"})
        config = MonthConfig(month.folder, date(2026, 10, 1), date(2026, 11, 1), platform, shop, settings)
    if want is None:
        with pytest.raises(EvaluatorError, match="shop"):
            shop_of(rel, config, named)
    else:
        assert shop_of(rel, config, named) == want


@pytest.mark.parametrize("name", ["unreadable"])
def test_a_file_that_may_not_be_read(month, name, monkeypatch):
    from evaluator.sources import files

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "scan", refuse)
    with pytest.raises(EvaluatorError, match=r"messages\.csv"):
        month.read()


def test_chats_and_orders_of_shops_that_never_meet_are_told(month):
    month.write("orders.csv", "shop,order_id,buyer,created,amount\n甲店旗舰,1,b,2026-10-01 10:00:00,1\n")
    (note,) = month.read().review
    assert note.kind == "source_note" and "shop_alias" in note.detail
    assert not month.read(shop_alias={"甲店旗舰": "甲店"}).review


def test_refund_numbers_that_repeat_are_told(month):
    row = "1,2,2026-10-01 10:00:00,3,refund_only\n"
    month.write("refunds.csv", "refund_id,order_id,applied,amount,kind\n" + row + row)
    (note,) = month.read().review
    assert (note.kind, note.subject, note.count) == ("source_note", "refunds", 1)
