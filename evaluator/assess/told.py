"""An assessment as a printed table, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from unicodedata import east_asian_width

from evaluator.assess.assessment import Assessment, Line, shortfall, shown
from evaluator.assess.windows import Days, half_end
from evaluator.model import KpiCell
from evaluator.numbers import plain
from evaluator.rulebook import label, metric_catalogue

STATUS = {"final": "", "immature": "未到期", "missing": "缺数据", "min_sample": "样本不足"}
HEADS = ("考核项", "数值", "分子 / 分母", "目标", "达标", "得分")


def as_text(assessments: Sequence[Assessment]) -> str:
    return "\n\n".join(_one(found) for found in assessments) or "没有可考核的店铺或客服"


def told_days(days: Days) -> str:
    return f"{days.first} 至 {days.end - timedelta(days=1)}"


def told_period(found: Assessment) -> str:
    """The days assessed; those that its figures count, where these differ; of halves of a month the day after the
    whole half, on which the platform looks at it, even where only a part of it was asked for."""
    told, usual = told_days(found.days), common_days(found)
    if usual != found.days:
        told += f"（统计 {told_days(usual)}）"
    return told + (
        f"（{half_end(found.days.first)} 考核）" if found.pack.window.kind == "half_months" else ""
    )


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
    if line.short_days:
        found.append("逐日未达标：" + "、".join(_short_day(day, cell, line) for day, cell in line.short_days))
    for request, cell in zip(line.item.breakdown, line.breakdown, strict=True):
        info = metric_catalogue()[request.metric]
        found.append(f"{info.name} {shown(cell.value, info)}")
    if line.previous is not None:
        found.append(f"环比前值 {shown(line.previous.value, line.info)}")
    return [text for text in (*found, line.how, line.item.note) if text]


def _short_day(day: date, cell: KpiCell, line: Line) -> str:
    return f"{day:%m-%d} {shown(cell.value, line.info)}"


def _one(found: Assessment) -> str:
    who = f"{found.employee_id} {found.name}" if found.employee_id else found.name
    usual = common_days(found)
    lines = [f"■ {found.pack.name}　{who}　{told_period(found)}"]
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
    return "\n".join([*lines, *(f"  {text}" for text in sources(found))])


def sources(found: Assessment) -> list[str]:
    """Where the rules are published, and since when each dated value holds."""
    pack = found.pack
    told = [f"规则来源：{pack.source}"] if pack.source else []
    if pack.reviewed_until:
        told.append(f"规则核对至 {pack.reviewed_until}")
    dated: dict[tuple[str, date, str], list[str]] = {}
    for held in pack.holdings:
        owner = next((item for item in pack.items if held.path.startswith(item.path + ".")), None)
        key = held.path.removeprefix(owner.path + ".") if owner else held.path
        whose = owner.name if owner else pack.name
        dated.setdefault((whose, held.since, held.source), []).append(_key(key))
    return told + [
        f"{whose}（{'、'.join(keys)}）：按 {since} 起的规定" + (f"，{source}" if source else "")
        for (whose, since, source), keys in dated.items()
    ]


def _key(key: str) -> str:
    """A key of a pack, or an option of a metric, in words."""
    known = label("pack_keys", key)
    return known if known != key else label("metric_options", key)


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
