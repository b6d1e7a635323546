"""Order numbers that lost their digits, files that are not what they are called, and files that are no data."""

from __future__ import annotations

import polars as pl
import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.model import EvaluatorError
from evaluator.review import rejected
from evaluator.sources import taobao_orders
from evaluator.sources.base import EXPORT, RawTable


# ------------------------------------------------------------------------------------------ order numbers
def test_numbers_that_a_program_wrote_as_floats(bare):
    head = "订单编号,总金额,订单创建时间,店铺名称\n"
    rows = ["1234567890123456.0", "1.23E+17", "123456789012345678.0", "1.2345678901234568e+17", "77"]
    bare.write("x.csv", head + "".join(f"{n},1,2026-10-01 08:00:00,甲店\n" for n in rows))
    got = bare.read()
    assert got.tables["orders"]["order_id"].to_list() == ["1234567890123456", "77"]
    assert [r.row for r in got.rejects] == [2, 3, 4]
    assert all("末几位已丢失" in r.why for r in got.rejects)


def test_numbers_in_number_cells(bare, workbook):
    head = ["订单编号", "总金额", "订单创建时间", "店铺名称"]
    numbers = [1234567890123456.0, 9123456789012346.0, 1.5e18]
    bare.write("x.csv", workbook([head, *([n, 1, "2026-10-01 08:00:00", "甲店"] for n in numbers)]))
    got = bare.read()
    assert got.tables["orders"]["order_id"].to_list() == ["1234567890123456"]
    assert [r.row for r in got.rejects] == [2, 3]


def test_numbers_whose_end_a_spreadsheet_has_zeroed(bare):
    head = "订单编号,总金额,订单创建时间,店铺名称\n"
    row = "{},1,2026-10-01 08:00:00,甲店\n"
    bare.write(
        "x.csv", head + row.format("123456789012345000") + row.format("123456789012346000") + row.format("7")
    )
    got = bare.read()
    assert got.tables["orders"]["order_id"].to_list() == ["7"]
    assert [r.why[:7] for r in got.rejects] == ["编号第 15 ", "编号第 15 "]


# ------------------------------------------------------------------------------------------ what is no table
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("空.zip", b"PK\x05\x06" + bytes(18), "压缩包是空的"),
        ("x.xls", "<html><table><tr><td>订单号</td></tr></table>".encode("gbk"), "网页"),
        (
            "x.csv",
            "买家会员名,买家实际支付金额,宝贝标题 ,订单付款时间\na,1,b,2018-01-01 09:26:18\n",
            "缺少 订单编号、总金额",
        ),
        ("x.csv", "订单编号,动账时间,动账金额,账务类型\n1,2026-10-01,3,货款\n", "账单"),
        ("x.csv", "商品,订单号,订单状态,用户实付金额(元)\n1,2,3,4\n", "像是拼多多订单，但缺少列 支付时间"),
        ("x.csv", "商品名称,定价,销量\n1,2,3\n", "商品名称、定价、销量"),
        ("w.txt", "10:00:00\n在吗\nb1\n10:00:20\n您好\n甲店:小一\n", "但没有日期"),
        ("x.txt", "随便写的", "第一行：随便写的"),
        ("x.json", '[{"甲": 1, "乙": 2}]', "里面有：甲、乙"),
        ("空.csv", b"", "文件是空的"),
        ("x.rar", b"Rar!\x1a\x07\x00abc", "只会打开 zip"),
        ("坏.zip", b"PK\x03\x04broken", "压缩包打不开"),
        ("订单.xlsx.crdownload", b"PK\x03\x04", "还没有下载完"),
        (
            "京东.csv",
            "京东订单,,,,\n订单号,下单时间,应付金额,下单帐号,付款确认时间\n1,2,3,4,5\n",
            "表头像是在第 2 行",
        ),
        (
            "聊天.txt",
            "b1 2026-10-01 09:00:00\n在吗\nb2 2026-10-01 09:00:05\n在吗\n甲店:小一 2026-10-01 09:00:09\n在\n",
            "出现的名字：b1、b2、甲店:小一",
        ),
    ],
)
def test_what_is_not_read_is_told(month, name, content, told):
    month.write(name, content)
    (note,) = month.read().review
    assert note.kind == "unrecognised_file" and told in note.detail


# ------------------------------------------------------------------------------------------ a reader's mistakes
def test_a_reader_that_gives_no_required_column(month, monkeypatch):
    """Of a layout that it did not foresee; the file and the column are told."""
    frame = pl.DataFrame({"_row": [1], "shop": ["甲店"], "buyer": ["b"], "created": ["2026-10-01 08:00:00"]})
    monkeypatch.setattr(taobao_orders, "sniff", lambda sample: sample.rel == "x.csv")
    monkeypatch.setattr(taobao_orders, "read", lambda sample: [RawTable("orders", [frame], EXPORT)])
    month.write("x.csv", "甲,乙\n1,2\n")
    with pytest.raises(EvaluatorError, match=r"x\.csv：表 orders 必需的列 order_id"):
        month.read()


def test_an_export_without_rows_is_told_and_an_empty_canonical_file_is_not(month):
    month.write("ExportOrderList1.csv", "订单编号,买家会员名,总金额,订单创建时间,店铺名称\n")
    month.write("refunds.csv", "refund_id,order_id,applied,amount,kind\n")
    (note,) = month.read().review
    assert note.subject == "ExportOrderList1.csv" and "一行数据也没有" in note.detail


def test_what_an_unread_file_is_stands_in_the_error(bare):
    bare.write("订单.csv", "十月订单,,\n订单编号,总金额,订单创建时间\n1,2,2026-10-01 08:00:00\n")
    with pytest.raises(EvaluatorError, match=r"没有找到表 orders.*订单\.csv（表头像是在第 2 行"):
        bare.read()


# ------------------------------------------------------------------------------------------ how rejects are told
WRONG = (
    "shop,order_id,buyer,created,paid,amount\n"
    "甲店,1,b1,2026-10-01 09:00:00,,很多\n甲店,2,b1,昨天,,1\n甲店,3,b1,前天,,1\n"
)


def test_rejects_are_told_by_file_data_row_and_a_column_that_a_clerk_knows(month):
    month.write("orders_2.csv", WRONG)
    month.write("period.yaml", "period: {start: 2026-10-01, end: 2026-11-01}\nplatform: tmall\n")
    done = CliRunner().invoke(app, ["check", str(month.folder)])
    assert "拒收 orders_2.csv 第 1 行数据 金额（amount）「很多」：不是金额" in done.output


def test_the_list_to_review_names_column_and_first_row_of_each_reason(month):
    month.write("orders_2.csv", WRONG)
    told = [(item.detail, item.count) for item in rejected(month.read())]
    assert told == [
        (
            "orders_2.csv 有 2 行未采用：下单时间（created） 不是时间，应写作 2026-10-01 09:30:00（例如第 2 行数据）",
            2,
        ),
        (
            "orders_2.csv 有 1 行未采用：金额（amount） 不是金额，应是以元计的数字，如 1234.50（第 1 行数据）",
            1,
        ),
    ]


def test_shops_and_accounts_that_nothing_else_knows_are_told(month):
    rated = "甲店,b1,甲店:小一,2026-10-02 09:00:00,5,human\n甲店,b1,甲店:离职,2026-10-02 09:00:00,5,human\n"
    rated += "甲店旗舰,b1,甲店:小一,2026-10-02 09:00:00,5,human\n"
    month.write("ratings.csv", "shop,buyer,account,ts,score,source\n" + rated)
    shop, account = (note.detail for note in month.read().review)
    assert "店铺 甲店旗舰 在聊天和订单里都没有（1 行）" in shop
    assert "账号 甲店:离职 在花名册和聊天里都没有（1 行）" in account
