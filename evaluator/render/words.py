"""Words of the reports. For ids (metrics, pay lines, statuses, reasons …) from ``rules/labels.yaml``; an id without a
word is shown as it is, never left out. Everything else is written in Chinese where it is made and is its own key in
``rules/english.yaml``, for reports in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from evaluator.metrics.request import STANDARD, MetricRequest
from evaluator.render.sentences import Sentences
from evaluator.render.sheet import Block, Value, show
from evaluator.render.text import visible
from evaluator.rulebook import NOT_SHARES, Labels, MetricInfo, english, labels, metric_catalogue, sentences

KINDS = {
    "ratio": "ratio",
    "yuan": "money",
    "s": "seconds",
    "hours": "hours",
    "count": "count",
    "points": "factor",
}
UNITS = {"seconds": "{value} 秒", "money": "{value} 元", "hours": "{value} 小时"}
#: Quotients that are no shares: 1.43 件, not 143 %.
_REPLY_WITHIN = re.compile(r"reply_within_(\d+)s_(\w+)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CLOCK = re.compile(r"\d\d:\d\d")
_OPTIONS = re.compile(r"(?P<name>[^\[]+)\[(?P<options>.*)\]")


@dataclass(frozen=True)
class Words:
    """``labels``: rules/labels.yaml; ``catalogue``: rules/metrics.yaml; ``settings``: their text, as
    definitions name them; ``requests``: the figures of the run by id."""

    labels: Mapping[str, Mapping[str, Mapping[str, str]]]
    catalogue: Mapping[str, MetricInfo]
    settings: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, MetricRequest] = field(default_factory=dict)
    lang: str = "zh"
    english: Mapping[str, str] = field(default_factory=dict)
    sentences: Sentences | None = field(default=None, repr=False, compare=False)
    _names: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def say(self, chinese: str, **values: object) -> str:
        """A text of the reports in their language, ``{name}`` filled in. One without a translation stays Chinese."""
        text = self.english.get(chinese, chinese)
        return _PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), text) if values else text

    def told(self, chinese: str) -> str:
        """A sentence that the calculation composed and recorded in Chinese, in the language of the reports."""
        return self.sentences.told(chinese) if self.sentences else chinese

    def spoken(self, block: Block) -> Block:
        """A table with its title, notes and heads in the language of the reports."""
        if not self.english:
            return block
        columns = tuple(replace(c, title=self.say(c.title), note=self.say(c.note)) for c in block.columns)
        notes = tuple(self.say(note) for note in block.notes)
        return replace(block, title=self.say(block.title), columns=columns, notes=notes)

    def word(self, section: str, key: str | None) -> str:
        if not key:
            return ""
        entry = self.labels.get(section, {}).get(key)
        return visible(entry.get(self.lang) or entry["zh"] if entry else key)

    def kind(self, metric: str, unit: str | None) -> str:
        """How a metric's values are written: a kind of ``sheet.Column``."""
        if metric.partition("[")[0] in NOT_SHARES:
            return "factor"
        return KINDS.get(unit or "", "count")

    def quantity(self, value: Value, kind: str) -> str:
        """A value of a column's kind as text, with the unit where the number alone would not tell."""
        text, unit = show(value, kind), UNITS.get(kind)
        return self.say(unit, value=text) if unit and value is not None else text

    def line(self, line: str) -> str:
        """A pay line: ``allowance:夜班补贴`` → 夜班补贴."""
        kind, _, name = line.partition(":")
        return visible(name) if name else self.word("pay_lines", kind)

    def info(self, metric: str) -> MetricInfo | None:
        """What the catalogue says of a metric id, options or not."""
        base = metric.partition("[")[0]
        if base in self.catalogue:
            return self.catalogue[base]
        return self.catalogue.get("reply_within") if _REPLY_WITHIN.fullmatch(base) else None

    def metric(self, metric: str) -> str:
        """Its name, with the options that its id carries: 首次响应（08:00-23:00）."""
        if metric not in self._names:
            self._names[metric] = self._metric(metric)
        return self._names[metric]

    def _metric(self, metric: str) -> str:
        split = _OPTIONS.fullmatch(metric)
        base, options = (split["name"], split["options"]) if split else (metric, "")
        info = self.info(base)
        name = visible(info.named(self.lang)) if info else base
        within = _REPLY_WITHIN.fullmatch(base)
        if within and base not in self.catalogue:
            name = self.say("{n} 秒应答率（{unit}）", n=within[1], unit=self.word("units", within[2]))
        return self.say("{name}（{options}）", name=name, options=self._options(options)) if options else name

    def _options(self, options: str) -> str:
        parts = []
        for pair in options.split(","):
            key, _, value = pair.partition("=")
            label = self.word("metric_options", key)
            value = self.word("option_values", value)
            parts.append(f"{label} {value}" if label != key or key != "hours" else value)
        return self.say("，").join(parts)

    def definition(self, metric: str) -> str:
        """What a metric counts, with this run's settings filled in for ``{window_days}`` and the like."""
        info = self.info(metric)
        if info is None:
            return ""
        own = {key: self._option(key, value) for key, value in self.options(metric).items()}
        if info.id == "reply_within" and "unit" in own:
            return visible(self._reply_within(metric, own))
        filled = {**self.settings, **own}
        if "hours" in own:
            filled["response_hours"] = own["hours"]
        return visible(_PLACEHOLDER.sub(lambda m: filled.get(m[1], m[0]), info.defined(self.lang)))

    def _reply_within(self, metric: str, own: Mapping[str, str]) -> str:
        """What this N 秒应答率 counts, in one sentence."""
        unit = str(self.options(metric)["unit"])
        told = self.word("reply_within", unit).replace("{seconds}", own["seconds"])
        hours = own.get("hours")
        when = self.say("只计 {hours} 内开始的。", hours=hours) if hours else self.say("全天都计。")
        return f"{told}{when}"

    def options(self, metric: str) -> dict[str, Any]:
        """The options of a figure, by its id."""
        request = self.requests.get(metric) or STANDARD.get(metric)
        return dict(request.options) if request else {}

    def _option(self, key: str, value: Any) -> str:
        if key == "unit":
            return self.word("units", value)
        return "–".join(value) if isinstance(value, tuple) else str(value)

    def is_shop_only(self, metric: str) -> bool:
        info = self.info(metric)
        return info is not None and info.scope == "shop"

    def reason(self, reason: str | None) -> str:
        """Why a figure is missing: an id, ``id:what``, or a sentence."""
        key, colon, what = (reason or "").partition(":")
        known = self.word("reasons", key)
        if colon and known != key:
            return f"{known}{self.say('：')}{self.told(visible(what))}"
        return self.told(self.word("reasons", reason))

    def review(self, kind: str) -> str:
        return self.word("review", kind)


def setting_text(value: Any, say: Callable[[str], str] = str) -> str:
    """A setting's value in words, in the language that ``say`` speaks."""
    if value is None:
        return say("无")
    if isinstance(value, bool):
        return say("是") if value else say("否")
    if isinstance(value, Mapping):
        pairs = [f"{visible(str(k))} = {setting_text(v, say)}" for k, v in value.items()]
        return say("；").join(pairs) or say("无")
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(isinstance(v, str) and _CLOCK.fullmatch(v) for v in value):
            return "–".join(value)
        return say("、").join(setting_text(v, say) for v in value) or say("无")
    return visible(f"{value:f}" if isinstance(value, Decimal) else str(value))


def run_words(settings: Mapping[str, Any], requests: Mapping[str, MetricRequest], lang: str = "zh") -> Words:
    """Words with one run's settings and figures in them. ``settings``: as in the manifest."""
    texts = english() if lang == "en" else {}

    def say(chinese: str) -> str:
        return texts.get(chinese, chinese)

    filled = {key: setting_text(value, say) for key, value in settings.items()}
    if settings.get("response_hours") is None:
        filled["response_hours"] = say("全天")
    words, catalogue = labels(), metric_catalogue()
    told = Sentences(_known(texts, words, catalogue), sentences()) if texts else None
    return Words(words, catalogue, filled, requests, lang, texts, told)


def _known(texts: Mapping[str, str], words: Labels, catalogue: Mapping[str, MetricInfo]) -> dict[str, str]:
    """Chinese → English of all that sentences may name: labels, metrics, texts of the reports."""
    named = {e["zh"]: e["en"] for section in words.values() for e in section.values() if "en" in e}
    return named | {info.name: info.named("en") for info in catalogue.values()} | dict(texts)
