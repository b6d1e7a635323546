"""On-line log of ``qianniu.cloudkefu.onlinestatuslog.get`` (FORMATS §11). Its accounts are numbers; the list
of sub-accounts (``taobao_subusers``) names them."""

from __future__ import annotations

import polars as pl

from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.cells import from_epoch
from evaluator.sources.files import Sample
from evaluator.sources.top import WHY_BROKEN, answers, failures, first, listed, nick

ID = "taobao_online"

EVENTS = {"1": "online", "-1": "offline", "2": "suspend", "3": "resume"}
SCHEMA = {"account": pl.String(), "ts": pl.String(), "event": pl.String(), "_row": pl.UInt32()}


def sniff(sample: Sample) -> bool:
    return first(sample).method.endswith("onlinestatuslog_get")


def read(sample: Sample) -> list[RawTable]:
    """-> online, one row an event; ``account`` a number until ``finish`` names it."""
    rows, rejects, calls = list[tuple[str | int, ...]](), list[RowReject](), list(answers(sample))
    for call in calls:
        if call.broken:
            rejects.append(RowReject(len(rows) + len(rejects) + 1, "", call.broken, WHY_BROKEN))
        for found in listed(call.body, "record_list", "record_list"):
            status = str(found.get("status", ""))
            rows.append(
                (
                    nick(found.get("account_id")),
                    _time(found),
                    EVENTS.get(status, f"status {status}"),
                    len(rows) + len(rejects) + 1,
                )
            )
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    why = {"event": "status 应为 1（上线）、-1（下线）、2（挂起）或 3（恢复）"}
    return [RawTable("online", [frame], MADE, rejects, failures(sample, calls), why=why)]


def _time(found: dict[str, object]) -> str:
    if found.get("change_time"):
        return str(found["change_time"])
    moment = from_epoch(found.get("change_time_ts"))
    return moment.isoformat(sep=" ") if moment else ""
