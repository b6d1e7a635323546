"""What the benchmark puts beside a run: two ways to compute the same three figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

BENCH = Path(__file__).parents[1] / "bench"


def test_pandas_and_sql_compute_the_same(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    month = tmp_path / "month"
    generate = [sys.executable, str(BENCH / "generate.py"), str(month), "--messages", "20000", "--seed", "3"]
    subprocess.run(generate, check=True, capture_output=True)
    found = []
    for script in ("plain_pandas.py", "plain_duckdb.py"):
        out = tmp_path / f"{script}.csv"
        subprocess.run(
            [sys.executable, str(BENCH / script), str(month), str(out)], check=True, capture_output=True
        )
        found.append(pl.read_csv(out, infer_schema_length=None).sort("account"))
    pandas, sql = found
    assert pandas.height > 50 and pandas["orders"].sum() > 100
    assert pandas["account"].to_list() == sql["account"].to_list()
    for column in ("answered", "waited", "consults", "replied", "orders", "yuan"):
        difference = pandas[column].cast(pl.Float64) - sql[column].cast(pl.Float64)
        assert difference.abs().max() < 0.011, column  # the script rounds to fen
