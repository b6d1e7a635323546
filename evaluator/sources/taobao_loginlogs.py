"""On-line log of the old ``wangwang.eservice.loginlogs.get`` (FORMATS §11): 0 login, 1 logout. The answer names one
account; where it does not, the request does if it asked for one only."""

from __future__ import annotations

import polars as pl

from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.jsonfile import moment
from evaluator.sources.top import WHY_BROKEN, Answer, answers, failures, first, listed, nick

ID = "taobao_loginlogs"

EVENTS = {"0": "online", "1": "offline"}
SCHEMA = {"account": pl.String(), "ts": pl.String(), "event": pl.String(), "_row": pl.UInt32()}
WHY_ACCOUNT = "看不出是哪个账号：应答没有 user_id，请求的 service_staff_id 也不是一个账号；请逐个账号拉取"


def sniff(sample: Sample) -> bool:
    return first(sample).method.endswith("eservice_loginlogs_get")


def read(sample: Sample) -> list[RawTable]:
    """-> online, one row an event."""
    rows, rejects, calls = list[tuple[str | int, ...]](), list[RowReject](), list(answers(sample))
    for call in calls:
        if call.broken:
            rejects.append(RowReject(len(rows) + len(rejects) + 1, "", call.broken, WHY_BROKEN))
        account = _account(call)
        for found in listed(call.body, "loginlogs", "login_log"):
            event = str(found.get("type", ""))
            row = len(rows) + len(rejects) + 1
            rows.append((account, moment(found.get("time")), EVENTS.get(event, f"type {event}"), row))
    why = {"event": "type 应为 0（登录）或 1（退出）", "account": WHY_ACCOUNT}
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return [RawTable("online", [frame], MADE, rejects, failures(sample, calls), why=why)]


def _account(call: Answer) -> str:
    asked = str(call.request.get("service_staff_id") or "")
    named = str(call.body.get("user_id") or "") or ("" if "," in asked else asked)
    return nick(named)
