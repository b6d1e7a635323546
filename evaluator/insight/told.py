"""An insight as printed text, as JSON, as a page and as a workbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import polars as pl

from evaluator.assess.assessment import number
from evaluator.insight.scenerules import LEVELS
from evaluator.insight.study import Compared, Insight, Scenes, ShopInsight
from evaluator.insight.view import NOT_PUBLISHED, Section, period, sections, staff, unsure
from evaluator.manifest import program_version
from evaluator.render.pages import environment, style
from evaluator.render.sheet import Block, Cell, Item, Sheet, show
from evaluator.render.sheetwriter import write_sheets
from evaluator.render.text import visible

SHOWN = 40  # characters of a cell in print
SHEETS = {
    "peers": "同行",
    "tags": "评价标签",
    "scenes": "场景",
    "worst": "最差场景",
    "lowest": "低分会话",
    "grade": "咨询体验评级",
}


# ---- text ----
def as_text(found: Insight) -> str:
    told = [f"服务诊断　{period(found)}"]
    for shop in found.shops:
        for section in sections(found, shop):
            told += [f"\n■ {section.title}　{shop.shop}", *(f"  {note}" for note in section.notes)]
            for block in section.blocks:
                told += [f"  {block.title}"] if len(section.blocks) > 1 else []
                told += _printed(block)
    return "\n".join([*told, *(f"⚠ {note}" for note in found.notes)])


def _printed(block: Block) -> list[str]:
    rows = [[_shown(item, c.kind) for item, c in zip(row, block.columns, strict=True)] for row in block.rows]
    if block.total:
        rows.append([_shown(item, c.kind) for item, c in zip(block.total, block.columns, strict=True)])
    told = [f"  {note}" for note in block.notes]
    if not rows:
        return [*told, "  （无）"]
    table = [[c.title for c in block.columns], *rows]
    widths = [max(_width(row[n]) for row in table) for n in range(len(block.columns))]
    for row in table:
        told.append(
            "  " + "  ".join(t + " " * (w - _width(t)) for t, w in zip(row, widths, strict=True)).rstrip()
        )
    return [*told, ""]


def _shown(item: Item, kind: str) -> str:
    note = ""
    if isinstance(item, Cell):
        kind, note, item = item.kind or kind, item.note, item.value
    text = show(item, kind).replace("\n", " ") + (f"（{note}）" if note else "")
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


# ---- JSON ----
def as_json(found: Insight) -> str:
    """One object; a list where there are several shops."""
    objects = [_shop(found, shop) for shop in found.shops]
    return json.dumps(objects[0] if len(objects) == 1 else objects, ensure_ascii=False, indent=1)


def _shop(found: Insight, shop: ShopInsight) -> dict[str, Any]:
    grade = shop.experience.as_json()
    return {
        "shop": shop.shop,
        "period": {"start": found.start.isoformat(), "end": found.end.isoformat()},
        "items": [_item(one) for one in shop.compared],
        "tags": None if shop.tags is None else shop.tags.to_dicts(),
        "scenes": _scenes(found, shop.scenes),
        "experience": {key: grade[key] for key in ("items", "total", "grade")} | {"note": NOT_PUBLISHED},
        "notes": [*found.notes, *([shop.no_tags] if shop.no_tags else [])],
    }


def _item(one: Compared) -> dict[str, Any]:
    peer = one.peer
    return {
        "id": one.line.item.id,
        "name": one.line.item.name,
        "value": number(one.line.cell.value),
        "peer_average": number(peer.average),
        "peer_excellent": number(peer.excellent),
        "peer_shops": peer.shops,
        "peer_source": peer.source or None,
        "standing": one.standing or None,
        "reason": peer.reason or None,
    }


def _scenes(found: Insight, scenes: Scenes) -> dict[str, Any]:
    levels = {f"level{n}": _rows(frame) for n, frame in enumerate(scenes.levels, 1)}
    return {
        "conversations": scenes.conversations,
        "decided_by": scenes.stages,
        "ratings": scenes.ratings,
        "ratings_without_conversation": scenes.unplaced,
        **levels,
        "worst": _rows(scenes.worst),
        "worst_of": scenes.enough,
        "min_ratings": found.rules.min_ratings,
        "lowest": [_conversation(found, row) for row in scenes.lowest.iter_rows(named=True)],
        "rules_sha256": found.rules.sha256,
        "model_sha256": found.model.sha256,
        "labels_learned": found.learned,
    }


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Waits in seconds."""
    return frame.with_columns(pl.col("first_wait") / 1000).rename({"first_wait": "first_response"}).to_dicts()


def _conversation(found: Insight, row: dict[str, Any]) -> dict[str, Any]:
    names = dict(zip(LEVELS, found.rules.names(row["scene"]), strict=True))
    waits = {
        k: None if row[c] is None else row[c] / 1000
        for k, c in (("first_response", "first_wait"), ("longest_wait", "longest_wait"))
    }
    return {
        "rating": row["rating"],
        "start": row["start"].isoformat(),
        "shop": row["shop"],
        "buyer": row["buyer"],
        "agents": (row["agents"] or "").split("、"),
        "names": staff(found, row["agents"]),
        "scene": row["scene"],
        **names,
        "decided_by": row["by"],
        "score": row["score"],
        "sentence": row["sentence"],
        **waits,
        "unanswered": row["unanswered"],
        "order_id": row["order_id"],
    }


# ---- page and workbook ----
def write_page(found: Insight, path: Path) -> None:
    """Writes a page that needs nothing else."""
    shops: list[tuple[str, list[Section]]] = [(visible(s.shop), sections(found, s)) for s in found.shops]
    text = (
        environment()
        .get_template("insight.html.j2")
        .render(
            period=period(found),
            shops=shops,
            notes=[visible(note) for note in found.notes],
            css=style(),
            version=f"evaluator {program_version()}",
        )
    )
    _replace(path, text.encode())


def write_book(found: Insight, path: Path) -> None:
    """Writes a workbook, a sheet a section."""
    made: dict[str, Sheet] = {}
    for shop in found.shops:
        for section in sections(found, shop):
            name = SHEETS[section.id]
            sheet = made.setdefault(
                name, Sheet(name, f"{section.title}　{period(found)}", [], freeze=0, warnings=section.notes)
            )
            sheet.blocks.extend(section.blocks)
        more = made.setdefault("待改正", Sheet("待改正", f"待改正的场景　{period(found)}", [], freeze=0))
        more.blocks.append(unsure(found, shop))
    partial = path.with_name(path.name + ".partial")
    write_sheets(list(made.values()), partial, "服务诊断", found.start)
    partial.replace(path)


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
