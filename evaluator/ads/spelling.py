"""One spelling for what advertisers spell in many ways (R-F3): full-width and circled letters, homophones of 微信,
spaced or Chinese digits, emoji between them; and one sign for each kind of contact, so that rules and model see *that*
a phone number stands there, not which.

=====  =========================================================
☎      a mobile or service phone number
🔗      a link to anywhere
🛒      a link to goods of a shopping platform (buyers send these)
🎫      a share code of a platform (淘口令)
✉      an account on WeChat or QQ
📦      an order number
☺      a platform's emoticon, ``[微笑]`` or ``#E-s21``
0      any other number; also one whose digits an export has masked
=====  =========================================================

The homophones are data: ``spellings`` in ``rules/ads.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

PHONE, LINK, GOODS, CODE, ACCOUNT, ORDER = "☎🔗🛒🎫✉📦"
SIGNS = (PHONE, LINK, GOODS, CODE, ACCOUNT, ORDER)

_INVISIBLE = r"[\p{Cf}\x{FE00}-\x{FE0F}\x{20E3}]+"
_CHINESE_DIGITS = {digit: str(n % 10) for n, digit in enumerate("零一二三四五六七八九")} | {
    "〇": "0", "幺": "1", "壹": "1", "贰": "2", "叁": "3", "肆": "4", "伍": "5", "陆": "6", "柒": "7", "捌": "8", "玖": "9",  # noqa: E501
}  # fmt: skip
_EMOTICON = r"#e-s\d+|\[\p{Han}{1,4}\]"
_SPACED = r"\p{Han} \p{Han} \p{Han}"
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#34;": '"', "&#39;": "'", "&nbsp;": " "}
_MANY_CHINESE_DIGITS = f"[{''.join(_CHINESE_DIGITS)}]{{7,}}"
_SHOPS = r"(?:taobao|tmall|jd|yangkeduo|pinduoduo|jinritemai|xiaohongshu|1688|tb)\.(?:com|cn|hk)"
_MASKED = (r"(^|[^a-z])x{2,}(?:[.—-]+x+)*([^a-z]|$)", "${1}0${2}")
_CONTACT_WORD = r"(?:微信|qq)"

_CONTACTS_AND_NUMBERS: tuple[tuple[str, str], ...] = (
    (rf"(?:https?://)?(?:[a-z0-9-]+\.)*{_SHOPS}[^\s\p{{Han}}]*", GOODS),
    (r"(?:https?://|www\.)[^\s\p{Han}]+", LINK),
    (r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|net|top|xyz|cc|vip|shop|club|me|tk|info|ltd|site|link|tv|la|in)(?-u:\b)[^\s\p{Han}]*", LINK),  # noqa: E501
    (r"[￥¥€$₤₳(][a-z0-9]{9,14}[￥¥€$₤₳)]", CODE),
    (r"\[orderid_\d+\]|(?-u:\b)\d{16,20}(?-u:\b)|(?-u:\b)\d{6}-\d{12,18}(?-u:\b)", ORDER),
    (r"(?-u:\b)(?:\+?86[ -]?)?1[3-9][0-9x*](?:[ ._·-]?[0-9x*]){8}(?-u:\b)|(?-u:\b)400(?:[ ._·-]?\d){7}(?-u:\b)|(?-u:\b)0\d{2,3}[ -]\d{7,8}(?-u:\b)|(?-u:\b)x{11}(?-u:\b)", PHONE),  # noqa: E501
    (rf"({_CONTACT_WORD})([^a-z0-9\p{{Han}}]{{0,3}}|[号是为码]{{1,2}}[^a-z0-9\p{{Han}}]{{0,3}}|同号)[a-z0-9_☎][a-z0-9_ -]{{4,20}}(?-u:\b)", "${1}" + ACCOUNT),  # noqa: E501
    (r"\[(?:数字|金额|日期|时间)x\]", "0"),
    (r"[0-9]+(?:[.,:/*x×-]?[0-9x*]+)*", "0"),
    *2 * (_MASKED,),  # two that share a neighbour need two passes
    (r"(^|[^a-z])x{1,}(?:[.—-]+x+)*([元折月日号年万个天名层米人分张套件款期份%㎡楼栋室点时周次斤平位盒瓶课区岁路成倍克寸升度毛块台部届公小秒])", "${1}0${2}"),  # noqa: E501
    (r"0(?:[.,:/—~-]?0)+", "0"),
)  # fmt: skip


_HALF_WIDTH = {"，": ",", "！": "!", "？": "?", "～": "~", "…": "..."}
_HAN_ONLY = r"^[\p{Han}，。！？、…～]*$"


def plain(texts: pl.Series, spellings: Mapping[str, str]) -> pl.Series:
    """Texts in one spelling, lower case. ``spellings``: regular expression → word.

    Most sentences of a chat are Han characters alone, which only homophones and Chinese digits can change."""
    texts = _where(texts.fill_null(""), _MANY_CHINESE_DIGITS, _western_digits)
    texts = _where(texts, _HAN_ONLY, _folded, holds=False).str.replace_many(_HALF_WIDTH)
    for pattern, word in spellings.items():
        texts = texts.str.replace_all(pattern, word)
    return _where(texts, r"[0-9a-z]", _signed)


def _where(
    texts: pl.Series, pattern: str, change: Callable[[pl.Series], pl.Series], holds: bool = True
) -> pl.Series:
    """``change`` applied to the texts in which ``pattern`` is found (``holds`` false: is not)."""
    places = (texts.str.contains(pattern) == holds).arg_true()
    return texts.scatter(places, change(texts.gather(places))) if places.len() else texts


def _western_digits(texts: pl.Series) -> pl.Series:
    return texts.str.replace_many(_CHINESE_DIGITS)


def _folded(texts: pl.Series) -> pl.Series:
    """Compatibility forms, lower case, nothing invisible, single blanks and none between spaced-out characters."""
    folded = _where(texts, "&", lambda some: some.str.replace_many(_ENTITIES))
    folded = folded.str.normalize("NFKC").str.to_lowercase().str.replace_all(_INVISIBLE, "")
    folded = folded.str.replace_all(_EMOTICON, "☺").str.replace_all(r"\s+", " ").str.strip_chars()
    return _where(folded, _SPACED, lambda some: some.str.replace_all(r"(\p{Han}) ", "${1}"))


def _signed(texts: pl.Series) -> pl.Series:
    """Contacts and numbers as signs."""
    for pattern, sign in _CONTACTS_AND_NUMBERS:
        texts = texts.str.replace_all(pattern, sign)
    return texts
