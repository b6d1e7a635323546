"""§7, metrics over consults, inquiries, turns, messages and sessions."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from .cell import (
    Cell,
    Facts,
    Metric,
    Options,
    Scope,
    count,
    distinct,
    mean,
    median,
    p90,
    ratio,
    seconds,
    within_hours,
)
from .conversation import Message, Reception, Turn
from .facts import BuyerDay
from .month import days
from .sessions import Session


def consults_in(f: Facts, s: Scope) -> list[Reception]:
    return [r for r in f.consults if s.takes(r.shop, r.agent)]


def consults(f: Facts, s: Scope, o: Options) -> Cell:
    """β consults."""
    return count(distinct(r.buyer_day for r in consults_in(f, s)))


def receptions_direct(f: Facts, s: Scope, o: Options) -> Cell:
    """σ consults not transferred in."""
    return count(sum(not r.transferred_in for r in consults_in(f, s)))


def transferred_in(f: Facts, s: Scope, o: Options) -> Cell:
    """σ consults with the flag."""
    return count(sum(r.transferred_in for r in consults_in(f, s)))


def transferred_out(f: Facts, s: Scope, o: Options) -> Cell:
    """σ consults with the flag."""
    return count(sum(r.transferred_out for r in consults_in(f, s)))


def transfer_out_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """σ transferred_out ÷ consults."""
    return ratio(sum(r.transferred_out for r in consults_in(f, s)), len(consults_in(f, s)))


def outcomes(f: Facts, s: Scope) -> list[str]:
    """§7: an inquiry once: immature, else won if any agent of the scope won, else lost if any lost, else
    assisted, else passed."""
    by_day: dict[BuyerDay, set[str]] = {}
    for r in consults_in(f, s):
        if r.outcome is not None:
            by_day.setdefault(r.buyer_day, set()).add(r.outcome)
    order = ("immature", "won", "lost", "assist", "passed")
    return [next(name for name in order if name in had) for had in by_day.values()]


def outcome_count(name: str) -> Metric:
    def metric(f: Facts, s: Scope, o: Options) -> Cell:
        """β R-I4, R-I5."""
        return count(outcomes(f, s).count(name))

    return metric


def inquiries(f: Facts, s: Scope, o: Options) -> Cell:
    """β won + lost."""
    had = outcomes(f, s)
    return count(had.count("won") + had.count("lost"))


def conversion_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """β won ÷ (won + lost); status ``immature`` where the scope has immature inquiries."""
    had = outcomes(f, s)
    status = "immature" if "immature" in had else "final"
    return ratio(had.count("won"), had.count("won") + had.count("lost"), status)


def shop_conversion_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """Shop, β: converted ÷ all mature inquiries, whoever won them."""
    own = [i for i in f.inquiries if i.shop == s.id and f.month.in_period(i.day) and i.label == "inquiry"]
    mature = [i for i in own if i.mature]
    return ratio(sum(i.converted for i in mature), len(mature))


def chased_days(f: Facts, s: Scope) -> tuple[set[BuyerDay], set[BuyerDay]]:
    """β receptions (consults or agent-only ones, R-F4) with a human message at which an order of the buyer
    in the shop, not excluded, was created and unpaid; those where such an order was then paid by ``day +
    N``."""
    chased, then_paid = set(), set()
    for r in f.receptions:
        agent_only = r.filtered == "agent_only" or (r.filtered is None and f.filters.is_agent_only(r))
        if not f.month.in_period(r.day) or not s.takes(r.shop, r.agent) or not (r.is_consult or agent_only):
            continue
        times = [message.ts for message in r.human_messages]  # R-C9 floors them in §5 and §6 only
        for order in f.orders:
            if order.excluded or (order.shop, order.buyer) != (r.shop, r.buyer):
                continue
            if any(order.created <= at and (order.paid is None or at < order.paid) for at in times):
                chased.add(r.buyer_day)
                if order.paid is not None and f.month.day(order.paid) <= r.day + days(f.month.window):
                    then_paid.add(r.buyer_day)
    return chased, then_paid


def chased(f: Facts, s: Scope, o: Options) -> Cell:
    return count(len(chased_days(f, s)[0]))


def chased_paid(f: Facts, s: Scope, o: Options) -> Cell:
    return count(len(chased_days(f, s)[1]))


def chase_rate(f: Facts, s: Scope, o: Options) -> Cell:
    every, then_paid = chased_days(f, s)
    return ratio(len(then_paid), len(every))


def robot_answered(r: Reception) -> bool:
    """A robot message after a buyer message in one reception."""
    if not r.buyer_messages:
        return False
    return any(m.order > r.buyer_messages[0].order for m in r.robot_messages)


def replied_days(f: Facts, s: Scope) -> tuple[set[BuyerDay], set[BuyerDay]]:
    """β R-C5 replied consults ÷ consults. Shop: buyer-days with a replied consult or, in one unfiltered
    reception, a robot message after a buyer message ÷ buyer-days with a consult or an unfiltered robot
    reception with a buyer message."""
    own = consults_in(f, s)
    replied, asked = {r.buyer_day for r in own if r.answered}, {r.buyer_day for r in own}
    if s.kind == "shop":
        for r in f.receptions:
            if r.shop == s.id and r.filtered is None and f.month.in_period(r.day):
                if robot_answered(r):
                    replied.add(r.buyer_day)
                if r.is_robot and r.buyer_messages:
                    asked.add(r.buyer_day)
    return replied & asked, asked


def reply_rate(f: Facts, s: Scope, o: Options) -> Cell:
    replied, asked = replied_days(f, s)
    return ratio(len(replied), len(asked))


def unreplied(f: Facts, s: Scope, o: Options) -> Cell:
    """β that denominator − numerator."""
    replied, asked = replied_days(f, s)
    return count(len(asked) - len(replied))


def waits(f: Facts, turns: Iterable[Turn], o: Options) -> list[Fraction]:
    """Waits of turns opened within ``hours`` (default ``response_hours``). ``cap_s``: longer counts as this;
    ``unanswered_as_s``: turns unanswered or transferred count as this."""
    hours = o["hours"] if "hours" in o else f.month.settings["response_hours"]
    found = []
    for turn in turns:
        if not within_hours(turn.opened, hours):
            continue
        if turn.wait is not None:
            found.append(seconds(turn.wait))
        elif "unanswered_as_s" in o:
            found.append(Fraction(o["unanswered_as_s"]))
    return [min(wait, Fraction(o["cap_s"])) if "cap_s" in o else wait for wait in found]


def first_waits(f: Facts, s: Scope, o: Options) -> list[Fraction]:
    """R-C6: the wait of the reception's first turn, if answered; over consults whose first turn was
    within."""
    return waits(f, [r.turns[0] for r in consults_in(f, s)], o)


def all_waits(f: Facts, s: Scope, o: Options) -> list[Fraction]:
    return waits(f, [turn for r in consults_in(f, s) for turn in r.turns], o)


def first_response(f: Facts, s: Scope, o: Options) -> Cell:
    """σ mean first response over consults that have one."""
    return mean(first_waits(f, s, o))


def first_response_median(f: Facts, s: Scope, o: Options) -> Cell:
    return median(first_waits(f, s, o))


def first_response_p90(f: Facts, s: Scope, o: Options) -> Cell:
    return p90(first_waits(f, s, o))


def avg_response(f: Facts, s: Scope, o: Options) -> Cell:
    """σ mean wait of answered turns in consults."""
    return mean(all_waits(f, s, o))


def avg_response_median(f: Facts, s: Scope, o: Options) -> Cell:
    return median(all_waits(f, s, o))


def avg_response_p90(f: Facts, s: Scope, o: Options) -> Cell:
    return p90(all_waits(f, s, o))


def reply_within(f: Facts, s: Scope, o: Options) -> Cell:
    """N 秒应答率, by ``unit``."""
    unit, limit, hours = o["unit"], Fraction(o["seconds"]), o.get("hours")
    if unit == "message":
        return messages_within(f, s, limit, hours)
    if unit == "turn":
        turns = [t for r in consults_in(f, s) for t in r.turns if within_hours(t.opened, hours)]
        return ratio(sum(t.wait is not None and seconds(t.wait) <= limit for t in turns), len(turns))
    if unit.startswith("session"):
        return sessions_within(f, s, unit, limit, hours)
    inside, every = set(), set()
    for r in consults_in(f, s):
        chosen = r.turns[:1] if unit == "consult_first" else r.turns
        turns = [t for t in chosen if within_hours(t.opened, hours)]
        if hours is not None and not turns:
            continue  # a consult without such a turn is in neither part
        every.add(r.buyer_day)
        if passes(unit, turns, limit):
            inside.add(r.buyer_day)
    return ratio(len(inside), len(every))


def passes(unit: str, turns: list[Turn], limit: Fraction) -> bool:
    """``consult``: ≥ 1 turn answered in ≤ s; ``consult_all``: all of them; ``…_first``: the first turn;
    ``…_mean``: the mean wait of the answered ones."""
    answered = [seconds(t.wait) for t in turns if t.wait is not None]
    if unit == "consult":
        return any(wait <= limit for wait in answered)
    if unit == "consult_all":
        return len(answered) == len(turns) and all(wait <= limit for wait in answered)
    if unit.endswith("_first"):
        return bool(turns) and turns[0].wait is not None and seconds(turns[0].wait) <= limit
    return bool(answered) and sum(answered, Fraction(0)) / len(answered) <= limit


def sessions_within(f: Facts, s: Scope, unit: str, limit: Fraction, hours: object) -> Cell:
    """σ ``session_first``, ``session_mean``: over sessions in which a turn opens (within ``hours``)."""
    every = inside = 0
    for session in sessions_in(f, s):
        chosen = session.turns[:1] if unit == "session_first" else session.turns
        turns = [t for t in chosen if within_hours(t.opened, hours)]
        every += bool(turns)
        inside += bool(turns) and passes(unit, turns, limit)
    return ratio(inside, every)


def messages_within(f: Facts, s: Scope, limit: Fraction, hours: object) -> Cell:
    """R-C8: a buyer message in a consult is replied at the first later human message of any agent to that
    buyer in an unfiltered reception, on the same business day."""
    humans: dict[BuyerDay, list[Message]] = {}
    for r in f.receptions:
        if r.filtered is None:
            humans.setdefault(r.buyer_day, []).extend(r.human_messages)
    every = inside = 0
    for r in consults_in(f, s):
        for asked in r.buyer_messages:
            if not within_hours(asked.ts, hours):
                continue
            every += 1
            later = [m for m in humans.get(r.buyer_day, []) if m.order > asked.order]
            if later:
                reply = min(later, key=lambda m: m.order)
                inside += seconds(reply.ts - asked.ts) <= limit
    return ratio(inside, every)


def slow_receptions(f: Facts, s: Scope, o: Options) -> Cell:
    """σ consults with ≥ 3 turns that waited > 120 s or ended *unanswered* (a transferred turn never
    counts)."""

    def slow(turn: Turn) -> bool:
        return turn.outcome == "unanswered" or (turn.wait is not None and seconds(turn.wait) > 120)

    return count(sum(sum(map(slow, r.turns)) >= 3 for r in consults_in(f, s)))


def sessions_in(f: Facts, s: Scope) -> list[Session]:
    """Sessions count by the day they begin."""
    return [x for x in f.sessions if f.month.in_period(x.day) and s.takes(x.shop, x.agent)]


def long_receptions(f: Facts, s: Scope, o: Options) -> Cell:
    """σ consults whose sessions of that day last ≥ 1800 s together."""
    total: dict[tuple[object, ...], Fraction] = {}
    for session in sessions_in(f, s):
        key = (session.shop, session.buyer, session.agent, session.day)
        total[key] = total.get(key, Fraction(0)) + seconds(session.end - session.start)
    return count(sum(total.get(r.key, Fraction(0)) >= 1800 for r in consults_in(f, s)))


def messages_sent(f: Facts, s: Scope, o: Options) -> Cell:
    """σ human messages in consults."""
    return count(sum(len(r.human_messages) for r in consults_in(f, s)))


def chars_sent(f: Facts, s: Scope, o: Options) -> Cell:
    """σ characters (code points) of human messages of kind text."""
    messages = [m for r in consults_in(f, s) for m in r.human_messages]
    return count(sum(len(m.text) for m in messages if m.kind == "text"))


def answer_ratio(f: Facts, s: Scope, o: Options) -> Cell:
    """σ human ÷ buyer messages in consults."""
    own = consults_in(f, s)
    return ratio(sum(len(r.human_messages) for r in own), sum(len(r.buyer_messages) for r in own))


def max_concurrent(f: Facts, s: Scope, o: Options) -> Cell:
    """Most sessions open at one instant, ends included; recomputed over the scope's sessions."""
    own = sessions_in(f, s)
    return count(max((sum(x.start <= at.start <= x.end for x in own) for at in own), default=0))


def fcr_72h(f: Facts, s: Scope, o: Options) -> Cell:
    """R-C10 services that begin on an after-sale buyer-day; 1 − those followed by another service of the
    buyer that begins, with a message of his, within 72 h of their end ÷ all; services that end < 72 h
    before the last message of the data are left out. Agent: those he had a part in."""
    last = max((m.ts for m in f.messages if not m.is_transfer), default=None)
    labels = {(i.shop, i.buyer, i.day): i.label for i in f.inquiries}
    good = every = 0
    for x in f.services:
        part = s.kind == "shop" or any(s.takes(x.shop, agent) for agent in x.helpers)
        if not part or (s.kind == "shop" and x.shop != s.id) or not f.month.in_period(x.day):
            continue
        if labels.get((x.shop, x.buyer, x.day)) != "after_sale" or last is None or last - x.end < days(3):
            continue
        others = [y for y in f.services if (y.shop, y.buyer) == (x.shop, x.buyer) and y.messages[0].is_buyer]
        followed = any(x.end < y.start <= x.end + days(3) for y in others)
        every += 1
        good += not followed
    return ratio(good, every)
