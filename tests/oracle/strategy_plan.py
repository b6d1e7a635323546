"""Hypothesis strategies for ``period.yaml``'s settings, and for plans that ask for figures with options."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

#: Figures with options, each a score entry of some plan (SPEC §7, §8): metric, options.
OPTION_REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("first_response", {"hours": ["09:00", "24:00"]}),
    ("first_response", {"cap_s": 60}),
    ("first_response", {"unanswered_as_s": 600}),
    ("avg_response", {"cap_s": 30, "unanswered_as_s": 600}),
    ("avg_response", {"hours": ["00:00", "10:00"]}),
    ("satisfaction", {"stage": "inquiry"}),
    ("satisfaction", {"source": "human"}),
    ("very_satisfied", {"stage": "after_sale", "source": "robot"}),
    *(
        ("reply_within", {"seconds": seconds, "unit": unit} | hours)
        for unit in (
            "message",
            "turn",
            "consult",
            "consult_all",
            "consult_first",
            "consult_mean",
            "session_first",
            "session_mean",
        )
        for seconds, hours in ((30, {}), (120, {"hours": ["08:00", "22:30"]}))
    ),
]


#: One mention is enough for the program's keyword rules (``rules/ads.yaml``).
AD_WORD = "诚招兼职"  # one keyword rule of `rules/ads.yaml` that suffices alone

CODE_WORDS = [("亲", 1), ("亲亲", 1), ("亲", 4)]


def settings(start: date, end: date, order_ids: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the settings of SPEC §2.1; what is not drawn keeps its default. Ads: by labels, and in some
    months by one keyword (``AD_WORD``)."""
    switch = st.booleans()
    optional = {
        "day_start": st.sampled_from(["04:00", "00:00", "06:30"]),
        "judgment": st.sampled_from(["order", "payment", "order_first", "grouped_chain"]),
        "by": st.sampled_from(["last", "rounds"]),
        "window_days": st.sampled_from([0, 1, 2]),
        "after_sale_days": st.sampled_from([3, 21]),
        "follow_days": st.sampled_from([0, 2, 15]),
        "session_gap_s": st.sampled_from([300, 600, 1800, 90_000]),
        "count_postage": switch,
        "min_amount": st.sampled_from([0.01, 5.0]),
        "exclude_memo": st.sampled_from([["补差"], []]),
        "exclude_orders": st.lists(st.sampled_from(order_ids), max_size=1),
        "credit_roles": st.sampled_from([["售前", "售后", "全能"], ["售前"]]),
        "response_hours": st.sampled_from([None, ["10:00", "18:00"], ["00:00", "24:00"]]),
        "courtesy": st.sampled_from([["好的", "谢谢！", "OK"], ["在吗"]]),
        "auto_reply_prefixes": st.just(["【自动】"]),
        "internal_accounts": st.just(["小二01"]),
        "shop_alias": st.just({"甲店旗舰店": "shop_a"}),
        "filters": st.fixed_dictionaries(
            {},
            optional={
                "internal": switch,
                "manual": switch,
                "ad": switch,
                "agent_only": switch,
                "one_liner": switch,
                "code_word": st.sampled_from([None, *({"word": word, "n": n} for word, n in CODE_WORDS)]),
            },
        ),
        "orders_through": st.sampled_from([end, end - timedelta(days=2), start + timedelta(days=1)]),
    }
    ad = st.builds(
        lambda rules: {"rules": rules, "model": False, "behaviour": False},
        st.sampled_from([False, False, True]),
    )
    return st.fixed_dictionaries({"ad": ad}, optional=optional)


def plans() -> st.SearchStrategy[dict[str, Any]]:
    """A plan for everyone in 售前 whose score asks for up to four figures with options, of different
    metrics."""
    asked = st.lists(st.sampled_from(OPTION_REQUESTS), max_size=4, unique_by=lambda request: request[0])
    return asked.map(plan)


def plan(asked: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [
        {"metric": metric, **options, "weight": 10, "method": "linear", "worst": 0, "best": 1}
        for metric, options in asked
    ]
    orders = {"metric": "orders", "weight": 10, "method": "linear", "worst": 0, "best": 1}
    return {"name": "随机绩效", "applies_to": {"role": "售前"}, "score": [*entries, orders]}
