"""What an insight shows, as tables: the same ones printed, on a page and in a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from evaluator.assess.assessment import Line, shortfall
from evaluator.assess.told import remarks
from evaluator.assess.windows import Days
from evaluator.insight.peers import LEAST
from evaluator.insight.scenerules import LEVELS, OTHER, SEPARATOR
from evaluator.insight.study import Compared, Insight, ShopInsight
from evaluator.numbers import Number, half_up, plain
from evaluator.render.sheet import Block, Cell, Column, Item, Row
from evaluator.render.text import clip, visible

STAGES = {
    "label": "人工标注",
    "keyword": "关键词",
    "model": "模型",
    "other": "拿不准，归其他",
    "none": "顾客没有说话",
}
SOURCES = {"peers": "peers 表", "shops": "本次各店", "": ""}
SENTENCE = 120  # characters of a sentence that are shown
NOT_PUBLISHED = (
    "平台尚未公布这项评级的口径：指标、权重、分数线都是可以改的自评（rules/experience.yaml），不是官方评级。"
)
_LEVELS = ("一级场景", "二级场景", "三级场景")


@dataclass(frozen=True)
class Section:
    """``id``: of its place on the page; ``folded``: blocks from this one on are shown on demand."""

    id: str
    title: str
    blocks: list[Block]
    notes: tuple[str, ...] = ()
    folded: int = 99


def period(found: Insight) -> str:
    return f"{found.start} 至 {found.end - timedelta(days=1)}"


def sections(found: Insight, shop: ShopInsight) -> list[Section]:
    """Everything about one shop."""
    return [
        Section("peers", "与同行比", [_peers(shop)]),
        Section("tags", "评价标签 TOP 10", _tags(found, shop)),
        Section("scenes", "会话场景", _scenes(shop), _scene_notes(found, shop), folded=2),
        Section("worst", "满意率最低的场景", [_worst(found, shop)]),
        Section("lowest", "评分最低的会话", [_lowest(found, shop)]),
        Section("grade", "咨询体验评级", [_grade(shop)], (NOT_PUBLISHED,)),
    ]


def unsure(found: Insight, shop: ShopInsight) -> Block:
    """Conversations that a person might label: the first four columns are those of ``scene_labels.csv``."""
    columns = (
        Column("shop"), Column("buyer", "id", 18), Column("day", "date", 12), Column("scene", width=28),
        Column("依据"), Column("把握", "factor"), Column("最像的一句话", "wrap", 60),
    )  # fmt: skip
    rows = [
        (
            visible(r["shop"]), visible(r["buyer"]), _day(r["day"]), visible(found.rules.path(r["scene"])),
            STAGES[r["by"]], r["score"], clip(r["sentence"], SENTENCE),
        )
        for r in shop.scenes.unsure.iter_rows(named=True)
    ]  # fmt: skip
    note = (
        "改正 scene 一列（场景的 id 或三级全称），前四列存成月份文件夹里的 scene_labels.csv，"
        "再运行一次就以人工为准。"
    )
    return Block("程序最没把握的会话，供人工改正", columns, rows, notes=(note,))


# ---- peers ----
def _peers(shop: ShopInsight) -> Block:
    columns = (
        Column("指标", width=20), Column("本店", "ratio", 12), Column("同行平均", "ratio", 12, "60 分位，从差到好数"),
        Column("同行优秀", "ratio", 12, "90 分位，从差到好数"), Column("位置", "id", 10), Column("依据", "id", 16),
        Column("说明", "wrap", 50),
    )  # fmt: skip
    notes = ["同行平均是 60 分位，同行优秀是 90 分位，都从最差数到最好。"]
    alone = not any(one.peer.source for one in shop.compared)
    if alone:
        notes.append(f"没有 peers 表，本次的店铺也不到 {LEAST} 家，没有同行可比。")
    rows = [_peer_row(one, told=not alone) for one in shop.compared]
    return Block(f"与同行比　{visible(shop.shop)}", columns, rows, notes=tuple(notes))


_UNITS = {"s": "（秒）", "hours": "（小时）"}


def _peer_row(one: Compared, told: bool) -> Row:
    """``told``: why a figure of the peers is missing."""
    line, peer = one.line, one.peer
    rests = SOURCES[peer.source] + (f"（{peer.shops} 家）" if peer.source and peer.shops else "")
    why = [line.reason] if line.cell.status == "missing" else []
    more = [text for text in (*why, peer.reason if told else "") if text]
    if line.item.lower_is_better:
        more.append("越低越好")
    return (
        visible(line.item.name) + _UNITS.get(line.info.unit, ""),
        _figure(line, line.cell.value),
        _figure(line, peer.average),
        _figure(line, peer.excellent),
        one.standing,
        rests,
        visible("；".join(more)),
    )


def _figure(line: Line, value: Number | None) -> Cell:
    kind = {"ratio": "ratio", "s": "seconds", "hours": "hours", "yuan": "money"}.get(line.info.unit, "count")
    return Cell(None if value is None else half_up(value, 10), kind)


# ---- tags ----
_TAGS = (
    Column("标签", width=20), Column("次数", "count"), Column("占评价", "ratio"), Column("平均分", "points"),
    Column("满意（4–5 分）", "count"), Column("不满意（1–3 分）", "count"),
)  # fmt: skip


def _tags(found: Insight, shop: ShopInsight) -> list[Block]:
    made = [_tag_block(f"评价标签　{visible(shop.shop)}", shop.tags, shop.no_tags)]
    if found.all_tags is not None:
        made.append(_tag_block("评价标签　全部店铺", found.all_tags, ""))
    return made


def _tag_block(title: str, tags: pl.DataFrame | None, why: str) -> Block:
    if tags is None:
        return Block(title, _TAGS, notes=(f"没有标签：{why}",))
    rows = [
        (visible(r["tag"]), r["count"], _number(r["share"]), _number(r["mean"]), r["good"], r["bad"])
        for r in tags.iter_rows(named=True)
    ]
    return Block(title, _TAGS, rows, notes=() if rows else ("本期的评价都没有标签。",))


# ---- scenes ----
def _scenes(shop: ShopInsight) -> list[Block]:
    return [
        Block(
            f"{name}　{visible(shop.shop)}",
            _scene_columns(level),
            [_scene_row(r, level) for r in frame.iter_rows(named=True)],
        )
        for level, (name, frame) in enumerate(zip(_LEVELS, shop.scenes.levels, strict=True), 1)
    ]


def _scene_columns(level: int) -> tuple[Column, ...]:
    return (
        *(Column(name, width=14) for name in _LEVELS[:level]),
        Column("会话", "count"), Column("占比", "ratio"), Column("满意率", "ratio"), Column("平均分", "points"),
        Column("首次响应（秒）", "seconds"),
    )  # fmt: skip


def _scene_row(r: dict[str, Any], level: int) -> Row:
    liked = f"{r['good']} / {r['ratings']}" if r["ratings"] else ""
    waited = f"{r['first_responses']} 次" if r["first_responses"] else ""
    return (
        *(visible(r[name]) for name in LEVELS[:level]),
        r["conversations"],
        _number(r["share"]),
        Cell(_number(r["satisfaction"]), note=liked),
        _number(r["mean_score"]),
        Cell(seconds(r["first_wait"]), note=waited),
    )


def _scene_notes(found: Insight, shop: ShopInsight) -> tuple[str, ...]:
    scenes = shop.scenes
    stages = "，".join(
        f"{STAGES[by]} {n:,}"
        for by, n in sorted(scenes.stages.items(), key=lambda p: list(STAGES).index(p[0]))
    )
    told = [f"共 {scenes.conversations:,} 次会话（一次服务，R-C10）；判定依据：{stages or '无'}。"]
    if scenes.ratings or scenes.unplaced:
        told.append(
            f"人工评价 {scenes.ratings + scenes.unplaced:,} 个，其中 {scenes.ratings:,} 个对上了当天的会话，"
            f"{scenes.unplaced:,} 个没有对上，不计入场景。"
        )
    if found.learned:
        told.append(f"模型学习了本月 {found.learned} 次人工标注的会话。")
    return (*told, "模型判定会有错，准确率见 docs/scenes.md；满意率请连同评价个数一起看。")


def _worst(found: Insight, shop: ShopInsight) -> Block:
    scenes, least = shop.scenes, found.rules.min_ratings
    note = (
        f"评价不少于 {least} 个的三级场景才排名：{scenes.levels[2].height} 个场景中有 {scenes.enough} 个够，"
        f"列出 {scenes.worst.height} 个。"
    )
    rows = [_scene_row(r, 3) for r in scenes.worst.iter_rows(named=True)]
    return Block(f"满意率最低的场景　{visible(shop.shop)}", _scene_columns(3), rows, notes=(note,))


def _lowest(found: Insight, shop: ShopInsight) -> Block:
    columns = (
        Column("评分", "count", 8), Column("开始", "time", 20), Column("买家", "id", 16), Column("客服", width=14),
        Column("场景", "id", 16), Column("命中的话", "wrap", 44), Column("依据", "id", 16),
        Column("首次响应（秒）", "seconds"), Column("最长等待（秒）", "seconds"), Column("未应答轮次", "count"),
        Column("订单", "id", 22),
    )  # fmt: skip
    rows = [_lowest_row(found, r) for r in shop.scenes.lowest.iter_rows(named=True)]
    note = (
        f"按评分、未应答轮次、最长等待排序，至多 {found.rules.lowest} 次；"
        "订单为聊天中提到的，否则为会话结束前最近拍下的一笔。"
    )
    return Block(f"评分最低的会话　{visible(shop.shop)}", columns, rows, notes=(note,))


def _lowest_row(found: Insight, r: dict[str, Any]) -> Row:
    *above, leaf = found.rules.names(r["scene"])
    return (
        r["rating"],
        r["start"],
        visible(r["buyer"]),
        visible(staff(found, r["agents"])),
        Cell(visible(leaf), note=visible(SEPARATOR.join(above)) if r["scene"] != OTHER else ""),
        clip(r["sentence"], SENTENCE),
        _why(r),
        seconds(r["first_wait"]),
        seconds(r["longest_wait"]),
        r["unanswered"],
        visible(r["order_id"] or ""),
    )


def _why(r: dict[str, Any]) -> str:
    """What decided, and its score: sentences that hit, or a probability."""
    told, score = STAGES[r["by"]], plain(Fraction(str(r["score"])), 2)
    return {"keyword": f"{told}（{score} 句）", "model": f"{told} {score}", "other": f"{told} {score}"}.get(
        r["by"], told
    )


def staff(found: Insight, agents: str | None) -> str:
    """Names of the agents of a conversation."""
    ids = (agents or "").split("、")
    return "、".join(found.names.get(("agent", a), a) or a for a in ids)


# ---- grade ----
def _grade(shop: ShopInsight) -> Block:
    columns = (
        Column("指标", width=18), Column("数值", "ratio", 12), Column("目标", "ratio", 12), Column("得分", "points"),
        Column("说明", "wrap", 60),
    )  # fmt: skip
    experience = shop.experience
    rows = [
        (
            visible(line.item.name) + _UNITS.get(line.info.unit, ""),
            _figure(line, line.cell.value),
            _figure(line, line.item.target),
            line.points,
            visible(
                "；".join(remarks(line, _days(line)) if not shortfall(line) else [shortfall(line), line.how])
            ),
        )
        for line in experience.lines
    ]
    total: tuple[Item, ...] | None = None
    if experience.total is not None:
        total = ("总分", None, None, experience.total, visible(experience.grade or "没有等级"))
    notes = (visible(f"没有总分：{experience.why_none}"),) if experience.why_none else ()
    return Block(f"{visible(experience.pack.name)}　{visible(shop.shop)}", columns, rows, total, notes)


def _days(line: Line) -> Days:
    return line.days


# ---- values ----
def _number(value: float | None) -> Decimal | None:
    return None if value is None else half_up(Fraction(str(value)), 10)


def seconds(ms: float | None) -> Decimal | None:
    """Milliseconds as seconds."""
    return None if ms is None else half_up(Fraction(str(ms)) / 1000, 3)


def _day(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)
