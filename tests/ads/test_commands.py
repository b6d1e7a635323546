"""``evaluator ads``: train, review, evaluate; bad label files are told."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

from evaluator.ads.labels import labelled_texts, read_file, verdicts
from evaluator.ads.quality import rates_of
from evaluator.cli import app
from evaluator.demo import write_demo
from evaluator.model import EvaluatorError
from evaluator.run import evaluate_month


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ads") / "month"
    write_demo(folder, seed=5)
    return folder


def run(*args: str | Path) -> str:
    result = CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return str(result.output)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_evaluate_reads_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "texts.csv"
    rows = 'label,content\n1,"专业刷单团队，先做后付，加微信 abc12345，\n需要的老板联系"\n'
    rows += "0,这个还有货吗\nnot_ad,催一下发货\n"
    path.write_text(rows, encoding=encoding)
    found = json.loads(run("ads", "evaluate", path, "--json"))
    assert found == {"n": 3, "precision": 1.0, "recall": 1.0, "false_positive_rate": 0.0}


def test_the_page_stands_alone_and_escapes(tmp_path: Path) -> None:
    path, page = tmp_path / "texts.csv", tmp_path / "page.html"
    path.write_text(
        "label,text,category\n0,<script>alert(1)</script> 代运营找我,x\n1,早,y\n", encoding="utf-8"
    )
    assert "准确率" in run("ads", "evaluate", path, "--out", page)
    html = page.read_text(encoding="utf-8")
    assert "<script>" not in html
    assert "src=" not in html
    assert "漏掉的广告" in html


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "缺少列"),
        ("a,b\n1,2\n", "缺少列"),
        ("label,text\nmaybe,好\n", "第 1 行"),
        ("label,text\n,好\n", "没有一行"),
        ("label,text\n1,\n", "没有一行"),
    ],
)
def test_bad_label_files_are_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluatorError, match=told):
        labelled_texts(path)


def test_labels_in_several_words(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("label,text\n广告,甲\n0,乙\nAD,丙\n不是广告,丁\n", encoding="utf-8")
    assert verdicts(read_file(path), "l.csv")["ad"].to_list() == [True, False, True, False]


def test_review_lists_the_least_certain_and_the_next_run_reads_it(month: Path) -> None:
    before = evaluate_month(month)
    run("ads", "review", month, "--top", "5")
    path = month / "labels_review.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["labels"]
    assert [c.value for c in sheet[1]][:3] == ["shop", "buyer", "label"]
    assert sheet.max_row == 6
    buyer = sheet.cell(2, 2).value
    sheet.cell(2, 3).value = "ad"
    sheet.cell(3, 3).value = "not_ad"
    book.save(path)
    after = evaluate_month(month)
    frame = after.frames["ads"].filter(pl.col("buyer") == buyer)
    assert frame.select("by", "ad").rows() == [("label", True)]
    assert before.frames["ads"].filter(pl.col("buyer") == buyer)["by"].to_list() != ["label"]
    entry = next(f for f in after.month.inputs if f.file == "labels_review.xlsx")
    assert (entry.rows_in, entry.rows_used, entry.rows_rejected) == (5, 2, 3)
    with pytest.raises(EvaluatorError, match="已经存在"):
        run("ads", "review", month)
    path.unlink()


@pytest.mark.heavy
def test_train_with_labels_of_a_month_then_run_uses_it(month: Path) -> None:
    buyers = evaluate_month(month).frames["receptions"].select("shop", "buyer").unique().sort("buyer")
    rows = [("shop", "buyer", "label"), *((s, b, "ad") for s, b in buyers.head(3).iter_rows())]
    shop, buyer = buyers.row(0)
    rows += [(shop, buyer, "not_ad"), (shop, "没有这个人", "ad")]
    path = month.parent / "mine.csv"
    path.write_text("".join(",".join(r) + "\n" for r in rows), encoding="gbk")
    told = run("ads", "train", "--labels", path, "--month", month)
    assert "本店标注 3" in told
    model = month / "ads_model.npz"
    assert model.is_file()
    notes = evaluate_month(month).review
    assert not [n for n in notes if n.kind in ("ads_model", "unrecognised_file")]
    model.write_bytes(model.read_bytes()[:1000])
    damaged = evaluate_month(month)
    assert [n.detail for n in damaged.review if n.kind == "ads_model"]
    model.unlink()
    assert damaged.frames["ads"].equals(evaluate_month(month).frames["ads"]), "the built-in model judged"


def test_labels_of_buyers_need_their_month(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("shop,buyer,label\n甲,乙,ad\n", encoding="utf-8")
    with pytest.raises(EvaluatorError, match="--month"):
        run("ads", "train", "--labels", path)


def test_rates_and_their_intervals() -> None:
    import numpy as np

    said = np.array([True] * 9 + [False] + [True] + [False] * 89)
    ad = np.array([True] * 10 + [False] * 90)
    rates = rates_of(said, ad)
    assert (rates.precision, rates.recall) == (0.9, 0.9)
    assert rates.false_positive_rate == pytest.approx(1 / 90)
    low, high = rates.intervals["recall"] or (0, 0)
    assert low < 0.9 < high <= 1
    nobody = rates_of(np.zeros(5, dtype=bool), np.zeros(5, dtype=bool))
    assert (nobody.precision, nobody.recall, nobody.false_positive_rate) == (None, None, 0.0)


def test_explain_a_buyer(month: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("run", month, "--out", out, "--quiet")
    ads = pl.read_parquet(out / "tables" / "ads.parquet").filter(pl.col("ad") & (pl.col("by") != "label"))
    told = run("explain", out, "--buyer", ads["buyer"][0])
    assert "广告判定：按" in told
    assert "已过滤" in told


def test_labels_that_contradict_or_hit_nobody_are_told(month: Path) -> None:
    path = month / "labels_more.csv"
    shop, buyer = evaluate_month(month).frames["receptions"].select("shop", "buyer").row(0)
    path.write_text(
        f"shop,buyer,label\n{shop},{buyer},ad\n{shop},{buyer},not_ad\n{shop},没有这个人,ad\n",
        encoding="utf-8",
    )
    told = [item.detail for item in evaluate_month(month).review if item.kind == "labels"]
    path.unlink()
    assert any("以最后一行为准" in text for text in told)
    assert any("没有这个人" in text for text in told)
