"""口径: settings, metrics, plans and inputs exactly as this run used them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.model import InputFile
from evaluator.render.sheet import Block, Column
from evaluator.render.text import visible
from evaluator.render.view.kpi import topics
from evaluator.render.view.prepared import Prepared
from evaluator.render.words import Words, setting_text

#: Files of one kind in one folder that are named one by one.
FILES_NAMED = 20


def named_setting(words: Words, key: str, value: Any) -> str:
    """A setting's value with the words that its ids have; what an empty one means."""
    say = words.say
    text = setting_text(value, say)
    if key in ("credit_roles", "response_hours", "orders_through") and not value:
        return {
            "credit_roles": say("全部角色"),
            "response_hours": say("全天"),
            "orders_through": say("未写，取订单中最晚的下单日"),
        }[key]
    if key in ("judgment", "by"):
        labels = {"last": say("最后一条人工消息最晚者"), "rounds": say("应答轮数最多者")}
        return say(
            "{name}（{options}）", name=labels.get(value) or words.word("judgments", value), options=text
        )
    if key in ("filters", "ad"):
        stages = {
            "rules": say("关键词规则"),
            "model": say("分类模型"),
            "behaviour": say("行为"),
        }
        switches = [
            f"{stages.get(k) or words.word('filters', k)}{say('：')}{_switch(words, v)}"
            for k, v in value.items()
        ]
        return say("；").join(switches)
    return text


def _switch(words: Words, value: Any) -> str:
    say = words.say
    if isinstance(value, Mapping):
        return say("{name}（{options}）", name=say("开"), options=setting_text(value, say))
    return say("开") if value else say("关")


def settings_block(data: Prepared) -> Block:
    rows = []
    for key, value in data.settings.model_dump().items():
        label = data.words.word("settings", key)
        rows.append((label if label != key else "", key, named_setting(data.words, key, value)))
    columns = (Column("设置", width=22), Column("键", width=18), Column("本次取值", "wrap", 60))
    return Block("设置", columns, rows)


def _options(data: Prepared, metric: str) -> str:
    """The options with which a figure was computed: its own, else the setting that stands for them."""
    words, info = data.words, data.words.info(metric)
    given = words.options(metric)
    parts = []
    for key, value in given.items():
        text = words.word("units", value) if key == "unit" else setting_text(value, words.say)
        parts.append(f"{words.word('metric_options', key)} = {text}")
    if info and "hours" in info.options and "hours" not in given:
        hours = (
            data.settings.response_hours if metric.startswith(("first_response", "avg_response")) else None
        )
        told = setting_text(hours) if hours else words.say("全天")
        parts.append(f"{words.word('metric_options', 'hours')} = {told}")
    return words.say("；").join(parts)


def metrics_block(data: Prepared) -> Block:
    """Every metric of the run: definition, parameters, source, rule."""
    words = data.words
    rows = []
    for topic, metrics in topics(data):
        for metric in metrics:
            info = words.info(metric)
            rows.append(
                (
                    words.say(topic),
                    words.metric(metric),
                    metric,
                    words.word("unit_names", data.units.get(metric, "")),
                    words.word("scopes", info.scope) if info else "",
                    words.definition(metric),
                    _options(data, metric),
                    words.told(visible(info.source)) if info else "",
                    info.rule if info else "",
                )
            )
    columns = (
        Column("类别", width=14),
        Column("指标", width=24),
        Column("标识", width=24),
        Column("单位", width=8),
        Column("汇总方式", "wrap", 14),
        Column("定义", "wrap", 60),
        Column("参数", "wrap", 20),
        Column("来源", "wrap", 20),
        Column("规则", "wrap", 11),
    )
    notes = ("全部指标、参数与各平台规则包见同一文件夹里的 handbook.html（考核手册）。",)
    return Block("指标", columns, rows, notes=notes)


def inputs_block(data: Prepared) -> Block:
    """Files as read: rows in = used + rejected. Many files of one kind in one folder (a chat a file) are one
    row; each with its checksum stands in manifest.json."""
    kinds: dict[tuple[str, str, str], list[InputFile]] = {}
    for file in data.evaluation.month.inputs:
        folder, slash, _ = file.file.rpartition("/")
        top = folder.split("/")[0] + slash
        kinds.setdefault((top, file.table, file.format), []).append(file)
    rows = []
    for (top, table, form), files in kinds.items():
        groups = [files] if len(files) > FILES_NAMED else [[f] for f in files]
        for group in groups:
            name = visible(group[0].file)
            if len(group) > 1:
                name = data.words.say("{folder}…（{n} 个文件）", folder=visible(top), n=f"{len(group):,}")
            rows.append((name, table, visible(form), *_sums(group)))
    columns = (
        Column("文件", width=30),
        Column("表", width=14),
        Column("格式", width=18),
        Column("读入行", "count"),
        Column("采用", "count"),
        Column("拒收", "count"),
    )
    total = (
        data.words.say("合计"),
        data.words.say("{n} 个文件", n=f"{len(data.evaluation.month.inputs):,}"),
        "",
        *_sums(data.evaluation.month.inputs),
    )
    return Block("输入文件", columns, rows, total=total, notes=("每个文件的校验和见 manifest.json。",))


def _sums(files: list[InputFile]) -> tuple[int, int, int]:
    """Rows in, used, rejected."""
    return sum(f.rows_in for f in files), sum(f.rows_used for f in files), sum(f.rows_rejected for f in files)


def rules_block(data: Prepared) -> Block:
    config = data.evaluation.month.config
    rows = [(visible(file), sha) for file, sha in config.sources.items()]
    return Block(
        "规则文件",
        (Column("文件", width=30), Column("SHA-256", "id", 70)),
        rows,
        notes=(data.words.say("程序版本：{version}", version=data.version),),
    )
