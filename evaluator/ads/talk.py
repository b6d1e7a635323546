"""What the ad filter reads: who wrote what to whom, some buyers at a time, so that the words of a large month are never
all held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from evaluator.ads.wrote import Wrote
from evaluator.filters import BUYER_PROTECTED_DAYS
from evaluator.model import MonthData
from evaluator.prepare import Bucket
from evaluator.shelf import slices


@dataclass(frozen=True)
class Talk:
    """Of some buyers ``said``: b, a, s, t, the different things that each wrote to each agent, in the order of the
    messages; ``messages``: b, buyer_msg, human, by time."""

    said: Wrote
    messages: pl.DataFrame


@dataclass(frozen=True)
class MonthTalk:
    """A month's ``Talk``, part by part, of the messages that ``where`` asks for."""

    month: MonthData
    bucket: Bucket
    where: pl.Expr

    def __iter__(self) -> Iterator[Talk]:
        for own in self.bucket.ranges():
            messages = self.bucket.messages(self.where & own, ("a", "buyer_msg", "human"))
            yield Talk(self._said(messages), messages.select("b", "buyer_msg", "human"))
            self.month.shelf.rest()

    def _said(self, messages: pl.DataFrame) -> Wrote:
        said = messages.filter("buyer_msg").join(
            self.bucket.codes.buyers.select("b", "s"), on="b", how="left", maintain_order="left"
        )
        text = self.month.shelf.gather(self.month.tables["messages"]["text"], said["pos"])
        return different(Wrote.of(said.select("b", "a", "s", text.alias("text"))))


def different(said: Wrote) -> Wrote:
    """Whatever was written more than once to the same agent, once."""
    return said.of_rows(said.rows.unique(maintain_order=True))


def everybody(month: MonthData, bucket: Bucket) -> MonthTalk:
    """All that was written in the data."""
    return MonthTalk(month, bucket, pl.lit(True))


def judged(month: MonthData, bucket: Bucket) -> MonthTalk:
    """The period's messages of the buyers whom R-F0 does not protect on every day of the data."""
    return MonthTalk(month, bucket, judged_messages(month, bucket))


def judged_messages(month: MonthData, bucket: Bucket) -> pl.Expr:
    """Which of the month's coded messages ``judged`` gives."""
    first, end = month.config.days
    days = bucket.rows["day"]
    near = pl.col("paid_day").is_between(
        pl.lit(days.max()) - BUYER_PROTECTED_DAYS, pl.lit(days.min()) + BUYER_PROTECTED_DAYS
    )
    bought = np.zeros(bucket.codes.buyers.height, dtype=bool)
    for _, orders in slices(bucket.orders.select("b", "paid_day"), month.shelf.limits.slice_rows):
        bought[orders.filter(near, pl.col("b") >= 0)["b"].to_numpy()] = True
    safe = pl.col("b").map_batches(pl.Series(bought).gather, return_dtype=pl.Boolean)
    return pl.col("day").is_between(first, end - 1) & ~safe
