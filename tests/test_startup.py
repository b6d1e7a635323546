"""The command line starts at once: what a command needs is loaded by the command."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("polars", "pandas", "numpy", "pyarrow", "sklearn", "sqlalchemy", "openpyxl", "xlsxwriter", "jinja2")


@pytest.mark.parametrize("command", ["", "run", "explain", "lock", "ads"])
def test_help_loads_nothing_heavy(command: str) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from evaluator.cli import app\n"
        f"done = CliRunner().invoke(app, {[command, '--help'] if command else ['--help']!r})\n"
        f"assert done.exit_code == 0, done.output\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.stdout.strip() == "[]", found.stderr
