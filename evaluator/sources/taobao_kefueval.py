"""Ratings of ``qianniu.kefueval.get`` / ``airisland.kefueval.get`` (FORMATS §11): score = 5 − eval_code.
Whether an account is a robot is known only with the roster (``finish``)."""

from __future__ import annotations

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources.base import MADE, RawTable
from evaluator.sources.files import Sample
from evaluator.sources.top import answers, as_list, first, listed, main_account, nick

ID = "taobao_kefueval"

SCHEMA = dict.fromkeys(("shop", "buyer", "account", "ts", "score", "source", "sent", "tags"), pl.String())


def sniff(sample: Sample) -> bool:
    return first(sample).method.endswith("kefueval_get")


def read(sample: Sample) -> list[RawTable]:
    """-> ratings, one row an evaluation."""
    rows, failed = [], list[str]()
    for call in answers(sample):
        if call.error:
            failed.append(call.error)
        for found in listed(call.body, "staff_eval_details", "eval_detail"):
            account = nick(found.get("eval_sender"))
            tags = "、".join(str(tag) for tag in as_list(found.get("label_name")))
            rows.append((main_account(account), nick(found.get("eval_recer")), account,
                         str(found.get("eval_time") or ""), _score(found.get("eval_code")), "human",
                         str(found.get("send_time") or ""), tags, len(rows) + 1))
    frame = pl.DataFrame(rows, schema=SCHEMA | {"_row": pl.UInt32()}, orient="row")
    why = {"score": "eval_code 应为 0（非常满意）到 4（非常不满意）"}
    notes = [ReviewItem("source_note", sample.rel, f"调用失败：{'；'.join(failed[:3])}", len(failed))] if failed else []
    return [RawTable("ratings", [frame], MADE, notes=notes, why=why)]


def _score(code: object) -> str:
    text = str(code)
    return str(5 - int(text)) if text in ("0", "1", "2", "3", "4") else f"eval_code {text}"
