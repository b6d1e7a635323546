"""What chats of all formats share: transfers, order cards, images, the frame of messages (FORMATS §10)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from evaluator.sources.top import main_account, nick

_TRANSFER = re.compile(r"由\s*(?P<source>[^\n]+?)\s*转交给\s*(?P<target>[^\n]+?)\s*(?:\n.*)?", re.DOTALL)
ORDER_CARD = re.compile(r"(?:咨询订单号[:：]\s*\d|\[订单编号[:：])")
IMAGES = frozenset({"[图片]"})
VIDEOS = frozenset({"[视频]"})
NOT_SHOWN = frozenset({"请在客户端查看原始聊天记录，网页版无法展示"})  # a card that the web page cannot show
HELPERS = frozenset({"服务助手"})
RECALL = "撤回了一条消息"

COLUMNS = ("shop", "buyer", "account", "sender", "ts", "text", "kind", "to_account")


def kind_of(text: str) -> str:
    """The kind of a message, by its text."""
    if text in IMAGES:
        return "image"
    if text in VIDEOS:
        return "video"
    if text in NOT_SHOWN or ORDER_CARD.match(text):
        return "card"
    return "text"


def transfer_in(text: str, account: str) -> tuple[str, str] | None:
    """(from, to) of a transfer notice in the log of ``account``. Both must be accounts of its shop (or the
    platform's helper hands over in his name): "由仓库转交给快递" is talk."""
    match = _TRANSFER.fullmatch(text)
    if match is None:
        return None
    source, target = nick(match["source"]), nick(match["target"])
    shop = main_account(account)
    if main_account(target) != shop:
        return None
    if source in HELPERS:
        return account, target
    return (source, target) if main_account(source) == shop else None


@dataclass
class Talk:
    """Messages of a file as they are found; rows are counted here, refused ones too."""

    row: int = 0
    rows: list[tuple[str | int | None, ...]] = field(default_factory=list)

    def add(self, shop: str, buyer: str, account: str, sender: str, ts: str, text: str) -> None:
        """One message, or the event that its text stands for."""
        self.row += 1
        transfer = transfer_in(text, account) if sender == "agent" else None
        if transfer:
            source, target = transfer
            told = f"由 {source} 转交给 {target}"
            self.rows.append((shop, buyer, source, "system", ts, told, "transfer", target, self.row))
            return
        self.rows.append((shop, buyer, account, sender, ts, text, kind_of(text), None, self.row))

    def recall(self, shop: str, buyer: str, account: str, ts: str) -> None:
        self.row += 1
        self.rows.append((shop, buyer, account, "system", ts, RECALL, "recall", None, self.row))

    def frame(self) -> pl.DataFrame:
        schema = dict.fromkeys(COLUMNS, pl.String()) | {"_row": pl.UInt32()}
        made = pl.DataFrame(self.rows, schema=schema, orient="row")
        return made.with_columns(pl.lit(None, dtype=pl.String).alias("order_id"))  # filled in by ``finish``
