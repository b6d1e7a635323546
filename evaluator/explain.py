"""Why an order belongs to whom: the facts, the candidates, the assists and the messages, from a finished run.

Reads only the folder that a run wrote (``tables/``, ``manifest.json``); nothing is computed anew but which
messages stand where. Text is Chinese, plain, without markup; foreign text is made visible and cut."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from evaluator import disputes
from evaluator.ads.told import told
from evaluator.finished import FinishedRun, Record
from evaluator.model import EvaluatorError
from evaluator.render.text import clip, visible
from evaluator.render.view.prepared import JUDGMENTS, day_expr
from evaluator.rulebook import label

TEXT_LIMIT = 160
MESSAGE_LIMIT = 400
_TIMES = ("created", "paid", "grouped")


#: How an order found no buyer, or found him in a way worth telling.
LINKS = {
    "unlinked": "未关联（订单没有买家昵称，聊天里也没有唯一的人提到这个订单号），按静默处理",
    "ambiguous": "（昵称脱敏或 open id 对应多位顾客，聊天里也没有提到这个订单号：不猜，按静默处理）",
    "open_id": "（按平台的 open id 确定：与他的另一张订单或评价相同）",
    "chat": "（按聊天里提到的订单号确定）",
    "mask": "（昵称脱敏，本店只有这一位吻合）",
}


def explain_order(out: Path, order_id: str) -> str:
    """R-A8 in words: the order, all judgments, the candidates at each time with who won and why, who
    assisted by which messages, and the chat around it. An id of several shops is explained for each.

    Raises EvaluatorError for an unknown order (with ids near it), and for a folder that is no run's."""
    run = FinishedRun(Path(out))
    orders = run.rows("attribution", order_id=order_id)
    if not orders:
        raise EvaluatorError(_unknown(run, order_id))
    return "\n\n".join("\n".join(_Story(run, order).lines()) for order in orders)


def explain_buyer(out: Path, buyer: str, shop: str | None = None) -> str:
    """A buyer's orders and chat in order of time, in each shop that knows the nick (or in ``shop``)."""
    run = FinishedRun(Path(out))
    keys = {"buyer": buyer} | ({"shop": shop} if shop else {})
    orders, receptions = run.rows("attribution", **keys), run.rows("receptions", **keys)
    shops = sorted({r["shop"] for r in (*orders, *receptions)})
    if not shops:
        raise EvaluatorError(
            f"没有买家 {visible(buyer)}{f'（店铺 {visible(shop)}）' if shop else ''} 的聊天或订单"
        )
    parts = []
    for name in shops:
        marks = [
            m
            for o in orders
            if o["shop"] == name
            for m in _order_marks(run, o, f"订单 {visible(o['order_id'])} ")
        ]
        messages = _messages(run, name, buyer)
        parts.append(
            "\n".join(
                [
                    f"买家 {visible(buyer)}　店铺 {visible(name)}",
                    *_filtered(run, name, buyer),
                    *_chat(run, messages, marks, {}),
                ]
            )
        )
    return "\n\n".join(parts)


def _filtered(run: FinishedRun, shop: str, buyer: str) -> Iterator[str]:
    """What is thought of a buyer as an advertiser (R-F3), and which of his receptions are filtered why."""
    for decision in run.rows("ads", shop=shop, buyer=buyer):
        yield f"广告判定：{visible(told(decision))}"
    for r in sorted(run.rows("receptions", shop=shop, buyer=buyer), key=lambda r: (r["day"], r["agent"])):
        if r["filtered"]:
            yield f"已过滤：{r['day']} 与 {run.who(r['agent'])} 的接待（{label('filters', r['filtered'])}）"


def _unknown(run: FinishedRun, order_id: str) -> str:
    ids = run.scan("attribution").select(pl.col("order_id").unique()).collect()["order_id"]
    near = ids.filter(ids.str.contains(order_id, literal=True)).head(5).to_list() if order_id else []
    if not near and len(order_id) >= 4:
        alike = ids.filter(ids.str.starts_with(order_id[:4]) | ids.str.ends_with(order_id[-4:]))
        near = difflib.get_close_matches(order_id, alike.head(20_000).to_list(), n=5, cutoff=0.6)
    hint = f"；相近的有：{'、'.join(visible(n) for n in near)}" if near else ""
    return f"没有订单 {visible(order_id)}（共 {len(ids):,} 个订单号）{hint}"


def _order_marks(run: FinishedRun, order: Record, prefix: str = "") -> list[tuple[datetime, str]]:
    credited = "不计" if order["excluded"] else run.who(order["credited"]) if order["credited"] else "静默"
    marks = [(order["created"], f"{prefix}下单")]
    if order["paid"] is not None:
        marks.append((order["paid"], f"{prefix}付款 {_yuan(order['amount'])} 元（{credited}）"))
    return marks


def _messages(
    run: FinishedRun, shop: str, buyer: str | None, first: date | None = None, last: date | None = None
) -> list[Record]:
    """The buyer's messages, on days ``first`` … ``last`` where given, in the order of messages."""
    if buyer is None:
        return []
    rows = run.scan("messages").filter(pl.col("shop") == shop, pl.col("buyer") == buyer)
    rows = rows.with_columns(
        day_expr("ts", run.day_start_s).alias("day"),
        pl.col("text").str.slice(0, TEXT_LIMIT + 1),
        pl.col("text").str.len_chars().alias("length"),
    )
    if first is not None and last is not None:
        rows = rows.filter(pl.col("day").is_between(first, last))
    return rows.sort("ts", maintain_order=True).collect().to_dicts()


def _chat(
    run: FinishedRun, messages: list[Record], marks: Iterable[tuple[datetime, str]], tags: dict[int, str]
) -> Iterator[str]:
    """Messages with the order's times among them. A message of the same second as a time stands before it
    (R-C9 floors it). ``tags``: a word for some messages, by their place in the list."""
    waiting = sorted(marks)
    for place, message in enumerate(messages[:MESSAGE_LIMIT]):
        while waiting and message["ts"].replace(microsecond=0) > waiting[0][0]:
            yield _mark(*waiting.pop(0))
        yield _message(run, message, tags.get(place, ""))
    if len(messages) > MESSAGE_LIMIT:
        yield f"  …共 {len(messages):,} 条消息，此处列前 {MESSAGE_LIMIT} 条"
    yield from (_mark(*mark) for mark in waiting)
    if not messages:
        yield "  （没有消息）"


def _mark(ts: datetime, what: str) -> str:
    return f"  ── {ts:%Y-%m-%d %H:%M:%S} {what} ──"


def _message(run: FinishedRun, m: Record, tag: str) -> str:
    staff = run.who(m["agent"]) if m["agent"] is not None else "店铺"
    if m["account"] and m["account"] != m["agent"]:
        staff += f"（{visible(m['account'])}）"
    if m["kind"] == "transfer":
        who = f"{staff} ⇒ {visible(m['to_account'] or '未指明')}"
    elif m["sender"] == "buyer":
        who = f"买家 → {staff}"
    else:
        who = f"{staff} → 买家"
    kinds = [] if m["kind"] in (None, "text") else [label("message_kinds", m["kind"])]
    if m["sender"] in ("robot", "system"):
        kinds.append(label("message_kinds", m["sender"]))
    if m["auto"]:
        kinds.append(label("message_kinds", "auto"))
    kind = f"［{'、'.join(kinds)}］" if kinds else ""
    text = clip(m["text"] or "", TEXT_LIMIT, m["length"]).replace("\n", " ⏎ ")
    end = f"　← {tag}" if tag else ""
    return f"  {m['ts']:%m-%d %H:%M:%S}  {who}：{kind}{text}{end}"


def _yuan(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


class _Story:
    """One order's explanation."""

    def __init__(self, run: FinishedRun, order: Record) -> None:
        self.run, self.order = run, order
        keys = {"shop": order["shop"], "order_id": order["order_id"]}
        self.link: str = run.rows("links", **keys)[0]["link"]
        self.candidates = run.rows("candidates", **keys)
        self.assists = run.rows("assists", **keys)
        self.receptions = (
            run.rows("receptions", shop=order["shop"], buyer=order["buyer"]) if order["buyer"] else []
        )
        self.window = timedelta(days=int(run.setting("window_days")))
        self.follow = timedelta(days=int(run.setting("follow_days")))
        self.created: datetime = order["created"]
        self.settled: datetime = order["paid"] or order["created"]
        self.times = {at: order[at] for at in ("created", "paid") if order[at] is not None}
        self.messages = _messages(
            run, order["shop"], order["buyer"],
            run.day(self.created) - self.window, run.day(self.settled) + self.follow,
        )  # fmt: skip
        self.consults = {(r["agent"], r["day"]) for r in self.receptions if r["label"] is not None}

    def lines(self) -> Iterator[str]:
        yield from self._facts()
        yield from self._judgments()
        yield from self._disputes()
        for at in _TIMES:
            yield from self._candidates(at)
        yield from self._assists()
        yield ""
        yield "聊天"
        yield from _chat(self.run, self.messages, _order_marks(self.run, self.order), self._tags())

    def _facts(self) -> Iterator[str]:
        order = self.order
        yield f"订单 {visible(order['order_id'])}　店铺 {visible(order['shop'])}"
        yield f"  买家　{visible(order['buyer'] or '')}{LINKS.get(self.link, '')}"
        paid = f"{order['paid']:%Y-%m-%d %H:%M:%S}" if order["paid"] else "未付款"
        yield f"  下单　{order['created']:%Y-%m-%d %H:%M:%S}　付款　{paid}"
        counted = "—" if order["counted"] is None else f"{_yuan(order['counted'])} 元"
        yield f"  金额　{_yuan(order['amount'])} 元，计入 {counted}{self._when_counted()}"
        if order["excluded"]:
            yield f"  不计入任何客服，不作判定：{label('excluded', order['excluded'])}"

    def _when_counted(self) -> str:
        """Whether the amount is this period's sale (R-A4)."""
        paid, period = self.order["paid"], self.run.manifest["period"]
        if self.order["excluded"]:
            return ""
        if paid is None:
            return "（未付款，未计入销售额）"
        inside = period["start"] <= self.run.day(paid).isoformat() < period["end"]
        return "" if inside else "（付款日不在本期，未计入本期销售额）"

    def _judgments(self) -> Iterator[str]:
        yield ""
        yield "判定"
        setting = self.run.setting("judgment")
        moved = self.order.get("dispute") == "accepted"
        adopted = "　← 本次采用，异议成立后改判（见下）" if moved else "　← 本次采用"
        for judgment, (_, column) in JUDGMENTS.items():
            used = adopted if judgment == setting else ""
            winner = self.run.who(self.order[column]) if self.order[column] else "静默（无落实）"
            if judgment == "payment" and self.order["paid"] is None:
                winner = "未付款，不适用"
            yield f"  {label('judgments', judgment)}：{'不计' if self.order['excluded'] else winner}{used}"

    def _disputes(self) -> Iterator[str]:
        """What people claimed and decided about this order, in order of time."""
        keys = (self.order["order_id"], self.order["shop"])
        found = [d for d in self.run.disputes if (d["order_id"], d["shop"]) == keys]
        if found:
            yield ""
            yield f"归属异议　现归 {self.run.who(self.order['credited']) if self.order['credited'] else '静默'}"
        for row in found:
            yield f"  {visible(disputes.told(row, lambda a: self.run.who(a) if a else '静默'))}"

    def _candidates(self, at: str) -> Iterator[str]:
        found = sorted((c for c in self.candidates if c["at"] == at), key=lambda c: c["place"])
        when = self.times.get(at)
        if self.order["excluded"] or (not found and when is None):
            return
        yield ""
        clock = f"（{when:%Y-%m-%d %H:%M:%S}）" if when else ""
        days = self.window.days
        span = f"当天及此前 {days} 天（按自然日）" if days else "当天"
        yield f"{label('times', at)}时{clock}的候选：{span}里，在此之前与买家双向沟通的客服"
        for c in found:
            mark = "★" if c["won"] else "　"
            last = f"最后一条 {c['last_human']:%m-%d %H:%M:%S}"
            said = f"客服 {c['human_messages']} 条，买家 {c['buyer_messages']} 条"
            if not c["buyer_messages"]:
                said += "（转接来的，算买家已开口）"
            turns, why = f"应答 {c['answered_turns']} 轮", label("why", c["why"])
            yield f"  {mark}{c['place']}. {self.run.who(c['agent'])}　{last}　{said}，{turns}　{why}"
        if not found:
            yield "  （没有候选，静默）" if self.order["buyer"] else "  （不知道买家是谁，无从判定，静默）"
        if when is not None:
            yield from self._no_candidates(when, {c["agent"] for c in found})

    def _no_candidates(self, when: datetime, candidates: set[str]) -> Iterator[str]:
        """Agents who wrote or were written to in the window, and why they are no candidates (R-C9)."""
        first, last = self.run.day(when) - self.window, self.run.day(when)
        seen: dict[str, list[Record]] = {}
        for m in self.messages:
            if (
                m["agent"] is not None
                and first <= m["day"] <= last
                and m["ts"].replace(microsecond=0) <= when
            ):
                seen.setdefault(m["agent"], []).append(m)
        for agent in sorted(seen.keys() - candidates):
            yield f"  　–. {self.run.who(agent)}　不是候选：{self._why_none(agent, seen[agent], first, last)}"

    def _why_none(self, agent: str, messages: list[Record], first: date, last: date) -> str:
        rows = [r for r in self.receptions if r["agent"] == agent and first <= r["day"] <= last]
        if rows and all(r["is_robot"] for r in rows):
            return "机器人"
        filtered = {r["filtered"] for r in rows if r["filtered"]}
        if filtered and all(r["filtered"] for r in rows):
            return f"接待已过滤（{'、'.join(label('filters', f) for f in sorted(filtered))}）"
        counting = [m for m in messages if (agent, m["day"]) in self.consults]
        if not any(m["is_human"] for m in counting):
            return "此前没有人工消息"
        if not any(m["is_buyer"] for m in counting):
            return "此前买家没有对他说话"
        roles = self.run.setting("credit_roles")
        return f"角色不在可计业绩的角色中（{'、'.join(roles)}）" if roles else "此前没有双向沟通"

    def _assists(self) -> Iterator[str]:
        yield ""
        yield "协助"
        for a in sorted(self.assists, key=lambda a: (a["kind"], a["agent"])):
            places = self._assist_messages(a)
            times = "、".join(f"{self.messages[p]['ts']:%m-%d %H:%M:%S}" for p in places[:8])
            more = " …" if len(places) > 8 else ""
            which = f"：{times}{more}" if len(places) == a["messages"] else ""
            yield (
                f"  {label('assists', a['kind'])}　{self.run.who(a['agent'])}　{a['messages']} 条人工消息，"
                f"最后一条 {a['last_ts']:%m-%d %H:%M:%S}{which}"
            )
        if not self.assists:
            yield "  （无）"
        after = self._next_order()
        if after is not None:
            yield (
                f"  买家的下一单 {visible(after['order_id'])} 于 {after['created']:%m-%d %H:%M:%S} 下单："
                "此后的消息算那一单的，不算这一单的协助跟进"
            )

    def _next_order(self) -> Record | None:
        """R-A6: the buyer's next order in the shop, which ends the following-up of this one."""
        if not self.order["buyer"] or self.link == "ambiguous":
            return None
        own = self.run.rows("attribution", shop=self.order["shop"], buyer=self.order["buyer"])
        later = [o for o in own if not o["excluded"] and o["created"] > self.created]
        return min(later, key=lambda o: o["created"], default=None)

    def _assist_messages(self, assist: Record) -> list[int]:
        """Places of the human messages that made an assist (R-A6)."""
        before, end = assist["kind"] == "assist_order", assist["last_ts"]
        first, today = self.run.day(self.created) - self.window, self.run.day(self.created)
        places = []
        for place, m in enumerate(self.messages):
            if (
                not m["is_human"]
                or m["agent"] != assist["agent"]
                or (m["agent"], m["day"]) not in self.consults
            ):
                continue
            early = m["ts"].replace(microsecond=0) <= self.created
            if (early and first <= m["day"] <= today) if before else (not early and m["ts"] <= end):
                places.append(place)
        return places

    def _tags(self) -> dict[int, str]:
        """Words beside messages: the one that decided, those that assisted."""
        tags: dict[int, str] = {}
        for a in self.assists:
            places = self._assist_messages(a)
            if len(places) == a["messages"]:
                tags.update(dict.fromkeys(places, label("assists", a["kind"])))
        times, _ = JUDGMENTS[self.run.setting("judgment")]
        for at in times:
            won = next((c for c in self.candidates if c["at"] == at and c["won"]), None)
            if won is None:
                continue
            for place, m in enumerate(self.messages):
                if m["is_human"] and m["agent"] == won["agent"] and m["ts"] == won["last_human"]:
                    tags[place] = f"{label('times', at)}判定的依据"
            break
        return tags
