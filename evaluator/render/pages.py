"""team.html, handbook.html, assessment.html and agents/<employee_id>.html: self-contained pages from ``templates/``,
autoescape on."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evaluator.render.handbook.content import handbook
from evaluator.render.handout import write_handout
from evaluator.render.helper import HERE, Helper, awaited
from evaluator.render.markup import chat_lines, css_class, spark_rows, table_rows, total_row
from evaluator.render.passwords import Passwords
from evaluator.render.text import page_files, visible
from evaluator.render.view import assessment
from evaluator.render.view.agent import AgentPage, AgentPages
from evaluator.render.view.noteworthy import TeamLists
from evaluator.render.view.prepared import Prepared
from evaluator.render.view.slices import Slices, Troubled
from evaluator.render.view.talks import Talks
from evaluator.render.view.team import team_page
from evaluator.render.words import Words, run_words
from evaluator.rulebook import builtin
from evaluator.stopwatch import Counted, Progress

PAGE_LIMIT = 1_000_000  # bytes of an agent's page
PAGES_AT_ONCE = 8  # that a helper gets
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


@dataclass(frozen=True)
class Setting:
    """What all pages of a run have in common: words, and what their templates name."""

    words: Words
    common: Mapping[str, Any]

    @classmethod
    def of(cls, data: Prepared) -> Setting:
        start, end = data.period
        last = date.fromordinal(end.toordinal() - 1)
        config, say = data.evaluation.month.config, data.words.say
        common = {
            "period": say("{start} 至 {last}", start=start.isoformat(), last=last.isoformat()),
            "shops": say("、").join(visible(s) for s in data.ids("shop")),
            "plans": say("、").join(visible(p.name) for p in config.plans),
            "css": style(),
            "version": f"evaluator {data.version}",
        }
        return cls(data.words, common)

    @cached_property
    def _templates(self) -> Environment:
        return environment(self.words)

    def page(self, template: str, **shown: Any) -> str:
        """A page, as its template makes it of what is ``shown``."""
        return self._templates.get_template(template).render(**shown, **self.common)

    def __reduce__(self) -> tuple[Any, ...]:
        return Setting, (self.words, self.common)


def write_pages(
    data: Prepared,
    out: Path,
    progress: Progress | None = None,
    passwords: Passwords | None = None,
    by: Helper = HERE,
) -> None:
    """Writes ``out/team.html``, ``out/handbook.html``, ``out/agents/*.html``, ``out/agents.zip`` and, where platforms
    assess, ``out/assessment.html``. ``by``: who draws the agents' pages."""
    setting, files = Setting.of(data), page_files(data.employees)
    troubled = Troubled(data)
    slices, lists = Slices(data, troubled), TeamLists(data, troubled)
    talks = Talks(data, [*slices.keys(), *lists.keys()])
    del troubled  # of a large month much more than the lists that were made of it
    pages = AgentPages(data, slices, talks)
    drawn = AgentsFolder(out / "agents", files, setting, pages, passwords, by)
    drawn.begin(progress)
    if progress:
        progress("team.html")
    (out / "team.html").write_text(team_html(data, setting, lists, talks), encoding="utf-8")
    text = setting.page("handbook.html.j2", book=handbook(data.settings, data.words.lang))
    (out / "handbook.html").write_text(text, encoding="utf-8")
    if data.evaluation.assessments:
        text = setting.page("assessment.html.j2", packs=assessment.packs(data))
        (out / "assessment.html").write_text(text, encoding="utf-8")
    drawn.end()


def team_html(data: Prepared, setting: Setting, lists: TeamLists, talks: Talks) -> str:
    """The team's page."""
    return setting.page("team.html.j2", page=team_page(data, lists, talks))


class AgentsFolder:
    """The agents' pages and agents.zip beside them. ``files``: employee id → file name."""

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, str],
        setting: Setting,
        pages: AgentPages,
        passwords: Passwords | None = None,
        by: Helper = HERE,
    ) -> None:
        self._folder, self._files, self._setting, self._pages = folder, files, setting, pages
        self._passwords, self._by = passwords, by
        self._drawn: list[Future[list[str]]] = []
        self._zipped: Future[None] | None = None

    def begin(self, progress: Progress | None = None) -> None:
        """Puts the pages together and has them drawn."""
        self._folder.mkdir(parents=True, exist_ok=True)
        setting, several = pickle.dumps(self._setting), []
        for done, (employee_id, name) in enumerate(self._files.items(), 1):
            if progress:
                progress(Counted(f"agents/{name}", done - 1, len(self._files)))
            several.append((employee_id, self._folder / name, self._pages.page(employee_id)))
            if len(several) == PAGES_AT_ONCE or done == len(self._files):
                self._drawn.append(self._by.submit(draw, setting, several))
                several = []
        self._zip()

    def end(self) -> None:
        """Waits; pages that were too long are drawn again with shorter lists."""
        long = [employee_id for drawn in self._drawn for employee_id in awaited(drawn)]
        for employee_id in long:
            (self._folder / self._files[employee_id]).write_bytes(self._shortened(employee_id))
        if long:
            self._zip()
        if self._zipped is not None:
            awaited(self._zipped)

    def _zip(self) -> None:
        self._zipped = self._by.submit(write_handout, self._folder, self._files, self._passwords)

    def _shortened(self, employee_id: str) -> bytes:
        """The page, with shorter lists until it is small enough for a phone."""
        share = 1.0
        while True:
            share /= 2
            page = self._setting.page("agent.html.j2", page=self._pages.page(employee_id, share)).encode()
            if len(page) <= PAGE_LIMIT or share < LEAST_SHARE:
                return page


def draw(setting: bytes, pages: Sequence[tuple[str, Path, AgentPage]]) -> list[str]:
    """Writes pages of agents; ``setting``: a pickled ``Setting``. Returns whose page is too long."""
    long = []
    for employee_id, path, page in pages:
        drawn = _setting(setting).page("agent.html.j2", page=page).encode()
        path.write_bytes(drawn)
        if len(drawn) > PAGE_LIMIT:
            long.append(employee_id)
    return long


@lru_cache(maxsize=1)
def _setting(pickled: bytes) -> Setting:
    """Once for all pages: templates are compiled when first used."""
    found: Setting = pickle.loads(pickled)
    return found
