"""Months with known answers, and the real month: only where ../shared is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evaluator.output import write_data
from evaluator.run import evaluate_month

MONTHS = [f"month_{n:02}" for n in range(1, 12)]


def tables(month: Path, out: Path) -> Path:
    """Of a run, all but its reports."""
    out.mkdir()
    write_data(evaluate_month(month), out)
    return out


def compare(shared: Path, want: Path, got: Path) -> None:
    script = shared / "conformance" / "compare.py"
    done = subprocess.run(
        [sys.executable, str(script), str(want), str(got)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", MONTHS)
def test_conformance(shared: Path, tmp_path: Path, name: str) -> None:
    """All tables agree with two independent implementations."""
    folder = shared / "conformance" / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not among the shared months")
    compare(shared, folder / "want", tables(folder / "month", tmp_path / "out"))


def test_real_exports_give_what_the_canonical_tables_give(shared: Path, tmp_path: Path) -> None:
    """month_tmall in the platforms' formats, with the same labels: every table the same."""
    real, canonical = shared / "data" / "month_tmall", shared / "data" / "month_tmall_canonical"
    if not real.is_dir() or not canonical.is_dir():
        pytest.skip("month_tmall is not among the shared data")
    month = tmp_path / "month"
    shutil.copytree(real, month)
    month.chmod(0o755)
    (month / "labels.csv").unlink()
    shutil.copyfile(canonical / "labels.csv", month / "labels.csv")
    compare(shared, tables(canonical, tmp_path / "want"), tables(month, tmp_path / "got"))


def test_orders_of_the_real_month_find_their_buyers_as_they_should(shared: Path) -> None:
    """By nick, by the order numbers in chats (of the masked ones some by their mask as well), or not at all."""
    data = shared / "data"
    if not (data / "month_tmall").is_dir():
        pytest.skip("month_tmall is not among the shared data")
    want = json.loads((data / "month_tmall_truth.json").read_text("utf-8"))["orders_by_link"]
    found = evaluate_month(data / "month_tmall")
    links = found.manifest["links"]
    got = {
        "nick": links["nick"],
        "chat_order": links["chat"] + links["mask"],
        "mask_ambiguous": links["ambiguous"],
        "none": links["unlinked"],
    }
    assert got == want
    sales = found.frames["kpi"].filter(scope="shop", metric="shop_sales")["value"].to_list()
    told = found.frames["order_links"]["fen"].sum() / 100
    assert [float(v) for v in sales] == [told]
