"""The figures of ``plain_pandas.py``, as hand-written DuckDB SQL: ``python bench/plain_duckdb.py MONTH_FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

SQL = Path(__file__).with_name("plain.sql")


def figures(folder: Path) -> duckdb.DuckDBPyRelation:
    """By account: answered turns, seconds waited, consults, replied consults, orders, yuan."""
    files = {name: str(folder / f"{name}.parquet") for name in ("messages", "orders")}
    return duckdb.sql(SQL.read_text(encoding="utf-8"), params=files)


if __name__ == "__main__":
    found = figures(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        found.write_csv(sys.argv[2])
    else:
        print(found.sum("answered").fetchall())
