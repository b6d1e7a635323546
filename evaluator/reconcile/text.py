"""A reconciliation as a text to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evaluator.reconcile.lines import Line, Reconciliation, shown, shown_gap
from evaluator.rulebook import metric_catalogue


def as_text(found: Reconciliation) -> str:
    """What differs, account by account and reason by reason; what agrees in one line each; then how many and why."""
    told = []
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in found.lines:
        if line.header:
            groups.setdefault((line.account, line.days), []).append(line)
    for (account, days), lines in groups.items():
        told += [f"{account}　{days}".rstrip("　"), *_of_account(lines)]
    return "\n".join([*told, "", *_summary(found.lines), *_only_ours(found.lines), *found.remarks])


def _only_ours(lines: list[Line]) -> Iterator[str]:
    """Accounts that the report does not name: they have a figure of ours, and no column of theirs."""
    ours = [line for line in lines if not line.header]
    names = [
        f"{line.account}（{metric_catalogue()[line.metric].name} {shown(line.ours, line.unit)}）"
        for line in ours
    ]
    if ours:
        yield f"{ours[0].reason}：{'、'.join(names)}"


def _of_account(lines: list[Line]) -> Iterator[str]:
    same = [line for line in lines if line.state in ("same", "rounded")]
    if same:
        yield f"　一致 {len(same)} 项：{'、'.join(f'{line.header} {shown(line.theirs, line.unit)}' for line in same)}"
    reasons: dict[str, list[Line]] = {}
    for line in lines:
        if line not in same:
            reasons.setdefault(line.reason, []).append(line)
    for reason, others in reasons.items():
        yield f"　{reason}"
        for line in others:
            ours, theirs = shown(line.ours, line.unit), shown(line.theirs, line.unit)
            yield f"　　{line.header}：本程序 {ours}，平台 {theirs}{_gap(line)}"


def _gap(line: Line) -> str:
    return "" if line.difference is None else f"，差 {shown_gap(line.difference, line.unit)}"


def _summary(lines: list[Line]) -> Iterator[str]:
    states = Counter(line.state for line in lines)
    yield (
        f"共 {len(lines)} 项：一致 {states['same'] + states['rounded']} 项（其中四舍五入 {states['rounded']} 项），"
        f"不同而有原因 {states['explained']} 项，不同而没有查明 {states['open']} 项，无法对照 {states['apart']} 项"
    )
    for reason, count in Counter(line.reason for line in lines if line.state == "explained").most_common():
        yield f"　{count} 项　{reason}"
