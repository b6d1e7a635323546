"""Metrics of orders: sales, quantities, payment, assists (SPEC §7)."""

from __future__ import annotations

import polars as pl

from evaluator.metrics.figures import CREDITED, FEN, ORDERS, PAID_DAY, Answer, Figure, Maker, registering
from evaluator.metrics.measures import ROWS, Measure
from evaluator.metrics.monthfacts import MonthFacts
from evaluator.metrics.request import MetricRequest

MAKERS: dict[str, Maker] = {}
metric = registering(MAKERS)

SALES = Measure("sales", "paid_orders", pl.when(CREDITED).then(pl.col("counted")).otherwise(0))
SALES_BUYERS = Measure("sales_buyers", "paid_orders:credited", pl.col("b").is_not_null(), PAID_DAY)
QUANTITY = Measure(
    "quantity", "paid_orders", pl.when(CREDITED).then(pl.col("quantity")).otherwise(0).fill_null(0)
)
NO_QUANTITY = Measure("no_quantity", "paid_orders", CREDITED & pl.col("quantity").is_null())
ALL_SALES = Measure("all_sales", "paid_orders", pl.col("counted"))
SILENT = Measure("silent_sales", "paid_orders", pl.when(CREDITED).then(0).otherwise(pl.col("counted")))


def _credited(facts: MonthFacts) -> pl.DataFrame:
    return facts["paid_orders"].filter(CREDITED)


_SALES = {
    "sales": Figure(SALES, scale=FEN),
    "orders": Figure(ORDERS),
    "sales_buyers": Figure(SALES_BUYERS),
    "avg_order_value": Figure(SALES, SALES_BUYERS, FEN),
}
_QUANTITIES = {
    "quantity": Figure(QUANTITY),
    "items_per_buyer": Figure(QUANTITY, SALES_BUYERS),
    "avg_item_price": Figure(SALES, QUANTITY, FEN),
}
_OF_THE_SHOP = {
    "shop_sales": Figure(ALL_SALES, scale=FEN),
    "silent_sales": Figure(SILENT, scale=FEN),
    "silent_share": Figure(SILENT, ALL_SALES, FEN, FEN),
}


@metric(*_SALES)
def sales(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-A4, credited orders."""
    facts.add("paid_orders:credited", _credited)
    return Answer(_SALES[request.metric])


@metric(*_QUANTITIES)
def quantities(request: MetricRequest, facts: MonthFacts) -> Answer:
    """One credited order without a quantity makes them missing."""
    facts.add("paid_orders:credited", _credited)
    return Answer(_QUANTITIES[request.metric], unless=(NO_QUANTITY, "有归属订单没有件数"))


@metric(*_OF_THE_SHOP)
def of_the_shop(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(None, _OF_THE_SHOP[request.metric])


@metric("net_sales")
def net_sales(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-A4: sales less the refunds of these orders completed in the period."""
    net = pl.when(CREDITED).then(pl.col("counted") - pl.col("back")).otherwise(0)
    return Answer(Figure(Measure("net_sales", "paid_orders", net, rows=CREDITED), scale=FEN))


@metric("late_refunds")
def late_refunds(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-A4: refunds completed in the period on orders paid before it."""
    return Answer(
        Figure(
            Measure("late_refunds", "late_refunds", pl.when(CREDITED).then(pl.col("taken")).otherwise(0)),
            scale=FEN,
        )
    )


@metric("orders_created", "payment_rate")
def created(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("orders_created", "created_orders", ROWS)
    if request.metric == "orders_created":
        return Answer(Figure(every))
    return Answer(Figure(Measure("paid_in_time", "created_orders", pl.col("paid_in_time")), every))


@metric("assist_order_buyers", "assist_followup_buyers", "assist_order_amount", "assist_followup_amount")
def assisted(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-A6: distinct buyer-days; distinct orders' counted amounts."""
    kind = "placed" if request.metric.startswith("assist_order") else "followed"
    if request.metric.endswith("_buyers"):
        return Answer(Figure(Measure(request.metric, "assists", pl.col(kind), PAID_DAY)))
    return Answer(Figure(Measure(request.metric, "assists", pl.col(f"{kind}_fen"), ("o",)), scale=FEN))
