"""Real order files of Taobao / Tmall shops, where they are at hand: what is read, and what is refused and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from evaluator.sources import cells, sheets
from evaluator.sources.base import EXPORT
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample

RAW = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw" / "orders"
BOOKS = sorted((RAW / "xls").glob("*")) if RAW.is_dir() else []

pytestmark = pytest.mark.skipif(not RAW.is_dir(), reason="shared/data is not at hand")


def test_the_list_of_seven_columns_is_read(bare):
    shutil.copy(RAW / "tmall_order_report.csv", bare.folder / "x.csv")
    got = bare.read(shop="甲店")
    orders = got.tables["orders"]
    entry = next(entry for entry in got.inputs if entry.table == "orders")
    assert (entry.format, entry.rows_in, entry.rows_used) == ("taobao_orders", 28_010, 28_010)
    assert orders["paid"].is_not_null().sum() == 24_087 and orders["amount"].sum() == 299_576_061
    assert not got.rejects


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("TB2018_1783_orders.csv", "缺少 订单编号、总金额，"),
        ("mingribooks_704_orders.csv", "缺少 订单编号、总金额，"),
        *((f"xls/{path.name}", "订单编号") for path in BOOKS if path.suffix == ".xls"),
        *((f"xls/{path.name}", "表头") for path in BOOKS if path.suffix == ".xlsx"),
    ],
)
def test_lists_without_order_numbers_are_refused_by_name(month, name, missing):
    shutil.copy(RAW / name, month.folder / Path(name).name)
    got = month.read()
    (note,) = got.review
    assert note.kind == "unrecognised_file" and missing in note.detail
    assert len(got.inputs) == 3


@pytest.mark.parametrize("called", ["TB2018.xls", "TB2018.xlsx", "TB2018.csv"])
def test_date_cells_of_an_old_workbook_whatever_it_is_called(tmp_path, called):
    """The csv was made from the workbook: the same times and amounts."""
    book = next(path for path in BOOKS if path.name.endswith("48__TB2018.xls"))
    shutil.copy(book, tmp_path / called)
    sample = Sample(called, tmp_path / called)
    names = {"订单创建时间": "created", "订单付款时间": "paid", "买家实际支付金额": "amount"}
    ours = sheets.frame(sample, names)
    csv = CsvFile(Sample("x.csv", RAW / "TB2018_1783_orders.csv"))
    theirs = pl.concat(csv.chunks(names))
    assert ours.height == theirs.height == 1_783
    for column in ("created", "paid"):
        one = cells.parse_time(cells.clean(ours[column], EXPORT), EXPORT)
        other = cells.parse_time(cells.clean(theirs[column], EXPORT), EXPORT)
        assert one.null_count() == (cells.clean(ours[column], EXPORT)).null_count()
        assert one.dt.truncate("1s").to_list() == other.dt.truncate("1s").to_list()
    money = (cells.parse_money(frame["amount"], EXPORT).to_list() for frame in (ours, theirs))
    assert next(money) == next(money)
