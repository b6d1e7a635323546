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
from evaluator.render.text import visible
from evaluator.render.view import scores
from evaluator.render.view.prepared import Figure, Prepared
from evaluator.scoring import EmployeeScore, ScoreRow

TOTAL = "total"
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
    formula: Callable[[PayLine], str] | None = None,
    detail: Callable[[ScoreRow], str] | None = None,
) -> list[str]:
    """One employee's, by his pay lines and scores; ``formula``, ``detail``: how these are told, if not as recorded."""
    told = data.words.told
    name = lines[-1].inputs["plan"]
    plans = {plan.name: plan for plan in data.evaluation.month.config.plans}
    plan = plans.get(name, Plan(name))  # a name that is no plan: only what is left of earlier periods
    tree = _Tree(
        data,
        employee_id,
        plan,
        rows,
        formula or (lambda line: told(line.formula)),
        detail or (lambda row: told(row.detail)),
    )
    return tree_text(tree.total(lines))


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
        self._say, self._told = data.words.say, data.words.told
        self._formula, self._detail = formula, detail
        self.score: EmployeeScore | None = data.evaluation.score_book.by_employee.get(employee_id)
        self._scores_told = False

    def total(self, lines: list[PayLine]) -> Node:
        start, end = self.data.period
        head = self._say(
            "{id} {name}　工资 {amount} 元　{formula}（账期 {start} 起，{end} 之前；方案 {plan}）",
            id=visible(self.id),
            name=visible(lines[-1].name),
            amount=yuan(lines[-1].amount),
            formula=self._told(lines[-1].formula),
            start=start,
            end=end,
            plan=visible(self.plan.name),
        )
        parts = [self.line(line) for line in lines if line.line != TOTAL]
        return Node(head, (*parts, *self._balances()))

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
        say, total = self._say, self.score.total
        shown = say("没有总分") if total is None else say("总分 {total}", total=total)
        grade = say("，等级 {grade}", grade=visible(self.score.grade)) if self.score.grade else ""
        if self._scores_told:
            yield Node(f"{shown}{grade}{say('（各项得分见上）')}")
            return
        self._scores_told = True
        why = scores.explanation(self.data, self.score)
        of = f" / {plain(self.score.weight_sum)}"
        more = say("；") + why if why else ""
        yield Node(f"{shown}{of}{grade}{more}", tuple(self._points(row) for row in self.rows))

    def _points(self, row: ScoreRow) -> Node:
        words, say = self.data.words, self._say
        name = words.metric(row.request_id or row.metric)
        reasons = (words.reason(row.reason), self._detail(row))
        why = say("；").join(_one_line(part) for part in reasons if part)
        if row.points is None:
            told = say("{metric}　不计分（{status}）", metric=name, status=words.word("statuses", row.status))
        else:
            told = say("{metric}　得 {points} 分", metric=name, points=row.points)
            told += say("（权重 {weight}）", weight=plain(row.weight, 4)) if row.weight else ""
        return Node(f"{told}　{why}" if why else told, (self._figure(row.request_id or row.metric),))

    def _figure(self, metric: str) -> Node:
        """A figure as numerator ÷ denominator, and how to see the rows behind it."""
        name, figure = self.data.words.metric(metric), self.data.figure("agent", self.id, metric)
        if figure is None or figure.value is None:
            why = self.data.words.reason(figure.reason) if figure else ""
            told = "{metric} 没有数据（{why}）" if why else "{metric} 没有数据"
            return Node(self._say(told, metric=name, why=why))
        rows = f"evaluator explain OUT --agent {_word(self.id)} --metric {_word(metric)}"
        value = self._value(metric, figure)
        return Node(self._say("{metric} {value}　依据的行：{rows}", metric=name, value=value, rows=rows))

    def _value(self, metric: str, figure: Figure) -> str:
        kind = self.data.kind(metric, figure.unit)
        shown = self.data.words.quantity(Decimal(figure.value or 0), kind)
        if not figure.denominator:
            return f"= {shown}"
        return f"= {figure.numerator} ÷ {figure.denominator} = {shown}"

    def _balances(self) -> Iterator[Node]:
        """R-P2: what is carried forward."""
        for balance in self.data.evaluation.pay.balances:
            if balance.employee_id == self.id:
                yield Node(
                    self._say(
                        "转下期 {amount}（{since} 起）　{reason}",
                        amount=yuan(balance.amount),
                        since=balance.since,
                        reason=_one_line(self._told(balance.reason)),
                    )
                )


def _one_line(text: str) -> str:
    return visible(text).replace("\n", " ⏎ ")


def _word(text: str) -> str:
    """A word of a command line, quoted where a shell would read more into it."""
    if _PLAIN_WORD.fullmatch(text):
        return f'"{text}"' if "[" in text else text
    return shlex.quote(visible(text))
