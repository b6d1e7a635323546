"""Refund lists of JD, 拼多多, 抖店 and 小红书 (FORMATS §5–§8). All content is made up."""

from __future__ import annotations

import pytest
from months import notes

JD_SERVICE = [
    ["申请信息", "", "", "", "订单信息", "", "", "处理信息", ""],
    [
        "服务单号",
        "客户期望",
        "服务单状态",
        "售后申请时间",
        "订单号",
        "商品名称",
        "退款金额",
        "审核时间",
        "商家首次处理时间",
    ],
]


def service(number, wish, state, money, audited="2026-10-03 08:00:00", handled="2026-10-04 08:00:00"):
    return [number, wish, state, "2026-10-02 08:00:00", "300000000001", "果干", money, audited, handled]


@pytest.mark.parametrize("kind", ["xlsx", "csv", "no titles"])
def test_jd_service_orders(month, workbook, same, kind):
    rows = [
        *JD_SERVICE,
        service("9001", "退货", "完成", 12.3),
        service("9002", "仅退款", "完成", 5, handled=""),
        service("9003", "换货", "完成", ""),
        service("9004", "退货", "客户取消", 8),
        service("9005", "维修", "完成", ""),
        service("9006", "退货", "待审核", 0),
        service("9007", "上门维修", "完成", 3),
    ]
    if kind == "no titles":
        rows = rows[1:]
    if kind == "xlsx":
        month.write("服务单.csv", workbook(rows))  # a workbook that somebody renamed
    else:
        month.write("服务单.xls", "\n".join(",".join(map(str, row)) for row in rows).encode("gbk") + b"\n")
    got = month.read()
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount\n"
        "甲店,8000000000000000001,b1,2026-10-01 09:01:00,2026-10-01 09:02:00,12.30\n",
        refunds="refund_id,order_id,applied,completed,amount,kind\n"
        "9001,300000000001,2026-10-02 08:00:00,2026-10-04 08:00:00,12.3,return_refund\n"
        "9002,300000000001,2026-10-02 08:00:00,2026-10-03 08:00:00,5,refund_only\n"
        "9003,300000000001,2026-10-02 08:00:00,2026-10-04 08:00:00,0,exchange\n"
        "9004,300000000001,2026-10-02 08:00:00,,8,return_refund\n",
    )
    assert [(r.row, r.value) for r in got.rejects] == [(5, "维修"), (6, "退货"), (7, "上门维修")]
    assert "没有退款完成时间" in notes(got) and "有 1 张服务单已取消" in notes(got)


def test_pdd_refunds(month, same):
    head = "售后编号,订单编号,交易金额,售后状态,退款类型,退款金额,商品名称,申请时间\n"
    row = "{},261001-1,25.00,{},{},20.00,果干,2026-10-02 08:00:00\n"
    month.write(
        "售后.csv",
        head
        + row.format(1, "退款成功", "仅退款")
        + row.format(2, "退款成功", "退货退款")
        + row.format(3, "已撤销", "仅退款")
        + row.format(4, "", "仅退款"),
    )
    got = month.read()
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount\n"
        "甲店,8000000000000000001,b1,2026-10-01 09:01:00,2026-10-01 09:02:00,12.30\n",
        refunds="refund_id,order_id,applied,amount,kind\n"
        "1,261001-1,2026-10-02 08:00:00,20,refund_only\n2,261001-1,2026-10-02 08:00:00,20,return_refund\n",
    )
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(3, "status", "已撤销"), (4, "status", "")]
    assert not got.has("refunds", "completed")


def test_douyin_refunds(month, same):
    head = (
        "售后单号,订单号,商品单号,商家编码,商品名称,售后类型,售后状态,售后申请时间,退商品金额（元）,退运费金额（元）,"
        "商家退款时间,售后完结时间\n"
    )
    row = '"\t{}","\t69001","\t69002",S1,果干,{},{},2026-10-02 08:00:00,{},{},{},2026-10-04 08:00:00\n'
    month.write(
        "售后单.csv",
        head
        + row.format(1, "未发货仅退款", "同意退款，退款成功", "10.00", "2.00", "2026-10-03 08:00:00")
        + row.format(2, "退货退款", "售后关闭", "¥10.00", "-", "-")
        + row.format(3, "换货", "换货成功", "-", "-", "-")
        + row.format(4, "补寄", "补寄成功", "1", "-", "-")
        + row.format(5, "退货退款", "退款成功", "多", "1", "-"),
    )
    got = month.read()
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount\n"
        "甲店,8000000000000000001,b1,2026-10-01 09:01:00,2026-10-01 09:02:00,12.30\n",
        refunds="refund_id,order_id,applied,completed,amount,kind\n"
        "1,69001,2026-10-02 08:00:00,2026-10-03 08:00:00,12,refund_only\n"
        "2,69001,2026-10-02 08:00:00,,10,return_refund\n3,69001,2026-10-02 08:00:00,,0,exchange\n",
    )
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(4, "kind", "补寄"), (5, "amount", "多")]


def test_xhs_refunds(month, workbook, same):
    head = [
        "售后单号",
        "订单号",
        "商品名称",
        "售后类型",
        "原因",
        "申请售后金额(元)",
        "退货创建时间",
        "商家确认收货时间",
    ]
    rows = [
        ["R1", "P1", "果干", "退货退款", "不要了", 25, "2026-10-02 08:00:00", "2026-10-05 08:00:00"],
        ["R2", "P2", "果干", "仅退款", "不要了", 20, "2026-10-02 08:00:00", ""],
    ]
    month.write("x.xlsx", workbook([head, *rows]))
    got = month.read()
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount\n"
        "甲店,8000000000000000001,b1,2026-10-01 09:01:00,2026-10-01 09:02:00,12.30\n",
        refunds="refund_id,order_id,applied,completed,amount,kind\n"
        "R1,P1,2026-10-02 08:00:00,2026-10-05 08:00:00,25,return_refund\n"
        "R2,P2,2026-10-02 08:00:00,,20,refund_only\n",
    )
    assert "有 1 张售后单没有完成时间" in notes(got)
