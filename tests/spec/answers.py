"""What a case of ``cases/`` expects, compared with what came out.

    turns 小美 transferred · 小雅 answered 30 s

``TABLE row · row``: a row's first words are the columns of SEEN, then come pairs of column and value; ``-``:
empty. The table has these rows and no others, unless the last is ``…``; ``none``: no rows. Money is yuan.

    kpi 小美: consults 1 · reply_rate 1/2 · sales - · conversion_rate 1/1 immature
    kpi shop b: consults 0 · first_response {cap_s: 60} 30/1

Figures of an agent, ``group 甲组`` or ``shop b``: a ratio's two parts, or a number; ``-``: missing (or its
parts, then ``missing``); ``none``: no row.

    review roster_overlap 小美

That is on the list of what a person must look at.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import polars as pl
from chat import WORD, Case, Drawing, moment, typed

from evaluator.metrics.request import MetricRequest
from evaluator.planmetric import read_request
from evaluator.rulebook import metric_catalogue
from evaluator.run import evaluate_data
from evaluator.yamlfile import parse_yaml

#: Output tables: the columns that a row's first words are of. ``consults``: the receptions that are consults.
SEEN = {
    "turns": ("agent", "outcome", "wait"),
    "receptions": ("agent",),
    "consults": ("agent", "outcome"),
    "sessions": ("agent", "start", "end"),
    "inquiries": ("day", "label"),
    "attribution": ("order_id", "credited"),
    "candidates": ("order_id", "at", "agent", "place"),
    "assists": ("order_id", "agent", "kind", "messages"),
    "filters": ("filter", "receptions", "messages", "buyers"),
    "messages": ("agent", "buyer"),
}
MONEY = ("amount", "counted")
FIGURE = re.compile(r"(\w+) *(\{.*\})? +(\S+) *(\w*)")


def same(column: str, want: str, got: Any) -> bool:
    """Whether a cell is what a word says."""
    if want == "-" or got is None:
        return want == "-" and got is None
    if isinstance(got, bool):
        return got == {"yes": True, "no": False}[want]
    if isinstance(got, datetime):
        return got == moment(want)
    if isinstance(got, date):
        return got == typed(want, "date", "")
    if isinstance(got, int | float):
        return Fraction(want) * (100 if column in MONEY else 1) == Fraction(str(got))
    return want == str(got)


def compare_table(table: str, line: str, frames: dict[str, pl.DataFrame]) -> str | None:
    """What is wrong with an output table, or None."""
    source = frames["receptions" if table == "consults" else table]
    if table == "consults":
        source = source.filter(pl.col("label").is_not_null())
    rows, lead = source.to_dicts(), SEEN[table]
    entries = [e.strip() for e in line.split("·") if e.strip() not in ("", "none")]
    partly = entries[-1:] == ["…"]
    used = set(lead)
    for entry in entries[: len(entries) - partly]:
        words = [w for w in WORD.findall(entry) if w != "s"]
        cut = next((i for i, w in enumerate(words) if w in source.columns or i == len(lead)), len(words))
        pairs = [*zip(lead, words[:cut], strict=False), *zip(words[cut::2], words[cut + 1 :: 2], strict=True)]
        used |= {column for column, _ in pairs}
        hit = next((r for r in rows if all(same(c, w, r[c]) for c, w in pairs)), None)
        if hit is None:
            return f"no row: {entry}\n{table} not spoken for:\n{told(rows, used)}"
        rows.remove(hit)
    return f"{table} has more rows:\n{told(rows, used)}" if rows and not partly else None


def told(rows: list[dict[str, Any]], columns: set[str]) -> str:
    return "\n".join(" · ".join(f"{k} {v}" for k, v in row.items() if k in columns) for row in rows) or "none"


def figures(line: str) -> tuple[tuple[str, str], list[tuple[MetricRequest, str, str]]]:
    """``小美: consults 1 · reply_rate 1/2 immature`` → scope, and request, value, status of each figure."""
    owner, _, rest = line.partition(": ")
    kind, _, name = owner.rpartition(" ")
    found = []
    for entry in rest.split("·"):
        words = FIGURE.fullmatch(entry.strip())
        assert words, f"not a figure: {entry}"
        metric, options, value, status = words.groups("")
        request = MetricRequest(metric)
        if options or metric not in metric_catalogue():
            text = f"{{metric: {metric}, {options[1:-1]}}}" if options else metric
            request = read_request(parse_yaml(text, entry), metric_catalogue())
        found.append((request, value, status or ("missing" if value == "-" else "final")))
    return (kind or "agent", name), found


def compare_figures(line: str, kpi: pl.DataFrame) -> str | None:
    (scope, name), wanted = figures(line)
    for request, value, status in wanted:
        rows = kpi.filter(scope=scope, id=name, metric=request.id).to_dicts()
        if value == "none" and not rows:
            continue
        got = rows[0] if rows else {}
        above, _, below = value.partition("/")
        want = [None if w in ("", "-", "none") else Fraction(w) for w in (above, below)]
        parts = [None if got.get(c) is None else Fraction(got[c]) for c in ("numerator", "denominator")]
        right = got.get("status") == status and (value == "-" or parts == want)
        if right and want[0] is not None and status != "missing":
            right = abs(Fraction(got["value"]) - want[0] / (want[1] or 1)) < Fraction(1, 10**9)
        if not right:
            return f"kpi {scope} {name} {request.id}: expected {value} {status}\n  got {got or 'no such row'}"
    return None


def check(case: Case) -> str | None:
    """Runs a case. What is wrong with what came out, with the case; or None."""
    if not case.expected:
        return f"{case}\n\nexpects nothing"
    orders = [line.partition(" ") for line in case.expected]
    requests = tuple(r for word, _, rest in orders if word == "kpi" for r, _, _ in figures(rest)[1])
    result = evaluate_data(Drawing(case.given).month(requests))
    for word, _, rest in orders:
        if word == "kpi":
            wrong = compare_figures(rest, result.frames["kpi"])
        elif word == "review":
            listed = [f"{item.kind} {item.subject}" for item in result.review]
            wrong = None if rest.strip() in listed else f"not among: {listed}"
        else:
            wrong = compare_table(word, rest, result.frames | {"messages": result.talk.all()})
        if wrong:
            return f"{case}\n\nwrong: {word} {rest}\n{wrong}"
    return None
