"""What is told on the screen while a command works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_line(quiet: bool = False) -> Iterator[Callable[[str], None] | None]:
    """What is being done, as one changing line on a terminal, with a bar where it is one of many; nothing where output
    goes to a file."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    from evaluator.stopwatch import Counted

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    counted = (BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("开始", total=None)

        def tell(text: str) -> None:
            if isinstance(text, Counted):
                shown.columns = (*columns, *counted)
                shown.update(task, description=escape(text), completed=text.done, total=text.of)
            else:
                shown.columns = columns
                shown.update(task, description=escape(text), completed=0, total=None)

        yield tell
