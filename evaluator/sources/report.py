"""What was read, per file, as ``evaluator check`` shows it."""

from __future__ import annotations

from evaluator.model import MonthData


def summary(month: MonthData) -> list[dict[str, str | int]]:
    """One row per file and table, in input order: file, table, format, rows_in, used, rejected."""
    return [
        {
            "file": entry.file,
            "table": entry.table,
            "format": entry.format,
            "rows_in": entry.rows_in,
            "used": entry.rows_used,
            "rejected": entry.rows_rejected,
        }
        for entry in month.inputs
    ]
