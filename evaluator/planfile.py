"""Reads a plan (SPEC §8, §9, §9.1) and refuses what cannot be meant.

``read_plans`` settles dated values (R-P5) first, then checks and builds the plans of ``plan.py``. Every error
is an EvaluatorError with file, line, key, the value seen and what is expected.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from evaluator.dated import Stale, pick_for
from evaluator.metrics.request import METRIC_OPTIONS, MetricRequest
from evaluator.model import ReviewItem
from evaluator.payfile import read_pay
from evaluator.plan import (
    DEFAULT_ATTAINMENT_CAP,
    DEFAULT_MAX_LEFT_OUT,
    OPERATORS,
    SHOW_RANK,
    AppliesTo,
    Attainment,
    Bands,
    Deduct,
    Effect,
    Gate,
    Grade,
    How,
    Linear,
    Penalty,
    Plan,
    Rank,
    ScoreItem,
)
from evaluator.planmetric import Catalogue, read_metric
from evaluator.tables import ROLES
from evaluator.yamlfile import Node

#: Options of each method, the mandatory ones first.
METHODS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bands": (("bands",), ()),
    "linear": (("worst", "best"), ()),
    "deduct": (("target", "step", "points_per_step"), ("when_fewer_than", "points_each")),
    "attainment": (("target",), ("cap",)),
    "rank": ((), ("points", "percentile", "fallback")),
    "penalty": (("limit", "points"), ("op",)),
}
SCORE_OPTIONS = tuple(dict.fromkeys(o for must, may in METHODS.values() for o in (*must, *may)))
SCORE_KEYS = ("metric", "weight", "method", "min_sample", "lower_is_better")
PLAN_KEYS = ("name", "applies_to", "kpi_base", "score", "gates", "max_left_out", "grades", "show_rank", "pay")
APPLIES_KEYS = ("role", "group", "employee_ids")
GATE_KEYS = ("metric", "op", "value", "effect")
EFFECT_KEYS = ("cap", "multiply")
GRADE_KEYS = ("coefficient", "fixed")
STAFF = tuple(role for role in ROLES if role != "robot")


def read_plans(
    root: Node, day: date, catalogue: Catalogue, stale: list[Stale]
) -> tuple[tuple[Plan, ...], list[ReviewItem]]:
    """The plans of a file as they hold on ``day``, and what a person should look at in them."""
    held = pick_for(root, day, stale)
    if held is None:
        root.fail("方案在这一天已撤销", seen=False)
    notes: list[ReviewItem] = []
    if isinstance(held.value, dict) and "plans" in held.value:
        nodes = held.mapping(["plans"])
        entries = held.need(nodes, "plans").items("方案列表")
        if not entries:
            nodes["plans"].fail("至少应有一个方案")
    else:
        entries = [held]
    plans = tuple(_plan(node, catalogue, notes) for node in entries)
    seen: dict[str, Node] = {}
    for node, plan in zip(entries, plans, strict=True):
        if plan.name in seen:
            node.pairs()["name"].fail(f"方案重名，第 {seen[plan.name].line} 行已有同名方案")
        seen[plan.name] = node
    return plans, notes


def _plan(node: Node, catalogue: Catalogue, notes: list[ReviewItem]) -> Plan:
    pairs = node.mapping(PLAN_KEYS)
    score_nodes = pairs["score"].items("指标列表") if "score" in pairs else []
    score = tuple(_score_item(n, catalogue, notes) for n in score_nodes)
    grades = read_grades(pairs["grades"]) if "grades" in pairs else ()
    left_out = DEFAULT_MAX_LEFT_OUT
    if "max_left_out" in pairs:
        left_out = pairs["max_left_out"].number(least=0)
        if left_out > 1:
            pairs["max_left_out"].fail("应在 0 与 1 之间（可缺指标的权重占比）")
    plan = Plan(
        name=node.need(pairs, "name").text(),
        applies_to=_applies_to(pairs["applies_to"]) if "applies_to" in pairs else AppliesTo(),
        kpi_base=pairs["kpi_base"].money() if "kpi_base" in pairs else None,
        score=score,
        gates=tuple(_gate(n, catalogue) for n in pairs["gates"].items("关口列表"))
        if "gates" in pairs
        else (),
        max_left_out=left_out,
        grades=grades,
        show_rank=pairs["show_rank"].choice(SHOW_RANK) if "show_rank" in pairs else SHOW_RANK[0],
    )
    if score and not plan.weight_sum:
        pairs["score"].fail("各指标权重之和应大于 0", seen=False)
    if (plan.gates or grades or "show_rank" in pairs) and not score:
        node.fail("有 gates、grades 或 show_rank 就应有 score", seen=False)
    return read_pay(pairs["pay"], plan, node, catalogue) if "pay" in pairs else plan


def _applies_to(node: Node) -> AppliesTo:
    pairs = node.mapping(APPLIES_KEYS)
    roles: tuple[str, ...] | None = None
    if "role" in pairs:
        many = pairs["role"].value if isinstance(pairs["role"].value, list) else [pairs["role"]]
        roles = tuple(n.choice(STAFF) for n in many)
    return AppliesTo(
        role=roles,
        group=pairs["group"].one_or_more_texts() if "group" in pairs else None,
        employee_ids=pairs["employee_ids"].texts() if "employee_ids" in pairs else None,
    )


# ---- score ----
def _score_item(node: Node, catalogue: Catalogue, notes: list[ReviewItem]) -> ScoreItem:
    pairs = node.mapping((*SCORE_KEYS, *SCORE_OPTIONS, *METRIC_OPTIONS))
    metric = node.need(pairs, "metric")
    node.need(pairs, "method")
    item = read_scoring(node, pairs, metric.text(), read_metric(metric, pairs, catalogue))
    _look_at(item, metric, catalogue, notes)
    return item


def read_scoring(
    node: Node,
    pairs: dict[str, Node],
    name: str,
    request: MetricRequest,
    beside: tuple[str, ...] = (),
) -> ScoreItem:
    """How a figure is scored: the ``method`` and its options in ``pairs``. ``beside``: options that may stand there
    whatever the method."""
    method = node.need(pairs, "method").choice(METHODS)
    must, may = METHODS[method]
    for key in pairs:
        if key in SCORE_OPTIONS and key not in (*must, *may, *beside):
            pairs[key].fail(f"方法 {method} 没有选项 {key}；可用：{'、'.join((*must, *may))}", seen=False)
    for key in must:
        node.need(pairs, key, f"method: {method} 必须写")
    if method != "penalty":
        node.need(pairs, "weight")
    weight = pairs["weight"].number(least=0, what="权重") if "weight" in pairs else Decimal(0)
    if method == "penalty" and weight:
        pairs["weight"].fail("penalty 只扣分、不占权重，应为 0")
    lower = pairs["lower_is_better"].flag() if "lower_is_better" in pairs else False
    return ScoreItem(
        metric=name,
        request=request,
        weight=weight,
        method=method,
        how=_how(method, node, pairs, weight, lower),
        min_sample=pairs["min_sample"].number(least=0) if "min_sample" in pairs else None,
        lower_is_better=lower,
    )


def _how(method: str, node: Node, pairs: dict[str, Node], weight: Decimal, lower: bool) -> How:
    if method == "bands":
        return _bands(pairs["bands"], weight, lower)
    if method == "linear":
        worst, best = pairs["worst"].number(), pairs["best"].number()
        if worst == best:
            pairs["best"].fail(f"best 与 worst（{worst}）应不相等")
        return Linear(worst, best)
    if method == "deduct":
        return _deduct(node, pairs)
    if method == "attainment":
        cap = pairs["cap"].number(above=0) if "cap" in pairs else DEFAULT_ATTAINMENT_CAP
        return Attainment(pairs["target"].number(above=0, what="目标值"), cap)
    if method == "rank":
        return _rank(node, pairs, weight)
    op = pairs["op"].choice(OPERATORS) if "op" in pairs else ">"
    return Penalty(op, pairs["limit"].number(), pairs["points"].number(least=0, what="扣分"))


def _points(node: Node, weight: Decimal) -> Decimal:
    points = node.number(least=0, what="分数")
    if points > weight:
        node.fail(f"得分应不超过权重 {weight}")
    return points


def _bands(node: Node, weight: Decimal, lower: bool) -> Bands:
    rows: list[tuple[Decimal, Decimal]] = []
    for row in node.items("[[界限, 分数], …]"):
        pair = row.items("[界限, 分数]")
        if len(pair) != 2:
            row.fail("应为 [界限, 分数]")
        limit = pair[0].number()
        if rows and (limit <= rows[-1][0] if lower else limit >= rows[-1][0]):
            order = (
                "从小到大（lower_is_better: true）"
                if lower
                else "从大到小（越小越好的指标请加 lower_is_better: true）"
            )
            pair[0].fail(f"界限应{order}，上一档是 {rows[-1][0]}")
        rows.append((limit, _points(pair[1], weight)))
    if not rows:
        node.fail("至少应有一档 [界限, 分数]")
    return Bands(tuple(rows))


def _deduct(node: Node, pairs: dict[str, Node]) -> Deduct:
    few, each = pairs.get("when_fewer_than"), pairs.get("points_each")
    if few and not each:
        node.need(pairs, "points_each", "when_fewer_than 必须与它同写")
    if each and not few:
        node.need(pairs, "when_fewer_than", "points_each 必须与它同写")
    return Deduct(
        target=pairs["target"].number(),
        step=pairs["step"].number(above=0, what="步长"),
        points_per_step=pairs["points_per_step"].number(least=0, what="扣分"),
        when_fewer_than=few.number(above=0) if few else None,
        points_each=each.number(least=0, what="扣分") if each else None,
    )


def _rank(node: Node, pairs: dict[str, Node], weight: Decimal) -> Rank:
    percentile = "percentile" in pairs and pairs["percentile"].flag()
    if percentile == ("points" in pairs):
        node.fail("method: rank 应写 points: [10, 8, 6] 或 percentile: true，二者取一", seen=False)
    points: tuple[Decimal, ...] | None = None
    if not percentile:
        points = tuple(_points(n, weight) for n in pairs["points"].items("各名次分数，如 [10, 8, 6]"))
        for place, earlier in enumerate(points[:-1], 1):
            if points[place] > earlier:
                pairs["points"].items()[place].fail(f"后一名次的分数应不高于前一名次的 {earlier}")
        if not points:
            pairs["points"].fail("至少应有一个名次的分数")
    return Rank(points, percentile, _points(pairs["fallback"], weight) if "fallback" in pairs else Decimal(0))


def _look_at(item: ScoreItem, node: Node, catalogue: Catalogue, notes: list[ReviewItem]) -> None:
    """Notes what is allowed but seldom meant: a direction against the metric's own, occurrences of a mean."""
    info = catalogue[item.request.metric]
    by_value = item.method in ("bands", "deduct", "attainment", "rank")
    if by_value and info.lower_is_better != item.lower_is_better:
        usual = "越小越好" if info.lower_is_better else "越大越好"
        notes.append(
            ReviewItem(
                "plan_note",
                node.where,
                f"“{info.name}”通常{usual}，方案里却是反向计分，请确认 lower_is_better",
            )
        )
    if isinstance(item.how, Linear) and (item.how.best < item.how.worst) != info.lower_is_better:
        notes.append(
            ReviewItem("plan_note", node.where, f"“{info.name}”的 worst 与 best 方向与通常相反，请确认")
        )
    if isinstance(item.how, Deduct) and item.how.when_fewer_than is not None and info.unit != "ratio":
        notes.append(
            ReviewItem(
                "plan_note", node.where, f"“{info.name}”不是比率，when_fewer_than 按次扣分没有意义，请确认"
            )
        )


# ---- gates, grades ----
def _gate(node: Node, catalogue: Catalogue) -> Gate:
    pairs = node.mapping((*GATE_KEYS, *METRIC_OPTIONS))
    metric = node.need(pairs, "metric")
    return Gate(
        metric=metric.text(),
        request=read_metric(metric, pairs, catalogue),
        op=node.need(pairs, "op", '比较符要加引号，如 ">"').choice(OPERATORS),
        value=node.need(pairs, "value").number(),
        effect=_effect(node.need(pairs, "effect")),
    )


def _effect(node: Node) -> Effect:
    if isinstance(node.value, str):
        if node.value != "zero":
            node.fail("应为 zero、{cap: 分数} 或 {multiply: 系数}")
        return Effect("zero")
    pairs = node.mapping(EFFECT_KEYS)
    if len(pairs) != 1:
        node.fail("应为 zero、{cap: 分数} 或 {multiply: 系数}，取其一")
    ((kind, amount),) = pairs.items()
    return Effect(kind, amount.number(least=0))


def read_grades(node: Node, keys: tuple[str, ...] = GRADE_KEYS) -> tuple[Grade, ...]:
    """``[[90, 优秀, {…}], …]``, from the highest; ``keys``: what may stand in the third place, one of them."""
    grades: list[Grade] = []
    for row in node.items("[[分数线, 等级], …]"):
        cells = row.items(f"[分数线, 等级, {{{keys[0]}: …}}]")
        if len(cells) not in (2, 3):
            row.fail(f"应为 [分数线, 等级] 或 [分数线, 等级, {{{keys[0]}: …}}]")
        threshold = cells[0].number(least=0, what="分数线")
        if grades and threshold >= grades[-1].threshold:
            cells[0].fail(f"分数线应从高到低，上一档是 {grades[-1].threshold}")
        name = cells[1].text()
        if any(grade.name == name for grade in grades):
            cells[1].fail("等级重名")
        extra = cells[2].mapping(keys) if len(cells) == 3 and not cells[2].is_null else {}
        if len(extra) > 1:
            cells[2].fail("coefficient 与 fixed 只能写一个")
        grades.append(
            Grade(
                threshold,
                name,
                coefficient=extra["coefficient"].number(least=0, what="系数")
                if "coefficient" in extra
                else None,
                fixed=extra["fixed"].money() if "fixed" in extra else None,
                consequence=extra["consequence"].text() if "consequence" in extra else "",
            )
        )
    return tuple(grades)
