"""Chats copied from the 千牛 web page 聊天记录查询 (FORMATS §10): a line with the date, then per message a line
with the time of day, the content (one line or more), and a line with the account that wrote it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from evaluator.sources.base import RawTable
from evaluator.sources.chat import Talk, whom
from evaluator.sources.files import Sample, lines_of
from evaluator.sources.top import main_account, nick

ID = "qianniu_web"

DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s*(?:星期|周)[一二三四五六日天])?"
)
CLOCK = re.compile(r"\d{1,2}:\d{2}:\d{2}")

DATELESS = "像是千牛网页的聊天记录，但没有日期：请连上面的日期一起复制，或在最前面加一行日期，如 2026-10-01"
WHY_PARTY = "这一条的末行不是客服账号，也不是这段聊天的顾客，看不出是谁说的"
WHY_DAY = "这一条前面没有日期"
WHY_LOST = "这一行前面没有时间"
WHY_NOBODY = "这段聊天里没有客服说过话，不知道顾客写给哪个账号"


@dataclass
class _Block:
    day: str
    time: str
    lines: list[str]

    @property
    def name(self) -> str:
        return nick(self.lines[-1]) if len(self.lines) > 1 else ""

    @property
    def text(self) -> str:
        return "\n".join(self.lines[:-1])


def day_in(line: str) -> str:
    """The day that a line consists of, as 2026-10-01; "" if it is none."""
    found = DATE.fullmatch(line.strip())
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else ""


def sniff(sample: Sample) -> bool:
    """A text that begins with a line that is a date and one that is a time of day."""
    if sample.kind != "text":
        return False
    lines = [line.strip() for line in lines_of(sample.head_text) if line.strip()][:2]
    return len(lines) == 2 and bool(day_in(lines[0])) and CLOCK.fullmatch(lines[1]) is not None


def dateless(sample: Sample) -> str:
    """What to do with such a text that was copied without its date; "" where it is none."""
    lines = (
        [line.strip() for line in lines_of(sample.head_text) if line.strip()] if sample.kind == "text" else []
    )
    clocks = [line for line in lines if CLOCK.fullmatch(line)]
    return DATELESS if lines and lines[0] in clocks and len(clocks) > 1 else ""


def _blocks(sample: Sample, talk: Talk) -> list[_Block]:
    """The messages of the text. A blank line ends a block only before the next head, so those at its end are
    left out and those inside it stay."""
    blocks, day = list[_Block](), ""
    for line in lines_of(sample.text):
        if found := day_in(line):
            day = found
        elif CLOCK.fullmatch(line.strip()):
            blocks.append(_Block(day, line.strip(), []))
        elif blocks:
            blocks[-1].lines.append(line.rstrip())
        elif line.strip():
            talk.refuse("", line, WHY_LOST)
    for block in blocks:
        while block.lines and not block.lines[-1].strip():
            block.lines.pop()
    return blocks


def parties(sample: Sample, said: list[str]) -> tuple[set[str], str]:
    """(staff accounts, buyer) of a talk, from who speaks in it and what file and folder are called. An account
    has a colon; the part before it is the main account, staff too."""
    staff = {name for name in said if ":" in name}
    staff |= {main_account(name) for name in staff}
    for name in map(nick, sample.rel.split("/")[:-1][-1:]):
        staff |= {name} if ":" in name or name in said else set()
    counts = Counter(name for name in said if name and name not in staff)
    stem = nick(sample.stem)
    if stem in counts or not counts:
        return staff, stem if stem in counts else ""
    return staff, counts.most_common(1)[0][0]


def read(sample: Sample) -> list[RawTable]:
    """-> messages; a buyer's message belongs to the account that answers next."""
    talk = Talk()
    blocks = _blocks(sample, talk)
    staff, buyer = parties(sample, [block.name for block in blocks])
    lines = [(f"{b.day} {b.time}", b.name if b.name in staff else "") for b in blocks]
    for block, (ts, speaker), account in zip(blocks, lines, whom(lines), strict=True):
        if not block.day:
            talk.refuse("ts", block.time, WHY_DAY)
        elif not speaker and block.name != buyer:
            talk.refuse("account", block.lines[-1] if block.lines else "", WHY_PARTY)
        elif not (account := account or _folder(sample)):
            talk.refuse("account", "", WHY_NOBODY)
        else:
            sender = "agent" if speaker else "buyer"
            talk.add(main_account(account), buyer, account, sender, ts, block.text)
    return [talk.table()]


def _folder(sample: Sample) -> str:
    """The account that a talk nobody answered lies under, if its folder is called like one."""
    folder = next((nick(name) for name in sample.rel.split("/")[:-1][-1:]), "")
    return folder if ":" in folder else ""
