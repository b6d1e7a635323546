"""A month's coded messages, orders and items in buckets on disk, written in one pass (docs/architecture.md, "Engines").

A bucket holds whole buyers: those whose codes lie in one span. Codes sort like (shop, buyer), so spans follow each
other as the rows of every table do, and results need no sorting when they are put together. Inside a bucket codes
count from 0: what stands in it does not change because somebody else bought or wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from evaluator.engine.bundle import Bundle, read_bundle, write_bundle
from evaluator.engine.work import Work
from evaluator.model import MonthData
from evaluator.prepare import Bucket, Part, by_buyer_and_time
from evaluator.shelf import Shelf, full, slices

MESSAGES, SAID, ORDERS, ITEMS, REST = (
    "messages.arrow",
    "said.arrow",
    "orders.arrow",
    "items.arrow",
    "rest.bundle",
)
_SAID = ("b", "a", "ts", "text")
_NOT_TEXT = (
    "a",
    "ts",
    "day",
    "buyer_msg",
    "human",
    "auto",
    "robot",
    "robot_acct",
    "chars",
    "words",
    "courtesy",
)
_SPOKEN = ("b", "ts", "day", "buyer_msg", "human")  # of MESSAGES, what the ad filter looks at
_OF_ORDERS = (
    *("o", "b", "order_id", "created", "paid", "grouped", "created_day", "paid_day", "grouped_day"),
    *("amount", "memo"),
)
SPANS = "spans"
TOO_LARGE = 1.5  # times its share of rows
ORDER_ROWS = 4  # so many message rows does an order weigh as
MOST = 512  # buckets: each is an open file while messages are written


@dataclass(frozen=True)
class Span:
    """Buyers with codes ``first`` to ``end``, exclusive. Orders of nobody, whose codes are negative, lie in the first
    span."""

    number: int
    first: int
    end: int


def spans(bucket: Bucket, starts: list[int]) -> list[Span]:
    """Those that begin with these codes."""
    ends = [*starts[1:], max(bucket.codes.buyers.height, 1)]
    return [Span(n, first, end) for n, (first, end) in enumerate(zip(starts, ends, strict=True))]


def _rows_so_far(bucket: Bucket) -> npt.NDArray[np.int64]:
    """Message rows of all buyers up to each code, orders among them as ``ORDER_ROWS``."""
    counts = np.zeros(max(bucket.codes.buyers.height, 1), dtype=np.int64)
    for frame, weight in ((bucket.rows, 1), (bucket.orders, ORDER_ROWS)):
        for _, rows in slices(frame.select("b")):
            own = np.maximum(rows["b"].to_numpy(), 0)  # orders of nobody lie in the first span
            counts += weight * np.bincount(own, minlength=len(counts))
    return np.cumsum(counts)


def starts_of(bucket: Bucket, part_rows: int, work: Work) -> list[int]:
    """First codes of spans of about ``part_rows`` rows each: those of an earlier run, which began with the same
    buyers, unless one of them has become much too large."""
    rows = _rows_so_far(bucket)
    even = _even_starts(rows, part_rows)
    found = work.find(SPANS, 0, str(part_rows))
    if found is not None:
        kept = _starts_at(found["first"], bucket.codes.buyers)
        if _widest(kept, rows) <= TOO_LARGE * _widest(even, rows):
            return kept
    first = bucket.codes.buyers.select("shop", "who")[even[1:]]
    work.keep(SPANS, 0, str(part_rows), {"first": first})
    return even


def _even_starts(rows: npt.NDArray[np.int64], part_rows: int) -> list[int]:
    part = np.maximum(rows - 1, 0) // max(part_rows, int(rows[-1]) // MOST + 1)
    return [0, *(np.flatnonzero(part[1:] != part[:-1]) + 1).tolist()]


def _widest(starts: list[int], rows: npt.NDArray[np.int64]) -> int:
    """Rows of the largest span."""
    ends = np.array([*starts[1:], len(rows)]) - 1
    return int(np.diff(rows[ends], prepend=0).max())


def _starts_at(first: pl.DataFrame, buyers: pl.DataFrame) -> list[int]:
    """Codes of the first buyers at or after these (shop, who)."""
    starts = [0]
    for shop, who in first.iter_rows():
        before = (buyers["shop"] < shop) | ((buyers["shop"] == shop) & (buyers["who"] < who))
        place = int(before.sum())
        if starts[-1] < place < buyers.height:
            starts.append(place)
    return starts


@dataclass(frozen=True)
class Coded:
    """What a bucket on disk holds, read: codes count from 0 in it. ``orders``: ``o`` and ``b`` likewise; orders of
    nobody have ``b`` below 0. ``items``: order_items with ``o``. ``pos``: the order of message rows and transfers."""

    part: Part
    items: pl.DataFrame | None


@dataclass(frozen=True)
class DiskBucket:
    """One bucket: a folder. ``orders``: ``o`` in the month of the bucket's orders."""

    folder: Path
    span: Span
    orders: pl.Series

    def buyers(self, month: Bucket) -> pl.DataFrame:
        """shop, who of its buyers, by code."""
        names = month.codes.buyers.select("shop", "who")
        return names.slice(self.span.first, self.span.end - self.span.first)

    def read(self, shelf: Shelf) -> Coded:
        """Rows sorted as the kernel wants them."""
        rest = self._rest(shelf)
        messages = by_buyer_and_time(_stream(self.folder / MESSAGES))
        return Coded(Part(messages, rest["transfers"], _stream(self.folder / ORDERS)), self._items())

    def said(self) -> pl.DataFrame:
        """b, a, ts, text of what buyers wrote that the ad filter looks at, by (b, ts)."""
        return by_buyer_and_time(_stream(self.folder / SAID))

    def spoken(self, where: pl.Expr) -> pl.DataFrame:
        """b, buyer_msg, human of some messages, by (b, ts)."""
        rows = _stream(self.folder / MESSAGES, _SPOKEN).filter(where)
        return by_buyer_and_time(rows).select("b", "buyer_msg", "human")

    def content(self, shelf: Shelf) -> Iterator[tuple[str, pl.DataFrame | None]]:
        """Everything that the kernel gets to see, by name, as it was written: quicker than reading it. Where rows stand
        in the month is left out, only their order counts."""
        rest, messages = self._rest(shelf), _stream(self.folder / MESSAGES)
        transfers = rest["transfers"]
        place = messages["pos"].search_sorted(transfers["pos"])
        yield "messages", messages.drop("pos")
        yield "transfers", transfers.with_columns(place.alias("pos"))
        yield from (("orders", _stream(self.folder / ORDERS)), ("items", self._items()))

    def talk(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Everything that the ad filter gets to see, likewise."""
        yield "said", _stream(self.folder / SAID)
        yield "messages", _stream(self.folder / MESSAGES, _SPOKEN)

    def _items(self) -> pl.DataFrame | None:
        path = self.folder / ITEMS
        return _stream(path) if path.exists() else None

    def _rest(self, shelf: Shelf) -> dict[str, pl.DataFrame]:
        rest = read_bundle(self.folder / REST, shelf)
        assert rest is not None, "written by ``partition``"
        return rest.frames


def _stream(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Rows in the order of the input."""
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
        return pl.DataFrame(table.select(list(columns)) if columns else table)


def partition(
    month: MonthData,
    bucket: Bucket,
    items: pl.DataFrame | None,
    judged: pl.Expr | None,
    starts: list[int],
    folder: Path,
) -> list[DiskBucket]:
    """Writes the buckets into ``folder``. ``judged``: of which messages the ad filter reads the text (columns CODED);
    None: of none. Errors: EvaluatorError where the disk is full."""
    found = spans(bucket, starts)
    folders = [folder / f"{span.number:05d}" for span in found]
    for each in folders:
        each.mkdir(parents=True)
    try:
        with _growing(folders) as writers:
            _pour(month, bucket, judged, starts, writers)
        with _growing(folders) as writers:
            numbers = _pour_orders(bucket, found, writers, month.shelf)
        if items is not None:
            with _growing(folders) as writers:
                _pour_items(items, bucket, numbers, starts, writers, month.shelf)
    except OSError as error:
        raise full(error, folder) from error
    transfers = _cut(bucket.transfers.with_columns(_bucket_of(pl.col("b"), starts).alias("_k")), len(found))
    for n, span in enumerate(found):
        own = transfers[n].with_columns(pl.col("b") - span.first)
        write_bundle(folders[n] / REST, Bundle("", {"transfers": own}))
    return [DiskBucket(*each) for each in zip(folders, found, numbers, strict=True)]


def _bucket_of(code: pl.Expr, starts: list[int]) -> pl.Expr:
    """The number of the span that a buyer's code lies in."""
    borders = pl.Series(starts[1:], dtype=pl.Int32)
    return code.map_batches(lambda b: borders.search_sorted(b, side="right"), return_dtype=pl.UInt32)


def _cut(frame: pl.DataFrame, count: int) -> list[pl.DataFrame]:
    """Rows by ``_k``, in their order."""
    ordered = frame.sort("_k", maintain_order=True)
    ends = [
        int(n) for n in ordered["_k"].search_sorted(pl.Series(range(count), dtype=pl.UInt32), side="right")
    ]
    begins = [0, *ends[:-1]]
    return [ordered.slice(a, b - a).drop("_k") for a, b in zip(begins, ends, strict=True)]


def _pour_orders(bucket: Bucket, found: list[Span], writers: list[_Writer], shelf: Shelf) -> list[pl.Series]:
    """Every order into its bucket. ``o`` in the month of each bucket's orders."""
    starts = [span.first for span in found]
    numbers: list[list[pl.Series]] = [[] for _ in found]
    before = [0] * len(found)
    for at, rows in slices(bucket.orders, shelf.limits.slice_rows):
        cut = _cut(rows.with_columns(_bucket_of(pl.col("b"), starts).alias("_k")), len(found))
        for n, own in enumerate(cut):
            if own.height or not at:
                writers[n].write(ORDERS, _local_orders(own, found[n], before[n]))
                numbers[n].append(own["o"])
                before[n] += own.height
        shelf.rest()
    return [pl.concat(parts, rechunk=True) for parts in numbers]


def _pour_items(
    items: pl.DataFrame,
    bucket: Bucket,
    numbers: list[pl.Series],
    starts: list[int],
    writers: list[_Writer],
    shelf: Shelf,
) -> None:
    """Every item into the bucket of its order."""
    for at, rows in slices(items.select("o", "title"), shelf.limits.slice_rows):
        buyers = bucket.orders["b"].gather(rows["o"]).to_frame()
        coded = rows.with_columns(buyers.select(_bucket_of(pl.col("b"), starts).alias("_k")))
        for n, own in enumerate(_cut(coded, len(starts))):
            if own.height or not at:
                writers[n].write(ITEMS, _renumbered(own, numbers[n]))
        shelf.rest()


def _local_orders(orders: pl.DataFrame, span: Span, before: int) -> pl.DataFrame:
    """What the kernel asks of orders; ``o`` and ``b`` counted from 0, after ``before`` others."""
    o = pl.int_range(pl.len(), dtype=pl.UInt32) + before
    b = pl.when(pl.col("b") < 0).then(-1 - o.cast(pl.Int32)).otherwise(pl.col("b") - span.first)
    return orders.select(_OF_ORDERS).with_columns(o.alias("o"), b.cast(pl.Int32).alias("b"))


def _renumbered(rows: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    at = pl.col("o").map_batches(lambda o: numbers.search_sorted(o), return_dtype=pl.UInt32)
    return rows.with_columns(at.alias("o"))


class _Writer:
    """The growing files of a bucket."""

    def __init__(self, folder: Path, files: ExitStack) -> None:
        self.folder, self.files = folder, files
        self._open: dict[str, pa.RecordBatchFileWriter] = {}

    def write(self, name: str, rows: pl.DataFrame) -> None:
        table = rows.rechunk().to_arrow()
        if name not in self._open:
            writer = pa.ipc.new_file(str(self.folder / name), table.schema)
            self._open[name] = self.files.enter_context(writer)
        self._open[name].write_table(table)


@contextmanager
def _growing(folders: list[Path]) -> Iterator[list[_Writer]]:
    """A writer for each folder; what they wrote is closed at the end."""
    with ExitStack() as files:
        yield [_Writer(each, files) for each in folders]


def _pour(
    month: MonthData, bucket: Bucket, judged: pl.Expr | None, starts: list[int], writers: list[_Writer]
) -> None:
    """Every message row into its bucket, slice by slice of the month."""
    texts = month.tables["messages"].select("text")
    borders = pl.Series(starts, dtype=pl.Int32)
    wanted = pl.lit(False) if judged is None else judged & pl.col("buyer_msg")
    for at, rows in slices(bucket.rows, month.shelf.limits.slice_rows):
        coded = rows.with_columns(
            (pl.int_range(pl.len(), dtype=pl.UInt32) + at).alias("pos"),
            texts.slice(at, rows.height)["text"],
            _bucket_of(pl.col("b"), starts).alias("_k"),
            wanted.alias("_judged"),
        ).filter("message")
        for n, own in enumerate(_cut(coded, len(starts))):
            own = own.with_columns(pl.col("b") - borders[n])
            if own.height or not at:
                writers[n].write(MESSAGES, own.select("pos", "b", *_NOT_TEXT))
                writers[n].write(SAID, own.filter("_judged").select(_SAID))
        month.shelf.rest()
