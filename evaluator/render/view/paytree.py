"""Why somebody is paid what, as a tree: total → lines with formulas → scores → figures → the command that shows their
rows. The one text of it: self-check page, workbook and ``evaluator explain --pay`` all show ``tree_text``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from evaluator.model import PayLine
from evaluator.numbers import plain, yuan
from evaluator.plan import ASSIST_METRICS, SALES, Plan
from evaluator.render.sheet import show
from evaluator.render.text import visible
from evaluator.render.view import scores
from evaluator.render.view.prepared import Figure, Prepared
from evaluator.scoring import EmployeeScore, ScoreRow

TOTAL = "total"
UNITS = {"money": " 元", "seconds": " 秒", "hours": " 小时"}
_PLAIN_WORD = re.compile(r"[\w.:,=\[\]-]+")


@dataclass(frozen=True)
class Node:
    """A sentence and what it is made of."""

    text: str
    parts: tuple[Node, ...] = ()


def tree_text(node: Node) -> list[str]:
    """The lines of a tree, with its branches drawn."""
    return [node.text, *_branches(node.parts, "")]


def _branches(parts: tuple[Node, ...], lead: str) -> Iterator[str]:
    for part in parts:
        last = part is parts[-1]
        yield f"{lead}{'└─ ' if last else '├─ '}{part.text}"
        yield from _branches(part.parts, lead + ("   " if last else "│  "))


def pay_trees(data: Prepared) -> dict[str, list[str]]:
    """Everybody who is paid, by employee id, as text; in the order of the payroll."""
    found: dict[str, list[PayLine]] = {}
    for line in data.evaluation.pay.lines:
        found.setdefault(line.employee_id, []).append(line)
    rows: dict[str, list[ScoreRow]] = {}
    for row in data.evaluation.score_book.rows:
        if row.metric not in scores.SUMMARY:
            rows.setdefault(row.employee_id, []).append(row)
    made = {}
    for employee_id, lines in found.items():
        made[employee_id] = employee_tree(data, employee_id, lines, rows.get(employee_id, []))
    return made


def employee_tree(
    data: Prepared,
    employee_id: str,
    lines: list[PayLine],
    rows: list[ScoreRow],
    formula: Callable[[PayLine], str] = lambda line: line.formula,
    detail: Callable[[ScoreRow], str] = lambda row: row.detail,
) -> list[str]:
    """One employee's, by his pay lines and scores; ``formula`` and ``detail``: how these are told."""
    name = lines[-1].inputs["plan"]
    plans = {plan.name: plan for plan in data.evaluation.month.config.plans}
    plan = plans.get(name, Plan(name))  # a name that is no plan: only what is left of earlier periods
    return tree_text(_Tree(data, employee_id, plan, rows, formula, detail).total(lines))


class _Tree:
    """Makes one employee's tree; his scores stand in it once, where they first matter."""

    def __init__(
        self,
        data: Prepared,
        employee_id: str,
        plan: Plan,
        rows: list[ScoreRow],
        formula: Callable[[PayLine], str],
        detail: Callable[[ScoreRow], str],
    ) -> None:
        self.data, self.id, self.plan, self.rows = data, employee_id, plan, rows
        self._formula, self._detail = formula, detail
        self.score: EmployeeScore | None = data.evaluation.score_book.by_employee.get(employee_id)
        self._scores_told = False

    def total(self, lines: list[PayLine]) -> Node:
        start, end = self.data.period
        amount = lines[-1].amount
        head = f"{visible(self.id)} {visible(lines[-1].name)}　工资 {yuan(amount)} 元　{lines[-1].formula}"
        where = f"账期 {start} 起，{end} 之前；方案 {visible(self.plan.name)}"
        parts = [self.line(line) for line in lines if line.line != TOTAL]
        return Node(f"{head}（{where}）", (*parts, *self._balances()))

    def line(self, line: PayLine) -> Node:
        told = f"{self.data.words.line(line.line)} {yuan(line.amount)}　{_one_line(self._formula(line))}"
        return Node(told, tuple(self._behind(line.line)))

    def _behind(self, line: str) -> Iterator[Node]:
        """What a pay line was worked out from: scores, figures."""
        pay = self.plan.pay
        if line == "kpi_bonus":
            yield from self._scores()
        elif line == "commission" and pay.commission:
            yield self._figure(pay.commission.request.id)
            if pay.commission.coefficient:
                yield from self._scores()
        elif line == "assist":
            for kind, rule in (pay.assist or {}).items():
                yield self._figure(ASSIST_METRICS[kind][0 if rule.rate is None else 1].id)
        elif line == "pool" and pay.pool:
            if pay.pool.by == "score":
                yield from self._scores()
            elif pay.pool.by == "sales":
                yield self._figure(SALES.id)

    def _scores(self) -> Iterator[Node]:
        """The total with its grade, and the points it is the sum of (SPEC §8)."""
        if self.score is None:
            return
        shown = "没有总分" if self.score.total is None else f"总分 {self.score.total}"
        grade = f"，等级 {visible(self.score.grade)}" if self.score.grade else ""
        if self._scores_told:
            yield Node(f"{shown}{grade}（各项得分见上）")
            return
        self._scores_told = True
        why = scores.explanation(self.data, self.score)
        of = f" / {plain(self.score.weight_sum)}"
        yield Node(
            f"{shown}{of}{grade}{'；' + why if why else ''}", tuple(self._points(row) for row in self.rows)
        )

    def _points(self, row: ScoreRow) -> Node:
        words = self.data.words
        name = words.metric(row.request_id or row.metric)
        why = "；".join(_one_line(part) for part in (words.reason(row.reason), self._detail(row)) if part)
        if row.points is None:
            told = f"{name}　不计分（{words.word('statuses', row.status)}）"
        else:
            weight = f"（权重 {plain(row.weight, 4)}）" if row.weight else ""
            told = f"{name}　得 {row.points} 分{weight}"
        return Node(f"{told}　{why}" if why else told, (self._figure(row.request_id or row.metric),))

    def _figure(self, metric: str) -> Node:
        """A figure as numerator ÷ denominator, and how to see the rows behind it."""
        name, figure = self.data.words.metric(metric), self.data.figure("agent", self.id, metric)
        if figure is None or figure.value is None:
            why = self.data.words.reason(figure.reason) if figure else ""
            return Node(f"{name} 没有数据{f'（{why}）' if why else ''}")
        rows = f"evaluator explain OUT --agent {_word(self.id)} --metric {_word(metric)}"
        return Node(f"{name} {self._value(metric, figure)}　依据的行：{rows}")

    def _value(self, metric: str, figure: Figure) -> str:
        kind = self.data.kind(metric, figure.unit)
        shown = show(Decimal(figure.value or 0), kind) + UNITS.get(kind, "")
        if not figure.denominator:
            return f"= {shown}"
        return f"= {figure.numerator} ÷ {figure.denominator} = {shown}"

    def _balances(self) -> Iterator[Node]:
        """R-P2: what is carried forward."""
        for balance in self.data.evaluation.pay.balances:
            if balance.employee_id == self.id:
                yield Node(
                    f"转下期 {yuan(balance.amount)}（{balance.since} 起）　{_one_line(balance.reason)}"
                )


def _one_line(text: str) -> str:
    return visible(text).replace("\n", " ⏎ ")


def _word(text: str) -> str:
    """A word of a command line, quoted where a shell would read more into it."""
    if _PLAIN_WORD.fullmatch(text):
        return f'"{text}"' if "[" in text else text
    return shlex.quote(visible(text))
