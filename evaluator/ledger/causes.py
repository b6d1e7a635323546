"""Why a revision differs (R-P3): orders, scores, people, attendance, adjustments, values of plans, and files that are
not what they were when the period was locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from evaluator.ledger.book import Body
from evaluator.numbers import plain, yuan
from evaluator.rulebook import label, metric_catalogue
from evaluator.settlement import CARRIED

MOST_NAMED = 5
BY_ORDERS = ("commission", "assist", "pool", "cap", "guarantee", "clawback", CARRIED)
BY_SCORE = ("kpi_bonus", "commission", "pool")

Facts = Mapping[str, Body]


#: Lines that a value of a plan decides, by its first key; the limits look at all lines.
BY_VALUE = {
    "kpi_base": ("kpi_bonus",),
    "score": BY_SCORE,
    "gates": BY_SCORE,
    "grades": BY_SCORE,
    "max_left_out": BY_SCORE,
    "commission": ("commission", "clawback", CARRIED),
    "assist": ("assist",),
    "pool": ("pool",),
    "allowances": ("allowance",),
    "min_wage": ("deductions",),
}
LIMITS = ("cap", "guarantee", "deductions")
SHOWN_ELSEWHERE = ("value", "total", "weight_sum", "metric", "kind", "asked", "room")


class Causes:
    """What changed between the locked facts of a period and the later ones, by employee. ``earned``, ``scores``,
    ``orders``: facts by subject, before and after; ``run``: the period's bodies."""

    def __init__(
        self,
        orders: tuple[Facts, Facts],
        scores: tuple[Facts, Facts],
        earned: tuple[Facts, Facts],
        run: tuple[Body, Body],
    ) -> None:
        self._orders: dict[str, list[str]] = defaultdict(list)
        for subject in sorted(orders[0].keys() | orders[1].keys()):
            self._order(subject, *(facts.get(subject) for facts in orders))
        self._scores = {e: list(_score_changes(*(facts.get(e, {}) for facts in scores))) for e in scores[1]}
        self._earned = earned
        self._values = list(_value_changes(*(body["plan_values"] for body in run)))
        self._run = list(_run_changes(*run))

    def _order(self, subject: str, old: Body | None, new: Body | None) -> None:
        if old == new:
            return
        told = f"订单 {subject.partition(chr(9))[2]} {_order_change(old, new)}"
        for employee in {body["agent"] for body in (old, new) if body and body["agent"]}:
            self._orders[employee].append(told)

    def of(self, employee: str, line: str) -> str:
        """The causes of a difference, the nearest first."""
        told = self._of_person(employee, line)
        if line in BY_ORDERS:
            told += some(self._orders.get(employee, []))
        if line in BY_SCORE:
            told += some(self._scores.get(employee, []))
        name = line.partition(":")[0]
        told += some([t for key, t in self._values if name in LIMITS or name in BY_VALUE.get(key, (name,))])
        if not told:
            told.append("别人的数变了，牵动排名、奖池或分摊" if line in (*BY_SCORE, "pool") else "")
        if self._run:
            told.append("锁定之后变化的：" + "、".join(some(self._run)))
        return "；".join(filter(None, told))

    def _of_person(self, employee: str, line: str) -> list[str]:
        """His row of the roster, his attendance, his adjustments; for limits what his other lines come to."""
        old, new = (facts.get(employee) for facts in self._earned)
        if old is None or new is None:
            return [
                "锁定时没有他的工资"
                if old is None
                else "现在没有他的工资（不在本期花名册，或没有适用的方案）"
            ]
        told = _pairs(old, new, "who") + _pairs(old, new, line)
        if line in ("deductions", "adjustments"):
            told += _rows(*(body["basis"]["rows"] for body in (old, new)))
        if line in LIMITS:
            told += _other_lines(old["lines"], new["lines"])
        return told


def _pairs(old: Body, new: Body, line: str) -> list[str]:
    """What a line (or the person) was worked out from, where it differs."""
    was, now = (body["basis"].get(line, {}) for body in (old, new))
    keys = [key for key in now | was if key not in SHOWN_ELSEWHERE and was.get(key) != now.get(key)]
    return [f"{label('pay_inputs', key)} {_given(was.get(key))} → {_given(now.get(key))}" for key in keys]


def _given(text: str | None) -> str:
    return _number(text) if text else "（无）"


def _rows(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Rows of the adjustments, by their reasons."""
    changed = [reason for reason in {**was, **now} if was.get(reason) != now.get(reason)]
    return [f"adjustments「{r}」{_given(was.get(r))} → {_given(now.get(r))}" for r in sorted(changed)]


def _other_lines(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Lines 1–6, on which the limits depend."""
    changed = [
        n for n in {**was, **now} if was.get(n) != now.get(n) and n not in (*LIMITS, "adjustments", CARRIED)
    ]
    return [
        f"他的{label('pay_lines', n)} {was.get(n, '0.00')} → {now.get(n, '0.00')}，限额随之变化"
        for n in changed
    ]


def _value_changes(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Values of plans: the first key of each, and what it was and is."""
    for path in sorted(was.keys() | now.keys()):
        if was.get(path) != now.get(path):
            key = next((part for part in path.split(" ") if part in BY_VALUE or part in LIMITS), "")
            yield key, f"方案的值 {path} {was.get(path, '（无）')} → {now.get(path, '（无）')}"


def some(told: list[str]) -> list[str]:
    return told[:MOST_NAMED] + ([f"等 {len(told)} 处"] if len(told) > MOST_NAMED else [])


def fen_told(amount: int) -> str:
    return yuan(Decimal(amount) / 100)


def _whose(body: Body) -> str:
    if body["excluded"]:
        return f"排除（{label('excluded', body['excluded'])}）"
    return body["agent"] or "静默"


def _order_change(old: Body | None, new: Body | None) -> str:
    if old is None and new is not None:
        return f"锁定时的数据里没有：归 {_whose(new)}，净额 {fen_told(new['net'])}"
    if new is None or old is None:
        return "不再是本期付款的订单"
    told = []
    if _whose(old) != _whose(new):
        why = "，异议成立" if "dispute" in new and "dispute" not in old else ""
        told.append(f"改归 {_whose(new)}（原 {_whose(old)}）{why}")
    if old["counted"] != new["counted"]:
        told.append(f"计入金额 {fen_told(old['counted'])} → {fen_told(new['counted'])}")
    backs = [body["counted"] - body["net"] for body in (old, new)]
    if backs[0] != backs[1] and not new["excluded"] and not old["excluded"]:
        told.append(f"期内退款 {fen_told(backs[0])} → {fen_told(backs[1])}")
    return "，".join(told)


def _score_changes(old: Body, new: Body) -> Iterator[str]:
    catalogue = metric_catalogue()
    held = {(n, row["metric"]): row for n, row in enumerate(old.get("rows", []))}
    for n, row in enumerate(new.get("rows", [])):
        was = held.get((n, row["metric"]), {})
        if row == was or row["metric"] == "rank":
            continue
        info = catalogue.get(row["metric"].partition("[")[0])
        name = info.name if info else label("score_rows", row["metric"])
        yield f"{name} {_shown(was)} → {_shown(row)}"


def _shown(row: Mapping[str, str | None]) -> str:
    value, points = row.get("value"), row.get("points")
    told = [_number(value)] if value else []
    return " ".join([*told, *([f"（{points} 分）"] if points else [])]) or "无"


def _number(text: str) -> str:
    try:
        return plain(Decimal(text), 4)
    except ArithmeticError:
        return text  # a grade


def _run_changes(old: Body, new: Body) -> Iterator[str]:
    """Files, rules and settings."""
    files, now = old["inputs"], new["inputs"]
    for file in sorted(files.keys() | now.keys()):
        if files.get(file) != now.get(file):
            table = label("tables", new["tables"].get(file) or old["tables"].get(file) or "")
            what = "新放入" if file not in files else "已拿走" if file not in now else "已修改"
            rows = [body["rows"].get(file, 0) for body in (old, new)]
            count = f"，采用 {rows[0]:,} → {rows[1]:,} 行" if rows[0] != rows[1] else ""
            yield f"{file}（{table}）{what}{count}"
    for name in sorted(old["rules"].keys() | new["rules"].keys()):
        if name != "period.yaml" and old["rules"].get(name) != new["rules"].get(name):
            yield f"规则 {name} 已修改"
    for key in sorted(old["settings"].keys() | new["settings"].keys()):
        was, is_now = old["settings"].get(key), new["settings"].get(key)
        if was != is_now:
            yield f"设置 {key} {was} → {is_now}"
    if old["program"] != new["program"]:
        yield f"程序版本 {old['program']['version']} → {new['program']['version']}"
