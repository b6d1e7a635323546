"""Disputes from file to payroll: the credit moves, the judgment stays beside it, and every report says so."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from commandline import command
from test_end_to_end import small_month

from evaluator.explain import explain_order
from evaluator.run import evaluate_month

HEAD = "order_id,employee_id,claim,decision,to_employee_id,by,when,note\n"
ACCEPTED = HEAD + "1001,E02,电话里谈成的,accepted,,王主管,2026-10-04,听了录音\n"


def amounts(folder: Path) -> dict[str, Decimal]:
    lines = evaluate_month(folder).pay.lines
    return {line.employee_id: line.amount for line in lines if line.line == "commission"}


def test_pay_follows_the_credit_and_the_payroll_conserves_it(tmp_path: Path) -> None:
    """Order 1001: 108 − 8 postage at 1 % = 1.00, first 小美's (E01), by the dispute 小雅's (E02)."""
    before = amounts(small_month(tmp_path / "before"))
    after = amounts(small_month(tmp_path / "after", disputes_csv=ACCEPTED))
    assert before == {"E01": Decimal("1.00"), "E02": Decimal("0.00")}
    assert after == {"E01": Decimal("0.00"), "E02": Decimal("1.00")}


def test_every_report_says_so(tmp_path: Path) -> None:
    out = tmp_path / "out"
    evaluate_month(small_month(tmp_path / "month", disputes_csv=ACCEPTED)).save(out)
    table = pl.read_parquet(out / "tables" / "attribution.parquet")
    assert table.columns[-3:] == ["excluded", "original", "dispute"]
    row = table.row(by_predicate=pl.col("order_id") == "1001", named=True)
    assert (row["credited"], row["original"], row["dispute"]) == ("E02", "E01", "accepted")
    assert row["by_order_first"] == "E01"
    told = "雅 E02 提出异议「电话里谈成的」，王主管 2026-10-04 00:00 裁定成立：由 美 E01 改判给 雅 E02（听了录音）"
    assert told in explain_order(out, "1001")
    sheet = openpyxl.load_workbook(out / "payroll.xlsx")["归属明细"]
    texts = [str(cell) for line in sheet.iter_rows(values_only=True) for cell in line if cell]
    assert told.replace(" E01", "").replace(" E02", "") in texts
    his, hers = ((out / "agents" / f"{who}.html").read_text("utf-8") for who in ("E01", "E02"))
    assert (
        "同事 提出异议「电话里谈成的」，王主管 2026-10-04 00:00 裁定成立：由 您 改判给 同事（听了录音）"
        in his
    )
    assert "您 提出异议" in hers and "由 同事 改判给 您" in hers and "异议改判" in hers


def test_a_month_without_disputes_has_no_such_columns(tmp_path: Path) -> None:
    """Nor has one whose table is empty: its files are those of SPEC §10, byte for byte."""
    folders = [small_month(tmp_path / "a"), small_month(tmp_path / "b", disputes_csv=HEAD)]
    for folder in folders:
        evaluate_month(folder).save(folder.with_suffix(".out"))
    first, second = (folder.with_suffix(".out") / "tables" for folder in folders)
    assert sorted(p.name for p in first.iterdir()) == sorted(p.name for p in second.iterdir())
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name
    assert "original" not in pl.read_parquet_schema(first / "attribution.parquet")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("1001,E02,我的,maybe,,王,2026-10-04,", "decision"),
        ("1001,E02,我的,accepted,,,2026-10-04,", "by"),
        ("1001,E02,我的,rejected,,王,,", "when"),
        ("1001,E02,我的,accepted,,王,上周,", "when"),
        (",E02,我的,open,,,,", "order_id"),
    ],
)
def test_a_row_that_decides_nothing_is_rejected(tmp_path: Path, row: str, column: str) -> None:
    month = evaluate_month(small_month(tmp_path, disputes_csv=HEAD + row + "\n")).month
    assert [(r.file, r.column) for r in month.rejects] == [("disputes.csv", column)]


def test_a_dispute_of_an_order_that_is_not_there_is_told_on_the_screen(tmp_path: Path) -> None:
    month = small_month(tmp_path / "month", disputes_csv=ACCEPTED.replace("1001", "9009"))
    ran = command("run", month, "--out", tmp_path / "out", "--quiet")
    assert ran.returncode == 0
    assert "⚠ 订单 9009 的异议（E02 提出）没有执行" in ran.stdout


@pytest.mark.parametrize("table", ["payroll", "scores"])
def test_pay_of_an_edited_table_is_not_explained(tmp_path: Path, table: str) -> None:
    out = tmp_path / "out"
    evaluate_month(small_month(tmp_path / "month")).save(out)
    path = out / "tables" / f"{table}.csv"
    path.write_text(path.read_text("utf-8").replace("E01", "E02", 1), "utf-8")
    told = command("explain", out, "--pay", "E02")
    assert told.returncode == 2 and f"{table}.csv" in told.stderr
