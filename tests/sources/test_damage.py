"""Damaged delimited text: one bad line is refused, the rest is read (SPEC §1)."""

from __future__ import annotations

import pytest

HEADER = "shop,buyer,account,sender,ts,text\n"


def line(text: str, second: int = 0) -> str:
    return f"甲店,b,甲店:小一,buyer,2026-10-02 09:00:{second:02},{text}\n"


def read(month, content):
    month.write("messages.csv", content)
    got = month.read()
    entry = next(entry for entry in got.inputs if entry.file == "messages.csv")
    return got.tables["messages"]["text"].to_list(), [(r.row, r.why) for r in got.rejects], entry.rows_in


def test_a_row_with_too_many_cells(month):
    texts, rejects, rows = read(month, HEADER + line("a") + line("b,c") + line("d"))
    assert (texts, rows) == (["a", "d"], 3)
    assert rejects[0][0] == 2 and "表头 6 格，这一行 7 格" in rejects[0][1]


def test_further_cells_that_are_empty_do_no_harm(month):
    assert read(month, HEADER + line("a,,") + line("b"))[:2] == (["a", "b"], [])


def test_missing_cells_at_the_end_are_empty(month):
    content = HEADER.replace("text", "text,kind,order_id") + line("a") + line("b").replace("\n", ",image\n")
    texts, rejects, rows = read(month, content)
    assert (texts, rejects, rows) == (["a", "b"], [], 2)


def test_a_row_that_misses_what_is_required(month):
    texts, rejects, _ = read(month, HEADER + line("a") + "甲店,b,甲店:小一\n" + line("c"))
    assert texts == ["a", "c"] and rejects[0][0] == 2


def test_a_file_that_breaks_off(month):
    content = (HEADER + line("a") + line("b", 1)).encode()
    texts, rejects, rows = read(month, content[:-12])
    assert (texts, rows) == (["a"], 2)
    assert "中断" in rejects[0][1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_short_last_line_is_cut_only_where_it_does_not_end(month, encoding):
    """Of every encoding: in UTF-16 the last byte of a newline may be a 0."""
    content = HEADER.replace("text", "text,kind") + line("好的", 1).replace("\n", ",text\n") + line("在的", 2)
    assert read(month, content.encode(encoding))[:2] == (["好的", "在的"], [])
    texts, rejects, _ = read(month, content.rstrip("\n").encode(encoding))
    assert texts == ["好的"] and "中断" in rejects[0][1]


def test_a_last_line_without_a_newline_is_whole(month):
    assert read(month, (HEADER + line("a") + line("b")).rstrip("\n"))[:2] == (["a", "b"], [])


@pytest.mark.parametrize("bad", [b"\x00", b"\xff", b"\xe4\xbd"])
def test_bytes_that_are_no_text(month, bad):
    good = "".join(line(f"好的亲，马上为您查询第{i}件", i) for i in range(50)).encode()
    content = HEADER.encode() + good + line("x@y").encode().replace(b"@", bad) + line("尾").encode()
    texts, rejects, rows = read(month, content)
    assert len(texts) == 51 and texts[-1] == "尾" and rows == 52
    assert rejects[0][0] == 51 and "不能解码" in rejects[0][1]


def test_a_quote_that_never_closes(month):
    texts, rejects, rows = read(month, HEADER + line("a") + line('"b') + line("c") + line("d"))
    assert (texts, rows) == (["a", "c", "d"], 4)
    assert rejects[0][0] == 2 and "引号" in rejects[0][1]


def test_two_quotes_that_never_close_swallow_nothing(month):
    texts, rejects, rows = read(month, HEADER + line("a") + line('"b') + line("c") + line('"d') + line("e"))
    assert (texts, rows) == (["a", "c", "e"], 5)
    assert [row for row, _ in rejects] == [2, 4]


def test_stray_quotes_inside_a_cell_are_text(month):
    assert read(month, HEADER + line('5"的') + line('6"的'))[:2] == (['5"的', '6"的'], [])


def test_line_breaks_in_quotes_are_text(month):
    content = HEADER + line('"一行\n\n二行，有, 逗号"') + line('"b\r\nc"')
    assert read(month, content)[:2] == (["一行\n\n二行，有, 逗号", "b\r\nc"], [])
    assert read(month, content + line("x,y"))[0] == ["一行\n\n二行，有, 逗号", "b\r\nc"]


def test_the_careful_reader_goes_on_where_the_fast_one_stopped(month, monkeypatch):
    monkeypatch.setattr("evaluator.sources.csvfile.BLOCK_BYTES", 200)
    monkeypatch.setattr("evaluator.sources.csvfile.BATCH_ROWS", 3)
    content = HEADER + "".join(line(f"m{i}", i) for i in range(20)) + line("x,y") + line("z")
    texts, rejects, rows = read(month, content)
    assert texts == [f"m{i}" for i in range(20)] + ["z"]
    assert [row for row, _ in rejects] == [21] and rows == 22


def test_every_row_is_bad(month):
    month.write("peers.csv", "metric,value\na,b,c\nd,e,f\n")
    got = month.read()
    assert got.tables["peers"].height == 0 and len(got.rejects) == 2


def test_a_table_without_rows_is_there(month):
    month.write("refunds.csv", "refund_id,order_id,applied,amount,kind\n")
    assert month.read().has("refunds")
