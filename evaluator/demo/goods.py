"""What the demo shop sells, its buyers' names, and its orders and refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from evaluator.demo.draws import Draws, load_data


@dataclass(frozen=True)
class Good:
    sku: str
    kind: str  # what can be asked about it (data/presale.yaml)
    title: str
    short: str  # as people say it in chats
    price: int  # fen
    size: str
    capacity: str
    material: str


def _good(row: dict[str, Any]) -> Good:
    values = {key: value for key, value in row.items() if key != "weight"}
    return Good(**{**values, "price": row["price"] * 100})


_ROWS: list[dict[str, Any]] = load_data("goods")
GOODS: tuple[Good, ...] = tuple(_good(row) for row in _ROWS if row["weight"])
_POPULAR = tuple(int(row["weight"]) for row in _ROWS if row["weight"])
EXTRA_POSTAGE = next(_good(row) for row in _ROWS if not row["weight"])

_WORDS: dict[str, list[str]] = load_data("names")
PROVINCES = _WORDS["provinces"]
CITIES = _WORDS["cities"]
COURIERS = ("中通", "圆通", "韵达", "申通", "邮政")
_JOINS = ("", "", "的", "_", "爱", "在", "不")


class Names:
    """Nicks, none given twice."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._taken: set[str] = set()

    def new(self) -> str:
        """A nick without ``*``, at least three characters long."""
        while True:
            draws = self._draws
            style = draws.between(0, 9)
            if style < 4:
                nick = "tb" + draws.digits(draws.between(7, 11))
            elif style < 8:
                nick = draws.pick(_WORDS["heads"]) + draws.pick(_JOINS) + draws.pick(_WORDS["tails"])
                nick += "" if draws.chance(300) else str(draws.between(1, 9999))
            else:
                nick = draws.pick(_WORDS["latin"]) + draws.pick(("", "_")) + draws.digits(draws.between(3, 6))
            if self.claim(nick):
                return nick

    def claim(self, nick: str) -> bool:
        """Take a given nick; False if it is taken."""
        if nick in self._taken:
            return False
        self._taken.add(nick)
        return True


@dataclass
class Line:
    good: Good
    quantity: int

    @property
    def amount(self) -> int:
        return self.good.price * self.quantity


@dataclass
class Refund:
    refund_id: str
    applied: datetime
    ended: datetime | None  # also closed ones have an end
    amount: int  # fen
    state: str  # done, closed, refused, open
    kind: str  # refund_only, return_refund
    stage: str  # in_sale, after_sale
    reason: str
    staff: str | None  # account that handled it; None: the system
    intervention: str  # text of the platform's part in it
    seller_fault: bool

    @property
    def completed(self) -> datetime | None:
        return self.ended if self.state == "done" else None

    @property
    def dispute(self) -> bool:
        return self.intervention != "不需客服介入"


@dataclass
class Order:
    order_id: str
    buyer: str
    created: datetime
    paid: datetime | None
    lines: list[Line]
    discount: int  # fen
    postage: int  # fen
    province: str
    memo: str = ""
    refund: Refund | None = None
    shown_buyer: str = field(default="")  # as the export has it; masked in a few

    def __post_init__(self) -> None:
        self.shown_buyer = self.shown_buyer or self.buyer

    @property
    def goods_amount(self) -> int:
        return sum(line.amount for line in self.lines) - self.discount

    @property
    def amount(self) -> int:
        """Fen the buyer paid, or is to pay, postage included, before refunds."""
        return self.goods_amount + self.postage

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def refunded(self) -> int:
        return self.refund.amount if self.refund and self.refund.completed else 0

    def status(self, at: datetime) -> str:
        """The order's state as an export at ``at`` words it."""
        if self.paid is None or self.paid > at:
            return "交易关闭" if at - self.created > timedelta(days=1) else "等待买家付款"
        if self.refunded and self.refunded >= self.amount - self.postage:
            return "交易关闭"
        age = at - self.paid
        if age < timedelta(hours=20):
            return "买家已付款，等待卖家发货"
        return "交易成功" if age > timedelta(days=9) else "卖家已发货，等待买家确认"


def choose_lines(draws: Draws, wanted: Good | None = None) -> list[Line]:
    """What one order holds: mostly one good, often with a small one beside it, sometimes several pieces."""
    first = wanted or draws.weighted(GOODS, _POPULAR)
    several = first.price < 9000 and draws.chance(330)
    lines = [Line(first, draws.between(2, 3) if several else 1)]
    for _ in range(draws.weighted((0, 1, 2), (62, 30, 8))):
        other = draws.weighted(GOODS, _POPULAR)
        if all(line.good is not other for line in lines):
            lines.append(Line(other, 1))
    return lines


def wanted_good(draws: Draws) -> Good:
    """A good someone asks about: no small things."""
    while True:
        good = draws.weighted(GOODS, _POPULAR)
        if good.kind != "配件":
            return good
