"""A decision on advertising in a sentence, for 待核, reports and ``evaluator explain``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SIGNS = {
    "same_text_agents": "同一段话发给 {} 位客服",
    "same_text_senders": "{} 位买家发过同一段话",
    "same_text_shops": "同一段话发给 {} 家店",
    "link_only": "只发站外链接",
    "never_answers": "客服回复后没再说话",
    "rules": "关键词规则 {} 分",
    "model": "模型概率 {}",
}


def told(decision: Mapping[str, Any]) -> str:
    """``decision``: a row of ``tables/ads.parquet``. Which stage decided, its score, the words that weighed most."""
    by = decision["by"]
    if by == "label":
        return f"由人工标注为{'广告' if decision['ad'] else '不是广告'}"
    if by == "none":
        return f"没有判为广告（{'；'.join(_opinions(decision))}）"
    verdict = {
        "rule": "按关键词规则判为广告",
        "model": "按分类模型判为广告",
        "behaviour": "按行为判为广告",
    }[by]
    return f"{verdict}（{'；'.join(_opinions(decision))}）"


def _opinions(decision: Mapping[str, Any]) -> list[str]:
    """What each stage thought."""
    found = []
    if decision["hits"] is not None:
        found.append(f"关键词 {decision['hits']} 分：{decision['rules']}")
    if decision["p"] is not None:
        found.append(f"模型概率 {decision['p']:.2%}")
    if decision["points"]:
        found.append(f"行为 {decision['points']} 分：{signs(decision['signs'])}")
    if decision["words"]:
        found.append(f"最有分量的字句 {decision['words']}")
    return found or ["各段都没有意见"]


def signs(text: str | None) -> str:
    """``same_text_agents:3+link_only:1`` in words."""
    parts = (part.split(":", 1) for part in (text or "").split("+") if part)
    return "、".join(_SIGNS[name].format(value) for name, value in parts)
