"""Why an order belongs to whom: the facts, the candidates, the assists and the messages, from a finished run.

Reads only the folder that a run wrote (``tables/``, ``manifest.json``); nothing is computed anew but which
messages stand where. Text is Chinese, plain, without markup; foreign text is made visible and cut."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from evaluator import disputes
from evaluator.explain_nobody import LINKS, buyers_nearby, what_to_do, who_names_it, whom_it_may_be
from evaluator.finished import FinishedRun, Record
from evaluator.masks import MASK
from evaluator.model import EvaluatorError
from evaluator.render.text import in_line
from evaluator.render.view.prepared import JUDGMENTS
from evaluator.rulebook import label
from evaluator.told_talk import chat, order_marks, said, yuan
from evaluator.whose import Buyer, Ownership

_TIMES = ("created", "paid", "grouped")


def explain_order(out: Path, order_id: str) -> str:
    """R-A8 in words: the order, all judgments, the candidates at each time with who won and why, who
    assisted by which messages, and the chat around it. An id of several shops is explained for each.

    Raises EvaluatorError for an unknown order (with ids near it), and for a folder that is no run's."""
    run = FinishedRun(Path(out))
    orders = run.rows("attribution", order_id=order_id)
    if not orders:
        raise EvaluatorError(_unknown(run, order_id))
    return "\n\n".join("\n".join(_Story(run, order).lines()) for order in orders)


def _unknown(run: FinishedRun, order_id: str) -> str:
    ids = run.scan("attribution").select(pl.col("order_id").unique()).collect()["order_id"]
    near = ids.filter(ids.str.contains(order_id, literal=True)).head(5).to_list() if order_id else []
    if not near and len(order_id) >= 4:
        alike = ids.filter(ids.str.starts_with(order_id[:4]) | ids.str.ends_with(order_id[-4:]))
        near = difflib.get_close_matches(order_id, alike.head(20_000).to_list(), n=5, cutoff=0.6)
    hint = f"；相近的有：{'、'.join(in_line(n) for n in near)}" if near else ""
    return f"没有订单 {in_line(order_id)}（共 {len(ids):,} 个订单号）{hint}"


class _Story:
    """One order's explanation."""

    def __init__(self, run: FinishedRun, order: Record) -> None:
        self.run, self.order = run, order
        self.own = Ownership.of(run, order)
        keys = {"shop": order["shop"], "order_id": order["order_id"]}
        self.candidates = run.rows("candidates", **keys)
        self.assists = run.rows("assists", **keys)
        self.window = timedelta(days=int(run.setting("window_days")))
        self.follow = timedelta(days=int(run.setting("follow_days")))
        self.created: datetime = order["created"]
        self.settled: datetime = order["paid"] or order["created"]
        self.times = {at: order[at] for at in ("created", "paid") if order[at] is not None}
        self.first_day = run.day(self.created) - self.window
        self.messages = self._messages()
        self.receptions = self._receptions()
        self.consults = {(r["agent"], r["day"]) for r in self.receptions if r["label"] is not None}

    def _messages(self) -> list[Record]:
        """What the order's buyer and agents said in the days that count; of an order of nobody nothing is."""
        if self.own.buyer is None:
            return []
        last = self.run.day(self.settled) + self.follow
        return said(self.own.buyer.messages(self.run).filter(pl.col("day").is_between(self.first_day, last)))

    def _receptions(self) -> list[Record]:
        buyer = self.own.buyer
        if buyer is None:
            return []
        rows = self.run.rows("receptions", shop=buyer.shop, buyer=buyer.name)
        if MASK not in buyer.name:
            return rows
        days = {m["day"] for m in self.messages}  # on others they may be of another who is written the same
        return [row for row in rows if row["day"] in days]

    def lines(self) -> Iterator[str]:
        yield from self._facts()
        yield from self._judgments()
        yield from self._disputes()
        for at in _TIMES:
            yield from self._candidates(at)
        yield from self._assists()
        yield ""
        marks = order_marks(self.run, self.order)
        if self.own.buyer is not None:
            yield "聊天"
            yield from chat(self.run, self.messages, marks, self._tags())
            yield from self._named_by_others()
        else:
            yield "聊天　不知道是哪一位买家的，没有可以算作这一单的；只列提到这个订单号的消息"
            yield from chat(self.run, self.own.naming, marks, {}, nicks=True)

    def _named_by_others(self) -> Iterator[str]:
        """Messages that name the order and are not his: a clerk who knows better sees what was not counted."""
        others = [m for m in self.own.naming if Buyer(m["shop"], m["buyer"], m["apart"]) != self.own.buyer]
        if others:
            yield ""
            yield "提到这个订单号、但不是这位买家的消息（是别的买家，或昵称打了码、不知道是哪一位），没有算给这一单"
            yield from chat(self.run, others, [], {}, nicks=True)

    def _facts(self) -> Iterator[str]:
        order = self.order
        yield f"订单 {in_line(order['order_id'])}　店铺 {in_line(order['shop'])}"
        nick = (
            ""
            if self.own.nick in (None, order["buyer"])
            else f"（订单表写作 {in_line(self.own.nick or '')}）"
        )
        yield f"  买家　{in_line(order['buyer'] or '')}{nick}{LINKS.get(self.own.link, '')}"
        paid = f"{order['paid']:%Y-%m-%d %H:%M:%S}" if order["paid"] else "未付款"
        yield f"  下单　{order['created']:%Y-%m-%d %H:%M:%S}　付款　{paid}"
        counted = "—" if order["counted"] is None else f"{yuan(order['counted'])} 元"
        yield f"  金额　{yuan(order['amount'])} 元，计入 {counted}{self._when_counted()}"
        if order["excluded"]:
            yield f"  不计入任何客服，不作判定：{label('excluded', order['excluded'])}"
        if self.own.buyer is None:
            yield from self._nobody()

    def _nobody(self) -> Iterator[str]:
        """Why nobody knows whose it is, who may be, and what a clerk can do."""
        yield ""
        yield "认不出买家"
        yield from whom_it_may_be(self.own)
        yield from who_names_it(self.own)
        yield from buyers_nearby(self.own, self.first_day, self.run.day(self.settled))
        yield from what_to_do(self.order)

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
            silent = "静默（无落实）" if self.own.buyer else "静默（认不出买家）"
            winner = self.run.who(self.order[column]) if self.order[column] else silent
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
            yield f"  {in_line(disputes.told(row, lambda a: self.run.who(a) if a else '静默'))}"

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
            yield "  （没有候选，静默）" if self.own.buyer else "  （不知道买家是谁，无从判定，静默）"
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
        if not any(m["is_human"] for m in messages):
            return "此前没有人工消息"
        if not any(m["is_buyer"] for m in messages):
            return "此前买家没有对他说话"
        counting = [m for m in messages if (agent, m["day"]) in self.consults]
        if not all(any(m[said_by] for m in counting) for said_by in ("is_human", "is_buyer")):
            names = "".join(f"、过滤掉的接待（{label('filters', f)}）" for f in sorted(filtered))
            return f"此前在算数的咨询里，他和买家没有都说过话（买家没有找他的日子{names}不算）"
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
                f"  买家的下一单 {in_line(after['order_id'])} 于 {after['created']:%m-%d %H:%M:%S} 下单："
                "此后的消息算那一单的，不算这一单的协助跟进"
            )

    def _next_order(self) -> Record | None:
        """R-A6: the buyer's next order in the shop, which ends the following-up of this one."""
        if self.own.buyer is None:
            return None
        own = self.own.buyer.orders(self.run)
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
