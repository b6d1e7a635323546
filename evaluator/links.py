"""How the period's orders found their buyers, and which found none (SPEC §2): counted and told on the screen and in
every report. An order of nobody counts as silent, but nobody knows that it is: some agent may have earned it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl

from evaluator.identity import KEYS
from evaluator.metrics.monthfacts import PeriodView
from evaluator.numbers import half_up, yuan
from evaluator.prepare import Codes
from evaluator.rulebook import label
from evaluator.shelf import slices

LOST = ("unlinked", "ambiguous")  # nobody's, or one of several buyers'
WHY_LOST = {
    "unlinked": "{n:,} 笔的订单表里没有可用的买家昵称，聊天里也没有唯一的一位买家提到订单号",
    "ambiguous": "{n:,} 笔可能是几位买家中的一位（昵称打了码，或 open id 对应几位买家），程序不猜",
}
WHAT_TO_DO = (
    "怎么办：请重新导出带买家昵称（会员名）的订单表，或用订单接口拉取（带 open id），放进来再算一次；"
    "今后请客服让买家在聊天里发来订单卡片或订单号"
)


def order_links(view: PeriodView) -> pl.DataFrame:
    """Orders paid in the period and not excluded: shop, link, talked (whether the buyer has any chat in the shop; null
    for LOST), given (of LOST: whether an accepted dispute gave it to somebody) → orders, buyers (each order of nobody
    counts as one), fen."""
    keys, sums, buyers = ["shop", "link", "talked", "given"], [], _Buyers(view.bucket.codes)
    given = pl.when(pl.col("link").is_in(LOST)).then(pl.col("credited").is_not_null()).alias("given")
    for _, orders in slices(view.facts.orders, view.month.shelf.limits.slice_rows):
        rows = orders.filter(view.inside("paid_day") & pl.col("excluded").is_null())
        count, of_nobody = pl.len().cast(pl.Int64), (pl.col("b") < 0).sum().cast(pl.Int64)
        fen = pl.col("counted").sum().alias("fen")
        sums.append(
            rows.with_columns(given).group_by(keys).agg(count.alias("orders"), of_nobody.alias("nobody"), fen)
        )
        buyers.add(rows.filter(pl.col("b") >= 0))
    known = pl.col("buyers").fill_null(0)
    counted = (
        pl.concat(sums)
        .group_by(keys)
        .agg(pl.col("orders", "nobody", "fen").sum())
        .join(buyers.counts(), on=keys[:3], how="left")
        .select(*keys, "orders", (pl.col("nobody") + known).alias("buyers"), "fen")
    )
    order = pl.col("link").replace_strict((*KEYS, *LOST), range(len(KEYS) + len(LOST)))
    return counted.sort("shop", order, pl.col("talked").fill_null(False).not_(), "given")


class _Buyers:
    """Who bought, by link and whether he talked: a mark for each, for there may be millions."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._bought = np.zeros((len(KEYS), 2, codes.buyers.height), dtype=bool)

    def add(self, orders: pl.DataFrame) -> None:
        """Orders of buyers: b, link, talked."""
        link = orders["link"].cast(pl.Enum(KEYS)).to_physical().to_numpy()
        self._bought[link, orders["talked"].cast(pl.UInt8).to_numpy(), orders["b"].to_numpy()] = True

    def counts(self) -> pl.DataFrame:
        """shop, link, talked → buyers."""
        of_shop, shops = self._codes.buyers["s"].to_numpy(), self._codes.shops
        rows = [
            (shop, link, bool(talked), count)
            for n, link in enumerate(KEYS)
            for talked in (0, 1)
            for shop, count in zip(
                shops,
                np.bincount(of_shop[self._bought[n, talked]], minlength=len(shops)).tolist(),
                strict=True,
            )
        ]
        schema = {"shop": pl.String, "link": pl.String, "talked": pl.Boolean, "buyers": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row")


def found(links: pl.DataFrame) -> pl.DataFrame:
    """Those whose buyer is known."""
    return links.filter(~pl.col("link").is_in(LOST))


def lost(links: pl.DataFrame) -> pl.DataFrame:
    """Those whose buyer is not."""
    return links.filter(pl.col("link").is_in(LOST))


def unclaimed(links: pl.DataFrame) -> pl.DataFrame:
    """Those of nobody's buyer that no accepted dispute gave to anybody: they count as silent."""
    return links.filter(~pl.col("given"))


def summary(links: pl.DataFrame) -> str:
    """One line: how many by which key, how many of buyers who never talked, how many of nobody."""
    counts = dict(links.group_by("link", maintain_order=True).agg(pl.col("orders").sum()).iter_rows())
    parts = [f"按{label('links', key)} {counts[key]:,} 笔" for key in KEYS if key in counts]
    quiet = found(links).filter(~pl.col("talked"))["orders"].sum()
    nobody, given = lost(links)["orders"].sum(), links.filter("given")["orders"].sum()
    ruled = f"，其中 {given:,} 笔经异议改判给了客服" if given else ""
    return (
        f"订单与买家（本期付款 {sum(counts.values()):,} 笔）：{'，'.join(parts) or '无'}；"
        f"其中买家没有聊过的 {quiet:,} 笔（静默）；认不出买家的 {nobody:,} 笔{ruled}"
    )


def warning(links: pl.DataFrame, by_shop: bool = True) -> str | None:
    """What a clerk must know of the orders of nobody, and do about them; None if there are none. ``by_shop``: with the
    number of each shop, where there are several."""
    rows = unclaimed(links)
    if rows.is_empty():
        return None
    counts = dict(rows.group_by("link").agg(pl.col("orders").sum()).iter_rows())
    shops = rows.group_by("shop", maintain_order=True).agg(pl.col("orders").sum()).rows()
    each = "，".join(f"{shop} {n:,} 笔" for shop, n in shops) if by_shop and len(shops) > 1 else ""
    why = "；".join(told.format(n=counts[key]) for key, told in WHY_LOST.items() if key in counts)
    amount = yuan(Fraction(int(rows["fen"].sum()), 100))
    return (
        f"{'' if by_shop else '全店'}本期付款的订单中有 {sum(counts.values()):,} 笔（{amount} 元）认不出买家"
        f"{f'（{each}）' if each else ''}，没有归给任何客服：{why}。"
        "它们暂按静默计，但不等于没有客服服务过，可能漏算了客服的业绩。"
        f"{WHAT_TO_DO}。"
    )


def described(links: pl.DataFrame) -> list[dict[str, object]]:
    """The counts for ``manifest.json``."""
    return [
        {key: value for key, value in row.items() if key != "fen" and (key, value) != ("given", None)}
        | {"yuan": str(half_up(Fraction(row["fen"], 100)))}
        for row in links.iter_rows(named=True)
    ]
