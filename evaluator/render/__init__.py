"""Reports of a finished evaluation: payroll.xlsx, team.html, agents/*.html (SPEC §10)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.model import EvaluatorError
from evaluator.render.forms.fill import templates_of, write_forms
from evaluator.render.helper import assisted, awaited, seldom_collecting
from evaluator.render.pages import write_pages
from evaluator.render.view.history import NO_HISTORY, History
from evaluator.render.view.orders import ORDER_LIMIT
from evaluator.render.view.prepared import Prepared
from evaluator.render.words import run_words
from evaluator.render.workbook import write_workbook
from evaluator.reportoptions import AS_USUAL, ReportOptions
from evaluator.stopwatch import Progress

if TYPE_CHECKING:
    from evaluator.evaluation import Evaluation

LARGE_STAFF, LARGE_SALES = 40, 20_000  # employees, orders
LANGUAGES = ("zh", "en")


def write_reports(
    evaluation: Evaluation,
    out: Path,
    options: ReportOptions = AS_USUAL,
    progress: Progress | None = None,
) -> None:
    """Writes payroll.xlsx, team.html, agents/<employee_id>.html and agents.zip into the folder ``out``.

    ``progress`` is told what is being written. All orders stand in tables/attribution.parquet, also those beyond the
    workbook's limit. Raises EvaluatorError for an unknown language, for a history of other shops or times, for
    passwords that are not those of the employees, and where the sums of the reports do not agree."""
    if options.lang not in LANGUAGES:
        raise EvaluatorError(f"报告没有语言 {options.lang}，现有：{'、'.join(LANGUAGES)}")
    with seldom_collecting():
        _write_reports(prepare(evaluation, options.lang, options.history), out, options, progress)


def _write_reports(data: Prepared, out: Path, options: ReportOptions, progress: Progress | None) -> None:
    if options.passwords is not None:
        options.passwords.check(data.employees)
    out.mkdir(parents=True, exist_ok=True)
    alone = data.evaluation.month.shelf.limits.processes < 2
    with assisted(_is_large(data) and not alone, progress) as by:
        workbook = write_workbook(data, out / "payroll.xlsx", options.order_limit or ORDER_LIMIT, by)
        write_forms(data, templates_of(data.evaluation.month.folder, options.templates), out)
        write_pages(data, out, progress, options.passwords, by)
        awaited(workbook)


def _is_large(data: Prepared) -> bool:
    """Whether the reports are worth a second process, which takes half a second to begin."""
    return len(data.employees) >= LARGE_STAFF or data.frame("attribution").height >= LARGE_SALES


def prepare(evaluation: Evaluation, lang: str = "zh", history: History | None = None) -> Prepared:
    """The evaluation with words for everything that is shown, and the earlier months beside it."""
    requests = {request.id: request for request in evaluation.month.config.requests}
    words = run_words(evaluation.manifest["settings"], requests, lang)
    data = Prepared(evaluation, words, history or NO_HISTORY)
    data.history.check(evaluation.month.config.start)
    data.history.check_shops(data.ids("shop"))
    return data
