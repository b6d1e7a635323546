"""How the reports of a run are to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluator.render.passwords import Passwords
    from evaluator.render.view.history import History


@dataclass(frozen=True)
class ReportOptions:
    """``lang``: zh or en. ``history``: earlier months that the reports compare this one with. ``passwords``: what
    protects the pages in agents.zip. ``templates``: workbooks to fill, besides those in the month's folder
    ``templates``. ``order_limit``: orders on the sheet 归属明细, if not as many as usual."""

    lang: str = "zh"
    history: History | None = None
    passwords: Passwords | None = None
    templates: tuple[Path, ...] = ()
    order_limit: int | None = None


AS_USUAL = ReportOptions()
