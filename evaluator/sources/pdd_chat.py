"""拼多多 聊天记录查询, scraped to JSON (FORMATS §10): a list of {time, role, name, type, content}, one file an
order, ``<订单号>_chat.json``. The file's name is the only link to the order: its number stands on every message.
The source masks the buyer's name, so a chat of an order belongs to that order's buyer, written ``#订单号``."""

from __future__ import annotations

import re

from evaluator.model import ReviewItem
from evaluator.sources.base import RawTable
from evaluator.sources.chat import SENDERS, Talk, whom
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import Broken, Record, first_record, moment, rows
from evaluator.sources.top import nick

ID = "pdd_chat"

KEYS = {"time", "role", "content"}
KINDS = {"image": "image", "video": "video", "card": "card", "goods": "card", "order": "card"}
_ORDER = re.compile(r"(?<!\d)(\d{6}-\d{6,20}|\d{15,20})(?!\d)")

WHY_ROLE = "role 应为 用户、客服 或 系统"
WHY_NOBODY = "这段聊天里没有客服说过话，不知道顾客写给哪个账号"
NO_ORDER = "文件名里没有订单号（应为 <订单号>_chat.json），这段聊天只能按顾客昵称对应订单"


def sniff(sample: Sample) -> bool:
    found = first_record(sample, "role")
    return found.keys() >= KEYS and str(found["role"]).strip() in SENDERS


def read(sample: Sample) -> list[RawTable]:
    """-> messages; a buyer's message belongs to the account that answers next."""
    named = _ORDER.search(sample.stem)
    order = named[1] if named else None
    lines = list(rows(sample, "role"))
    said = [line for line in lines if not isinstance(line, Broken)]
    staff = [nick(r.get("name")) if _sender(r) in ("agent", "robot") else "" for r in said]
    accounts = iter(whom([(moment(r.get("time")), name) for r, name in zip(said, staff, strict=True)]))
    buyer = _buyer(said, order)
    talk = Talk(names_shop=False)
    for line in lines:
        if isinstance(line, Broken):
            talk.refuse("", line.line, line.why)
        else:
            _message(line, next(accounts), buyer, order, talk)
    notes = [] if order else [ReviewItem("source_note", sample.rel, NO_ORDER)]
    return [talk.table(notes)]


def _sender(record: Record) -> str:
    return SENDERS.get(str(record.get("role") or "").strip(), "")


def _buyer(said: list[Record], order: str | None) -> str:
    """The buyer of the talk: a name that is not masked, else the order's buyer, else the mask."""
    name = next((nick(r.get("name")) for r in said if _sender(r) == "buyer" and r.get("name")), "")
    if name and "*" not in name:
        return name
    return f"#{order}" if order else name


def _message(record: Record, account: str, buyer: str, order: str | None, talk: Talk) -> None:
    sender = _sender(record)
    if not sender:
        talk.refuse("role", record.get("role", ""), WHY_ROLE)
        return
    if sender == "buyer" and not account:
        talk.refuse("account", "", WHY_NOBODY)
        return
    text = str(record.get("content") or "")
    kind = KINDS.get(str(record.get("type") or "").lower(), "")
    talk.add("", buyer, account, sender, moment(record.get("time")), text, kind, order)
