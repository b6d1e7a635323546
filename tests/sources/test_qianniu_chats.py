"""Chats that 千牛 shows and sends: copies of its web pages, its IM's messages (FORMATS §10, §11). All content is made
up."""

from __future__ import annotations

import polars as pl
import pytest
from platform_talk import AT, at, chats, dump, ms

from evaluator.model import EvaluatorError

# ---- 千牛 web
WEB = (
    "2026-10-02\r\n09:00:00\r\n在吗\r\n有货吗\r\n买家乙\r\n09:00:20\r\n您好\r\n甲店：小一\r\n"
    "09:01:00\r\n由 甲店:小一 转交给 甲店:小二\r\n甲店：小一\r\n"
    "2026年10月3日 星期六\r\n09:00:00\r\n到了\r\n买家乙\r\n\r\n09:05:00\r\n好的\r\n甲店:小二\r\n"
)


def test_web_copy(month):
    month.write("聊天/买家乙.txt", WEB)
    found, got = chats(month)
    third = AT.replace(day=3)
    assert [row[1:6] for row in found] == [
        ("买家乙", "甲店:小一", "buyer", at(0), "在吗\n有货吗"),
        ("买家乙", "甲店:小一", "agent", at(0, 20), "您好"),
        ("买家乙", "甲店:小一", "system", at(1), "由 甲店:小一 转交给 甲店:小二"),
        ("买家乙", "甲店:小二", "buyer", third, "到了"),
        ("买家乙", "甲店:小二", "agent", third.replace(minute=5), "好的"),
    ]
    assert not got.rejects


def test_web_copy_rows_that_are_refused(month):
    text = "2026-10-02\n09:00:00\n一\n买家乙\n09:00:10\n二\n路人\n09:00:20\n三\n甲店:小一\n09:00:30\n"
    month.write("聊天/买家乙.txt", text)
    found, got = chats(month)
    assert [row[5] for row in found] == ["一", "三"]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(2, "account", "路人"), (4, "account", "")]


def test_web_copy_that_nobody_answered(month):
    talk = "2026-10-02\n09:00:00\n在吗\n买家乙\n"
    month.write("聊天/甲店：小一/买家乙.txt", talk)
    month.write("聊天/买家乙.txt", talk)
    found, got = chats(month)
    assert [row[:3] for row in found] == [("甲店", "买家乙", "甲店:小一")]
    assert [r.file for r in got.rejects] == ["聊天/买家乙.txt"]


BOOK = ["客户名", "消息序号", "发送时间", "发送内容", "发送账号", "账号类型"]


def book(tmp_path, sheets: dict[str, list[list[str]]]) -> bytes:
    import xlsxwriter

    path = tmp_path.parent / f"{tmp_path.name}_book.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    page.write_string(row, column, cell)
    data = path.read_bytes()
    path.unlink()
    return data


def web_rows(time: str = "") -> list[list[str]]:
    return [
        BOOK,
        ["买家乙", "1", f"{time}09:00:00", "在吗", "买家乙", "客户"],
        ["买家乙", "2", f"{time}09:00:20", "您好", "甲店:小一", "客服"],
        ["买家乙", "3", f"{time}09:00:30", "?", "谁", "路人"],
    ]


@pytest.mark.parametrize(
    ("time", "summary"),
    [("2026-10-02 ", [["客户数", "1"]]), ("", [["查询日期", "2026-10-02"]])],
)
def test_web_workbook_with_days(month, tmp_path, time, summary):
    month.write("导出.xlsx", book(tmp_path, {"买家乙": web_rows(time), "导出汇总": summary}))
    found, got = chats(month)
    assert [row[:6] for row in found] == [
        ("甲店", "买家乙", "甲店:小一", "buyer", at(0), "在吗"),
        ("甲店", "买家乙", "甲店:小一", "agent", at(0, 20), "您好"),
    ]
    assert [(r.row, r.value) for r in got.rejects] == [(3, "路人")]


@pytest.mark.parametrize("first", ["导出汇总", "买家乙"])
def test_web_workbook_without_days_is_refused(month, tmp_path, first):
    sheets = {"买家乙": web_rows(), "导出汇总": [["导出范围", "2026-10-01 至 2026-10-07"]]}
    ordered = {first: sheets[first]} | sheets
    month.write("导出.xlsx", book(tmp_path, ordered))
    got = month.read()
    assert [(n.kind, n.subject) for n in got.review] == [("refused_file", "导出.xlsx")]
    assert "没有日期" in got.review[0].detail and "请改用" in got.review[0].detail


def test_refused_chats_leave_the_month_without_messages(month, tmp_path):
    (month.folder / "messages.csv").unlink()
    month.write("导出.xlsx", book(tmp_path, {"买家乙": web_rows(), "导出汇总": [["x", "y"]]}))
    with pytest.raises(EvaluatorError, match=r"没有找到表 messages.*导出\.xlsx.*没有日期"):
        month.read()


# ---- 千牛 IM
def im(source: object, target: object, minute: int, message: object, **more: object) -> dict:
    return {"fromid": source, "toid": target, "msg": message, "msgtime": ms(at(minute)), **more}


def test_im_messages(month):
    staff, buyer = "cntaobao甲店:小一", "cntaobao买家乙"
    document = [
        {"type": "conv_change", "param": {"ccode": "1.1-2.1#11001@cntaobao"}},
        {
            "type": "message",
            "param": {"ccode": "1.1-2.1#11001@cntaobao"},
            "msg": [
                im(buyer, staff, 0, {"text": "订单8000000000000000001"}, loginid=staff, msgid="1"),
                im(staff, buyer, 1, {"text": "您好"}, loginid=staff, msgid="2"),
                im(staff, buyer, 1, {"text": "您好"}, loginid=staff, msgid="2"),
            ],
        },
        {
            "type": "newMsg",
            "msg": im(
                {"nick": "买家乙", "targetId": "9"},
                {"nick": "甲店:小一", "targetId": "7"},
                2,
                '{"url": "x.jpg"}',
                loginid={"nick": "甲店:小一", "targetId": "7"},
            ),
        },
        im("甲", "乙", 3, {"text": "?"}, loginid="丙"),
    ]
    month.write("im.json", dump(document))
    found, got = chats(month)
    assert found == [
        (
            "甲店",
            "买家乙",
            "甲店:小一",
            "buyer",
            at(0),
            "订单8000000000000000001",
            "text",
            "8000000000000000001",
        ),
        ("甲店", "买家乙", "甲店:小一", "agent", at(1), "您好", "text", None),
        ("甲店", "买家乙", "甲店:小一", "buyer", at(2), "[图片]", "image", None),
    ]
    assert [(r.row, r.column, r.why) for r in got.rejects] == [
        (3, "", "duplicate"),
        (5, "loginid", "fromid 与 toid 都不是登录的账号 loginid，看不出哪一方是客服"),
    ]


def test_im_one_message_a_line_with_a_broken_one(month):
    line = dump(im("乙", "甲店:小一", 0, {"text": "在吗"}, loginid="甲店:小一"))
    month.write("im.jsonl", line + "\n" + line[:40] + "\n")
    found, got = chats(month)
    assert len(found) == 1 and [(r.row, r.value) for r in got.rejects] == [(2, line[:40])]


def test_half_characters_and_bottomless_json(month):
    text = dump([im("乙", "甲店:小一", 0, {"text": "?"}, loginid="甲店:小一")]).replace('"?"', '"好\\ud83d"')
    month.write("im.json", text).write("深.json", "[" * 200_000)
    found, got = chats(month)
    assert [row[5] for row in found] == ["好\ufffd"]
    assert [(n.kind, n.subject) for n in got.review] == [("unrecognised_file", "深.json")]


# ---- JSON line by line
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_lines_of_json_in_frames_of_any_size(month, monkeypatch, encoding):
    """Rows keep their numbers, and broken lines their places, wherever a frame ends."""
    monkeypatch.setattr("evaluator.sources.chat.CHUNK", 3)
    lines = [
        f'{{"fromid":"b{n}","toid":"甲店:小一","loginid":"甲店:小一","msg":{{"text":"在吗"}},'
        for n in range(8)
    ]
    lines = [line + f'"msgtime":{1790900000000 + n}}}' for n, line in enumerate(lines)]
    month.write("im.jsonl", "\r\n".join([*lines[:4], '{"fromid": "坏', "", *lines[4:]]).encode(encoding))
    got = month.read()
    found = got.tables["messages"].filter(pl.col("_file") == 0)
    assert found["buyer"].to_list() == [f"b{n}" for n in range(8)]
    assert found["_row"].to_list() == [1, 2, 3, 4, 6, 7, 8, 9]
    assert [(r.row, r.value) for r in got.rejects] == [(5, '{"fromid": "坏')]
