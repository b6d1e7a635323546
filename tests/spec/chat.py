"""Months drawn as text: a few lines of chat and orders, and what the program must make of them.

A file of ``cases/`` holds cases. A case is a heading with the rules it is about, its input indented, and what
must come out, not indented (``answers.py``; a line that begins with ``·`` goes on). ``#`` after two blanks
begins a comment.

    R-C4  transfer with an open turn
          10:00:00  buyer  → 小美   在吗
          10:00:20  小美   ⇒ 小雅   (transfer)
          10:00:50  小雅   → buyer  您好，请问有什么可以帮您
    turns 小美 transferred · 小雅 answered 30 s

A buyer is written in Latin letters (``tom``; ``tom@b``: in shop b, else in ``shop``; ``@小雅``: one of that
name), an account in Chinese. A time without a date is of the last line that is only a date, at first 10-05;
the period is October 2026.

    TIME A → B  text (flags)  a message. Flags: robot, system (its sender); auto; image (its kind); order 1001
    TIME A ⇒ B  (flags)       a transfer; B ``-``: to nobody. Flags: of tom (which buyer), robot, system
    order 1001 paid 10:06:00  a row of a table: the first values as in ROWS, then pairs of column and value
    roster 小美 …              an account without such a row is an employee of that name (售前)
    stranger 小丁              an account that is nobody's
    table refunds completed   the table is there, and has these columns; else it has those that its rows name
    set judgment: payment     a setting, as YAML
    48 × rating 小美 5         the line, so many times
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from evaluator.metrics.request import MetricRequest
from evaluator.model import InputFile, MonthData
from evaluator.names import Names, placed
from evaluator.settings import MonthConfig, Settings, read_settings
from evaluator.shelf import Shelf
from evaluator.tables import PLACED, TABLES
from evaluator.yamlfile import parse_yaml

HEADING = re.compile(r"((?:R-[A-Z]\d* |§\d )+) *(\S.*)")
CLOCK = r"(?:\d{4}-)?(?:\d\d-\d\d )?\d\d:\d\d:\d\d(?:\.\d{1,3})?"
TALK = re.compile(rf"({CLOCK}) +(\S+) +([→⇒]) +(\S+) *(.*?) *(?:\(([^()]*)\))?$")
WORD = re.compile(rf"{CLOCK}|\{{.*?\}}|\S+")
YEAR, FIRST_DAY = "2026", "10-05"
START, END = date(2026, 10, 1), date(2026, 11, 1)
SOMEBODY = {"buyer": "buyer", "shop": "shop"}
SENDERS = ("buyer", "agent", "robot", "system")

#: Input rows: word → table, columns that the first values are of, values where a line gives none.
ROWS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "order": ("orders", ("order_id",), SOMEBODY | {"created": "10:00:00", "amount": "100"}),
    "item": ("order_items", ("order_id", "title"), {"amount": "100", "quantity": "1"}),
    "refund": ("refunds", ("order_id", "amount"), {"kind": "refund_only", "applied": "10:00:00"}),
    "rating": ("ratings", ("account", "score"), SOMEBODY | {"ts": "10:00:00", "source": "human"}),
    "escalation": ("escalations", ("kind",), SOMEBODY | {"ts": "10:00:00"}),
    "online": ("online", ("account", "event", "ts"), {}),
    "review": ("reviews", ("order_id",), {"shop": "shop", "ts": "10:00:00"}),
    "shipment": ("shipments", ("order_id", "due"), {"shop": "shop"}),
    "service": ("service_orders", ("service_id", "applied"), {"account": "小美"}),
    "work": ("work_orders", ("work_id", "opened"), {"account": "小美"}),
    "survey": ("surveys", ("account", "nps"), {"ts": "10:00:00"}),
    "customer": ("customers", ("customer", "contract"), {}),
    "exam": ("exams", ("employee_id", "score", "pass_mark"), {"taken": FIRST_DAY}),
    "roster": ("roster", ("account",), {"role": "售前"}),
    "label": ("labels", ("buyer", "label"), {"shop": "shop"}),
    "dispute": (
        "disputes",
        ("order_id", "employee_id", "decision"),
        {"claim": "是我的", "by": "主管", "when": "12:00:00"},
    ),
    "manual": ("manual_filters", ("buyer",), {"shop": "shop"}),
}


@dataclass(frozen=True)
class Case:
    rules: tuple[str, ...]
    title: str
    where: str
    given: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        heading = f"{' '.join(self.rules)}  {self.title}   ({self.where})"
        return "\n".join([heading, *self.given, *self.expected])


def read_cases(path: Path) -> list[Case]:
    cases: list[Case] = []
    for n, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = re.sub(r"(^|\s\s)#.*", "", raw).rstrip()
        if not line:
            continue
        if heading := HEADING.fullmatch(line):
            cases.append(Case(tuple(heading[1].split()), heading[2], f"{path.name}:{n}"))
        elif line.lstrip().startswith("·"):
            cases[-1].expected[-1] += " " + line.strip()
        else:
            (cases[-1].given if line.startswith(" ") else cases[-1].expected).append(line)
    return cases


# ---- input ----
def moment(text: str, day: str = FIRST_DAY) -> datetime:
    """``[[2026-]10-05 ]10:00:00[.5]``."""
    if len(text.split(".")[0]) <= 8:
        text = f"{day} {text}"
    return datetime.fromisoformat(text if re.match(r"\d{4}-", text) else f"{YEAR}-{text}")


def is_buyer(name: str) -> bool:
    return name.isascii() or name.startswith("@")


def whose(name: str) -> dict[str, str]:
    """``tom@b`` → shop and buyer."""
    nick, _, shop = name.removeprefix("@").partition("@")
    return {"buyer": nick, "shop": shop or "shop"}


def typed(value: str, kind: str, day: str) -> Any:
    if value == "-":
        return None
    if kind == "date":
        return date.fromisoformat(value if re.match(r"\d{4}-", value) else f"{YEAR}-{value}")
    if kind in ("time", "moment"):
        return moment(value, day)
    if kind == "money":
        return int(Decimal(value) * 100)
    if kind == "flag":
        return {"yes": True, "no": False}[value]
    if kind == "decimal":
        return Decimal(value)
    return int(value) if kind == "integer" else value


class Drawing:
    """A case's input, read line by line."""

    def __init__(self, lines: list[str]) -> None:
        self.day = FIRST_DAY
        self.rows: dict[str, list[dict[str, str]]] = {"messages": [], "orders": [], "roster": []}
        self.days: dict[str, list[str]] = {}
        self.columns: dict[str, set[str]] = {}
        self.strangers: set[str] = set()
        self.settings: dict[str, Any] = {}
        for line in lines:
            times, repeated, rest = line.partition(" × ")
            for _ in range(int(times) if repeated else 1):
                self.line((rest if repeated else line).strip())
        self.staff()

    def line(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if talk := TALK.fullmatch(line):
            self.talk(*talk.groups(""))
        elif re.fullmatch(r"\d\d-\d\d", line):
            self.day = line
        elif word == "set":
            self.settings |= read_settings(parse_yaml(rest, line), START, [])
        elif word == "stranger":
            self.strangers.add(rest.strip())
        elif word == "table":
            name, *columns = rest.split()
            self.rows.setdefault(name, [])
            self.columns.setdefault(name, set()).update(columns)
        else:
            self.row(word, WORD.findall(rest))

    def talk(self, ts: str, who: str, arrow: str, to: str, text: str, flags: str) -> None:
        marks = [f.strip() for f in flags.split(",") if f.strip()]
        named = {k: v for k, _, v in (m.partition(" ") for m in marks) if v}
        sender = next((m for m in marks if m in SENDERS), "buyer" if is_buyer(who) else "agent")
        row = {"sender": sender, "ts": ts, "text": text or "你好"}
        if arrow == "⇒":
            row |= whose(named.get("of", "buyer")) | {"account": who, "to_account": to, "kind": "transfer"}
        else:
            row |= whose(who if is_buyer(who) else to) | {"account": to if is_buyer(who) else who}
            kinds = [m for m in marks if m not in (*SENDERS, "auto") and " " not in m]
            row |= ({"kind": kinds[0]} if kinds else {}) | ({"auto": "yes"} if "auto" in marks else {})
        self.add("messages", row | ({"order_id": named["order"]} if "order" in named else {}))

    def row(self, word: str, words: list[str]) -> None:
        table, first, otherwise = ROWS[word]
        rest = words[len(first) :]
        given = dict(zip(first, words, strict=False)) | dict(zip(rest[::2], rest[1::2], strict=True))
        if "@" in given.get("buyer", ""):
            given |= whose(given["buyer"])
        if word == "refund":
            otherwise = otherwise | {"refund_id": f"R{len(self.rows.get(table, []))}"}
        if word == "roster":
            otherwise = otherwise | {"employee_id": given["account"], "name": given["account"]}
        self.add(table, otherwise | given)

    def add(self, table: str, row: dict[str, str]) -> None:
        unknown = row.keys() - TABLES[table].by_name.keys()
        assert not unknown, f"{table} has no column {unknown}"
        self.rows.setdefault(table, []).append(row)
        self.days.setdefault(table, []).append(self.day)
        self.columns.setdefault(table, set()).update(row)

    def staff(self) -> None:
        """A roster row for every account that has none."""
        rows = [row for table in self.rows.values() for row in table]
        seen = {row.get(column, "-") for row in rows for column in ("account", "to_account")}
        known = {row["account"] for row in self.rows["roster"]} | self.strangers | {"-"}
        for account in sorted(seen - known):
            self.row("roster", [account])

    def month(self, requests: tuple[MetricRequest, ...]) -> MonthData:
        config = MonthConfig(Path(), START, END, settings=Settings(**self.settings), pack_requests=requests)
        tables, absent = {}, {}
        for name, rows in self.rows.items():
            table = TABLES[name]
            written = dict.fromkeys(PLACED, pl.String()) if name == "messages" else {}
            data = []
            for n, (row, day) in enumerate(zip(rows, self.days.get(name, []), strict=True), 1):
                given = {c.name: typed(row[c.name], c.kind, day) for c in table.columns if c.name in row}
                data.append([*(given.get(c.name, c.default) for c in table.columns), 0, n])
            tables[name] = pl.DataFrame(data, schema=table.schema | written, orient="row")
            optional = {c.name for c in table.columns if c.optional}
            absent[name] = frozenset(optional - self.columns.get(name, set()))
        shelf = Shelf()
        names = {column: Names(shelf) for column in PLACED}
        tables["messages"] = placed(tables["messages"], names)
        case = InputFile("case", "", "case", "")
        return MonthData(Path(), config, tables, absent, [case], [], shelf=shelf, names=names)
