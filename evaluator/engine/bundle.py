"""Several frames in one file: each as ``shelf.write_frame`` writes it, then a list of them and a key that says what
they were made from. A file is there whole or not at all; one that was damaged since is none."""

from __future__ import annotations

import json
import mmap
import os
import struct
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from evaluator.shelf import Shelf, full, read_frame, write_frame

_END = struct.Struct("<QI8s")  # length of the list of frames; CRC-32 of all before; what kind of file this is
_MAGIC = b"EVALBND2"
_ALIGNED = 64


@dataclass(frozen=True)
class Bundle:
    """``key``: what the frames were made from."""

    key: str
    frames: dict[str, pl.DataFrame]


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Not forced to the disk: what a failing machine leaves of a file is known by its checksum, and made again. Errors:
    EvaluatorError where the disk is full."""
    places: dict[str, tuple[int, int]] = {}
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w+b") as file:
                for frame_name, frame in bundle.frames.items():
                    file.write(b"\0" * (-file.tell() % _ALIGNED))
                    begin = file.tell()
                    write_frame(frame, file)
                    places[frame_name] = (begin, file.tell() - begin)
                told = json.dumps({"key": bundle.key, "frames": places}).encode()
                file.write(told)
                file.flush()
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as written:
                    checksum = zlib.crc32(written)
                file.write(_END.pack(len(told), checksum, _MAGIC))
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise full(error, path.parent) from error


def read_bundle(path: Path, shelf: Shelf, own: bool = False) -> Bundle | None:
    """The frames stay in the file; None where there is none that is as it was written. ``own``: this process wrote it
    just now, which need not be looked at."""
    try:
        with path.open("rb") as file:
            mapped = shelf.map(file)
    except (OSError, ValueError):  # absent; empty
        return None
    told = _contents(mapped, own)
    if told is None:
        return None
    buffer = pa.py_buffer(mapped)
    frames = {name: read_frame(buffer.slice(*place)) for name, place in told["frames"].items()}
    return Bundle(told["key"], frames)


def _contents(mapped: mmap.mmap, own: bool) -> dict[str, Any] | None:
    if len(mapped) < _END.size:
        return None
    length, checksum, magic = _END.unpack(mapped[-_END.size :])
    if magic != _MAGIC or length > len(mapped) - _END.size:
        return None
    if not own and zlib.crc32(memoryview(mapped)[: -_END.size]) != checksum:
        return None
    found: dict[str, Any] = json.loads(mapped[-_END.size - length : -_END.size])
    return found
