"""Whatever happens to a file: rows are conserved, and nothing but EvaluatorError is raised."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from months import MESSAGES, ORDERS, ROSTER, Month

from evaluator.model import EvaluatorError

MORE = MESSAGES + (
    '甲店,b2,甲店:小一,buyer,2026-10-02 09:00:00,"引号"",\n换行"\n'
    "甲店,b2,,system,2026/10/2 9:01,转接\n乙店,b3,甲店:小一,robot,2026-10-02 23:59:59.999,=1+1\n"
)
TABLES = {"messages.csv": MORE, "orders.csv": ORDERS, "roster.csv": ROSTER}
BITS = [
    '"',
    "\0",
    "\n",
    "\r",
    ",",
    "\t",
    ";",
    "\ufeff",
    "2026-13-45 99:99:99",
    "NaN",
    "-",
    "'",
    '="',
    "1E+17",
    "\u2028",
]

operation = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, 400)),
    st.tuples(st.just("insert"), st.integers(0, 400), st.sampled_from(BITS)),
    st.tuples(st.just("bytes"), st.integers(0, 400), st.binary(min_size=1, max_size=3)),
    st.tuples(st.just("shuffle"), st.integers(0, 1000)),
    st.tuples(st.just("repeat"), st.integers(0, 5)),
    st.tuples(st.just("encode"), st.sampled_from(["utf-16", "gb18030", "utf-8-sig", "utf-16-le"])),
)


def mutate(data: bytes, step: tuple) -> bytes:
    kind, *rest = step
    if kind == "cut":
        return data[: rest[0]]
    if kind == "insert":
        return data[: rest[0]] + rest[1].encode() + data[rest[0] :]
    if kind == "bytes":
        return data[: rest[0]] + rest[1] + data[rest[0] + len(rest[1]) :]
    text = data.decode("utf-8", "replace")
    if kind == "shuffle":
        rows = [row.split(",") for row in text.split("\n")]
        order = list(range(len(rows[0])))
        random.Random(rest[0]).shuffle(order)
        return "\n".join(
            ",".join(row[i] for i in order) if len(row) == len(order) else ",".join(row) for row in rows
        ).encode()
    if kind == "repeat":
        rows = text.split("\n")
        return "\n".join([*rows, *rows[1 : 1 + rest[0]]]).encode()
    return text.encode(rest[0])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TABLES)), st.lists(operation, min_size=1, max_size=4))
def test_mutated_files(name, steps):
    data = TABLES[name].encode()
    for step in steps:
        data = mutate(data, step)
    with tempfile.TemporaryDirectory() as folder:
        month = Month(Path(folder))
        for other, text in TABLES.items():
            month.write(other, text)
        month.write(name, data)
        try:
            month.read()  # asserts that rows are conserved
        except EvaluatorError as error:
            assert str(error)


DAY = "2026-10-02 09:00:00"
EXPORTS = {
    "jd.csv": "订单号,商品名称,订购数量,下单时间,京东价,应付金额,订单状态,下单帐号,运费金额,付款确认时间\n"
    + "".join(f"'{n}\t,a,{n},{DAY},5,{n}.5,完成,pin,0,{DAY}\n" for n in (1, 1, 2, 3, 3)),
    "jd_service.csv": "申请信息,,,订单信息,,\n服务单号,客户期望,售后申请时间,订单号,退款金额,审核时间\n"
    + "".join(f"{n},{wish},{DAY},7,{n},{DAY}\n" for n, wish in enumerate(["退货", "换货", "维修"])),
    "pdd.csv": "商品,订单号,订单状态,用户实付金额(元),商品数量(件),支付时间,拼单成功时间\n"
    + "".join(f"a,261002-{n}\t,待发货,{n},1,{time},\n" for n, time in enumerate([DAY, "", DAY])),
    "pdd_after.csv": "售后编号,订单编号,售后状态,退款类型,退款金额,申请时间\n"
    + "".join(f"{n},261002-1,{state},仅退款,1,{DAY}\n" for n, state in enumerate(["退款成功", "已撤销"])),
    "dy.csv": "\ufeff主订单编号,子订单编号,选购商品,商品数量,订单应付金额,运费,订单提交时间,支付完成时间,商家备注\n"
    + "".join(f'"\t{n}","\t{n}1",a,1,{n}.00,0,{DAY},{DAY},-\n' for n in (1, 2, 1)),
    "dy_after.csv": "售后单号,订单号,售后类型,售后状态,售后申请时间,退商品金额（元）,退运费金额（元）,商家退款时间\n"
    + "".join(f'"\t{n}",1,{kind},退款成功,{DAY},1,1,-\n' for n, kind in enumerate(["仅退款", "补寄"])),
    "xhs.csv": "订单号,商品名称,SKU件数,商品总价(元),商家应收金额(元)（支付金额）,订单创建时间,支付时间\n"
    + "".join(f"P{n},a,1,2,{n},{DAY},{DAY}\n" for n in (1, 1, 2)),
    "1688.csv": "订单编号,买家会员名,卖家会员名,运费(元),实付款(元),订单创建时间,订单付款时间,货品标题,单价(元),数量\n"
    + f"1,b,甲店,0,5,{DAY},{DAY},a,5,1\n,,,,,,,b,2,2\n2,b,甲店,0,5,{DAY},,a,5,1\n",
}
MORE_STEPS = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, 900)),
    st.tuples(st.just("insert"), st.integers(0, 900), st.sampled_from(BITS)),
    st.tuples(st.just("bytes"), st.integers(0, 900), st.binary(min_size=1, max_size=3)),
    operation,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(EXPORTS)), st.lists(MORE_STEPS, max_size=4))
def test_mutated_exports(name, steps):
    data = EXPORTS[name].encode()
    for step in steps:
        data = mutate(data, step)
    with tempfile.TemporaryDirectory() as folder:
        month = Month(Path(folder))
        for other, text in TABLES.items():
            month.write(other, text)
        month.write(name, data)
        try:
            got = month.read(shop="甲店")  # asserts that rows are conserved
        except EvaluatorError as error:
            assert str(error)
        else:
            assert steps or len(got.inputs) > 3  # unharmed, it is read
