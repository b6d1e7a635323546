"""§7, metrics over orders, refunds and assists."""

from __future__ import annotations

from .attribution import Assist
from .cell import MISSING, Cell, Facts, Metric, Options, Scope, count, paid_in_period, ratio, seconds, yuan
from .month import Row, days
from .orders import Order, capped_refunds, is_mature


def credited_in(f: Facts, s: Scope) -> list[Order]:
    """Credited orders paid in the period."""
    return [x for x in f.orders if x.credited and s.takes(x.shop, x.credited) and paid_in_period(f, x.paid)]


def sales(f: Facts, s: Scope, o: Options) -> Cell:
    """R-A4 σ Σ counted amounts."""
    return count(yuan(sum(x.counted for x in credited_in(f, s))))


def net_sales(f: Facts, s: Scope, o: Options) -> Cell:
    """R-A4 σ sales − refunds completed in the period on orders paid in the period. §2: without a
    ``refunds`` table net sales = sales; with one that lacks ``completed`` it is missing."""
    if f.month.has("refunds") and not f.month.has("refunds", "completed"):
        return MISSING
    own = credited_in(f, s)
    back = sum(
        amount for x in own for done, amount in capped_refunds(x) if f.month.in_period(f.month.day(done))
    )
    return count(yuan(sum(x.counted for x in own) - back))


def late_refunds(f: Facts, s: Scope, o: Options) -> Cell:
    """R-A4 σ refunds completed in the period on orders paid before it."""
    if not f.month.has("refunds", "completed"):
        return MISSING
    own = [x for x in f.orders if x.credited and s.takes(x.shop, x.credited) and x.paid]
    early = [x for x in own if x.paid and f.month.day(x.paid) < f.month.start]
    return count(
        yuan(
            sum(
                amount
                for x in early
                for done, amount in capped_refunds(x)
                if f.month.in_period(f.month.day(done))
            )
        )
    )


def orders(f: Facts, s: Scope, o: Options) -> Cell:
    """σ credited orders."""
    return count(len(credited_in(f, s)))


def quantity_of(f: Facts, s: Scope) -> int | None:
    """§7: one credited order without a quantity makes the scope's quantity metrics missing."""
    known = [x.quantity for x in credited_in(f, s)]
    return None if None in known else sum(n for n in known if n is not None)


def quantity(f: Facts, s: Scope, o: Options) -> Cell:
    known = quantity_of(f, s)
    return MISSING if known is None else count(known)


def buyers_of(f: Facts, s: Scope) -> int:
    """β distinct (shop, buyer, day(paid)) of credited orders."""
    return len({(x.shop, x.buyer, f.month.day(x.paid)) for x in credited_in(f, s) if x.paid})


def sales_buyers(f: Facts, s: Scope, o: Options) -> Cell:
    return count(buyers_of(f, s))


def avg_order_value(f: Facts, s: Scope, o: Options) -> Cell:
    """客单价: sales ÷ sales_buyers."""
    return ratio(yuan(sum(x.counted for x in credited_in(f, s))), buyers_of(f, s))


def items_per_buyer(f: Facts, s: Scope, o: Options) -> Cell:
    """客件数: quantity ÷ sales_buyers."""
    known = quantity_of(f, s)
    return MISSING if known is None else ratio(known, buyers_of(f, s))


def avg_item_price(f: Facts, s: Scope, o: Options) -> Cell:
    """件均价: sales ÷ quantity."""
    known = quantity_of(f, s)
    return MISSING if known is None else ratio(yuan(sum(x.counted for x in credited_in(f, s))), known)


def created_in(f: Facts, s: Scope) -> list[Order]:
    """σ orders created in the period, not excluded, mature (``day(created) + N`` covered), with 落实 at
    created = the agent."""
    found = []
    for x in f.orders:
        day = f.month.day(x.created)
        agent = x.by["order"]
        if agent and s.takes(x.shop, agent) and f.month.in_period(day) and is_mature(f.month, day):
            found.append(x)
    return found


def orders_created(f: Facts, s: Scope, o: Options) -> Cell:
    return count(len(created_in(f, s)))


def payment_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """σ of those, ``day(paid) ≤ day(created) + N`` ÷ all."""
    own = created_in(f, s)
    limit = days(f.month.window)
    paid = [x for x in own if x.paid and f.month.day(x.paid) <= f.month.day(x.created) + limit]
    return ratio(len(paid), len(own))


def assists_in(f: Facts, s: Scope, kind: str) -> list[Assist]:
    """R-A6, orders paid in the period."""
    return [
        a
        for a in f.assists
        if a.kind == kind and s.takes(a.order.shop, a.agent) and paid_in_period(f, a.order.paid)
    ]


def assist_buyers(kind: str) -> Metric:
    def metric(f: Facts, s: Scope, o: Options) -> Cell:
        """β distinct (shop, buyer, day(paid))."""
        own = [a.order for a in assists_in(f, s, kind)]
        return count(len({(x.shop, x.buyer, f.month.day(x.paid)) for x in own if x.paid}))

    return metric


def assist_amount(kind: str) -> Metric:
    def metric(f: Facts, s: Scope, o: Options) -> Cell:
        """Their distinct orders' counted amounts."""
        own = {a.order.key: a.order.counted for a in assists_in(f, s, kind)}
        return count(yuan(sum(own.values())))

    return metric


def refunds_of(f: Facts) -> list[tuple[Order, Row]]:
    """Refunds with the order that they join (§2)."""
    return [(x, row) for x in f.orders for row in x.refunds]


def applied_in(f: Facts, s: Scope) -> list[Row]:
    """Refunds applied in the period (not exchanges) on orders credited to him. Shop: on orders not
    excluded."""
    return [
        row
        for x, row in refunds_of(f)
        if row["kind"] != "exchange"
        and f.month.in_period(f.month.day(row["applied"]))
        and not x.excluded
        and (x.shop == s.id if s.kind == "shop" else bool(x.credited) and s.takes(x.shop, x.credited))
    ]


def paid_orders(f: Facts, s: Scope) -> int:
    """Shop: all orders paid in the period, not excluded."""
    return sum(x.shop == s.id and not x.excluded and paid_in_period(f, x.paid) for x in f.orders)


def refund_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """÷ his orders paid in the period. Shop: ÷ orders paid in the period, not excluded."""
    if not f.month.has("refunds"):
        return MISSING
    below = paid_orders(f, s) if s.kind == "shop" else len(credited_in(f, s))
    return ratio(len(applied_in(f, s)), below)


def refund_amount(f: Facts, s: Scope, o: Options) -> Cell:
    """Their amounts."""
    return count(yuan(sum(row["amount"] for row in applied_in(f, s)))) if f.month.has("refunds") else MISSING


def handled_by(f: Facts, x: Order, row: Row, at: str) -> str | None:
    """By the handling ``account``, else the credited agent."""
    if row.get("account"):
        return f.agents.agent(row["account"], f.month.day(row[at]))
    return x.credited


def completed_in(f: Facts, s: Scope) -> list[Row]:
    """σ refunds completed in the period."""
    return [
        row
        for x, row in refunds_of(f)
        if row.get("completed")
        and f.month.in_period(f.month.day(row["completed"]))
        and handled_by(f, x, row, "completed")
        and s.takes(x.shop, handled_by(f, x, row, "completed"))
    ]


def refund_hours(f: Facts, s: Scope, o: Options) -> Cell:
    """Mean completed − applied, hours."""
    if not f.month.has("refunds", "completed"):
        return MISSING
    own = completed_in(f, s)
    return ratio(sum(seconds(row["completed"] - row["applied"]) / 3600 for row in own), len(own))


def seller_closed_rate(f: Facts, s: Scope, o: Options) -> Cell:
    """``by_seller`` ÷ completed."""
    if not f.month.has("refunds", "completed") or not f.month.has("refunds", "by_seller"):
        return MISSING
    own = completed_in(f, s)
    return ratio(sum(bool(row["by_seller"]) for row in own), len(own))


def silent_of(f: Facts, s: Scope) -> int:
    """Silent: paid in the period, not excluded, credited to nobody."""
    return sum(
        x.counted
        for x in f.orders
        if x.shop == s.id and not x.excluded and not x.credited and paid_in_period(f, x.paid)
    )


def silent_sales(f: Facts, s: Scope, o: Options) -> Cell:
    return count(yuan(silent_of(f, s)))


def shop_sales(f: Facts, s: Scope, o: Options) -> Cell:
    """Credited + silent."""
    return count(yuan(silent_of(f, s) + sum(x.counted for x in credited_in(f, s))))


def silent_share(f: Facts, s: Scope, o: Options) -> Cell:
    """Silent ÷ (credited + silent)."""
    silent = silent_of(f, s)
    return ratio(yuan(silent), yuan(silent + sum(x.counted for x in credited_in(f, s))))
