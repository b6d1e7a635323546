"""The scene classifier, with scikit-learn: a logistic regression for each scene over the characters and pairs of
characters of single sentences.

It is trained when it is first asked, in a second or two, on the example sentences and anchor words of
``rules/scenes.yaml`` and on a shop's own labels; so there is no stored model that could be damaged or stale.
``sha256`` says what it was trained on: the same rules and labels give the same model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.ads.spelling import plain
from evaluator.insight.scenerules import OTHER, SceneRules

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

STRENGTH = 30.0  # inverse regularisation, chosen on left-out example sentences
ANCHOR_WEIGHT = 0.5  # what an anchor word counts, an example being 1; likewise chosen
LONGEST = 200  # characters of a sentence that are read

Floats = npt.NDArray[np.float64]

#: What the model learns from; ``weight``: what a text counts.
LESSONS = {"text": pl.String, "scene": pl.String, "weight": pl.Float64}


def in_plain_spelling(texts: pl.Series) -> pl.Series:
    """The spelling in which keywords and model read: lower case, half width, signs for numbers and contacts."""
    return plain(texts.str.slice(0, LONGEST), {})


def examples(rules: SceneRules) -> pl.DataFrame:
    """LESSONS: every example sentence."""
    rows = [(text, scene.id, 1.0) for scene in rules.scenes for text in scene.examples]
    return _lessons(rows + [(text, OTHER, 1.0) for text in rules.other_examples])


def anchors(rules: SceneRules) -> pl.DataFrame:
    """LESSONS: every anchor word, as a very short text."""
    return _lessons([(word, scene.id, ANCHOR_WEIGHT) for scene in rules.scenes for word in scene.anchors])


def _lessons(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    found = pl.DataFrame(rows, schema=LESSONS, orient="row")
    return found.with_columns(in_plain_spelling(found["text"]).alias("text"))


@dataclass(frozen=True)
class SceneModel:
    """``weights``: one row a scene, one column an n-gram."""

    scenes: tuple[str, ...]
    features: TfidfVectorizer
    weights: Floats
    intercepts: Floats
    sha256: str

    def probabilities(self, texts: pl.Series) -> Floats:
        """Of each text (in plain spelling) and scene; each scene is judged by itself, they need not add up to 1."""
        if not len(texts):
            return np.zeros((0, len(self.scenes)))
        scores = self.features.transform(_framed(texts)) @ self.weights.T + self.intercepts
        found: Floats = 1 / (1 + np.exp(-scores))
        return found


def _framed(texts: pl.Series) -> list[str]:
    """Beginning and end of a sentence are characters, too."""
    return ("\n" + texts + "\n").to_list()


def trained(rules: SceneRules, own: pl.DataFrame | None = None) -> SceneModel:
    """The model of these rules; ``own``: text, scene that a shop has labelled itself."""
    return _of_rules(rules) if own is None or not own.height else train(_with_own(rules, own))


@lru_cache(maxsize=2)
def _of_rules(rules: SceneRules) -> SceneModel:
    return train(pl.concat([examples(rules), anchors(rules)]))


def _with_own(rules: SceneRules, own: pl.DataFrame) -> pl.DataFrame:
    mine = _lessons(
        [(text, scene, rules.own_weight) for text, scene in own.select("text", "scene").iter_rows()]
    )
    return pl.concat([examples(rules), anchors(rules), mine])


def train(lessons: pl.DataFrame) -> SceneModel:
    """``lessons``: LESSONS, in plain spelling."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    told, weights = features.fit_transform(_framed(lessons["text"])), lessons["weight"].to_numpy()
    scenes = sorted(set(lessons["scene"]))
    judges = [
        LogisticRegression(
            C=STRENGTH,
            solver="liblinear",
            dual=True,
            tol=0.01,
            max_iter=1000,
            random_state=0,
            class_weight="balanced",
        ).fit(told, (lessons["scene"] == scene).to_numpy(), weights)
        for scene in scenes
    ]
    return SceneModel(
        tuple(scenes),
        features,
        np.concatenate([judge.coef_ for judge in judges]),
        np.concatenate([judge.intercept_ for judge in judges]),
        _fingerprint(lessons),
    )


def _fingerprint(lessons: pl.DataFrame) -> str:
    digest = hashlib.sha256(str(STRENGTH).encode())
    for text, scene, weight in lessons.iter_rows():
        digest.update(f"{text}\0{scene}\0{weight}\n".encode())
    return digest.hexdigest()
