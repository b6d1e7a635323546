"""Of an order for which very many agents come into question, as behind a masked nick, reports name the first and count
the others; the tables name all."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest
from test_end_to_end import small_month
from test_workbook import table

from evaluator.render.view.prepared import CANDIDATES_SHOWN
from evaluator.run import evaluate_month

HEAD = "shop,buyer,account,sender,ts,text\n"
TALK = (
    "a,张三,客服{n:02},buyer,2026-10-01 09:{n:02}:00,在吗\n"
    "a,张三,客服{n:02},agent,2026-10-01 09:{n:02}:30,在的，我是{n:02}\n"
)


def listed(folder: Path, agents: int) -> tuple[list[dict[str, object]], str, str, int]:
    """Rows of the order on sheet 归属依据, all that stands above them, its 判定说明, and candidates in the table."""
    talk = HEAD + "".join(TALK.format(n=n) for n in range(agents))
    evaluate_month(small_month(folder / "month", messages_csv=talk)).save(folder / "out")
    book = openpyxl.load_workbook(folder / "out" / "payroll.xlsx")
    sheet = book["归属依据"]
    above = "".join(str(row[0]) for row in sheet.iter_rows(max_row=6, values_only=True))
    [told] = [r["判定说明"] for r in table(book["归属明细"], "订单归属") if r["订单号"] == "1001"]
    candidates = pl.read_parquet(folder / "out" / "tables" / "candidates.parquet")
    rows = [r for r in table(sheet, "订单归属的依据") if r["订单号"] == "1001"]
    return rows, above, str(told), candidates.filter(pl.col("at") == "created").height


@pytest.mark.parametrize("more", [0, 1, 5])
def test_the_first_are_named_and_the_others_counted(more: int, tmp_path: Path) -> None:
    agents = CANDIDATES_SHOWN + more
    rows, above, told, candidates = listed(tmp_path, agents)
    assert candidates == agents
    assert [r["名次"] for r in rows] == list(range(1, CANDIDATES_SHOWN + 1))
    assert [r["原话"] for r in rows][:2] == [f"在的，我是{agents - 1:02}", f"在的，我是{agents - 2:02}"]
    outcomes = "".join(str(r["结果"]) for r in rows)
    assert outcomes.count(f"；另有 {more} 名候选未列") == told.count(f"，另有 {more} 人") == min(more, 1)
    assert ("全部候选见 tables/candidates.parquet" in above) == (more > 0)
    assert told.count("客服") >= CANDIDATES_SHOWN - 1
