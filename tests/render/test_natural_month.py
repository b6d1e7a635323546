"""The reports of a month of natural size: a conformance month, where ``../shared`` is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.render import write_reports
from evaluator.render.text import file_name
from evaluator.run import evaluate_month

MONTH = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "month_11" / "month"


@pytest.mark.skipif(not MONTH.is_dir(), reason="../shared/conformance is not there")
def test_pages_of_a_natural_month_are_small_and_private(tmp_path: Path) -> None:
    evaluation = evaluate_month(MONTH)
    write_reports(evaluation, tmp_path)
    people = {i: p.name for i, p in evaluation.profiles.items()}
    accounts = dict(evaluation.month.tables["roster"].select("employee_id", "account").iter_rows())
    nicks = set(evaluation.frames["receptions"]["buyer"].to_list())
    for me in people:
        path = tmp_path / "agents" / file_name(me)
        text = path.read_text(encoding="utf-8")
        assert path.stat().st_size < 1_000_000
        assert people[me] in text
        for other, name in people.items():
            if other != me:
                assert name not in text, (me, name)
                assert f"{other}" not in text, (me, other)
                assert accounts[other] not in text
        assert not any(nick in text for nick in nicks), me
    assert (tmp_path / "team.html").stat().st_size < 10_000_000
