"""Finds the rules that ship with the program and the user's own, and reads the catalogues among them.

Rules lie in ``rules/`` of the checkout, in ``evaluator/_data/rules`` of an installed wheel; ``templates/``
likewise. Folders of the user come first: a file of the same name there stands for ours, whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evaluator.model import EvaluatorError
from evaluator.yamlfile import Node, did_you_mean, read_yaml

UNITS = ("count", "yuan", "s", "hours", "ratio", "points")
SCOPES = ("sum", "buyer_day", "ratio", "recomputed", "shop")

NOT_SHARES = frozenset({"items_per_buyer", "answer_ratio"})  # ratios that are no part of a whole

#: A value of ``rules/labels.yaml`` in the languages it has.
Labels = dict[str, dict[str, dict[str, str]]]


def builtin(folder: str) -> Path:
    """``rules`` or ``templates`` as shipped, in the checkout or in the wheel."""
    here = Path(__file__).resolve().parent
    for candidate in (here.parent / folder, here / "_data" / folder):
        if candidate.is_dir():
            return candidate
    raise EvaluatorError(f"程序安装不完整：找不到 {folder} 文件夹，请重新安装")


@dataclass(frozen=True)
class RulesFinder:
    """Looks for rule files: first in ``own`` folders, in order, then among those shipped with the program."""

    own: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        for folder in self.own:
            if not folder.is_dir():
                raise EvaluatorError(f"规则文件夹不存在：{folder}")

    @property
    def folders(self) -> tuple[Path, ...]:
        return (*self.own, builtin("rules"))

    def find(self, name: str) -> Path | None:
        """The file ``name`` (such as ``plans/售前月度.yaml``), or None."""
        return next((f / name for f in self.folders if (f / name).is_file()), None)

    def need(self, name: str) -> Path:
        """The file ``name``. Errors: EvaluatorError where no folder has it."""
        path = self.find(name)
        if path is None:
            raise EvaluatorError(f"找不到规则文件 rules/{name}")
        return path

    def names(self, folder: str) -> tuple[str, ...]:
        """Names, without ``.yaml``, of what a folder of rules offers, sorted."""
        return tuple(sorted({p.stem for f in self.folders for p in (f / folder).glob("*.yaml")}))


@dataclass(frozen=True)
class MetricInfo:
    """One metric of SPEC §7 as ``rules/metrics.yaml`` describes it."""

    id: str
    name: str  # Chinese
    unit: str  # one of UNITS
    scope: str  # how it adds up to groups and shops, one of SCOPES; "shop": only the shop has it
    definition: str  # Chinese, for managers; may hold {settings} to fill in
    options: tuple[str, ...]
    source: str  # the system or custom whose figure it follows
    needs: tuple[str, ...]  # as ``metrics.needs`` reads them
    needs_for: dict[str, tuple[str, ...]]  # besides: of agents' and groups' figures ("agent"), with an option
    choices: dict[str, tuple[str, ...]]  # option → what it may be, where the metric has its own
    must: tuple[str, ...]  # options without which it says nothing
    standard: bool  # every run computes it (SPEC §7)
    lower_is_better: bool
    rule: str  # SPEC rule ids
    has_denominator: bool  # value = numerator / denominator
    english: tuple[str, str] = ("", "")  # name and definition, where the file has them

    def named(self, lang: str) -> str:
        """The name in a language; Chinese where the file has none in it."""
        return self.english[0] or self.name if lang == "en" else self.name

    def defined(self, lang: str) -> str:
        """The definition, likewise."""
        return self.english[1] or self.definition if lang == "en" else self.definition

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole, written in per cent."""
        return self.unit == "ratio" and self.id not in NOT_SHARES


@lru_cache(maxsize=8)
def metric_catalogue(rules: RulesFinder | None = None) -> dict[str, MetricInfo]:
    """Every metric by id, in the order of the file. Errors: EvaluatorError with file, line and key."""
    path = (rules or RulesFinder()).need("metrics.yaml")
    root = read_yaml(path, "rules/metrics.yaml")
    pairs = root.mapping(["metrics"])
    return {key: _metric(key, node) for key, node in root.need(pairs, "metrics").pairs().items()}


_METRIC_KEYS = (
    "name",
    "name_en",
    "unit",
    "scope",
    "definition",
    "definition_en",
    "options",
    "source",
    "needs",
    "needs_for",
    "choices",
    "must",
    "standard",
    "lower_is_better",
    "rule",
    "ratio",
)


def _metric(key: str, node: Node) -> MetricInfo:
    pairs = node.mapping(_METRIC_KEYS)

    def need(name: str) -> Node:
        return node.need(pairs, name)

    def maybe(name: str) -> str:
        return pairs[name].text().strip() if name in pairs else ""

    def texts(name: str) -> tuple[str, ...]:
        return pairs[name].texts() if name in pairs else ()

    def lists(name: str) -> dict[str, tuple[str, ...]]:
        return {k: n.texts() for k, n in pairs[name].pairs().items()} if name in pairs else {}

    return MetricInfo(
        id=key,
        name=need("name").text(),
        unit=need("unit").choice(UNITS),
        scope=need("scope").choice(SCOPES),
        definition=need("definition").text().strip(),
        options=texts("options"),
        source=need("source").text(),
        needs=texts("needs"),
        needs_for=lists("needs_for"),
        choices=lists("choices"),
        must=texts("must"),
        standard=pairs["standard"].flag() if "standard" in pairs else True,
        lower_is_better=pairs["lower_is_better"].flag() if "lower_is_better" in pairs else False,
        rule=need("rule").text(),
        has_denominator=need("ratio").flag(),
        english=(maybe("name_en"), maybe("definition_en")),
    )


@lru_cache(maxsize=8)
def labels(rules: RulesFinder | None = None) -> Labels:
    """``rules/labels.yaml``: section → id → language → text, such as
    ``labels()["pay_lines"]["base"]["zh"]``. An entry written as a plain text is Chinese."""
    root = read_yaml((rules or RulesFinder()).need("labels.yaml"), "rules/labels.yaml")
    found: Labels = {}
    for section, entries in root.pairs().items():
        found[section] = {}
        for key, entry in entries.pairs().items():
            if isinstance(entry.value, dict):
                texts = {lang: n.text() for lang, n in entry.mapping(["zh", "en"]).items()}
                entry.need(entry.value, "zh")
            else:
                texts = {"zh": entry.text()}
            found[section][key] = texts
    return found


def label(section: str, key: str, language: str = "zh", rules: RulesFinder | None = None) -> str:
    """One label; the id itself where the file has none, Chinese where the language is missing.
    ``allowance:夜班补贴`` is looked up as ``allowance``, with the name kept."""
    entries = labels(rules).get(section, {})
    head, colon, tail = key.partition(":")
    entry = entries.get(key) or (entries.get(head) if colon else None)
    if entry is None:
        return key
    text = entry.get(language, entry["zh"])
    return f"{text}：{tail}" if colon and key not in entries else text


@lru_cache(maxsize=8)
def english(rules: RulesFinder | None = None) -> dict[str, str]:
    """``rules/english.yaml``: Chinese text of a report, as the program has it → English."""
    root = read_yaml((rules or RulesFinder()).need("english.yaml"), "rules/english.yaml")
    return {zh: node.text() for zh, node in root.pairs().items()}


@lru_cache(maxsize=8)
def sentences(rules: RulesFinder | None = None) -> dict[str, str]:
    """``rules/sentences.yaml``: patterns of sentences that the calculation composes → English."""
    root = read_yaml((rules or RulesFinder()).need("sentences.yaml"), "rules/sentences.yaml")
    return {zh: node.text() for zh, node in root.pairs().items()}


def unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    """The Chinese sentence for a name that no rule has."""
    offered = "、".join(known) if known else "（无）"
    return f"没有名为“{name}”的{what}{did_you_mean(name, known)}；现有：{offered}"


@lru_cache(maxsize=8)
def key_words(rules: RulesFinder | None = None) -> dict[str, dict[str, str]]:
    """``rules/keys.yaml``: kind of mapping → key → what it means, in Chinese."""
    root = read_yaml((rules or RulesFinder()).need("keys.yaml"), "rules/keys.yaml")
    return {kind: {k: n.text() for k, n in node.pairs().items()} for kind, node in root.pairs().items()}
