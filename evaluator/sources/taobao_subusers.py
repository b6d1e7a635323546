"""List of sub-accounts, ``sellercenter.subusers.get`` / ``subusers.get`` (FORMATS §11): it feeds no table but
names the numeric accounts of the on-line log."""

from __future__ import annotations

from evaluator.sources.base import MADE, RawTable
from evaluator.sources.files import Sample
from evaluator.sources.top import answers, first, listed, nick

ID = "taobao_subusers"


def sniff(sample: Sample) -> bool:
    return first(sample).method.endswith("subusers_get")


def read(sample: Sample) -> list[RawTable]:
    """-> no table; ``aliases`` numeric id -> account, the main account's too."""
    names: dict[str, str] = {}
    for call in answers(sample):
        for found in listed(call.body, "subusers", "sub_user_info"):
            for number, name in (("seller_id", "seller_nick"), ("sub_id", "nick")):
                if found.get(number) and found.get(name):
                    names[str(found[number])] = nick(found[name])
    return [RawTable("", [], MADE, aliases=names)]
