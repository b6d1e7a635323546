"""Order, item and refund lists of Taobao and Tmall, of all years (FORMATS §2–§4)."""

from __future__ import annotations

from typing import Any

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
    Order,
    Row,
    at,
    heads,
    item_row,
    order_row,
    refund_row,
)

TAOBAO_2016 = heads(
    "订单编号|买家会员名|买家支付宝账号|买家应付货款|买家应付邮费|买家支付积分|总金额|返点积分|买家实际支付金额|买家实际支付积分|"
    "订单状态|买家留言|收货人姓名|收货地址|运送方式|联系电话|联系手机|订单创建时间|订单付款时间|宝贝标题|宝贝种类|物流单号|物流公司|"
    "订单备注|宝贝总数量|店铺Id|店铺名称|订单关闭原因|卖家服务费|买家服务费|是否手机订单|异常信息|是否是O2O交易"
)
TAOBAO_2018 = (*TAOBAO_2016, "新零售交易类型", "退款金额", "预约门店", "确认收货时间", "打款商家金额")
TAOBAO_2021 = (
    *(head for head in TAOBAO_2018 if head not in ("买家支付宝账号", "订单备注")),
    *("买家会员昵称", "支付单号", "支付详情", "是否信用购", "预售订单", "发货时间", "商家备忘", "主订单编号"),
)
TAOBAO_2024 = heads(
    "订单编号|支付单号|支付详情|买家应付货款|买家应付邮费|总金额|买家实付金额|订单状态|订单创建时间|订单付款时间|商品标题|宝贝总数量|"
    "店铺名称|订单关闭原因|收货地址|商家备注|退款金额|发货时间|确认收货时间|是否主动赔付|商品属性SKU|物流公司|商家编码"
)


def _taobao_row(order: Order, number: str) -> Row:
    """What stands in any year. The paid amounts are what is left after refunds, and never serve."""
    return {
        "订单编号": Id(number),
        "主订单编号": Id(number),
        "买家会员名": order.buyer,
        "买家会员昵称": "昵称",
        "买家应付货款": Money(order.amount - order.postage),
        "买家应付邮费": Money(order.postage),
        "总金额": Money(order.amount),
        "买家实际支付金额": Money(0),
        "买家实付金额": Money(0),
        "退款金额": Money(order.amount),
        "订单状态": "买家已付款，等待卖家发货" if order.paid else "等待买家付款",
        "买家留言": "快点发",
        "订单创建时间": order.created,
        "订单付款时间": order.paid,
        "宝贝标题": "，".join(g.title for g in order.goods),
        "商品标题": order.goods[0].title,
        "宝贝种类": Count(len(order.goods)),
        "物流单号": "No:221307653963",
        "订单备注": order.memo or "'null",
        "商家备注": order.memo,
        "商家备忘": order.memo,
        "宝贝总数量": Count(order.quantity),
        "店铺Id": "0",
        "店铺名称": SHOP,
        "支付详情": "支付方式：支付宝|花呗",
    }


def _taobao_orders(year: int, header: tuple[str, ...], digits: int, **given: Any) -> Layout:
    numbers = {o.number: f"{7:0<{digits - 5}}{year}{o.number}" for o in ORDERS}
    return Layout(
        f"taobao orders {year}",
        "taobao_orders",
        header,
        tuple(_taobao_row(o, numbers[o.number]) for o in ORDERS),
        {"orders": tuple(order_row(o, numbers[o.number], **given) for o in ORDERS)},
    )


ITEMS_2011 = heads(
    "订单编号|标题|价格|购买数量|外部系统编号|商品属性|套餐信息|备注|订单状态|商家编码",
)
ITEMS_2021 = heads(
    "子订单编号|主订单编号|标题|价格|购买数量|外部系统编号|商品属性|套餐信息|备注|订单状态|商家编码|支付单号|买家应付货款|"
    "买家实际支付金额|退款状态|退款金额|订单创建时间|订单付款时间"
)
ITEMS_2024 = heads(
    "子订单编号|主订单编号|商品标题|商品价格|购买数量|外部系统编号|商品属性|套餐信息|订单状态|商家编码|支付单号|买家应付货款|"
    "买家实付金额|退款状态|退款金额|订单创建时间|订单付款时间|商品ID|发货时间|物流单号"
)


def _taobao_items(year: int, header: tuple[str, ...]) -> Layout:
    rows, items = list[Row](), list[Canonical]()
    for order in ORDERS:
        number = f"71{year}00000000000{order.number}"
        for n, goods in enumerate(order.goods):
            rows.append(
                {
                    "订单编号": Id(number),
                    "主订单编号": Id(number),
                    "子订单编号": Id(number[:-1] + str(order.number + n)),
                    "标题": goods.title,
                    "商品标题": goods.title,
                    "价格": Money(goods.price),
                    "商品价格": Money(goods.price),
                    "购买数量": Count(goods.quantity),
                    "商家编码": goods.sku,
                    "外部系统编号": "外" + goods.sku,
                    "商品属性": "商品规格:原味",
                    "退款状态": "没有申请退款",
                    "订单创建时间": order.created,
                    "订单付款时间": order.paid,
                    "买家实付金额": Money(1),
                }
            )
            items.append(item_row(number, goods))
    return Layout(f"taobao items {year}", "taobao_items", header, tuple(rows), {"order_items": tuple(items)})


REFUNDS_2017 = heads(
    "订单编号|退款编号|支付宝交易号|订单付款时间|商家编码|退款完结时间|买家会员名称|买家实际支付金额|宝贝标题|买家退款金额|"
    "手工退款/系统退款|是否需要退货|退款的申请时间|超时时间|退款状态|货物状态|客服介入状态|卖家真实姓名|买家退款原因|责任方|"
    "售中或售后|商家备注|完结时间|部分退款/全部退款|退款操作人"
)
REFUNDS_2021 = (
    *(head for head in REFUNDS_2017 if head != "买家会员名称"),
    *("卖家真实姓名", "退款原因标签", "业务类型", "是否帮他退款"),
)
REFUNDS_2025 = heads(
    "订单编号|退款编号|支付单号|订单付款时间|商品id|商品编码|退款完结时间|买家实际支付金额|宝贝标题|退款总额|退给买家金额|退给平台金额|"
    "手工退款/系统退款|售后类型|退款申请时间|超时时间|退款状态|货物状态|客服介入状态|买家退款原因|责任方|售中或售后|备注标签|商家备注|"
    "完结时间|部分退款/全部退款|退款操作人|是否帮他退款|小额收款"
)


def _taobao_refunds(year: int, header: tuple[str, ...]) -> Layout:
    rows, made = list[Row](), list[Canonical]()
    for refund in REFUNDS:
        number, order = f"9{year}000000000{refund.number}", f"70000000000{year}{refund.order}"
        dispute, ours = refund.number == 3, refund.number == 1
        rows.append(
            {
                "订单编号": Id(order),
                "退款编号": Id(number),
                "退款完结时间": refund.completed or at(20, 1),  # a closed one has an end, too
                "买家退款金额": Money(refund.amount),
                "退款总额": Money(refund.amount),
                "退给买家金额": Money(refund.amount),
                "买家实际支付金额": Money(1),
                "是否需要退货": "是" if refund.kind == "return_refund" else "否",
                "售后类型": TYPES[refund.kind],
                "退款的申请时间": refund.applied,
                "退款申请时间": refund.applied,
                "退款状态": "退款成功" if refund.completed else "退款关闭",
                "客服介入状态": "客服处理完成" if dispute else "不需客服介入",
                "责任方": "卖家责任" if dispute else "",
                "售中或售后": "售后" if dispute else "售中",
                "退款操作人": f"{SHOP}：小一" if ours else "系统",
                "完结时间": "3天",
            }
        )
        done = refund.completed is not None
        made.append(
            refund_row(
                refund,
                number,
                order,
                stage="after_sale" if dispute else "in_sale",
                dispute=dispute,
                by_seller=done and not dispute,
                seller_fault=dispute,
                account=f"{SHOP}:小一" if ours else None,
            )
        )
    return Layout(f"taobao refunds {year}", "taobao_refunds", header, tuple(rows), {"refunds": tuple(made)})


TAOBAO: tuple[Layout, ...] = (
    _taobao_orders(2016, TAOBAO_2016, 16),
    _taobao_orders(2018, TAOBAO_2018, 18),
    _taobao_orders(2021, TAOBAO_2021, 19),
    _taobao_orders(2024, TAOBAO_2024, 19, buyer=None),
    _taobao_items(2011, ITEMS_2011),
    _taobao_items(2021, ITEMS_2021),
    _taobao_items(2024, ITEMS_2024),
    _taobao_refunds(2017, REFUNDS_2017),
    _taobao_refunds(2021, REFUNDS_2021),
    _taobao_refunds(2025, REFUNDS_2025),
)
