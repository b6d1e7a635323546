"""The month at a glance: all shops together, beside the last month and what the plans ask for."""

from __future__ import annotations

from decimal import Decimal

from evaluator.metrics.spread import newcombe
from evaluator.numbers import half_up
from evaluator.render.sheet import Block, Cell, Column, Item, Row, show
from evaluator.render.text import visible
from evaluator.render.view import kpi
from evaluator.render.view.history import EarlierMonth
from evaluator.render.view.prepared import Figure, Prepared
from evaluator.render.view.standing import scored_metrics
from evaluator.render.view.targets import Target, plan_targets

HEADLINES = (
    "consults", "inquiries", "shop_conversion_rate", "conversion_rate", "shop_sales", "sales", "silent_share",
    "avg_order_value", "first_response", "avg_response", "reply_rate", "satisfaction", "refund_rate", "complaint_rate",
)  # fmt: skip
_SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "="}
_WITH_UNIT = frozenset({"s", "hours", "yuan"})  # whose numbers do not say it
#: Settings that differ from month to month and change no definition.
_OF_THE_MONTH = frozenset({"orders_through", "internal_accounts", "auto_reply_prefixes"})


def all_shops(data: Prepared, metric: str) -> Figure | None:
    """A metric over all shops: numerators and denominators add up (SPEC §1). Only for metrics that do: no
    medians, no concurrency."""
    figures = [f for shop in data.ids("shop") if (f := data.figure("shop", shop, metric))]
    if len(figures) <= 1:
        return figures[0] if figures else None
    known = [f for f in figures if f.status != "missing" and f.numerator]
    if not known:
        return figures[0]
    top = sum((Decimal(f.numerator or 0) for f in known), Decimal(0))
    if not any(f.denominator for f in known):
        return known[0]._replace(value=str(top), numerator=str(top))
    bottom = sum((Decimal(f.denominator or 0) for f in known), Decimal(0))
    status = "immature" if any(f.status == "immature" for f in known) else "final"
    return known[0]._replace(
        value=str(top / bottom) if bottom else None,
        numerator=str(top),
        denominator=str(bottom),
        status=status if bottom else "missing",
    )


Parts = tuple[Decimal, Decimal | None]  # value, and of a quotient the denominator


def before(month: EarlierMonth, metric: str) -> Parts | None:
    """The same of an earlier month: value and denominator, over all its shops."""
    if len(month.shops) == 1:
        value = month.value("shop", month.shops[0], metric)
        return None if value is None else (value, month.denominator("shop", month.shops[0], metric))
    parts = [
        (top, month.denominator("shop", shop, metric))
        for shop in month.shops
        if (top := month.numerator("shop", shop, metric)) is not None
    ]
    if not parts:
        return None
    over, under = sum((t for t, _ in parts), Decimal(0)), sum((b or Decimal(0) for _, b in parts), Decimal(0))
    if not any(b is not None for _, b in parts):
        return over, None
    return (over / under, under) if under else None


def glance_block(data: Prepared) -> Block:
    """A row a metric: this month, the last, the change, and how many of each plan reach what it asks for."""
    metrics = list(dict.fromkeys((*HEADLINES, *scored_metrics(data))))
    last = data.history.last
    rows: list[Row] = []
    for metric in metrics:
        figure = all_shops(data, metric)
        if figure is None:
            continue
        unit = data.words.word("unit_names", figure.unit) if figure.unit in _WITH_UNIT else ""
        row: list[Item] = [Cell(data.words.metric(metric), note=unit), kpi.cell(data, figure)]
        if last is not None:
            row += _last(data, metric, figure, last)
        rows.append((*row, _targets(data, metric)))
    total = data.evaluation.pay.payroll_total
    row = [Cell(data.words.say("工资总额"), note=data.words.word("unit_names", "yuan")), Cell(total, "money")]
    if last is not None:
        paid = last.payroll_total
        row += [
            Cell(paid, "money"),
            _change(data, "money", total, paid, "") if paid is not None else Cell(None),
        ]
    rows.append((*row, ""))
    columns = [Column("指标"), Column("本期", "count")]
    if last is not None:
        columns += [Column("上期", "count", note=last.label), Column("变化", "count")]
    return Block("本月一览", (*columns, Column("方案的目标", "wrap")), rows, notes=tuple(_notes(data)))


def _last(data: Prepared, metric: str, figure: Figure, last: EarlierMonth) -> list[Item]:
    """The last month's figure and the change since."""
    kind, was = data.kind(metric, figure.unit), before(last, metric)
    if was is None:
        return [Cell(None, kind), Cell(None)]
    value, denominator = was
    sample = "" if denominator is None else f"n={denominator:,.0f}"
    shown = Cell(float(value), kind, sample)
    if figure.status == "missing" or not figure.value:
        return [shown, Cell(None)]
    return [shown, _change(data, kind, Decimal(figure.value), value, _certainty(data, metric, figure, was))]


def _change(data: Prepared, kind: str, now: Decimal, was: Decimal, note: str) -> Cell:
    """Shares in percentage points, all else in per cent."""
    if kind == "ratio":
        return Cell(data.words.say("{n} 个百分点", n=_signed(now - was, 2)), "count", note)
    if not was:
        return Cell(None, "count", note)
    return Cell(f"{_signed((now - was) / abs(was), 1)}%", "count", note)


def _signed(share: Decimal, places: int) -> str:
    """Hundredths with their sign; what rounds to nothing has none."""
    shown = half_up(share * 100, places)
    return f"{shown:+f}" if shown else f"{abs(shown):f}"


def _certainty(data: Prepared, metric: str, figure: Figure, was: Parts) -> str:
    """Of shares: whether the change is more than chance would make."""
    info, (value, of) = data.words.info(metric), was
    if info is None or not info.is_share or not figure.denominator or not of or data.kind(metric) != "ratio":
        return ""
    now = (Decimal(figure.numerator or 0), Decimal(figure.denominator))
    if (
        figure.unit != "ratio"
        or now[1] != now[1].to_integral_value()
        or not 0 <= now[0] <= now[1]
        or not 0 <= value <= 1
    ):
        return ""
    if metric in _OF_MONEY:
        return ""
    between = newcombe(now, (value * of, of))
    return data.words.say("变化不显著") if between.holds(0.0) else data.words.say("变化显著")


#: Shares of yuan: no draws to count.
_OF_MONEY = frozenset({"silent_share"})


def _targets(data: Prepared, metric: str) -> str:
    say, kind = data.words.say, data.kind(metric)
    return "\n".join(
        say(
            "{plan}：{target}，{met}/{of} 人达到",
            plan=t.plan,
            target=shown_target(t.target, kind),
            met=t.met,
            of=t.of,
        )
        for t in plan_targets(data, metric)
    )


def shown_target(target: Target, kind: str) -> str:
    return f"{_SIGNS.get(target.op, target.op)} {show(target.limit, kind)}"


def _notes(data: Prepared) -> list[str]:
    say, last = data.words.say, data.history.last
    if last is None:
        return [say("没有给上期结果：用 run --history 指定以前的结果文件夹，这里就有上期与变化。")]
    notes = [
        say(
            "上期：{label}。比率的变化附有判断：两期之差的 95% 区间（Newcombe）含 0 的为不显著。",
            label=last.label,
        )
    ]
    new, gone = (_named(a, b) for a, b in ((data.ids("shop"), last.shops), (last.shops, data.ids("shop"))))
    if new or gone:
        notes.append(
            say(
                "店铺与上期不同：本期多 {new}，少 {gone}；合计不可直接相比。",
                new=new or "—",
                gone=gone or "—",
            )
        )
    changed = _changed_settings(data, last)
    if changed:
        notes.append(say("口径与上期不同：{settings}。", settings=data.words.say("、").join(changed)))
    return notes


def _named(some: object, others: object) -> str:
    left = set(some) - set(others)  # type: ignore[call-overload]
    return "、".join(visible(s) for s in sorted(left))


def _changed_settings(data: Prepared, last: EarlierMonth) -> list[str]:
    then, now = last.run.manifest.get("settings", {}), data.evaluation.manifest["settings"]
    return [
        data.words.word("settings", key)
        for key in now
        if key in then and then[key] != now[key] and key not in _OF_THE_MONTH
    ]
