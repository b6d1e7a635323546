"""Which nicks fit a masked one (SPEC §2): ``t**1``, where ``*`` = any characters, also none.

A mask is its two ends and, rarely, parts between stars. Nicks are looked up by both ends. Those of a shop are sorted,
so some masks meet the nicks that begin as they do, and no others, some at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from evaluator.claims import SEVERAL, Claims, Numbers
from evaluator.shelf import slices

MASK = "*"
LAST = 0x10FFFF  # code point
SURROGATES = (0xD800, 0xDFFF)  # are no characters


def is_masked(column: str = "buyer") -> pl.Expr:
    return pl.col(column).str.contains(MASK, literal=True)


def _parts(mask: str = "mask") -> list[pl.Expr]:
    """``head`` and ``tail``: a mask before its first and after its last star; ``between``: what lies between others."""
    parts = pl.col(mask).str.split(MASK)
    inner = parts.list.slice(1, parts.list.len() - 2)
    return [
        parts.list.first().alias("head"),
        parts.list.last().alias("tail"),
        inner.list.eval(pl.element().filter(pl.element() != "")).alias("between"),
    ]


def matches(masks: pl.Series, nicks: pl.Series) -> pl.Series:
    """Row by row, whether a nick, as written, fits a mask: it begins and ends like the mask, which do not overlap, and
    between them has the other parts in their order, each as early as it can stand."""
    rows = pl.DataFrame({"mask": masks, "nick": nicks}).with_columns(_parts())
    ends = pl.col("head").str.len_chars(), pl.col("tail").str.len_chars()
    left = pl.col("nick").str.len_chars().cast(pl.Int64) - ends[0] - ends[1]
    fit = (
        (left >= 0)
        & pl.col("nick").str.starts_with(pl.col("head"))
        & pl.col("nick").str.ends_with(pl.col("tail"))
    )
    inner = pl.col("nick").str.slice(ends[0], pl.when(left > 0).then(left).otherwise(0))
    rows = rows.with_columns(fit.alias("fit"), inner.alias("rest"))
    for n in range(rows.select(pl.col("between").list.len().max().fill_null(0)).item()):
        part = pl.col("between").list.get(n, null_on_oob=True)
        behind = pl.col("rest").str.splitn(part, 2).struct.field("field_1")
        rows = rows.with_columns(
            pl.when(part.is_null()).then("rest").otherwise(behind).alias("rest"),
            pl.col("fit") & (part.is_null() | behind.is_not_null()),
        )
    return rows["fit"].fill_null(False)


def fitting(masks: pl.Series, nicks: pl.Series, written_out: npt.NDArray[np.bool_], rows: int) -> Numbers:
    """Which nick alone fits each mask: its place, NOBODY or SEVERAL. ``masks``: some of a shop's; ``nicks``: all of the
    shop's, sorted; ``written_out``: which of these may fit, the others being masked themselves or of nobody; ``rows``:
    how many nicks are looked at at a time."""
    found = Claims(len(masks))
    parts = pl.DataFrame({"mask": masks}).with_row_index("m").with_columns(_parts())
    lengths = (pl.col(end).str.len_chars().alias(f"{end}_chars") for end in ("head", "tail"))
    for (head, tail), alike in parts.with_columns(lengths).group_by("head_chars", "tail_chars"):
        own = alike.with_columns((pl.col("head") + pl.col("tail")).alias("ends"))
        begin, end = _beginning(nicks, own["head"].min(), own["head"].max())  # type: ignore[arg-type]
        for at, part in slices(nicks.slice(begin, end - begin).to_frame("nick"), rows):
            first = begin + at
            able = part.with_columns(pl.int_range(first, first + part.height, dtype=pl.Int32).alias("n"))
            able = able.filter(pl.Series(written_out[first : first + part.height]))
            _claim(found, own, _by_ends(able, int(head), int(tail)), rows)
    return found.only


def _by_ends(nicks: pl.DataFrame, head: int, tail: int) -> pl.DataFrame:
    """Nicks with their ``ends``, so many characters of each; those that are long enough."""
    nick = pl.col("nick")
    return nicks.filter(nick.str.len_chars() >= head + tail).with_columns(
        (nick.str.slice(0, head) + nick.str.tail(tail)).alias("ends")
    )


def _claim(found: Claims, masks: pl.DataFrame, nicks: pl.DataFrame, rows: int) -> None:
    """Nicks (``n``, ``nick``, ``ends``) claim the masks (``m``, ``mask``, ``ends``, ``between``) that they fit."""
    simple = pl.col("between").list.len() == 0
    few = masks.filter(simple).group_by("ends").agg("m")
    met = nicks.join(few.with_row_index("k"), on="ends").select("n", "k")
    of_ends = Claims(few.height)
    of_ends.add(met["k"].to_numpy(), met["n"].to_numpy())
    of_mask = few.with_columns(pl.Series("least", of_ends.least), pl.Series("most", of_ends.greatest))
    of_mask = of_mask.select("m", "least", "most").explode("m")
    for claim in ("least", "most"):
        found.add(of_mask["m"].to_numpy(), of_mask[claim].to_numpy())
    others = masks.filter(~simple & pl.Series(found.only[masks["m"].to_numpy()] != SEVERAL))
    for pairs in _pairs(others, nicks, rows):
        fit = pairs.filter(matches(pairs["mask"], pairs["nick"]))
        found.add(fit["m"].to_numpy(), fit["n"].to_numpy())


def _pairs(masks: pl.DataFrame, nicks: pl.DataFrame, rows: int) -> Iterator[pl.DataFrame]:
    """Masks with each nick that has their ends, about ``rows`` pairs at a time."""
    counted = masks.join(nicks.group_by("ends").len(), on="ends")
    counted = counted.with_columns((pl.col("len").cast(pl.Int64).cum_sum() // rows).alias("_piece"))
    for _, piece in counted.group_by("_piece"):
        yield piece.join(nicks, on="ends")


def _beginning(nicks: pl.Series, least: str, greatest: str) -> tuple[int, int]:
    """From where to where sorted nicks begin like one of the texts between two, which are as long."""
    after = _after(greatest)
    end = len(nicks) if after is None else int(nicks.search_sorted(after))
    return int(nicks.search_sorted(least)), end


def _after(start: str) -> str | None:
    """The first text after all that begin so; None: there is none."""
    kept = start.rstrip(chr(LAST))
    if not kept:
        return None
    code = ord(kept[-1]) + 1
    return kept[:-1] + chr(SURROGATES[1] + 1 if code == SURROGATES[0] else code)
