"""``mapping.yaml`` of a month: which columns of any CSV or workbook are which canonical ones.

::

    table: messages                       # one mapping, for files that no format knows
    columns: {buyer: 客户, account: 客服, sender: 角色, ts: 时间, text: 内容}

or a list, each with the files it is for::

    - {file: "质检*.csv", table: ratings, columns: {…}}

With ``file`` (a pattern on the path within the month, or on the name alone) a mapping goes before every format;
without, it takes files that no format knows and that have all of its columns. What is mapped is validated like a
canonical file, cells taken as in a platform's export (``暂无数据``, ``="…"``, ``元``); common words for choices
(客服, 仅退款 …) are understood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from evaluator.model import EvaluatorError, ReviewItem
from evaluator.settings import MAPPING_FILE
from evaluator.sources import cells, exports, sheets
from evaluator.sources.base import EXPORT, RawTable
from evaluator.sources.chat import SENDERS
from evaluator.sources.csvfile import CsvFile
from evaluator.sources.files import Sample, header_name
from evaluator.sources.top import account_name
from evaluator.tables import TABLES
from evaluator.yamlfile import Node, read_yaml

FILE = MAPPING_FILE
FORMAT = "mapping"
KEYS = ("file", "table", "columns")

WORDS: dict[tuple[str, str], dict[str, str]] = {
    ("messages", "sender"): SENDERS,
    ("refunds", "kind"): {"仅退款": "refund_only", "退货退款": "return_refund", "换货": "exchange"},
    ("refunds", "stage"): {"售中": "in_sale", "售后": "after_sale"},
    ("ratings", "source"): {"人工": "human", "机器人": "robot", "智能客服": "robot"},
    ("online", "event"): {"上线": "online", "登录": "online", "下线": "offline", "退出": "offline"}
    | {"挂起": "suspend", "恢复": "resume"},
    ("escalations", "kind"): {"平台介入": "platform_consult", "纠纷": "dispute", "投诉": "complaint"},
    ("roster", "role"): {"机器人": "robot", "智能客服": "robot"},
    ("labels", "label"): {"广告": "ad", "不是广告": "not_ad"},
}
ACCOUNTS = ("account", "to_account")
FILLED = {
    "ratings": {"source": "human"}
}  # where no column says it; which accounts are robots, the roster knows


@dataclass(frozen=True)
class Mapping:
    """One mapping: canonical column -> header, and where in ``mapping.yaml`` it stands."""

    table: str
    columns: dict[str, str]
    file: str | None
    where: str

    def meant(self, rel: str) -> bool:
        """Whether its ``file`` names this path."""
        name = rel.rsplit("/", 1)[-1]
        return self.file is not None and (fnmatchcase(rel, self.file) or fnmatchcase(name, self.file))

    def fits(self, sample: Sample) -> bool:
        return exports.tabular(sample) and set(self.columns.values()) <= set(sample.header)


class Mappings:
    """The mappings of a month, as a source of tables beside the formats. ``used`` fills while files are read."""

    ID = FORMAT

    def __init__(self, known: list[Mapping]) -> None:
        self.known = known
        self.used: set[str] = set()

    def named(self, sample: Sample) -> list[Mapping]:
        """Those whose ``file`` names the sample."""
        return [m for m in self.known if m.meant(sample.file)]

    def fitting(self, sample: Sample) -> list[Mapping]:
        """Those without ``file`` whose columns the sample has; for files that no format knows."""
        return [m for m in self.known if m.file is None and m.fits(sample)]

    def read(self, sample: Sample, chosen: list[Mapping]) -> list[RawTable]:
        """The tables of a mapped file. Error: it is no table, or lacks a column of the mapping."""
        self.used |= {m.where for m in chosen}
        return [_read(sample, m) for m in chosen]

    def unused(self) -> Iterator[ReviewItem]:
        for mapping in self.known:
            if mapping.where not in self.used:
                told = f"{mapping.where}：没有文件用到这个映射（表 {mapping.table}）；"
                told += f"没有叫 {mapping.file} 的文件" if mapping.file else "没有认不出而又有这些列的文件"
                yield ReviewItem("source_note", FILE, told)


def load(folder: Path) -> Mappings:
    """``mapping.yaml`` of a month, if it has one. Errors: EvaluatorError with file, line and key."""
    path = folder / FILE
    if not path.is_file():
        return Mappings([])
    root = read_yaml(path, FILE)
    if isinstance(root.value, list):
        return Mappings([_mapping(node, listed=len(root.value) > 1) for node in root.value])
    return Mappings([_mapping(root, listed=False)])


def needed(table: str) -> list[str]:
    """Columns that a mapping must give. The shop may be the month's; a column whose cells may be empty may lack
    (an order list without buyers), save who and what of a message; so may one that is ``FILLED``."""
    empty = ("account", "text") if table == "messages" else ()
    lent = {"shop", *FILLED.get(table, ())}
    return [c.name for c in TABLES[table].columns if c.name not in lent and (c.required or c.name in empty)]


def _mapping(node: Node, listed: bool) -> Mapping:
    pairs = node.mapping(KEYS)
    table = node.need(pairs, "table").choice(TABLES)
    columns = node.need(pairs, "columns", "写法：columns: {buyer: 客户, …}")
    named = {
        name: header_name(value.text())
        for name, value in columns.mapping([c.name for c in TABLES[table].columns]).items()
    }
    missing = [name for name in needed(table) if name not in named]
    if missing:
        columns.fail(f"表 {table} 必需的列还没有写：{'、'.join(missing)}", seen=False)
    if listed and "file" not in pairs:
        node.fail('有几个映射时，每个都要写 file，如 file: "质检*.csv"', seen=False)
    pattern = pairs["file"].text() if "file" in pairs else None
    return Mapping(table, named, pattern, f"{node.file}:{node.line}")


def _read(sample: Sample, mapping: Mapping) -> RawTable:
    if not exports.tabular(sample):
        raise EvaluatorError(
            f"{sample.rel}：{mapping.where} 要映射这个文件，但只有带表头的 CSV 和工作簿可以映射"
        )
    missing = [h for h in mapping.columns.values() if h not in sample.header]
    if missing:
        raise EvaluatorError(
            f"{sample.rel}：{mapping.where} 写的列 {'、'.join(missing)} 文件里没有；"
            f"文件里有：{'、'.join(filter(None, sample.header))}"
        )
    headers = {header: header for header in mapping.columns.values()}
    if sample.kind == "text":
        csv = CsvFile(sample)
        return RawTable(mapping.table, (_shape(f, mapping) for f in csv.chunks(headers)), EXPORT, csv.rejects)
    return RawTable(mapping.table, [_shape(sheets.frame(sample, headers), mapping)], EXPORT)


def _shape(frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Source columns under canonical names; a header may serve several of them."""
    made = {"_row": frame["_row"]}
    for name, value in FILLED.get(mapping.table, {}).items():
        made[name] = pl.repeat(value, frame.height, eager=True)
    for name, header in mapping.columns.items():
        series = frame[header]
        if words := WORDS.get((mapping.table, name)):
            series = series.str.strip_chars(cells.BLANKS).replace(words)
        if name in ACCOUNTS:
            series = pl.select(account_name(pl.lit(series.str.strip_chars(cells.BLANKS)))).to_series()
        made[name] = series
    return pl.DataFrame(made)
