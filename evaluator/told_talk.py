"""A finished run's messages as lines of text: for ``explain``. Foreign text is made in_line and cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import polars as pl

from evaluator.finished import FinishedRun, Record
from evaluator.messages import WRITTEN
from evaluator.render.text import clip, in_line
from evaluator.render.view.prepared import day_expr
from evaluator.rulebook import label

TEXT_LIMIT = 160
MESSAGE_LIMIT = 400

Marks = Iterable[tuple[datetime, str]]


def talk(run: FinishedRun, shop: str, where: pl.Expr) -> pl.LazyFrame:
    """Messages of a shop with ``nick``, the buyer's as the source writes it, ``apart``, whether nobody can tell whose
    that is (``buyer`` is the mask then), and ``day``. ``where``: of the table's columns, so that no others are read."""
    return (
        messages(run)
        .filter(pl.col("shop") == shop, where)
        .with_columns(
            as_written(),
            (pl.col(WRITTEN) == pl.col("buyer")).fill_null(False).alias("apart"),
            day_expr("ts", run.day_start_s).alias("day"),
        )
    )


def messages(run: FinishedRun) -> pl.LazyFrame:
    """All messages; WRITTEN is null where the month has no masked nick."""
    rows = run.scan("messages")
    if says_nicks(run):
        return rows
    return rows.with_columns(pl.lit(None, pl.String).alias(WRITTEN))


def says_nicks(run: FinishedRun) -> bool:
    """Whether the run kept how masked nicks are written: not where there are none, nor in runs of older versions."""
    return WRITTEN in run.scan("messages").collect_schema()


def as_written() -> pl.Expr:
    """The buyer's ``nick`` as the source writes it."""
    return pl.coalesce(WRITTEN, "buyer").alias("nick")


def said(rows: pl.LazyFrame) -> list[Record]:
    """Messages of ``talk``, texts cut, in the order of messages."""
    cut = rows.with_columns(
        pl.col("text").str.slice(0, TEXT_LIMIT + 1), pl.col("text").str.len_chars().alias("length")
    )
    return cut.sort("ts", maintain_order=True).collect().to_dicts()


def chat(
    run: FinishedRun, spoken: list[Record], marks: Marks, tags: dict[int, str], nicks: bool = False
) -> Iterator[str]:
    """Messages with the times of orders among them. A message of the same second as a time stands before it
    (R-C9 floors it). ``tags``: a word for some messages, by their place in the list; ``nicks``: of several buyers,
    each named."""
    waiting = sorted(marks)
    for place, message in enumerate(spoken[:MESSAGE_LIMIT]):
        while waiting and message["ts"].replace(microsecond=0) > waiting[0][0]:
            yield _mark(*waiting.pop(0))
        yield _message(run, message, tags.get(place, ""), nicks)
    if len(spoken) > MESSAGE_LIMIT:
        yield f"  …共 {len(spoken):,} 条消息，此处列前 {MESSAGE_LIMIT} 条"
    yield from (_mark(*mark) for mark in waiting)
    if not spoken:
        yield "  （没有消息）"


def _mark(ts: datetime, what: str) -> str:
    return f"  ── {ts:%Y-%m-%d %H:%M:%S} {what} ──"


def _message(run: FinishedRun, m: Record, tag: str, nicks: bool) -> str:
    staff = run.who(m["agent"]) if m["agent"] is not None else "店铺"
    if m["account"] and m["account"] != m["agent"]:
        staff += f"（{in_line(m['account'])}）"
    buyer = f"买家 {in_line(m['nick'])}" if nicks else "买家"
    if m["nick"] != m["buyer"]:
        buyer += f"（认定为 {in_line(m['buyer'])}）" if nicks else f"（写作 {in_line(m['nick'])}）"
    if m["kind"] == "transfer":
        who = f"{staff} ⇒ {in_line(m['to_account'] or '未指明')}"
    elif m["sender"] == "buyer":
        who = f"{buyer} → {staff}"
    else:
        who = f"{staff} → {buyer}"
    kinds = [] if m["kind"] in (None, "text") else [in_line(label("message_kinds", m["kind"]))]
    if m["sender"] in ("robot", "system"):
        kinds.append(label("message_kinds", m["sender"]))
    if m["auto"]:
        kinds.append(label("message_kinds", "auto"))
    kind = f"［{'、'.join(kinds)}］" if kinds else ""
    text = in_line(clip(m["text"] or "", TEXT_LIMIT, m["length"]))
    end = f"　← {tag}" if tag else ""
    return f"  {m['ts']:%m-%d %H:%M:%S}  {who}：{kind}{text}{end}"


def order_marks(run: FinishedRun, order: Record, prefix: str = "") -> list[tuple[datetime, str]]:
    """When an order was placed, and when paid and for whom."""
    marks = [(order["created"], f"{prefix}下单")]
    if order["paid"] is not None:
        marks.append((order["paid"], f"{prefix}付款 {yuan(order['amount'])} 元（{credited(run, order)}）"))
    return marks


def credited(run: FinishedRun, order: Record) -> str:
    """Whose an order is, in words."""
    return "不计" if order["excluded"] else run.who(order["credited"]) if order["credited"] else "静默"


def yuan(fen: int) -> str:
    """Fen as yuan."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"
