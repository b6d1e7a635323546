"""team.html: the month for the team lead, with names; nothing of the run is left out (SPEC §10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from evaluator.render.sheet import Block, Column, Row, show
from evaluator.render.text import page_files, visible
from evaluator.render.view import kpi, links, method, payroll, review, scores
from evaluator.render.view.agent import Tile
from evaluator.render.view.prepared import Figure, Prepared
from evaluator.render.view.slices import Record, consult_turns, lost_receptions, period_assists
from evaluator.render.view.talks import Key, Message, Talk, Talks

TALK_LIMIT = 30
EXCERPT_LINES = 40
ASSIST_LIMIT = 200
REJECT_LIMIT = 100

_RANKING = ("consults", "conversion_rate", "sales", "avg_order_value", "first_response", "satisfaction")


@dataclass
class TalkList:
    """Conversations to look at, and how many there are in all."""

    title: str
    note: str
    talks: list[Talk]
    total: int


@dataclass
class TeamPage:
    tiles: list[Tile]
    warnings: list[str]
    ranking: Block
    agent_links: list[tuple[str, str]]  # name, file
    agents: list[Block]
    groups: list[Block]
    shops: list[Block]
    pay: Block
    balances: Block
    score_totals: Block
    score_details: Block
    links: Block
    assists: Block
    talks: list[TalkList]
    missing: Block
    filters: Block
    review: list[tuple[str, list[tuple[str, str, int]]]]
    rejects: Block
    inputs: Block
    settings: Block
    assessed: bool = False  # there is an assessment.html
    notes: list[str] = field(default_factory=list)


def team_page(data: Prepared, lists: TeamLists, talks: Talks) -> TeamPage:
    """Everything that team.html shows."""
    topics = kpi.topics(data)

    def matrices(scope: str) -> list[Block]:
        ids = data.ids(scope)
        made = [kpi.matrix(data, scope, ids, topic, metrics) for topic, metrics in topics]
        return [block for block in made if ids and len(block.columns) > 1]

    return TeamPage(
        tiles=_tiles(data),
        warnings=_warnings(data),
        ranking=_ranking(data),
        agent_links=[(data.name(i), file) for i, file in page_files(data.employees).items()],
        agents=matrices("agent"),
        groups=matrices("group"),
        shops=matrices("shop"),
        pay=payroll.payroll_block(data),
        balances=payroll.balance_block(data),
        score_totals=scores.total_block(data),
        score_details=scores.detail_block(data),
        links=links.block(data),
        assists=_assists(data),
        talks=lists.shown(data, talks),
        missing=kpi.missing_block(data),
        filters=review.filters_block(data),
        review=review.review_groups(data),
        rejects=review.rejects_block(data, REJECT_LIMIT),
        inputs=method.inputs_block(data),
        settings=method.settings_block(data),
        assessed=bool(data.evaluation.assessments),
    )


# ---- head ------------------------------------------------------------------------------------------------
def all_shops(data: Prepared, metric: str) -> Figure | None:
    """A metric over all shops: numerators and denominators add up (SPEC §1). Only for metrics that do: no
    medians, no concurrency."""
    figures = [f for shop in data.ids("shop") if (f := data.figure("shop", shop, metric))]
    if len(figures) <= 1:
        return figures[0] if figures else None
    known = [f for f in figures if f.status != "missing" and f.numerator]
    if not known:
        return figures[0]
    top = sum((Decimal(f.numerator or 0) for f in known), Decimal(0))
    if not any(f.denominator for f in known):
        return known[0]._replace(value=str(top), numerator=str(top))
    bottom = sum((Decimal(f.denominator or 0) for f in known), Decimal(0))
    status = "immature" if any(f.status == "immature" for f in known) else "final"
    return known[0]._replace(
        value=str(top / bottom) if bottom else None,
        numerator=str(top),
        denominator=str(bottom),
        status=status if bottom else "missing",
    )


def _tiles(data: Prepared) -> list[Tile]:
    tiles = []
    for metric in (
        "consults", "shop_conversion_rate", "sales", "shop_sales", "silent_share", "first_response",
        "avg_response", "reply_rate", "satisfaction",
    ):  # fmt: skip
        figure = all_shops(data, metric)
        if figure is not None:
            cell = kpi.cell(data, figure)
            more = links.in_silent(data) if metric == "silent_share" else ""
            note = "，".join(part for part in (cell.note, more) if part)
            tiles.append(
                Tile(data.words.metric(metric), data.words.quantity(cell.value, cell.kind or "text"), note)
            )
    total = data.evaluation.pay.payroll_total
    people = len({p.employee_id for p in data.evaluation.pay.lines})
    tiles.append(Tile("工资总额", f"{show(total, 'money')} 元", f"{people} 人"))
    return tiles


def _warnings(data: Prepared) -> list[str]:
    """What the reader must know before he trusts the numbers."""
    words = data.words
    warnings: list[str] = []
    warnings.extend(links.warnings(data))
    immature = all_shops(data, "immature")
    if immature is not None and immature.value and Decimal(immature.value):
        warnings.append(
            f"{Decimal(immature.value):,.0f} 个询单尚未到统计期（{words.metric('immature')}），"
            "未计入任何比率；订单数据补齐后重新计算。"
        )
    nobody = [e for e, s in data.evaluation.score_book.by_employee.items() if s.total is None]
    if nobody:
        warnings.append("没有总分、需人工决定：" + "、".join(data.name(e) for e in nobody))
    rejected = sum(i.rows_rejected for i in data.evaluation.month.inputs)
    if rejected:
        warnings.append(f"{rejected:,} 行数据被拒收，见「拒收的行」。")
    return warnings


def _ranking(data: Prepared) -> Block:
    """Agents by plan and rank; those without a rank last."""
    by_employee = data.evaluation.score_book.by_employee
    totals = {p.employee_id: p.amount for p in data.evaluation.pay.lines if p.line == payroll.TOTAL}

    def order(employee_id: str) -> tuple[bool, str, int, str]:
        score = by_employee.get(employee_id)
        if score is None or score.rank is None:
            return True, score.plan.name if score else "~", 0, employee_id
        return False, score.plan.name, score.rank, employee_id

    metrics = [m for m in _RANKING if m in data.metrics]
    rows: list[Row] = []
    for employee_id in sorted(data.employees, key=order):
        score = by_employee.get(employee_id)
        profile = data.evaluation.profiles[employee_id]
        own = data.figures.get(("agent", employee_id), {})
        rows.append(
            (
                score.rank if score else None,
                data.name(employee_id),
                visible(profile.group or ""),
                visible(score.plan.name) if score else "无方案",
                score.total if score else None,
                visible(score.grade or "") if score else "",
                *(kpi.cell(data, own.get(m)) for m in metrics),
                totals.get(employee_id),
            )
        )
    columns = (
        Column("名次", "id"), Column("姓名", "id"), Column("组"), Column("方案"), Column("总分", "points"),
        Column("等级"), *(kpi.head(data, m) for m in metrics), Column("工资（元）", "money"),
    )  # fmt: skip
    return Block("排名", columns, rows)


# ---- assists ---------------------------------------------------------------------------------------------
def _assists(data: Prepared) -> Block:
    """Who helped whom: assists on orders paid in the period, by helper, credited agent and kind (R-A6)."""
    pairs = (
        period_assists(data)
        .group_by("agent", "credited", "kind")
        .agg(pl.len().alias("orders"), pl.col("messages").sum(), pl.col("counted").sum())
        .sort("orders", "agent", "credited", "kind", descending=[True, False, False, False], nulls_last=True)
    )
    shown = pairs.head(ASSIST_LIMIT)
    rows = [
        (
            data.name(helper),
            data.name(credited) if credited else "（静默）",
            data.words.word("assists", kind),
            orders,
            messages,
            Decimal(counted) / 100,
        )
        for helper, credited, kind, orders, messages, counted in shown.iter_rows()
    ]
    columns = (
        Column("协助者"), Column("订单归属"), Column("协助"), Column("订单", "count"),
        Column("消息", "count"), Column("参考金额（元）", "money"),
    )  # fmt: skip
    more = (
        f"共 {pairs.height:,} 对，此处列前 {len(rows):,} 对，全部见 tables/assists.parquet。"
        if pairs.height > len(rows)
        else ""
    )
    note = "本期付款订单；参考金额不与销售额相加，一笔订单可有多人协助。"
    return Block("谁帮了谁", columns, rows, notes=(note, more) if more else (note,))


# ---- talks -----------------------------------------------------------------------------------------------
class TeamLists:
    """The worst conversations of the month: the first lost, unanswered and slow ones, and the counts."""

    def __init__(self, data: Prepared) -> None:
        turns = consult_turns(data)
        slow = turns.filter(pl.col("outcome") == "answered").sort(
            "wait", "opened", "shop", "buyer", descending=[True, False, False, False]
        )
        silent = turns.filter(pl.col("outcome") == "unanswered").sort("opened", "shop", "buyer", "agent")
        frames = (lost_receptions(data), silent, slow)
        self.totals = [frame.height for frame in frames]
        self.lost, self.silent, self.slow = (frame.head(TALK_LIMIT).to_dicts() for frame in frames)

    def keys(self) -> Iterator[Key]:
        """Every (shop, buyer, day) of which the page shows messages."""
        for rows in (self.lost, self.silent, self.slow):
            yield from ((r["shop"], r["buyer"], r["day"]) for r in rows)

    def shown(self, data: Prepared, talks: Talks) -> list[TalkList]:
        """The lists with their excerpts."""
        lost, silent, slow = self.totals
        no_answer = [_turn(data, talks, r) for r in self.silent]
        late = [_turn(data, talks, r) for r in self.slow]
        return [
            TalkList("流失的询单", "买家说得最多的在前", [_lost(data, talks, r) for r in self.lost], lost),
            TalkList("未应答", "当日没有等到客服消息的轮次", no_answer, silent),
            TalkList("慢响应", "等待超过 120 秒，最久的在前", late, slow),
        ]


def _lines(data: Prepared, talks: Talks, messages: list[Message]) -> Any:
    return talks.lines(messages[:EXCERPT_LINES], lambda m: data.name(m.agent) or "—", lambda text: text)


def _lost(data: Prepared, talks: Talks, row: Record) -> Talk:
    wait = f"首次响应 {row['first_wait']:,.0f} 秒" if row["first_wait"] is not None else "首轮未应答"
    return Talk(
        f"{row['day']:%m-%d}　{data.name(row['agent'])}　{visible(row['shop'])} / {visible(row['buyer'])}",
        f"买家 {row['buyer_messages']} 条，客服 {row['human_messages']} 条，{wait}",
        _lines(data, talks, talks.day((row["shop"], row["buyer"], row["day"]))),
    )


def _turn(data: Prepared, talks: Talks, row: Record) -> Talk:
    facts = f"等待 {row['wait']:,.0f} 秒" if row["outcome"] == "answered" else "当日未应答"
    key = (row["shop"], row["buyer"], row["day"])
    return Talk(
        f"{row['opened']:%m-%d %H:%M:%S}　{data.name(row['agent'])}　"
        f"{visible(row['shop'])} / {visible(row['buyer'])}",
        facts,
        _lines(data, talks, talks.around(key, row["opened"], row["replied"], before=4, after=12)),
    )
