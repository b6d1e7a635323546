"""Finding and opening the files of a month's folder: order, kind by first bytes, encodings, checksums.

Files are told apart by content (FORMATS §1); their order is the code-point order of their relative paths."""

from __future__ import annotations

import codecs
import copy
import hashlib
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from evaluator.model import EvaluatorError
from evaluator.shelf import Limits, Shelf
from evaluator.sources import compound_guard, workbook_guard
from evaluator.sources.cells import BLANKS
from evaluator.sources.encodings import ERRORS, Encoding, decode, detect, looks_utf16, utf16_of

DELIMITERS = ",\t;"
HEAD = 1 << 16
BLOCK = 1 << 22

NOT_DATA = (
    ".yaml",
    ".yml",
    ".md",
    ".html",
    ".htm",
    ".pdf",
    ".docx",
    ".doc",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".log",
    ".py",
    ".sh",
    ".tmp",
    ".partial",
    ".npz",
)
NOT_DATA_NAMES = frozenset({"thumbs.db", "desktop.ini", "makefile", "license", "readme"})

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl")

_SIGNATURES = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"PAR1", "parquet"),
    (b"%PDF", "other"),
    (b"\x89PNG", "other"),
    (b"\xff\xd8\xff", "other"),
    (b"\x1f\x8b", "other"),
    (b"Rar!", "other"),
    (b"7z\xbc\xaf", "other"),
    (b"SQLite", "other"),
)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def discover(folder: Path) -> list[tuple[str, Path]]:
    """(relative path with "/", path) of every file that may be data, in code-point order."""
    found = [path.relative_to(folder).parts for path in folder.rglob("*") if path.is_file()]
    return sorted(("/".join(parts), folder.joinpath(*parts)) for parts in may_be_data(found))


def may_be_data(files: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Those of a folder's files, each the parts of its path, that may be data: hidden files, yaml, documents, forms
    to fill and the output folders of earlier runs are none."""
    folders = {parts[:at] for parts in files for at in range(1, len(parts))}
    runs = {
        parts[:-1] for parts in files if parts[-1] == "manifest.json" and (*parts[:-1], "tables") in folders
    }
    for parts in files:
        name = parts[-1].lower()
        if any(part.startswith((".", "~$", "__MACOSX")) for part in parts):
            continue
        if name.endswith(NOT_DATA) or name in NOT_DATA_NAMES:
            continue
        if parts[0] == "templates" and len(parts) == 2 and name.endswith(".xlsx"):
            continue  # forms to fill
        if runs.isdisjoint(parts[:at] for at in range(len(parts))):
            yield parts


@dataclass(frozen=True)
class Scan:
    """One pass over the bytes of a file."""

    sha256: str
    nul: bool
    quotes: int  # that a text holds
    utf8: bool


def scan(path: Path, text: bool) -> Scan:
    """Checksum; for text also what decides whether the fast CSV reader may be trusted."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    nul, quotes, utf8 = False, 0, text
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            digest.update(block)
            if not text:
                continue
            nul = nul or b"\0" in block
            quotes += block.count(b'"')
            if utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    utf8 = False
    if utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = False
    return Scan(digest.hexdigest(), nul, quotes, utf8)


def _kind(head: bytes) -> str:
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if not head:
        return "empty"
    if looks_utf16(head):  # half of a Chinese character may look like a bracket
        head = head[: len(head) & ~1].decode(utf16_of(head), "replace").encode("utf-8", "replace")
    first = head.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n\0")[:1]
    return "json" if first in (b"{", b"[") else "text"


class Sample:
    """A file of the month, or one sheet of a workbook (``of_sheet``), opened as far as formats need it to say whether
    it is theirs."""

    def __init__(self, rel: str, path: Path, shelf: Shelf | None = None) -> None:
        limits = shelf.limits if shelf else Limits()
        self.scratch = shelf.folder if shelf else None  # where copies of it may lie
        self.rel = self.file = rel  # ``rel`` also names the sheet, if it is one
        self.path = path
        self.read_rows, self.read_bytes = limits.read_rows, limits.loose  # at a time, by formats that can
        self.sheet = ""  # the one that this is, of a workbook
        self.first_sheet, self.later_sheets = "", list[str]()  # kept by ``sheets``
        self.size = path.stat().st_size
        self.sheet_rows: list[list[Any]] | None = None  # kept by ``sheets``
        with path.open("rb") as handle:
            self.head = handle.read(HEAD)
        self.kind = _kind(self.head)
        if self.kind == "zip":
            self.kind = "xlsx" if self._is_workbook() else "other"
        if self.kind == "xlsx":
            workbook_guard.check(path, rel)
        elif self.kind == "xls":
            compound_guard.check(path, rel)

    def of_sheet(self, name: str, rows: list[list[Any]]) -> Sample:
        """One sheet of this workbook as a file of its own, ``file.xlsx#name``."""
        made = copy.copy(self)
        made.__dict__.pop("header", None)  # that of the workbook's first sheet
        made.rel, made.sheet, made.sheet_rows = f"{self.file}#{name}", name, rows
        return made

    def _is_workbook(self) -> bool:
        try:
            with zipfile.ZipFile(self.path) as archive:
                return any(name.startswith("xl/") for name in archive.namelist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):  # its reader will say so
            return b"xl/" in self.head or PurePosixPath(self.file).suffix.lower() == ".xlsx"

    @property
    def is_text(self) -> bool:
        return self.kind in ("text", "json")

    @property
    def utf16(self) -> bool:
        return looks_utf16(self.head)

    @property
    def stem(self) -> str:
        return PurePosixPath(self.file).stem

    @cached_property
    def scan(self) -> Scan:
        return scan(self.path, self.is_text)

    @cached_property
    def encoding(self) -> Encoding:
        """Of a text file. Errors: EvaluatorError where none fits."""
        return detect(self.path, self.rel)

    @cached_property
    def head_text(self) -> str:
        """The beginning of a text file, decoded; what is cut off at the end does not matter. "" for a file
        that is no text and is not called one."""
        try:
            return decode(self.head, self.rel)
        except EvaluatorError:
            if PurePosixPath(self.file).suffix.lower() in TEXT_SUFFIXES:
                raise
            return ""

    @cached_property
    def text(self) -> str:
        """The whole text, without a BOM, newlines as they stand. For files that fit in memory."""
        return decode(self.path.read_bytes(), self.rel).removeprefix("\ufeff")

    @cached_property
    def delimiter(self) -> str:
        """Of a delimited text: the candidate that cuts the first line into most pieces."""
        first = _first_line(self.head_text)
        return max(DELIMITERS, key=first.count)

    @cached_property
    def header(self) -> list[str]:
        """Header cells of a delimited text or of the first sheet, stripped; empty if there is none."""
        return self.header_at(0)

    def header_at(self, at: int) -> list[str]:
        """The same where ``at`` rows precede the header (JD puts group titles above it)."""
        from evaluator.sources import sheets

        if self.kind == "text":
            return split_header(_first_line(self.head_text, at), self.delimiter)
        if self.kind in ("xlsx", "xls"):
            return sheets.header(self, at)
        return []

    def lines_to(self, at: int) -> int:
        """Lines of a delimited text up to its header, which ``at`` rows precede, that one and blank ones counted."""
        return _line(self.head_text, at)[0] + 1

    def lines(self) -> Iterator[str]:
        """The lines of a text of any size that are not blank, one after another; only CR and LF end one."""
        with self.path.open(encoding=self.encoding.name, errors=ERRORS) as handle:
            for at, line in enumerate(handle):
                line = line.rstrip("\n") if at else line.rstrip("\n").removeprefix("\ufeff")
                if line.strip():
                    yield line

    @cached_property
    def _line_json(self) -> tuple[Any, bool]:
        """The document of the first line, None if it is none, and whether further lines follow."""
        lines = self.lines()
        try:
            return load_json(next(lines, "")), next(lines, None) is not None
        except ValueError:
            return None, True

    @cached_property
    def json(self) -> Any:
        """A JSON document; None where the text is none (e.g. one document a line)."""
        if self.kind != "json":
            return None
        document, more = self._line_json
        if document is not None:
            return None if more else document
        try:
            return load_json(decode(self.path.read_bytes(), self.rel).removeprefix("\ufeff"))
        except ValueError:
            return None

    @cached_property
    def first_json(self) -> Any:
        """The document of the first line, or the whole one; None if neither parses."""
        document, _ = self._line_json
        return self.json if document is None else document


def load_json(text: str) -> Any:
    """A JSON document. Halves of characters (a lone ``\\ud83d``) become U+FFFD, as no table can hold them.
    ``ValueError`` also for what is nested too deep."""
    try:
        value = json.loads(text)
        return _whole(value) if _HALF.search(text) else value
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def lines_of(text: str) -> list[str]:
    """Lines of a text without a BOM; unlike ``splitlines`` only CR and LF end one."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _line(text: str, at: int) -> tuple[int, str]:
    """The line of a text that ``at`` lines precede, and its number from 0. Lines of blanks or of empty cells do not
    count as such: a spreadsheet leaves them above a table."""
    told = ((number, line) for number, line in enumerate(lines_of(text)) if line.strip(BLANKS + DELIMITERS))
    return next(islice(told, at, None), (0, ""))


def _first_line(text: str, at: int = 0) -> str:
    return _line(text, at)[1]


def split_header(line: str, delimiter: str) -> list[str]:
    import csv

    row = next(csv.reader([line], delimiter=delimiter), [])
    return [header_name(cell) for cell in row]


def header_name(cell: str) -> str:
    """A header cell as it is matched: without blanks (also U+3000), BOM and guards."""
    return re.sub(r'^="(.*)"$', r"\1", cell.strip(BLANKS)).strip(BLANKS)


def plain_header(cell: str) -> str:
    """The same, compared more loosely: half-width (``（秒)`` is ``(秒)``) and without any blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header_name(cell)))
