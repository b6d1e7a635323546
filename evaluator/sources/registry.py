"""The formats that a month may hold, in the order in which they are asked. A new platform is a new module
with ``ID``, ``sniff`` and ``read``, and a line here."""

from __future__ import annotations

from typing import cast

from evaluator.sources import (
    canonical,
    jd_im,
    openim,
    pdd_chat,
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
)
from evaluator.sources.base import Format

FORMATS: tuple[Format, ...] = cast(
    "tuple[Format, ...]",
    (
        canonical,
        taobao_orders,
        taobao_items,
        taobao_refunds,
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
