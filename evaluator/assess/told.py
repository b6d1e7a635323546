"""An assessment as a printed table, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from unicodedata import east_asian_width

from evaluator.assess.assessment import Assessment, Line, shortfall, shown
from evaluator.assess.windows import Days
from evaluator.numbers import plain
from evaluator.rulebook import metric_catalogue

STATUS = {"final": "", "immature": "未到期", "missing": "缺数据", "min_sample": "样本不足"}
HEADS = ("考核项", "数值", "分子 / 分母", "目标", "达标", "得分")


def as_text(assessments: Sequence[Assessment]) -> str:
    return "\n\n".join(_one(found) for found in assessments) or "没有可考核的店铺或客服"


def told_days(days: Days) -> str:
    return f"{days.first} 至 {days.end - timedelta(days=1)}"


def told_met(line: Line) -> str:
    return {True: "达标", False: "未达标", None: ""}[line.met]


def common_days(found: Assessment) -> Days:
    """The days that most items count."""
    days = [line.days for line in found.lines]
    return max(dict.fromkeys(days), key=days.count)


def remarks(line: Line, usual: Days) -> list[str]:
    """What there is to say of an item beside its figures; its days where they are not the ``usual``."""
    found = [shortfall(line)]
    if line.status != "final" or line.reason:
        found.append("：".join(s for s in (STATUS.get(line.status, line.status), line.reason) if s))
    if line.days != usual:
        found.append(f"统计 {told_days(line.days)}")
    if line.since is not None and line.cell.status != "missing":
        found.append(f"数据不足，自 {line.since} 起计")
    for request, cell in zip(line.item.breakdown, line.breakdown, strict=True):
        info = metric_catalogue()[request.metric]
        found.append(f"{info.name} {shown(cell.value, info)}")
    if line.previous is not None:
        found.append(f"环比前值 {shown(line.previous.value, line.info)}")
    return [text for text in (*found, line.how, line.item.note) if text]


def _one(found: Assessment) -> str:
    who = f"{found.employee_id} {found.name}" if found.employee_id else found.name
    usual = common_days(found)
    counted = "" if usual == found.days else f"（统计 {told_days(usual)}）"
    lines = [f"■ {found.pack.name}　{who}　{told_days(found.days)}{counted}"]
    rows = [HEADS] + [_row(line) for line in found.lines]
    widths = [max(_width(row[i]) for row in rows) for i in range(len(HEADS))]
    for n, row in enumerate(rows):
        lines.append(
            "  " + "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
        if n:
            lines += [f"    · {text}" for text in remarks(found.lines[n - 1], usual)]
    if found.total is not None:
        lines.append(f"  总分 {plain(found.total)}" + (f"，{found.grade}" if found.grade else ""))
    elif found.why_none:
        lines.append(f"  没有总分：{found.why_none}")
    lines += [f"  ⚠ {text}" for text in found.consequences]
    return "\n".join([*lines, *sources(found)])


def sources(found: Assessment) -> list[str]:
    """Where the rules are published, and since when each dated value holds."""
    pack = found.pack
    told = [f"  规则来源：{pack.source}"] if pack.source else []
    if pack.reviewed_until:
        told.append(f"  规则核对至 {pack.reviewed_until}")
    return told + [
        f"  {h.where}：按 {h.since} 起的规定" + (f"（{h.source}）" if h.source else "") for h in pack.holdings
    ]


def _row(line: Line) -> tuple[str, ...]:
    cell = line.cell
    parts = (
        ""
        if cell.denominator is None or cell.numerator is None
        else (f"{plain(cell.numerator, 2)} / {plain(cell.denominator, 2)}")
    )
    points = "" if line.points is None else plain(line.points)
    target = "" if line.item.target is None else shown(line.item.target, line.info)
    if target:
        target = ("≤ " if line.item.lower_is_better else "≥ ") + target
    return (line.item.name, shown(cell.value, line.info), parts, target, told_met(line), points)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
