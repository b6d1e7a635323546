"""The classifier: n-grams as numbers, files without pickle, damage told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from evaluator.ads import corpus, grams
from evaluator.ads.model import AdModel, builtin, load
from evaluator.ads.rules import ad_rules
from evaluator.ads.training import train
from evaluator.ads.wrote import Wrote
from evaluator.model import EvaluatorError

TEXTS = pl.Series(["刷单加微信", "", "好", "这个什么时候发货呀", "加微信"])
PERSON = np.array([0, 0, 1, 2, 2])
EACH = np.arange(5)


def numbers(seed: int) -> tuple[grams.Weights, grams.Weights]:
    chance = np.random.default_rng(seed)
    weights = chance.normal(size=grams.BUCKETS).astype(np.float32)
    return weights, (1 + chance.random(grams.BUCKETS) * 8).astype(np.float32)


def test_scores_are_those_of_the_training_matrix() -> None:
    weights, idf = numbers(1)
    vectors = grams.weighed(grams.matrix(TEXTS, PERSON, 3), idf)
    assert np.allclose(grams.scores(TEXTS, EACH, PERSON, 3, weights, idf), vectors @ weights, atol=1e-4)


def test_what_one_person_wrote_is_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the texts are taken in parts."""
    weights, idf = numbers(2)
    whole = grams.scores(TEXTS, EACH, PERSON, 3, weights, idf)
    for person in range(3):
        own = TEXTS.filter(pl.Series(person == PERSON))
        alone = grams.scores(own, np.arange(len(own)), np.zeros(len(own), dtype=np.int64), 1, weights, idf)
        assert np.allclose(alone, whole[person])
    monkeypatch.setattr(grams, "SLICE", 1)
    assert np.allclose(grams.scores(TEXTS, EACH, PERSON, 3, weights, idf), whole)


def test_a_word_or_two_is_little_evidence() -> None:
    weights, idf = np.ones(grams.BUCKETS, dtype=np.float32), np.ones(grams.BUCKETS, dtype=np.float32)
    short, long = (
        grams.scores(pl.Series([t]), np.array([0]), np.array([0]), 1, weights, idf)[0]
        for t in ("好", "好" * 9)
    )
    assert short < long < 1 or short * 2 < long


def test_shares_of_characters_follow_the_weights() -> None:
    weights, idf = np.zeros(grams.BUCKETS, dtype=np.float32), np.ones(grams.BUCKETS, dtype=np.float32)
    _, bucket, _ = next(iter(grams.Chars.of(pl.Series(["单"])).grams()))
    weights[bucket[1]] = 2.0  # of the one character 单
    [shares] = grams.weights_of_characters(pl.Series(["刷单吗"]), weights, idf)
    assert shares.argmax() == 1
    assert shares[[0, 2]].max() < shares[1]


def test_the_built_in_model_is_of_this_corpus_and_judges_plainly() -> None:
    model = builtin()
    assert model.about["corpus"] == corpus.fingerprint(), "train it again: make ads-model"
    said = pl.DataFrame(
        {
            "b": [0, 1, 2],
            "text": [
                "专业刷单团队,安全稳定,先做后付,加微信✉",
                "这个裙子有大码吗",
                "昨天买的还没发货,能帮我催一下吗",
            ],
        }
    )
    p = model.probabilities(Wrote.of(said))["p"].to_list()
    assert p[0] > model.threshold > 0.5 > max(p[1:])
    assert {"加微信", "团队"} & {word for word, _ in next(model.words(said["text"].head(1)))}


def test_a_model_is_stored_without_pickle_and_reads_back(tmp_path: Path) -> None:
    model = builtin()
    model.save(tmp_path / "a.npz")
    model.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = load(tmp_path / "a.npz")
    assert (again.weights == model.weights).all()
    assert again.threshold == model.threshold


@pytest.mark.parametrize("damage", ["cut", "byte", "header", "text", "empty", "pickle", "weights", "version"])
def test_damage_is_told_in_a_sentence(tmp_path: Path, damage: str) -> None:
    path, model = tmp_path / "ads_model.npz", builtin()
    model.save(path)
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "byte":
        path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 255]) + whole[5001:])
    elif damage == "header":
        at = whole.index(b"PK\x01\x02") + 10  # how the first array is compressed
        path.write_bytes(whole[:at] + b"\x63" + whole[at + 1 :])
    elif damage == "text":
        path.write_text("不是模型")
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "pickle":
        np.savez(path, weights=np.array([{"a": 1}], dtype=object), about=np.array([object()]))
    elif damage == "weights":
        stored = dict(np.load(path))
        stored["weights"] = stored["weights"] + np.float16(1)
        np.savez(path, **stored)
    else:
        stored = dict(np.load(path))
        about = stored["about"].tobytes().replace(b'"format": 1', b'"format": 9')
        np.savez(path, **stored | {"about": np.frombuffer(about, dtype=np.uint8)})
    with pytest.raises(EvaluatorError, match=r"ads_model\.npz"):
        load(path)


@pytest.mark.heavy
def test_training_again_gives_the_built_in_model() -> None:
    model, left_out = train(ad_rules())
    shipped = builtin()
    assert np.allclose(model.weights.astype(float), shipped.weights.astype(float), atol=0.05)
    assert abs(model.threshold - shipped.threshold) < 0.02
    judged = left_out.with_columns(pl.col("probability") >= model.threshold)
    shares = dict(judged.group_by("kind").agg(pl.col("probability").mean()).iter_rows())
    assert shares["customer"] <= 0.0015
    assert shares["ad"] > 0.6


def test_a_shops_labels_teach_the_model() -> None:
    odd = ["咕噜噜的星星糖要不要来一斤", "星星糖厂里直接拿咕噜噜"]
    own = pl.DataFrame({"text": odd * 5, "ad": [True] * 10})
    taught, _ = train(ad_rules(), own)
    said = pl.DataFrame({"b": [0], "text": ["咕噜噜星星糖来一斤"]})
    before, after = (m.probabilities(Wrote.of(said))["p"][0] for m in (builtin(), taught))
    assert after > before
    assert taught.about["own_labels"] == 10


def test_weights_may_not_run_code(tmp_path: Path) -> None:
    zeros = np.zeros(grams.BUCKETS, dtype=np.float16)
    model = AdModel(zeros, zeros, 0.0, 1.0, 0.0, 0.9)
    model.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as stored:
        assert {stored[name].dtype.kind for name in stored.files} == {"f", "u"}
