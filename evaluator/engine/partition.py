"""A month's coded messages, orders and items in buckets on disk, written in one pass (docs/architecture.md, "Engines").

Inside a bucket codes count from 0: what stands in it does not change because somebody else bought or wrote. An order
of nobody has a code below 0, each its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from evaluator.engine.bundle import Bundle, read_bundle, write_bundle
from evaluator.engine.spans import Span, Spans
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
        return self.span.buyers(month.codes.buyers.select("shop", "who"))

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
    spans: Spans,
    folder: Path,
) -> list[DiskBucket]:
    """Writes the buckets into ``folder``. ``judged``: of which messages the ad filter reads the text (columns CODED);
    None: of none. Errors: EvaluatorError where the disk is full."""
    folders = [folder / f"{span.number:05d}" for span in spans]
    for each in folders:
        each.mkdir(parents=True)
    try:
        with _growing(folders) as writers:
            _pour(month, bucket, judged, spans, writers)
        with _growing(folders) as writers:
            numbers = _pour_orders(bucket, spans, writers, month.shelf)
        if items is not None:
            with _growing(folders) as writers:
                _pour_items(items, bucket, numbers, spans, writers, month.shelf)
    except OSError as error:
        raise full(error, folder) from error
    transfers = _cut(bucket.transfers, spans)
    for each, span, own in zip(folders, spans, transfers, strict=True):
        local = own.with_columns(pl.col("b") - span.first)
        write_bundle(each / REST, Bundle("", {"transfers": local}))
    return [DiskBucket(*each) for each in zip(folders, spans, numbers, strict=True)]


def _cut(rows: pl.DataFrame, spans: Spans) -> list[pl.DataFrame]:
    """Rows by the spans that their codes ``b`` lie in, in their order."""
    ordered = rows.with_columns(spans.number().alias("_k")).sort("_k", maintain_order=True)
    numbers = pl.Series(range(len(spans)), dtype=pl.UInt32)
    ends = [int(n) for n in ordered["_k"].search_sorted(numbers, side="right")]
    begins = [0, *ends[:-1]]
    return [ordered.slice(a, b - a).drop("_k") for a, b in zip(begins, ends, strict=True)]


def _pour_orders(bucket: Bucket, spans: Spans, writers: list[_Writer], shelf: Shelf) -> list[pl.Series]:
    """Every order into its bucket. ``o`` in the month of each bucket's orders."""
    numbers: list[list[pl.Series]] = [[] for _ in spans]
    before = [0] * len(spans)
    for at, rows in slices(bucket.orders, shelf.limits.slice_rows):
        for n, (span, own) in enumerate(zip(spans, _cut(rows, spans), strict=True)):
            if own.height or not at:
                writers[n].write(ORDERS, _local_orders(own, span, before[n]))
                numbers[n].append(own["o"])
                before[n] += own.height
        shelf.rest()
    return [pl.concat(parts, rechunk=True) for parts in numbers]


def _pour_items(
    items: pl.DataFrame,
    bucket: Bucket,
    numbers: list[pl.Series],
    spans: Spans,
    writers: list[_Writer],
    shelf: Shelf,
) -> None:
    """Every item into the bucket of its order."""
    for at, rows in slices(items.select("o", "title"), shelf.limits.slice_rows):
        coded = rows.with_columns(bucket.orders["b"].gather(rows["o"]))
        for n, own in enumerate(_cut(coded, spans)):
            if own.height or not at:
                writers[n].write(ITEMS, _renumbered(own.drop("b"), numbers[n]))
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
    month: MonthData, bucket: Bucket, judged: pl.Expr | None, spans: Spans, writers: list[_Writer]
) -> None:
    """Every message row into its bucket, slice by slice of the month."""
    texts = month.tables["messages"].select("text")
    wanted = pl.lit(False) if judged is None else judged & pl.col("buyer_msg")
    for at, rows in slices(bucket.rows, month.shelf.limits.slice_rows):
        coded = rows.with_columns(
            (pl.int_range(pl.len(), dtype=pl.UInt32) + at).alias("pos"),
            texts.slice(at, rows.height)["text"],
            wanted.alias("_judged"),
        ).filter("message")
        for n, (span, own) in enumerate(zip(spans, _cut(coded, spans), strict=True)):
            own = own.with_columns(pl.col("b") - span.first)
            if own.height or not at:
                writers[n].write(MESSAGES, own.select("pos", "b", *_NOT_TEXT))
                writers[n].write(SAID, own.filter("_judged").select(_SAID))
        month.shelf.rest()
