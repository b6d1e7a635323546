"""One conversation: whose turn it is, how long each side takes, and what is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.demo.goods import Good, Order
from evaluator.demo.people import ROBOT, SHOP, Employee

if TYPE_CHECKING:
    from evaluator.demo.story import Story


@dataclass
class Message:
    """One canonical message. ``shown_buyer``: the nick as the export has it, masked in a few chats."""

    buyer: str
    account: str
    sender: str
    ts: datetime
    text: str
    kind: str = "text"
    auto: bool = False
    order_id: str = ""
    to_account: str = ""
    shown_buyer: str = field(default="")

    def __post_init__(self) -> None:
        self.shown_buyer = self.shown_buyer or self.buyer


class Chat:
    """A buyer and the account that serves him, from ``at`` on. After ``hand_over`` the next one serves."""

    def __init__(
        self, story: Story, buyer: str, person: Employee, account: str, at: datetime, good: Good
    ) -> None:
        self.story = story
        self.buyer = buyer
        self.person = person
        self.account = account
        self.now = at
        self.good = good
        self.subject = story.talk.subject(good, person.call_name)
        self.spoken = False  # has this person written anything yet
        self.slowest = 0

    def _write(
        self, sender: str, text: str, kind: str = "text", order_id: str = "", to_account: str = ""
    ) -> None:
        self.now = self.story.write(
            Message(
                self.buyer,
                self.account,
                sender,
                self.now,
                text,
                kind=kind,
                order_id=order_id,
                to_account=to_account,
            )
        )

    def ask(self, texts: list[str], order: Order | None = None, gap: tuple[int, int] = (5, 45)) -> None:
        """The buyer writes one of ``texts``; the number of an ``order`` it names is noted."""
        if order:
            self.subject["order"] = order.order_id
        self.now += timedelta(seconds=self.story.draws.between(*gap))
        text = self.story.talk.by_buyer(texts, self.subject)
        number = order.order_id if order and order.order_id in text else ""
        self._write("buyer", text, order_id=number, kind="image" if text == "[图片]" else "text")

    def card(self, order: Order) -> None:
        """The buyer sends the card of an order."""
        self.now += timedelta(seconds=self.story.draws.between(3, 20))
        text = (
            f"咨询订单号:{order.order_id} 订单金额:{order.amount // 100}.{order.amount % 100:02d} "
            f"下单时间:{order.created:%Y-%m-%d %H:%M:%S}"
        )
        self._write("buyer", text, kind="card", order_id=order.order_id)

    def answer(self, texts: list[str], share: int = 100) -> bool:
        """The agent answers after a wait (``share`` percent of her pace), unless she overlooks it."""
        draws = self.story.draws
        if not draws.chance(self.person.attention):
            return False
        busy = 130 if 20 <= self.now.hour < 22 else 100
        wait = draws.wait(max(3, self.person.pace * share * busy // 10_000))
        if draws.chance(12):
            wait += draws.between(150, 900)
        self.slowest = max(self.slowest, wait)
        self.now += timedelta(seconds=wait)
        self._write("agent", self.story.talk.by_agent(texts, self.subject))
        self.spoken = True
        return True

    def add(self, texts: list[str]) -> None:
        """The agent writes on without being asked."""
        self.now += timedelta(seconds=self.story.draws.between(6, 30))
        self._write("agent", self.story.talk.by_agent(texts, self.subject))
        self.spoken = True

    def automatic(self, text: str, order: Order | None = None, at: datetime | None = None) -> None:
        """An automatic message of the account, not by a human hand; it does not hold up the talk."""
        at = at or self.now + timedelta(seconds=1)
        text = self.story.talk.fill(text, self.subject)
        number = order.order_id if order else ""
        self.story.write(Message(self.buyer, self.account, "agent", at, text, auto=True, order_id=number))

    def robot(self, text: str) -> None:
        self.now += timedelta(seconds=self.story.draws.between(1, 2))
        self._write("robot", text)

    def robot_talk(self, rounds: int) -> None:
        """The buyer asks the robot, which greets him first and has an answer to some things."""
        words = self.story.talk.other["robot"]
        self.account = ROBOT
        for number, (question, reply) in enumerate(self.story.draws.some(words["pairs"], rounds)):
            self.ask([question])
            if number == 0:
                self.robot(self.story.draws.pick(words["hello"]))
            self.robot(reply)

    def hand_over(self, to: Employee, account: str, after_s: int = 3) -> None:
        """A transfer: an event in the log of the one who gives the buyer away."""
        self.now += timedelta(seconds=after_s)
        self._write("system", f"由 {self.account} 转交给 {account}", kind="transfer", to_account=account)
        self.person, self.account, self.spoken = to, account, False
        self.subject["me"] = to.call_name

    def recall(self) -> None:
        """The side that wrote last takes a message back; only the notice stays."""
        self._write("system", "撤回了一条消息", kind="recall")


def robot_first(chat: Chat, person: Employee, account: str) -> None:
    """The buyer meets the robot; after an exchange or two he asks for a human, who gets the chat."""
    chat.robot_talk(chat.story.draws.between(1, 2))
    chat.ask(chat.story.talk.other["robot"]["human"])
    chat.hand_over(person, account, after_s=2)


def robot_only(chat: Chat) -> None:
    """The robot is enough, or all that is there at night."""
    chat.robot_talk(chat.story.draws.between(1, 3))
    if chat.story.draws.chance(600):
        chat.ask(chat.story.talk.other["robot"]["enough"])


def account_of(story: Story, person: Employee) -> str:
    """The account a person answers from: of several, mostly the first."""
    if len(person.accounts) == 1 or story.draws.chance(700):
        return person.accounts[0]
    return person.accounts[1]


def is_own(nick: str) -> bool:
    """Whether a nick is one of the shop's own accounts."""
    return nick == SHOP or nick.startswith(SHOP + ":")
