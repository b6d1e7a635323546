"""An Evaluation built from a conformance month's published tables, to look at the reports and to test them on
a month of natural size. Reads ``../shared``; callers skip where it is absent."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

from evaluator.model import InputFile, KpiCell, MonthData, ReviewItem
from evaluator.pay import compute_pay
from evaluator.roster import Roster
from evaluator.scoring import score_all
from evaluator.settings import load_month
from evaluator.tables import TABLES

SHARED = Path(__file__).resolve().parents[3] / "shared" / "conformance"
TIMES = pl.Datetime("ms")


def _read(path: Path, **types: Any) -> pl.DataFrame:
    frame = pl.read_csv(path, infer_schema=False)
    casts = []
    for name in frame.columns:
        kind = types.get(name, pl.String)
        column = pl.col(name)
        if kind == TIMES:
            column = column.str.to_datetime(time_unit="ms", strict=False)
        elif kind == pl.Boolean:
            column = column == "true"
        elif kind == pl.Date:
            column = column.str.to_date(strict=False)
        elif kind == "fen":
            column = (column.cast(pl.Decimal(20, 2)) * 100).cast(pl.Int64)
        elif kind != pl.String:
            column = column.cast(kind)
        casts.append(column.alias(name))
    return frame.select(casts)


def _roster(folder: Path) -> pl.DataFrame:
    frame = _read(folder / "roster.csv", base_salary="fen", hired=pl.Date, to=pl.Date, **{"from": pl.Date})
    return frame.with_columns(
        pl.lit(0, pl.UInt16).alias("_file"), pl.int_range(1, pl.len() + 1).cast(pl.UInt32).alias("_row")
    ).select(list(TABLES["roster"].schema))


def _messages(folder: Path, roster: pl.DataFrame) -> pl.DataFrame:
    files = [_read(path, ts=TIMES, auto=pl.Boolean) for path in sorted(folder.glob("messages*.csv"))]
    frame = pl.concat(files, how="diagonal")
    owner = roster.unique("account", keep="last").select("account", pl.col("employee_id").alias("agent"))
    return (
        frame.with_row_index("row", offset=1)
        .join(owner, on="account", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("agent", "account").alias("agent"),
            (pl.col("sender") == "buyer").alias("is_buyer"),
            ((pl.col("sender") == "agent") & pl.col("auto").not_()).alias("is_human"),
            pl.lit("messages.csv").alias("file"),
        )
        .sort("shop", "buyer", "ts", maintain_order=True)
    )


def _cell(row: dict[str, str | None]) -> KpiCell:
    def exact(name: str) -> Fraction | None:
        return Fraction(row[name]) if row[name] else None  # type: ignore[arg-type]

    top, bottom = exact("numerator"), exact("denominator")
    value = None if not row["value"] else top / bottom if top is not None and bottom else exact("value")
    return KpiCell(value, top, bottom, row["status"] or "", row["reason"] or "")


def month(number: int) -> Any:
    """The month ``month_NN`` as an Evaluation."""
    home = SHARED / f"month_{number:02d}"
    folder, want = home / "month", home / "want"
    config = load_month(folder)
    roster = _roster(folder)
    whole, flag = pl.Int64, pl.Boolean
    frames = {
        "kpi": _read(want / "kpi.csv"),
        "scores": _read(want / "scores.csv"),
        "payroll": _read(want / "payroll.csv"),
        "attribution": _read(want / "attribution.csv", created=TIMES, paid=TIMES, amount=whole, counted=whole),
        "assists": _read(want / "assists.csv", messages=whole, last_ts=TIMES),
        "candidates": _read(
            want / "candidates.csv", last_human=TIMES, human_messages=whole, buyer_messages=whole,
            answered_turns=whole, place=whole, won=flag,
        ).with_columns(pl.col("why").replace({"latest last message": "latest", "earlier last message": "earlier"})),
        "receptions": _read(
            want / "receptions.csv", day=pl.Date, buyer_messages=whole, human_messages=whole, auto_messages=whole,
            turns=whole, answered=whole, wait_sum=pl.Float64, first_wait=pl.Float64, transferred_in=flag,
            transferred_out=flag, is_robot=flag,
        ),
        "turns": _read(want / "turns.csv", opened=TIMES, replied=TIMES, wait=pl.Float64),
        "filters": _read(want / "filters.csv", on=flag, receptions=whole, messages=whole, buyers=whole),
        "rejects": _read(want / "rejects.csv", row=whole).with_columns(
            pl.lit(None, pl.String).alias("value"),
        ).select("file", "row", "column", "value", "why"),
        "messages": _messages(folder, roster),
    }  # fmt: skip
    profiles = Roster.of(roster).profiles(config.start, config.end)
    kpi = {
        (r["id"], r["metric"]): _cell(r)
        for r in frames["kpi"].iter_rows(named=True) if r["scope"] == "agent"
    }
    scores = score_all(config.plans, list(profiles.values()), kpi, period_start=config.start)
    pay = compute_pay(
        config.plans, list(profiles.values()), scores, kpi, _attendance(folder), _adjustments(folder),
        period_start=config.start,
    )
    data = MonthData(folder, config, {"roster": roster}, {}, _inputs(folder), [])
    review = [*config.review, *scores.review, *pay.review, ReviewItem("unlinked_order", "shop_a", "一笔订单没有买家")]
    manifest = {"version": "0.0", "totals": {"payroll": str(pay.payroll_total)}}
    return SimpleNamespace(
        month=data, profiles=profiles, frames=frames, pay=pay, scores=scores, review=review, manifest=manifest
    )


def _attendance(folder: Path) -> pl.DataFrame | None:
    path = folder / "attendance.csv"
    exact = pl.Decimal(38, 6)
    return _read(path, due_days=exact, worked_days=exact) if path.exists() else None


def _adjustments(folder: Path) -> pl.DataFrame | None:
    path = folder / "adjustments.csv"
    if not path.exists():
        return None
    frame = _read(path, amount="fen")
    return frame if "kind" in frame.columns else frame.with_columns(pl.lit(None, pl.String).alias("kind"))


def _inputs(folder: Path) -> list[InputFile]:
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            rows = sum(1 for _ in csv.reader(file)) - 1
        found.append(InputFile(path.name, path.stem, "canonical_csv", "0" * 64, rows, rows, 0))
    return found


def payroll_total(evaluation: Any) -> Decimal:
    return Decimal(evaluation.manifest["totals"]["payroll"])
