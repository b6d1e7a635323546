"""``run --agent-passwords``: a table of employee ids and passwords, for the pages that are handed out.

A password is checked before anything is written, and named nowhere: no message, manifest or page has one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluator.model import EvaluatorError
from evaluator.render.text import clip
from evaluator.sources.encodings import decode

ID_HEADS, PASSWORD_HEADS = ("employee_id", "工号"), ("password", "口令", "密码")
SHORTEST, FEWEST_DIFFERENT = 8, 4
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_TOLD = 5  # ids named in a message
_CONTENT = "应为两列的 CSV：employee_id,password（或 工号,口令），一人一行"


@dataclass(frozen=True)
class Passwords:
    """Employee id → password; ``file``: where they were read from."""

    file: Path
    by_employee: Mapping[str, str]

    @classmethod
    def read(cls, file: Path, month: Path) -> Passwords:
        """Errors: EvaluatorError for a file that cannot be read or lies in the month's folder, whose files go into the
        evidence; with the row, for a password that is missing, weak, or another's too."""
        if file.resolve().is_relative_to(month.resolve()):
            raise EvaluatorError(f"口令文件 {file} 放在月份文件夹里了；请移到别处，它不应与数据放在一起")
        found: dict[str, str] = {}
        owners: dict[str, str] = {}
        for number, (employee, password) in enumerate(_rows(file), 2):
            where = f"{file} 第 {number} 行"
            shown = clip(employee, 40)
            if not employee:
                raise EvaluatorError(f"{where}没有工号")
            if employee in found:
                raise EvaluatorError(f"{where}：{shown} 写了两次，一人只写一行")
            why = _weakness(password, employee)
            if why:
                raise EvaluatorError(f"{where}：{shown} 的口令{why}")
            if password in owners:
                other = clip(owners[password], 40)
                raise EvaluatorError(f"{where}：{shown} 与 {other} 的口令相同，两人就能打开彼此的页面")
            found[employee] = password
            owners[password] = employee
        return cls(file, found)

    def check(self, employees: Iterable[str]) -> None:
        """Everybody with a page has one, and nobody else. Errors: EvaluatorError."""
        wanted = set(employees)
        missing, unknown = sorted(wanted - self.by_employee.keys()), sorted(self.by_employee.keys() - wanted)
        if missing:
            raise EvaluatorError(
                f"{self.file} 缺这些员工的口令：{_named(missing)}；每位有自查页的员工都要写一行"
            )
        if unknown:
            raise EvaluatorError(
                f"{self.file} 里的工号本期没有自查页：{_named(unknown)}；请核对，或删去这些行"
            )


def _rows(file: Path) -> list[tuple[str, str]]:
    try:
        text = decode(file.read_bytes(), file.name)
    except FileNotFoundError:
        raise EvaluatorError(f"找不到口令文件 {file}") from None
    except OSError as error:
        raise EvaluatorError(f"口令文件 {file} 读不出：{error.strerror}") from None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise EvaluatorError(f"口令文件 {file} 的引号或分列有误；{_CONTENT}") from None
    heads = [head.strip().lower() for head in rows[0]] if rows else []
    places = [
        next((at for at, head in enumerate(heads) if head in names), None)
        for names in (ID_HEADS, PASSWORD_HEADS)
    ]
    who, what = places
    if who is None or what is None:
        raise EvaluatorError(f"口令文件 {file} 的第一行不是表头；{_CONTENT}")
    body = [[*row, *[""] * len(heads)] for row in rows[1:]]
    while body and not any(body[-1]):
        body.pop()
    return [(row[who].strip(), row[what].strip()) for row in body]


def _weakness(password: str, employee: str) -> str:
    """What is wrong with a password, in words, or nothing."""
    low = password.lower()
    if not password:
        return "是空的"
    if not (password.isascii() and password.isprintable()):
        return "只能用英文字母、数字和符号：别的字符在有些解压软件里打不开"
    if len(password) < SHORTEST:
        return f"太短，至少 {SHORTEST} 个字符"
    if len(set(low)) < FEWEST_DIFFERENT:
        return f"太简单，至少要有 {FEWEST_DIFFERENT} 种不同的字符"
    if any(low in run or low in run[::-1] for run in _RUNS) or low in ("password", "passw0rd"):
        return "太简单，不要用连续的数字、字母或常见的词"
    if low == employee.lower():
        return "就是工号，别人一猜就中"
    return ""


def _named(employees: list[str]) -> str:
    more = f" 等 {len(employees)} 人" if len(employees) > _TOLD else ""
    return "、".join(clip(e, 40) for e in employees[:_TOLD]) + more
