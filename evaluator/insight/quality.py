"""How good the scenes are, on sentences that the model has not seen (``docs/scenes.md`` holds the figures).

Example sentences are held out by fifths. Keywords and anchor words were written by whoever wrote the examples, so
what is measured on these flatters them; a file of sentences written later is the fairer judge of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.insight.judge import by_keyword, by_model
from evaluator.insight.model import SceneModel, anchors, examples, train, trained
from evaluator.insight.scenerules import LEVELS, OTHER, SceneRules

FOLDS = 5

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Quality:
    """Shares. ``model``: of the sentences, judged rightly by the model alone, without a threshold, at each level;
    ``keyword``: of the sentences, those in which a keyword speaks, ``keyword_right``: of these, rightly; ``sure``
    and ``sure_right``: likewise of the sentences without keyword the model above its threshold; ``level``: of the
    sentences, judged rightly as in a month (keywords, else the model, else 其他)."""

    sentences: int
    model: dict[str, float]
    keyword: float
    keyword_right: float
    sure: float
    sure_right: float
    level: dict[str, float]


def crossed(rules: SceneRules, folds: int = FOLDS) -> Quality:
    """Cross-validation over the examples of every scene."""
    texts = examples(rules).with_columns((pl.int_range(pl.len()).over("scene") % folds).alias("fold"))
    parts = []
    for fold in range(folds):
        held, rest = texts.filter(pl.col("fold") == fold), texts.filter(pl.col("fold") != fold).drop("fold")
        model = train(pl.concat([rest, anchors(rules)]))
        parts.append(_judged(held, rules, model))
    return _summary(pl.concat(parts), rules)


def held_out(texts: pl.DataFrame, rules: SceneRules) -> Quality:
    """``texts``: text (in plain spelling), scene, none of them an example."""
    return _summary(_judged(texts, rules, trained(rules)), rules)


def _judged(texts: pl.DataFrame, rules: SceneRules, model: SceneModel) -> pl.DataFrame:
    """Adds ``word``, what keywords say (null: nothing), and ``said``, ``p``, what the model says."""
    spoken = by_keyword(texts["text"], rules, model).rename({"scene": "word"})
    rows = texts.hstack(by_model(texts["text"], model).select("said", "p"))
    return rows.join(spoken, on="text", how="left", maintain_order="left")


def _summary(judged: pl.DataFrame, rules: SceneRules) -> Quality:
    rows = judged.with_columns(_as_meant("word", rules), _as_meant("said", rules))
    by_word, sure = pl.col("word").is_not_null(), pl.col("p") >= rules.threshold
    whole = pl.coalesce("word", pl.when(sure).then("said").otherwise(pl.lit(OTHER)))
    rows = rows.with_columns(whole.alias("whole"))
    hit, open_ = rows.filter(by_word), rows.filter(~by_word)
    certain = open_.filter(sure)
    return Quality(
        sentences=rows.height,
        model={level: _right(rows, "said", level, rules) for level in LEVELS},
        keyword=hit.height / rows.height,
        keyword_right=_right(hit, "word", "level3", rules),
        sure=certain.height / max(open_.height, 1),
        sure_right=_right(certain, "said", "level3", rules),
        level={level: _right(rows, "whole", level, rules) for level in LEVELS},
    )


def _as_meant(column: str, rules: SceneRules) -> pl.Expr:
    """A scene as it would be in a month, where it is known whether the buyer has paid: the twin that is meant."""
    twins = {(s.id, twin) for s in rules.scenes for twin in (s.if_paid, s.if_unpaid) if twin}
    same = pl.concat_str(column, pl.lit(" "), "scene").is_in([f"{a} {b}" for a, b in sorted(twins)])
    return pl.when(same).then("scene").otherwise(column).alias(column)


def _right(rows: pl.DataFrame, said: str, level: str, rules: SceneRules) -> float:
    """Share of the rows whose ``said`` is of the scene's own branch at this level."""
    if not rows.height:
        return 0.0
    branches = {
        scene: "/".join(names) for scene, *names in rules.tree.select("scene", *_upto(level)).iter_rows()
    }
    same = rows.select(pl.col(said).replace_strict(branches) == pl.col("scene").replace_strict(branches))
    return float(same.to_series().mean())  # type: ignore[arg-type]


def _upto(level: str) -> tuple[str, ...]:
    return LEVELS[: LEVELS.index(level) + 1]
