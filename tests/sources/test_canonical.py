"""Canonical CSV, Parquet and workbooks (SPEC §2, §2.1)."""

from __future__ import annotations

import codecs
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from evaluator.model import EvaluatorError
from evaluator.shelf import Limits
from evaluator.tables import PLACED, TABLES

HEADER = "shop,buyer,account,sender,ts,text"
ROW = "甲店,b2,甲店:小一,buyer,2026-10-02 09:00:00,你好"

TEXTS = dict.fromkeys(PLACED, pl.String())  # as ``Month.read`` gives them


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def rejects(month):
    return [(r.file, r.row, r.column, r.value, r.why) for r in month.rejects]


def test_a_sound_month(month):
    got = month.read()
    messages = got.tables["messages"]
    assert messages.schema == pl.Schema(TABLES["messages"].schema | TEXTS)
    assert messages["kind"].to_list() == ["text", "text"]
    assert messages["auto"].to_list() == [False, False]
    assert messages["_row"].to_list() == [1, 2]
    assert [got.inputs[i].file for i in messages["_file"]] == ["messages.csv"] * 2
    assert got.tables["orders"]["amount"].to_list() == [1230]
    assert got.absent["messages"] == {"kind", "auto", "order_id", "to_account"}
    assert got.absent["orders"] == {"postage", "quantity", "status", "memo", "grouped"}
    assert set(got.tables) == {"messages", "orders", "roster"}
    assert not got.has("refunds") and got.has("orders", "paid") and not got.has("orders", "memo")
    assert not got.rejects and not got.review
    assert [entry.format for entry in got.inputs] == ["canonical_csv"] * 3
    assert all(len(entry.sha256) == 64 for entry in got.inputs)


def test_columns_in_any_order_unknown_ones_and_padded_headers(month):
    month.write(
        "messages.csv",
        (
            "　text , 备注,ts,sender,shop,account,buyer,text\n"
            "你好,x,2026-10-02 09:00:00,buyer,甲店,甲店:小一,b2,另一个\n"
        ),
    )
    assert month.read().tables["messages"]["text"].to_list() == ["你好"]  # the first of a repeated header


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_and_delimiters(month, delimiter, encoding):
    text = f"{HEADER}\r\n{ROW}\r\n".replace(",", delimiter)
    month.write("messages.csv", text.encode(encoding))
    got = month.read()
    assert got.tables["messages"].select("shop", "buyer", "text").rows() == [("甲店", "b2", "你好")]


def test_utf16_big_endian_with_bom(month):
    month.write("messages.csv", codecs.BOM_UTF16_BE + f"{HEADER}\n{ROW}\n".encode("utf-16-be"))
    assert month.read().tables["messages"]["text"].to_list() == ["你好"]


def test_message_text_is_never_touched(month):
    texts = ["-", " 前后空格 ", "暂无数据", "'null", '="1"', "\t", "两\n行", '引"号', "a,b"]
    quoted = ['"' + text.replace('"', '""') + '"' for text in texts]
    rows = "".join(f"甲店,b2,甲店:小一,buyer,2026-10-02 09:00:{i:02},{q}\n" for i, q in enumerate(quoted))
    month.write("messages.csv", f"{HEADER}\n{rows}")
    assert month.read().tables["messages"]["text"].to_list() == texts


def test_no_text_is_the_empty_text(month):
    month.write("messages.csv", f"{HEADER}\n甲店,b2,甲店:小一,buyer,2026-10-02 09:00:00,\n")
    assert month.read().tables["messages"]["text"].to_list() == [""]


def test_only_the_empty_cell_is_empty(month):
    month.write("messages.csv", f"{HEADER},order_id\n甲店,-,甲店:小一,buyer,2026-10-02 09:00:00,a,--\n")
    assert month.read().tables["messages"].select("buyer", "order_id").rows() == [("-", "--")]


def test_parquet_with_types(month):
    frame = pl.DataFrame(
        {
            "shop": pl.Series(["甲店", "甲店"], dtype=pl.Categorical),
            "order_id": [8_000_000_000_000_000_002, 8_000_000_000_000_000_003],
            "buyer": ["b1", None],
            "created": pl.Series([datetime(2026, 10, 1, 1, tzinfo=UTC)] * 2).cast(pl.Datetime("ns", "UTC")),
            "paid": pl.Series([datetime(2026, 10, 1, 10), None]).cast(pl.Datetime("us")),
            "amount": pl.Series([Decimal("12.345"), Decimal("3")], dtype=pl.Decimal(10, 3)),
            "postage": [0.1, 28.9],
            "quantity": pl.Series([1, 2], dtype=pl.Int16),
            "memo": ["", " 老客户 "],
        }
    )
    (month.folder / "orders.csv").unlink()
    month.write("orders_1.parquet", parquet(frame))
    got = month.read()
    assert got.tables["orders"].drop("status", "grouped", "_file", "_row").rows() == [
        (
            "甲店",
            "8000000000000000002",
            "b1",
            datetime(2026, 10, 1, 9),
            datetime(2026, 10, 1, 10),
            1235,
            10,
            1,
            None,
        ),
        ("甲店", "8000000000000000003", None, datetime(2026, 10, 1, 9), None, 300, 2890, 2, "老客户"),
    ]
    assert got.inputs[1].format == "canonical_parquet"
    assert not got.rejects


def test_parquet_with_text_and_flags(month):
    frame = pl.DataFrame(
        {
            "shop": ["甲店"] * 3,
            "buyer": ["b1"] * 3,
            "account": ["甲店:小一"] * 3,
            "sender": ["agent"] * 3,
            "ts": ["2026-10-02 09:00:00", "2026/10/2 9:01", "x"],
            "text": ["a", None, "c"],
            "auto": [True, None, False],
            "kind": ["", "image", "没见过的"],
        }
    )
    (month.folder / "messages.csv").unlink()
    month.write("messages.parquet", parquet(frame))
    got = month.read()
    assert got.tables["messages"].select("text", "auto", "kind").rows() == [
        ("a", True, "text"),
        ("", False, "image"),
    ]
    assert rejects(got) == [("messages.parquet", 3, "ts", "x", "不是时间，应写作 2026-10-01 09:30:00")]


def test_parquet_in_slices_counts_rows_on(month):
    frame = pl.DataFrame(
        {
            "shop": ["甲店"] * 8,
            "buyer": ["b"] * 8,
            "account": ["甲店:小一"] * 8,
            "sender": ["buyer"] * 8,
            "ts": [datetime(2026, 10, 1, 9, 0, i) for i in range(8)],
            "text": list("abcdefgh"),
        }
    )
    (month.folder / "messages.csv").unlink()
    month.write("messages.parquet", parquet(frame))
    got = month.read(limits=Limits(slice_rows=2)).tables["messages"]
    assert got["_row"].to_list() == list(range(1, 9))
    assert "".join(got["text"]) == "abcdefgh"


@pytest.mark.parametrize("value", [datetime(2026, 10, 1).date(), 1790812800000, 1.5, True])
def test_a_time_column_of_another_type_is_rejected_row_by_row(month, value):
    frame = pl.DataFrame(
        {
            "shop": ["甲店"],
            "order_id": ["1"],
            "buyer": ["b"],
            "created": [value],
            "amount": [1.0],
        }
    )
    month.write("orders_2.parquet", parquet(frame))
    assert [(r.file, r.row, r.column) for r in month.read().rejects] == [("orders_2.parquet", 1, "created")]


def test_workbook(month, workbook):
    month.write("roster.csv", b"")
    (month.folder / "roster.csv").unlink()
    month.write(
        "roster.xlsx",
        workbook(
            [
                ["account", "employee_id", "name", "group", "role", "from", "base_salary", "hired"],
                ["甲店:小一", "E1", "张一", "", "售前", datetime(2026, 1, 1), 4000.5, 43882],
                ["", "", "", "", "", "", "", ""],
            ]
        ),
    )
    got = month.read()
    assert got.tables["roster"].select("from", "base_salary", "hired").rows() == [
        (date(2026, 1, 1), 400050, date(2020, 2, 21))
    ]
    assert got.inputs[2].rows_in == 1


def test_a_table_of_several_files(month):
    month.write("orders_b.csv", "shop,order_id,buyer,created,amount,memo\n甲店,2,b,2026-10-01 10:00:00,1,x\n")
    got = month.read()
    assert got.absent["orders"] == {"postage", "quantity", "status", "grouped"}
    assert got.tables["orders"]["order_id"].to_list() == ["8000000000000000001", "2"]


def test_the_longest_table_name_counts(month):
    month.write("order_items_1.csv", "order_id,sku,title,quantity,amount\n1,,坚果,2,3.00\n")
    assert month.read().tables["order_items"]["amount"].to_list() == [300]


def test_adjustments_without_kind(month):
    month.write("adjustments.csv", "employee_id,amount,reason,approved_by\nE1,10,好,甲\nE1,-5,迟到,甲\n")
    assert month.read().tables["adjustments"].select("amount", "kind").rows() == [
        (1000, "bonus"),
        (-500, "fine"),
    ]


def test_every_table_reads(month):
    files = {
        "refunds": "refund_id,order_id,applied,amount,kind,dispute\n"
        "1,2,2026-10-01 10:00:00,3,refund_only,是\n",
        "ratings": "shop,buyer,account,ts,score,source\n甲店,b,甲店:小一,2026-10-01 10:00:00,5,human\n",
        "escalations": "shop,buyer,ts,kind\n甲店,b,2026-10-01 10:00:00,complaint\n",
        "online": "account,ts,event\n甲店:小一,2026-10-01 10:00:00,online\n",
        "reviews": "shop,order_id,ts,description,logistics,service\n甲店,1,2026-10-01 10:00:00,5,4,\n",
        "shipments": "shop,order_id,due\n甲店,1,2026-10-01 10:00:00\n",
        "service_orders": "service_id,account,applied\n1,甲店:小一,2026-10-01 10:00:00\n",
        "work_orders": "work_id,account,opened,miss_cause\n1,甲店:小一,2026-10-01 10:00:00,data\n",
        "customers": "customer,contract\nc,true\n",
        "surveys": "account,ts,nps\n甲店:小一,2026-10-01 10:00:00,0\n",
        "exams": "employee_id,taken,score,pass_mark\nE1,2026-10-01,90.5,60\n",
        "attendance": "employee_id,due_days,worked_days\nE1,22,21.5\n",
        "peers": "metric,value\nreply_rate,0.98\n",
        "labels": "shop,buyer,label\n甲店,b,ad\n",
        "manual_filters": "shop,buyer,day\n甲店,b,2026-10-01\n",
    }
    for name, text in files.items():
        month.write(f"{name}.csv", text)
    got = month.read()
    assert not got.rejects
    assert {name: got.tables[name].height for name in files} == dict.fromkeys(files, 1)
    for name, frame in got.tables.items():
        want = TABLES[name].schema | (TEXTS if name == "messages" else {})
        assert frame.schema == pl.Schema(want), name


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("messages.csv", "shop,buyer,sender,ts,text\n", ["messages.csv", "account", "shop"]),
        ("orders.csv", "", ["orders.csv", "表头"]),
        ("messages.csv", f"{HEADER}\n", ["messages.csv", "一行数据也没有"]),
        ("messages.csv", f"{HEADER}\n甲店,b,,buyer,x,\n", ["messages.csv", "第 1 行", "ts"]),
        ("roster.csv", "account,employee_id,name,group,role\n", ["roster.csv"]),
        ("messages.parquet", b"PAR1 broken", ["messages.parquet", "Parquet"]),
        ("roster.xlsx", b"PK\x03\x04 cut", ["roster.xlsx", "工作簿"]),
        ("messages.csv", bytes(range(1, 256)) * 20, ["messages.csv", "编码"]),
    ],
)
def test_what_cannot_be_used_names_the_file(month, name, text, told):
    if name.endswith(("parquet", "xlsx")):
        (month.folder / name.replace("parquet", "csv").replace("xlsx", "csv")).unlink()
    month.write(name, text)
    with pytest.raises(EvaluatorError) as error:
        month.read()
    for word in told:
        assert word in str(error.value), str(error.value)


def test_a_truncated_parquet(month):
    frame = pl.DataFrame({"shop": ["甲店"] * 1000, "buyer": [str(i) for i in range(1000)]})
    month.write("manual_filters.parquet", parquet(frame)[:-40])
    with pytest.raises(EvaluatorError, match=r"manual_filters\.parquet"):
        month.read()


def test_a_truncated_workbook(month, workbook):
    data = workbook([["metric", "value"]] + [[f"m{i}", i / 7] for i in range(500)])
    month.write("peers.xlsx", data[: len(data) // 2])
    with pytest.raises(EvaluatorError, match=r"peers\.xlsx"):
        month.read()


def test_nested_parquet(month):
    month.write("peers.parquet", parquet(pl.DataFrame({"metric": [["a"]], "value": [1.0]})))
    with pytest.raises(EvaluatorError, match="metric"):
        month.read()


@pytest.mark.parametrize("missing", ["messages", "orders", "roster"])
def test_a_required_table_is_missing(month, missing):
    (month.folder / f"{missing}.csv").rename(month.folder / "导出.csv")
    with pytest.raises(EvaluatorError) as error:
        month.read()
    assert missing in str(error.value) and "导出.csv" in str(error.value)
