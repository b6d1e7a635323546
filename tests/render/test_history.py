"""Earlier months: finished runs read again, and what is refused."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hostile_month import Finished

from evaluator.model import EvaluatorError
from evaluator.render import prepare
from evaluator.render.view.history import EarlierMonth, History
from evaluator.seal import outputs, sealed

KPI = "scope,id,name,metric,value,numerator,denominator,unit,status,reason"


def earlier(
    folder: Path,
    start: str = "2026-09-01",
    end: str = "2026-10-01",
    shop: str = "旗舰店",
    sales: str = "80.00",
) -> Path:
    """A finished run, as small as it can be."""
    (folder / "tables").mkdir(parents=True)
    rows = [
        f"shop,{shop},{shop},sales,{sales},{sales},,yuan,final,",
        "agent,E01,小美,conversion_rate,0.2500000000,5,20,ratio,final,",
        "agent,E01,小美,satisfaction,,0,0,ratio,missing,分母为 0",
    ]
    (folder / "tables" / "kpi.csv").write_text("\n".join([KPI, *rows]) + "\n", encoding="utf-8")
    (folder / "tables" / "scores.csv").write_text(
        "employee_id,metric,value,weight,points,status\nE01,total,,,88.50,final\n", encoding="utf-8"
    )
    (folder / "tables" / "payroll.csv").write_text(
        "employee_id,name,line,amount\nE01,小美,base,4000.00\nE01,小美,total,5000.00\n", encoding="utf-8"
    )
    return written(folder, {"start": start, "end": end})


def written(folder: Path, period: object) -> Path:
    """With the manifest that a run writes at its end."""
    manifest = {"program": {"name": "evaluator"}, "period": period, "totals": {"payroll": "5000.00"}}
    whole = sealed(manifest | {"outputs": outputs(folder)})
    (folder / "manifest.json").write_text(json.dumps(whole), encoding="utf-8")
    return folder


def test_values_are_those_of_the_tables(tmp_path: Path) -> None:
    month = EarlierMonth.of(earlier(tmp_path / "sep"))
    assert month.value("agent", "E01", "conversion_rate") == Decimal("0.25")
    assert month.numerator("agent", "E01", "conversion_rate") == 5
    assert month.denominator("agent", "E01", "conversion_rate") == 20
    assert month.value("agent", "E01", "satisfaction") is None
    assert month.value("agent", "E99", "conversion_rate") is None
    assert (month.points("E01"), month.pay("E01"), month.pay("E01", "base")) == (
        Decimal("88.50"), Decimal("5000.00"), Decimal("4000.00")
    )  # fmt: skip
    assert (month.shops, month.label, month.payroll_total) == (("旗舰店",), "2026-09", Decimal("5000.00"))


def test_a_finished_run_reads_back_every_figure(finished: Finished) -> None:
    month = EarlierMonth.of(finished.out)
    with (finished.out / "tables" / "kpi.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    for row in rows:
        value = month.value(row["scope"], row["id"], row["metric"])
        assert value == (Decimal(row["value"]) if row["value"] else None), row
    assert month.payroll_total == finished.evaluation.payroll_total


def test_months_come_oldest_first(tmp_path: Path) -> None:
    second = earlier(tmp_path / "b")
    first = earlier(tmp_path / "a", "2026-08-01", "2026-09-01")
    half = earlier(tmp_path / "c", "2026-07-01", "2026-07-16")
    history = History.read([second, first, half])
    assert [m.label for m in history.months] == ["2026-07-01 – 2026-07-15", "2026-08", "2026-09"]
    assert history.last is not None
    assert history.last.start == date(2026, 9, 1)
    assert History().last is None


def test_what_is_no_earlier_month_of_the_shop_is_refused(finished: Finished, tmp_path: Path) -> None:
    own = earlier(tmp_path / "sep")
    with pytest.raises(EvaluatorError, match="不是一次运行的结果"):
        History.read([tmp_path])
    with pytest.raises(EvaluatorError, match="账期重叠"):
        History.read([own, earlier(tmp_path / "again", "2026-09-15", "2026-10-01")])
    with pytest.raises(EvaluatorError, match="不早于本期"):
        prepare(finished.evaluation, history=History.read([finished.out]))
    with pytest.raises(EvaluatorError, match="别的店铺"):
        prepare(finished.evaluation, history=History.read([earlier(tmp_path / "other", shop="别家")]))
    with pytest.raises(EvaluatorError, match="会覆盖以前的结果"):
        History.read([own]).check(date(2026, 10, 1), own)
    assert prepare(finished.evaluation, history=History.read([own])).history.last is not None


@pytest.mark.parametrize("period", [None, {"start": "x", "end": 3}])
def test_a_run_without_a_period_is_refused(tmp_path: Path, period: object) -> None:
    folder = written(earlier(tmp_path / "sep"), period)
    with pytest.raises(EvaluatorError, match="没有账期"):
        EarlierMonth.of(folder)


@pytest.mark.parametrize(
    ("text", "why"),
    [("a,b\n1,2\n", "读不出"), (KPI + "\nshop,旗舰店,,sales,many,,,,,\n", "不是数字")],
)
def test_a_damaged_run_is_refused_in_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    folder = earlier(tmp_path / "sep")
    (folder / "tables" / "kpi.csv").write_text(text, encoding="utf-8")
    with pytest.raises(EvaluatorError, match="改动过"):
        EarlierMonth.of(folder).value("shop", "旗舰店", "sales")
    with pytest.raises(EvaluatorError, match=why):
        EarlierMonth.of(written(folder, {"start": "2026-09-01", "end": "2026-10-01"})).value(
            "shop", "旗舰店", "sales"
        )
