"""team.html and agents/<employee_id>.html: self-contained pages from ``templates/``, autoescape on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluator.render.sheet import Block, Cell, Column, Item, Row, show
from evaluator.render.text import file_name, visible
from evaluator.render.view.agent import AgentPages
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.team import team_page
from evaluator.rulebook import builtin

Progress = Callable[[str], None]

_CLASSES = dict.fromkeys(("money", "count", "points", "ratio", "seconds", "hours", "factor"), "n") | {
    "time": "t", "short": "t", "date": "t", "id": "k", "wrap": "w",
}  # fmt: skip


def environment() -> Environment:
    """Jinja with autoescape, strict about names, and the filters that tables need."""
    env = Environment(
        loader=FileSystemLoader(builtin("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["cells"] = _table_cells
    env.filters["total_cells"] = _total_cells
    env.filters["css_class"] = _css_class
    return env


def _css_class(column: Column) -> str:
    return _CLASSES.get(column.kind, "")


def _table_cells(block: Block) -> list[list[tuple[str, str, str]]]:
    """Each row as (text, css class, note)."""
    kinds = [c.kind for c in block.columns]
    return [_row_cells(row, kinds) for row in block.rows]


def _row_cells(row: Row, kinds: list[str]) -> list[tuple[str, str, str]]:
    return [_cell(item, kind) for item, kind in zip(row, kinds, strict=True)]


def _cell(item: Item, kind: str) -> tuple[str, str, str]:
    if isinstance(item, Cell):
        kind = item.kind or kind
        return show(item.value, kind), _CLASSES.get(kind, ""), item.note
    return show(item, kind) if item != "" else "", _CLASSES.get(kind, ""), ""


def _total_cells(block: Block) -> list[tuple[str, str, str]]:
    return _row_cells(block.total or (), [c.kind for c in block.columns])


def _common(data: Prepared, env: Environment) -> dict[str, Any]:
    start, end = data.period
    last = date.fromordinal(end.toordinal() - 1)
    config = data.evaluation.month.config
    css = (builtin("templates") / "report.css").read_text(encoding="utf-8")
    return {
        "period": f"{start.isoformat()} 至 {last.isoformat()}",
        "shops": "、".join(visible(s) for s in data.ids("shop")),
        "plans": "、".join(visible(p.name) for p in config.plans),
        "css": Markup(css),  # ours, not foreign text
        "version": f"evaluator {data.version}",
    }


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


def write_pages(data: Prepared, out: Path, progress: Progress | None = None) -> None:
    """Writes ``out/team.html`` and ``out/agents/*.html``."""
    env = environment()
    common = _common(data, env)
    if progress:
        progress("team.html")
    text = env.get_template("team.html.j2").render(page=team_page(data), **common)
    (out / "team.html").write_text(text, encoding="utf-8")
    folder = out / "agents"
    folder.mkdir(parents=True, exist_ok=True)
    template, pages = env.get_template("agent.html.j2"), AgentPages(data)
    for employee_id, name in page_files(data.employees).items():
        if progress:
            progress(f"agents/{name}")
        text = template.render(page=pages.page(employee_id), **common)
        (folder / name).write_text(text, encoding="utf-8")
