"""R-A7: for each shop, day and judgment, credited + silent + excluded = all paid; the run fails if not."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from chat import Drawing

from evaluator import kernel
from evaluator.attribution import check_conservation
from evaluator.model import EvaluatorError
from evaluator.prepare import paid_totals
from evaluator.run import evaluate_data

JUDGMENTS = ("by_order", "by_payment", "by_order_first", "by_grouped_chain")
DRAWN = """
10:00:00  buyer → 小美
10:00:10  小美  → buyer
order 1001 created 10:05:00 paid 10:05:00
order 1002 created 10:05:00 paid 10:05:00 memo 刷单
"""


DAY = 20731


def orders(credited: int | None = None, excluded: str | None = None, paid: int | None = DAY) -> pl.DataFrame:
    """A credited, a silent and an excluded order of one day, and one as given, under each judgment; fen."""
    rows = [
        ("a", DAY, 100, None, 7),
        ("a", DAY, 250, None, None),
        ("a", DAY, 30, "memo", None),
        ("a", paid, 999, excluded, credited),
    ]
    frame = pl.DataFrame(rows, schema=["shop", "paid_day", "counted", "excluded", "agent"], orient="row")
    return frame.select(pl.exclude("agent"), *(pl.col("agent").alias(j) for j in JUDGMENTS))


@pytest.mark.rule("R-A7")
@pytest.mark.parametrize("row", [{}, {"credited": 3}, {"excluded": "memo"}, {"paid": None}])
def test_what_is_one_of_the_three_is_conserved(row: dict[str, object]) -> None:
    frame = orders(**row)  # type: ignore[arg-type]
    check_conservation(frame, paid_totals(frame))


@pytest.mark.rule("R-A7")
@pytest.mark.parametrize("judgment", JUDGMENTS)
def test_an_order_credited_and_excluded_is_counted_twice_and_stops_the_run(judgment: str) -> None:
    broken = orders(excluded="title").with_columns(
        pl.when(pl.col("excluded") == "title").then(3).otherwise(pl.col(judgment)).alias(judgment)
    )
    with pytest.raises(EvaluatorError, match=rf"R-A7，{judgment}.*999 分、1 单"):
        check_conservation(broken, paid_totals(broken))


@pytest.mark.rule("R-A7")
def test_an_unpaid_order_is_nobodys_sale() -> None:
    frame = orders(credited=3, excluded="memo", paid=None)
    check_conservation(frame, paid_totals(frame))


@pytest.mark.rule("R-A7")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows.head(-1), "-999 分、-1 单"),
        (lambda rows: pl.concat([rows, rows.tail(1)]), "999 分、1 单"),
    ],
)
def test_an_order_lost_or_doubled_on_the_way_stops_the_run(
    change: Callable[[pl.DataFrame], pl.DataFrame], says: str
) -> None:
    with pytest.raises(EvaluatorError, match=says):
        check_conservation(change(orders()), paid_totals(orders()))


@pytest.mark.rule("R-A7")
def test_the_run_itself_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """If attribution credited an excluded order, no result would come out."""
    month = Drawing(DRAWN.split("\n")[1:-1]).month(())
    evaluate_data(month)
    judge = kernel.judge
    everyone = {j: pl.lit(0, pl.Int32) for j in (*JUDGMENTS, "credited")}
    monkeypatch.setattr(kernel, "judge", lambda *given: judge(*given).with_columns(**everyone))
    with pytest.raises(EvaluatorError, match="R-A7"):
        evaluate_data(month)
