"""Talks of the U-NEED data set (FORMATS §10): {sid, sellerid, userid, dialogue: [{time, sender_type,
send_content}]}. The seller's number stands for the shop and for its only account."""

from __future__ import annotations

from evaluator.sources.base import RawTable
from evaluator.sources.chat import SENDERS, Talk
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import Broken, first_record, moment, rows
from evaluator.sources.top import as_list

ID = "uneed"
WHY_SENDER = "sender_type 应为 用户 或 客服"


def sniff(sample: Sample) -> bool:
    return first_record(sample, "dialogue").keys() >= {"sid", "sellerid", "dialogue"}


def read(sample: Sample) -> list[RawTable]:
    """-> messages, one row an utterance, in the order of ``seq_no`` as written."""
    talk = Talk()
    for dialogue in rows(sample, "dialogue"):
        if isinstance(dialogue, Broken):
            talk.refuse("", dialogue.line, dialogue.why)
            continue
        shop, buyer = str(dialogue.get("sellerid") or ""), str(dialogue.get("userid") or "")
        for said in as_list(dialogue["dialogue"]):
            said = said if isinstance(said, dict) else {"sender_type": said}
            sender = SENDERS.get(str(said.get("sender_type") or "").strip())
            if sender is None:
                talk.refuse("sender_type", said.get("sender_type", ""), WHY_SENDER)
                continue
            text, ts = str(said.get("send_content") or ""), moment(said.get("time"))
            talk.add(shop, buyer or str(dialogue.get("sid") or ""), shop, sender, ts, text)
    return [talk.table()]
