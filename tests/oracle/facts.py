"""All facts of a month, computed in the order of the SPEC: §1, §2, §3/§4, §6, §5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .agents import Agents
from .attribution import Assist, Attribution
from .conversation import Message, Reception, read_messages, receptions
from .filters import Filters
from .identity import Identity
from .inquiry import Inquiry, inquiries
from .month import OracleMonth
from .orders import Order, read_orders
from .sessions import Session, services, sessions

BuyerDay = tuple[str, str, date]


@dataclass
class Facts:
    month: OracleMonth
    agents: Agents
    identity: Identity
    filters: Filters
    messages: list[Message]
    receptions: list[Reception]
    orders: list[Order]
    attribution: Attribution
    assists: list[Assist]
    inquiries: list[Inquiry]
    sessions: list[Session]
    services: list[Session]

    @property
    def consults(self) -> list[Reception]:
        """R-C2, those of the period."""
        return [r for r in self.receptions if r.is_consult and self.month.in_period(r.day)]

    def label(self, buyer_day: BuyerDay) -> str | None:
        """R-I3, of any day read."""
        return next((i.label for i in self.inquiries if (i.shop, i.buyer, i.day) == buyer_day), None)


def facts(month: OracleMonth) -> Facts:
    agents, identity = Agents(month), Identity(month)
    filters = Filters(month, identity)
    messages = read_messages(month, agents, identity)
    found = receptions(month, agents, messages)
    for reception in found:
        reception.filtered = filters.reason(reception)
    orders = read_orders(month, identity, filters)
    attribution = Attribution(month, agents, found)
    for order in orders:
        attribution.judge(order)
    return Facts(
        month,
        agents,
        identity,
        filters,
        messages,
        found,
        orders,
        attribution,
        attribution.assists(orders),
        inquiries(month, found, orders),
        sessions(month, found),
        services(month, found),
    )


@dataclass(frozen=True)
class Scope:
    """§7: an agent, a group, or a shop. ``members``: the agents of an agent or group scope."""

    kind: str  # agent, group, shop
    id: str
    name: str
    members: frozenset[str] = frozenset()

    def takes(self, shop: str, agent: str | None) -> bool:
        """Whether a fact of that agent in that shop is the scope's."""
        return shop == self.id if self.kind == "shop" else agent in self.members
