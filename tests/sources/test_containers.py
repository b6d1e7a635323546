"""Data on a later sheet of a workbook, and inside an archive (SPEC §1: every file is read or told)."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter

from evaluator.model import EvaluatorError

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
