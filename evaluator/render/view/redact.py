"""Keeps everyone else out of an agent's page: colleagues' names, ids and accounts, and other buyers' nicks,
wherever they stand in free text."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping

from evaluator.render.text import mask_buyer

COLLEAGUE = "同事"
OTHER_BUYER = "另一位买家"

#: Account names that many shops share and that name nobody.
_GENERIC = frozenset({"客服", "售前", "售后", "主号", "机器人", "智能客服", "值班", "主管"})
_WORD = re.compile(r"[0-9A-Za-z_]")
_SHORTEST_NICK = 4
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


class Redactor:
    """``people``: agent → the texts that name him. ``buyers``: every nick of the month, of which those that may be a
    common word or number are not looked for. ``say``: into the reports' language."""

    def __init__(
        self, people: Mapping[str, set[str]], buyers: Container[str], say: Callable[[str], str] = str
    ) -> None:
        self._shown_colleague, self._shown_buyer = say(COLLEAGUE), say(OTHER_BUYER)
        self._owners: dict[str, set[str]] = {}
        for agent, tokens in people.items():
            for token in tokens:
                self._owners.setdefault(token, set()).add(agent)
        self._tokens = sorted(self._owners, key=lambda t: (-len(t), t))
        # Plain alternatives only: with look-arounds inside, the search would be a hundred times slower.
        self._pattern = re.compile("|".join(map(re.escape, self._tokens))) if self._tokens else None
        self._buyers = buyers
        self._of_buyers: dict[str, bool] = {}

    def hide(self, text: str, me: str, buyer: str | None = None) -> str:
        """``text`` as ``me`` may see it; ``buyer``: whose chat or order it is."""
        if self._pattern is not None:
            text = self._pattern.sub(lambda m: self._colleague(m, me), text)
        if buyer and len(buyer) > 1 and buyer in text:
            text = text.replace(buyer, mask_buyer(buyer))
        return _RUN.sub(self._other_buyer, text)

    def _other_buyer(self, match: re.Match[str]) -> str:
        run = match[0]
        if self._is_nick(run):
            return self._shown_buyer
        return (
            run
            if run.isascii()
            else _LATIN.sub(lambda m: self._shown_buyer if self._is_nick(m[0]) else m[0], run)
        )

    def _is_nick(self, word: str) -> bool:
        """Whether it is a buyer's; texts say the same words again and again."""
        known = self._of_buyers.get(word)
        if known is None:
            known = len(word) >= _SHORTEST_NICK and not word.isdigit() and word in self._buyers
            self._of_buyers[word] = known
        return known

    def _colleague(self, match: re.Match[str], me: str) -> str:
        """A name that stands by itself, not inside a Latin word or number, and is not his own, is hidden."""
        text, start, found = match.string, match.start(), match[0]
        for token in (found, *(t for t in self._tokens if len(t) < len(found) and found.startswith(t))):
            if not _inside_word(text, start, start + len(token)):
                return found if me in self._owners[token] else self._shown_colleague + found[len(token) :]
        return found


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether the Latin word or number at ``start`` or ``end`` goes on beyond it."""
    before = start > 0 and _WORD.match(text[start]) and _WORD.match(text[start - 1])
    after = end < len(text) and _WORD.match(text[end - 1]) and _WORD.match(text[end])
    return bool(before or after)
