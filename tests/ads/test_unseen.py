"""Texts of our own that nothing was trained on and no threshold chosen on (``unseen/*.txt``): ads of many trades, and
customers' whole talks, half of them difficult. The words are not those of ``rules/ads/*.txt``."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from evaluator.ads import corpus
from evaluator.ads.decide import Judges
from evaluator.ads.quality import judged
from evaluator.settings import AdStages

FOLDER = Path(__file__).parent / "unseen"


def texts(name: str) -> pl.DataFrame:
    """text (a person's messages, a line each), ad, category."""
    rows, section = [], ""
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif not line.startswith("#"):
            rows.append(("\n".join(part.strip() for part in line.split("||")), name == "ads.txt", section))
    return pl.DataFrame(rows, schema=["text", "ad", "category"], orient="row")


def called_ads(name: str, folder: Path) -> pl.DataFrame:
    """Those that the rules and the built-in model call advertisements."""
    return judged(texts(name), Judges.of(folder, AdStages())).filter("said")


def test_most_ads_are_found(tmp_path: Path) -> None:
    ads = texts("ads.txt")
    assert ads.height > 240
    assert called_ads("ads.txt", tmp_path).height / ads.height > 0.95


def test_hardly_a_customer_is_taken_for_one(tmp_path: Path) -> None:
    """One of the 123 difficult talks at most, and none of the ordinary ones."""
    assert texts("talks.txt").height > 250
    wrong = called_ads("talks.txt", tmp_path)
    assert wrong.filter(~pl.col("category").str.starts_with("难")).is_empty()
    assert wrong.height <= 1, wrong["text"].to_list()


@pytest.mark.parametrize("name", ["ads.txt", "talks.txt"])
def test_the_words_are_not_those_of_the_corpus(name: str) -> None:
    """No long stretch of a text stands in a template."""
    said = {part for s in corpus.sections() for line in s.lines for part in stretches(line)}
    common = {part for text in texts(name)["text"] for part in stretches(text)} & said
    assert not common


def stretches(text: str) -> set[str]:
    """All stretches of twelve Han characters."""
    return {
        han[at : at + 12] for han in re.findall("[\u4e00-\u9fff]{12,}", text) for at in range(len(han) - 11)
    }
