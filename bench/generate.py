"""A large, made-up month as canonical Parquet tables, for measuring.

``generate(folder, messages)`` writes the rows in the order of time, as an export would have them. What
happens in the month is drawn in ``bench/draw.py``."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.draw import (
    DAY_MS,
    DAYS,
    FIRST_MS,
    SHOPS,
    Bank,
    Cast,
    Ints,
    Orders,
    Rows,
    Talks,
    draw_bank,
    draw_cast,
    draw_orders,
    draw_rows,
    draw_talks,
)
from evaluator.demo.draws import load_data

START, END = date(2026, 10, 1), date(2026, 11, 1)
CHUNK = 1_000_000
SENDERS = pl.Series(["buyer", "agent", "robot", "system"])
KINDS = pl.Series(["text", "card", "transfer"])


def _times(ms: Ints) -> pl.Series:
    """Times from ms since FIRST_MS; below 0: none."""
    series = pl.Series(ms + FIRST_MS).cast(pl.Datetime("ms"))
    return pl.select(pl.when(pl.Series(ms) >= 0).then(series)).to_series()


def _write_messages(
    path: Path, rows: Rows, talks: Talks, orders: Orders, cast: Cast, bank: Bank, nicks: pl.Series
) -> None:
    """In time order, row group by row group, so that no more than a chunk of text is held."""
    ids = orders.ids()
    carded = np.flatnonzero(orders.card_row >= 0)
    order_of = np.full(len(rows.ts), -1, dtype=np.int64)
    order_of[orders.card_row[carded]] = carded
    texts, shops = pl.Series(bank.texts), pl.Series(SHOPS)
    sequence = np.argsort(rows.ts, kind="stable")
    writer = None
    for begin in range(0, len(sequence), CHUNK):
        at = sequence[begin : begin + CHUNK]
        talk = rows.talk[at]
        frame = pl.DataFrame(
            {
                "shop": shops.gather(talks.shop[talk]),
                "buyer": nicks.gather(talks.buyer[talk]),
                "account": cast.accounts.gather(rows.account[at]),
                "sender": SENDERS.gather(rows.sender[at]),
                "ts": _times(rows.ts[at]),
                "text": texts.gather(rows.text[at]),
                "kind": KINDS.gather(np.where(order_of[at] >= 0, 1, rows.kind[at])),
                "auto": pl.Series(rows.auto[at]),
                "order_id": _pick(ids, order_of[at]),
                "to_account": _pick(cast.accounts, rows.to_account[at]),
            }
        ).with_columns(
            text=pl.when(pl.col("order_id").is_not_null())
            .then(pl.format("咨询订单号:{}", "order_id"))
            .otherwise("text")
        )
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
    pl.DataFrame(
        {
            "shop": pl.Series(SHOPS).gather(shop),
            "order_id": ids,
            "buyer": nicks.gather(orders.buyer),
            "created": _times(orders.created),
            "paid": _times(orders.paid),
            "amount": _yuan(orders.amount),
            "postage": _yuan(orders.postage),
            "quantity": orders.quantity,
            "status": pl.Series(["等待买家付款", "交易成功"]).gather(paid.astype(np.int64)),
            "memo": pl.Series([None, "刷单"]).gather((rng.random(count) < 0.002).astype(np.int64)),
        }
    ).sort("created", maintain_order=True).write_parquet(folder / "orders.parquet")
    twice = np.flatnonzero(rng.random(count) < 0.3)
    which = np.concatenate([np.arange(count), twice])
    goods = load_data("goods")
    good = rng.integers(0, 20, len(which))
    pl.DataFrame(
        {
            "order_id": ids.gather(which),
            "sku": pl.Series([g["sku"] for g in goods]).gather(good),
            "title": pl.Series([g["title"] for g in goods]).gather(good),
            "quantity": np.ones(len(which), dtype=np.int64),
            "amount": _yuan(rng.integers(1_500, 20_000, len(which))),
        }
    ).write_parquet(folder / "order_items.parquet")
    back = np.flatnonzero(paid & (rng.random(count) < 0.1))
    applied = orders.paid[back] + rng.integers(3_600, 400_000, len(back)) * 1_000
    handled = applied + rng.integers(3_600, 200_000, len(back)) * 1_000
    done = np.where(rng.random(len(back)) < 0.9, handled, -1)
    staff = cast.first_of_shop[shop[back]]
    pl.DataFrame(
        {
            "refund_id": pl.Series(5_000_000_000 + np.arange(len(back))).cast(pl.String),
            "order_id": ids.gather(back),
            "applied": _times(applied),
            "completed": _times(done),
            "amount": _yuan((orders.amount - orders.postage)[back]),
            "kind": pl.Series(["refund_only", "return_refund"]).gather(rng.integers(0, 2, len(back))),
            "stage": pl.Series(["in_sale", "after_sale"]).gather(rng.integers(0, 2, len(back))),
            "by_seller": done >= 0,
            "dispute": rng.random(len(back)) < 0.02,
            "seller_fault": rng.random(len(back)) < 0.05,
            "account": cast.accounts.gather(staff),
        }
    ).write_parquet(folder / "refunds.parquet")


def _yuan(fen: Ints) -> pl.Series:
    """Yuan with two decimals, exact."""
    whole, rest = pl.Series(fen // 100).cast(pl.String), pl.Series(fen % 100).cast(pl.String).str.zfill(2)
    return (whole + "." + rest).cast(pl.Decimal(18, 2))


def _write_people(
    folder: Path,
    rng: np.random.Generator,
    rows: Rows,
    talks: Talks,
    cast: Cast,
    agents: int,
    nicks: pl.Series,
) -> None:
    ends = np.cumsum(talks.length) - 1
    rated = np.flatnonzero(~talks.ad & ~talks.unasked & (rng.random(len(ends)) < 0.1))
    sent = rows.ts[ends[rated]] + 5_000
    pl.DataFrame(
        {
            "shop": pl.Series(SHOPS).gather(talks.shop[rated]),
            "buyer": nicks.gather(talks.buyer[rated]),
            "account": cast.accounts.gather(talks.agent[rated]),
            "ts": _times(sent + 60_000),
            "score": np.array([5, 5, 5, 5, 4, 4, 3, 2, 1], dtype=np.int64)[rng.integers(0, 9, len(rated))],
            "source": pl.Series(["human"]).gather(np.zeros(len(rated), dtype=np.int64)),
            "sent": _times(sent),
        }
    ).write_parquet(folder / "ratings.parquet")
    people = len(cast.accounts) - len(SHOPS)
    account = np.repeat(np.arange(people), DAYS)
    day = np.tile(np.arange(DAYS), people)
    begin = day * DAY_MS + 30_600_000 + rng.integers(0, 600_000, len(day))
    finish = begin + 28_800_000 + rng.integers(0, 7_200_000, len(day))
    pl.DataFrame(
        {
            "account": cast.accounts.gather(np.concatenate([account, account])),
            "ts": _times(np.concatenate([begin, finish])),
            "event": pl.Series(["online", "offline"]).gather(np.repeat([0, 1], len(day))),
        }
    ).sort("ts", "account").write_parquet(folder / "online.parquet")
    employee = {account: f"E{account + 1:04d}" for account in range(agents)}
    employee |= {spare: employee[account] for account, spare in cast.second.items()}
    lines = ["account,employee_id,name,group,role,from,to,base_salary,hired"]
    for number, nick in enumerate(cast.accounts[:people]):
        who = employee[number]
        role = "售后" if int(who[1:]) % 8 == 0 else "售前"
        lines.append(
            f"{nick},{who},员工{who[1:]},{nick.split(':')[0]}{role}组,{role},2025-01-01,,4000,2025-01-01"
        )
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
    bank, cast = draw_bank(), draw_cast(rng, agents)
    buyers = max(100, messages // 12)
    talks = draw_talks(rng, messages, buyers, cast)
    rows = draw_rows(rng, talks, cast, bank)
    orders = draw_orders(rng, talks, rows, messages, buyers)
    heads = load_data("names")["heads"]
    nicks = pl.Series(
        [
            f"{heads[n % len(heads)]}{n}" if n % 3 else f"tb{70_000_000 + n * 7}"
            for n in range(int(buyers * 1.5) + 1)
        ]
    )
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
