"""Excerpts of conversations: the messages of some buyers on some days, fetched in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import polars as pl

from evaluator.render.text import clip
from evaluator.render.view.prepared import Prepared, day_expr

#: Characters of a message shown, and messages of a day read at most.
TEXT_LIMIT = 200
_SPARE = 64  # read beyond the cut, so that a name that lies across it is seen whole and hidden
DAY_LIMIT = 400

Key = tuple[str, str, date]  # shop, buyer, day


class Message(NamedTuple):
    """One message row; ``text`` cut beyond TEXT_LIMIT, ``length`` as it was."""

    ts: datetime
    agent: str | None
    sender: str
    kind: str | None
    auto: bool
    text: str | None
    length: int | None
    is_human: bool


class Line(NamedTuple):
    """One line of an excerpt. ``side``: buyer, agent, other (somebody else's, without text), event."""

    time: str
    who: str
    side: str
    text: str


@dataclass(frozen=True)
class Talk:
    """A conversation to look at: head line and excerpt."""

    head: str
    facts: str
    lines: tuple[Line, ...]


class Talks:
    """The messages of the given (shop, buyer, day) keys."""

    def __init__(self, data: Prepared, keys: Iterable[Key]) -> None:
        self._words = data.words
        self._days: dict[Key, list[Message]] = {}
        schema = {"shop": pl.String, "buyer": pl.String, "day": pl.Date}
        wanted = pl.DataFrame(list(dict.fromkeys(keys)), schema=schema, orient="row")
        day = day_expr("ts", data.settings.day_start_s).alias("day")
        rows = data.evaluation.talk.on_days(wanted, day, DAY_LIMIT).select(
            "shop",
            "buyer",
            "day",
            "ts",
            "agent",
            "sender",
            "kind",
            "auto",
            pl.col("text").str.slice(0, TEXT_LIMIT + _SPARE),
            pl.col("text").str.len_chars().alias("length"),
            "is_human",
        )
        for shop, buyer, day, *message in rows.iter_rows():
            found = self._days.setdefault((shop, buyer, day), [])
            if len(found) < DAY_LIMIT:
                found.append(Message(*message))

    def day(self, key: Key) -> list[Message]:
        return self._days.get(key, [])

    def texts(self) -> Iterator[tuple[str, str, str | None]]:
        """What was said to and by each agent, as ``Redactor.hide`` gets it."""
        for (_, buyer, _), messages in self._days.items():
            yield from ((m.text, m.agent, buyer) for m in messages if m.text and m.agent)

    def around(
        self, key: Key, opened: datetime, replied: datetime | None, before: int = 2, after: int = 6
    ) -> list[Message]:
        """The messages about a turn: some before it opened, up to its reply."""
        messages = self.day(key)
        first = next((n for n, m in enumerate(messages) if m.ts >= opened), len(messages))
        last = first + after
        if replied is not None:
            last = min(
                last, next((n for n, m in enumerate(messages) if m.ts >= replied and m.is_human), last) + 1
            )
        return messages[max(first - before, 0) : last]

    def lines(
        self,
        messages: Iterable[Message],
        who: Callable[[Message], str],
        shown: Callable[[str], str],
        only: str | None = None,
    ) -> tuple[Line, ...]:
        """Lines of an excerpt. ``who``: how the staff side is called; ``shown``: what happens to a text;
        ``only``: the agent whose own messages, and the buyer's to him, are shown; all else is one line
        without text."""
        lines: list[Line] = []
        for message in messages:
            time = f"{message.ts:%m-%d %H:%M:%S}"
            if message.sender == "system" or message.kind == "transfer":
                lines.append(
                    Line(
                        time,
                        self._words.say("系统"),
                        "event",
                        self._words.word("message_kinds", message.kind or "system"),
                    )
                )
            elif only is not None and message.agent != only:
                if not lines or lines[-1].side != "other":
                    lines.append(
                        Line(time, who(message), "other", self._words.say("（由其他客服接待，内容不显示）"))
                    )
            elif message.sender == "buyer":
                lines.append(Line(time, self._words.say("买家"), "buyer", self._text(message, shown)))
            else:
                lines.append(Line(time, who(message), "agent", self._text(message, shown)))
        return tuple(lines)

    def _text(self, message: Message, shown: Callable[[str], str]) -> str:
        text = clip(shown(message.text or ""), TEXT_LIMIT, message.length)
        if message.kind and message.kind != "text":
            text = f"{self._marked(message.kind)}{text}"
        if message.sender == "robot" or message.auto:
            text = f"{self._marked('auto')}{text}"
        return text

    def _marked(self, kind: str) -> str:
        return self._words.say("［{kind}］", kind=self._words.word("message_kinds", kind))
