"""Who wrote which text. Buyers ask what others asked, and agents of a shop are asked the same: what is worked out of a
text is worked out once a text, however many wrote it, and rows are compared by numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl
import pyarrow as pa


@dataclass(frozen=True)
class Wrote:
    """``rows``: b, t and what else is known of each; ``texts``: the different texts, ``t`` is the place of one."""

    rows: pl.DataFrame
    texts: pl.Series

    @classmethod
    def of(cls, said: pl.DataFrame) -> Wrote:
        """From rows with ``text`` (null: nothing)."""
        t, texts = _numbered(said["text"].fill_null(""))
        return cls(said.drop("text").with_columns(t), texts)

    def spelled(self, spelling: Callable[[pl.Series], pl.Series]) -> Wrote:
        """The same in another spelling; texts that are then the same are one."""
        t, texts = _numbered(spelling(self.texts))
        return Wrote(self.rows.with_columns(t.gather(self.rows["t"])), texts)

    def of_rows(self, rows: pl.DataFrame) -> Wrote:
        """These rows in the place of ours."""
        return replace(self, rows=rows)

    def each(self, found: pl.Series) -> pl.Series:
        """Row by row what was found of each text."""
        return found.gather(self.rows["t"])

    def said(self, where: pl.Series | None = None) -> pl.DataFrame:
        """The rows with ``text`` in place of ``t``; ``where``: of which texts."""
        rows = self.rows if where is None else self.rows.filter(self.each(where))
        return rows.drop("t").with_columns(self.texts.gather(rows["t"]).alias("text"))


def _numbered(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """``t`` of each, and the different texts in the order in which they first come."""
    found = pa.array(texts.cast(pl.String).to_arrow()).dictionary_encode()
    t = pl.Series("t", found.indices).cast(pl.UInt32)
    return t, pl.Series("text", found.dictionary, dtype=pl.String)
