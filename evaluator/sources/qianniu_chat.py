"""Chats copied from the 千牛 client as text, one file a conversation (FORMATS §10).

A message is a head (who and when) and its lines. Four kinds of heads: ``nick time``, ``nicktime``, nick and
time on two lines, ``from --> to time``. A head counts only if its name is one of the two parties, since a
line of a message may itself end in a time. The parties are the folder and the file name, else what the heads
say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.chat import RECALL, Talk, handed_over, transfer_in
from evaluator.sources.files import Sample, lines_of
from evaluator.sources.top import main_account, nick

ID = "qianniu_chat"

_WHEN = r"\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}:\d{2}"
_TIME = re.compile(_WHEN)
_TIME_AT_END = re.compile(rf"{_WHEN}\Z")
_ARROW = " --> "
_PARTY = re.compile(r"[^\s:]+(?::[^\s:]+)?")  # an order card that ends in a time has more colons, or blanks
_REASON = re.compile(r"原因[:：]")

NAMES_SHOWN = 5
UNCLEAR = (
    "像是千牛聊天记录，但看不出是哪位客服和哪位买家的：请一段对话存一个文件，文件名用买家昵称，"
    "放进以客服账号命名的文件夹（冒号写成全角），如 旗舰店：小夏/买家昵称.txt"
)
STATES = frozenset({"已读", "未读", "发送中"})
FROM_PAGE, PAGES = "当前用户来自", frozenset({"商品详情页"})
SYSTEM_LINES = frozenset({"商品推荐"})


@dataclass(frozen=True)
class _Parties:
    account: str
    buyer: str


def sniff(sample: Sample) -> bool:
    """A text whose first line, or first two, are a head of one of two known parties."""
    return _begins(sample) and _parties(sample) is not None


def unclear(sample: Sample) -> str:
    """What to do with a chat of which nobody can tell between whom it is; "" where it is none."""
    if not _begins(sample):
        return ""
    names = sorted(_names(lines_of(sample.head_text)))
    if not any(":" in name for name in names):
        return ""
    return f"{UNCLEAR}（出现的名字：{'、'.join(names[:NAMES_SHOWN])}）"


def _begins(sample: Sample) -> bool:
    if sample.kind != "text":
        return False
    lines = [line for line in lines_of(sample.head_text) if line.strip()][:2]
    return bool(lines) and bool(_head(lines[0]) or (len(lines) > 1 and _TIME.fullmatch(lines[1].strip())))


def _parties(sample: Sample) -> _Parties | None:
    """By folder and file name if heads bear them out, else by the names in the heads."""
    lines = lines_of(sample.head_text)
    names = _names(lines)
    given = _by_path(sample)
    if given and (names & {given.account, given.buyer} if ":" in given.account else given.account in names):
        return given
    staff = [name for name in names if ":" in name]
    others = [name for name in names if ":" not in name]
    stem = nick(sample.stem)
    if stem in others:
        others = [stem]
    if len(staff) == 1 and len(others) == 1:
        return _Parties(staff[0], others[0])
    return None


def _by_path(sample: Sample) -> _Parties | None:
    """``<account>/<buyer>.txt``, or the other way round where only the file is called like an account."""
    folders = sample.rel.split("/")[:-1]
    if not folders:
        return None
    folder, stem = nick(folders[-1]), nick(sample.stem)
    return _Parties(stem, folder) if ":" in stem and ":" not in folder else _Parties(folder, stem)


@dataclass(frozen=True)
class _Head:
    """What stands before a time that ends a line: one name (maybe none), or two with an arrow between."""

    name: str
    peer: str
    time: str


def _head(line: str) -> _Head | None:
    """The head that a line may be. A year has four digits, so a nick that ends in digits can be told from the
    time."""
    found = _TIME_AT_END.search(line.strip())
    if found is None:
        return None
    before, time = line.strip()[: found.start()], found[0]
    name, arrow, peer = before.partition(_ARROW)
    if arrow and before.endswith(" ") and name.strip() and peer.strip():
        return _Head(nick(name), nick(peer), time)
    return _Head(nick(before), "", time)


def _names(lines: list[str]) -> set[str]:
    """Everyone whom a line that may be a head names."""
    found: set[str] = set()
    for at, line in enumerate(lines):
        if head := _head(line):
            found |= {head.name or nick(lines[at - 1] if at else ""), head.peer}
    return {name for name in found if _PARTY.fullmatch(name)}


def _speaker(lines: list[str], at: int, parties: _Parties) -> tuple[str, str, int] | None:
    """(name, time, number of lines) if a head begins here."""
    line = lines[at].strip()
    known = (parties.account, parties.buyer)
    if (head := _head(line)) and head.peer and head.name in known:
        return head.name, head.time, 1
    if nick(line) in known and at + 1 < len(lines) and _TIME.fullmatch(lines[at + 1].strip()):
        return nick(line), lines[at + 1].strip(), 2
    for name in known:  # a nick may end in digits, so the name decides where the time begins
        for written in (name, name.replace(":", "：")):
            if line.startswith(written) and _TIME.fullmatch(line.removeprefix(written).strip()):
                return name, line.removeprefix(written).strip(), 1
    return None


@dataclass
class _Event:
    """A run of lines: a message (name given), a transfer or a recall."""

    what: str  # message, transfer, recall
    name: str
    time: str  # "" : that of the event before
    lines: list[str]


def _events(lines: list[str], parties: _Parties) -> Iterator[_Event]:
    current: _Event | None = None
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        head = _speaker(lines, at, parties)
        event: _Event | None = None
        used = 1
        if head:
            event, used = _Event("message", head[0], head[1], []), head[2]
        elif moved := _transfer(lines, at, parties):
            event, used = moved
        elif line.endswith(RECALL) and nick(line.removesuffix(RECALL)) in (parties.account, parties.buyer):
            event = _Event("recall", nick(line.removesuffix(RECALL)), "", [])
        elif line == FROM_PAGE:
            used = 2 if at + 1 < len(lines) and lines[at + 1].strip() in PAGES else 1
        elif line not in SYSTEM_LINES and current is not None and current.what == "message":
            current.lines.append(lines[at])
        elif line and line not in SYSTEM_LINES and not _REASON.match(line) and line not in STATES:
            event = _Event("lost", "", "", [lines[at]])
        if event is not None:
            if current is not None:
                yield current
            current = event
        at += used
    if current is not None:
        yield current


def _transfer(lines: list[str], at: int, parties: _Parties) -> tuple[_Event, int] | None:
    """A transfer that begins here, with the lines it takes: the account stands on the line or the next, a
    reason may follow. Only a transfer between accounts of the shop is one; the rest is talk."""
    moved = handed_over(lines[at].strip())
    if moved is None:
        return None
    (source, target), used = moved, 1
    if not target and at + 1 < len(lines):
        target, used = lines[at + 1].strip(), 2
    text = f"由 {source} 转交给 {target}"
    if not transfer_in(text, parties.account):
        return None
    if at + used < len(lines) and _REASON.match(lines[at + used].strip()):
        used += 1
    return _Event("transfer", parties.account, "", [text]), used


def _body(event: _Event, parties: _Parties) -> str:
    lines = list(event.lines)
    while lines and not lines[-1].strip():
        lines.pop()
    if event.name == parties.account and lines and lines[-1].strip() in STATES:
        lines.pop()
    return "\n".join(lines)


def read(sample: Sample) -> list[RawTable]:
    """-> messages, one row a message, transfer or recall. A line without a time has that of the message
    before it, or of the first one after it."""
    parties = _parties(sample)
    assert parties is not None
    talk, rejects = Talk(), list[RowReject]()
    shop = main_account(parties.account)
    events = list(_events(lines_of(sample.text), parties))
    time = next((event.time for event in events if event.time), "")
    for event in events:
        time = event.time or time
        if event.what == "message":
            sender = "agent" if event.name == parties.account else "buyer"
            talk.add(shop, parties.buyer, parties.account, sender, time, _body(event, parties))
        elif event.what == "transfer":
            talk.add(shop, parties.buyer, parties.account, "agent", time, event.lines[0])
        elif event.what == "recall":
            talk.recall(shop, parties.buyer, parties.account, time)
        else:
            talk.row += 1
            rejects.append(RowReject(talk.row, "", event.lines[0], "这一行前面没有发送人和时间"))
    return [RawTable("messages", [talk.frame()], MADE, rejects)]
