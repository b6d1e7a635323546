"""SPEC §4: messages, receptions, turns and transfers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from .agents import Agents
from .identity import Identity
from .month import OracleMonth

Order = tuple[datetime, int]  # §1: messages are ordered by (ts, position in the input)


@dataclass
class Message:
    """One message row, its buyer and agent resolved."""

    shop: str
    buyer: str
    account: str | None
    agent: str | None
    sender: str
    ts: datetime
    position: int
    day: date
    kind: str
    auto: bool
    text: str
    order_id: str | None
    to_account: str | None
    from_robot: bool  # its account is a robot account

    @property
    def order(self) -> Order:
        return (self.ts, self.position)

    @property
    def is_transfer(self) -> bool:
        """§2: a transfer is an event, never a message, whoever its sender."""
        return self.kind == "transfer"

    @property
    def is_buyer(self) -> bool:
        """§4 buyer message: ``sender=buyer``, any kind but ``recall``."""
        return self.sender == "buyer" and self.kind not in ("recall", "transfer")

    @property
    def is_human(self) -> bool:
        """§4 human message: ``sender=agent``, not ``auto``, any kind but ``recall`` and ``rating_invite``,
        from an account that is no robot."""
        plain = self.kind not in ("recall", "rating_invite", "transfer")
        return self.sender == "agent" and not self.auto and plain and not self.from_robot

    @property
    def is_robot(self) -> bool:
        """§4: a ``robot`` message; all that a robot account sends is one."""
        return not self.is_transfer and (
            self.sender == "robot" or (self.sender == "agent" and self.from_robot)
        )

    @property
    def is_automatic(self) -> bool:
        """§10 ``auto_messages``: automatic and robot messages of any kind."""
        return self.is_robot or (self.sender == "agent" and self.auto and not self.is_transfer)


@dataclass
class Turn:
    """R-C3. ``by_transfer``: opened by R-C4."""

    shop: str
    buyer: str
    agent: str
    day: date
    opened: datetime
    position: int
    by_transfer: bool
    outcome: str = "unanswered"
    replied: datetime | None = None

    @property
    def order(self) -> Order:
        return (self.opened, self.position)

    @property
    def wait(self) -> Any:
        return self.replied - self.opened if self.replied is not None else None


@dataclass
class Reception:
    """R-C1, with all that happened in it."""

    shop: str
    buyer: str
    agent: str
    day: date
    is_robot: bool = False
    buyer_messages: list[Message] = field(default_factory=list)
    human_messages: list[Message] = field(default_factory=list)
    robot_messages: list[Message] = field(default_factory=list)
    auto_messages: int = 0
    turns: list[Turn] = field(default_factory=list)
    transferred_in: bool = False
    transferred_out: bool = False
    filtered: str | None = None
    label: str | None = None
    outcome: str | None = None

    @property
    def key(self) -> tuple[str, str, str, date]:
        return (self.shop, self.buyer, self.agent, self.day)

    @property
    def buyer_day(self) -> tuple[str, str, date]:
        return (self.shop, self.buyer, self.day)

    @property
    def opened_by_transfer(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.by_transfer]

    @property
    def exists(self) -> bool:
        """R-C1: at least one buyer message, human message or turn."""
        return bool(self.buyer_messages or self.human_messages or self.turns)

    @property
    def is_consult(self) -> bool:
        """R-C2: unfiltered, human-side, with ≥ 1 buyer message or a turn opened by R-C4."""
        asked = bool(self.buyer_messages or self.opened_by_transfer)
        return self.filtered is None and not self.is_robot and asked

    @property
    def messages(self) -> int:
        """Buyer, human, automatic and robot messages: what ``filters.csv`` counts."""
        return len(self.buyer_messages) + len(self.human_messages) + self.auto_messages

    @property
    def answered(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.outcome == "answered"]


def read_messages(month: OracleMonth, agents: Agents, identity: Identity) -> list[Message]:
    """Message rows in the order of §1, with buyer, agent, day, and ``auto`` (also by
    ``auto_reply_prefixes``: an agent message that starts so is auto)."""
    prefixes = tuple(month.settings["auto_reply_prefixes"])
    messages = []
    for position, row in enumerate(month.rows("messages")):
        day = month.day(row["ts"])
        text = row.get("text") or ""
        auto = bool(row["auto"]) or (row["sender"] == "agent" and text.startswith(prefixes))
        messages.append(
            Message(
                shop=row["shop"],
                buyer=identity.message_buyer(row),
                account=row["account"],
                agent=agents.agent(row["account"], day),
                sender=row["sender"],
                ts=row["ts"],
                position=position,
                day=day,
                kind=row["kind"],
                auto=auto,
                text=text,
                order_id=row.get("order_id"),
                to_account=row.get("to_account"),
                from_robot=agents.is_robot(row["account"], day),
            )
        )
    return sorted(messages, key=lambda message: message.order)


def receptions(month: OracleMonth, agents: Agents, messages: list[Message]) -> list[Reception]:
    """R-C1: all receptions with their turns, buyer-day by buyer-day."""
    buyer_days: dict[tuple[str, str, date], list[Message]] = {}
    for message in messages:
        buyer_days.setdefault((message.shop, message.buyer, message.day), []).append(message)
    found = []
    for rows in buyer_days.values():
        found += BuyerDay(month, agents, rows).run()
    return sorted((r for r in found if r.exists), key=lambda r: r.key)


class BuyerDay:
    """All rows of one (shop, buyer, day), walked once in order."""

    def __init__(self, month: OracleMonth, agents: Agents, rows: list[Message]) -> None:
        self.agents = agents
        self.rows = rows
        self.courtesy = {bare(word) for word in month.settings["courtesy"]} - {""}
        self.found: dict[str, Reception] = {}
        self.open: dict[str, Turn] = {}  # agent → his open turn

    def run(self) -> list[Reception]:
        robots = self.robot_sides()
        for row in self.rows:
            if row.agent is not None and row.agent not in self.found:
                self.found[row.agent] = self.reception(row, row.agent, robots)
            receiver = self.receiver(row)
            if receiver is not None and receiver not in self.found:
                self.found[receiver] = self.reception(row, receiver, robots)
        for row in self.rows:
            self.step(row)
        return list(self.found.values())

    def reception(self, row: Message, agent: str, robots: set[str]) -> Reception:
        return Reception(row.shop, row.buyer, agent, row.day, is_robot=agent in robots)

    def receiver(self, row: Message) -> str | None:
        """The agent to whom a transfer goes on that day."""
        return self.agents.agent(row.to_account, row.day) if row.is_transfer else None

    def ignored(self, row: Message) -> bool:
        """R-C4: a transfer between accounts of the same agent is ignored unless it comes from a robot
        account."""
        same = row.agent is not None and row.agent == self.receiver(row)
        return same and not row.from_robot

    def robot_sides(self) -> set[str]:
        """R-C1: agents whose reception's accounts are all robots. Its accounts are those of all its message
        rows but the system's, and the ``to_account`` of transfers to it that are not ignored."""
        accounts: dict[str, set[str]] = {}
        for row in self.rows:
            if row.is_transfer:
                receiver = self.receiver(row)
                if receiver is not None and row.to_account and not self.ignored(row):
                    accounts.setdefault(receiver, set()).add(row.to_account)
            elif row.sender != "system" and row.agent is not None and row.account:
                accounts.setdefault(row.agent, set()).add(row.account)
        day = self.rows[0].day
        return {
            agent
            for agent, used in accounts.items()
            if all(self.agents.is_robot(account, day) for account in used)
        }

    def step(self, row: Message) -> None:
        if row.is_transfer:
            self.transfer(row)
            return
        if row.agent is None:
            return
        reception = self.found[row.agent]
        if row.is_automatic:
            reception.auto_messages += 1
        if row.is_robot:
            reception.robot_messages.append(row)
        if row.is_buyer:
            reception.buyer_messages.append(row)
            if not reception.is_robot and not self.is_courtesy(reception, row):
                self.open_turn(reception, row, by_transfer=False)
        if row.is_human:
            reception.human_messages.append(row)
            self.answer(row)

    def is_courtesy(self, reception: Reception, row: Message) -> bool:
        """R-C11: bare of all but letters, digits and Han characters, lower-cased, it is one of
        ``courtesy``; it opens no turn if none is open and the reception already has an answered turn."""
        return bare(row.text) in self.courtesy and bool(reception.answered)

    def open_turn(self, reception: Reception, row: Message, by_transfer: bool) -> None:
        """R-C3: opened when none is open in that reception."""
        if reception.agent in self.open:
            return
        turn = Turn(row.shop, row.buyer, reception.agent, row.day, row.ts, row.position, by_transfer)
        self.open[reception.agent] = turn
        reception.turns.append(turn)

    def answer(self, row: Message) -> None:
        """R-C3: a turn ends with the next human message of that agent (answered)."""
        turn = self.open.pop(row.agent or "", None)
        if turn is not None:
            turn.outcome, turn.replied = "answered", row.ts

    def transfer(self, row: Message) -> None:
        """R-C4: closes the open turn of the agent who transfers; if one was open, or he is a robot account, a
        turn opens for the receiver, unless one is open there; one to a robot account, or without
        ``to_account``, only closes."""
        if self.ignored(row):
            return
        closed = self.open.pop(row.agent, None) if row.agent is not None else None
        if closed is not None:
            closed.outcome = "transferred"
        receiver = self.receiver(row)
        if row.agent is not None and receiver != row.agent:
            self.found[row.agent].transferred_out = True
        if receiver is None:
            return
        reception = self.found[receiver]
        if not reception.buyer_messages and not reception.human_messages:
            reception.transferred_in = True
        if (closed is not None or row.from_robot) and not self.agents.is_robot(row.to_account, row.day):
            self.open_turn(reception, row, by_transfer=True)


def bare(text: str) -> str:
    """R-C11: only letters, digits and Han characters kept, lower-cased."""
    return "".join(char for char in text if char.isalnum()).lower()
