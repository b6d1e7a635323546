"""A large, made-up month as canonical Parquet tables, for measuring.

``generate(folder, messages)`` draws whole conversations with NumPy and writes the rows in the order of time,
as an export would have them. Plausible, not realistic to the last: buyers ask, agents answer after log-normal
waits, a robot greets some, some are transferred, a third of the talks end in an order."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evaluator.demo.draws import load_data

START, END = date(2026, 10, 1), date(2026, 11, 1)
FIRST_MS = int((datetime(2026, 9, 30) - datetime(1970, 1, 1)).total_seconds()) * 1000
DAY_MS = 86_400_000
DAYS = 33  # with the day before the period and the day after it
SHOPS = ("天青茶器旗舰店", "松风家居专营店", "小满厨房旗舰店")
HOURS = np.array([8, 3, 1, 1, 1, 2, 6, 14, 32, 54, 62, 58, 48, 50, 58, 56, 52, 46, 44, 54, 66, 70, 56, 26])
CHUNK = 1_000_000
BUYER, AGENT, ROBOT, SYSTEM = 0, 1, 2, 3
SENDERS = pl.Series(["buyer", "agent", "robot", "system"])
KINDS = pl.Series(["text", "card", "transfer"])

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


def _bank() -> Bank:
    """A few thousand sentences of some 12–20 characters from the demo's phrases."""
    presale, after, other = load_data("presale"), load_data("aftersale"), load_data("other")
    goods = load_data("goods")

    def spell(text: str, good: dict[str, object], n: int) -> str:
        values = {"item": good["short"], "other": goods[n % 20]["short"], "size": good["size"],
                  "cap": good["capacity"], "mat": good["material"], "price": good["price"], "me": "小月",
                  "city": "杭州", "courier": "中通", "gift": "茶巾", "color": "月白", "vx": f"cy{100 + n}",
                  "id12": f"6200{n:08d}", "province": "浙江省", "order": ""}
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
        "buyer": [h + spell(q, goods[(n + k) % 20], n) for n, q in enumerate(asks)
                  for k, h in enumerate(heads)],
        "agent": [h + spell(a, goods[(n + k) % 20], n) for n, a in enumerate(replies)
                  for k, h in enumerate(("", "亲，", "您好，", "好的，", "亲亲，"))],
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


def _cast(rng: np.random.Generator, agents: int) -> Cast:
    shops = len(SHOPS)
    counts = np.array([agents // shops + (1 if s < agents % shops else 0) for s in range(shops)], dtype=np.int64)
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
    robot_rows: Ints  # how many messages the robot's part has; 0: none
    transfer_at: Ints  # position of the transfer between agents; -1: none
    ad: Bools
    unasked: Bools  # the agent writes, nobody answers


def _talks(rng: np.random.Generator, messages: int, buyers: int, cast: Cast) -> Talks:
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
    own, colleague = (cast.first_of_shop[shop] + rng.integers(0, 1 << 30, count) % cast.count_of_shop[shop]
                      for _ in range(2))
    other = np.arange(len(cast.accounts))
    for account, spare in cast.second.items():
        other[account] = spare
    own = np.where(rng.random(count) < 0.3, other[own], own)
    kind = rng.random(count)
    ad, unasked = kind < 0.008, (kind >= 0.008) & (kind < 0.03)
    plain = ~(ad | unasked)
    robot_rows = np.where(plain & (length >= 8) & (rng.random(count) < 0.2), 4, 0)
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


def _rows(rng: np.random.Generator, talks: Talks, cast: Cast, bank: Bank) -> Rows:
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
    return Rows(talk, place, ts, sender, account, to_account, auto, np.where(is_transfer, 2, 0),
                _texts(rng, sender, auto, is_transfer, talks.ad[talk], bank))


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
    choices = ((sender == BUYER, "buyer"), (sender == AGENT, "agent"), (sender == ROBOT, "robot"),
               (ad & (sender == BUYER), "ad"), (auto, "welcome"), (transfer, "transfer"))
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


def _orders(rng: np.random.Generator, talks: Talks, rows: Rows, messages: int, buyers: int) -> Orders:
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


def _times(ms: Ints) -> pl.Series:
    """Times from ms since FIRST_MS; below 0: none."""
    series = pl.Series(ms + FIRST_MS).cast(pl.Datetime("ms"))
    return pl.select(pl.when(pl.Series(ms) >= 0).then(series)).to_series()


def _write_messages(path: Path, rows: Rows, talks: Talks, orders: Orders, cast: Cast, bank: Bank,
                    nicks: pl.Series) -> None:
    """In time order, row group by row group, so that no more than a chunk of text is held."""
    ids = orders.ids()
    carded = np.flatnonzero(orders.card_row >= 0)
    order_of = np.full(len(rows.ts), -1, dtype=np.int64)
    order_of[orders.card_row[carded]] = carded
    texts, shops = pl.Series(bank.texts), pl.Series(SHOPS)
    sequence = np.argsort(rows.ts, kind="stable")
    writer = None
    for begin in range(0, len(sequence), CHUNK):
        at = sequence[begin:begin + CHUNK]
        talk = rows.talk[at]
        frame = pl.DataFrame({
            "shop": shops.gather(talks.shop[talk]), "buyer": nicks.gather(talks.buyer[talk]),
            "account": cast.accounts.gather(rows.account[at]), "sender": SENDERS.gather(rows.sender[at]),
            "ts": _times(rows.ts[at]), "text": texts.gather(rows.text[at]),
            "kind": KINDS.gather(np.where(order_of[at] >= 0, 1, rows.kind[at])),
            "auto": pl.Series(rows.auto[at]),
            "order_id": _pick(ids, order_of[at]), "to_account": _pick(cast.accounts, rows.to_account[at]),
        }).with_columns(text=pl.when(pl.col("order_id").is_not_null())
                        .then(pl.format("咨询订单号:{}", "order_id")).otherwise("text"))
        table = frame.to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def _pick(values: pl.Series, index: Ints) -> pl.Series:
    """``values`` at ``index``; null where it is negative."""
    taken = values.gather(np.maximum(index, 0))
    return pl.select(pl.when(pl.Series(index) >= 0).then(taken)).to_series()


def _write_trade(
    folder: Path, rng: np.random.Generator, orders: Orders, nicks: pl.Series, cast: Cast
) -> None:
    ids, shop = orders.ids(), orders.buyer % len(SHOPS)
    paid = orders.paid >= 0
    count = len(ids)
    pl.DataFrame({
        "shop": pl.Series(SHOPS).gather(shop), "order_id": ids, "buyer": nicks.gather(orders.buyer),
        "created": _times(orders.created), "paid": _times(orders.paid), "amount": _yuan(orders.amount),
        "postage": _yuan(orders.postage), "quantity": orders.quantity,
        "status": pl.Series(["等待买家付款", "交易成功"]).gather(paid.astype(np.int64)),
        "memo": pl.Series([None, "刷单"]).gather((rng.random(count) < 0.002).astype(np.int64)),
    }).sort("created", maintain_order=True).write_parquet(folder / "orders.parquet")
    twice = np.flatnonzero(rng.random(count) < 0.3)
    which = np.concatenate([np.arange(count), twice])
    goods = load_data("goods")
    good = rng.integers(0, 20, len(which))
    pl.DataFrame({
        "order_id": ids.gather(which), "sku": pl.Series([g["sku"] for g in goods]).gather(good),
        "title": pl.Series([g["title"] for g in goods]).gather(good),
        "quantity": np.ones(len(which), dtype=np.int64),
        "amount": _yuan(rng.integers(1_500, 20_000, len(which))),
    }).write_parquet(folder / "order_items.parquet")
    back = np.flatnonzero(paid & (rng.random(count) < 0.1))
    applied = orders.paid[back] + rng.integers(3_600, 400_000, len(back)) * 1_000
    handled = applied + rng.integers(3_600, 200_000, len(back)) * 1_000
    done = np.where(rng.random(len(back)) < 0.9, handled, -1)
    staff = cast.first_of_shop[shop[back]]
    pl.DataFrame({
        "refund_id": pl.Series(5_000_000_000 + np.arange(len(back))).cast(pl.String),
        "order_id": ids.gather(back),
        "applied": _times(applied), "completed": _times(done),
        "amount": _yuan((orders.amount - orders.postage)[back]),
        "kind": pl.Series(["refund_only", "return_refund"]).gather(rng.integers(0, 2, len(back))),
        "stage": pl.Series(["in_sale", "after_sale"]).gather(rng.integers(0, 2, len(back))),
        "by_seller": done >= 0, "dispute": rng.random(len(back)) < 0.02,
        "seller_fault": rng.random(len(back)) < 0.05,
        "account": cast.accounts.gather(staff),
    }).write_parquet(folder / "refunds.parquet")


def _yuan(fen: Ints) -> pl.Series:
    """Yuan with two decimals, exact."""
    whole, rest = pl.Series(fen // 100).cast(pl.String), pl.Series(fen % 100).cast(pl.String).str.zfill(2)
    return (whole + "." + rest).cast(pl.Decimal(18, 2))


def _write_people(folder: Path, rng: np.random.Generator, rows: Rows, talks: Talks, cast: Cast, agents: int,
                  nicks: pl.Series) -> None:
    ends = np.cumsum(talks.length) - 1
    rated = np.flatnonzero(~talks.ad & ~talks.unasked & (rng.random(len(ends)) < 0.1))
    sent = rows.ts[ends[rated]] + 5_000
    pl.DataFrame({
        "shop": pl.Series(SHOPS).gather(talks.shop[rated]), "buyer": nicks.gather(talks.buyer[rated]),
        "account": cast.accounts.gather(talks.agent[rated]), "ts": _times(sent + 60_000),
        "score": np.array([5, 5, 5, 5, 4, 4, 3, 2, 1], dtype=np.int64)[rng.integers(0, 9, len(rated))],
        "source": pl.Series(["human"]).gather(np.zeros(len(rated), dtype=np.int64)), "sent": _times(sent),
    }).write_parquet(folder / "ratings.parquet")
    people = len(cast.accounts) - len(SHOPS)
    account = np.repeat(np.arange(people), DAYS)
    day = np.tile(np.arange(DAYS), people)
    begin = day * DAY_MS + 30_600_000 + rng.integers(0, 600_000, len(day))
    finish = begin + 28_800_000 + rng.integers(0, 7_200_000, len(day))
    pl.DataFrame({
        "account": cast.accounts.gather(np.concatenate([account, account])),
        "ts": _times(np.concatenate([begin, finish])),
        "event": pl.Series(["online", "offline"]).gather(np.repeat([0, 1], len(day))),
    }).sort("ts", "account").write_parquet(folder / "online.parquet")
    employee = {account: f"E{account + 1:04d}" for account in range(agents)}
    employee |= {spare: employee[account] for account, spare in cast.second.items()}
    lines = ["account,employee_id,name,group,role,from,to,base_salary,hired"]
    for number, nick in enumerate(cast.accounts[:people]):
        who = employee[number]
        role = "售后" if int(who[1:]) % 8 == 0 else "售前"
        lines.append(f"{nick},{who},员工{who[1:]},{nick.split(':')[0]}{role}组,{role},2025-01-01,,4000,2025-01-01")
    lines += [f"{cast.accounts[int(n)]},R{n},智能客服,机器人,robot,,,," for n in cast.robot_of_shop]
    _text(folder / "roster.csv", lines)
    ads = nicks.gather(talks.buyer[np.flatnonzero(talks.ad)[:30]])
    shop = talks.shop[np.flatnonzero(talks.ad)[:30]]
    labels = [f"{SHOPS[s]},{nick},ad" for s, nick in zip(shop, ads, strict=True)]
    _text(folder / "labels.csv", ["shop,buyer,label", *labels])


def _text(path: Path, lines: list[str]) -> None:
    path.write_bytes(("\n".join(lines) + "\n").encode("utf-8"))


PERIOD = f"""\
period: {{start: {START}, end: {END}}}
plan: plan.yaml
platform: {{{", ".join(f"{shop}: tmall" for shop in SHOPS)}}}
settings:
  auto_reply_prefixes: [欢迎光临]
"""
PLAN = """\
name: 月度绩效
applies_to: {role: 售前}
kpi_base: 2000
score:
  - {metric: conversion_rate, weight: 40, method: linear, worst: 0.10, best: 0.50, min_sample: 20}
  - {metric: first_response, weight: 30, method: bands, lower_is_better: true, bands: [[30, 30], [60, 20]]}
  - {metric: reply_rate, weight: 30, method: deduct, target: 1.0, step: 0.01, points_per_step: 2}
pay:
  kpi_bonus: score
  commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.01], [50000, 0.015]]}
  min_wage: 2490
"""


def generate(folder: Path, messages: int, agents: int = 200, seed: int = 7) -> None:
    """Write a month of ``messages`` messages to ``folder`` (made if need be; files in it are replaced)."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.Generator(np.random.PCG64(seed))
    bank, cast = _bank(), _cast(rng, agents)
    buyers = max(100, messages // 12)
    talks = _talks(rng, messages, buyers, cast)
    rows = _rows(rng, talks, cast, bank)
    orders = _orders(rng, talks, rows, messages, buyers)
    heads = load_data("names")["heads"]
    nicks = pl.Series([f"{heads[n % len(heads)]}{n}" if n % 3 else f"tb{70_000_000 + n * 7}"
                       for n in range(int(buyers * 1.5) + 1)])
    _write_messages(folder / "messages.parquet", rows, talks, orders, cast, bank, nicks)
    _write_trade(folder, rng, orders, nicks, cast)
    _write_people(folder, rng, rows, talks, cast, agents, nicks)
    _text(folder / "period.yaml", PERIOD.splitlines())
    _text(folder / "plan.yaml", PLAN.splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    generate(given.folder, given.messages, given.agents, given.seed)


if __name__ == "__main__":
    main()
