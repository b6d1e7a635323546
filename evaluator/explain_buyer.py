"""A buyer's orders and chat, from a finished run. A masked nick may stand for nobody, one or several (SPEC §2): then
everybody who is written so, and every order, is told by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from evaluator.ads.told import told
from evaluator.explain_nobody import LINKS
from evaluator.finished import FinishedRun, Record
from evaluator.links import LOST
from evaluator.masks import MASK, matches
from evaluator.messages import WRITTEN
from evaluator.model import EvaluatorError
from evaluator.render.text import in_line
from evaluator.rulebook import label
from evaluator.told_talk import chat, credited, messages, order_marks, said, says_nicks, talk, yuan
from evaluator.whose import NAMED, Buyer, fitting, listed

DAYS = ["day", "buyer"]

ITSELF = "写作这个昵称的买家（无人吻合，照写）"
OLD = (
    "写作这个昵称的聊天（这份结果由旧版程序算出，没有记下聊天里的写法，分不清是一位买家还是几位；请重新计算）"
)


def explain_buyer(out: Path, nick: str, shop: str | None = None) -> str:
    """A buyer's orders and chat in order of time, in each shop that knows the nick (or in ``shop``); of a masked nick
    whom it may mean, and each of those whom it was taken for.

    Raises EvaluatorError for a nick that is nowhere, and for a folder that is no run's."""
    run = FinishedRun(Path(out))
    shops = sorted(s for s in _shops(run, nick) if shop in (None, s))
    if not shops:
        where = f"（店铺 {in_line(shop)}）" if shop else ""
        raise EvaluatorError(f"没有买家 {in_line(nick)}{where} 的聊天或订单")
    tell = _masked if MASK in nick else _plain
    return "\n\n".join("\n".join(tell(run, name, nick)) for name in shops)


def _shops(run: FinishedRun, nick: str) -> set[str]:
    """Where somebody is written so, or was found to be he."""
    found = set[str]()
    for table in ("attribution", "links", "receptions"):
        rows = run.scan(table).filter(pl.col("buyer") == nick).select(pl.col("shop").unique())
        found |= set(rows.collect()["shop"])
    own = messages(run).filter((pl.col("buyer") == nick) | (pl.col(WRITTEN) == nick))
    return found | set(own.select("shop").unique().collect(engine="streaming")["shop"])


def _plain(run: FinishedRun, shop: str, nick: str) -> Iterator[str]:
    yield f"买家 {in_line(nick)}　店铺 {in_line(shop)}"
    yield from _filtered(run, shop, nick)
    yield from _story(run, Buyer(shop, nick))
    links = run.scan("links").filter(pl.col("shop") == shop, pl.col("link") == "ambiguous")
    open_ = links.filter(pl.col("buyer").is_not_null()).select("order_id", "buyer").collect()
    fits = matches(open_["buyer"], pl.repeat(nick, open_.height, dtype=pl.String, eager=True))
    maybe = open_.filter(fits)["order_id"].sort().to_list()
    if maybe:
        yield f"  另有 {len(maybe):,} 笔订单的昵称打了码，可能是他，也可能是别人，没有算作他的：{listed(maybe)}"


def _story(run: FinishedRun, buyer: Buyer) -> Iterator[str]:
    """All that was said with a buyer, and his orders."""
    marks = [
        mark
        for order in buyer.orders(run)
        for mark in order_marks(run, order, f"订单 {in_line(order['order_id'])} ")
    ]
    yield from chat(run, said(buyer.messages(run)), marks, {})


def _filtered(run: FinishedRun, shop: str, buyer: str) -> Iterator[str]:
    """What is thought of a buyer as an advertiser (R-F3), and which of his receptions are filtered why."""
    for decision in run.rows("ads", shop=shop, buyer=buyer):
        yield f"广告判定：{in_line(told(decision))}"
    for r in sorted(run.rows("receptions", shop=shop, buyer=buyer), key=lambda r: (r["day"], r["agent"])):
        if r["filtered"]:
            yield f"已过滤：{r['day']} 与 {run.who(r['agent'])} 的接待（{label('filters', r['filtered'])}）"


def _masked(run: FinishedRun, shop: str, mask: str) -> Iterator[str]:
    fits = fitting(run, shop, mask)
    yield f"打码的昵称 {in_line(mask)}　店铺 {in_line(shop)}"
    if not fits:
        yield "  本店没有一位买家的昵称与它吻合：照写，当作一位买家"
    elif len(fits) == 1:
        yield f"  本店只有一位买家的昵称与它吻合：{in_line(fits[0])}"
    else:
        yield f"  本店有 {len(fits):,} 位买家的昵称与它吻合，它不是一位买家：{listed(fits)}"
    yield from _filtered(run, shop, mask)
    for buyer, title in (
        (Buyer(shop, mask), ITSELF if says_nicks(run) else OLD),
        (
            Buyer(shop, mask, apart=True),
            "不知道是哪一位的聊天（可能不止一位；计数时当作一位，不凭昵称与订单相连）",
        ),
    ):
        story = list(_story(run, buyer))
        if story != list(chat(run, [], [], {})):
            yield from ("", title, *story)
    yield from _found_out(run, shop, mask)
    yield from _orders(run, shop, mask)


def _found_out(run: FinishedRun, shop: str, mask: str) -> Iterator[str]:
    """Chats written so that are known to be of somebody."""
    own = talk(run, shop, (pl.col(WRITTEN) == mask) & (pl.col("buyer") != mask))
    days = own.group_by(DAYS).len().sort(DAYS).collect()
    if days.height:
        yield ""
        yield "写作这个昵称、已认定是谁的聊天（当天提到的订单号，或唯一吻合的昵称）"
    for day, buyer, n in days.head(NAMED).iter_rows():
        yield f"  {day}　{n} 条　买家 {in_line(buyer)}"
    if days.height > NAMED:
        yield f"  …共 {days.height:,} 天，此处列前 {NAMED} 天"


def _orders(run: FinishedRun, shop: str, mask: str) -> Iterator[str]:
    """Orders written so: whose each of them is, or that nobody knows."""
    written = (pl.col("shop") == shop) & (pl.col("buyer") == mask)
    links = run.scan("links").filter(written).select("order_id", "link").collect()
    own = (pl.col("shop") == shop) & pl.col("order_id").is_in(links["order_id"].implode())
    rows = run.scan("attribution").filter(own).collect().join(links, on="order_id")
    rows = rows.sort("created", "order_id")
    if rows.height:
        yield ""
        yield f"订单表里写作这个昵称的订单（{rows.height:,} 笔，一笔一笔地认）"
    for order in rows.head(NAMED).iter_rows(named=True):
        yield f"  {_order(run, order)}"
    if rows.height > NAMED:
        yield f"  …此处列前 {NAMED} 笔"


def _order(run: FinishedRun, order: Record) -> str:
    nobody = order["link"] in LOST
    whose = (
        "不知道是哪一位买家的" if nobody else f"买家 {in_line(order['buyer'])}{LINKS.get(order['link'], '')}"
    )
    paid = f"付款 {order['paid']:%m-%d %H:%M:%S}" if order["paid"] else "未付款"
    return (
        f"订单 {in_line(order['order_id'])}　下单 {order['created']:%m-%d %H:%M:%S}，{paid}　"
        f"{yuan(order['amount'])} 元（{credited(run, order)}）　{whose}"
    )
