"""Order and refund lists of JD, 拼多多, 抖店, 小红书 and 1688 (FORMATS §5–§8)."""

from __future__ import annotations

from trade import (
    ORDERS,
    REFUNDS,
    SHOP,
    TYPES,
    Canonical,
    Count,
    Id,
    Layout,
    Money,
    Row,
    at,
    heads,
    item_row,
    order_row,
    refund_row,
)

JD_ORDERS = heads(
    "订单号|商品ID|商品名称|订购数量|支付方式|下单时间|京东价|订单金额|结算金额|余额支付|应付金额|订单状态|订单类型|下单帐号|客户姓名|"
    "客户地址|联系电话|订单备注|发票类型|商家备注|商家备注等级（等级1-5为由高到低）|运费金额|付款确认时间|货号|订单完成时间|订单来源|"
    "商家SKUID"
)


def _jd_orders() -> Layout:
    """One row a kind of goods; each row repeats what its order costs."""
    rows, items = list[Row](), list[Canonical]()
    for order in ORDERS:
        for goods in order.goods:
            number = f"30000000000{order.number}"
            rows.append(
                {
                    "订单号": Id(number),
                    "商品ID": Id("1009"),
                    "商品名称": goods.title,
                    "订购数量": Count(goods.quantity),
                    "下单时间": order.created,
                    "京东价": Money(goods.price),
                    "应付金额": Money(order.amount),
                    "订单状态": "完成" if order.paid else "等待付款",
                    "下单帐号": order.buyer,
                    "订单备注": "买家的话",
                    "商家备注": order.memo,
                    "运费金额": Money(order.postage),
                    "付款确认时间": order.paid,
                    "货号": goods.sku,
                }
            )
            items.append(item_row(number, goods))
    orders = tuple(order_row(o, f"30000000000{o.number}") for o in ORDERS)
    return Layout(
        "jd orders", "jd_orders", JD_ORDERS, tuple(rows), {"orders": orders, "order_items": tuple(items)}
    )


JD_SERVICE = heads(
    "服务单号|客户期望|服务单状态|售后申请时间|订单号|商品名称|退款金额|审核时间|商家首次处理时间|处理人"
)
JD_TITLES = ("申请信息", "", "", "", "订单信息", "", "", "处理信息", "", "")
JD_WISHES = {"refund_only": "仅退款", "return_refund": "退货", "exchange": "换货"}


def _jd_refunds(*, titles: bool) -> Layout:
    rows = tuple(
        Row(
            服务单号=Id(f"90{int(titles)}{r.number}"),
            客户期望=JD_WISHES[r.kind],
            服务单状态="完成" if r.completed else "客户取消",
            售后申请时间=r.applied,
            订单号=Id(f"30000000000{r.order}"),
            商品名称="果干",
            退款金额=Money(r.amount),
            审核时间=r.completed,
            商家首次处理时间=r.completed or at(6, 1),
        )
        for r in REFUNDS
    )
    made = tuple(refund_row(r, f"90{int(titles)}{r.number}", f"30000000000{r.order}") for r in REFUNDS)
    name = "jd refunds under titles" if titles else "jd refunds"
    above = (JD_TITLES,) if titles else ()
    return Layout(name, "jd_refunds", JD_SERVICE, rows, {"refunds": made}, above=above)


# ----------------------------------------------------------------------------------------------------------- PDD
PDD_2020 = heads(
    "商品|订单号|订单状态|商品总价(元)|店铺优惠折扣(元)|平台优惠折扣(元)|邮费(元)|用户实付金额(元)|商家实收金额(元)|商品数量(件)|"
    "收货人|支付时间|拼单成功时间|订单确认时间|商品id|商品规格|商家编码-SKU维度|商家编码-商品维度|商家备注|售后状态|买家留言"
)
PDD_2024 = heads(
    "商品|订单号|订单状态|商品数量(件)|是否审核中|支付时间|承诺发货时间|商品id|商品规格|商家编码-规格维度|商家编码-商品维度|商家备注|"
    "买家留言|售后状态|订单成交时间|团ID|商品总价(元)|邮费(元)|店铺优惠折扣(元)|用户实付金额(元)|商家实收金额(元)|快递单号|支付方式"
)


def _pdd_orders(year: int, header: tuple[str, ...]) -> Layout:
    """One row an order, no buyer, and no time at which it was placed: unpaid ones cannot be used."""
    rows, orders, items = list[Row](), list[Canonical](), list[Canonical]()
    for order in ORDERS:
        goods, number = order.goods[0], f"261001-{year}0000000000{order.number}"
        rows.append(
            {
                "商品": goods.title,
                "订单号": Id(number),
                "订单状态": "已发货，待签收" if order.paid else "待支付",
                "商品总价(元)": Money(order.amount - order.postage),
                "邮费(元)": Money(order.postage),
                "用户实付金额(元)": Money(order.amount),
                "商家实收金额(元)": Money(order.amount + 5),
                "商品数量(件)": Count(order.quantity),
                "支付时间": order.paid,
                "拼单成功时间": order.paid,
                "订单成交时间": order.paid,
                "商家编码-SKU维度": goods.sku,
                "商家编码-规格维度": goods.sku,
                "商家编码-商品维度": "P",
                "商家备注": order.memo,
                "售后状态": "无售后或售后取消",
            }
        )
        if order.paid:
            orders.append(order_row(order, number, buyer=None, created=order.paid, grouped=order.paid))
            whole = order.amount - order.postage
            items.append(item_row(number, goods, quantity=order.quantity, amount=whole))
    tables = {"orders": tuple(orders), "order_items": tuple(items)}
    return Layout(f"pdd orders {year}", "pdd_orders", header, tuple(rows), tables, rejected=(2,))


PDD_REFUNDS = heads("售后编号|订单编号|交易金额|售后状态|退款类型|退款金额|商品名称|申请时间")


def _pdd_refunds() -> Layout:
    rows = tuple(
        Row(
            售后编号=Id(f"80{r.number}"),
            订单编号=Id(f"261001-{r.order}"),
            交易金额=Money(1),
            售后状态="退款成功" if r.completed else "买家撤销",
            退款类型=TYPES[r.kind],
            退款金额=Money(r.amount),
            商品名称="果干",
            申请时间=r.applied,
        )
        for r in REFUNDS
    )
    made = tuple(
        refund_row(r, f"80{r.number}", f"261001-{r.order}", completed=None) for r in REFUNDS if r.completed
    )
    return Layout("pdd refunds", "pdd_refunds", PDD_REFUNDS, rows, {"refunds": made}, rejected=(2,))


# -------------------------------------------------------------------------------------------------------- Douyin
DOUYIN = heads(
    "主订单编号|子订单编号|选购商品|商品规格|商品数量|商家编码|订单应付金额|运费|收件人|收件人手机号|详细地址|订单提交时间|商家备注|"
    "订单完成时间|订单状态|售后状态|取消原因|发货时间|支付完成时间"
)
DOUYIN_REFUNDS = heads(
    "售后单号|订单号|商家编码|商品名称|售后类型|售后状态|售后原因|售后申请时间|退商品金额（元）|退运费金额（元）|商家退款时间|售后完结时间"
)


def _douyin_orders() -> Layout:
    """One row a sub-order, each with its own amount."""
    rows, items = list[Row](), list[Canonical]()
    for order in ORDERS:
        number = f"691792676882364375{order.number}"
        for n, goods in enumerate(order.goods):
            postage = order.postage if n == 0 else 0
            rows.append(
                {
                    "主订单编号": Id(number),
                    "子订单编号": Id(f"69179267688236438{order.number}{n}"),
                    "选购商品": goods.title,
                    "商品数量": Count(goods.quantity),
                    "商家编码": goods.sku,
                    "订单应付金额": Money(goods.amount + postage),
                    "运费": Money(postage),
                    "收件人": "##密文",
                    "订单提交时间": order.created,
                    "商家备注": order.memo or "-",
                    "订单状态": "已完成" if order.paid else "已关闭",
                    "售后状态": "-",
                    "支付完成时间": order.paid,
                }
            )
            items.append(item_row(number, goods, amount=goods.amount + postage))
    orders = tuple(order_row(o, f"691792676882364375{o.number}", buyer=None) for o in ORDERS)
    return Layout(
        "douyin orders", "douyin_orders", DOUYIN, tuple(rows), {"orders": orders, "order_items": tuple(items)}
    )


def _douyin_refunds() -> Layout:
    rows = tuple(
        Row(
            售后单号=Id(f"60{r.number}"),
            订单号=Id(f"691792676882364375{r.order}"),
            售后类型="未发货仅退款" if r.kind == "refund_only" else "退货退款",
            售后状态="同意退款，退款成功" if r.completed else "售后关闭",
            售后申请时间=r.applied,
            商家退款时间=r.completed or "-",
            售后完结时间=at(20, 1),
        )
        | {"退商品金额（元）": Money(r.amount - 50), "退运费金额（元）": Money(50)}
        for r in REFUNDS
    )
    made = tuple(refund_row(r, f"60{r.number}", f"691792676882364375{r.order}") for r in REFUNDS)
    return Layout("douyin refunds", "douyin_refunds", DOUYIN_REFUNDS, rows, {"refunds": made})


# ----------------------------------------------------------------------------------------------- Xiaohongshu, 1688
XHS = heads(
    "订单号|商品名称|SKU规格|SKU件数|商品总价(元)|用户应付金额(元)|商家应收金额(元)（支付金额）|快递单号|订单状态|售后状态|订单创建时间|"
    "支付时间|商家编码|用户备注|包裹备注信息|用户编号"
)
XHS_REFUNDS = heads(
    "售后单号|订单号|商品名称|售后类型|原因|申请售后金额(元)|售后状态|退货创建时间|商家确认收货时间"
)


def _xhs_orders() -> Layout:
    rows, items = list[Row](), list[Canonical]()
    for order in ORDERS:
        number = f"P73000000000000000{order.number}"
        for goods in order.goods:
            rows.append(
                {
                    "订单号": Id(number),
                    "商品名称": goods.title,
                    "SKU件数": Count(goods.quantity),
                    "商品总价(元)": Money(goods.amount),
                    "用户应付金额(元)": Money(order.amount),
                    "商家应收金额(元)（支付金额）": Money(order.amount + 7),
                    "订单状态": "已完成" if order.paid else "已取消",
                    "订单创建时间": order.created,
                    "支付时间": order.paid,
                    "商家编码": goods.sku,
                    "包裹备注信息": order.memo,
                    "用户编号": "u1",
                }
            )
            items.append(item_row(number, goods))
    orders = tuple(order_row(o, f"P73000000000000000{o.number}", buyer=None, postage=None) for o in ORDERS)
    return Layout(
        "xhs orders", "xhs_orders", XHS, tuple(rows), {"orders": orders, "order_items": tuple(items)}
    )


def _xhs_refunds() -> Layout:
    rows = tuple(
        Row(
            售后单号=Id(f"R{r.number}"),
            订单号=Id(f"P73000000000000000{r.order}"),
            售后类型=TYPES[r.kind],
            售后状态="售后完成" if r.completed else "售后关闭",
            退货创建时间=r.applied,
            商家确认收货时间=r.completed or at(20, 1),
        )
        | {"申请售后金额(元)": Money(r.amount)}
        for r in REFUNDS
    )
    made = tuple(refund_row(r, f"R{r.number}", f"P73000000000000000{r.order}") for r in REFUNDS)
    return Layout("xhs refunds", "xhs_refunds", XHS_REFUNDS, rows, {"refunds": made})


ALI1688 = heads(
    "订单编号|买家公司名|买家会员名|卖家公司名|卖家会员名|货品总价(元)|运费(元)|涨价或折扣(元)|实付款(元)|订单状态|订单创建时间|"
    "订单付款时间|发货方|收货人姓名|货品标题|单价(元)|数量|单位|货号|型号|"
    "Offer ID|SKU ID|物料编号|单品货号|货品种类|买家留言"
)


def _ali1688_orders() -> Layout:
    """Further goods of an order stand in rows that say nothing of the order (its cells are merged)."""
    rows, items = list[Row](), list[Canonical]()
    for order in ORDERS:
        number = f"260000000000000000{order.number}"
        for n, goods in enumerate(order.goods):
            row = Row(货品标题=goods.title, 数量=Count(goods.quantity), 单位="袋", 单品货号=goods.sku)
            row["单价(元)"] = Money(goods.price)
            if n == 0:
                row |= {
                    "订单编号": Id(number),
                    "买家会员名": order.buyer,
                    "卖家会员名": SHOP,
                    "卖家公司名": "某公司",
                    "运费(元)": Money(order.postage),
                    "实付款(元)": Money(order.amount),
                    "订单状态": "交易成功" if order.paid else "等待买家付款",
                    "订单创建时间": order.created,
                    "订单付款时间": order.paid,
                }
            rows.append(row)
            items.append(item_row(number, goods))
    orders = tuple(order_row(o, f"260000000000000000{o.number}", memo=None) for o in ORDERS)
    return Layout(
        "1688 orders",
        "ali1688_orders",
        ALI1688,
        tuple(rows),
        {"orders": orders, "order_items": tuple(items)},
    )


OTHERS: tuple[Layout, ...] = (
    _jd_orders(),
    _jd_refunds(titles=True),
    _jd_refunds(titles=False),
    _pdd_orders(2020, PDD_2020),
    _pdd_orders(2024, PDD_2024),
    _pdd_refunds(),
    _douyin_orders(),
    _douyin_refunds(),
    _xhs_orders(),
    _xhs_refunds(),
    _ali1688_orders(),
)
