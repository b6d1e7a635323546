"""§7: every metric at agent, group and shop scope."""

from __future__ import annotations

from . import metrics_care as care
from . import metrics_money as money
from . import metrics_talk as talk
from .cell import MISSING, Cell, Metric, Options
from .facts import Facts, Scope
from .month import Row

Requests = dict[str, tuple[str, Options]]  # row id → (metric, options)

METRICS: dict[str, Metric] = {
    "consults": talk.consults,
    "receptions_direct": talk.receptions_direct,
    "transferred_in": talk.transferred_in,
    "transferred_out": talk.transferred_out,
    "inquiries": talk.inquiries,
    "won": talk.outcome_count("won"),
    "lost": talk.outcome_count("lost"),
    "assisted": talk.outcome_count("assist"),
    "passed": talk.outcome_count("passed"),
    "immature": talk.outcome_count("immature"),
    "conversion_rate": talk.conversion_rate,
    "shop_conversion_rate": talk.shop_conversion_rate,
    "chased": talk.chased,
    "chased_paid": talk.chased_paid,
    "chase_rate": talk.chase_rate,
    "transfer_out_rate": talk.transfer_out_rate,
    "sales": money.sales,
    "net_sales": money.net_sales,
    "late_refunds": money.late_refunds,
    "orders": money.orders,
    "quantity": money.quantity,
    "sales_buyers": money.sales_buyers,
    "avg_order_value": money.avg_order_value,
    "items_per_buyer": money.items_per_buyer,
    "avg_item_price": money.avg_item_price,
    "orders_created": money.orders_created,
    "payment_rate": money.payment_rate,
    "assist_order_buyers": money.assist_buyers("assist_order"),
    "assist_followup_buyers": money.assist_buyers("assist_followup"),
    "assist_order_amount": money.assist_amount("assist_order"),
    "assist_followup_amount": money.assist_amount("assist_followup"),
    "reply_rate": talk.reply_rate,
    "unreplied": talk.unreplied,
    "first_response": talk.first_response,
    "first_response_median": talk.first_response_median,
    "first_response_p90": talk.first_response_p90,
    "avg_response": talk.avg_response,
    "avg_response_median": talk.avg_response_median,
    "avg_response_p90": talk.avg_response_p90,
    "reply_within": talk.reply_within,
    "slow_receptions": talk.slow_receptions,
    "long_receptions": talk.long_receptions,
    "messages_sent": talk.messages_sent,
    "chars_sent": talk.chars_sent,
    "answer_ratio": talk.answer_ratio,
    "max_concurrent": talk.max_concurrent,
    "online_hours": care.online_hours,
    "satisfaction": care.satisfaction,
    "very_satisfied": care.very_satisfied,
    "refund_rate": money.refund_rate,
    "refund_amount": money.refund_amount,
    "refund_hours": money.refund_hours,
    "seller_closed_rate": money.seller_closed_rate,
    "complaint_rate": care.complaint_rate,
    "dispute_rate": care.dispute_rate,
    "fcr_72h": talk.fcr_72h,
    "resolution_rate": care.resolution_rate,
    "shop_sales": money.shop_sales,
    "silent_sales": money.silent_sales,
    "silent_share": money.silent_share,
}

#: Metrics of a shop only.
SHOP_ONLY = ("shop_conversion_rate", "resolution_rate", "shop_sales", "silent_sales", "silent_share")

DAYTIME = ["08:00", "23:00"]

#: §7: every run computes at least the table with these ``reply_within`` ids.
REQUESTS: Requests = {
    **{name: (name, {}) for name in METRICS if name != "reply_within"},
    "reply_within_30s_message": ("reply_within", {"seconds": 30, "unit": "message", "hours": DAYTIME}),
    "reply_within_180s_consult": ("reply_within", {"seconds": 180, "unit": "consult", "hours": DAYTIME}),
    "reply_within_180s_turn": ("reply_within", {"seconds": 180, "unit": "turn"}),
    "reply_within_120s_consult_first": ("reply_within", {"seconds": 120, "unit": "consult_first"}),
    "reply_within_180s_consult_mean": ("reply_within", {"seconds": 180, "unit": "consult_mean"}),
}


def kpi(found: Facts, requests: Requests = REQUESTS) -> list[Row]:
    """Rows of ``tables/kpi.csv`` for these requests."""
    rows = []
    for scope in scopes(found):
        for name, (metric, options) in requests.items():
            cell = one(found, scope, metric, options)
            rows.append(
                {
                    "scope": scope.kind,
                    "id": scope.id,
                    "name": scope.name,
                    "metric": name,
                    "value": cell.value,
                    "numerator": cell.numerator,
                    "denominator": cell.denominator,
                    "status": cell.status,
                }
            )
    return sorted(rows, key=lambda row: (row["scope"], row["id"], row["metric"]))


def one(found: Facts, scope: Scope, metric: str, options: Options) -> Cell:
    if metric in SHOP_ONLY and scope.kind != "shop":
        return MISSING
    return METRICS[metric](found, scope, options)


def scopes(found: Facts) -> list[Scope]:
    """§7 rows exist for every roster employee of the period who is no robot, and for every other agent with
    facts; for the groups of the period's profiles; for the shops."""
    profiles = found.agents.profiles
    rows = []
    for agent in agents_of(found):
        name = profiles[agent].name if agent in profiles else "未绑定"
        rows.append(Scope("agent", agent, name, frozenset({agent})))
    for group in sorted({p.group for p in profiles.values() if p.group and p.role != "robot"}):
        members = {p.employee_id for p in profiles.values() if p.group == group}
        rows.append(Scope("group", group, group, frozenset(members)))
    return rows + [Scope("shop", shop, shop) for shop in shops(found)]


def agents_of(found: Facts) -> list[str]:
    """One who sends only robot messages, or whose role is robot, gets no row unless he has a reception that
    is no robot's."""
    roster = {p.employee_id for p in found.agents.profiles.values() if p.role != "robot"}
    return sorted(roster | {r.agent for r in found.receptions if not r.is_robot})


def shops(found: Facts) -> list[str]:
    return sorted({m.shop for m in found.messages} | {x.shop for x in found.orders})
