"""R-F3, SPEC §3.1: labels above everything, then rules, model, behaviour; what decided is kept."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from evaluator.ads.behaviour import comparable_words, link_only, never_answers, points, shared_words
from evaluator.ads.decide import Judges, decide
from evaluator.ads.model import builtin
from evaluator.ads.rules import SIGNALS, ad_rules, rule_decisions
from evaluator.ads.talk import Talk
from evaluator.ads.told import told
from evaluator.ads.wrote import Wrote
from evaluator.settings import AdStages

Row = tuple[int, int, str]  # buyer, agent, text

AD = "专业刷单团队，安全稳定，先做后付，需要的老板加微信 abc12345"
SOFT = "本店新进一批时令鲜果欢迎各位街坊前来选购品尝"


def said(*rows: Row) -> pl.DataFrame:
    schema = {"b": pl.Int32, "a": pl.Int32, "text": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.select("b", "a", pl.lit(0, pl.Int16).alias("s"), "text")


def talk(*rows: tuple[int, str]) -> pl.DataFrame:
    """(buyer, who wrote: "b" or "a"), in order of time."""
    return pl.DataFrame(
        {
            "b": [b for b, _ in rows],
            "buyer_msg": [w == "b" for _, w in rows],
            "human": [w == "a" for _, w in rows],
        },
        schema={"b": pl.Int32, "buyer_msg": pl.Boolean, "human": pl.Boolean},
    )


def heard(rows: pl.DataFrame, messages: pl.DataFrame) -> Talk:
    return Talk(Wrote.of(rows), messages)


def labels(**marks: bool) -> pl.DataFrame:
    return pl.DataFrame(
        {"b": [int(b[1:]) for b in marks], "ad": list(marks.values())},
        schema={"b": pl.Int32, "ad": pl.Boolean},
    )


def judges(**stages: bool) -> Judges:
    on = {"rules": False, "model": False, "behaviour": False} | stages
    return Judges(ad_rules(), builtin(), AdStages(**on))


def verdicts(frame: pl.DataFrame) -> dict[int, tuple[str, bool]]:
    return {r["b"]: (r["by"], r["ad"]) for r in frame.iter_rows(named=True)}


@pytest.mark.rule("R-F3")
def test_a_label_holds_above_every_stage() -> None:
    rows = said((0, 0, AD), (1, 0, AD), (2, 0, "有大码吗"))
    all_on = judges(rules=True, model=True, behaviour=True)
    found = decide([heard(rows, talk())], labels(b1=False, b2=True), all_on)
    assert verdicts(found) == {0: ("rule", True), 1: ("label", False), 2: ("label", True)}


@pytest.mark.rule("R-F3")
def test_each_stage_by_itself() -> None:
    rows = said((0, 0, AD), (1, 0, "这件什么时候发货"))
    assert verdicts(decide([heard(rows, talk())], labels(), judges(rules=True))) == {0: ("rule", True)}
    assert verdicts(decide([heard(rows, talk())], labels(), judges(model=True)))[0] == ("model", True)
    assert decide([heard(rows, talk())], labels(), judges()).is_empty()


def test_the_same_words_to_many_are_behaviour() -> None:
    rows = said(*((b, a, SOFT + str(b)) for b in range(3) for a in range(3)), (9, 0, "这个还有货吗"))
    quiet = talk(*((b, w) for b in range(3) for w in "ba"), (9, "b"), (9, "a"), (9, "b"))
    found = decide([heard(rows, quiet)], labels(), judges(behaviour=True))
    assert {b: v for b, v in verdicts(found).items() if v[1]} == dict.fromkeys(range(3), ("behaviour", True))
    sentence = told(found.row(0, named=True))
    assert "同一段话发给 3 位客服" in sentence
    assert "客服回复后没再说话" in sentence


def test_a_platforms_ready_made_question_from_many_customers_is_no_ad() -> None:
    question = "我想了解一下这款商品什么时候可以发货"
    rows = said(*((b, 0, question) for b in range(20)))
    replied = talk(*((b, w) for b in range(20) for w in "ba"))
    found = decide([heard(rows, replied)], labels(), judges(rules=True, model=True, behaviour=True))
    assert not found["ad"].any()


def test_what_is_shared() -> None:
    rows = said(
        (0, 0, SOFT + "138"), (0, 1, SOFT + "！"), (1, 0, "您好" + SOFT), (2, 0, "短句"), (3, 0, SOFT[::-1])
    )
    found = {r["b"]: r for r in shared_words([comparable_words(Wrote.of(rows), 12)]).iter_rows(named=True)}
    assert found.keys() == {0, 1}
    assert (found[0]["same_text_agents"], found[0]["same_text_senders"]) == (2, 2)


def test_the_same_words_alone_are_no_ad() -> None:
    """Whoever goes on talking: neither many senders, nor many shops, nor several agents suffice."""
    shops = pl.Series("s", [b % 3 for b in range(30) for _ in range(3)], dtype=pl.Int16)
    question = "我想了解一下这款商品什么时候可以发货"
    rows = said(*((b, a, question) for b in range(30) for a in range(3))).with_columns(shops)
    replied = talk(*((b, w) for b in range(30) for w in "bab"))
    found = decide([heard(rows, replied)], labels(), judges(rules=True, model=True, behaviour=True))
    assert not found["ad"].any()


def test_parts_decide_as_the_whole() -> None:
    rows = said(*((b, a, SOFT) for b in range(4) for a in range(3)), (4, 0, AD), (5, 0, "有大码吗"))
    messages = talk(*((b, w) for b in range(6) for w in "ba"))
    everything = judges(rules=True, model=True, behaviour=True)
    parts = [
        heard(rows.filter(pl.col("b") % 2 == n), messages.filter(pl.col("b") % 2 == n)) for n in range(2)
    ]
    whole = decide([heard(rows, messages)], labels(), everything)
    assert decide(parts, labels(), everything).equals(whole)
    assert whole["ad"].sum() == 5


def test_links_alone() -> None:
    rows = said((0, 0, "🔗"), (1, 0, "🔗"), (1, 0, "这个有吗"), (2, 0, "🛒"), (3, 0, "🎫 !"), (4, 0, "好"))
    assert sorted(link_only(Wrote.of(rows))["b"]) == [0, 3]


def test_who_never_answers() -> None:
    rows = talk((0, "b"), (0, "a"), (1, "b"), (1, "a"), (1, "b"), (2, "b"), (3, "a"))
    assert never_answers(rows)["b"].to_list() == [0]


def test_points_are_those_of_the_rules() -> None:
    signals = pl.DataFrame({"b": [0], **{s: [None] for s in SIGNALS}}, schema_overrides={"model": pl.Float64})
    some = signals.with_columns(pl.lit(5).alias("same_text_agents"), pl.lit(0.6).alias("model"))
    rules = ad_rules().behaviour
    row = points(some, rules).row(0, named=True)
    expected = sum(
        max((p for least, p in rules.points[s] if value >= least), default=0)
        for s, value in (("same_text_agents", 5), ("model", 0.6))
    )
    assert (row["points"], row["signs"]) == (expected, "same_text_agents:5+model:0.6")


@pytest.mark.parametrize(
    "text",
    [
        "你们这个销量是不是刷的",
        "我加你微信发图给你看行吗",
        "老板在吗 这个还有货吗",
        "可以长期合作吗 我们公司每月要两百箱",
        "花呗额度不够 可以分期吗",
        "你们快递发什么 物流太慢了",
        "之前说的优惠还有吗 免费试用怎么申请",
    ],
)
def test_ordinary_sentences_are_no_ads(text: str) -> None:
    found = decide(
        [heard(said((0, 0, text)), talk())], labels(), judges(rules=True, model=True, behaviour=True)
    )
    assert not found["ad"].any()


@pytest.mark.parametrize(
    "text",
    [
        "需要补单吗老板 真人下单 加v abc12345 长期合作",
        "淘宝代运营 不满意退款 免费诊断店铺 联系QQ 123456789",
        "商家信用贷 当天放款 额度五十万 咨询微信：dk88888",
        "您的店铺涉嫌违规即将冻结，请点击 http://abc.cn/1 验证处理",
        "诚招在家兼职打字 日结200 加扣扣 123456",
    ],
)
def test_what_rules_are_for(text: str) -> None:
    frame = decide([heard(said((0, 0, text)), talk())], labels(), judges(rules=True))
    assert verdicts(frame) == {0: ("rule", True)}
    assert frame["rules"][0]


def test_words_that_weighed_are_kept() -> None:
    found = decide([heard(said((0, 0, AD)), talk())], labels(), judges(model=True))
    assert found["words"][0]
    assert 0 < found["p"][0] <= 1


def test_several_rules_add_up_once_each() -> None:
    rows = pl.DataFrame({"b": [0, 0], "text": ["刷单团队", "刷单团队"]})
    weight = next(r.weight for r in ad_rules().rules if r.id == "brush_orders")
    assert rule_decisions(Wrote.of(rows), ad_rules())["hits"].to_list() == [weight]


def test_a_threshold_of_the_rules_stands_for_the_models() -> None:
    strict = judges(model=True)
    lax = replace(strict, rules=replace(strict.rules, model_threshold=0.0001))
    rows = said((0, 0, "贵司报价单盖章了吗"))
    assert not decide([heard(rows, talk())], labels(), strict)["ad"].any()
    assert decide([heard(rows, talk())], labels(), lax)["ad"].all()
