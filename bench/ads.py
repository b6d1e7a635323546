"""How fast the ad filter is, and with RAW how good on texts it has never seen: ``python bench/ads.py [RAW]``.

RAW: a folder with ``spam/ydoit_test.csv`` (SMS; label 1 = advertisement) and ``chat_cn/`` (real customer-service
talk; nothing in it is an advertisement). Nothing is trained or tuned on them. Beside the filter stand its keyword
rules alone and a plain TF-IDF + logistic regression of scikit-learn, trained on the same corpus."""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from evaluator.ads import corpus
from evaluator.ads.decide import Judges, in_plain_spelling
from evaluator.ads.quality import judged, rates_of
from evaluator.ads.rules import AdRules
from evaluator.ads.wrote import Wrote
from evaluator.settings import AdStages


def texts(raw: Path) -> pl.DataFrame:
    """text (one person's or one talk's messages, a line each), ad, category."""
    rows: list[tuple[str, bool, str]] = []
    with (raw / "spam" / "ydoit_test.csv").open(encoding="utf-8", newline="") as handle:
        rows += [(r["content"], True, "SMS ads") for r in csv.DictReader(handle) if r["label"] == "1"]
    chats = raw / "chat_cn"
    for path in sorted(chats.glob("jddc_*.txt")):
        kind = "agents' answers (JDDC)" if "Answers" in path.name else "talks (JDDC)"
        for line in path.read_text("utf-8").splitlines():
            said = [part for part in line.split(",") if part.strip()]
            rows += [("\n".join(said), False, kind)] if said else []
    contexts = {
        tuple(line.split("\t")[1:-1])
        for path in chats.glob("ecd_*.txt")
        for line in path.read_text("utf-8").splitlines()
    }
    rows += [("\n".join(p.replace(" ", "") for p in c), False, "talks (ECD)") for c in sorted(contexts)]
    for talk in json.loads((chats / "uneed_5_dialogues.json").read_text("utf-8")):
        said = [m["send_content"] for m in talk["dialogue"] if m["sender_type"] == "用户"]
        rows.append(("\n".join(said), False, "talks (U-NEED)"))
    return pl.DataFrame(
        rows, schema={"text": pl.String, "ad": pl.Boolean, "category": pl.String}, orient="row"
    )


def tfidf(found: pl.DataFrame, rules: AdRules | None) -> np.ndarray:
    """What a plain TF-IDF + logistic regression says, at 0.5; with ``rules``, on texts in one spelling."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    ours = corpus.documents()
    known, unknown = (spelled(t["text"], rules) if rules else t["text"] for t in (ours, found))
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    model = LogisticRegression(max_iter=300).fit(vectors.fit_transform(known), ours["kind"] == "ad")
    return model.predict(vectors.transform(unknown)).astype(bool)


def spelled(texts: pl.Series, rules: AdRules) -> pl.Series:
    """Each text's messages in plain spelling, where a digit that an export masked with x is a number."""
    said = texts.str.split("\n").to_frame("text").with_row_index("n").explode("text")
    said = in_plain_spelling(Wrote.of(said), rules).said()
    return said.group_by("n", maintain_order=True).agg(pl.col("text").str.join("\n"))["text"]


def main() -> None:
    judges = Judges.of(Path(), AdStages())
    print(speed(judges), end="\n\n")
    if len(sys.argv) == 1:
        return
    found = judged(texts(Path(sys.argv[1])), judges)
    ways = {
        "evaluator (rules and model)": found["said"].to_numpy(),
        "its keyword rules alone": found["by_rule"].to_numpy(),
        "TF-IDF + logistic regression at 0.5": tfidf(found, None),
        "the same, texts in one spelling": tfidf(found, judges.rules),
    }
    talk = found["category"].str.starts_with("talks").to_numpy()
    ad = found["ad"].to_numpy()
    print(
        f"| model's threshold {judges.threshold} | SMS ads caught | talks taken for ads "
        "| agents' answers taken for ads |"
    )
    print("|---|--:|--:|--:|")
    for name, said in ways.items():
        recall = rates_of(said[ad], ad[ad])
        low, high = recall.intervals["recall"] or (0, 0)
        answers = ~ad & ~talk
        print(
            f"| {name} | {recall.recall:.1%} [{low:.1%}, {high:.1%}] of {ad.sum():,} "
            f"| {(said & talk).sum():,} of {talk.sum():,} | {(said & answers).sum():,} of {answers.sum():,} |"
        )


def speed(judges: Judges) -> str:
    """Messages a second of a processor's time, on customers' talks of our own."""
    messages = corpus.talks()["text"].str.split("\n").explode().sample(200_000, with_replacement=True, seed=1)
    start = time.process_time()
    n = len(messages)
    plain = in_plain_spelling(Wrote.of(pl.DataFrame({"b": range(n), "text": messages})), judges.rules)
    middle = time.process_time()
    judges.model.probabilities(plain)
    end = time.process_time()
    return (
        f"{n:,} messages: spelling {n / (middle - start):,.0f}, classifier {n / (end - middle):,.0f} a second"
    )


if __name__ == "__main__":
    main()
