"""Why a figure of a report differs from ours, found by computing again: by account, without a filter, by another
judgment or window … (``switches``; which are tried for which figure stands in ``rules/reconcile.yaml``).

A report is made by one set of rules, and small numbers agree by chance. So of the rules that make a difference vanish,
the one under which most lines of the report agree is its reason; and what no rule explains alone is tried with that
one. Where nothing makes it vanish, what may have to do with it is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from evaluator.metrics.request import MetricRequest
from evaluator.reconcile.lines import Case, ReportFigure, Rule, shown_gap
from evaluator.reconcile.months import Months
from evaluator.reconcile.switches import ACCOUNTS, NUMERATORS, stand_in
from evaluator.rulebook import RulesFinder
from evaluator.yamlfile import read_yaml

RULES = "reconcile.yaml"
Progress = Callable[[str], None]
SUPPORT = 2  # lines that must agree under a rule before others are tried with it

IMMATURE = "延迟统计：另有 {n} 个询单付款期限未到，本程序没有计入，平台可能已计入"
NOTE = "口径：{note}"
PARTLY = "部分可由{about}说明：若{by}，仍差 {left}"
ONE_HOLDER = "报表的数是 {person} 一个人的"
UNDATED = "期间：报表没有写日期，按整月比较"
UNEXPLAINED = "未能说明"


@dataclass(frozen=True)
class Reason:
    """``about：why；by即一致``."""

    about: str
    why: str
    by: str


@dataclass(frozen=True)
class Families:
    """Of ``rules/reconcile.yaml``: the switches to try for a metric, likeliest first, and what each tells."""

    switches: dict[str, tuple[str, ...]]
    reasons: dict[str, Reason]

    def told(self, rule: Rule) -> str:
        """The reason in words."""
        why = self.reasons[rule[0]].why if len(rule) == 1 else ""
        return f"{self.about(rule)}：{why}{'；' if why else ''}{self.by(rule)}即一致"

    def about(self, rule: Rule) -> str:
        return "＋".join(dict.fromkeys(self.reasons[name].about for name in rule))

    def by(self, rule: Rule) -> str:
        return "，并且".join(self.reasons[name].by for name in rule)


@lru_cache(maxsize=4)
def families(rules: RulesFinder | None = None) -> Families:
    """Errors: EvaluatorError with file, line and key."""
    root = read_yaml((rules or RulesFinder()).need(RULES), f"rules/{RULES}")
    pairs = root.mapping(["families", "reasons"])
    reasons: dict[str, Reason] = {}
    for key, node in root.need(pairs, "reasons").pairs().items():
        parts = node.mapping(["about", "why", "by"])
        why = parts["why"].text() if "why" in parts else ""
        reasons[key] = Reason(node.need(parts, "about").text(), why, node.need(parts, "by").text())
    found: dict[str, tuple[str, ...]] = {}
    for node in root.need(pairs, "families").pairs().values():
        parts = node.mapping(["metrics", "switches"])
        names = tuple(n.choice(reasons) for n in node.need(parts, "switches").items())
        found |= dict.fromkeys(node.need(parts, "metrics").texts(), names)
    return Families(found, reasons)


def requests(figure: ReportFigure) -> Iterator[MetricRequest]:
    """Our figure, and others that may stand in for it."""
    request = figure.meaning.request
    yield request
    for name in families().switches.get(request.metric, ()):
        if other := stand_in(name, request):
            yield other


def explain(cases: list[Case], months: Months, tell: Progress) -> None:
    """Fills in the reasons of the open lines among ``cases``, which all have two figures. Other days are reason
    enough."""
    same_days = [case for case in cases if not case.cut]
    for case in same_days:
        if case.apart:
            _try(case, (ACCOUNTS,), months)
        if case.changed_hands and case.open:
            case.holder = _holder(case, months)
    still = [case for case in same_days if case.open and not case.agreeing()]
    _try_all(still, same_days, (), months, tell)
    best, votes = _best(still), _votes(same_days)
    still = [case for case in still if not case.agreeing()]
    if best:
        _try_all(still, same_days, max(best, key=votes.__getitem__), months, tell)
        votes = _votes(same_days)
    halved = Counter(_bare(rule) for case in still for rule in case.halving())
    for case in cases:
        if case.open:
            _settle(case, votes, halved)


def _holder(case: Case, months: Months) -> str:
    """Of those who held an account one after the other, the one whose own figure theirs is."""
    for person in case.people:
        cell = months.by_agent.cell(person, case.line.metric, case.span)
        if cell is not None and cell.value is not None and case.agrees(cell.value):
            return person
    return ""


def _try_all(still: list[Case], cases: list[Case], base: Rule, months: Months, tell: Progress) -> None:
    """Computes by every rule that may explain one of ``still``, together with ``base``; all lines tell what they
    would be under it."""
    known = families()
    for name, reason in known.reasons.items():
        if name in base or name == ACCOUNTS:
            continue
        for world in ((), (ACCOUNTS,)):
            if any(_may(case, name, base) and world in case.worlds for case in still):
                tell(f"试算：{reason.about}（{'、'.join((*world, *base, name))}）")
                for case in cases:
                    if _may(case, name, base) and world in case.worlds:
                        _try(case, (*world, *base, name), months)


def _may(case: Case, name: str, base: Rule) -> bool:
    """Whether the switches are among those that may explain the figure."""
    return {name, *base} <= set(families().switches.get(case.metric, ()))


def _bare(rule: Rule) -> Rule:
    return tuple(name for name in rule if name != ACCOUNTS)


def _best(still: list[Case]) -> list[Rule]:
    """Rules that explain several lines."""
    found = Counter(rule for case in still for rule in {_bare(rule) for rule in case.agreeing()})
    return [rule for rule, lines in found.items() if lines >= SUPPORT]


def _votes(cases: list[Case]) -> Counter[Rule]:
    """How many lines agree under each rule, whether it counts by account or not."""
    return Counter(rule for case in cases for rule in {_bare(rule) for rule in case.agreeing()})


def _try(case: Case, rule: Rule, months: Months) -> None:
    """Ours by another rule, where it can be had."""
    request = case.figure.meaning.request
    anew = []
    for name in _bare(rule):
        other = stand_in(name, request)
        if other is None:
            anew.append(name)
        request = other or request
    by_account = rule[0] == ACCOUNTS
    computed = months.under(tuple(anew), by_account)
    if computed is None:
        return
    agent = case.line.account if by_account else case.people[0]
    cell = computed.cell(agent, request.id, case.span)
    numerator = any(name in NUMERATORS for name in rule)
    value = None if cell is None else cell.numerator if numerator else cell.value
    if value is not None:
        case.tried[rule] = value


def _settle(case: Case, votes: Counter[Rule], halved: Counter[Rule]) -> None:
    """Of the fewest rules that make a line agree, those that make most lines agree are its reason."""
    line, parts = case.line, list(case.told)
    likeliest = families().switches.get(case.metric, ())
    found = sorted(case.agreeing(), key=lambda rule: [likeliest.index(name) for name in _bare(rule)])
    if case.cut:
        line.state = "explained"
    elif found:
        line.state = "explained"
        rule = max(found, key=lambda rule: (-len(_bare(rule)), votes[_bare(rule)], -len(rule)))
        parts.append(families().told(_bare(rule) if case.changed_hands else rule))
    elif case.holder:
        line.state = "explained"
        parts.append(ONE_HOLDER.format(person=case.holder))
    else:
        parts += _hints(case, halved)
    line.reason = "；".join(parts) or UNEXPLAINED


def _hints(case: Case, halved: Counter[Rule]) -> Iterator[str]:
    """What may have to do with a difference that no rule makes vanish."""
    if case.immature:
        yield IMMATURE.format(n=case.immature)
    if case.figure.meaning.note:
        yield NOTE.format(note=case.figure.meaning.note)
    nearest = max(case.halving(), key=lambda rule: halved[_bare(rule)], default=None)
    if nearest:
        rule = _bare(nearest) if case.changed_hands else nearest
        about, by = families().about(rule), families().by(rule)
        yield PARTLY.format(about=about, by=by, left=shown_gap(case.left(nearest), case.line.unit))
    if case.figure.span is None:
        yield UNDATED
