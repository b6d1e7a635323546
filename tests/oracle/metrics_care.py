"""§7, metrics over ratings, escalations and online events."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from .cell import MISSING, Cell, Facts, Options, Scope, count, ratio, seconds
from .facts import BuyerDay
from .identity import OWN
from .metrics_money import handled_by, paid_orders, refunds_of
from .metrics_talk import consults_in
from .month import Row, days
from .orders import Order

Interval = tuple[datetime, datetime]


def ratings_in(f: Facts, s: Scope, o: Options) -> list[Row]:
    """σ ratings of the agent's accounts; a robot's rating (``source`` robot, or of a robot account) at shop
    scope only; ``stage`` by the label of (shop, buyer, day(ts)), neither where there is none."""
    found = []
    for row in f.month.rows("ratings"):
        day = f.month.day(row["ts"])
        robot = row["source"] == "robot" or f.agents.is_robot(row["account"], day)
        if not f.month.in_period(day) or not s.takes(row["shop"], f.agents.agent(row["account"], day)):
            continue
        if robot and s.kind != "shop":
            continue
        if "source" in o and o["source"] != ("robot" if robot else "human"):
            continue
        buyer = f.identity.dated(row["shop"], row["buyer"], day)
        if "stage" in o and f.label((row["shop"], buyer, day)) != o["stage"]:
            continue
        found.append(row)
    return found


def satisfaction(f: Facts, s: Scope, o: Options) -> Cell:
    """满意率: 4–5 ÷ all."""
    if not f.month.has("ratings"):
        return MISSING
    own = ratings_in(f, s, o)
    return ratio(sum(row["score"] >= 4 for row in own), len(own))


def very_satisfied(f: Facts, s: Scope, o: Options) -> Cell:
    """非常满意率: 5 ÷ all."""
    if not f.month.has("ratings"):
        return MISSING
    own = ratings_in(f, s, o)
    return ratio(sum(row["score"] == 5 for row in own), len(own))


def order_of(f: Facts, row: Row) -> Order | None:
    """§2: an escalation's ``order_id`` is of its own shop."""
    return next((x for x in f.orders if x.key == (row["shop"], row.get("order_id"))), None)


def complaint_agent(f: Facts, row: Row) -> str | None:
    """By ``account``, else the order's credited agent."""
    if row.get("account"):
        return f.agents.agent(row["account"], f.month.day(row["ts"]))
    order = order_of(f, row)
    return order.credited if order else None


def complaint_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """Complaints (upheld only, where the column exists) ÷ his consults; agents and groups: missing where
    ``escalations`` has neither ``account`` nor ``order_id``. Shop: ÷ all orders paid in the period, not
    excluded."""
    if not f.month.has("escalations"):
        return MISSING
    if s.kind != "shop" and not any(f.month.has("escalations", name) for name in ("account", "order_id")):
        return MISSING
    upheld = f.month.has("escalations", "upheld")
    own = [
        row
        for row in f.month.rows("escalations")
        if row["kind"] == "complaint"
        and f.month.in_period(f.month.day(row["ts"]))
        and (not upheld or row["upheld"])
        and (row["shop"] == s.id if s.kind == "shop" else s.takes(row["shop"], complaint_agent(f, row)))
    ]
    return ratio(len(own), below(f, s))


def below(f: Facts, s: Scope) -> int:
    return paid_orders(f, s) if s.kind == "shop" else len({r.buyer_day for r in consults_in(f, s)})


def dispute_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """Refunds applied in the period with ``dispute`` and ``seller_fault``, likewise."""
    if not (f.month.has("refunds", "dispute") and f.month.has("refunds", "seller_fault")):
        return MISSING
    own = [
        row
        for x, row in refunds_of(f)
        if row["dispute"]
        and row["seller_fault"]
        and f.month.in_period(f.month.day(row["applied"]))
        and (x.shop == s.id if s.kind == "shop" else s.takes(x.shop, handled_by(f, x, row, "applied")))
    ]
    return ratio(len(own), below(f, s))


def resolution_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """Shop, β: D = buyer-days with an after-sale consult, a refund applied or an escalation; 1 − those of D
    that escalated that day and had a consult on days day−15 … day ÷ D."""
    if not f.month.has("escalations"):
        return MISSING
    month = f.month
    troubled: set[BuyerDay] = {(i.shop, i.buyer, i.day) for i in f.inquiries if i.label == "after_sale"}
    for order, row in refunds_of(f):
        # §2: an order whose buyer nobody knows is its own buyer's
        troubled.add((order.shop, order.buyer or order.order_id + OWN, month.day(row["applied"])))
    escalated: set[BuyerDay] = set()
    for row in month.rows("escalations"):
        day = month.day(row["ts"])
        escalated.add((row["shop"], f.identity.dated(row["shop"], row["buyer"], day), day))
    every = {d for d in troubled | escalated if d[0] == s.id and month.in_period(d[2])}
    spoken: dict[tuple[str, str], list[object]] = {}
    for i in f.inquiries:
        spoken.setdefault((i.shop, i.buyer), []).append(i.day)
    bad = {
        d
        for d in every & escalated
        if any(d[2] - days(15) <= day <= d[2] for day in spoken.get(d[:2], []))  # type: ignore[operator]
    }
    return ratio(len(every) - len(bad), len(every))


def online_hours(f: Facts, s: Scope, o: Options) -> Cell:
    """σ hours: union over an employee's accounts, clipped to the period. Shop: the accounts with messages
    in it."""
    if not f.month.has("online"):
        return MISSING
    in_shop = {row["account"] for row in f.month.rows("messages") if row["shop"] == s.id}
    by_agent: dict[str, list[Interval]] = {}
    for account in sorted({row["account"] for row in f.month.rows("online")}):
        if s.kind == "shop" and account not in in_shop:
            continue
        for whole, parts in online_intervals(f, account):
            agent = f.agents.agent(account, f.month.day(whole))
            if agent is not None and (s.kind == "shop" or s.takes("", agent)):
                by_agent.setdefault(agent, []).extend(parts)
    first, last = f.month.begin_of(f.month.start), f.month.begin_of(f.month.end)
    total = sum((union_length(parts, first, last) for parts in by_agent.values()), Fraction(0))
    return count(total / 3600)


def online_intervals(f: Facts, account: str) -> list[tuple[datetime, list[Interval]]]:
    """Per account online → offline, less suspend → resume: (its begin, its parts). Repeated events are
    ignored; one never closed ends at the account's last human message in it (none: counts nothing);
    ``offline`` ends a suspension too."""
    rows = enumerate(f.month.rows("online"))
    events = [(row["ts"], position, row["event"]) for position, row in rows if row["account"] == account]
    found: list[tuple[datetime, list[Interval]]] = []
    begin: datetime | None = None  # of the interval
    since: datetime | None = None  # of the part that runs
    parts: list[Interval] = []
    for ts, _, event in sorted(events):
        if event == "online" and begin is None:
            begin, since, parts = ts, ts, []
        elif event == "suspend" and begin is not None and since is not None:
            parts.append((since, ts))
            since = None
        elif event == "resume" and begin is not None and since is None:
            since = ts
        elif event == "offline" and begin is not None:
            if since is not None:
                parts.append((since, ts))
            found.append((begin, parts))
            begin, since = None, None
    if begin is not None:
        said = [m.ts for m in f.messages if m.account == account and m.is_human]
        last = max((ts for ts in said if ts >= begin), default=None)
        if last is not None:
            if since is not None:
                parts.append((since, last))
            found.append((begin, [(a, min(b, last)) for a, b in parts if a < last]))
    return found


def union_length(parts: list[Interval], first: datetime, last: datetime) -> Fraction:
    """Seconds covered by the parts, clipped to [first, last)."""
    total, reached = timedelta(), first
    for begin, end in sorted(parts):
        begin, end = max(begin, reached), min(end, last)
        if end > begin:
            total += end - begin
            reached = end
    return seconds(total)
