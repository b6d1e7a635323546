"""English of the sentences that a calculation composed and recorded in Chinese: formulas, reasons, items of 待核.

They are recognised by the patterns of ``rules/sentences.yaml``; the result tables keep the Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_CHINESE = re.compile("[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]")
_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")
_PLACE = re.compile(r"\{(\w+!?)\}")
_NUMBER = re.compile(r"[\d,.]+")
#: What parts of a line stand beside each other by, the widest first, and how English writes it.
_SEPARATORS = {"　": "　", "；": "; ", "、": ", ", " + ": " + "}


@dataclass(frozen=True)
class Pattern:
    """``fixed[0] {places[0]} fixed[1] …``. A place ``name!`` holds text that is told in turn, ``n`` a number, any other
    is left as it is and ends with the sentence."""

    fixed: tuple[str, ...]
    places: tuple[str, ...]
    english: str

    @classmethod
    def read(cls, chinese: str, english: str) -> Pattern:
        pieces = _PLACE.split(chinese)
        return cls(tuple(pieces[::2]), tuple(pieces[1::2]), english)

    @property
    def says_something(self) -> bool:
        """Whether it has words of its own, not punctuation only."""
        return any(_IDEOGRAPH.search(piece) for piece in self.fixed)

    def match(self, text: str) -> dict[str, str] | None:
        """What stands in the places: each ends where the next fixed piece begins first, so that hostile text costs no
        more than a search for every piece."""
        first, *middle, last = self.fixed
        if not text.startswith(first) or not text.endswith(last):
            return None
        found, at, end = {}, len(first), len(text) - len(last)
        for place, piece in zip(self.places, [*middle, None], strict=True):
            to = end if piece is None else text.find(piece, at + 1, end)
            value = text[at:to] if to > at else ""
            if not _fits(place, value):
                return None
            found[place], at = value, to + len(piece or "")
        return found


def _fits(place: str, value: str) -> bool:
    if place == "n":
        return bool(_NUMBER.fullmatch(value))
    return bool(value) and (place.endswith("!") or "；" not in value)


class Sentences:
    """``words``: whole texts; ``sentences``: likewise, and patterns. Chinese → English."""

    def __init__(self, words: Mapping[str, str], sentences: Mapping[str, str]) -> None:
        self._told = {**words, **sentences}
        read = [Pattern.read(zh, en) for zh, en in sentences.items() if _PLACE.search(zh)]
        read.sort(key=lambda p: -sum(map(len, p.fixed)))
        self._patterns = [p for p in read if p.says_something]
        self._general = [p for p in read if not p.says_something]

    def told(self, text: str) -> str:
        """``text`` in English: line by line, as a whole, by a pattern, or part by part; what nothing fits stays."""
        if not _CHINESE.search(text):
            return text
        if text not in self._told:
            self._told[text] = self._found(text)
        return self._told[text]

    def _found(self, text: str) -> str:
        if "\n" in text:
            return "\n".join(self.told(line) for line in text.split("\n"))
        parts = self._by_parts(text)
        if parts and not _CHINESE.search(parts):
            return parts
        whole, general = self._by(self._patterns, text), self._by(self._general, text)
        if whole is None and general and not _CHINESE.search(general):
            return general
        return whole or parts or general or text

    def _by(self, patterns: list[Pattern], text: str) -> str | None:
        for pattern in patterns:
            found = pattern.match(text)
            if found is not None:
                values = {k: self.told(v) if k.endswith("!") else v for k, v in found.items()}
                return _PLACE.sub(lambda m, values=values: values[m[1]], pattern.english)  # type: ignore[misc]
        return None

    def _by_parts(self, text: str) -> str | None:
        """Part by part; None where that tells nothing."""
        for mark, written in _SEPARATORS.items():
            if mark in text:
                parts = text.split(mark)
                told = [self.told(part) for part in parts]
                return written.join(told) if told != parts else None
        return None
