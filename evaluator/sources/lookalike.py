"""What a file that no format reads looks like, and what to hand over instead. Only tells; never reads."""

from __future__ import annotations

import re
import zipfile

from evaluator.sources import (
    ali1688_orders,
    douyin_orders,
    douyin_refunds,
    exports,
    jd_orders,
    jd_refunds,
    pdd_orders,
    pdd_refunds,
    taobao_orders,
    xhs_orders,
    xhs_refunds,
)
from evaluator.sources.archives import name_of
from evaluator.sources.files import Sample

NAMES_SHOWN, NAME_LENGTH = 5, 100
_HTML = re.compile(r"^\s*(<!doctype html|<html|<table|<\?xml)", re.IGNORECASE)
_TAOBAO = frozenset(
    {"买家会员名", "买家实际支付金额", "宝贝标题", "宝贝总数量", "订单付款时间", "订单创建时间"}
)
_LEDGER = frozenset(
    {"费用名称", "应结金额", "收支方向", "动账金额", "动账时间", "账务类型", "收入金额（+元）"}
)

_KNOWN: tuple[tuple[str, exports.Headers, tuple[str, ...]], ...] = tuple(
    (module.NAME, module.HEADERS, module.MUST)
    for module in (
        jd_orders,
        jd_refunds,
        pdd_orders,
        pdd_refunds,
        douyin_orders,
        douyin_refunds,
        xhs_orders,
        xhs_refunds,
        ali1688_orders,
    )
)


def told(sample: Sample) -> str:
    """A Chinese half-sentence for the note on an unrecognised file; "" if it looks like nothing known."""
    if sample.kind == "other":
        return _archive(sample)
    if sample.kind == "text" and _HTML.match(sample.head_text):
        return "内容是网页或 XML，不是表格：请用 Excel 打开后另存为 xlsx，或重新导出"
    if not exports.tabular(sample):
        return ""
    found = set(sample.header)
    if len(found & _LEDGER) > 1:
        return "像是账单、货款流水，不是订单表：请导出订单明细"
    return _taobao(found) or _nearly(found)


def _taobao(found: set[str]) -> str:
    if len(found & _TAOBAO) < 2:
        return ""
    headers = taobao_orders.HEADERS
    must = (headers["order_id"], headers["amount"], headers["created"] + headers["paid"])
    missing = [names[0] for names in must if found.isdisjoint(names)]
    if not missing:
        return ""
    return (
        f"像是淘宝/天猫订单表的一部分，但缺少 {'、'.join(missing)}，不能当订单表用"
        "（买家实际支付金额是退款后的余额，不能代替总金额）：请重新导出完整的订单报表"
    )


def _nearly(found: set[str]) -> str:
    """A known export that lacks one of the columns that it must have."""
    for name, headers, must in _KNOWN:
        missing = [headers[c][0] for c in must if found.isdisjoint(headers[c])]
        if len(missing) == 1 and len(must) > 2:
            return f"像是{name}，但缺少列 {missing[0]}：请在导出时勾选这一列"
    return ""


def _archive(sample: Sample) -> str:
    """The files inside a zip, by name."""
    try:
        with zipfile.ZipFile(sample.path) as archive:
            names = [name_of(info)[:NAME_LENGTH] for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return ""
    if not names:
        return "压缩包是空的"
    more = f" 等 {len(names)} 个文件" if len(names) > NAMES_SHOWN else ""
    return f"是压缩包，里面有 {'、'.join(names[:NAMES_SHOWN])}{more}：请解压后把里面的文件放进来"
