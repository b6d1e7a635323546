"""Months with known answers, and the real month: only where ../shared is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evaluator.run import evaluate_month

MONTHS = [f"month_{n:02}" for n in range(1, 12)]


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
    evaluate_month(folder / "month").save(tmp_path / "out")
    compare(shared, folder / "want", tmp_path / "out")


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
    evaluate_month(month).save(tmp_path / "got")
    evaluate_month(canonical).save(tmp_path / "want")
    compare(shared, tmp_path / "want", tmp_path / "got")
