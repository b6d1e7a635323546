"""Pay that a workbook works out again (SPEC §9 as formulas): change a score, a count or a number of the plan, and
pay follows. ``parameters``: sheet 参数, the plans' numbers under names; ``basis``: sheet 计薪数据, what pay lines are
worked out from; ``points``: sheet 评分, from points to bonus; ``payroll``: sheet 绩效工资; ``pictures``: sheet 图表.

Every formula stands beside the exact value that ``pay`` found. Formulas use what every spreadsheet has since 2007, and
round as ``numbers.half_up``: ``rounded``."""

from __future__ import annotations


def rounded(formula: str) -> str:
    """``formula`` to the fen, halves away from zero. A product that is half a fen exactly may come out one bit below
    in floating point: so it is rounded to 9 decimals first."""
    return f"ROUND(ROUND({formula},9),2)"
