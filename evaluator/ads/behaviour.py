"""Third stage of SPEC §3.1: how somebody behaves. The same or nearly the same words to many agents, from
many senders or to several shops; links to elsewhere and nothing else; never a word after an agent has
answered. No signal suffices alone; what each counts stands in ``rules/ads.yaml``."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from evaluator.ads.rules import SIGNALS, Behaviour, Steps
from evaluator.ads.spelling import CODE, LINK, SIGNS
from evaluator.ads.wrote import Wrote

OTHERS = ("same_text_senders", "same_text_shops")  # that others wrote the same
SHARED = ("same_text_agents", "same_text_senders", "same_text_shops")
WORDS_AT_A_TIME = 1 << 21
_NOT_HAN = r"[^\p{Han}]+"
_WORDS = r"[\p{L}\p{N}]"


def comparable_words(wrote: Wrote, clause: int) -> pl.DataFrame:
    """What texts are compared by: b, a, s, words (a number). ``wrote``: b, a, s of each, in plain spelling.

    Texts are the same where their first or last ``clause`` Han characters are: digits, marks and emoji do not count, so
    that another phone number or greeting makes no new text."""
    texts = wrote.texts.to_frame("text").with_row_index("t")
    han = (
        texts.filter(pl.col("text").str.len_chars() >= clause)
        .with_columns(pl.col("text").str.replace_all(_NOT_HAN, "").alias("han"))
        .filter(pl.col("han").str.len_chars() >= clause)
    )
    ends = (pl.col("han").str.head(clause), pl.col("han").str.tail(clause))
    words = pl.concat(han.select("t", end.hash().alias("words")) for end in ends).unique()
    return wrote.rows.join(words, on="t").select("b", "a", "s", "words").unique()


def shared_words(compared: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Of buyers whose words others wrote too, or went to several agents or shops: b, same_text_agents,
    same_text_senders, same_text_shops. ``compared``: ``comparable_words`` of everybody, in parts."""
    rows = sum(part.height for part in compared)
    count = rows // WORDS_AT_A_TIME + 1
    found = [
        _shared(pl.concat(part.filter(pl.col("words") % count == n) for part in compared))
        for n in range(count)
    ]
    return pl.concat(found).group_by("b").agg(pl.col(SHARED).max())


def _shared(compared: pl.DataFrame) -> pl.DataFrame:
    """The same of some of the words, which are all of those."""
    more_than_one = compared.filter(pl.col("words").is_duplicated())
    others = more_than_one.group_by("words").agg(
        pl.col("b").n_unique().alias("same_text_senders"),
        pl.col("s").n_unique().alias("same_text_shops"),
    )
    mine = more_than_one.group_by("b", "words").agg(pl.col("a").n_unique().alias("same_text_agents"))
    return (
        mine.join(others, on="words")
        .filter(pl.max_horizontal(SHARED) > 1)
        .group_by("b")
        .agg(pl.col(SHARED).max())
    )


def link_only(wrote: Wrote) -> pl.DataFrame:
    """``b`` of buyers who sent a link or a share code and not a word besides."""
    elsewhere = wrote.rows.filter(wrote.each(wrote.texts.str.contains(f"[{LINK}{CODE}]")))
    words = wrote.texts.str.replace_all(f"[{''.join(SIGNS)}]", "").str.contains(_WORDS)
    spoke = wrote.rows.filter(wrote.each(words))
    silent = elsewhere.select("b").unique().join(spoke.select("b"), on="b", how="anti")
    return silent.select("b", pl.lit(1).alias("link_only"))


def never_answers(messages: pl.DataFrame) -> pl.DataFrame:
    """``b`` of buyers whom an agent answered and who wrote nothing after. ``messages``: b, buyer_msg,
    human, by time."""
    at = messages.select("b", "buyer_msg", "human", pl.int_range(pl.len()).alias("at"))
    wrote = at.filter("buyer_msg").group_by("b").agg(pl.col("at").max().alias("wrote"))
    answered = at.filter("human").group_by("b").agg(pl.col("at").min().alias("answered"))
    silent = wrote.join(answered, on="b").filter(pl.col("wrote") < pl.col("answered"))
    return silent.select("b", pl.lit(1).alias("never_answers"))


def points(signals: pl.DataFrame, rules: Behaviour) -> pl.DataFrame:
    """``signals``: b and the columns SIGNALS (null: nothing). Out: b, ``points``, ``signs`` (the signals that counted,
    joined by ``+``). Of OTHERS, two sides of one thing, the greater counts."""
    made = [_points(pl.col(s), rules.points.get(s, ())).alias(s) for s in SIGNALS]
    told = [pl.when(pl.col(s) > 0).then(pl.format("{}:{}", pl.lit(s), pl.col(f"_{s}"))) for s in SIGNALS]
    return (
        signals.with_columns(pl.col(s).alias(f"_{s}") for s in SIGNALS)
        .with_columns(made)
        .select(
            "b",
            (pl.sum_horizontal(s for s in SIGNALS if s not in OTHERS) + pl.max_horizontal(OTHERS))
            .cast(pl.Int32)
            .alias("points"),
            pl.concat_str(told, separator="+", ignore_nulls=True).alias("signs"),
        )
    )


def _points(value: pl.Expr, steps: Steps) -> pl.Expr:
    found: pl.Expr = pl.lit(0)
    for least, worth in steps:
        found = pl.when(value >= least).then(pl.lit(worth)).otherwise(found)
    return found
