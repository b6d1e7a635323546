"""Ratings of the old ``wangwang.eservice.evals.get`` (FORMATS §11). Same fields as ``kefueval``, another scale:
1 非常满意 … 4 不满意, so score = 6 − eval_code. Only the method's name tells the two apart; an answer saved
without it is refused, since 1 to 4 mean different things in the two."""

from __future__ import annotations

from evaluator.sources import taobao_kefueval
from evaluator.sources.base import RawTable, Refused
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import first_record
from evaluator.sources.top import first

ID = "taobao_evals"

WHY = "eval_code 应为 1（非常满意）到 4（不满意）"
NAMELESS = (
    "这是客服评价接口的应答，但没有接口名：kefueval 的 0–4 与旧 evals 的 1–4 含义不同，分不出来；"
    "请连同外层（如 qianniu_kefueval_get_response）一起保存，或改用 qianniu.kefueval.get 重新拉取"
)


def sniff(sample: Sample) -> bool:
    if first(sample).method.endswith("eservice_evals_get"):
        return True
    return not first(sample).method and bool(first_record(sample, "eval_code"))


def read(sample: Sample) -> list[RawTable]:
    """-> ratings, one row an evaluation. ``Refused`` where nothing names the method."""
    if not first(sample).method:
        raise Refused(NAMELESS)
    return [taobao_kefueval.ratings(sample, score, WHY)]


def score(code: object) -> str:
    text = str(code)
    return str(6 - int(text)) if text in ("1", "2", "3", "4") else f"eval_code {text}"
