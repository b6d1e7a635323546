"""The ad classifier as it is used: a logistic regression over hashed character n-grams (SPEC §3.1, second stage).

A model is a file of numbers and a line of text, never pickled code: ``weights`` and ``idf`` (half-precision
numbers, one an n-gram bucket) and ``about`` (JSON: format, hashing, training text, threshold, calibration, checksum
of all of it). One that is damaged or of another format is refused with an error that says so; whoever loads it
decides what to use instead, aloud.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.ads import grams
from evaluator.ads.spelling import SIGNS
from evaluator.ads.wrote import Wrote
from evaluator.model import EvaluatorError
from evaluator.rulebook import RulesFinder

FORMAT = 1
BUILTIN = "ads/model.npz"  # below rules/
KEYS = ("format", "hashing", "bits", "longest", "shortest")  # a model of others is another version
WORDS = 5  # at most so many are told

_STRETCH = re.compile("x+")
_WORD = re.compile(f"[{''.join(SIGNS)}]|[^\\W\\d_]{{2,12}}")


@dataclass(frozen=True)
class AdModel:
    """``weights`` and ``idf`` by n-gram bucket; ``intercept``; ``slope`` and ``shift`` turn the score into
    a probability (Platt); ``threshold``: from this probability on somebody is an advertiser."""

    weights: npt.NDArray[np.float16]
    idf: npt.NDArray[np.float16]
    intercept: float
    slope: float
    shift: float
    threshold: float
    about: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def _exact(self) -> tuple[grams.Weights, grams.Weights]:
        return self.weights.astype(np.float32), self.idf.astype(np.float32)

    def probabilities(self, wrote: Wrote) -> pl.DataFrame:
        """``wrote``: b, t, distinct, in plain spelling. Out: b, ``p``, how likely he is an advertiser, 0…1."""
        rows = wrote.rows.sort("b")
        people = rows.select("b").unique(maintain_order=True)
        person = rows["b"].rle_id().to_numpy().astype(np.int64)
        which = rows["t"].to_numpy().astype(np.int64)
        score = grams.scores(wrote.texts, which, person, people.height, *self._exact) + self.intercept
        p = 1 / (1 + np.exp(-(self.slope * score + self.shift)))
        return people.select("b", pl.Series("p", p, dtype=pl.Float64))

    def words(self, texts: pl.Series) -> Iterator[list[tuple[str, float]]]:
        """Of each text (in plain spelling) the stretches that speak for an ad most, heaviest first, with what each adds
        to the log-odds."""
        shares = grams.weights_of_characters(texts, *self._exact)
        for text, share in zip(texts, shares, strict=True):
            yield _heaviest(text, share * self.slope)

    def save(self, path: Path) -> None:
        """Writes the model; the same model is the same bytes."""
        about = self._described()
        about["sha256"] = _checksum(about, self.weights, self.idf)
        buffer = io.BytesIO()
        text = np.frombuffer(json.dumps(about, ensure_ascii=False, sort_keys=True).encode(), dtype=np.uint8)
        np.savez_compressed(buffer, weights=self.weights, idf=self.idf, about=text)
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(buffer.getvalue())
        partial.replace(path)

    def _described(self) -> dict[str, Any]:
        return self.about | {
            "format": FORMAT,
            "hashing": grams.HASHING,
            "bits": grams.BITS,
            "longest": grams.LONGEST_GRAM,
            "shortest": grams.SHORTEST,
            "intercept": self.intercept,
            "slope": self.slope,
            "shift": self.shift,
            "threshold": self.threshold,
        }


def _heaviest(text: str, shares: grams.Floats) -> list[tuple[str, float]]:
    found: dict[str, float] = {}
    for stretch in _STRETCH.finditer(np.where(shares > 0, b"x", b" ").tobytes().decode()):
        for word in _WORD.finditer(text, stretch.start(), stretch.end()):
            weight = float(shares[word.start() : word.end()].sum())
            found[word[0]] = found.get(word[0], 0.0) + weight
    heaviest = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [(word, round(weight, 2)) for word, weight in heaviest[:WORDS]]


def _checksum(about: dict[str, Any], *numbers: npt.NDArray[np.float16]) -> str:
    text = json.dumps({k: v for k, v in about.items() if k != "sha256"}, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(text.encode())
    for array in numbers:
        digest.update(b"\0" + array.astype("<f2").tobytes())
    return digest.hexdigest()


def load(path: Path) -> AdModel:
    """Reads a model. Errors: EvaluatorError where the file is none, is damaged, or is of another format."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            weights, idf = stored["weights"], stored["idf"]
            about = json.loads(stored["about"].tobytes())
        same = all(a.dtype == np.float16 and a.shape == (grams.BUCKETS,) for a in (weights, idf))
        made = [about[key] for key in KEYS]
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise EvaluatorError(f"{path.name}：广告模型文件损坏或不是模型文件，读不出；{_AGAIN}") from error
    if made != [FORMAT, grams.HASHING, grams.BITS, grams.LONGEST_GRAM, grams.SHORTEST]:
        raise EvaluatorError(f"{path.name}：广告模型是另一个版本（{made[0]}）训练的，本程序用不了；{_AGAIN}")
    if not same or about.get("sha256") != _checksum(about, weights, idf):
        raise EvaluatorError(f"{path.name}：广告模型的校验和不对，文件损坏或被改过；{_AGAIN}")
    intercept, slope, shift, threshold = (
        float(about[name]) for name in ("intercept", "slope", "shift", "threshold")
    )
    return AdModel(weights, idf, intercept, slope, shift, threshold, about)


_AGAIN = "请用 evaluator ads train 重新训练，或删掉这个文件"


@lru_cache(maxsize=1)
def builtin() -> AdModel:
    """The model that ships with the program."""
    return load(RulesFinder().need(BUILTIN))
