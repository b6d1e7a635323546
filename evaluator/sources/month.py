"""Reading a month's folder into canonical tables (SPEC §1, §2): every row is used, or rejected with file,
row, column and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from evaluator.model import EvaluatorError, InputFile, MonthData, Reject, ReviewItem
from evaluator.names import Names, placed
from evaluator.shelf import Limits, Shelf, slices
from evaluator.sources import (
    archives,
    exports,
    finish,
    jsonfile,
    lookalike,
    mapping,
    openids,
    recognise,
    repeats,
    taobao_refunds_api,
)
from evaluator.sources.base import RawTable, Refused
from evaluator.sources.canonical import must_have
from evaluator.sources.column_words import spoken
from evaluator.sources.files import Sample
from evaluator.sources.validate import VALUE_LENGTH, Scope, validate
from evaluator.tables import ALL_TABLES, PLACED, TABLES

if TYPE_CHECKING:
    from evaluator.settings import MonthConfig

Progress = Callable[[str], None]

LARGE = "messages"  # the one table that may have tens of millions of rows
NEEDED = {"messages": "聊天记录", "orders": "订单", "roster": "花名册"}
SMALL = 100_000  # rows; smaller frames, and blocks of a CSV, are gathered before they are validated


class _Reader:
    """The state of one reading."""

    def __init__(self, config: MonthConfig, shelf: Shelf) -> None:
        self.config = config
        self.mappings = mapping.load(config.folder)
        shops = set(config.shops) | ({config.shop} if config.shop else set())
        self.scope = Scope(dict(config.settings.shop_alias), frozenset(shops) if config.shops else None)
        self.inputs: list[InputFile] = []
        self.names: list[str] = []  # of inputs
        self.rejects: list[tuple[int, Reject]] = []
        self.review: list[ReviewItem] = []
        self.frames: dict[str, list[pl.DataFrame]] = {}
        self.columns: dict[str, set[str]] = {}
        self.accounts: dict[str, str] = {}  # numeric id -> account
        self.folded: dict[int, dict[int, list[int]]] = {}  # by file: row -> rows that it stands for
        self.open_ids: list[pl.DataFrame] = []
        self.exported: dict[str, int] = {}  # exported table, by file and sheet -> rows
        self.unknown: list[str] = []
        self.shelf = shelf
        self.places = {column: Names(shelf) for column in PLACED}  # of messages
        self._laid: dict[str, int] = {}  # by table: how many frames are on the shelf
        self._loose: dict[str, int] = {}  # by table: bytes of those that are not
        self._pending: dict[str, tuple[RawTable, list[pl.DataFrame]]] = {}
        self._no_shop: list[tuple[str, RawTable, pl.DataFrame]] = []

    # ------------------------------------------------------------------------------------------ a file
    def read(self, rel: str, path: Path) -> None:
        try:
            sample = Sample(rel, path, self.shelf)
            unread, read = list[Sample](), False
            for part, source in recognise.sources(sample, self.mappings):
                if source is None:
                    unread.append(part)
                    continue
                read = True
                self._read(part, source)
            if read:
                self.review += recognise.unread_sheets(sample, unread)
            else:
                self._not_recognised(next((s for s in unread if lookalike.told(s)), sample))
        except OSError as error:
            raise EvaluatorError(f"{rel}：读不了这个文件（{error.strerror}）") from error
        except RecursionError as error:
            raise EvaluatorError(f"{rel}：JSON 一层套一层，套得太深，不是平台的导出；请重新导出") from error

    def _read(self, sample: Sample, source: recognise.Source) -> None:
        try:
            for raw in source.read(sample):
                self._take(sample, source.id, raw)
        except Refused as refused:
            self.unknown.append(f"{sample.rel}（{refused}）")
            self.review.append(
                ReviewItem("refused_file", sample.rel, f"文件 {sample.rel} 没有读入：{refused}")
            )

    def _not_recognised(self, sample: Sample) -> None:
        heads = "、".join(h for h in sample.header if h)[:300]
        detail = f"文件 {sample.rel} 不是已知的格式，没有读入"
        seen = f"；{'表头' if len(sample.header) > 1 else '第一行'}：{heads}" if heads else ""
        detail += seen
        detail += f"；里面有：{'、'.join(keys)}" if (keys := jsonfile.outer_keys(sample)) else ""
        detail += "；JSON 不完整，可能没有下载完" if sample.kind == "json" and sample.json is None else ""
        detail += _looks_like(sample)
        zipped, end, _ = sample.file.partition(".zip/")
        file = zipped + end.rstrip("/")
        detail += (
            f"；可以用 evaluator map {file} 生成列的映射（{mapping.FILE}）" if exports.tabular(sample) else ""
        )
        known = _looks_like(sample) or seen
        self.unknown.append(f"{sample.rel}（{known[1:]}）" if known else sample.rel)
        self.review.append(ReviewItem("unrecognised_file", sample.rel, detail))

    def _take(self, sample: Sample, format_id: str, raw: RawTable) -> None:
        at = len(self.inputs)
        kind = f"canonical_{_SUFFIX[sample.kind]}" if format_id == "canonical" else format_id
        entry = InputFile(sample.rel, raw.table, kind, sample.scan.sha256)
        self.inputs.append(entry)
        self.names.append(sample.rel)
        for frame in raw:
            entry.rows_in += frame.height
            self._frame(raw, frame.with_columns(pl.lit(at, dtype=pl.UInt32).alias("_file")), sample.rel)
        entry.rows_in += len(raw.rejects) + sum(map(len, raw.folded.values()))
        if format_id != "canonical" and exports.tabular(sample):
            self.exported[sample.rel] = self.exported.get(sample.rel, 0) + entry.rows_in
        if raw.folded:
            self.folded[at] = raw.folded
        if raw.open_ids is not None:
            self.open_ids.append(self.shelf.keep(openids.of_file(raw.open_ids, raw.table, at)))
        for r in raw.rejects:
            self.rejects.append((at, Reject(sample.rel, r.row, r.column, r.value[:VALUE_LENGTH], r.why)))
        self.review += raw.notes
        self.accounts |= raw.aliases

    def _frame(self, raw: RawTable, frame: pl.DataFrame, rel: str) -> None:
        table = raw.table
        self.columns.setdefault(table, set()).update(frame.columns)
        self.frames.setdefault(table, [])
        if "shop" in ALL_TABLES[table].by_name and "shop" not in frame.columns:
            self._no_shop.append((rel, raw, frame))
        elif frame.height > SMALL:
            self._flush(table)
            self._validate(raw, frame)
        else:
            self._gather(raw, frame)

    def _gather(self, raw: RawTable, frame: pl.DataFrame) -> None:
        """Small frames of one kind are validated together: a month may have thousands of chat files."""
        if raw.table in self._pending:
            first, frames = self._pending[raw.table]
            same = (first.dialect, first.why, frames[0].schema) == (raw.dialect, raw.why, frame.schema)
            if same and sum(f.height for f in frames) < SMALL:
                frames.append(frame)
                return
            self._flush(raw.table)
        self._pending[raw.table] = (raw, [frame])

    def _flush(self, table: str) -> None:
        if table in self._pending:
            raw, frames = self._pending.pop(table)
            self._validate(raw, pl.concat(frames))

    def _validate(self, raw: RawTable, frame: pl.DataFrame) -> None:
        good, rejects, of_file = validate(frame, raw, self.scope, self.names)
        self.frames[raw.table].append(placed(good, self.places) if raw.table == LARGE else good)
        self._shelve(raw.table)
        self.rejects += zip(of_file.to_list(), rejects, strict=True)

    def _shelve(self, table: str) -> None:
        """Lays the rows of a table that were read last on the shelf when there are enough of them."""
        frames, laid = self.frames[table], self._laid.get(table, 0)
        loose = self._loose.get(table, 0) + int(frames[-1].estimated_size())
        if loose >= self.shelf.limits.loose:
            frames[laid:] = [self.shelf.lay(pl.concat(frames[laid:]))]
            self._laid[table], loose = len(frames), 0
        self._loose[table] = loose

    # --------------------------------------------------------------------------------------- the month
    def tables(self) -> dict[str, pl.DataFrame]:
        for table in list(self._pending):
            self._flush(table)
        late = {raw.table for _, raw, _ in self._no_shop}
        self._give_shops()
        made = {t: pl.concat(f) if f else ALL_TABLES[t].empty() for t, f in self.frames.items()}
        self.frames = {}  # a large month stands in memory once
        return made | {t: self.shelf.keep(made[t].sort("_file", "_row")) for t in late}

    def _give_shops(self) -> None:
        """The shop of exports that name none (SPEC §2.1)."""
        named: set[str] = set()
        for frames in self.frames.values():
            for frame in frames:
                if "shop" in frame.columns:
                    named |= set(frame["shop"].unique().drop_nulls())
        for rel, raw, frame in self._no_shop:
            shop = finish.shop_of(rel, self.config, named)
            self._validate(raw, frame.with_columns(pl.lit(shop).alias("shop")))
            self.columns[raw.table].add("shop")

    def without_rows(self) -> list[ReviewItem]:
        """Exported tables that hold nothing: the wrong days asked for, or a download cut off. An empty canonical file,
        like an API's empty answer, says that there was nothing."""
        told = "里一行数据也没有：如果本月应当有，请检查导出时选的日期，重新导出"
        return [ReviewItem("source_note", rel, f"{rel} {told}") for rel, n in self.exported.items() if not n]

    def refuse(self, table: str, frame: pl.DataFrame, mask: pl.Series, column: str, why: str) -> pl.DataFrame:
        """The frame without the rows of ``mask``, which are rejected."""
        if not mask.any():
            return frame
        rows = frame.filter(mask)
        values = rows[column].to_list() if column else [""] * rows.height
        for at, row, value in zip(rows["_file"], rows["_row"], values, strict=True):
            self.rejects.append((at, Reject(self.names[at], row, column, value, why)))
        parts = slices(frame, self.shelf.limits.slice_rows)
        return pl.concat([self.shelf.keep(part.filter(~mask.slice(at, part.height))) for at, part in parts])

    def _fate_of_folded(self) -> None:
        """Rows that another one stands for are rejected with it, else used with it."""
        for at, reject in list(self.rejects):
            for row in self.folded.get(at, {}).pop(reject.row, ()):
                self.rejects.append((at, replace(reject, row=row)))
        for at, rows in self.folded.items():
            self.inputs[at].rows_used += sum(map(len, rows.values()))

    def count(self, tables: dict[str, pl.DataFrame]) -> list[Reject]:
        """Fill in rows_used and rows_rejected; rejects in order of file and row. Fails if a row got lost."""
        self._fate_of_folded()
        for at, _ in self.rejects:
            self.inputs[at].rows_rejected += 1
        for frame in tables.values():
            for at, used in frame["_file"].value_counts().iter_rows():
                self.inputs[at].rows_used += used
        for entry in self.inputs:
            if entry.rows_in != entry.rows_used + entry.rows_rejected:
                raise AssertionError(f"rows of {entry.file} are not conserved: {entry}")
        return [r for _, r in sorted(self.rejects, key=lambda pair: (pair[0], pair[1].row))]


def _looks_like(sample: Sample) -> str:
    if told := lookalike.told(sample):
        return f"；{told}"
    found = set(sample.header)
    for name, table in TABLES.items():
        if found.issuperset(must_have(table)):
            return f"；列像是表 {name}：把文件名改成以 {name} 开头即可读入"
    return ""


_SUFFIX = {"text": "csv", "empty": "csv", "parquet": "parquet", "xlsx": "xlsx", "xls": "xlsx"}


def read_month(
    config: MonthConfig,
    progress: Progress | None = None,
    scratch: Path | None = None,
    limits: Limits | None = None,
) -> MonthData:
    """Every data file of ``config.folder`` as canonical tables (SPEC §2): times naive shop time, money fen,
    messages in input order, ``_file`` and ``_row`` on each row. ``scratch``: folder for temporary files, if not the
    system's; ``limits``: of what is held in memory. Errors: EvaluatorError where a file cannot be used at all or a
    required table is missing."""
    reader = _Reader(config, Shelf(scratch, limits))
    with archives.opened(config.folder) as folder:
        for rel, path in folder.files():
            if progress:
                progress(f"读取 {rel}")
            reader.read(rel, path)
    reader.review += folder.notes
    reader.unknown += [note.detail for note in folder.notes]
    reader.review += reader.mappings.unused()
    reader.review += reader.without_rows()
    if progress:
        progress("核对重复与店铺")
    tables = reader.tables()
    _required(tables, reader)
    if "refunds" in tables:
        answers = [at for at, entry in enumerate(reader.inputs) if entry.format == taobao_refunds_api.ID]
        mask = repeats.superseded_refunds(tables["refunds"], answers)
        tables["refunds"] = reader.refuse("refunds", tables["refunds"], mask, "refund_id", repeats.SUPERSEDED)
    tables = finish.finish(tables, reader.inputs, reader.accounts, reader.review, reader.places)
    alias = config.settings.shop_alias
    open_ids = openids.gathered(reader.open_ids, tables["orders"], alias, reader.shelf)
    mask = repeats.duplicate_messages(tables["messages"], reader.places)
    tables["messages"] = reader.refuse("messages", tables["messages"], mask, "", repeats.DUPLICATE)
    mask = repeats.superseded_orders(tables["orders"])
    tables["orders"] = reader.refuse("orders", tables["orders"], mask, "order_id", repeats.SUPERSEDED)
    rejects = reader.count(tables)
    tables = {name: reader.shelf.keep(t) if name != LARGE else t for name, t in tables.items()}
    reader.shelf.rest()
    absent = {
        name: frozenset(c.name for c in ALL_TABLES[name].columns if c.optional)
        - reader.columns.get(name, set())
        for name in tables
    }
    return MonthData(
        config.folder,
        config,
        tables,
        absent,
        reader.inputs,
        rejects,
        reader.review,
        open_ids,
        reader.shelf,
        reader.places,
    )


def _required(tables: dict[str, pl.DataFrame], reader: _Reader) -> None:
    for name, table in TABLES.items():
        if not table.mandatory:
            continue
        if name not in tables:
            columns = "、".join(must_have(table))
            detail = f"{reader.config.folder}：没有找到表 {name}（{NEEDED[name]}）："
            detail += f"请放进平台的导出，或自备 {name}.csv（列：{columns}）"
            if reader.unknown:
                detail += f"；没有采用的文件：{'、'.join(reader.unknown[:5])}"
            raise EvaluatorError(detail)
        read = sum(entry.rows_in for entry in reader.inputs if entry.table == name)
        if tables[name].is_empty() and (read or name != "orders"):  # a month without orders may be
            raise EvaluatorError(_nothing_left(name, reader))


def _nothing_left(name: str, reader: _Reader) -> str:
    files = [i for i, entry in enumerate(reader.inputs) if entry.table == name]
    where = "、".join(reader.names[i] for i in files[:5])
    first = next((r for at, r in reader.rejects if at in files), None)
    if first is None:
        return f"{where}：表 {name} 一行数据也没有"
    return (
        f"{where}：表 {name} 的全部数据行都不能用；例如 {first.file} 第 {first.row} 行数据"
        f" {spoken(first.column)}「{first.value}」：{first.why}"
    )
