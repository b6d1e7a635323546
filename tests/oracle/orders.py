"""Orders with all that the rules ask of them: R-A4 counted amount and refunds, R-A5 excluded, quantity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .filters import Filters
from .identity import Identity
from .month import OracleMonth, Row, days


@dataclass
class Order:
    """One order. ``by``: judgment → agent (None: silent), empty where ``excluded``."""

    shop: str
    order_id: str
    buyer: str | None  # resolved; None: unlinked
    written: str | None  # the nick as written
    created: datetime
    paid: datetime | None
    grouped: datetime | None
    amount: int  # fen
    counted: int  # fen
    quantity: int | None
    memo: str
    excluded: str | None = None
    by: dict[str, str | None] = field(default_factory=dict)
    credited: str | None = None
    refunds: list[Row] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return (self.shop, self.order_id)


def read_orders(month: OracleMonth, identity: Identity, filters: Filters) -> list[Order]:
    """All orders in input order, resolved, with items and refunds joined by ``order_id``."""
    items = joined(month, "order_items")
    refunds = joined(month, "refunds")
    orders = []
    for row in month.rows("orders"):
        key = (row["shop"], row["order_id"])
        own = items.get(key, [])
        order = Order(
            shop=row["shop"],
            order_id=row["order_id"],
            buyer=identity.order_buyer[key],
            written=row["buyer"],
            created=row["created"],
            paid=row.get("paid"),
            grouped=row.get("grouped"),
            amount=row["amount"],
            counted=counted_amount(month, row),
            quantity=quantity(row, own),
            memo=row.get("memo") or "",
            refunds=refunds.get(key, []),
        )
        order.excluded = excluded(month, filters, order, own)
        orders.append(order)
    return orders


def joined(month: OracleMonth, table: str) -> dict[tuple[str, str], list[Row]]:
    """§2: ``refunds`` and ``order_items`` join by ``order_id``; one that matches orders of several shops
    joins none."""
    shops: dict[str, set[str]] = {}
    for row in month.rows("orders"):
        shops.setdefault(row["order_id"], set()).add(row["shop"])
    found: dict[tuple[str, str], list[Row]] = {}
    for row in month.rows(table):
        matching = shops.get(row["order_id"], set())
        if len(matching) == 1:
            found.setdefault((next(iter(matching)), row["order_id"]), []).append(row)
    return found


def counted_amount(month: OracleMonth, row: Row) -> int:
    """R-A4: ``amount − postage`` (``count_postage: true``: ``amount``)."""
    postage = 0 if month.settings["count_postage"] else row.get("postage") or 0
    return int(row["amount"] - postage)


def quantity(row: Row, items: list[Row]) -> int | None:
    """§2: ``orders.quantity``, else Σ items, else missing."""
    if row.get("quantity") is not None:
        return int(row["quantity"])
    known = [item["quantity"] for item in items]
    return sum(known) if known and None not in known else None


def excluded(month: OracleMonth, filters: Filters, order: Order, items: list[Row]) -> str | None:
    """R-A5, the first that holds: ``internal`` buyer (even where that filter is off); ``memo`` contains a
    mark; ``title``: it has items and every title contains a mark; ``amount`` < ``min_amount``, of paid
    orders only; ``listed`` by hand."""
    settings = month.settings
    buyer = order.buyer if order.buyer is not None else order.written
    if filters.is_internal(buyer):
        return "internal"
    if any(mark in order.memo for mark in settings["exclude_memo"]):
        return "memo"
    marks = settings["exclude_titles"]
    if items and all(any(mark in (item.get("title") or "") for mark in marks) for item in items):
        return "title"
    if order.paid is not None and order.amount < Decimal(str(settings["min_amount"])) * 100:
        return "amount"
    return "listed" if order.order_id in settings["exclude_orders"] else None


def capped_refunds(order: Order) -> list[tuple[datetime, int]]:
    """R-A4: the order's refunds (not exchanges; ``completed`` given; the order paid), in the order of
    completion, as far as they sum to at most its counted amount."""
    if order.paid is None:
        return []
    left, found = order.counted, []
    done = [row for row in order.refunds if row["kind"] != "exchange" and row.get("completed")]
    for row in sorted(done, key=lambda row: row["completed"]):  # stable: then input order
        taken = max(0, min(row["amount"], left))
        left -= taken
        found.append((row["completed"], taken))
    return found


def last_covered_day(month: OracleMonth) -> date | None:
    """R-I5: the last day that the order data covers: ``orders_through``, else the latest day of any
    ``created`` of all shops."""
    through: date | None = month.settings["orders_through"]
    if through is not None:
        return through
    return max((month.day(row["created"]) for row in month.rows("orders")), default=None)


def is_mature(month: OracleMonth, day: date) -> bool:
    """R-I5: ``day + N`` ≤ the last day that the order data covers."""
    last = last_covered_day(month)
    return last is not None and day + days(month.window) <= last
