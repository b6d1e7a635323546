"""Entries of a ledger, each hashed together with the hash before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

GENESIS = "0" * 64
ACT = "act"  # the first entry of each transaction; says how many entries it has, also by kind


def canonical(value: Any) -> str:
    """JSON, one way of writing each value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Draft:
    """An entry before it has a place in the chain."""

    kind: str
    period: str
    subject: str
    body: Any
    version: int = 0


class Entry(NamedTuple):
    seq: int
    kind: str
    period: str
    subject: str
    version: int
    body: str
    hash: str

    @property
    def value(self) -> Any:
        return json.loads(self.body)

    @property
    def name(self) -> str:
        """What a person finds it by."""
        told = " ".join(filter(None, (self.kind, self.period, self.subject.replace("\t", " "))))
        return f"第 {self.seq} 条（{told}{f' 第 {self.version} 次修改' if self.version else ''}）"

    def follows(self, before: str) -> bool:
        """Whether the hash is that of all that the entry says and of the hash before it."""
        try:
            return self.hash == chained(before, *self[:-1])
        except TypeError:  # a number where a text should be: changed
            return False


def chained(before: str, seq: int, kind: str, period: str, subject: str, version: int, body: str) -> str:
    """SHA-256 of the canonical JSON of a list of the seven values, put together by hand for speed."""
    said = (
        f"[{quoted(before)},{seq},{quoted(kind)},{quoted(period)},{quoted(subject)},{version},{quoted(body)}]"
    )
    return hashlib.sha256(said.encode()).hexdigest()


class Broken(ValueError):
    """The chain breaks; the text says where, in Chinese."""


def followed(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries of a whole ledger, one by one. Raises Broken where one does not follow, or an act is not whole."""
    before, rest, place = GENESIS, 0, 0
    for place, e in enumerate(entries, start=1):
        if e.seq != place:
            raise Broken(f"第 {place} 条不见了（下一条是{e.name}）")
        if not e.follows(before):
            raise Broken(f"{e.name}被改动过：内容与哈希链对不上")
        if (e.kind == ACT) != (rest == 0):
            raise Broken(f"{e.name}不在它该在的位置")
        rest = e.value["entries"] - 1 if e.kind == ACT else rest - 1
        before = e.hash
        yield e
    if rest:
        raise Broken(f"第 {place + 1} 条起缺 {rest} 条：末尾被截断")
