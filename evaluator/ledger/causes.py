"""Why a revision differs (R-P3): orders, scores and files that are not what they were when the period was locked."""

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


class Causes:
    """What changed between the locked facts of a period and the later ones, by employee."""

    def __init__(
        self, orders: tuple[Facts, Facts], scores: tuple[Facts, Facts], run: tuple[Body, Body]
    ) -> None:
        self._orders: dict[str, list[str]] = defaultdict(list)
        for subject in sorted(orders[0].keys() | orders[1].keys()):
            self._order(subject, *(facts.get(subject) for facts in orders))
        self._scores = {e: list(_score_changes(*(facts.get(e, {}) for facts in scores))) for e in scores[1]}
        self._run = list(_run_changes(*run))

    def _order(self, subject: str, old: Body | None, new: Body | None) -> None:
        if old == new:
            return
        told = f"订单 {subject.partition(chr(9))[2]} {_order_change(old, new)}"
        for employee in {body["agent"] for body in (old, new) if body and body["agent"]}:
            self._orders[employee].append(told)

    def of(self, employee: str, line: str) -> str:
        """The causes of a difference, the nearest first."""
        told: list[str] = []
        if line in BY_ORDERS:
            told += _some(self._orders.get(employee, []))
        if line in BY_SCORE:
            told += _some(self._scores.get(employee, []))
        if self._run:
            told.append("锁定之后变化的：" + "、".join(_some(self._run)))
        return "；".join(told) or "别人的数变了，牵动排名、奖池或分摊"


def _some(told: list[str]) -> list[str]:
    return told[:MOST_NAMED] + ([f"等 {len(told)} 处"] if len(told) > MOST_NAMED else [])


def _fen(amount: int) -> str:
    return yuan(Decimal(amount) / 100)


def _whose(body: Body) -> str:
    if body["excluded"]:
        return f"排除（{label('excluded', body['excluded'])}）"
    return body["agent"] or "静默"


def _order_change(old: Body | None, new: Body | None) -> str:
    if old is None and new is not None:
        return f"锁定时的数据里没有：归 {_whose(new)}，净额 {_fen(new['net'])}"
    if new is None or old is None:
        return "不再是本期付款的订单"
    told = []
    if _whose(old) != _whose(new):
        told.append(f"改归 {_whose(new)}（原 {_whose(old)}）")
    if old["counted"] != new["counted"]:
        told.append(f"计入金额 {_fen(old['counted'])} → {_fen(new['counted'])}")
    backs = [body["counted"] - body["net"] for body in (old, new)]
    if backs[0] != backs[1] and not new["excluded"] and not old["excluded"]:
        told.append(f"期内退款 {_fen(backs[0])} → {_fen(backs[1])}")
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
            yield f"{file}（{table}）{what}"
    for name in sorted(old["rules"].keys() | new["rules"].keys()):
        if name != "period.yaml" and old["rules"].get(name) != new["rules"].get(name):
            yield f"规则 {name} 已修改"
    for key in sorted(old["settings"].keys() | new["settings"].keys()):
        was, is_now = old["settings"].get(key), new["settings"].get(key)
        if was != is_now:
            yield f"设置 {key} {was} → {is_now}"
    if old["program"] != new["program"]:
        yield f"程序版本 {old['program']['version']} → {new['program']['version']}"
