"""Zips in a month's folder: what lies in ``name.zip`` is read as if it lay in a sub-folder of that name.

Members are unpacked one by one into a private folder, under numbers: no name inside a zip ever becomes a path. What a
zip says of its members decides whether it is opened at all, as ``zipfile`` unpacks no more of one than that."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evaluator.model import EvaluatorError, ReviewItem
from evaluator.sources.files import discover, may_be_data
from evaluator.sources.workbook_guard import SWELLING, SWELLING_FROM

MOST_BYTES = 16 << 30  # of all zips of a month, unpacked
MOST_FILES = 100_000  # in one zip
MAGIC = b"PK\x03\x04"
DOCUMENTS = (
    "xl/",
    "word/",
    "ppt/",
    "[Content_Types].xml",
    "mimetype",
    "META-INF/",
)  # parts of what is no archive
ENCRYPTED = 1  # flags of a member
UTF8 = 0x800
FAILURES = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)

LOCKED = "{file}：压缩包里有 {n} 个文件加了密码，没有读入（如 {name}）；请先用密码解压，把解压出来的文件放进月份文件夹"
SWELLS = "{file}：压缩包解开后大得不合常理（{files:,} 个文件，{size:,} 字节），没有读入；请先解压，只把要用的文件放进来"
DAMAGED = "{file}：从压缩包里解不出这个文件（压缩包可能没有下载完整，或用了少见的压缩方式），没有读入；请先解压再放进来"
NO_ROOM = "{file}：解压时写不下（{why}）；请腾出磁盘空间，或先解压再放进来"


@dataclass(frozen=True)
class _Member:
    """A file in a zip."""

    archive: Path
    info: zipfile.ZipInfo


class Folder:
    """The data files of a month's folder and of the zips in it. ``notes`` tells what could not be unpacked."""

    def __init__(self, found: list[tuple[str, Path]], unpacked: Path) -> None:
        self.found, self.unpacked = found, unpacked
        self.notes: list[ReviewItem] = []
        self._size = 0

    def files(self) -> Iterator[tuple[str, Path]]:
        """(relative path with "/", path) in code-point order of the relative paths; a path holds until the folder is
        closed."""
        found: list[tuple[str, Path | _Member]] = []
        for rel, path in self.found:
            members = _members(path)
            found += [(rel, path)] if members is None else self._inside(rel, members)
        for number, (rel, source) in enumerate(sorted(found, key=lambda pair: pair[0])):
            if isinstance(source, Path):
                yield rel, source
            elif self._unpack(rel, source, path := self.unpacked / str(number)):
                yield rel, path

    def _inside(self, rel: str, members: list[_Member]) -> list[tuple[str, Path | _Member]]:
        """The members of a zip that may be data, by the paths they would have."""
        named = [(_parts(member.info), member) for member in members]
        data = set(may_be_data([parts for parts, _ in named]))
        wanted = [(f"{rel}/{'/'.join(parts)}", member) for parts, member in named if parts in data]
        locked = [path for path, member in wanted if member.info.flag_bits & ENCRYPTED]
        if locked:
            self._tell(rel, LOCKED.format(file=rel, n=len(locked), name=locked[0]), len(locked))
            wanted = [pair for pair in wanted if pair[0] not in set(locked)]
        size = sum(member.info.file_size for _, member in wanted)
        packed = members[0].archive.stat().st_size
        self._size += size
        if (
            len(wanted) > MOST_FILES
            or self._size > MOST_BYTES
            or size > max(SWELLING_FROM, SWELLING * packed)
        ):
            self._size -= size
            self._tell(rel, SWELLS.format(file=rel, files=len(wanted), size=size))
            return []
        return list(wanted)

    def _unpack(self, rel: str, member: _Member, path: Path) -> bool:
        """Whether it could be unpacked."""
        try:
            with (
                zipfile.ZipFile(member.archive) as archive,
                archive.open(member.info) as packed,
                path.open("xb") as out,
            ):
                shutil.copyfileobj(packed, out, 1 << 20)
        except FAILURES:
            self._tell(rel, DAMAGED.format(file=rel))
            return False
        except OSError as error:
            raise EvaluatorError(NO_ROOM.format(file=rel, why=error.strerror)) from error
        return True

    def _tell(self, rel: str, detail: str, count: int = 1) -> None:
        self.notes.append(ReviewItem("refused_file", rel, detail, count))


@contextmanager
def opened(path: Path) -> Iterator[Folder]:
    """The folder with its zips, or a single file, which may be one; what was unpacked goes in the end."""
    found = discover(path) if path.is_dir() else [(path.name, path)]
    with tempfile.TemporaryDirectory(prefix="evaluator-", ignore_cleanup_errors=True) as unpacked:
        yield Folder(found, Path(unpacked))


def _members(path: Path) -> list[_Member] | None:
    """The files in a zip; None for what is none, is a document (a workbook is a zip, too), is empty or broken, which
    readers tell."""
    with path.open("rb") as handle:
        if handle.read(len(MAGIC)) != MAGIC:
            return None
    try:
        with zipfile.ZipFile(path) as archive:
            held = archive.infolist()
    except FAILURES:
        return None
    if any(info.filename.startswith(DOCUMENTS) for info in held):
        return None
    return [_Member(path, info) for info in held if not info.is_dir()] or None


def name_of(info: zipfile.ZipInfo) -> str:
    """A file's name as it may be shown; Chinese Windows writes it in GBK without saying so."""
    name = info.filename
    if not info.flag_bits & UTF8:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("gb18030")
    return "".join(c for c in name if c.isprintable())


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    """The folders and the name of a member, below the zip whatever it says."""
    parts = name_of(info).replace("\\", "/").split("/")
    return tuple(part for part in parts if part not in ("", ".", "..")) or ("_",)
