"""Which columns of the platforms' own service reports are which of our figures (FORMATS §9). Nearest ones, not
equal ones: why they differ is for reconciliation to say."""

from __future__ import annotations

import re
from dataclasses import dataclass

FULL_HALF = str.maketrans("（）：％－～", "():%-~")


def plain(header: str) -> str:
    """A header as it is matched: without blanks, brackets and such half-width, so that ``（秒)`` is ``(秒)``."""
    return re.sub(r"[\s\u3000]+", "", header.translate(FULL_HALF))


@dataclass(frozen=True)
class Figure:
    """``headers``: the first that stands counts. ``of``: the column to divide by. ``factor``: to our unit."""

    metric: str
    unit: str  # count, yuan, s, ratio
    headers: tuple[str, ...]
    of: str = ""
    factor: int = 1


@dataclass(frozen=True)
class Report:
    """A kind of report: the column of accounts, headers of which one must stand, and its figures."""

    platform: str
    account: tuple[str, ...]
    marks: frozenset[str]
    figures: tuple[Figure, ...]


SATISFIED = ("好评量", "满意评价量", "有效好评数")

TAOBAO = Report(
    "生意参谋",
    ("旺旺昵称", "旺旺账号名称"),
    frozenset(
        {"询单人数", "当日询单人数", "旺旺回复率", "净销售额", "平均响应时长", "平均响应时长(秒)"}
        | {"满意评价量", "3分钟人工响应率", "有效接待人数", "接待人数", "咨询人数", "销售额"}
    ),
    (
        Figure("consults", "count", ("咨询人数",)),
        Figure("receptions_direct", "count", ("直接接待人数",)),
        Figure("transferred_in", "count", ("转入人数",)),
        Figure("transferred_out", "count", ("转出人数",)),
        Figure("inquiries", "count", ("询单人数", "当日询单人数")),
        Figure("won", "count", ("询单最终付款人数", "下单人数")),
        Figure("lost", "count", ("询单流失人数",)),
        Figure("conversion_rate", "ratio", ("询单最终付款转化率",)),
        Figure("sales", "yuan", ("销售额", "询单最终付款金额")),
        Figure("net_sales", "yuan", ("净销售额",)),
        Figure("sales_buyers", "count", ("销售人数",)),
        Figure("avg_order_value", "yuan", ("客单价",)),
        Figure("refund_amount", "yuan", ("成功退款金额",)),
        Figure("first_response", "s", ("首次响应时长(秒)", "首次响应时长")),
        Figure("avg_response", "s", ("平均响应时长(秒)", "平均响应时长")),
        Figure("reply_rate", "ratio", ("旺旺回复率",)),
        Figure("reply_within_180s_consult", "ratio", ("3分钟人工响应率",)),
        Figure("unreplied", "count", ("未回复人数",)),
        Figure("slow_receptions", "count", ("慢响应人数",)),
        Figure("long_receptions", "count", ("长接待人数",)),
        Figure("messages_sent", "count", ("客服消息条数",)),
        Figure("chars_sent", "count", ("客服字数",)),
        Figure("answer_ratio", "ratio", ("答问比",)),
        Figure("satisfaction", "ratio", ("客户满意率",)),
        Figure("satisfaction", "ratio", ("满意评价量",), of="旺旺评价量"),
    ),
)

JD = Report(
    "京东咚咚",
    ("客服",),
    frozenset({"促成下单商品金额", "促成下单人数", "售前接待人数", "30s应答率", "客服3分钟人工回复率"}),
    (
        Figure("consults", "count", ("接待量",)),
        Figure("inquiries", "count", ("售前接待人数",)),
        Figure("won", "count", ("促成下单人数",)),
        Figure("sales", "yuan", ("促成下单商品金额",)),
        Figure("avg_response", "s", ("平均响应时长(新)", "平均响应时长")),
        Figure("reply_within_30s_message", "ratio", ("30s应答率",)),
        Figure("reply_within_180s_consult", "ratio", ("客服3分钟人工回复率",)),
        Figure("satisfaction", "ratio", ("好评量",), of="评价量"),
    ),
)

DOUYIN = Report(
    "飞鸽",
    ("客服账号",),
    frozenset({"客服询单支付额", "工作时间平响时长", "接待会话量", "工作时间3分钟回复率", "有效好评数"}),
    (
        Figure("inquiries", "count", ("询单人数",)),
        Figure("won", "count", ("下单人数",)),
        Figure("sales", "yuan", ("客服询单支付额",)),
        Figure("avg_response", "s", ("工作时间平响时长",)),
        Figure("reply_within_180s_session_mean", "ratio", ("工作时间3分钟回复率",)),
        Figure("satisfaction", "ratio", ("有效好评数",), of="有效评价数"),
    ),
)

PDD = Report(
    "拼多多",
    ("客服账号",),
    frozenset(
        {"去退销售额(元)", "最终成团人数", "需要人工回复的咨询人数", "3分钟未回复人数", "客服销售额(元)"}
        | {"平均人工响应时长", "平均人工响应时长(分钟)"}
    ),
    (
        Figure("consults", "count", ("咨询人数", "需要人工回复的咨询人数")),
        Figure("inquiries", "count", ("询单人数",)),
        Figure("won", "count", ("最终成团人数",)),
        Figure("lost", "count", ("询单流失人数",)),
        Figure("conversion_rate", "ratio", ("询单转化率",)),
        Figure("sales", "yuan", ("客服销售额(元)",)),
        Figure("net_sales", "yuan", ("去退销售额(元)",)),
        Figure("avg_response", "s", ("平均人工响应时长(分钟)", "平均人工响应时长"), factor=60),
        Figure("reply_within_30s_message", "ratio", ("30秒应答率(8-23点)", "30秒应答率")),
        Figure(
            "reply_within_180s_consult_all[hours=08:00-23:00]",
            "ratio",
            ("3分钟人工回复率(8-23点)", "3分钟人工回复率"),
        ),
    ),
)

REPORTS = (TAOBAO, JD, DOUYIN, PDD)

SUMMARIES = {
    "汇总值": "sum",
    "汇总": "sum",
    "合计": "sum",
    "总计": "sum",
    "平均值": "mean",
    "均值": "mean",
    "全店汇总值": "shop_sum",
    "全店平均值": "shop_mean",
    "同行同层优秀": "peer_good",
    "同行同层均值": "peer_mean",
}
PERCENTILES = {"peer_good": "90", "peer_mean": "60"}


def report_of(headers: list[str]) -> Report | None:
    """The kind of report that a header row belongs to: its accounts, one of its marks, and a figure."""
    found = {plain(h) for h in headers}
    for report in REPORTS:
        has_figure = any(not found.isdisjoint(f.headers) for f in report.figures)
        if not found.isdisjoint(report.account) and not found.isdisjoint(report.marks) and has_figure:
            return report
    return None
