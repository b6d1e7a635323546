"""A roster with Chinese headers, csv or workbook: 子账号, 工号, 姓名, 分组, 岗位, 生效日期, …"""

from __future__ import annotations

import polars as pl

from evaluator.sources import exports
from evaluator.sources.base import RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.top import account_name

ID = "roster_cn"

HEADERS: exports.Headers = {
    "account": ("子账号", "账号", "客服账号", "旺旺账号", "旺旺昵称"),
    "employee_id": ("工号", "员工编号"),
    "name": ("姓名", "员工姓名"),
    "group": ("分组", "组别", "小组"),
    "role": ("岗位", "角色"),
    "from": ("生效日期", "开始日期", "启用日期"),
    "to": ("失效日期", "结束日期", "停用日期"),
    "base_salary": ("底薪", "基本工资"),
    "hired": ("入职日期", "入职时间"),
}

ROBOT = {"机器人": "robot", "智能客服": "robot"}


def sniff(sample: Sample) -> bool:
    return exports.tabular(sample) and exports.has(sample, HEADERS, "account", "employee_id", "name", "role")


def _shape(frame: pl.DataFrame, rejects: list[RowReject]) -> pl.DataFrame:
    del rejects
    return frame.with_columns(account_name(pl.col("account")), pl.col("role").replace(ROBOT))


def read(sample: Sample) -> list[RawTable]:
    """-> roster; base_salary yuan -> fen."""
    return [exports.read(sample, "roster", HEADERS, _shape)]
