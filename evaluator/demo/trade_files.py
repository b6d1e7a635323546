"""Orders, items and refunds as Taobao/Tmall exports them: the csv of 2016, the 千牛 xlsx of 2024, the refund
xlsx of 2021."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

from evaluator.demo.draws import load_data
from evaluator.demo.goods import COURIERS, Order
from evaluator.demo.people import SHOP
from evaluator.demo.story import Story
from evaluator.demo.talk import item_number
from evaluator.demo.xlsx import Cell, write_xlsx

_COLUMNS: dict[str, list[str]] = load_data("columns")
_REFUND_STATES = {
    "done": "退款成功",
    "closed": "退款关闭",
    "refused": "卖家拒绝退款",
    "open": "买家已经申请退款，等待卖家同意",
}


def stamp(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else ""


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def batches(story: Story) -> tuple[list[Order], list[Order], list[Order]]:
    """The orders by the export they come in: csv before the period, csv, and 千牛 xlsx."""
    first, newer = story.calendar.start, story.calendar.no_buyer_from
    return (
        [o for o in story.orders if o.created.date() < first],
        [o for o in story.orders if first <= o.created.date() < newer],
        [o for o in story.orders if o.created.date() >= newer],
    )


def overlap(story: Story) -> list[Order]:
    """Orders of the day before the period: they stand in the first export as they were next morning, and
    again in the second, which therefore replaces them."""
    return [o for o in story.orders if o.created.date() == story.calendar.first]


def first_export(story: Story) -> datetime:
    """When the first export was taken: in the morning of the period's first day."""
    return datetime.combine(story.calendar.start, time(9, 15))


def exported(story: Story, order: Order) -> datetime:
    """When the export was taken whose row of ``order`` holds: the latest that has it."""
    return first_export(story) if order.created.date() < story.calendar.first else story.calendar.export


def write_trade(folder: Path, story: Story) -> None:
    """Three order exports, three item exports, two refund exports."""
    old, middle, new = batches(story)
    calendar = story.calendar
    taken = (calendar.start, calendar.no_buyer_from, calendar.end + timedelta(days=1))
    names = [f"{at:%Y%m%d}" for at in taken]
    morning = first_export(story)
    _csv(
        folder / f"ExportOrderList{names[0]}0915.csv",
        _COLUMNS["orders_2016"],
        (_order_2016(o, morning) for o in reversed(old)),
    )
    _csv(
        folder / f"ExportOrderDetailList{names[0]}0915.csv", _COLUMNS["items_2016"], _items_2016(old, morning)
    )
    _csv(
        folder / f"ExportOrderList{names[1]}1002.csv",
        _COLUMNS["orders_2016"],
        (_order_2016(o, calendar.export) for o in reversed(overlap(story) + middle)),
    )
    _csv(
        folder / f"ExportOrderDetailList{names[1]}1002.csv",
        _COLUMNS["items_2016"],
        _items_2016(middle, calendar.export),
    )
    write_xlsx(
        folder / f"ExportOrderList{names[2]}001.xlsx",
        "sheet1",
        [_COLUMNS["orders_2024"], *(_order_2024(o, calendar.export) for o in reversed(new))],
        dimension="A1",
    )
    write_xlsx(
        folder / f"ExportOrderDetailList{names[2]}002.xlsx",
        "sheet1",
        [_COLUMNS["items_2024"], *_items_2024(new, calendar.export)],
        dimension="A1",
    )
    refunded = sorted((o for o in story.orders if o.refund), key=_applied)
    write_xlsx(
        folder / f"退款单{names[2]}.xlsx",
        "退款单",
        [_COLUMNS["refunds_2021"], *(_refund(o) for o in refunded)],
    )


def _applied(order: Order) -> tuple[datetime, str]:
    assert order.refund
    return order.refund.applied, order.order_id


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """GBK, every cell quoted, CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("gbk"))


def _seen_paid(order: Order, at: datetime) -> datetime | None:
    return order.paid if order.paid and order.paid <= at else None


def _courier(order: Order) -> str:
    return COURIERS[int(order.order_id[-4:]) % len(COURIERS)] + "快递"


def _left(order: Order, at: datetime) -> int:
    """Fen that the export says the buyer paid: what is left after refunds that ended before it."""
    if _seen_paid(order, at) is None:
        return 0
    refund = order.refund
    back = refund.amount if refund and refund.completed and refund.completed <= at else 0
    return order.amount - back


def _closed_why(order: Order, at: datetime) -> str:
    status = order.status(at)
    if status != "交易关闭":
        return "订单未关闭"
    return "退款" if _seen_paid(order, at) else "买家未付款"


def _order_2016(order: Order, at: datetime) -> list[str]:
    paid = _seen_paid(order, at)
    shipped = paid is not None and order.status(at) in ("卖家已发货，等待买家确认", "交易成功")
    row = dict.fromkeys(_COLUMNS["orders_2016"], "")
    row.update(
        {
            "订单编号": f'="{order.order_id}"',
            "买家会员名": order.shown_buyer,
            "买家支付宝账号": "********",
            "买家应付货款": yuan(order.goods_amount),
            "买家应付邮费": yuan(order.postage),
            "买家支付积分": "0",
            "总金额": yuan(order.amount),
            "返点积分": "0",
            "买家实际支付金额": yuan(_left(order, at)),
            "买家实际支付积分": "0",
            "订单状态": order.status(at),
            "收货人姓名": "***",
            "收货地址 ": f"{order.province} ***",
            "运送方式": "快递",
            "联系电话 ": "'",
            "联系手机": "'1**********",
            "订单创建时间": stamp(order.created),
            "订单付款时间 ": stamp(paid),
            "宝贝标题 ": "，".join(line.good.title for line in order.lines),
            "宝贝种类 ": str(len(order.lines)),
            "物流单号 ": f"No:{order.order_id[-12:]}" if shipped else "",
            "物流公司": _courier(order) if shipped else "",
            "订单备注": f"'{order.memo or 'null'}",
            "宝贝总数量": str(order.quantity),
            "店铺Id": "0",
            "店铺名称": SHOP,
            "订单关闭原因": _closed_why(order, at),
            "卖家服务费": "0",
            "买家服务费": "0元",
            "是否手机订单": "手机订单" if int(order.order_id[-1]) < 9 else "",
        }
    )
    return list(row.values())


def _items_2016(orders: Sequence[Order], at: datetime) -> Iterable[list[str]]:
    for order in reversed(orders):
        for line in order.lines:
            sku = line.good.sku
            yield [
                f'="{order.order_id}"',
                line.good.title,
                yuan(line.good.price),
                str(line.quantity),
                sku,
                "",
                "",
                "",
                order.status(at),
                sku,
            ]


def newer_status(order: Order, at: datetime) -> str:
    """The state as 千牛 words it: one of them with a half-width comma."""
    return order.status(at).replace("买家已付款，", "买家已付款,")


def _order_2024(order: Order, at: datetime) -> list[Cell]:
    paid = _seen_paid(order, at)
    status = newer_status(order, at)
    sent = stamp(paid + timedelta(hours=17)) if paid and status == "卖家已发货，等待买家确认" else None
    row: dict[str, Cell] = dict.fromkeys(_COLUMNS["orders_2024"])
    left = _left(order, at)
    row.update(
        {
            "订单编号": order.order_id,
            "支付单号": f"2026{order.order_id[2:]}001" if paid else None,
            "支付详情": "支付方式：支付宝" if paid else None,
            "买家应付货款": yuan(order.goods_amount),
            "买家应付邮费": yuan(order.postage),
            "总金额": yuan(order.amount),
            "买家实付金额": yuan(left),
            "订单状态": status,
            "订单创建时间": stamp(order.created),
            "订单付款时间": stamp(paid),
            "商品标题": ",".join(line.good.title for line in order.lines),
            "宝贝总数量": order.quantity,
            "店铺名称": SHOP,
            "订单关闭原因": _closed_why(order, at),
            "收货地址": f"{order.province} ***",
            "商家备注": order.memo or None,
            "发货时间": sent,
            "退款金额": yuan(order.amount - left if paid else 0),
            "是否主动赔付": "否",
            "确认收货打款金额": "0.00",
            "总金额(旧版)": yuan(order.amount),
            "物流公司": _courier(order) if sent else None,
            "商家编码": order.lines[0].good.sku,
        }
    )
    return list(row.values())


def _items_2024(orders: Sequence[Order], at: datetime) -> Iterable[list[Cell]]:
    for order in reversed(orders):
        paid = _seen_paid(order, at)
        back = order.refund if order.refund and order.refund.completed else None
        for number, line in enumerate(order.lines):
            sub = order.order_id if len(order.lines) == 1 else str(int(order.order_id) + number + 1)
            row: dict[str, Cell] = dict.fromkeys(_COLUMNS["items_2024"])
            row.update(
                {
                    "子订单编号": sub,
                    "主订单编号": order.order_id,
                    "商品标题": line.good.title,
                    "商品价格": yuan(line.good.price),
                    "购买数量": str(line.quantity),
                    "外部系统编号": line.good.sku,
                    "商品属性": "商品规格:默认",
                    "订单状态": order.status(at),
                    "商家编码": line.good.sku,
                    "买家应付货款": yuan(line.amount),
                    "买家实付金额": yuan(line.amount if paid else 0),
                    "退款状态": "退款成功" if back else "没有申请退款",
                    "退款金额": yuan(min(back.amount, line.amount) if back and number == 0 else 0),
                    "订单创建时间": stamp(order.created),
                    "订单付款时间": stamp(paid),
                    "商品ID": item_number(line.good),
                }
            )
            yield list(row.values())


def _refund(order: Order) -> list[Cell]:
    refund = order.refund
    assert refund
    back = refund.kind == "return_refund"
    values: dict[str, Cell] = {
        "订单编号": order.order_id,
        "退款编号": refund.refund_id,
        "支付宝交易号": f"2026{order.order_id[:14]}",
        "订单付款时间": stamp(order.paid),
        "商品编码": order.lines[0].good.sku,
        "退款完结时间": stamp(refund.ended),
        "买家实际支付金额": yuan(order.amount),
        "宝贝标题": order.lines[0].good.title,
        "买家退款金额": yuan(refund.amount),
        "手工退款/系统退款": "手工退款" if refund.staff else "系统退款",
        "是否需要退货": "是" if back else "否",
        "退款的申请时间": stamp(refund.applied),
        "超时时间": stamp(refund.applied + timedelta(days=7)),
        "退款状态": _REFUND_STATES[refund.state],
        "货物状态": "买家已退货" if back else "买家未收到货" if refund.stage == "in_sale" else "买家已收到货",
        "客服介入状态": refund.intervention,
        "卖家退货地址": "***",
        "卖家手机": "1**********",
        "买家退款原因": refund.reason,
        "责任方": "卖家责任" if refund.seller_fault else None,
        "售中或售后": "售中" if refund.stage == "in_sale" else "售后",
        "完结时间": stamp(refund.ended),
        "部分退款/全部退款": "全部退款" if refund.amount >= order.goods_amount else "部分退款",
        "审核操作人": refund.staff,
        "是否零秒响应": "否",
        "退款操作人": refund.staff or "系统",
        "业务类型": "退款",
        "是否帮他退款": "否",
    }
    return ["***" if name == "卖家真实姓名" else values.get(name) for name in _COLUMNS["refunds_2021"]]
