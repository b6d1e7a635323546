"""Ratings of ``qianniu.kefueval.get`` / ``airisland.kefueval.get`` (FORMATS §11): score = 5 − eval_code.
Whether an account is a robot is known only with the roster (``finish``)."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from evaluator.sources import openids
from evaluator.sources.base import MADE, RawTable, RowReject
from evaluator.sources.files import Sample
from evaluator.sources.top import WHY_BROKEN, answers, as_list, failures, first, listed, main_account, nick

ID = "taobao_kefueval"

SCHEMA = dict.fromkeys(("shop", "buyer", "account", "ts", "score", "source", "sent", "tags"), pl.String())


def sniff(sample: Sample) -> bool:
    return first(sample).method.endswith("kefueval_get")


def read(sample: Sample) -> list[RawTable]:
    """-> ratings, one row an evaluation."""
    return [ratings(sample, _score, "eval_code 应为 0（非常满意）到 4（非常不满意）")]


def ratings(sample: Sample, score: Callable[[object], str], why: str) -> RawTable:
    """The same for any scale: ``score`` turns an eval_code into 1 to 5, or into text that is refused with
    ``why``."""
    rows, rejects, calls = list[tuple[str | int, ...]](), list[RowReject](), list(answers(sample))
    known = list[openids.Row]()
    for call in calls:
        if call.broken:
            rejects.append(RowReject(len(rows) + len(rejects) + 1, "", call.broken, WHY_BROKEN))
        for found in listed(call.body, "staff_eval_details", "eval_detail"):
            account = nick(found.get("eval_sender"))
            row = len(rows) + len(rejects) + 1
            known.append((main_account(account), None, nick(found.get("eval_recer")), found, row))
            tags = "、".join(str(tag) for tag in as_list(found.get("label_name")))
            rows.append(
                (
                    main_account(account),
                    _buyer(found),
                    account,
                    str(found.get("eval_time") or ""),
                    score(found.get("eval_code")),
                    "human",
                    str(found.get("send_time") or ""),
                    tags,
                    row,
                )
            )
    frame = pl.DataFrame(rows, schema=SCHEMA | {"_row": pl.UInt32()}, orient="row")
    made = RawTable("ratings", [frame], MADE, rejects, failures(sample, calls), why={"score": why})
    made.open_ids = openids.frame(known)
    return made


def _buyer(found: dict[str, object]) -> str:
    """The nick (maybe masked); the open id where there is none."""
    return nick(found.get("eval_recer")) or str(found.get("open_uid") or "")


def _score(code: object) -> str:
    text = str(code)
    return str(5 - int(text)) if text in ("0", "1", "2", "3", "4") else f"eval_code {text}"
