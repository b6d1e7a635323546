"""Reports of a finished evaluation: payroll.xlsx, team.html, agents/*.html (SPEC §10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.model import EvaluatorError
from evaluator.render.forms.fill import templates_of, write_forms
from evaluator.render.pages import write_pages
from evaluator.render.view.orders import ORDER_LIMIT
from evaluator.render.view.prepared import Prepared
from evaluator.render.words import run_words
from evaluator.render.workbook import write_workbook

if TYPE_CHECKING:
    from evaluator.evaluation import Evaluation

LANGUAGES = ("zh", "en")


def write_reports(
    evaluation: Evaluation,
    out: Path,
    lang: str = "zh",
    progress: Callable[[str], None] | None = None,
    order_limit: int = ORDER_LIMIT,
    templates: Sequence[Path] = (),
) -> None:
    """Writes payroll.xlsx, team.html and agents/<employee_id>.html into the folder ``out``.

    ``progress`` is told what is being written. ``order_limit``: orders on the sheet 归属明细; all of
    them stand in tables/attribution.parquet. ``templates``: workbooks to fill, besides those in the month's folder
    ``templates``. Raises EvaluatorError for an unknown language, and where
    the sums of the reports do not agree with each other."""
    if lang not in LANGUAGES:
        raise EvaluatorError(f"报告没有语言 {lang}，现有：{'、'.join(LANGUAGES)}")
    data = prepare(evaluation, lang)
    out.mkdir(parents=True, exist_ok=True)
    write_workbook(data, out / "payroll.xlsx", order_limit, progress)
    write_forms(data, templates_of(evaluation.month.folder, templates), out)
    write_pages(data, out, progress)


def prepare(evaluation: Evaluation, lang: str = "zh") -> Prepared:
    """The evaluation with words for everything that is shown."""
    requests = {request.id: request for request in evaluation.month.config.requests}
    words = run_words(evaluation.manifest["settings"], requests, lang)
    return Prepared(evaluation, words)
