"""team.html, handbook.html, assessment.html and agents/<employee_id>.html: self-contained pages from ``templates/``,
autoescape on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluator.render.handbook.content import handbook
from evaluator.render.markup import chat_lines, css_class, spark_rows, table_rows, total_row
from evaluator.render.text import page_files, visible
from evaluator.render.view import assessment
from evaluator.render.view.agent import AgentPages
from evaluator.render.view.noteworthy import TeamLists
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.slices import Slices
from evaluator.render.view.talks import Talks
from evaluator.render.view.team import team_page
from evaluator.render.words import Words, run_words
from evaluator.rulebook import builtin

Progress = Callable[[str], None]


def environment(words: Words | None = None) -> Environment:
    """Jinja with autoescape, strict about names; ``_`` says a text in the reports' language. Rows of tables and lines
    of chats, of which a report has a million, are made and escaped by ``markup``."""
    env = Environment(
        loader=FileSystemLoader(builtin("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = words or run_words({}, {})
    env.globals |= {"_": words.say, "lang": "en" if words.lang == "en" else "zh-CN"}
    env.filters["spoken"] = words.spoken
    env.filters["table_rows"] = table_rows
    env.filters["spark_rows"] = spark_rows
    env.filters["total_row"] = total_row
    env.filters["chat_lines"] = chat_lines
    env.filters["css_class"] = css_class
    return env


def style() -> Markup:
    """The style sheet of every page; ours, not foreign text."""
    return Markup((builtin("templates") / "report.css").read_text(encoding="utf-8"))


def _common(data: Prepared, env: Environment) -> dict[str, Any]:
    start, end = data.period
    last = date.fromordinal(end.toordinal() - 1)
    config = data.evaluation.month.config
    return {
        "period": f"{start.isoformat()} 至 {last.isoformat()}",
        "shops": "、".join(visible(s) for s in data.ids("shop")),
        "plans": "、".join(visible(p.name) for p in config.plans),
        "css": style(),
        "version": f"evaluator {data.version}",
    }


def write_pages(data: Prepared, out: Path, progress: Progress | None = None) -> None:
    """Writes ``out/team.html``, ``out/handbook.html``, ``out/agents/*.html`` and, where platforms assess,
    ``out/assessment.html``."""
    env = environment(data.words)
    common = _common(data, env)
    if progress:
        progress("team.html")
    slices, lists = Slices(data), TeamLists(data)
    talks = Talks(data, [*slices.keys(), *lists.keys()])
    text = env.get_template("team.html.j2").render(page=team_page(data, lists, talks), **common)
    (out / "team.html").write_text(text, encoding="utf-8")
    text = env.get_template("handbook.html.j2").render(book=handbook(data.settings), **common)
    (out / "handbook.html").write_text(text, encoding="utf-8")
    if data.evaluation.assessments:
        text = env.get_template("assessment.html.j2").render(packs=assessment.packs(data), **common)
        (out / "assessment.html").write_text(text, encoding="utf-8")
    folder = out / "agents"
    folder.mkdir(parents=True, exist_ok=True)
    template, pages = env.get_template("agent.html.j2"), AgentPages(data, slices, talks)
    for employee_id, name in page_files(data.employees).items():
        if progress:
            progress(f"agents/{name}")
        text = template.render(page=pages.page(employee_id), **common)
        (folder / name).write_text(text, encoding="utf-8")
