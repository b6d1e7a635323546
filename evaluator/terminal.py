"""What is told on the screen while a command works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_line(quiet: bool = False) -> Iterator[Callable[[str], None] | None]:
    """What is being done, as one changing line on a terminal; nothing where output goes to a file."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    with console.status("开始") as status:
        yield lambda text: status.update(escape(text))
