"""Character n-grams as numbers, weighed by TF-IDF, computed over arrays of code points without a loop over texts.

A message is read as ``⏎message⏎``, so that its beginning and end are part of its n-grams; none runs from one
message into another. An n-gram's number is a hash of its code points in ``BITS`` bits. What a person wrote is a
vector: for each n-gram (1 + ln occurrences) × idf, divided by the vector's length, but by ``SHORTEST`` at least: a
word or two is little evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BITS = 19
BUCKETS = 1 << BITS
LONGEST_GRAM = 3  # characters; n-grams are of all sizes up to it
SHORTEST = 30.0  # length of a vector; of about twenty n-grams
SLICE = 2048  # messages at a time: their arrays fit in a processor's cache
HASHING = "mul32-2654435761/xor15/2246822519"  # part of a model's identity: other hashing, other model

Numbers = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Chars:
    """Messages as one array of code points. ``starts``: where each begins."""

    codes: Numbers
    starts: Places
    lengths: Places

    @classmethod
    def of(cls, texts: pl.Series) -> Chars:
        framed = "\n" + texts.fill_null("").cast(pl.String) + "\n"
        lengths = framed.str.len_chars().to_numpy().astype(np.int64)
        whole: str = framed.str.join("").item()
        codes = np.frombuffer(whole.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
        return cls(codes, np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64), lengths)

    def grams(self) -> Iterator[tuple[int, Numbers, npt.NDArray[np.bool_]]]:
        """For each size: the number of the n-gram that begins at each character, and whether it lies in its message."""
        ends = np.repeat(self.starts + self.lengths, self.lengths)
        hashed = np.zeros(len(self.codes), dtype=np.uint32)
        for size in range(1, LONGEST_GRAM + 1):
            following = np.zeros_like(self.codes)
            following[: len(self.codes) - size + 1] = self.codes[size - 1 :]
            hashed = hashed * np.uint32(2654435761) + following
            yield size, _bucket(hashed), np.arange(len(self.codes)) + size <= ends


def _bucket(hashed: Numbers) -> Numbers:
    mixed = (hashed ^ (hashed >> np.uint32(15))) * np.uint32(2246822519)
    return mixed >> np.uint32(32 - BITS)


@dataclass(frozen=True)
class _GramsOfTexts:
    """The n-grams of texts, one text after the other. ``starts``: where those of each begin."""

    grams: Numbers
    starts: Places
    lengths: Places

    @classmethod
    def of(cls, texts: pl.Series) -> _GramsOfTexts:
        parts = [cls._of_some(texts.slice(at, SLICE)) for at in range(0, len(texts), SLICE)]
        lengths = np.concatenate([lengths for _, lengths in parts])
        return cls(np.concatenate([grams for grams, _ in parts]), np.cumsum(lengths) - lengths, lengths)

    @staticmethod
    def _of_some(texts: pl.Series) -> tuple[Numbers, Places]:
        chars = Chars.of(texts)
        whose = np.repeat(np.arange(len(texts), dtype=np.int64), chars.lengths)
        keys = np.concatenate([(whose[w] << BITS) | bucket[w] for _, bucket, w in chars.grams()])
        keys.sort()
        lengths = np.bincount(keys >> BITS, minlength=len(texts))
        return (keys & (BUCKETS - 1)).astype(np.uint32), lengths.astype(np.int64)

    def taken(self, which: Places) -> Numbers:
        """Those of some texts, one text after the other."""
        lengths = self.lengths[which]
        moved = self.starts[which] - (np.cumsum(lengths) - lengths)
        found: Numbers = self.grams[np.arange(int(lengths.sum())) + np.repeat(moved, lengths)]
        return found


class Counted(NamedTuple):
    """The n-grams of some ``people``, sorted: ``place`` among these people, ``gram``, how many ``times``."""

    people: Places
    place: Numbers
    gram: Numbers
    times: Places


def counted(texts: pl.Series, which: Places, person: Places) -> Iterator[Counted]:
    """The n-grams of everybody in parts; those of one person are all in one part. ``person`` of each row, ascending,
    and ``which`` of the texts it is: a text is taken apart once."""
    if not len(which):
        return
    at, apart = 0, _GramsOfTexts.of(texts)
    while at < len(which):
        end = int(np.searchsorted(person, person[min(at + SLICE, len(which)) - 1], side="right"))
        rows, owners = which[at:end], person[at:end]
        other = (
            np.diff(owners, prepend=owners[0]) != 0
        )  # at most SLICE people: their places are short numbers
        place = np.cumsum(other, dtype=np.uint32) << np.uint32(BITS)
        keys = np.repeat(place, apart.lengths[rows]) | apart.taken(rows)
        keys.sort()
        begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        found, times = keys[begins], np.diff(begins, append=len(keys))
        people = np.concatenate([owners[:1], owners[other]])
        yield Counted(people, found >> np.uint32(BITS), found & np.uint32(BUCKETS - 1), times)
        at = end


def scores(
    texts: pl.Series, which: Places, person: Places, people: int, weights: Weights, idf: Weights
) -> Floats:
    """Vector × weights, person by person. ``person`` of each row, 0 … people − 1, ascending; ``which`` of the texts."""
    total, square = np.zeros(people), np.zeros(people)
    exact = idf.astype(np.float64)
    once, once_squared = exact * weights, exact * exact  # of an n-gram that occurs once, as most do
    for who, place, gram, times in counted(texts, which, person):
        share, squared = once[gram], once_squared[gram]
        often = np.flatnonzero(times > 1)
        several = gram[often]
        value = (1 + np.log(times[often])) * exact[several]
        share[often], squared[often] = value * weights[several], value * value
        total[who] = np.bincount(place, weights=share, minlength=len(who))
        square[who] = np.bincount(place, weights=squared, minlength=len(who))
    return total / np.maximum(np.sqrt(square), SHORTEST)


def weights_of_characters(texts: pl.Series, weights: Weights, idf: Weights) -> Iterator[Floats]:
    """What each character of what a person wrote (a text; messages joined by line breaks) adds to his score: an
    n-gram's part, shared among its characters."""
    for at in range(0, len(texts), SLICE):
        chars = Chars.of(texts.slice(at, SLICE))
        people = len(chars.starts)
        whose = np.repeat(np.arange(people), chars.lengths)
        shares, keys = np.zeros(len(chars.codes) + LONGEST_GRAM), []
        for size, bucket, whole in chars.grams():
            part = weights[bucket] * idf[bucket] * whole / size
            for offset in range(size):
                shares[offset : offset + len(part)] += part
            keys.append((whose[whole] << BITS) | bucket[whole])
        found, _ = np.unique(
            np.concatenate(keys), return_counts=True
        )  # with counts it sorts: hashing is slow here
        square = np.bincount(found >> BITS, weights=idf[found & (BUCKETS - 1)] ** 2, minlength=people)
        shares[: len(whose)] /= np.maximum(np.sqrt(square), SHORTEST)[whose]
        for start, length in zip(chars.starts, chars.lengths, strict=True):
            yield shares[start + 1 : start + length - 1]


def matrix(texts: pl.Series, person: Places, people: int) -> csr_matrix:
    """1 + ln occurrences as a sparse matrix, a person a row, for training."""
    from scipy.sparse import csr_matrix

    parts = list(counted(texts, np.arange(len(texts)), person))
    who = np.concatenate([part.people[part.place] for part in parts])
    gram, times = (np.concatenate([getattr(part, name) for part in parts]) for name in ("gram", "times"))
    return csr_matrix((1 + np.log(times), (who, gram)), shape=(people, BUCKETS))


def inverse_frequencies(counts: csr_matrix) -> Weights:
    """ln((1 + people) ÷ (1 + people who wrote it)) + 1 of each n-gram."""
    wrote = np.bincount(counts.indices, minlength=BUCKETS)
    found: Weights = (np.log((1 + counts.shape[0]) / (1 + wrote)) + 1).astype(np.float32)
    return found


def weighed(counts: csr_matrix, idf: Weights) -> csr_matrix:
    """The vectors."""
    from scipy.sparse import diags

    values = counts @ diags(idf.astype(np.float64))
    square = np.asarray(values.power(2).sum(axis=1)).ravel()
    vectors: csr_matrix = (diags(1 / np.maximum(np.sqrt(square), SHORTEST)) @ values).tocsr()
    return vectors
