"""Training the ad classifier, with scikit-learn: on our own sentences, and on a shop's labels where it has some.

A fifth of the sentences is left out in turn and judged by a model that has seen none of them; calibration comes from
these, the threshold from customers' whole talks made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.ads import corpus, grams
from evaluator.ads.model import AdModel
from evaluator.ads.rules import AdRules
from evaluator.ads.spelling import plain

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

STRENGTH = 10.0  # inverse regularisation, chosen on left-out sections of the corpus
#: Of customers' whole talks that the model has not seen (``corpus.talks``), the share that may be taken for an ad, in a
#: month of which one customer in ten is difficult. Lookalikes teach and do not count: they are odd by design, and half
#: of them are what agents write.
FALSE_ALARMS = 1 / 1000
SHARES = {"customer": 0.9, "difficult": 0.1}  # of a month's customers
LOWEST, HIGHEST = 0.5, 0.99  # of a threshold
OWN = "本店标注"
OWN_WEIGHT = 5.0  # a label of the shop's own counts as so many sentences of ours


def train(rules: AdRules, own: pl.DataFrame | None = None) -> tuple[AdModel, pl.DataFrame]:
    """The model, and what each text scored when it was left out (text, kind, section, taught, probability).
    ``own``: text, ad of the shop's labels."""
    documents = _documents(rules, own)
    ad, weight = (documents["kind"] == "ad").to_numpy(), documents["weight"].to_numpy()
    taught = documents["taught"].to_numpy()
    counts = _counts(documents["text"], rules)
    idf = grams.inverse_frequencies(counts[taught])
    features = grams.weighed(counts, idf)
    left_out = _left_out(features, ad, weight, documents["fold"].to_numpy(), taught)
    slope, shift = _calibration(left_out[taught], ad[taught], weight[taught])
    probability = 1 / (1 + np.exp(-(slope * left_out + shift)))
    fitted = _fitted(features[taught], ad[taught], weight[taught])
    about = {
        "corpus": corpus.fingerprint(),
        "texts": int(taught.sum()),
        "ads": int(ad.sum()),
        "own_labels": 0 if own is None else own.height,
    }
    counted = documents.with_columns(pl.Series("probability", probability))
    model = AdModel(
        fitted.coef_[0].astype(np.float16),
        idf.astype(np.float16),
        round(float(fitted.intercept_[0]), 6),
        round(slope, 6),
        round(shift, 6),
        _threshold(counted),
        about,
    )
    return model, counted.select("text", "kind", "section", "taught", "probability")


def _documents(rules: AdRules, own: pl.DataFrame | None) -> pl.DataFrame:
    """text, kind, section, fold, taught (else: a talk that only the threshold is chosen on), weight."""
    teaching = corpus.documents().with_columns(taught=pl.lit(True))
    talks = corpus.talks().with_columns(taught=pl.lit(False))
    texts = pl.concat([teaching, talks]).with_columns(weight=pl.lit(1.0))
    if own is None or not own.height:
        return texts
    mine = own.select(
        "text",
        pl.when("ad").then(pl.lit("ad")).otherwise(pl.lit("customer")).alias("kind"),
        pl.lit(OWN).alias("section"),
        (pl.int_range(pl.len()) % corpus.FOLDS).alias("fold"),
        pl.lit(True).alias("taught"),
        pl.lit(OWN_WEIGHT).alias("weight"),
    )
    return pl.concat([texts, mine])


def _counts(documents: pl.Series, rules: AdRules) -> csr_matrix:
    """The n-grams of each document's distinct messages."""
    said = pl.DataFrame({"person": range(len(documents)), "text": documents.str.split("\n")}).explode("text")
    said = said.with_columns(plain(said["text"], rules.spellings).alias("text")).unique(maintain_order=True)
    return grams.matrix(said["text"], said["person"].to_numpy(), len(documents))


def _fitted(features: csr_matrix, ad: Bools, weight: Floats) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        C=STRENGTH, solver="liblinear", dual=True, tol=0.01, max_iter=1000, random_state=0
    ).fit(features, ad, weight)


def _left_out(
    features: csr_matrix, ad: Bools, weight: Floats, fold: npt.NDArray[np.int64], taught: Bools
) -> Floats:
    """Of each document: its score by a model that has seen none of its fold."""
    scores = np.zeros(len(ad))
    for out in range(corpus.FOLDS):
        held = fold == out
        known = taught & ~held
        scores[held] = _fitted(features[known], ad[known], weight[known]).decision_function(features[held])
    return scores


def _calibration(scores: Floats, ad: Bools, weight: Floats) -> tuple[float, float]:
    """Platt's slope and shift on left-out scores."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6).fit(scores.reshape(-1, 1), ad, weight)
    return float(fitted.coef_[0][0]), float(fitted.intercept_[0])


def _threshold(left_out: pl.DataFrame) -> float:
    """The lowest threshold that no more than FALSE_ALARMS of left-out talks reach, each kind weighed by its share."""
    talks = left_out.filter(~pl.col("taught")).sort("probability", descending=True)
    share = pl.col("kind").replace_strict(SHARES, return_dtype=pl.Float64) / pl.len().over("kind")
    alarms = talks.select("probability", share.cum_sum().alias("alarms"))
    least = alarms.filter(pl.col("alarms") > FALSE_ALARMS)["probability"][0]
    return round(float(np.clip(least + 0.001, LOWEST, HIGHEST)), 3)
