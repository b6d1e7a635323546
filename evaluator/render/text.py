"""Foreign text (chat, orders, rosters) made safe to show: in a page, in a cell, in a file name.

Nothing is thrown away: what a reader could not see is written out (``⟨U+202E⟩``), what is too long is
cut with a mark that says how long it was. HTML escaping itself is Jinja's (autoescape)."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

#: Excel's limit for one cell, in UTF-16 units.
CELL_LIMIT = 32_767

# Controls (but tab and line feed), soft hyphen, zero-width and bidirectional marks, line separators,
# format characters, non-characters, tag characters. U+200D stays: emoji are joined with it.
_RANGES = (
    (0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E),
    (0x200B, 0x200C), (0x200E, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF),
    (0xFFF0, 0xFFFB), (0xFFFE, 0xFFFF), (0xE0000, 0xE007F),
)  # fmt: skip
_SURROGATES = (0xD800, 0xDFFF)  # only Python strings can hold lone ones
_INVISIBLE = re.compile("[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in (*_RANGES, _SURROGATES)) + "]")
#: The same characters for Polars.
INVISIBLE_IN_RUST = "[" + "".join(f"\\x{{{a:X}}}-\\x{{{b:X}}}" for a, b in _RANGES) + "]"
_NAME_LIMIT = 180  # characters of an encoded name, well below what file systems take
_SAFE_FILE = re.compile(
    r"[A-Za-z0-9_\u3400-\u4dbf\u4e00-\u9fff-][A-Za-z0-9_.\u3400-\u4dbf\u4e00-\u9fff-]{0,59}"
)
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


def visible(text: str) -> str:
    """``text`` with every character that hides or reorders others written as ``⟨U+XXXX⟩``."""
    if not _INVISIBLE.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub(lambda m: f"⟨U+{ord(m.group()):04X}⟩", text)


def in_line(text: str) -> str:
    """``visible(text)`` as part of a line: no foreign text may look like lines of ours."""
    return visible(text).replace("\n", " ⏎ ")


def clip(text: str, limit: int, length: int | None = None) -> str:
    """``visible(text)`` of at most ``limit`` characters, then a mark. ``length``: how long the text was
    before somebody cut it already."""
    total = max(len(text), length or 0)
    shown = visible(text[:limit])
    return shown if len(text) <= limit else f"{shown}…〔共 {total:,} 字〕"


def cell_text(text: str) -> str:
    """``text`` as a string cell of a workbook: visible, at most CELL_LIMIT long, never raw XML.

    XlsxWriter passes a string of the form ``<r>…</r>`` through unescaped (its own rich text), so such a one
    gets a blank at its end."""
    text = visible(text)
    units = len(text.encode("utf-16-le")) // 2 if len(text) * 2 > CELL_LIMIT else 0
    if units > CELL_LIMIT:
        mark = f"…〔已截断，共 {len(text):,} 字〕"
        kept = text.encode("utf-16-le")[: (CELL_LIMIT - len(mark)) * 2].decode("utf-16-le", errors="ignore")
        text = kept + mark
    return text + " " if text.startswith("<r>") and text.endswith("</r>") else text


def mask_buyer(buyer: str | None) -> str:
    """``小红帽2020`` → ``小**0``. One or two characters keep at most the first."""
    if not buyer:
        return "（未关联）"
    first, last = buyer[0], buyer[-1]
    if len(buyer) == 1:
        return "**"
    return visible(f"{first}**" if len(buyer) == 2 else f"{first}**{last}")


def file_name(employee_id: str) -> str:
    """``E01`` → ``E01.html``; an id that is no safe file name on any system is percent-encoded."""
    if _SAFE_FILE.fullmatch(employee_id) and not _DEVICE.fullmatch(employee_id) and employee_id[-1] != ".":
        return f"{employee_id}.html"
    encoded = quote(employee_id, safe="").replace(".", "%2E").replace("~", "%7E")
    if _DEVICE.fullmatch(encoded):
        encoded = f"%{ord(encoded[0]):02X}{encoded[1:]}"
    if len(encoded) > _NAME_LIMIT:
        encoded = f"{encoded[:_NAME_LIMIT]}-{hashlib.sha256(employee_id.encode()).hexdigest()[:12]}"
    return f"{encoded}.html"


def page_files(employees: list[str]) -> dict[str, str]:
    """Employee id → file name; two ids that some systems take for one name (E01, e01) get different ones."""
    files: dict[str, str] = {}
    taken: set[str] = set()
    for employee in employees:
        name = file_name(employee)
        if name.casefold() in taken:
            name = "".join(f"%{b:02X}" for b in employee.encode()) + ".html"
        taken.add(name.casefold())
        files[employee] = name
    return files
