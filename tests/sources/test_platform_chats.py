"""Chats, ratings and log-ins of JD, 拼多多, openim, U-NEED and old Taobao (FORMATS §10, §11). All is made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from platform_talk import at, chats, dump, ms, table

SHARED = Path(__file__).parents[3] / "shared" / "data" / "raw"


# ---- JD
def jd(waiter_send: object, minute: int, content: str, **more: object) -> dict:
    return {
        "customer": "pin_1",
        "waiter": "京东客服1",
        "content": content,
        "time": f"2026-10-02 09:{minute:02}:00",
        "waiterSend": waiter_send,
        **more,
    }


@pytest.mark.parametrize("envelope", [True, False])
def test_jd_chatlog(month, envelope):
    card = "咨询订单号:123456789012 订单金额:12.30 下单时间:2026-10-01 09:01:00"
    log = {
        "ChatLog": {"totalRecord": 3, "chatList": [jd(False, 0, card), jd("true", 1, "您好"), jd(2, 2, "x")]}
    }
    answer = {"jingdong_im_pop_chatlog_get_responce": {"code": "0", **log}} if envelope else log
    one = {"ChatLog": {"totalRecord": 1, "chatList": jd(False, 3, "一条", time=ms(at(3)))}}
    request = {"waiter": "京东客服1", "customer": "pin_1", "startTime": "2026-10-02"}
    month.write("jd.json", dump([{"request": request, "response": answer}, one]))
    found, got = chats(month)
    assert found == [
        ("甲店", "pin_1", "京东客服1", "buyer", at(0), card, "card", "123456789012"),
        ("甲店", "pin_1", "京东客服1", "agent", at(1), "您好", "text", None),
        ("甲店", "pin_1", "京东客服1", "buyer", at(3), "一条", "text", None),
    ]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(3, "waiterSend", "2")]


def test_jd_ratings_go_by_their_words(month):
    rows = [
        {"customer": "p", "waiter": "w", "desc": words, "score": 7, "evaTime": "2026-10-02 09:00:00"}
        for words in ("非常满意", "一般", "不好说")
    ]
    month.write("评价.json", dump({"Evaluation": rows}))
    found, got = table(month, "ratings", "shop", "buyer", "account", "score", "source")
    assert found == [("甲店", "p", "w", 5, "human"), ("甲店", "p", "w", 3, "human")]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(3, "score", "desc 不好说 score 7")]


def test_jd_log_ins(month):
    rows = [
        {"waiter": "w", "loginTime": "2026-10-02 09:00:00", "logoutTime": "2026-10-02 09:30:00", "ip": "x"},
        {"waiter": "w", "loginTime": ms(at(40)), "logoutTime": None},
    ]
    month.write("登录.json", dump({"PassLog": rows}))
    found, _ = table(month, "online", "account", "ts", "event")
    assert found == [("w", at(0), "online"), ("w", at(30), "offline"), ("w", at(40), "online")]


def test_jd_sessions_alone_are_refused(month):
    row = {"customer": "p", "waiter": "w", "beginTime": "2026-10-02 09:00:00", "transfer": False, "sid": "1"}
    month.write("会话.json", dump({"ChatSession": [row]}))
    got = month.read()
    assert [n.kind for n in got.review] == ["refused_file"] and "chatlog" in got.review[0].detail


def test_jd_empty_and_failed_answers(month):
    month.write("空.json", dump({"ChatLog": {"totalRecord": 0, "chatList": []}}))
    failed = {"error_response": {"code": "19", "zh_desc": "超时"}}
    month.write("败.json", dump([{"ChatLog": {"totalRecord": 0}}, failed]))
    found, got = chats(month)
    assert not found and ["超时" in n.detail for n in got.review] == [True]


# ---- 拼多多
def pdd(role: str, name: str, time: str, content: str, kind: str = "text") -> dict:
    return {"time": f"2026-10-{time}", "role": role, "name": name, "type": kind, "content": content}


PDD = [
    pdd("用户", "张**", "02 09:00:00", "在吗"),
    pdd("客服", "小一", "02 09:00:20", "您好"),
    pdd("用户", "张**", "02 09:01:00", "图", "image"),
    pdd("客服", "小二", "02 09:02:00", "我来"),
    pdd("系统", "", "02 09:03:00", "客服已下班"),
    pdd("用户", "张**", "02 23:00:00", "?"),
    pdd("路人", "x", "02 23:00:01", "!"),
    pdd("客服", "小一", "03 08:00:00", "早"),
]


def test_pdd_chat_of_an_order(month):
    month.write("251002-123456789012345_chat.json", dump(PDD))
    found, got = chats(month)
    assert [row[1:4] + row[5:] for row in found] == [
        ("#251002-123456789012345", name, sender, text, kind, "251002-123456789012345")
        for name, sender, text, kind in (
            ("小一", "buyer", "在吗", "text"),
            ("小一", "agent", "您好", "text"),
            ("小二", "buyer", "图", "image"),
            ("小二", "agent", "我来", "text"),
            ("小二", "system", "客服已下班", "text"),
            ("小二", "buyer", "?", "text"),
            ("小一", "agent", "早", "text"),
        )
    ]
    assert [(r.row, r.column, r.value) for r in got.rejects] == [(7, "role", "路人")]


def test_pdd_chat_without_order_or_answer(month):
    month.write(
        "聊天.json", dump([pdd("用户", "李四", "02 09:00:00", "在吗"), pdd("系统", "", "02 09:00:01", "x")])
    )
    found, got = chats(month)
    assert [row[1:4] for row in found] == [("李四", None, "system")]
    assert [(r.row, r.column) for r in got.rejects] == [(1, "account")]
    assert any("订单号" in note.detail for note in got.review)


# ---- openim, U-NEED
def test_openim(month):
    def said(direction: object, text: str) -> dict:
        piece = {"type": "T", "value": text}
        return {
            "uuid": 1,
            "time": ms(at(0)) // 1000,
            "type": 0,
            "direction": direction,
            "content_list": [piece],
        }

    body = {"result": {"messages": {"roaming_message": [said(0, "在吗"), said("1", "您好"), said(5, "x")]}}}
    request = {"user1": {"uid": "u1"}, "user2": {"uid": "甲店:小一", "taobao_account": True}}
    month.write("im.json", dump({"request": request, "response": {"openim_chatlogs_get_response": body}}))
    app = {
        "from_id": "u2",
        "to_id": "u1",
        "time": ms(at(0)) // 1000,
        "content_list": {"type": "T", "value": "?"},
    }
    month.write(
        "app.json", dump({"openim_app_chatlogs_get_response": {"messages": {"roaming_message": app}}})
    )
    found, got = chats(month)
    assert [row[:6] for row in found] == [
        ("甲店", "u1", "甲店:小一", "buyer", at(0), "在吗"),
        ("甲店", "u1", "甲店:小一", "agent", at(0), "您好"),
    ]
    assert [(r.file, r.row, r.column) for r in got.rejects] == [
        ("app.json", 1, ""),
        ("im.json", 3, "direction"),
    ]


def test_uneed(month):
    said = [
        {"seq_no": 1, "time": "2026-10-02 09:00:00", "sender_type": "用户", "send_content": "在吗"},
        {"seq_no": 2, "time": "2026-10-02 09:01:00", "sender_type": "客服", "send_content": "您好"},
        {"seq_no": 3, "time": "2026-10-02 09:01:00", "sender_type": "?", "send_content": "您好"},
    ]
    month.write("talk.json", dump([{"sid": "s", "sellerid": "77", "userid": "88", "dialogue": said}]))
    found, got = chats(month)
    assert [row[:6] for row in found] == [
        ("77", "88", "77", "buyer", at(0), "在吗"),
        ("77", "88", "77", "agent", at(1), "您好"),
    ]
    assert [(r.row, r.column) for r in got.rejects] == [(3, "sender_type")]


def test_uneed_sample(month):
    path = SHARED / "chat_cn" / "uneed_5_dialogues.json"
    if not path.exists():
        pytest.skip("no shared samples")
    month.write("uneed.json", path.read_bytes())
    found, got = chats(month)
    want = sum(len(talk["dialogue"]) for talk in json.loads(path.read_text(encoding="utf-8")))
    assert len(found) == want and not got.rejects
    assert {row[3] for row in found} == {"buyer", "agent"} and len({row[1] for row in found}) <= 5


# ---- ratings of Taobao
def evals(method: str, *codes: object) -> dict:
    rows = [
        {
            "eval_code": code,
            "eval_sender": "cntaobao甲店:小一",
            "eval_recer": "摩**",
            "eval_time": "2026-10-02 09:00:00",
        }
        for code in codes
    ]
    body = {"staff_eval_details": {"eval_detail": rows[0] if len(rows) == 1 else rows}}
    return {method: body} if method else body


@pytest.mark.parametrize(
    ("method", "codes", "scores"),
    [
        ("airisland_kefueval_get_response", (0, 1, "4"), [5, 4, 1]),
        ("qianniu_kefueval_get_response", (2,), [3]),
        ("wangwang_eservice_evals_get_response", (1, 2, "3", 4), [5, 4, 3, 2]),
    ],
)
def test_two_scales(month, method, codes, scores):
    month.write("评价.json", dump(evals(method, *codes)))
    assert table(month, "ratings", "score")[0] == [(score,) for score in scores]


def test_the_old_scale_has_no_zero(month):
    month.write("评价.json", dump(evals("wangwang_eservice_evals_get_response", 0, 1)))
    found, got = table(month, "ratings", "score")
    assert found == [(5,)] and "1（非常满意）" in got.rejects[0].why


def test_an_answer_without_its_method_is_refused(month):
    month.write("评价.json", dump(evals("", 1, 2)))
    got = month.read()
    assert "ratings" not in got.tables and [n.kind for n in got.review] == ["refused_file"]


def test_old_wangwang_log_is_refused(month):
    month.write(
        "旺旺.csv",
        "客服,客户,开始时间,结束时间,谈话内容\n小一,乙,2016-01-01,2016-01-01,用户：在吗\n".encode("gbk"),
    )
    got = month.read()
    assert [(n.kind, n.subject) for n in got.review] == [("refused_file", "旺旺.csv")]
    assert "逐条消息" in got.review[0].detail
