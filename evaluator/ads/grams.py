"""Character n-grams of texts as numbers, computed over one array of code points without a loop over texts.

A text is read as ``⏎text⏎``, so that its beginning and end are part of its n-grams. An n-gram's number is a hash of its
code points in ``BITS`` bits. Sums over several texts of a person simply add; they are divided by √n-grams, and by that of
``FEW`` where there are fewer: a word or two is little evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BITS = 18
BUCKETS = 1 << BITS
SIZES = (1, 2, 3)
FEW = 45  # n-grams; about fifteen characters
SLICE = 2048  # texts at a time: their arrays fit in a processor's cache
HASHING = "mul32-2654435761/xor15/2246822519"  # part of a model's identity: other hashing, other model

Numbers = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chars:
    """Texts as one array of code points. ``starts``: where each text begins; ``owner``: the text of each character."""

    codes: Numbers
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: pl.Series) -> Chars:
        framed = "\n" + texts.fill_null("").cast(pl.String) + "\n"
        lengths = framed.str.len_chars().to_numpy().astype(np.int64)
        codes = np.frombuffer("".join(framed).encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint32)
        return cls(codes, np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def grams(self) -> Iterator[tuple[int, Numbers, npt.NDArray[np.bool_]]]:
        """For each size: the number of the n-gram that begins at each character, and whether it lies in its text."""
        ends = np.repeat(self.starts + self.lengths, self.lengths)
        hashed = np.zeros(len(self.codes), dtype=np.uint32)
        for size in SIZES:
            following = np.zeros_like(self.codes)
            following[: len(self.codes) - size + 1] = self.codes[size - 1 :]
            hashed = hashed * np.uint32(2654435761) + following
            yield size, _bucket(hashed), np.arange(len(self.codes)) + size <= ends

    def counts(self) -> npt.NDArray[np.int64]:
        """N-grams of each text, of all sizes."""
        return sum((np.maximum(self.lengths - size + 1, 0) for size in SIZES), np.zeros_like(self.lengths))


def count(length: int) -> int:
    """N-grams of a text of so many characters."""
    return sum(max(length + 2 - size + 1, 0) for size in SIZES)


def _bucket(hashed: Numbers) -> Numbers:
    mixed = (hashed ^ (hashed >> np.uint32(15))) * np.uint32(2246822519)
    return mixed >> np.uint32(32 - BITS)


def weigh(texts: pl.Series, weights: npt.NDArray[np.float32]) -> pl.DataFrame:
    """Of each text: ``sum`` of the weights of its n-grams, ``grams``: how many it has."""
    parts = [_weigh(texts.slice(at, SLICE), weights) for at in range(0, len(texts), SLICE)]
    schema = {"sum": pl.Float64, "grams": pl.Int64}
    return pl.DataFrame(
        [np.concatenate(column) for column in zip(*parts, strict=True)] or None, schema=schema
    )


def _weigh(texts: pl.Series, weights: npt.NDArray[np.float32]) -> tuple[Floats, npt.NDArray[np.int64]]:
    chars = Chars.of(texts)
    total = np.zeros(len(chars.codes))
    for _, bucket, whole in chars.grams():
        total += weights[bucket] * whole
    return np.add.reduceat(total, chars.starts), chars.counts()


def weight_of_characters(text: str, weights: npt.NDArray[np.float32]) -> Floats:
    """What each character of a text adds to its sum: an n-gram's weight, shared among its characters."""
    chars = Chars.of(pl.Series([text], dtype=pl.String))
    shares = np.zeros(len(chars.codes) + len(SIZES))
    for size, bucket, whole in chars.grams():
        part = weights[bucket] * whole / size
        for offset in range(size):
            shares[offset : offset + len(part)] += part
    return shares[1 : len(text) + 1]


def matrix(texts: pl.Series, person: npt.NDArray[np.int64], people: int) -> csr_matrix:
    """The n-grams of what each person wrote, as a sparse matrix with a person a row, for training. ``person``: of each
    text. Each occurrence weighs 1 ÷ √max(n-grams of the person, FEW)."""
    from scipy.sparse import csr_matrix

    chars = Chars.of(texts)
    rows_of = person[chars.owner]
    counts = np.bincount(person, weights=chars.counts(), minlength=people)
    parts = [(rows_of[whole], bucket[whole]) for _, bucket, whole in chars.grams()]
    rows, columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    weights = np.maximum(counts, FEW) ** -0.5
    return csr_matrix((weights[rows], (rows, columns.astype(np.int64))), shape=(people, BUCKETS))
