"""``evaluator simulate``: what another plan would have paid (months read once, paid as often as asked)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from evaluator.attribution import JUDGMENTS
from evaluator.ledger.store import Ledger
from evaluator.model import EvaluatorError
from evaluator.settings import MonthConfig
from evaluator.simulate.compare import Simulation, compare
from evaluator.simulate.month import configured, plan_path, read_simulated
from evaluator.simulate.settled import first_open, settled_month
from evaluator.yamlfile import did_you_mean

Progress = Callable[[str], None]


def simulate(
    folders: Sequence[str | Path],
    plan: str | Path,
    judgment: str = "",
    progress: Progress | None = None,
    ledger: Ledger | None = None,
) -> Simulation:
    """Old pay and that of ``plan`` over the months; ``judgment``: of the new pay, "" for each month's own. ``ledger``:
    says what was really paid for months that are locked, and what of earlier periods was settled with it.

    Errors: EvaluatorError, before anything is computed: no month, months that overlap, a plan that cannot be read or
    has no value for a month's first day, an unknown judgment."""
    if not folders:
        raise EvaluatorError("请给出至少一个月份文件夹")
    if judgment and judgment not in JUDGMENTS:
        raise EvaluatorError(
            f"没有判定 {judgment}{did_you_mean(judgment, list(JUDGMENTS))}；应为 {'、'.join(JUDGMENTS)} 之一"
        )
    planned = [configured(Path(folder), plan) for folder in folders]
    planned.sort(key=lambda one: one[0].start)
    _apart([config for config, _, _ in planned])
    settle = None
    if ledger is not None:
        begun = first_open(ledger, [(config.start, config.end) for config, _, _ in planned])
        settle = partial(settled_month, ledger, first_open=begun)
    months = [read_simulated(*one, progress, settle) for one in planned]
    if progress:
        progress("比较方案")
    return compare(months, plan_path(plan)[0], judgment)


def _apart(configs: Sequence[MonthConfig]) -> None:
    """Errors: two months with a common day would pay it twice."""
    for one, other in pairwise(configs):
        if other.start < one.end:
            raise EvaluatorError(
                f"月份重叠：{one.folder}（{one.start} 至 {one.end}，不含）与 {other.folder}"
                f"（{other.start} 至 {other.end}，不含）有相同的日子，会重复计算；请去掉一个"
            )


def as_json(found: Simulation) -> str:
    """``{"agents": [{"employee_id", "old", "new"}], "total": {"old", "new"}}``: yuan as numbers with two decimals."""
    agents = ",\n  ".join(
        f'{{"employee_id": {json.dumps(a.profile.employee_id, ensure_ascii=False)}, "old": {a.old}, "new": {a.new}}}'
        for a in found.agents
    )
    old, new = found.total
    return f'{{"agents": [\n  {agents}\n ],\n "total": {{"old": {old}, "new": {new}}}}}'


def as_text(found: Simulation) -> str:
    """A few lines for the screen."""
    old, new = found.total
    lines = [f"原方案合计 {old:,.2f} 元，新方案（{found.plan}）{new:,.2f} 元，相差 {new - old:+,.2f} 元"]
    lines.append(
        f"{len(found.agents)} 人：增加 {len(found.gainers)} 人，减少 {len(found.losers)} 人，"
        f"不变 {len(found.agents) - len(found.gainers) - len(found.losers)} 人"
    )
    lines += found.settled
    for a in sorted(found.agents, key=lambda a: a.change):
        who = f"{a.profile.employee_id} {a.profile.name}"
        lines.append(f"  {who}\t{a.old:,.2f} → {a.new:,.2f}\t{a.change:+,.2f}")
    return "\n".join(lines)
