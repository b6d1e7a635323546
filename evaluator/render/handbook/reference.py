"""The chapters on metrics, their options, methods of scoring, settings and tables."""

from __future__ import annotations

from collections import defaultdict

from evaluator.planfile import METHODS
from evaluator.planmetric import WRITTEN, choices_of
from evaluator.render.handbook.chapter import Chapter, Section, table
from evaluator.render.handbook.packs import PackFile
from evaluator.render.sheet import Cell, Column, Row
from evaluator.render.view.kpi import TOPICS
from evaluator.render.view.method import named_setting
from evaluator.render.words import Words
from evaluator.rulebook import MetricInfo, key_words, label
from evaluator.settings import Settings
from evaluator.sources.column_words import spoken
from evaluator.tables import TABLES, Table

FURTHER = "平台规则与方案用到时才计算"
_METRIC = (
    Column("指标", note="小字为标识"),
    Column("单位"),
    Column("定义与公式", "wrap"),
    Column("参数", "wrap"),
    Column("汇总"),
    Column("需要的数据", "wrap"),
    Column("来源"),
    Column("考核它的规则包", "wrap"),
    Column("规则", "id"),
)


# ---- metrics ----
def metrics(files: list[PackFile], words: Words) -> Chapter:
    """Every metric of the catalogue, by topic."""
    topic_of = {metric: topic for topic, metrics in TOPICS for metric in metrics}
    used: dict[str, list[str]] = defaultdict(list)
    for file in files:
        for metric in dict.fromkeys(request.metric for request in file.pack.requests):
            used[metric].append(file.pack.name)
    rows: dict[str, list[Row]] = {topic: [] for topic in (*(title for title, _ in TOPICS), FURTHER)}
    for info in words.catalogue.values():
        rows[topic_of.get(info.id, FURTHER)].append(_metric(info, used[info.id], words))
    sections = [
        Section(f"metrics-{n}", topic, (table("", _METRIC, found),))
        for n, (topic, found) in enumerate(rows.items(), 1)
    ]
    return Chapter("metrics", "指标", tuple(sections))


def _metric(info: MetricInfo, packs: list[str], words: Words) -> Row:
    better = "，越小越好" if info.lower_is_better else ""
    return (
        Cell(info.name, note=info.id),
        words.word("unit_names", info.unit) + better,
        words.definition(info.id),
        "\n".join(_option(key, info, words) for key in info.options),
        words.word("scopes", info.scope),
        "\n".join(_needs(info, words)),
        info.source,
        "\n".join(packs),
        info.rule,
    )


def _option(key: str, info: MetricInfo, words: Words) -> str:
    """``时段（hours）``; with what it may be, where these are words."""
    must = "，必写" if key in info.must else ""
    may = ""
    if key not in WRITTEN and key != "unit":
        may = "：" + "、".join(words.word("option_values", value) for value in choices_of(key, info))
    return f"{words.word('metric_options', key)}（{key}{must}）{may}"


def _needs(info: MetricInfo, words: Words) -> list[str]:
    told = [_need(need) for need in info.needs]
    for case, needs in info.needs_for.items():
        when = "客服、分组的数" if case == "agent" else f"写了 {case}"
        told += [f"{when}：{_need(need)}" for need in needs]
    return told


def _need(need: str) -> str:
    """``refunds.completed`` → 退款（要有完成时间 completed）."""
    return " 或 ".join(_one_need(one.strip()) for one in need.split("|"))


def _one_need(need: str) -> str:
    name, _, column = need.partition(".")
    told = label("tables", name.removesuffix("?"))
    if not column:
        return told
    return f"{told}·{_column(column)}" + ("，有这张表时" if name.endswith("?") else "")


def _column(name: str) -> str:
    """``完成时间（completed）``: as people's tables call it, else as ``explain`` does."""
    word = spoken(name)
    return word if word != name or label("columns", name) == name else f"{label('columns', name)}（{name}）"


# ---- options, methods, settings ----
def options(words: Words) -> Chapter:
    rows: list[Row] = []
    for key, told in key_words()["metric_options"].items():
        metrics = [info.name for info in words.catalogue.values() if key in info.options]
        rows.append((words.word("metric_options", key), key, told, "、".join(metrics)))
    columns = (Column("参数"), Column("键", "id"), Column("含义", "wrap"), Column("哪些指标可写", "wrap"))
    units: list[Row] = [
        (words.word("units", key), key, words.word("reply_within", key).replace("{seconds}", "N"))
        for key in words.labels["units"]
    ]
    counted = (Column("数什么"), Column("unit 写", "id"), Column("含义", "wrap"))
    sections = (
        Section("options-all", "指标的参数", (table("", columns, rows),)),
        Section("options-units", "限时应答率（reply_within）数什么", (table("", counted, units),)),
    )
    return Chapter("options", "参数", sections)


def methods() -> Chapter:
    told, keys = key_words()["method"], key_words()["score_options"]
    rows: list[Row] = []
    for method, (must, may) in METHODS.items():
        taken = [f"{key}：{keys[key]}" for key in must] + [f"{key}（可不写）：{keys[key]}" for key in may]
        rows.append((label("methods", method), method, told[method], "\n".join(taken)))
    columns = (Column("方法"), Column("method 写", "id"), Column("怎么得分", "wrap"), Column("选项", "wrap"))
    return Chapter(
        "methods", "计分方法", (Section("methods-all", "各方法怎么得分", (table("", columns, rows),)),)
    )


def settings(words: Words, used: Settings) -> Chapter:
    """Settings with the values that definitions are filled in with, and the filters, on or off."""
    told, values = key_words(), used.model_dump()
    rows: list[Row] = [
        (words.word("settings", key), key, named_setting(words, key, values[key]), text)
        for key, text in told["settings"].items()
        if key not in ("filters", "ad")
    ]
    columns = (Column("设置"), Column("键", "id"), Column("取值", "wrap"), Column("含义", "wrap"))
    switches: list[Row] = [
        (words.word("settings", section), f"{section}.{key}", "开" if values[section][key] else "关", text)
        for section in ("filters", "ad")
        for key, text in told[section].items()
    ]
    filters = (Column("类别"), Column("键", "id"), Column("取值"), Column("含义", "wrap"))
    sections = (
        Section("settings-all", "影响数字的设置（period.yaml 的 settings）", (table("", columns, rows),)),
        Section("settings-filters", "过滤（settings 的 filters 与 ad）", (table("", filters, switches),)),
    )
    return Chapter("settings", "设置与过滤", sections)


# ---- tables ----
def tables() -> Chapter:
    rows: list[Row] = [_table(held) for held in TABLES.values()]
    columns = (
        Column("数据"),
        Column("表", "id"),
        Column("必需"),
        Column("应有的列", "wrap"),
        Column("可以没有的列", "wrap"),
    )
    return Chapter("tables", "数据", (Section("tables-all", "数据表与列", (table("", columns, rows),)),))


def _table(held: Table) -> Row:
    must = "、".join(_column(c.name) for c in held.columns if not c.optional)
    may = "、".join(_column(c.name) for c in held.columns if c.optional)
    return label("tables", held.name), held.name, "是" if held.mandatory else "", must, may
