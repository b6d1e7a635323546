"""Texts of which a month has the more the longer it is: its buyers, the orders that its chats name.

They are put away in *runs*: the different (shop, text) of some rows, sorted, one run after the other on the shelf. A
row keeps the *place* of its text, counted on from run to run; so the same text has a place in each run that it occurs
in, and no run needs to know of the others. ``merged`` goes through all runs at once, from the first text in order to
the last, some of each at a time: that is how a month's buyers get their codes without ever being held together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.shelf import Shelf, slices

PLACE = pl.UInt32()
DENSE = 4  # so many times the rows may a table of all (shop, text) have that is filled in place of a search

NONE = -1  # the number of what is not there

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Run:
    """Texts of several shops: those of ``shops[n]`` from ``starts[n]`` to ``starts[n + 1]``, sorted, each once.
    ``first``: the place of the first."""

    first: int
    shops: list[str]
    starts: list[int]
    texts: pl.Series

    def of(self, shop: str) -> tuple[int, pl.Series] | None:
        """The place of the first text of a shop, and all of them."""
        n = bisect_left(self.shops, shop)
        if n == len(self.shops) or self.shops[n] != shop:
            return None
        start, end = self.starts[n], self.starts[n + 1]
        return self.first + start, self.texts.slice(start, end - start)

    def frame(self) -> pl.DataFrame:
        """place, shop, text."""
        places = pl.int_range(self.first, self.first + len(self.texts), dtype=PLACE, eager=True)
        counts = np.diff(np.array(self.starts))
        shops = pl.Series("shop", self.shops, dtype=pl.String).gather(
            np.repeat(np.arange(len(counts)), counts)
        )
        return pl.DataFrame([places.alias("place"), shops, self.texts.alias("text")])


class Names:
    """The runs of one kind of text."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.runs: list[Run] = []
        self.places = 0  # how many there are
        self._loose, self._bytes = 0, 0  # runs that are on the shelf; bytes of the others

    def more(self) -> Names:
        """The same, to which others may be added."""
        made = Names(self.shelf)
        made.runs, made.places, made._loose = list(self.runs), self.places, len(self.runs)
        return made

    def add(self, shop: pl.Series, text: pl.Series) -> pl.Series:
        """Puts the texts of some rows into a run. Their places (UInt32), null where the text is."""
        known = text.is_not_null().to_numpy()
        if not known.any():
            return pl.repeat(None, len(text), dtype=PLACE, eager=True).alias(text.name)
        shops, of_shop = _sorted_values(shop)
        texts, of_text = _sorted_values(text)
        pairs, at = _distinct((of_shop * len(texts) + of_text)[known], len(shops) * len(texts))
        starts = np.searchsorted(pairs, np.arange(len(shops) + 1) * len(texts)).tolist()
        self._put(Run(self.places, shops.to_list(), starts, texts.gather(pairs % len(texts))))
        places = np.zeros(len(text), dtype=np.uint32)
        places[known] = at + self.places
        self.places += len(pairs)
        made = pl.Series(text.name, places)
        return made if known.all() else made.set(~pl.Series(known), None)

    def _put(self, run: Run) -> None:
        self.runs.append(run)
        self._bytes += int(run.texts.estimated_size())
        if self._bytes >= self.shelf.limits.worthwhile:
            self._lay()

    def _lay(self) -> None:
        """Puts those runs on the shelf that are not there yet, in one file."""
        loose = self.runs[self._loose :]
        laid = self.shelf.lay(pl.concat([run.texts for run in loose]).to_frame("text"))["text"]
        for n, run in enumerate(loose, self._loose):
            self.runs[n] = replace(run, texts=laid.slice(run.first - loose[0].first, len(run.texts)))
        self._loose, self._bytes = len(self.runs), 0

    def texts(self, places: pl.Series) -> pl.Series:
        """The texts at these places; null where the place is."""
        asked = places.drop_nulls().unique().sort()
        ends = [run.first + len(run.texts) for run in self.runs]
        at = [0, *asked.search_sorted(pl.Series(ends, dtype=PLACE)).to_list()] if ends else [0]
        found = [
            run.texts.gather(asked.slice(begin, end - begin) - run.first)
            for run, begin, end in zip(self.runs, at, at[1:], strict=False)
            if end > begin
        ]
        if not found:
            return pl.repeat(None, len(places), dtype=pl.String(), eager=True).alias(places.name)
        at_place = pl.concat(found).gather(asked.search_sorted(places.fill_null(asked[0])))
        return at_place.set(places.is_null(), None).alias(places.name)


def placed(rows: pl.DataFrame, names: Mapping[str, Names]) -> pl.DataFrame:
    """Rows with ``shop`` and, in place of the texts of the columns in ``names``, their places there."""
    return rows.with_columns(own.add(rows["shop"], rows[column]) for column, own in names.items())


def spelled(rows: pl.DataFrame, names: Mapping[str, Names]) -> pl.DataFrame:
    """Rows with the texts of the columns in ``names`` in place of their places."""
    return rows.with_columns(
        own.texts(rows[column]) for column, own in names.items() if column in rows.columns
    )


def _sorted_values(series: pl.Series) -> tuple[pl.Series, Codes]:
    """The different values as text, sorted, and the place among them of each row's (of a null: any)."""
    if isinstance(series.dtype, pl.Enum):
        coded, values = series, series.dtype.categories
        own = pl.int_range(len(values), dtype=pl.UInt32, eager=True)
    else:
        coded = series.cast(pl.Categorical(pl.Categories.random())) if series.dtype == pl.String else series
        distinct = coded.unique().drop_nulls()
        values, own = distinct.cast(pl.String), distinct.to_physical()
    order = values.arg_sort()
    rank = np.zeros(int(own.max() or 0) + 1, dtype=np.int64)  # type: ignore[arg-type]
    rank[own.gather(order).to_numpy()] = np.arange(len(values))
    return values.gather(order), rank[coded.to_physical().fill_null(own[0]).to_numpy()]


def _distinct(pairs: Codes, most: int) -> tuple[Codes, Codes]:
    """The different ones in order, and the place among them of each. ``most``: all are below."""
    if most > DENSE * len(pairs):
        return np.unique(pairs, return_inverse=True)
    seen = np.zeros(most, dtype=bool)
    seen[pairs] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[pairs]


@dataclass(frozen=True)
class Numbered:
    """The different (shop, text) of some names in code-point order; the place of one in it is its number.
    ``counts``: how many of each shop; ``texts``: by number."""

    counts: dict[str, int]
    texts: pl.Series

    def shops(self) -> Iterator[tuple[str, int, int]]:
        """Each shop, the number of its first text, and that after its last."""
        first = 0
        for shop, count in self.counts.items():
            yield shop, first, first + count
            first += count

    def find(self, shop: pl.Series, text: pl.Series) -> npt.NDArray[np.int32]:
        """The number of each row's text; NONE where it is null or not among them. A join would hold all of them."""
        found, shop = np.full(len(text), NONE, dtype=np.int32), shop.cast(pl.String)
        for name, first, end in self.shops():
            own = (shop == name).arg_true().to_numpy()
            if len(own):
                at = bisected(self.texts.slice(first, end - first), text.gather(own))
                found[own] = np.where(at < 0, NONE, at + first)
        return found

    def named(self, numbers: pl.Series, name: str) -> list[pl.Series]:
        """``shop`` and the text, as ``name``, of each number; null where that is."""
        ends = pl.Series([end for _, _, end in self.shops()], dtype=pl.Int32)
        shops = pl.Series("shop", list(self.counts), dtype=pl.String)
        return [
            shops.gather(ends.search_sorted(numbers, side="right").set(numbers.is_null(), None)),
            self.texts.gather(numbers).alias(name),
        ]


def bisected(texts: pl.Series, asked: pl.Series) -> npt.NDArray[np.int64]:
    """The place of each among sorted texts; NONE where it is null or not there."""
    if not len(texts):
        return np.full(len(asked), NONE, dtype=np.int64)
    wanted = asked.fill_null("")
    at = texts.search_sorted(wanted).clip(upper_bound=len(texts) - 1)
    known = (texts.gather(at) == wanted) & asked.is_not_null()
    return np.where(known.to_numpy(), at.to_numpy().astype(np.int64), NONE)


def numbered(names: Names, name: str) -> tuple[Numbered, npt.NDArray[np.int32]]:
    """All texts by number, on the shelf; the number at each place."""
    of_place, counts = np.full(names.places, NONE, dtype=np.int32), dict[str, int]()

    def texts() -> Iterator[pl.Series]:
        first, rows = 0, names.shelf.limits.slice_rows
        for each in merged(names.runs, np.ones(names.places, dtype=bool), rows):
            of_place[each.places] = first + each.which
            counts[each.shop] = counts.get(each.shop, 0) + len(each.texts)
            first += len(each.texts)
            yield each.texts

    found = names.shelf.texts(name, texts())
    return Numbered(counts, found), of_place


Piece = tuple[int, pl.Series]  # the place of the first of some texts of one shop, and all of them


@dataclass(frozen=True)
class Merged:
    """Of one shop the different ``texts`` of a range of them, sorted; their ``places`` in runs, and ``which`` of the
    texts is at each."""

    shop: str
    texts: pl.Series
    places: Codes
    which: Codes


def merged(runs: Sequence[Run], wanted: npt.NDArray[np.bool_], most: int) -> Iterator[Merged]:
    """The texts at all ``wanted`` places, by shop and text, in ranges of about ``most`` places."""
    for shop in sorted({shop for run in runs for shop in run.shops}):
        pieces = [piece for run in runs if (piece := run.of(shop)) is not None]
        for parts in filter(None, ranges(pieces, most)):
            places = np.concatenate([np.arange(first, first + len(texts)) for first, texts in parts])
            own = wanted[places]
            if own.any():
                texts = pl.concat([texts for _, texts in parts]).filter(pl.Series(own))
                distinct = texts.unique().sort()
                which = texts.cast(pl.Enum(distinct)).to_physical()
                yield Merged(shop, distinct, places[own], which.to_numpy().astype(np.int64))


def ranges(pieces: list[Piece], most: int) -> Iterator[list[Piece]]:
    """The pieces, of texts or of numbers, cut at the same ones, so that about ``most`` in all lie between two cuts.
    Cuts are taken from every ``step``-th of each piece: none has more than that between two of them unseen."""
    if sum(len(texts) for _, texts in pieces) <= most:
        yield pieces
        return
    step = max(most // (2 * len(pieces)), 1)
    samples = pl.concat([texts.gather_every(step, step - 1) for _, texts in pieces]).sort()
    cuts = samples.gather_every(max(most // (2 * step), 1)).unique(maintain_order=True)
    ends = [[0, *texts.search_sorted(cuts, side="right").to_list(), len(texts)] for _, texts in pieces]
    for n in range(len(cuts) + 1):
        yield [
            (first + at[n], texts.slice(at[n], at[n + 1] - at[n]))
            for (first, texts), at in zip(pieces, ends, strict=True)
            if at[n + 1] > at[n]
        ]


class Sorted:
    """Different texts, sorted: whether one is among them."""

    def __init__(self, texts: pl.Series) -> None:
        self._texts = texts

    def __contains__(self, text: object) -> bool:
        at = self._texts.search_sorted(str(text))
        return at < len(self._texts) and self._texts[at] == text


def distinct(columns: Iterable[pl.Series], shelf: Shelf) -> Container[str]:
    """The different texts of some columns."""
    names, rows = Names(shelf), shelf.limits.slice_rows
    for column in columns:
        for _, part in slices(column.to_frame("text"), rows):
            texts = part["text"].unique()
            names.add(pl.repeat("", len(texts), dtype=pl.String(), eager=True), texts)
    everywhere = np.ones(names.places, dtype=bool)
    found = shelf.texts("text", (part.texts for part in merged(names.runs, everywhere, rows)))
    return frozenset(found.to_list()) if len(found) <= rows else Sorted(found)
