"""The canonical tables (SPEC §2): names, columns, types and units, in one place.

Every source format is translated into these; everything that is computed reads only these. A table in
memory is a Polars frame with the columns below, in this order, plus two of provenance:

``_file``  index of the file in ``MonthData.inputs`` (UInt32)
``_row``   1-based number of the data row in that file, rejected rows counted too (UInt32)

Types (``Column.kind``):

==========  =====================  ===========================================================
kind        Polars type            meaning
==========  =====================  ===========================================================
text        String                 as written, outer blanks stripped; never an empty string (null)
name        Categorical            the same, in a table of millions of rows that repeat it: one integer a row
place       UInt32                 the same, where there are ever more of them: its place in ``MonthData.names``
body        String                 message text: kept exactly as written; null only if absent
time        Datetime("ms")         naive local shop time
moment      Datetime("ms")         when somebody decided: the same, or a day (its first instant)
date        Date
money       Int64                  fen
decimal     Decimal(38, 6)         exact number (days, yuan rates)
integer     Int64
flag        Boolean                null = not stated
choice      String                 one of ``choices``
==========  =====================  ===========================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import polars as pl
import polars.selectors as cs

POLARS_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "name": pl.Categorical(),
    "place": pl.UInt32(),
    "body": pl.String(),
    "time": pl.Datetime("ms"),
    "moment": pl.Datetime("ms"),
    "date": pl.Date(),
    "money": pl.Int64(),
    "decimal": pl.Decimal(38, 6),
    "integer": pl.Int64(),
    "flag": pl.Boolean(),
    "choice": pl.String(),
}

#: Beside the tables, which have no place for them: the open ids of buyers (SPEC §2) in the platforms' answers.
#: ``buyer``: the nick beside the open id, maybe masked. ``order_id`` null: a rating's.
OPEN_IDS: dict[str, pl.DataType] = {
    "table": pl.String(),
    "shop": pl.String(),
    "order_id": pl.String(),
    "buyer": pl.String(),
    "open_id": pl.String(),
    "_file": pl.UInt32(),
    "_row": pl.UInt32(),
}

PROVENANCE: dict[str, pl.DataType] = {"_file": pl.UInt32(), "_row": pl.UInt32()}


Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def spelled(frame: Frame) -> Frame:
    """The frame with its names as text."""
    return frame.with_columns(cs.categorical().cast(pl.String))


@dataclass(frozen=True)
class Column:
    """One canonical column. ``required``: the column must exist and no cell may be empty.
    ``optional``: the column may be absent (then it is all null, and metrics that need it are missing).
    Neither: the column must exist, cells may be empty."""

    name: str
    kind: str = "text"
    required: bool = False
    optional: bool = False
    choices: tuple[str, ...] = ()
    default: str | bool | None = None  # what an empty cell means
    signed: bool = False  # money only: may be negative


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    mandatory: bool = False  # the month cannot be evaluated without it
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {c.name: c for c in self.columns})

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Polars schema, provenance columns last."""
        return {c.name: POLARS_TYPES[c.kind] for c in self.columns} | PROVENANCE

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)


def _req(name: str, kind: str = "text", **kw: object) -> Column:
    return Column(name, kind, required=True, **kw)  # type: ignore[arg-type]


def _cell(name: str, kind: str = "text", **kw: object) -> Column:
    return Column(name, kind, **kw)  # type: ignore[arg-type]


def _opt(name: str, kind: str = "text", **kw: object) -> Column:
    return Column(name, kind, optional=True, **kw)  # type: ignore[arg-type]


PLACED = ("buyer", "order_id")  # columns of messages that are places

SENDERS = ("buyer", "agent", "robot", "system")
ROLES = ("售前", "售后", "全能", "主管", "robot")

_TABLES = (
    Table(
        "messages",
        (
            _req("shop", "name"),
            _req("buyer", "place"),
            _cell("account", "name"),  # empty only in system rows
            _req("sender", "name", choices=SENDERS),
            _req("ts", "time"),
            _cell("text", "body"),
            _opt("kind", "name", default="text"),
            _opt("auto", "flag", default=False),
            _opt("order_id", "place"),
            _opt("to_account", "name"),
        ),
        mandatory=True,
    ),
    Table(
        "orders",
        (
            _req("shop"),
            _req("order_id"),
            _cell("buyer"),
            _req("created", "time"),
            _opt("paid", "time"),
            _req("amount", "money"),
            _opt("postage", "money"),
            _opt("quantity", "integer"),
            _opt("status"),
            _opt("memo"),
            _opt("grouped", "time"),
        ),
        mandatory=True,
    ),
    Table(
        "order_items",
        (
            _req("order_id"),
            _cell("sku"),
            _cell("title"),
            _cell("quantity", "integer"),
            _cell("amount", "money"),
            _opt("category"),
        ),
    ),
    Table(
        "refunds",
        (
            _req("refund_id"),
            _req("order_id"),
            _req("applied", "time"),
            _opt("completed", "time"),
            _req("amount", "money"),
            _req("kind", "choice", choices=("refund_only", "return_refund", "exchange")),
            _opt("stage", "choice", choices=("in_sale", "after_sale")),
            _opt("by_seller", "flag"),
            _opt("dispute", "flag"),
            _opt("seller_fault", "flag"),
            _opt("account"),
        ),
    ),
    Table(
        "ratings",
        (
            _req("shop"),
            _req("buyer"),
            _req("account"),
            _req("ts", "time"),
            _req("score", "integer"),
            _req("source", "choice", choices=("human", "robot")),
            _opt("sent", "time"),
            _opt("tags"),
        ),
    ),
    Table(
        "escalations",
        (
            _req("shop"),
            _req("buyer"),
            _req("ts", "time"),
            _req("kind", "choice", choices=("platform_consult", "dispute", "complaint")),
            _opt("order_id"),
            _opt("account"),
            _opt("upheld", "flag"),
        ),
    ),
    Table(
        "online",
        (
            _req("account"),
            _req("ts", "time"),
            _req("event", "choice", choices=("online", "offline", "suspend", "resume")),
        ),
    ),
    Table(
        "reviews",
        (
            _req("shop"),
            _req("order_id"),
            _req("ts", "time"),
            _opt("description", "integer"),
            _opt("logistics", "integer"),
            _opt("service", "integer"),
        ),
    ),
    Table("shipments", (_req("shop"), _req("order_id"), _req("due", "time"), _opt("picked_up", "time"))),
    Table(
        "service_orders",
        (
            _req("service_id"),
            _req("account"),
            _req("applied", "time"),
            _opt("first_audit", "time"),
            _opt("ready", "time"),
            _opt("first_result", "time"),
            _opt("awaiting_customer", "flag"),
            _opt("spec_checked", "flag"),
            _opt("spec_passed", "flag"),
        ),
    ),
    Table(
        "work_orders",
        (
            _req("work_id"),
            _req("account"),
            _req("opened", "time"),
            _opt("closed", "time"),
            _opt("first_visit_fixed", "flag"),
            _opt("under_contract", "flag"),
            _opt("value", "money"),
            _opt("charged", "money"),
            _opt("promised", "time"),
            _opt("delivered", "time"),
            _opt("parts_from_ideal_place", "flag"),
            _opt("miss_cause", "choice", choices=("data", "configuration", "execution")),
        ),
    ),
    Table("customers", (_req("customer"), _req("contract", "flag"))),
    Table("surveys", (_req("account"), _req("ts", "time"), _req("nps", "integer"))),
    Table(
        "exams",
        (_req("employee_id"), _req("taken", "date"), _req("score", "decimal"), _req("pass_mark", "decimal")),
    ),
    Table(
        "roster",
        (
            _req("account"),
            _req("employee_id"),
            _req("name"),
            _cell("group"),
            _req("role", "choice", choices=ROLES),
            _opt("from", "date"),
            _opt("to", "date"),
            _opt("base_salary", "money"),
            _opt("hired", "date"),
        ),
        mandatory=True,
    ),
    Table(
        "attendance",
        (
            _req("employee_id"),
            _req("due_days", "decimal"),
            _req("worked_days", "decimal"),
            _opt("leave_days", "decimal"),
            _opt("late_times", "integer"),
        ),
    ),
    Table(
        "adjustments",
        (
            _req("employee_id"),
            _req("amount", "money", signed=True),
            _req("reason"),
            _req("approved_by"),
            _opt("kind", "choice", choices=("bonus", "fine", "correction")),
        ),
    ),
    Table(
        "disputes",
        (
            _req("order_id"),
            _req("employee_id"),
            _cell("claim"),
            _req("decision", "choice", choices=("accepted", "rejected", "open")),
            _opt("to_employee_id"),
            _cell("by"),  # empty only while open
            _cell("when", "moment"),
            _opt("note"),
        ),
    ),
    Table("peers", (_req("metric"), _req("value", "decimal"), _opt("percentile", "decimal"))),
    Table("labels", (_req("shop"), _req("buyer"), _req("label", "choice", choices=("ad", "not_ad")))),
    Table("scene_labels", (_req("shop"), _req("buyer"), _req("day", "date"), _req("scene"))),
    Table("manual_filters", (_req("shop"), _req("buyer"), _opt("day", "date"))),
)

TABLES: dict[str, Table] = {t.name: t for t in _TABLES}

REPORT_SCOPES = ("agent", "sum", "mean", "shop_sum", "shop_mean", "peer_good", "peer_mean")

PLATFORM_REPORT = Table(
    "platform_report",
    (
        _req("platform"),
        _req("account"),
        _req("scope", "choice", choices=REPORT_SCOPES),
        _req("metric"),
        _cell("value", "decimal"),
        _cell("step", "decimal"),
        _req("unit", "choice", choices=("count", "yuan", "s", "ratio")),
        _opt("from", "date"),
        _opt("to", "date"),
        _req("header"),
        _req("file"),
    ),
)
"""What a platform's own service report says, one row a figure: **for reconciliation only**. No figure, score or
pay ever reads it, it is none of SPEC's canonical tables, and no file can be named after it.

``account`` as the report writes it (of a summary row: that row's name); ``scope`` agent, or what a summary row
sums up; ``metric`` the id of ours that comes nearest; ``value`` in ``unit`` (yuan, seconds, ratio 0–1; null:
the platform shows none); ``step`` one in the last place that the report writes out; ``from``/``to`` first and
last day of the report, both inclusive (null: nothing says so); ``header`` the report's own name of the figure;
``file`` relative to the month. Reports of several days stay apart by ``from`` and ``to``."""

ALL_TABLES: dict[str, Table] = TABLES | {PLATFORM_REPORT.name: PLATFORM_REPORT}
"""Every table that a file may fill; ``TABLES`` are those that a canonical file may be named after."""
