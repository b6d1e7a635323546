"""``evaluator ads review``: the buyers on whom the judges are least certain, as a workbook for a person to
label. Saved in the month's folder as ``labels_review.xlsx``, the next run reads it: a canonical ``labels``
table with columns beside it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import xlsxwriter

from evaluator.ads.told import told
from evaluator.model import EvaluatorError
from evaluator.render.text import cell_text

FILE = "labels_review.xlsx"
MOST_TEXT = 600  # characters of a buyer's words that are shown

_HEADS = (("shop", 18), ("buyer", 20), ("label", 10), ("程序的判定", 44), ("他写了什么", 90))
_HELP = (
    "在 label 一列选 ad（广告）或 not_ad（顾客），拿不准的留空；",
    "存盘后放在月份文件夹里（文件名以 labels 开头），下次运行就会读入。",
    "留空的行会列在 rejects.csv，不影响结果。人工标注高于程序的一切判定。",
    "要让模型也学会：evaluator ads train --labels 本文件 --month 月份文件夹。",
)


def least_certain(decisions: pl.DataFrame, threshold: float, top: int) -> pl.DataFrame:
    """The ``top`` buyers nobody has labelled whose probability lies nearest to the threshold (in log-odds); those whom
    rules or behaviour call advertisers against the model first among equals."""
    edge = pl.lit(threshold)
    odds = (pl.col("p") / (1 - pl.col("p"))).log().clip(-12, 12)
    against = pl.col("by").is_in(["rule", "behaviour"]) & (pl.col("p") < threshold)
    distance = (odds - (edge / (1 - edge)).log()).abs()
    return (
        decisions.filter(pl.col("by") != "label")
        .with_columns(pl.when(against).then(0.0).otherwise(distance).fill_null(99.0).alias("distance"))
        .sort("distance", "shop", "buyer")
        .head(top)
    )


def write(rows: pl.DataFrame, path: Path) -> None:
    """``rows``: of ``tables/ads`` with ``text``. Errors: EvaluatorError where the file is there already: it may hold
    labels."""
    if path.exists():
        raise EvaluatorError(
            f"{path} 已经存在，里面可能有标注，不覆盖；请先把它改名（如 labels_2.xlsx，仍会读入）"
        )
    partial = path.with_name(path.name + ".partial")
    book = xlsxwriter.Workbook(str(partial), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("labels")
    head = book.add_format({"bold": True, "bg_color": "#E8EDF4", "border": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (name, width) in enumerate(_HEADS):
        sheet.set_column(column, column, width, wrap)
        sheet.write_string(0, column, name, head)
    for number, row in enumerate(rows.iter_rows(named=True), 1):
        cells = (row["shop"], row["buyer"], "", told(row), row["text"][:MOST_TEXT])
        for column, text in enumerate(cells):
            sheet.write_string(number, column, cell_text(text), wrap)
    sheet.data_validation(1, 2, max(rows.height, 1), 2, {"validate": "list", "source": ["ad", "not_ad"]})
    sheet.freeze_panes(1, 0)
    notes = book.add_worksheet("说明")
    notes.set_column(0, 0, 120, wrap)
    for number, line in enumerate(_HELP):
        notes.write_string(number, 0, line)
    book.close()
    partial.replace(path)
