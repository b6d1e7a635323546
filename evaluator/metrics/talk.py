"""Metrics of receptions, inquiries, response and services (SPEC §7)."""

from __future__ import annotations

import polars as pl

from evaluator.metrics.figures import CONSULTS, DAY, MS, Answer, Figure, Maker, registering
from evaluator.metrics.measures import ROWS, Measure
from evaluator.metrics.monthfacts import Builder, Hours, MonthFacts, milliseconds, within
from evaluator.metrics.request import MetricRequest

MAKERS: dict[str, Maker] = {}
metric = registering(MAKERS)


# --- receptions --------------------------------------------------------------------------------------------------
@metric("consults")
def consults(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(Figure(CONSULTS))


_IN_CONSULTS = {
    "receptions_direct": ~pl.col("transferred_in"),
    "transferred_in": pl.col("transferred_in"),
    "transferred_out": pl.col("transferred_out"),
    "slow_receptions": pl.col("slow"),
    "long_receptions": pl.col("long"),
    "messages_sent": pl.col("human_messages"),
    "chars_sent": pl.col("chars"),
}


@metric(*_IN_CONSULTS)
def in_consults(request: MetricRequest, facts: MonthFacts) -> Answer:
    """Sums (σ) over consults."""
    return Answer(Figure(Measure(request.metric, "consults", _IN_CONSULTS[request.metric])))


@metric("transfer_out_rate")
def transfer_out_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(
        Figure(
            Measure("transferred_out", "consults", pl.col("transferred_out")),
            Measure("consult_rows", "consults", ROWS),
        )
    )


@metric("answer_ratio")
def answer_ratio(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(
        Figure(
            Measure("messages_sent", "consults", pl.col("human_messages")),
            Measure("messages_got", "consults", pl.col("buyer_messages")),
        )
    )


# --- inquiries ---------------------------------------------------------------------------------------------------
_ONCE = {  # an inquiry once in a scope: immature, else won if any agent won, else lost, else assisted, else passed
    "immature": pl.col("immature"),
    "won": pl.col("won") & ~pl.col("immature"),
    "lost": pl.col("lost") & ~pl.col("won") & ~pl.col("immature"),
    "assisted": pl.col("assist") & ~pl.col("lost") & ~pl.col("won") & ~pl.col("immature"),
    "passed": pl.col("passed") & ~pl.col("assist") & ~pl.col("lost") & ~pl.col("won") & ~pl.col("immature"),
    "inquiries": (pl.col("won") | pl.col("lost")) & ~pl.col("immature"),
}


def _once(name: str) -> Measure:
    return Measure(name, "consults", _ONCE[name], DAY)


@metric(*_ONCE)
def outcome(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-I4, R-I5."""
    return Answer(Figure(_once(request.metric)))


@metric("conversion_rate")
def conversion_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    return Answer(Figure(_once("won"), _once("inquiries")), immature=(_once("immature"), "询单延迟统计"))


@metric("shop_conversion_rate")
def shop_conversion_rate(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("mature_inquiries", "inquiries", ROWS)
    return Answer(None, Figure(Measure("converted_inquiries", "inquiries", pl.col("converted")), every))


@metric("chased", "chased_paid", "chase_rate")
def chased(request: MetricRequest, facts: MonthFacts) -> Answer:
    every = Measure("chased", "chases", pl.col("b").is_not_null(), DAY)
    paid = Measure("chased_paid", "chases", pl.col("paid"), DAY)
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
            Figure(Measure("replied", "consults", pl.col("replied"), DAY), CONSULTS),
            Figure(
                Measure("replied_days", "contact_days", pl.col("replied") & pl.col("asked"), DAY),
                Measure("asked_days", "contact_days", pl.col("asked"), DAY),
            ),
        )
    return Answer(
        Figure(Measure("unreplied", "consults", ~pl.col("replied"), DAY)),
        Figure(Measure("unreplied_days", "contact_days", pl.col("asked") & ~pl.col("replied"), DAY)),
    )


def response_hours(request: MetricRequest, facts: MonthFacts) -> Hours:
    """A plan's ``hours``, else the setting."""
    own: Hours = request.option("hours")
    return own if own is not None else facts.settings.response_hours


def response_wait(request: MetricRequest) -> pl.Expr:
    """The wait that counts, ms: capped, and with a figure for turns that nobody answered where the plan gives one."""
    wait = pl.col("wait")
    missed = request.option("unanswered_as_s")
    if missed is not None:
        wait = wait.fill_null(milliseconds(missed))
    cap = request.option("cap_s")
    return wait if cap is None else pl.when(wait > milliseconds(cap)).then(milliseconds(cap)).otherwise(wait)


def response_turns(request: MetricRequest, facts: MonthFacts) -> pl.Expr:
    """Which turns count: opened within the hours; first_response: the first of each consult."""
    chosen = within("opened", response_hours(request, facts))
    return chosen & pl.col("first") if request.metric.startswith("first_response") else chosen


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
    wait = pl.col("wait")
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
                (pl.col("n") != pl.col("n").shift(1)).fill_null(True).alias("first")
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
        fact, wait = ("replies", pl.col("reply_wait")) if unit == "message" else ("turns", pl.col("wait"))
        in_time = counts & (wait <= limit).fill_null(False)
        return Answer(
            Figure(Measure(f"{name}:in", fact, in_time), Measure(f"{name}:all", fact, counts & ROWS))
        )
    fact = facts.add(f"turns:{name}", _grouped_turns(request))
    if unit.startswith("session"):
        return Answer(
            Figure(Measure(f"{name}:in", fact, pl.col("passes")), Measure(f"{name}:all", fact, ROWS))
        )
    own = _within_days(name, fact)
    if not request.option("robots"):
        return Answer(own)
    return Answer(own, _within_days(f"{name}:shop", facts.add(f"days:{name}", _with_robots(request, fact))))


def _within_days(name: str, fact: str) -> Figure:
    """Buyer-days that pass ÷ all of them."""
    passes, every = pl.col("passes"), pl.col("b").is_not_null()
    return Figure(Measure(f"{name}:in", fact, passes, DAY), Measure(f"{name}:all", fact, every, DAY))


def _with_robots(request: MetricRequest, consults: str) -> Builder:
    """Consults as ``consults`` has them, and buyers' messages where robots answer: one of these in time passes, too."""
    limit, hours = milliseconds(request.option("seconds")), request.option("hours")

    def build(facts: MonthFacts) -> pl.DataFrame:
        asked = facts["robot_replies"].filter(within("ts", hours))
        passes = (pl.col("wait") <= limit).fill_null(False).alias("passes")
        columns = ("b", "a", "s", "day", "passes")
        return pl.concat([facts[consults].select(columns), asked.with_columns(passes).select(columns)])

    return build


@metric("fcr_72h")
def fcr_72h(request: MetricRequest, facts: MonthFacts) -> Answer:
    """R-C10 services, each once in a scope. ``mark_immature``: those whose 72 h are not over make it immature."""
    every = pl.col("v").is_not_null()
    young = (Measure("fcr_young", "young_services", every, ("v",)), "售后服务还不满 72 小时")
    return Answer(
        Figure(
            Measure("fcr_good", "services", pl.col("good"), ("v",)),
            Measure("fcr_all", "services", every, ("v",)),
        ),
        immature=young if request.option("mark_immature") else None,
    )
