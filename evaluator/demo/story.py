"""The demo month as it happens: who is there, what is bought, what is written. ``tell`` is the whole of it.

Everything is drawn from one seed, in a fixed order; nothing depends on clock, machine or set order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from evaluator.demo import people
from evaluator.demo.chat import Message
from evaluator.demo.draws import Draws
from evaluator.demo.goods import PROVINCES, Good, Line, Names, Order, Refund, choose_lines
from evaluator.demo.people import Calendar, Employee
from evaluator.demo.talk import Talk

_DAY = timedelta(days=1)
# How likely a contact or an order is in each hour of the day.
HOURS = (9, 4, 2, 1, 1, 2, 6, 14, 30, 52, 62, 58, 48, 50, 58, 56, 52, 46, 44, 54, 66, 70, 56, 28)


class Rating(NamedTuple):
    buyer: str
    account: str
    sent: datetime
    ts: datetime
    score: int
    source: int  # 0 invited by the agent, 1 of the buyer's own accord, 2 invited by the system


class Escalation(NamedTuple):
    buyer: str
    ts: datetime
    kind: str
    order_id: str
    account: str
    upheld: str  # true, false or empty


class OnlineEvent(NamedTuple):
    account: str
    ts: datetime
    event: str


@dataclass
class Story:
    """What has happened so far."""

    draws: Draws
    calendar: Calendar
    talk: Talk
    names: Names
    messages: list[Message] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)
    online: list[OnlineEvent] = field(default_factory=list)
    ads: list[str] = field(default_factory=list)  # nicks that advertise
    lookalikes: list[str] = field(default_factory=list)  # nicks that only sound so
    rating_masks: dict[str, str] = field(default_factory=dict)  # nick -> as the ratings show it
    _taken: dict[str, set[datetime]] = field(default_factory=dict)
    _homes: dict[str, str] = field(default_factory=dict)
    _numbers: int = 0

    def write(self, message: Message) -> datetime:
        """Note a message at its time, or at the next second in which the buyer has no message; that time."""
        taken = self._taken.setdefault(message.buyer, set())
        while message.ts in taken:
            message.ts += timedelta(seconds=1)
        taken.add(message.ts)
        self.messages.append(message)
        return message.ts

    def order(
        self,
        buyer: str,
        created: datetime,
        paid: datetime | None,
        wanted: Good | None = None,
        lines: list[Line] | None = None,
        memo: str = "",
    ) -> Order:
        """A new order of ``buyer``, with postage below 99 yuan and 10 yuan off from 199 on for some."""
        draws = self.draws
        lines = lines or choose_lines(draws, wanted)
        goods = sum(line.amount for line in lines)
        home = self._homes.setdefault(buyer, draws.pick(PROVINCES))
        self._numbers += 1
        # The number grows with the time it was placed, as real ones do; the tail is the buyer's.
        base = datetime.combine(self.calendar.start, time()) - 60 * _DAY
        head = 2_840_000_000 + (created - base) // timedelta(seconds=1) * 37
        order = Order(
            order_id=f"{head}{self._numbers:05d}{draws.between(1000, 9999)}",
            buyer=buyer,
            created=created,
            paid=paid,
            lines=lines,
            discount=1000 if goods >= 19900 and draws.chance(600) else 0,
            postage=0 if goods >= 9900 else 800,
            province=home,
            memo=memo,
        )
        self.orders.append(order)
        return order

    def refund(
        self,
        order: Order,
        applied: datetime,
        staff: str | None,
        reason: str,
        *,
        goods_back: bool,
        part: bool = False,
    ) -> None:
        """A refund of ``order``; whether it is done by the time of the export is drawn here."""
        draws = self.draws
        if order.paid is None or order.refund or applied <= order.paid or applied > self.calendar.export:
            return
        state = draws.weighted(("done", "closed", "refused", "open"), (88, 6, 1, 5))
        hours = draws.between(40, 150) if goods_back else draws.between(1, 30)
        ended: datetime | None = applied + timedelta(hours=hours, seconds=draws.between(0, 3500))
        if state == "open" or (ended and ended > self.calendar.export - timedelta(hours=1)):
            state, ended = "open", None
        amount = order.goods_amount
        if part:
            amount = max(100, amount * draws.pick((10, 20, 30)) // 100 // 100 * 100)
        fault = reason in ("质量问题", "少件/漏发", "商品破损") and draws.chance(600)
        order.refund = Refund(
            refund_id=draws.digits(16),
            applied=applied,
            ended=ended,
            amount=amount,
            state=state,
            kind="return_refund" if goods_back else "refund_only",
            stage="after_sale" if applied - order.paid > timedelta(days=12) else "in_sale",
            reason=reason,
            staff=staff,
            intervention=draws.weighted(("不需客服介入", "需要客服介入", "客服处理完成"), (965, 10, 25)),
            seller_fault=fault,
        )

    def rate(self, buyer: str, account: str, at: datetime, mood: int) -> None:
        """The buyer may rate the talk; ``mood`` of 1000 is how glad he is."""
        draws = self.draws
        if not draws.chance(150):
            return
        glad = draws.chance(mood)
        score = draws.weighted((5, 4), (80, 20)) if glad else draws.weighted((3, 2, 1), (50, 20, 30))
        sent = draws.later(at, 2, 40)
        self.ratings.append(
            Rating(
                buyer, account, sent, draws.later(sent, 5, 400), score, draws.weighted((0, 1, 2), (6, 1, 3))
            )
        )

    def moment(self, day: date) -> datetime:
        """A time of ``day`` when people shop."""
        hour = self.draws.weighted(range(24), HOURS)
        return datetime.combine(day, time(hour)) + timedelta(seconds=self.draws.between(0, 3599))

    def recent_orders(self, at: datetime, low_days: int, high_days: int) -> list[Order]:
        """Paid orders without a refund, paid so many days before ``at``."""
        begin, finish = at - high_days * _DAY, at - low_days * _DAY
        paid = [o for o in self.orders if o.paid and begin <= o.paid <= finish]
        return [o for o in paid if o.refund is None and not o.memo]

    def helper(self, role: str, at: datetime) -> Employee | None:
        """Someone of a role who is at work, with half an hour to go; in the warm-up also the temp."""
        present = people.on_duty(role, at, self.calendar, margin_s=1500)
        warm_up = (at.date() - self.calendar.start).days >= self.calendar.days * 2 // 3
        if role == "售前" and warm_up and 10 <= at.hour < 18 and self.draws.chance(70):
            return people.TEMP_WORKER
        if not present:
            return None
        # The quick ones get through more.
        return self.draws.weighted(present, [3000 // (40 + p.pace) for p in present])


def settle(story: Story) -> None:
    """Put everything into the order in which it happened, and leave out what comes after the export. Lines
    of the 千牛 client without a time get that of the line before, as a reader of the file must take it."""
    through = story.calendar.export
    story.messages = sorted((m for m in story.messages if m.ts <= through), key=lambda m: m.ts)
    story.orders = [o for o in story.orders if o.created <= through]
    for order in story.orders:
        if order.paid and order.paid > through:
            order.paid = None
    story.ratings = [r for r in story.ratings if r.ts <= through]
    story.escalations = [e for e in story.escalations if e.ts <= through]
    last: dict[tuple[str, str], datetime] = {}
    for message in story.messages:
        key = (message.account, message.buyer)
        if message.account in CLIENT_COPIES and message.kind in ("transfer", "recall"):
            message.ts = last[key]
        last[key] = message.ts
    story.messages.sort(key=lambda m: m.ts)
    story.orders.sort(key=lambda o: (o.created, o.order_id))
    story.ratings.sort(key=lambda r: (r.ts, r.account, r.buyer))
    story.escalations.sort(key=lambda e: (e.ts, e.buyer))
    story.online.sort(key=lambda e: (e.ts, e.account, e.event))


CLIENT_COPIES = (f"{people.SHOP}:小川",)  # accounts whose chats are handed over as copies from the client
