"""What the engines' tests compare: whole evaluations and finished folders."""

from __future__ import annotations

from pathlib import Path

from evaluator.evaluation import Evaluation


def assert_same(got: Evaluation, want: Evaluation, evidence: bool = True) -> None:
    """Every table, row for row, in the same order and types; and what the figures were counted from."""
    assert got.frames.keys() == want.frames.keys()
    for name, frame in want.frames.items():
        assert got.frames[name].schema == frame.schema, name
        assert got.frames[name].rows() == frame.rows(), name
    assert got.review == want.review
    assert got.payroll_total == want.payroll_total
    if evidence:
        assert set(got.facts) == set(want.facts)
        for name in want.facts:
            keys = want.facts[name].columns
            assert got.facts[name].sort(keys).rows() == want.facts[name].sort(keys).rows(), name
        assert got.talk.all().equals(want.talk.all())


def assert_same_folder(got: Path, want: Path) -> None:
    """All files byte for byte, but for the times in the manifest."""
    files = {p.relative_to(want) for p in want.rglob("*") if p.is_file()}
    assert {p.relative_to(got) for p in got.rglob("*") if p.is_file()} == files
    for file in sorted(files):
        if file.name != "manifest.json":
            assert (got / file).read_bytes() == (want / file).read_bytes(), file
