"""evaluator: a shop's month of customer service in, pay and reports out; every fen leads back to the messages.

    >>> from evaluator import evaluate
    >>> month = evaluate("month/")                      # doctest: +SKIP
    >>> month.kpi.query("metric == 'conversion_rate'")  # doctest: +SKIP
    >>> month.payroll_total                             # doctest: +SKIP
    Decimal('87654.32')

``evaluate`` returns an ``Evaluation``: ``.kpi .scores .payroll .attribution .assists .candidates .receptions .turns
.sessions .inquiries .filters .rejects .balances .messages`` are pandas DataFrames with the columns of SPEC §10;
``.review`` is what a person must look at; ``.save(folder)`` writes what ``evaluator run`` writes. What a user can put
right (a missing file, an unknown key in a plan) raises ``EvaluatorError`` with file, line and remedy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluator.evaluation import Evaluation
    from evaluator.model import EvaluatorError

__all__ = ["Evaluation", "EvaluatorError", "evaluate"]


def evaluate(
    folder: str | Path,
    progress: Callable[[str], None] | None = None,
    ledger: str | Path | None = None,
) -> Evaluation:
    """Evaluates the month in ``folder`` (SPEC §2.1). ``progress`` is told each stage, in Chinese. ``ledger``: a file or
    URL; lines 9 and 11 then take in what its locked months leave open."""
    from evaluator.run import evaluate_month

    if ledger is None:
        return evaluate_month(folder, progress)
    from evaluator.ledger.clawback import bring_from
    from evaluator.ledger.store import Ledger

    return evaluate_month(folder, progress, bring=bring_from(Ledger(ledger)))


def __getattr__(name: str) -> Any:  # heavy modules load when they are needed
    if name == "Evaluation":
        from evaluator.evaluation import Evaluation

        return Evaluation
    if name == "EvaluatorError":
        from evaluator.model import EvaluatorError

        return EvaluatorError
    raise AttributeError(f"module 'evaluator' has no attribute {name!r}")
