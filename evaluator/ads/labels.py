"""Texts with a person's verdict: what the classifier may learn from, and what it is measured on.

Two shapes of file, csv in any encoding or workbook: ``label`` with ``text`` (or ``content``), one buyer's words a
row; or
``shop, buyer, label`` as in a month's ``labels.csv``, where the words are those of the month's chats.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from evaluator.model import EvaluatorError
from evaluator.sources import sheets
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample

AD = frozenset({"1", "1.0", "ad", "广告", "是", "true", "spam"})
NOT_AD = frozenset({"0", "0.0", "not_ad", "非广告", "不是广告", "否", "false", "ham"})
_NAMES = {
    "label": "label",
    "标签": "label",
    "标注": "label",
    "text": "text",
    "content": "text",
    "内容": "text",
    "shop": "shop",
    "店铺": "shop",
    "buyer": "buyer",
    "买家": "buyer",
    "category": "category",
    "类别": "category",
}


def read_file(path: Path) -> pl.DataFrame:
    """The columns of a labelled file that are known: label, text, shop, buyer, category (whichever stand),
    and ``_row``.

    Errors: EvaluatorError where it cannot be opened, is no table, or lacks ``label`` and (``text`` or ``buyer``)."""
    if not path.is_file():
        raise EvaluatorError(f"找不到文件：{path}")
    sample = Sample(path.name, path)
    if sample.kind in ("xlsx", "xls"):
        frame = sheets.frame(sample, _NAMES)
    elif sample.kind == "text":
        csv = CsvFile(sample)
        frame = pl.concat(csv.chunks(_NAMES))
        if csv.rejects:
            first = csv.rejects[0]
            raise EvaluatorError(f"{path.name} 第 {first.row} 行读不出：{first.why}")
    elif sample.kind == "empty":
        frame = pl.DataFrame()
    else:
        raise EvaluatorError(f"{path.name}：应是 csv 或 xlsx")
    if "label" not in frame.columns or not {"text", "buyer"} & set(frame.columns):
        heads = "、".join(h for h in sample.header if h)
        raise EvaluatorError(
            f"{path.name}：缺少列；要有 label（1/ad 或 0/not_ad）和 text（或 content），"
            f"或者 shop、buyer、label；文件里有：{heads or '（没有表头）'}"
        )
    return frame.with_columns(pl.col(c).str.strip_chars() for c in frame.columns if c not in ("_row", "text"))


def verdicts(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """``frame`` with ``ad`` for ``label``; rows without a label are left out. Errors: EvaluatorError
    naming the first row whose label is neither."""
    said = pl.col("label").str.to_lowercase()
    judged = frame.with_columns(
        pl.when(said.is_in(sorted(AD))).then(True).when(said.is_in(sorted(NOT_AD))).then(False).alias("ad")
    ).filter(said != "")
    wrong = judged.filter(pl.col("ad").is_null())
    if wrong.height:
        row, seen = wrong.select("_row", "label").row(0)
        raise EvaluatorError(f"{name} 第 {row} 行：label 是「{seen}」，应是 1 或 ad、0 或 not_ad")
    return judged.drop("label")


def labelled_texts(path: Path) -> pl.DataFrame:
    """A file of texts: text, ad, and category where it has one. Errors: EvaluatorError also where none is left."""
    frame = read_file(path)
    if "text" not in frame.columns:
        raise EvaluatorError(f"{path.name}：没有列 text（或 content）")
    found = verdicts(frame, path.name).filter(pl.col("text").str.strip_chars() != "")
    if not found.height:
        raise EvaluatorError(f"{path.name}：没有一行既有标注又有文字")
    return found.select("text", "ad", *(c for c in ("category",) if c in found.columns))


def without_conflicts(rows: pl.DataFrame, keys: list[str]) -> tuple[pl.DataFrame, int]:
    """One row for each of ``keys``, the last verdict holds (SPEC §2.1); and how many had verdicts of both kinds."""
    both = rows.group_by(keys).agg(pl.col("ad").n_unique().alias("n")).filter(pl.col("n") > 1).height
    return rows.unique(keys, keep="last", maintain_order=True), both
