"""One description of orders, goods and refunds, written out as each platform exports it: the header, the rows as typed
cells, and the canonical rows that they stand for. How cells are written is ``dressing``'s matter. All content is
made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHOP = "甲店"


class Money(int):
    """Fen."""


class Count(int):
    """A whole number of things."""


class Id(str):
    """A number that is a name: all of its digits count."""


Cell = str | Money | Count | datetime | None
Row = dict[str, Cell]
Canonical = dict[str, Any]


@dataclass(frozen=True)
class Goods:
    sku: str
    title: str
    quantity: int
    price: int  # fen

    @property
    def amount(self) -> int:
        return self.quantity * self.price


@dataclass(frozen=True)
class Order:
    number: int
    buyer: str
    created: datetime
    paid: datetime | None
    postage: int
    memo: str
    goods: tuple[Goods, ...]

    @property
    def quantity(self) -> int:
        return sum(g.quantity for g in self.goods)

    @property
    def amount(self) -> int:
        return self.postage + sum(g.amount for g in self.goods)


@dataclass(frozen=True)
class Refund:
    number: int
    order: int
    applied: datetime
    completed: datetime | None
    amount: int
    kind: str


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, second)


ORDERS = (
    Order(
        1,
        "买家甲",
        at(1, 8, 0, 7),
        at(1, 8, 1, 59),
        0,
        "老客，好评",
        (Goods("S1", "果干, 大包", 2, 625), Goods("S2", "茶", 1, 9000)),
    ),
    Order(2, "b2", at(1, 22, 2, 0), None, 0, "", (Goods("S1", "果干, 大包", 1, 625),)),
    Order(3, "tb_3三", at(2, 0, 0, 30), at(2, 23, 59, 30), 1000, "刷单", (Goods("S3", "礼盒", 3, 123450),)),
    Order(4, "b2", at(12, 9, 5, 41), at(12, 9, 5, 42), 1, "", (Goods("S2", "茶", 1, 9000),)),
)
REFUNDS = (
    Refund(1, 1, at(3, 8, 0, 9), at(4, 9, 10, 11), 125000, "refund_only"),
    Refund(2, 3, at(5, 10, 11, 12), None, 50, "return_refund"),
    Refund(3, 4, at(13, 8, 30, 0), at(15, 18, 30, 1), 9001, "return_refund"),
)


@dataclass(frozen=True)
class Layout:
    """One export: ``above`` are rows before the header, ``rejected`` numbers its rows that cannot be used."""

    name: str
    format: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    tables: dict[str, tuple[Canonical, ...]]
    rejected: tuple[int, ...] = ()
    above: tuple[tuple[str, ...], ...] = ()

    @property
    def grid(self) -> list[list[Cell]]:
        """The rows below the header, cell by cell."""
        return [[row.get(head) for head in self.header] for row in self.rows]


def heads(text: str) -> tuple[str, ...]:
    return tuple(text.replace("\n", "").split("|"))


def order_row(order: Order, number: str, **given: Any) -> Canonical:
    """The canonical row; ``given`` where the export says less, or something else."""
    return {
        "shop": SHOP,
        "order_id": number,
        "buyer": order.buyer,
        "created": order.created,
        "paid": order.paid,
        "amount": order.amount,
        "postage": order.postage,
        "quantity": order.quantity,
        "memo": order.memo or None,
    } | given


def item_row(number: str, goods: Goods, **given: Any) -> Canonical:
    return {
        "order_id": number,
        "sku": goods.sku,
        "title": goods.title,
        "quantity": goods.quantity,
        "amount": goods.amount,
    } | given


def refund_row(refund: Refund, number: str, order: str, **given: Any) -> Canonical:
    return {
        "refund_id": number,
        "order_id": order,
        "applied": refund.applied,
        "completed": refund.completed,
        "amount": refund.amount,
        "kind": refund.kind,
    } | given


TYPES = {"refund_only": "仅退款", "return_refund": "退货退款", "exchange": "换货"}
