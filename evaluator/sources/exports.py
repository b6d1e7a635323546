"""Tabular exports of platforms (csv or workbook), read by header name (FORMATS §1–§4).

``HEADERS`` of a format maps a canonical column to the headers that may carry it, best first; of several that
stand, the first with something in the cell counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import cells, sheets
from evaluator.sources.base import EXPORT, RawTable, RowReject
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample

Headers = Mapping[str, tuple[str, ...]]
Shape = Callable[[pl.DataFrame, list[RowReject]], pl.DataFrame]


WHY_ROUNDED = "编号第 15 位以后全是 0：表格软件已丢失末几位；请重新导出，不要用表格软件打开后另存"
SURE_ZEROS = 6  # so many lost digits that are all 0 are no chance


def in_yuan(*names: str) -> tuple[str, ...]:
    """The headers under which amounts of these names stand: the unit in half- or full-width brackets, or none."""
    return tuple(f"{name}{unit}" for name in names for unit in ("(元)", "（元）", ""))


def tabular(sample: Sample) -> bool:
    return sample.kind in ("text", "xlsx", "xls") and len(sample.header) > 1


def has(sample: Sample, headers: Headers, *columns: str, header_at: int = 0) -> bool:
    """Whether the file has a header for each of these canonical columns."""
    found = set(sample.header_at(header_at))
    return all(not found.isdisjoint(headers[column]) for column in columns)


def read(
    sample: Sample,
    table: str,
    headers: Headers,
    shape: Shape | None = None,
    *,
    header_at: int = 0,
    whole: bool = False,
) -> RawTable:
    """The export as one raw table. ``shape`` turns cleaned source columns into canonical ones and may refuse
    rows; with ``whole`` it sees all rows at once. ``header_at``: rows that precede the header."""
    rejects: list[RowReject] = []
    names = {h: h for options in headers.values() for h in options}
    if sample.kind == "text":
        csv = CsvFile(sample, header_at)
        rejects, source = csv.rejects, csv.chunks(names)
    else:
        source = iter([sheets.frame(sample, names, header_at)])

    def chunks() -> Iterator[pl.DataFrame]:
        picked = (_pick(frame, headers) for frame in source)
        for frame in [pl.concat(picked)] if whole else picked:
            sound = _with_digits(frame, rejects)
            yield shape(sound, rejects) if shape else sound

    return RawTable(table, chunks(), EXPORT, rejects)


def items(
    sample: Sample, headers: Headers, shape: Shape | None = None, *, whole: bool = False
) -> list[RawTable]:
    """``order_items`` of an order list that names goods: one a row that has an order number and goods. ``price`` ×
    quantity becomes ``amount``. Lines that cannot be read are told with the orders. None without a title."""
    if not has(sample, headers, "title"):
        return []

    def goods(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
        shaped = shape(frame, rejects) if shape else frame
        named = pl.col("order_id").is_not_null()
        some = pl.any_horizontal(pl.col(c).is_not_null() for c in ("title", "sku") if c in shaped.columns)
        return price_times_quantity(shaped.filter(named & some))

    raw = read(sample, "order_items", headers, goods, whole=whole)
    raw.rejects = []
    return [raw]


def price_times_quantity(frame: pl.DataFrame) -> pl.DataFrame:
    """``amount`` from ``price`` and ``quantity``. A price that is no number stands as the amount, for validation to
    reject."""
    if "price" not in frame.columns or "quantity" not in frame.columns:
        return frame
    price, quantity = frame["price"], frame["quantity"]
    fen, number = cells.parse_money(price, EXPORT), cells.parse_integer(quantity, EXPORT)
    wrong = (price.is_not_null() & fen.is_null()) | (fen < 0).fill_null(False)
    amount = yuan_text(fen * number).zip_with(~wrong, price)
    return frame.drop("price").with_columns(amount.alias("amount"))


def _with_digits(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    """Without order numbers that have lost digits: to powers of ten, or to zeros that a spreadsheet put at their end
    (one may end so by chance, not all of many)."""
    if "order_id" not in frame.columns:
        return frame
    whole, lost = cells.whole_number(frame["order_id"])
    frame = refuse(frame.with_columns(whole), lost, "order_id", cells.WHY_LOST, rejects)
    numbers = frame["order_id"].unique().drop_nulls()
    long = numbers.filter(numbers.str.contains(rf"^\d{{{cells.SURE_DIGITS + 1},}}$"))
    beyond = long.str.slice(cells.SURE_DIGITS)
    if len(long) < 2 or not beyond.str.contains("^0+$").all() or beyond.str.len_chars().sum() < SURE_ZEROS:
        return frame
    return refuse(frame, frame["order_id"].is_in(long.implode()), "order_id", WHY_ROUNDED, rejects)


def _pick(frame: pl.DataFrame, headers: Headers) -> pl.DataFrame:
    picked = {"_row": frame["_row"]}
    for column, options in headers.items():
        given = [cells.clean(frame[h], EXPORT) for h in options if h in frame.columns]
        if given:
            picked[column] = pl.select(pl.coalesce(given)).to_series() if len(given) > 1 else given[0]
    return pl.DataFrame(picked)


def refuse(
    frame: pl.DataFrame, mask: pl.Series, column: str, why: str, rejects: list[RowReject]
) -> pl.DataFrame:
    """The frame without the rows of ``mask``; ``{value}`` in ``why`` is what stood in the column."""
    mask = mask.fill_null(False)
    for row, value in frame.filter(mask).select("_row", column).iter_rows():
        rejects.append(RowReject(row, column, value or "", why.format(value=value or "")))
    return frame.filter(~mask)


def then(chunks: Iterable[pl.DataFrame], finish: Callable[[], None]) -> Iterator[pl.DataFrame]:
    """The chunks, and what is to be done when they have been read."""
    yield from chunks
    finish()


def borrowed_time(sample: Sample, headers: Headers, lacking: str, lender: str, told: str) -> list[ReviewItem]:
    """The note that a file without the column ``lacking`` takes ``lender`` in its place (SPEC §2.1)."""
    if has(sample, headers, lacking) or not has(sample, headers, lender):
        return []
    return [ReviewItem("source_note", sample.rel, told)]


def yuan_text(fen: pl.Series) -> pl.Series:
    """Fen as yuan text with two decimals."""
    whole, part = fen // 100, fen % 100
    return whole.cast(pl.String) + "." + part.cast(pl.String).str.zfill(2)
