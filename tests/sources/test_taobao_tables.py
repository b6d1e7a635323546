"""Order, item and refund lists of Taobao / Tmall, and rosters (FORMATS §2–§4). All content is made up."""

from __future__ import annotations

from datetime import date, datetime

import pytest

ORDERS_2016 = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,"
    "买家留言,收货地址 ,"
    "订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因"
)
FIRST = (
    '"=""700000000000000001""",阿甲,***,100.00,8.00,108.00,0.00,交易关闭,快点发,某省 ***,'
    "{at},{paid},果干 ,1,{memo},2,0,甲店,退款"
)


def orders(*rows: str) -> str:
    return "\r\n".join([ORDERS_2016, *rows]) + "\r\n"


def test_orders_2016_gbk(month):
    text = orders(
        FIRST.format(at="2026-10-01 08:00:00", paid="2026-10-01 08:01:00", memo="'null"),
        FIRST.replace('1"""', '2"""').format(at="2026/10/1 8:05", paid="", memo="'刷单"),
    )
    month.write("导出.csv", text.encode("gb18030"))
    got = month.read()
    rows = (
        got.tables["orders"]
        .filter(got.tables["orders"]["buyer"] == "阿甲")
        .drop("grouped", "_file", "_row")
        .rows()
    )
    assert rows == [
        (
            "甲店",
            "700000000000000001",
            "阿甲",
            datetime(2026, 10, 1, 8),
            datetime(2026, 10, 1, 8, 1),
            10800,
            800,
            2,
            "交易关闭",
            None,
        ),
        (
            "甲店",
            "700000000000000002",
            "阿甲",
            datetime(2026, 10, 1, 8, 5),
            None,
            10800,
            800,
            2,
            "交易关闭",
            "刷单",
        ),
    ]
    assert next(entry for entry in got.inputs if entry.file == "导出.csv").format == "taobao_orders"


def test_orders_called_like_a_canonical_file(month):
    month.write(
        "orders.csv", orders(FIRST.format(at="2026-10-01 08:00:00", paid="", memo="")).encode("gb18030")
    )
    assert month.read().tables["orders"]["order_id"].to_list() == ["700000000000000001"]


def test_orders_2021_memo_of_the_seller(month):
    head = "订单编号,买家会员名,买家会员昵称,总金额,订单创建时间,订单付款时间,订单备注,店铺名称,商家备忘"
    month.write("x.csv", f"{head}\n7003,阿乙,乙乙,10,2026-10-01 08:00:00,,'null,甲店,老客户\n")
    assert month.read().tables["orders"]["memo"].to_list() == [None, "老客户"]


def test_orders_2024_workbook_declared_as_one_cell(month, workbook):
    head = [
        "订单编号",
        "支付详情",
        "买家应付邮费",
        "总金额",
        "买家实付金额",
        "订单状态",
        "订单创建时间",
        "订单付款时间",
        "商品标题",
        "宝贝总数量",
        "店铺名称",
        "商家备注",
        "退款金额",
    ]
    month.write(
        "ExportOrderList1.xlsx",
        workbook(
            [
                head,
                [
                    "2000000000000000001",
                    "支付方式：支付宝",
                    0.0,
                    64.8,
                    0.0,
                    "交易关闭",
                    "2026-10-01 08:00:00",
                    "",
                    "果干",
                    2.0,
                    "甲店",
                    "",
                    64.8,
                ],
                [
                    "2000000000000000002",
                    "",
                    0.0,
                    0.1,
                    0.1,
                    "交易成功",
                    datetime(2026, 10, 1, 8, 0, 5),
                    46296.5,
                    "果干",
                    1,
                    "甲店",
                    "-",
                    "",
                ],
                [2.0e18, "", 0.0, 1, 1, "交易成功", "2026-10-01 08:00:00", "", "果干", 1, "甲店", "", ""],
            ],
            a1=True,
        ),
    )
    got = month.read()
    rows = got.tables["orders"].filter(got.tables["orders"]["buyer"].is_null())
    assert rows.select("order_id", "created", "paid", "amount", "quantity", "memo").rows() == [
        ("2000000000000000001", datetime(2026, 10, 1, 8), None, 6480, 2, None),
        ("2000000000000000002", datetime(2026, 10, 1, 8, 0, 5), datetime(2026, 10, 1, 12), 10, 1, None),
    ]
    assert [(r.row, r.column) for r in got.rejects] == [(3, "order_id")]


def test_orders_without_the_time_they_were_placed(month):
    month.write(
        "x.csv", "订单编号,总金额,订单付款时间,店铺名称\n7001,10,2026-10-01 08:00:00,甲店\n7002,10,,甲店\n"
    )
    got = month.read()
    assert got.tables["orders"]["created"].to_list()[-1] == datetime(2026, 10, 1, 8)
    assert [(r.row, r.column) for r in got.rejects] == [(2, "created")]
    assert [note.kind for note in got.review] == ["source_note"]


def test_orders_that_name_no_shop(month):
    month.write("x.csv", "订单编号,总金额,订单创建时间\n7001,10,2026-10-01 08:00:00\n")
    assert month.read().tables["orders"]["shop"].unique().to_list() == ["甲店"]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (
            "订单编号,标题,价格,购买数量,外部系统编号,商品属性,订单状态,商家编码",
            '"=""7001""",果干,9.90,3,W1,,交易成功,S1',
        ),
        (
            "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商家编码,订单创建时间,订单付款时间",
            "7002,7001,果干,9.90,3,W1,S1,2026-10-01 08:00:00,",
        ),
        (
            "子订单编号,主订单编号,商品标题,商品价格,购买数量,商家编码,买家实付金额",
            "7001,7001,果干,9.90,3,S1,0.00",
        ),
        ("订单编号,标题,价格,购买数量,外部系统编号,商家编码", "7001,果干,9.90,3,S1,"),
    ],
)
def test_items(month, head, row):
    month.write("商品.csv", f"{head}\n{row}\n".encode("gb18030"))
    got = month.read().tables["order_items"]
    assert got.select("order_id", "sku", "title", "quantity", "amount").rows() == [
        ("7001", "S1", "果干", 3, 2970)
    ]


def test_items_that_are_wrong(month):
    head = "订单编号,标题,价格,购买数量,商家编码\n"
    month.write("商品.csv", head + "7001,a,贵,3,S\n7001,b,9,多,S\n7001,c,-9,1,S\n7001,d,,1,S\n7001,e,9,,S\n")
    got = month.read()
    assert [(r.row, r.column, r.value) for r in got.rejects] == [
        (1, "amount", "贵"),
        (2, "quantity", "多"),
        (3, "amount", "-9"),
    ]
    assert got.tables["order_items"].select("title", "amount").rows() == [("d", None), ("e", None)]


REFUNDS = [
    "订单编号",
    "退款编号",
    "退款完结时间",
    "买家退款金额",
    "是否需要退货",
    "退款的申请时间",
    "退款状态",
    "客服介入状态",
    "卖家真实姓名",
    "卖家真实姓名",
    "责任方",
    "售中或售后",
    "完结时间",
    "退款操作人",
]


def refund(number: str, **cells: object) -> list[object]:
    given = {
        "订单编号": "7001",
        "退款编号": number,
        "退款完结时间": "2026-10-03 08:00:00",
        "买家退款金额": 12.3,
        "是否需要退货": "否",
        "退款的申请时间": "2026-10-02 08:00:00",
        "退款状态": "退款成功",
        "客服介入状态": "不需客服介入",
        "责任方": "",
        "售中或售后": "售中",
        "完结时间": "5天",
        "退款操作人": "甲店：小一",
    } | cells
    return [given.get(head, "") for head in REFUNDS]


def test_refunds(month, workbook):
    month.write(
        "退款.xlsx",
        workbook(
            [
                REFUNDS,
                refund("1"),
                refund(
                    "2",
                    是否需要退货="是",
                    售中或售后="售后",
                    客服介入状态="客服处理完成",
                    责任方="卖家责任",
                    退款操作人="系统",
                ),
                refund("3", 退款状态="退款关闭"),
                refund("4", 退款状态="卖家拒绝退款"),
                refund("5", 退款状态="买家已经申请退款，等待卖家同意", 退款操作人=""),
                refund("6", 退款状态=""),
            ],
            sheet="天猫退款单",
        ),
    )
    got = month.read()
    done, applied = datetime(2026, 10, 3, 8), datetime(2026, 10, 2, 8)
    assert got.tables["refunds"].drop("_file", "_row").rows() == [
        ("1", "7001", applied, done, 1230, "refund_only", "in_sale", True, False, False, "甲店:小一"),
        ("2", "7001", applied, done, 1230, "return_refund", "after_sale", False, True, True, None),
        *(
            (number, "7001", applied, None, 1230, "refund_only", "in_sale", False, False, False, account)
            for number, account in (("3", "甲店:小一"), ("4", "甲店:小一"), ("5", None))
        ),
    ]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(6, "退款状态", "")]
    assert [(i.kind, i.count) for i in got.review if "已关闭或被拒绝" in i.detail] == [("source_note", 2)]
    assert got.has("refunds", "completed")


def test_refunds_2025_kinds(month):
    head = "订单编号,退款编号,退款完结时间,退款总额,售后类型,退款申请时间,退款状态"
    rows = [
        f"7001,{i},2026-10-03 08:00:00,1,{kind},2026-10-02 08:00:00,退款成功"
        for i, kind in enumerate(["仅退款", "退货退款", "换货", "补寄"])
    ]
    month.write("x.csv", "\n".join([head, *rows]) + "\n")
    got = month.read()
    assert got.tables["refunds"]["kind"].to_list() == ["refund_only", "return_refund", "exchange"]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(4, "kind", "补寄")]
    assert got.absent["refunds"] == {"stage", "by_seller", "dispute", "seller_fault", "account"}


def test_roster_in_chinese(month, workbook):
    (month.folder / "roster.csv").unlink()
    month.write(
        "花名册.xlsx",
        workbook(
            [
                ["子账号", "工号", "姓名", "分组", "岗位", "生效日期", "失效日期", "底薪", "入职日期"],
                [
                    "cntaobao甲店：小一",
                    "E1",
                    "张一",
                    "一组",
                    "售前",
                    "2026-01-01",
                    "",
                    4000,
                    datetime(2025, 12, 1),
                ],
                ["甲店:机器", "R1", "机器", "", "机器人", "", "", "", ""],
            ]
        ),
    )
    assert month.read().tables["roster"].drop("_file", "_row").rows() == [
        ("甲店:小一", "E1", "张一", "一组", "售前", date(2026, 1, 1), None, 400000, date(2025, 12, 1)),
        ("甲店:机器", "R1", "机器", None, "robot", None, None, None, None),
    ]
