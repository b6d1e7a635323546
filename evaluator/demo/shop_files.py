"""What the shop keeps itself: roster, attendance, adjustments, escalations, labels, the period, the plans."""

from __future__ import annotations

from pathlib import Path

from evaluator.demo.canonical_files import write_csv
from evaluator.demo.people import PLATFORM_STAFF, SHOP, STAFF, Calendar, roster_rows, shift_of
from evaluator.demo.story import Story
from evaluator.demo.xlsx import Cell, write_xlsx

_ROSTER_HEADER = ("子账号", "工号", "姓名", "分组", "岗位", "生效日期", "失效日期", "底薪", "入职日期")


def write_roster(folder: Path, calendar: Calendar) -> None:
    """roster.xlsx with Chinese headers; the salary is a number, dates are text."""
    rows: list[tuple[Cell, ...]] = [_ROSTER_HEADER]
    for row in roster_rows(calendar):
        cells: list[Cell] = [value or None for value in row]
        cells[7] = int(row[7]) if row[7] else None
        rows.append(tuple(cells))
    write_xlsx(folder / "roster.xlsx", "花名册", rows)


def write_shop_files(folder: Path, story: Story, by_hand: list[str]) -> None:
    """Files that are canonical in either form of the month."""
    _attendance(folder, story)
    write_csv(
        folder / "adjustments.csv",
        ("employee_id", "amount", "reason", "approved_by", "kind"),
        [
            ("E01", "300.00", "带新人小可，每周两次复盘", "周岚", "bonus"),
            ("E04", "-50.00", "漏回客户留言三次", "周岚", "fine"),
            ("E08", "-20.00", "大促当晚迟到", "周岚", "fine"),
            ("E03", "85.50", "补发上月少算的提成", "周岚", "correction"),
        ],
    )
    write_csv(
        folder / "escalations.csv",
        ("shop", "buyer", "ts", "kind", "order_id", "account", "upheld"),
        (
            (SHOP, e.buyer, e.ts.strftime("%Y-%m-%d %H:%M:%S"), e.kind, e.order_id, e.account, e.upheld)
            for e in story.escalations
        ),
    )
    labelled = [(SHOP, nick, "ad") for nick in story.ads[::4]]
    labelled += [(SHOP, nick, "not_ad") for nick in story.lookalikes]
    write_csv(folder / "labels.csv", ("shop", "buyer", "label"), labelled)
    write_csv(folder / "manual_filters.csv", ("shop", "buyer", "day"), ((SHOP, nick, "") for nick in by_hand))
    (folder / "period.yaml").write_bytes(_period(story.calendar).encode("utf-8"))
    (folder / "plan.yaml").write_bytes(_plans(story.calendar).encode("utf-8"))


def _attendance(folder: Path, story: Story) -> None:
    """Due: 26 days a month, for all; worked: the days on the rota, within that; some leave and lateness."""
    calendar = story.calendar
    header = ("employee_id", "due_days", "worked_days", "leave_days", "late_times")
    rows = []
    for person in STAFF:
        days = [d for d in calendar.open_days if calendar.start <= d < calendar.end]
        worked = sum(shift_of(person, d, calendar) is not None for d in days)
        due = max(1, calendar.days * 26 // 31)
        worked = min(worked, due)
        leave = story.draws.weighted((0, 1, 2), (70, 20, 10)) if worked > 3 else 0
        late = story.draws.weighted((0, 1, 2), (70, 20, 10))
        rows.append((person.employee_id, str(due), f"{worked - leave}", str(leave), str(late)))
    write_csv(folder / "attendance.csv", header, rows)


def _period(calendar: Calendar) -> str:
    return f"""\
# 听松茶器旗舰店（虚构的示例店铺）。每一项设置的含义见文档。
period: {{start: {calendar.start}, end: {calendar.end}}}
plan: plan.yaml
platform: tmall
shop: {SHOP}
settings:
  # 客服账号发出、以这些文字开头的消息是自动回复，不算人工
  auto_reply_prefixes: [欢迎光临听松茶器, 您好，客服小伙伴现在不在线, 【订单确认】]
  internal_accounts: [{PLATFORM_STAFF}]
"""


def _plans(calendar: Calendar) -> str:
    since = calendar.start.replace(month=1, day=1)
    night = next(p.employee_id for p in STAFF if p.call_name == "青青")
    return f"""\
plans:
  - name: 售前月度绩效
    applies_to: {{role: 售前}}
    kpi_base: {{{since}: 2000}}
    score:
      - {{metric: conversion_rate, weight: 40, method: linear, worst: 0.15, best: 0.55, min_sample: 20}}
      - {{metric: avg_order_value, weight: 15, method: attainment, target: 170, cap: 1.2}}
      - {{metric: first_response, weight: 15, method: bands, lower_is_better: true,
         bands: [[45, 15], [60, 12], [80, 8], [120, 4]]}}
      - {{metric: reply_rate, weight: 20, method: deduct, target: 1.0, step: 0.01, points_per_step: 2}}
      - {{metric: sales, weight: 10, method: rank, points: [10, 8, 6, 4], fallback: 6}}
      - {{metric: complaint_rate, weight: 0, method: penalty, limit: 0.01, points: 5}}
    gates: [{{metric: unreplied, op: ">", value: 30, effect: {{cap: 75}}}}]
    max_left_out: 0.3
    grades:
      - [90, 优秀, {{coefficient: 1.2}}]
      - [75, 良好, {{coefficient: 1.0}}]
      - [60, 合格, {{coefficient: 0.8}}]
      - [0, 待改进, {{coefficient: 0.5}}]
    pay:
      kpi_bonus: score
      commission: {{metric: net_sales, kind: marginal, brackets: [[0, 0.01], [10000, 0.015], [20000, 0.02]]}}
      assist: {{assist_order: 1.0, assist_followup: 0.5}}
      pool: {{amount: 1500, by: score}}
      allowances: [{{name: 夜班补贴, amount: 200, employees: [{night}]}}]
      guarantee: {{months: 2, amount: 5000}}
      cap: null
      min_wage: 2490
  - name: 售后月度绩效
    applies_to: {{role: 售后}}
    kpi_base: {{{since}: 1800}}
    score:
      - {{metric: satisfaction, weight: 30, method: linear, worst: 0.50, best: 0.95, min_sample: 5}}
      - {{metric: avg_response, weight: 25, method: bands, lower_is_better: true,
         bands: [[60, 25], [90, 20], [120, 12], [180, 6]]}}
      - {{metric: reply_rate, weight: 25, method: deduct, target: 1.0, step: 0.01, points_per_step: 2}}
      - {{metric: refund_hours, weight: 20, method: linear, worst: 120, best: 24, min_sample: 5}}
      - {{metric: complaint_rate, weight: 0, method: penalty, limit: 0.005, points: 5}}
    grades:
      - [90, 优秀, {{coefficient: 1.2}}]
      - [75, 良好, {{coefficient: 1.0}}]
      - [60, 合格, {{coefficient: 0.8}}]
      - [0, 待改进, {{coefficient: 0.5}}]
    pay:
      kpi_bonus: coefficient
      assist: {{assist_order: 0, assist_followup: 0.5}}
      cap: null
      min_wage: 2490
"""
