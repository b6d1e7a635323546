"""Validation (SPEC §2): a raw frame becomes a canonical one; rows that break a rule become ``Reject``s.

Vectorised: rules are masks over whole columns; only rows that fail are looked at one by one. One row is
rejected once, for the first column (in table order) that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from evaluator.model import EvaluatorError, Reject
from evaluator.sources import cells
from evaluator.sources.base import Dialect, RawTable
from evaluator.tables import ALL_TABLES, POLARS_TYPES, PROVENANCE, Column, Table

VALUE_LENGTH = 200

WHY_EMPTY = "必填的一格是空的"
WHY = {
    "time": "不是时间，应写作 2026-10-01 09:30:00",
    "moment": "不是时间，应写作 2026-10-01 09:30:00 或 2026-10-01",
    "date": "不是日期，应写作 2026-10-01",
    "money": "不是金额，应是以元计的数字，如 1234.50",
    "decimal": "不是数字",
    "integer": "不是整数",
    "flag": "应为 true/false、1/0、是/否 或 yes/no",
}
WHY_CHOICE = "应为 {} 之一"
WHY_NEGATIVE = "不能为负数"
WHY_UNDECIDED = "已裁定的异议（accepted、rejected）必须写明裁定人 by 和裁定时间 when"
NO_COLUMN = (
    "{file}：表 {table} 必需的列 {column} 没有读到；请重新导出完整的文件，或用 mapping.yaml 写明它的列"
)

ID_COLUMNS = frozenset({"order_id", "refund_id", "service_id", "work_id"})
NOT_NEGATIVE = frozenset({"quantity", "due_days", "worked_days", "leave_days", "late_times"})
SCALES: dict[tuple[str, str], tuple[int, int]] = {
    ("ratings", "score"): (1, 5),
    ("reviews", "description"): (1, 5),
    ("reviews", "logistics"): (1, 5),
    ("reviews", "service"): (1, 5),
    ("surveys", "nps"): (0, 10),
}

Parser = Callable[[pl.Series, Dialect], pl.Series]
PARSERS: dict[str, Parser] = {
    "time": cells.parse_time,
    "moment": cells.parse_moment,
    "date": cells.parse_date,
    "money": cells.parse_money,
    "decimal": cells.parse_decimal,
    "integer": cells.parse_integer,
    "flag": cells.parse_flag,
}


@dataclass(frozen=True)
class Scope:
    """What validation must know of the month: other names of shops, and the shops that there are
    (None: any)."""

    shop_alias: Mapping[str, str] = field(default_factory=dict)
    shops: frozenset[str] | None = None


@dataclass
class _Check:
    """The frame under validation and the first thing wrong with each of its rows."""

    raw: pl.DataFrame
    table: Table
    why_of: Mapping[str, str]
    bad: pl.Series = field(init=False)  # index into reasons, 0 = good
    reasons: list[tuple[str, str]] = field(default_factory=lambda: [("", "")])
    out: dict[str, pl.Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bad = pl.repeat(0, self.raw.height, dtype=pl.UInt16, eager=True)

    def flag(self, mask: pl.Series, column: str, why: str) -> None:
        """Rows of ``mask`` are rejected, unless something was wrong with them already."""
        mask = mask.fill_null(False)
        if not mask.any():
            return
        self.reasons.append((column, self.why_of.get(column, why)))
        code = len(self.reasons) - 1
        self.bad = pl.select(
            pl.when((self.bad == 0) & mask).then(code).otherwise(self.bad).cast(pl.UInt16)
        ).to_series()


def _typed_is_empty(series: pl.Series) -> bool:
    """Whether null is the only empty value of this dtype (text needs cleaning first)."""
    return series.dtype not in (pl.String, pl.Binary, pl.Categorical, pl.Enum)


def _column(check: _Check, column: Column, raw: RawTable) -> pl.Series:
    """Clean, parse and check one column."""
    name, dialect = column.name, raw.dialect
    height = check.raw.height
    if name not in check.raw.columns:
        return cells.nulls(height, POLARS_TYPES[column.kind])
    series = check.raw[name]
    if series.dtype == pl.Null:
        series = series.cast(pl.String)
    if column.kind == "body":
        return cells.clean_body(series, dialect)
    if column.kind in ("name", "place"):
        few = column.kind == "name"
        return _names(check, column, cells.names(series, lambda values: cells.clean(values, dialect), few))
    if not _typed_is_empty(series) or column.kind in ("text", "choice"):
        series = cells.clean(series, dialect)
    if column.required:
        check.flag(series.is_null(), name, WHY_EMPTY)
    if column.kind == "text":
        if name in ID_COLUMNS:
            series, lost = cells.whole_number(series)
            check.flag(lost, name, cells.WHY_LOST)
        return series
    if column.kind == "choice":
        known = series.is_in(list(column.choices))
        check.flag(series.is_not_null() & ~known, name, WHY_CHOICE.format("、".join(column.choices)))
        return series
    parsed = PARSERS[column.kind](series, dialect)
    check.flag(series.is_not_null() & parsed.is_null(), name, WHY[column.kind])
    if (column.kind == "money" and not column.signed) or name in NOT_NEGATIVE:
        check.flag(parsed < 0, name, WHY_NEGATIVE)
    if (check.table.name, name) in SCALES:
        low, high = SCALES[check.table.name, name]
        check.flag((parsed < low) | (parsed > high), name, f"应在 {low} 到 {high} 之间")
    return parsed


def _names(check: _Check, column: Column, series: pl.Series) -> pl.Series:
    """The same for a column of names: rules look at each distinct one once. Those of kind ``place``
    have none yet."""
    name = column.name
    if column.required:
        check.flag(series.is_null(), name, WHY_EMPTY)
    values = series.unique().drop_nulls().cast(pl.String)
    if column.choices:
        wrong = values.filter(~values.is_in(list(column.choices)))
        check.flag(_one_of(series, wrong), name, WHY_CHOICE.format("、".join(column.choices)))
    if name in ID_COLUMNS:
        lost = values.filter(cells.whole_number(values)[1])
        check.flag(_one_of(series, lost), name, cells.WHY_LOST)
        series = cells.names(series, lambda texts: cells.whole_number(texts)[0], column.kind == "name")
    return series


def _one_of(series: pl.Series, values: pl.Series) -> pl.Series:
    return series.is_in(values.to_list()) if len(values) else pl.repeat(False, len(series), eager=True)


def _messages(check: _Check) -> None:
    check.flag(check.out["account"].is_null() & (check.out["sender"] != "system"), "account", WHY_EMPTY)


def _orders(check: _Check) -> None:
    check.flag(check.out["paid"] < check.out["created"], "paid", "付款时间早于下单时间")


def _roster(check: _Check) -> None:
    check.flag(check.out["to"] < check.out["from"], "to", "结束日期早于开始日期，这一行哪天都不算数")


def _adjustments(check: _Check) -> None:
    amount = check.out["amount"]
    by_sign = pl.select(pl.when(amount < 0).then(pl.lit("fine")).otherwise(pl.lit("bonus"))).to_series()
    kind = check.out["kind"].zip_with(check.out["kind"].is_not_null(), by_sign)
    check.flag((kind == "fine") & (amount > 0), "amount", "罚款 (fine) 不能是正数")
    check.flag((kind == "bonus") & (amount < 0), "amount", "奖金 (bonus) 不能是负数")
    check.out["kind"] = kind


def _disputes(check: _Check) -> None:
    """Whoever decided is named, with the time: the last decision holds."""
    decided = check.out["decision"] != "open"
    for column in ("by", "when"):
        check.flag(decided & check.out[column].is_null(), column, WHY_UNDECIDED)


RULES: dict[str, Callable[[_Check], None]] = {
    "messages": _messages,
    "orders": _orders,
    "adjustments": _adjustments,
    "disputes": _disputes,
    "roster": _roster,
}


def _shop(check: _Check, scope: Scope) -> None:
    """``shop_alias`` holds wherever a shop is read; messages and orders must be of a shop of the month."""
    if scope.shop_alias:
        check.out["shop"] = check.out["shop"].replace(scope.shop_alias)
    if scope.shops is not None and check.table.name in ("messages", "orders"):
        known = check.out["shop"].is_in(sorted(scope.shops))
        names = "、".join(sorted(scope.shops))
        why = f"period.yaml 的 platform 里没有这个店铺（有：{names}）；如果是别名，请写进 settings.shop_alias"
        check.flag(~known, "shop", why)


def _rejects(check: _Check, files: list[str]) -> tuple[list[Reject], pl.Series]:
    """The rejected rows, and their ``_file``."""
    mask = check.bad > 0
    rows = check.raw.filter(mask)
    codes = check.bad.filter(mask).to_list()
    columns = {check.reasons[code][0] for code in set(codes)}
    texts = {c: cells.as_text(rows[c]).to_list() for c in columns if c in rows.columns}
    found = []
    for at, (code, file, row) in enumerate(zip(codes, rows["_file"], rows["_row"], strict=True)):
        column, why = check.reasons[code]
        value = (texts[column][at] if column in texts else None) or ""
        found.append(Reject(files[file], row, column, value[:VALUE_LENGTH], why))
    return found, rows["_file"]


def _has_required(frame: pl.DataFrame, table: Table, files: list[str]) -> None:
    """Error: rows without a column that the table must have."""
    missing = [c.name for c in table.columns if c.required and c.name not in frame.columns]
    if missing and frame.height:
        told = NO_COLUMN.format(file=files[frame["_file"][0]], table=table.name, column="、".join(missing))
        raise EvaluatorError(told)


def validate(
    frame: pl.DataFrame, raw: RawTable, scope: Scope, files: list[str]
) -> tuple[pl.DataFrame, list[Reject], pl.Series]:
    """Raw columns plus ``_file`` and ``_row`` -> the canonical frame of the good rows (order kept), the
    rejects, and the ``_file`` of each reject. Money is fen, times naive shop time (SPEC §2). Error: a required column
    is missing."""
    table = ALL_TABLES[raw.table]
    _has_required(frame, table, files)
    check = _Check(frame, table, raw.why)
    for column in table.columns:
        check.out[column.name] = _column(check, column, raw)
        if column.name == "shop":
            _shop(check, scope)
    if table.name in RULES:
        RULES[table.name](check)
    for column in table.columns:
        if column.default is not None:
            check.out[column.name] = check.out[column.name].fill_null(column.default)
    check.out |= {name: frame[name].cast(dtype) for name, dtype in PROVENANCE.items()}
    done = pl.DataFrame({name: check.out[name] for name in table.schema})
    if not (check.bad > 0).any():
        return done, [], pl.Series([], dtype=pl.UInt32)
    rejects, of_file = _rejects(check, files)
    return done.filter(check.bad == 0), rejects, of_file
