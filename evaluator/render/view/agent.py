"""One self-check report an agent, with nothing of anyone else's (SPEC §10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from evaluator import disputes
from evaluator.plan import plan_for
from evaluator.render.sheet import Block, Cell, Column, Row, show
from evaluator.render.text import clip, mask_buyer, visible
from evaluator.render.view import kpi, links, payroll, scores
from evaluator.render.view.plans import method_text, num
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.redact import COLLEAGUE
from evaluator.render.view.slices import Record, Slices
from evaluator.render.view.talks import Line, Message, Talk, Talks

EXCERPT_LINES = 14

#: Tiles of the head: what an agent looks for first.
TILES = ("conversion_rate", "sales", "first_response", "reply_rate", "satisfaction")


@dataclass(frozen=True)
class Tile:
    title: str
    value: str
    note: str = ""


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
    kpis: list[Block]
    orders: Block
    disputes: Block
    assists: Block
    links: Block
    lost: list[Talk]
    lost_total: int
    unanswered: list[Talk]
    unanswered_total: int
    slow: list[Talk]
    slow_total: int
    notes: list[str] = field(default_factory=list)


class AgentPages:
    """Makes the pages of a month, one by one."""

    def __init__(self, data: Prepared, slices: Slices, talks: Talks) -> None:
        self.data = data
        self._cut = slices
        self._talks = talks
        self._links = links.counts_block(data)

    def page(self, employee_id: str) -> AgentPage:
        """The page of one employee of the period."""
        data, me = self.data, employee_id
        profile = data.evaluation.profiles[me]
        plan = plan_for(data.evaluation.month.config.plans, profile)
        return AgentPage(
            employee_id=visible(me),
            name=data.name(me),
            group=visible(profile.group or ""),
            role=visible(profile.role),
            plan=visible(plan.name) if plan else "",
            tiles=self._tiles(me),
            pay=self._pay_block(me),
            pay_tree=self._pay_tree(me),
            balances=self._balances(me),
            score=self._score_block(me),
            score_note=self._score_note(me),
            grades=self._grades(me),
            kpis=self._kpis(me),
            orders=self._order_block(me),
            disputes=self._disputes(me),
            assists=self._assist_block(me),
            links=self._links,
            lost=[self._lost_talk(me, r) for r in self._cut.lost.get(me, [])],
            lost_total=self._cut.lost_counts.get(me, 0),
            unanswered=[self._turn_talk(me, r) for r in self._cut.unanswered.get(me, [])],
            unanswered_total=self._cut.unanswered_counts.get(me, 0),
            slow=[self._turn_talk(me, r) for r in self._cut.slow.get(me, [])],
            slow_total=self._cut.slow_counts.get(me, 0),
            notes=self._notes(me),
        )

    # ---- head ------------------------------------------------------------------------------------
    def _tiles(self, me: str) -> list[Tile]:
        total = next((p.amount for p in self._cut.pay.get(me, []) if p.line == payroll.TOTAL), None)
        pay = (
            Tile("本期工资", "—", "本期没有适用的方案")
            if total is None
            else Tile("本期工资", f"{total:,.2f} 元")
        )
        tiles = [pay]
        score = self.data.evaluation.score_book.by_employee.get(me)
        if score is not None:
            rank = f"第 {score.rank} 名，共 {score.ranked} 人" if score.rank is not None else "无名次"
            tiles.append(Tile("总分", show(score.total, "points"), f"满分 {num(score.weight_sum)}"))
            tiles.append(Tile("等级", visible(score.grade) if score.grade else "—", rank))
        for metric in TILES:
            figure = self.data.figure("agent", me, metric)
            if figure is not None:
                cell = kpi.cell(self.data, figure)
                tiles.append(Tile(self.data.words.metric(metric), show_cell(cell), cell.note))
        return tiles

    def _notes(self, me: str) -> list[str]:
        notes = list(links.warnings(self.data, by_shop=False))
        immature = self.data.figure("agent", me, "immature")
        if immature and immature.value not in (None, "0"):
            notes.append(f"您有 {immature.value} 个询单尚未到统计期（延迟统计），未计入转化率。")
        return notes

    # ---- pay and score ---------------------------------------------------------------------------
    def _hide(self, text: str, me: str, buyer: str | None = None) -> str:
        return visible(self._cut.redactor.hide(text, me, buyer))

    def _pay_block(self, me: str) -> Block:
        lines = self._cut.pay.get(me, [])
        rows = [
            (self.data.words.line(p.line), p.amount, self._hide(p.formula, me))
            for p in lines
            if p.line != payroll.TOTAL
        ]
        total = next((p.amount for p in lines if p.line == payroll.TOTAL), None)
        columns = (Column("项目"), Column("金额（元）", "money"), Column("怎么算的", "wrap"))
        return Block("工资", columns, rows, total=("合计", total, "") if total is not None else None)

    def _pay_tree(self, me: str) -> str:
        return "\n".join(self._hide(line, me) for line in self.data.pay_trees.get(me, []))

    def _balances(self, me: str) -> Block:
        block = payroll.balance_block(self.data, only=me)
        rows = [(since, amount, self._hide(str(why), me)) for _, _, since, amount, why in block.rows]
        return Block(block.title, block.columns[2:], rows)

    def _score_block(self, me: str) -> Block:
        rows: list[Row] = []
        score = self.data.evaluation.score_book.by_employee.get(me)
        details = [r for r in self._cut.scores.get(me, []) if r.metric not in scores.SUMMARY]
        items = list(score.plan.score) if score else []
        for number, row in enumerate(details):
            how = ""
            if len(items) == len(details):
                item = items[number]
                how = f"{self.data.words.word('methods', item.method)}：{method_text(item)}"
            metric, value, weight, points, status, reason = scores.detail_row(self.data, row)
            rows.append((metric, value, weight, points, status, how, self._hide(str(reason), me)))
        columns = list(scores.detail_columns(with_person=False))
        columns.insert(5, Column("得分办法", "wrap"))
        total = ("总分", "", "", score.total, "", "", "") if score else None
        return Block("评分", tuple(columns), rows, total=total)

    def _score_note(self, me: str) -> str:
        score = self.data.evaluation.score_book.by_employee.get(me)
        return self._hide(scores.explanation(self.data, score), me) if score is not None else ""

    def _grades(self, me: str) -> str:
        score = self.data.evaluation.score_book.by_employee.get(me)
        if score is None or not score.plan.grades:
            return ""
        return "；".join(f"{visible(g.name)} ≥ {num(g.threshold)}" for g in score.plan.grades)

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
                note = self._hide(cell.note, me)
                rows.append(
                    (
                        data.words.metric(metric),
                        Cell(cell.value, data.kind(metric)),
                        note,
                        data.words.definition(metric),
                    )
                )
            columns = (Column("指标"), Column("取值", "count"), Column("样本 / 说明"), Column("定义", "wrap"))
            blocks.append(Block(topic, columns, rows))
        return [b for b in blocks if b.rows]

    # ---- orders ----------------------------------------------------------------------------------
    def _order_block(self, me: str) -> Block:
        count, fen = self._cut.order_sums.get(me, (0, 0))
        rows = [self._order_row(me, r) for r in self._cut.orders.get(me, [])]
        columns = (
            Column("订单号", "id"),
            Column("买家", "id"),
            Column("下单", "short"),
            Column("付款", "short"),
            Column("计入（元）", "money"),
            Column("判定"),
            Column("您在此前的最后一条消息", "wrap"),
            Column("条数", note="您的消息 / 买家的消息 / 应答轮次"),
            Column("其他候选"),
        )
        return Block(
            "归属于您的订单",
            columns,
            rows,
            total=("合计", f"{count:,} 笔", "", "", Decimal(fen) / 100, "", "", "", ""),
            notes=(*_more(count, len(rows)), f"有其他候选时的落实依据：{self._basis()}。"),
        )

    def _basis(self) -> str:
        """R-A2 in words."""
        by_turns = self.data.settings.by == "rounds"
        return "应答轮数最多，轮数相同时最后一条人工消息最晚" if by_turns else "最后一条人工消息最晚"

    def _order_row(self, me: str, row: Record) -> Row:
        words, rivals, moved = self.data.words, row["rivals"] or 0, row["decided"] == "dispute"
        others = "另一位客服" if rivals == 1 else f"另外 {rivals} 位客服"
        return (
            visible(row["order_id"]),
            mask_buyer(row["buyer"]),
            row["created"],
            row["paid"],
            Decimal(row["counted"]) / 100,
            words.word("times", row["decided"]),
            self._last_message(me, row),
            "" if moved else f"{row['human_messages']} / {row['buyer_messages']} / {row['answered_turns']}",
            "见归属异议" if moved else others if rivals else "无",
        )

    def _disputes(self, me: str) -> Block:
        """What he claimed, gained or lost by disputes of orders."""
        rows: list[Row] = []
        for row in self._cut.disputes:
            gained = row["state"] == disputes.HOLDS and row["to_employee_id"] == me
            if gained or me in (row["employee_id"], row["original"]):
                told = disputes.told(row, lambda a: "您" if a == me else COLLEAGUE if a else "静默")
                rows.append((visible(row["order_id"]), row["when"], self._hide(told, me)))
        columns = (Column("订单号", "id"), Column("裁定时间", "short"), Column("异议与裁定", "wrap"))
        return Block("归属异议", columns, rows)

    def _last_message(self, me: str, row: Record) -> str:
        last: datetime | None = row["last_human"]
        if last is None:
            return ""
        text = clip(self._cut.redactor.hide(row["text"] or "", me, row["buyer"]), 60)
        return f"{last:%m-%d %H:%M:%S}　{text}"

    def _assist_block(self, me: str) -> Block:
        rows = [
            (
                visible(r["order_id"]),
                mask_buyer(r["buyer"]),
                self.data.words.word("assists", r["kind"]),
                r["paid"],
                Decimal(r["counted"]) / 100,
                r["messages"],
                r["last_ts"],
            )
            for r in self._cut.assists.get(me, [])
        ]
        count = self._cut.assist_counts.get(me, 0)
        columns = (
            Column("订单号", "id"),
            Column("买家", "id"),
            Column("协助", "id"),
            Column("付款", "short"),
            Column("参考金额（元）", "money"),
            Column("您的消息", "count"),
            Column("最后一条", "short"),
        )
        return Block("您协助的订单", columns, rows, notes=_more(count, len(rows)))

    # ---- talks -----------------------------------------------------------------------------------
    def _lines(self, me: str, buyer: str, messages: list[Message]) -> tuple[Line, ...]:
        return self._talks.lines(
            messages[:EXCERPT_LINES],
            lambda m: "我" if m.agent == me else COLLEAGUE,
            lambda text: self._cut.redactor.hide(text, me, buyer),
            only=me,
        )

    def _lost_talk(self, me: str, row: Record) -> Talk:
        first = f"首次响应 {row['first_wait']:,.0f} 秒" if row["first_wait"] is not None else "首轮未应答"
        messages = self._talks.day((row["shop"], row["buyer"], row["day"]))
        return Talk(
            f"{row['day']:%m-%d}　{mask_buyer(row['buyer'])}",
            f"买家 {row['buyer_messages']} 条，您 {row['human_messages']} 条，{first}",
            self._lines(me, row["buyer"], messages),
        )

    def _turn_talk(self, me: str, row: Record) -> Talk:
        facts = f"等待 {row['wait']:,.0f} 秒" if row["outcome"] == "answered" else "当日未应答"
        messages = self._talks.around((row["shop"], row["buyer"], row["day"]), row["opened"], row["replied"])
        return Talk(
            f"{row['opened']:%m-%d %H:%M:%S}　{mask_buyer(row['buyer'])}",
            facts,
            self._lines(me, row["buyer"], messages),
        )


def show_cell(cell: Cell) -> str:
    """A cell's value as text, with the unit where the number alone would not tell."""
    text = show(cell.value, cell.kind or "text")
    unit = {"seconds": " 秒", "money": " 元", "hours": " 小时"}.get(cell.kind or "", "")
    return text if cell.value is None else text + unit


def _more(total: int, shown: int) -> tuple[str, ...]:
    if total <= shown:
        return ()
    left = f"其余 {total - shown:,} 条见 payroll.xlsx（请向主管索取）"
    return (f"共 {total:,} 条，此处列前 {shown:,} 条，{left}。",)
