"""``period.yaml``: what is read, what is refused, and where the error points."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from evaluator.metrics.request import MetricRequest
from evaluator.model import EvaluatorError
from evaluator.rulebook import RulesFinder, builtin, label, labels, metric_catalogue
from evaluator.settings import MonthConfig, Settings, load_month, read_settings
from evaluator.tables import TABLES
from evaluator.yamlfile import parse_yaml, read_yaml

PERIOD = "period: {start: 2026-10-01, end: 2026-11-01}\n"
PLAN = "name: 方案\nscore: [{metric: sales, weight: 1, method: attainment, target: 1}]\n"


def month(folder: Path, text: str, **files: str) -> MonthConfig:
    (folder / "period.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    return load_month(folder)


def error_of(folder: Path, text: str, **files: str) -> str:
    with pytest.raises(EvaluatorError) as caught:
        month(folder, text, **files)
    return str(caught.value)


@pytest.mark.parametrize("name", ["period.yml", "period.yaml.txt"])
def test_a_period_file_that_is_called_otherwise(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(PERIOD, encoding="utf-8")
    with pytest.raises(EvaluatorError, match=f"有 {re.escape(name)}：请改名为 period.yaml"):
        load_month(tmp_path)


# ---- what is read ----
def test_a_month_with_nothing_but_its_period(tmp_path: Path) -> None:
    config = month(tmp_path, PERIOD)
    assert (config.start, config.end, config.plans) == (date(2026, 10, 1), date(2026, 11, 1), ())
    assert config.settings == Settings()
    assert config.platform == "" and config.shop is None and config.shops == ()


def test_every_setting(tmp_path: Path) -> None:
    text = (
        PERIOD
        + """\
platform: {shop_a: tmall, shop_b: pdd}
shop: shop_a
settings:
  day_start: "04:30"
  judgment: grouped_chain
  by: rounds
  window_days: 0
  after_sale_days: 3
  follow_days: 2
  session_gap_s: 1800
  count_postage: true
  min_amount: 5.0
  exclude_memo: [内购]
  exclude_titles: []
  exclude_orders: ["4234850881869305269", 260910]
  credit_roles: [售前, 主管]
  response_hours: ["00:00", "24:00"]
  courtesy: [ok]
  auto_reply_prefixes: [【自动】]
  internal_accounts: [小二01]
  shop_alias: {天天旗舰店: shop_a, 2026-01-01: shop_b}
  filters: {one_liner: true, code_word: {word: 亲, n: 4}}
  ad: {model: false}
  orders_through: 2026-11-07
"""
    )
    config = month(tmp_path, text)
    s = config.settings
    assert (s.day_start, s.day_start_s) == ("04:30", 16200)
    assert (s.min_amount, s.min_amount_fen) == (Decimal("5.0"), 500)
    assert s.exclude_orders == ("4234850881869305269", "260910")
    assert s.response_hours == ("00:00", "24:00")
    assert s.shop_alias == {"天天旗舰店": "shop_a", "2026-01-01": "shop_b"}
    assert s.filters.one_liner and s.filters.internal and s.filters.code_word
    assert (s.filters.code_word.word, s.filters.code_word.n) == ("亲", 4)
    assert (s.ad.rules, s.ad.model) == (True, False)
    assert s.orders_through == date(2026, 11, 7)
    assert config.shops == ("shop_a", "shop_b")


def test_null_hours_mean_all_day_and_other_nulls_the_default(tmp_path: Path) -> None:
    s = month(tmp_path, PERIOD + "settings: {response_hours: null, judgment: null, filters: null}\n").settings
    assert s.response_hours is None
    assert s.judgment == "order_first"


def test_numbers_are_exact_and_words_stay_words(tmp_path: Path) -> None:
    root = parse_yaml(
        '{a: 0.1, b: 1.10, c: yes, d: "2026-01-01", e: 10:00, f: 0123, g: 1_000, h: "1"}', "x.yaml"
    )
    values = {key: node.value for key, node in root.pairs().items()}
    assert values == {
        "a": Decimal("0.1"), "b": Decimal("1.10"), "c": "yes", "d": "2026-01-01", "e": "10:00", "f": "0123",
        "g": "1_000", "h": "1",
    }  # fmt: skip
    assert isinstance(values["a"], Decimal)


def test_defaults_yaml_says_what_the_program_does() -> None:
    root = read_yaml(builtin("rules") / "defaults.yaml")
    written = root.pairs()["settings"]
    assert set(written.pairs()) == set(Settings.model_fields)
    assert Settings(**read_settings(written, date(2026, 1, 1), [])) == Settings()


@pytest.mark.rule("R-P5")
def test_a_setting_may_be_dated(tmp_path: Path) -> None:
    text = PERIOD + "settings: {window_days: {2026-01-01: 2, 2026-10-02: 3}, by: {2026-01-01: null}}\n"
    s = month(tmp_path, text).settings
    assert (s.window_days, s.by) == (2, "last")


# ---- plans and sources ----
def test_the_plan_beside_it_or_by_name(tmp_path: Path) -> None:
    beside = month(tmp_path, PERIOD + "plan: mine.yaml\n", mine=PLAN)
    assert [p.name for p in beside.plans] == ["方案"]
    assert beside.sources["mine.yaml"] == hashlib.sha256(PLAN.encode()).hexdigest()
    assert set(beside.sources) == {"period.yaml", "mine.yaml", "rules/metrics.yaml"}
    named = month(tmp_path, PERIOD + "plan: 售前月度\n")
    assert "rules/plans/售前月度.yaml" in named.sources
    assert MetricRequest("conversion_rate") in named.requests


@pytest.mark.rule("R-P5")
def test_past_its_review_a_value_is_listed(tmp_path: Path) -> None:
    plan = PLAN + "pay:\n  min_wage: {values: {2026-01-01: 2490}, reviewed_until: 2026-09-30}\n"
    (item,) = month(tmp_path, PERIOD + "plan: p.yaml\n", p=plan).review
    assert (item.kind, item.subject) == ("reviewed_until", "p.yaml:4: pay.min_wage")
    fresh = plan.replace("2026-09-30", "2026-10-01")
    assert month(tmp_path, PERIOD + "plan: p.yaml\n", p=fresh).review == ()


def own_rules(folder: Path, **packs: str) -> RulesFinder:
    (folder / "platforms").mkdir(parents=True)
    for name, text in packs.items():
        (folder / "platforms" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return RulesFinder((folder,))


def test_a_pack_carries_settings_and_figures_and_period_yaml_wins(tmp_path: Path) -> None:
    pack = """\
settings: {judgment: grouped_chain, window_days: 2}
metrics: [{metric: reply_within, seconds: 30, unit: message}]
"""
    rules = own_rules(tmp_path / "own", mine=pack)
    (tmp_path / "period.yaml").write_text(
        PERIOD + "platform: mine\nsettings: {window_days: 3}\n", encoding="utf-8"
    )
    config = load_month(tmp_path, rules)
    assert (config.settings.judgment, config.settings.window_days) == ("grouped_chain", 3)
    assert [r.id for r in config.requests] == [
        MetricRequest.of("reply_within", {"seconds": 30, "unit": "message"}).id
    ]
    assert "rules/platforms/mine.yaml" in config.sources


def test_packs_that_disagree_hold_for_none(tmp_path: Path) -> None:
    rules = own_rules(
        tmp_path / "own",
        one="settings: {judgment: payment, window_days: 2}",
        two="settings: {judgment: order, window_days: 2}",
    )
    (tmp_path / "period.yaml").write_text(PERIOD + "platform: {a: one, b: two}\n", encoding="utf-8")
    config = load_month(tmp_path, rules)
    assert (config.settings.judgment, config.settings.window_days) == ("order_first", 2)
    assert [(r.kind, r.subject) for r in config.review] == [("pack_conflict", "judgment")]


def test_a_pack_that_is_not_there_is_listed(tmp_path: Path) -> None:
    config = month(tmp_path, PERIOD + "platform: nosuch_platform\n")
    assert [(r.kind, r.subject) for r in config.review] == [("no_pack", "nosuch_platform")]


# ---- what is refused: (text, the message's beginning, what it says) ----
REFUSED = [
    ("plan: x\n", "period.yaml:1：", "缺少 period"),
    ("period: {start: 2026-10-01}\n", "period.yaml:1: period：", "缺少 end"),
    (
        "period: {start: 2026-10-01, end: 2026-10-01}\n",
        "period.yaml:1: period.end：",
        "应晚于期初 2026-10-01",
    ),
    ("period:\n  start: 2026-10-32\n  end: 1\n", "period.yaml:2: period.start：", "没有这一天"),
    ("period:\n  start: 2026-10-01\n  end: 2026/11/01\n", "period.yaml:3: period.end：", "应为存在的日期"),
    ("period:\n  start: 2026-10-01\n  end: '2026-02-30'\n", "period.yaml:3: period.end：", "应为存在的日期"),
    (PERIOD + "plann: x\n", "period.yaml:2: plann：", "是否想写 plan？"),
    (PERIOD + "shop: a\nshop: b\n", "period.yaml:3: shop：", "写了两次（第 2 行已有）"),
    (PERIOD + "plan: nosuch.yaml\n", "period.yaml:2: plan：", "没有名为“nosuch”的方案"),
    (PERIOD + "plan: ../plan.yaml\n", "period.yaml:2: plan：", "不能带路径"),
    (PERIOD + "platform: {a: tmall}\nshop: b\n", "period.yaml:3: shop：", "platform 下的店铺之一：a"),
    (PERIOD + "platform: [tmall]\n", "period.yaml:2: platform：", "应为文字"),
    (PERIOD + "settings: 3\n", "period.yaml:2: settings：", "应为“键: 值”的形式"),
    (PERIOD + "x: [1\n", "period.yaml:", "不是合法的 YAML"),
    (PERIOD + "settings:\n\tby: last\n", "period.yaml:3:", "不能用 Tab"),
    (PERIOD + "shop: &x [*x]\n", "period.yaml:1:", "嵌套太深"),
    (PERIOD + "plan: !!python/name:os.system x\n", "period.yaml:2:", "不支持标签"),
    ("", "period.yaml:1:", "文件是空的"),
    ("- 1\n", "period.yaml:1：", "应为“键: 值”的形式"),
    ("a: \x00\n", "period.yaml:1:", "控制字符"),
]


@pytest.mark.parametrize(("text", "where", "says"), REFUSED)
def test_refused(tmp_path: Path, text: str, where: str, says: str) -> None:
    message = error_of(tmp_path, text)
    assert message.startswith(where)
    assert says in message


# a line of settings, and what the message says of it
SETTINGS = [
    ("judgement: order", "是否想写 judgment？"),
    (
        "judgment: orders",
        "写的是 “orders”，应为 order、payment、order_first、grouped_chain 之一，是否想写 order？",
    ),
    ("by: first", "应为 last、rounds 之一"),
    ('day_start: "24:00"', '最晚 "23:59"'),
    ("day_start: 4", "应为带引号的时刻"),
    ('day_start: "4:00"', "写的是 “4:00”"),
    ('response_hours: ["08:00"]', "应为两个时刻"),
    ('response_hours: ["23:00", "08:00"]', "不跨零点"),
    ("window_days: -1", "应为不小于 0 的整数"),
    ("window_days: 1.5", "应为整数"),
    ("window_days: '1'", "写的是 “1”，应为整数"),
    ("count_postage: yes", "写的是 “yes”，应为 true 或 false"),
    ("min_amount: 0.001", "至多两位小数"),
    ("exclude_memo: 刷单", "应为文字列表"),
    ("exclude_memo: ['']", "应为文字"),
    ("credit_roles: [售中]", "应为 售前、"),
    ("filters: {adds: true}", "是否想写 ad？"),
    ("filters: {code_word: {n: 1}}", "缺少 word"),
    ("filters: {code_word: {word: 亲, n: 0}}", "应为不小于 1 的整数"),
    ("filters: {code_word: 亲}", "应为“键: 值”的形式"),
    ("ad: {rules: 1}", "写的是 1，应为 true 或 false"),
    ("orders_through: 昨天", "应为存在的日期"),
    ("shop_alias: [a]", "应为“键: 值”的形式"),
    ("window_days: {2026-11-01: 1}", "最早的日期是 2026-11-01"),
]


@pytest.mark.parametrize(("line", "says"), SETTINGS)
def test_settings_refused(tmp_path: Path, line: str, says: str) -> None:
    message = error_of(tmp_path, PERIOD + "settings:\n  " + line + "\n")
    key = line.partition(":")[0]
    assert message.startswith(f"period.yaml:3: settings.{key}")
    assert says in message


def test_no_folder_no_period_no_utf8(tmp_path: Path) -> None:
    with pytest.raises(EvaluatorError, match="找不到月份文件夹"):
        load_month(tmp_path / "nosuch")
    with pytest.raises(EvaluatorError, match=r"没有 period\.yaml"):
        load_month(tmp_path)
    (tmp_path / "period.yaml").write_bytes("period: 十月".encode("gbk"))
    with pytest.raises(EvaluatorError, match=r"period\.yaml:1: 不是 UTF-8 编码"):
        load_month(tmp_path)


def test_deep_nesting_is_an_error_not_a_crash(tmp_path: Path) -> None:
    assert "嵌套太深" in error_of(tmp_path, "[" * 5000 + "]" * 5000)


# ---- catalogues ----
def test_every_metric_has_what_a_manager_reads() -> None:
    for info in metric_catalogue().values():
        assert info.name and info.definition.endswith("。") and info.needs


def test_every_need_of_a_metric_is_a_table_or_a_column_of_one() -> None:
    """A misspelt one would never be met: the figure would be missing for ever."""
    for info in metric_catalogue().values():
        for need in (*info.needs, *(n for needs in info.needs_for.values() for n in needs)):
            for one in need.split("|"):
                table, dot, column = one.strip().replace("?", "").partition(".")
                assert column in TABLES[table].by_name if dot else table in TABLES, (info.id, need)
        assert {*info.choices, *info.must, *info.needs_for} <= {*info.options, "agent"}, info.id


def test_labels() -> None:
    assert label("pay_lines", "base") == "底薪"
    assert label("pay_lines", "base", "en") == "Base salary"
    assert label("pay_lines", "allowance:夜班补贴") == "补贴：夜班补贴"
    assert label("review", "nosuch") == "nosuch"
    assert all(text["zh"] for section in labels().values() for text in section.values())


def test_every_kind_of_review_has_a_heading() -> None:
    """Kinds are written as literals where they arise."""
    code = "".join(p.read_text("utf-8") for p in (builtin("rules").parent / "evaluator").rglob("*.py"))
    kinds = set(re.findall(r'(?:ReviewItem|_review|\bnote)\(\s*"(\w+)"', code))
    assert "no_score" in kinds
    assert kinds <= set(labels()["review"])


def test_a_folder_of_ones_own_overrides_by_name(tmp_path: Path) -> None:
    (tmp_path / "labels.yaml").write_text("pay_lines: {base: 基本工资}\n", encoding="utf-8")
    rules = RulesFinder((tmp_path,))
    assert label("pay_lines", "base", rules=rules) == "基本工资"
    assert "sales" in metric_catalogue(rules)
    with pytest.raises(EvaluatorError, match="规则文件夹不存在"):
        RulesFinder((tmp_path / "nosuch",))


def test_anchors_are_followed(tmp_path: Path) -> None:
    """As programs write them; aliases of aliases cannot blow up."""
    (tmp_path / "period.yaml").write_text(
        PERIOD + "settings:\n  exclude_memo: &marks [刷单]\n  exclude_titles: *marks\n", "utf-8"
    )
    assert load_month(tmp_path).settings.exclude_titles == ("刷单",)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "内容太多" in error_of(tmp_path, PERIOD + "\n".join(lines) + "\n")
