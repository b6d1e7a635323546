"""The chapters on platforms and their rule packs, from ``rules/platforms``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from evaluator.assess.assessment import shown
from evaluator.assess.pack import Item, Pack, Window
from evaluator.assess.packfile import PACK_KEYS, read_pack
from evaluator.dated import LIKE_A_DATE, pick_for
from evaluator.metrics.request import MetricRequest
from evaluator.numbers import percent, plain
from evaluator.planmetric import read_request
from evaluator.render.handbook.chapter import NONE, Chapter, Section, plain_text, table
from evaluator.render.sheet import Block, Cell, Column, Row
from evaluator.render.view.plans import method_text
from evaluator.render.words import Words
from evaluator.rulebook import RulesFinder, label, metric_catalogue
from evaluator.yamlfile import Node, read_yaml

LATEST = date.max  # of dated values, what holds last
_IN_UNITS = ("target", "worst", "best", "limit")  # written as the metric is


@dataclass(frozen=True)
class PackFile:
    """A file of ``rules/platforms``: as written, and as it holds last."""

    id: str
    keys: dict[str, Node]
    pack: Pack
    metrics: tuple[MetricRequest, ...]

    @property
    def bundled(self) -> tuple[str, ...]:
        return self.keys["packs"].texts() if "packs" in self.keys else ()


def pack_files(rules: RulesFinder | None = None) -> list[PackFile]:
    """Every file of ``rules/platforms``, by name."""
    rules, catalogue = rules or RulesFinder(), metric_catalogue()
    found = []
    for name in rules.names("platforms"):
        root = read_yaml(rules.need(f"platforms/{name}.yaml"), f"rules/platforms/{name}.yaml")
        keys = root.mapping(PACK_KEYS)
        held = pick_for(keys["metrics"], LATEST, []) if "metrics" in keys else None
        requests = tuple(read_request(node, catalogue) for node in (held.items() if held else []))
        found.append(PackFile(name, keys, read_pack(root, name, LATEST, [], catalogue), requests))
    return found


# ---- platforms ----
def platforms(files: list[PackFile], words: Words) -> Chapter:
    """What ``platform:`` in period.yaml may name, and what is assessed then."""
    names = {file.id: file.pack.name for file in files}
    rows: list[Row] = []
    for file in files:
        own = [file.id] if file.pack.items else []
        assessed = "\n".join(f"{names[p]}{_joins(p, files)}" for p in (*own, *file.bundled))
        rows.append((file.pack.name, file.id, assessed, _settings(file, words), _further(file, words)))
    columns = (
        Column("平台或规则包"),
        Column("platform 写", "id"),
        Column("考核", "wrap"),
        Column("月份设置", "wrap"),
        Column("另计入 kpi.csv 的指标", "wrap"),
    )
    section = Section(
        "platforms-all", "period.yaml 的 platform 写什么，考核什么", (table("", columns, rows),)
    )
    return Chapter("platforms", "平台", (section,))


def _joins(pack: str, files: list[PackFile]) -> str:
    tables = next(file.pack.joins_with for file in files if file.id == pack)
    return f"（{_with_tables(tables)}时）" if tables else ""


def _with_tables(tables: tuple[str, ...]) -> str:
    names = "、".join(label("tables", table) for table in tables)
    return f"有{names}的数据" if len(tables) == 1 else f"有{names}之一的数据"


def _settings(file: PackFile, words: Words) -> str:
    given = file.keys["settings"].pairs() if "settings" in file.keys else {}
    return "；".join(
        f"{words.word('settings', key)}：{words.word(f'{key}s', plain_text(node))}"
        for key, node in given.items()
    )


def _further(file: PackFile, words: Words) -> str:
    return "\n".join(words.metric(request.id) for request in file.metrics)


# ---- packs ----
def chapter(files: list[PackFile], words: Words) -> Chapter:
    return Chapter("packs", "规则包", tuple(_section(file, words) for file in files if file.pack.items))


def _section(file: PackFile, words: Words) -> Section:
    pack = file.pack
    blocks = [_items(pack, words)]
    if pack.plan and pack.plan.grades:
        blocks.append(_grades(pack))
    if history := _history(file, words):
        blocks.append(history)
    return Section(f"pack-{pack.id}", pack.name, tuple(blocks), tuple(_notes(pack)))


def _notes(pack: Pack) -> Iterator[str]:
    if pack.source:
        yield f"规则来源：{pack.source}"
    until = f"，规则核对至 {pack.reviewed_until}" if pack.reviewed_until else ""
    whom = {"shop": "店铺", "agent": "逐个客服"}[pack.scope]
    yield f"标识 {pack.id}；考核对象：{whom}；统计范围：{_window(pack.window)}{until}。"
    if pack.plan:
        most = percent(pack.plan.max_left_out)
        full = plain(pack.plan.weight_sum)
        yield f"总分：缺数据或样本不足的项不计，其余按权重折算到 {full} 分；缺的权重超过 {most} 就不出总分。"
    if pack.joins_with:
        yield f"作为平台的一部分时，{_with_tables(pack.joins_with)}才考核。"


def _window(window: Window) -> str:
    return {
        "period": "本期",
        "last_days": f"期末前 {window.days} 天",
        "half_months": "每半月（1–15 日，16 日–月末）",
    }[window.kind]


def _items(pack: Pack, words: Words) -> Block:
    columns = (
        Column("考核项", note="小字为标识"),
        Column("类别", "short"),
        Column("指标", "short", note="小字为标识"),
        Column("口径", "wrap"),
        Column("参数", "wrap"),
        Column("统计范围", "short"),
        Column("目标", "short"),
        Column("权重", "short"),
        Column("计分", "wrap"),
        Column("后果", "wrap"),
        Column("说明", "wrap"),
    )
    return table("考核项", columns, [_item(item, pack, words) for item in pack.items])


def _item(item: Item, pack: Pack, words: Words) -> Row:
    info, scoring = metric_catalogue()[item.request.metric], item.scoring
    since = {h.path: f"（{h.since} 起）" for h in pack.holdings}
    options = [
        f"{_option(key, value, words)}{since.get(f'{item.path}.{key}', '')}"
        for key, value in item.request.options
    ]
    target = ""
    if item.target is not None:
        dated = since.get(f"{item.path}.target", "")
        target = f"{'≤' if item.lower_is_better else '≥'} {shown(item.target, info)}{dated}"
    return (
        Cell(item.name, note=item.id),
        item.section,
        Cell(info.name, note=info.id),
        words.definition(item.request.id),
        "\n".join(options),
        _window(item.window).partition("（")[0],
        target,
        plain(scoring.weight) if scoring and scoring.weight else "",
        f"{words.word('methods', scoring.method)}：{method_text(scoring, words.say)}" if scoring else "",
        item.consequence,
        "\n".join(_remarks(item, words)),
    )


def _remarks(item: Item, words: Words) -> Iterator[str]:
    if item.note:
        yield item.note
    if item.each_day:
        yield "逐日列出不达标的日子"
    if item.breakdown:
        yield f"一并列出：{'、'.join(words.metric(request.id) for request in item.breakdown)}"


def _option(key: str, value: object, words: Words) -> str:
    name = words.word("metric_options", key)
    if isinstance(value, tuple):
        return f"{name} {'–'.join(value)}"
    section = "units" if key == "unit" else "option_values"
    return f"{name} {words.word(section, str(value))}"


def _grades(pack: Pack) -> Block:
    assert pack.plan is not None
    rows: list[Row] = [(f"≥ {plain(g.threshold)}", g.name, g.consequence) for g in pack.plan.grades]
    return table("等级与后果", (Column("总分"), Column("等级"), Column("后果", "wrap")), rows)


# ---- values by date ----
def _history(file: PackFile, words: Words) -> Block | None:
    """Every dated value of the file: since when it is what, and where that stands."""
    columns = (
        Column("考核项"),
        Column("参数"),
        Column("键", "id"),
        Column("起始日期", "date"),
        Column("取值", "wrap"),
        Column("来源", "wrap"),
        Column("核对至", "date"),
    )
    rows = [row for key, node in file.keys.items() for row in _dated(node, key, file.pack, words, "", "")]
    return table("历次规定", columns, rows) if rows else None


def _dated(node: Node, key: str, pack: Pack, words: Words, source: str, until: str) -> Iterator[Row]:
    value = node.value
    if isinstance(value, list):
        for child in value:
            yield from _dated(child, key, pack, words, source, until)
    if not isinstance(value, dict):
        return
    if "values" in value:
        source = value["source"].text() if "source" in value else source
        until = str(value["reviewed_until"].day()) if "reviewed_until" in value else until
        yield from _dated(value["values"], key, pack, words, source, until)
    elif any(LIKE_A_DATE.match(name) for name in value):
        for day, child in sorted(value.items()):
            yield (*_of_what(node, key, pack, words), day, _told(child, key, node, pack), source, until)
    else:
        for name, child in value.items():
            yield from _dated(child, name, pack, words, source, until)


def _owner(node: Node, pack: Pack) -> Item | None:
    return next((item for item in pack.items if node.path.startswith(f"{item.path}.")), None)


def _of_what(node: Node, key: str, pack: Pack, words: Words) -> tuple[str, str, str]:
    owner = _owner(node, pack)
    sections = ("metric_options", "pack_keys", "settings")
    named = next((w for s in sections if (w := words.word(s, key)) != key), key)
    return owner.name if owner else pack.name, named, key


def _told(node: Node, key: str, held: Node, pack: Pack) -> str:
    owner = _owner(held, pack)
    if owner and key in _IN_UNITS and not node.is_null and not isinstance(node.value, dict):
        return shown(node.number(), metric_catalogue()[owner.request.metric])
    return NONE if node.is_null else plain_text(node)
