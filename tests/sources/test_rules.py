"""Rows that are rejected, and the column and reason that are told (SPEC §2)."""

from __future__ import annotations

import pytest

TIME = "2026-10-02 09:00:00"
CASES = [
    # table, header, row, column told, word in the reason ("" : the row is good)
    ("messages", "shop,buyer,account,sender,ts,text", f",b,a,buyer,{TIME},x", "shop", "空"),
    ("messages", "shop,buyer,account,sender,ts,text", f"甲店,,a,buyer,{TIME},x", "buyer", "空"),
    ("messages", "shop,buyer,account,sender,ts,text", f"甲店,b,,buyer,{TIME},x", "account", "空"),
    ("messages", "shop,buyer,account,sender,ts,text", f"甲店,b,,system,{TIME},x", "", ""),
    ("messages", "shop,buyer,account,sender,ts,text", f"甲店,b,a,客服,{TIME},x", "sender", "buyer"),
    ("messages", "shop,buyer,account,sender,ts,text", "甲店,b,a,buyer,,x", "ts", "空"),
    ("messages", "shop,buyer,account,sender,ts,text", "甲店,b,a,buyer,2026-10-02,x", "ts", "时间"),
    ("messages", "shop,buyer,account,sender,ts,text,auto", f"甲店,b,a,agent,{TIME},x,也许", "auto", "true"),
    ("messages", "shop,buyer,account,sender,ts,text,kind", f"甲店,b,a,agent,{TIME},x,新种类", "", ""),
    ("orders", "shop,order_id,buyer,created,amount", f"甲店,1,,{TIME},0", "", ""),
    ("orders", "shop,order_id,buyer,created,amount", f"甲店,,b,{TIME},1", "order_id", "空"),
    ("orders", "shop,order_id,buyer,created,amount", f"甲店,1.23E+17,b,{TIME},1", "order_id", "科学计数"),
    ("orders", "shop,order_id,buyer,created,amount", f"甲店,1,b,{TIME},-0.01", "amount", "负"),
    ("orders", "shop,order_id,buyer,created,amount", f"甲店,1,b,{TIME},NaN", "amount", "金额"),
    ("orders", "shop,order_id,buyer,created,amount", f"甲店,1,b,{TIME},inf", "amount", "金额"),
    ("orders", "shop,order_id,buyer,created,amount", f"甲店,1,b,{TIME},", "amount", "空"),
    (
        "orders",
        "shop,order_id,buyer,created,paid,amount",
        f"甲店,1,b,{TIME},2026-10-02 08:59:59,1",
        "paid",
        "早于",
    ),
    ("orders", "shop,order_id,buyer,created,paid,amount", f"甲店,1,b,{TIME},{TIME},1", "", ""),
    ("orders", "shop,order_id,buyer,created,amount,postage", f"甲店,1,b,{TIME},1,(1.00)", "postage", "负"),
    ("orders", "shop,order_id,buyer,created,amount,quantity", f"甲店,1,b,{TIME},1,1.5", "quantity", "整数"),
    ("orders", "shop,order_id,buyer,created,amount,quantity", f"甲店,1,b,{TIME},1,-1", "quantity", "负"),
    ("refunds", "refund_id,order_id,applied,amount,kind", f"1,2,{TIME},1,退款", "kind", "refund_only"),
    ("refunds", "refund_id,order_id,applied,amount,kind", f"1,2,{TIME},-1,exchange", "amount", "负"),
    (
        "refunds",
        "refund_id,order_id,applied,amount,kind,stage",
        f"1,2,{TIME},1,exchange,售中",
        "stage",
        "in_sale",
    ),
    ("ratings", "shop,buyer,account,ts,score,source", f"甲店,b,a,{TIME},0,human", "score", "1 到 5"),
    ("ratings", "shop,buyer,account,ts,score,source", f"甲店,b,a,{TIME},6,human", "score", "1 到 5"),
    ("ratings", "shop,buyer,account,ts,score,source", f"甲店,b,a,{TIME},5,1", "source", "human"),
    ("reviews", "shop,order_id,ts,service", f"甲店,1,{TIME},6", "service", "1 到 5"),
    ("surveys", "account,ts,nps", f"a,{TIME},11", "nps", "0 到 10"),
    ("surveys", "account,ts,nps", f"a,{TIME},-1", "nps", "0 到 10"),
    ("roster", "account,employee_id,name,group,role", "a,E9,甲,,客服", "role", "售前"),
    ("roster", "account,employee_id,name,group,role,from", "a,E9,甲,,售前,去年", "from", "日期"),
    ("adjustments", "employee_id,amount,reason,approved_by,kind", "E1,5,x,y,fine", "amount", "fine"),
    ("adjustments", "employee_id,amount,reason,approved_by,kind", "E1,-5,x,y,bonus", "amount", "bonus"),
    ("adjustments", "employee_id,amount,reason,approved_by,kind", "E1,-5,x,y,correction", "", ""),
    ("adjustments", "employee_id,amount,reason,approved_by,kind", "E1,-5,,y,fine", "reason", "空"),
    ("attendance", "employee_id,due_days,worked_days", "E1,22,-1", "worked_days", "负"),
    ("exams", "employee_id,taken,score,pass_mark", "E1,2026-10-01,高,60", "score", "数字"),
    ("customers", "customer,contract", "c,有", "contract", "true"),
    ("labels", "shop,buyer,label", "甲店,b,广告", "label", "not_ad"),
    ("online", "account,ts,event", f"a,{TIME},login", "event", "offline"),
]


@pytest.mark.parametrize(("table", "header", "row", "column", "word"), CASES)
def test_row(month, table, header, row, column, word):
    month.write(f"{table}_9.csv", f"{header}\n{row}\n")
    got = month.read()
    entry = next(entry for entry in got.inputs if entry.file == f"{table}_9.csv")
    if not word:
        assert (entry.rows_used, got.rejects) == (1, [])
        return
    (reject,) = got.rejects
    assert (reject.file, reject.row, reject.column) == (f"{table}_9.csv", 1, column)
    assert word in reject.why
    assert entry.rows_rejected == 1


def test_rows_count_rejected_ones_and_tell_the_value(month):
    month.write(
        "orders.csv",
        (
            "shop,order_id,buyer,created,amount\n"
            "甲店,1,b,2026-10-01 10:00:00,1\n甲店,2,b,昨天,1\n\n"
            "甲店,3,b,2026-10-01 10:00:00,1\n甲店,4,b,2026-10-01 10:00:00,贵\n"
        ),
    )
    got = month.read()
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(2, "created", "昨天"), (4, "amount", "贵")]
    assert got.tables["orders"]["_row"].to_list() == [1, 3]


def test_one_row_is_rejected_once_for_its_first_column(month):
    month.write(
        "orders.csv", "shop,order_id,buyer,created,amount\n,1,b,昨天,贵\n甲店,1,b,2026-10-01 10:00:00,1\n"
    )
    assert [(r.row, r.column) for r in month.read().rejects] == [(1, "shop")]


def test_long_values_are_cut(month):
    month.write("peers.csv", f"metric,value\nm,{'x' * 999}\n")
    assert len(month.read().rejects[0].value) == 200
