"""Order and refund lists of JD, 拼多多, 抖店, 小红书 and 1688 (FORMATS §5–§8). All content is made up."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest
from conftest import MESSAGES, ROSTER, Month

T = "\t"


@pytest.fixture
def bare(tmp_path):
    """A month without orders of its own."""
    return Month(tmp_path / "m").write("messages.csv", MESSAGES).write("roster.csv", ROSTER)


@pytest.fixture
def same(tmp_path):
    """Checks that exports and canonical tables give the same rows."""

    def check(got, **tables):
        other = Month(tmp_path / "canonical").write("messages.csv", MESSAGES).write("roster.csv", ROSTER)
        for name, text in tables.items():
            other.write(f"{name}.csv", text)
        want = other.read(shop="甲店")
        for name in tables:
            ours, theirs = (m.tables[name].drop("_file", "_row") for m in (got, want))
            assert ours.rows() == theirs.rows()

    return check


def entries(month):
    return {
        (entry.table, entry.rows_in, entry.rows_used, entry.rows_rejected)
        for entry in month.inputs
        if entry.table not in ("messages", "roster")
    }


def notes(month):
    return " ".join(note.detail for note in month.review)


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
    assert "第 2 行有错" in ours[0].why
    assert [(r.row, r.why) for r in got.rejects if r.file == "y.csv"] == [
        (1, "superseded"),
        (2, "superseded"),
    ]


def test_jd_cancelled_with_a_payment_time_is_not_sold(bare):
    bare.write("x.csv", jd_file(jd("1", state="已取消"), jd("2")))
    got = bare.read(shop="甲店")
    assert got.tables["orders"]["paid"].is_null().to_list() == [True, False]
    assert "有 1 个已取消" in notes(got)


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


# ------------------------------------------------------------------------------------------ order numbers
def test_numbers_that_a_program_wrote_as_floats(bare):
    head = "订单编号,总金额,订单创建时间,店铺名称\n"
    rows = ["1234567890123456.0", "1.23E+17", "123456789012345678.0", "1.2345678901234568e+17", "77"]
    bare.write("x.csv", head + "".join(f"{n},1,2026-10-01 08:00:00,甲店\n" for n in rows))
    got = bare.read()
    assert got.tables["orders"]["order_id"].to_list() == ["1234567890123456", "77"]
    assert [r.row for r in got.rejects] == [2, 3, 4]
    assert all("末几位已丢失" in r.why for r in got.rejects)


def test_numbers_in_number_cells(bare, workbook):
    head = ["订单编号", "总金额", "订单创建时间", "店铺名称"]
    numbers = [1234567890123456.0, 9123456789012346.0, 1.5e18]
    bare.write("x.csv", workbook([head, *([n, 1, "2026-10-01 08:00:00", "甲店"] for n in numbers)]))
    got = bare.read()
    assert got.tables["orders"]["order_id"].to_list() == ["1234567890123456"]
    assert [r.row for r in got.rejects] == [2, 3]


def test_numbers_whose_end_a_spreadsheet_has_zeroed(bare):
    head = "订单编号,总金额,订单创建时间,店铺名称\n"
    row = "{},1,2026-10-01 08:00:00,甲店\n"
    bare.write(
        "x.csv", head + row.format("123456789012345000") + row.format("123456789012346000") + row.format("7")
    )
    got = bare.read()
    assert got.tables["orders"]["order_id"].to_list() == ["7"]
    assert [r.why[:7] for r in got.rejects] == ["编号第 15 ", "编号第 15 "]


# ------------------------------------------------------------------------------------------ what is no table
def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("导出.zip", zipped("十月/订单.csv", "b.xlsx"), "里面有 十月/订单.csv、b.xlsx：请解压"),
        ("导出.csv", zipped(*(f"{i}.csv" for i in range(9))), "等 9 个文件"),
        ("空.zip", zipped(), "压缩包是空的"),
        ("x.xls", "<html><table><tr><td>订单号</td></tr></table>".encode("gbk"), "网页"),
        (
            "x.csv",
            "买家会员名,买家实际支付金额,宝贝标题 ,订单付款时间\na,1,b,2018-01-01 09:26:18\n",
            "缺少 订单编号、总金额",
        ),
        ("x.csv", "订单编号,商品编号,费用名称,应结金额,收支方向\n1,2,货款,3,收入\n", "账单"),
        ("x.csv", "商品,订单号,订单状态,用户实付金额(元)\n1,2,3,4\n", "像是拼多多订单，但缺少列 支付时间"),
        ("x.csv", "商品名称,定价,销量\n1,2,3\n", "商品名称、定价、销量"),
    ],
)
def test_what_is_not_read_is_told(month, name, content, told):
    month.write(name, content)
    (note,) = month.read().review
    assert note.kind == "unrecognised_file" and told in note.detail


def test_a_gbk_name_in_a_zip(month):
    """As Windows writes it: the bytes of the name, and no word of the encoding."""
    data = zipped("abcd.csv").replace(b"abcd.csv", "订单.csv".encode("gb18030"))
    month.write("x.zip", data)
    assert "里面有 订单.csv" in month.read().review[0].detail


def test_times_are_datetimes(bare):
    bare.write("x.csv", jd_file(jd("1", 下单时间="2026/10/1 8:00")))
    assert bare.read(shop="甲店").tables["orders"]["created"].to_list() == [datetime(2026, 10, 1, 8)]
