"""Orders of which nobody knows whose they are (SPEC §2): whom the nick may mean, who names the order, who talked in its
days, and what a clerk can do. What is told of possible buyers is for a person to look at; nothing was judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from evaluator.finished import Record
from evaluator.masks import MASK
from evaluator.render.text import in_line
from evaluator.rulebook import label
from evaluator.whose import NAMED, Namer, Ownership, listed

#: How an order found its buyer, where that is worth telling; or that it found none.
LINKS = {
    "unlinked": "未关联",
    "ambiguous": "（可能是几位买家之一：不猜）",
    "open_id": "（按平台的 open id 确定：与他的另一张订单或评价相同）",
    "chat": "（按聊天里提到的订单号确定）",
    "mask": "（昵称脱敏，本店只有这一位吻合）",
    "itself": "（昵称脱敏，本店无人吻合，照写，当作一位买家）",
}


def whom_it_may_be(own: Ownership) -> Iterator[str]:
    """The nicks that its mask stands for, or why there is none to ask."""
    if own.nick is not None and MASK in own.nick:
        yield (
            f"  昵称 {in_line(own.nick)} 打了码，本店有 {len(own.fitting):,} 位买家的昵称吻合，"
            f"不知道是哪一位：{listed(own.fitting)}"
        )
    elif own.link == "ambiguous":
        yield "  订单没有昵称，所属的 open id 名下有几位买家，不知道是哪一位（见待核「无法确定的买家」）"
    else:
        yield "  订单表里没有买家昵称"


def who_names_it(own: Ownership) -> Iterator[str]:
    """Whose chats name the order, and why that did not tell."""
    if not own.namers:
        yield "  聊天里没有人提到这个订单号"
        return
    yield f"  聊天里提到这个订单号的（{len(own.namers):,} 个昵称）："
    for namer in own.namers[:NAMED]:
        yield f"    {_named(own, namer)}"
    if len(own.namers) > NAMED:
        yield "    …"
    buyers = {namer.buyer for namer in own.namers if namer.fits}
    if not buyers:
        yield f"    提到它的昵称都和 {in_line(own.nick or '')} 不吻合，不能据以认定"
    elif len(buyers) > 1:
        yield f"    这些聊天属于 {len(buyers):,} 位买家，不止一位，不能据以认定"


def _named(own: Ownership, namer: Namer) -> str:
    rows = [m for m in own.naming if (m["nick"], m["buyer"]) == (namer.nick, namer.buyer.name)]
    rows = [m for m in rows if m["apart"] == namer.buyer.apart]
    who = "（打码，不知道是哪一位）" if namer.buyer.apart else ""
    if namer.buyer.name != namer.nick:
        who = f"（认定为 {in_line(namer.buyer.name)}）"
    fits = "" if namer.fits else "，与订单上的昵称不吻合，不算"
    return f"{in_line(namer.nick)}{who}　{len(rows)} 条，最早 {rows[0]['ts']:%m-%d %H:%M:%S}{fits}"


def buyers_nearby(own: Ownership, first: date, last: date) -> Iterator[str]:
    """Receptions of possible buyers from the last to the first day: those who are written like the order, and those who
    name it."""
    names = {*own.fitting, *(namer.buyer.name for namer in own.namers if namer.fits)}
    names |= {own.nick} if own.nick else set()
    shop, run = pl.col("shop") == own.order["shop"], own.run
    asked = shop & pl.col("buyer").is_in(list(names)) & pl.col("day").is_between(first, last)
    rows = run.scan("receptions").filter(asked, ~pl.col("is_robot")).collect()
    rows = rows.sort("day", "buyer", "agent", descending=[True, False, False])
    if rows.is_empty():
        yield f"  可能的买家在 {first:%m-%d} 至 {last:%m-%d} 没有接待"
        return
    yield (
        f"  可能的买家在 {first:%m-%d} 至 {last:%m-%d} 的接待"
        f"（{rows.height:,} 次，供人核对；不知道哪一次是这一单的，都没有算给它）："
    )
    for r in rows.head(NAMED).iter_rows(named=True):
        yield f"    {_reception(own, r)}"
    if rows.height > NAMED:
        yield f"    …此处列前 {NAMED} 次"


def _reception(own: Ownership, r: Record) -> str:
    filtered = f"　已过滤（{label('filters', r['filtered'])}）" if r["filtered"] else ""
    return (
        f"{r['day']:%m-%d}　{in_line(r['buyer'])}　{own.run.who(r['agent'])}　"
        f"买家 {r['buyer_messages']} 条，客服 {r['human_messages']} 条{filtered}"
    )


def what_to_do(order: Record) -> Iterator[str]:
    """What a clerk can do about an order that some agent may have earned."""
    if order["excluded"] or order["credited"]:
        return
    paid = order["paid"] is not None
    end = "；" if paid else ""
    yield f"  怎么办：重新导出带完整昵称（会员名）的订单表，或用订单接口拉取（带 open id），再算一次{end}"
    if paid:
        yield "    或者由服务过的客服在 disputes.csv 里提出异议，主管写明 accepted（成立）后，这一单改判给他"
