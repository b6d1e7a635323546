"""One self-check report an agent, with nothing of anyone else's (SPEC §10)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from evaluator import disputes
from evaluator.plan import plan_for
from evaluator.render.sheet import Block, Cell, Column, Row, show
from evaluator.render.text import clip, mask_buyer
from evaluator.render.view import kpi, links
from evaluator.render.view.ownpay import OwnPay
from evaluator.render.view.plans import num
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.redact import COLLEAGUE
from evaluator.render.view.slices import Record, Slices
from evaluator.render.view.talks import Line, Message, Talk, Talks
from evaluator.render.view.trend import Chart, Trends

EXCERPT_LINES = 14
NAME_LIMIT, ID_LIMIT = 60, 64  # characters of names and order numbers shown

#: Tiles of the head: what an agent looks for first.
TILES = ("conversion_rate", "sales", "first_response", "reply_rate", "satisfaction")


@dataclass(frozen=True)
class Tile:
    title: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Listed:
    """The first of a list of conversations, and how many there are in all."""

    talks: list[Talk]
    total: int


@dataclass
class AgentPage:
    """All that an agent's page shows; every text is already fit for his eyes."""

    employee_id: str
    name: str
    group: str
    role: str
    plan: str
    tiles: list[Tile]
    pay: Block
    pay_tree: str
    balances: Block
    score: Block
    score_note: str
    grades: str
    steps: Block
    months: Block
    days: list[Chart]
    kpis: list[Block]
    orders: Block
    disputes: Block
    assists: Block
    links: Block
    lost: Listed
    unanswered: Listed
    slow: Listed
    hours: str  # in which responses are measured
    notes: list[str] = field(default_factory=list)


class AgentPages:
    """Makes the pages of a month, one by one."""

    def __init__(self, data: Prepared, slices: Slices, talks: Talks) -> None:
        self.data = data
        self._cut = slices
        self._talks = talks
        self._own = OwnPay(data, slices)
        paid = ((line, who, None) for who, tree in data.pay_trees.items() for line in tree)
        slices.redactor.learn([*slices.texts(), *talks.texts(), *paid])
        self._trends = Trends(data)
        self._links, self._warned = links.counts_block(data), links.warnings(data, by_shop=False)
        self._say = data.words.say

    def page(self, employee_id: str, share: float = 1.0) -> AgentPage:
        """The page of one employee of the period. ``share``: of each list of orders and conversations, where all that
        the lists may hold would be too much."""
        data, me, own, cut = self.data, employee_id, self._own, self._cut
        profile = data.evaluation.profiles[me]
        plan = plan_for(data.evaluation.month.config.plans, profile)
        hours = "–".join(data.settings.response_hours or ())

        def first(rows: dict[str, list[Record]]) -> list[Record]:
            found = rows.get(me, [])
            return found[: math.ceil(len(found) * share)]

        return AgentPage(
            employee_id=clip(me, NAME_LIMIT),
            name=clip(data.name(me), NAME_LIMIT),
            group=clip(profile.group or "", NAME_LIMIT),
            role=data.words.word("roles", profile.role),
            plan=clip(plan.name, NAME_LIMIT) if plan else "",
            tiles=self._tiles(me),
            pay=own.pay_block(me),
            pay_tree=own.tree(me),
            balances=own.balances(me),
            score=own.score_block(me),
            score_note=own.score_note(me),
            grades=own.grades(me),
            steps=own.steps_block(me),
            months=self._trends.months(me, own.total(me)),
            days=self._trends.days(me),
            kpis=self._kpis(me),
            orders=self._order_block(me, first(cut.orders)),
            disputes=self._disputes(me),
            assists=self._assist_block(me, first(cut.assists)),
            links=self._links,
            lost=Listed([self._lost_talk(me, r) for r in first(cut.lost)], cut.lost_counts.get(me, 0)),
            unanswered=Listed(
                [self._turn_talk(me, r) for r in first(cut.unanswered)], cut.unanswered_counts.get(me, 0)
            ),
            slow=Listed([self._turn_talk(me, r) for r in first(cut.slow)], cut.slow_counts.get(me, 0)),
            hours=data.words.say("{hours} 内", hours=hours) if hours else data.words.say("全天"),
            notes=self._notes(me),
        )

    # ---- head ------------------------------------------------------------------------------------
    def _tiles(self, me: str) -> list[Tile]:
        say, total, score = self._say, self._own.total(me), self._own.score(me)
        if total is None:
            tiles = [Tile(say("本期工资"), "—", say("本期没有适用的方案"))]
        else:
            tiles = [Tile(say("本期工资"), say("{amount} 元", amount=f"{total:,.2f}"))]
        if score is not None:
            full = say("满分 {points}", points=num(score.weight_sum))
            tiles.append(Tile(say("总分"), show(score.total, "points"), full))
            grade = clip(score.grade, NAME_LIMIT) if score.grade else "—"
            tiles.append(Tile(say("等级"), grade, self._own.rank(score)))
        for metric in TILES:
            figure = self.data.figure("agent", me, metric)
            if figure is not None:
                cell = kpi.cell(self.data, figure)
                tiles.append(
                    Tile(
                        self.data.words.metric(metric),
                        self.data.words.quantity(cell.value, cell.kind or "text"),
                        cell.note,
                    )
                )
        return tiles

    def _notes(self, me: str) -> list[str]:
        notes = list(self._warned)
        immature = self.data.figure("agent", me, "immature")
        if immature and immature.value not in (None, "0"):
            told = "您有 {count} 个询单尚未到统计期（延迟统计），未计入转化率。"
            notes.append(self._say(told, count=immature.value))
        return notes

    def _kpis(self, me: str) -> list[Block]:
        data, blocks = self.data, []
        own = data.figures.get(("agent", me), {})
        for topic, metrics in self._cut.topics:
            rows: list[Row] = []
            for metric in metrics:
                figure = own.get(metric)
                if figure is None or data.words.is_shop_only(metric):
                    continue
                cell = kpi.cell(data, figure)
                note = self._own.hide(cell.note, me)
                shown = Cell(cell.value, data.kind(metric))
                rows.append((data.words.metric(metric), shown, note, data.words.definition(metric)))
            columns = (Column("指标"), Column("取值", "count"), Column("样本 / 说明"), Column("定义", "wrap"))
            blocks.append(Block(topic, columns, rows))
        return [b for b in blocks if b.rows]

    # ---- orders ----------------------------------------------------------------------------------
    def _order_block(self, me: str, shown: list[Record]) -> Block:
        count, fen = self._cut.order_sums.get(me, (0, 0))
        rows = [self._order_row(me, r) for r in shown]
        columns = (
            Column("订单号", "id"),
            Column("买家", "id"),
            Column("下单", "short"),
            Column("付款", "short"),
            Column("计入（元）", "money"),
            Column("判定"),
            Column("您在此前的最后一条消息", "wrap"),
            Column("条数", "id", note="您的消息 / 买家的消息 / 应答轮次"),
            Column("其他候选"),
        )
        orders = self._say("{count} 笔", count=f"{count:,}")
        total = (self._say("合计"), orders, "", "", Decimal(fen) / 100, "", "", "", "")
        basis = self._say("有其他候选时的落实依据：{basis}。", basis=self._basis())
        return Block(
            "归属于您的订单", columns, rows, total=total, notes=(*self._more(count, len(rows)), basis)
        )

    def _basis(self) -> str:
        """R-A2 in words."""
        if self.data.settings.by == "rounds":
            return self._say("应答轮数最多，轮数相同时最后一条人工消息最晚")
        return self._say("最后一条人工消息最晚")

    def _order_row(self, me: str, row: Record) -> Row:
        words, rivals, moved = self.data.words, row["rivals"] or 0, row["decided"] == "dispute"
        others = self._say("另外 {count} 位客服", count=rivals) if rivals > 1 else self._say("另一位客服")
        return (
            clip(row["order_id"], ID_LIMIT),
            mask_buyer(row["buyer"]),
            row["created"],
            row["paid"],
            Decimal(row["counted"]) / 100,
            words.word("times", row["decided"]),
            self._last_message(me, row),
            "" if moved else f"{row['human_messages']} / {row['buyer_messages']} / {row['answered_turns']}",
            self._say("见归属异议") if moved else others if rivals else self._say("无"),
        )

    def _disputes(self, me: str) -> Block:
        """What he claimed, gained or lost by disputes of orders."""
        rows: list[Row] = []
        for row in self._cut.disputes:
            gained = row["state"] == disputes.HOLDS and row["to_employee_id"] == me
            if gained or me in (row["employee_id"], row["original"]):
                told = self.data.words.told(disputes.told(row, lambda a: self._whom(a, me)))
                rows.append((clip(row["order_id"], ID_LIMIT), row["when"], self._own.hide(told, me)))
        columns = (Column("订单号", "id"), Column("裁定时间", "short"), Column("异议与裁定", "wrap"))
        return Block("归属异议", columns, rows)

    def _whom(self, agent: str | None, me: str) -> str:
        return self._say("您" if agent == me else COLLEAGUE if agent else "静默")

    def _last_message(self, me: str, row: Record) -> str:
        last: datetime | None = row["last_human"]
        if last is None:
            return ""
        text = clip(self._cut.redactor.hide(row["text"] or "", me, row["buyer"]), 60)
        return f"{last:%m-%d %H:%M:%S}　{text}"

    def _assist_block(self, me: str, shown: list[Record]) -> Block:
        rows = [
            (
                clip(r["order_id"], ID_LIMIT),
                mask_buyer(r["buyer"]),
                self.data.words.word("assists", r["kind"]),
                self._say("静默") if r["credited"] is None else self._say("另一位客服"),
                r["paid"],
                Decimal(r["counted"]) / 100,
                r["messages"],
                r["last_ts"],
            )
            for r in shown
        ]
        count = self._cut.assist_counts.get(me, 0)
        columns = (
            Column("订单号", "id"),
            Column("买家", "id"),
            Column("协助", "id"),
            Column("归属"),
            Column("付款", "short"),
            Column("参考金额（元）", "money"),
            Column("您的消息", "count"),
            Column("最后一条", "short"),
        )
        return Block("您协助的订单", columns, rows, notes=self._more(count, len(rows)))

    def _more(self, total: int, shown: int) -> tuple[str, ...]:
        if total <= shown:
            return ()
        told = "共 {total} 条，此处列前 {shown} 条，其余 {left} 条见 payroll.xlsx（请向主管索取）。"
        left = f"{total - shown:,}"
        return (self._say(told, total=f"{total:,}", shown=f"{shown:,}", left=left),)

    # ---- talks -----------------------------------------------------------------------------------
    def _lines(self, me: str, buyer: str, messages: list[Message]) -> tuple[Line, ...]:
        return self._talks.lines(
            messages[:EXCERPT_LINES],
            lambda m: self._say("我") if m.agent == me else self._say(COLLEAGUE),
            lambda text: self._cut.redactor.hide(text, me, buyer),
            only=me,
        )

    def _lost_talk(self, me: str, row: Record) -> Talk:
        first = self._say("首轮未应答")
        if row["first_wait"] is not None:
            first = self._say("首次响应 {seconds} 秒", seconds=f"{row['first_wait']:,.0f}")
        told = "买家 {asked} 条，您 {said} 条，{first}"
        messages = self._talks.day((row["shop"], row["buyer"], row["day"]))
        return Talk(
            f"{row['day']:%m-%d}　{mask_buyer(row['buyer'])}",
            self._say(told, asked=row["buyer_messages"], said=row["human_messages"], first=first),
            self._lines(me, row["buyer"], messages),
        )

    def _turn_talk(self, me: str, row: Record) -> Talk:
        facts = self._say("当日未应答")
        if row["outcome"] == "answered":
            facts = self._say("等待 {seconds} 秒", seconds=f"{row['wait']:,.0f}")
        messages = self._talks.around((row["shop"], row["buyer"], row["day"]), row["opened"], row["replied"])
        return Talk(
            f"{row['opened']:%m-%d %H:%M:%S}　{mask_buyer(row['buyer'])}",
            facts,
            self._lines(me, row["buyer"], messages),
        )
