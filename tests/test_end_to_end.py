"""From a folder of export files to a folder of results: what a clerk relies on."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pytest
from commandline import command, process

from evaluator import evaluate
from evaluator.evaluation import Evaluation
from evaluator.metrics.table import standard_requests
from evaluator.model import EvaluatorError
from evaluator.output import CSV_TABLES, PARQUET_TABLES, write_data
from evaluator.rulebook import metric_catalogue
from evaluator.run import evaluate_month

GOLDEN = Path(__file__).parent / "golden"


def small_month(folder: Path, **tables: str) -> Path:
    """A month of two agents and three buyers, as canonical CSV; ``tables`` replaces files (None leaves one out)."""
    files = {
        "period.yaml": "period: {start: 2026-10-01, end: 2026-10-03}\nplan: plan.yaml\nplatform: tmall\n",
        "plan.yaml": (
            "name: 小方案\napplies_to: {role: 售前}\nkpi_base: 1000\n"
            "score:\n  - {metric: conversion_rate, weight: 100, method: linear, worst: 0, best: 1}\n"
            "pay:\n  kpi_bonus: score\n  commission: {metric: net_sales, kind: marginal, brackets: [[0, 0.01]]}\n"
        ),
        "messages.csv": (
            "shop,buyer,account,sender,ts,text\n"
            "a,张三,小美,buyer,2026-10-01 10:00:00,在吗\n"
            "a,张三,小美,agent,2026-10-01 10:00:30,在的\n"
            "a,李四,小雅,buyer,2026-10-01 11:00:00,这个有货吗\n"
            "a,李四,小雅,agent,2026-10-01 11:02:00,有的\n"
        ),
        "orders.csv": (
            "shop,order_id,buyer,created,paid,amount,postage\n"
            "a,1001,张三,2026-10-01 10:05:00,2026-10-01 10:06:00,108.00,8.00\n"
            "a,1002,王五,2026-10-02 09:00:00,2026-10-02 09:01:00,50.00,0\n"
        ),
        "roster.csv": "account,employee_id,name,group,role\n小美,E01,美,甲组,售前\n小雅,E02,雅,甲组,售前\n",
    }
    files |= {name.replace("_csv", ".csv").replace("_yaml", ".yaml"): text for name, text in tables.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


# --- golden month ------------------------------------------------------------------------------------------------
def payroll_page(month: Evaluation) -> str:
    """The demo month's pay, to be read by a person."""
    totals = [line for line in month.pay.lines if line.line == "total"]
    rows = [f"{line.employee_id:<6}{line.name:<6}\t{line.amount:>12,.2f}" for line in totals]
    return "\n".join([*rows, f"{'合计':<10}\t{month.payroll_total:>12,.2f}"]) + "\n"


def test_golden_demo_month(demo: Evaluation) -> None:
    """Changes only when rules or the demo's story change; then read the difference and replace the file."""
    assert payroll_page(demo) == (GOLDEN / "demo_payroll.txt").read_text("utf-8")


def test_demo_month_is_as_lively_as_a_shop(demo: Evaluation) -> None:
    filters = dict(demo.frames["filters"].select("filter", "receptions").iter_rows())
    assert filters["ad"] and filters["internal"] and filters["agent_only"]
    outcomes = set(demo.receptions["outcome"].dropna())
    assert outcomes >= {"won", "lost", "assist", "passed"}
    assert set(demo.assists["kind"]) == {"assist_order", "assist_followup"}
    assert demo.attribution["credited"].isna().any() and demo.attribution["excluded"].notna().any()
    assert {"unbound_account", "ambiguous_buyer", "unlinked_order", "rejected"} <= {
        i.kind for i in demo.review
    }


# --- invariants --------------------------------------------------------------------------------------------------
def test_no_row_is_lost(demo: Evaluation) -> None:
    """rows_in = rows_used + rows_rejected for every file, and the manifest shows the three."""
    assert demo.manifest["inputs"]
    for f in demo.manifest["inputs"]:
        assert f["rows_in"] == f["rows_used"] + f["rows_rejected"], f["file"]
    rejected = demo.frames["rejects"].group_by("file").len()
    counted = {f["file"]: f["rows_rejected"] for f in demo.manifest["inputs"] if f["rows_rejected"]}
    assert dict(rejected.iter_rows()) == counted
    used = {
        name: sum(f["rows_used"] for f in demo.manifest["inputs"] if f["table"] == name)
        for name in ("messages", "orders")
    }
    assert used["messages"] == demo.talk.rows.height
    assert used["orders"] == demo.frames["attribution"].height


def test_pay_adds_up(demo: Evaluation) -> None:
    """R-P4: total = Σ lines; the payroll total is in the manifest."""
    pay = demo.payroll
    lines = pay[pay["line"] != "total"].groupby("employee_id")["amount"].sum()
    totals = pay[pay["line"] == "total"].set_index("employee_id")["amount"]
    assert all(lines[who] == totals[who] for who in totals.index)
    assert demo.manifest["totals"]["payroll"] == str(sum(totals, Decimal(0)))


def test_every_metric_at_every_scope(demo: Evaluation) -> None:
    kpi = demo.frames["kpi"]
    asked = {r.id for r in standard_requests()}
    for (scope, who), rows in kpi.group_by("scope", "id"):
        assert asked <= set(rows["metric"]), (scope, who)
    of_spec = {info.id for info in metric_catalogue().values() if info.source == "SPEC §7"}
    assert {r.metric for r in standard_requests()} == of_spec | {"reply_within"}
    assert set(kpi["metric"]) == asked | {r.id for r in demo.month.config.requests}
    assert set(kpi["scope"]) == {"agent", "group", "shop"}
    missing = kpi.filter(pl.col("status") == "missing")
    assert missing["reason"].null_count() == 0


def test_same_inputs_same_bytes(demo_month: Path, demo_out: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    write_data(evaluate_month(demo_month), again)
    for name in (*(f"{t}.csv" for t in CSV_TABLES), *(f"{t}.parquet" for t in (*PARQUET_TABLES, "messages"))):
        assert (demo_out / "tables" / name).read_bytes() == (again / "tables" / name).read_bytes(), name


def test_tables_are_sorted_by_their_keys(demo: Evaluation) -> None:
    keys = {
        "kpi": ["scope", "id", "metric"],
        "attribution": ["shop", "order_id"],
        "receptions": ["shop", "buyer", "agent", "day"],
        "turns": ["shop", "buyer", "agent", "opened"],
        "assists": ["shop", "order_id", "agent", "kind"],
        "candidates": ["shop", "order_id", "at", "agent"],
    }
    for name, columns in keys.items():
        frame = demo.frames[name].select(columns)
        assert frame.equals(frame.sort(columns, maintain_order=True)), name


# --- the Python interface ----------------------------------------------------------------------------------------
def test_python_interface(tmp_path: Path) -> None:
    month = evaluate(small_month(tmp_path / "m"))
    for name in (
        "kpi",
        "scores",
        "payroll",
        "attribution",
        "assists",
        "candidates",
        "receptions",
        "turns",
        "sessions",
        "inquiries",
        "messages",
        "filters",
        "rejects",
        "balances",
    ):
        assert isinstance(getattr(month, name), pd.DataFrame), name
    own = month.kpi[(month.kpi["scope"] == "agent") & (month.kpi["id"] == "E01")].set_index("metric")
    assert own.loc["conversion_rate", "value"] == 1.0 and own.loc["sales", "value"] == 100.0
    # E01: bonus 1000 × 100/100 + 1 % of 100.00; E02: lost his only inquiry
    totals = month.payroll[month.payroll["line"] == "total"].set_index("employee_id")["amount"]
    assert totals.to_dict() == {"E01": Decimal("1001.00"), "E02": Decimal("0.00")}
    assert month.payroll_total == Decimal("1001.00")


# --- the folder --------------------------------------------------------------------------------------------------
def test_output_folder(demo_out: Path) -> None:
    for name in ("payroll.xlsx", "team.html", "manifest.json"):
        assert (demo_out / name).stat().st_size > 0
    people = {p.stem for p in (demo_out / "agents").glob("*.html")}
    paid = {
        r["employee_id"]
        for r in pl.read_csv(demo_out / "tables" / "payroll.csv", infer_schema=False).iter_rows(named=True)
    }
    assert paid <= people


def test_output_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    month = evaluate(small_month(tmp_path / "m"))
    out = tmp_path / "out"
    month.save(out)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}

    def breaks(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("evaluator.render.write_reports", breaks)
    with pytest.raises(EvaluatorError, match="disk full"):
        month.save(out)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    with pytest.raises(EvaluatorError, match="disk full"):
        month.save(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m", "out"]


def test_foreign_folder_is_not_overwritten(tmp_path: Path) -> None:
    month = small_month(tmp_path / "m")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    done = command("run", month, "--out", tmp_path / "photos", "--quiet")
    assert done.returncode == 2 and "photos" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "photos" / "cat.jpg").exists()


def test_no_folder_of_the_user_is_ever_replaced(tmp_path: Path) -> None:
    """Not the month itself, nor what contains it, nor a folder that only looks like a run, nor a run with guests."""
    month, out = small_month(tmp_path / "m"), tmp_path / "out"
    evaluation = evaluate(month)
    evaluation.save(out)
    (month / "manifest.json").write_text("{}", "utf-8")
    inside = small_month(out / "month")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "manifest.json").write_text('{"name": "site"}', "utf-8")
    for target, source in ((month, month), (out, inside), (tmp_path / "site", month), (out, month)):
        before = sorted(p for p in tmp_path.rglob("*"))
        done = command("run", source, "--out", target, "--quiet")
        assert done.returncode == 2 and "Traceback" not in done.stderr and str(target) in done.stderr
        assert sorted(p for p in tmp_path.rglob("*")) == before
    shutil.rmtree(inside)
    evaluation.save(out)  # a run alone is replaced


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    month = small_month(tmp_path / "m")
    (tmp_path / "file").write_text("x", "utf-8")
    for target in (tmp_path / "file" / "out", Path("/proc/out")):
        done = command("run", month, "--out", target, "--quiet")
        assert done.returncode == 2 and "Traceback" not in done.stderr
    again = command("demo", month)
    assert again.returncode == 2 and "Traceback" not in again.stderr


def test_links_to_folders_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    evaluate(small_month(tmp_path / "m")).save(tmp_path / "link")
    assert (tmp_path / "real" / "payroll.xlsx").is_file() and (tmp_path / "link").is_symlink()


def test_formulas_in_names_do_not_run_in_csv(tmp_path: Path) -> None:
    roster = "account,employee_id,name,group,role\n小美,E01,=1+1,甲组,售前\n"
    evaluate(small_month(tmp_path / "m", roster_csv=roster)).save(tmp_path / "out")
    assert "'=1+1" in (tmp_path / "out" / "tables" / "payroll.csv").read_text("utf-8")


# --- the command line --------------------------------------------------------------------------------------------
def test_run_check_and_explain(tmp_path: Path) -> None:
    month, out = small_month(tmp_path / "m"), tmp_path / "out"
    checked = command("check", month)
    assert checked.returncode == 0 and "messages.csv" in checked.stdout and not out.exists()
    done = process("run", month, "--out", out, "--quiet")
    assert done.returncode == 0, done.stderr
    assert "1,001.00" in done.stdout and str(out) in done.stdout
    order = command("explain", out, "--order", "1001")
    assert order.returncode == 0 and "E01" in order.stdout and "在的" in order.stdout
    why = command("explain", out, "--agent", "E01", "--metric", "conversion_rate")
    assert why.returncode == 0 and "1 ÷ 1" in why.stdout and "张三" in why.stdout
    for words in (
        ("--order", "9999"),
        ("--agent", "E77", "--metric", "sales"),
        ("--agent", "E01", "--metric", "salse"),
        ("--agent", "E01"),
    ):
        wrong = command("explain", out, *words)
        assert wrong.returncode == 2 and "Traceback" not in wrong.stderr and wrong.stderr.strip()
    nothing = process("explain", tmp_path, "--order", "1001")
    assert nothing.returncode == 2 and "Traceback" not in nothing.stderr and nothing.stderr.strip()


def test_a_file_that_breaks_off_is_told_on_the_screen(tmp_path: Path) -> None:
    month = small_month(tmp_path / "m")
    talk = (month / "messages.csv").read_text("utf-8")
    for n, (ends, told) in enumerate([(talk, False), (talk.rstrip(), False), (talk[:-30], True)]):
        (month / "messages.csv").write_text(ends, "utf-8")
        done = command("run", month, "--out", tmp_path / f"out{n}", "--quiet")
        assert done.returncode == 0
        assert ("⚠ messages.csv 在一行中间断了" in done.stderr) is told


MESSAGES = "shop,buyer,account,sender,ts,text\na,张三,小美,buyer,2026-10-01 10:00:00,在吗\n"
ROSTER = "account,employee_id,name,group,role,from,to\n小美,E01,美,甲组,售前,,\n"
ORDERS = "shop,order_id,buyer,created,paid,amount,postage\na,1,张三,2026-10-01 10:00:00,,5,0\n"
PLAN = "name: x\napplies_to: {role: 售前}\n"
BROKEN = [
    # what is wrong, the file that says so, words of the message
    (
        "missing column",
        {"orders_csv": "shop,order_id,buyer,created,paid\na,1,张三,2026-10-01 10:00:00,\n"},
        ["orders.csv", "amount"],
    ),
    ("empty month", {"messages_csv": "shop,buyer,account,sender,ts,text\n"}, ["messages"]),
    (
        "no plan file",
        {"period_yaml": "period: {start: 2026-10-01, end: 2026-10-03}\nplan: none.yaml\n"},
        ["period.yaml:2", "none"],
    ),
    (
        "unknown metric",
        {"plan_yaml": PLAN + "score:\n  - {metric: salse, weight: 1, method: linear, worst: 0, best: 1}\n"},
        ["plan.yaml:4", "salse", "sales"],
    ),
    (
        "brackets out of order",
        {
            "plan_yaml": PLAN
            + "pay:\n  commission: {metric: sales, kind: whole, brackets: [[100, 0.1], [0, 0.2]]}\n"
        },
        ["plan.yaml:4", "brackets"],
    ),
]


@pytest.mark.parametrize(("what", "files", "words"), BROKEN, ids=[b[0] for b in BROKEN])
def test_what_a_user_can_put_right(
    tmp_path: Path, what: str, files: dict[str, str], words: list[str]
) -> None:
    month = small_month(tmp_path / "m", **files)
    done = command("run", month, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 2, (what, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr and all(word in done.stderr for word in words), done.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_in_the_period_is_told(tmp_path: Path) -> None:
    period = "period: {start: 2026-12-01, end: 2027-01-01}\nplan: plan.yaml\n"
    month = evaluate(small_month(tmp_path / "m", period_yaml=period))
    assert [i.subject for i in month.review if i.kind == "empty_period"] == ["消息和订单"]


def test_orders_that_all_lost_their_digits_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="orders"):
        evaluate(small_month(tmp_path / "m", orders_csv=ORDERS.replace("a,1,", "a,1.001E+17,")))


def test_files_with_the_same_bytes_are_told(tmp_path: Path) -> None:
    month = small_month(tmp_path / "m")
    text = "employee_id,amount,reason,approved_by\nE01,10,奖励,主管\n"
    for name in ("adjustments.csv", "adjustments_2.csv"):
        (month / name).write_text(text, "utf-8")
    assert [i.subject for i in evaluate(month).review if i.kind == "same_file"] == ["adjustments_2.csv"]


BAD_ROWS = [
    ("a date that is none", "orders.csv", ORDERS + "a,2,张三,2026-13-01 10:00:00,,5,0\n", "created"),
    ("a negative amount", "orders.csv", ORDERS + "a,2,张三,2026-10-01 10:00:00,,-5,0\n", "amount"),
    ("no number", "orders.csv", ORDERS + "a,2,张三,2026-10-01 10:00:00,,五块,0\n", "amount"),
    (
        "paid before created",
        "orders.csv",
        ORDERS + "a,2,张三,2026-10-01 10:00:00,2026-10-01 09:00:00,5,0\n",
        "paid",
    ),
    ("ends before it begins", "roster.csv", ROSTER + "小雅,E02,雅,甲组,售前,2026-10-20,2026-10-10\n", "to"),
    ("no buyer", "messages.csv", MESSAGES + "a,,小美,buyer,2026-10-01 10:00:00,在吗\n", "buyer"),
]


@pytest.mark.parametrize(("what", "file", "text", "column"), BAD_ROWS, ids=[b[0] for b in BAD_ROWS])
def test_bad_rows_are_rejected_and_the_run_goes_on(
    tmp_path: Path, what: str, file: str, text: str, column: str
) -> None:
    month = evaluate(small_month(tmp_path / "m", **{file.replace(".", "_"): text}))
    rows = month.frames["rejects"].rows(named=True)
    assert [(r["file"], r["row"], r["column"]) for r in rows] == [(file, 2, column)], what
    assert rows[0]["why"] and any(i.kind == "rejected" and i.subject == file for i in month.review)


def test_unknown_shop(tmp_path: Path) -> None:
    period = "period: {start: 2026-10-01, end: 2026-10-03}\nplan: plan.yaml\nplatform: {a: tmall}\n"
    text = MESSAGES + "没听过的店,张三,小美,buyer,2026-10-01 10:00:00,在吗\n"
    month = evaluate(small_month(tmp_path / "m", period_yaml=period, messages_csv=text))
    assert month.frames["rejects"].select("file", "row", "column").rows() == [("messages.csv", 2, "shop")]


def test_repeated_order_number_the_last_holds(tmp_path: Path) -> None:
    text = ORDERS + "a,1,张三,2026-10-01 10:00:00,2026-10-01 12:00:00,7,0\n"
    month = evaluate(small_month(tmp_path / "m", orders_csv=text))
    assert month.frames["attribution"]["amount"].to_list() == [700]
    assert month.frames["rejects"].select("row", "why").rows() == [(1, "superseded")]


@pytest.mark.parametrize("name", ["messages.csv", "orders.csv", "roster.csv", "period.yaml"])
def test_missing_required_file(tmp_path: Path, name: str) -> None:
    month = small_month(tmp_path / "m")
    (month / name).unlink()
    with pytest.raises(EvaluatorError, match=name.split(".")[0]):
        evaluate(month)


@pytest.mark.parametrize(
    "junk", [b"PK\x03\x04 truncated", b"\xff\xfe\x00\xd8" * 9, b"PAR1 no parquet", b"\x00" * 64, b""]
)
def test_rubbish_files_never_end_in_a_traceback(tmp_path: Path, junk: bytes) -> None:
    for name in ("orders_9.xlsx", "orders_9.csv", "messages_9.parquet", "聊天.txt"):
        month = small_month(tmp_path / name)
        (month / name).write_bytes(junk)
        try:
            evaluate(month)
        except EvaluatorError as error:
            assert name in str(error)


def test_manifest_is_json_with_hashes(demo_out: Path) -> None:
    manifest = json.loads((demo_out / "manifest.json").read_text("utf-8"))
    assert all(len(f["sha256"]) == 64 for f in manifest["inputs"])
    assert manifest["rules"] and manifest["settings"]["judgment"] and manifest["program"]["version"]


def test_a_guarantee_without_hire_dates_asks_for_them(tmp_path: Path) -> None:
    """R-P line 8: the workbook has the column, empty, so that a clerk can fill it in."""
    plan = (
        "name: 小方案\nkpi_base: 1000\n"
        "score:\n  - {metric: conversion_rate, weight: 100, method: linear, worst: 0, best: 1}\n"
        "pay:\n  kpi_bonus: score\n  guarantee: {months: 2, amount: 3000}\n"
    )
    evaluated = evaluate(small_month(tmp_path / "month", plan_yaml=plan))
    evaluated.save(tmp_path / "out")
    assert "hired_missing" in {item.kind for item in evaluated.review}
    sheet = openpyxl.load_workbook(tmp_path / "out" / "payroll.xlsx")["计薪数据"]
    heads = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "入职日期" in heads and "保底期内" in heads
