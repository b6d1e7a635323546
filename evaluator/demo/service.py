"""Talks after a sale, and the refunds and complaints that come of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from evaluator.demo.chat import Chat, account_of, robot_first
from evaluator.demo.goods import Order, wanted_good
from evaluator.demo.people import STAFF, Employee
from evaluator.demo.story import CLIENT_COPIES, Escalation, Story

# topic -> (weight of 1000 among talks, refund in how many of 1000, goods go back, reason, part of the amount)
_COURSE: dict[str, tuple[int, int, bool, str, bool]] = {
    "物流": (230, 40, False, "未按约定时间发货", False),
    "破损": (120, 300, False, "商品破损", True),
    "少件": (70, 150, False, "少件/漏发", True),
    "退货": (170, 800, True, "不想要了", False),
    "退款进度": (60, 700, True, "7天无理由退换货", False),
    "质量": (110, 380, True, "质量问题", False),
    "发票": (70, 0, False, "", False),
    "改地址": (60, 60, False, "拍错/多拍", False),
    "使用问题": (60, 0, False, "", False),
    "差价": (50, 350, False, "退差价", True),
}


def request(story: Story, order: Order, at: datetime) -> None:
    """The buyer of a paid order comes back about it."""
    draws = story.draws
    names = tuple(_COURSE)
    name = draws.weighted(names, [_COURSE[n][0] for n in names])
    topic = next(t for t in story.talk.aftersale["topics"] if t["name"] == name)
    case = draws.pick(topic["cases"])
    expert = story.helper("售后", at)
    seller = story.helper("售前", at)
    first = expert if expert and draws.chance(690) else seller or expert
    if first is None:
        return
    account = account_of(story, first)
    chat = Chat(story, order.buyer, first, account, at, order.lines[0].good)
    if draws.chance(200):
        robot_first(chat, first, account)
    elif draws.chance(300):
        chat.ask(story.talk.presale["greet"])
        chat.automatic(draws.pick(story.talk.other["welcome"]))
    _name_order(chat, order)
    chat.ask(case["open"], gap=(5, 40))
    if first.role != "售后" and expert and draws.chance(620):
        _to_expert(chat, expert)
    handled = _handle(chat, {**topic, **case})
    _course(chat, order, name, handled)


def _name_order(chat: Chat, order: Order) -> None:
    """How the agent learns which order it is: a card, the number, or his looking it up himself."""
    draws = chat.story.draws
    nameless = order.created.date() >= chat.story.calendar.no_buyer_from
    if draws.chance(420 if nameless else 350):
        chat.card(order)
    elif draws.chance(600 if nameless else 300):
        chat.ask(chat.story.talk.aftersale["which"], order)


def _to_expert(chat: Chat, expert: Employee) -> None:
    """Sales gives the buyer to after-sales: mostly with a word, sometimes without one."""
    story = chat.story
    if story.draws.chance(820):
        chat.answer(story.talk.other["transfer"]["after"], share=70)
    chat.hand_over(expert, expert.accounts[0], after_s=story.draws.between(3, 40))
    chat.answer(story.talk.other["transfer"]["received"])


def _handle(chat: Chat, topic: dict[str, Any]) -> bool:
    draws, words = chat.story.draws, chat.story.talk.aftersale
    if not chat.answer(topic["care"]):
        return False
    if draws.chance(850):
        chat.ask(topic["detail"], gap=(10, 120))
    if draws.chance(90):
        chat.ask(words["angry"], gap=(5, 60))
        if not chat.answer(words["sorry"], share=80):
            return False
    if not chat.answer(topic["solve"], share=150):
        return False
    if draws.chance(700):
        chat.ask(words["close"], gap=(5, 90))
        if draws.chance(600):
            chat.answer(words["end"], share=70)
    return True


def _course(chat: Chat, order: Order, name: str, handled: bool) -> None:
    """What comes of it: a refund, a rating, now and then a complaint, or a second contact."""
    story, draws = chat.story, chat.story.draws
    _, refunds, back, reason, part = _COURSE[name]
    if draws.chance(refunds):
        staff = chat.account if chat.person.role == "售后" else _desk(story)
        story.refund(order, draws.later(chat.now, 60, 3000), staff, reason, goods_back=back, part=part)
    story.rate(chat.buyer, chat.account, chat.now, 900 if handled and chat.slowest < 240 else 640)
    if draws.chance(28 if handled else 150):
        kind = draws.weighted(("platform_consult", "complaint", "dispute"), (4, 4, 2))
        upheld = draws.pick(("true", "false")) if kind == "complaint" else ""
        story.escalations.append(
            Escalation(
                chat.buyer, draws.later(chat.now, 3600, 60_000), kind, order.order_id, chat.account, upheld
            )
        )
    again = chat.now + timedelta(seconds=draws.between(5 * 3600, 50 * 3600))
    if draws.chance(170 if handled else 500) and 9 <= again.hour < 23 and again < story.calendar.export:
        request(story, order, again)


def _desk(story: Story) -> str:
    return story.draws.pick([p.accounts[0] for p in STAFF if p.role == "售后"])


def quiet_refund(story: Story, order: Order, at: datetime) -> None:
    """A refund that nobody talked about; the system handles half of them."""
    draws = story.draws
    staff = None if draws.chance(500) else _desk(story)
    back = draws.chance(400)
    reason = draws.pick(("不想要了", "拍错/多拍", "7天无理由退换货", "质量问题", "未按约定时间发货"))
    story.refund(order, at, staff, reason, goods_back=back)


def hand_back(story: Story, buyer: str, at: datetime) -> None:
    """After-sales has a buyer who only wants to buy, and gives him to sales."""
    expert, seller = story.helper("售后", at), story.helper("售前", at)
    if expert is None or seller is None or seller.accounts[0] in CLIENT_COPIES:
        return
    chat = Chat(story, buyer, expert, expert.accounts[0], at, wanted_good(story.draws))
    topic = story.talk.questions(chat.good, 1)[0]
    chat.ask(topic["ask"])
    chat.answer(story.talk.other["transfer"]["back"])
    chat.hand_over(seller, account_of(story, seller))
    chat.answer(topic["answer"])
