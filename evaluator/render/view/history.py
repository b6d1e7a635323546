"""Earlier months beside this one: figures, scores and pay of finished runs (``run --history``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from evaluator.model import EvaluatorError
from evaluator.render.text import visible

if TYPE_CHECKING:
    from evaluator.finished import FinishedRun

#: A new run of the program writes it anew; until then it does not match its figures.
AGAIN = "请重新运行 evaluator run"
Cells = dict[tuple[str, ...], str]  # keys of a row → its value, as the table writes it


@dataclass(frozen=True)
class EarlierMonth:
    """One finished run. ``end`` is exclusive. Values are the exact decimals of its tables; None: missing, or that
    somebody or some figure was not there."""

    run: FinishedRun
    start: date
    end: date

    @classmethod
    def of(cls, out: Path) -> EarlierMonth:
        """Errors: EvaluatorError where ``out`` is no finished run, or a damaged one."""
        from evaluator.finished import FinishedRun  # which needs the words of the reports

        run = FinishedRun(out)
        try:
            period = run.manifest["period"]
            start, end = date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
        except (KeyError, TypeError, ValueError):
            raise EvaluatorError(f"{out} 的 manifest.json 没有账期；{AGAIN}") from None
        return cls(run, start, end)

    @property
    def label(self) -> str:
        """``2026-09`` of a whole month, else first and last day."""
        last = date.fromordinal(self.end.toordinal() - 1)
        whole = self.start.day == 1 and self.end.day == 1 and (last.year, last.month) == (
            self.start.year, self.start.month
        )  # fmt: skip
        return f"{self.start:%Y-%m}" if whole else f"{self.start} – {last}"

    def value(self, scope: str, id: str, metric: str) -> Decimal | None:
        """``value`` of kpi.csv."""
        return self._number(self._kpi["value"], scope, id, metric)

    def numerator(self, scope: str, id: str, metric: str) -> Decimal | None:
        return self._number(self._kpi["numerator"], scope, id, metric)

    def denominator(self, scope: str, id: str, metric: str) -> Decimal | None:
        return self._number(self._kpi["denominator"], scope, id, metric)

    def points(self, employee_id: str, metric: str = "total") -> Decimal | None:
        """``points`` of scores.csv; ``total``: the score of the month."""
        return self._number(self._scores, employee_id, metric)

    def pay(self, employee_id: str, line: str = "total") -> Decimal | None:
        """Yuan of a line of payroll.csv."""
        return self._number(self._pay, employee_id, line)

    @cached_property
    def shops(self) -> tuple[str, ...]:
        return tuple(sorted({id for scope, id, _ in self._kpi["value"] if scope == "shop"}))

    @property
    def payroll_total(self) -> Decimal | None:
        found = self.run.manifest.get("totals", {}).get("payroll")
        return None if found is None else self._number({("payroll",): str(found)}, "payroll")

    # --- reading --------------------------------------------------------------------------------------
    @cached_property
    def _kpi(self) -> dict[str, Cells]:
        keys = ("scope", "id", "metric")
        return {c: self._cells("kpi", keys, c) for c in ("value", "numerator", "denominator")}

    @cached_property
    def _scores(self) -> Cells:
        return self._cells("scores", ("employee_id", "metric"), "points")

    @cached_property
    def _pay(self) -> Cells:
        return self._cells("payroll", ("employee_id", "line"), "amount")

    def _cells(self, table: str, keys: tuple[str, ...], column: str) -> Cells:
        path = self.run.file(f"tables/{table}.csv")
        try:
            rows = pl.read_csv(path, infer_schema=False).select(*keys, column).drop_nulls()
        except (OSError, pl.exceptions.PolarsError):
            raise EvaluatorError(f"{path} 读不出（缺失或损坏）；{AGAIN}") from None
        return {tuple(key): value for *key, value in rows.iter_rows()}

    def _number(self, cells: Cells, *key: str) -> Decimal | None:
        text = cells.get(key)
        if not text:
            return None
        try:
            return Decimal(text)
        except InvalidOperation:
            raise EvaluatorError(f"{self.run.out} 的结果表里「{text[:40]}」不是数字；{AGAIN}") from None


@dataclass(frozen=True)
class History:
    """Earlier months, oldest first; they do not overlap."""

    months: tuple[EarlierMonth, ...] = ()

    @classmethod
    def read(cls, runs: Iterable[Path]) -> History:
        """Errors: EvaluatorError for a folder that is no finished run, and for two of one time."""
        months = sorted((EarlierMonth.of(run) for run in runs), key=lambda m: (m.start, m.end))
        for one, next_one in pairwise(months):
            if next_one.start < one.end:
                raise EvaluatorError(
                    f"--history 的 {one.run.out}（{one.label}）与 {next_one.run.out}（{next_one.label}）账期重叠；"
                    "同一个月只给一次结果"
                )
        return cls(tuple(months))

    @property
    def last(self) -> EarlierMonth | None:
        """The month to compare this one with."""
        return self.months[-1] if self.months else None

    def check(self, start: date, out: Path | None = None) -> None:
        """All are earlier than ``start``, and none is ``out``, which is to be replaced. Errors: EvaluatorError."""
        for month in self.months:
            if month.end > start:
                raise EvaluatorError(
                    f"--history 的 {month.run.out}（{month.label}）不早于本期（{start} 起）；只给以前各月的结果文件夹"
                )
            if out is not None and month.run.out.resolve() == out.resolve():
                raise EvaluatorError(
                    f"--out 与 --history 是同一个文件夹 {out}，会覆盖以前的结果；请换一个 --out"
                )

    def check_shops(self, shops: Sequence[str]) -> None:
        """Each has a shop in common with this month. Errors: EvaluatorError."""
        for month in self.months:
            if not set(month.shops) & set(shops):
                raise EvaluatorError(
                    f"--history 的 {month.run.out}（{month.label}）是别的店铺（{_named(month.shops)}），"
                    f"本期是 {_named(shops)}；请给同一家店以前的结果"
                )


def _named(shops: Sequence[str]) -> str:
    return "、".join(visible(s) for s in shops) or "（无）"


NO_HISTORY = History()
