"""team.html: the month for the team lead, with names; nothing of the run is left out (SPEC §10)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from evaluator.render.sheet import Block, Cell, Column, Row
from evaluator.render.text import page_files
from evaluator.render.view import kpi, links, method, payroll, review, scores
from evaluator.render.view.agent import Tile
from evaluator.render.view.distribution import Distributions, distributions
from evaluator.render.view.glance import all_shops, glance_block
from evaluator.render.view.load import HeatMap, heat_maps
from evaluator.render.view.network import Network, network
from evaluator.render.view.noteworthy import TalkList, TeamLists
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.ranking import Ranking, ranking
from evaluator.render.view.speed import Speed, speed
from evaluator.render.view.talks import Talks

REJECT_LIMIT = 100


@dataclass
class TeamPage:
    tiles: list[Tile]
    warnings: list[str]
    glance: Block
    ranking: Ranking
    spread: Distributions
    speed: Speed | None
    load: list[HeatMap]
    network: Network
    agent_links: list[tuple[str, str]]  # name, file
    agents: list[Block]
    groups: list[Block]
    shops: list[Block]
    pay: Block
    balances: Block
    score_totals: Block
    score_details: Block
    links: Block
    silent: Block
    talks: list[TalkList]
    missing: Block
    immature: Block
    filters: Block
    review: list[tuple[str, list[tuple[str, str, int]]]]
    rejects: Block
    inputs: Block
    settings: Block
    assessed: bool = False  # there is an assessment.html


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
        glance=glance_block(data),
        ranking=ranking(data),
        spread=distributions(data),
        speed=speed(data),
        load=heat_maps(data),
        network=network(data),
        agent_links=[(data.name(i), file) for i, file in page_files(data.employees).items()],
        agents=matrices("agent"),
        groups=matrices("group"),
        shops=matrices("shop"),
        pay=payroll.payroll_block(data),
        balances=payroll.balance_block(data),
        score_totals=scores.total_block(data),
        score_details=scores.detail_block(data),
        links=links.block(data),
        silent=_silent(data),
        talks=lists.shown(data, talks),
        missing=kpi.missing_block(data),
        immature=_immature(data),
        filters=review.filters_block(data),
        review=review.review_groups(data),
        rejects=review.rejects_block(data, REJECT_LIMIT),
        inputs=method.inputs_block(data),
        settings=method.settings_block(data),
        assessed=bool(data.evaluation.assessments),
    )


# ---- head ------------------------------------------------------------------------------------------------
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
            note = data.words.say("，").join(part for part in (cell.note, more) if part)
            tiles.append(
                Tile(data.words.metric(metric), data.words.quantity(cell.value, cell.kind or "text"), note)
            )
    total = data.evaluation.pay.payroll_total
    people = len({p.employee_id for p in data.evaluation.pay.lines})
    say = data.words.say
    tiles.append(Tile(say("工资总额"), data.words.quantity(total, "money"), say("{n} 人", n=people)))
    return tiles


def _warnings(data: Prepared) -> list[str]:
    """What the reader must know before he trusts the numbers."""
    words, say = data.words, data.words.say
    warnings: list[str] = []
    warnings.extend(links.warnings(data))
    immature = all_shops(data, "immature")
    if immature is not None and immature.value and Decimal(immature.value):
        waiting, name = f"{Decimal(immature.value):,.0f}", words.metric("immature")
        warnings.append(
            say(
                "{n} 个询单尚未到统计期（{name}），未计入任何比率；订单数据补齐后重新计算。",
                n=waiting,
                name=name,
            )
        )
    nobody = [e for e, s in data.evaluation.score_book.by_employee.items() if s.total is None]
    if nobody:
        names = say("、").join(data.name(e) for e in nobody)
        warnings.append(say("没有总分、需人工决定：{names}", names=names))
    rejected = sum(i.rows_rejected for i in data.evaluation.month.inputs)
    if rejected:
        warnings.append(say("{n} 行数据被拒收，见「拒收的行」。", n=f"{rejected:,}"))
    return warnings


# ---- silent, immature --------------------------------------------------------------------------------------
def _silent(data: Prepared) -> Block:
    """What each shop sold, by agents and silently (R-A5)."""
    metrics = [
        m for m in ("shop_sales", "silent_sales", "silent_share", "silent_orders") if m in data.metrics
    ]
    rows: list[Row] = [
        (kpi.scope_name(data, "shop", shop), *(kpi.cell(data, data.figure("shop", shop, m)) for m in metrics))
        for shop in data.ids("shop")
    ]
    return Block("静默", (Column("店铺"), *(kpi.head(data, m) for m in metrics)), rows)


def _immature(data: Prepared) -> Block:
    """Figures whose time is not over yet: of how many, and why (R-I5)."""
    found: dict[tuple[str, str], list[str]] = {}
    for (scope, id), own in data.figures.items():
        for figure in own.values():
            if figure.status == "immature":
                name = kpi.scope_name(data, scope, id)
                found.setdefault((figure.metric, kpi.reason(data, figure)), []).append(name)
    rows: list[Row] = []
    for (metric, why), names in sorted(found.items()):
        shown = data.words.say("、").join(names[:12])
        more = data.words.say("{names} 等 {n} 个", names=shown, n=len(names)) if len(names) > 12 else shown
        rows.append((data.words.metric(metric), Cell(len(names), "count"), why, more))
    columns = (Column("指标"), Column("处数", "count"), Column("原因", "wrap"), Column("涉及", "wrap"))
    return Block("未到期", columns, rows)
