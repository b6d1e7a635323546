"""JSON as people save it from a page, a program or an API: one document, a list, or one document a line, in
whatever envelope. Formats look for the records they know, wherever these stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evaluator.sources.cells import from_epoch
from evaluator.sources.files import Sample, lines_of, load_json
from evaluator.sources.top import WHY_BROKEN

DEEPEST = 8  # levels of envelopes that are opened
NOT_OPENED = frozenset({"request"})  # what was asked is no answer

Record = dict[str, Any]


WHY_OTHER = "这一条没有 {keys}，不是其他各条那样的记录"


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
    for line in lines_of(sample.text):
        if line.strip():
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
    lines = list(documents(sample))
    yield from _every(lines[0] if sample.json is not None else lines, keys, events, DEEPEST + 1)


def _every(document: object, keys: tuple[str, ...], events: bool, depth: int) -> Iterator[Record | Broken]:
    if not isinstance(document, list) or not depth:
        yield from _inside(document, keys, events, depth)
        return
    told = any(isinstance(value, dict) and any(key in value for key in keys) for value in document)
    for value in document:
        if isinstance(value, Broken):
            yield value
            continue
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


def moment(value: object) -> str:
    """A time as text: epoch seconds or ms become Beijing time, everything else stands as it is."""
    if isinstance(value, bool) or value is None:
        return ""
    text = str(value).strip()
    if isinstance(value, int | float) or (text.isdecimal() and len(text) >= 9):
        found = from_epoch(text)
        return found.isoformat(sep=" ") if found else text
    return text
