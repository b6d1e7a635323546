"""Answers of the Taobao Open Platform (FORMATS §11): envelopes, lists of one, errors, long nicks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from evaluator.model import ReviewItem
from evaluator.sources import jsonfile
from evaluator.sources.files import Sample, load_json

PREFIX = "cntaobao"


def account_name(account: pl.Expr) -> pl.Expr:
    """Accounts as they are compared: without ``cntaobao``, with a half-width colon."""
    return account.str.strip_prefix(PREFIX).str.replace("：", ":", literal=True)


def nick(value: object) -> str:
    """The same for one name; "" for none."""
    return str(value or "").strip().removeprefix(PREFIX).replace("：", ":")


def main_account(account: str) -> str:
    """The shop's main account: the part before the colon."""
    return account.split(":", 1)[0]


@dataclass(frozen=True)
class Answer:
    """A call: its request (may be empty), the method's name with ``_``, the body, or what went wrong."""

    request: dict[str, Any]
    method: str
    body: dict[str, Any]
    error: str = ""
    broken: str = ""  # a line that is no JSON


def answers(sample: Sample) -> Iterator[Answer]:
    """The calls of a file: one JSON document, a list of them, or one a line. A line that is no JSON is an
    answer with an error."""
    if sample.json is not None:
        yield from (_answer(doc) for doc in as_list(sample.json))
        return
    for line in sample.lines():
        try:
            yield _answer(load_json(line))
        except ValueError:
            yield Answer({}, "", {}, broken=line)


def first(sample: Sample) -> Answer:
    """The first call, to tell formats apart."""
    if sample.kind != "json":
        return Answer({}, "", {})
    document = sample.first_json
    return _answer(next(iter(as_list(document)), None))


def _answer(document: object) -> Answer:
    if not isinstance(document, dict):
        return Answer({}, "", {}, "不是接口的应答")
    request = document.get("request")
    request = request if isinstance(request, dict) else {}
    response = document.get("response", document)
    method = str(request.get("method") or "").removeprefix("taobao.").replace(".", "_")
    if not isinstance(response, dict):
        return Answer(request, method, {}, "没有应答")
    if isinstance(response.get("error_response"), dict):
        return Answer(request, method, {}, jsonfile.error_text(response["error_response"]))
    for name, body in response.items():
        if name.endswith("_response") and isinstance(body, dict):
            return Answer(request, method or name.removesuffix("_response"), body)
    return Answer(request, method, {}, "没有应答")


WHY_BROKEN = jsonfile.WHY_BROKEN


def failures(sample: Sample, calls: list[Answer]) -> list[ReviewItem]:
    """The note on calls that failed, if any did."""
    return jsonfile.failures(sample, [call.error for call in calls if call.error])


def as_list(value: object) -> list[Any]:
    """A list as the platform writes it: missing when empty, the bare object when one."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def listed(body: dict[str, Any], outer: str, inner: str, mark: str = "") -> list[dict[str, Any]]:
    """``{"outer": {"inner": [...]}}``, or without ``inner``, as a list of objects; a list that stands alone may be
    called otherwise. The bare object of a list of one is told by its key ``mark``. What is no object becomes one
    without keys, which its format refuses as a row.
    """
    held = body.get(outer)
    if isinstance(held, dict) and (not mark or mark not in held):
        alone = [value for value in held.values() if len(held) == 1 and isinstance(value, list | dict)]
        held = held.get(inner, alone[0] if alone else None)
    return [item if isinstance(item, dict) else {"": item} for item in as_list(held)]
