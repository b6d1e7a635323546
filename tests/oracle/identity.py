"""SPEC §2: who a buyer is. Masked nicks, orders without a buyer, and what joins what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from .month import OracleMonth, Row

#: Behind the nick of an ambiguous chat's buyer: he is a buyer of his own, and no order joins him by nick.
OWN = "\x00own"


def shown(buyer: str | None) -> str | None:
    """A buyer as the tables write him."""
    return buyer.removesuffix(OWN) if buyer is not None else None


def fits(mask: str, nick: str) -> bool:
    """§2: ``*`` = any characters."""
    pattern = "".join(".*" if char == "*" else re.escape(char) for char in mask)
    return re.fullmatch(pattern, nick, re.DOTALL) is not None


class Identity:
    """Buyers of messages and orders resolved; ``review`` facts: ambiguous and unlinked ones.

    ``order_buyer``: (shop, order_id) → buyer or None (unlinked). ``chat_buyer``: (shop, nick, day) → buyer.
    """

    def __init__(self, month: OracleMonth) -> None:
        self.month = month
        self.ambiguous: set[tuple[str, str]] = set()
        self.unlinked: set[tuple[str, str]] = set()
        self.unmasked = unmasked_nicks(month)
        self.order_buyer: dict[tuple[str, str], str | None] = {}
        self.open_orders: list[Row] = []  # without a buyer, or ambiguous: to be found by the chats
        self._orders_by_nick()
        self.chat_buyer: dict[tuple[str, str, date], str] = {}
        self._chats()
        self._orders_by_chats()

    def by_mask(self, shop: str, nick: str) -> list[str]:
        """The unmasked buyers in the shop's messages and orders that fit the masked nick."""
        return sorted(name for name in self.unmasked.get(shop, set()) if fits(nick, name))

    def _orders_by_nick(self) -> None:
        """§2: an order's nick without ``*`` is taken as it stands; a masked one is the only unmasked buyer
        that fits; none: itself; several: ambiguous, each ambiguous order its own."""
        for row in self.month.rows("orders"):
            key, nick = (row["shop"], row["order_id"]), row["buyer"]
            if not nick:
                self.open_orders.append(row)
            elif "*" not in nick:
                self.order_buyer[key] = nick
            else:
                fitting = self.by_mask(row["shop"], nick)
                if len(fitting) > 1:
                    self.ambiguous.add((row["shop"], nick))
                    self.open_orders.append(row)
                else:
                    self.order_buyer[key] = fitting[0] if fitting else nick

    def _chats(self) -> None:
        """§2: a masked chat (shop, masked nick, day) is the buyer of the order that it names (of several
        buyers: ambiguous; an ambiguous order identifies no chat); else the only fit; else itself."""
        named: dict[tuple[str, str, date], set[str]] = {}
        for row in self.month.rows("messages"):
            chat = (row["shop"], row["buyer"], self.month.day(row["ts"]))
            buyers = named.setdefault(chat, set())
            buyer = self.order_buyer.get((row["shop"], row.get("order_id") or ""))
            if buyer is not None:
                buyers.add(buyer)
        for chat, buyers in named.items():
            self.chat_buyer[chat] = self._chat(chat[0], chat[1], buyers)

    def _chat(self, shop: str, nick: str, named: set[str]) -> str:
        if "*" not in nick:
            return nick
        if len(named) == 1:
            return next(iter(named))
        buyer = nick + OWN if named else self.by_nick(shop, nick)
        if buyer.endswith(OWN):
            self.ambiguous.add((shop, nick))
        return buyer

    def by_nick(self, shop: str, nick: str) -> str:
        """A nick that no chat's order identifies: the only unmasked buyer that fits, else as written."""
        if "*" not in nick:
            return nick
        fitting = self.by_mask(shop, nick)
        if len(fitting) > 1:
            return nick + OWN
        return fitting[0] if fitting else nick

    def _orders_by_chats(self) -> None:
        """§2: an order without a buyer belongs to the one buyer whose chat names its number; an ambiguous one
        to the one among those who name it whose nick, as written, fits its mask; else it is unlinked."""
        namers: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for row in self.month.rows("messages"):
            if row.get("order_id"):
                buyer = self.message_buyer(row)
                namers.setdefault((row["shop"], row["order_id"]), set()).add((row["buyer"], buyer))
        for row in self.open_orders:
            key, mask = (row["shop"], row["order_id"]), row["buyer"]
            naming = namers.get(key, set())
            buyers = {buyer for nick, buyer in naming if not mask or fits(mask, nick)}
            self.order_buyer[key] = next(iter(buyers)) if len(buyers) == 1 else None
            if len(buyers) != 1:
                self.unlinked.add(key)

    def message_buyer(self, row: Row) -> str:
        return self.chat_buyer[(row["shop"], row["buyer"], self.month.day(row["ts"]))]

    def dated(self, shop: str, nick: str, day: date) -> str:
        """§2: ratings, escalations and dated manual filters with a masked nick are of the buyer of the chat
        (shop, masked nick, day), where there is one."""
        return self.chat_buyer.get((shop, nick, day)) or self.by_nick(shop, nick)

    def names(self, shop: str, nick: str, buyer: str) -> bool:
        """Whether an undated nick (label, manual filter) means this buyer: by identity, or an ambiguous buyer
        by that same nick."""
        return buyer in (nick + OWN, self.by_nick(shop, nick))


def unmasked_nicks(month: OracleMonth) -> dict[str, set[str]]:
    """All buyers without ``*`` in the messages and orders of each shop."""
    found: dict[str, set[str]] = {}
    rows: Iterable[Row] = [*month.rows("messages"), *month.rows("orders")]
    for row in rows:
        if row["buyer"] and "*" not in row["buyer"]:
            found.setdefault(row["shop"], set()).add(row["buyer"])
    return found
