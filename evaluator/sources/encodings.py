"""Which encoding a text is in (FORMATS: BOM, UTF-8, UTF-16 without BOM, GB18030), found block by block, so that a
file of any size is looked at in little memory.

Bytes that fit nothing become ``DAMAGED``; a tiny share of them is bad luck in a file that is otherwise sound, more
says that it is another encoding."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from evaluator.model import EvaluatorError

DAMAGED = "\0"  # stands for what could not be decoded; rows that hold it are rejected
ERRORS = "evaluator-damaged"
BLOCK = 1 << 18
HOPELESS = 2_000  # bad places after which an encoding is given up, if they outnumber the good characters

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def _mark_damage(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return DAMAGED, error.end


codecs.register_error(ERRORS, _mark_damage)


@dataclass(frozen=True)
class Encoding:
    """``sound``: nothing in the text is ``DAMAGED``, be it by a NUL or by bytes that fit nothing."""

    name: str
    sound: bool


@dataclass(frozen=True)
class _Tally:
    bad: int  # places that could not be decoded
    wide: int  # characters beyond ASCII
    damaged: int  # bad places and NULs


def looks_utf16(data: bytes) -> bool:
    """UTF-16, with its BOM, or by zero bytes: many, or some that are all the same half of a character (in Chinese texts
    only commas, digits and the like have any)."""
    head = data[:4096]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    first, second = head[0::2].count(0), head[1::2].count(0)
    zeros = first + second
    return zeros > len(head) // 4 or (zeros > max(len(head) // 25, 8) and zeros in (first, second))


def utf16_of(head: bytes) -> str:
    """Which UTF-16 a text is in, by its BOM, else by which half of its characters has the zeros."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    little = head[1:4096:2].count(0) >= head[0:4096:2].count(0)
    return "utf-16-le" if little else "utf-16-be"


def _tally(blocks: Iterable[bytes], encoding: str) -> _Tally | None:
    """What an encoding makes of a text; None as soon as it is plainly another."""
    decoder = codecs.getincrementaldecoder(encoding)(ERRORS)
    damaged = wide = zeros = 0

    def count(text: str) -> None:
        nonlocal damaged, wide
        damaged += text.count(DAMAGED)
        wide += 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))

    for block in blocks:
        count(decoder.decode(block))
        zeros += block.count(0)
        if damaged - zeros > max(HOPELESS, wide):
            return None
    count(decoder.decode(b"", final=True))
    return _Tally(damaged - zeros, wide, damaged)


def _blocks(data: bytes | Path) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield from (data[at : at + BLOCK] for at in range(0, len(data), BLOCK))
        return
    with data.open("rb") as handle:
        while block := handle.read(BLOCK):
            yield block


def detect(data: bytes | Path, name: str) -> Encoding:
    """The encoding of a text, given whole or as a file. ``name``: how errors call it. Errors: EvaluatorError where
    none fits."""
    head = next(_blocks(data), b"")
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return Encoding(encoding, _sound(data, encoding))
    if looks_utf16(head):
        encoding = utf16_of(head)
        return Encoding(encoding, _sound(data, encoding))
    utf8 = _tally(_blocks(data), "utf-8")
    if utf8 is not None and utf8.wide >= 20 * utf8.bad:
        return Encoding("utf-8", not utf8.damaged)
    chinese = _tally(_blocks(data), "gb18030")
    if chinese is not None and chinese.bad <= max(size // 1000, 1) and chinese.wide >= 5 * chinese.bad:
        return Encoding("gb18030", not chinese.damaged)
    raise EvaluatorError(
        f"{name}：读不出文字编码（试过 UTF-8、UTF-16、GB18030）；请用原导出文件，或另存为 UTF-8 编码后再放进来"
    )


def _sound(data: bytes | Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(ERRORS)
    found = any(DAMAGED in decoder.decode(block) for block in _blocks(data))
    return not found and DAMAGED not in decoder.decode(b"", final=True)


def decode(data: bytes, name: str) -> str:
    """A text that is held whole. Errors: EvaluatorError where no encoding fits."""
    return data.decode(detect(data, name).name, ERRORS)


def write_utf8(path: Path, encoding: str, file: IO[bytes]) -> None:
    """A file of another encoding as UTF-8 without a BOM."""
    decoder, at_start = codecs.getincrementaldecoder(encoding)(ERRORS), True
    for block in chain(_blocks(path), [b""]):
        text = decoder.decode(block, final=not block)
        if at_start and text:
            text, at_start = text.removeprefix("\ufeff"), False
        file.write(text.encode("utf-8", "replace"))
