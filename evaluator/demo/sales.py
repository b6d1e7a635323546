"""Talks before an order: questions, a decision, payment, reminders — and orders without any talk."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from evaluator.demo.chat import Chat, account_of, robot_first, robot_only
from evaluator.demo.goods import EXTRA_POSTAGE, Line, Order, wanted_good
from evaluator.demo.people import MAIN, SHOP, STAFF, Employee, on_duty, shift_of, works_on
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
    _decision(chat, chat.person, eager)


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
    for topic in chat.story.talk.questions(chat.good, count):
        chat.ask(topic["ask"], gap=(8, 70))
        if draws.chance(60):
            chat.ask(["？", "想问一下这个", "麻烦看下", "急"], gap=(3, 15))
        if not chat.answer(topic["answer"]):
            return False
        if draws.chance(120):
            chat.add(words["push"])
        if "more" in topic and draws.chance(550):
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
    topic = story.talk.questions(chat.good, 1)[0]
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
    created = chat.now + timedelta(seconds=draws.between(15, 240))
    if draws.chance(190):
        _chased(chat, story.order(chat.buyer, created, None, wanted=chat.good))
        return
    paid = created + timedelta(seconds=draws.between(4, 70))
    order = story.order(chat.buyer, created, paid, wanted=chat.good)
    _confirm(chat, order, paid)
    chat.now = max(chat.now, paid + timedelta(seconds=draws.between(3, 10)))
    if draws.chance(250):
        chat.card(order)
    if draws.chance(700):
        chat.ask(words["buy"])
        chat.answer(words["thanks"])
        if draws.chance(500):
            chat.ask(words["deal"])
    story.rate(chat.buyer, chat.account, chat.now, 940 if chat.slowest < 120 else 800)


def _confirm(chat: Chat, order: Order, paid: datetime) -> None:
    """The automatic confirmation, which names the order; nearly always where it is the only link."""
    story = chat.story
    linked_by_number = order.created.date() >= story.calendar.no_buyer_from
    if story.draws.chance(930 if linked_by_number else 650):
        chat.subject.update(order=order.order_id, province=order.province)
        chat.automatic(story.talk.other["confirm"][0], order, at=paid + timedelta(seconds=2))


def _chased(chat: Chat, order: Order) -> None:
    """He placed the order and did not pay. Mostly the agent reminds him; some pay then, or by themselves."""
    story, draws = chat.story, chat.story.draws
    words = story.talk.presale
    chat.now = order.created + timedelta(seconds=draws.between(900, 8000))
    hours = shift_of(chat.person, chat.now.date(), story.calendar) if chat.person.employee_id else None
    if hours and hours[0] <= chat.now <= hours[1] and draws.chance(850):
        chat.add(words["chase"])
        if draws.chance(480):
            chat.ask(words["chase_yes"], gap=(30, 1500))
            order.paid = chat.now + timedelta(seconds=draws.between(5, 200))
        elif draws.chance(500):
            chat.ask(words["chase_no"], gap=(30, 2500))
            if draws.chance(500):
                chat.answer(words["bye"])
        elif draws.chance(250):
            order.paid = chat.now + timedelta(seconds=draws.between(600, 9000))
    elif draws.chance(450):
        order.paid = order.created + timedelta(seconds=draws.between(9000, 80_000))
    if order.paid:
        _confirm(chat, order, order.paid)


def _follow_up(chat: Chat, person: Employee) -> None:
    """The next day the agent writes of her own accord to one who did not buy."""
    story, draws = chat.story, chat.story.draws
    tomorrow = chat.now.date() + timedelta(days=1)
    hours = shift_of(person, tomorrow, story.calendar) if person.employee_id else None
    if hours is None:
        return
    chat.now = draws.later(hours[0], 600, 20_000)
    chat.add(story.talk.other["follow"])
    if draws.chance(350):
        chat.ask(story.talk.presale["think"], gap=(60, 4000))
        chat.answer(story.talk.presale["bye"])
        if draws.chance(300):
            _buys(chat)


def _night(story: Story, buyer: str, at: datetime) -> None:
    """Nobody is there: the robot, or a note left for someone who answers when her shift begins."""
    draws = story.draws
    staff = [p for p in STAFF if p.role == "售前" and works_on(p, at.date(), story.calendar)]
    opening = datetime.combine(at.date(), time(9))
    first_in = [p for p in staff if at < opening and p in on_duty("售前", opening, story.calendar)]
    person = draws.pick(first_in or staff)
    chat = Chat(story, buyer, person, account_of(story, person), at, wanted_good(draws))
    if draws.chance(750):
        robot_only(chat)
        return
    topic = story.talk.questions(chat.good, 1)[0]
    chat.ask(topic["ask"])
    chat.automatic(story.talk.other["away"][0])
    hours = shift_of(person, at.date(), story.calendar)
    if hours and hours[0] > chat.now:
        chat.now = draws.later(hours[0], 20, 900)
        chat.add(topic["answer"])
        if draws.chance(400):
            chat.ask(story.talk.presale["think"], gap=(60, 3000))
        elif draws.chance(400):
            _buys(chat)


def late_evening(story: Story, buyer: str, day: date) -> None:
    """An order placed just before midnight and paid just after it."""
    draws = story.draws
    at = datetime.combine(day, time(23, 5))
    person = story.helper("售前", at - timedelta(minutes=20))
    if person is None:
        return
    chat = Chat(story, buyer, person, person.accounts[0], draws.later(at, 0, 400), wanted_good(draws))
    _opening(chat)
    _questions(chat)
    midnight = datetime.combine(day + timedelta(days=1), time())
    created = midnight - timedelta(seconds=draws.between(15, 200))
    paid = midnight + timedelta(seconds=draws.between(5, 240))
    order = story.order(buyer, created, paid, wanted=chat.good)
    _confirm(chat, order, paid)


def silent_order(story: Story, buyer: str, at: datetime) -> None:
    """An order of one who asked nobody."""
    draws = story.draws
    paid: datetime | None = at + timedelta(seconds=draws.between(3, 90))
    if draws.chance(110):
        paid = at + timedelta(seconds=draws.between(1200, 70_000)) if draws.chance(350) else None
    story.order(buyer, at, paid)


def uncounted_order(story: Story, at: datetime) -> None:
    """An order that belongs to nobody: to even out a price, by staff, or not a sale at all."""
    draws = story.draws
    paid = at + timedelta(seconds=draws.between(5, 60))
    kind = draws.weighted(("title", "memo", "own", "fake"), (4, 3, 2, 2))
    if kind == "title":
        known = story.recent_orders(at, 0, 6)
        buyer = draws.pick(known).buyer if known else story.names.new()
        story.order(buyer, at, paid, lines=[Line(EXTRA_POSTAGE, draws.between(5, 15))])
    else:
        memo = {"memo": "补差价专用 勿发货", "own": "内部员工购买 不计业绩", "fake": "刷单 空包勿发"}[kind]
        story.order(story.names.new(), at, paid, memo=memo)


def main_account_talk(story: Story, buyer: str, at: datetime) -> None:
    """A buyer who wrote to the main account; the lead answers, or passes him on without a word."""
    draws = story.draws
    lead = next(p for p in STAFF if p.accounts == (MAIN,))
    person = story.helper("售前", at)
    chat = Chat(story, buyer, lead, MAIN, at, wanted_good(draws))
    topic = story.talk.questions(chat.good, 1)[0]
    chat.ask(topic["ask"])
    if person and draws.chance(600):
        chat.hand_over(person, account_of(story, person), after_s=draws.between(20, 200))
        if chat.answer(topic["answer"]):
            _decision(chat, person, 0)
    elif shift_of(lead, at.date(), story.calendar) and chat.answer(topic["answer"]):
        _decision(chat, lead, 0)


def switch_accounts(story: Story, buyer: str, at: datetime) -> None:
    """One who has two accounts moves the talk from one to the other."""
    two = next(p for p in STAFF if len(p.accounts) > 1)
    hours = shift_of(two, at.date(), story.calendar)
    if hours is None or not hours[0] <= at <= hours[1]:
        enquiry(story, buyer, at)
        return
    chat = Chat(story, buyer, two, two.accounts[0], at, wanted_good(story.draws))
    _opening(chat)
    chat.ask(story.talk.questions(chat.good, 1)[0]["ask"])
    chat.hand_over(two, f"{SHOP}:小月备用", after_s=6)
    if _questions(chat):
        _decision(chat, two, 0)
