"""KPI tables: one row an agent, group or shop, one column a metric (SPEC §7)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from evaluator.render.sheet import Block, Cell, Column, Item, Row
from evaluator.render.text import visible
from evaluator.render.view.prepared import Figure, Prepared

#: Metrics by topic, in reading order. What stands in none comes under the last heading.
TOPICS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "接待与询单",
        (
            "consults",
            "receptions_direct",
            "transferred_in",
            "transferred_out",
            "transfer_out_rate",
            "inquiries",
            "won",
            "lost",
            "assisted",
            "passed",
            "immature",
            "conversion_rate",
            "shop_conversion_rate",
            "chased",
            "chased_paid",
            "chase_rate",
        ),
    ),
    (
        "销售",
        (
            "sales",
            "net_sales",
            "late_refunds",
            "orders",
            "quantity",
            "sales_buyers",
            "avg_order_value",
            "items_per_buyer",
            "avg_item_price",
            "orders_created",
            "payment_rate",
            "shop_sales",
            "silent_sales",
            "silent_share",
        ),
    ),
    (
        "响应",
        (
            "reply_rate",
            "unreplied",
            "first_response",
            "first_response_median",
            "first_response_p90",
            "avg_response",
            "avg_response_median",
            "avg_response_p90",
            "reply_within",
        ),
    ),
    (
        "工作量",
        (
            "messages_sent",
            "chars_sent",
            "answer_ratio",
            "max_concurrent",
            "online_hours",
            "slow_receptions",
            "long_receptions",
        ),
    ),
    (
        "协助",
        (
            "assist_order_buyers",
            "assist_order_amount",
            "assist_followup_buyers",
            "assist_followup_amount",
        ),
    ),
    (
        "服务质量与售后",
        (
            "satisfaction",
            "very_satisfied",
            "refund_rate",
            "refund_amount",
            "refund_hours",
            "seller_closed_rate",
            "complaint_rate",
            "dispute_rate",
            "fcr_72h",
            "resolution_rate",
        ),
    ),
)
OTHER = "其他指标"


def topics(data: Prepared) -> list[tuple[str, list[str]]]:
    """(heading, metrics of the run under it); every metric of the run stands under exactly one."""
    home = {metric: (n, m) for n, (_, ids) in enumerate(TOPICS) for m, metric in enumerate(ids)}
    sorted_in: list[list[tuple[int, int, str]]] = [[] for _ in range(len(TOPICS) + 1)]
    for order, metric in enumerate(data.metrics):
        base = metric.partition("[")[0]
        key = base if base in home else "reply_within" if base.startswith("reply_within_") else ""
        topic, place = home.get(key, (len(TOPICS), 0))
        sorted_in[topic].append((place, order, metric))
    titles = [*(title for title, _ in TOPICS), OTHER]
    return [
        (t, [m for _, _, m in sorted(found)]) for t, found in zip(titles, sorted_in, strict=True) if found
    ]


def value(figure: Figure) -> float | int | None:
    """A figure's value as a number to show; the exact one stands in tables/kpi.csv."""
    if figure.value is None or figure.value == "":
        return None
    exact = Decimal(figure.value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def sample(figure: Figure) -> str:
    """The sample behind a figure: ``120/288`` of a share, ``n=288`` of a mean, nothing of a count."""
    if figure.status == "missing" or not figure.denominator:
        return ""
    if figure.unit == "ratio" and figure.numerator:
        return f"{_short(figure.numerator)}/{_short(figure.denominator)}"
    return f"n={_short(figure.denominator)}"


def _short(number: str) -> str:
    exact = Decimal(number)
    return f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,.2f}"


def cell(data: Prepared, figure: Figure | None) -> Cell:
    """A figure in a page: value with its sample; missing: — with the reason; immature: marked."""
    if figure is None:
        return Cell(None)
    kind = data.kind(figure.metric, figure.unit)
    if figure.status == "missing":
        return Cell(None, kind, reason(data, figure))
    mark = data.words.word("statuses", "immature") if figure.status == "immature" else ""
    return Cell(value(figure), kind, " ".join(part for part in (sample(figure), mark) if part))


def reason(data: Prepared, figure: Figure) -> str:
    return data.words.reason(figure.reason)


def head(data: Prepared, metric: str, width: float = 12) -> Column:
    """A metric's column; its note says what it counts."""
    words = data.words
    return Column(words.metric(metric), data.kind(metric), width, words.definition(metric))


def scope_name(data: Prepared, scope: str, id: str) -> str:
    if scope == "agent":
        return data.name(id)
    figures = data.figures[scope, id]
    named = next(iter(figures.values())).name
    return visible(named or id)


def wide_block(data: Prepared) -> Block:
    """Sheet KPI: a row for each scope and id, a column for each metric of the run."""
    metrics = [m for _, found in topics(data) for m in found]
    columns = (
        Column("范围", width=7),
        Column("编号", "id", 14),
        Column("名称", width=14),
        *(head(data, m) for m in metrics),
    )
    rows: list[Row] = []
    for scope, id in data.figures:
        own = data.figures[scope, id]
        cells: list[Item] = []
        for metric in metrics:
            figure = own.get(metric)
            shown = value(figure) if figure else None
            cells.append(shown if shown is not None else Cell("—", "center"))
        rows.append((data.words.word("scope_names", scope), visible(id), scope_name(data, scope, id), *cells))
    return Block(
        "指标总表",
        columns,
        rows,
        notes=(
            "— 表示缺失，原因见待核表「缺数据与未到期的指标」；店铺级指标在客服与组的行中为 —。",
            "分子、分母与精确值见 tables/kpi.csv。",
        ),
    )


def open_block(data: Prepared) -> Block:
    """Figures that are missing or immature, with the reason. A shop's metric is missing for every agent and
    group by definition and is not listed for them."""
    words = data.words
    rows: list[Row] = []
    for (scope, id), own in data.figures.items():
        for figure in own.values():
            if figure.status == "final" or (scope != "shop" and words.is_shop_only(figure.metric)):
                continue
            rows.append(
                (
                    data.words.word("scope_names", scope),
                    visible(id),
                    scope_name(data, scope, id),
                    words.metric(figure.metric),
                    Cell(value(figure), data.kind(figure.metric, figure.unit)),
                    words.word("statuses", figure.status),
                    reason(data, figure),
                )
            )
    columns = (
        Column("范围", width=7),
        Column("编号", "id", 14),
        Column("名称", width=14),
        Column("指标"),
        Column("取值", "count"),
        Column("状态"),
        Column("原因"),
    )
    return Block("缺数据与未到期的指标", columns, rows)


def matrix(data: Prepared, scope: str, ids: Sequence[str], topic: str, metrics: Sequence[str]) -> Block:
    """A page's table of one topic: a row an id, a column a metric, each with its sample."""
    shown = [m for m in metrics if scope == "shop" or not data.words.is_shop_only(m)]
    columns = (Column(data.words.word("scope_names", scope)), *(head(data, m) for m in shown))
    rows: list[Row] = [
        (scope_name(data, scope, id), *(cell(data, data.figures[scope, id].get(m)) for m in shown))
        for id in ids
    ]
    return Block(topic, columns, rows)


def missing_block(data: Prepared) -> Block:
    """Missing metrics by reason, and of whom."""
    words = data.words
    whose: dict[tuple[str, str], list[str]] = {}
    for (scope, id), own in data.figures.items():
        for figure in own.values():
            if figure.status == "missing" and (scope == "shop" or not words.is_shop_only(figure.metric)):
                whose.setdefault((figure.metric, reason(data, figure)), []).append(
                    scope_name(data, scope, id)
                )
    rows: list[Row] = []
    for metric in data.metrics:
        for (found, why), names in whose.items():
            if found == metric:
                shown = words.say("、").join(names[:12])
                if len(names) > 12:
                    shown = words.say("{names} 等 {n} 个", names=shown, n=len(names))
                rows.append((words.metric(metric), why, len(names), shown))
    columns = (Column("指标"), Column("原因", "wrap"), Column("处数", "count"), Column("涉及", "wrap"))
    return Block("缺数据的指标", columns, rows)
