"""``evaluator insight``: a month's folder, read and analysed, and what its conversations were about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl

from evaluator.assess.assessment import Assessment, Line
from evaluator.assess.compute import assess
from evaluator.assess.pack import Pack
from evaluator.assess.packfile import read_pack
from evaluator.dated import Stale
from evaluator.insight import labels, talk
from evaluator.insight.judge import corrected, decide
from evaluator.insight.model import SceneModel, trained
from evaluator.insight.peers import Figure, Peer, peer_of, standing
from evaluator.insight.scenerules import SceneRules, scene_rules
from evaluator.insight.summary import by_scene, lowest, worst
from evaluator.insight.tags import tag_counts
from evaluator.metrics.carefacts import ratings
from evaluator.metrics.measures import ScopeKey
from evaluator.metrics.monthfacts import PeriodView
from evaluator.model import MonthData
from evaluator.rulebook import RulesFinder, metric_catalogue
from evaluator.run import viewed
from evaluator.settings import load_month
from evaluator.sources import read_month
from evaluator.stopwatch import Progress
from evaluator.yamlfile import read_yaml

DIAGNOSIS = "platforms/taobao_service_diagnosis.yaml"
EXPERIENCE = "experience.yaml"
UNSURE = 100  # conversations that a person might label


@dataclass(frozen=True)
class Compared:
    """An item of 服务诊断 beside its peers."""

    line: Line
    peer: Peer
    standing: str


@dataclass(frozen=True)
class Scenes:
    """What the conversations of a shop were about. ``levels``: by_scene of levels 1, 2, 3; ``enough``: leaves with
    enough ratings to be among the ``worst``; ``lowest``, ``unsure``: conversations, with shop, buyer, agents,
    order_id (lowest); ``stages``: what decided → conversations; ``ratings`` that have a conversation, ``unplaced``
    that have none."""

    conversations: int
    levels: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
    worst: pl.DataFrame
    enough: int
    lowest: pl.DataFrame
    unsure: pl.DataFrame
    stages: dict[str, int]
    ratings: int
    unplaced: int


@dataclass(frozen=True)
class ShopInsight:
    """``tags``: TOP 10; None: there are none, for the reason ``no_tags``."""

    shop: str
    compared: tuple[Compared, ...]
    experience: Assessment
    tags: pl.DataFrame | None
    no_tags: str
    scenes: Scenes


@dataclass(frozen=True)
class Insight:
    """``all_tags``: of all shops together, where there are several. ``learned``: labels that the model learned
    from."""

    start: date
    end: date
    shops: tuple[ShopInsight, ...]
    all_tags: pl.DataFrame | None
    notes: tuple[str, ...]
    rules: SceneRules
    model: SceneModel
    learned: int
    names: dict[ScopeKey, str]


def insight_month(folder: Path, progress: Progress | None = None, scratch: Path | None = None) -> Insight:
    """Raises EvaluatorError for what a user can put right."""
    return insight_data(read_month(load_month(folder), progress, scratch), progress)


def insight_data(month: MonthData, progress: Progress | None = None) -> Insight:
    """The same, from a month as read."""
    stale: list[Stale] = []
    packs = [_pack(path, month.config.start, stale) for path in (DIAGNOSIS, EXPERIENCE)]
    config = replace(month.config, bundles={"insight": tuple(packs)}, assessed="insight")
    month = replace(month, config=config)
    view, names = viewed(month)
    if progress:
        progress("判定会话场景")
    talks = Talks(view, scene_rules())
    late = [f"{s.where}：这个值只核对到 {s.until}，请确认是否仍然适用" for s in stale]
    diagnosed, experiences = _by_shop(assess(view, names))
    shops = [name for kind, name in names if kind == "shop"]
    return Insight(
        config.start,
        config.end,
        tuple(_shop(shop, view, talks, diagnosed, experiences[shop]) for shop in shops),
        _tags(view, None)[0] if len(shops) > 1 else None,
        (*late, *talks.notes),
        talks.rules,
        talks.model,
        talks.learned,
        names,
    )


def _pack(path: str, day: date, stale: list[Stale]) -> Pack:
    finder = RulesFinder()
    root = read_yaml(finder.need(path), f"rules/{path}")
    return read_pack(root, Path(path).stem, day, stale, metric_catalogue(finder))


def _by_shop(found: Sequence[Assessment]) -> tuple[dict[str, Assessment], dict[str, Assessment]]:
    """服务诊断 and 咨询体验评级 of each shop."""
    experience = Path(EXPERIENCE).stem
    diagnosed = {a.shop: a for a in found if a.pack.id != experience}
    graded = {a.shop: a for a in found if a.pack.id == experience}
    return ({k: v for k, v in diagnosed.items() if k}, {k: v for k, v in graded.items() if k})


def _shop(
    shop: str, view: PeriodView, talks: Talks, diagnosed: dict[str, Assessment], experience: Assessment
) -> ShopInsight:
    tags, why = _tags(view, shop)
    return ShopInsight(
        shop,
        tuple(_compared(shop, n, diagnosed, view) for n in range(len(diagnosed[shop].lines))),
        experience,
        tags,
        why,
        talks.of_shop(shop),
    )


def _compared(shop: str, place: int, diagnosed: dict[str, Assessment], view: PeriodView) -> Compared:
    line = diagnosed[shop].lines[place]
    item = line.item
    figure = Figure(item.id, (item.name, item.request.id), item.lower_is_better, line.info.is_share)
    values: dict[str, Fraction | None] = {s: a.lines[place].cell.value for s, a in diagnosed.items()}
    peer = peer_of(figure, values, view.month.tables.get("peers"))
    return Compared(line, peer, standing(line.cell.value, peer, item.lower_is_better))


def _tags(view: PeriodView, shop: str | None) -> tuple[pl.DataFrame | None, str]:
    """The tags of a shop (None: of all) in the period, or why there are none."""
    if not view.month.has("ratings"):
        return None, "缺少 ratings 表"
    if not view.month.has("ratings", "tags"):
        return None, "ratings 表缺少 tags 列"
    rows = view.dated("ratings").filter(view.inside())
    return tag_counts(rows if shop is None else rows.filter(pl.col("shop") == shop)), ""


class Talks:
    """The period's conversations with their scenes."""

    def __init__(self, view: PeriodView, rules: SceneRules) -> None:
        self.view, self.rules = view, rules
        services = talk.conversations(view)
        told = labels.labelled(view, services, rules)
        own = services.join(told.rows, on="v", how="semi", maintain_order="left")
        lessons = labels.lessons(told.rows, talk.said(view, own)) if own.height else None
        self.learned = lessons.height if lessons is not None else 0
        self.model = trained(rules, lessons)
        paid = services.select("v", "paid")
        parts = [
            decide(part.join(paid, on="v", how="left", maintain_order="left"), rules, self.model)
            for part in talk.said(view, services)
        ]
        decisions = corrected(pl.concat(parts), told.rows)
        buyers = view.bucket.codes.buyers.select("b", "shop", "buyer")
        self.rows = services.join(decisions, on="v", how="left", maintain_order="left").join(
            buyers, on="b", how="left", maintain_order="left"
        )
        self.ratings = _placed(view, services)
        self.rated = _rated_by_shop(view)
        self.notes = tuple(told.notes)

    def of_shop(self, shop: str) -> Scenes:
        rows = self.rows.filter(pl.col("shop") == shop)
        ratings = self.ratings.join(rows.select("v"), on="v", how="semi", maintain_order="left")
        first, second, third = (by_scene(rows, ratings, self.rules, level) for level in (1, 2, 3))
        bad, enough = worst(third, self.rules)
        low = lowest(rows, ratings, self.rules)
        low = low.join(
            talk.orders(self.view, low.select("v", "b", "start", "end")),
            on="v",
            how="left",
            maintain_order="left",
        )
        unsure = rows.filter(pl.col("by").is_in(["model", "other"])).sort("score", "v").head(UNSURE)
        counts = rows.group_by("by").len().sort("by")
        return Scenes(
            rows.height,
            (first, second, third),
            bad,
            enough,
            self._staffed(low),
            self._staffed(unsure),
            dict(counts.iter_rows()),
            ratings.height,
            self.rated.get(shop, 0) - ratings.height,
        )

    def _staffed(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.join(talk.agents(self.view, rows.select("v")), on="v", how="left", maintain_order="left")


def _placed(view: PeriodView, services: pl.DataFrame) -> pl.DataFrame:
    """v, score; none where there are no ratings."""
    if not view.month.has("ratings"):
        return pl.DataFrame(schema={"v": pl.UInt32, "score": pl.Int64})
    return talk.rated(view, services)


def _rated_by_shop(view: PeriodView) -> dict[str, int]:
    """Ratings of people in the period, by shop."""
    if not view.month.has("ratings"):
        return {}
    found = ratings(view).filter(pl.col("rated") == "human").join(view.shop_codes(), on="s")
    return dict(found.group_by("shop").len().iter_rows())
