"""The formats that a month may hold, in the order in which they are asked. A new platform is a new module
with ``ID``, ``sniff`` and ``read``, and a line here."""

from __future__ import annotations

from typing import cast

from evaluator.sources import (
    ali1688_orders,
    canonical,
    douyin_orders,
    douyin_refunds,
    jd_im,
    jd_orders,
    jd_refunds,
    openim,
    pdd_chat,
    pdd_orders,
    pdd_refunds,
    platform_reports,
    qianniu_chat,
    qianniu_im,
    qianniu_web,
    qianniu_web_book,
    refused,
    roster_cn,
    taobao_chatlog,
    taobao_evals,
    taobao_items,
    taobao_kefueval,
    taobao_online,
    taobao_orders,
    taobao_refunds,
    taobao_subusers,
    uneed,
    xhs_orders,
    xhs_refunds,
)
from evaluator.sources.base import Format

FORMATS: tuple[Format, ...] = cast(
    "tuple[Format, ...]",
    (
        canonical,
        taobao_orders,
        taobao_items,
        taobao_refunds,
        jd_orders,
        jd_refunds,
        pdd_orders,
        pdd_refunds,
        douyin_orders,
        douyin_refunds,
        xhs_orders,
        xhs_refunds,
        ali1688_orders,
        roster_cn,
        taobao_chatlog,
        taobao_kefueval,
        taobao_online,
        taobao_subusers,
        taobao_evals,
        jd_im,
        openim,
        qianniu_im,
        pdd_chat,
        uneed,
        qianniu_chat,
        qianniu_web,
        qianniu_web_book,
        platform_reports,
        refused,
    ),
)
