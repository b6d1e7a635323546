"""Reports in English: every text has its translation, none is stale."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.render.sheet import Block, Column
from evaluator.render.words import run_words
from evaluator.rulebook import builtin, english

SOURCE = Path(__file__).parents[2] / "evaluator"
_SAID_IN_TEMPLATE = re.compile(r"""_\(\s*(["'])(.+?)\1""")
_PLACES = re.compile(r"\{(\w+)\}")
CHINESE = re.compile("[\u4e00-\u9fff]")


def _literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _said() -> Iterator[tuple[str, str]]:
    """(where, text) of every literal text given to ``say`` or ``_``."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("say", "_say") and isinstance(node.args[0].value, str):
                    yield path.name, node.args[0].value
    for path in sorted(builtin("templates").glob("*.j2")):
        for match in _SAID_IN_TEMPLATE.finditer(path.read_text(encoding="utf-8")):
            yield path.name, match[2]


def test_every_text_said_has_its_english() -> None:
    missing = {
        f"{where}: {text}" for where, text in _said() if CHINESE.search(text) and text not in english()
    }
    assert not missing


def test_no_translation_is_stale() -> None:
    texts = {
        t for path in SOURCE.rglob("*.py") for t in _literals(ast.parse(path.read_text(encoding="utf-8")))
    }
    prose = "".join(p.read_text(encoding="utf-8") for p in builtin("templates").glob("*.j2"))
    rules = "".join(
        (builtin("rules") / name).read_text(encoding="utf-8") for name in ("metrics.yaml", "keys.yaml")
    )
    assert not [zh for zh in english() if zh not in texts and zh not in prose and zh not in rules]


@pytest.mark.parametrize("zh", sorted(english()))
def test_a_translation_fills_the_same_places_and_is_english(zh: str) -> None:
    assert sorted(_PLACES.findall(zh)) == sorted(_PLACES.findall(english()[zh]))
    assert not CHINESE.search(english()[zh])


def test_a_value_with_braces_stays_as_it_is() -> None:
    words = run_words({}, {})
    assert words.say("{a} 与 {b}", a="{b}", b="{{7*7}}") == "{b} 与 {{7*7}}"


def test_a_table_is_spoken_in_english() -> None:
    block = Block("绩效工资（元）", (Column("工号"), Column("夜班补贴")))
    spoken = run_words({}, {}, "en").spoken(block)
    assert (spoken.title, [c.title for c in spoken.columns]) == (
        "Payroll (yuan)",
        ["Employee id", "夜班补贴"],
    )
    assert run_words({}, {}).spoken(block) == block
