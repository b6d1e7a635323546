"""Which tables and columns a metric needs (SPEC §2), as ``rules/metrics.yaml`` writes them.

``refunds``: the table; ``refunds.completed``: with this column; ``refunds?.completed``: the column, where there is
that table; ``escalations.account | escalations.order_id``: either.
"""

from __future__ import annotations

from evaluator.metrics.request import MetricRequest
from evaluator.model import MonthData
from evaluator.rulebook import metric_catalogue
from evaluator.tables import TABLES


def lacking(month: MonthData, request: MetricRequest, kind: str) -> str | None:
    """Why a figure of a shop, group or agent (``kind``) cannot be had: a table or column that it needs is absent.
    None if all is there."""
    info = metric_catalogue()[request.metric]
    besides = [name for name, _ in request.options] + ([] if kind == "shop" else ["agent"])
    needs = [*info.needs, *(need for name in besides for need in info.needs_for.get(name, ()))]
    return next((why for need in needs if (why := _absent(month, need))), None)


def _absent(month: MonthData, need: str) -> str | None:
    """Why this need is not met, or None."""
    reasons = [_why(month, *one.strip().partition(".")[::2]) for one in need.split("|")]
    return None if None in reasons else "，且 ".join(str(why) for why in reasons)


def _why(month: MonthData, table: str, column: str) -> str | None:
    name = table.removesuffix("?")
    if TABLES[name].mandatory and not column:
        return None  # no month without it; a large one has let go of its messages
    if not month.has(name):
        return None if table != name else f"缺少 {name} 表"
    return f"{name} 表缺少 {column} 列" if column and not month.has(name, column) else None
