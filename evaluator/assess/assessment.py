"""What an assessment says: of a shop or an agent, over some days, each item's figure beside its target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluator.assess.pack import Item, Pack
from evaluator.assess.windows import Days
from evaluator.model import KpiCell
from evaluator.numbers import Number, half_up, percent, plain
from evaluator.rulebook import MetricInfo, label


@dataclass(frozen=True)
class Line:
    """One item. ``since``: from when it counts, where the data does not reach back to the beginning of ``days``;
    ``previous``: the figure before (环比), where that was asked for."""

    item: Item
    info: MetricInfo
    cell: KpiCell
    days: Days
    points: Decimal | None = None
    status: str = "final"  # final, immature, missing, min_sample
    how: str = ""  # how the points came about
    breakdown: tuple[KpiCell, ...] = ()  # as the item lists them
    since: date | None = None
    previous: KpiCell | None = None

    @property
    def met(self) -> bool | None:
        return self.item.met(self.cell.value)

    @property
    def change(self) -> Fraction | None:
        """环比: the value less the one before."""
        if self.previous is None or self.previous.value is None or self.cell.value is None:
            return None
        return self.cell.value - self.previous.value

    @property
    def reason(self) -> str:
        return label("reasons", self.cell.reason) if self.cell.reason else ""

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": self.item.id,
            "name": self.item.name,
            "value": number(self.cell.value),
            "numerator": number(self.cell.numerator),
            "denominator": number(self.cell.denominator),
            "target": number(self.item.target),
            "met": self.met,
            "points": number(self.points),
            "status": self.status,
        }
        if self.breakdown:
            pairs = zip(self.item.breakdown, self.breakdown, strict=True)
            found["breakdown"] = {request.id: number(cell.value) for request, cell in pairs}
        if self.since is not None:
            found["since"] = self.since.isoformat()
        if self.previous is not None:
            found |= {"previous": number(self.previous.value), "change": number(self.change)}
        return found


@dataclass(frozen=True)
class Assessment:
    """A pack on a shop, or (``employee_id``) on an agent."""

    pack: Pack
    days: Days
    shop: str | None
    employee_id: str | None
    name: str  # of the shop or the agent
    lines: tuple[Line, ...]
    total: Decimal | None = None
    grade: str | None = None
    why_none: str = ""  # why there is no total though items have points
    consequences: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        who = {"employee_id": self.employee_id} if self.pack.scope == "agent" else {}
        return {
            "platform": self.pack.id,
            "shop": self.shop,
            **who,
            "period": {"start": self.days.first.isoformat(), "end": self.days.end.isoformat()},
            "items": [line.as_json() for line in self.lines],
            "total": number(self.total),
            "grade": self.grade,
            "consequence": "；".join(self.consequences) or None,
        }


def number(value: Number | None) -> int | float | None:
    """For JSON: whole numbers stay whole."""
    if value is None:
        return None
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else float(exact)


def shown(value: Number | None, info: MetricInfo) -> str:
    """A figure for people."""
    if value is None:
        return "—"
    if info.is_share:
        return percent(value, 2)
    return plain(value, 2) + {"s": " 秒", "hours": " 小时", "yuan": " 元"}.get(info.unit, "")


def shortfall(line: Line) -> str:
    """What is short of the target and by how much; "" where it is met or not known."""
    item, cell = line.item, line.cell
    if line.met is not False or cell.value is None or item.target is None:
        return ""
    target, goal = Fraction(item.target), shown(item.target, line.info)
    if not line.info.is_share or cell.denominator is None or cell.numerator is None:
        gap = shown(half_up(abs(cell.value - target), 2), line.info)
        return f"{'超出' if item.lower_is_better else '还差'} {gap}（目标 {goal}）"
    if item.lower_is_better:
        over = -(-(cell.numerator - target * cell.denominator) // 1)
        return f"少 {plain(over)} {item.one_more or '次'}即可降到 {goal}"
    more = -(-(target * cell.denominator - cell.numerator) // 1)
    return f"再有 {plain(more)} {item.one_more or '次达标'}即可达到 {goal}"
