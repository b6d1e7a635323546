"""SPEC §5: inquiries, after-sale days, and each agent's outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from .conversation import Reception
from .month import OracleMonth, days, floor_second
from .orders import Order, is_mature


@dataclass
class Inquiry:
    """A (shop, buyer, day) with ≥ 1 consult. ``label``: inquiry or after_sale (R-I3)."""

    shop: str
    buyer: str
    day: date
    t0: datetime
    consults: list[Reception] = field(default_factory=list)
    converting: list[Order] = field(default_factory=list)
    prior: bool = False
    mature: bool = True

    @property
    def converted(self) -> bool:
        """R-I1: the buyer has a converting order."""
        return bool(self.converting)

    @property
    def label(self) -> str:
        """R-I3: inquiry = converted or not prior; after-sale = prior and not converted."""
        return "after_sale" if self.prior and not self.converted else "inquiry"


def inquiries(month: OracleMonth, receptions: list[Reception], orders: list[Order]) -> list[Inquiry]:
    """§5; sets ``label`` and ``outcome`` of the consults."""
    groups: dict[tuple[str, str, date], list[Reception]] = {}
    for reception in receptions:
        if reception.is_consult:
            groups.setdefault(reception.buyer_day, []).append(reception)
    by_buyer: dict[tuple[str, str | None], list[Order]] = {}
    for order in orders:
        if not order.excluded and order.buyer is not None:  # excluded orders do not count here
            by_buyer.setdefault((order.shop, order.buyer), []).append(order)
    found = []
    for (shop, buyer, day), consults in sorted(groups.items()):
        inquiry = Inquiry(shop, buyer, day, first_contact(consults), consults)
        judge(month, inquiry, by_buyer.get((shop, buyer), []))
        for consult in consults:
            consult.label, consult.outcome = inquiry.label, outcome(inquiry, consult)
        found.append(inquiry)
    return found


def first_contact(consults: list[Reception]) -> datetime:
    """§5 t0 = the earliest buyer message, or turn opened by R-C4, in that day's consults."""
    asked = [message.ts for consult in consults for message in consult.buyer_messages]
    return min(asked + [turn.opened for consult in consults for turn in consult.opened_by_transfer])


def judge(month: OracleMonth, inquiry: Inquiry, orders: list[Order]) -> None:
    """R-I1 ``paid ≥ t0`` and ``day(paid) ≤ day + N``; R-I2 ``paid < t0`` and ``day(paid) ≥ day −
    after_sale_days``; R-I5. t0 is a message's time: floored to the second against an order's (R-C9)."""
    t0, after_sale = floor_second(inquiry.t0), days(month.settings["after_sale_days"])
    for order in orders:
        if order.paid is None:
            continue
        paid_on = month.day(order.paid)
        if order.paid >= t0 and paid_on <= inquiry.day + days(month.window):
            inquiry.converting.append(order)
        if order.paid < t0 and paid_on >= inquiry.day - after_sale:
            inquiry.prior = True
    inquiry.mature = is_mature(month, inquiry.day)


def outcome(inquiry: Inquiry, consult: Reception) -> str | None:
    """R-I4, R-I5; only inquiries have one."""
    if inquiry.label != "inquiry":
        return None
    if not inquiry.mature:
        return "immature"
    if any(order.credited == consult.agent for order in inquiry.converting):
        return "won"
    if inquiry.converted:
        return "assist" if consult.human_messages else "passed"
    others = [other for other in inquiry.consults if other.agent != consult.agent]
    return "passed" if consult.transferred_out and others else "lost"
