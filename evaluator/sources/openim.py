"""Chat logs of ``openim.chatlogs.get`` and ``openim.app.chatlogs.get`` (FORMATS §11): epoch seconds,
``content_list`` in pieces. The staff side is the one party written as an account (``cntaobao…``, ``主:子``, or
``taobao_account``); where neither or both are, nothing says who is the shop and the row is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from evaluator.model import ReviewItem
from evaluator.sources.base import MADE, RawTable
from evaluator.sources.chat import Talk
from evaluator.sources.files import Sample, load_json
from evaluator.sources.jsonfile import failures, moment
from evaluator.sources.top import (
    PREFIX,
    WHY_BROKEN,
    Answer,
    answers,
    first,
    listed,
    main_account,
    nick,
)

ID = "openim"

METHODS = ("openim_chatlogs_get", "openim_app_chatlogs_get")
KINDS = {"P": "image", "IMAGE": "image", "V": "video", "VIDEO": "video"}
WHY_DIRECTION = "direction 应为 0（user1 发出）或 1（user2 发出）"
WHY_SIDES = "看不出哪一方是客服：应恰有一方是淘宝账号（cntaobao… 或 主账号:子账号）"


def sniff(sample: Sample) -> bool:
    return first(sample).method.removeprefix("taobao_") in METHODS


def read(sample: Sample) -> list[RawTable]:
    """-> messages, one row a message."""
    talk = Talk()
    raw = RawTable("messages", [], MADE, talk.rejects)
    raw.chunks = talk.chunks(_said(sample, talk, raw.notes))
    return [raw]


def _said(sample: Sample, talk: Talk, notes: list[ReviewItem]) -> Iterator[None]:
    """Adds what one call after another tells; in the end the note on those that failed."""
    failed = list[str]()
    for call in answers(sample):
        failed += [call.error] if call.error else []
        if call.broken:
            talk.refuse("", call.broken, WHY_BROKEN)
        body = call.body.get("result")
        body = body if isinstance(body, dict) else call.body
        for message in listed(body, "messages", "roaming_message", mark="content_list"):
            _message(call, message, talk)
        yield
    notes += failures(sample, failed)


def _message(call: Answer, message: dict[str, Any], talk: Talk) -> None:
    if "from_id" in message:
        source, target = message.get("from_id"), message.get("to_id")
    else:
        direction = str(message.get("direction", ""))
        if direction not in ("0", "1"):
            talk.refuse("direction", direction, WHY_DIRECTION)
            return
        sides = call.request.get("user1"), call.request.get("user2")
        source, target = sides if direction == "0" else sides[::-1]
    (source, source_staff), (target, target_staff) = _party(source), _party(target)
    if source_staff == target_staff:
        talk.refuse("", f"{source} → {target}", WHY_SIDES)
        return
    account, buyer = (source, target) if source_staff else (target, source)
    text, kind = _content(message)
    sender = "agent" if source_staff else "buyer"
    talk.add(main_account(account), buyer, account, sender, moment(message.get("time")), text, kind)


def _party(value: Any) -> tuple[str, bool]:
    """(name, whether it is written as a staff account)."""
    if isinstance(value, str) and value.startswith("{"):
        with suppress(ValueError):
            value = load_json(value)
    if isinstance(value, dict):
        name = str(value.get("uid") or "")
        return nick(name), str(value.get("taobao_account")).lower() == "true" or _is_account(name)
    name = str(value or "")
    return nick(name), _is_account(name)


def _is_account(name: str) -> bool:
    return name.startswith(PREFIX) or ":" in nick(name)


def _content(message: dict[str, Any]) -> tuple[str, str]:
    pieces = listed(message, "content_list", "roaming_message_item", mark="value")
    kinds = {KINDS.get(str(piece.get("type") or "").upper(), "") for piece in pieces}
    text = "".join(str(piece.get("value", piece.get("")) or "") for piece in pieces)
    return text, kinds.pop() if len(kinds) == 1 else ""
