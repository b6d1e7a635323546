"""Reports of a finished evaluation: payroll.xlsx, team.html, agents/*.html (SPEC §10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.model import EvaluatorError
from evaluator.render.forms.fill import templates_of, write_forms
from evaluator.render.pages import write_pages
from evaluator.render.passwords import Passwords
from evaluator.render.view.history import NO_HISTORY, History
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
    history: History | None = None,
    passwords: Passwords | None = None,
    templates: Sequence[Path] = (),
) -> None:
    """Writes payroll.xlsx, team.html, agents/<employee_id>.html and agents.zip into the folder ``out``.

    ``progress`` is told what is being written. ``order_limit``: orders on the sheet 归属明细; all of
    them stand in tables/attribution.parquet. ``history``: earlier months to compare with. ``passwords``: what
    protects the pages in agents.zip. ``templates``: workbooks to fill, besides those in the month's folder
    ``templates``. Raises EvaluatorError for an unknown language, for a history of other shops or times, for passwords
    that are not those of the employees, and where the sums of the reports do not agree."""
    if lang not in LANGUAGES:
        raise EvaluatorError(f"报告没有语言 {lang}，现有：{'、'.join(LANGUAGES)}")
    data = prepare(evaluation, lang, history)
    if passwords is not None:
        passwords.check(data.employees)
    out.mkdir(parents=True, exist_ok=True)
    write_workbook(data, out / "payroll.xlsx", order_limit, progress)
    write_forms(data, templates_of(evaluation.month.folder, templates), out)
    write_pages(data, out, progress, passwords)


def prepare(evaluation: Evaluation, lang: str = "zh", history: History | None = None) -> Prepared:
    """The evaluation with words for everything that is shown, and the earlier months beside it."""
    requests = {request.id: request for request in evaluation.month.config.requests}
    words = run_words(evaluation.manifest["settings"], requests, lang)
    data = Prepared(evaluation, words, history or NO_HISTORY)
    data.history.check(evaluation.month.config.start)
    data.history.check_shops(data.ids("shop"))
    return data
