"""Ways to damage a file, each a pure function of a random generator: same seed, same damage."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from dressing import old_workbook
from fuzz_seeds import Rows, Seed
from fuzzing_json import as_json, odd_document, odd_keys

BIDI = "\u202e\u2066\u200f"
UNSEEN = "\u200b\u200d\u2060\u00ad"
ODD_CELLS = [
    '"', '""', '"x', 'x"y', '="', '="1"', "'", "''", "\0", "a\0b", "\n", "\r\n", "\r", "\t", ",", ";", BIDI + "101",
    UNSEEN, f"1{UNSEEN}0", "12" + UNSEEN, '"' * 999, " " * 9_999, "1" * 5_000, "由" + " " * 9_999 + "转交给",
    "\ufeff", "\u2028", "\ud7ff", "😀" * 40, "=1+1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0", "@SUM(A1)",
    "+1", "-1", "-", "--", "'null", "暂无数据", "NaN", "inf", "-inf", "1e400", "1E+17", "1.23E+17", "0x10", "1_000",
    "９９", "⅕", "１２", "99999999999999999999999999", "-0.005", "2026-02-30 25:61:61", "0000-00-00 00:00:00",
    "2026-10-01T09:00:00+99:99", "9999-12-31 23:59:59", "1790000000", "46000.5", "45.2%", "(12.00)", "¥", "元",
    "甲" * 9000,
    "1899-12-30 00:00:00", "2199-12-31 23:59:59", "-0", "1e308", "9" * 400, "46000", "0.1", "..", "1,2,3", "٣", "₩1",
    "=IMPORTXML(CONCAT(A1))", "-2+3+cmd|' /C calc'!A0", "<script>alert(1)</script>", "&amp;&#0;", "{{7*7}}", "../../x",
]  # fmt: skip
ODD_BYTES = [
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'"',
    b"\r",
    b"\xe4\xbd",
    b"\x80",
    b"\x1a",
    b"\xed\xa0\x80",
    b"{",
    b"]",
]
ENCODINGS = [
    "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "bom utf-16-be", "utf-8-sig", "utf-32", "big5", "utf-7",
]  # fmt: skip
SUFFIXES = [".csv", ".xls", ".xlsx", ".txt", ".json", ".jsonl", ".tsv", ".xlsb", ".parquet", ".dat", ""]


# ------------------------------------------------------------------------------------------------- tables
def shuffle_columns(r: random.Random, rows: Rows) -> Rows:
    order = list(range(len(rows[0])))
    r.shuffle(order)
    return [[row[at] for at in order] for row in rows]


def shuffle_rows(r: random.Random, rows: Rows) -> Rows:
    """Sometimes with the header among them."""
    first = r.choice([0, 1, 1, 1])
    rest = rows[first:]
    r.shuffle(rest)
    return rows[:first] + rest


def drop_column(r: random.Random, rows: Rows) -> Rows:
    at = r.randrange(len(rows[0]))
    return [row[:at] + row[at + 1 :] for row in rows]


def repeat_column(r: random.Random, rows: Rows) -> Rows:
    at = r.randrange(len(rows[0]))
    return [[*row, row[at]] for row in rows]


def odd_cells(r: random.Random, rows: Rows) -> Rows:
    rows = [list(row) for row in rows]
    for _ in range(r.randint(1, 6)):
        row = r.choice(rows)
        row[r.randrange(len(row))] = r.choice(ODD_CELLS)
    return rows


def odd_column(r: random.Random, rows: Rows) -> Rows:
    """One column wholly of odd cells."""
    at = r.randrange(len(rows[0]))
    return [rows[0], *([*row[:at], r.choice(ODD_CELLS), *row[at + 1 :]] for row in rows[1:])]


def repeat_rows(r: random.Random, rows: Rows) -> Rows:
    return rows + [r.choice(rows) for _ in range(r.randint(1, 9))]


def ten_times(r: random.Random, rows: Rows) -> Rows:
    return rows + rows[1:] * 9


def blank_rows(r: random.Random, rows: Rows) -> Rows:
    blank = [[""] * len(rows[0]), [" "] * len(rows[0]), []]
    at = r.randint(0, len(rows))
    return rows[:at] + [list(r.choice(blank)) for _ in range(r.randint(1, 3))] + rows[at:]


def ragged(r: random.Random, rows: Rows) -> Rows:
    return [
        row[: r.randint(0, len(row))] if r.random() < 0.3 else [*row, *["多"] * r.randint(0, 2)]
        for row in rows
    ]


def header_twice(r: random.Random, rows: Rows) -> Rows:
    return [rows[0], *rows]


def title_above(r: random.Random, rows: Rows) -> Rows:
    return [["导出时间：2026-10-01"], *rows]


def big_cell(size: int) -> Callable[[random.Random, Rows], Rows]:
    def change(r: random.Random, rows: Rows) -> Rows:
        rows = [list(row) for row in rows]
        row = r.choice(rows[1:])
        row[r.randrange(len(row))] = r.choice(["长", "1", '"', "x\n"]) * size
        return rows

    return change


TABLE: list[Callable[[random.Random, Rows], Rows]] = [
    shuffle_columns, shuffle_rows, drop_column, repeat_column, odd_cells, odd_column, repeat_rows, ten_times,
    blank_rows, ragged, header_twice, title_above,
]  # fmt: skip


def as_csv(rows: Rows, r: random.Random) -> bytes:
    """Cells quoted as a spreadsheet would, or not at all."""
    sloppy = r.random() < 0.3
    delimiter = r.choice(",,,\t;")

    def cell(value: Any) -> str:
        text = str(value)
        if sloppy or not re.search(r'[",;\t\r\n]', text):
            return text
        return '"' + text.replace('"', '""') + '"'

    lines = (delimiter.join(cell(value) for value in row) for row in rows)
    return r.choice(["\n", "\r\n"]).join([*lines, ""]).encode("utf-8", "surrogatepass")


def as_parquet(rows: Rows, r: random.Random) -> bytes:
    """Columns as text, some as numbers or times where they can be."""
    first, out = rows[0] or ["x"], io.BytesIO()
    heads = [f"{head}{'' if head not in first[:at] else at}" for at, head in enumerate(first)]
    cells = [[*map(str, row), *[""] * len(first)][: len(first)] for row in rows[1:]]
    text = [[value.encode("utf-8", "replace").decode() for value in row] for row in cells]
    frame = pl.DataFrame(text, schema=dict.fromkeys(heads, pl.String), orient="row")
    for change in (
        lambda column: column.cast(pl.Float64, strict=False),
        lambda column: column.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False),
        lambda column: column.cast(pl.Categorical),
        lambda column: column.cast(pl.Binary),
        pl.concat_list,
    ):
        column = r.choice(heads)
        if r.random() < 0.2 and frame.schema[column] == pl.String:
            frame = frame.with_columns(change(pl.col(column)).alias(column))
    frame.write_parquet(out, compression=r.choice(["zstd", "snappy", "uncompressed", "gzip"]))
    return out.getvalue()


def as_xls(rows: Rows, r: random.Random) -> bytes:
    """Cells as texts, or those that look like numbers as such."""
    numbers = r.random() < 0.3

    def cell(value: Any) -> Any:
        text = str(value)[:32767].encode("utf-8", "replace").decode()
        return float(text) if numbers and re.fullmatch(r"-?\d{1,18}(\.\d+)?", text) else text

    return old_workbook([[cell(value) for value in row[:256]] for row in rows[:60_000]])


def as_xlsx(rows: Rows, r: random.Random) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        page = book.add_worksheet("Sheet0")
        numbers = r.random() < 0.3
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                text = str(value)[:32767]
                if numbers and re.fullmatch(r"-?\d{1,18}(\.\d+)?", text):
                    page.write_number(at, column, float(text))
                elif text.startswith("=") and r.random() < 0.5:
                    page.write_formula(at, column, text)
                else:
                    page.write_string(at, column, text)
    return out.getvalue()


# ------------------------------------------------------------------------------------------------- bytes
def odd_bytes(r: random.Random, data: bytes) -> bytes:
    for _ in range(r.randint(1, 3)):
        at = r.randint(0, len(data))
        what = r.randrange(5)
        if what == 0:
            data = data[:at]
        elif what == 1:
            data = data[:at] + r.choice(ODD_BYTES) + data[at:]
        elif what == 2:
            data = data[:at] + r.randbytes(r.randint(1, 4)) + data[at + r.randint(0, 4) :]
        elif what == 3:
            end = min(len(data), at + r.randint(1, 200))
            data = data[:at] + data[at:end] * r.randint(0, 3) + data[end:]
        else:
            data = data.replace(b"\n", r.choice([b"\r", b"\r\n", b"\n\n", b""]))
    return data


def recoded(r: random.Random, data: bytes) -> bytes:
    """In another encoding; what that cannot write becomes ``?``."""
    text, encoding = data.decode("utf-8", "replace"), r.choice(ENCODINGS)
    bom = "\ufeff" if encoding.startswith("bom ") else ""
    return (bom + text).encode(encoding.removeprefix("bom "), "replace")


def flipped(r: random.Random, data: bytes) -> bytes:
    """Some bytes changed where they stand, as in a damaged file of fixed places."""
    changed = bytearray(data)
    for _ in range(r.randint(1, 12)):
        at = r.randrange(len(changed))
        changed[at] = r.choice([0, 1, 0x7F, 0x80, 0xFF, r.randrange(256)])
    return bytes(changed)


def odd_lines(r: random.Random, text: str) -> str:
    """Lines shuffled, repeated, gone, run together, or with odd cells in them."""
    lines = text.split("\n")
    for _ in range(r.randint(1, 4)):
        at, what = r.randrange(len(lines)), r.randrange(6)
        if what == 0:
            end = min(len(lines), at + r.randint(2, 6))
            lines[at:end] = r.sample(lines[at:end], end - at)
        elif what == 1:
            lines[at:at] = [r.choice(lines)] * r.randint(1, 5)
        elif what == 2 and len(lines) > 1:
            del lines[at]
        elif what == 3:
            lines[at] += lines[at - 1]
        elif what == 4:
            lines.insert(at, r.choice(ODD_CELLS))
        else:
            where = r.randint(0, len(lines[at]))
            lines[at] = lines[at][:where] + r.choice(ODD_CELLS) + lines[at][where:]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------- workbooks
def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">'
    b'<!ENTITY f SYSTEM "file:///etc/hostname">]>'
)


def entities(r: random.Random, parts: dict[str, bytes]) -> None:
    part = r.choice([STRINGS, SHEET])
    body = re.sub(rb"^<\?xml[^>]*\?>", ENTITIES, parts[part])
    parts[part] = body.replace(b"<t>", b"<t>&d;&f;", 3).replace(b"<v>", b"<v>&d;", 1)


def external_link(r: random.Random, parts: dict[str, bytes]) -> None:
    parts["xl/externalLinks/externalLink1.xml"] = (
        b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    )
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="x" Target="http://127.0.0.1:9/x.xlsx" TargetMode="External"/></Relationships>'
    )
    parts[SHEET] = parts[SHEET].replace(b"<v>", b"<f>[1]Sheet1!A1</f><v>", 2)


FAR = ["XFD1048576", "ZZ1000000", "A1048576", "XFD2", "ZZZZ9", "A99999999999"]


def far_cell(r: random.Random, parts: dict[str, bytes], where: str = "") -> None:
    """One cell in the last corner of the sheet: a reader that lays out the rectangle would need 17 billion cells."""
    where = where or r.choice(FAR)
    row = re.sub(r"^[A-Z]+", "", where)
    cell = f'<row r="{row}"><c r="{where}" t="str"><v>x</v></c></row></sheetData>'.encode()
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", cell)


def wrong_dimension(r: random.Random, parts: dict[str, bytes]) -> None:
    ref = r.choice([b"A1", b"A1:XFD1048576", b"B7:A1", b"", b"??"])
    parts[SHEET] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="' + ref + b'"', parts[SHEET])


def missing_part(r: random.Random, parts: dict[str, bytes]) -> None:
    del parts[r.choice([name for name in parts if name != "[Content_Types].xml"])]


def odd_part(r: random.Random, parts: dict[str, bytes]) -> None:
    name = r.choice([SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
    if name in parts:
        parts[name] = odd_bytes(r, parts[name])


def odd_index(r: random.Random, parts: dict[str, bytes]) -> None:
    """Shared strings that are not there, styles out of range, odd types."""
    what = r.choice(
        [(rb"<v>(\d+)</v>", b"<v>99999999</v>"), (rb"<v>(\d+)</v>", b"<v>-1</v>"), (rb't="s"', b't="q"')]
    )
    parts[SHEET] = re.sub(what[0], what[1], parts[SHEET], count=r.randint(1, 9))
    parts[SHEET] = re.sub(
        rb'<c r="([A-Z]+\d+)"', rb'<c s="4000000000" r="\1"', parts[SHEET], count=r.randint(0, 3)
    )


WORKBOOK: list[Callable[[random.Random, dict[str, bytes]], None]] = [
    entities, external_link, far_cell, wrong_dimension, missing_part, odd_part, odd_part, odd_index,
]  # fmt: skip


def odd_workbook(r: random.Random, data: bytes) -> bytes:
    parts = parts_of(data)
    r.choice(WORKBOOK)(r, parts)
    return packed(parts)


def bomb(data: bytes, part: str, size: int) -> bytes:
    """The workbook with ``part`` blown up to ``size`` bytes, which deflate to next to nothing."""
    parts = parts_of(data)
    end = b"</sheetData>" if part == SHEET else b"</sst>"
    one = b'<row><c t="str"><v>x</v></c></row>' if part == SHEET else b"<si><t>xxxxxxxxxxxxxxxx</t></si>"
    parts[part] = parts[part].replace(end, one * (size // len(one)) + end)
    return packed(parts)


# ------------------------------------------------------------------------------------------------- any file
def written(r: random.Random, seed: Seed, content: Any) -> bytes:
    if seed.name.endswith(".xlsx"):
        return as_xlsx(content, r)
    if seed.name.endswith(".xls"):
        return as_xls(content, r)
    if seed.name.endswith(".parquet"):
        return as_parquet(content, r)
    if seed.name.endswith(".csv"):
        return as_csv(content, r)
    if seed.name.endswith((".json", ".jsonl")):
        return as_json(content, seed.name, ascii_only=r.random() < 0.3)
    return str(content).encode()


def damaged(r: random.Random, seed: Seed) -> tuple[str, bytes]:
    """One damaged file made from a seed, and its name, of which the ending may be wrong."""
    path = Path(seed.name)
    name = str(path.with_suffix(r.choice(SUFFIXES))) if r.random() < 0.15 else seed.name
    return name.replace("\\", "/"), _damaged(r, seed)


def _damaged(r: random.Random, seed: Seed) -> bytes:
    kind, content = Path(seed.name).suffix, seed.content
    if kind in (".csv", ".xlsx", ".xls", ".parquet"):
        for _ in range(r.randint(0, 3)):
            if content and all(len(row) == len(content[0]) > 1 for row in content):
                content = r.choice(TABLE)(r, content)
    elif kind in (".json", ".jsonl") and r.random() < 0.7:
        content = odd_document(r, content)
    elif kind == ".txt" and r.random() < 0.8:
        content = odd_lines(r, content)
    return _damaged_bytes(r, kind, written(r, seed, content))


def _damaged_bytes(r: random.Random, kind: str, data: bytes) -> bytes:
    what = r.random()
    if kind == ".parquet":  # only cut: of a page with wrong bytes Polars may ask for any memory, and abort
        return data[: r.randint(0, len(data))] if what < 0.3 else data
    if kind == ".xls":
        return flipped(r, data) if what < 0.5 else odd_bytes(r, data) if what < 0.6 else data
    if kind == ".xlsx":
        damage = odd_workbook if what < 0.4 else odd_bytes if what < 0.5 else flipped if what < 0.55 else None
        return damage(r, data) if damage else data
    if kind in (".json", ".jsonl") and what < 0.2:
        data = odd_keys(r, data)
    if r.random() < 0.3:
        data = recoded(r, data)
    return odd_bytes(r, data) if r.random() < 0.5 else data
