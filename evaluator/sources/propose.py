"""``evaluator map FILE``: a guess which canonical table a CSV or workbook is, and which columns are which, by
header words and by what stands in the cells. A person looks at it, mends it and saves it as ``mapping.yaml``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from evaluator.model import EvaluatorError
from evaluator.sources import archives, cells, exports, lookalike, mapping, sheets
from evaluator.sources.base import EXPORT
from evaluator.sources.canonical import must_have
from evaluator.sources.chat import SENDERS
from evaluator.sources.column_words import WORDS
from evaluator.sources.csvfile import table_of
from evaluator.sources.files import Sample, plain_header
from evaluator.sources.registry import FORMATS
from evaluator.sources.validate import PARSERS
from evaluator.tables import SENDERS as SENDER_IDS
from evaluator.tables import TABLES, Column, Table

SAMPLE_ROWS = 200
EXACT, PART, CONTENT = 3.0, 1.5, 0.8
ENOUGH = 0.6  # share of cells that must be of the column's kind
LEAST = 0.5  # a table is proposed if more than this share of its required columns is found
_ID = re.compile(r"'?(\d{12,20}|\d{6}-\d{6,20})")


@dataclass(frozen=True)
class Proposal:
    """The best guess: table, canonical column -> header, what is still to be found, headers not used."""

    table: str
    columns: dict[str, str]
    missing: list[str]
    unused: list[str]
    score: float


def sampled(sample: Sample) -> dict[str, list[str]]:
    """header -> its cells in the first rows, without empty ones. Error: the file is no table."""
    if not exports.tabular(sample):
        told = lookalike.told(sample)
        raise EvaluatorError(
            f"{sample.rel}：只有带表头的 CSV 和工作簿可以映射，这个文件不是{f'；{told}' if told else ''}"
        )
    heads = list(dict.fromkeys(filter(None, sample.header)))
    if sample.kind == "text":
        lines = table_of(sample.head_text.removeprefix("\ufeff"), sample.delimiter)
        rows = [row for row in lines if any(cell.strip() for cell in row)][1 : SAMPLE_ROWS + 1]
        at = {head: sample.header.index(head) for head in heads}
        return {h: [row[i] for row in rows if i < len(row) and row[i].strip()] for h, i in at.items()}
    frame = sheets.frame(sample, {head: head for head in heads}).head(SAMPLE_ROWS)
    return {head: [cell for cell in frame[head] if cell and cell.strip()] for head in heads}


def _share(values: list[str], column: Column) -> float:
    """How many of the cells are of the column's kind; 1 for plain text and for no cells."""
    if not values or column.kind not in PARSERS:
        return 1.0
    cleaned = cells.clean(pl.Series(values, dtype=pl.String), EXPORT)
    parsed = PARSERS[column.kind](cleaned, EXPORT)
    return float(parsed.is_not_null().mean() or 0.0)  # type: ignore[arg-type]


def _by_header(table: Table, column: Column, header: str) -> float:
    """How well a header fits a column: its own name, a known word, or a word at its end (the head of a Chinese
    noun comes last: 买家实际支付金额 is no buyer). A unit in brackets does not count."""
    said = re.sub(r"(?<=.)\([^()]*\)$", "", plain_header(header).lower())
    if said == column.name:
        return EXACT + 0.5
    words = WORDS.get(f"{table.name}.{column.name}") or WORDS.get(column.name, ())
    for place, word in enumerate(words):
        if said == plain_header(word).lower():
            return EXACT - place * 0.01
    inside = [len(word) for word in words if len(word) > 1 and said.endswith(plain_header(word).lower())]
    return PART + max(inside) * 0.01 if inside else 0.0


def _by_content(column: Column, values: list[str]) -> float:
    """How well cells alone fit a column that has to be there."""
    if not values:
        return 0.0
    stripped = [value.strip() for value in values]
    looks = {
        "sender": lambda: sum(v in SENDERS or v in SENDER_IDS for v in stripped),
        "order_id": lambda: sum(_ID.fullmatch(v) is not None for v in stripped),
        "account": lambda: sum(
            re.fullmatch(r"[^\s:：]+[:：][^\s:：]*[^\s:：\d][^\s:：]*", v) is not None for v in stripped
        ),
        "ts": lambda: sum(cells.one_time(v) is not None for v in stripped),
    }
    looks["created"] = looks["ts"]
    counted = looks.get(column.name)
    return CONTENT if counted and counted() >= ENOUGH * len(stripped) else 0.0


def _proposal(table: Table, found: dict[str, list[str]]) -> Proposal:
    """Columns of one table, each header used once, best pairs first."""
    needed = [name for name in must_have(table) if name != "shop"]
    pairs = []
    for column in table.columns:
        for header, values in found.items():
            score = _by_header(table, column, header)
            if not score and column.name in needed:
                score = _by_content(column, values)
            if score and _share(values, column) >= ENOUGH:
                pairs.append((-score, column.name, header))
    columns: dict[str, str] = {}
    total = 0.0
    for score, name, header in sorted(pairs):
        if name not in columns and header not in columns.values():
            columns[name] = header
            total -= score
    ordered = {c.name: columns[c.name] for c in table.columns if c.name in columns}
    missing = [name for name in needed if name not in columns]
    share = 1 - len(missing) / max(len(needed), 1)
    unused = [header for header in found if header not in columns.values()]
    return Proposal(table.name, ordered, missing, unused, share + total / (EXACT * (len(found) + 1)))


def propose(sample: Sample) -> Proposal:
    """The table that fits best. Error: none does."""
    found = sampled(sample)
    best = max((_proposal(table, found) for table in TABLES.values()), key=lambda p: p.score)
    needed = [name for name in must_have(TABLES[best.table]) if name != "shop"]
    if len(best.missing) >= (1 - LEAST) * len(needed):
        raise EvaluatorError(
            f"{sample.rel}：看不出是哪一张表；表头：{'、'.join(found)}；"
            f"请手写 mapping.yaml（table 可为 {'、'.join(TABLES)}）"
        )
    return best


def proposal_text(path: Path) -> str:
    """The proposal as YAML with comments: what each column holds, what is missing, what is not used. Of a workbook
    every sheet that something can be proposed for, of a zip every file; formats that are known only if all are."""
    if not path.is_file():
        raise EvaluatorError(f"找不到文件 {path}")
    with archives.opened(path) as held:
        parts = [_Part.of(part) for rel, at in held.files() for part in sheets.parts(Sample(rel, at))]
    told = [part for part in parts if part.guess]
    told = [part for part in told if not part.known] or told
    if not told:
        whys = [part.why for part in parts if part.why] + [note.detail for note in held.notes]
        raise EvaluatorError("\n".join(whys) or f"{path.name}：压缩包里没有可以映射的文件")
    lines = [
        "# 建议的映射，请逐列核对，改好后存为月份文件夹里的 mapping.yaml（左边是本程序的列，右边是文件的表头）"
    ]
    if len(told) > 1:
        return "\n".join([*lines, *(line for part in told for line in part.item())])
    lines.append(f"# 只用于某些文件时加一行，如 file: {_quoted('*' + PurePosixPath(told[0].file).suffix)}")
    return "\n".join([*lines, *told[0].lines()])


@dataclass(frozen=True)
class _Part:
    """A file or a sheet: the proposal and the cells that it was made from, else why there is none."""

    rel: str  # also names the sheet
    file: str
    known: str  # the format that reads it, if one does
    guess: Proposal | None
    found: dict[str, list[str]]
    why: str = ""

    @classmethod
    def of(cls, sample: Sample) -> _Part:
        known = next((f.ID for f in FORMATS if f.sniff(sample)), "")
        try:
            return cls(sample.rel, sample.file, known, propose(sample), sampled(sample))
        except EvaluatorError as error:
            return cls(sample.rel, sample.file, known, None, {}, str(error))
        finally:
            sample.sheet_rows = [] if sample.sheet else sample.sheet_rows

    def item(self) -> list[str]:
        """The mapping as one of a list, for its own file."""
        first, *rest = [f"file: {_quoted(self.file)}", *self.lines()]
        return [f"# {self.rel}", f"- {first}", *(f"  {line}" for line in rest)]

    def lines(self) -> list[str]:
        guess = self.guess
        assert guess is not None
        lines = []
        if self.known:
            told = f"# 这个文件本来就能读入（格式 {self.known}），一般不需要映射；写了 file 的映射优先于它"
            lines.append(told)
        lines += [f"table: {guess.table}", "columns:"]
        for name, header in guess.columns.items():
            example = f"  # 如 {_quoted(self.found[header][0][:30])}" if self.found[header] else ""
            lines.append(f"  {name}: {_quoted(header)}{example}")
        required = mapping.needed(guess.table)
        for told, names in (
            ("还缺必需的列", [name for name in guess.missing if name in required]),
            ("没有找到、也可以没有的列", [name for name in guess.missing if name not in required]),
        ):
            lines += [f"# {told}：{'、'.join(names)}"] if names else []
        if guess.unused:
            lines.append(f"# 没有用到的表头：{'、'.join(_quoted(h) for h in guess.unused)}")
        return lines


def _quoted(text: str) -> str:
    """As a double-quoted YAML text on one line; other control and line characters escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub(
        r"[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]", lambda m: f"\\u{ord(m[0]):04x}", quoted
    )
