"""List of sub-accounts, ``sellercenter.subusers.get`` / ``subusers.get`` (FORMATS §11), each with names of its own: it
feeds no table but names the numeric accounts of the on-line log."""

from __future__ import annotations

from evaluator.sources.base import MADE, RawTable
from evaluator.sources.files import Sample
from evaluator.sources.top import answers, first, listed, nick

ID = "taobao_subusers"
METHODS = frozenset({"sellercenter_subusers_get", "subusers_get"})
LISTS = (("subusers", "sub_user_info"), ("subaccounts", "sub_account_info"))
NAMED = (("seller_id", "seller_nick"), ("sub_id", "nick"), ("user_id", "user_nick"), ("sub_id", "sub_nick"))


def sniff(sample: Sample) -> bool:
    return first(sample).method in METHODS


def read(sample: Sample) -> list[RawTable]:
    """-> no table; ``aliases`` numeric id -> account, the main account's too."""
    names: dict[str, str] = {}
    for call in answers(sample):
        for found in (found for held in LISTS for found in listed(call.body, *held)):
            for number, name in NAMED:
                if found.get(number) and found.get(name):
                    names[str(found[number])] = nick(found[name])
    return [RawTable("", [], MADE, aliases=names)]
