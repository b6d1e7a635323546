"""What is told on the screen while a command works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from evaluator.stopwatch import Counted

LINE_EVERY_S = (
    30.0  # where output goes to a file: a log should grow neither for a short run nor fast for a long one
)


class TimeLeft:
    """How long what is counted will still take, if the rest goes as what is done went."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._of = self._last = self._first = 0
        self._begun = 0.0

    def told(self, text: str) -> str:
        """The text, with the time left where it is known."""
        if not isinstance(text, Counted):
            return text
        if text.of != self._of or text.done < self._last:  # something else is counted now
            self._of, self._first, self._begun = text.of, text.done, self._now()
        self._last = text.done
        since = text.done - self._first
        if not since:
            return text
        left = (self._now() - self._begun) / since * (text.of - text.done)
        return f"{text}，约剩 {spoken(left)}"


def spoken(seconds: float) -> str:
    """As one says it; no finer than anybody can know."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} 小时 {minutes} 分"
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"


@contextmanager
def progress_line(quiet: bool = False) -> Iterator[Callable[[str], None] | None]:
    """What is being done, as one changing line on a terminal, with a bar where it is one of many; where output goes to
    a file, a line now and then."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet:
        yield None
    elif console.is_terminal:
        with _changing_line(console) as tell:
            yield tell
    else:
        yield lines(lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True))


def lines(
    write: Callable[[str], None], every_s: float = LINE_EVERY_S, now: Callable[[], float] = time.monotonic
) -> Callable[[str], None]:
    """Tells of what is being done when so long nothing was told."""
    left, last = TimeLeft(now), now()

    def tell(text: str) -> None:
        nonlocal last
        line = left.told(text)
        if now() - last >= every_s:
            last = now()
            write(f"[{time.strftime('%H:%M:%S')}] {line}")

    return tell


@contextmanager
def _changing_line(console: object) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    assert isinstance(console, Console)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    counted = (BarColumn(), MofNCompleteColumn())
    left = TimeLeft()
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("开始", total=None)

        def tell(text: str) -> None:
            description = escape(left.told(text))
            if isinstance(text, Counted):
                shown.columns = (*columns, *counted)
                shown.update(task, description=description, completed=text.done, total=text.of)
            else:
                shown.columns = columns
                shown.update(task, description=description, completed=0, total=None)

        yield tell
