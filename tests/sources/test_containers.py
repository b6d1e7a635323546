"""Data on a later sheet of a workbook, and inside an archive (SPEC §1: every file is read or told)."""

from __future__ import annotations

import io
import tempfile
import zipfile
from typing import Any

import pytest
import xlsxwriter
from months import MESSAGES

from evaluator.model import EvaluatorError
from evaluator.sources import archives, read_month

COVER = [["天猫商家后台 订单导出"], ["导出时间", "2026-11-01"]]
ORDERS = [
    ["订单编号", "总金额", "订单创建时间", "店铺名称"],
    ["8000000000000000007", "1", "2026-10-01 08:00:00", "甲店"],
]
MORE = [ORDERS[0], ["8000000000000000008", "坏", "2026-10-01 08:00:00", "甲店"]]
LABELS = [["shop", "buyer", "label"], ["甲店", "b1", "not_ad"]]


def book(hidden: str = "", /, **sheets: list[list[str]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for at, row in enumerate(rows):
                page.write_row(at, 0, row)
            if name == hidden:
                page.hide()
    return out.getvalue()


def files(month: Any, table: str) -> list[tuple[str, int, int]]:
    """file, rows used and rejected of a table's inputs."""
    return [(e.file, e.rows_used, e.rows_rejected) for e in month.inputs if e.table == table]


# ------------------------------------------------------------------------------------------ sheets
def test_a_cover_before_the_data(bare):
    bare.write("订单.xlsx", book(封面=COVER, 订单=ORDERS))
    got = bare.read()
    assert files(got, "orders") == [("订单.xlsx#订单", 1, 0)] and not got.review


def test_every_sheet_that_is_known_is_read_and_the_others_are_told(bare):
    bare.write("订单.xlsx", book(一=ORDERS, 透视=COVER, 二=MORE, 空=[]))
    got = bare.read()
    assert files(got, "orders") == [("订单.xlsx", 1, 0), ("订单.xlsx#二", 0, 1)]
    assert [(r.file, r.row, r.column) for r in got.rejects] == [("订单.xlsx#二", 1, "amount")]
    (note,) = got.review
    assert (note.kind, note.subject, note.count) == ("source_note", "订单.xlsx", 1)
    assert "「透视」" in note.detail


def test_a_page_of_notes_beside_labels(month):
    """It is no table even where it begins with a column's name."""
    month.write("labels.xlsx", book(labels=LABELS, 说明=[["label", "ad 或 not_ad"]]))
    got = month.read()
    assert files(got, "labels") == [("labels.xlsx", 1, 0)] and not got.review


def test_a_hidden_sheet_is_not_looked_at(bare):
    bare.write("订单.xlsx", book("旧", 订单=ORDERS, 旧=MORE))
    got = bare.read()
    assert files(got, "orders") == [("订单.xlsx", 1, 0)] and not got.review


def test_a_workbook_without_a_known_sheet_is_told_by_what_comes_nearest(month):
    near = [["商品", "订单号", "订单状态", "用户实付金额(元)"], ["1", "2", "3", "4"]]
    month.write("x.xlsx", book(封面=COVER, 拼多多=near))
    (note,) = month.read().review
    assert (note.kind, note.subject) == ("unrecognised_file", "x.xlsx#拼多多")
    assert "像是拼多多订单，但缺少列 支付时间" in note.detail


def test_a_mapping_finds_its_sheet(bare):
    rows = [["号", "元", "时"], ["7", "1", "2026-10-01 08:00:00"]]
    columns = "columns: {order_id: 号, amount: 元, created: 时, buyer: 号}\n"
    bare.write("x.xlsx", book(封面=COVER, 表=rows))
    bare.write("mapping.yaml", f"file: x.xlsx\ntable: orders\n{columns}")
    assert files(bare.read(shop="甲店"), "orders") == [("x.xlsx#表", 1, 0)]
    bare.write("mapping.yaml", f"file: x.xlsx\ntable: orders\n{columns.replace('号', '编号')}")
    with pytest.raises(EvaluatorError, match=r"x\.xlsx：mapping\.yaml:1 写的列 编号"):
        bare.read(shop="甲店")


def test_reports_and_orders_in_one_workbook(bare):
    """A format that looks at all sheets leaves those that are not its own to the others."""
    report = [["旺旺昵称", "咨询人数", "接待人数"], ["甲店:小一", "3", "2"]]
    bare.write("2026-10-01_2026-10-31.xlsx", book(封面=COVER, 报表=report, 订单=ORDERS))
    got = bare.read()
    assert [e.table for e in got.inputs if ".xlsx" in e.file] == ["platform_report", "orders"]
    assert files(got, "platform_report")[0][0] == "2026-10-01_2026-10-31.xlsx"


# ------------------------------------------------------------------------------------------ zips
TEXT = "订单编号,总金额,订单创建时间\n{},1,2026-10-01 08:00:00\n"


def zipped(**members: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_what_lies_in_a_zip_is_read_as_in_a_folder(bare):
    members = {
        "z.csv": TEXT.format(1),
        "内/a.csv": TEXT.format(2),
        "订单.xlsx": book(封面=COVER, 订单=ORDERS),
    }
    skipped = {"说明.pdf": "x", "__MACOSX/._z.csv": "x", ".x.csv": "x", "内/": ""}
    bare.write("b.zip", zipped(**members, **skipped)).write("b.zip-1.csv", TEXT.format(3)).write(
        "a.csv", TEXT.format(4)
    )
    got = bare.read(shop="甲店")
    want = ["a.csv", "b.zip-1.csv", "b.zip/z.csv", "b.zip/内/a.csv", "b.zip/订单.xlsx#订单"]
    assert [e.file for e in got.inputs if e.table == "orders"] == want
    assert not got.review


def test_tables_by_name_and_shops_by_the_name_of_the_zip(month):
    (month.folder / "messages.csv").unlink()
    month.write("b.zip", zipped(**{"messages.csv": MESSAGES})).write(
        "乙店.zip", zipped(**{"x.csv": TEXT.format(1)})
    )
    got = month.read(platform={"甲店": "tmall", "乙店": "tmall"})
    assert files(got, "messages") == [("b.zip/messages.csv", 2, 0)]
    assert ("乙店", "1") in got.tables["orders"].select("shop", "order_id").rows()


def test_a_name_in_gbk_without_a_word_of_it(bare):
    data = zipped(**{"abcd.csv": TEXT.format(1)}).replace(b"abcd.csv", "订单.csv".encode("gb18030"))
    bare.write("x.zip", data)
    assert files(bare.read(shop="甲店"), "orders") == [("x.zip/订单.csv", 1, 0)]


def test_names_that_lead_out_of_the_zip(bare, tmp_path):
    names = ["../../out.csv", "/tmp/out.csv", "..\\out.csv", "C:\\out.csv"]
    bare.write("x.zip", zipped(**{name: TEXT.format(at) for at, name in enumerate(names)}))
    before = set(tmp_path.rglob("*"))
    found = [e.file for e in bare.read(shop="甲店").inputs if e.table == "orders"]
    assert found == ["x.zip/C:/out.csv", "x.zip/out.csv", "x.zip/out.csv", "x.zip/tmp/out.csv"]
    assert set(tmp_path.rglob("*")) == before


def test_a_zip_in_a_zip_and_an_unknown_file(month):
    month.write("x.zip", zipped(**{"in.zip": zipped(**{"十月/订单.csv": "x"}), "别的.csv": "甲,乙\n1,2\n"}))
    notes = {note.subject: note for note in month.read().review}
    assert {note.kind for note in notes.values()} == {"unrecognised_file"}
    assert "里面有 十月/订单.csv：请解压" in notes["x.zip/in.zip"].detail
    assert "甲、乙" in notes["x.zip/别的.csv"].detail


def told(month: Any, data: bytes) -> tuple[str, str]:
    month.write("x.zip", data)
    (note,) = month.read().review
    assert note.kind == "refused_file"
    return note.subject, note.detail


def test_members_with_a_password(month):
    data = bytearray(zipped(**{"订单.csv": TEXT}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    subject, detail = told(month, bytes(data))
    assert subject == "x.zip" and "x.zip/订单.csv" in detail and "密码" in detail


def test_a_damaged_member(month):
    data = zipped(**{"a.csv": TEXT * 50})
    at = data.index(b"a.csv") + 20
    subject, detail = told(month, data[:at] + bytes(8) + data[at + 8 :])
    assert subject == "x.zip/a.csv" and "解不出" in detail


def test_a_zip_that_swells(month, monkeypatch):
    monkeypatch.setattr(archives, "SWELLING_FROM", 1 << 16)
    subject, detail = told(month, zipped(**{"a.csv": bytes(1 << 20)}))
    assert subject == "x.zip" and "1,048,576" in detail


def test_a_zip_that_says_it_is_smaller(month):
    """No more is unpacked than a member says it has."""
    data = zipped(**{"a.csv": bytes(1 << 20)})
    assert data.count((1 << 20).to_bytes(4, "little")) == 2
    subject, _ = told(month, data.replace((1 << 20).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    assert subject == "x.zip/a.csv"


def test_what_was_unpacked_goes(month, tmp_path, monkeypatch):
    place = tmp_path.parent / f"{tmp_path.name}_unpacked"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    month.write("x.zip", zipped(**{"messages_2.csv": MESSAGES}))
    seen: list[int] = []
    read_month(month.read().config, lambda _: seen.append(len(list(place.rglob("*")))))
    assert max(seen) > 0 and not list(place.iterdir())
