"""Reads the YAML that people write: plans, settings, rules.

Stricter and plainer than YAML 1.1: every value knows its file, line and key; a key given twice is an error;
``0.1`` is exactly ``Decimal("0.1")``; ``2026-10-01`` is a date; ``yes``, ``on`` and ``10:00`` are texts, as
is everything in quotes. Tags are refused; anchors and aliases, which programs write, are followed.

``dated`` resolves values that are written by date (R-P5).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from evaluator.model import EvaluatorError

Scalar = str | int | Decimal | bool | date | None

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)$")
_MOST_NODES = 100_000  # of a file with its aliases followed
_LARGEST_EXPONENT = 15  # of a number a person may write; keeps exact fractions small


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes nodes only; no Python object is ever built from a tag."""

    def __init__(self, text: str, label: str) -> None:
        self.label = label
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        where = f"{self.label}:{event.start_mark.line + 1}"
        if getattr(event, "tag", None) not in (None, "!", "tag:yaml.org,2002:str"):
            raise EvaluatorError(f"{where}: 不支持标签 {event.tag}；文字以 ! 开头时加引号")
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,30})$", list("-+0123456789")),
    (
        "float",
        r"^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?$",
        list("-+.0123456789"),
    ),
    ("date", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", list("0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


@dataclass(frozen=True)
class Node:
    """One value of a YAML file, with the place it stands at. Lists count from 1 in ``path``."""

    value: Scalar | dict[str, Node] | list[Node]
    file: str
    line: int
    path: str = ""

    # ---- errors -----------------------------------------------------------------------------------------
    def fail(self, expected: str, *, seen: bool = True) -> NoReturn:
        """Raises the error a user can act on: file, line, key, the value seen, what is expected."""
        saw = f"写的是 {self.show()}，" if seen else ""
        raise EvaluatorError(f"{self.where}：{saw}{expected}")

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}: {self.path}" if self.path else f"{self.file}:{self.line}"

    def show(self) -> str:
        """The value in short, as it would be written."""
        if isinstance(self.value, dict):
            return "{" + _cut(", ".join(self.value), 60) + "}"
        if isinstance(self.value, list):
            return "[" + _cut(", ".join(n.show() for n in self.value), 60) + "]"
        if isinstance(self.value, str):
            return f"“{_cut(self.value, 60)}”"
        if self.value is None:
            return "空"
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)

    # ---- typed reading ----------------------------------------------------------------------------------
    @property
    def is_null(self) -> bool:
        return self.value is None

    def mapping(self, known: Iterable[str]) -> dict[str, Node]:
        """The pairs of a mapping, without those that are null; a key that is not known is an error."""
        known = list(known)
        if not isinstance(self.value, dict):
            self.fail("应为“键: 值”的形式" + (f"，可用的键：{'、'.join(known)}" if known else ""))
        for key, node in self.value.items():
            if key not in known:
                node.fail(
                    f"没有“{key}”这个键{did_you_mean(key, known)}；可用的键：{'、'.join(known)}", seen=False
                )
        return {k: n for k, n in self.value.items() if not n.is_null}

    def pairs(self) -> dict[str, Node]:
        """The pairs of a mapping whose keys are free."""
        if not isinstance(self.value, dict):
            self.fail("应为“键: 值”的形式")
        return self.value

    def items(self, what: str = "列表") -> list[Node]:
        if not isinstance(self.value, list):
            self.fail(f"应为{what}，如 [a, b]")
        return self.value

    def need(self, pairs: dict[str, Node], key: str, why: str = "") -> Node:
        """``pairs[key]`` of this mapping, or the error that it is missing."""
        if key not in pairs:
            self.fail(f"缺少 {key}" + (f"（{why}）" if why else ""), seen=False)
        return pairs[key]

    def text(self) -> str:
        """A text; a whole number is taken as it is written (ids should be quoted all the same)."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        if not isinstance(self.value, str) or not self.value.strip():
            self.fail("应为文字（不确定时请加引号）")
        return self.value

    def texts(self) -> tuple[str, ...]:
        return tuple(n.text() for n in self.items("文字列表"))

    def one_or_more_texts(self) -> tuple[str, ...]:
        return self.texts() if isinstance(self.value, list) else (self.text(),)

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.fail("应为 true 或 false")
        return self.value

    def number(self, *, least: int | None = None, above: int | None = None, what: str = "数") -> Decimal:
        """An exact number, ``>= least`` or ``> above`` where given."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            hint = (
                "；百分数请写成小数，如 20% 写 0.2"
                if isinstance(value, str) and value.strip().endswith("%")
                else ""
            )
            self.fail(f"应为{what}{hint}")
        number = Decimal(value)
        if number and (number.adjusted() > _LARGEST_EXPONENT or int(number.as_tuple().exponent) < -30):
            self.fail("这个数太大或小数位太多")
        if least is not None and number < least:
            self.fail(f"应为不小于 {least} 的{what}")
        if above is not None and number <= above:
            self.fail(f"应为大于 {above} 的{what}")
        return number if number else Decimal(0)

    def integer(self, *, least: int = 0) -> int:
        number = self.number(least=least, what="整数")
        if number != number.to_integral_value():
            self.fail("应为整数")
        return int(number)

    def money(self) -> Decimal:
        """Yuan, at least 0, at most two decimals."""
        number = self.number(least=0, what="金额（元）")
        if number != round(number, 2):
            self.fail("应为金额（元），至多两位小数")
        return number

    def choice(self, options: Iterable[str]) -> str:
        options = list(options)
        if not isinstance(self.value, str) or self.value not in options:
            guess = did_you_mean(self.value, options) if isinstance(self.value, str) else ""
            self.fail(f"应为 {'、'.join(options)} 之一{guess}")
        return self.value

    def day(self) -> date:
        """A date, also a quoted one."""
        found = as_date(self.value)
        if found is None:
            self.fail("应为存在的日期，如 2026-10-01")
        return found

    def clock(self, *, last: str = "23:59") -> str:
        """A time of day ``"HH:MM"``, at most ``last``."""
        if not isinstance(self.value, str) or not _CLOCK.match(self.value) or self.value > last:
            self.fail(f'应为带引号的时刻 "时:分"，如 "08:00"，最晚 "{last}"')
        return self.value

    def hours(self) -> tuple[str, str]:
        """``["08:00", "23:00"]``: from, up to but not including; no wrap past midnight."""
        pair = self.items('两个时刻，如 ["08:00", "23:00"]')
        if len(pair) != 2:
            self.fail('应为两个时刻，如 ["08:00", "23:00"]')
        start, end = pair[0].clock(), pair[1].clock(last="24:00")
        if end <= start:
            self.fail("结束时刻应晚于开始时刻（不跨零点）")
        return start, end


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """“，是否想写 x？”, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"，是否想写 {close[0]}？" if close else ""


def as_date(value: object) -> date | None:
    """A date or a quoted ISO date; None for anything else."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DATE.match(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def read_yaml(path: Path, label: str | None = None) -> Node:
    """Reads a file. ``label``: how errors call it (default: its name). Errors: EvaluatorError."""
    label = label or path.name
    try:
        return parse_yaml(path.read_bytes().decode("utf-8-sig"), label)
    except FileNotFoundError:
        raise EvaluatorError(f"找不到文件 {label}") from None
    except IsADirectoryError:
        raise EvaluatorError(f"{label} 是文件夹，应为 YAML 文件") from None
    except PermissionError:
        raise EvaluatorError(f"没有权限读取 {label}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise EvaluatorError(f"{label}:{line}: 不是 UTF-8 编码，请在编辑器里另存为 UTF-8") from None


def parse_yaml(text: str, label: str) -> Node:
    """Parses one document. Errors: EvaluatorError with ``label`` and line."""
    try:
        root = _Loader(text, label).get_single_node()
        if root is None:
            raise EvaluatorError(f"{label}:1: 文件是空的")
        return _Tree(label).node(root, "", root.start_mark.line + 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise EvaluatorError(
            f"{label}:{line}: 不是合法的 YAML（{error.problem}）；"
            "请检查缩进（不能用 Tab）、冒号（半角，后面有空格）、括号与引号"
        ) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise EvaluatorError(f"{label}:{line}: 含有 YAML 不允许的控制字符") from None
    except RecursionError:
        raise EvaluatorError(f"{label}:1: 嵌套太深") from None


class _Tree:
    """Turns composed YAML into Nodes, counting them, so that aliases of aliases cannot blow up."""

    def __init__(self, label: str) -> None:
        self.label, self.count = label, 0

    def node(self, raw: yaml.Node, path: str, line: int) -> Node:
        self.count += 1
        if self.count > _MOST_NODES:
            raise EvaluatorError(f"{self.label}:{line}: 内容太多（超过 {_MOST_NODES} 项）")
        if isinstance(raw, yaml.MappingNode):
            return Node(self.mapping(raw, path), self.label, line, path)
        if isinstance(raw, yaml.SequenceNode):
            children = [
                self.node(n, f"{path}[{i}]", n.start_mark.line + 1) for i, n in enumerate(raw.value, 1)
            ]
            return Node(children, self.label, line, path)
        return Node(_scalar(raw, self.label, path, line), self.label, line, path)

    def mapping(self, raw: yaml.MappingNode, path: str) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key_node, value_node in raw.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise EvaluatorError(f"{self.label}:{line}: {path or '文件'}：键应为文字或日期")
            key = key_node.value
            where = f"{path}.{key}" if path else key
            if key in found:
                raise EvaluatorError(
                    f"{self.label}:{line}: {where}：这个键写了两次（第 {found[key].line} 行已有）"
                )
            found[key] = self.node(value_node, where, line)
        return found


def _scalar(raw: yaml.Node, label: str, path: str, line: int) -> Scalar:
    kind = raw.tag.removeprefix("tag:yaml.org,2002:")
    text: str = raw.value
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text)
    if kind == "float":
        return Decimal(text)
    if kind == "date":
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise EvaluatorError(f"{label}:{line}: {path}：写的是 {text}，没有这一天") from None
    return text
