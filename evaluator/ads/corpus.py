"""The training text of the ad classifier: our own sentences, as templates (``rules/ads/*.txt``), expanded the same way
every time.

A file's first line says what its lines are: ``# class: ad``, ``# class: customer``, ``# class: difficult`` (customers
with advertisers' words: resellers, purchasers, paragraphs of law, contacts, links), or ``# class: lookalike`` (no ads,
but written like some; half of them by agents). ``## 类别`` begins a section, a line is a template: ``{甲|乙}``
one of these,
``<slot>`` a value of ``slots.yaml`` or a made-up number, `` || `` between messages that one person sends in a row.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from evaluator.model import EvaluatorError
from evaluator.rulebook import RulesFinder
from evaluator.yamlfile import read_yaml

FOLDER = "ads"
SLOTS = "slots.yaml"
SEED = 20200222
FOLDS = 5
GREETED = 3  # customers who said a greeting and nothing else
LONGEST_TALK = 120  # characters after which a made-up talk does not go on
GOES_ON = (0, 0, 0, 1, 2, 2, 3, 4, 6, 9)  # templates that follow a customer's first
TALKS = 5  # whole talks that begin with each template of a customer
MESSAGES = (1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12)  # of a whole talk, each as often
NEXT = " || "
OPENERS = ("在吗", "你好", "您好", "亲", "老板在吗", "在不在", "hi", "掌柜的在吗", "你好，在吗")
JOINTS = (None, None, None, None, "，", "。", " ", ",")  # of messages; None: they stay apart
MARKS = (None, None, "，", " ", "")  # for commas and full stops; None: as written
SCHEMA = {"text": pl.String, "kind": pl.String, "section": pl.String, "fold": pl.Int64}
CUSTOMERS = ("customer", "difficult")
EXPANDED = {"ad": 3, "customer": 5, "difficult": 5, "lookalike": 3}  # times that each template is filled in

_CHOICE = re.compile(r"\{([^{}]*)\}")
_MARK = re.compile("[，。、；,;]")
_SLOT = re.compile(r"<([a-z]+)>")


@dataclass(frozen=True)
class Section:
    """Templates of one kind of text."""

    name: str
    kind: str  # one of EXPANDED
    lines: tuple[str, ...]


def files(finder: RulesFinder | None = None) -> list[Path]:
    """The corpus, in the order of the names."""
    folders = (finder or RulesFinder()).folders
    return sorted((p for p in (folders[-1] / FOLDER).glob("*.txt")), key=lambda p: p.name)


def fingerprint(finder: RulesFinder | None = None) -> str:
    """SHA-256 over the corpus and its slots: a model says which text it was trained on."""
    digest = hashlib.sha256()
    for path in [*files(finder), (finder or RulesFinder()).need(f"{FOLDER}/{SLOTS}")]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def sections(finder: RulesFinder | None = None) -> list[Section]:
    """Errors: EvaluatorError with file and line where a line belongs to no class or no section."""
    found: list[Section] = []
    for path in files(finder):
        found += _read(path)
    return found


def _read(path: Path) -> list[Section]:
    lines = path.read_text("utf-8").splitlines()
    kind = lines[0].removeprefix("# class:").strip() if lines else ""
    if kind not in EXPANDED:
        raise EvaluatorError(f"{path.name} 第 1 行应是「# class: 」加上 {'、'.join(EXPANDED)} 之一")
    named: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(lines[1:], 2):
        text = line.strip()
        if text.startswith("## "):
            current = named.setdefault(text[3:].strip(), [])
        elif text and not text.startswith("# "):
            if current is None:
                raise EvaluatorError(f"{path.name} 第 {number} 行：还没有「## 类别」")
            current.append(text)
    return [Section(name, kind, tuple(texts)) for name, texts in named.items()]


class Filler:
    """Fills templates in. ``slots``: lists of words by slot."""

    def __init__(self, slots: dict[str, tuple[str, ...]], chance: random.Random) -> None:
        self.slots, self.chance = slots, chance

    @classmethod
    def of(cls, finder: RulesFinder | None = None, seed: int = SEED) -> Filler:
        path = (finder or RulesFinder()).need(f"{FOLDER}/{SLOTS}")
        root = read_yaml(path, f"rules/{FOLDER}/{SLOTS}")
        return cls({name: node.texts() for name, node in root.pairs().items()}, random.Random(seed))

    def messages(self, template: str) -> list[str]:
        """The messages of a template, filled in."""
        chosen = _CHOICE.sub(lambda m: self.chance.choice(m[1].split("|")), template)
        return [_SLOT.sub(lambda m: self._value(m[1]), part).strip() for part in chosen.split(NEXT.strip())]

    def _value(self, slot: str) -> str:
        pick, number = self.chance.choice, self.chance.randint
        if slot in self.slots:
            return pick(self.slots[slot])
        made = {
            "phone": lambda: f"1{pick('35789')}{number(10**8, 10**9 - 1)}",
            "qq": lambda: str(number(10**5, 10**10)),
            "wx": lambda: "".join(self.chance.choices("abcdefghkmnxyz", k=number(3, 6))) + str(number(10, 99999)),
            "url": lambda: f"http://{''.join(self.chance.choices('abcdegjkmtuvw', k=3))}.cn/{number(1000, 10**6)}",
            "item": lambda: f"https://item.taobao.com/item.htm?id={number(10**11, 10**12)}",
            "money": lambda: str(pick([number(1, 99), number(100, 999), number(1000, 99999)])),
            "num": lambda: str(number(1, 30)),
            "pct": lambda: str(number(1, 99)),
            "date": lambda: f"{number(1, 12)}月{number(1, 28)}{pick('日号')}",
            "clock": lambda: f"{pick(['上午', '下午', '晚上', ''])}{number(1, 12)}点",
            "order": lambda: str(number(10**17, 10**18)),
        }  # fmt: skip
        if slot not in made:
            raise EvaluatorError(f"rules/{FOLDER}：不认识的占位 <{slot}>")
        return made[slot]()


def documents(finder: RulesFinder | None = None, seed: int = SEED) -> pl.DataFrame:
    """What teaches, a person a row: ``text`` (messages joined by line breaks), ``kind``, ``section``, ``fold``.

    Advertisers: each template, sometimes after a greeting or followed by another of its section. Customers: each
    template alone, after a greeting, and in talks that run on, partly about other things. Templates of different
    folds never meet in a text, so that a fold can be left out."""
    fill = Filler.of(finder, seed)
    rows = [(greeting, "customer", "招呼", n % FOLDS) for n, greeting in enumerate(OPENERS * GREETED)]
    found = sections(finder)
    for fold in range(FOLDS):
        general = _general(found, fold)
        for section in found:
            lines = section.lines[fold::FOLDS]
            for line in lines:
                for nth in range(EXPANDED[section.kind]):
                    said = _said(fill, section.kind, lines, general, line, nth)
                    rows.append(("\n".join(dict.fromkeys(said)), section.kind, section.name, fold))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def talks(finder: RulesFinder | None = None, seed: int = SEED) -> pl.DataFrame:
    """Customers' whole talks, as they send them, message by message: what the false alarms are counted on. Columns as
    in ``documents``; each template begins as many talks."""
    fill = Filler.of(finder, seed)
    rows = []
    found = [s for s in sections(finder) if s.kind in CUSTOMERS]
    for fold in range(FOLDS):
        general = _general(found, fold)
        for section in found:
            lines = section.lines[fold::FOLDS]
            for line in lines:
                for _ in range(TALKS):
                    said = _talk(fill, lines, general, line)
                    rows.append(("\n".join(dict.fromkeys(said)), section.kind, section.name, fold))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _general(found: Sequence[Section], fold: int) -> list[str]:
    """A fold's templates of all customers."""
    return [line for s in found if s.kind in CUSTOMERS for line in s.lines[fold::FOLDS]]


def _talk(fill: Filler, lines: Sequence[str], general: Sequence[str], line: str) -> list[str]:
    """A customer's messages, half of those that follow about what every customer asks."""
    length = fill.chance.choice(MESSAGES)
    said = _greeted(fill, fill.messages(line))
    for following in _following(fill, (lines, general), line, length):
        if len(said) < length:
            said += fill.messages(following)
    return said


def _following(fill: Filler, sources: Sequence[Sequence[str]], line: str, several: int) -> list[str]:
    """So many templates at most, none of them twice."""
    drawn = [fill.chance.choice(fill.chance.choice(sources)) for _ in range(several)]
    return [template for template in dict.fromkeys(drawn) if template != line]


def _said(
    fill: Filler, kind: str, lines: Sequence[str], general: Sequence[str], line: str, nth: int
) -> list[str]:
    """The messages of one person that begin with a template: the template alone, or typed by some habit, greeted and
    gone on with."""
    if not nth:
        return fill.messages(line)
    said = _greeted(fill, fill.messages(line))
    if kind == "ad":
        following = _following(fill, (lines,), line, int(fill.chance.random() < 0.2))
    else:
        following = _following(fill, (lines, general), line, fill.chance.choice(GOES_ON))
    for template in following:
        if sum(map(len, said)) <= LONGEST_TALK:
            said += fill.messages(template)
    return _typed(fill, said)


def _greeted(fill: Filler, said: list[str]) -> list[str]:
    """Sometimes with a greeting before it: customers and advertisers begin alike."""
    return [fill.chance.choice(OPENERS), *said] if fill.chance.random() < 0.4 else said


def _typed(fill: Filler, said: list[str]) -> list[str]:
    """Punctuated by another habit: how somebody types tells nothing of what he wants. Some send one long
    message instead of several, some write blanks or nothing for commas."""
    joint = fill.chance.choice(JOINTS)
    text = "\n".join(said) if joint is None else joint.join(said)
    mark = fill.chance.choice(MARKS)
    return (text if mark is None else _MARK.sub(mark, text)).split("\n")
