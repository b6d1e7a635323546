"""Messages of the 千牛 client as JSON (FORMATS §10): ``fromid``, ``toid``, ``loginid`` as nicks or as objects
with nick and targetId, ``msg.text``, ``msgtime`` in epoch milliseconds. Whoever is logged in is the shop's
side. Events that are no messages (``conv_change``, ``userOrders``) carry none of these and are passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evaluator.sources.base import MADE, RawTable
from evaluator.sources.chat import Talk
from evaluator.sources.files import Sample, load_json
from evaluator.sources.jsonfile import Broken, Record, first_record, moment, rows
from evaluator.sources.repeats import DUPLICATE
from evaluator.sources.top import main_account, nick

ID = "qianniu_im"

IDS = ("msgid", "messageId", "stableKey")
PICTURES = ("url", "picUrl", "pic", "imageUrl")
WHY_SIDE = "fromid 与 toid 都不是登录的账号 loginid，看不出哪一方是客服"


def sniff(sample: Sample) -> bool:
    found = first_record(sample, "loginid", "fromid")
    return "fromid" in found and "toid" in found and ("msgtime" in found or "sendTime" in found)


def read(sample: Sample) -> list[RawTable]:
    """-> messages, one row a message; the same message id again is a repeat."""
    talk = Talk()
    return [RawTable("messages", talk.chunks(_said(sample, talk)), MADE, talk.rejects)]


def _said(sample: Sample, talk: Talk) -> Iterator[None]:
    """Adds one record after another."""
    seen = set[str]()
    for record in rows(sample, "fromid", "toid", events=True):
        if isinstance(record, Broken):
            talk.refuse("", record.line, record.why)
            continue
        number = next((str(record[key]) for key in IDS if record.get(key)), "")
        if number and number in seen:
            talk.refuse("", number, DUPLICATE)
            continue
        seen.add(number)
        _message(record, talk)
        yield


def _message(record: Record, talk: Talk) -> None:
    sides = {key: _name(record.get(key)) for key in ("fromid", "toid", "loginid")}
    target = {key: _target(record, key) for key in sides}
    staff = next(
        (
            key
            for key in ("fromid", "toid")
            if (target[key] and target[key] == target["loginid"])
            or (sides[key] and sides[key] == sides["loginid"])
        ),
        None,
    )
    if staff is None:
        talk.refuse("loginid", sides["loginid"], WHY_SIDE)
        return
    other = "toid" if staff == "fromid" else "fromid"
    text, kind = _text(record.get("msg", record.get("originalData")))
    talk.add(
        main_account(sides[staff]),
        sides[other],
        sides[staff],
        "agent" if staff == "fromid" else "buyer",
        moment(record.get("msgtime", record.get("sendTime"))),
        text,
        kind,
    )


def _name(value: Any) -> str:
    return nick(value.get("nick") if isinstance(value, dict) else value)


def _target(record: Record, key: str) -> str:
    value = record.get(key)
    held = value.get("targetId") if isinstance(value, dict) else record.get(f"{key}TargetId")
    return str(held or "")


def _text(message: Any) -> tuple[str, str]:
    """(text, kind): a message without text is a picture or a card."""
    if isinstance(message, str) and message.startswith("{"):
        try:
            message = load_json(message)
        except ValueError:
            return str(message), ""
    if not isinstance(message, dict):
        return str(message or ""), ""
    if message.get("text"):
        return str(message["text"]), ""
    if any(message.get(key) for key in PICTURES):
        return "[图片]", "image"
    return str(message.get("title") or ""), "card"
