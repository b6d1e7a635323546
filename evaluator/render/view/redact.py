"""Keeps everyone else out of an agent's page: colleagues' names, ids and accounts, and other buyers' nicks,
wherever they stand in free text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache

from evaluator.render.text import mask_buyer

COLLEAGUE = "同事"
OTHER_BUYER = "另一位买家"

#: Account names that many shops share and that name nobody.
_GENERIC = frozenset({"客服", "售前", "售后", "主号", "机器人", "智能客服", "值班", "主管"})
_WORD = re.compile(r"[0-9A-Za-z_]")
_LATIN = re.compile(r"[0-9A-Za-z_]{4,}")
_RUN = re.compile(r"[0-9A-Za-z_]{4,}|\w{4,}")


def naming_tokens(employee_id: str, names: Iterable[str], accounts: Iterable[str]) -> set[str]:
    """The texts that name a person: id, names, accounts, and the part of an account behind ``:`` or
    before ``@``."""
    tokens = {employee_id, *names}
    for account in accounts:
        tokens.add(account)
        tokens.add(re.split("[:：]", account)[-1].partition("@")[0])
    return {t for t in tokens if _names_someone(t)}


def _names_someone(token: str) -> bool:
    """One character, or a number of up to three digits, is too common in text to be a name."""
    return len(token) > 1 and token not in _GENERIC and not (token.isdigit() and len(token) < 4)


#: Which of some words are nicks of the month's buyers.
Nicks = Callable[[Collection[str]], Iterable[str]]


class Redactor:
    """``people``: agent → the texts that name him. ``nicks``: whom buyers' nicks are asked of; a month may have
    millions of buyers, its reports show few texts. ``say``: into the reports' language."""

    def __init__(self, people: Mapping[str, set[str]], nicks: Nicks, say: Callable[[str], str] = str) -> None:
        self._shown_colleague, self._shown_buyer = say(COLLEAGUE), say(OTHER_BUYER)
        self._owners: dict[str, set[str]] = {}
        for agent, tokens in people.items():
            for token in tokens:
                self._owners.setdefault(token, set()).add(agent)
        every = sorted(self._owners, key=lambda t: (-len(t), t))
        # Plain alternatives only: with look-arounds inside, the search would be a hundred times slower.
        self._pattern = re.compile("|".join(map(re.escape, every))) if every else None
        self._nicks = nicks
        self._shown: dict[str, str] = {}  # words that were asked about → what is shown of them
        self._unnamed = cache(self._without_colleagues)  # people say the same things
        self._hidden = cache(self._without_buyers)

    def learn(self, texts: Iterable[tuple[str, str, str | None]]) -> None:
        """Asks at once for the nicks that these texts may hold (text, ``me``, ``buyer``, as for ``hide``), for which
        ``hide`` would ask text after text."""
        self._ask({word for text in {self._masked(*text) for text in texts} for word in _words(text)})

    def hide(self, text: str, me: str, buyer: str | None = None) -> str:
        """``text`` as ``me`` may see it; ``buyer``: whose chat or order it is."""
        return self._hidden(self._masked(text, me, buyer))

    def _masked(self, text: str, me: str, buyer: str | None) -> str:
        text = self._unnamed(text, me)
        if buyer and len(buyer) > 1 and buyer in text:
            text = text.replace(buyer, mask_buyer(buyer))
        return text

    def _without_colleagues(self, text: str, me: str) -> str:
        return self._pattern.sub(lambda m: self._colleague(m, me), text) if self._pattern else text

    def _without_buyers(self, text: str) -> str:
        self._ask(_words(text))
        return _RUN.sub(self._other_buyer, text)

    def _ask(self, words: set[str]) -> None:
        if new := words - self._shown.keys():
            self._shown |= {word: word for word in new}
            self._shown |= dict.fromkeys(self._nicks(new), self._shown_buyer)

    def _other_buyer(self, match: re.Match[str]) -> str:
        run = match[0]
        shown = self._shown.get(run, run)
        return shown if shown != run or run.isascii() else _LATIN.sub(self._latin, run)

    def _latin(self, match: re.Match[str]) -> str:
        return self._shown.get(match[0], match[0])

    def _colleague(self, match: re.Match[str], me: str) -> str:
        """A name that stands by itself, not inside a Latin word or number, and is not his own, is hidden."""
        text, start, found = match.string, match.start(), match[0]
        for token in (found[:length] for length in range(len(found), 0, -1)):
            if token in self._owners and not _inside_word(text, start, start + len(token)):
                return found if me in self._owners[token] else self._shown_colleague + found[len(token) :]
        return found


def _words(text: str) -> set[str]:
    """What may be a buyer's nick in a text; numbers are none, they are of everything."""
    runs = set(_RUN.findall(text))
    latin = {word for run in runs if not run.isascii() for word in _LATIN.findall(run)}
    return {word for word in runs | latin if not word.isdigit()}


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether the Latin word or number at ``start`` or ``end`` goes on beyond it."""
    before = start > 0 and _WORD.match(text[start]) and _WORD.match(text[start - 1])
    after = end < len(text) and _WORD.match(text[end - 1]) and _WORD.match(text[end])
    return bool(before or after)
