"""Reads which figure a plan or a pack means: ``metric`` with its own options beside it (SPEC §7, §8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from evaluator.metrics.request import METRIC_OPTIONS, STANDARD, MetricRequest
from evaluator.rulebook import MetricInfo
from evaluator.yamlfile import Node, did_you_mean

Catalogue = Mapping[str, MetricInfo]

UNITS_OF_REPLY = (
    "message",
    "turn",
    "consult",
    "consult_all",
    "consult_first",
    "consult_mean",
    "session_first",
    "session_mean",
)
CHOICES = {
    "unit": UNITS_OF_REPLY,
    "source": ("human", "robot"),
    "stage": ("inquiry", "after_sale"),
    "refund_kind": ("refund_only", "return_refund", "exchange"),
}
EXAMPLES = {"seconds": "seconds: 180", "unit": "unit: consult"}
#: How an option is written; one of CHOICES where nothing stands here.
WRITTEN = {
    "seconds": "positive",
    "cap_s": "positive",
    "unanswered_as_s": "integer",
    "hours": "hours",
} | dict.fromkeys(("by_seller", "robots", "mark_immature"), "flag")
WITHIN = re.compile(rf"^reply_within_([1-9][0-9]{{0,5}})s_({'|'.join(UNITS_OF_REPLY)})$")


def read_request(node: Node, catalogue: Catalogue, *, of_the_shop: bool = False) -> MetricRequest:
    """A metric with nothing but its own options, as packs list them: a name, or ``{metric: …, …}``."""
    if isinstance(node.value, str):
        return read_metric(node, {}, catalogue, of_the_shop=of_the_shop)
    pairs = node.mapping(("metric", *METRIC_OPTIONS))
    return read_metric(node.need(pairs, "metric"), pairs, catalogue, of_the_shop=of_the_shop)


def read_metric(
    name_node: Node, pairs: Mapping[str, Node], catalogue: Catalogue, *, of_the_shop: bool = False
) -> MetricRequest:
    """The figure that ``metric: name`` with the options beside it means. ``reply_within_180s_consult`` and
    the like carry theirs in the name. Errors: unknown metric, one of the shop only (unless asked ``of_the_shop``),
    an option not its own."""
    name = name_node.text()
    given = [key for key in METRIC_OPTIONS if key in pairs]
    named = STANDARD.get(name)
    if named is None and (match := WITHIN.match(name)):
        named = MetricRequest.of("reply_within", {"seconds": int(match[1]), "unit": match[2]})
    if named is not None:
        for key in given:
            pairs[key].fail(
                f"指标 {name} 的名称已含条件，不能再写 {key}；请改用 metric: reply_within", seen=False
            )
        return named
    info = catalogue.get(name)
    if info is None:
        name_node.fail(f"没有这个指标{did_you_mean(name, [*catalogue, *STANDARD])}")
    if info.scope == "shop" and not of_the_shop:
        name_node.fail(f"“{info.name}”是店铺指标，没有个人数值，不能用于个人方案")
    for key in given:
        if key not in info.options:
            takes = "、".join(info.options) or "（无）"
            pairs[key].fail(f"指标 {name}（{info.name}）没有选项 {key}；可用：{takes}", seen=False)
    for key in info.must:
        if key not in pairs:
            name_node.fail(f"{name} 缺少 {key}（如 {EXAMPLES[key]}）", seen=False)
    return MetricRequest.of(name, {key: _option(key, pairs[key], info) for key in given})


def _option(key: str, node: Node, info: MetricInfo) -> object:
    readers: dict[str, Callable[[], object]] = {
        "positive": lambda: node.integer(least=1),
        "integer": node.integer,
        "hours": node.hours,
        "flag": node.flag,
    }
    if key in WRITTEN:
        return readers[WRITTEN[key]]()
    return node.choice(choices_of(key, info))


def choices_of(option: str, info: MetricInfo) -> tuple[str, ...]:
    """What an option of a metric may be."""
    return info.choices.get(option) or CHOICES[option]
