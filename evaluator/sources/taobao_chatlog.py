"""Chat logs of ``wangwang.eservice.chatlog.get``: requests with their answers, JSON or one a line, in both
envelopes (FORMATS §11). One row is one message; failed and empty calls are told in 待核."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.model import ReviewItem
from evaluator.sources.base import MADE, RawTable
from evaluator.sources.chat import Talk
from evaluator.sources.files import Sample
from evaluator.sources.top import WHY_BROKEN, Answer, answers, first, listed, main_account, nick

ID = "taobao_chatlog"
GOOD = "10000"
TO_PEER, FROM_PEER = "0", "1"


def sniff(sample: Sample) -> bool:
    call = first(sample)
    return call.method.endswith("chatlog_get") and "from_id" in call.request


def read(sample: Sample) -> list[RawTable]:
    """-> messages: account is ``from_id``, buyer ``to_id``, direction 0 the staff's words."""
    talk = Talk()
    raw = RawTable("messages", [], MADE, talk.rejects)
    raw.chunks = talk.chunks(_said(sample, talk, raw.notes))
    return [raw]


def _said(sample: Sample, talk: Talk, notes: list[ReviewItem]) -> Iterator[None]:
    """Adds what one call after another tells; in the end the notes on those that told nothing."""
    failed, empty, short = list[str](), list[str](), list[str]()
    for call in answers(sample):
        found = listed(call.body, "msgs", "msg")
        asked = call.request
        where = f"{nick(asked.get('from_id'))} → {nick(asked.get('to_id'))} {asked.get('start_date', '')}"
        code = str(call.body.get("ret", GOOD))
        if call.broken:
            talk.refuse("", call.broken, WHY_BROKEN)
        elif call.error or code != GOOD:
            failed.append(f"{where}：{call.error or 'ret ' + code}")
        elif not found:
            empty.append(where)
        elif str(call.body.get("count", len(found))) != str(len(found)):
            short.append(f"{where}：称 {call.body.get('count')} 条，实有 {len(found)} 条")
        for message in found:
            _message(call, message, talk)
        yield
    notes += [
        ReviewItem("source_note", sample.rel, f"{len(which)} 次{told}例如 {'；'.join(which[:3])}", len(which))
        for told, which in (
            ("调用失败，这些聊天没有读到，请重新拉取，", failed),
            ("应答里没有消息，", empty),
            ("应答的条数与所称不符，", short),
        )
        if which
    ]


def _message(call: Answer, message: dict[str, object], talk: Talk) -> None:
    account, buyer = nick(call.request.get("from_id")), nick(call.request.get("to_id"))
    direction = str(message.get("direction", ""))
    if direction not in (TO_PEER, FROM_PEER):
        talk.refuse("direction", direction, "应为 0（客服发出）或 1（对方发出）")
        return
    sender = "agent" if direction == TO_PEER else "buyer"
    text = str(message.get("content") or "")
    talk.add(main_account(account), buyer, account, sender, str(message.get("time") or ""), text)
