"""The training text: ours, well-formed, expanded the same way every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from evaluator.ads import corpus
from evaluator.model import EvaluatorError
from evaluator.rulebook import RulesFinder


def test_documents_are_the_same_every_time_and_filled_in() -> None:
    first, second = corpus.documents(), corpus.documents()
    assert first.equals(second)
    assert not first["text"].str.contains(r"[{}]|<[a-z]+>|\|\|").any()
    kinds = dict(first.group_by("kind").len().iter_rows())
    assert kinds.keys() == {"ad", "customer", "difficult", "lookalike"}
    assert min(kinds.values()) > 2000


@pytest.mark.parametrize("made", [corpus.documents, corpus.talks])
def test_folds_never_share_a_template(made: Callable[[], pl.DataFrame]) -> None:
    """A sentence of one fold may not stand in a text of another: what is left out must be unknown."""
    section = next(s for s in corpus.sections() if s.name == "催发货")
    talks = made().filter(pl.col("section") == "催发货")
    line = section.lines[0]
    assert talks.filter(pl.col("text").str.contains(line, literal=True))["fold"].unique().to_list() == [0]


def test_whole_talks_are_customers_and_some_are_one_message() -> None:
    talks = corpus.talks()
    assert set(talks["kind"]) == set(corpus.CUSTOMERS)
    messages = talks["text"].str.split("\n").list.len()
    assert 0.05 < (messages == 1).mean() < 0.3
    assert messages.max() > 8


@pytest.mark.parametrize(
    ("text", "told"),
    [("## 甲\n好", "第 1 行"), ("# class: ad\n没有类别的一行", "第 2 行")],
)
def test_a_malformed_corpus_names_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluatorError, match=told):
        corpus._read(path)


def test_no_section_is_thin() -> None:
    thin = [s.name for s in corpus.sections(RulesFinder()) if len(s.lines) < 10]
    assert not thin
