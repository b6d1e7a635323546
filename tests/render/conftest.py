"""The hostile month, evaluated and written once for all tests of the reports."""

from __future__ import annotations

import pytest
from hostile_month import Finished, write_month

from evaluator.output import write_run
from evaluator.render import write_reports
from evaluator.run import evaluate_month


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    home = tmp_path_factory.mktemp("render")
    evaluation = evaluate_month(write_month(home / "month"))
    write_run(evaluation, home / "out", lambda folder: write_reports(evaluation, folder))
    return Finished(evaluation, home / "out")
