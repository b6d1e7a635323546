"""What is no sale and no service: advertising, mass messages, talk among staff."""

from __future__ import annotations

from datetime import datetime, timedelta

from evaluator.demo import people
from evaluator.demo.chat import Chat, Message
from evaluator.demo.goods import GOODS, wanted_good
from evaluator.demo.story import OnlineEvent, Story


def advertiser(story: Story, at: datetime) -> None:
    """Someone sells something to sellers: the same text to one agent or to several."""
    draws, words = story.draws, story.talk.other
    nick = story.names.new()
    story.ads.append(nick)
    text = draws.pick(words["ads"])
    vx = draws.pick(("cy", "ds", "yy", "kj")) + draws.digits(6)
    present = people.on_duty("售前", at, story.calendar) + people.on_duty("售后", at, story.calendar)
    targets = draws.some(present, draws.weighted((1, 2, 3, 4), (45, 25, 20, 10)))
    for person in targets:
        chat = Chat(story, nick, person, person.accounts[0], at, GOODS[0])
        chat.subject["vx"] = vx
        chat.ask([text])
        if draws.chance(600):
            chat.answer(words["ad_reply"])
        if draws.chance(250):
            chat.ask(words["ad_more"], gap=(20, 600))
        at = max(at, chat.now) + timedelta(seconds=draws.between(30, 900))


def sounds_like_one(story: Story, at: datetime) -> None:
    """A real buyer who speaks of wholesale, agency or promotion."""
    draws = story.draws
    person = story.helper("售前", at)
    if person is None:
        return
    nick = story.names.new()
    story.lookalikes.append(nick)
    chat = Chat(story, nick, person, person.accounts[0], at, wanted_good(draws))
    question, reply = draws.pick(story.talk.other["lookalike"])
    if draws.chance(500):
        chat.ask(story.talk.presale["greet"])
    chat.ask([question])
    chat.answer([reply])
    chat.ask(story.talk.presale["think"])
    if draws.chance(400):
        created = chat.now + timedelta(seconds=draws.between(600, 5000))
        story.order(nick, created, created + timedelta(seconds=draws.between(10, 90)), wanted=chat.good)


def mass_message(story: Story, at: datetime) -> None:
    """Agents at work write to former buyers, unasked; few answer."""
    draws, words = story.draws, story.talk.other
    former = sorted({o.buyer for o in story.recent_orders(at, 3, 25)})
    text = draws.pick(words["marketing"])
    for person in people.on_duty("售前", at, story.calendar):
        for nick in draws.some(former, draws.between(5, 11)):
            chat = Chat(story, nick, person, person.accounts[0], draws.later(at, 0, 3000), wanted_good(draws))
            chat.add([text])
            if draws.chance(90):
                chat.ask(words["marketing_reply"], gap=(30, 4000))
                chat.answer(["好的，祝您生活愉快", "您点店铺首页就能看到哦", "收到，给您登记了"])


def staff_talk(story: Story, at: datetime) -> None:
    """Two colleagues write to each other; the talk stands in the logs of both."""
    draws = story.draws
    present = [p for role in ("售前", "售后") for p in people.on_duty(role, at, story.calendar)]
    pair = draws.some(present, 2)
    if len(pair) < 2:
        return
    asks, replies = pair[0].accounts[0], pair[1].accounts[0]
    question, reply = draws.pick(story.talk.other["internal"])
    later = draws.later(at, 10, 200)
    sides = ((asks, replies, "buyer", "agent"), (replies, asks, "agent", "buyer"))
    for nick, account, first, second in sides:
        story.write(Message(nick, account, first, at, question))
        story.write(Message(nick, account, second, later, reply))


def platform_staff(story: Story, at: datetime) -> None:
    """The platform's own people write to the lead."""
    question, reply = story.draws.pick(story.talk.other["platform"])
    nick, account = people.PLATFORM_STAFF, people.MAIN
    story.write(Message(nick, account, "buyer", at, question))
    story.write(Message(nick, account, "agent", story.draws.later(at, 60, 3000), reply))


def rival(story: Story, at: datetime) -> str:
    """Another shop's owner asks questions and buys nothing; the lead lists him by hand. His nick."""
    nick = story.names.new()
    person = story.helper("售前", at) or people.STAFF[0]
    chat = Chat(story, nick, person, person.accounts[0], at, wanted_good(story.draws))
    for topic in story.talk.questions(chat.good, 3):
        chat.ask(topic["ask"])
        chat.answer(topic["answer"])
    return nick


def on_line(story: Story) -> None:
    """When each account was on line: its owner's shifts, with a break; now and then nobody logged it off."""
    draws, calendar = story.draws, story.calendar
    for day in calendar.open_days:
        for person in people.STAFF:
            hours = people.shift_of(person, day, calendar)
            if hours is None:
                continue
            for account in person.accounts:
                begin = hours[0] - timedelta(seconds=draws.between(30, 900))
                pause = draws.later(hours[0] + timedelta(hours=3, minutes=20), 0, 2400)
                events = [("online", begin), ("suspend", pause), ("resume", draws.later(pause, 1200, 3000))]
                if not draws.chance(15):
                    events.append(("offline", draws.later(hours[1], 30, 900)))
                if draws.chance(20):
                    events.append(("online", begin + timedelta(minutes=5)))
                story.online.extend(OnlineEvent(account, at, event) for event, at in events)
