"""The handbook as Markdown: anchors of its own, an index, tables with pipes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evaluator.render.sheet import Block, Cell, Item, show

if TYPE_CHECKING:
    from evaluator.render.handbook.content import Handbook

_MADE = "<!-- 由 evaluator handbook 生成（make handbook），请勿手改；要改内容，改 rules/ 里的规则。 -->"


def as_markdown(book: Handbook) -> str:
    return "\n".join(_lines(book))


def _lines(book: Handbook) -> Iterator[str]:
    yield from (_MADE, "", f"# {book.title}", "")
    for note in book.notes:
        yield from (_text(note), "")
    yield from ("## 目录", "")
    for chapter in book.chapters:
        yield f"- [{_text(chapter.title)}](#{chapter.id})"
        if len(chapter.sections) > 1:
            yield from (f"  - [{_text(s.title)}](#{s.id})" for s in chapter.sections)
    yield ""
    for chapter in book.chapters:
        yield from (f'<a id="{chapter.id}"></a>', "", f"## {_text(chapter.title)}", "")
        for section in chapter.sections:
            yield from (f'<a id="{section.id}"></a>', "", f"### {_text(section.title)}", "")
            for note in section.notes:
                yield from (_text(note), "")
            for block in section.blocks:
                yield from _table(block)


def _table(block: Block) -> Iterator[str]:
    if block.title:
        yield from (f"**{_text(block.title)}**", "")
    kinds = [column.kind for column in block.columns]
    yield _row([_text(column.title) for column in block.columns])
    yield _row(["---"] * len(kinds))
    for row in block.rows:
        yield _row([_cell(item, kind) for item, kind in zip(row, kinds, strict=True)])
    yield ""


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(item: Item, kind: str) -> str:
    if isinstance(item, Cell):
        return f"{_cell(item.value, kind)}<br>`{item.note}`" if item.note else _cell(item.value, kind)
    if item in ("", None):
        return ""
    text = _text(show(item, kind))
    return f"`{text}`" if kind == "id" else text


def _text(text: str) -> str:
    """Foreign text as Markdown within a line."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    for mark in ("\\", "|", "*", "`", "~", "["):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", "<br>")
