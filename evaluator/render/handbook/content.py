"""What stands in the handbook, as chapters of tables; ``markdown`` and ``templates/handbook.html.j2`` show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from evaluator.render.handbook import packs, reference
from evaluator.render.handbook.chapter import Chapter, Section
from evaluator.render.handbook.packs import PackFile
from evaluator.render.sheet import Block, Cell, Item
from evaluator.render.words import Words, run_words
from evaluator.settings import Settings

TITLE = "考核手册"


@dataclass(frozen=True)
class Handbook:
    title: str
    notes: tuple[str, ...]
    chapters: tuple[Chapter, ...]


def handbook(settings: Settings | None = None, lang: str = "zh") -> Handbook:
    """The handbook, definitions filled in with a month's settings (default: the program's)."""
    files = packs.pack_files()
    used = settings or Settings()
    words = _words(used, files, lang)
    chapters = (
        packs.platforms(files, words),
        packs.chapter(files, words),
        reference.metrics(files, words),
        reference.options(words),
        reference.methods(),
        reference.settings(words, used),
        reference.tables(),
    )
    counted = len(words.catalogue), sum(bool(file.pack.items) for file in files)
    whose = "本期的设置" if settings else "程序的默认设置"
    notes = (
        f"本手册由规则文件自动生成：{counted[0]} 个指标，{counted[1]} 个平台规则包。定义里的天数、时段按{whose}填写。",
        "规则包的数值可以按日期写，以期间第一天所适用的为准；下面各表列最近的规定，“历次规定”列出每一次的起始日期、取值和来源。",
    )
    made = Handbook(TITLE, notes, chapters)
    return translated(made, words.told) if lang == "en" else made


def _words(settings: Settings, files: list[PackFile], lang: str = "zh") -> Words:
    requests = {r.id: r for file in files for r in (*file.pack.requests, *file.metrics)}
    filled = run_words(settings.model_dump(), requests, lang)
    return replace(filled, settings={**filled.settings, "seconds": "N"})


def translated(book: Handbook, told: Callable[[str], str]) -> Handbook:
    """The handbook in another language. Nothing in it is foreign text: all of it comes from ``rules/``."""

    def chapter(found: Chapter) -> Chapter:
        return replace(found, title=told(found.title), sections=tuple(section(s) for s in found.sections))

    def section(found: Section) -> Section:
        notes = tuple(told(note) for note in found.notes)
        return replace(found, title=told(found.title), notes=notes, blocks=tuple(map(block, found.blocks)))

    def block(found: Block) -> Block:
        columns = tuple(replace(c, title=told(c.title), note=told(c.note)) for c in found.columns)
        rows = [[item(cell) for cell in row] for row in found.rows]
        return replace(found, title=told(found.title), columns=columns, rows=rows)

    def item(found: Item) -> Item:
        if isinstance(found, Cell):
            return replace(found, value=item(found.value))  # type: ignore[arg-type]
        return told(found) if isinstance(found, str) else found

    return Handbook(told(book.title), tuple(map(told, book.notes)), tuple(map(chapter, book.chapters)))
