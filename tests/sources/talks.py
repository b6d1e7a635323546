"""One description of talks, ratings and log-ins, written out as each platform gives them. All content is made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from dressing import old_workbook, workbook
from trade import SHOP, at

Files = dict[str, Any]  # name -> text, documents (JSON) or rows (a workbook)


@dataclass(frozen=True)
class Said:
    buyer: str
    account: str
    sender: str
    ts: datetime
    text: str
    kind: str = "text"

    @property
    def by_staff(self) -> bool:
        return self.sender == "agent"


ONE, TWO = f"{SHOP}:小一", f"{SHOP}:小二"
TALK = (
    Said("买家乙", ONE, "buyer", at(2, 9, 0, 1), "在吗\n有货吗？"),
    Said("买家乙", ONE, "agent", at(2, 9, 0, 20), "您好，有的"),
    Said("买家乙", ONE, "buyer", at(2, 9, 1, 0), "[图片]", "image"),
    Said("买家乙", ONE, "buyer", at(3, 10, 0, 0), "咨询订单号:3000000001 订单金额:12.30", "card"),
    Said("买家乙", ONE, "agent", at(3, 10, 0, 59), '"引号"，逗号,\t好的 😀'),
    Said("tb_1号", TWO, "buyer", at(2, 23, 59, 59), "=1+1"),
    Said("tb_1号", TWO, "agent", at(3, 0, 0, 0), "亲，稍等"),
)


def talks(said: tuple[Said, ...]) -> list[list[Said]]:
    """Each buyer's talk."""
    return [list(lines) for _, lines in groupby(said, key=lambda line: line.buyer)]


@dataclass(frozen=True)
class Form:
    """How a source gives a talk. ``canonical``: a message as it should be read; ``top``: the platform writes a list of
    one as the bare object."""

    format: str
    files: Callable[[tuple[Said, ...]], Files]
    canonical: Callable[[Said], Said] = lambda line: line
    shop: str = SHOP
    top: bool = False


# ------------------------------------------------------------------------------------------------- times
def clock(when: datetime) -> str:
    return when.isoformat(sep=" ")


def epoch(when: datetime) -> int:
    """Seconds since 1970 of a Beijing time."""
    return int((when.replace(tzinfo=UTC) - timedelta(hours=8)).timestamp())


# ------------------------------------------------------------------------------------------------- Taobao
def call(method: str, body: Any, **request: Any) -> dict[str, Any]:
    """A call to the Taobao Open Platform with its answer."""
    wrapped = {method.replace(".", "_") + "_response": body}
    return {"request": {"method": f"taobao.{method}", **request}, "response": wrapped}


def _chatlog(said: tuple[Said, ...]) -> Files:
    """One call an account, buyer and day."""
    made = []
    for (account, buyer, day), lines in groupby(said, key=lambda s: (s.account, s.buyer, s.ts.date())):
        found = [
            {"direction": 0 if s.by_staff else "1", "time": clock(s.ts), "content": s.text} for s in lines
        ]
        asked = {"from_id": f"cntaobao{account}", "to_id": f"cntaobao{buyer}", "start_date": str(day)}
        body = {"count": len(found), "ret": "10000", "msgs": {"msg": found}}
        made.append(call("wangwang.eservice.chatlog.get", body, **asked))
    return {"对话.jsonl": made}


def _short_head(line: Said) -> str:
    t = line.ts
    name = line.account if line.by_staff else line.buyer
    return f"{name}{'' if line.by_staff else ' '}{t.year}-{t.month}-{t.day} {t:%H:%M:%S}"


def _two_lines(line: Said) -> str:
    return f"{line.account.replace(':', '：') if line.by_staff else line.buyer}\r\n{clock(line.ts)}"


def _arrow(line: Said) -> str:
    sides = (line.account, line.buyer) if line.by_staff else (line.buyer, line.account)
    return f"{' --> '.join(sides)} {line.ts:%Y/%m/%d %H:%M:%S}"


def _client(head: Callable[[Said], str]) -> Callable[[tuple[Said, ...]], Files]:
    """Copied from the client: one file a talk, a state after what the shop said."""

    def files(said: tuple[Said, ...]) -> Files:
        made = {}
        for lines in talks(said):
            text = "".join(f"{head(s)}\r\n{s.text}\r\n" + ("已读\r\n" if s.by_staff else "") for s in lines)
            made[f"千牛聊天/{lines[0].account.replace(':', '：')}/{lines[0].buyer}.txt"] = text
        return made

    return files


def _web(said: tuple[Said, ...]) -> Files:
    """Copied from the web page: a date, then time, words and who said them."""
    made = {}
    for lines in talks(said):
        text = ""
        for day, of_day in groupby(lines, key=lambda s: s.ts.date()):
            blocks = (f"{s.ts:%H:%M:%S}\n{s.text}\n{s.account if s.by_staff else s.buyer}\n" for s in of_day)
            text += f"{day}\n" + "".join(blocks)
        made[f"聊天/{lines[0].buyer}.txt"] = text
    return made


def _book(said: tuple[Said, ...]) -> Files:
    head = ["客户名", "消息序号", "发送时间", "发送内容", "发送账号", "账号类型"]
    rows = [
        [
            s.buyer,
            str(n),
            clock(s.ts),
            s.text,
            s.account if s.by_staff else s.buyer,
            "客服" if s.by_staff else "客户",
        ]
        for n, s in enumerate(said, 1)
    ]
    return {"导出.xlsx": [head, *rows]}


def _im(said: tuple[Said, ...]) -> Files:
    made: list[dict[str, Any]] = [{"type": "conv_change", "param": {"ccode": "1.1-2.1#11001@cntaobao"}}]
    for n, s in enumerate(said):
        staff, buyer = f"cntaobao{s.account}", f"cntaobao{s.buyer}"
        source, target = (staff, buyer) if s.by_staff else (buyer, staff)
        made.append(
            {
                "fromid": source,
                "toid": target,
                "loginid": staff,
                "msgid": f"m{n}",
                "msg": {"text": s.text},
                "msgtime": epoch(s.ts) * 1000,
            }
        )
    return {"im.json": [made]}


def _openim(said: tuple[Said, ...]) -> Files:
    made = []
    for lines in talks(said):
        found = [
            {
                "uuid": n,
                "time": epoch(s.ts),
                "type": 0,
                "direction": int(s.by_staff),
                "content_list": {"roaming_message_item": [{"type": "T", "value": s.text}]},
            }
            for n, s in enumerate(lines)
        ]
        asked = {
            "user1": {"uid": lines[0].buyer},
            "user2": {"uid": lines[0].account, "taobao_account": True},
        }
        made.append(
            call("openim.chatlogs.get", {"result": {"messages": {"roaming_message": found}}}, **asked)
        )
    return {"openim.jsonl": made}


def _openim_app(said: tuple[Said, ...]) -> Files:
    found = [
        {
            "from_id": f"cntaobao{s.account}" if s.by_staff else s.buyer,
            "to_id": s.buyer if s.by_staff else f"cntaobao{s.account}",
            "time": epoch(s.ts),
            "content_list": [{"type": "T", "value": s.text}],
        }
        for s in said
    ]
    return {"app.json": [call("openim.app.chatlogs.get", {"messages": {"roaming_message": found}})]}


# ------------------------------------------------------------------------------------------------- others
def _jd(said: tuple[Said, ...]) -> Files:
    found = [
        {
            "customer": s.buyer,
            "waiter": s.account,
            "content": s.text,
            "sid": "1",
            "time": epoch(s.ts) * 1000,
            "waiterSend": s.by_staff,
        }
        for s in said
    ]
    return {"jd.json": [{"ChatLog": {"totalRecord": len(found), "chatList": found}}]}


PDD_ORDERS = {"买家乙": "251002-123456789012345", "tb_1号": "251002-123456789012346"}


def _pdd(said: tuple[Said, ...]) -> Files:
    """The buyer's name is masked; the file's name is the order's."""
    made = {}
    for lines in talks(said):
        made[f"{PDD_ORDERS[lines[0].buyer]}_chat.json"] = [
            [
                {
                    "time": clock(s.ts),
                    "role": "客服" if s.by_staff else "用户",
                    "name": s.account if s.by_staff else "张**",
                    "type": "image" if s.kind == "image" else "text",
                    "content": s.text,
                }
                for s in lines
            ]
        ]
    return made


def _uneed(said: tuple[Said, ...]) -> Files:
    made = []
    for lines in talks(said):
        dialogue = [
            {
                "seq_no": n,
                "time": clock(s.ts),
                "sender_type": "客服" if s.by_staff else "用户",
                "send_content": s.text,
            }
            for n, s in enumerate(lines, 1)
        ]
        made.append({"sid": "s", "sellerid": "77", "userid": lines[0].buyer, "ds": "1", "dialogue": dialogue})
    return {"uneed.json": [made]}


FORMS: dict[str, Form] = {
    "chatlog": Form("taobao_chatlog", _chatlog, top=True),
    "client": Form("qianniu_chat", _client(_short_head)),
    "client, two lines": Form("qianniu_chat", _client(_two_lines)),
    "client, arrow": Form("qianniu_chat", _client(_arrow)),
    "web": Form("qianniu_web", _web),
    "web book": Form("qianniu_web_book", _book),
    "im": Form("qianniu_im", _im),
    "openim": Form("openim", _openim, top=True),
    "openim app": Form("openim", _openim_app, top=True),
    "jd": Form("jd_im", _jd),
    "pdd": Form("pdd_chat", _pdd, lambda s: replace(s, buyer=f"#{PDD_ORDERS[s.buyer]}")),
    "uneed": Form("uneed", _uneed, lambda s: replace(s, account="77"), shop="77"),
}


# ------------------------------------------------------------------------------------------------- ratings
@dataclass(frozen=True)
class Rating:
    buyer: str
    account: str
    ts: datetime
    score: int


RATINGS = tuple(Rating(f"b{n}", ONE, at(2, 9, n), n) for n in (5, 4, 3, 2, 1))
WORDS = {5: "非常满意", 4: "满意", 3: "一般", 2: "不满意", 1: "非常不满意"}


def _evals(method: str, code: Callable[[int], object]) -> Callable[[tuple[Rating, ...]], Files]:
    def files(ratings: tuple[Rating, ...]) -> Files:
        found = [
            {
                "eval_code": code(r.score),
                "eval_sender": f"cntaobao{r.account}",
                "eval_recer": r.buyer,
                "eval_time": clock(r.ts),
                "send_time": clock(r.ts - timedelta(minutes=1)),
                "source": 0,
            }
            for r in ratings
        ]
        return {"评价.json": [call(method, {"staff_eval_details": {"eval_detail": found}})]}

    return files


def _jd_evals(ratings: tuple[Rating, ...]) -> Files:
    """The scale of ``score`` is nowhere stated: the words count."""
    found = [
        {
            "customer": r.buyer,
            "waiter": r.account,
            "desc": WORDS[r.score],
            "score": 100,
            "evaTime": clock(r.ts),
        }
        for r in ratings
    ]
    return {"评价.json": [{"Evaluation": found}]}


RATED: dict[str, tuple[str, Callable[[tuple[Rating, ...]], Files], tuple[Rating, ...]]] = {
    "kefueval": ("taobao_kefueval", _evals("qianniu.kefueval.get", lambda n: 5 - n), RATINGS),
    "airisland": ("taobao_kefueval", _evals("airisland.kefueval.get", lambda n: str(5 - n)), RATINGS),
    "evals": ("taobao_evals", _evals("wangwang.eservice.evals.get", lambda n: 6 - n), RATINGS[:4]),
    "jd": ("jd_im", _jd_evals, RATINGS),
}


# ------------------------------------------------------------------------------------------------- log-ins
@dataclass(frozen=True)
class Event:
    account: str
    ts: datetime
    event: str


EVENTS = (
    Event(ONE, at(2, 8), "online"),
    Event(ONE, at(2, 12), "offline"),
    Event(TWO, at(2, 13, 0, 1), "online"),
    Event(TWO, at(2, 22, 59), "offline"),
)
NUMBERS = {ONE: 2200000000001, TWO: 2200000000002}


def _status_log(events: tuple[Event, ...]) -> Files:
    """Accounts are numbers here; the list of sub-accounts names them."""
    found = [
        {
            "account_id": NUMBERS[e.account],
            "status": {"online": 1, "offline": "-1"}[e.event],
            "type": 8,
            "change_time": clock(e.ts),
        }
        for e in events
    ]
    people = [
        {"sub_id": number, "nick": name, "seller_id": 1, "seller_nick": SHOP}
        for name, number in NUMBERS.items()
    ]
    return {
        "在线.jsonl": [
            call("qianniu.cloudkefu.onlinestatuslog.get", {"record_list": {"record_list": found}})
        ],
        "子账号.json": [call("sellercenter.subusers.get", {"subusers": {"sub_user_info": people}})],
    }


def _pass_log(events: tuple[Event, ...]) -> Files:
    pairs = zip(events[::2], events[1::2], strict=True)
    found = [
        {
            "waiter": begun.account,
            "loginTime": clock(begun.ts),
            "logoutTime": epoch(done.ts) * 1000,
            "ip": "x",
        }
        for begun, done in pairs
    ]
    return {"登录.json": [{"PassLog": found}]}


LOGGED: dict[str, tuple[tuple[str, ...], Callable[[tuple[Event, ...]], Files]]] = {
    "status log": (("taobao_online", "taobao_subusers"), _status_log),
    "pass log": (("jd_im",), _pass_log),
}


# ------------------------------------------------------------------------------------------------- as files
def collapsed(value: Any) -> Any:
    """Every list of one as the bare object, as the Taobao Open Platform writes it; empty lists are missing."""
    if isinstance(value, dict):
        return {k: collapsed(v) for k, v in value.items() if v != []}
    if isinstance(value, list):
        return collapsed(value[0]) if len(value) == 1 else [collapsed(v) for v in value]
    return value


def written(
    name: str, content: Any, encoding: str = "utf-8", pretty: bool = False, old: bool = False
) -> bytes:
    """The bytes of a file. Documents: one a line in ``.jsonl``, else one whole document."""
    if name.endswith(".xlsx"):
        return (old_workbook if old else workbook)(content)
    if isinstance(content, str):
        return content.encode(encoding)
    if name.endswith(".jsonl") and not pretty:
        return "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in content).encode(encoding)
    whole = content[0] if len(content) == 1 else content
    return json.dumps(whole, ensure_ascii=False, indent=2).encode(encoding)
