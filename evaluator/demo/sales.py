"""Talks before an order: questions, a decision, payment, reminders — and orders without any talk."""

from __future__ import annotations

from datetime import datetime, timedelta

from evaluator.demo.chat import Chat, account_of, robot_first, robot_only
from evaluator.demo.goods import EXTRA_POSTAGE, Line, Order, wanted_good
from evaluator.demo.people import MAIN, SHOP, STAFF, Employee
from evaluator.demo.story import CLIENT_COPIES, Story

_HOUR = timedelta(hours=1)


def enquiry(story: Story, buyer: str, at: datetime, person: Employee | None = None, eager: int = 0) -> None:
    """One contact before an order. ``eager`` adds to the chance of 1000 that he buys."""
    draws = story.draws
    good = wanted_good(draws)
    person = person or story.helper("售前", at)
    if person is None:
        _night(story, buyer, at)
        return
    account = account_of(story, person)
    chat = Chat(story, buyer, person, account, at, good)
    if draws.chance(160):
        if draws.chance(250):
            robot_only(chat)
            return
        robot_first(chat, person, account)
    _opening(chat)
    answered = _questions(chat)
    if answered and draws.chance(35):
        answered = _passed_on(chat)
    _maybe_recall(chat)
    if not answered:
        if draws.chance(250):
            chat.ask(["？", "人呢", "在吗", "没人吗"], gap=(60, 400))
        return
    _decision(chat, person if chat.person is person else chat.person, eager)


def _opening(chat: Chat) -> None:
    draws, words = chat.story.draws, chat.story.talk.presale
    first = chat.now
    if draws.chance(220):
        chat.ask(words["link"])
    greeted = draws.chance(450)
    if greeted:
        chat.ask(words["greet"])
    if chat.now != first and draws.chance(700):
        chat.automatic(draws.pick(chat.story.talk.other["welcome"]))
    if greeted and draws.chance(800):
        chat.answer(words["hello"], share=70)


def _questions(chat: Chat) -> bool:
    """The buyer's questions, topic by topic; False if one stayed without an answer and he gave up."""
    draws, words = chat.story.draws, chat.story.talk.presale
    count = draws.weighted((1, 2, 3, 4), (38, 34, 20, 8))
    for topic in draws.some(words["topics"], count):
        chat.ask(topic["ask"], gap=(8, 70))
        if draws.chance(60):
            chat.ask(["？", "想问一下这个", "麻烦看下", "急"], gap=(3, 15))
        if not chat.answer(topic["answer"]):
            return False
        if draws.chance(120):
            chat.add(words["push"])
        if draws.chance(420):
            question, reply = draws.pick(topic["more"])
            chat.ask([question], gap=(8, 60))
            if not chat.answer([reply], share=80):
                return False
    return True


def _passed_on(chat: Chat) -> bool:
    """The agent gives the buyer to a colleague, with a word or without."""
    story, words = chat.story, chat.story.talk.other["transfer"]
    person = story.helper("售前", chat.now)
    if person is None or person is chat.person or person.accounts[0] in CLIENT_COPIES:
        return True
    topic = story.draws.pick(story.talk.presale["topics"])
    chat.ask(topic["ask"])
    if story.draws.chance(550):
        chat.answer(story.draws.pick([words["leave"], words["pass"]]), share=60)
    chat.hand_over(person, account_of(story, person))
    if not chat.answer(words["received"]):
        return False
    return chat.answer(topic["answer"], share=60)


def _maybe_recall(chat: Chat) -> None:
    if chat.account in CLIENT_COPIES and chat.spoken and chat.story.draws.chance(40):
        chat.recall()


def _decision(chat: Chat, person: Employee, eager: int) -> None:
    """He buys, or says that he will think about it; a few come back and buy from someone else."""
    story, draws = chat.story, chat.story.draws
    words = story.talk.presale
    chance = person.skill + eager - (180 if chat.slowest > 240 else 60 if chat.slowest > 120 else 0)
    if draws.chance(chance):
        _buys(chat)
        return
    if draws.chance(750):
        chat.ask(words["think"])
        if draws.chance(600):
            chat.answer(words["bye"], share=80)
    story.rate(chat.buyer, chat.account, chat.now, 880 if chat.slowest < 120 else 700)
    if draws.chance(90):
        later = chat.now + timedelta(seconds=draws.between(2 * 3600, 20 * 3600))
        if later < story.calendar.export - 3 * _HOUR and 9 <= later.hour < 23:
            enquiry(story, chat.buyer, later, eager=250)
    elif draws.chance(60):
        _follow_up(chat, person)


def _buys(chat: Chat) -> None:
    story, draws = chat.story, chat.story.draws
    words = story.talk.presale
    good = next(g for g in _catalogue() if g.short == chat.subject["item"])
    created = chat.now + timedelta(seconds=draws.between(15, 240))
    if draws.chance(190):
        order = story.order(chat.buyer, created, None, wanted=good)
        _chased(chat, order)
        return
    order = story.order(chat.buyer, created, created + timedelta(seconds=draws.between(4, 70)), wanted=good)
    assert order.paid is not None
    if order.paid > story.calendar.export:
        order.paid = None
        return
    _confirm(chat, order)
    chat.now = max(chat.now, order.paid + timedelta(seconds=draws.between(3, 10)))
    if draws.chance(250):
        chat.card(order)
    if draws.chance(700):
        chat.ask(words["buy"])
        chat.answer(words["thanks"])
        if draws.chance(500):
            chat.ask(words["deal"])
    story.rate(chat.buyer, chat.account, chat.now, 940 if chat.slowest < 120 else 800)


def _catalogue() -> tuple[object, ...]:  # pragma: no cover - replaced below
    raise NotImplementedError
