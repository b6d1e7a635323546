"""Foreign texts in the CSV tables of a run: a spreadsheet that opens one must not run them as formulas."""

from __future__ import annotations

import polars as pl

#: Columns of CSV tables whose texts come from the month.
FREE_TEXT = {
    "kpi": ("name",),
    "payroll": ("name",),
    "rejects": ("value", "why"),
    "disputes": ("order_id", "employee_id", "claim", "to_employee_id", "by", "note"),
}
FORMULA = r"^'*[=+\-@\t\r]"  # as well where apostrophes stand before it, so that one can always be taken away


def harmless(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """``table`` as it is written: texts that a spreadsheet would run get a leading apostrophe."""
    columns = [pl.col(column) for column in FREE_TEXT.get(table, ())]
    return frame.with_columns(
        pl.when(text.str.contains(FORMULA)).then("'" + text).otherwise(text).name.keep() for text in columns
    )


def as_it_was(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """A table that was written so, without the apostrophes of ``harmless``."""
    columns = [pl.col(column) for column in FREE_TEXT.get(table, ())]
    return frame.with_columns(
        pl.when(text.str.contains("^'" + FORMULA[1:])).then(text.str.slice(1)).otherwise(text).name.keep()
        for text in columns
    )
