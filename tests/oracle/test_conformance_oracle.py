"""The oracle against months whose tables two other implementations computed. Skipped where these are
absent."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from .load import load
from .result import Tables, as_text, evaluate

MONTHS = Path(__file__).resolve().parents[3] / "shared" / "conformance"
LARGE = "month_11"
KEYS = {
    "receptions": ["shop", "buyer", "agent", "day"],
    "turns": ["shop", "buyer", "agent", "opened"],
    "attribution": ["shop", "order_id"],
    "assists": ["shop", "order_id", "agent", "kind"],
    "candidates": ["shop", "order_id", "at", "agent"],
    "filters": ["filter"],
    "rejects": ["file", "row"],
}


def names() -> list[object]:
    found = sorted(folder.name for folder in MONTHS.glob("month_*")) or ["month_01"]
    return [pytest.param(name, marks=pytest.mark.heavy if name == LARGE else ()) for name in found]


@pytest.fixture(scope="module")
def tables() -> dict[str, Tables]:
    """Months computed once in this module."""
    return {}


def computed(name: str, tables: dict[str, Tables]) -> Tables:
    if not (MONTHS / name).is_dir():
        pytest.skip("the conformance months are not here (../shared/conformance)")
    if name not in tables:
        tables[name] = evaluate(load(MONTHS / name / "month"))
    return tables[name]


def wanted(name: str, table: str) -> list[dict[str, str]]:
    with (MONTHS / name / "want" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("name", names())
def test_facts(name: str, table: str, tables: dict[str, Tables]) -> None:
    """Every column of every row but ``why``, as text."""
    got = computed(name, tables)[table]
    want = wanted(name, table)
    free = ("column",) if table == "rejects" else ("why",)
    columns = [column for column in want[0] if column not in free] if want else []

    def rows(source: list[dict[str, object]]) -> list[tuple[str, ...]]:
        return sorted(tuple(as_text(row[column]) for column in columns) for row in source)

    assert rows(got) == rows([dict(row) for row in want])


@pytest.mark.parametrize("name", names())
def test_kpi(name: str, tables: dict[str, Tables]) -> None:
    """Every figure: value, numerator, denominator (where the value is a ratio's) and status; the same
    rows."""
    got = {(r["scope"], r["id"], r["metric"]): r for r in computed(name, tables)["kpi"]}
    want = {(r["scope"], r["id"], r["metric"]): r for r in wanted(name, "kpi")}
    assert got.keys() == want.keys()
    for key, row in want.items():
        if row["status"] == "missing":
            assert (got[key]["value"], got[key]["status"]) == (None, "missing"), key
            continue
        columns = ("value", "numerator", "denominator") if row["denominator"] else ("value",)
        for column in columns:
            assert float(got[key][column]) == pytest.approx(float(row[column]), rel=1e-6, abs=1e-6), key
        assert got[key]["status"] == row["status"], key
        assert got[key]["name"] == row["name"], key
