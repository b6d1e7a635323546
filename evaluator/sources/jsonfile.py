"""JSON as people save it from a page, a program or an API: one document, a list, or one document a line, in
whatever envelope. Formats look for the records they know, wherever these stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from evaluator.model import ReviewItem
from evaluator.sources.base import RowReject
from evaluator.sources.cells import from_epoch
from evaluator.sources.files import Sample, load_json

WHY_BROKEN = "这一行不是完整的 JSON，文件可能没有下载完"
WHY_OTHER = "这一条没有 {keys}，不是其他各条那样的记录"
KEYS_SHOWN, KEY_LENGTH = 8, 40
MOST_DIGITS = 9  # of a count
DEEPEST = 8  # levels of envelopes that are opened
NOT_OPENED = frozenset({"request"})  # what was asked is no answer

Record = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """A line that is no JSON, or something among records that is none."""

    line: str
    why: str = WHY_BROKEN


def documents(sample: Sample) -> Iterator[Any]:
    """The documents of a file; a line that is none is ``Broken``."""
    if sample.json is not None:
        yield sample.json
        return
    for line in sample.lines():
        try:
            yield load_json(line)
        except ValueError:
            yield Broken(line)


def records(document: object, *keys: str, depth: int = DEEPEST) -> Iterator[Record]:
    """The objects of a document that have one of ``keys``, in their order; a list of one may be the bare
    object. What is inside such an object is not looked at."""
    if isinstance(document, dict):
        if any(key in document for key in keys):
            yield document
        elif depth:
            for name, value in document.items():
                if name not in NOT_OPENED:
                    yield from records(value, *keys, depth=depth - 1)
    elif isinstance(document, list) and depth:
        for value in document:
            yield from records(value, *keys, depth=depth - 1)


def rows(sample: Sample, *keys: str, events: bool = False) -> Iterator[Record | Broken]:
    """The records of a file, in their order. In a list (or line by line) where some are records with one of ``keys``,
    what is none is ``Broken``, so that no row is lost; with ``events`` objects of other kinds are passed over."""
    if sample.json is not None:
        yield from _every(sample.json, keys, events, DEEPEST + 1)
        return
    told = _tell(documents(sample), keys)
    for document in documents(sample):
        yield from _one(document, told, keys, events, DEEPEST + 1)


def _tell(values: Iterable[Any], keys: tuple[str, ...]) -> bool:
    """Whether some of them are records."""
    return any(isinstance(value, dict) and any(key in value for key in keys) for value in values)


def _every(document: object, keys: tuple[str, ...], events: bool, depth: int) -> Iterator[Record | Broken]:
    if not isinstance(document, list) or not depth:
        yield from _inside(document, keys, events, depth)
        return
    told = _tell(document, keys)
    for value in document:
        yield from _one(value, told, keys, events, depth)


def _one(
    value: Any, told: bool, keys: tuple[str, ...], events: bool, depth: int
) -> Iterator[Record | Broken]:
    """The records of one of several values."""
    if isinstance(value, Broken):
        yield value
        return
    found = False
    for record in _every(value, keys, events, depth - 1):
        found = True
        yield record
    if told and not found and not (events and isinstance(value, dict)):
        yield Broken(str(value), WHY_OTHER.format(keys="、".join(keys)))


def _inside(document: object, keys: tuple[str, ...], events: bool, depth: int) -> Iterator[Record | Broken]:
    """The record that an object is, else those in it."""
    if not isinstance(document, dict):
        return
    if any(key in document for key in keys):
        yield document
    elif depth:
        for name, value in document.items():
            if name not in NOT_OPENED:
                yield from _every(value, keys, events, depth - 1)


def first_record(sample: Sample, *keys: str) -> Record:
    """The first such object of the file's first document, to tell formats apart; {} if there is none."""
    if sample.kind != "json":
        return {}
    return next(records(sample.first_json, *keys), {})


def outer_keys(sample: Sample) -> list[str]:
    """The first keys of the first object of a JSON file, for a note."""
    document = sample.first_json if sample.kind == "json" else None
    first = next(iter(document), None) if isinstance(document, list) else document
    return [str(key)[:KEY_LENGTH] for key in islice(first, KEYS_SHOWN)] if isinstance(first, dict) else []


@dataclass
class Gathered:
    """What the answers of a file hold: each record with its number as a row; lines that are no JSON; failed calls."""

    records: list[tuple[int, Record]] = field(default_factory=list)
    rejects: list[RowReject] = field(default_factory=list)
    notes: list[ReviewItem] = field(default_factory=list)


def gather(sample: Sample, *keys: str) -> Gathered:
    """The records of a file that have one of ``keys``."""
    found, failed = Gathered(), list[str]()
    for document in documents(sample):
        failed += errors(document)
    for row, record in enumerate(rows(sample, *keys), 1):
        if isinstance(record, Broken):
            found.rejects.append(RowReject(row, "", record.line, record.why))
        else:
            found.records.append((row, record))
    found.notes += failures(sample, failed)
    return found


def errors(document: object) -> list[str]:
    """What the failed calls of a document say."""
    return [error_text(record["error_response"]) for record in records(document, "error_response")]


def error_text(error: object) -> str:
    """What went wrong, as TOP (``sub_msg``, ``msg``) and JD (``zh_desc``, ``en_desc``) write it."""
    said = error if isinstance(error, dict) else {"msg": error}
    keys = ("sub_msg", "msg", "zh_desc", "en_desc", "code")
    return str(next((said[key] for key in keys if said.get(key)), "未说明"))


def failures(sample: Sample, failed: list[str]) -> list[ReviewItem]:
    """The note on calls that failed, if any did."""
    if not failed:
        return []
    told = f"{len(failed)} 次调用失败，其中的数据没有读到，请重新拉取：{'；'.join(failed[:3])}"
    return [ReviewItem("source_note", sample.rel, told, len(failed))]


def text_of(value: object) -> str:
    """A value as a cell's text; "" for none."""
    return "" if value is None else str(value)


def total(counts: list[str]) -> str:
    """The sum of whole numbers; "" where there is none, or one that is no number."""
    sound = all(count.isdecimal() and len(count) <= MOST_DIGITS for count in counts)
    return str(sum(map(int, counts))) if counts and sound else ""


def moment(value: object) -> str:
    """A time as text: epoch seconds or ms become Beijing time, everything else stands as it is."""
    if isinstance(value, bool) or value is None:
        return ""
    text = str(value).strip()
    if isinstance(value, int | float) or (text.isdecimal() and len(text) >= 9):
        found = from_epoch(text)
        return found.isoformat(sep=" ") if found else text
    return text
