"""team.html, handbook.html, assessment.html and agents/<employee_id>.html: self-contained pages from ``templates/``,
autoescape on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from evaluator.render.handbook.content import handbook
from evaluator.render.handout import write_handout
from evaluator.render.markup import chat_lines, css_class, spark_rows, table_rows, total_row
from evaluator.render.passwords import Passwords
from evaluator.render.text import page_files, visible
from evaluator.render.view import assessment
from evaluator.render.view.agent import AgentPages
from evaluator.render.view.noteworthy import TeamLists
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.slices import Slices, Troubled
from evaluator.render.view.talks import Talks
from evaluator.render.view.team import team_page
from evaluator.render.words import Words, run_words
from evaluator.rulebook import builtin
from evaluator.stopwatch import Counted, Progress

PAGE_LIMIT = 1_000_000  # bytes of an agent's page
LEAST_SHARE = 1 / 256  # of a list: by then it is not the lists that are long


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
    config, say = data.evaluation.month.config, data.words.say
    return {
        "period": say("{start} 至 {last}", start=start.isoformat(), last=last.isoformat()),
        "shops": say("、").join(visible(s) for s in data.ids("shop")),
        "plans": say("、").join(visible(p.name) for p in config.plans),
        "css": style(),
        "version": f"evaluator {data.version}",
    }


def write_pages(
    data: Prepared, out: Path, progress: Progress | None = None, passwords: Passwords | None = None
) -> None:
    """Writes ``out/team.html``, ``out/handbook.html``, ``out/agents/*.html``, ``out/agents.zip`` and, where platforms
    assess, ``out/assessment.html``."""
    env = environment(data.words)
    common = _common(data, env)
    if progress:
        progress("team.html")
    troubled = Troubled(data)
    slices, lists = Slices(data, troubled), TeamLists(data, troubled)
    talks = Talks(data, [*slices.keys(), *lists.keys()])
    (out / "team.html").write_text(team_html(data, env, lists, talks), encoding="utf-8")
    text = env.get_template("handbook.html.j2").render(
        book=handbook(data.settings, data.words.lang), **common
    )
    (out / "handbook.html").write_text(text, encoding="utf-8")
    if data.evaluation.assessments:
        text = env.get_template("assessment.html.j2").render(packs=assessment.packs(data), **common)
        (out / "assessment.html").write_text(text, encoding="utf-8")
    files = page_files(data.employees)
    write_agents(out / "agents", files, data, env, AgentPages(data, slices, talks), progress)
    write_handout(out / "agents", files, passwords)


def team_html(data: Prepared, env: Environment, lists: TeamLists, talks: Talks) -> str:
    """The team's page."""
    page = team_page(data, lists, talks)
    return env.get_template("team.html.j2").render(page=page, **_common(data, env))


def write_agents(
    folder: Path,
    files: Mapping[str, str],
    data: Prepared,
    env: Environment,
    pages: AgentPages,
    progress: Progress | None = None,
) -> None:
    """The agents' pages into ``folder``; ``files``: employee id → file name."""
    common = _common(data, env)
    folder.mkdir(parents=True, exist_ok=True)
    template = env.get_template("agent.html.j2")
    for done, (employee_id, name) in enumerate(files.items()):
        if progress:
            progress(Counted(f"agents/{name}", done, len(files)))
        (folder / name).write_bytes(_agent_page(template, pages, employee_id, common))


def _agent_page(template: Template, pages: AgentPages, employee_id: str, common: Mapping[str, Any]) -> bytes:
    """The page, with shorter lists until it is small enough for a phone."""
    share = 1.0
    while True:
        page = template.render(page=pages.page(employee_id, share), **common).encode()
        if len(page) <= PAGE_LIMIT or share < LEAST_SHARE:
            return page
        share /= 2
