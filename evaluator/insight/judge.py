"""Which scene a conversation is of. A person's label holds; else keywords decide; where none speaks, the
classifier; below its threshold the conversation is 其他. Each decision keeps what decided it, its score and the
sentence that hit.

One sentence speaks for one scene: of several whose keywords it has, the one that the classifier finds likeliest.
One conversation is of the scene that most of its sentences speak for, the earliest where equal."""

from __future__ import annotations

import numpy as np
import polars as pl

from evaluator.insight.model import SceneModel, in_plain_spelling
from evaluator.insight.scenerules import NONE, OTHER, Scene, SceneRules
from evaluator.shelf import slices

PLACES = 4  # of a probability
BATCH = 20_000  # texts at a time: their probabilities of all scenes fit in memory
WORDS = r"[\p{Han}a-z]"  # a text with none of these, such as a number, says nothing

#: Decisions on conversations. ``score``: sentences that hit (keyword), probability (model, other), 1 (label).
DECISIONS = {
    "v": pl.UInt32,
    "scene": pl.String,
    "by": pl.String,  # label, keyword, model; other: the model is not sure; none: the buyer wrote no words
    "score": pl.Float64,
    "sentence": pl.String,
}


def by_keyword(texts: pl.Series, rules: SceneRules, model: SceneModel) -> pl.DataFrame:
    """text (in plain spelling, distinct), scene: those whose keywords speak."""
    once = texts.unique(maintain_order=True).to_frame("text")
    anchored = once.filter(pl.col("text").str.contains_any(rules.anchors))
    hits = pl.concat(_hits(anchored, scene) for scene in rules.scenes)
    return hits.join(_likeness(hits, model), on=["text", "scene"], how="left", maintain_order="left").sort(
        "p", descending=True, nulls_last=True, maintain_order=True
    ).unique("text", keep="first", maintain_order=True).select("text", "scene")  # fmt: skip


def _hits(texts: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """text, scene."""
    found = texts.filter(pl.col("text").str.contains(scene.pattern))
    return found.select("text", pl.lit(scene.id).alias("scene"))


def _likeness(hits: pl.DataFrame, model: SceneModel) -> pl.DataFrame:
    """text, scene, p of the texts with keywords of several scenes, by the model."""
    several = hits.filter(pl.col("text").is_duplicated())
    once = several.select("text").unique(maintain_order=True).with_row_index("row")
    columns = pl.DataFrame({"scene": model.scenes}, schema={"scene": pl.String}).with_row_index("column")
    placed = several.join(once, on="text", maintain_order="left").join(
        columns, on="scene", maintain_order="left"
    )
    p = model.probabilities(once["text"])[placed["row"].to_numpy(), placed["column"].to_numpy()]
    return placed.select("text", "scene", pl.Series("p", p, dtype=pl.Float64))


def by_model(texts: pl.Series, model: SceneModel) -> pl.DataFrame:
    """text, said (the likeliest scene), p; beyond (the likeliest but 其他), q (its probability)."""
    return pl.concat(_likeliest(part.to_series(), model) for _, part in slices(texts.to_frame("text"), BATCH))


def _likeliest(texts: pl.Series, model: SceneModel) -> pl.DataFrame:
    found = model.probabilities(texts)
    names = pl.Series(model.scenes, dtype=pl.String)
    real = np.where(np.array(model.scenes) == OTHER, -1.0, found)
    told = {"text": texts}
    for name, sure, p in (("said", "p", found), ("beyond", "q", real)):
        told[name] = names.gather(p.argmax(axis=1))
        told[sure] = pl.Series(p.max(axis=1), dtype=pl.Float64)
    return pl.DataFrame(told)


def decide(said: pl.DataFrame, rules: SceneRules, model: SceneModel) -> pl.DataFrame:
    """DECISIONS on every conversation of ``said``: v, text (as written), paid; in the order of time."""
    rows = said.with_row_index("n").with_columns(in_plain_spelling(said["text"]).alias("plain"))
    rows = rows.filter(pl.col("plain").str.contains(WORDS))
    spoken = _meant(_by_words(rows, rules, model), rules)
    silent = rows.join(spoken, on="v", how="anti", maintain_order="left")
    guessed = _by_model(silent, rules, model)
    wordless = said.join(rows, on="v", how="anti").select("v").unique()
    none = wordless.select(
        "v", pl.lit(OTHER).alias("scene"), pl.lit(NONE).alias("by"), pl.lit(0.0).alias("score"),
        pl.lit("").alias("sentence"),
    )  # fmt: skip
    return pl.concat(
        [p.select(pl.col(c).cast(t) for c, t in DECISIONS.items()) for p in (spoken, guessed, none)]
    ).sort("v")


def _by_words(rows: pl.DataFrame, rules: SceneRules, model: SceneModel) -> pl.DataFrame:
    """v, n, text, paid, scene of the sentences that hit."""
    found = by_keyword(rows["plain"], rules, model)
    return rows.join(found, left_on="plain", right_on="text", how="inner", maintain_order="left")


def _meant(hits: pl.DataFrame, rules: SceneRules) -> pl.DataFrame:
    """The scene that most sentences of a conversation speak for."""
    counted = (
        hits.with_columns(_twin(rules).alias("scene"))
        .group_by("v", "scene")
        .agg(pl.len().cast(pl.Float64).alias("score"), pl.col("n").min(), pl.col("text").sort_by("n").first())
    )
    return (
        counted.sort("v", "score", "n", descending=[False, True, False])
        .unique("v", keep="first", maintain_order=True)
        .select("v", "scene", pl.lit("keyword").alias("by"), "score", pl.col("text").alias("sentence"))
    )


def _by_model(rows: pl.DataFrame, rules: SceneRules, model: SceneModel) -> pl.DataFrame:
    """The likeliest scene of the sentence of which the model is surest; 其他 where it is sure of none."""
    once = by_model(rows["plain"].unique(maintain_order=True), model)
    told = rows.join(once, left_on="plain", right_on="text", how="left", maintain_order="left")
    likeliest = told.sort("q", "n", descending=[True, False]).unique("v", keep="first", maintain_order=True)
    scene, sure = pl.col("beyond"), (pl.col("q") >= rules.threshold) & (pl.col("said") != OTHER)
    return likeliest.with_columns(scene.alias("scene")).select(
        "v",
        pl.when(sure).then(_twin(rules)).otherwise(pl.lit(OTHER)).alias("scene"),
        pl.when(sure).then(pl.lit("model")).otherwise(pl.lit("other")).alias("by"),
        pl.when(sure).then("q").otherwise("p").round(PLACES).alias("score"),
        pl.col("text").alias("sentence"),
    )


def _twin(rules: SceneRules) -> pl.Expr:
    """The scene that the words mean from one who has paid, or has not."""
    paid = {scene.id: scene.if_paid for scene in rules.scenes if scene.if_paid}
    unpaid = {scene.id: scene.if_unpaid for scene in rules.scenes if scene.if_unpaid}
    scene = pl.col("scene")
    return pl.when("paid").then(scene.replace(paid)).otherwise(scene.replace(unpaid))


def corrected(decisions: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """A person's label (v, scene) wins."""
    told = labels.select("v", pl.col("scene").alias("told"))
    found = decisions.join(told, on="v", how="left", maintain_order="left")
    has = pl.col("told").is_not_null()
    return found.with_columns(
        pl.coalesce("told", "scene").alias("scene"),
        pl.when(has).then(pl.lit("label")).otherwise("by").alias("by"),
        pl.when(has).then(1.0).otherwise("score").alias("score"),
    ).drop("told")
