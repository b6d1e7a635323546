"""Reads rule packs, ``rules/platforms/<pack>.yaml``, and refuses what cannot be meant.

A file is a pack (``items``), a bundle of packs (``packs``), or both. Errors are EvaluatorErrors with file, line, key,
the value seen and what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from evaluator.assess.pack import SCOPES, Item, Pack, Window
from evaluator.dated import Holding, Stale, pick_for
from evaluator.metrics.request import METRIC_OPTIONS
from evaluator.plan import DEFAULT_MAX_LEFT_OUT, Plan
from evaluator.planfile import SCORE_OPTIONS, read_grades, read_scoring
from evaluator.planmetric import Catalogue, read_metric, read_request
from evaluator.tables import TABLES
from evaluator.yamlfile import Node

#: Keys of a pack's file; ``settings`` and ``metrics`` feed the month (``settings.py``).
PACK_KEYS = (
    *("name", "source", "reviewed_until", "scope", "window", "items", "grades", "max_left_out", "joins_with"),
    *("packs", "settings", "metrics", "note"),
)
ITEM_SCORING = ("weight", "method", "min_sample", "lower_is_better")
ITEM_KEYS = (
    *("id", "name", "metric", "window", "target", "consequence", "one_more", "section", "note", "breakdown"),
    "each_day",
    *ITEM_SCORING,
)

GRADE_KEYS = ("consequence",)
WINDOWS = ("period", "half_months")
NOT_DATED = (
    "settings",
    "metrics",
    "reviewed_until",
)  # as a whole; ``settings`` and ``metrics`` are read by the month


def read_pack(root: Node, pack_id: str, day: date, stale: list[Stale], catalogue: Catalogue) -> Pack:
    """The pack of a file as it holds on ``day``; without ``items`` it assesses nothing."""
    nodes = root.mapping(PACK_KEYS)
    until = nodes["reviewed_until"].day() if "reviewed_until" in nodes else None
    if until and day > until:
        stale.append(Stale(nodes["reviewed_until"].where, until))
    holdings: list[Holding] = []
    held = {
        key: found
        for key, node in nodes.items()
        if key not in NOT_DATED and (found := pick_for(node, day, stale, holdings)) is not None
    }
    window = read_window(held["window"], whole_pack=True) if "window" in held else Window()
    pack = Pack(
        id=pack_id,
        name=held["name"].text() if "name" in held else pack_id,
        scope=held["scope"].choice(SCOPES) if "scope" in held else "shop",
        source=held["source"].text() if "source" in held else "",
        reviewed_until=until,
        window=window,
        joins_with=tuple(n.choice(TABLES) for n in held["joins_with"].items())
        if "joins_with" in held
        else (),
        holdings=tuple(holdings),
    )
    if "items" not in held:
        for key in ("grades", "max_left_out"):
            if key in held:
                held[key].fail("有它就应有 items", seen=False)
        return pack
    items = _items(held["items"], pack, catalogue)
    return replace(pack, items=items, plan=_plan(held, pack.name, items))


def read_window(node: Node, *, whole_pack: bool = False) -> Window:
    """``period``, ``{last_days: 30}``; for a whole pack also ``half_months``."""
    if isinstance(node.value, dict):
        pairs = node.mapping(["last_days"])
        return Window("last_days", node.need(pairs, "last_days").integer(least=1))
    return Window(node.choice(WINDOWS if whole_pack else WINDOWS[:1]))


def _items(node: Node, pack: Pack, catalogue: Catalogue) -> tuple[Item, ...]:
    found: dict[str, Item] = {}
    for entry in node.items("考核项列表"):
        item = _item(entry, pack, catalogue)
        if item.id in found:
            entry.pairs()["id"].fail("考核项重名")
        found[item.id] = item
    if not found:
        node.fail("至少应有一个考核项")
    return tuple(found.values())


def _item(node: Node, pack: Pack, catalogue: Catalogue) -> Item:
    pairs = node.mapping((*ITEM_KEYS, *SCORE_OPTIONS, *METRIC_OPTIONS))
    metric, of_the_shop = node.need(pairs, "metric"), pack.scope == "shop"
    request = read_metric(metric, pairs, catalogue, of_the_shop=of_the_shop)
    breakdown = pairs["breakdown"].items("指标列表") if "breakdown" in pairs else []
    item_id = node.need(pairs, "id").text()
    lower = pairs["lower_is_better"].flag() if "lower_is_better" in pairs else False

    def text(key: str) -> str:
        return pairs[key].text() if key in pairs else ""

    scoring = None
    if "method" in pairs:
        scoring = read_scoring(node, pairs, item_id, request, beside=("target",))
    else:
        _no_scoring(pairs)
    return Item(
        id=item_id,
        name=text("name") or catalogue[request.metric].name,
        request=request,
        window=_item_window(pairs, pack),
        target=pairs["target"].number() if "target" in pairs else None,
        lower_is_better=lower,
        scoring=scoring,
        consequence=text("consequence"),
        one_more=text("one_more"),
        section=text("section"),
        note=text("note"),
        each_day=_each_day(pairs),
        path=node.path,
        breakdown=tuple(read_request(n, catalogue, of_the_shop=of_the_shop) for n in breakdown),
    )


def _each_day(pairs: Mapping[str, Node]) -> bool:
    if "each_day" not in pairs:
        return False
    if "target" not in pairs:
        pairs["each_day"].fail("逐日考核需要 target（目标）", seen=False)
    return pairs["each_day"].flag()


def _item_window(pairs: Mapping[str, Node], pack: Pack) -> Window:
    if "window" not in pairs:
        return pack.window
    if pack.window.kind == "half_months":
        pairs["window"].fail("整个规则包按半月考核，考核项不能另写 window", seen=False)
    return read_window(pairs["window"])


def _no_scoring(pairs: Mapping[str, Node]) -> None:
    """Without a method there are no points, so nothing that says how many."""
    for key in ("weight", "min_sample", *SCORE_OPTIONS):
        if key in pairs and key != "target":
            pairs[key].fail("没有写 method（计分方法），这个选项没有意义", seen=False)


def _plan(held: Mapping[str, Node], name: str, items: tuple[Item, ...]) -> Plan | None:
    """Items with points, and the grades, as a plan (SPEC §8)."""
    score = tuple(item.scoring for item in items if item.scoring is not None)
    if not score:
        if "grades" in held:
            held["grades"].fail("有 grades 就应有写了 method 的考核项", seen=False)
        return None
    left_out: Decimal = DEFAULT_MAX_LEFT_OUT
    if "max_left_out" in held:
        left_out = held["max_left_out"].number(least=0)
        if left_out > 1:
            held["max_left_out"].fail("应在 0 与 1 之间（可缺指标的权重占比）")
    grades = read_grades(held["grades"], GRADE_KEYS) if "grades" in held else ()
    plan = Plan(name=name, score=score, grades=grades, max_left_out=left_out)
    if not plan.weight_sum:
        held["items"].fail("各考核项的权重之和应大于 0", seen=False)
    return plan
