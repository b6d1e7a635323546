"""A platform's report that lies in no month: the file, or zip of files, that ``evaluator reconcile --with`` names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from evaluator.model import EvaluatorError, Reject, ReviewItem
from evaluator.sources import archives, lookalike
from evaluator.sources.files import Sample
from evaluator.sources.platform_reports import read, report_rules, sniff
from evaluator.sources.validate import VALUE_LENGTH, Scope, validate

NO_REPORT = "{file}：不像平台的客服报表（能读：{known}）；要有账号一列（如 旺旺昵称、客服账号）和指标列"


@dataclass(frozen=True)
class ReadReport:
    """The report's ``platform_report``, what was rejected and what is told of it."""

    figures: pl.DataFrame
    rejects: list[Reject]
    notes: list[ReviewItem]


def read_file(path: Path) -> list[ReadReport]:
    """The report, or every one in a zip. Errors: EvaluatorError where there is no such file, or it holds no report or
    one without a figure."""
    if path.is_dir():
        raise EvaluatorError(f"{path} 是文件夹；请写报表文件本身")
    try:
        with archives.opened(path) as held:
            samples = [Sample(rel, at) for rel, at in held.files()]
            reports = [_read(sample) for sample in samples if sniff(sample)]
        if not reports:
            raise EvaluatorError(_no_report(path.name, samples, held.notes))
    except FileNotFoundError as error:
        raise EvaluatorError(f"找不到报表文件：{path}") from error
    except OSError as error:
        raise EvaluatorError(f"{path}：读不了这个文件（{error.strerror}）") from error
    return reports


def _read(sample: Sample) -> ReadReport:
    raw = read(sample)[0]
    frame = pl.concat(raw).with_columns(pl.lit(0, dtype=pl.UInt32).alias("_file"))
    good, refused, _ = validate(frame, raw, Scope(), [sample.rel])
    rejects = [Reject(sample.rel, r.row, r.column, r.value[:VALUE_LENGTH], r.why) for r in raw.rejects]
    rejects += refused
    if good.is_empty():
        raise EvaluatorError(f"{sample.rel}：{_nothing(rejects)}")
    return ReadReport(good, rejects, raw.notes)


def _nothing(rejects: list[Reject]) -> str:
    if not rejects:
        return "只有表头，一行数据也没有"
    first = rejects[0]
    return f"没有一个数能用；例如第 {first.row} 行数据 {first.column}「{first.value[:40]}」：{first.why}"


def _no_report(name: str, samples: list[Sample], notes: list[ReviewItem]) -> str:
    """Why a file is no report, or a zip holds none."""
    known = "、".join(layout.platform for layout in report_rules().layouts)
    parts = [NO_REPORT.format(file=name, known=known), *(note.detail for note in notes)]
    if [sample.rel for sample in samples] == [name]:
        parts += _seen(samples[0])
    elif samples:
        parts.append(f"压缩包里有 {'、'.join(sample.rel for sample in samples[:5])}")
    return "；".join(parts)


def _seen(sample: Sample) -> list[str]:
    if sample.kind == "empty":
        return ["文件是空的"]
    table = sample.kind in ("text", "xlsx", "xls")
    heads = "、".join(head for head in sample.header if head)[:200] if table else ""
    told = lookalike.told(sample) or ("" if table else "报表应是 xlsx、xls 或 CSV 文件")
    return [part for part in (f"文件里的表头：{heads}" if heads else "", told) if part]
