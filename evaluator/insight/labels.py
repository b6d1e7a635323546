"""``scene_labels``: what a person says a buyer's conversations of a day were about. A label wins over keywords and
model, and what the buyer said becomes training text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from evaluator.insight.model import LONGEST
from evaluator.insight.scenerules import SceneRules
from evaluator.metrics.monthfacts import PeriodView

TABLE = "scene_labels"


class Labels(NamedTuple):
    """``rows``: v, scene; ``notes``: what a person should put right, in Chinese."""

    rows: pl.DataFrame
    notes: list[str]


def labelled(view: PeriodView, services: pl.DataFrame, rules: SceneRules) -> Labels:
    """The labels of the period's services; of several on one buyer and day the last row holds."""
    none = pl.DataFrame(schema={"v": pl.UInt32, "scene": pl.String})
    if TABLE not in view.month.tables:
        return Labels(none, [])
    told = view.month.tables[TABLE].with_row_index("n").with_columns(
        pl.col("day").to_physical(), _meant(view.month.tables[TABLE]["scene"], rules).alias("meant")
    )  # fmt: skip
    inside = told.filter(view.inside())
    unknown = inside.filter(pl.col("meant").is_null())
    notes = [
        f"{TABLE} 第 {row} 行：没有场景“{scene}”，未采用；"
        "可写场景的 id、三级全称，或不重名的末级名称（rules/scenes.yaml）"
        for row, scene in unknown.select("_row", "scene").iter_rows()
    ]
    named = view.buyers_of(inside.drop_nulls("meant")).sort("n")
    named = named.with_columns(pl.col("b").cast(pl.Int32)).unique(
        ["shop", "buyer", "day"], keep="last", maintain_order=True
    )
    found = named.join(services.select("v", "b", "day"), on=["b", "day"], how="left", maintain_order="left")
    lost = found.filter(pl.col("v").is_null())
    if lost.height:
        some = "、".join(f"{buyer}" for buyer in lost["buyer"].head(3))
        notes.append(
            f"{TABLE}：{lost.height} 行（例如 {some}）当天没有人工会话，标注没有作用；请核对店铺、昵称与日期"
        )
    rows = found.drop_nulls("v").unique("v", keep="last", maintain_order=True)
    return Labels(rows.select(pl.col("v").cast(pl.UInt32), pl.col("meant").alias("scene")), notes)


def _meant(told: pl.Series, rules: SceneRules) -> pl.Series:
    meant = {scene: rules.meant(scene) for scene in told.unique().drop_nulls()}
    return told.replace_strict(meant, default=None, return_dtype=pl.String)


def lessons(labels: pl.DataFrame, texts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """text, scene: what was said in the labelled services, a service a text."""
    own = [part.join(labels, on="v", how="semi", maintain_order="left") for part in texts]
    joined = pl.concat(own).filter(pl.col("text") != "").group_by("v", maintain_order=True).agg(
        pl.col("text").str.join("，").str.slice(0, LONGEST)
    )  # fmt: skip
    return joined.join(labels, on="v", maintain_order="left").select("text", "scene")
