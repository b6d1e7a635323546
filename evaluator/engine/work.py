"""What was worked out of each bucket, kept in a folder with a key that says what it was made from: a run that was
killed, or one on a month that grew, takes from there what would come out the same."""

from __future__ import annotations

import hashlib
import io
import platform
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from evaluator.engine.bundle import Bundle, read_bundle, write_bundle
from evaluator.shelf import Shelf, write_frame

Frames = dict[str, pl.DataFrame]


class _Digest(io.RawIOBase):
    """A file of which only the checksum is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.sum, self.size = hashlib.blake2b(digest_size=16), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = memoryview(data)
        self.sum.update(block)
        self.size += block.nbytes
        return block.nbytes

    def tell(self) -> int:
        return self.size


def key_of(frames: Iterable[tuple[str, pl.DataFrame | None]], *also: object) -> str:
    """A checksum of frames by name, and of the ``repr`` of anything else."""
    digest = _Digest()
    for name, frame in frames:
        digest.write(f"{name}:{frame is not None}\n".encode())
        if frame is not None:
            write_frame(frame, digest)  # type: ignore[arg-type]
    digest.write(repr((program_key(), *also)).encode())
    return digest.sum.hexdigest()


@lru_cache
def program_key() -> str:
    """Checksum of the program and versions of what it computes with: another one's results are not taken."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).resolve().parent.parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{digest.hexdigest()} {pl.__version__} {platform.python_version()} {platform.machine()}"


class Work:
    """``folder``: where results stand, one file a bucket and kind. ``taken``, ``made``: how many buckets of each kind;
    ``unchanged``: buyers in changed buckets whose facts were taken over."""

    def __init__(self, folder: Path, shelf: Shelf) -> None:
        self.folder, self._shelf = folder, shelf
        self.taken: dict[str, int] = {}
        self.made: dict[str, int] = {}
        self.unchanged = 0
        self._counting = Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, kind: str, number: int) -> Path:
        return self.folder / f"{kind}-{number:05d}.bundle"

    def last(self, kind: str, number: int) -> Bundle | None:
        """What was made of a bucket, whatever it was made from."""
        return read_bundle(self._path(kind, number), self._shelf)

    def find(self, kind: str, number: int, key: str) -> Frames | None:
        """What was made from the same."""
        found = self.last(kind, number)
        if found is None or found.key != key:
            return None
        self.count({"taken": {kind: 1}})
        return found.frames

    def brought(self, kind: str, number: int, key: str) -> Frames | None:
        """What another process has put here; None where it is not this."""
        next(self.folder.iterdir(), None)  # a network file system then looks again what is new
        found = self.last(kind, number)
        return None if found is None or found.key != key else found.frames

    def counts(self) -> dict[str, Any]:
        """What it found and made so far."""
        return {"taken": self.taken, "made": self.made, "unchanged": self.unchanged}

    def count(self, counts: dict[str, Any]) -> None:
        """Adds what was found or made, here or by another process (``counts``)."""
        with self._counting:
            for own, more in ((self.taken, counts.get("taken", {})), (self.made, counts.get("made", {}))):
                for kind, buckets in more.items():
                    own[kind] = own.get(kind, 0) + buckets
            self.unchanged += counts.get("unchanged", 0)

    def keep(self, kind: str, number: int, key: str, frames: Frames) -> Frames:
        """The same frames, from disk, in the place of what was made of the bucket before."""
        write_bundle(self._path(kind, number), Bundle(key, frames))
        self.count({"made": {kind: 1}})
        kept = read_bundle(self._path(kind, number), self._shelf, own=True)
        assert kept is not None
        return kept.frames
