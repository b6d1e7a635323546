"""The handbook: what every metric counts and what every platform assesses, made from ``rules/`` and nothing else."""

from __future__ import annotations

from evaluator.manifest import program_version
from evaluator.render.handbook.content import Handbook, handbook
from evaluator.render.handbook.markdown import as_markdown

__all__ = ["Handbook", "handbook", "handbook_markdown", "handbook_page"]


def handbook_markdown() -> str:
    """``docs/handbook.md``."""
    return as_markdown(handbook())


def handbook_page() -> str:
    """The same as a page that stands alone."""
    from evaluator.render.pages import environment, style

    template = environment().get_template("handbook.html.j2")
    return template.render(book=handbook(), css=style(), version=f"evaluator {program_version()}", period="")
