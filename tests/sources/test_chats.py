"""Chats: 千牛 text, TOP chat logs, ratings, on-line log (FORMATS §10, §11). All content is made up."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

ROBOT = (
    "account,employee_id,name,group,role,from\n"
    "甲店:小一,E1,张一,一组,售前,\n甲店:机器,R1,机器,,robot,2026-10-02\n"
)


def call(method: str, body: object, **request: object) -> dict:
    return {
        "request": {"method": f"taobao.{method}", **request},
        "response": {method.replace(".", "_") + "_response": body},
    }


def log(messages: object, to: str = "b1", staff: str = "甲店:小一", **body: object) -> dict:
    count = len(messages) if isinstance(messages, list) else 1
    return call(
        "wangwang.eservice.chatlog.get",
        {"count": count, "ret": 10000, "msgs": {"msg": messages}, **body},
        from_id=f"cntaobao{staff}",
        to_id=f"cntaobao{to}",
        start_date="2026-10-02",
        end_date="2026-10-02",
    )


def said(text: str, direction: object = 0, at: str = "09:00:00") -> dict:
    return {"direction": direction, "time": f"2026-10-02 {at}", "content": text}


def lines(*documents: object) -> str:
    return "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents)


def rows(month, *columns, **settings):
    got = month.read(**settings)
    messages = got.tables["messages"]
    at = [i for i, entry in enumerate(got.inputs) if not entry.format.startswith("canonical")]
    return messages.filter(messages["_file"].is_in(at)).select(*columns).rows(), got


COLUMNS = ("buyer", "account", "sender", "ts", "text", "kind", "to_account")


def test_chatlog(month):
    month.write(
        "聊天.jsonl",
        lines(
            log([said("在吗", 1), said("在的", "0", "09:00:05"), said("[图片]", "1", "09:00:06")]),
            log(said("只有一条", 1), to="b2"),
            log([said("由 甲店:小一 转交给 甲店：小二\n原因：【人工转接】")], to="b2"),
            {
                "request": {
                    "method": "taobao.wangwang.eservice.chatlog.get",
                    "from_id": "cntaobao甲店",
                    "to_id": "x",
                },
                "response": {"error_response": {"code": 15, "sub_msg": "超时"}},
            },
            call(
                "wangwang.eservice.chatlog.get",
                {"count": 0, "ret": 10000},
                from_id="cntaobao甲店",
                to_id="cntaobaoy",
            ),
            {
                "request": {"from_id": "cntaobao甲店", "to_id": "cntaobaob3"},
                "response": {
                    "chatlog_get_response": {
                        "count": "1",
                        "ret": "10000",
                        "msgs": {"msg": [said("旧信封", "1")]},
                    }
                },
            },
        ),
    )
    found, got = rows(month, "shop", *COLUMNS)
    at = datetime(2026, 10, 2, 9)
    assert found == [
        ("甲店", "b1", "甲店:小一", "buyer", at, "在吗", "text", None),
        ("甲店", "b1", "甲店:小一", "agent", at.replace(second=5), "在的", "text", None),
        ("甲店", "b1", "甲店:小一", "buyer", at.replace(second=6), "[图片]", "image", None),
        ("甲店", "b2", "甲店:小一", "buyer", at, "只有一条", "text", None),
        ("甲店", "b2", "甲店:小一", "system", at, "由 甲店:小一 转交给 甲店:小二", "transfer", "甲店:小二"),
        ("甲店", "b3", "甲店", "buyer", at, "旧信封", "text", None),
    ]
    assert [(note.kind, note.count) for note in got.review] == [("source_note", 1), ("source_note", 1)]
    assert "超时" in got.review[0].detail
    assert got.absent["messages"] == {"auto"}


def test_chatlog_rows_that_are_refused(month):
    text = lines(log([said("a", 2), {"direction": 1, "time": "昨天", "content": "b"}, said("c", 1)]))
    month.write("聊天.jsonl", text + '{"request": {"from_id"')
    found, got = rows(month, "text", "_row")
    assert found == [("c", 3)]
    assert [(r.row, r.column) for r in got.rejects] == [(1, "direction"), (2, "ts"), (4, "")]


def test_robots_are_known_from_the_roster_on_the_day(month):
    month.write("roster.csv", ROBOT)
    early = log([said("早", 0)], staff="甲店:机器")
    body = early["response"]["wangwang_eservice_chatlog_get_response"]
    body["msgs"]["msg"][0]["time"] = "2026-10-01 09:00:00"
    month.write(
        "聊天.jsonl", lines(early, log([said("您好"), said("?", 1)], staff="甲店:机器"), log([said("人")]))
    )
    assert rows(month, "sender")[0] == [("agent",), ("robot",), ("buyer",), ("agent",)]


@pytest.mark.parametrize(
    ("text", "want", "kind"),
    [
        (
            "咨询订单号:8000000000000000001 订单金额:12.30 下单时间:2026-10-01 09:01:00",
            "8000000000000000001",
            "card",
        ),
        ("[订单编号:8000000000000000001，订单金额:12.30]", "8000000000000000001", "card"),
        ("8000000000000000001", "8000000000000000001", "text"),
        ("您的订单7999999999999999999快递已揽收", "7999999999999999999", "text"),
        ("订单号：799999999999999999，发了吗", "799999999999999999", "text"),
        ("7999999999999999999", None, "text"),
        ("538000000711", None, "text"),
        ("订单538000000711", None, "text"),
        ("x 80000000000000000011", None, "text"),
        ("7999999999999999999 还是 8000000000000000001", "8000000000000000001", "text"),
    ],
)
def test_orders_that_a_chat_names(month, text, want, kind):
    month.write("聊天.jsonl", lines(log([said(text, 1)])))
    assert rows(month, "order_id", "kind")[0] == [(want, kind)]


def test_canonical_messages_are_taken_as_they_stand(month):
    month.write("roster.csv", ROBOT.replace("小一,E1", "小零,E1").replace("机器,R1", "小一,R1"))
    month.write(
        "messages.csv",
        (
            "shop,buyer,account,sender,ts,text\n"
            "甲店,b,甲店:小一,agent,2026-10-05 09:00:00,订单8000000000000000001\n"
        ),
    )
    got = month.read().tables["messages"]
    assert got.select("sender", "order_id").rows() == [("agent", None)]


NAME, BUYER = "甲店:小一", "nick2020"


def chat(month, text, path="千牛聊天/甲店：小一/nick2020.txt", encoding="utf-8"):
    month.write(path, text.replace("\n", "\r\n").encode(encoding))
    return rows(month, *COLUMNS)


@pytest.mark.parametrize(
    "head",
    [
        "{name} {time}",
        "{name}{time}",
        "{name}\n{time}",
        "{name} --> {peer} {time}",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_four_kinds_of_heads(month, head, encoding):
    def at(name: str, peer: str, time: str) -> str:
        return head.format(name=name, peer=peer, time=time) + "\n"

    text = (
        at(BUYER, NAME, "2026-10-2 9:03:05")
        + "第一行\n咨询订单号:8000000000000000001 下单时间:2026-10-01 09:01:00\n"
        + at(NAME, BUYER, "2026-10-2 9:03:15")
        + "您好\n已读\n"
    )
    found, _ = chat(month, text, encoding=encoding)
    at1, at2 = datetime(2026, 10, 2, 9, 3, 5), datetime(2026, 10, 2, 9, 3, 15)
    assert found == [
        (
            BUYER,
            NAME,
            "buyer",
            at1,
            "第一行\n咨询订单号:8000000000000000001 下单时间:2026-10-01 09:01:00",
            "text",
            None,
        ),
        (BUYER, NAME, "agent", at2, "您好", "text", None),
    ]


def test_lines_of_the_system(month):
    found, got = chat(
        month,
        (
            "nick2020 2026-10-2 9:03:05\n在吗\n当前用户来自\n商品详情页\n"
            "甲店:小一 2026-10-2 9:03:15\n请稍等\n\n已读\n"
            "nick2020 撤回了一条消息\n"
            "由 甲店:小一 转交给\n甲店:小二\n原因：【人工转接】\n"
            "nick2020 2026-10-2 9:05:00\n已读\n"
        ),
    )
    first, second, third = (
        datetime(2026, 10, 2, 9, 3, 5),
        datetime(2026, 10, 2, 9, 3, 15),
        datetime(2026, 10, 2, 9, 5),
    )
    assert found == [
        (BUYER, NAME, "buyer", first, "在吗", "text", None),
        (BUYER, NAME, "agent", second, "请稍等\n", "text", None),
        (BUYER, NAME, "system", second, "撤回了一条消息", "recall", None),
        (BUYER, NAME, "system", second, "由 甲店:小一 转交给 甲店:小二", "transfer", "甲店:小二"),
        (BUYER, NAME, "buyer", third, "已读", "text", None),
    ]
    assert not got.rejects


def test_a_chat_whose_path_does_not_name_the_parties(month):
    found, _ = chat(
        month, "甲店:小一 2026-10-2 9:03:15\n您好\n阿甲 2026-10-2 9:04:00\n在\n", path="聊天记录.txt"
    )
    assert [row[:3] for row in found] == [("阿甲", NAME, "agent"), ("阿甲", NAME, "buyer")]


def test_lines_before_any_head_are_refused(month):
    found, got = chat(month, "甲店:小一 2026-10-2 9:03:15\n您好\n", path="a.txt")
    assert not found  # one party only, and no path that names the other: not recognised
    assert got.review[0].kind == "unrecognised_file"
    found, got = chat(month, "由 甲店:小零 转交给 甲店:小一\n", path="千牛聊天/甲店：小一/nick2020.txt")
    assert not found and {note.subject for note in got.review} == {
        "a.txt",
        "千牛聊天/甲店：小一/nick2020.txt",
    }


def test_ratings(month):
    month.write("roster.csv", ROBOT)

    def rated(code: object, account: str = "甲店:小一", **more: object) -> dict:
        return {
            "eval_code": code,
            "eval_recer": "cntaobaob1",
            "eval_sender": f"cntaobao{account}",
            "eval_time": "2026-10-02 09:00:00",
            "send_time": "2026-10-02 08:59:00",
            "source": 1,
            **more,
        }

    body = {
        "staff_eval_details": {
            "eval_detail": [rated(0), rated("4", "甲店:机器"), rated(5), rated(1, label_name=["快", "好"])]
        }
    }
    month.write("评价.json", json.dumps(call("qianniu.kefueval.get", body), ensure_ascii=False, indent=1))
    got = month.read()
    assert got.tables["ratings"].select("shop", "buyer", "account", "score", "source", "tags").rows() == [
        ("甲店", "b1", "甲店:小一", 5, "human", None),
        ("甲店", "b1", "甲店:机器", 1, "robot", None),
        ("甲店", "b1", "甲店:小一", 4, "human", "快、好"),
    ]
    assert [(r.row, r.column) for r in got.rejects] == [(3, "score")]


def test_online_log_and_the_names_of_its_numbers(month):
    def event(account: int, status: int, **more: object) -> dict:
        return {"account_id": account, "status": status, "type": 8, **more}

    records = {
        "record_list": {
            "record_list": [
                event(22, 1, change_time="2026-10-02 08:00:00"),
                event(22, -1, change_time_ts=1790902800000),
                event(20, 2, change_time="2026-10-02 10:00:00"),
                event(99, 3, change_time="2026-10-02 10:00:00"),
                event(22, 7, change_time="2026-10-02 10:00:00"),
            ]
        }
    }
    users = {
        "subusers": {
            "sub_user_info": {"sub_id": 22, "nick": "甲店:小一", "seller_id": 20, "seller_nick": "甲店"}
        }
    }
    month.write("在线.json", json.dumps(call("qianniu.cloudkefu.onlinestatuslog.get", records)))
    month.write("子账号.json", json.dumps(call("sellercenter.subusers.get", users)))
    got = month.read()
    assert got.tables["online"].select("account", "ts", "event").rows() == [
        ("甲店:小一", datetime(2026, 10, 2, 8), "online"),
        ("甲店:小一", datetime(2026, 10, 2, 9), "offline"),
        ("甲店", datetime(2026, 10, 2, 10), "suspend"),
        ("99", datetime(2026, 10, 2, 10), "resume"),
    ]
    assert [(r.row, r.column) for r in got.rejects] == [(5, "event")]
    assert [note.subject for note in got.review] == ["99"]
    assert [(entry.table, entry.rows_in) for entry in got.inputs if entry.file == "子账号.json"] == [("", 0)]


@pytest.mark.parametrize(
    "text", ["[]", "{}", "[1, 2]", '"x"', "null", '{"response": 5}', '{"request": [], "response": {}}']
)
def test_json_of_nothing_known(month, text):
    month.write("x.json", text)
    assert [note.kind for note in month.read().review] == ["unrecognised_file"]


@pytest.mark.parametrize(
    "text",
    [
        "由仓库转交给快递",
        "由 甲店:小一 转交给 物流部",
        "由 乙店:小一 转交给 甲店:小二",
    ],
)
def test_talk_about_handing_over_is_no_transfer(month, text):
    month.write("聊天.jsonl", lines(log([said(text)])))
    assert rows(month, "sender", "kind", "text")[0] == [("agent", "text", text)]
    month.write("聊天.jsonl", "")
    found, _ = chat(month, f"甲店:小一 2026-10-2 9:03:15\n{text}\n已读\n")
    assert [(row[2], row[4]) for row in found] == [("agent", text)]


def test_the_helper_hands_over_in_the_accounts_name(month):
    found, _ = chat(month, "nick2020 2026-10-2 9:03:15\n在\n由 服务助手 转交给\n甲店:小二\n")
    assert found[1][:3] == (BUYER, NAME, "system") and found[1][6] == "甲店:小二"


def test_a_folder_that_is_no_account_does_not_swallow_the_staffs_words(month):
    text = "nick2020 2026-10-2 9:03:15\n在\n甲店:小一 2026-10-2 9:04:15\n在的\n"
    found, _ = chat(month, text, path="2026-10/nick2020.txt")
    assert [row[:3] for row in found] == [(BUYER, NAME, "buyer"), (BUYER, NAME, "agent")]


def test_file_and_folder_the_other_way_round(month):
    found, _ = chat(month, "nick20202026-10-2 9:03:15\n在\n", path="nick2020/甲店：小一.txt")
    assert [row[:3] for row in found] == [(BUYER, NAME, "buyer")]


def test_a_rating_without_nick_is_of_the_open_id(month):
    detail = {
        "eval_code": 0,
        "eval_sender": "cntaobao甲店:小一",
        "eval_time": "2026-10-02 09:00:00",
        "open_uid": "AAx",
    }
    body = {"staff_eval_details": {"eval_detail": detail}}
    month.write("评价.json", json.dumps(call("qianniu.kefueval.get", body)))
    assert month.read().tables["ratings"]["buyer"].to_list() == ["AAx"]


def test_an_answer_without_its_request_is_refused_and_says_why(month):
    body = {"wangwang_eservice_chatlog_get_response": {"ret": 10000, "msgs": {"msg": []}}}
    month.write("x.json", json.dumps(body))
    (note,) = month.read().review
    assert note.kind == "refused_file" and "没有一起存下请求" in note.detail


def test_sub_accounts_as_subusers_get_writes_them(month):
    """Also an answer that can name nobody is told apart from these."""
    record = {"account_id": 22, "status": 1, "change_time": "2026-10-02 08:00:00"}
    month.write(
        "在线.json",
        json.dumps(call("qianniu.cloudkefu.onlinestatuslog.get", {"record_list": {"record_list": record}})),
    )
    people = {
        "sub_account_info": [{"sub_id": 22, "sub_nick": "甲店:小一", "user_id": 20, "user_nick": "甲店"}]
    }
    month.write("子账号.json", json.dumps(call("subusers.get", {"subaccounts": people})))
    assert month.read().tables["online"]["account"].to_list() == ["甲店:小一"]


def test_a_list_of_numbers_of_trades_is_no_order_list(month):
    month.write("x.json", json.dumps(call("trades.sold.query", {"tid_list": {"string": ["1"]}})))
    (note,) = month.read().review
    assert note.kind == "refused_file" and "trades.sold.get" in note.detail
