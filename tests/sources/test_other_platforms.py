"""Order lists of JD, 拼多多, 抖店, 小红书 and 1688 (FORMATS §5–§8). All content is made up."""

from __future__ import annotations

from datetime import datetime

import pytest
from months import entries, notes

T = "\t"


# ------------------------------------------------------------------------------------------------------ JD
JD = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,"
    "客户姓名,订单备注,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,货号,订单来源,商家SKUID"
)


def jd(
    order, goods="果干", n=1, price="10.00", due="10.00", state="完成", paid="2026-10-01 08:05:00", **more
):
    cells = {
        "订单号": order,
        "商品ID": "1009",
        "商品名称": goods,
        "订购数量": n,
        "下单时间": "2026-10-01 08:00:00",
        "京东价": price,
        "应付金额": due,
        "订单状态": state,
        "下单帐号": "jd_甲",
        "运费金额": "6.00",
        "付款确认时间": paid,
        "货号": "H1",
        "订单备注": "买家的话",
    } | more
    return ",".join(f"'{cells[h]}{T}" if h in cells else "" for h in JD.split(","))


def jd_file(*rows):
    return ("\ufeff" + "\r\n".join([JD, *rows]) + "\r\n").encode()


def test_jd_orders(bare, same):
    bare.write(
        "订单明细.csv",
        jd_file(
            jd("300000000001", due="16.00", 商家备注="老客"),
            jd("300000000002", paid="", state="等待付款"),
            jd("300000000003", state="(取消)已取消", paid=""),
        ),
    )
    got = bare.read(shop="甲店")
    same(
        got,
        orders=(
            "order_id,buyer,created,paid,amount,postage,quantity,status,memo,shop\n"
            "300000000001,jd_甲,2026-10-01 08:00:00,2026-10-01 08:05:00,16,6,1,完成,老客,甲店\n"
            "300000000002,jd_甲,2026-10-01 08:00:00,,10,6,1,等待付款,,甲店\n"
            "300000000003,jd_甲,2026-10-01 08:00:00,,10,6,1,(取消)已取消,,甲店\n"
        ),
        order_items="order_id,sku,title,quantity,amount\n"
        + "".join(f"30000000000{i},H1,果干,1,10\n" for i in (1, 2, 3)),
    )
    assert entries(got) == {("orders", 3, 3, 0), ("order_items", 3, 3, 0)}


def test_jd_rows_of_one_order(bare):
    """The order's amount on every row, amounts of the rows, and alike rows that each cost what they say."""
    bare.write(
        "x.csv",
        jd_file(
            jd("1", "a", 1, "10.00", "26.00", 商家备注="甲"),
            jd("1", "b", 2, "5.00", "26.00", state="锁定", 商家备注="刷单"),
            jd("2", "a", 1, "10.00", "9.00"),
            jd("2", "赠", 1, "0.00", "0.00"),
            jd("3", "a", 1, "10.00", "10.00"),
            jd("3", "b", 2, "5.00", "10.00"),
        ),
    )
    got = bare.read(shop="甲店")
    assert got.tables["orders"].select(
        "order_id", "amount", "postage", "quantity", "status", "memo"
    ).rows() == [
        ("1", 2600, 600, 3, "完成；锁定", "甲；刷单"),
        ("2", 900, 600, 2, "完成", None),
        ("3", 2000, 600, 3, "完成", None),
    ]
    assert entries(got) == {("orders", 6, 6, 0), ("order_items", 6, 6, 0)}
    assert "有 3 个订单占多行：1 个各行的应付金额相同" in notes(got)


def test_jd_rows_of_an_order_that_is_wrong_share_its_fate(bare):
    bare.write(
        "x.csv",
        jd_file(
            jd("1"),
            jd("1", due="很多"),
            jd("2", 下单时间="昨天"),
            jd("2"),
            jd("", goods=""),
            jd("4"),
            jd("4", n=-1),
        ),
    )
    bare.write("y.csv", jd_file(jd("5"), jd("5", due="3")))
    bare.write("z.csv", jd_file(jd("5", due="7"), jd("5", due="8")))
    got = bare.read(shop="甲店")
    assert got.tables["orders"].select("order_id", "amount").rows() == [("5", 1500)]
    ours = [r for r in got.rejects if r.file == "x.csv"]
    assert [(r.row, r.column, r.value) for r in ours if r.column != "quantity"] == [
        (1, "order_id", "1"),
        (2, "amount", "很多"),
        (3, "created", "昨天"),
        (4, "created", "昨天"),
        (5, "order_id", ""),
        (6, "order_id", "4"),
    ]
    assert "第 2 行数据有错" in ours[0].why
    assert [(r.row, r.why) for r in got.rejects if r.file == "y.csv"] == [
        (1, "superseded"),
        (2, "superseded"),
    ]


def test_jd_cancelled_with_a_payment_time_is_not_sold(bare):
    bare.write("x.csv", jd_file(jd("1", state="已取消"), jd("2")))
    got = bare.read(shop="甲店")
    assert got.tables["orders"]["paid"].is_null().to_list() == [True, False]
    assert "有 1 个已取消" in notes(got)


# ----------------------------------------------------------------------------------------------------- PDD
PDD_2020 = (
    "商品,订单号,订单状态,商品总价(元),店铺优惠折扣(元),平台优惠折扣(元),邮费(元),用户实付金额(元),商家实收金额(元),商品数量(件),"
    "支付时间,拼单成功时间,商品id,商品规格,商家编码-SKU维度,商家编码-商品维度,商家备注,售后状态"
)
PDD_2025 = (
    "商品,订单号,订单状态,商品数量(件),支付时间,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,订单成交时间,商品总价(元),"
    "邮费(元),用户实付金额(元),商家实收金额(元),快递单号"
)


@pytest.mark.parametrize("head", [PDD_2020, PDD_2025])
def test_pdd_orders(bare, same, head):
    def row(**cells):
        return ",".join(cells.get(h, "") + T for h in head.split(","))

    given = {
        "商品": "果干",
        "订单号": "261001-123456789012345",
        "订单状态": "已发货，待签收",
        "商品总价(元)": "30.00",
        "邮费(元)": "0.00",
        "用户实付金额(元)": "25.00",
        "商家实收金额(元)": "29.00",
        "商品数量(件)": "2",
        "支付时间": "2026-10-01 08:00:00",
        "拼单成功时间": "2026-10-01 09:00:00",
        "订单成交时间": "2026-10-01 09:00:00",
        "商家编码-SKU维度": "S1",
        "商家编码-规格维度": "S1",
        "商家备注": "好",
    }
    unpaid = given | {
        "订单号": "261001-2",
        "订单状态": "待支付",
        "支付时间": "",
        "拼单成功时间": "",
        "订单成交时间": "",
    }
    bare.write("orders_export.csv", "\n".join([head, row(**given), row(**unpaid)]) + "\n")
    got = bare.read(platform="pdd", shop="甲店")
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount,postage,quantity,status,memo,grouped\n"
        "甲店,261001-123456789012345,,2026-10-01 08:00:00,2026-10-01 08:00:00,25,0,2,已发货，待签收,好,"
        "2026-10-01 09:00:00\n",
        order_items="order_id,sku,title,quantity,amount\n261001-123456789012345,S1,果干,2,30\n",
    )
    assert entries(got) == {("orders", 2, 1, 1), ("order_items", 1, 1, 0)}
    assert [(r.row, r.column) for r in got.rejects] == [(2, "created")] and "待支付" in got.rejects[0].why
    assert "以支付时间代替" in notes(got) and "有 1 个订单没有支付时间" in notes(got)


# --------------------------------------------------------------------------------------------------- Douyin
DY = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,订单提交时间,商家备注,订单完成时间,"
    "订单状态,售后状态,取消原因,支付完成时间"
)


def dy(order, sub, goods, n, money, postage="0.00", paid="2026-10-01 08:01:00", memo="-"):
    return (
        f'"\t{order}","\t{sub}","\t{goods}","\t1袋",{n},"\tS1",{money},{postage},##密文,2026-10-01 08:00:00,{memo},-,'
        f"已完成,-,-,{paid}"
    )


def test_douyin_orders(bare, same):
    a, b = "6917000000000000001", "6917000000000000011"
    rows = [
        dy(a, a, "果干", 1, "28.90", "5.00"),
        dy(b, b, "茶", 1, "10.00", paid="-"),
        dy(a, "6917000000000000002", "赠品", 2, "0.00", memo="补差"),
    ]
    bare.write("1790000000_订单.csv", b"\xef\xbb\xbf" + "\r\n".join([DY, *rows, ""]).encode())
    got = bare.read(platform="douyin", shop="甲店")
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount,postage,quantity,status,memo\n"
        f"甲店,{a},,2026-10-01 08:00:00,2026-10-01 08:01:00,28.90,5,3,已完成,补差\n"
        f"甲店,{b},,2026-10-01 08:00:00,,10,0,1,已完成,\n",
        order_items=f"order_id,sku,title,quantity,amount\n{a},S1,果干,1,28.90\n{b},S1,茶,1,10\n{a},S1,赠品,2,0\n",
    )
    assert entries(got) == {("orders", 3, 3, 0), ("order_items", 3, 3, 0)}


def test_douyin_without_payment_times(bare):
    head, row = DY.removesuffix(",支付完成时间"), dy("1", "1", "果干", 1, "1.00").rsplit(",", 1)[0]
    bare.write("x.csv", f"{head}\n{row}\n")
    got = bare.read(shop="甲店")
    assert not got.has("orders", "paid") and "支付完成时间" in notes(got)


# ------------------------------------------------------------------------------------------------- 小红书
def test_xhs_orders(bare, workbook, same):
    head = [
        "订单号",
        "商品名称",
        "SKU规格",
        "SKU件数",
        "商品总价(元)",
        "用户应付金额(元)",
        "商家应收金额(元)（支付金额）",
        "快递单号",
        "订单状态",
        "售后状态",
        "订单创建时间",
        "支付时间",
        "商家编码",
        "用户备注",
        "包裹备注信息",
        "店铺名称",
        "用户编号",
    ]
    times = ["2026-10-01 08:00:00", "2026-10-01 08:01:00"]
    bare.write(
        "x.xlsx",
        workbook(
            [
                head,
                [
                    "P1",
                    "果干",
                    "1袋",
                    1,
                    30,
                    25,
                    28,
                    "",
                    "已完成",
                    "",
                    *times,
                    "S1",
                    "",
                    "客",
                    "千帆店",
                    "u1",
                ],
                ["P2", "果干", "1袋", 1, 30, 50, 55, "", "已完成", "", *times, "S1", "", "", "千帆店", "u1"],
                ["P2", "茶", "1盒", 2, 60, 50, 55, "", "已完成", "", *times, "S2", "", "", "千帆店", "u1"],
            ]
        ),
    )
    got = bare.read(shop="甲店")
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount,quantity,status,memo\n"
        "甲店,P1,,2026-10-01 08:00:00,2026-10-01 08:01:00,25,1,已完成,客\n"
        "甲店,P2,,2026-10-01 08:00:00,2026-10-01 08:01:00,50,3,已完成,\n",
        order_items="order_id,sku,title,quantity,amount\nP1,S1,果干,1,30\nP2,S1,果干,1,30\nP2,S2,茶,2,60\n",
    )
    assert entries(got) == {("orders", 3, 3, 0), ("order_items", 3, 3, 0)}


# --------------------------------------------------------------------------------------------------- 1688
ALI = [
    "订单编号",
    "买家公司名",
    "买家会员名",
    "卖家会员名",
    "货品总价(元)",
    "运费(元)",
    "实付款(元)",
    "订单状态",
    "订单创建时间",
    "订单付款时间",
    "货品标题",
    "单价(元)",
    "数量",
    "单位",
    "单品货号",
]
TIMES = ["交易成功", "2026-10-01 08:00:00", "2026-10-01 08:05:00"]


def test_1688_orders(bare, workbook, same):
    more = [""] * 10
    bare.write(
        "x.xls",
        workbook(
            [
                ALI,
                [
                    "2600000000000000001",
                    "某公司",
                    "买家甲",
                    "甲店",
                    60,
                    8,
                    66.5,
                    *TIMES,
                    "果干",
                    10,
                    4,
                    "袋",
                    "G1",
                ],
                [*more, "茶", 5, 4, "盒", "G2"],
                [
                    "2600000000000000002",
                    "",
                    "买家乙",
                    "甲店",
                    10,
                    0,
                    10,
                    TIMES[0],
                    TIMES[1],
                    "",
                    "果干",
                    10,
                    1,
                    "袋",
                    "G1",
                ],
            ]
        ),
    )
    got = bare.read()
    same(
        got,
        orders="shop,order_id,buyer,created,paid,amount,postage,quantity,status\n"
        "甲店,2600000000000000001,买家甲,2026-10-01 08:00:00,2026-10-01 08:05:00,66.50,8,8,交易成功\n"
        "甲店,2600000000000000002,买家乙,2026-10-01 08:00:00,,10,0,1,交易成功\n",
        order_items="order_id,sku,title,quantity,amount\n2600000000000000001,G1,果干,4,40\n"
        "2600000000000000001,G2,茶,4,20\n2600000000000000002,G1,果干,1,10\n",
    )
    assert entries(got) == {("orders", 3, 3, 0), ("order_items", 3, 3, 0)}


def test_1688_items_without_an_order(bare):
    empty = "," * 10
    rows = [
        f"{empty}茶,5,4,盒,G2",
        f"26001,,甲,甲店,1,0,1,{','.join(TIMES)},果干,1,1,袋,G1",
        f"{empty},,9,,",
        "26002,,甲,甲店,1,0,1,x,y,z,果干,1,1,袋,G1,多,出",
        f"{empty}茶,5,4,盒,G2",
    ]
    bare.write("x.csv", "\n".join([",".join(ALI), *rows]) + "\n")
    got = bare.read()
    assert got.tables["orders"].select("order_id", "quantity").rows() == [("26001", 1)]
    assert [r.row for r in got.rejects] == [1, 3, 4, 5]
    assert got.tables["order_items"]["order_id"].to_list() == ["26001"]


def test_1688_with_the_fewest_columns(bare):
    head = "订单编号,买家会员名,实付款(元),订单创建时间"
    bare.write("x.csv", f"{head}\n26001,甲,5,2026-10-01 08:00:00\n,,,2026-10-01 08:00:00\n")
    got = bare.read(shop="甲店")
    assert entries(got) == {("orders", 2, 1, 1)}


def test_times_are_datetimes(bare):
    bare.write("x.csv", jd_file(jd("1", 下单时间="2026/10/1 8:00")))
    assert bare.read(shop="甲店").tables["orders"]["created"].to_list() == [datetime(2026, 10, 1, 8)]
