"""JD 咚咚 through its API (FORMATS §11): ``im.pop.chatlog.get`` → messages, ``.evaluationlist.get`` → ratings,
``.passlog.get`` → online. ``.sessionlist.get`` has no messages and is refused by itself. The buyer is the pin;
no answer names the shop."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources.base import MADE, RawTable, Refused, RowReject
from evaluator.sources.chat import Talk
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import (
    Broken,
    Record,
    documents,
    errors,
    failures,
    first_record,
    moment,
    records,
    rows,
)
from evaluator.sources.top import nick

ID = "jd_im"

LISTS = {"ChatLog": "chat", "ChatSession": "session", "Evaluation": "rating", "PassLog": "online"}
MARKS = {
    "chat": ("waiterSend", "content"),
    "rating": ("evaTime", "score"),
    "online": ("loginTime", "logoutTime", "loginSid"),
    "session": ("beginTime", "replyTime", "sessionType"),
}
SAID_BY = {"true": "agent", "1": "agent", "false": "buyer", "0": "buyer"}
SCORES = {"非常满意": "5", "满意": "4", "一般": "3", "不满意": "2", "非常不满意": "1"}
RATINGS = ("buyer", "account", "ts", "score", "source")
ONLINE = ("account", "ts", "event")

SESSIONS_ONLY = (
    "这是京东咚咚的会话列表，没有每条消息，算不出响应与归属；"
    "请改为导出聊天记录（jingdong.im.pop.chatlog.get），评价与在线用 evaluationlist、passlog"
)
WHY_SENDER = "waiterSend 应为 true（客服发出）或 false（顾客发出）"
WHY_SCORE = "接口没有说明 score 的分制，desc 应为 非常满意、满意、一般、不满意、非常不满意 之一"
WHY_UNKNOWN = "不是聊天、评价、登录或会话记录"


def kind_of(record: Record) -> str:
    """chat, rating, online or session; "" for something else about a waiter."""
    return next((kind for kind, marks in MARKS.items() if any(mark in record for mark in marks)), "")


def sniff(sample: Sample) -> bool:
    return bool(first_record(sample, *LISTS)) or kind_of(first_record(sample, "waiter")) != ""


def read(sample: Sample) -> list[RawTable]:
    """-> messages, ratings, online: as many of them as the file holds."""
    found: dict[str, list[Record]] = {}
    failed, unknown = list[str](), list[tuple[str, str]]()
    for document in documents(sample):
        for name, kind in LISTS.items():
            if any(True for _ in records(document, name)):
                found.setdefault(kind, [])
        failed += errors(document)
    for record in rows(sample, "waiter", "customer"):
        if isinstance(record, Broken):
            unknown.append((record.why, record.line))
        elif kind := kind_of(record):
            found.setdefault(kind, []).append(record)
        else:
            unknown.append((WHY_UNKNOWN, str(record)))
    sessions = found.pop("session", None)
    if sessions is not None and not found:
        raise Refused(SESSIONS_ONLY)
    notes = []
    if sessions:
        notes.append(ReviewItem("source_note", sample.rel, "其中的会话列表没有用到", len(sessions)))
    notes += failures(sample, failed)
    made = [READERS[kind](held) for kind, held in found.items()] or [_chat([])]
    made[0].notes += notes
    _also_refused(made[0], unknown)
    return made


def _also_refused(table: RawTable, others: list[tuple[str, str]]) -> None:
    """Rows that belong to no table stand behind those of the first one."""
    used = sum(frame.height for frame in table.chunks) + len(table.rejects)
    for at, (why, value) in enumerate(others, used + 1):
        table.rejects.append(RowReject(at, "", value, why))


def _chat(said: list[Record]) -> RawTable:
    talk = Talk(names_shop=False)
    for record in said:
        sender = SAID_BY.get(str(record.get("waiterSend")).lower())
        if sender is None:
            talk.refuse("waiterSend", record.get("waiterSend", ""), WHY_SENDER)
            continue
        talk.add(
            "",
            str(record.get("customer") or ""),
            nick(record.get("waiter")),
            sender,
            moment(record.get("time")),
            str(record.get("content") or ""),
        )
    return talk.table()


def _ratings(given: list[Record]) -> RawTable:
    made = [
        (
            str(record.get("customer") or ""),
            nick(record.get("waiter")),
            moment(record.get("evaTime")),
            _score(record),
            "human",
            at,
        )
        for at, record in enumerate(given, 1)
    ]
    schema = dict.fromkeys(RATINGS, pl.String()) | {"_row": pl.UInt32()}
    frame = pl.DataFrame(made, schema=schema, orient="row")
    return RawTable("ratings", [frame], MADE, why={"score": WHY_SCORE})


def _score(record: Record) -> str:
    """By the words: the scale of ``score`` is nowhere stated (FORMATS §11)."""
    words = str(record.get("desc") or "").strip()
    return SCORES.get(words, f"desc {words} score {record.get('score', '')}")


def _online(given: list[Record]) -> RawTable:
    """One row an event; ``ip`` is left alone."""
    events = [
        (nick(record.get("waiter")), moment(record.get(key)), event)
        for record in given
        for key, event in (("loginTime", "online"), ("logoutTime", "offline"))
        if record.get(key) or event == "online"  # still logged in: no end
    ]
    schema = dict.fromkeys(ONLINE, pl.String()) | {"_row": pl.UInt32()}
    numbered = [(*event, at) for at, event in enumerate(events, 1)]
    return RawTable("online", [pl.DataFrame(numbered, schema=schema, orient="row")], MADE)


READERS: dict[str, Callable[[list[Record]], RawTable]] = {
    "chat": _chat,
    "rating": _ratings,
    "online": _online,
}
