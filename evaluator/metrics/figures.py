"""Every metric of SPEC §7 as numerator and denominator over facts.

A function here answers one metric: given what is asked (``MetricRequest``) it names the measures. Names, units and
definitions stand in ``rules/metrics.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from evaluator.metrics import carefacts, monthfacts, orderfacts
from evaluator.metrics.measures import ROWS, Measure
from evaluator.metrics.monthfacts import Builder, Hours, MonthFacts, PeriodView, milliseconds, within
from evaluator.metrics.request import MetricRequest

DAY, PAID_DAY = ("b", "day"), ("b", "paid_day")
FEN, MS, MS_PER_HOUR = 100, 1000, 3_600_000
CREDITED = pl.col("a").is_not_null()


@dataclass(frozen=True)
class Figure:
    """Numerator ÷ denominator (None: a sum or count). ``scale``: units of the numerator in one of the value's."""

    numerator: Measure
    denominator: Measure | None = None
    scale: int = 1
    denominator_scale: int = 1


@dataclass(frozen=True)
class Answer:
    """A metric's figure at agent and group scope (None: the shop's alone), at shop scope where it differs, and measures
    that must be 0 (``unless``) or that make it immature."""

    figure: Figure | None
    shop: Figure | None = None
    unless: tuple[Measure, str] | None = None
    immature: Measure | None = None

    def at(self, kind: str) -> Figure | None:
        return self.shop if kind == "shop" and self.shop is not None else self.figure


Maker = Callable[[MetricRequest, MonthFacts], Answer]
MAKERS: dict[str, Maker] = {}

#: Facts made from the month itself.
SOURCES: dict[str, Callable[[PeriodView], pl.DataFrame]] = {
    f.__name__: f
    for f in (
        monthfacts.consults,
        monthfacts.turns,
        monthfacts.replies,
        monthfacts.sessions,
        monthfacts.session_turns,
        monthfacts.chases,
        monthfacts.inquiries,
        monthfacts.contact_days,
        monthfacts.services,
        orderfacts.paid_orders,
        orderfacts.late_refunds,
        orderfacts.refunds_applied,
        orderfacts.refunds_completed,
        orderfacts.disputes,
        orderfacts.created_orders,
        orderfacts.assists,
        carefacts.ratings,
        carefacts.complaints,
        carefacts.troubled_days,
        carefacts.online_parts,
    )
}


def builders(view: PeriodView) -> dict[str, Builder]:
    """Each of SOURCES on this month."""

    def of(source: Callable[[PeriodView], pl.DataFrame]) -> Builder:
        return lambda facts: source(view)

    return {name: of(source) for name, source in SOURCES.items()}


def metric(*names: str) -> Callable[[Maker], Maker]:
    """Registers the function that answers these metrics."""

    def register(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(names, maker))
        return maker

    return register


def _col(name: str) -> pl.Expr:
    return pl.col(name)


CONSULTS = Measure("consults", "consults", _col("b").is_not_null(), DAY)


# --- receptions --------------------------------------------------------------------------------------------------
@metric("consults")
def consults(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(Figure(CONSULTS))


_IN_CONSULTS = {
    "receptions_direct": ~_col("transferred_in"),
    "transferred_in": _col("transferred_in"),
    "transferred_out": _col("transferred_out"),
    "slow_receptions": _col("slow"),
    "long_receptions": _col("long"),
    "messages_sent": _col("human_messages"),
    "chars_sent": _col("chars"),
}


@metric(*_IN_CONSULTS)
def in_consults(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Sums (σ) over consults."""
    return Answer(Figure(Measure(request.metric, "consults", _IN_CONSULTS[request.metric])))


@metric("transfer_out_rate")
def transfer_out_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(
        Figure(
            Measure("transferred_out", "consults", _col("transferred_out")),
            Measure("consult_rows", "consults", ROWS),
        )
    )


@metric("answer_ratio")
def answer_ratio(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(
        Figure(
            Measure("messages_sent", "consults", _col("human_messages")),
            Measure("messages_got", "consults", _col("buyer_messages")),
        )
    )


# --- inquiries ---------------------------------------------------------------------------------------------------
_ONCE = {  # an inquiry once in a scope: immature, else won if any agent won, else lost, else assisted, else passed
    "immature": _col("immature"),
    "won": _col("won") & ~_col("immature"),
    "lost": _col("lost") & ~_col("won") & ~_col("immature"),
    "assisted": _col("assist") & ~_col("lost") & ~_col("won") & ~_col("immature"),
    "passed": _col("passed") & ~_col("assist") & ~_col("lost") & ~_col("won") & ~_col("immature"),
    "inquiries": (_col("won") | _col("lost")) & ~_col("immature"),
}


def _once(name: str) -> Measure:
    return Measure(name, "consults", _ONCE[name], DAY)


@metric(*_ONCE)
def outcome(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-I4, R-I5."""
    return Answer(Figure(_once(request.metric)))


@metric("conversion_rate")
def conversion_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(Figure(_once("won"), _once("inquiries")), immature=_once("immature"))


@metric("shop_conversion_rate")
def shop_conversion_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("mature_inquiries", "inquiries", ROWS)
    return Answer(None, Figure(Measure("converted_inquiries", "inquiries", _col("converted")), every))


@metric("chased", "chased_paid", "chase_rate")
def chased(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("chased", "chases", _col("b").is_not_null(), DAY)
    paid = Measure("chased_paid", "chases", _col("paid"), DAY)
    return Answer(
        {"chased": Figure(every), "chased_paid": Figure(paid), "chase_rate": Figure(paid, every)}[
            request.metric
        ]
    )


# --- response ----------------------------------------------------------------------------------------------------
@metric("reply_rate", "unreplied")
def reply_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-C5; at shop scope robots' receptions join in."""
    if request.metric == "reply_rate":
        return Answer(
            Figure(Measure("replied", "consults", _col("replied"), DAY), CONSULTS),
            Figure(
                Measure("replied_days", "contact_days", _col("replied") & _col("asked"), DAY),
                Measure("asked_days", "contact_days", _col("asked"), DAY),
            ),
        )
    return Answer(
        Figure(Measure("unreplied", "consults", ~_col("replied"), DAY)),
        Figure(Measure("unreplied_days", "contact_days", _col("asked") & ~_col("replied"), DAY)),
    )


def response_hours(request: MetricRequest, facts: MonthFacts) -> Hours:
    """A plan's ``hours``, else the setting."""
    own: Hours = request.option("hours")
    return own if own is not None else facts.settings.response_hours


def response_wait(request: MetricRequest) -> pl.Expr:
    """The wait that counts, ms: capped, and with a figure for turns that nobody answered where the plan gives one."""
    wait = _col("wait")
    missed = request.option("unanswered_as_s")
    if missed is not None:
        wait = wait.fill_null(milliseconds(missed))
    cap = request.option("cap_s")
    return wait if cap is None else pl.when(wait > milliseconds(cap)).then(milliseconds(cap)).otherwise(wait)


def response_turns(request: MetricRequest, facts: MonthFacts) -> pl.Expr:
    """Which turns count: opened within the hours; first_response: the first of each consult."""
    chosen = within("opened", response_hours(request, facts))
    return chosen & _col("first") if request.metric.startswith("first_response") else chosen


@metric("first_response", "avg_response")
def response(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-C6 and the mean wait."""
    wait = pl.when(response_turns(request, facts)).then(response_wait(request))
    return Answer(
        Figure(
            Measure(f"{request.id}:wait", "turns", wait.fill_null(0)),
            Measure(f"{request.id}:n", "turns", wait.is_not_null()),
            MS,
        )
    )


def _passes(unit: str, limit: int) -> pl.Expr:
    """On turns of one consult or session: does it hold? ``wait`` null: not answered."""
    wait = _col("wait")
    if unit == "consult":
        return (wait <= limit).fill_null(False).any()
    if unit == "consult_all":
        return (wait <= limit).fill_null(False).all()
    if unit.endswith("_first"):
        return (wait.first() <= limit).fill_null(False)
    return ((wait.sum() <= limit * wait.count()) & (wait.count() > 0)).fill_null(False)


def _grouped_turns(request: MetricRequest) -> Builder:
    """Consults or sessions with at least one turn that counts, and whether they pass."""
    unit, limit = str(request.option("unit")), milliseconds(request.option("seconds"))
    hours: Hours = request.option("hours")

    def build(facts: MonthFacts) -> pl.DataFrame:
        if unit.startswith("session"):
            rows = facts["session_turns"].with_columns(
                (_col("n") != _col("n").shift(1)).fill_null(True).alias("first")
            )
            keys = ["b", "a", "s", "day", "n"]
        else:
            rows, keys = facts["turns"], ["b", "a", "s", "day"]
        if unit.endswith("_first"):
            rows = rows.filter("first")
        return (
            rows.filter(within("opened", hours))
            .group_by(keys, maintain_order=True)
            .agg(_passes(unit, limit).alias("passes"))
        )

    return build


@metric("reply_within")
def reply_within(request: MetricRequest, facts: MonthFacts) -> Answer:
    """N 秒应答率, by message, turn, consult or session."""
    unit, limit, name = str(request.option("unit")), milliseconds(request.option("seconds")), request.id
    counts = within("ts" if unit == "message" else "opened", request.option("hours"))
    if unit in ("message", "turn"):
        fact, wait = ("replies", _col("reply_wait")) if unit == "message" else ("turns", _col("wait"))
        in_time = counts & (wait <= limit).fill_null(False)
        return Answer(
            Figure(Measure(f"{name}:in", fact, in_time), Measure(f"{name}:all", fact, counts & ROWS))
        )
    fact = facts.add(f"turns:{name}", _grouped_turns(request))
    if unit.startswith("session"):
        return Answer(Figure(Measure(f"{name}:in", fact, _col("passes")), Measure(f"{name}:all", fact, ROWS)))
    return Answer(
        Figure(
            Measure(f"{name}:in", fact, _col("passes"), DAY),
            Measure(f"{name}:all", fact, _col("b").is_not_null(), DAY),
        )
    )


@metric("fcr_72h")
def fcr_72h(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-C10 services, each once in a scope."""
    return Answer(
        Figure(
            Measure("fcr_good", "services", _col("good"), ("v",)),
            Measure("fcr_all", "services", _col("v").is_not_null(), ("v",)),
        )
    )


# --- sales -------------------------------------------------------------------------------------------------------
SALES = Measure("sales", "paid_orders", pl.when(CREDITED).then(_col("counted")).otherwise(0))
ORDERS = Measure("orders", "paid_orders", CREDITED)
ALL_ORDERS = Measure("all_orders", "paid_orders", ROWS)
SALES_BUYERS = Measure("sales_buyers", "paid_orders:credited", _col("b").is_not_null(), PAID_DAY)
QUANTITY = Measure(
    "quantity", "paid_orders", pl.when(CREDITED).then(_col("quantity")).otherwise(0).fill_null(0)
)
NO_QUANTITY = Measure("no_quantity", "paid_orders", CREDITED & _col("quantity").is_null())
ALL_SALES = Measure("all_sales", "paid_orders", _col("counted"))
SILENT = Measure("silent_sales", "paid_orders", pl.when(CREDITED).then(0).otherwise(_col("counted")))


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
    net = pl.when(CREDITED).then(_col("counted") - _col("back")).otherwise(0)
    return Answer(Figure(Measure("net_sales", "paid_orders", net, rows=CREDITED), scale=FEN))


@metric("late_refunds")
def late_refunds(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-A4: refunds completed in the period on orders paid before it."""
    return Answer(
        Figure(
            Measure("late_refunds", "late_refunds", pl.when(CREDITED).then(_col("taken")).otherwise(0)),
            scale=FEN,
        )
    )


@metric("orders_created", "payment_rate")
def created(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("orders_created", "created_orders", ROWS)
    if request.metric == "orders_created":
        return Answer(Figure(every))
    return Answer(Figure(Measure("paid_in_time", "created_orders", _col("paid_in_time")), every))


@metric("assist_order_buyers", "assist_followup_buyers", "assist_order_amount", "assist_followup_amount")
def assisted(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-A6: distinct buyer-days; distinct orders' counted amounts."""
    kind = "placed" if request.metric.startswith("assist_order") else "followed"
    if request.metric.endswith("_buyers"):
        return Answer(Figure(Measure(request.metric, "assists", _col(kind), PAID_DAY)))
    return Answer(Figure(Measure(request.metric, "assists", _col(f"{kind}_fen"), ("o",)), scale=FEN))


@metric("refund_rate", "refund_amount")
def refunds(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Agents: on orders credited to them; the shop: on all that are not excluded."""
    n, fen = ROWS, _col("amount")
    if request.metric == "refund_amount":
        own = Figure(
            Measure("refund_amount", "refunds_applied", pl.when(CREDITED).then(fen).otherwise(0)), scale=FEN
        )
        return Answer(own, Figure(Measure("all_refund_amount", "refunds_applied", fen), scale=FEN))
    own = Figure(Measure("refund_count", "refunds_applied", CREDITED), ORDERS)
    return Answer(own, Figure(Measure("all_refund_count", "refunds_applied", n), ALL_ORDERS))


@metric("refund_hours", "seller_closed_rate")
def completed(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("refunds_completed", "refunds_completed", ROWS)
    if request.metric == "refund_hours":
        return Answer(Figure(Measure("refund_ms", "refunds_completed", _col("took_ms")), every, MS_PER_HOUR))
    return Answer(Figure(Measure("seller_closed", "refunds_completed", _col("by_seller")), every))


# --- care --------------------------------------------------------------------------------------------------------
@metric("satisfaction", "very_satisfied")
def satisfaction(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Options ``source`` and ``stage`` choose among the ratings."""
    chosen = ROWS
    if request.option("source"):
        chosen = chosen & (_col("rated") == request.option("source"))
    if request.option("stage"):
        chosen = chosen & (_col("stage") == request.option("stage")).fill_null(False)
    least = 4 if request.metric == "satisfaction" else 5
    return Answer(
        Figure(
            Measure(f"{request.id}:good", "ratings", chosen & (_col("score") >= least)),
            Measure(f"{request.id}:all", "ratings", chosen),
        )
    )


@metric("complaint_rate", "dispute_rate")
def per_consult(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Agents and groups ÷ their consults; the shop ÷ all orders paid."""
    fact = "complaints" if request.metric == "complaint_rate" else "disputes"
    every = Measure(fact, fact, ROWS)
    return Answer(Figure(every, CONSULTS), Figure(every, ALL_ORDERS))


@metric("resolution_rate")
def resolution_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("troubled_days", "troubled_days", ROWS)
    return Answer(None, Figure(Measure("resolved_days", "troubled_days", ~_col("bad")), every))
