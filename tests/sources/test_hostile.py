"""Files made to hang or to break the program: each is read, or refused in a sentence, and soon."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import fuzzing
import polars as pl
import pytest
from clock import within
from dressing import PLAIN, old_workbook, workbook
from layouts import LAYOUTS
from months import MESSAGES, ORDERS

from evaluator.model import EvaluatorError
from evaluator.sources.propose import proposal_text
from evaluator.sources.report_file import read_file

SECONDS = 10
BLANKS = " " * 50_000
BOOK = workbook(PLAIN.grid(LAYOUTS[0]))


def chatlog(text: str) -> str:
    """An answer of one message of the shop."""
    said = {"direction": 0, "time": "2026-10-02 09:00:00", "content": text}
    request = {"method": "taobao.wangwang.eservice.chatlog.get", "from_id": "甲店:小一", "to_id": "b2"}
    return json.dumps({"request": request, "response": {"x_response": {"msgs": {"msg": [said]}}}})


# ------------------------------------------------------------------------------------------ texts that hang
CLIENT = "千牛聊天/甲店：小一/b1.txt"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (CLIENT, f"甲店:小一 2026-10-2 9:00:00\n由{BLANKS}x\n"),
        (CLIENT, f"甲店:小一 2026-10-2 9:00:00\n由x{BLANKS}转交给{BLANKS}x\n"),
        (CLIENT, f"b1 2026-10-2 9:00:00\nx{BLANKS}x\n"),
        (CLIENT, f"b1 2026-10-2 9:00:00\n{'a --> b ' * 20_000}\n"),
        (CLIENT, f"b1 2026-10-2 9:00:00\n{'2026-10-2 9:00:00 ' * 20_000}x\n"),
        ("对话.jsonl", chatlog(f"由{BLANKS}x")),
        ("对话.jsonl", chatlog("由x转交给" * 20_000)),
        ("对话.jsonl", chatlog(f"订单{BLANKS}x 1234567890123456")),
        ("对话.jsonl", chatlog("订单号:1234567890123456" * 20_000)),
    ],
)
def test_blanks_and_repeats_in_texts(month, name, content):
    month.write(name, content)
    with within(SECONDS):
        got = month.read()
    entry = next(e for e in got.inputs if e.file == name)
    assert (entry.rows_in, entry.rows_used) == (1, 1)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("ts", "T0000" * 200_000),
        ("ts", "9" * 5_000_000),
        ("ts", "1" * 5_000 + "." + "1" * 5_000),
        ("text", "长" * 3_000_000),
        ("buyer", BLANKS + "x" * 1_000_000),
    ],
)
def test_large_cells(month, column, cell):
    row = {"shop": "甲店", "buyer": "b", "account": "甲店:小一", "sender": "buyer", "text": "在吗"}
    row = row | {"ts": "2026-10-01 09:00:05"} | {column: cell}
    month.write("messages_2.csv", ",".join(row) + "\n" + ",".join(row.values()) + "\n")
    with within(SECONDS):
        got = month.read()
    rejected = [(r.column, len(r.value)) for r in got.rejects]
    assert rejected == ([(column, 200)] if column == "ts" else [])


@pytest.mark.parametrize("cell", ["9" * 10_000_000, "1," * 1_000_000, "(" * 1_000_000, "¥" * 100_000 + "1"])
def test_large_numbers(month, cell):
    rows = f'甲店,7,b1,2026-10-01 09:01:00,,"{cell}"\n甲店,8,b1,2026-10-01 09:01:00,,1\n'
    month.write("orders.csv", ORDERS + rows)
    with within(SECONDS):
        got = month.read()
    assert [(r.row, r.column) for r in got.rejects] == [(2, "amount")]


@pytest.mark.parametrize("time", ["9" * 1_000_000, "9" * 60, "9" * 4_000, 10**4_000, 1e300, "1e99999"])
def test_large_epochs(month, time):
    said = {"customer": "p", "waiter": "w", "waiterSend": True, "content": "x", "time": time}
    month.write("jd.json", json.dumps({"ChatLog": {"chatList": [said]}}))
    with within(SECONDS):
        got = month.read()
    assert [r.column for r in got.rejects] == ["ts"]


@pytest.mark.parametrize(
    "time", ["1E999999999", "-5E99999999", "1E-99999999", "0E999999999", "NaN", "９E55555555"]
)
def test_epochs_in_powers_of_ten(month, time):
    event = {"account_id": 1, "status": 1, "change_time_ts": time}
    body = {"record_list": {"record_list": [event]}}
    month.write("x.json", json.dumps({"qianniu_cloudkefu_onlinestatuslog_get_response": body}))
    with within(SECONDS):
        got = month.read()
    entry = next(e for e in got.inputs if e.file == "x.json")
    assert entry.rows_in == 1 and (entry.rows_rejected == 1 or time == "1E-99999999")


# ------------------------------------------------------------------------------------------ tables
def test_lines_before_the_header_that_are_empty(month):
    """They are no rows, and the header is not one, either."""
    month.write("messages.csv", "\r\n \t\r\n,,,,\r\n\r\n" + MESSAGES)
    assert not month.read().rejects
    month.write("messages.csv", "\n,,,,,\n" + MESSAGES + '甲店,b,甲店:小一,buyer,2026-10-01 09:00:00,"坏\n')
    assert [r.row for r in month.read().rejects] == [3]  # the careful reader, too


def test_a_header_of_many_columns(month):
    """A row break in a cell of the last of 20,000 columns."""
    wide = "," * 20_000
    rows = ORDERS.replace("甲店,8", f'{wide}甲店,"8').replace("0001,b1", '0001\n",b1')
    month.write("orders.csv", wide + rows)
    with within(SECONDS):
        assert month.read().tables["orders"]["order_id"].to_list() == ["8000000000000000001"]


REPORT = "旺旺昵称,询单人数,平均响应时长（秒）\n甲店:小一,3,{}\n"


@pytest.mark.parametrize(
    "cell",
    [
        "1\r2",
        "x" * 200_000,
        f'"{"y" * 200_000}',
        f'a"{"y" * 200_000}"',
        f"1时{BLANKS}x",
        "9" * 5_000 + ":00:00",
        "\0",
    ],
)
def test_service_reports(month, tmp_path, cell):
    for text in (REPORT.format(cell), REPORT.format(cell).replace("\n", "\r")):
        month.write("客服绩效_20261001_20261031.csv", text)
        with within(SECONDS):
            month.read()
            with suppress(EvaluatorError):  # none of its figures can be read
                read_file(month.folder / "客服绩效_20261001_20261031.csv")


@pytest.mark.parametrize("cell", ["1\r2", "x" * 200_000, '"', '"x', "\0", "1" * 5_000])
def test_proposals(tmp_path, cell):
    path = tmp_path / "x.csv"
    path.write_text(f"客户,客服,角色,时间,内容\n甲,乙,客服,2026-10-01 09:00:00,{cell}\n", newline="")
    with within(SECONDS):
        assert "table: messages" in proposal_text(path)


def test_parquet_of_bytes_that_are_no_text(month):
    frame = pl.read_csv(ORDERS.encode(), infer_schema=False)
    number, buyer = pl.Series([b"\xff7"]), pl.Series(["买".encode()])
    frame.with_columns(order_id=number, buyer=buyer).write_parquet(month.folder / "orders_2.parquet")
    assert month.read().tables["orders"].select("order_id", "buyer").rows()[1:] == [("\ufffd7", "买")]


# ------------------------------------------------------------------------------------------ workbooks
@pytest.mark.parametrize(
    "rest", [b"<row " * 400_000, b"<row" + b" " * 2_000_000, b"<c" + b" " * 2_000_000 + b"r"]
)
def test_unclosed_tags(month, rest):
    parts = fuzzing.parts_of(BOOK)
    parts[fuzzing.SHEET] = parts[fuzzing.SHEET].replace(b"</sheetData>", b"<c>" + rest + b"</sheetData>")
    month.write("x.xlsx", fuzzing.packed(parts))
    with within(SECONDS), pytest.raises(EvaluatorError, match=r"x\.xlsx：工作簿打不开"):
        month.read()


OLD = old_workbook(PLAIN.grid(LAYOUTS[0]))


def sector(number: int) -> int:
    """Where a sector of an old workbook begins."""
    return 512 * (number + 1)


def patched(places: dict[int, bytes]) -> bytes:
    data = bytearray(OLD)
    for at, content in places.items():
        data[at : at + len(content)] = content
    return bytes(data)


FAT, DIRECTORY = (sector(int.from_bytes(OLD[at : at + 4], "little")) for at in (76, 48))
BOOK_ENTRY = DIRECTORY + OLD[DIRECTORY : DIRECTORY + 1024].index("Workbook".encode("utf-16-le"))
FIRST = sector(int.from_bytes(OLD[BOOK_ENTRY + 116 : BOOK_ENTRY + 120], "little"))
SIZE = OLD.index(b"\x00\x02\x0e\x00", FIRST)
SHEET = OLD.index(b"\x85\x00", FIRST)
STRINGS = OLD.index(b"\xfc\x00", SHEET)


@pytest.mark.parametrize(
    "places",
    [
        {FAT: b"\x00\x00\x00\x00"},  # a chain that bites its tail
        {FAT: b"\x01\x00\x00\x00\x00\x00\x00\x00"},
        {FAT: b"\xf0\xff\xff\x00"},  # a sector that is not there
        {44: b"\xff\xff\xff\x7f"},  # billions of tables
        {68: b"\x00\x00\x00\x00"},
        {48: b"\xff\xff\x00\x00"},
        {30: b"\x1f\x00"},
        {BOOK_ENTRY + 120: b"\xff\xff\xff\x7f"},  # a stream of 2 GB
        {SIZE + 4: b"\x00\x00\x00\x00\xff\xff\xff\x7f"},  # a sheet of so many rows
        {SIZE + 4: b"\xff\x00\x00\x00\x01\x00\x00\x00"},
        {STRINGS + 8: b"\xff\xff\xff\x7f"},  # so many texts
        {SHEET + 4: b"\x07\x00\x00\x00"},  # a sheet that begins where none does
    ],
)
def test_old_workbooks_that_would_take_all_memory(month, places):
    month.write("x.xls", patched(places))
    with within(SECONDS), pytest.raises(EvaluatorError, match=r"x\.xls：工作簿打不开"):
        month.read()


def test_an_old_workbook_with_a_cell_in_the_far_corner(month):
    rows = [*PLAIN.grid(LAYOUTS[0]), *([] for _ in range(65_000)), ["" for _ in range(255)] + ["x"]]
    month.write("x.xls", old_workbook(rows))
    with pytest.raises(EvaluatorError, match="远离数据"):
        month.read()


def test_a_sheet_under_another_name(month):
    """Relations, not names, say which part of a workbook is a sheet."""
    parts = fuzzing.parts_of(BOOK)
    fuzzing.far_cell(random.Random(0), parts, "XFD1048576")
    moved = {name.replace("worksheets/sheet1", "elsewhere/s"): part for name, part in parts.items()}
    month.write("x.xlsx", fuzzing.packed(moved))
    with within(SECONDS), pytest.raises(EvaluatorError, match="远离数据"):
        month.read()


@pytest.mark.parametrize("name", ["x.xlsx", "x.zip"])
def test_names_in_an_archive_that_are_no_text(month, name):
    data = fuzzing.packed(fuzzing.parts_of(BOOK) | {"xl/中.xml": b""}).replace("中".encode(), b"\xff\xff\xff")
    month.write(name, data)
    with pytest.raises(EvaluatorError, match="工作簿打不开"):
        month.read()


def test_brackets_in_halves_of_characters(month):
    """``子`` in UTF-16 begins with the byte of ``[``."""
    text = "子账号,工号,姓名,岗位\n甲店:小二,E2,李二,售后\n"
    for encoding in ("utf-16-be", "utf-16-le"):
        month.write("花名册.csv", text.encode(encoding))
        assert month.read().tables["roster"].height == 2


def test_seeds_are_the_same_every_time():
    """A case can be run again by its number."""
    made = [[fuzzing.as_csv(PLAIN.grid(LAYOUTS[0]), random.Random("1")) for _ in range(2)] for _ in range(2)]
    assert made[0] == made[1]
