"""Chapters and sections of the handbook, and its ways of writing a value."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.render.sheet import Block, Column, Row
from evaluator.yamlfile import Node

NONE = "不适用"


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    id: str
    title: str
    sections: tuple[Section, ...]


def table(title: str, columns: tuple[Column, ...], rows: list[Row]) -> Block:
    """A table without the columns that have nothing in any row."""
    kept = [n for n in range(len(columns)) if any(row[n] not in ("", None) for row in rows)]
    return Block(title, tuple(columns[n] for n in kept), [tuple(row[n] or "" for n in kept) for row in rows])


def plain_text(node: Node) -> str:
    """A value as a file writes it, for people."""
    value = node.value
    if isinstance(value, dict):
        return "；".join(f"{key} {plain_text(child)}" for key, child in value.items())
    if isinstance(value, list):
        texts = [plain_text(child) for child in value]
        return "–".join(texts) if len(texts) == 2 and all(":" in text for text in texts) else "、".join(texts)
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
