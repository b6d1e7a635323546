"""What several suites share: where shared samples are, and the demo month, evaluated once a worker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from evaluator.demo import write_demo
from evaluator.evaluation import Evaluation
from evaluator.run import evaluate_month

# No example has a deadline (machines are busy); CI always tries the same examples.
settings.register_profile("here", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Samples that are not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent: real sample files are not part of the project")
    return SHARED


@pytest.fixture(scope="session")
def demo_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "month"
    write_demo(folder)
    return folder


@pytest.fixture(scope="session")
def demo(demo_month: Path) -> Evaluation:
    return evaluate_month(demo_month)


@pytest.fixture(scope="session")
def demo_out(demo: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo month's finished run."""
    out = tmp_path_factory.mktemp("run") / "out"
    demo.save(out)
    return out
