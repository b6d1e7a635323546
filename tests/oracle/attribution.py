"""SPEC §6: who gets an order, who assisted, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .agents import Agents
from .conversation import Message, Reception
from .month import OracleMonth, days, floor_second
from .orders import Order

JUDGMENTS = ("order", "payment", "order_first", "grouped_chain")
TIMES = ("created", "paid", "grouped")

Contacts = dict[tuple[str, str], list[Reception]]  # (shop, buyer) → his consults


@dataclass
class Candidate:
    """R-A8: one agent with a two-way contact before t."""

    agent: str
    last: Message
    human_messages: int
    buyer_messages: int
    answered_turns: int
    place: int = 0


@dataclass
class Assist:
    """R-A6."""

    order: Order
    agent: str
    kind: str
    messages: int
    last_ts: datetime


def consults_of(receptions: list[Reception]) -> Contacts:
    found: Contacts = {}
    for reception in receptions:
        if reception.is_consult:
            found.setdefault((reception.shop, reception.buyer), []).append(reception)
    return found


class Attribution:
    def __init__(self, month: OracleMonth, agents: Agents, receptions: list[Reception]) -> None:
        self.month, self.agents = month, agents
        self.consults = consults_of(receptions)

    def candidates(self, order: Order, at: datetime) -> list[Candidate]:
        """R-A1: agents with a two-way contact before t, of ``credit_roles`` if given; in the order of
        R-A2."""
        roles = self.month.settings["credit_roles"]
        first, last = self.month.day(at) - days(self.month.window), self.month.day(at)
        window = [
            reception
            for reception in self.consults.get((order.shop, order.buyer or ""), [])
            if first <= reception.day <= last and (not roles or self.agents.role(reception.agent) in roles)
        ]
        found = []
        for agent in sorted({reception.agent for reception in window}):
            candidate = self.contact([r for r in window if r.agent == agent], at)
            if candidate is not None:
                found.append(candidate)
        found.sort(key=self.rank, reverse=True)
        for place, candidate in enumerate(found, 1):
            candidate.place = place
        return found

    def contact(self, window: list[Reception], at: datetime) -> Candidate | None:
        """R-C9: in these consults at least one buyer message (or turn opened by R-C4) to a, and at least
        one human message from a, both at or before t; a message's time is floored to the second."""
        humans = [m for r in window for m in r.human_messages if floor_second(m.ts) <= at]
        buyers = [m for r in window for m in r.buyer_messages if floor_second(m.ts) <= at]
        handed = [t for r in window for t in r.opened_by_transfer if floor_second(t.opened) <= at]
        answered = [t for r in window for t in r.answered if t.replied and floor_second(t.replied) <= at]
        if not humans or not (buyers or handed):
            return None
        last = max(humans, key=lambda message: message.order)
        return Candidate(window[0].agent, last, len(humans), len(buyers), len(answered))

    def rank(self, candidate: Candidate) -> tuple[object, ...]:
        """R-A2: the candidate whose last human message is latest (in the order of §1); ``by: rounds``: most
        turns answered, then latest."""
        rounds = candidate.answered_turns if self.month.settings["by"] == "rounds" else 0
        return (rounds, candidate.last.order)

    def winner(self, order: Order, at: datetime | None) -> str | None:
        """R-A2 落实 at t."""
        found = self.candidates(order, at) if at is not None else []
        return found[0].agent if found else None

    def judge(self, order: Order) -> None:
        """R-A3: all judgments are computed, for unpaid orders too as far as the times exist; R-A5: excluded
        orders belong to nobody."""
        if order.excluded:
            order.by = dict.fromkeys(JUDGMENTS)
            return
        created, paid = self.winner(order, order.created), self.winner(order, order.paid)
        grouped = self.winner(order, order.grouped)
        order.by = {
            "order": created,
            "payment": paid,
            "order_first": created or paid,
            "grouped_chain": created or paid or grouped,
        }
        order.credited = order.by[self.month.settings["judgment"]]

    def evidence(self, order: Order) -> list[tuple[str, Candidate]]:
        """R-A8: for each order (not excluded) and judgment time, every candidate."""
        times = zip(TIMES, (order.created, order.paid, order.grouped), strict=True)
        return [
            (name, candidate)
            for name, at in times
            if at is not None and not order.excluded
            for candidate in self.candidates(order, at)
        ]

    def assists(self, orders: list[Order]) -> list[Assist]:
        """R-A6: for each order that is not excluded, every agent other than the credited one with ≥ 1 human
        message in a consult with the buyer before (assist_order) or after (assist_followup) it was placed."""
        found = []
        for order in orders:
            if order.excluded or order.buyer is None:
                continue
            kinds = {"assist_order": self.before(order), "assist_followup": self.after(order, orders)}
            for kind, chosen in kinds.items():
                by_agent: dict[str, list[Message]] = {}
                for message in chosen:
                    by_agent.setdefault(message.agent or "", []).append(message)
                for agent, messages in by_agent.items():
                    if agent != order.credited:
                        found.append(Assist(order, agent, kind, len(messages), max(m.ts for m in messages)))
        return found

    def humans(self, order: Order) -> list[Message]:
        consults = self.consults.get((order.shop, order.buyer or ""), [])
        return [message for reception in consults for message in reception.human_messages]

    def before(self, order: Order) -> list[Message]:
        """R-A6: on days ``day(created) − window_days … day(created)``, at or before ``created``."""
        last = self.month.day(order.created)
        first = last - days(self.month.window)
        own = [m for m in self.humans(order) if first <= m.day <= last]
        return [m for m in own if floor_second(m.ts) <= order.created]

    def after(self, order: Order, orders: list[Order]) -> list[Message]:
        """R-A6: after ``created``, on days up to ``day(paid) + follow_days`` (``day(created)`` if unpaid),
        and before the ``created`` of the buyer's next order in the shop (not excluded, created strictly
        later)."""
        last = self.month.day(order.paid or order.created) + days(self.month.settings["follow_days"])
        later = [
            other.created
            for other in orders
            if (other.shop, other.buyer) == (order.shop, order.buyer)
            and not other.excluded
            and other.created > order.created
        ]
        until = min(later, default=datetime.max - timedelta(days=1))
        return [m for m in self.humans(order) if m.day <= last and order.created < floor_second(m.ts) < until]
