"""What chats of all formats share: transfers, order cards, images, the frame of messages (FORMATS §10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.top import main_account, nick

FROM, HANDED_TO = "由", "转交给"
ORDER_CARD = re.compile(r"(?:咨询订单号[:：]\s*\d|\[订单编号[:：])")
IMAGES = frozenset({"[图片]"})
VIDEOS = frozenset({"[视频]"})
NOT_SHOWN = frozenset({"请在客户端查看原始聊天记录，网页版无法展示"})  # a card that the web page cannot show
HELPERS = frozenset({"服务助手"})
RECALL = "撤回了一条消息"

CHUNK = 50_000  # rows held before they become a frame
COLUMNS = ("shop", "buyer", "account", "sender", "ts", "text", "kind", "to_account", "order_id")
SENDERS = {
    "用户": "buyer",
    "客户": "buyer",
    "买家": "buyer",
    "顾客": "buyer",
    "消费者": "buyer",
    "客服": "agent",
}
SENDERS |= {"卖家": "agent", "商家": "agent", "机器人": "robot", "智能客服": "robot", "系统": "system"}


def kind_of(text: str) -> str:
    """The kind of a message, by its text."""
    if text in IMAGES:
        return "image"
    if text in VIDEOS:
        return "video"
    if text in NOT_SHOWN or ORDER_CARD.match(text):
        return "card"
    return "text"


def handed_over(text: str) -> tuple[str, str] | None:
    """(from, to) as a notice ``由 … 转交给 …`` writes them; further lines (a reason) do not count. ``to`` is empty
    where it stands on a line of its own that is not in ``text``."""
    source, told, rest = text.strip().removeprefix(FROM).partition(HANDED_TO)
    source = source.strip()
    if not text.startswith(FROM) or not told or not source or "\n" in source:
        return None
    return source, rest.strip().partition("\n")[0].strip()


def transfer_in(text: str, account: str) -> tuple[str, str] | None:
    """(from, to) of a transfer notice in the log of ``account``. Both must be accounts of its shop (or the
    platform's helper hands over in his name): "由仓库转交给快递" is talk."""
    source, target = map(nick, handed_over(text) or ("", ""))
    shop = main_account(account)
    if main_account(target) != shop:
        return None
    if source in HELPERS:
        return account, target
    return (source, target) if main_account(source) == shop else None


def whom(lines: Sequence[tuple[str, str]]) -> list[str]:
    """The staff account of each line of a talk whose source names only who speaks. ``lines``: (time as text,
    staff account or "" for the buyer). A buyer's line belongs to the one who speaks next on that day, else to
    the one who spoke last, else to whoever speaks first; "" where no staff speaks at all."""
    later = [""] * len(lines)
    following = ("", "")  # (time, account) of the next staff line
    for at in range(len(lines) - 1, -1, -1):
        time, account = lines[at]
        following = (time, account) if account else following
        later[at] = following[1] if following[0][:10] == time[:10] else ""
    found, last = list[str](), ""
    first = next((account for _, account in lines if account), "")
    for (_, account), coming in zip(lines, later, strict=True):
        last = account or last
        found.append(account or coming or last or first)
    return found


@dataclass
class Talk:
    """Messages of a file as they are found; rows are counted here, refused ones too. ``names_shop`` False:
    the source names no shop, so the frame has no such column and the month's own is taken."""

    row: int = 0
    rows: list[tuple[str | int | None, ...]] = field(default_factory=list)
    rejects: list[RowReject] = field(default_factory=list)
    names_shop: bool = True

    def add(
        self,
        shop: str,
        buyer: str,
        account: str,
        sender: str,
        ts: str,
        text: str,
        kind: str = "",
        order_id: str | None = None,
    ) -> None:
        """One message, or the event that its text stands for. ``order_id``: of the order that the source says
        the message is about; else ``finish`` looks into the text."""
        self.row += 1
        transfer = transfer_in(text, account) if sender == "agent" else None
        if transfer:
            source, target = transfer
            told = f"由 {source} 转交给 {target}"
            self.rows.append((shop, buyer, source, "system", ts, told, "transfer", target, None, self.row))
            return
        kind = kind or kind_of(text)
        self.rows.append((shop, buyer, account, sender, ts, text, kind, None, order_id, self.row))

    def recall(self, shop: str, buyer: str, account: str, ts: str) -> None:
        self.row += 1
        self.rows.append((shop, buyer, account, "system", ts, RECALL, "recall", None, None, self.row))

    def refuse(self, column: str, value: object, why: str) -> None:
        """A row that cannot be a message."""
        self.row += 1
        self.rejects.append(RowReject(self.row, column, str(value), why))

    def frame(self) -> pl.DataFrame:
        schema = dict.fromkeys(COLUMNS, pl.String()) | {"_row": pl.UInt32()}
        made = pl.DataFrame(self.rows, schema=schema, orient="row")
        return made if self.names_shop else made.drop("shop")

    def chunks(self, steps: Iterable[object]) -> Iterator[pl.DataFrame]:
        """What each step adds, a frame of some ``CHUNK`` rows at a time."""
        for _ in steps:
            if len(self.rows) >= CHUNK:
                yield self.frame()
                self.rows.clear()
        yield self.frame()

    def table(self, notes: list[ReviewItem] | None = None) -> RawTable:
        return RawTable("messages", [self.frame()], MADE, self.rejects, notes or [])
