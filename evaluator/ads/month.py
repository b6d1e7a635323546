"""The ad filter on a month's folder: what its buyers wrote and what is thought of them, for ``evaluator ads``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from evaluator.ads.decide import Judges, decide
from evaluator.ads.labels import verdicts, without_conflicts
from evaluator.facttables import ads_table
from evaluator.filters import labelled
from evaluator.model import EvaluatorError, MonthData
from evaluator.prepare import Bucket, prepare
from evaluator.roster import Roster
from evaluator.run import judged_messages, talk, words_of
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
        messages = judged_messages(self.month, self.bucket)
        said = words_of(self.month, messages, buyers)
        labels = labelled(self.month, self.bucket.identities, buyers)
        found = decide(said, messages.select("b", "buyer_msg", "human"), labels, judges)
        words = said.group_by("b", maintain_order=True).agg(pl.col("text").str.join("\n"))
        named = ads_table(found, self.bucket.codes).with_columns(found["b"])
        return named.join(words, on="b", how="left").with_columns(pl.col("text").fill_null(""))

    def texts_of(self, rows: pl.DataFrame, name: str) -> tuple[pl.DataFrame, list[str]]:
        """``rows`` of a label file (shop?, buyer, label) as text, ad; and what a person should know: labels of unknown
        buyers, labels that contradict each other."""
        wrote = self._everything()
        if "shop" not in rows.columns:
            shops = wrote["shop"].unique().to_list()
            if len(shops) != 1:
                raise EvaluatorError(f"{name}：这个月有几家店铺，标注要有 shop 一列")
            rows = rows.with_columns(pl.lit(shops[0]).alias("shop"))
        alias = self.month.config.settings.shop_alias
        rows = rows.with_columns(pl.col("shop").replace(alias))
        rows, both = without_conflicts(verdicts(rows, name), ["shop", "buyer"])
        found = rows.join(wrote, on=["shop", "buyer"], how="left")
        unknown = found.filter(pl.col("text").is_null())
        told = [f"{name}：{both} 位买家的标注互相矛盾，以最后一行为准"] if both else []
        if unknown.height:
            some = "、".join(unknown["buyer"].head(3))
            told.append(f"{name}：{unknown.height} 位买家在这个月没有聊天（例如 {some}），没有用来训练")
        return found.drop_nulls("text").select("text", "ad"), told

    def _everything(self) -> pl.DataFrame:
        """shop, buyer, text: all that each buyer wrote in the data."""
        said = words_of(self.month, talk(self.bucket, pl.lit(True)), self.bucket.codes.buyers)
        texts = said.group_by("b", maintain_order=True).agg(pl.col("text").str.join("\n"))
        return texts.join(self.bucket.codes.buyers, on="b").select("shop", "buyer", "text")
