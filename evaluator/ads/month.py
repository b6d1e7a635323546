"""The ad filter on a month's folder: what its buyers wrote and what is thought of them, for ``evaluator ads``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from evaluator.ads.decide import Judges, decide
from evaluator.ads.labels import verdicts, without_conflicts
from evaluator.ads.talk import MonthTalk, everybody, judged
from evaluator.facttables import ads_table
from evaluator.filters import labelled
from evaluator.model import EvaluatorError, MonthData
from evaluator.prepare import Bucket, prepare
from evaluator.roster import Roster
from evaluator.settings import load_month
from evaluator.sources import read_month
from evaluator.stopwatch import Progress


@dataclass(frozen=True)
class AdMonth:
    """A month as far as the ad filter needs it."""

    month: MonthData
    bucket: Bucket

    @classmethod
    def read(cls, folder: Path, progress: Progress | None = None) -> AdMonth:
        month = read_month(load_month(folder), progress)
        return cls(month, prepare(month, Roster.of(month.tables["roster"])))

    def decisions(self, judges: Judges) -> pl.DataFrame:
        """``tables/ads`` with ``text``, the buyer's words, and ``b``."""
        buyers = self.bucket.codes.buyers
        talk = judged(self.month, self.bucket)
        found = decide(talk, labelled(self.month, self.bucket.identities, buyers), judges)
        named = ads_table(found, self.bucket.codes).with_columns(found["b"])
        words = _words(talk, found)
        return named.join(words, on="b", how="left").with_columns(pl.col("text").fill_null(""))

    def texts_of(self, rows: pl.DataFrame, name: str) -> tuple[pl.DataFrame, list[str]]:
        """``rows`` of a label file (shop?, buyer, label) as text, ad; and what a person should know: labels of unknown
        buyers, labels that contradict each other."""
        buyers = self.bucket.codes.buyers
        if "shop" not in rows.columns:
            shops = self.month.tables["messages"]["shop"].unique().to_list()
            if len(shops) != 1:
                raise EvaluatorError(f"{name}：这个月有几家店铺，标注要有 shop 一列")
            rows = rows.with_columns(pl.lit(shops[0]).alias("shop"))
        alias = self.month.config.settings.shop_alias
        rows = rows.with_columns(pl.col("shop").replace(alias))
        rows, both = without_conflicts(verdicts(rows, name), ["shop", "buyer"])
        named = rows.join(buyers.select("b", "shop", "buyer"), on=["shop", "buyer"], how="left")
        wrote = _words(everybody(self.month, self.bucket), named.drop_nulls("b"))
        found = named.join(wrote, on="b", how="left")
        unknown = found.filter(pl.col("text").is_null())
        told = [f"{name}：{both} 位买家的标注互相矛盾，以最后一行为准"] if both else []
        if unknown.height:
            some = "、".join(unknown["buyer"].head(3))
            told.append(f"{name}：{unknown.height} 位买家在这个月没有聊天（例如 {some}），没有用来训练")
        return found.drop_nulls("text").select("text", "ad"), told


def _words(talk: MonthTalk, buyers: pl.DataFrame) -> pl.DataFrame:
    """b → text: all that each of these ``buyers`` (b) wrote."""
    own = [
        part.said.said().join(buyers.select("b"), on="b", how="semi", maintain_order="left") for part in talk
    ]
    return pl.concat(own).group_by("b", maintain_order=True).agg(pl.col("text").str.join("\n"))
