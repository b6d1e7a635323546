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
    qianniu_chat,
    qianniu_web,
    taobao_orders,
    xhs_orders,
    xhs_refunds,
)
from evaluator.sources.archives import name_of
from evaluator.sources.files import Sample

NAMES_SHOWN, NAME_LENGTH = 5, 100
HEADER_WITHIN = 6  # rows in which a header is looked for
UNFINISHED = (".crdownload", ".part", ".download")
OTHER_ARCHIVES = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
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
    if sample.file.lower().endswith(UNFINISHED):
        return "还没有下载完：请下载完再放进来"
    if sample.kind == "empty":
        return "文件是空的（0 字节）：请重新导出"
    if sample.kind == "other":
        return _archive(sample)
    if told := qianniu_chat.unclear(sample) or qianniu_web.dateless(sample):
        return told
    if sample.kind == "text" and _HTML.match(sample.head_text):
        return "内容是网页或 XML，不是表格：请用 Excel 打开后另存为 xlsx，或重新导出"
    if at := _lower_header(sample):
        return f"表头像是在第 {at} 行：请删去它上面的行再放进来"
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


def _lower_header(sample: Sample) -> int:
    """The row, from 1, in which the header of a known export stands; 0 if none does below the first."""
    if sample.kind not in ("text", "xlsx", "xls"):
        return 0
    known = [
        (taobao_orders.HEADERS, ("order_id", "amount")),
        *((headers, must) for _, headers, must in _KNOWN),
    ]
    for at in range(1, HEADER_WITHIN):
        if any(exports.has(sample, headers, *must, header_at=at) for headers, must in known):
            return at + 1
    return 0


def _nearly(found: set[str]) -> str:
    """A known export that lacks one of the columns that it must have."""
    for name, headers, must in _KNOWN:
        missing = [headers[c][0] for c in must if found.isdisjoint(headers[c])]
        if len(missing) == 1 and len(must) > 2:
            return f"像是{name}，但缺少列 {missing[0]}：请在导出时勾选这一列"
    return ""


def _archive(sample: Sample) -> str:
    """The files inside a zip, by name; of other archives that they are none."""
    if sample.head.startswith(OTHER_ARCHIVES):
        return "是 rar、7z 或 gz 压缩包，程序只会打开 zip：请解压后把里面的文件放进来"
    try:
        with zipfile.ZipFile(sample.path) as archive:
            names = [name_of(info)[:NAME_LENGTH] for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return "压缩包打不开，可能没有下载完整：请重新下载" if sample.head.startswith(b"PK") else ""
    if not names:
        return "压缩包是空的"
    more = f" 等 {len(names)} 个文件" if len(names) > NAMES_SHOWN else ""
    return f"是压缩包，里面有 {'、'.join(names[:NAMES_SHOWN])}{more}：请解压后把里面的文件放进来"
