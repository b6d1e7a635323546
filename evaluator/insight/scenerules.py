"""``rules/scenes.yaml``: the tree of scenes, three levels, with the keywords and example sentences of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl

from evaluator.rulebook import RulesFinder
from evaluator.yamlfile import Node, read_yaml

FILE = "scenes.yaml"
OTHER = "other"
NONE = "none"  # a conversation in which the buyer wrote no words
LEVELS = ("level1", "level2", "level3")
SEPARATOR = " > "

_KEYS = ("model", "min_ratings", "worst", "lowest", "other", "scenes")
_SCENE_KEYS = ("id", "name", "anchors", "pattern", "examples", "if_paid", "if_unpaid")


@dataclass(frozen=True)
class Scene:
    """One leaf. ``names``: of its levels; ``if_paid``, ``if_unpaid``: the scene that the same words mean from a buyer
    who has, or has not, paid an order."""

    id: str
    names: tuple[str, str, str]
    pattern: str
    anchors: tuple[str, ...]  # words that lead to it: see ``SceneRules.anchors``; the model learns them, too
    examples: tuple[str, ...]
    if_paid: str | None = None
    if_unpaid: str | None = None

    @property
    def path(self) -> str:
        return SEPARATOR.join(self.names)


@dataclass(frozen=True)
class SceneRules:
    """``threshold``: a probability below is 其他; ``own_weight``: examples that a person's label is worth;
    ``min_ratings``, ``worst``, ``lowest``: of the lists."""

    scenes: tuple[Scene, ...]
    other: str
    other_examples: tuple[str, ...]
    threshold: float
    own_weight: float
    min_ratings: int
    worst: int
    lowest: int
    sha256: str

    @cached_property
    def anchors(self) -> list[str]:
        """A text with none of these has no keyword."""
        return sorted({anchor for scene in self.scenes for anchor in scene.anchors})

    @cached_property
    def by_id(self) -> dict[str, Scene]:
        return {scene.id: scene for scene in self.scenes}

    def names(self, scene: str) -> tuple[str, str, str]:
        """Names of the three levels; 其他 is one of its own on each."""
        found = self.by_id.get(scene)
        return found.names if found else (self.other, self.other, self.other)

    def path(self, scene: str) -> str:
        found = self.by_id.get(scene)
        return found.path if found else self.other

    @cached_property
    def tree(self) -> pl.DataFrame:
        """scene, level1, level2, level3, place (in the file; 其他 last)."""
        rows = [(s.id, *s.names) for s in self.scenes] + [(OTHER, *self.names(OTHER))]
        schema = dict.fromkeys(("scene", *LEVELS), pl.String)
        return pl.DataFrame(rows, schema=schema, orient="row").with_row_index("place")

    @cached_property
    def known_as(self) -> dict[str, str]:
        """What a person may call a scene → its id: the id, the whole path, the name of a leaf that only one has."""
        leaves = [scene.names[-1] for scene in self.scenes]
        found = {s.names[-1]: s.id for s in self.scenes if leaves.count(s.names[-1]) == 1}
        found |= {"".join(s.names): s.id for s in self.scenes}
        return found | {s.id: s.id for s in self.scenes} | {self.other: OTHER, OTHER: OTHER}

    def meant(self, told: str) -> str | None:
        """The scene that somebody calls so, with whatever he puts between levels; None where there is none."""
        bare = told.strip()
        for mark in (*">＞/、-—→|", " "):
            bare = bare.replace(mark, "")
        return self.known_as.get(told.strip()) or self.known_as.get(bare)


@lru_cache(maxsize=4)
def scene_rules(finder: RulesFinder | None = None) -> SceneRules:
    """``rules/scenes.yaml`` (a user's own file of that name stands for ours). Errors: EvaluatorError with file, line,
    key."""
    path = (finder or RulesFinder()).need(FILE)
    root = read_yaml(path, f"rules/{FILE}")
    pairs = root.mapping(_KEYS)
    model = root.need(pairs, "model").mapping(["threshold", "own_weight"])
    threshold = root.need(model, "threshold").number(above=0)
    if threshold >= 1:
        model["threshold"].fail("应小于 1（概率）")
    other = root.need(pairs, "other").mapping(["name", "examples"])
    scenes = tuple(_scenes(root.need(pairs, "scenes")))
    _check(scenes, pairs["scenes"])

    def count(key: str) -> int:
        return root.need(pairs, key).integer(least=1)

    return SceneRules(
        scenes,
        root.need(other, "name").text(),
        root.need(other, "examples").texts(),
        float(threshold),
        float(root.need(model, "own_weight").number(above=0)),
        count("min_ratings"),
        count("worst"),
        count("lowest"),
        hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest(),
    )


def _scenes(node: Node) -> Iterator[Scene]:
    for first, groups in node.pairs().items():
        for second, leaves in groups.pairs().items():
            for leaf in leaves.items("场景列表"):
                yield _scene(leaf, first, second)


def _scene(node: Node, first: str, second: str) -> Scene:
    pairs = node.mapping(_SCENE_KEYS)
    pattern = node.need(pairs, "pattern")
    try:
        pl.Series([""]).str.contains(pattern.text())
    except pl.exceptions.ComputeError:
        pattern.fail("不是有效的正则表达式")
    examples = node.need(pairs, "examples").texts()
    if len(examples) < 2:
        pairs["examples"].fail("至少写两句例句")
    return Scene(
        node.need(pairs, "id").text(),
        (first, second, node.need(pairs, "name").text()),
        pattern.text(),
        node.need(pairs, "anchors").texts(),
        examples,
        pairs["if_paid"].text() if "if_paid" in pairs else None,
        pairs["if_unpaid"].text() if "if_unpaid" in pairs else None,
    )


def _check(scenes: tuple[Scene, ...], node: Node) -> None:
    """Ids and paths are of one scene; twins exist."""
    ids = [scene.id for scene in scenes]
    for scene in scenes:
        if ids.count(scene.id) > 1 or scene.id in (OTHER, NONE):
            node.fail(f"场景 id“{scene.id}”重复，或是保留字", seen=False)
        if sum(scene.names == each.names for each in scenes) > 1:
            node.fail(f"场景“{scene.path}”写了两次", seen=False)
        for twin in (scene.if_paid, scene.if_unpaid):
            if twin is not None and twin not in ids:
                node.fail(f"场景“{scene.id}”的 if_paid / if_unpaid 指向没有的场景“{twin}”", seen=False)
