"""Exports that are known and cannot serve: each is told by its headers, an API's answer by the method's name, with what
to export instead. The month goes on without them; only a required table that then lacks stops it."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.sources import exports
from evaluator.sources.base import RawTable, Refused
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import first_record
from evaluator.sources.top import first

ID = "refused"


@dataclass(frozen=True)
class _Known:
    """A format by headers, all of which stand in it."""

    headers: frozenset[str]
    told: str


KNOWN = (
    _Known(
        frozenset({"客服", "客户", "开始时间", "结束时间", "谈话内容"}),
        "这是旧版旺旺聊天记录（一行一段谈话），里面没有每条消息的时间，算不出响应与归属；"
        "请改为导出逐条消息：千牛客户端或网页聊天记录复制的文本，或 chatlog 接口的 JSON",
    ),
    _Known(
        frozenset({"费用名称", "应结金额", "收支方向"}),
        "这是京东货款明细（结算流水），不是订单；请在商家后台的订单查询里导出订单明细",
    ),
)


#: Answers of the platforms' APIs that cannot serve, by the method's name without ``taobao.``.
_LONE_CHATLOG = (
    "这是聊天记录接口（chatlog.get）的应答，但没有一起存下请求，不知道是谁和谁的对话；"
    '请每行存一个 {"request": {"from_id", "to_id", …}, "response": {…}}'
)
ANSWERS = {
    "wangwang_eservice_chatlog_get": _LONE_CHATLOG,
    "chatlog_get": _LONE_CHATLOG,
    "trades_sold_query": (
        "这是按收件人查到的交易编号（trades.sold.query），没有订单的内容；订单请用 trades.sold.get 拉取"
    ),
    "traderates_get": (
        "这是订单评价（traderates：好评、中评、差评），不是 DSR 的描述、物流、服务三项评分，也不是对客服的评价；"
        "客服满意度请用 qianniu.kefueval.get，DSR 请自备 reviews 表"
    ),
}
RATE = frozenset({"tid", "result", "nick"})  # a rating of an order, where the method is not told


def _answer(sample: Sample) -> str | None:
    """What is said of an API's answer that cannot serve."""
    told = ANSWERS.get(first(sample).method)
    if told is None and first_record(sample, "tid").keys() >= RATE:
        return ANSWERS["traderates_get"]
    return told


def _known(sample: Sample) -> _Known | None:
    if not exports.tabular(sample):
        return None
    found = set(sample.header)
    return next((k for k in KNOWN if k.headers <= found), None)


def sniff(sample: Sample) -> bool:
    return _known(sample) is not None or _answer(sample) is not None


def read(sample: Sample) -> list[RawTable]:
    """Never a table; ``Refused`` with what to export instead."""
    known = _known(sample)
    raise Refused(known.told if known else str(_answer(sample)))
