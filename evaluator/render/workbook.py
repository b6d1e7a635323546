"""payroll.xlsx (SPEC §10): sheets 绩效工资, 评分, 参数, 计薪数据, 图表, KPI, 归属明细, 归属依据, 口径, 待核;
平台考核 where platforms assess."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import date
from pathlib import Path

from evaluator.render.helper import HERE, Helper
from evaluator.render.live import basis, parameters, pictures, points
from evaluator.render.live.payroll import payroll_block
from evaluator.render.live.people import people
from evaluator.render.sheet import PARTED, Block, Sheet
from evaluator.render.sheetwriter import write_sheets
from evaluator.render.text import visible
from evaluator.render.view import assessment, evidence, kpi, links, method, orders, payroll, plans, review
from evaluator.render.view.prepared import Prepared


def sheets(data: Prepared, order_limit: int) -> list[Sheet]:
    """The sheets, in order. A sheet with frozen heads has one table, so that its heads, on the screen and
    repeated on paper, never stand over another table."""
    staff, told = people(data), links.warnings(data)
    config = data.evaluation.month.config
    explained = [
        method.metrics_block(data),
        method.settings_block(data),
        *(plans.plan_block(data, plan) for plan in config.plans),
        method.inputs_block(data),
        method.rules_block(data),
    ]
    looked_at = [kpi.open_block(data), review.rejects_block(data), review.filters_block(data)]
    chosen = orders.selected_orders(data, order_limit)
    candidates = data.candidates(chosen)
    found = evidence.rows(chosen, candidates, data.evaluation.month.shelf)
    paid = _title(data, "绩效工资表", with_plans=True)
    return [
        Sheet("绩效工资", paid, [payroll_block(data, staff)], signed=True, warnings=told, outline=True),
        Sheet(
            "评分", _title(data, "评分与计算过程"), [*points.blocks(data, staff), payroll.formula_block(data)]
        ),
        parameters.sheet_of(data, staff, _title(data, "参数")),
        basis.sheet_of(data, staff, _title(data, "计薪数据")),
        pictures.sheet_of(data, staff, _title(data, "图表")),
        Sheet("KPI", _title(data, "KPI"), [kpi.wide_block(data)], freeze=3, fit_width=False),
        Sheet(
            "归属明细",
            _title(data, "订单归属明细"),
            [orders.order_block(data, chosen, candidates, evidence.first_rows(found, chosen.height))],
            fit_width=False,
        ),
        Sheet(evidence.SHEET, _title(data, "订单归属的依据"), [evidence.block(data, found)], fit_width=False),
        Sheet("口径", _title(data, "计算口径"), explained, freeze=0),
        Sheet(
            "待核",
            _title(data, "待人工核对"),
            [*review.review_blocks(data), links.block(data), *carried(data), *looked_at],
            freeze=0,
            warnings=told,
        ),
        *assessed(data),
    ]


def _title(data: Prepared, what: str, with_plans: bool = False) -> str:
    """What a sheet shows, of which period, by which plans."""
    say = data.words.say
    start, end = data.period
    last = date.fromordinal(end.toordinal() - 1)
    parts = [say(what), say("账期 {start} 至 {end}", start=start.isoformat(), end=last.isoformat())]
    if with_plans:
        names = say("、").join(visible(plan.name) for plan in data.evaluation.month.config.plans)
        parts.append(say("方案：{plans}", plans=names or say("无")))
    return PARTED.join(parts)


def assessed(data: Prepared) -> list[Sheet]:
    """What the platforms say of shops and agents, where they do."""
    blocks = [block for pack in assessment.packs(data) for block in pack.blocks]
    return [Sheet("平台考核", _title(data, "平台考核"), blocks, freeze=0)] if blocks else []


def carried(data: Prepared) -> list[Block]:
    """Balances carried forward (R-P2), where there are any."""
    block = payroll.balance_block(data)
    return [block] if block.rows else []


def write_workbook(
    data: Prepared, path: Path, order_limit: int = orders.ORDER_LIMIT, by: Helper = HERE
) -> Future[None]:
    """Has the workbook written to ``path``. ``order_limit``: orders on sheet 归属明细; a note says what is left out.
    Errors: EvaluatorError at once where sums do not agree."""
    say = data.words.say
    made = [
        replace(s, name=say(s.name), blocks=[_named(data, data.words.spoken(b)) for b in s.blocks])
        for s in sheets(data, order_limit)
    ]
    return by.submit(write_sheets, made, path, say("绩效工资"), data.period[0], say, tells=True)


def _named(data: Prepared, block: Block) -> Block:
    return replace(block, links_to=data.words.say(block.links_to)) if block.links_to else block
