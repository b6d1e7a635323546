"""``evaluator assess``: a month's folder, read and analysed, and assessed as its platforms do."""

from __future__ import annotations

import json
from pathlib import Path

from evaluator.assess.assessment import Assessment
from evaluator.assess.compute import assess
from evaluator.assess.windows import ASKED
from evaluator.model import EvaluatorError, MonthData
from evaluator.run import viewed
from evaluator.settings import load_month
from evaluator.sources import read_month
from evaluator.stopwatch import Progress


def assess_month(
    folder: str | Path,
    platform: str = "",
    window: str | None = None,
    progress: Progress | None = None,
    scratch: Path | None = None,
) -> list[Assessment]:
    """The month by the packs of ``platform`` (a bundle or a pack), else by those that its ``period.yaml`` names."""
    if window is not None and window not in ASKED:
        raise EvaluatorError(f"没有这个时间窗口：{window}；可用：{'、'.join(ASKED)}")
    config = load_month(Path(folder), assessed=platform)
    if not any(config.bundles.values()):
        raise EvaluatorError(
            f"{Path(folder) / 'period.yaml'} 没有写 platform，或所写的平台没有规则包；"
            "请用 --platform 指定，如 --platform tmall_basic_service"
        )
    return assess_data(read_month(config, progress, scratch), window)


def assess_data(month: MonthData, window: str | None = None) -> list[Assessment]:
    """The same, from a month as read."""
    view, names = viewed(month)
    return assess(view, names, window)


def as_json(assessments: list[Assessment]) -> str:
    """One object; a list where there are several, or where each agent has one."""
    objects = [found.as_json() for found in assessments]
    alone = len(objects) == 1 and assessments[0].pack.scope == "shop"
    return json.dumps(objects[0] if alone else objects, ensure_ascii=False, indent=1)
