"""R-C7 sessions and R-C10 services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .conversation import Message, Reception, Turn
from .month import OracleMonth


@dataclass
class Session:
    """A run of messages with no gap > ``session_gap_s``. ``agent`` None: a service, all agents together."""

    shop: str
    buyer: str
    agent: str | None
    messages: list[Message] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        return self.messages[0].ts

    @property
    def end(self) -> datetime:
        return self.messages[-1].ts

    @property
    def day(self) -> date:
        """It belongs to the day of its first message."""
        return self.messages[0].day

    @property
    def helpers(self) -> set[str]:
        """R-C10: it belongs to every agent with a human message in it."""
        return {message.agent for message in self.messages if message.is_human and message.agent}


def runs(month: OracleMonth, receptions: list[Reception], by_agent: bool) -> list[Session]:
    """R-C7, R-C10: runs of buyer and human messages in unfiltered human-side receptions, midnight or not."""
    gap = timedelta(seconds=int(month.settings["session_gap_s"]))
    chats: dict[tuple[str, str, str | None], list[Message]] = {}
    for reception in receptions:
        if reception.filtered is None and not reception.is_robot:
            key = (reception.shop, reception.buyer, reception.agent if by_agent else None)
            chats.setdefault(key, []).extend(reception.buyer_messages + reception.human_messages)
    found = []
    for (shop, buyer, agent), messages in chats.items():
        current: Session | None = None
        for message in sorted(messages, key=lambda m: m.order):
            if current is None or message.ts - current.end > gap:
                current = Session(shop, buyer, agent)
                found.append(current)
            current.messages.append(message)
    return found


def sessions(month: OracleMonth, receptions: list[Reception]) -> list[Session]:
    """R-C7, each with the turns that open in it (``session_first``, ``session_mean``): between its first
    and its last message. A turn opened by a transfer before the session's first message opens in none."""
    found = runs(month, receptions, by_agent=True)
    for reception in receptions:
        if reception.filtered is not None:
            continue
        whose = (reception.shop, reception.buyer, reception.agent)
        own = [s for s in found if (s.shop, s.buyer, s.agent) == whose]
        for turn in reception.turns:
            for session in own:
                if session.messages[0].order <= turn.order <= session.messages[-1].order:
                    session.turns.append(turn)
    return found


def services(month: OracleMonth, receptions: list[Reception]) -> list[Session]:
    """R-C10: all agents of a buyer together."""
    return runs(month, receptions, by_agent=False)
