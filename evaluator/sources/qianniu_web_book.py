"""Chats of 千牛 聊天记录查询 as a workbook (FORMATS §10): a sheet a buyer and ``导出汇总``, columns
客户名, 消息序号, 发送时间, 发送内容, 发送账号, 账号类型. Its times have no date as a rule: then the day is the one
that ``导出汇总`` names, if it names exactly one, else the file is refused: a chat without days serves nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evaluator.sources import sheets
from evaluator.sources.base import RawTable, Refused
from evaluator.sources.chat import SENDERS, Talk, whom
from evaluator.sources.files import Sample
from evaluator.sources.qianniu_web import CLOCK, DATE, WHY_NOBODY, day_in
from evaluator.sources.top import main_account, nick

ID = "qianniu_web_book"

SUMMARY = "导出汇总"
NEEDED = ("发送时间", "发送内容", "发送账号", "账号类型")
WHY_TYPE = "账号类型 应为 客户 或 客服"
NO_DATE = (
    "这是千牛聊天记录查询的导出，发送时间只有时分秒、没有日期，无法判断是哪一天说的；"
    "请改用网页上直接复制的文本（带日期行），或千牛客户端复制的聊天记录"
)


@dataclass(frozen=True)
class _Line:
    buyer: str
    time: str
    text: str
    account: str
    sender: str
    typed: str


def sniff(sample: Sample) -> bool:
    """By the header of the first sheet, or the sheet 导出汇总 beside one of that header."""
    if sample.kind not in ("xlsx", "xls"):
        return False
    if set(sample.header).issuperset(NEEDED):
        return True
    return SUMMARY in sheets.names(sample) and any(_holds(rows) for _, rows in sheets.all_sheets(sample))


def _holds(rows: list[list[str]]) -> bool:
    return bool(rows) and sheets.places(rows[0]).keys() >= set(NEEDED)


def read(sample: Sample) -> list[RawTable]:
    """-> messages; the summary's own list counts only where no other sheet has one."""
    book = list(sheets.all_sheets(sample))
    talks = [(name, rows) for name, rows in book if name != SUMMARY and _holds(rows)]
    talks = talks or [(name, rows) for name, rows in book if _holds(rows)]
    lines = [line for name, rows in talks for line in _lines(name, rows)]
    day = _day(book)
    if lines and not day and not any(" " in line.time.strip() for line in lines):
        raise Refused(NO_DATE)
    staff = next((line.account for line in lines if line.sender == "agent" and ":" in line.account), "")
    talk = Talk(names_shop=bool(staff))
    by_buyer: dict[str, list[_Line]] = {}
    for line in lines:
        by_buyer.setdefault(line.buyer, []).append(line)
    for buyer, said in by_buyer.items():
        _talk(buyer, said, day, talk)
    return [talk.table()]


def _lines(name: str, rows: list[list[str]]) -> list[_Line]:
    at = sheets.places(rows[0])

    def cell(row: list[str], head: str) -> str:
        return row[at[head]] if head in at and at[head] < len(row) else ""

    return [
        _Line(
            nick(cell(row, "客户名") or name),
            cell(row, "发送时间"),
            cell(row, "发送内容"),
            nick(cell(row, "发送账号")),
            SENDERS.get(cell(row, "账号类型").strip(), ""),
            cell(row, "账号类型"),
        )
        for row in rows[1:]
        if any(value.strip() for value in row)
    ]


def _day(book: list[tuple[str, list[list[str]]]]) -> str:
    """The one day that the summary names; "" if none or several."""
    cells = [
        cell for name, rows in book if name == SUMMARY and not _holds(rows) for row in rows for cell in row
    ]
    days = {day_in(found[0]) for cell in cells for found in re.finditer(DATE, cell)}
    return days.pop() if len(days) == 1 else ""


def _talk(buyer: str, said: list[_Line], day: str, talk: Talk) -> None:
    times = [f"{day} {line.time}" if day and CLOCK.fullmatch(line.time) else line.time for line in said]
    staff = [line.account if line.sender in ("agent", "robot") else "" for line in said]
    for line, ts, account in zip(said, times, whom(list(zip(times, staff, strict=True))), strict=True):
        if not line.sender:
            talk.refuse("账号类型", line.typed, WHY_TYPE)
        elif not account and line.sender == "buyer":
            talk.refuse("account", "", WHY_NOBODY)
        else:
            talk.add(main_account(account), buyer, account, line.sender, ts, line.text)
