"""What happens in a large, made-up month: accounts, texts, talks, messages, orders, drawn with NumPy.

Plausible, not realistic to the last: buyers ask, agents answer after log-normal waits, a robot greets some or
is enough, some are transferred, a third of the talks end in an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from evaluator.demo.draws import load_data

FIRST_MS = int((datetime(2026, 9, 30) - datetime(1970, 1, 1)).total_seconds()) * 1000
DAY_MS = 86_400_000
DAYS = 33  # with the day before the period and the day after it
SHOPS = ("天青茶器旗舰店", "松风家居专营店", "小满厨房旗舰店")
HOURS = np.array([8, 3, 1, 1, 1, 2, 6, 14, 32, 54, 62, 58, 48, 50, 58, 56, 52, 46, 44, 54, 66, 70, 56, 26])
BUYER, AGENT, ROBOT, SYSTEM = 0, 1, 2, 3

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Cast:
    """Accounts by number: the agents', shop after shop, then second accounts, then one robot a shop."""

    accounts: pl.Series
    first_of_shop: Ints
    count_of_shop: Ints
    robot_of_shop: Ints
    second: dict[int, int]  # account -> the same employee's other one
    pace_ms: Ints  # median wait of each account


@dataclass(frozen=True)
class Bank:
    """All texts in one list, and where each sort begins and ends."""

    texts: list[str]
    ranges: dict[str, tuple[int, int]]


def draw_bank() -> Bank:
    """A few thousand sentences of some 12–20 characters, from the demo's phrases."""
    presale, after, other = load_data("presale"), load_data("aftersale"), load_data("other")
    goods = load_data("goods")

    def spell(text: str, good: dict[str, object], n: int) -> str:
        values = {
            "item": good["short"],
            "other": goods[n % 20]["short"],
            "size": good["size"],
            "cap": good["capacity"],
            "mat": good["material"],
            "price": good["price"],
            "me": "小月",
            "city": "杭州",
            "courier": "中通",
            "gift": "茶巾",
            "color": "月白",
            "vx": f"cy{100 + n}",
            "id12": f"6200{n:08d}",
            "province": "浙江省",
            "order": "",
        }
        for name, value in values.items():
            text = text.replace(f"<{name}>", str(value))
        return text

    asks = [q for t in presale["topics"] for q in t["ask"]]
    asks += [pair[0] for t in presale["topics"] for pair in t.get("more", [])]
    asks += [q for t in after["topics"] for c in t["cases"] for q in c["open"]] + presale["think"]
    replies = [a for t in presale["topics"] for a in t["answer"]]
    replies += [a for t in after["topics"] for c in t["cases"] for a in t["care"] + c["solve"]]
    heads = ("", "你好，", "请问", "想问下，", "亲，", "再问一下，", "麻烦看看，")
    sorts = {
        "buyer": [
            head + spell(q, goods[(n + k) % 20], n)
            for n, q in enumerate(asks)
            for k, head in enumerate(heads)
        ],
        "agent": [
            head + spell(a, goods[(n + k) % 20], n)
            for n, a in enumerate(replies)
            for k, head in enumerate(("", "亲，", "您好，", "好的，"))
        ],
        "robot": [pair[1] for pair in other["robot"]["pairs"]],
        "ad": [spell(a, goods[0], n) for n in range(40) for a in other["ads"]],
        "welcome": [spell(w, goods[0], 0) for w in other["welcome"]],
        "transfer": ["由 客服 转交给 客服"],
        "human": other["robot"]["human"],
    }
    texts: list[str] = []
    ranges: dict[str, tuple[int, int]] = {}
    for name, items in sorts.items():
        ranges[name] = (len(texts), len(texts) + len(items))
        texts += items
    return Bank(texts, ranges)


def draw_cast(rng: np.random.Generator, agents: int) -> Cast:
    shops = len(SHOPS)
    shares = [agents // shops + (1 if shop < agents % shops else 0) for shop in range(shops)]
    counts = np.array(shares, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    names = [f"{SHOPS[s]}:客服{n + 1:03d}" for s in range(shops) for n in range(counts[s])]
    second = {}
    for account in range(0, agents, 10):
        second[account] = len(names)
        names.append(names[account] + "备用")
    robots = np.arange(len(names), len(names) + shops, dtype=np.int64)
    names += [f"{shop}:智能客服" for shop in SHOPS]
    pace = rng.integers(14_000, 60_000, len(names))
    return Cast(pl.Series(names), first, counts, robots, second, pace)


@dataclass
class Talks:
    """One row a conversation."""

    shop: Ints
    buyer: Ints
    start: Ints  # ms since FIRST_MS
    length: Ints
    agent: Ints
    agent2: Ints
    robot_rows: Ints  # how many messages the robot's part has, at the beginning; 0: none
    transfer_at: Ints  # position of the transfer between agents; -1: none
    ad: Bools
    unasked: Bools  # the agent writes, nobody answers


def draw_talks(rng: np.random.Generator, messages: int, buyers: int, cast: Cast) -> Talks:
    count = messages // 8 + 100
    length = np.minimum(2 + rng.geometric(1 / 8.2, count), 60)
    total = np.cumsum(length)
    count = int(np.searchsorted(total, messages)) + 1
    length = length[:count]
    length[-1] -= total[count - 1] - messages
    buyer = np.where(np.arange(count) < buyers, np.arange(count), rng.integers(0, buyers, count))
    buyer = buyer[rng.permutation(count)]
    shop = buyer % len(SHOPS)
    hour = rng.choice(24, count, p=HOURS / HOURS.sum())
    start = (rng.integers(0, DAYS, count) * 24 + hour) * 3_600_000 + rng.integers(0, 3_600_000, count)
    own, colleague = (
        cast.first_of_shop[shop] + rng.integers(0, 1 << 30, count) % cast.count_of_shop[shop]
        for _ in range(2)
    )
    other = np.arange(len(cast.accounts))
    for account, spare in cast.second.items():
        other[account] = spare
    own = np.where(rng.random(count) < 0.3, other[own], own)
    kind = rng.random(count)
    ad, unasked = kind < 0.008, (kind >= 0.008) & (kind < 0.03)
    robot_only = (kind >= 0.03) & (kind < 0.09)
    plain = kind >= 0.09
    robot_rows = np.where(plain & (length >= 8) & (rng.random(count) < 0.2), 4, 0)
    robot_rows = np.where(robot_only, length, robot_rows)
    passed_on = plain & (length >= 8) & (robot_rows == 0) & (rng.random(count) < 0.12)
    transfer = np.where(passed_on, length // 2, -1)
    return Talks(shop, buyer, start, length, own, colleague, robot_rows, transfer, ad, unasked)


@dataclass
class Rows:
    """One row a message, conversation by conversation."""

    talk: Ints
    place: Ints
    ts: Ints
    sender: Ints
    account: Ints
    to_account: Ints  # -1: none
    auto: Bools
    kind: Ints
    text: Ints


def draw_rows(rng: np.random.Generator, talks: Talks, cast: Cast, bank: Bank) -> Rows:
    total = int(talks.length.sum())
    first = np.concatenate([[0], np.cumsum(talks.length)[:-1]])
    talk = np.repeat(np.arange(len(talks.length)), talks.length)
    place = np.arange(total) - first[talk]
    robot_rows = talks.robot_rows[talk]
    in_robot = place < robot_rows
    is_transfer = ((place == robot_rows) & (robot_rows > 0)) | (place == talks.transfer_at[talk])
    flip = (rng.random(total) < 0.15) & ~in_robot & (place > 1)
    sender = np.where(((place % 2) == 1) ^ flip, AGENT, BUYER)
    sender = np.where(in_robot & (sender == AGENT), ROBOT, sender)
    sender = np.where(talks.unasked[talk], AGENT, np.where(is_transfer, SYSTEM, sender))
    auto = (place == 1) & (robot_rows == 0) & (rng.random(total) < 0.5) & ~talks.unasked[talk]
    moved = (place > talks.transfer_at[talk]) & (talks.transfer_at[talk] >= 0)
    account = np.where(moved, talks.agent2[talk], talks.agent[talk])
    robot = cast.robot_of_shop[talks.shop][talk]
    to_account = np.where(is_transfer, np.where(robot_rows > 0, talks.agent[talk], talks.agent2[talk]), -1)
    account = np.where(in_robot | (is_transfer & (robot_rows > 0)), robot, account)
    gap = _gaps(rng, sender, place, auto, cast.pace_ms[account])
    elapsed = np.cumsum(gap)
    ts = talks.start[talk] + elapsed - elapsed[first][talk]
    return Rows(
        talk,
        place,
        ts,
        sender,
        account,
        to_account,
        auto,
        np.where(is_transfer, 2, 0),
        _texts(rng, sender, auto, is_transfer, talks.ad[talk], bank),
    )


def _gaps(rng: np.random.Generator, sender: Ints, place: Ints, auto: Bools, pace: Ints) -> Ints:
    """Milliseconds since the message before: an answer waits log-normally about the agent's pace."""
    wait = np.exp(rng.normal(0.0, 0.75, len(sender)))
    gap = np.where(sender == AGENT, pace * wait, 18_000 * wait)
    gap = np.where(sender == ROBOT, 1_000, gap)
    gap = np.where(auto, 1_000, np.where(sender == SYSTEM, 3_000, gap))
    return np.where(place == 0, 0, np.clip(gap, 1_000, 1_200_000) // 1_000 * 1_000).astype(np.int64)


def _texts(
    rng: np.random.Generator, sender: Ints, auto: Bools, transfer: Bools, ad: Bools, bank: Bank
) -> Ints:
    low = np.empty(len(sender), dtype=np.int64)
    width = np.empty(len(sender), dtype=np.int64)
    choices = (
        (sender == BUYER, "buyer"),
        (sender == AGENT, "agent"),
        (sender == ROBOT, "robot"),
        (ad & (sender == BUYER), "ad"),
        (auto, "welcome"),
        (transfer, "transfer"),
    )
    for where, name in choices:
        begin, end = bank.ranges[name]
        low[where], width[where] = begin, end - begin
    return low + rng.integers(0, 1 << 40, len(sender)) % width


@dataclass
class Orders:
    buyer: Ints  # at or above the number of buyers: one who never wrote
    created: Ints
    paid: Ints  # -1: unpaid
    amount: Ints
    postage: Ints
    quantity: Ints
    card_row: Ints  # the message that is this order's card; -1: none

    def ids(self) -> pl.Series:
        number = 3_100_000_000_000_000_000 + np.arange(len(self.buyer), dtype=np.int64) * 97_003
        return pl.Series(number).cast(pl.String)


def draw_orders(rng: np.random.Generator, talks: Talks, rows: Rows, messages: int, buyers: int) -> Orders:
    """A third of the talks end in an order; as many again as make one in 22 messages ask nobody."""
    ends = np.cumsum(talks.length) - 1
    count = len(talks.length)
    buys = np.flatnonzero(~talks.ad & ~talks.unasked & (rng.random(count) < 0.33))
    last = ends[buys]
    by_card = (rows.sender[last] == BUYER) & (rng.random(len(buys)) < 0.6)
    created = rows.ts[last] + np.where(by_card, -60_000, rng.integers(20_000, 600_000, len(buys)))
    silent = max(0, messages // 22 - len(buys))
    created = np.concatenate([created, rng.integers(0, DAYS * DAY_MS, silent)]) // 1_000 * 1_000
    total = len(created)
    paid = created + rng.integers(4, 90, total) * 1_000
    late = rng.random(total)
    paid = np.where(late < 0.06, created + rng.integers(3_600, 80_000, total) * 1_000, paid)
    paid = np.where(late > 0.92, -1, paid)
    amount = rng.integers(1_900, 30_000, total)
    postage = np.where(amount < 9_900, 800, 0)
    buyer = np.concatenate([talks.buyer[buys], rng.integers(0, int(buyers * 1.5), silent)])
    card = np.concatenate([np.where(by_card, last, -1), np.full(silent, -1)])
    return Orders(buyer, created, paid, amount + postage, postage, rng.integers(1, 4, total), card)
