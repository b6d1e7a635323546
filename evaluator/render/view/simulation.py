"""A simulation as tables and charts: for a page and a workbook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from evaluator.attribution import JUDGMENTS
from evaluator.numbers import half_up, plain
from evaluator.render import charts
from evaluator.render.sheet import Block, Cell, Column, Row
from evaluator.render.text import visible
from evaluator.render.view.agent import Tile
from evaluator.render.words import Words, run_words
from evaluator.rulebook import label
from evaluator.simulate.bites import POINTS
from evaluator.simulate.compare import ZERO, Agent, Effect, JudgedMonth, Sensitivity, Simulation
from evaluator.simulate.inequality import gini, lorenz

BARS = 20  # greatest gains and greatest losses, each

NOTES = (
    "聊天、订单只读一遍；原方案与新方案用同样的指标、考勤与调整，只换规则。",
    "一个月里为负的提成基数按结转处理，不减少本月工资。",
    "敏感度：把新方案的一个数字改小、改大一成，其余不变；月数等整数至少改 1。权重变时，分档与名次的分数同比例变。"
    "会使档次颠倒、两线相等或分数超过权重的改法不试（—）。“减薪”指低于原方案。",
    "基尼系数：0 为人人相同，越大越不均；合计为负的按 0 计。",
    "关口、达成率上限的影响以分计，其余以元计；次数为人次（一人一月一次）；方案里没有的记 —。",
)


@dataclass(frozen=True)
class SimulationPage:
    plan: str
    period: str
    judgment: str
    tiles: list[Tile]
    warnings: list[str]
    agents: Block
    changes: charts.Bars
    lorenz: charts.Curves
    lines: Block
    limits: Block
    judged: list[Block]
    sensitivity: Block
    idle: Block
    review: Block
    notes: tuple[str, ...]


def simulation_page(found: Simulation) -> SimulationPage:
    """Everything that is shown."""
    words = _words(found)
    moving = sorted(found.sensitivity, key=lambda s: -_reach(s))
    return SimulationPage(
        visible(found.plan),
        "；".join(f"{m.start} 至 {m.config.end - timedelta(days=1)}" for m in found.months),
        f"新方案按{words.word('judgments', found.judgment)}" if found.judgment else "判定按各月的设置",
        _tiles(found),
        _one_sided(found),
        _agents(found),
        _changes(found),
        _lorenz(found),
        _lines(found, words),
        _limits(found),
        [_judged(month, found, words) for month in found.judged],
        _sensitivity("敏感度：每个数字改一成", [s for s in moving if _reach(s)]),
        _sensitivity("改一成也不影响任何人的数字", [s for s in moving if not _reach(s)]),
        _review(found, words),
        (*map(visible, found.settled), *NOTES),
    )


def _words(found: Simulation) -> Words:
    config = found.months[-1].config
    requests = {r.id: r for m in found.months for r in m.config.requests}
    return run_words(config.settings.model_dump(mode="json"), requests)


def _tiles(found: Simulation) -> list[Tile]:
    old, new = found.total
    share = f"{half_up((new - old) / old * 100, 2):+}%" if old else ""
    same = len(found.agents) - len(found.gainers) - len(found.losers)
    spread = [gini([getattr(a, side) for a in found.agents]) for side in ("old", "new")]
    return [
        Tile("原方案合计", f"{old:,.2f} 元", f"{len(found.agents)} 人，{len(found.months)} 个月"),
        Tile("新方案合计", f"{new:,.2f} 元"),
        Tile("相差", f"{new - old:+,.2f} 元", share),
        Tile("增加", f"{len(found.gainers)} 人", f"{sum((a.change for a in found.gainers), ZERO):+,.2f} 元"),
        Tile("减少", f"{len(found.losers)} 人", f"{sum((a.change for a in found.losers), ZERO):+,.2f} 元"),
        Tile("不变", f"{same} 人"),
        Tile("基尼系数", f"{half_up(spread[0], 3)} → {half_up(spread[1], 3)}", "原方案 → 新方案"),
    ]


def _one_sided(found: Simulation) -> list[str]:
    """Whom only one side pays: his difference is his whole pay, which would mislead."""
    told = []
    for side, plan in (("原方案", "old_plan"), ("新方案", "new_plan")):
        names = [visible(a.profile.name) for a in found.agents if not getattr(a, plan)]
        if names:
            told.append(
                f"{side}不适用、按 0 计的 {len(names)} 人：{'、'.join(names)}；他们的全部工资都算在差额里。"
            )
    return told


def _who(agent: Agent) -> tuple[str, str]:
    return visible(agent.profile.employee_id), visible(agent.profile.name)


def _agents(found: Simulation) -> Block:
    """From the greatest loss to the greatest gain."""
    rows: list[Row] = []
    for a in sorted(found.agents, key=lambda a: (a.change, a.profile.employee_id)):
        share = a.change / a.old if a.old else None
        plans = [visible(plan) or "（无方案）" for plan in (a.old_plan, a.new_plan)]
        group = visible(a.profile.group or "")
        rows.append((*_who(a), a.old, a.new, a.change, share, group, a.profile.role, *plans))
    old, new = found.total
    whole = (new - old) / old if old else None
    columns = (
        Column("工号", "id", 10),
        Column("姓名", width=10),
        Column("原工资（元）", "money", 13),
        Column("新工资（元）", "money", 13),
        Column("差额（元）", "money", 13),
        Column("差额占比", "ratio", 10),
        Column("组", width=10),
        Column("角色", width=8),
        Column("原方案", width=18),
        Column("新方案", width=18),
    )
    total = ("合计", f"{len(rows)} 人", old, new, new - old, whole, "", "", "", "")
    return Block("每个人的原工资与新工资", columns, rows, total=total)


def _changes(found: Simulation) -> charts.Bars:
    moved = sorted((a for a in found.agents if a.change), key=lambda a: -a.change)
    shown = moved if len(moved) <= 2 * BARS else [*moved[:BARS], *moved[-BARS:]]
    title = "每个人的差额（元）"
    if len(shown) < len(moved):
        title += f"：增加最多与减少最多的各 {BARS} 人，其余见表"
    return charts.bars(title, [(visible(a.profile.name), a.change) for a in shown])


def _lorenz(found: Simulation) -> charts.Curves:
    sides = [[getattr(a, side) for a in found.agents] for side in ("old", "new")]
    before, after = (half_up(gini(pay), 3) for pay in sides)
    told = f"基尼系数：原方案 {before}，新方案 {after}"
    told += "；曲线离对角线越远越不均。" if before != after else "，分布一样不均。"
    curves = [("原方案", lorenz(sides[0]), True), ("新方案", lorenz(sides[1]), False)]
    return charts.lorenz_chart("洛伦兹曲线：工资从低到高累计", told, curves)


def _lines(found: Simulation, words: Words) -> Block:
    rows = [(words.line(line), old, new, new - old) for line, (old, new) in found.lines.items()]
    columns = (
        Column("项目", width=20),
        Column("原方案（元）", "money", 14),
        Column("新方案（元）", "money", 14),
        Column("差额（元）", "money", 14),
    )
    old, new = found.total
    return Block("各项合计", columns, rows, total=("合计", old, new, new - old))


def _limits(found: Simulation) -> Block:
    rows: list[Row] = []
    for (kind, what), (old, new) in found.limits.items():
        unit = "points" if kind in POINTS else "money"
        sides = [(b.times, Cell(half_up(b.effect), unit)) if b else (None, None) for b in (old, new)]
        rows.append((kind, visible(what), *sides[0], *sides[1]))
    columns = (
        Column("类别", width=14),
        Column("内容", "wrap", 44),
        Column("原方案次数", "count", 11),
        Column("原方案影响", "money", 14, "关口、达成率上限：分；其余：元"),
        Column("新方案次数", "count", 11),
        Column("新方案影响", "money", 14, "关口、达成率上限：分；其余：元"),
    )
    return Block("关口与上限多久起一次作用", columns, rows)


def _judged(month: JudgedMonth, found: Simulation, words: Words) -> Block:
    """Pay of a month under the four judgments, and what changing the setting would give or take."""
    names = {a.profile.employee_id: visible(a.profile.name) for a in found.agents}
    own = month.pays[month.own]
    others = [j for j in JUDGMENTS if j != month.own]
    rows: list[Row] = []
    for employee in sorted(own):
        pays = [month.pays[j][employee] for j in others]
        differences = [pay - own[employee] for pay in pays]
        rows.append((visible(employee), names.get(employee, ""), own[employee], *pays, *differences))
    columns = (
        Column("工号", "id", 10),
        Column("姓名", width=10),
        Column(f"{words.word('judgments', month.own)}（本月设置）", "money", 15),
        *(Column(words.word("judgments", j), "money", 15) for j in others),
        *(Column(f"差：{words.word('judgments', j)}", "money", 15) for j in others),
    )
    sums = [sum(month.pays[j].values(), ZERO) for j in (month.own, *others)]
    total: Row = ("合计", f"{len(rows)} 人", *sums, *(s - sums[0] for s in sums[1:]))
    notes = tuple(_won_and_lost(words.word("judgments", j), month.pays[j], own) for j in others)
    return Block(f"账期 {month.start} 起", columns, rows, total=total, notes=notes)


def _won_and_lost(judgment: str, pays: dict[str, Decimal], own: dict[str, Decimal]) -> str:
    changes = [pays[employee] - amount for employee, amount in own.items()]
    more, less = [c for c in changes if c > 0], [c for c in changes if c < 0]
    return (
        f"改为{judgment}：{len(more)} 人增加共 {sum(more, ZERO):,.2f} 元，"
        f"{len(less)} 人减少共 {-sum(less, ZERO):,.2f} 元，合计 {sum(changes, ZERO):+,.2f} 元。"
    )


# ---- sensitivity ----
def _reach(row: Sensitivity) -> Decimal:
    """The most that a tenth moves the total."""
    return max((abs(effect.total) for effect in (row.down, row.up) if effect), default=ZERO)


def _sensitivity(title: str, found: list[Sensitivity]) -> Block:
    rows: list[Row] = []
    for row in found:
        plan, *path = row.path
        name = Cell(parameter_name(tuple(path)), note=visible(".".join(path)))
        rows.append((name, visible(plan), plain(row.value), *_effect(row.down), *_effect(row.up)))
    columns = (
        Column("参数", width=36),
        Column("方案", width=18),
        Column("现值", width=10),
        Column("小一成", width=10),
        Column("总额变化（元）", "money", 14),
        Column("减薪人数", "count", 10),
        Column("大一成", width=10),
        Column("总额变化（元）", "money", 14),
        Column("减薪人数", "count", 10),
    )
    return Block(title, columns, rows)


def _effect(effect: Effect | None) -> tuple[str | Decimal | int | None, ...]:
    return (plain(effect.value), effect.total, effect.losers) if effect else (None, None, None)


_NUMBERED = re.compile(r"(.+)#(\d+)", re.DOTALL)  # one of several of a name (``variants``)


def parameter_name(path: tuple[str, ...]) -> str:
    """``score conversion_rate worst`` → 评分 询单转化率 零分线."""
    words = run_words({}, {})
    told = []
    for before, key in zip(("", *path), path, strict=False):
        numbered = _NUMBERED.fullmatch(key)
        name, again = (numbered[1], numbered[2]) if numbered else (key, "")
        if name.isdigit():
            shown = f"第 {name} {'名' if before == 'points' else '档'}"
        elif before in ("score", "gates"):
            shown = words.metric(name)
        else:
            shown = label("plan_keys", name) if before not in ("grades", "allowances") else visible(name)
        told.append(f"{shown}（第 {again} 个）" if again else shown)
    return " ".join(told)


def _review(found: Simulation, words: Words) -> Block:
    rows: list[Row] = [
        (month, words.review(item.kind), visible(item.subject), visible(item.detail))
        for month, item in found.review
    ]
    columns = (
        Column("账期", width=12),
        Column("类别", width=20),
        Column("对象", width=20),
        Column("说明", "wrap", 70),
    )
    return Block("新方案下要人看的事", columns, rows)
