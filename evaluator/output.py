"""Writing a run's folder (SPEC §10), whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from evaluator.evaluation import Evaluation
from evaluator.model import EvaluatorError
from evaluator.stopwatch import Progress, Stopwatch

CSV_TABLES = ("kpi", "scores", "payroll", "rejects", "filters", "balances")
PARQUET_TABLES = (
    "attribution",
    "assists",
    "candidates",
    "receptions",
    "turns",
    "sessions",
    "inquiries",
    "links",
)
FREE_TEXT = {"kpi": ("name",), "payroll": ("name",), "rejects": ("value", "why")}
EVIDENCE = "evidence"
MANIFEST = "manifest.json"


def harmless(column: str) -> pl.Expr:
    """A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return (
        pl.when(pl.col(column).str.contains(r"^[=+\-@\t\r]"))
        .then("'" + pl.col(column))
        .otherwise(pl.col(column))
        .alias(column)
    )


def check_target(out: Path) -> None:
    """Only an empty place or an earlier run of this program may be written to."""
    if out.is_file():
        raise EvaluatorError(f"输出位置 {out} 是一个文件；请用 --out 指定一个文件夹")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise EvaluatorError(
            f"输出文件夹 {out} 里已有别的文件（没有 {MANIFEST}）；请换一个空文件夹，以免覆盖您的文件"
        )


def write_run(
    evaluation: Evaluation, out: Path, reports: Callable[[Path], None], progress: Progress | None = None
) -> None:
    """Writes tables, evidence, reports and manifest into a folder beside ``out``, then puts it in its place; what stood
    there before goes only when the new one is whole. ``reports`` writes the workbook and pages into a folder."""
    out = out.absolute()
    check_target(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        watch = Stopwatch(progress, evaluation.manifest["timings"])
        with ThreadPoolExecutor(1) as beside:  # Polars writes tables while Python draws pages
            tables = beside.submit(_write_data, evaluation, work)
            with watch.stage("reports", "写结果表、工作簿与页面"):
                reports(work)
            with watch.stage("write_tables", "写完结果表"):
                tables.result()
        (work / MANIFEST).write_text(
            json.dumps(evaluation.manifest, ensure_ascii=False, indent=1) + "\n", "utf-8"
        )
        work.chmod(0o755)
        _put_in_place(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


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
    for name in CSV_TABLES:
        frame = evaluation.frames[name].with_columns(harmless(c) for c in FREE_TEXT.get(name, ()))
        frame.write_csv(folder / f"{name}.csv")
    for name in PARQUET_TABLES:
        evaluation.frames[name].write_parquet(
            folder / f"{name}.parquet", compression="zstd", compression_level=1
        )
    evaluation.talk.write(folder / "messages.parquet")


def write_evidence(evaluation: Evaluation, folder: Path) -> None:
    """The coded facts that the figures were counted from, for ``explain --metric``."""
    folder.mkdir()
    for name in evaluation.facts:
        if ":" not in name:  # made from another fact
            evaluation.facts[name].write_parquet(
                folder / f"{name}.parquet", compression="zstd", compression_level=1
            )
    evaluation.talk.buyers.write_parquet(folder / "_buyers.parquet", compression="zstd", compression_level=1)
    scopes = evaluation.facts.scopes
    named = {"agents": scopes.agents, "shops": scopes.shops}
    (folder / "_codes.json").write_text(json.dumps(named, ensure_ascii=False), "utf-8")
