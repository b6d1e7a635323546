"""The demo's phrase bank and how its slots are filled."""

from __future__ import annotations

import re
from typing import Any

from evaluator.demo.draws import Draws, load_data
from evaluator.demo.goods import CITIES, COURIERS, GOODS, Good

_SLOT = re.compile(r"<([a-z0-9]+)>")
_GIFTS = ("茶巾", "茶夹", "杯垫", "一包试喝茶", "茶针")
_COLORS = ("柿子红", "月白", "天青", "墨绿", "烟灰", "米黄")
_TICS = ("", "", "", "", "", "哦", "呢", "哈", "~", "~~")
_MARKS = ("", "", "", "？", "？", "?", "??")
_STOPS = ("", "", "", "", "。", "…", "~")
_ASKING = re.compile("[吗啥哪几]|什么|怎么|多少|多大|不$")


class Talk:
    """Phrases with slots for one shop; ``subject`` makes the values that one conversation keeps."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self.presale: dict[str, Any] = load_data("presale")
        self.aftersale: dict[str, Any] = load_data("aftersale")
        self.other: dict[str, Any] = load_data("other")

    def subject(self, good: Good, me: str) -> dict[str, str]:
        """Slot values of one conversation about ``good`` with the agent who calls herself ``me``."""
        draws = self._draws
        other = draws.pick([g for g in GOODS if g is not good])
        return {
            "item": good.short,
            "price": f"{good.price // 100}",
            "size": good.size,
            "cap": good.capacity,
            "mat": good.material,
            "other": other.short,
            "me": me,
            "city": draws.pick(CITIES),
            "courier": draws.pick(COURIERS),
            "gift": draws.pick(_GIFTS),
            "color": draws.pick(_COLORS),
            "id12": item_number(good),
            "vx": draws.pick(("cy", "ds", "yy", "kj")) + draws.digits(6),
        }

    def questions(self, good: Good, count: int) -> list[dict[str, Any]]:
        """``count`` different topics that make sense for ``good``."""
        fitting = [t for t in self.presale["topics"] if good.kind in t.get("for", (good.kind,))]
        return self._draws.some(fitting, count)

    def fill(self, text: str, subject: dict[str, str]) -> str:
        return _SLOT.sub(lambda match: subject[match.group(1)], text)

    def by_buyer(self, texts: list[str], subject: dict[str, str]) -> str:
        """A phrase as buyers type it: now and then with other punctuation, or none."""
        text = self.fill(self._draws.pick(texts), subject)
        if text.startswith(("http", "[")) or text[-1].isdigit():
            return text
        if self._draws.chance(150):
            text = text.replace("，", " ")
        if self._draws.chance(600):
            return text
        return text + self._draws.pick(_MARKS if _ASKING.search(text) else _STOPS)

    def by_agent(self, texts: list[str], subject: dict[str, str]) -> str:
        """A phrase as the agent types it, with her little words."""
        text = self.fill(self._draws.pick(texts), subject)
        if text[-1] in "哦呢哈吗吧呀啦嘛~？！】" or self._draws.chance(500):
            return text
        return text + self._draws.pick(_TICS)


def item_number(good: Good) -> str:
    """The 12-digit item id of a good, as in its page's address."""
    return f"62{int(good.sku[2:]) * 7919 % 10**10:010d}"
