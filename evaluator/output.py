"""Writing a run's folder (SPEC §10), whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from evaluator.evaluation import Evaluation
from evaluator.harmless import harmless
from evaluator.ledger.late import completed_refunds
from evaluator.model import EvaluatorError
from evaluator.seal import MANIFEST, outputs, sealed
from evaluator.shelf import full
from evaluator.simulate.variants import plan_values
from evaluator.stopwatch import Progress, Stopwatch

CSV_TABLES = ("kpi", "scores", "payroll", "rejects", "filters", "balances")
WHERE_THERE = ("disputes",)  # CSV tables that some months have
PARQUET_TABLES = (
    "ads",
    "attribution",
    "assists",
    "candidates",
    "receptions",
    "turns",
    "sessions",
    "inquiries",
    "links",
)
EVIDENCE = "evidence"
SETTLEMENT, REFUNDS = "_settlement.json", "_refunds.parquet"  # of the evidence: what a ledger needs
PAY = "_pay.json"  # why everybody is paid what, for ``explain --pay``
SORTED_BELOW = 200_000  # rows; larger facts come from sorted columns anyway
ROW_GROUP = 1 << 18  # rows
OWN_ENTRIES = {
    "payroll.xlsx",
    "team.html",
    "assessment.html",
    "handbook.html",
    "agents",
    "agents.zip",
    "forms",
    "tables",
    EVIDENCE,
    MANIFEST,
}


def check_target(out: Path, month: Path) -> Path:
    """Where the run may be written: an empty place, or an earlier run of this program and nothing else. Errors:
    EvaluatorError, before anything is computed."""
    out, month = out.resolve(), month.resolve()
    if out == month or out in month.parents:
        raise EvaluatorError(
            f"输出文件夹 {out} 就是（或包含）月份文件夹，会覆盖您的数据；请用 --out 指定别的文件夹"
        )
    if out.exists() and not out.is_dir():
        raise EvaluatorError(f"输出位置 {out} 是一个文件；请用 --out 指定一个文件夹")
    if out.is_dir():
        _refuse_locked(out)
        foreign = sorted(p.name for p in out.iterdir() if p.name not in OWN_ENTRIES)
        if foreign or (any(out.iterdir()) and not _is_run(out)):
            what = "、".join(foreign[:5]) or "不是本程序写的文件"
            raise EvaluatorError(
                f"输出文件夹 {out} 里已有别的文件（{what}），不覆盖；请换一个空文件夹，或先移走它们"
            )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryDirectory(dir=out.parent).cleanup()
    except OSError as error:
        raise EvaluatorError(
            f"不能写到 {out.parent}：{error.strerror}；请用 --out 指定有写权限的位置"
        ) from None
    return out


def seen_manifest(out: Path) -> dict[str, Any]:
    """The manifest of what may be a run's folder; empty where it is none."""
    try:
        written = json.loads((out / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def _is_run(out: Path) -> bool:
    """Whether this program wrote the folder."""
    program = seen_manifest(out).get("program")
    return isinstance(program, dict) and program.get("name") == "evaluator"


def _refuse_locked(out: Path) -> None:
    """R-P3: what was locked stays as it was paid."""
    if _is_run(out) and "ledger" in seen_manifest(out):
        raise EvaluatorError(
            f"输出文件夹 {out} 是已经锁定的一期结果，不覆盖；请用 --out 指定别的文件夹。"
            "锁定之后的变化用 evaluator revise 查看和入账"
        )


def write_manifest(manifest: dict[str, Any], out: Path) -> None:
    """Replaces the manifest of a run's folder, whole or not at all, with its own hash."""
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.manifest.", dir=out.resolve().parent)
    work = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(sealed(manifest), ensure_ascii=False, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        work.chmod(0o644)
        os.replace(work, out / MANIFEST)
    finally:
        work.unlink(missing_ok=True)


def write_run(
    evaluation: Evaluation,
    out: Path,
    reports: Callable[[Path], None],
    progress: Progress | None = None,
    within: Path | None = None,
) -> None:
    """Writes tables, evidence, reports and manifest into a folder in ``within`` (else beside ``out``), then puts it in
    its place; what stood there before goes only when the new one is whole. ``reports`` writes the workbook and pages
    into a folder."""
    out = check_target(out, evaluation.month.folder)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=within or out.parent))
    try:
        watch = Stopwatch(progress, evaluation.manifest["timings"])
        with ThreadPoolExecutor(1) as beside:  # Polars writes tables while Python draws pages
            tables = beside.submit(_write_data, evaluation, work)
            with watch.stage("reports", "写结果表、工作簿与页面"):
                reports(work)
            with watch.stage("write_tables", "写完结果表"):
                tables.result()
        where = {"month": _way(evaluation.month.folder, out), "outputs": outputs(work)}
        write_manifest(evaluation.manifest | where, work)
        work.chmod(0o755)
        _put_in_place(work, out)
    except OSError as error:
        raise full(error, out.parent) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _way(month: Path, out: Path) -> str:
    """From the run's folder to the month's, which may be moved together."""
    try:
        return Path(os.path.relpath(month.resolve(), out)).as_posix()
    except ValueError:  # another drive
        return month.resolve().as_posix()


def write_data(evaluation: Evaluation, out: Path) -> None:
    """Tables, evidence and manifest alone, into an empty folder."""
    _write_data(evaluation, out)
    write_manifest(evaluation.manifest | {"outputs": outputs(out)}, out)


def _write_data(evaluation: Evaluation, work: Path) -> None:
    write_tables(evaluation, work / "tables")
    write_evidence(evaluation, work / EVIDENCE)


def _put_in_place(work: Path, out: Path) -> None:
    if not out.exists():
        os.replace(work, out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    os.replace(out, old)
    try:
        os.replace(work, out)
    except OSError:
        os.replace(old, out)
        raise
    shutil.rmtree(old)


def write_tables(evaluation: Evaluation, folder: Path) -> None:
    """CSV (UTF-8, null empty, booleans true/false) and Parquet, rows sorted by their keys."""
    folder.mkdir(parents=True)
    for name in (*CSV_TABLES, *(name for name in WHERE_THERE if name in evaluation.frames)):
        frame = harmless(evaluation.frames[name], name)
        frame.write_csv(folder / f"{name}.csv")
    for name in PARQUET_TABLES:
        _write_parquet(evaluation.frames[name], folder / f"{name}.parquet")
        evaluation.month.shelf.rest()
    evaluation.talk.write(folder / "messages.parquet")


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Row groups of one size: the bytes must not tell in how many pieces a frame was made."""
    frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)


def pay_trees(evaluation: Evaluation) -> dict[str, list[str]]:
    from evaluator.render import prepare  # which only those need who write a run

    return prepare(evaluation).pay_trees


def write_evidence(evaluation: Evaluation, folder: Path) -> None:
    """The coded facts that the figures were counted from, for ``explain --metric``, and why pay is what it is."""
    folder.mkdir()
    for name in evaluation.facts:
        if ":" not in name:  # made from another fact
            _write_parquet(evaluation.facts[name], folder / f"{name}.parquet")
            evaluation.month.shelf.rest()
    _write_parquet(evaluation.talk.codes.buyers.select("b", "shop", "buyer"), folder / "_buyers.parquet")
    (folder / PAY).write_text(json.dumps(pay_trees(evaluation), ensure_ascii=False, indent=0), "utf-8")
    scopes = evaluation.facts.scopes
    named = {"agents": scopes.agents, "shops": scopes.shops}
    (folder / "_codes.json").write_text(json.dumps(named, ensure_ascii=False), "utf-8")
    completed_refunds(evaluation.month).write_parquet(folder / REFUNDS)
    settled = {
        "brought": evaluation.pay.brought.as_json(),
        "settled": [s.as_json() for s in evaluation.pay.settled],
        "plan_values": plan_values(evaluation.month.config.plans),
    }
    (folder / SETTLEMENT).write_text(json.dumps(settled, ensure_ascii=False), "utf-8")
