"""Chats as they are handed over: TOP chat logs, one JSON line a call, and copies from the 千牛 client; and
what else the platform's APIs give: ratings, the on-line log, the list of sub-accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from evaluator.demo.chat import Message
from evaluator.demo.people import ACCOUNTS, MAIN, SHOP
from evaluator.demo.story import CLIENT_COPIES, Story
from evaluator.demo.trade_files import stamp

_FIRST_ID = 2_215_000_000_000
PATCHY = f"{SHOP}:小可"  # one of whose calls failed
_WRAPPER = "wangwang_eservice_chatlog_get_response"
_EVENTS = {"online": (1, 8), "offline": (-1, 8), "suspend": (2, 5), "resume": (3, 5)}


def write_platform(folder: Path, story: Story) -> None:
    """All the platform's own files but orders and refunds."""
    _chat_logs(folder / "wangwang_chatlog", story)
    for account in CLIENT_COPIES:
        _client_copies(folder / "千牛聊天" / account.replace(":", "："), account, story)
    _ratings(folder / "kefueval", story)
    _on_line_log(folder / "onlinestatuslog", story)
    _sub_users(folder / "subusers.json")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _one_or_many(items: list[dict[str, Any]]) -> Any:
    """A list of one is an object in these answers."""
    return items[0] if len(items) == 1 else items


def _chat_logs(folder: Path, story: Story) -> None:
    """A file an account, a line for every (account, peer, day), in the order in which they began."""
    folder.mkdir()
    calls: dict[str, dict[tuple[str, str], list[Message]]] = {}
    for message in story.messages:
        if message.account not in CLIENT_COPIES:
            day = message.ts.date().isoformat()
            calls.setdefault(message.account, {}).setdefault((message.shown_buyer, day), []).append(message)
    for account in sorted(calls):
        lines = [_call(account, peer, day, messages) for (peer, day), messages in calls[account].items()]
        if account == PATCHY:
            lines += _empty_calls(account, story.calendar.start.isoformat())
        name = "主账号" if account == MAIN else account.split(":")[1]
        _write(folder / f"{name}.jsonl", "".join(lines))


def _empty_calls(account: str, day: str) -> list[str]:
    """What a month of calls also holds: an answer without messages, and a call that failed."""
    error = {
        "code": 15,
        "msg": "Remote service error",
        "sub_code": "isp.remote-service-timeout",
        "sub_msg": "远程服务调用超时",
    }
    return [
        _answer(account, "tb10000001", day, {_WRAPPER: {"count": 0, "ret": 10000}}),
        _answer(account, "tb10000002", day, {"error_response": error}),
    ]


def _call(account: str, peer: str, day: str, messages: list[Message]) -> str:
    rows: list[dict[str, Any]] = []
    for message in messages:
        content = message.text + ("\n原因：【人工转接】" if message.kind == "transfer" else "")
        direction = 1 if message.sender == "buyer" else 0
        rows.append({"direction": direction, "time": stamp(message.ts), "content": content})
    body = {"count": len(rows), "ret": 10000, "msgs": {"msg": _one_or_many(rows)}}
    return _answer(account, peer, day, {_WRAPPER: body})


def _answer(account: str, peer: str, day: str, response: Mapping[str, Any]) -> str:
    request = {
        "method": "taobao.wangwang.eservice.chatlog.get",
        "from_id": f"cntaobao{account}",
        "to_id": f"cntaobao{peer}",
        "start_date": day,
        "end_date": day,
    }
    call = {"request": request, "response": response}
    return json.dumps(call, ensure_ascii=False, separators=(",", ":")) + "\n"


def _client_copies(folder: Path, account: str, story: Story) -> None:
    """A text file a buyer: heads with or without a blank before the time, states, lines without time."""
    folder.mkdir(parents=True)
    talks: dict[str, list[Message]] = {}
    for message in story.messages:
        if message.account == account:
            talks.setdefault(message.shown_buyer, []).append(message)
    for number, (buyer, messages) in enumerate(talks.items()):
        gap = "" if number % 3 == 1 else " "
        lines: list[str] = []
        previous = messages[0]
        for index, message in enumerate(messages):
            lines += _client_lines(message, account, previous, gap, number + index)
            previous = message
        # Some copies begin with a byte order mark.
        mark = "\ufeff" if number % 11 == 0 else ""
        _write(folder / f"{buyer}.txt", mark + "\r\n".join(lines) + "\r\n")


def _client_lines(message: Message, account: str, previous: Message, gap: str, number: int) -> list[str]:
    nick = message.shown_buyer if message.sender == "buyer" else account
    if message.kind == "recall":
        who = previous.shown_buyer if previous.sender == "buyer" else account
        return [f"{who} 撤回了一条消息"]
    if message.kind == "transfer":
        return [f"由 {account} 转交给", message.to_account, "原因：【人工转接】"]
    at = message.ts
    # The digits that end a nick would run into the year: such heads keep the blank.
    head = nick + (" " if nick[-1].isdigit() else gap)
    lines = [f"{head}{at.year}-{at.month}-{at.day} {at.hour}:{at:%M:%S}", *message.text.split("\n")]
    if message.sender == "buyer":
        from_page = message.text.startswith("https://item.")
        return lines + (["当前用户来自", "商品详情页"] if from_page else [])
    return [*lines, "未读" if number % 17 == 0 else "已读"]


def _ratings(folder: Path, story: Story) -> None:
    folder.mkdir()
    ids = ",".join(f"cntaobao{a}" for a in ACCOUNTS)
    for day in story.calendar.open_days:
        rows = [
            {
                "eval_code": 5 - r.score,
                "eval_recer": story.rating_masks.get(r.buyer) or f"cntaobao{r.buyer}",
                "eval_sender": f"cntaobao{r.account}",
                "eval_time": stamp(r.ts),
                "send_time": stamp(r.sent),
                "source": r.source,
            }
            for r in story.ratings
            if r.ts.date() == day
        ]
        body: dict[str, Any] = {"result_count": len(rows)}
        if rows:
            body["staff_eval_details"] = {"eval_detail": _one_or_many(rows)}
        request = {
            "method": "taobao.qianniu.kefueval.get",
            "query_ids": ids,
            "btime": f"{day:%Y%m%d}000000",
            "etime": f"{day:%Y%m%d}235959",
        }
        _write(
            folder / f"kefueval_{day:%Y%m%d}.json",
            _dump({"request": request, "response": {"qianniu_kefueval_get_response": body}}),
        )


def _account_ids() -> dict[str, int]:
    accounts = [MAIN, *(a for a in ACCOUNTS if a != MAIN)]
    return {account: _FIRST_ID + 7919 * n for n, account in enumerate(accounts)}


def _on_line_log(folder: Path, story: Story) -> None:
    """Five accounts a call; accounts are numbers, which the list of sub-accounts names."""
    folder.mkdir()
    ids = _account_ids()
    accounts = list(ids)
    for number, begin in enumerate(range(0, len(accounts), 5), start=1):
        asked = accounts[begin : begin + 5]
        rows = [_record(ids, e.account, e.ts, e.event) for e in story.online if e.account in asked]
        request = {
            "method": "taobao.qianniu.cloudkefu.onlinestatuslog.get",
            "account_ids": ",".join(str(ids[a]) for a in asked),
            "start_date": story.calendar.first.isoformat(),
            "end_date": story.calendar.end.isoformat(),
        }
        records = {"record_list": _one_or_many(rows)} if rows else {}
        _write(
            folder / f"onlinestatuslog_{number}.json",
            _dump(
                {
                    "request": request,
                    "response": {"qianniu_cloudkefu_onlinestatuslog_get_response": {"record_list": records}},
                }
            ),
        )


def _record(ids: Mapping[str, int], account: str, at: datetime, event: str) -> dict[str, Any]:
    status, kind = _EVENTS[event]
    epoch = (at - datetime(1970, 1, 1) - timedelta(hours=8)) // timedelta(milliseconds=1)
    return {
        "main_account_id": ids[MAIN],
        "status": status,
        "type": kind,
        "account_id": ids[account],
        "change_time_ts": epoch,
        "change_time": stamp(at),
        "domain": "cntaobao",
        "gmt_create": stamp(at),
    }


def _sub_users(path: Path) -> None:
    ids = _account_ids()
    users = [
        {
            "sub_id": ids[a],
            "nick": a,
            "seller_id": ids[MAIN],
            "seller_nick": SHOP,
            "full_name": a.split(":")[1],
            "status": 1,
            "is_online": 2,
        }
        for a in ids
        if a != MAIN
    ]
    _write(
        path,
        _dump(
            {
                "request": {"method": "taobao.sellercenter.subusers.get", "nick": SHOP},
                "response": {"sellercenter_subusers_get_response": {"subusers": {"sub_user_info": users}}},
            }
        ),
    )
