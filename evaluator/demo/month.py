"""The course of the demo month, day by day, and what is masked in its exports."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase

from evaluator.demo import noise, sales, service
from evaluator.demo.draws import Draws
from evaluator.demo.goods import Names, Order
from evaluator.demo.people import Calendar
from evaluator.demo.story import CLIENT_COPIES, Story, settle
from evaluator.demo.talk import Talk

LEAD_IN_DAYS = 21  # older orders, without chats, that buyers come back about
_TWINS = ("松间明月3", "松风一盏3")  # both fit the mask 松**3


def tell(calendar: Calendar, seed: int) -> tuple[Story, list[str]]:
    """The whole month from one seed; also the nicks that the lead filters by hand."""
    draws = Draws(seed)
    story = Story(draws, calendar, Talk(draws), Names(draws))
    for nick in _TWINS:
        story.names.claim(nick)
    for back in range(LEAD_IN_DAYS, 0, -1):
        day = calendar.first - timedelta(days=back)
        for _ in range(draws.between(11, 17)):
            sales.silent_order(story, story.names.new(), story.moment(day))
    by_hand: list[str] = []
    for day in calendar.open_days:
        _sell(story, day)
        _serve(story, day)
        _disturb(story, day)
        if (day - calendar.start).days == calendar.days // 3:
            by_hand.append(noise.rival(story, datetime.combine(day, time(14, 5))))
    _twins(story)
    noise.on_line(story)
    settle(story)
    _mask(story)
    return story, by_hand


def _count(story: Story, day: date, usual: int) -> int:
    """How many of something a day has that usually has ``usual``."""
    middle = usual * story.calendar.volume(day)
    return max(0, (middle + story.draws.between(-15 * usual, 15 * usual) + 50) // 100)


def _someone(story: Story, at: datetime, returning: int = 130) -> str:
    """Mostly a new buyer, else one who bought before."""
    if story.draws.chance(returning):
        known = story.recent_orders(at, 0, 30)
        if known:
            return story.draws.pick(known).buyer
    return story.names.new()


def _sell(story: Story, day: date) -> None:
    for _ in range(_count(story, day, 41)):
        at = story.moment(day)
        sales.enquiry(story, _someone(story, at), at)
    for _ in range(_count(story, day, 31)):
        at = story.moment(day)
        sales.silent_order(story, _someone(story, at, 80), at)
    if story.draws.chance(600):
        sales.uncounted_order(story, story.moment(day))
    for _ in range(story.draws.between(0, 2)):
        sales.main_account_talk(story, story.names.new(), datetime.combine(day, time(9)) + _hours(story, 12))
    if story.draws.chance(450):
        sales.switch_accounts(story, story.names.new(), datetime.combine(day, time(9)) + _hours(story, 6))
    last = day == story.calendar.end - timedelta(days=1)
    if last or story.draws.chance(180):
        sales.late_evening(story, story.names.new(), day)


def _serve(story: Story, day: date) -> None:
    draws = story.draws
    for _ in range(_count(story, day, 12)):
        at = story.moment(day)
        orders = story.recent_orders(at, 0, 3) if draws.chance(400) else story.recent_orders(at, 3, 19)
        if orders:
            service.request(story, draws.pick(orders), at)
    for _ in range(draws.between(1, 4)):
        at = story.moment(day)
        orders = story.recent_orders(at, 0, 10)
        if orders:
            service.quiet_refund(story, draws.pick(orders), at)
    if draws.chance(400):
        service.hand_back(story, story.names.new(), datetime.combine(day, time(10)) + _hours(story, 10))


def _disturb(story: Story, day: date) -> None:
    draws = story.draws
    for _ in range(draws.weighted((0, 1, 2, 3), (25, 40, 25, 10))):
        noise.advertiser(story, datetime.combine(day, time(9)) + _hours(story, 12))
    if draws.chance(300):
        noise.sounds_like_one(story, datetime.combine(day, time(9)) + _hours(story, 12))
    for _ in range(draws.between(0, 2)):
        noise.staff_talk(story, datetime.combine(day, time(9)) + _hours(story, 12))
    if draws.chance(120):
        noise.platform_staff(story, datetime.combine(day, time(11)))
    gone = (day - story.calendar.start).days
    if gone in {story.calendar.days * share // 31 for share in (12, 19, 25, 30)}:
        noise.mass_message(story, datetime.combine(day, time(15, 40)))


def _hours(story: Story, most: int) -> timedelta:
    return timedelta(seconds=story.draws.between(0, most * 3600))


def _twins(story: Story) -> None:
    """Two buyers whose nicks have one mask; each asks and buys, and one order shows only the mask."""
    for number, nick in enumerate(_TWINS):
        day = story.calendar.start + timedelta(days=min(2 + number, story.calendar.days - 1))
        sales.enquiry(story, nick, datetime.combine(day, time(20, 10 + number)), eager=1000)
    order = next((o for o in story.orders if o.buyer == _TWINS[0]), None)
    if order and order.created.date() < story.calendar.no_buyer_from:
        order.shown_buyer = mask(order.buyer)
        # Nothing may say whose it is: else it would not be ambiguous.
        story.messages = [m for m in story.messages if m.order_id != order.order_id]


def mask(nick: str) -> str:
    return f"{nick[0]}**{nick[-1]}"


def _mask(story: Story) -> None:
    """Mask a few nicks as the platform does: in orders, in one chat that names its order, in ratings."""
    nicks = sorted({m.buyer for m in story.messages} | {o.buyer for o in story.orders})
    first, newer = story.calendar.start, story.calendar.no_buyer_from
    named = [o for o in story.orders if first <= o.created.date() < newer]
    chats: dict[str, set[str]] = {}
    for message in story.messages:
        chats.setdefault(message.buyer, set()).add(message.account)
    alone = [o for o in named if sum(fnmatchcase(n, mask(o.buyer)) for n in nicks) == 1]
    talked = [o for o in alone if o.buyer in chats]
    for order in story.draws.some(talked, 5):
        order.shown_buyer = mask(order.buyer)
    _mask_chat(story, [o for o in talked if o.shown_buyer == o.buyer], chats)
    rated = {r.buyer for r in story.ratings}
    for order in [o for o in talked if o.buyer in rated][:6]:
        story.rating_masks[order.buyer] = mask(order.buyer)


def _mask_chat(story: Story, orders: list[Order], chats: dict[str, set[str]]) -> None:
    """In one buyer's only chat the nick is masked; the order number written there says who he is."""
    for order in orders:
        messages = [m for m in story.messages if m.buyer == order.buyer]
        one_day = len({m.ts.date() for m in messages}) == 1
        names_it = any(m.order_id == order.order_id for m in messages)
        if one_day and names_it and not chats[order.buyer] & set(CLIENT_COPIES):
            for message in messages:
                message.shown_buyer = mask(message.buyer)
            return
